//! A simulated machine: the API of `machine` in a plain process, so that the body runs under `cargo test`.
//!
//! There is one machine in a process, because the body's state is in statics too: whoever tests the body takes turns.
//! It has memory, CPUs that one thread plays in turn ([`cpu::become_cpu`]), timers on a clock that only moves when somebody
//! asks for the time, and guests that are scripts ([`cpu::Guest`]). Nothing depends on the host's clock or threads, so a
//! run can be repeated.
//!
//! Always: guest memory is reached through the page tables of the root that the CPU has loaded, with the rights that
//! they give; a frame is memory that a guest may have, or there is no `Frame` of it; the machine's end is a panic that
//! a test can catch ([`power::End`]).
//!
//! Not here: a TLB (each access walks), instructions (a script says what a guest does next), devices.

#![forbid(unsafe_code)]

pub mod acpi;
pub mod console;
pub mod cpu;
pub mod cpuid;
pub mod fpu;
pub mod frame;
pub mod guest;
pub mod irq;
pub mod m2p;
pub mod memory;
pub mod msr;
pub mod pci;
pub mod ports;
pub mod power;
pub mod sync;
pub mod time;
mod world;

pub use types::*;
pub use world::{Config, configure, panic_context, set_panic_context};

/// Names the body's entry. On the host nothing enters by itself: a test calls what it wants.
#[macro_export]
macro_rules! entry {
    ($main:path) => {
        const _: fn() -> ! = $main;
    };
}
