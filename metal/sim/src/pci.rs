//! PCI: no function answers, so configuration space reads as ones.

pub use types::{Bdf, Width};

/// Reads configuration space.
#[must_use]
pub fn read(_bdf: Bdf, _offset: u16, width: Width) -> u32 {
    width.mask()
}

/// Writes configuration space.
pub fn write(_bdf: Bdf, _offset: u16, _width: Width, _value: u32) {}

/// Writes an entry of a device's MSI-X table, of which there is none.
pub fn msix_write(
    _bdf: Bdf,
    _table: u64,
    _entry: u16,
    _address: u64,
    _data: u32,
    _masked: bool,
) -> bool {
    false
}

/// Masks an entry of a device's MSI-X table, of which there is none.
pub fn msix_mask(_table: u64, _entry: u16, _masked: bool) {}
