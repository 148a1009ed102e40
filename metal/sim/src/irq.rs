//! Interrupts of devices: one IO-APIC of 24 pins without anything on them. A test raises a vector by [`raise`].

use crate::world::{self, locked};
use std::collections::BTreeMap;
use std::sync::Mutex;
pub use types::{
    CpuId, FIRST_DEVICE_VECTOR, Interrupt, IoApic, IsaRoute, LAST_DEVICE_VECTOR, Polarity, Trigger,
};

const IO_APICS: [IoApic; 1] = [IoApic {
    id: 0,
    gsi_base: 0,
    pins: 24,
    address: 0xfec0_0000,
}];
const MASKED: u32 = 1 << 16;

/// The IO-APIC's registers.
static REGISTERS: Mutex<BTreeMap<u8, u32>> = Mutex::new(BTreeMap::new());

/// The machine's IO-APICs.
#[must_use]
pub fn io_apics() -> &'static [IoApic] {
    &IO_APICS
}

/// The low register of a global interrupt's pin.
fn low_register(gsi: u32) -> Option<u8> {
    (gsi < IO_APICS[0].pins).then_some(0x10 + gsi as u8 * 2)
}

/// Sends a global interrupt to a CPU as a vector. It stays masked if it was.
pub fn route_gsi(gsi: u32, vector: u8, cpu: CpuId, trigger: Trigger, polarity: Polarity) {
    let Some(low) = low_register(gsi) else { return };
    let level = if trigger == Trigger::Level {
        1 << 15
    } else {
        0
    };
    let active_low = if polarity == Polarity::Low {
        1 << 13
    } else {
        0
    };
    let mut registers = locked(&REGISTERS);
    let masked = registers.get(&low).map_or(MASKED, |value| value & MASKED);
    registers.insert(low, u32::from(vector) | masked | level | active_low);
    registers.insert(low + 1, apic_id(cpu) << 24);
}

/// Holds a global interrupt back.
pub fn mask_gsi(gsi: u32) {
    if let Some(low) = low_register(gsi) {
        *locked(&REGISTERS).entry(low).or_insert(MASKED) |= MASKED;
    }
}

/// Lets a global interrupt through.
pub fn unmask_gsi(gsi: u32) {
    if let Some(low) = low_register(gsi) {
        *locked(&REGISTERS).entry(low).or_insert(MASKED) &= !MASKED;
    }
}

/// Reads a register of an IO-APIC; absent ones read as all ones.
#[must_use]
pub fn io_apic_read(index: usize, register: u8) -> u32 {
    match (index, register) {
        (0, 0 | 2) => 0,
        (0, 1) => (IO_APICS[0].pins - 1) << 16 | 0x11,
        (0, 0x10..=0x3f) => {
            let default = if register.is_multiple_of(2) {
                MASKED
            } else {
                0
            };
            locked(&REGISTERS)
                .get(&register)
                .copied()
                .unwrap_or(default)
        }
        _ => u32::MAX,
    }
}

/// Writes a register of an IO-APIC.
pub fn io_apic_write(index: usize, register: u8, value: u32) {
    if index == 0 && (0x10..=0x3f).contains(&register) {
        locked(&REGISTERS).insert(register, value);
    }
}

/// Acknowledges the device interrupt that is being served.
pub fn eoi(_vector: u8) {}

/// What a device writes where to interrupt a CPU with a vector.
#[must_use]
pub fn msi_message(vector: u8, cpu: CpuId) -> (u64, u32) {
    types::msi_message(vector, apic_id(cpu))
}

/// Where an ISA interrupt arrives: at the pin of its number, but for the timer's.
#[must_use]
pub fn isa_gsi(irq: u8) -> IsaRoute {
    let gsi = if irq == 0 { 2 } else { irq.into() };
    IsaRoute {
        gsi,
        trigger: Trigger::Edge,
        polarity: Polarity::High,
    }
}

/// A CPU's local APIC id.
#[must_use]
pub fn apic_id(cpu: CpuId) -> u32 {
    if cpu.0 < crate::cpu::count() {
        cpu.0
    } else {
        u32::MAX
    }
}

/// The number by which AML knows a CPU.
#[must_use]
pub fn acpi_id(cpu: CpuId) -> u32 {
    apic_id(cpu)
}

/// A device interrupts a CPU.
pub fn raise(cpu: CpuId, vector: u8) {
    if let Some(mut processor) = world::processor(cpu) {
        processor.devices.push_back(vector);
    }
}
