//! Our tools for dom0, as they are laid into a dom0's file system.
//!
//! `packaging/dom0` is laid over the root as it stands; the programs and the hotplug scripts come
//! beside it.

use crate::commands::build;
use crate::images::cpio::Archive;
use crate::layout;
use anyhow::{Context, Result};
use std::os::unix::fs::PermissionsExt;
use std::path::Path;

/// Names under which `xenstore_cli` is called.
const XENSTORE_NAMES: [&str; 10] = [
    "chmod", "control", "exists", "list", "ls", "read", "rm", "watch", "write", "dump",
];

/// Programs, scripts and configuration.
pub fn ours(files: &mut Archive) -> Result<()> {
    for package in build::TOOLS {
        let place = match package {
            "xenstore_cli" => "usr/bin/xenstore".to_owned(),
            name => format!("usr/sbin/{name}"),
        };
        files.copy(&place, 0o755, &build::tool(package));
    }
    for name in XENSTORE_NAMES {
        files.link(&format!("usr/bin/xenstore-{name}"), "xenstore");
    }
    for folder in ["etc/xen/scripts", "var/lib/xen", "var/log/xen/console"] {
        files.folder(folder);
    }
    tree(
        files,
        &layout::in_root("toolstack/scripts"),
        "etc/xen/scripts",
    )?;
    tree(files, &layout::in_root("packaging/dom0"), "")
}

/// Every file of a folder, at its place below `place`.
pub fn tree(files: &mut Archive, folder: &Path, place: &str) -> Result<()> {
    let Ok(entries) = std::fs::read_dir(folder) else {
        return Ok(());
    };
    for entry in entries {
        let entry = entry.with_context(|| format!("cannot read {}", folder.display()))?;
        let name = entry.file_name().to_string_lossy().into_owned();
        let place = if place.is_empty() {
            name
        } else {
            format!("{place}/{name}")
        };
        let meta = entry.metadata()?;
        if meta.is_dir() {
            tree(files, &entry.path(), &place)?;
        } else if !place.ends_with(".md") {
            let mode = if meta.permissions().mode() & 0o100 == 0 {
                0o644
            } else {
                0o755
            };
            files.copy(&place, mode, &entry.path());
        }
    }
    Ok(())
}

/// Enables the units among the files: a link for each `WantedBy=`.
pub fn enable_units(files: &mut Archive) -> Result<()> {
    let folder = layout::in_root("packaging/dom0/usr/lib/systemd/system");
    let Ok(entries) = std::fs::read_dir(&folder) else {
        return Ok(());
    };
    for entry in entries {
        let path = entry?.path();
        let name = path
            .file_name()
            .unwrap_or_default()
            .to_string_lossy()
            .into_owned();
        let text = std::fs::read_to_string(&path)
            .with_context(|| format!("cannot read {}", path.display()))?;
        for target in text
            .lines()
            .filter_map(|line| line.strip_prefix("WantedBy="))
        {
            let link = format!("etc/systemd/system/{}.wants/{name}", target.trim());
            files.link(&link, &format!("/usr/lib/systemd/system/{name}"));
        }
    }
    Ok(())
}
