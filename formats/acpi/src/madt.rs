//! The MADT: processors and interrupt controllers.

use crate::{Bytes, Tables};

/// A processor that the firmware has enabled.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Cpu {
    /// Local APIC id.
    pub apic_id: u32,
    /// The number by which AML knows it.
    pub acpi_id: u32,
}

/// An IO-APIC.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct IoApic {
    /// Its id.
    pub id: u8,
    /// Physical address of its registers.
    pub address: u64,
    /// Global interrupt number of its pin 0.
    pub gsi_base: u32,
}

/// How an interrupt tells of an event.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Trigger {
    /// As its bus does.
    Bus,
    /// By a change.
    Edge,
    /// By a state.
    Level,
}

/// Which voltage is active.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Polarity {
    /// As on its bus.
    Bus,
    /// High.
    High,
    /// Low.
    Low,
}

/// An ISA interrupt with another global number or another kind of signal.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Override {
    /// The ISA interrupt.
    pub irq: u8,
    /// Its global number.
    pub gsi: u32,
    /// Its trigger.
    pub trigger: Trigger,
    /// Its polarity.
    pub polarity: Polarity,
}

pub(crate) fn read(madt: Bytes<'_>, tables: &mut Tables) {
    tables.local_apic = madt.u32(36).unwrap_or(0).into();
    tables.has_pic = madt.u32(40).unwrap_or(0) & 1 != 0;
    for (kind, record) in madt.from(44).records() {
        // A record that is too short is skipped.
        let _ = match kind {
            0 => local_apic(record, tables),
            1 => io_apic(record, tables),
            2 => source_override(record, tables),
            5 => record.u64(4).map(|address| tables.local_apic = address),
            9 => local_x2apic(record, tables),
            _ => Some(()),
        };
    }
}

fn local_apic(record: Bytes<'_>, tables: &mut Tables) -> Option<()> {
    let (acpi_id, apic_id, flags) = (record.u8(2)?, record.u8(3)?, record.u32(4)?);
    if flags & 1 != 0 && apic_id != 0xff {
        tables.cpus.push(Cpu {
            apic_id: apic_id.into(),
            acpi_id: acpi_id.into(),
        });
    }
    Some(())
}

fn local_x2apic(record: Bytes<'_>, tables: &mut Tables) -> Option<()> {
    let (apic_id, flags, acpi_id) = (record.u32(4)?, record.u32(8)?, record.u32(12)?);
    // Small ids may be listed twice, in the old form and in the new one.
    if flags & 1 != 0 && apic_id != u32::MAX && tables.cpus.iter().all(|cpu| cpu.apic_id != apic_id)
    {
        tables.cpus.push(Cpu { apic_id, acpi_id });
    }
    Some(())
}

fn io_apic(record: Bytes<'_>, tables: &mut Tables) -> Option<()> {
    let (id, address, gsi_base) = (record.u8(2)?, record.u32(4)?.into(), record.u32(8)?);
    tables.io_apics.push(IoApic {
        id,
        address,
        gsi_base,
    });
    Some(())
}

fn source_override(record: Bytes<'_>, tables: &mut Tables) -> Option<()> {
    let (irq, gsi, flags) = (record.u8(3)?, record.u32(4)?, record.u16(8)?);
    let polarity = match flags & 3 {
        1 => Polarity::High,
        3 => Polarity::Low,
        _ => Polarity::Bus,
    };
    let trigger = match flags >> 2 & 3 {
        1 => Trigger::Edge,
        3 => Trigger::Level,
        _ => Trigger::Bus,
    };
    tables.overrides.push(Override {
        irq,
        gsi,
        trigger,
        polarity,
    });
    Some(())
}
