//! The machine-to-physical table. Scripts that play guests read it by [`get`].

use crate::memory;
use core::sync::atomic::{AtomicU64, Ordering};
use std::sync::OnceLock;
use types::{HYPERVISOR_START, Mfn};

/// First address of the table, as guests know it.
pub const ADDRESS: u64 = HYPERVISOR_START;
/// One past the last address that the table may ever use.
pub const END: u64 = HYPERVISOR_START + (1 << 38);
/// What the table says about a frame that has no number.
pub const INVALID: u64 = u64::MAX;

fn slot(mfn: Mfn) -> Option<&'static AtomicU64> {
    static TABLE: OnceLock<Vec<AtomicU64>> = OnceLock::new();
    let table = TABLE.get_or_init(|| {
        (0..memory::max_mfn())
            .map(|_| AtomicU64::new(INVALID))
            .collect()
    });
    table.get(usize::try_from(mfn.0).ok()?)
}

/// The number of a frame, [`INVALID`] if it has none.
#[must_use]
pub fn get(mfn: Mfn) -> u64 {
    slot(mfn).map_or(INVALID, |slot| slot.load(Ordering::Relaxed))
}

/// Sets the number of a frame; where there is no RAM, nothing happens.
pub fn set(mfn: Mfn, pfn: u64) {
    if let Some(slot) = slot(mfn) {
        slot.store(pfn, Ordering::Relaxed);
    }
}
