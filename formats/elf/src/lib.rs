//! Kernels as ELF files: what to load where, where to enter, and what the kernel says to the hypervisor in notes.
//!
//! Serves the hypervisor (dom0's kernel, its own symbols), the domain builder and the boot tools. Allocates nothing.
//!
//! Always: every number of the file is checked before it is used, so an [`Image`] that exists has at least one segment to
//! load, each lies within the file, and no address of theirs wraps; no bytes make this crate panic.
//!
//! Not here: unpacking (`bzimage`), placing pages and page tables (`hypervisor::dom0`, `domain`).
#![no_std]
#![forbid(unsafe_code)]
// A kernel's file is a guest's, so nothing that it says may panic.
#![cfg_attr(
    not(test),
    deny(
        clippy::indexing_slicing,
        clippy::arithmetic_side_effects,
        clippy::unwrap_used,
        clippy::expect_used,
        clippy::panic
    )
)]

mod error;
mod image;
mod layout;
mod notes;
mod symbols;

pub use error::Error;
pub use image::{Access, Class, Image, Segment};
pub use layout::PvLayout;
pub use notes::{Features, MfnValid, Note, PaeMode, Reloc, XenNotes};
pub use symbols::{Function, Functions};
