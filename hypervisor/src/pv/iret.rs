//! `iret`: back from a handler, to the guest's kernel or to user mode.

use core::sync::atomic::Ordering;

use metal::cpu::SYSCALL_VECTOR;
use metal::guest;

use super::switch;
use crate::hypercall::{Call, Outcome, Why};

/// `VGCF_in_syscall`: RCX and R11 need not be kept.
const IN_SYSCALL: u64 = 1 << 8;
const RFLAGS_IF: u64 = 1 << 9;
const RFLAGS_IOPL: u64 = 3 << 12;
const RFLAGS_VM: u64 = 1 << 17;
const RFLAGS_FIXED: u64 = 1 << 1;

/// Loads the frame on the caller's stack: RAX, R11, RCX, flags, RIP, CS, RFLAGS, RSP, SS.
pub fn iret(call: &mut Call) -> Outcome {
    let mut words = [0u64; 9];
    if guest::read_words(call.state.frame.rsp, &mut words).is_err() {
        return Outcome::Crash(Why::BadStack);
    }
    let [rax, r11, rcx, flags, rip, cs, rflags, rsp, ss] = words;

    if cs & 3 == 3
        && let Err(why) = switch::enter_user(call)
    {
        return Outcome::Crash(why);
    }
    let state = &mut *call.state;
    let frame = &mut state.frame;
    frame.rip = rip;
    frame.cs = cs & 0xffff | 3;
    frame.rflags = rflags & !(RFLAGS_IOPL | RFLAGS_VM) | RFLAGS_IF | RFLAGS_FIXED;
    frame.rsp = rsp;
    frame.ss = ss & 0xffff | 3;
    if flags & IN_SYSCALL == 0 {
        frame.r11 = r11;
        frame.rcx = rcx;
        frame.entry_vector = 0;
    } else {
        frame.entry_vector = SYSCALL_VECTOR;
    }
    if let Some(info) = &state.pv.info {
        info.mask
            .store(u8::from(rflags & RFLAGS_IF == 0), Ordering::Relaxed);
    }
    Outcome::Done(rax)
}
