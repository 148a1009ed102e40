//! Linux's bzImage: from the file that a boot loader loads to the ELF kernel inside.
//!
//! The setup header names a payload, the payload's first bytes name its packing (gzip, xz, lzma, zstd, lz4, or none), and
//! its last word the size of what is inside. An ELF file is passed through, so that a caller need not ask what it has.
//!
//! Always: nothing is allocated for a size that the caller did not allow; what comes out has the size that was
//! promised, agrees with its checksum where the packing has one, and begins as ELF does.
//!
//! Not here: what the kernel says of itself (`elf`), the 16-bit and EFI entries of the file, which a hypervisor does not
//! use.
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

extern crate alloc;

mod crc32;
mod error;
mod payload;
mod unpack;

use alloc::borrow::Cow;

pub use error::Error;
pub use payload::{Format, Payload};

/// The largest kernel that [`vmlinux`] unpacks: several times that of Debian's.
pub const LIMIT: usize = 512 << 20;

/// The ELF kernel in this file: unpacked from a bzImage or a gzip file, or the file itself if it is ELF.
pub fn vmlinux(image: &[u8]) -> Result<Cow<'_, [u8]>, Error> {
    Payload::find(image)?.unpack(LIMIT)
}
