//! Privileged instructions of a guest's kernel, carried out where they are harmless.
//!
//! Always: an instruction is done wholly (and RIP moves behind it) or not at all, and then the guest has the fault.

use core::sync::atomic::Ordering;

use emulate::{Instruction, Mode, Op, Place, Port, Registers, Width};
use metal::cpu::{self, SYSCALL_VECTOR};
use metal::{fpu, guest};

use super::ports::Progress;
use super::registers::Frame;
use super::{cpuid, mmu, msr, ports};
use crate::hypercall::Call;

/// Selectors of 32-bit code: ours, and Linux's for its programs.
const FLAT_CS32: u64 = 0xe023;
const LINUX_USER_CS32: u64 = 0x23;

/// Bytes to look at: the longest instruction behind the forced-emulation prefix, in whole words.
pub const FETCH: usize = 24;

/// CR0.TS.
const CR0_TS: u64 = 1 << 3;
/// Bits of CR4 that concern the hypervisor alone: UMIP, VMXE, SMXE, PCIDE, SMEP, SMAP, PKE, CET.
const CR4_HIDDEN: u64 =
    1 << 11 | 1 << 13 | 1 << 14 | 1 << 17 | 1 << 20 | 1 << 21 | 1 << 22 | 1 << 23;

/// Bytes of the instruction at RIP, as many as can be read.
fn fetch(call: &Call) -> ([u8; FETCH], usize) {
    let mut bytes = [0; FETCH];
    let rip = call.state.frame.rip;
    let read = match guest::copy_from(&mut bytes, rip) {
        Ok(()) => FETCH,
        // The instruction may end before the page that is not there.
        Err(fault) => fault.copied,
    };
    (bytes, read)
}

/// How the code at RIP is to be read.
fn mode(call: &Call) -> Mode {
    match call.state.frame.cs & 0xffff {
        FLAT_CS32 | LINUX_USER_CS32 => Mode::Bits32,
        _ => Mode::Bits64,
    }
}

fn decode(call: &Call) -> Option<Instruction> {
    let (bytes, read) = fetch(call);
    emulate::decode(bytes.get(..read)?, mode(call)).ok()
}

/// #UD: carries out CPUID behind the forced-emulation prefix; whether it was that.
pub fn forced_emulation(call: &mut Call) -> bool {
    let Some(instruction) = decode(call) else {
        return false;
    };
    if !instruction.forced || instruction.op != Op::Cpuid {
        return false;
    }
    do_cpuid(call);
    finish(call, instruction);
    true
}

/// #GP: carries out what the guest's kernel (or, for ports, a program that may) meant; whether it was that.
pub fn emulate(call: &mut Call) -> bool {
    let Some(instruction) = decode(call) else {
        return false;
    };
    let done = match instruction.op {
        Op::In { .. } | Op::Out { .. } | Op::Ins(_) | Op::Outs(_) => {
            match ports::emulate(call, instruction.op) {
                Some(Progress::Partly) => return true,
                done => done.map(drop),
            }
        }
        Op::Cli | Op::Sti => ports::has_privilege(call),
        _ if !call.state.pv.in_kernel => None,
        Op::Rdmsr => read_msr(call),
        Op::Wrmsr => write_msr(call),
        Op::Cpuid => {
            do_cpuid(call);
            Some(())
        }
        Op::Wbinvd | Op::Invd => Some(()),
        Op::ReadCr { cr, reg } => read_cr(call, cr).map(|value| set(call, reg, value)),
        Op::WriteCr { cr, reg } => {
            let value = get(call, reg);
            write_cr(call, cr, value)
        }
        Op::ReadDr { dr, reg } => super::debug::get(&call.state.pv.debug, u32::from(dr))
            .map(|value| set(call, reg, value)),
        Op::WriteDr { dr, reg } => {
            let value = get(call, reg);
            super::debug::set(&mut call.state.pv.debug, u32::from(dr), value).ok()
        }
        Op::Clts => {
            set_task_switched(call, false);
            Some(())
        }
        Op::Xsetbv => xsetbv(call),
        Op::Smsw {
            to: Place::Register(reg),
            width,
        } => {
            store_msw(call, reg.number, width);
            Some(())
        }
        _ => None,
    };
    if done.is_some() {
        finish(call, instruction);
    }
    done.is_some()
}

/// Moves behind the instruction.
fn finish(call: &mut Call, instruction: Instruction) {
    let frame = &mut call.state.frame;
    frame.rip = frame.rip.wrapping_add(u64::from(instruction.len));
    // RCX and R11 are the guest's here: not back by SYSRET.
    if frame.entry_vector == SYSCALL_VECTOR {
        frame.entry_vector = 0;
    }
}

fn get(call: &mut Call, register: u8) -> u64 {
    Frame(&mut call.state.frame).get(register)
}

fn set(call: &mut Call, register: u8, value: u64) {
    Frame(&mut call.state.frame).set(register, value);
}

fn do_cpuid(call: &mut Call) {
    let (leaf, sub) = (call.state.frame.rax as u32, call.state.frame.rcx as u32);
    let [eax, ebx, ecx, edx] = cpuid::query(call, leaf, sub);
    let frame = &mut call.state.frame;
    (frame.rax, frame.rbx, frame.rcx, frame.rdx) = (
        u64::from(eax),
        u64::from(ebx),
        u64::from(ecx),
        u64::from(edx),
    );
}

fn read_msr(call: &mut Call) -> Option<()> {
    let value = msr::read(call, call.state.frame.rcx as u32)?;
    let frame = &mut call.state.frame;
    frame.rax = value & 0xffff_ffff;
    frame.rdx = value >> 32;
    Some(())
}

fn write_msr(call: &mut Call) -> Option<()> {
    let frame = &call.state.frame;
    let (index, value) = (frame.rcx as u32, frame.rdx << 32 | frame.rax & 0xffff_ffff);
    msr::write(call, index, value)
}

fn cr0(call: &Call) -> u64 {
    cpu::cr0() & !CR0_TS
        | if call.state.pv.task_switched {
            CR0_TS
        } else {
            0
        }
}

fn read_cr(call: &Call, cr: u8) -> Option<u64> {
    match cr {
        0 => Some(cr0(call)),
        2 => Some(call.state.pv.info.as_ref()?.cr2.load(Ordering::Relaxed)),
        3 => Some(call.state.pv.kernel_root.frame()?.mfn().0 << 12),
        4 => Some(cpu::cr4() & !CR4_HIDDEN),
        _ => None,
    }
}

fn write_cr(call: &mut Call, cr: u8, value: u64) -> Option<()> {
    match cr {
        0 => {
            // TS is all that a guest may change.
            if (value ^ cr0(call)) & !CR0_TS & 0xffff_ffff != 0 {
                return None;
            }
            set_task_switched(call, value & CR0_TS != 0);
            Some(())
        }
        2 => {
            call.state
                .pv
                .info
                .as_ref()?
                .cr2
                .store(value, Ordering::Relaxed);
            Some(())
        }
        3 => mmu::load_kernel_root(call, abi::Mfn(value >> 12)).ok(),
        // What it asks for is on already, or none of its business.
        4 => Some(()),
        _ => None,
    }
}

fn set_task_switched(call: &mut Call, on: bool) {
    call.state.pv.task_switched = on;
    fpu::set_task_switched(on);
}

fn xsetbv(call: &mut Call) -> Option<()> {
    let frame = &call.state.frame;
    if frame.rcx as u32 != 0 {
        return None;
    }
    let value = frame.rdx << 32 | frame.rax & 0xffff_ffff;
    fpu::set_xcr0(value).ok()?;
    call.state.pv.xcr0 = value;
    Some(())
}

fn store_msw(call: &mut Call, register: u8, width: Width) {
    let value = cr0(call) & width.mask();
    let old = get(call, register);
    let kept = if width == Width::B2 { old & !0xffff } else { 0 };
    set(call, register, kept | value);
}

/// The port that an instruction names.
pub fn port_number(call: &Call, port: Port) -> u16 {
    match port {
        Port::Number(number) => u16::from(number),
        Port::Dx => call.state.frame.rdx as u16,
    }
}
