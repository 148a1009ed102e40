//! A virtual CPU's whole context, set before it starts and read when it is stopped (`vcpu_guest_context`).

use alloc::boxed::Box;
use alloc::sync::Arc;
use core::sync::atomic::Ordering;

use abi::Errno;
use abi::arch_x86_xen::{
    TrapInfo, VGCF_FAILSAFE_DISABLES_EVENTS, VGCF_I387_VALID, VGCF_IN_KERNEL, VGCF_ONLINE,
    VGCF_SYSCALL_DISABLES_EVENTS, VcpuGuestContext,
};
use abi::{Mfn, arch_x86_xen_x86_64::CpuUserRegs};
use metal::cpu::GuestFrame;
use zerocopy::FromZeros;

use super::descriptors::{GDT_FRAMES, PER_FRAME};
use super::mmu::Root;
use super::{Callback, PvState, Trap, debug, is_guest_address};
use crate::domain::Domain;
use crate::domain::vcpu::{Vcpu, VcpuState, stop};
use crate::memory::types::SegmentPage;
use crate::schedule;

const RFLAGS_IF: u64 = 1 << 9;
const RFLAGS_FIXED: u64 = 1 << 1;
const RFLAGS_SETTABLE: u64 = 0x0024_4dd5;

/// Gives a stopped vCPU a context. It comes up if the context says so.
pub fn set(
    domain: &Arc<Domain>,
    vcpu: &Arc<Vcpu>,
    context: &VcpuGuestContext,
) -> Result<(), Errno> {
    let pv = checked(domain, context)?;
    vcpu.with_state(|state| {
        state.frame = frame_of(&context.user_regs);
        state.pv = pv;
        if context.flags & VGCF_I387_VALID != 0 {
            state.pv.fpu.set_bytes(&with_header(&context.fpu_ctxt));
        }
    })
    .ok_or(Errno::EBUSY)?;
    domain.assists.store(
        context.vm_assist & crate::hypercall::vm_assist::KNOWN,
        Ordering::Relaxed,
    );
    if let Some(info) = vcpu.info.words() {
        // A vCPU begins with events masked: its kernel has no handlers yet.
        let first = vcpu.initialised.load(Ordering::Acquire) == 0;
        info.mask.store(
            u8::from(first || context.user_regs.saved_upcall_mask != 0),
            Ordering::Relaxed,
        );
    }
    vcpu.initialised.store(1, Ordering::Release);
    if context.flags & VGCF_ONLINE != 0 {
        vcpu.stopped.fetch_and(!stop::DOWN, Ordering::AcqRel);
    } else {
        vcpu.stopped.fetch_or(stop::DOWN, Ordering::AcqRel);
    }
    schedule::reconsider(vcpu);
    Ok(())
}

/// An FXSAVE image as XSAVE has it: with a header that says that x87 and SSE are in it.
fn with_header(image: &[u8; 512]) -> [u8; 576] {
    const X87_AND_SSE: u8 = 3;
    core::array::from_fn(|index| match index {
        512 => X87_AND_SSE,
        _ => image.get(index).copied().unwrap_or(0),
    })
}

/// Everything of the context that can be refused, refused or taken.
fn checked(domain: &Domain, context: &VcpuGuestContext) -> Result<PvState, Errno> {
    let entries = [
        context.event_callback_eip,
        context.failsafe_callback_eip,
        context.syscall_callback_eip,
        context.fs_base,
        context.gs_base_kernel,
        context.gs_base_user,
        context.ldt_base,
    ];
    if !entries.into_iter().all(is_guest_address) || context.ldt_ents > 8192 {
        return Err(Errno::EINVAL);
    }
    let mut pv = PvState::new();
    pv.in_kernel = context.flags & VGCF_IN_KERNEL != 0;
    pv.iopl = (context.user_regs.rflags >> 12 & 3) as u8;
    pv.kernel_ss = context.kernel_ss | 3;
    pv.kernel_sp = context.kernel_sp;
    pv.event_callback = Callback {
        address: context.event_callback_eip,
        masks_events: true,
    };
    pv.failsafe_callback = Callback {
        address: context.failsafe_callback_eip,
        masks_events: context.flags & VGCF_FAILSAFE_DISABLES_EVENTS != 0,
    };
    pv.syscall_callback = Callback {
        address: context.syscall_callback_eip,
        masks_events: context.flags & VGCF_SYSCALL_DISABLES_EVENTS != 0,
    };
    for (trap, wanted) in pv.traps.iter_mut().zip(&context.trap_ctxt) {
        if !is_guest_address(wanted.address) {
            return Err(Errno::EINVAL);
        }
        *trap = Trap {
            address: wanted.address,
            cs: wanted.cs | 3,
            flags: wanted.flags,
        };
    }
    set_debug_registers(&mut pv, &context.debugreg)?;
    set_gdt(domain, &mut pv, context)?;
    pv.ldt.base = context.ldt_base;
    pv.ldt.entries = context.ldt_ents as u32;
    set_roots(domain, &mut pv, context)?;
    set_segments(&mut pv, context);
    Ok(pv)
}

fn set_debug_registers(pv: &mut PvState, wanted: &[u64; 8]) -> Result<(), Errno> {
    for (register, value) in (0u32..).zip(wanted) {
        // The vCPU is not loaded anywhere, and what is not armed touches no CPU.
        if *value != 0 && !matches!(register, 4 | 5) {
            debug::check(register, *value)?;
            debug::store(&mut pv.debug, register, *value);
        }
    }
    Ok(())
}

fn set_gdt(domain: &Domain, pv: &mut PvState, context: &VcpuGuestContext) -> Result<(), Errno> {
    let entries = u32::try_from(context.gdt_ents).map_err(|_| Errno::EINVAL)?;
    if entries > PER_FRAME.saturating_mul(GDT_FRAMES as u32) {
        return Err(Errno::EINVAL);
    }
    let mut pages = [const { None }; GDT_FRAMES];
    let count = entries.div_ceil(PER_FRAME) as usize;
    for (page, mfn) in pages.iter_mut().zip(context.gdt_frames).take(count) {
        *page = Some(SegmentPage::of(domain, Mfn(mfn)).ok_or(Errno::EINVAL)?);
    }
    // No CPU has the vCPU loaded, so that none reads the old ones.
    drop(pv.gdt.replace(pages, entries));
    Ok(())
}

fn set_roots(domain: &Domain, pv: &mut PvState, context: &VcpuGuestContext) -> Result<(), Errno> {
    let [_, user, _, kernel, ..] = context.ctrlreg;
    pv.kernel_root = Root::take(domain, Mfn(kernel >> 12))?;
    if user != 0 {
        pv.user_root = Root::take(domain, Mfn(user >> 12))?;
    }
    Ok(())
}

fn set_segments(pv: &mut PvState, context: &VcpuGuestContext) {
    let regs = &context.user_regs;
    let segments = &mut pv.segments;
    (segments.ds, segments.es, segments.fs, segments.gs) = (regs.ds, regs.es, regs.fs, regs.gs);
    segments.fs_base = context.fs_base;
    let (active, other) = if pv.in_kernel {
        (context.gs_base_kernel, context.gs_base_user)
    } else {
        (context.gs_base_user, context.gs_base_kernel)
    };
    segments.gs_base = active;
    segments.gs_base_other = other;
}

fn frame_of(regs: &CpuUserRegs) -> GuestFrame {
    GuestFrame {
        r15: regs.r15,
        r14: regs.r14,
        r13: regs.r13,
        r12: regs.r12,
        rbp: regs.rbp,
        rbx: regs.rbx,
        r11: regs.r11,
        r10: regs.r10,
        r9: regs.r9,
        r8: regs.r8,
        rax: regs.rax,
        rcx: regs.rcx,
        rdx: regs.rdx,
        rsi: regs.rsi,
        rdi: regs.rdi,
        rip: regs.rip,
        cs: u64::from(regs.cs | 3),
        rflags: regs.rflags & RFLAGS_SETTABLE | RFLAGS_IF | RFLAGS_FIXED,
        rsp: regs.rsp,
        ss: u64::from(regs.ss | 3),
        ..GuestFrame::default()
    }
}

/// The context of a vCPU that is stopped; `EBUSY` if it runs.
pub fn get(domain: &Domain, vcpu: &Vcpu) -> Result<Box<VcpuGuestContext>, Errno> {
    vcpu.with_state(|state| context_of(domain, vcpu, state))
        .ok_or(Errno::EBUSY)
}

fn context_of(domain: &Domain, vcpu: &Vcpu, state: &VcpuState) -> Box<VcpuGuestContext> {
    let mut context = Box::new(VcpuGuestContext::new_zeroed());
    let (pv, segments) = (&state.pv, &state.pv.segments);
    for (to, from) in context.fpu_ctxt.iter_mut().zip(pv.fpu.bytes()) {
        *to = *from;
    }
    context.flags = VGCF_I387_VALID
        | if pv.in_kernel { VGCF_IN_KERNEL } else { 0 }
        | if vcpu.is_up() { VGCF_ONLINE } else { 0 }
        | if pv.failsafe_callback.masks_events {
            VGCF_FAILSAFE_DISABLES_EVENTS
        } else {
            0
        }
        | if pv.syscall_callback.masks_events {
            VGCF_SYSCALL_DISABLES_EVENTS
        } else {
            0
        };
    context.user_regs = registers_of(state, vcpu);
    for (vector, (entry, trap)) in (0u16..).zip(context.trap_ctxt.iter_mut().zip(pv.traps.iter())) {
        *entry = TrapInfo {
            vector: vector as u8,
            flags: trap.flags,
            cs: trap.cs,
            address: trap.address,
            ..TrapInfo::new_zeroed()
        };
    }
    context.ldt_base = pv.ldt.base;
    context.ldt_ents = u64::from(pv.ldt.entries);
    context.gdt_ents = u64::from(pv.gdt.entries);
    for (to, frame) in context.gdt_frames.iter_mut().zip(pv.gdt.frames) {
        *to = frame.map_or(0, |frame| frame.mfn().0);
    }
    context.kernel_ss = pv.kernel_ss;
    context.kernel_sp = pv.kernel_sp;
    let root = |root: &Root| root.frame().map_or(0, |frame| frame.mfn().0 << 12);
    context.ctrlreg = [
        metal::cpu::cr0(),
        root(&pv.user_root),
        0,
        root(&pv.kernel_root),
        metal::cpu::cr4(),
        0,
        0,
        0,
    ];
    let [a, b, c, d] = pv.debug.address;
    context.debugreg = [a, b, c, d, 0, 0, pv.debug.dr6, pv.debug.dr7];
    context.event_callback_eip = pv.event_callback.address;
    context.failsafe_callback_eip = pv.failsafe_callback.address;
    context.syscall_callback_eip = pv.syscall_callback.address;
    context.vm_assist = domain.assists.load(Ordering::Relaxed);
    context.fs_base = segments.fs_base;
    (context.gs_base_kernel, context.gs_base_user) = if pv.in_kernel {
        (segments.gs_base, segments.gs_base_other)
    } else {
        (segments.gs_base_other, segments.gs_base)
    };
    context
}

fn registers_of(state: &VcpuState, vcpu: &Vcpu) -> CpuUserRegs {
    let (frame, segments) = (&state.frame, &state.pv.segments);
    let mask = vcpu
        .info
        .words()
        .map_or(0, |info| info.mask.load(Ordering::Relaxed));
    CpuUserRegs {
        r15: frame.r15,
        r14: frame.r14,
        r13: frame.r13,
        r12: frame.r12,
        rbp: frame.rbp,
        rbx: frame.rbx,
        r11: frame.r11,
        r10: frame.r10,
        r9: frame.r9,
        r8: frame.r8,
        rax: frame.rax,
        rcx: frame.rcx,
        rdx: frame.rdx,
        rsi: frame.rsi,
        rdi: frame.rdi,
        rip: frame.rip,
        cs: frame.cs as u16,
        saved_upcall_mask: mask,
        rflags: frame.rflags & !(3 << 12) | u64::from(state.pv.iopl) << 12,
        rsp: frame.rsp,
        ss: frame.ss as u16,
        es: segments.es,
        ds: segments.ds,
        fs: segments.fs,
        gs: segments.gs,
        ..CpuUserRegs::new_zeroed()
    }
}
