//! A CPU of AMD's with SSE2 and AVX, as QEMU would show it.

use crate::fpu;

pub use types::Features;

const FEATURES: Features = Features {
    nx: true,
    smep: true,
    smap: true,
    umip: false,
    fsgsbase: true,
    xsave: true,
    xsaveopt: false,
    x2apic: true,
    tsc_deadline: true,
    invariant_tsc: true,
    sysenter: false,
    amd: true,
};

/// "AuthenticAMD" in EBX, ECX, EDX.
const VENDOR: [u32; 3] = [0x6874_7541, 0x444d_4163, 0x6974_6e65];

/// CPUID: EAX, EBX, ECX, EDX.
#[must_use]
pub fn query(leaf: u32, subleaf: u32) -> [u32; 4] {
    let [b, c, d] = VENDOR;
    let size = fpu::state_size() as u32;
    match (leaf, subleaf) {
        (0, _) => [0xd, b, c, d],
        (1, _) => [0x0080_0f12, 0x0001_0800, 0x3eda_3203, 0x178b_fbff],
        (7, 0) => [0, 0x0010_01a9, 0, 0],
        (0xd, 0) => [fpu::supported_xcr0() as u32, size, size, 0],
        (0xd, 2) => [256, 576, 0, 0],
        (0x8000_0000, _) => [0x8000_0008, b, c, d],
        (0x8000_0001, _) => [0x0080_0f12, 0, 0x0000_01f3, 0x2fd3_fbff],
        (0x8000_0002..=0x8000_0004, _) => [0x2020_2020; 4],
        (0x8000_0007, _) => [0, 0, 0, 0x100],
        (0x8000_0008, _) => [0x3028, 0, 0, 0],
        _ => [0; 4],
    }
}

/// What the boot CPU has.
#[must_use]
pub fn features() -> &'static Features {
    &FEATURES
}
