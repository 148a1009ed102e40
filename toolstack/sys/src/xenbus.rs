//! The ring between dom0's own kernel and the store that serves it.
//!
//! xenfs names both ends: `/proc/xen/xsd_kva` maps the page, `/proc/xen/xsd_port` says the event
//! channel. Where xenfs is not mounted, `/dev/xen/xenbus_backend` offers the same by ioctl.

use std::fs::{File, OpenOptions};
use std::io;
use std::os::fd::AsFd;

use rustix::ioctl::Opcode;

use crate::ioctl;
use crate::mapping::SharedPages;

/// Maps the page.
pub const KVA: &str = "/proc/xen/xsd_kva";
/// Says the port.
pub const PORT: &str = "/proc/xen/xsd_port";
/// The device that does both.
pub const BACKEND: &str = "/dev/xen/xenbus_backend";

const BACKEND_PORT: Opcode = ioctl::number::<()>(b'B', 0);

/// The kernel's end of the store ring.
#[derive(Debug)]
pub struct KernelRing {
    /// The page.
    pub page: SharedPages,
    /// The port in dom0 that waits for us.
    pub port: u32,
}

impl KernelRing {
    /// Maps the ring through xenfs, or else through the device.
    pub fn open() -> io::Result<Self> {
        Self::through_xenfs(KVA, PORT).or_else(|first| {
            if first.kind() == io::ErrorKind::NotFound {
                Self::through_device()
            } else {
                Err(first)
            }
        })
    }

    /// Maps the ring through two files, which need not be xenfs's own.
    pub fn through_xenfs(kva: &str, port: &str) -> io::Result<Self> {
        let page = map(kva)?;
        let port = std::fs::read_to_string(port)?;
        let port = port.trim().parse().map_err(io::Error::other)?;
        Ok(Self { page, port })
    }

    fn through_device() -> io::Result<Self> {
        let page = map(BACKEND)?;
        let device = open(BACKEND)?;
        // SAFETY:
        // 1. [IOCTL-SIZE] The call takes no argument: its size is 0.
        let port = unsafe { ioctl::call(device.as_fd(), BACKEND_PORT, &mut ())? };
        Ok(Self {
            page,
            port: port.cast_unsigned(),
        })
    }
}

fn map(path: &str) -> io::Result<SharedPages> {
    Ok(SharedPages::map(open(path)?, 0, 1)?)
}

fn open(path: &str) -> io::Result<File> {
    OpenOptions::new().read(true).write(true).open(path)
}
