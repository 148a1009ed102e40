//! The words that both halves of `metal` speak: plain values, no machine behind them.
//!
//! `machine` and `sim` give the same functions; these are the types that those functions take and
//! return, so that they are written once and cannot drift apart.
//!
//! Always: everything here is a value; nothing touches a register, memory or a clock.
//!
//! Not here: `Frame`, `fpu::Area` and the other handles, because what is behind them differs.

#![no_std]
#![forbid(unsafe_code)]
// A guest's numbers reach these types, so nothing that they say may panic.
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

mod cpu_set;
mod features;
mod frame;
mod irq;
mod memory;
mod pci;
mod time;

pub use cpu_set::{AtomicCpuSet, CpuId, CpuSet, MAX_CPUS};
pub use features::Features;
pub use frame::{Exit, GuestFrame, SYSCALL_VECTOR, Segments};
pub use irq::{Interrupt, IoApic, IsaRoute, Polarity, Trigger, msi_message};
pub use memory::{E820Entry, E820Kind, Fault, Flush, Mfn, OutOfRange, PAGE_SIZE, SegmentFault};
pub use pci::{Bdf, Width};
pub use time::TscScale;

/// 64-bit code of a guest, in ring 3, flat; part of the ABI (`FLAT_RING3_CS64`).
pub const FLAT_CS64: u16 = 0xe033;
/// 32-bit code of a guest, in ring 3, flat (`FLAT_RING3_CS32`).
pub const FLAT_CS32: u16 = 0xe023;
/// Stack and data of a guest, in ring 3, flat (`FLAT_RING3_SS64`).
pub const FLAT_SS: u16 = 0xe02b;

/// First and one past last entry of every top-level page table that belong to the hypervisor.
pub const HYPERVISOR_SLOTS: core::ops::Range<usize> = 256..272;
/// First address of the hypervisor's part of every address space.
pub const HYPERVISOR_START: u64 = 0xffff_8000_0000_0000;
/// One past the last address of the hypervisor's part of every address space.
pub const HYPERVISOR_END: u64 = 0xffff_8800_0000_0000;

/// First vector that the body may give to a device.
pub const FIRST_DEVICE_VECTOR: u8 = 0x30;
/// Last vector that the body may give to a device.
pub const LAST_DEVICE_VECTOR: u8 = 0xdf;
