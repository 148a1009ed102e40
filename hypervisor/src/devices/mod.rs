//! Real devices as domains see them: interrupts, MSI, ports and memory that they may reach.
//!
//! The drivers are domain 0's; the hypervisor routes interrupts and keeps what is its own.

pub mod msi;
pub mod pirq;
pub mod resources;
