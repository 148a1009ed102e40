//! Questions to a hypervisor, one at a time, from a PV kernel.
//!
//! Every probe states what Xen 4.20 answers, and passes there; so a failure on another hypervisor
//! is a difference that a guest can see. Probes of one family run in one boot, in order, and leave
//! the guest as they found it.
//!
//! Command line: `test=family` or `test=family/name`, several apart by commas; none means all.
//! `skip=` takes the same words. `test=list` prints the families.
#![cfg_attr(target_os = "none", no_std, no_main)]
#![forbid(unsafe_code)]
#![allow(
    clippy::result_large_err,
    reason = "what went wrong is told in full, and a probe asks once"
)]

#[cfg(target_os = "none")]
#[macro_use]
mod ask;
#[cfg(target_os = "none")]
mod families {
    pub mod cpu;
    pub mod entry;
    pub mod errno;
    pub mod events;
    pub mod fifo;
    pub mod grants;
    pub mod memory;
    pub mod mmu;
    pub mod smp;
    pub mod time;
    pub mod traps;
    pub mod user;
}

#[cfg(target_os = "none")]
kit::guest!(run);

#[cfg(target_os = "none")]
const FAMILIES: &[ask::Family] = &[
    families::entry::FAMILY,
    families::errno::FAMILY,
    families::traps::FAMILY,
    families::user::FAMILY,
    families::cpu::FAMILY,
    families::mmu::FAMILY,
    families::events::FAMILY,
    families::time::FAMILY,
    families::grants::FAMILY,
    families::memory::FAMILY,
    families::smp::FAMILY,
    families::fifo::FAMILY,
];

#[cfg(target_os = "none")]
fn run() {
    ask::run(FAMILIES);
}

#[cfg(not(target_os = "none"))]
fn main() {
    eprintln!(
        "probe is a PV kernel: build it for x86_64-unknown-none and boot it under a hypervisor"
    );
    std::process::exit(1);
}
