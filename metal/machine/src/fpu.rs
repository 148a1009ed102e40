//! Floating point and vector state of guests. The hypervisor itself uses none.
//!
//! Always: XSAVE where the CPU has it, else FXSAVE; an area is as large as the CPU's largest.

use crate::{cpuid, percpu};
use alloc::vec;
use alloc::vec::Vec;
use core::arch::asm;
use core::sync::atomic::{AtomicU64, Ordering};

static SUPPORTED: AtomicU64 = AtomicU64::new(0);
static SIZE: AtomicU64 = AtomicU64::new(512);

/// Components that the hypervisor lets guests have: x87, SSE, AVX, AVX-512.
const KNOWN: u64 = 0xe7;

/// One aligned block.
#[derive(Clone)]
#[repr(C, align(64))]
struct Block([u8; 64]);

/// A place for a guest's state.
#[derive(Clone)]
pub struct Area {
    blocks: Vec<Block>,
}

/// XCR0 may not have this value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct BadXcr0;

pub(crate) fn init() {
    if cpuid::features().xsave {
        let [low, _, _, high] = cpuid::query(0xd, 0);
        let supported = (u64::from(high) << 32 | u64::from(low)) & KNOWN;
        SUPPORTED.store(supported, Ordering::Relaxed);
        init_cpu();
        // EBX: the size for what XCR0 has now.
        SIZE.store(
            u64::from(cpuid::query(0xd, 0)[1]).max(576),
            Ordering::Relaxed,
        );
    } else {
        init_cpu();
    }
}

/// This CPU: everything on, FPU usable.
pub(crate) fn init_cpu() {
    let supported = SUPPORTED.load(Ordering::Relaxed);
    if supported != 0 {
        // SAFETY: [XSAVE] The features are those that CPUID lists, so the CPU takes the value.
        unsafe { x86::control::xsetbv(0, supported) };
        percpu::local().xcr0.set(supported);
    }
    x86::control::clts();
    percpu::local().task_switched.set(false);
    // SAFETY: [NO-EFFECT] FNINIT only sets the FPU's own registers.
    unsafe { asm!("fninit", options(nomem, nostack)) };
}

/// The features that XCR0 may have on this machine; 0 without XSAVE.
#[must_use]
pub fn supported_xcr0() -> u64 {
    SUPPORTED.load(Ordering::Relaxed)
}

/// Bytes that the state takes.
#[must_use]
pub fn state_size() -> usize {
    SIZE.load(Ordering::Relaxed) as usize
}

impl Area {
    /// The state after reset: x87 control word 0x37f, MXCSR 0x1f80.
    #[must_use]
    pub fn new() -> Area {
        let mut area = Area {
            blocks: vec![Block([0; 64]); state_size().div_ceil(64)],
        };
        let bytes = area.bytes_mut();
        bytes[0..2].copy_from_slice(&0x37fu16.to_le_bytes());
        bytes[24..28].copy_from_slice(&0x1f80u32.to_le_bytes());
        area
    }

    /// The state as XSAVE (or FXSAVE) lays it out.
    #[must_use]
    pub fn bytes(&self) -> &[u8] {
        // SAFETY: [FPU-AREA] Blocks are plain bytes, one after the other.
        unsafe { core::slice::from_raw_parts(self.blocks.as_ptr().cast(), self.blocks.len() * 64) }
    }

    fn bytes_mut(&mut self) -> &mut [u8] {
        // SAFETY: [FPU-AREA] Blocks are plain bytes, one after the other.
        unsafe {
            core::slice::from_raw_parts_mut(self.blocks.as_mut_ptr().cast(), self.blocks.len() * 64)
        }
    }

    /// Sets the state from bytes of somebody else's. What the CPU would refuse is made acceptable:
    /// reserved MXCSR bits go, the header keeps only supported components in the standard format.
    pub fn set_bytes(&mut self, bytes: &[u8]) {
        let area = self.bytes_mut();
        let len = bytes.len().min(area.len());
        area[..len].copy_from_slice(&bytes[..len]);
        area[len..].fill(0);
        self.make_loadable();
    }

    fn make_loadable(&mut self) {
        let area = self.bytes_mut();
        let word = |area: &[u8], at: usize| {
            u32::from_le_bytes([area[at], area[at + 1], area[at + 2], area[at + 3]])
        };
        // MXCSR_MASK that CPUs without a mask of their own use; DAZ exists on every 64-bit CPU.
        let mxcsr = word(area, 24) & 0xffff;
        area[24..28].copy_from_slice(&mxcsr.to_le_bytes());
        if area.len() >= 576 {
            let mut present = u64::from(word(area, 512)) | u64::from(word(area, 516)) << 32;
            present &= supported_xcr0();
            area[512..520].copy_from_slice(&present.to_le_bytes());
            area[520..576].fill(0);
        }
    }
}

impl Default for Area {
    fn default() -> Area {
        Area::new()
    }
}

/// Runs `work` with every component switched on: what the guest has switched off must be saved too, and the
/// load of an area faults on a component that is off.
#[inline]
fn with_all_components(work: impl FnOnce()) {
    let mine = percpu::local().xcr0.get();
    let all = supported_xcr0();
    set_task_switched(false);
    if mine == all {
        return work();
    }
    // SAFETY: [XSAVE] Both values are accepted ones.
    unsafe { x86::control::xsetbv(0, all) };
    work();
    // SAFETY: [XSAVE] Both values are accepted ones.
    unsafe { x86::control::xsetbv(0, mine) };
}

/// Saves this CPU's state. Clears CR0.TS.
pub fn save(area: &mut Area) {
    with_all_components(|| save_all(area));
}

/// Loads this CPU's state. Clears CR0.TS.
pub fn restore(area: &Area) {
    with_all_components(|| restore_all(area));
}

fn save_all(area: &mut Area) {
    let target = area.blocks.as_mut_ptr();
    // SAFETY: [FPU-AREA] The area is 64-aligned and as large as the largest state; TS is clear, all components are on.
    unsafe {
        if cpuid::features().xsaveopt {
            asm!("xsaveopt64 [{}]", in(reg) target, in("eax") u32::MAX, in("edx") u32::MAX, options(nostack, preserves_flags));
        } else if cpuid::features().xsave {
            asm!("xsave64 [{}]", in(reg) target, in("eax") u32::MAX, in("edx") u32::MAX, options(nostack, preserves_flags));
        } else {
            asm!("fxsave64 [{}]", in(reg) target, options(nostack, preserves_flags));
        }
    }
}

fn restore_all(area: &Area) {
    let source = area.blocks.as_ptr();
    // SAFETY:
    // 1. [FPU-AREA] The area is 64-aligned and large enough; TS is clear, all components are on.
    // 2. [FPU-LOADABLE] Its words came from XSAVE or through `make_loadable`, so the load does not fault.
    unsafe {
        if cpuid::features().xsave {
            asm!("xrstor64 [{}]", in(reg) source, in("eax") u32::MAX, in("edx") u32::MAX, options(nostack, preserves_flags, readonly));
        } else {
            asm!("fxrstor64 [{}]", in(reg) source, options(nostack, preserves_flags, readonly));
        }
    }
}

/// Sets or clears CR0.TS: with it set, the guest's next FPU instruction is #NM.
#[inline]
pub fn set_task_switched(on: bool) {
    let local = percpu::local();
    if local.task_switched.replace(on) == on {
        return;
    }
    if on {
        // SAFETY: [CONTROL] Only TS changes.
        unsafe { x86::control::set_cr0(x86::control::cr0() | x86::control::cr0_bits::TS) };
    } else {
        x86::control::clts();
    }
}

/// XCR0 of this CPU; 0 without XSAVE.
#[must_use]
pub fn xcr0() -> u64 {
    percpu::local().xcr0.get()
}

/// Sets XCR0 of this CPU, if the CPU takes the value.
pub fn set_xcr0(value: u64) -> Result<(), BadXcr0> {
    let local = percpu::local();
    if local.xcr0.get() == value {
        return Ok(());
    }
    // x87 is always on; AVX needs SSE; the three parts of AVX-512 go together and need AVX.
    let avx512 = value & 0xe0;
    let good = value & 1 != 0
        && value & !supported_xcr0() == 0
        && (value & 4 == 0 || value & 2 != 0)
        && (avx512 == 0 || (avx512 == 0xe0 && value & 4 != 0));
    if !good {
        return Err(BadXcr0);
    }
    // SAFETY: [XSAVE] The value is one that the manual allows, of features that CPUID lists.
    unsafe { x86::control::xsetbv(0, value) };
    local.xcr0.set(value);
    Ok(())
}
