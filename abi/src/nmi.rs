//! The words of NMI operations (`nmi.h`), the older way to register what `callback` registers.

use core::mem::offset_of;

use zerocopy::{FromBytes, Immutable, IntoBytes, KnownLayout};

pub const XEN_NMIREASON_IO_ERROR: u64 = 0x1;
pub const XEN_NMIREASON_PCI_SERR: u64 = 0x2;
pub const XEN_NMIREASON_UNKNOWN: u64 = 0x4;

pub const XENNMI_REGISTER_CALLBACK: u32 = 0;
pub const XENNMI_UNREGISTER_CALLBACK: u32 = 1;

/// Argument of `XENNMI_register_callback` (`struct xennmi_callback`).
#[repr(C)]
#[derive(Clone, Copy, Debug, PartialEq, Eq, FromBytes, IntoBytes, Immutable, KnownLayout)]
pub struct Callback {
    pub handler_address: u64,
    pub pad: u64,
}

const _: () = assert!(size_of::<Callback>() == 16 && offset_of!(Callback, pad) == 8);
