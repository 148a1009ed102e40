//! Requests for emulation, in pages shared with a device model (`hvm/ioreq.h`).
//!
//! Always: these live in memory that both sides write; the types are for their layout and for private copies.

use core::mem::offset_of;

use zerocopy::{FromBytes, Immutable, IntoBytes, KnownLayout};

pub const IOREQ_READ: u8 = 1;
pub const IOREQ_WRITE: u8 = 0;

pub const STATE_IOREQ_NONE: u8 = 0;
pub const STATE_IOREQ_READY: u8 = 1;
pub const STATE_IOREQ_INPROCESS: u8 = 2;
pub const STATE_IORESP_READY: u8 = 3;

pub const IOREQ_TYPE_PIO: u8 = 0;
/// Memory.
pub const IOREQ_TYPE_COPY: u8 = 1;
pub const IOREQ_TYPE_PCI_CONFIG: u8 = 2;
pub const IOREQ_TYPE_TIMEOFFSET: u8 = 7;
/// Forget mappings of the guest.
pub const IOREQ_TYPE_INVALIDATE: u8 = 8;

/// One request (`struct ioreq`). C keeps five fields in the byte `bits`: state in bits 0 to 3, data_is_ptr 4, dir 5,
/// df 6.
#[repr(C)]
#[derive(Clone, Copy, Debug, PartialEq, Eq, FromBytes, IntoBytes, Immutable, KnownLayout)]
pub struct Ioreq {
    pub addr: u64,
    /// The value, or its physical address with `data_is_ptr`.
    pub data: u64,
    pub count: u32,
    /// Bytes.
    pub size: u32,
    /// Event channel of the vCPU.
    pub vp_eport: u32,
    pub _pad0: u16,
    pub bits: u8,
    /// `IOREQ_TYPE_*`.
    pub type_: u8,
}

const _: () = assert!(size_of::<Ioreq>() == 32 && offset_of!(Ioreq, _pad0) == 28);

/// `Ioreq::bits`: the state.
pub const IOREQ_STATE_MASK: u8 = 0x0f;
/// `Ioreq::bits`: `data` is an address.
pub const IOREQ_DATA_IS_PTR: u8 = 0x10;
/// `Ioreq::bits`: the guest reads.
pub const IOREQ_DIR: u8 = 0x20;
/// `Ioreq::bits`: a repeated access goes downwards.
pub const IOREQ_DF: u8 = 0x40;

/// One buffered request (`struct buf_ioreq`): in `head`, the type in bits 0 to 7, dir 9, log2 of the size 10 and 11, the
/// address in 12 to 31.
#[repr(C)]
#[derive(Clone, Copy, Debug, PartialEq, Eq, FromBytes, IntoBytes, Immutable, KnownLayout)]
pub struct BufIoreq {
    pub head: u32,
    pub data: u32,
}

const _: () = assert!(size_of::<BufIoreq>() == 8 && offset_of!(BufIoreq, data) == 4);

/// The page of buffered requests (`struct buffered_iopage`).
#[repr(C)]
#[derive(Clone, Copy, Debug, PartialEq, Eq, FromBytes, IntoBytes, Immutable, KnownLayout)]
pub struct BufferedIopage {
    pub read_pointer: u32,
    pub write_pointer: u32,
    pub buf_ioreq: [BufIoreq; IOREQ_BUFFER_SLOT_NUM as usize],
}

const _: () =
    assert!(size_of::<BufferedIopage>() == 4096 && offset_of!(BufferedIopage, buf_ioreq) == 8);

pub const IOREQ_BUFFER_SLOT_NUM: u32 = 511;
