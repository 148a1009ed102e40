//! The words of callbacks (`callback.h`): where the hypervisor enters a PV kernel.
//!
//! Not here: the frames that it pushes there (`hypervisor::pv`).

use core::mem::offset_of;

use zerocopy::{FromBytes, Immutable, IntoBytes, KnownLayout};

/// Events wait.
pub const CALLBACKTYPE_EVENT: u16 = 0;
/// A segment could not be loaded on return to the guest.
pub const CALLBACKTYPE_FAILSAFE: u16 = 1;
/// SYSCALL from 64-bit user mode.
pub const CALLBACKTYPE_SYSCALL: u16 = 2;
pub const CALLBACKTYPE_SYSENTER_DEPRECATED: u16 = 3;
pub const CALLBACKTYPE_NMI: u16 = 4;
pub const CALLBACKTYPE_SYSENTER: u16 = 5;
/// SYSCALL from compatibility mode.
pub const CALLBACKTYPE_SYSCALL32: u16 = 7;
/// Events are masked on entry.
pub const CALLBACKF_MASK_EVENTS: u16 = 1;

pub const CALLBACKOP_REGISTER: u32 = 0;
pub const CALLBACKOP_UNREGISTER: u32 = 1;

/// Argument of `CALLBACKOP_register` (`struct callback_register`).
#[repr(C)]
#[derive(Clone, Copy, Debug, PartialEq, Eq, FromBytes, IntoBytes, Immutable, KnownLayout)]
pub struct Register {
    /// `CALLBACKTYPE_*`.
    pub type_: u16,
    /// `CALLBACKF_*`.
    pub flags: u16,
    pub _pad: [u8; 4],
    pub address: u64,
}

const _: () = assert!(size_of::<Register>() == 16 && offset_of!(Register, address) == 8);

/// Argument of `CALLBACKOP_unregister` (`struct callback_unregister`).
#[repr(C)]
#[derive(Clone, Copy, Debug, PartialEq, Eq, FromBytes, IntoBytes, Immutable, KnownLayout)]
pub struct Unregister {
    /// `CALLBACKTYPE_*`.
    pub type_: u16,
    pub _unused: u16,
}

const _: () = assert!(size_of::<Unregister>() == 4 && offset_of!(Unregister, _unused) == 2);
