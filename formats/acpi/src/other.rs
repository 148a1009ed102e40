//! FADT, HPET, MCFG, SRAT, and the search for `_S5_`.

use crate::{Bytes, Tables};

/// Where a register is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Space {
    /// In memory.
    Memory,
    /// At an I/O port.
    Port,
    /// In PCI configuration space of bus 0.
    Pci,
    /// Elsewhere.
    Other(u8),
}

/// A generic address.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Register {
    /// Where.
    pub space: Space,
    /// Width in bits.
    pub bits: u8,
    /// Address there.
    pub address: u64,
}

/// Power management registers; ports are 0 if absent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Fadt {
    /// Physical address of the DSDT.
    pub dsdt: u64,
    /// The interrupt of ACPI events.
    pub sci: u16,
    /// Port to which `acpi_enable` is written to leave legacy mode.
    pub smi_command: u32,
    /// The value that does so.
    pub acpi_enable: u8,
    /// First event register.
    pub pm1a_event: u32,
    /// Second event register.
    pub pm1b_event: u32,
    /// First control register.
    pub pm1a_control: u32,
    /// Second control register.
    pub pm1b_control: u32,
    /// Length of an event register block.
    pub pm1_event_len: u8,
    /// The timer of 3.579545 MHz.
    pub pm_timer: u32,
    /// It counts in 32 bits, not 24.
    pub pm_timer_32: bool,
    /// Writing `reset_value` here resets the machine.
    pub reset: Option<Register>,
    /// See `reset`.
    pub reset_value: u8,
    /// The feature flags as they stand.
    pub flags: u32,
    /// Boot architecture flags (bit 2: no VGA, bit 5: no CMOS clock).
    pub boot_flags: u16,
}

/// The values of SLP_TYP that mean S5.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SleepType {
    /// For PM1a control.
    pub a: u8,
    /// For PM1b control.
    pub b: u8,
}

/// The high precision event timer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Hpet {
    /// Physical address of its registers.
    pub address: u64,
}

/// A range of buses whose configuration space is in memory.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct McfgRange {
    /// Address of bus 0's space (also if the first bus is another one).
    pub address: u64,
    /// PCI segment.
    pub segment: u16,
    /// First bus.
    pub first_bus: u8,
    /// Last bus.
    pub last_bus: u8,
}

/// What is near which node.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Affinity {
    /// A CPU.
    Cpu {
        /// Local APIC id.
        apic_id: u32,
        /// Its proximity domain.
        domain: u32,
    },
    /// A range of memory.
    Memory {
        /// First byte.
        start: u64,
        /// Length in bytes.
        len: u64,
        /// Its proximity domain.
        domain: u32,
    },
}

fn register(table: Bytes<'_>, at: usize) -> Option<Register> {
    let space = match table.u8(at)? {
        0 => Space::Memory,
        1 => Space::Port,
        2 => Space::Pci,
        other => Space::Other(other),
    };
    let address = table.u64(at.checked_add(4)?)?;
    (address != 0).then_some(Register {
        space,
        bits: table.u8(at.checked_add(1)?)?,
        address,
    })
}

pub(crate) fn read_fadt(table: Bytes<'_>, tables: &mut Tables) {
    let port = |at: usize, extended: usize| {
        // The extended field, if it names a port, replaces the old one.
        register(table, extended)
            .filter(|register| register.space == Space::Port)
            .and_then(|register| u32::try_from(register.address).ok())
            .or_else(|| table.u32(at))
            .unwrap_or(0)
    };
    let flags = table.u32(112).unwrap_or(0);
    tables.fadt = Some(Fadt {
        dsdt: table
            .u64(140)
            .filter(|address| *address != 0)
            .or_else(|| table.u32(40).map(u64::from))
            .unwrap_or(0),
        sci: table.u16(46).unwrap_or(0),
        smi_command: table.u32(48).unwrap_or(0),
        acpi_enable: table.u8(52).unwrap_or(0),
        pm1a_event: port(56, 148),
        pm1b_event: port(60, 160),
        pm1a_control: port(64, 172),
        pm1b_control: port(68, 184),
        pm1_event_len: table.u8(88).unwrap_or(0),
        pm_timer: port(76, 208),
        pm_timer_32: flags & 1 << 8 != 0,
        reset: register(table, 116).filter(|_| flags & 1 << 10 != 0),
        reset_value: table.u8(128).unwrap_or(0),
        flags,
        boot_flags: table.u16(109).unwrap_or(0),
    });
}

pub(crate) fn read_hpet(table: Bytes<'_>, tables: &mut Tables) {
    tables.hpet = register(table, 40)
        .filter(|register| register.space == Space::Memory)
        .map(|register| Hpet {
            address: register.address,
        });
}

pub(crate) fn read_mcfg(table: Bytes<'_>, tables: &mut Tables) {
    tables.mcfg = table
        .from(44)
        .0
        .chunks_exact(16)
        .filter_map(|entry| {
            let entry = Bytes(entry);
            Some(McfgRange {
                address: entry.u64(0)?,
                segment: entry.u16(8)?,
                first_bus: entry.u8(10)?,
                last_bus: entry.u8(11)?,
            })
        })
        .filter(|range| range.first_bus <= range.last_bus)
        .collect();
}

pub(crate) fn read_srat(table: Bytes<'_>, tables: &mut Tables) {
    for (kind, record) in table.from(48).records() {
        tables.srat.extend(match kind {
            0 => cpu_affinity(record),
            1 => memory_affinity(record),
            2 => x2apic_affinity(record),
            _ => None,
        });
    }
}

fn cpu_affinity(record: Bytes<'_>) -> Option<Affinity> {
    let high = record.u32(8)? >> 8;
    let domain = u32::from(record.u8(2)?) | high.checked_shl(8)?;
    (record.u32(4)? & 1 != 0).then_some(Affinity::Cpu {
        apic_id: record.u8(3)?.into(),
        domain,
    })
}

fn memory_affinity(record: Bytes<'_>) -> Option<Affinity> {
    let (domain, start, len) = (record.u32(2)?, record.u64(8)?, record.u64(16)?);
    (record.u32(28)? & 1 != 0).then_some(Affinity::Memory { start, len, domain })
}

fn x2apic_affinity(record: Bytes<'_>) -> Option<Affinity> {
    let (domain, apic_id) = (record.u32(4)?, record.u32(8)?);
    (record.u32(12)? & 1 != 0).then_some(Affinity::Cpu { apic_id, domain })
}

/// Looks for `Name (_S5_, Package () { a, b, ... })` in a definition block. The bytes of its encoding are fixed but
/// for the package's length, so no AML needs to run.
pub(crate) fn find_s5(block: &[u8]) -> Option<SleepType> {
    block
        .windows(4)
        .enumerate()
        .filter(|(_, name)| *name == b"_S5_")
        .find_map(|(at, _)| {
            // NameOp stands before the name, perhaps with a root prefix between.
            let before = block.get(..at)?;
            if !before.ends_with(&[0x08]) && !before.ends_with(&[0x08, b'\\']) {
                return None;
            }
            let package = block.get(at.checked_add(4)?..)?;
            let (0x12, rest) = package.split_first().map(|(op, rest)| (*op, rest))? else {
                return None;
            };
            // The top two bits of a package's length say how many bytes of it follow.
            let length_bytes = usize::from(rest.first()? >> 6).checked_add(1)?;
            let (count, mut values) = rest.get(length_bytes..)?.split_first()?;
            let mut next = || {
                let (op, rest) = values.split_first()?;
                match op {
                    0 | 1 => {
                        values = rest;
                        Some(*op)
                    }
                    0x0a => {
                        let (value, rest) = rest.split_first()?;
                        values = rest;
                        Some(*value)
                    }
                    // Some firmware writes these small numbers as words or double words.
                    0x0b => {
                        let value = rest.first()?;
                        values = rest.get(2..)?;
                        Some(*value)
                    }
                    0x0c => {
                        let value = rest.first()?;
                        values = rest.get(4..)?;
                        Some(*value)
                    }
                    _ => None,
                }
            };
            let a = next()?;
            let b = if *count > 1 { next().unwrap_or(0) } else { 0 };
            Some(SleepType { a: a & 7, b: b & 7 })
        })
}
