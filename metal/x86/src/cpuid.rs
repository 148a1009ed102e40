//! The CPUID instruction.

use core::arch::x86_64::__cpuid_count;

/// EAX, EBX, ECX, EDX of a leaf and sub-leaf.
#[inline]
#[must_use]
pub fn cpuid(leaf: u32, subleaf: u32) -> [u32; 4] {
    let result = __cpuid_count(leaf, subleaf);
    [result.eax, result.ebx, result.ecx, result.edx]
}
