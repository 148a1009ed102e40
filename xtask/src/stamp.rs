//! Things that are made once and made again when what they come from changes.
//!
//! Beside each made thing stands `NAME.key`, the text of everything it was made from. A thing is
//! written under another name first, so one that was interrupted is never taken for finished.

use crate::sh;
use anyhow::{Context, Result};
use std::path::{Path, PathBuf};

fn key_file(out: &Path) -> PathBuf {
    let mut name = out.as_os_str().to_owned();
    name.push(".key");
    name.into()
}

/// Was `out` made from exactly this?
pub fn is_fresh(out: &Path, key: &str) -> bool {
    out.exists() && std::fs::read_to_string(key_file(out)).is_ok_and(|old| old == key)
}

/// Makes `out` unless it was made from the same `key` before. `make` gets the name to write to.
pub fn made(
    out: &Path,
    key: &str,
    what: &str,
    make: impl FnOnce(&Path) -> Result<()>,
) -> Result<()> {
    if is_fresh(out, key) {
        return Ok(());
    }
    sh::step(what, || {
        let mut partial = out.as_os_str().to_owned();
        partial.push(".part");
        let partial = PathBuf::from(partial);
        remove(&partial)?;
        remove(&key_file(out))?;
        if let Some(folder) = out.parent() {
            std::fs::create_dir_all(folder)?;
        }
        make(&partial)?;
        remove(out)?;
        std::fs::rename(&partial, out).with_context(|| format!("cannot make {}", out.display()))?;
        sh::write(&key_file(out), key)
    })
}

/// How a file shows in a key: its name, length and time of change.
pub fn of_file(path: &Path) -> Result<String> {
    let meta =
        std::fs::metadata(path).with_context(|| format!("cannot read {}", path.display()))?;
    let time = meta
        .modified()?
        .duration_since(std::time::UNIX_EPOCH)?
        .as_nanos();
    Ok(format!("{} {} {time}\n", path.display(), meta.len()))
}

fn remove(path: &Path) -> Result<()> {
    if path.is_dir() {
        std::fs::remove_dir_all(path)
            .with_context(|| format!("cannot remove {}", path.display()))?;
    } else if path.exists() {
        std::fs::remove_file(path).with_context(|| format!("cannot remove {}", path.display()))?;
    }
    Ok(())
}
