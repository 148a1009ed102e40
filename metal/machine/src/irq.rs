//! Interrupts of devices: IO-APICs, messages, acknowledgement.
//!
//! Always: a pin is masked until the body unmasks it. The two 8259 controllers are masked for good.
//!
//! Not here: which guest gets which interrupt (`hypervisor`).

use crate::layout::vector;
use crate::percpu::shared;
use crate::ports::{inb, outb};
use crate::sync::{Plain, SetOnce};
use crate::{acpi, cpu, lapic, memory, paging};
use alloc::vec::Vec;
use core::sync::atomic::Ordering;
pub use types::{
    CpuId, FIRST_DEVICE_VECTOR, Interrupt, IoApic, IsaRoute, LAST_DEVICE_VECTOR, Polarity, Trigger,
};

const MASKED: u32 = 1 << 16;
const LEVEL: u32 = 1 << 15;
const ACTIVE_LOW: u32 = 1 << 13;

/// IO-APICs and the addresses of their registers.
struct Controllers {
    list: Vec<IoApic>,
    registers: Vec<u64>,
}

static CONTROLLERS: SetOnce<Controllers> = SetOnce::new();
/// An IO-APIC's two registers are used together.
static ACCESS: Plain<()> = Plain::new(());

pub(crate) fn init() {
    mask_pics();
    let mut controllers = Controllers {
        list: Vec::new(),
        registers: Vec::new(),
    };
    for found in &acpi::tables().io_apics {
        memory::claim_registers(found.address);
        let registers = paging::ioremap(found.address, 0x20);
        let pins = (raw_read(registers, 1) >> 16 & 0xff) + 1;
        for pin in 0..pins {
            raw_write(registers, 0x10 + pin * 2, MASKED);
            raw_write(registers, 0x11 + pin * 2, 0);
        }
        controllers.list.push(IoApic {
            id: found.id,
            gsi_base: found.gsi_base,
            pins,
            address: found.address,
        });
        controllers.registers.push(registers);
    }
    CONTROLLERS.set(controllers);
}

/// Moves the old controllers' vectors out of the exceptions' way and masks them.
fn mask_pics() {
    for (command, first) in [(0x20u16, vector::PIC), (0xa0, vector::PIC + 8)] {
        outb(command, 0x11);
        outb(command + 1, first);
        outb(command + 1, if command == 0x20 { 4 } else { 2 });
        outb(command + 1, 1);
        outb(command + 1, 0xff);
        let _ = inb(command + 1);
    }
}

fn raw_read(registers: u64, register: u32) -> u32 {
    ACCESS.with(|()| {
        // SAFETY: [DEVICE] `registers` is a mapped IO-APIC: select, then data.
        unsafe {
            (registers as *mut u32).write_volatile(register);
            ((registers + 0x10) as *const u32).read_volatile()
        }
    })
}

fn raw_write(registers: u64, register: u32, value: u32) {
    ACCESS.with(|()| {
        // SAFETY: [DEVICE] As above.
        unsafe {
            (registers as *mut u32).write_volatile(register);
            ((registers + 0x10) as *mut u32).write_volatile(value);
        }
    });
}

/// The machine's IO-APICs.
#[must_use]
pub fn io_apics() -> &'static [IoApic] {
    &CONTROLLERS.get().list
}

/// Registers and pin of a global interrupt.
fn pin_of(gsi: u32) -> Option<(u64, u32)> {
    let controllers = CONTROLLERS.get();
    controllers
        .list
        .iter()
        .zip(&controllers.registers)
        .find_map(|(io_apic, registers)| {
            let pin = gsi.checked_sub(io_apic.gsi_base)?;
            (pin < io_apic.pins).then_some((*registers, pin))
        })
}

/// Sends a global interrupt to a CPU as a vector. It stays masked if it was.
pub fn route_gsi(gsi: u32, vector: u8, cpu: CpuId, trigger: Trigger, polarity: Polarity) {
    let Some((registers, pin)) = pin_of(gsi) else {
        return;
    };
    let low = 0x10 + pin * 2;
    let mut value = u32::from(vector) | raw_read(registers, low) & MASKED;
    if trigger == Trigger::Level {
        value |= LEVEL;
    }
    if polarity == Polarity::Low {
        value |= ACTIVE_LOW;
    }
    // Masked while the two halves differ.
    raw_write(registers, low, value | MASKED);
    raw_write(registers, low + 1, apic_id(cpu) << 24);
    raw_write(registers, low, value);
}

/// Holds a global interrupt back.
pub fn mask_gsi(gsi: u32) {
    set_mask(gsi, MASKED);
}

/// Lets a global interrupt through.
pub fn unmask_gsi(gsi: u32) {
    set_mask(gsi, 0);
}

fn set_mask(gsi: u32, mask: u32) {
    if let Some((registers, pin)) = pin_of(gsi) {
        let low = 0x10 + pin * 2;
        let value = raw_read(registers, low);
        if value & MASKED != mask {
            raw_write(registers, low, value & !MASKED | mask);
        }
    }
}

/// Reads a register of an IO-APIC; absent ones read as all ones.
#[must_use]
pub fn io_apic_read(index: usize, register: u8) -> u32 {
    CONTROLLERS
        .get()
        .registers
        .get(index)
        .map_or(u32::MAX, |registers| raw_read(*registers, register.into()))
}

/// Writes a register of an IO-APIC. The body decides which writes of dom0's come here.
pub fn io_apic_write(index: usize, register: u8, value: u32) {
    if let Some(registers) = CONTROLLERS.get().registers.get(index) {
        raw_write(*registers, register.into(), value);
    }
}

/// Acknowledges the device interrupt that is being served.
///
/// The local APIC acknowledges the highest vector in service; the body serves one at a time, so it is this one.
#[inline]
pub fn eoi(_vector: u8) {
    lapic::eoi();
}

/// What a device writes where to interrupt a CPU with a vector.
#[must_use]
pub fn msi_message(vector: u8, cpu: CpuId) -> (u64, u32) {
    types::msi_message(vector, apic_id(cpu))
}

/// Where an ISA interrupt arrives.
#[must_use]
pub fn isa_gsi(irq: u8) -> IsaRoute {
    use acpi_tables::{Polarity as TablePolarity, Trigger as TableTrigger};
    let plain = IsaRoute {
        gsi: irq.into(),
        trigger: Trigger::Edge,
        polarity: Polarity::High,
    };
    acpi::tables()
        .overrides
        .iter()
        .find(|entry| entry.irq == irq)
        .map_or(plain, |entry| IsaRoute {
            gsi: entry.gsi,
            trigger: if entry.trigger == TableTrigger::Level {
                Trigger::Level
            } else {
                Trigger::Edge
            },
            polarity: if entry.polarity == TablePolarity::Low {
                Polarity::Low
            } else {
                Polarity::High
            },
        })
}

/// A CPU's local APIC id.
#[must_use]
pub fn apic_id(cpu: CpuId) -> u32 {
    if cpu.0 < cpu::count() {
        shared(cpu).apic_id.load(Ordering::Relaxed)
    } else {
        u32::MAX
    }
}

/// The number by which AML knows a CPU.
#[must_use]
pub fn acpi_id(cpu: CpuId) -> u32 {
    if cpu.0 < cpu::count() {
        shared(cpu).acpi_id.load(Ordering::Relaxed)
    } else {
        u32::MAX
    }
}
