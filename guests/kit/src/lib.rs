//! The runtime of Xenolith's test guests: a 64-bit PV kernel in a library.
//!
//! A test guest is a program with one function, named by [`guest!`], that asks the hypervisor
//! questions and reports the answers (see [`report`]). It boots as domain 0's kernel or as a
//! domU's, on Xenolith and on any other hypervisor with Xen's PV interface.
//!
//! Always: all the unsafe code of test guests is here. A guest's calls may ruin the guest itself
//! (that is what many of them are for), never anything outside: that is the hypervisor's promise
//! and the thing under test, see `docs/soundness.md`, kit.
//!
//! Not here: what is asked (`probe`, `fuzz`) or measured (`pvbench`). The arithmetic parts also
//! build on the host, where their unit tests run; the machine parts exist on the bare target only.
#![cfg_attr(target_os = "none", no_std)]
#![warn(missing_docs, clippy::undocumented_unsafe_blocks)]
#![allow(
    clippy::result_large_err,
    reason = "a trap is all the registers that a test may look at, and no test is in a hurry to be trapped"
)]

pub mod args;
pub mod pvclock;
pub mod random;
pub mod stats;
pub mod xen;

#[cfg(target_os = "none")]
mod machine {
    pub mod console;
    pub mod cpu;
    mod entry;
    pub mod events;
    pub mod hypercall;
    pub mod memory;
    pub mod report;
    pub mod smp;
    pub mod start;
    pub mod time;
    pub mod trap;
    pub mod user;
}
#[cfg(target_os = "none")]
pub use machine::*;

/// Names the function that a test guest runs once the runtime is up.
///
/// When it returns, the guest prints `DONE` and shuts down.
#[macro_export]
macro_rules! guest {
    ($main:path) => {
        // The name is the one that the runtime's entry calls; a second definition does not link.
        #[unsafe(no_mangle)]
        extern "Rust" fn kit_guest_main() {
            $main()
        }
    };
}
