//! Hypercalls, raw and named.
//!
//! The raw door takes any number and any words: a test guest must be able to ask wrongly.
//!
//! Not here: what the words mean (`xen`), page tables (`memory`).

use crate::xen;
use core::arch::asm;

/// One hypercall by SYSCALL; the answer is negative for an error.
#[inline(always)]
pub fn raw(number: u64, args: [u64; 5]) -> i64 {
    let answer: i64;
    // SAFETY:
    // 1. [GUEST-HYPERCALL] The hypervisor changes rax, rcx, r11 and, for the registers that are
    //    said here to be lost, possibly arguments; memory only where the arguments say.
    // 2. [GUEST-OWN-RISK] A call that hands away memory in use harms this guest alone.
    unsafe {
        asm!("syscall",
            inlateout("rax") number as i64 => answer,
            inlateout("rdi") args[0] => _, inlateout("rsi") args[1] => _,
            inlateout("rdx") args[2] => _, inlateout("r10") args[3] => _,
            inlateout("r8") args[4] => _, lateout("rcx") _, lateout("r11") _,
            options(nostack));
    }
    answer
}

/// As [`raw`], by the eight instructions of the hypercall page: what kernels before Linux 6.12
/// execute, and what the reference figures of the benchmark contain.
#[inline(always)]
pub fn by_stub(number: u64, args: [u64; 5]) -> i64 {
    let answer: i64;
    // SAFETY: [GUEST-HYPERCALL] [GUEST-OWN-RISK] as for `raw`; the stub keeps rcx and r11, and uses
    // 24 bytes of stack, which is why the option `nostack` is missing here.
    unsafe {
        asm!("call kit_hypercall_stub",
            inlateout("rax") number as i64 => answer,
            inlateout("rdi") args[0] => _, inlateout("rsi") args[1] => _,
            inlateout("rdx") args[2] => _, inlateout("r10") args[3] => _,
            inlateout("r8") args[4] => _);
    }
    answer
}

/// Calls entry `number` of the page that the note HYPERCALL_PAGE asks the hypervisor to fill.
pub fn by_page(number: u64, args: [u64; 5]) -> i64 {
    let answer: i64;
    let entry = &raw const super::entry::kit_hypercall_page as u64 + number * 32;
    // SAFETY: as for `by_stub`; [GUEST-HYPERCALL-PAGE] the hypervisor filled the page with one
    // subroutine per number, before the first instruction; a test asks before it calls.
    unsafe {
        asm!("call {entry}", entry = in(reg) entry,
            lateout("rax") answer,
            inlateout("rdi") args[0] => _, inlateout("rsi") args[1] => _,
            inlateout("rdx") args[2] => _, inlateout("r10") args[3] => _,
            inlateout("r8") args[4] => _, lateout("rcx") _, lateout("r11") _);
    }
    answer
}

/// The bytes of entry `number` of the hypercall page.
pub fn page_entry(number: u64) -> [u8; 32] {
    let page = &raw const super::entry::kit_hypercall_page as *const [u8; 32];
    // SAFETY: [GUEST-IMAGE] the page is part of the image, 128 entries long.
    unsafe { page.add(number as usize & 127).read_volatile() }
}

/// A hypercall with up to five arguments.
#[macro_export]
macro_rules! call {
    ($nr:expr $(, $arg:expr)* $(,)?) => {{
        let mut args = [0u64; 5];
        let mut slots = args.iter_mut();
        $( if let Some(slot) = slots.next() { *slot = ($arg) as u64; } )*
        let _ = &mut slots;
        $crate::hypercall::raw($nr, args)
    }};
}

/// The address of a value, to hand to the hypervisor.
#[inline(always)]
pub fn ptr<T>(value: &mut T) -> u64 {
    value as *mut T as u64
}

/// `xen_version`.
pub fn xen_version(op: u64, arg: u64) -> i64 {
    raw(xen::XEN_VERSION, [op, arg, 0, 0, 0])
}
/// `domctl`, `sysctl` or `platform_op` (`number`): operation, version of the interface, and the words that follow these
/// two, of which those not said are 0.
pub fn control_op(number: u64, op: u64, version: u64, words: &[u64]) -> i64 {
    let mut argument = [0u64; 18]; // room for the longest of the three
    argument[0] = op | version << 32;
    for (slot, word) in argument.iter_mut().skip(1).zip(words) {
        *slot = *word;
    }
    raw(number, [ptr(&mut argument), 0, 0, 0, 0])
}
/// `sched_op`.
pub fn sched_op(op: u64, arg: u64) -> i64 {
    raw(xen::SCHED_OP, [op, arg, 0, 0, 0])
}
/// `event_channel_op`, the argument in and out.
pub fn event_channel_op<T>(op: u64, arg: &mut T) -> i64 {
    raw(xen::EVENT_CHANNEL_OP, [op, ptr(arg), 0, 0, 0])
}
/// `memory_op`, the argument in and out.
pub fn memory_op<T>(op: u64, arg: &mut T) -> i64 {
    raw(xen::MEMORY_OP, [op, ptr(arg), 0, 0, 0])
}
/// `vcpu_op`; `arg` is an address or 0.
pub fn vcpu_op(op: u64, vcpu: u64, arg: u64) -> i64 {
    raw(xen::VCPU_OP, [op, vcpu, arg, 0, 0])
}
/// `physdev_op`, the argument in and out.
pub fn physdev_op<T>(op: u64, arg: &mut T) -> i64 {
    raw(xen::PHYSDEV_OP, [op, ptr(arg), 0, 0, 0])
}
/// `grant_table_op` with one element.
pub fn grant_table_op<T>(op: u64, arg: &mut T) -> i64 {
    raw(xen::GRANT_TABLE_OP, [op, ptr(arg), 1, 0, 0])
}
/// `callback_op` to register `address` for a callback type.
pub fn register_callback(kind: u16, flags: u16, address: u64) -> i64 {
    let mut arg = xen::CallbackRegister {
        kind,
        flags,
        _pad: 0,
        address,
    };
    raw(
        xen::CALLBACK_OP,
        [xen::CALLBACKOP_REGISTER, ptr(&mut arg), 0, 0, 0],
    )
}
/// `set_trap_table`; the list must end with a zero address.
pub fn set_trap_table(traps: &[xen::TrapInfo]) -> i64 {
    raw(xen::SET_TRAP_TABLE, [traps.as_ptr() as u64, 0, 0, 0, 0])
}
/// `update_va_mapping`.
pub fn update_va_mapping(va: u64, entry: u64, flags: u64) -> i64 {
    raw(xen::UPDATE_VA_MAPPING, [va, entry, flags, 0, 0])
}
/// `mmu_update` of own tables; the answer is the error or 0.
pub fn mmu_update(updates: &mut [xen::MmuUpdate]) -> i64 {
    let count = updates.len() as u64;
    raw(
        xen::MMU_UPDATE,
        [updates.as_mut_ptr() as u64, count, 0, xen::DOMID_SELF, 0],
    )
}
/// `mmuext_op` with one operation on the guest itself.
pub fn mmuext_op(cmd: u32, arg1: u64, arg2: u64) -> i64 {
    let mut op = xen::MmuextOp {
        cmd,
        _pad: 0,
        arg1,
        arg2,
    };
    raw(xen::MMUEXT_OP, [ptr(&mut op), 1, 0, xen::DOMID_SELF, 0])
}
/// `console_io` write.
pub fn console_write(text: &[u8]) -> i64 {
    raw(
        xen::CONSOLE_IO,
        [
            xen::CONSOLEIO_WRITE,
            text.len() as u64,
            text.as_ptr() as u64,
            0,
            0,
        ],
    )
}
/// `sched_op` shutdown; comes back only if refused.
pub fn shutdown(reason: u32) -> i64 {
    let mut arg = reason;
    sched_op(xen::SCHEDOP_SHUTDOWN, ptr(&mut arg))
}
