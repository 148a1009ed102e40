//! A set of files for an image, and its form as an archive for the kernel's initramfs: cpio,
//! "newc" format, every file root's.
//!
//! Written here and not by a program so that device nodes need no privilege and equal inputs give
//! equal bytes.

use crate::{sh, stamp};
use anyhow::{Context, Result};
use std::collections::BTreeMap;
use std::io::{BufWriter, Write};
use std::path::{Path, PathBuf};

#[derive(Clone, Debug)]
pub enum Entry {
    Folder,
    /// Content and mode.
    Text(String, u32),
    /// A file of this machine, and the mode that it gets.
    Copy(PathBuf, u32),
    Link(String),
    /// A character device.
    Device(u32, u32),
}

/// What will be in the image, by path without a leading slash.
#[derive(Clone, Debug, Default)]
pub struct Archive(BTreeMap<String, Entry>);

impl Archive {
    pub fn folder(&mut self, path: &str) {
        self.add(path, Entry::Folder);
    }

    pub fn text(&mut self, path: &str, mode: u32, text: impl Into<String>) {
        self.add(path, Entry::Text(text.into(), mode));
    }

    pub fn copy(&mut self, path: &str, mode: u32, source: &Path) {
        self.add(path, Entry::Copy(source.to_path_buf(), mode));
    }

    pub fn link(&mut self, path: &str, target: &str) {
        self.add(path, Entry::Link(target.to_owned()));
    }

    pub fn device(&mut self, path: &str, major: u32, minor: u32) {
        self.add(path, Entry::Device(major, minor));
    }

    /// Every entry, folders before what they hold.
    pub fn entries(&self) -> impl Iterator<Item = (&str, &Entry)> {
        self.0.iter().map(|(path, entry)| (path.as_str(), entry))
    }

    /// The folders above an entry come with it.
    fn add(&mut self, path: &str, entry: Entry) {
        let path = path.trim_start_matches('/');
        for (at, _) in path.match_indices('/') {
            self.0.entry(path[..at].to_owned()).or_insert(Entry::Folder);
        }
        self.0.insert(path.to_owned(), entry);
    }

    /// The text of everything that the archive is made from.
    pub fn key(&self) -> Result<String> {
        let mut key = String::new();
        for (path, entry) in &self.0 {
            match entry {
                Entry::Copy(source, mode) => {
                    key.push_str(&format!("{path} {mode:o} {}", stamp::of_file(source)?))
                }
                other => key.push_str(&format!("{path} {other:?}\n")),
            }
        }
        Ok(key)
    }

    /// Makes the cpio archive `out` unless it is there already with the same content.
    pub fn made(&self, out: &Path, what: &str) -> Result<()> {
        stamp::made(out, &self.key()?, what, |part| self.write(part))
    }

    fn write(&self, out: &Path) -> Result<()> {
        let file = std::fs::File::create(out)
            .with_context(|| format!("cannot write {}", out.display()))?;
        let mut writer = Writer {
            out: BufWriter::new(file),
            inode: 0,
        };
        for (path, entry) in &self.0 {
            match entry {
                Entry::Folder => writer.entry(path, 0o040_755, (0, 0), &[])?,
                Entry::Text(text, mode) => {
                    writer.entry(path, 0o100_000 | mode, (0, 0), text.as_bytes())?
                }
                Entry::Copy(source, mode) => {
                    writer.entry(path, 0o100_000 | mode, (0, 0), &sh::read(source)?)?
                }
                Entry::Link(target) => writer.entry(path, 0o120_777, (0, 0), target.as_bytes())?,
                Entry::Device(major, minor) => {
                    writer.entry(path, 0o020_600, (*major, *minor), &[])?
                }
            }
        }
        writer.entry("TRAILER!!!", 0, (0, 0), &[])?;
        writer.out.flush().context("cannot write the archive")
    }
}

struct Writer<W> {
    out: W,
    inode: u32,
}

impl<W: Write> Writer<W> {
    fn entry(&mut self, name: &str, mode: u32, device: (u32, u32), data: &[u8]) -> Result<()> {
        self.inode += 1;
        let length = u32::try_from(data.len()).context("a file of an initramfs is under 4 GiB")?;
        let name_length = u32::try_from(name.len() + 1)?;
        let fields = [
            self.inode,
            mode,
            0,
            0,
            1,
            0,
            length,
            0,
            0,
            device.0,
            device.1,
            name_length,
            0,
        ];
        let mut header = String::from("070701");
        for field in fields {
            header.push_str(&format!("{field:08X}"));
        }
        header.push_str(name);
        header.push('\0');
        self.padded(header.as_bytes())?;
        self.padded(data)
    }

    fn padded(&mut self, bytes: &[u8]) -> Result<()> {
        self.out.write_all(bytes)?;
        self.out
            .write_all(&[0; 3][..bytes.len().wrapping_neg() % 4])?;
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn folders_come_before_what_they_hold_and_all_is_aligned() {
        let mut archive = Archive::default();
        archive.text("/etc/deep/file", 0o644, "12345");
        archive.device("dev/console", 5, 1);
        let out = std::env::temp_dir().join(format!("xtask-cpio-{}", std::process::id()));
        archive.write(&out).unwrap();
        let bytes = std::fs::read(&out).unwrap();
        std::fs::remove_file(&out).unwrap();
        assert_eq!(bytes.len() % 4, 0);
        let text = String::from_utf8(bytes).unwrap();
        let at = |name: &str| text.find(&format!("{name}\0")).unwrap();
        assert!(
            at("etc") < at("etc/deep")
                && at("etc/deep") < at("etc/deep/file")
                && at("dev") < at("dev/console")
        );
        assert!(text.contains("TRAILER!!!"));
    }
}
