//! The real machine: boot, page tables, CPUs, interrupts, guest memory, behind a safe API.
//!
//! The unsafe half of the hypervisor. Its invariants have names in brackets, which `docs/soundness.md` defines.
//!
//! Always: no function here can be made to break memory by its arguments, whatever a guest had a hand in; the
//! one promise that the body makes is [PAGE-TABLES].
//!
//! Not here: domains, hypercalls, policy (`hypervisor`).

#![cfg(target_os = "none")]
#![no_std]
#![deny(unsafe_op_in_unsafe_fn)]

extern crate alloc;

pub mod acpi;
mod boot;
pub mod console;
pub mod cpu;
pub mod cpuid;
mod descriptors;
mod fatal;
pub mod fpu;
pub mod frame;
pub mod guest;
mod heap;
pub mod irq;
mod lapic;
mod layout;
pub mod m2p;
pub mod memory;
pub mod msr;
mod paging;
pub mod pci;
mod percpu;
pub mod ports;
pub mod power;
mod smp;
mod symbols;
pub mod sync;
pub mod time;
mod traps;

pub use fatal::set_panic_context;
pub use types::*;

/// Names the body's entry: `fn main() -> !`, called on the boot CPU once everything here works.
#[macro_export]
macro_rules! entry {
    ($main:path) => {
        #[unsafe(no_mangle)]
        extern "Rust" fn xenolith_main() -> ! {
            let main: fn() -> ! = $main;
            main()
        }
    };
}
