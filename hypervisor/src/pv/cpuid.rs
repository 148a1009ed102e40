//! CPUID for PV guests: the domain's policy, the hypervisor's own leaves, and what depends on the vCPU that asks.

use abi::cpuid as leaves;
use metal::cpuid;

use crate::hypercall::Call;

const BASE: u32 = 0x4000_0000;
const MAX: u32 = BASE.wrapping_add(5);
/// Xen 4.20, as in `xen_version`.
const VERSION: u32 = 4 << 16 | 20;
const HYPERVISOR: u32 = 1 << 31;
/// In leaf 4's EAX: vCPU id in EBX, domain id in ECX.
const VCPU_ID_PRESENT: u32 = 1 << 3;
const DOMID_PRESENT: u32 = 1 << 4;

/// Answers CPUID for the vCPU that runs here.
pub fn query(call: &Call, leaf: u32, subleaf: u32) -> [u32; 4] {
    match leaf {
        BASE..=MAX => hypervisor_leaf(call, leaf, subleaf),
        1 => {
            let [eax, ebx, ecx, edx] = call.domain.policy.lock().query(1, 0);
            let apic_id = call.vcpu.id.wrapping_mul(2) << 24;
            [eax, ebx | apic_id, ecx | HYPERVISOR, edx]
        }
        // No topology below the package: a vCPU is one.
        0xb => match subleaf {
            0 | 1 => [
                0,
                0,
                subleaf | subleaf.wrapping_add(1) << 8,
                call.vcpu.id.wrapping_mul(2),
            ],
            _ => [0, 0, subleaf, call.vcpu.id.wrapping_mul(2)],
        },
        0xd => {
            // Sizes follow from XCR0, which is the vCPU's while it runs.
            let [eax, _, _, edx] = call.domain.policy.lock().query(0xd, subleaf);
            let [_, ebx, ecx, _] = cpuid::query(0xd, subleaf);
            if subleaf > 1 && eax == 0 {
                [0; 4]
            } else {
                [eax, ebx, ecx, edx]
            }
        }
        _ => call.domain.policy.lock().query(leaf, subleaf),
    }
}

fn hypervisor_leaf(call: &Call, leaf: u32, subleaf: u32) -> [u32; 4] {
    match leaf.wrapping_sub(BASE) {
        0 => [
            MAX,
            leaves::XEN_CPUID_SIGNATURE_EBX,
            leaves::XEN_CPUID_SIGNATURE_ECX,
            leaves::XEN_CPUID_SIGNATURE_EDX,
        ],
        1 => [VERSION, 0, 0, 0],
        // One hypercall page, by this MSR; and `mmu_update` can keep accessed and dirty bits.
        2 => [
            1,
            0x4000_0000,
            leaves::XEN_CPUID_FEAT1_MMU_PT_UPDATE_PRESERVE_AD,
            0,
        ],
        3 => time_leaf(subleaf),
        4 => [
            VCPU_ID_PRESENT | DOMID_PRESENT,
            call.vcpu.id,
            u32::from(call.domain.id.0),
            0,
        ],
        5 => [machine_address_width(), 0, 0, 0],
        _ => [0; 4],
    }
}

/// How the guest's TSC runs: natively, always.
fn time_leaf(subleaf: u32) -> [u32; 4] {
    const NATIVE_TSC: u32 = 2;
    const HOST_TSC_SAFE: u32 = 1 << 1;
    match subleaf {
        0 => [HOST_TSC_SAFE, NATIVE_TSC, metal::time::tsc_khz() as u32, 0],
        1 => {
            // Nothing is added to the TSC.
            let scale = metal::time::scale();
            [0, 0, scale.mul, u32::from(scale.shift.cast_unsigned())]
        }
        2 => [metal::time::tsc_khz() as u32, 0, 0, 0],
        _ => [0; 4],
    }
}

fn machine_address_width() -> u32 {
    let [eax, ..] = cpuid::query(0x8000_0008, 0);
    eax & 0xff
}
