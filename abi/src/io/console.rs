//! The ring of a paravirtual console (`io/console.h`), one page shared by the guest and the console's daemon.
//!
//! Always: it lives in memory that both sides write; the type is for its layout. Indices run freely and wrap at 2^32;
//! what they index is their value modulo the ring's size.

use core::mem::offset_of;

use zerocopy::{FromBytes, Immutable, IntoBytes, KnownLayout};

/// The page (`struct xencons_interface`).
#[repr(C)]
#[derive(Clone, Copy, Debug, PartialEq, Eq, FromBytes, IntoBytes, Immutable, KnownLayout)]
pub struct Interface {
    /// To the guest.
    pub in_: [u8; 1024],
    /// From the guest.
    pub out: [u8; 2048],
    pub in_cons: u32,
    pub in_prod: u32,
    pub out_cons: u32,
    pub out_prod: u32,
}

const _: () = assert!(size_of::<Interface>() == 3088 && offset_of!(Interface, out_prod) == 3084);
