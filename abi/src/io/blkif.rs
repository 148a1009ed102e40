//! Block devices (`io/blkif.h`): requests of a frontend, responses of a backend.

use core::mem::offset_of;

use zerocopy::{FromBytes, Immutable, IntoBytes, KnownLayout};

pub const BLKIF_OP_READ: u8 = 0;
pub const BLKIF_OP_WRITE: u8 = 1;
pub const BLKIF_OP_WRITE_BARRIER: u8 = 2;
pub const BLKIF_OP_FLUSH_DISKCACHE: u8 = 3;
pub const BLKIF_OP_RESERVED_1: u8 = 4;
pub const BLKIF_OP_DISCARD: u8 = 5;
pub const BLKIF_OP_INDIRECT: u8 = 6;
pub const BLKIF_DISCARD_SECURE: u8 = 1;

pub const BLKIF_MAX_SEGMENTS_PER_REQUEST: usize = 11;
pub const BLKIF_MAX_INDIRECT_PAGES_PER_REQUEST: usize = 8;

/// A part of one page (`struct blkif_request_segment`).
#[repr(C)]
#[derive(Clone, Copy, Debug, PartialEq, Eq, FromBytes, IntoBytes, Immutable, KnownLayout)]
pub struct RequestSegment {
    pub gref: u32,
    /// First and last sector of 512 bytes in the page, both included.
    pub first_sect: u8,
    pub last_sect: u8,
    pub _pad: [u8; 2],
}

const _: () =
    assert!(size_of::<RequestSegment>() == 8 && offset_of!(RequestSegment, last_sect) == 5);

/// A request (`struct blkif_request`).
#[repr(C)]
#[derive(Clone, Copy, Debug, PartialEq, Eq, FromBytes, IntoBytes, Immutable, KnownLayout)]
pub struct Request {
    /// `BLKIF_OP_*`.
    pub operation: u8,
    pub nr_segments: u8,
    /// Number of the device.
    pub handle: u16,
    pub _pad: [u8; 4],
    /// Repeated in the response.
    pub id: u64,
    /// First sector on the disk.
    pub sector_number: u64,
    pub seg: [RequestSegment; BLKIF_MAX_SEGMENTS_PER_REQUEST],
}

const _: () = assert!(size_of::<Request>() == 112 && offset_of!(Request, seg) == 24);

/// A request to forget sectors (`struct blkif_request_discard`).
#[repr(C)]
#[derive(Clone, Copy, Debug, PartialEq, Eq, FromBytes, IntoBytes, Immutable, KnownLayout)]
pub struct RequestDiscard {
    pub operation: u8,
    /// `BLKIF_DISCARD_SECURE`.
    pub flag: u8,
    pub handle: u16,
    pub _pad: [u8; 4],
    pub id: u64,
    pub sector_number: u64,
    pub nr_sectors: u64,
}

const _: () =
    assert!(size_of::<RequestDiscard>() == 32 && offset_of!(RequestDiscard, nr_sectors) == 24);

/// A request whose segments are listed in pages of their own (`struct blkif_request_indirect`).
#[repr(C)]
#[derive(Clone, Copy, Debug, PartialEq, Eq, FromBytes, IntoBytes, Immutable, KnownLayout)]
pub struct RequestIndirect {
    pub operation: u8,
    /// What to do.
    pub indirect_op: u8,
    pub nr_segments: u16,
    pub _pad0: [u8; 4],
    pub id: u64,
    pub sector_number: u64,
    pub handle: u16,
    pub _pad1: [u8; 2],
    pub indirect_grefs: [u32; BLKIF_MAX_INDIRECT_PAGES_PER_REQUEST],
    pub _pad2: [u8; 4],
}

const _: () = assert!(
    size_of::<RequestIndirect>() == 64 && offset_of!(RequestIndirect, indirect_grefs) == 28
);

/// A response (`struct blkif_response`).
#[repr(C)]
#[derive(Clone, Copy, Debug, PartialEq, Eq, FromBytes, IntoBytes, Immutable, KnownLayout)]
pub struct Response {
    pub id: u64,
    pub operation: u8,
    pub _pad0: [u8; 1],
    /// `BLKIF_RSP_*`.
    pub status: i16,
    pub _pad1: [u8; 4],
}

const _: () = assert!(size_of::<Response>() == 16 && offset_of!(Response, status) == 10);

pub const BLKIF_RSP_EOPNOTSUPP: i16 = -2;
pub const BLKIF_RSP_ERROR: i16 = -1;
pub const BLKIF_RSP_OKAY: i16 = 0;

pub const VDISK_CDROM: u32 = 1;
pub const VDISK_REMOVABLE: u32 = 2;
pub const VDISK_READONLY: u32 = 4;
