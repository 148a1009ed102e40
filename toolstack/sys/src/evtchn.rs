//! Event channels for a process: `/dev/xen/evtchn` (`xen/evtchn.h`).
//!
//! A port that fired stays masked until it is unmasked, so each event is seen once per
//! [`Channels::unmask`]. The descriptor is readable while fired ports wait, and never blocks.

use std::fs::{File, OpenOptions};
use std::io::{self, Read, Write};
use std::os::fd::{AsFd, BorrowedFd};
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;

use rustix::fs::OFlags;
use rustix::ioctl::Opcode;

use crate::ioctl;

/// A local port, as this process knows it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Port(pub u32);

/// Where Linux has the device.
pub const DEVICE: &str = "/dev/xen/evtchn";

const BIND_VIRQ: Opcode = ioctl::number::<u32>(b'E', 0);
const BIND_INTERDOMAIN: Opcode = ioctl::number::<[u32; 2]>(b'E', 1);
const BIND_UNBOUND: Opcode = ioctl::number::<u32>(b'E', 2);
const UNBIND: Opcode = ioctl::number::<u32>(b'E', 3);
const NOTIFY: Opcode = ioctl::number::<u32>(b'E', 4);
const RESET: Opcode = ioctl::number::<()>(b'E', 5);

/// An open handle; the ports bound through it close with it.
#[derive(Debug)]
pub struct Channels {
    file: File,
}

impl Channels {
    /// Opens the device.
    pub fn open() -> io::Result<Self> {
        let flags = OFlags::NONBLOCK | OFlags::CLOEXEC;
        let file = OpenOptions::new()
            .read(true)
            .write(true)
            .custom_flags(flags.bits().cast_signed())
            .open(Path::new(DEVICE))?;
        Ok(Self { file })
    }

    /// A port for one of Xen's own interrupts.
    pub fn bind_virq(&self, virq: u32) -> io::Result<Port> {
        self.answer(BIND_VIRQ, virq)
    }

    /// A port connected to one that `domain` left open for us.
    pub fn bind_interdomain(&self, domain: u16, remote: u32) -> io::Result<Port> {
        self.answer(BIND_INTERDOMAIN, [u32::from(domain), remote])
    }

    /// A port that `domain` may connect to.
    pub fn bind_unbound(&self, domain: u16) -> io::Result<Port> {
        self.answer(BIND_UNBOUND, u32::from(domain))
    }

    /// Closes a port.
    pub fn unbind(&self, port: Port) -> io::Result<()> {
        self.answer(UNBIND, port.0).map(drop)
    }

    /// Rings the other end.
    pub fn notify(&self, port: Port) -> io::Result<()> {
        self.answer(NOTIFY, port.0).map(drop)
    }

    /// Ports that fired, as many as fit; none is an empty answer, not a wait.
    pub fn pending<'a>(&self, into: &'a mut [Port; 64]) -> io::Result<&'a [Port]> {
        let mut bytes = [0; 256];
        let got = match (&self.file).read(&mut bytes) {
            Ok(got) => got,
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => 0,
            Err(error) => return Err(error),
        };
        let words = bytes.get(..got).unwrap_or_default().as_chunks::<4>().0;
        for (port, word) in into.iter_mut().zip(words) {
            *port = Port(u32::from_ne_bytes(*word));
        }
        Ok(into.get(..words.len()).unwrap_or_default())
    }

    /// Forgets what is pending, after [`Channels::pending`] failed because too much was.
    pub fn reset(&self) -> io::Result<()> {
        self.answer(RESET, ()).map(drop)
    }

    /// Lets a port fire again.
    pub fn unmask(&self, port: Port) -> io::Result<()> {
        (&self.file).write_all(&port.0.to_ne_bytes())
    }

    fn answer<T>(&self, opcode: Opcode, mut argument: T) -> io::Result<Port> {
        // SAFETY:
        // 1. [IOCTL-SIZE] Every opcode of this module is made from the struct that it takes, all
        //    of them plain words without pointers.
        let port = unsafe { ioctl::call(&self.file, opcode, &mut argument)? };
        Ok(Port(port.cast_unsigned()))
    }
}

impl AsFd for Channels {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.file.as_fd()
    }
}
