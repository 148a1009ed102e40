//! Model-specific registers.

use core::arch::asm;

/// Reads a register.
///
/// # Safety
/// The register exists, or the caller can take the #GP.
#[inline(always)]
#[must_use]
pub unsafe fn rdmsr(index: u32) -> u64 {
    let (low, high): (u32, u32);
    // SAFETY: [CALLER] The register exists.
    unsafe {
        asm!("rdmsr", in("ecx") index, out("eax") low, out("edx") high, options(nostack, preserves_flags))
    };
    u64::from(high) << 32 | u64::from(low)
}

/// Writes a register.
///
/// # Safety
/// The register exists and takes the value, and the write does not disturb running code.
#[inline(always)]
pub unsafe fn wrmsr(index: u32, value: u64) {
    // SAFETY: [CALLER] The write is harmless.
    unsafe {
        asm!("wrmsr", in("ecx") index, in("eax") value as u32, in("edx") (value >> 32) as u32,
            options(nostack, preserves_flags));
    }
}

/// Indexes, as the manuals name them.
#[allow(missing_docs, reason = "the names are the manuals'")]
pub mod index {
    pub const APIC_BASE: u32 = 0x1b;
    pub const SYSENTER_CS: u32 = 0x174;
    pub const SYSENTER_ESP: u32 = 0x175;
    pub const SYSENTER_EIP: u32 = 0x176;
    pub const PAT: u32 = 0x277;
    pub const TSC_DEADLINE: u32 = 0x6e0;
    pub const X2APIC: u32 = 0x800;
    pub const EFER: u32 = 0xc000_0080;
    pub const STAR: u32 = 0xc000_0081;
    pub const LSTAR: u32 = 0xc000_0082;
    pub const CSTAR: u32 = 0xc000_0083;
    pub const FMASK: u32 = 0xc000_0084;
    pub const FS_BASE: u32 = 0xc000_0100;
    pub const GS_BASE: u32 = 0xc000_0101;
    pub const KERNEL_GS_BASE: u32 = 0xc000_0102;
    pub const TSC_AUX: u32 = 0xc000_0103;
}

/// Bits of EFER.
pub mod efer {
    /// SYSCALL.
    pub const SCE: u64 = 1 << 0;
    /// Long mode wanted.
    pub const LME: u64 = 1 << 8;
    /// No-execute pages.
    pub const NXE: u64 = 1 << 11;
}
