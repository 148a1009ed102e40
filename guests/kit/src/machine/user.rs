//! User mode: run code there until its next system call or trap.
//!
//! Always: one run at a time, on vCPU 0; events that come meanwhile are taken and user mode goes on.

use super::entry;
use super::trap::{Frame, Trap};
use crate::xen;
use core::cell::UnsafeCell;
use core::sync::atomic::{AtomicBool, Ordering::SeqCst};

struct Left(UnsafeCell<Trap>);
// SAFETY: [GUEST-VCPU-SLOT] vCPU 0 alone runs user mode, and reads this after it came back.
unsafe impl Sync for Left {}
static RUNNING: AtomicBool = AtomicBool::new(false);
static LEFT: Left = Left(UnsafeCell::new(Trap {
    frame: Frame {
        rax: 0,
        rcx: 0,
        rdx: 0,
        rsi: 0,
        rdi: 0,
        r8: 0,
        r9: 0,
        r10: 0,
        r11: 0,
        rbx: 0,
        rbp: 0,
        r12: 0,
        r13: 0,
        r14: 0,
        r15: 0,
        vector: 0,
        error: 0,
        rip: 0,
        cs: 0,
        rflags: 0,
        rsp: 0,
        ss: 0,
    },
    frame_va: 0,
    cr2: 0,
    mask: 0,
    rflags: 0,
}));

/// The registers to start user mode with: flat selectors, events as now.
pub fn registers(rip: u64, rsp: u64) -> Frame {
    Frame {
        rip,
        rsp,
        cs: xen::KERNEL_CS,
        ss: xen::KERNEL_SS,
        rflags: 0x202,
        ..Frame::default()
    }
}
/// Enters user mode with `frame` by the hypercall `iret` with `flags`; the trap or system call
/// that ended it. `frame.cs` with the low two bits clear would mean kernel mode.
pub fn run(frame: &Frame, flags: u64) -> Trap {
    RUNNING.store(true, SeqCst);
    // SAFETY: [GUEST-USER] the entry code keeps the callee's registers on this stack and restores
    // them in `kit_user_leave`, which the first trap from user mode calls; the kernel stack of
    // those traps is another one.
    unsafe { entry::kit_user_enter(frame, flags) };
    // SAFETY: [GUEST-VCPU-SLOT].
    unsafe { *LEFT.0.get() }
}
/// The measuring way: enters at `rip`; comes back at the next system call if the callback is
/// `Entry::QuickSyscall`.
#[inline(always)]
pub fn quick(rip: u64, rsp: u64, flags: u64) {
    // SAFETY: [GUEST-USER], with `kit_quick_syscall` in the part of `kit_user_leave`.
    unsafe { entry::kit_quick_user(rip, rsp, flags) };
}
pub(super) fn running() -> bool {
    RUNNING.load(SeqCst)
}
pub(super) fn leave(trap: Trap) -> ! {
    RUNNING.store(false, SeqCst);
    // SAFETY: 1. [GUEST-VCPU-SLOT].  2. [GUEST-USER] a run is on, so there is a stack to return to.
    unsafe {
        *LEFT.0.get() = trap;
        entry::kit_user_leave()
    }
}
