//! Entry code, and what happens when the hypervisor itself faults.
//!
//! Always: a fault at an instruction in the exception table goes on at its fixup; any other is our bug and
//! stops the machine.

use crate::layout::{HOST_SS, PER_CPU_STRIDE};
use crate::{fatal, percpu};
use core::arch::global_asm;
use core::sync::atomic::Ordering;
use types::{FLAT_CS32, FLAT_CS64, FLAT_SS, GuestFrame};

/// Codes of `enter_guest` beside the vectors.
pub const EXIT_SYSCALL: u32 = 0x100;
pub const EXIT_SYSCALL32: u32 = 0x101;
pub const EXIT_SYSENTER: u32 = 0x102;

global_asm!(
    include_str!("traps.s"),
    area_stride = const PER_CPU_STRIDE,
    host_rsp = const percpu::HOST_RSP,
    scratch = const percpu::SCRATCH,
    idle_vector = const percpu::IDLE_VECTOR,
    rsp0 = const percpu::RSP0,
    flat_ss = const FLAT_SS,
    flat_cs64 = const FLAT_CS64,
    flat_cs32 = const FLAT_CS32,
    host_ss = const HOST_SS,
    host_exception = sym host_exception,
    nmi = sym nmi,
    fatal = sym fatal_exception,
);

/// An instruction that may fault, and where to go on; both relative to where they stand.
#[repr(C)]
struct Fixup {
    instruction: i32,
    target: i32,
}

unsafe extern "C" {
    static __ex_table_start: Fixup;
    static __ex_table_end: Fixup;
    static __smap_sites_start: Fixup;
    static __smap_sites_end: Fixup;
}

/// Where to go on after a fault at `rip`.
fn fixup(rip: u64) -> Option<u64> {
    let start = &raw const __ex_table_start;
    let end = &raw const __ex_table_end;
    // SAFETY: [EX-TABLE] The link script puts all entries, and nothing else, between the two symbols.
    let table = unsafe { core::slice::from_raw_parts(start, end.offset_from_unsigned(start)) };
    table.iter().find_map(|entry| {
        let at = &raw const entry.instruction as u64;
        let target = &raw const entry.target as u64;
        (at.wrapping_add_signed(entry.instruction.into()) == rip)
            .then(|| target.wrapping_add_signed(entry.target.into()))
    })
}

/// An exception in ring 0, on the stack that was in use.
extern "C" fn host_exception(frame: &mut GuestFrame) {
    match fixup(frame.rip) {
        Some(target) if matches!(frame.entry_vector, 10..=14) => frame.rip = target,
        _ => fatal::exception(frame),
    }
}

/// A non-maskable interrupt, on a stack of its own, in the middle of anything.
extern "C" fn nmi(frame: &mut GuestFrame) {
    percpu::shared(percpu::id())
        .nmis
        .fetch_add(1, Ordering::Relaxed);
    if fatal::is_dying() {
        // Another CPU prints the machine's last words.
        let _ = frame;
        x86::stop();
    }
}

/// A double fault or a machine check.
extern "C" fn fatal_exception(frame: &mut GuestFrame) {
    fatal::exception(frame);
}

/// Turns the three-byte NOPs at the marked places into STAC and CLAC. Boot CPU, boot page tables, where text
/// can still be written.
pub(crate) fn use_smap() {
    if x86::cpuid(0, 0)[0] < 7 || x86::cpuid(7, 0)[1] >> 20 & 1 == 0 {
        return;
    }
    let start = &raw const __smap_sites_start;
    let end = &raw const __smap_sites_end;
    // SAFETY: [EX-TABLE] As in `fixup`, for the other table.
    let sites = unsafe { core::slice::from_raw_parts(start, end.offset_from_unsigned(start)) };
    for site in sites {
        let code = (&raw const site.instruction as u64).wrapping_add_signed(site.instruction.into())
            as *mut u8;
        // SAFETY: [BOOT-MAP] The boot page tables map text for writing; no other CPU runs, and the three bytes are
        // a NOP that nobody is in the middle of. The far jumps and faults before their use serialize.
        unsafe {
            code.write_volatile(0x0f);
            code.add(1).write_volatile(0x01);
            code.add(2).write_volatile(site.target as u8);
        }
    }
}
