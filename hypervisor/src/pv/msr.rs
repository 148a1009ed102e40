//! Model-specific registers of a PV guest: its own bases, a few of the machine's to look at, and harmless nothing.
//!
//! What is not named here is #GP, which a kernel that probes expects.

use metal::{cpu, msr};

use super::is_guest_address;
use crate::hypercall::Call;

const TSC: u32 = 0x10;
const APIC_BASE: u32 = 0x1b;
const BIOS_SIGNATURE: u32 = 0x8b;
const MCG_CAP: u32 = 0x179;
const MCG_STATUS: u32 = 0x17a;
const PAT: u32 = 0x277;
const MC_BANKS: core::ops::RangeInclusive<u32> = 0x400..=0x47f;
const EFER: u32 = 0xc000_0080;
const STAR: u32 = 0xc000_0081;
const FS_BASE: u32 = 0xc000_0100;
const GS_BASE: u32 = 0xc000_0101;
const KERNEL_GS_BASE: u32 = 0xc000_0102;
const TSC_AUX: u32 = 0xc000_0103;
/// AMD's performance counters and machine configuration, which read 0 and swallow writes.
const AMD_PERFORMANCE: core::ops::RangeInclusive<u32> = 0xc001_0000..=0xc001_0007;
const AMD_QUIET: [u32; 7] = [
    0xc001_0015,
    0xc001_001f,
    0xc001_1020,
    0xc001_1028,
    0xc001_1029,
    0xc001_029a,
    0xc001_029b,
];

/// EFER's bits that a guest may know: SCE, LME, LMA, NX.
const EFER_VISIBLE: u64 = 1 | 1 << 8 | 1 << 10 | 1 << 11;

/// Reads; `None` is #GP.
pub fn read(call: &Call, index: u32) -> Option<u64> {
    match index {
        TSC => Some(metal::time::tsc()),
        EFER => Some(msr::read(EFER)? & EFER_VISIBLE),
        FS_BASE => Some(cpu::fs_base()),
        GS_BASE => Some(cpu::gs_base()),
        KERNEL_GS_BASE => Some(call.state.pv.segments.gs_base_other),
        TSC_AUX => Some(call.state.pv.tsc_aux),
        STAR => None,
        PAT | BIOS_SIGNATURE => msr::read(index),
        APIC_BASE => {
            let enabled = 1 << 11;
            let boot_cpu = if call.vcpu.id == 0 { 1 << 8 } else { 0 };
            Some(0xfee0_0000 | enabled | boot_cpu)
        }
        // No banks: machine checks are the hypervisor's.
        MCG_CAP | MCG_STATUS => Some(0),
        _ if MC_BANKS.contains(&index) => Some(0),
        _ if AMD_PERFORMANCE.contains(&index) || AMD_QUIET.contains(&index) => Some(0),
        _ => None,
    }
}

/// Writes; `None` is #GP.
pub fn write(call: &mut Call, index: u32, value: u64) -> Option<()> {
    match index {
        FS_BASE => {
            is_guest_address(value).then_some(())?;
            cpu::set_fs_base(value);
        }
        GS_BASE => {
            is_guest_address(value).then_some(())?;
            cpu::set_gs_base(value);
        }
        KERNEL_GS_BASE => {
            is_guest_address(value).then_some(())?;
            call.state.pv.segments.gs_base_other = value;
        }
        TSC_AUX => {
            (value >> 32 == 0).then_some(())?;
            call.state.pv.tsc_aux = value;
            msr::write(TSC_AUX, value)?;
        }
        EFER => (value & EFER_VISIBLE == read(call, EFER)?).then_some(())?,
        PAT | APIC_BASE => (read(call, index)? == value).then_some(())?,
        BIOS_SIGNATURE | MCG_STATUS => {}
        _ if MC_BANKS.contains(&index) => {}
        _ if AMD_PERFORMANCE.contains(&index) || AMD_QUIET.contains(&index) => {}
        _ => return None,
    }
    Some(())
}
