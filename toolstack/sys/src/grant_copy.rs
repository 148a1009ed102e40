//! Copies into pages that another domain granted, without mapping them (`IOCTL_GNTDEV_GRANT_COPY`).
//!
//! A page costs one operation of the hypervisor, where a window costs two page-table updates.
//!
//! Always: the kernel reads the pieces and writes nothing of ours but their status.
//!
//! Not here: granting (`domain::build`), mapping granted pages ([`crate::gntdev`]).

use std::fs::{File, OpenOptions};
use std::io;

use abi::RawDomId;
use abi::grant_table::GNTCOPY_DEST_GREF;
use rustix::io::Errno;
use rustix::ioctl::Opcode;

use crate::{gntdev, ioctl};

/// Bytes for one granted page.
#[derive(Clone, Copy, Debug)]
pub struct Piece<'a> {
    pub reference: u32,
    pub offset: u16,
    /// No more than fit behind `offset`.
    pub bytes: &'a [u8],
}

/// `struct gntdev_grant_copy_segment`, from an address of ours to a reference.
#[repr(C)]
struct Segment {
    source: u64,
    reference: u32,
    offset: u16,
    domain: u16,
    len: u16,
    flags: u16,
    status: i16,
    pad: u16,
}

/// `struct ioctl_gntdev_grant_copy`.
#[repr(C)]
struct Request {
    count: u32,
    pad: u32,
    segments: u64,
}

const _: () = assert!(size_of::<Segment>() == 24 && size_of::<Request>() == 16);

const GRANT_COPY: Opcode = ioctl::number::<Request>(b'G', 8);

/// An open handle to the device.
#[derive(Debug)]
pub struct Copier {
    file: File,
}

impl Copier {
    pub fn open() -> io::Result<Self> {
        let file = OpenOptions::new()
            .read(true)
            .write(true)
            .open(gntdev::DEVICE)?;
        Ok(Self { file })
    }

    /// Copies every piece to its page; all or an error.
    pub fn write(&self, domain: RawDomId, pieces: &[Piece<'_>]) -> Result<(), Errno> {
        let segment = |piece: &Piece<'_>| {
            Ok(Segment {
                source: piece.bytes.as_ptr() as u64,
                reference: piece.reference,
                offset: piece.offset,
                domain: domain.0,
                len: u16::try_from(piece.bytes.len()).map_err(|_| Errno::INVAL)?,
                flags: GNTCOPY_DEST_GREF,
                status: 0,
                pad: 0,
            })
        };
        let mut segments = pieces
            .iter()
            .map(segment)
            .collect::<Result<Vec<_>, Errno>>()?;
        let mut request = Request {
            count: u32::try_from(segments.len()).map_err(|_| Errno::INVAL)?,
            pad: 0,
            segments: segments.as_mut_ptr() as u64,
        };
        // SAFETY: [COPY-SEGMENTS] `segments` has `count` elements and outlives the call; the driver
        // writes only their status, and reads `len` bytes at `source`, a live slice.
        unsafe { ioctl::call(&self.file, GRANT_COPY, &mut request)? };
        // Compare by value: the driver has written behind the compiler's back, but through a
        // pointer that it was given.
        match segments.iter().find(|segment| segment.status != 0) {
            None => Ok(()),
            Some(_) => Err(Errno::IO),
        }
    }
}
