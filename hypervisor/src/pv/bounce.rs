//! Traps reflected into the guest's kernel: the frame on its stack, and the jump to its handler.
//!
//! The frame, lowest address first: RCX, R11, the error code if there is one, RIP, CS (with the saved upcall mask in
//! its upper half), RFLAGS, RSP, SS; its stack is 16-byte aligned before it.
//!
//! Always: a frame is written whole or the guest is crashed; after it the kernel's root is loaded.

use core::sync::atomic::Ordering;

use metal::cpu::{self, SYSCALL_VECTOR, Segments};
use metal::guest;

use super::{Callback, FLAT_CS64, FLAT_SS, switch};
use crate::hypercall::{Call, Why};

const RFLAGS_TF: u64 = 1 << 8;
const RFLAGS_IF: u64 = 1 << 9;
const RFLAGS_IOPL: u64 = 3 << 12;
const RFLAGS_NT: u64 = 1 << 14;
const RFLAGS_RF: u64 = 1 << 16;
const RFLAGS_VM: u64 = 1 << 17;
const RFLAGS_AC: u64 = 1 << 18;
/// Flags that a handler starts without.
const CLEARED: u64 = RFLAGS_TF | RFLAGS_NT | RFLAGS_RF | RFLAGS_VM | RFLAGS_AC | RFLAGS_IOPL;

/// Reflects to an entry point; a guest without one, or without a stack, crashes.
pub fn deliver(call: &mut Call, to: Callback, error: Option<u32>) {
    if to.address == 0 {
        call.domain.crash(Why::NoHandler.words());
    } else if let Err(why) = try_deliver(call, to, error) {
        call.domain.crash(why.words());
    }
}

/// Delivers pending events, if there are any, nothing masks them and the guest has a callback.
#[inline(always)]
pub fn deliver_events(call: &mut Call) {
    if let Some(info) = &call.state.pv.info
        && info.upcall_due()
    {
        upcall(call);
    }
}

fn upcall(call: &mut Call) {
    let callback = call.state.pv.event_callback;
    if callback.address != 0 {
        deliver(
            call,
            Callback {
                masks_events: true,
                ..callback
            },
            None,
        );
    }
}

/// Reflects a failed return: the frame has the data selectors, too, so that the guest can tell which load failed.
pub fn deliver_failsafe(call: &mut Call, to: Callback) {
    let mut segments = Segments::default();
    cpu::save_segments(&mut segments);
    let selectors = [segments.ds, segments.es, segments.fs, segments.gs].map(u64::from);
    if let Err(why) = enter_handler(call, to, |[rcx, r11, rip, cs, rflags, rsp, ss]| {
        let [ds, es, fs, gs] = selectors;
        Words::Selectors([rcx, r11, ds, es, fs, gs, rip, cs, rflags, rsp, ss])
    }) {
        call.domain.crash(why.words());
    }
}

#[inline]
fn try_deliver(call: &mut Call, to: Callback, error: Option<u32>) -> Result<(), Why> {
    enter_handler(
        call,
        to,
        |words @ [rcx, r11, rip, cs, rflags, rsp, ss]| match error {
            Some(code) => Words::WithError([rcx, r11, u64::from(code), rip, cs, rflags, rsp, ss]),
            None => Words::Plain(words),
        },
    )
}

/// A frame's words, lowest address first.
enum Words {
    Plain([u64; 7]),
    WithError([u64; 8]),
    Selectors([u64; 11]),
}

#[inline(always)]
fn enter_handler(
    call: &mut Call,
    to: Callback,
    arrange: impl FnOnce([u64; 7]) -> Words,
) -> Result<(), Why> {
    let info = call.state.pv.info.ok_or(Why::NoVcpuInfo)?;
    let from_kernel = call.state.pv.in_kernel;
    if !from_kernel {
        switch::enter_kernel(call)?;
    }
    let state = &mut *call.state;
    let frame = &mut state.frame;
    let mask = info.mask.load(Ordering::Relaxed);
    let top = if from_kernel {
        frame.rsp
    } else {
        state.pv.kernel_sp
    } & !15;

    let rflags = frame.rflags & !(RFLAGS_IF | RFLAGS_IOPL)
        | if mask == 0 { RFLAGS_IF } else { 0 }
        | u64::from(state.pv.iopl) << 12;
    // A kernel that runs in ring 3 sees itself in ring 0.
    let privilege = if from_kernel { 0 } else { 3 };
    let cs = frame.cs & 0xfffc | privilege | u64::from(mask) << 32;
    let bottom = match arrange([
        frame.rcx,
        frame.r11,
        frame.rip,
        cs,
        rflags,
        frame.rsp,
        frame.ss & 0xffff,
    ]) {
        Words::Plain(words) => write(top, &words)?,
        Words::WithError(words) => write(top, &words)?,
        Words::Selectors(words) => write(top, &words)?,
    };

    if to.masks_events {
        info.mask.store(1, Ordering::Relaxed);
    }
    frame.rsp = bottom;
    frame.rip = to.address;
    frame.cs = FLAT_CS64;
    frame.ss = FLAT_SS;
    frame.rflags = frame.rflags & !CLEARED | RFLAGS_IF;
    // RCX and R11 are on the stack, so the quick way back may spoil them.
    frame.entry_vector = SYSCALL_VECTOR;
    Ok(())
}

/// Writes a frame below `top`; gives its address.
#[inline(always)]
fn write<const N: usize>(top: u64, words: &[u64; N]) -> Result<u64, Why> {
    let bottom = top.wrapping_sub((N as u64).wrapping_mul(8));
    guest::write_words(bottom, words).map_err(|_| Why::BadStack)?;
    Ok(bottom)
}
