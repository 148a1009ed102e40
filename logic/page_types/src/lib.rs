//! Page types: what a frame of a PV guest is now, who holds it, and which page-table entries are allowed.
//!
//! A frame has one type at a time ([`Kind`]), and may change it only when nobody uses the old one. An entry of a
//! validated page table is a reference to what it names, just as one that our own code holds ([`PageRef`],
//! [`TypeRef`]): a writable mapping holds the type "writable", an entry of a higher table holds the type of the table
//! below. So a page table can never be mapped writable, and a mapped frame can never be freed: the counts say no.
//!
//! Always, whatever guests do and wherever a long operation stops:
//! - a frame's counts equal the references that exist (the tests recount them after every step);
//! - a frame whose type is a table or a segment descriptor page is mapped writable by nobody;
//! - an entry of a validated table names a frame of the expected owner, or I/O memory that the owner may use;
//! - a partly validated table is a prefix: the entries below its position hold references, those above hold none.
//!   Validation moves the position up and devalidation down, so whoever comes next can go on from there, either way.
//!
//! TLBs: when the last reference of a type goes, the frame notes the time on the TLB clock. Before the frame takes
//! another type (a stale writable translation must not outlive the change into a page table, nor a stale page walk the
//! change out of one), [`Frames::flush_stale`] is called with that time, and nobody can use the new type before it
//! returns. A frame that is freed notes the time too; its next owner must not get it before the same flush
//! ([`PageInfo::stamp`]). Stale translations for which the guest forgot a flush of its own are the guest's business.
//!
//! Memory types: a frame that was mapped with anything but write-back is flushed from the caches before it becomes a
//! table ([`Frames::flush_cache`]), or the CPU could read other entries than those that were checked.
//!
//! Not here: where frames come from, who may name whose frames (`hypervisor::policy`), the TLB itself.

#![cfg_attr(not(test), no_std)]
#![forbid(unsafe_code)]
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
#![warn(missing_docs)]

mod entry;
mod error;
mod frames;
mod mmu;
mod page;
mod pte;
mod refs;
mod segment;
mod table;
mod validate;

pub use entry::{Authority, L1Entry};
pub use error::Error;
pub use frames::{Budget, Frames, IoAccess, Steps, Unlimited};
pub use mmu::{
    Walk, Write, install, pin, relinquish, unpin, update_entry, update_l1_entry, walk, write_word,
};
pub use page::{Kind, PageInfo, Snapshot};
pub use pte::Pte;
pub use refs::{
    Any, L1, L2, L3, L4, Leftovers, PageKind, PageRef, SegDesc, Shared, Stolen, TypeRef,
    Unfinished, Work, Writable,
};
pub use segment::checked as checked_descriptor;
