//! The head of every request ring (`io/ring.h`).
//!
//! Always: it lives in memory that both sides write; the type is for its layout. Entries follow at
//! `RING_HEADER_SIZE`; their number is the largest power of two that fits into the rest.
//!
//! Not here: producing and consuming (`logic/ring`).

use core::mem::offset_of;

use zerocopy::{FromBytes, Immutable, IntoBytes, KnownLayout};

/// The head of a ring (`struct blkif_sring`, like all that `DEFINE_RING_TYPES` makes).
#[repr(C)]
#[derive(Clone, Copy, Debug, PartialEq, Eq, FromBytes, IntoBytes, Immutable, KnownLayout)]
pub struct Sring {
    pub req_prod: u32,
    /// The producer of requests notifies when it passes this.
    pub req_event: u32,
    pub rsp_prod: u32,
    /// The producer of responses notifies when it passes this.
    pub rsp_event: u32,
    pub pvt: [u8; 4],
    pub _pad: [u8; 44],
}

const _: () = assert!(size_of::<Sring>() == 64 && offset_of!(Sring, pvt) == 16);

/// Bytes before the first entry.
pub const RING_HEADER_SIZE: usize = size_of::<Sring>();
