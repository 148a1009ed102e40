//! What this CPU can do.

use crate::sync::SetOnce;

pub use types::Features;

static FEATURES: SetOnce<Features> = SetOnce::new();

/// CPUID on this CPU: EAX, EBX, ECX, EDX.
#[inline]
#[must_use]
pub fn query(leaf: u32, subleaf: u32) -> [u32; 4] {
    x86::cpuid(leaf, subleaf)
}

/// What the boot CPU has.
#[must_use]
pub fn features() -> &'static Features {
    FEATURES.get()
}

pub(crate) fn init() {
    let bit = |register: u32, bit: u32| register >> bit & 1 != 0;
    let [max, b, c, d] = query(0, 0);
    let vendor: [u32; 3] = [b, d, c];
    let amd = vendor == words(b"AuthenticAMD") || vendor == words(b"HygonGenuine");
    let [_, _, leaf1_c, leaf1_d] = query(1, 0);
    let leaf7 = if max >= 7 { query(7, 0) } else { [0; 4] };
    let xsave = bit(leaf1_c, 26) && max >= 0xd;
    let leaf_d1 = if xsave { query(0xd, 1) } else { [0; 4] };
    let extended_max = query(0x8000_0000, 0)[0];
    let extended7 = if extended_max >= 0x8000_0007 {
        query(0x8000_0007, 0)
    } else {
        [0; 4]
    };
    FEATURES.set(Features {
        nx: bit(query(0x8000_0001, 0)[3], 20),
        smep: bit(leaf7[1], 7),
        smap: bit(leaf7[1], 20),
        umip: bit(leaf7[2], 2),
        fsgsbase: bit(leaf7[1], 0),
        xsave,
        xsaveopt: bit(leaf_d1[0], 0),
        x2apic: bit(leaf1_c, 21),
        tsc_deadline: bit(leaf1_c, 24),
        invariant_tsc: bit(extended7[3], 8),
        sysenter: bit(leaf1_d, 11) && !amd,
        amd,
    });
}

fn words(text: &[u8; 12]) -> [u32; 3] {
    core::array::from_fn(|index| {
        u32::from_le_bytes(core::array::from_fn(|byte| text[index * 4 + byte]))
    })
}
