//! A person at a guest's console: bytes in, bytes out, until Ctrl-] or the console's end.
//!
//! Always: the person's terminal is as before when this returns.
//!
//! Not here: the other end of the pseudo-terminal (`xenconsoled`).

use std::fs::{File, OpenOptions};
use std::io::{Read, Write};
use std::os::fd::AsFd;

use rustix::event::{PollFd, PollFlags, poll};
use rustix::io::Errno;
use rustix::termios::{OptionalActions, Termios, tcgetattr, tcsetattr};

use crate::error::{Context, Result};

/// Ctrl-].
pub const ESCAPE: u8 = 0x1d;

/// An open console.
pub struct Console {
    line: File,
}

/// How a session ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum End {
    /// The person left.
    Escaped,
    /// The domain or the daemon is gone.
    Closed,
}

impl Console {
    /// Opens the terminal that the store names.
    pub fn open(path: &str) -> Result<Self> {
        let what = || format!("cannot open the console at {path}");
        let line = OpenOptions::new()
            .read(true)
            .write(true)
            .custom_flags_noctty()
            .open(path)
            .or_fail(what)?;
        // Our end passes bytes as they are; the guest has a line discipline of its own.
        if let Ok(mut modes) = tcgetattr(&line) {
            modes.make_raw();
            let _ = tcsetattr(&line, OptionalActions::Now, &modes);
        }
        Ok(Self { line })
    }

    /// Connects standard input and output until either side has enough.
    pub fn run(mut self, escape: u8) -> Result<End> {
        let stdin = std::io::stdin();
        let _raw = RawMode::enter(&stdin);
        let mut input_open = true;
        let mut buffer = [0u8; 4096];
        loop {
            let mut fds = vec![PollFd::new(&self.line, PollFlags::IN)];
            if input_open {
                fds.push(PollFd::from_borrowed_fd(stdin.as_fd(), PollFlags::IN));
            }
            match poll(&mut fds, None) {
                Ok(_) | Err(Errno::INTR) => {}
                Err(errno) => return Err(errno).or_fail(|| "cannot wait for the console".into()),
            }
            let ready: Vec<bool> = fds.iter().map(|fd| !fd.revents().is_empty()).collect();
            if ready.first() == Some(&true) {
                match self.line.read(&mut buffer) {
                    // The other end closed: the daemon drops the terminal of a dead domain.
                    Ok(0) | Err(_) => return Ok(End::Closed),
                    Ok(n) => show(buffer.get(..n).unwrap_or_default()),
                }
            }
            if ready.get(1) == Some(&true) {
                let n = rustix::io::read(stdin.as_fd(), &mut buffer).unwrap_or(0);
                let typed = buffer.get(..n).unwrap_or_default();
                input_open = n > 0;
                let (typed, left) = match typed.iter().position(|&byte| byte == escape) {
                    Some(at) => (typed.get(..at).unwrap_or_default(), true),
                    None => (typed, false),
                };
                if self.line.write_all(typed).is_err() {
                    return Ok(End::Closed);
                }
                if left {
                    return Ok(End::Escaped);
                }
            }
        }
    }
}

fn show(bytes: &[u8]) {
    let mut out = std::io::stdout().lock();
    let _ = out.write_all(bytes);
    let _ = out.flush();
}

/// `O_NOCTTY`: the guest's console must not become this process's terminal.
trait NoCtty {
    fn custom_flags_noctty(&mut self) -> &mut Self;
}

impl NoCtty for OpenOptions {
    fn custom_flags_noctty(&mut self) -> &mut Self {
        use std::os::unix::fs::OpenOptionsExt;
        self.custom_flags(rustix::fs::OFlags::NOCTTY.bits() as i32)
    }
}

/// The person's terminal without echo and line editing, for as long as this lives.
struct RawMode<'a, F: AsFd> {
    fd: &'a F,
    before: Termios,
}

impl<'a, F: AsFd> RawMode<'a, F> {
    /// `None` when it is no terminal but a pipe or a file.
    fn enter(fd: &'a F) -> Option<Self> {
        let before = tcgetattr(fd).ok()?;
        let mut raw = before.clone();
        raw.make_raw();
        tcsetattr(fd, OptionalActions::Now, &raw).ok()?;
        Some(Self { fd, before })
    }
}

impl<F: AsFd> Drop for RawMode<'_, F> {
    fn drop(&mut self) {
        let _ = tcsetattr(self.fd, OptionalActions::Drain, &self.before);
    }
}
