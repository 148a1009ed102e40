//! Time: the paravirtual clock of this vCPU, and waiting by it.

use super::{cpu, events, smp};

/// Nanoseconds since the hypervisor's boot.
#[inline(always)]
pub fn now_ns() -> u64 {
    at_tsc(cpu::rdtsc())
}
/// The system time when this vCPU's TSC read `tsc`.
#[inline(always)]
pub fn at_tsc(tsc: u64) -> u64 {
    events::clock(smp::this_vcpu()).at(tsc)
}
/// Spins until `done` or for `limit_ns`; tells whether it was done.
pub fn wait_for(limit_ns: u64, mut done: impl FnMut() -> bool) -> bool {
    let deadline = now_ns().saturating_add(limit_ns);
    loop {
        if done() {
            return true;
        }
        if now_ns() > deadline {
            return done();
        }
        cpu::relax();
    }
}
/// Spins for a while.
pub fn spin_ns(ns: u64) {
    wait_for(ns, || false);
}
