//! The body of Xenolith: domains, hypercalls, memory ownership and scheduling, in safe Rust.
//!
//! It stands on `metal` (the machine, or its simulation on the host) and on the crates under `logic`
//! (rules without a machine). One loop a CPU ([`cpu`]) enters a guest, takes what comes back, and answers it.
//!
//! Always: interrupts are off while this code runs, so nothing here is re-entered on its own CPU; guest memory is
//! copied, never borrowed; only our own broken state panics.
//!
//! Not here: registers, page-table walks, interrupt entry (`metal`); who may hold which page type (`page_types`).
#![no_std]
#![forbid(unsafe_code)]
#![deny(
    clippy::indexing_slicing,
    clippy::arithmetic_side_effects,
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic
)]

extern crate alloc;

pub mod console;
pub mod cpu;
pub mod devices;
pub mod dom0;
pub mod domain;
pub mod hypercall;
pub mod memory;
pub mod options;
pub mod policy;
pub mod pv;
pub mod rank;
pub mod schedule;
pub mod start;
pub mod time;
