//! PCI configuration space, by the ports or in memory, and MSI-X tables.
//!
//! Always: an access is aligned to its width; a wrong one reads as all ones and writes nothing.

use crate::ports;
use crate::sync::Plain;
use crate::{acpi, paging};
pub use types::{Bdf, Width};

const ADDRESS: u16 = 0xcf8;
const DATA: u16 = 0xcfc;

/// The address port is shared.
static ACCESS: Plain<()> = Plain::new(());
/// Mapped MSI-X pages: physical address and where it is.
static TABLES: Plain<([(u64, u64); 128], usize)> = Plain::new(([(0, 0); 128], 0));

fn is_good(offset: u16, width: Width, limit: u16) -> bool {
    offset < limit && offset.is_multiple_of(u16::from(width.bytes()))
}

/// Reads configuration space. Offsets from 256 on need configuration space in memory.
#[must_use]
pub fn read(bdf: Bdf, offset: u16, width: Width) -> u32 {
    if is_good(offset, width, 256) {
        return ACCESS.with(|()| {
            select(bdf, offset);
            ports::read(DATA + (offset & 3), width)
        });
    }
    match place(bdf, offset, width) {
        Some(at) => {
            // SAFETY: [DEVICE] `place` mapped the function's configuration space.
            unsafe {
                match width {
                    Width::Byte => (at as *const u8).read_volatile().into(),
                    Width::Word => (at as *const u16).read_volatile().into(),
                    Width::Dword => (at as *const u32).read_volatile(),
                }
            }
        }
        None => width.mask(),
    }
}

/// Writes configuration space.
pub fn write(bdf: Bdf, offset: u16, width: Width, value: u32) {
    if is_good(offset, width, 256) {
        ACCESS.with(|()| {
            select(bdf, offset);
            ports::write(DATA + (offset & 3), width, value);
        });
    } else if let Some(at) = place(bdf, offset, width) {
        // SAFETY: [DEVICE] `place` mapped the function's configuration space.
        unsafe {
            match width {
                Width::Byte => (at as *mut u8).write_volatile(value as u8),
                Width::Word => (at as *mut u16).write_volatile(value as u16),
                Width::Dword => (at as *mut u32).write_volatile(value),
            }
        }
    }
}

fn select(bdf: Bdf, offset: u16) {
    ports::write(
        ADDRESS,
        Width::Dword,
        1 << 31 | u32::from(bdf.0) << 8 | u32::from(offset & 0xfc),
    );
}

/// Where a register of the extended space is in memory.
fn place(bdf: Bdf, offset: u16, width: Width) -> Option<u64> {
    if !is_good(offset, width, 4096) {
        return None;
    }
    let range = acpi::tables().mcfg.iter().find(|range| {
        range.segment == 0 && (range.first_bus..=range.last_bus).contains(&bdf.bus())
    })?;
    map_page(range.address + (u64::from(bdf.0) << 12)).map(|page| page + u64::from(offset))
}

/// Maps a page of device memory, once.
fn map_page(physical: u64) -> Option<u64> {
    if physical >= 1 << 46 || physical & 4095 != 0 {
        return None;
    }
    TABLES.with(|(list, count)| {
        if let Some((_, at)) = list[..*count].iter().find(|(page, _)| *page == physical) {
            return Some(*at);
        }
        let slot = list.get_mut(*count)?;
        *slot = (physical, paging::ioremap(physical, 4096));
        *count += 1;
        Some(slot.1)
    })
}

/// Where an entry of an MSI-X table is mapped; `None` if it is not device memory.
fn msix_entry(table: u64, entry: u16) -> Option<*mut u32> {
    let physical = table.checked_add(u64::from(entry & 0x7ff) * 16)?;
    let last = physical.checked_add(15)?;
    let is_device = |address: u64| crate::memory::is_mmio(types::Mfn(address >> 12));
    if !is_device(physical) || !is_device(last) || physical & 15 != 0 {
        return None;
    }
    Some((map_page(physical & !4095)? + (physical & 4095)) as *mut u32)
}

/// Writes an entry of a device's MSI-X table; `table` is the table's physical address. Whether it could be.
///
/// The body has checked that it is the device's; RAM is refused here in any case.
pub fn msix_write(
    _bdf: Bdf,
    table: u64,
    entry: u16,
    address: u64,
    data: u32,
    masked: bool,
) -> bool {
    let Some(at) = msix_entry(table, entry) else {
        return false;
    };
    let words = [address as u32, (address >> 32) as u32, data];
    // SAFETY: [DEVICE] The page is device memory, and the entry is 16 bytes inside it. Masked while it changes.
    unsafe {
        at.add(3).write_volatile(1);
        for (index, word) in words.into_iter().enumerate() {
            at.add(index).write_volatile(word);
        }
        at.add(3).write_volatile(masked.into());
    }
    true
}

/// Masks an entry of a device's MSI-X table, or lets it through.
pub fn msix_mask(table: u64, entry: u16, masked: bool) {
    if let Some(at) = msix_entry(table, entry) {
        // SAFETY: [DEVICE] As in `msix_write`.
        unsafe { at.add(3).write_volatile(masked.into()) };
    }
}
