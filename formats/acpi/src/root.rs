//! From the RSDP to the tables.

use crate::bytes::sums_to_zero;
use crate::{Bytes, Memory, Tables, madt, other};
use alloc::vec;
use alloc::vec::Vec;

/// The largest table that is read.
pub const MAX_TABLE: usize = 4 << 20;
/// The largest number of tables that is looked at.
pub const MAX_TABLES: usize = 256;

/// Why there are no tables.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Error {
    /// No RSDP with a right checksum.
    NoRsdp,
    /// The RSDT or XSDT cannot be read, or its checksum is wrong.
    BadRoot,
}

const HEADER: usize = 36;

/// Looks for the RSDP where a PC's BIOS leaves it: the EBDA's first KiB, then 0xe0000 to 0xfffff.
#[must_use]
pub fn find_rsdp(memory: &impl Memory) -> Option<u64> {
    let mut segment = [0; 2];
    let ebda = if memory.read(0x40e, &mut segment) {
        u64::from(u16::from_le_bytes(segment)) << 4
    } else {
        0
    };
    let areas = [(ebda, 1024u64), (0xe_0000, 0x2_0000)];
    areas
        .into_iter()
        .filter(|(start, _)| *start >= 0x400)
        .find_map(|(start, len)| {
            (0..len / 16)
                .map(|step| start.wrapping_add(step.wrapping_mul(16)))
                .find(|at| rsdp_at(memory, *at).is_some())
        })
}

/// The RSDP's bytes (the first 36, zeros after 20 for revision 0), if it is one.
#[must_use]
pub fn rsdp_at(memory: &impl Memory, address: u64) -> Option<[u8; 36]> {
    let mut rsdp = [0; 36];
    if !memory.read(address, rsdp.get_mut(..20)?)
        || !rsdp.starts_with(b"RSD PTR ")
        || !sums_to_zero(rsdp.get(..20)?)
    {
        return None;
    }
    if Bytes(&rsdp).u8(15)? >= 2 && !memory.read(address, &mut rsdp) {
        return None;
    }
    Some(rsdp)
}

/// Reads all that is known from an RSDP's bytes.
pub fn read(memory: &impl Memory, rsdp: &[u8; 36]) -> Result<Tables, Error> {
    if !rsdp.starts_with(b"RSD PTR ") {
        return Err(Error::NoRsdp);
    }
    let mut tables = Tables::default();
    for address in root_entries(memory, Bytes(rsdp)).ok_or(Error::BadRoot)? {
        add_table(memory, &mut tables, address);
    }
    let blocks: Vec<u64> = tables
        .fadt
        .iter()
        .map(|fadt| fadt.dsdt)
        .chain(
            tables
                .list
                .iter()
                .filter(|(name, _)| name == b"SSDT")
                .map(|(_, address)| *address),
        )
        .collect();
    tables.s5 = blocks.into_iter().find_map(|address| {
        other::find_s5(
            &table(memory, address, b"DSDT").or_else(|| table(memory, address, b"SSDT"))?,
        )
    });
    Ok(tables)
}

/// Addresses in the XSDT, or in the RSDT if there is no (good) XSDT.
fn root_entries(memory: &impl Memory, rsdp: Bytes<'_>) -> Option<Vec<u64>> {
    if rsdp.u8(15)? >= 2
        && let Some(address @ 1..) = rsdp.u64(24)
        && let Some(xsdt) = table(memory, address, b"XSDT")
    {
        let entries = xsdt.get(HEADER..)?.chunks_exact(8).take(MAX_TABLES);
        return Some(entries.filter_map(|entry| Bytes(entry).u64(0)).collect());
    }
    let rsdt = table(memory, rsdp.u32(16)?.into(), b"RSDT")?;
    let entries = rsdt.get(HEADER..)?.chunks_exact(4).take(MAX_TABLES);
    Some(
        entries
            .filter_map(|entry| Bytes(entry).u32(0).map(u64::from))
            .collect(),
    )
}

/// A table's bytes, if its signature and its checksum are right.
fn table(memory: &impl Memory, address: u64, signature: &[u8; 4]) -> Option<Vec<u8>> {
    let mut header = [0; HEADER];
    if address == 0 || !memory.read(address, &mut header) || !header.starts_with(signature) {
        return None;
    }
    let len = Bytes(&header).u32(4)? as usize;
    if !(HEADER..=MAX_TABLE).contains(&len) {
        return None;
    }
    let mut bytes = vec![0; len];
    (memory.read(address, &mut bytes) && sums_to_zero(&bytes)).then_some(bytes)
}

/// Takes what it knows out of one table.
type Reader = fn(Bytes<'_>, &mut Tables);

fn add_table(memory: &impl Memory, tables: &mut Tables, address: u64) {
    let mut signature = [0; 4];
    if address == 0 || !memory.read(address, &mut signature) {
        return;
    }
    tables.list.push((signature, address));
    let known: [(&[u8; 4], Reader); 5] = [
        (b"APIC", madt::read),
        (b"FACP", other::read_fadt),
        (b"HPET", other::read_hpet),
        (b"MCFG", other::read_mcfg),
        (b"SRAT", other::read_srat),
    ];
    for (name, reader) in known {
        if *name == signature
            && let Some(bytes) = table(memory, address, name)
        {
            reader(Bytes(&bytes), tables);
        }
    }
}
