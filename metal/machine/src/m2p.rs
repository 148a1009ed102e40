//! The machine-to-physical table: for each frame of RAM, the number that its owner calls it by.
//!
//! Guests read it directly, so it lies at an address that is part of the ABI. There is one 2 MiB page of it
//! for each GiB in which there is RAM.

use crate::layout::{M2P, M2P_ALIAS, M2P_SIZE};
use crate::memory;
use crate::paging::{self, Attributes};
use core::sync::atomic::{AtomicU64, Ordering};
use types::Mfn;

/// First address of the table, for everybody.
pub const ADDRESS: u64 = M2P;
/// One past the last address that the table may ever use.
pub const END: u64 = M2P + M2P_SIZE;
/// What the table says about a frame that has no number.
pub const INVALID: u64 = u64::MAX;

/// Frames for which one page of the table speaks.
const FRAMES_PER_PAGE: u64 = (2 << 20) / 8;

/// One bit for each page of the table that is mapped: 32 TiB of memory at most.
static MAPPED: [AtomicU64; 512] = [const { AtomicU64::new(0) }; 512];

pub(crate) fn init() {
    memory::each_ram_range(|range| {
        for page in range.start / FRAMES_PER_PAGE..range.end.div_ceil(FRAMES_PER_PAGE) {
            let Some(word) = MAPPED.get((page / 64) as usize) else {
                break;
            };
            if word.fetch_or(1 << (page % 64), Ordering::Release) >> (page % 64) & 1 != 0 {
                continue;
            }
            let frames = memory::take_frames(512, 512) << 12;
            paging::map(
                M2P_ALIAS + page * (2 << 20),
                frames,
                2 << 20,
                Attributes::DATA,
            );
            paging::map(
                M2P + page * (2 << 20),
                frames,
                2 << 20,
                Attributes::GUEST_READ,
            );
            // SAFETY: [PRIVATE] The frames were just taken and mapped here for writing.
            unsafe {
                x86::fill_words(
                    (M2P_ALIAS + page * (2 << 20)) as *mut u64,
                    INVALID,
                    FRAMES_PER_PAGE as usize,
                )
            };
        }
    });
}

#[inline(always)]
fn slot(mfn: Mfn) -> Option<&'static AtomicU64> {
    let page = mfn.0 / FRAMES_PER_PAGE;
    let word = MAPPED.get((page / 64) as usize)?.load(Ordering::Relaxed);
    if word >> (page % 64) & 1 == 0 {
        return None;
    }
    // SAFETY: [M2P] The bit says that this page of the alias is mapped, for ever; entries are atomics.
    Some(unsafe { &*((M2P_ALIAS + mfn.0 * 8) as *const AtomicU64) })
}

/// The number of a frame, [`INVALID`] if it has none.
#[inline(always)]
#[must_use]
pub fn get(mfn: Mfn) -> u64 {
    slot(mfn).map_or(INVALID, |slot| slot.load(Ordering::Relaxed))
}

/// Sets the number of a frame; where there is no RAM, nothing happens.
#[inline(always)]
pub fn set(mfn: Mfn, pfn: u64) {
    if let Some(slot) = slot(mfn) {
        slot.store(pfn, Ordering::Relaxed);
    }
}
