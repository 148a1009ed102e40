//! Registers and instructions of x86-64, one thin wrapper each.
//!
//! The hypervisor, the firmware and the test guests all stand on it. A wrapper is safe if no argument can
//! break memory or control flow; the others are `unsafe` and say what the caller must promise.
//!
//! Always: one instruction per function, or the few that belong together; nothing is remembered.
//!
//! Not here: what the values mean for the machine as a whole (`machine`).

#![no_std]

pub mod control;
pub mod cpuid;
pub mod descriptor;
pub mod msr;
pub mod port;
pub mod segment;

pub use cpuid::cpuid;
pub use msr::{rdmsr, wrmsr};

use core::arch::asm;

/// A hint to the CPU that this is a waiting loop.
#[inline(always)]
pub fn pause() {
    core::hint::spin_loop();
}

/// Reads the time stamp counter.
#[inline(always)]
#[must_use]
pub fn rdtsc() -> u64 {
    let (low, high): (u32, u32);
    // SAFETY: [NO-EFFECT] RDTSC only reads a counter; CR4.TSD is never set while we run.
    unsafe {
        asm!("rdtsc", out("eax") low, out("edx") high, options(nomem, nostack, preserves_flags))
    };
    u64::from(high) << 32 | u64::from(low)
}

/// Reads the time stamp counter after all earlier instructions are done.
#[inline(always)]
#[must_use]
pub fn rdtsc_ordered() -> u64 {
    let (low, high): (u32, u32);
    // SAFETY: [NO-EFFECT] LFENCE and RDTSC change nothing.
    unsafe {
        asm!("lfence", "rdtsc", out("eax") low, out("edx") high, options(nostack, preserves_flags))
    };
    u64::from(high) << 32 | u64::from(low)
}

/// Takes the translation of one page out of this CPU's TLB, global or not.
#[inline(always)]
pub fn invlpg(address: u64) {
    // SAFETY: [NO-EFFECT] Only cached translations go; they are made again from the tables.
    unsafe { asm!("invlpg [{}]", in(reg) address, options(nostack, preserves_flags)) };
}

/// Writes back and drops all caches.
#[inline(always)]
pub fn wbinvd() {
    // SAFETY: [NO-EFFECT] Memory keeps its contents.
    unsafe { asm!("wbinvd", options(nostack, preserves_flags)) };
}

/// Turns interrupts off.
#[inline(always)]
pub fn disable_interrupts() {
    // SAFETY: [NO-EFFECT] Nothing in Rust depends on interrupts being on.
    unsafe { asm!("cli", options(nomem, nostack)) };
}

/// Stops this CPU for ever (until reset or NMI).
pub fn stop() -> ! {
    loop {
        // SAFETY: [NO-EFFECT] Interrupts stay off, so nothing runs on this CPU any more.
        unsafe { asm!("cli", "hlt", options(nomem, nostack)) };
    }
}

/// The value of RBP: the head of the chain of stack frames.
#[inline(always)]
#[must_use]
pub fn frame_pointer() -> u64 {
    let value;
    // SAFETY: [NO-EFFECT] A register is read.
    unsafe { asm!("mov {}, rbp", out(reg) value, options(nomem, nostack, preserves_flags)) };
    value
}

/// The value of RSP.
#[inline(always)]
#[must_use]
pub fn stack_pointer() -> u64 {
    let value;
    // SAFETY: [NO-EFFECT] A register is read.
    unsafe { asm!("mov {}, rsp", out(reg) value, options(nomem, nostack, preserves_flags)) };
    value
}

/// Copies with REP MOVSQ, which the CPU does in whole cache lines, and the last bytes with REP MOVSB.
///
/// # Safety
/// `source` is readable and `target` writable for `len` bytes, and no reference to the target is live.
#[inline(always)]
pub unsafe fn copy_bytes(target: *mut u8, source: *const u8, len: usize) {
    // SAFETY: [CALLER] The caller promises both ranges; DF is clear by the ABI.
    unsafe {
        asm!("rep movsq", "mov ecx, {rest:e}", "rep movsb", rest = in(reg) len & 7,
            inout("rcx") len >> 3 => _, inout("rdi") target => _, inout("rsi") source => _,
            options(nostack, preserves_flags));
    }
}

/// Fills whole 8-byte words with REP STOSQ.
///
/// # Safety
/// `target` is 8-aligned and writable for `words * 8` bytes, and no reference to it is live.
#[inline(always)]
pub unsafe fn fill_words(target: *mut u64, value: u64, words: usize) {
    // SAFETY: [CALLER] The caller promises the range; DF is clear by the ABI.
    unsafe {
        asm!("rep stosq", inout("rcx") words => _, inout("rdi") target => _, in("rax") value,
            options(nostack, preserves_flags));
    }
}
