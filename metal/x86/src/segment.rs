//! Segment registers and the bases of FS and GS.

use core::arch::asm;

macro_rules! selector {
    ($read:ident, $name:literal) => {
        #[doc = concat!("The selector in ", $name, ".")]
        #[inline(always)]
        #[must_use]
        pub fn $read() -> u16 {
            let value: u32;
            // SAFETY: [NO-EFFECT] A register is read.
            unsafe { asm!(concat!("mov {:e}, ", $name), out(reg) value, options(nomem, nostack, preserves_flags)) };
            value as u16
        }
    };
}

selector!(cs, "cs");
selector!(ds, "ds");
selector!(es, "es");
selector!(fs, "fs");
selector!(gs, "gs");

/// The base of FS, by RDFSBASE.
///
/// # Safety
/// CR4.FSGSBASE is on.
#[inline(always)]
#[must_use]
pub unsafe fn rdfsbase() -> u64 {
    let value;
    // SAFETY: [CALLER] The instruction exists.
    unsafe { asm!("rdfsbase {}", out(reg) value, options(nomem, nostack, preserves_flags)) };
    value
}

/// Sets the base of FS, by WRFSBASE.
///
/// # Safety
/// CR4.FSGSBASE is on, the address is canonical, and nothing of ours is reached through FS.
#[inline(always)]
pub unsafe fn wrfsbase(value: u64) {
    // SAFETY: [CALLER] FS is not ours.
    unsafe { asm!("wrfsbase {}", in(reg) value, options(nostack, preserves_flags)) };
}

/// The base of GS that SWAPGS would bring.
///
/// # Safety
/// CR4.FSGSBASE is on, and an exception between the three instructions is not taken through GS.
#[inline(always)]
#[must_use]
pub unsafe fn read_other_gs_base() -> u64 {
    let value;
    // SAFETY: [CALLER] Interrupts are off and none of the three faults.
    unsafe {
        asm!("swapgs", "rdgsbase {}", "swapgs", out(reg) value, options(nostack, preserves_flags))
    };
    value
}

/// Sets the base of GS that SWAPGS would bring.
///
/// # Safety
/// As [`read_other_gs_base`], and the address is canonical.
#[inline(always)]
pub unsafe fn write_other_gs_base(value: u64) {
    // SAFETY: [CALLER] Interrupts are off and none of the three faults.
    unsafe {
        asm!("swapgs", "wrgsbase {}", "swapgs", in(reg) value, options(nostack, preserves_flags))
    };
}
