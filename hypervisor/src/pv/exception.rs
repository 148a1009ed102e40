//! Exceptions of a PV guest: ours to mend, or the guest's to have.

use core::sync::atomic::Ordering;

use metal::cpu::{self, Exit};
use metal::fpu;

use super::{Callback, Trap, bounce, is_guest_address, mmu, privileged};
use crate::hypercall::Call;
use crate::memory::types::SegmentPage;

const DEBUG: u8 = 1;
const INVALID_OPCODE: u8 = 6;
const DEVICE_NOT_AVAILABLE: u8 = 7;
const GENERAL_PROTECTION: u8 = 13;
const PAGE_FAULT: u8 = 14;
/// Vectors whose frame has an error code.
const WITH_ERROR: u32 =
    1 << 8 | 1 << 10 | 1 << 11 | 1 << 12 | 1 << 13 | 1 << 14 | 1 << 17 | 1 << 21;

const PF_PRESENT: u32 = 1;
const PF_WRITE: u32 = 2;
const PF_USER: u32 = 4;
const PF_RESERVED: u32 = 8;

/// A selector error code's bits: from the IDT, in the LDT.
const FROM_IDT: u32 = 2;
const IN_LDT: u32 = 4;

/// Answers every exit but hypercalls and interrupts.
pub fn answer(call: &mut Call, exit: Exit) {
    match exit {
        Exit::Syscall => user_syscall(call),
        Exit::Syscall32 => user_entry(call, call.state.pv.syscall32_callback),
        Exit::Sysenter => user_entry(call, call.state.pv.sysenter_callback),
        Exit::Software(vector) => software_interrupt(call, vector),
        Exit::ReturnFault => return_fault(call),
        Exit::Exception {
            vector: PAGE_FAULT,
            error,
            address,
        } => page_fault(call, error, address),
        Exit::Exception {
            vector: GENERAL_PROTECTION,
            error,
            ..
        } => general_protection(call, error),
        Exit::Exception {
            vector: INVALID_OPCODE,
            ..
        } => {
            if !privileged::forced_emulation(call) {
                reflect(call, INVALID_OPCODE, 0);
            }
        }
        Exit::Exception {
            vector: DEVICE_NOT_AVAILABLE,
            ..
        } => device_not_available(call),
        Exit::Exception { vector: DEBUG, .. } => {
            call.state.pv.debug.dr6 = cpu::debug_register(6);
            reflect(call, DEBUG, 0);
        }
        Exit::Exception { vector, error, .. } => reflect(call, vector, error),
        Exit::Interrupt(_) => {}
    }
}

/// SYSCALL by a user program: the registered callback, or #UD where there is none.
#[inline]
pub fn user_syscall(call: &mut Call) {
    let callback = call.state.pv.syscall_callback;
    user_entry(call, callback);
}

fn user_entry(call: &mut Call, callback: Callback) {
    if callback.address == 0 {
        reflect(call, INVALID_OPCODE, 0);
    } else {
        bounce::deliver(call, callback, None);
    }
}

/// Gives an exception to the guest's handler.
#[inline]
pub fn reflect(call: &mut Call, vector: u8, error: u32) {
    #[cfg(feature = "trace")]
    if call.state.pv.in_kernel {
        let f = &call.state.frame;
        crate::console::always(format_args!(
            "trace: d{}v{} exception {vector} error {error:#x} rip {:#x} rsp {:#x} rax {:#x} rcx {:#x} rdi {:#x} cr2 {:#x}",
            call.domain.id.0,
            call.vcpu.id,
            f.rip,
            f.rsp,
            f.rax,
            f.rcx,
            f.rdi,
            call.state
                .pv
                .info
                .as_ref()
                .map_or(0, |info| info.cr2.load(Ordering::Relaxed))
        ));
    }
    let with_error = WITH_ERROR.checked_shr(u32::from(vector)).unwrap_or(0) & 1 == 1;
    let trap = trap_of(call, vector);
    reflect_to(call, trap, with_error.then_some(error));
}

/// What the guest's table of traps says of a vector.
#[inline(always)]
fn trap_of(call: &Call, vector: u8) -> Trap {
    let traps = &call.state.pv.traps;
    traps
        .get(usize::from(vector))
        .copied()
        .unwrap_or(Trap::NONE)
}

/// The guest's gate for `INT vector`, if there is one and the mode that it runs in may use it.
fn software_gate(call: &Call, vector: u8) -> Option<Trap> {
    let privilege = if call.state.pv.in_kernel { 1 } else { 3 };
    let trap = trap_of(call, vector);
    (trap.address != 0 && trap.allows(privilege)).then_some(trap)
}

fn reflect_to(call: &mut Call, trap: Trap, error: Option<u32>) {
    bounce::deliver(
        call,
        Callback {
            address: trap.address,
            masks_events: trap.masks_events(),
        },
        error,
    );
}

/// `INT n` by the guest, through a gate of the real IDT.
fn software_interrupt(call: &mut Call, vector: u8) {
    match software_gate(call, vector) {
        Some(trap) => reflect_to(call, trap, None),
        None => refuse_software_interrupt(call, vector),
    }
}

/// `INT n` (two bytes) that the guest may not do is #GP at the instruction.
fn refuse_software_interrupt(call: &mut Call, vector: u8) {
    call.state.frame.rip = call.state.frame.rip.wrapping_sub(2);
    reflect(call, GENERAL_PROTECTION, u32::from(vector) << 3 | FROM_IDT);
}

/// The CPU refused the frame: the guest has the #GP that its IRET would have raised.
fn return_fault(call: &mut Call) {
    let selector = (call.state.frame.cs & 0xfffc) as u32;
    reflect(call, GENERAL_PROTECTION, selector);
}

fn device_not_available(call: &mut Call) {
    // The guest set TS itself; it takes the trap with TS clear, as the handler would clear it first.
    call.state.pv.task_switched = false;
    fpu::set_task_switched(false);
    reflect(call, DEVICE_NOT_AVAILABLE, 0);
}

/// #GP: an INT through the IDT, an instruction to carry out for the guest's kernel, or the guest's own fault.
fn general_protection(call: &mut Call, error: u32) {
    if error & 3 == FROM_IDT {
        // The real gate is ours alone; the guest's table says whether it may.
        if let Some(trap) = software_gate(call, (error >> 3) as u8) {
            call.state.frame.rip = call.state.frame.rip.wrapping_add(2);
            reflect_to(call, trap, None);
            return;
        }
    } else if error & IN_LDT != 0 && error & 3 == 0 {
        reflect(call, GENERAL_PROTECTION, error);
        return;
    } else if error == 0 && privileged::emulate(call) {
        return;
    }
    reflect(call, GENERAL_PROTECTION, error);
}

fn page_fault(call: &mut Call, error: u32, address: u64) {
    if let Some(slot) = cpu::ldt_slot_of(address) {
        ldt_fault(call, slot, error);
        return;
    }
    if is_guest_address(address) {
        let write_to_present =
            error & (PF_PRESENT | PF_WRITE | PF_RESERVED) == PF_PRESENT | PF_WRITE;
        if write_to_present && call.state.pv.in_kernel && mmu::emulate_write(call, address) {
            return;
        }
    }
    reflect_page_fault(call, error, address);
}

/// Gives an NMI to the guest: to its callback, or to its handler of trap 2.
pub fn deliver_nmi(call: &mut Call) {
    const NMI: u8 = 2;
    let callback = call.state.pv.nmi_callback;
    if callback.address == 0 {
        reflect(call, NMI, 0);
    } else {
        bounce::deliver(call, callback, None);
    }
}

/// Gives a page fault to the guest, with the error code as its kernel expects it.
pub fn reflect_page_fault(call: &mut Call, error: u32, address: u64) {
    if let Some(info) = &call.state.pv.info {
        info.cr2.store(address, Ordering::Relaxed);
    }
    // A PV kernel runs in ring 3 but thinks of its own accesses as the supervisor's.
    let seen = if call.state.pv.in_kernel {
        error & !PF_USER
    } else {
        error
    };
    reflect(call, PAGE_FAULT, seen);
}

/// A descriptor in an LDT page that was not used before: map it, or let the guest have the fault.
fn ldt_fault(call: &mut Call, slot: usize, error: u32) {
    let ldt = &mut call.state.pv.ldt;
    let offset = (slot as u64).wrapping_mul(4096);
    let address = ldt.base.wrapping_add(offset);
    let beyond = offset >= u64::from(ldt.entries).wrapping_mul(8);
    let page = if beyond {
        None
    } else {
        SegmentPage::at_guest_address(&call.domain, address)
    };
    match page {
        Some(page) => {
            cpu::map_ldt_page(slot, Some(page.frame()));
            if let Some(place) = ldt.pages.get_mut(slot) {
                *place = Some(page);
            }
        }
        None => reflect_page_fault(call, error, address),
    }
}
