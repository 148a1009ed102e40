//! A pseudo-terminal: the place in dom0 where a guest's console can be opened.
//!
//! Always: reading and writing never wait. The far end is held open by us too, so that people may
//! come and go without an end of file.

use std::io;
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};

use rustix::fs::{Mode, OFlags};
use rustix::io::Errno;
use rustix::pty::{OpenptFlags, grantpt, openpt, ptsname, unlockpt};
use rustix::termios::{OptionalActions, tcgetattr, tcsetattr};

/// Both ends.
#[derive(Debug)]
pub struct Terminal {
    near: OwnedFd,
    far: OwnedFd,
    path: String,
}

impl Terminal {
    /// A new one, without echo or line editing: the guest has its own.
    pub fn open() -> io::Result<Self> {
        let near = openpt(OpenptFlags::RDWR | OpenptFlags::NOCTTY | OpenptFlags::CLOEXEC)?;
        grantpt(&near)?;
        unlockpt(&near)?;
        let path = ptsname(&near, Vec::new())?;
        let flags = OFlags::RDWR | OFlags::NOCTTY | OFlags::CLOEXEC;
        let far = rustix::fs::open(path.as_c_str(), flags, Mode::empty())?;
        let mut modes = tcgetattr(&far)?;
        modes.make_raw();
        tcsetattr(&far, OptionalActions::Now, &modes)?;
        rustix::io::ioctl_fionbio(&near, true)?;
        let path = path.to_string_lossy().into_owned();
        Ok(Self { near, far, path })
    }

    /// What `xl console` opens.
    pub fn path(&self) -> &str {
        &self.path
    }

    /// What was typed; 0 if nothing was.
    pub fn read(&self, into: &mut [u8]) -> io::Result<usize> {
        or_nothing(rustix::io::read(&self.near, into))
    }

    /// Shows what fits; 0 if nothing does.
    pub fn write(&self, bytes: &[u8]) -> io::Result<usize> {
        or_nothing(rustix::io::write(&self.near, bytes))
    }

    /// How many shown bytes nobody has read yet.
    pub fn unread(&self) -> u64 {
        rustix::io::ioctl_fionread(&self.far).unwrap_or(0)
    }
}

fn or_nothing(outcome: rustix::io::Result<usize>) -> io::Result<usize> {
    match outcome {
        Err(Errno::AGAIN | Errno::INTR) => Ok(0),
        other => Ok(other?),
    }
}

impl AsFd for Terminal {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.near.as_fd()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::fs::OpenOptions;
    use std::io::{Read, Write};

    #[test]
    fn bytes_pass_as_they_are() {
        let terminal = Terminal::open().expect("terminal");
        let mut person = OpenOptions::new()
            .read(true)
            .write(true)
            .open(terminal.path())
            .expect("far end");
        assert_eq!(terminal.write(b"login:\n\x03\xff").expect("write"), 9);
        // The kernel carries bytes over at its leisure.
        while terminal.unread() < 9 {
            std::thread::yield_now();
        }
        let mut got = [0; 16];
        assert_eq!(person.read(&mut got).expect("read"), 9);
        assert_eq!(&got[..9], b"login:\n\x03\xff");
        person.write_all(b"root\r").expect("type");
        assert_eq!(terminal.read(&mut got).expect("read"), 5);
        assert_eq!(&got[..5], b"root\r");
        assert_eq!(
            terminal.read(&mut got).expect("read"),
            0,
            "and does not wait"
        );
    }

    #[test]
    fn a_full_terminal_takes_nothing_and_does_not_wait() {
        let terminal = Terminal::open().expect("terminal");
        let mut total = 0;
        loop {
            match terminal.write(&[b'x'; 4096]).expect("write") {
                0 => break,
                len => total += len,
            }
            assert!(total < 1 << 24, "a terminal has an end");
        }
    }
}
