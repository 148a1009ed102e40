//! Log files of guests and of the hypervisor, which logrotate may move away at any time.
//!
//! Always: appended to, never shortened; with timestamps every line begins with one.

use std::fs::{File, OpenOptions};
use std::io::{self, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};

const ESCAPE: u8 = 0x1b;

/// How bytes look in a file.
#[derive(Clone, Copy, Debug, Default)]
pub struct Style {
    /// Every line begins with the time.
    pub timestamps: bool,
    /// ESC becomes a dot, so that showing the file does nothing to the terminal.
    pub replace_escape: bool,
}

/// An open log.
#[derive(Debug)]
pub struct LogFile {
    path: PathBuf,
    file: File,
    style: Style,
    line_begins: bool,
}

/// The file of a guest. A slash in the name must not lead to another folder.
pub fn guest_path(folder: &Path, name: &str) -> PathBuf {
    folder.join(format!("guest-{}.log", name.replace(['/', '\0'], "_")))
}

/// The file of the hypervisor.
pub fn hypervisor_path(folder: &Path) -> PathBuf {
    folder.join("hypervisor.log")
}

impl LogFile {
    /// Opens or makes the file.
    pub fn open(path: PathBuf, style: Style) -> io::Result<Self> {
        let file = append(&path)?;
        let mut log = Self {
            path,
            file,
            style,
            line_begins: true,
        };
        log.note_opening()?;
        Ok(log)
    }

    /// Opens the file anew, after it was moved away.
    pub fn reopen(&mut self) -> io::Result<()> {
        self.file = append(&self.path)?;
        self.note_opening()
    }

    /// Where it is.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Appends.
    pub fn write(&mut self, bytes: &[u8]) -> io::Result<()> {
        if !self.style.timestamps && !self.style.replace_escape {
            return self.file.write_all(bytes);
        }
        let stamp = if self.style.timestamps {
            now()
        } else {
            String::new()
        };
        let text = dress(
            bytes,
            &stamp,
            self.style.replace_escape,
            &mut self.line_begins,
        );
        self.file.write_all(&text)
    }

    fn note_opening(&mut self) -> io::Result<()> {
        if !self.style.timestamps {
            return Ok(());
        }
        // Whatever was there ended where it ended.
        self.line_begins = true;
        self.write(b"Logfile Opened\n")
    }
}

fn append(path: &Path) -> io::Result<File> {
    if let Some(folder) = path.parent() {
        std::fs::create_dir_all(folder)?;
    }
    OpenOptions::new()
        .create(true)
        .append(true)
        .mode(0o644)
        .open(path)
}

fn now() -> String {
    jiff::Zoned::now()
        .strftime("[%Y-%m-%d %H:%M:%S] ")
        .to_string()
}

/// Bytes with a stamp at the start of each line, and without ESC if so wished.
fn dress(bytes: &[u8], stamp: &str, replace_escape: bool, line_begins: &mut bool) -> Vec<u8> {
    let mut text = Vec::with_capacity(bytes.len() + stamp.len());
    for line in bytes.split_inclusive(|byte| *byte == b'\n') {
        if *line_begins {
            text.extend_from_slice(stamp.as_bytes());
        }
        text.extend(line.iter().map(|byte| match *byte {
            ESCAPE if replace_escape => b'.',
            other => other,
        }));
        *line_begins = line.ends_with(b"\n");
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_line_begins_with_the_time_once() {
        let mut begins = true;
        let mut text = Vec::new();
        for piece in [&b"one"[..], b" more\ntwo\n", b"\x1b[1mthree"] {
            text.extend(dress(piece, "@ ", true, &mut begins));
        }
        assert_eq!(text, b"@ one more\n@ two\n@ .[1mthree");
    }

    #[test]
    fn a_rotated_file_is_left_alone_after_reopening() {
        let folder = tempfile::tempdir().expect("folder");
        let path = guest_path(folder.path(), "web");
        let mut log = LogFile::open(path.clone(), Style::default()).expect("log");
        log.write(b"before\n").expect("write");
        let moved = folder.path().join("guest-web.log.1");
        std::fs::rename(&path, &moved).expect("rename");
        log.write(b"between\n").expect("write");
        log.reopen().expect("reopen");
        log.write(b"after\n").expect("write");
        assert_eq!(std::fs::read(moved).expect("old"), b"before\nbetween\n");
        assert_eq!(std::fs::read(path).expect("new"), b"after\n");
    }

    #[test]
    fn stamped_files_say_when_they_were_opened() {
        let folder = tempfile::tempdir().expect("folder");
        let style = Style {
            timestamps: true,
            replace_escape: false,
        };
        let path = hypervisor_path(folder.path());
        drop(LogFile::open(path.clone(), style).expect("log"));
        let text = std::fs::read_to_string(path).expect("text");
        assert!(
            text.starts_with('[') && text.ends_with("] Logfile Opened\n"),
            "{text}"
        );
    }

    #[test]
    fn a_name_leads_to_no_other_folder() {
        let path = guest_path(Path::new("/log"), "../../etc/x");
        assert_eq!(path, Path::new("/log/guest-.._.._etc_x.log"));
    }
}
