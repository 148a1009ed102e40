//! ACPI's static tables: which CPUs and interrupt controllers there are, and how to turn the machine off.
//!
//! Reads RSDP, RSDT or XSDT, MADT, FADT, HPET, MCFG and SRAT through a [`Memory`] that copies physical bytes,
//! and looks for `_S5_` in the definition blocks without running any AML.
//!
//! Always: no bytes make it panic, and what is read is bounded by [`MAX_TABLE`] and [`MAX_TABLES`].
//!
//! Not here: AML (dom0 runs it), writing tables for guests (`hypervisor`, `toolstack`).

#![no_std]
#![forbid(unsafe_code)]
// Firmware's bytes come here, so nothing that they say may panic.
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

extern crate alloc;

mod bytes;
mod madt;
mod other;
mod root;

pub use bytes::Bytes;
pub use madt::{Cpu, IoApic, Override, Polarity, Trigger};
pub use other::{Affinity, Fadt, Hpet, McfgRange, Register, SleepType, Space};
pub use root::{Error, MAX_TABLE, MAX_TABLES, find_rsdp, read, rsdp_at};

use alloc::vec::Vec;

/// Physical memory as bytes.
pub trait Memory {
    /// Copies bytes from a physical address; false if they cannot be read.
    fn read(&self, address: u64, buffer: &mut [u8]) -> bool;
}

/// What the tables say. An absent table leaves its part empty.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Tables {
    /// Physical address of the RSDP, 0 if only a copy of it is known.
    pub rsdp: u64,
    /// Processors, in the order of the MADT; disabled ones are left out.
    pub cpus: Vec<Cpu>,
    /// Physical address of the local APICs.
    pub local_apic: u64,
    /// IO-APICs.
    pub io_apics: Vec<IoApic>,
    /// ISA interrupts that are not where they would be expected.
    pub overrides: Vec<Override>,
    /// There are two 8259 controllers as well.
    pub has_pic: bool,
    /// Power management registers.
    pub fadt: Option<Fadt>,
    /// What to write to the sleep registers to turn the machine off.
    pub s5: Option<SleepType>,
    /// The high precision event timer.
    pub hpet: Option<Hpet>,
    /// PCI configuration space in memory.
    pub mcfg: Vec<McfgRange>,
    /// Which CPU and which memory is near which.
    pub srat: Vec<Affinity>,
    /// Signatures and addresses of all tables found.
    pub list: Vec<([u8; 4], u64)>,
}

#[cfg(test)]
mod tests;
