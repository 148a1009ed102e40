//! Grant tables: a domain lends single pages to another, by number, through a table that it shares with us.
//!
//! A domain that grants has a [`Table`]; a domain that maps has a [`Maptrack`]. The operations of the ABI ([`map`],
//! [`begin_unmap`], [`copy`], [`transfer`], ...) stand on both and reach everything else (frames, page tables, other
//! domains) through [`Parties`] and [`Host`].
//!
//! Always: as long as a grant is used by anybody its entry says so (reading, writing), whatever version the table has;
//! the pins of an entry are the mappings in all maptracks that name it, and the copies under way; an entry that is
//! used for one domain is not used for a second one.
//!
//! Locks: a table and a maptrack are each behind a lock of their own, which [`Parties`] takes. No operation holds two
//! at once: a mapping is reserved, the grant pinned, the frame held, the page table changed, one after the other,
//! and undone in the other order when a step fails.
//!
//! Not here: references to frames and entries of page tables ([`Host`]), which domain may act for which
//! (`hypervisor::policy`), transitive grants, which nobody may use.
#![no_std]
#![forbid(unsafe_code)]
#![deny(
    clippy::indexing_slicing,
    clippy::arithmetic_side_effects,
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    missing_docs
)]

extern crate alloc;

mod entry;
mod error;
mod maptrack;
mod ops;
mod table;

pub use entry::{Shared, Version, Word};
pub use error::Error;
pub use maptrack::{Claim, Handle, Maptrack, Parts};
pub use ops::{
    Copy, Host, Map, MapFlags, Mapped, Parties, Pending, Place, Side, Unmap, begin_unmap, copy,
    finish_unmap, map, release, transfer,
};
pub use table::{Pinned, Table, Use};

use core::fmt;

/// The number of an entry in its table.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Ref(pub u32);

impl fmt::Display for Ref {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.0)
    }
}

/// What is done to a granted page.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Access {
    /// It is read.
    Read,
    /// It is written, and read.
    Write,
}

/// Bytes in a page.
pub const PAGE: u32 = 4096;
/// Entries at the beginning of a table that the tools may fill, and that stay when its version changes.
pub const RESERVED: u32 = abi::grant_table::GNTTAB_NR_RESERVED_ENTRIES;
/// Handles in one frame of `max_maptrack_frames`.
pub const HANDLES_PER_FRAME: u32 = 256;
