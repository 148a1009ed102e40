//! One program on the socket.

use std::io::{self, Read, Write};
use std::os::fd::{AsFd, BorrowedFd};
use std::os::unix::net::UnixStream;

use rustix::event::epoll::EventFlags;
use xenstore::Outbox;
use xs_wire::Inbox;

/// Bytes read at a time.
const CHUNK: usize = 16 * 1024;

/// A connected stream and what epoll is asked about it.
#[derive(Debug)]
pub struct Client {
    stream: UnixStream,
    /// What epoll watches for now.
    pub interest: EventFlags,
    /// The outbox waits for the peer to read.
    blocked: bool,
}

/// The peer is gone, or broke the stream.
#[derive(Debug)]
pub struct Gone;

impl Client {
    /// Takes over an accepted stream, which from now on never waits.
    pub fn new(stream: UnixStream) -> io::Result<Self> {
        stream.set_nonblocking(true)?;
        Ok(Self {
            stream,
            interest: EventFlags::IN,
            blocked: false,
        })
    }

    /// Reads once; `Ok(true)` if there may be more. The rest is known only when epoll says so.
    pub fn receive(&mut self, inbox: &mut Inbox) -> Result<bool, Gone> {
        let (room, used) = inbox.space(CHUNK);
        let outcome = self.stream.read(room);
        let got = *outcome.as_ref().unwrap_or(&0);
        inbox.filled(used, got);
        match outcome {
            Ok(0) => Err(Gone),
            Ok(got) => Ok(got == CHUNK),
            Err(error) if would_block(&error) => Ok(false),
            Err(_) => Err(Gone),
        }
    }

    /// Sends as much as the peer takes.
    pub fn send(&mut self, outbox: &mut Outbox) -> Result<(), Gone> {
        self.blocked = false;
        while !outbox.is_empty() {
            match self.stream.write(outbox.bytes()) {
                Ok(len) => outbox.sent(len),
                Err(error) if would_block(&error) => {
                    self.blocked = true;
                    break;
                }
                Err(_) => return Err(Gone),
            }
        }
        Ok(())
    }

    /// Ends the stream; epoll tells of it like of a peer that left.
    pub fn close(&self) {
        // A stream that cannot be shut down is closed already.
        let _ = self.stream.shutdown(std::net::Shutdown::Both);
    }

    /// What to ask epoll, given whether requests may be taken.
    pub fn wanted(&self, paused: bool) -> EventFlags {
        let mut wanted = EventFlags::empty();
        wanted.set(EventFlags::IN, !paused);
        wanted.set(EventFlags::OUT, self.blocked);
        wanted
    }
}

impl AsFd for Client {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.stream.as_fd()
    }
}

fn would_block(error: &io::Error) -> bool {
    matches!(
        error.kind(),
        io::ErrorKind::WouldBlock | io::ErrorKind::Interrupted
    )
}
