//! The language of `/etc/xen/*.cfg`: text in, a description of a domain out.
//!
//! Three steps, each usable alone: [`syntax`] splits the text into settings, [`guest`] gives the
//! settings their meaning, and [`diagnostic`] shows a person where the text is wrong. The small
//! languages inside strings have modules of their own: [`disk`], [`vif`], [`cpu_list`].
//!
//! Always: every mistake in a file is reported, not only the first; a key that is not known is
//! named with its line and its nearest neighbour, never dropped in silence.
//!
//! Not here: files, the machine, and whether a bridge or a disk exists (`domain`).
#![forbid(unsafe_code)]
// What a person wrote is shown back with what is wrong in it, so nothing that it says may panic.
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

pub mod cpu_list;
pub mod diagnostic;
pub mod disk;
pub mod guest;
mod keys;
pub mod syntax;
pub mod vif;

pub use diagnostic::{Diagnostic, Severity};
pub use guest::{Guest, read};
