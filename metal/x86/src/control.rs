//! Control, debug and extended control registers.

use core::arch::asm;

macro_rules! register {
    ($(#[$doc:meta])* $read:ident, $write:ident, $name:literal) => {
        #[doc = concat!("Reads ", $name, ".")]
        #[inline(always)]
        #[must_use]
        pub fn $read() -> u64 {
            let value;
            // SAFETY: [NO-EFFECT] The read changes nothing.
            unsafe { asm!(concat!("mov {}, ", $name), out(reg) value, options(nostack, preserves_flags)) };
            value
        }

        #[doc = concat!("Writes ", $name, ".")]
        ///
        /// # Safety
        $(#[$doc])*
        #[inline(always)]
        pub unsafe fn $write(value: u64) {
            // SAFETY: [CALLER] The caller promises that the value keeps the running code alive.
            unsafe { asm!(concat!("mov ", $name, ", {}"), in(reg) value, options(nostack, preserves_flags)) };
        }
    };
}

register!(/** Paging, protection and write protection that running code needs stay on; no reserved bit is set. */ cr0, set_cr0, "cr0");
register!(/** CR2 is a plain word; any value is fine. */ cr2, set_cr2, "cr2");
register!(/** The root maps the running code, its stack and all that it uses, as before. */ cr3, set_cr3, "cr3");
register!(/** Features that running code needs stay on; no unsupported bit is set. */ cr4, set_cr4, "cr4");
register!(/** A breakpoint here must not stop the caller in a place that cannot take #DB. */ dr0, set_dr0, "dr0");
register!(/** A breakpoint here must not stop the caller in a place that cannot take #DB. */ dr1, set_dr1, "dr1");
register!(/** A breakpoint here must not stop the caller in a place that cannot take #DB. */ dr2, set_dr2, "dr2");
register!(/** A breakpoint here must not stop the caller in a place that cannot take #DB. */ dr3, set_dr3, "dr3");
register!(/** The high half is zero. */ dr6, set_dr6, "dr6");
register!(/** The high half is zero, and the breakpoints that it arms are wanted. */ dr7, set_dr7, "dr7");

/// Clears CR0.TS: floating point instructions run.
#[inline(always)]
pub fn clts() {
    // SAFETY: [NO-EFFECT] TS decides only whether FPU instructions fault.
    unsafe { asm!("clts", options(nomem, nostack, preserves_flags)) };
}

/// Reads an extended control register; 0 is XCR0.
///
/// # Safety
/// CR4.OSXSAVE is on and the register exists.
#[inline(always)]
#[must_use]
pub unsafe fn xgetbv(index: u32) -> u64 {
    let (low, high): (u32, u32);
    // SAFETY: [CALLER] The register exists.
    unsafe {
        asm!("xgetbv", in("ecx") index, out("eax") low, out("edx") high, options(nomem, nostack, preserves_flags))
    };
    u64::from(high) << 32 | u64::from(low)
}

/// Writes an extended control register.
///
/// # Safety
/// CR4.OSXSAVE is on and the CPU takes the value.
#[inline(always)]
pub unsafe fn xsetbv(index: u32, value: u64) {
    // SAFETY: [CALLER] The CPU takes the value.
    unsafe {
        asm!("xsetbv", in("ecx") index, in("eax") value as u32, in("edx") (value >> 32) as u32,
            options(nomem, nostack, preserves_flags));
    }
}

/// Bits of CR0.
pub mod cr0_bits {
    /// Protection on.
    pub const PE: u64 = 1 << 0;
    /// WAIT honours TS.
    pub const MP: u64 = 1 << 1;
    /// FPU instructions fault.
    pub const EM: u64 = 1 << 2;
    /// FPU instructions fault with #NM.
    pub const TS: u64 = 1 << 3;
    /// FPU extension type; always 1.
    pub const ET: u64 = 1 << 4;
    /// FPU errors by #MF.
    pub const NE: u64 = 1 << 5;
    /// Supervisor code honours read-only pages.
    pub const WP: u64 = 1 << 16;
    /// Alignment checks possible.
    pub const AM: u64 = 1 << 18;
    /// Paging on.
    pub const PG: u64 = 1 << 31;
}

/// Bits of CR4.
pub mod cr4_bits {
    /// RDTSC is privileged.
    pub const TSD: u64 = 1 << 2;
    /// Debug extensions.
    pub const DE: u64 = 1 << 3;
    /// Physical address extension.
    pub const PAE: u64 = 1 << 5;
    /// Machine checks.
    pub const MCE: u64 = 1 << 6;
    /// Global pages.
    pub const PGE: u64 = 1 << 7;
    /// FXSAVE and SSE.
    pub const OSFXSR: u64 = 1 << 9;
    /// #XM for SSE errors.
    pub const OSXMMEXCPT: u64 = 1 << 10;
    /// SGDT and friends are privileged.
    pub const UMIP: u64 = 1 << 11;
    /// RDFSBASE and friends for everyone.
    pub const FSGSBASE: u64 = 1 << 16;
    /// XSAVE.
    pub const OSXSAVE: u64 = 1 << 18;
    /// No execution of user pages by the supervisor.
    pub const SMEP: u64 = 1 << 20;
    /// No access to user pages by the supervisor but between STAC and CLAC.
    pub const SMAP: u64 = 1 << 21;
}

/// Bits of RFLAGS.
pub mod flags {
    /// Single step.
    pub const TF: u64 = 1 << 8;
    /// Interrupts on.
    pub const IF: u64 = 1 << 9;
    /// String instructions go down.
    pub const DF: u64 = 1 << 10;
    /// I/O privilege level.
    pub const IOPL: u64 = 3 << 12;
    /// Nested task.
    pub const NT: u64 = 1 << 14;
    /// Resume past a breakpoint.
    pub const RF: u64 = 1 << 16;
    /// Virtual 8086.
    pub const VM: u64 = 1 << 17;
    /// Alignment check; SMAP off for the supervisor.
    pub const AC: u64 = 1 << 18;
}
