//! A guest's debug registers.
//!
//! Always: no breakpoint of a guest's lies in the hypervisor's part of the address space, so it cannot trap us.

use abi::Errno;
use metal::cpu;

use super::is_guest_address;

/// DR6 without anything to report.
const DR6_DEFAULT: u64 = 0xffff_0ff0;
/// Bits of DR6 that always read as ones, and those that may be set.
const DR6_ONES: u64 = 0xffff_0ff0;
const DR6_SETTABLE: u64 = 0xe00f;
/// DR7's bit that always reads as one.
const DR7_ONES: u64 = 0x400;
/// DR7: enables of the four breakpoints.
const DR7_ENABLES: u64 = 0xff;
/// DR7: trap on access to debug registers.
const DR7_GD: u64 = 1 << 13;
/// DR7: bits that a guest may not set: GD, and what is reserved.
const DR7_ZEROS: u64 = 0xffff_ffff_0000_d800 | 1 << 13;

/// DR0 to DR3, DR6 and DR7.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct DebugRegisters {
    /// Breakpoints.
    pub address: [u64; 4],
    /// Status.
    pub dr6: u64,
    /// Control.
    pub dr7: u64,
}

impl Default for DebugRegisters {
    fn default() -> Self {
        Self {
            address: [0; 4],
            dr6: DR6_DEFAULT,
            dr7: DR7_ONES,
        }
    }
}

impl DebugRegisters {
    /// Whether any breakpoint is on.
    pub fn armed(&self) -> bool {
        self.dr7 & DR7_ENABLES != 0
    }

    /// Arms the CPU, if there is anything to arm.
    pub fn load(&self) {
        if self.armed() {
            for (index, address) in self.address.iter().enumerate() {
                cpu::set_debug_register(index, *address);
            }
            cpu::set_debug_register(7, self.dr7);
        }
    }

    /// Disarms the CPU.
    pub fn unload(&self) {
        if self.armed() {
            cpu::set_debug_register(7, DR7_ONES);
        }
    }
}

/// Sets a register of the vCPU that runs here.
pub fn set(registers: &mut DebugRegisters, register: u32, value: u64) -> Result<(), Errno> {
    check(register, value)?;
    registers.unload();
    store(registers, register, value);
    registers.load();
    Ok(())
}

/// Whether a guest may have this value.
pub fn check(register: u32, value: u64) -> Result<(), Errno> {
    match register {
        0..=3 if !is_guest_address(value) => Err(Errno::EPERM),
        5 | 7 if has_io_breakpoint(value) || value & DR7_GD != 0 => Err(Errno::EPERM),
        0..=7 => Ok(()),
        _ => Err(Errno::ENODEV),
    }
}

/// Keeps a value that was checked; the CPU does not see it.
pub fn store(registers: &mut DebugRegisters, register: u32, value: u64) {
    match register {
        4 | 6 => registers.dr6 = value & DR6_SETTABLE | DR6_ONES,
        5 | 7 => registers.dr7 = value & !DR7_ZEROS | DR7_ONES,
        _ => {
            if let Some(slot) = registers.address.get_mut(register as usize) {
                *slot = value;
            }
        }
    }
}

/// Reads a register.
pub fn get(registers: &DebugRegisters, register: u32) -> Option<u64> {
    match register {
        0..=3 => registers.address.get(register as usize).copied(),
        4 | 6 => Some(registers.dr6),
        5 | 7 => Some(registers.dr7),
        _ => None,
    }
}

/// Whether an enabled breakpoint is on I/O (R/W field 2), which needs CR4.DE.
fn has_io_breakpoint(dr7: u64) -> bool {
    (0u32..4).any(|index| {
        let enabled = dr7.checked_shr(index.wrapping_mul(2)).unwrap_or(0) & 3 != 0;
        let kind = dr7
            .checked_shr(index.wrapping_mul(4).wrapping_add(16))
            .unwrap_or(0)
            & 3;
        enabled && kind == 2
    })
}
