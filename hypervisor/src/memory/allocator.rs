//! Free frames: a buddy allocator over the pool, in two zones.
//!
//! Blocks of `2^order` frames, aligned to their size, hang in a list per zone and order; the lists' links lie in the
//! frames' own `PageInfo`. A freed block joins its buddy where that is free too.
//!
//! Always: a frame is in at most one free block; [`ORDERS`] has the order of a free block at its first frame, 0 elsewhere.
//!
//! Not here: whose frames they become, and whether stale translations are flushed (`page_types` says when).

use core::sync::atomic::{AtomicU8, AtomicU32, AtomicU64, Ordering};

use abi::Mfn;
use metal::sync::{Mutex, Once};

use super::{Wanted, frames, page};
use crate::rank;

/// The largest block: 1 GiB.
const MAX_ORDER: u32 = 18;
const LISTS: usize = MAX_ORDER as usize + 1;
/// No frame.
const END: u32 = u32::MAX;
/// Frames below 4 GiB are the low zone, kept for devices that reach no higher.
const LOW_LIMIT: u32 = 1 << 20;
const LOW_BITS: u32 = 32;

/// One more than the order of the free block that begins at a frame; 0 where none does.
static ORDERS: Once<&'static [AtomicU8]> = Once::new();
/// Free frames.
static FREE: AtomicU64 = AtomicU64::new(0);
/// Free frames that are promised to somebody.
static CLAIMED: AtomicU64 = AtomicU64::new(0);

#[derive(Clone, Copy)]
struct Zone {
    heads: [u32; LISTS],
}

struct Zones {
    low: Zone,
    high: Zone,
}

const EMPTY: Zone = Zone {
    heads: [END; LISTS],
};

static ZONES: Mutex<Zones> = Mutex::new(
    rank::ALLOCATOR,
    Zones {
        low: EMPTY,
        high: EMPTY,
    },
);

/// Begins with no free frames.
pub fn start() {
    let count = usize::try_from(metal::memory::max_mfn()).unwrap_or(0);
    let _already = ORDERS.set(metal::memory::table::<AtomicU8>(count));
}

/// Frames that are free.
pub fn free_pages() -> u64 {
    FREE.load(Ordering::Relaxed)
}

/// Frames that are free and promised.
pub fn claimed_pages() -> u64 {
    CLAIMED.load(Ordering::Relaxed)
}

/// Promises frames; false if there are not so many.
pub fn claim(count: u64) -> bool {
    let _zones = ZONES.lock();
    let claimed = CLAIMED.load(Ordering::Relaxed).saturating_add(count);
    if claimed > free_pages() {
        return false;
    }
    CLAIMED.store(claimed, Ordering::Relaxed);
    true
}

/// Takes a promise back.
pub fn unclaim(count: u64) {
    let _zones = ZONES.lock();
    CLAIMED.store(
        CLAIMED.load(Ordering::Relaxed).saturating_sub(count),
        Ordering::Relaxed,
    );
}

/// Adds frames to the pool.
pub fn add(range: core::ops::Range<u64>) {
    let mut at = range.start;
    while at < range.end {
        let left = range.end.wrapping_sub(at);
        let order = at.trailing_zeros().min(left.ilog2()).min(MAX_ORDER);
        free(Mfn(at), order);
        at = at.wrapping_add(1u64.checked_shl(order).unwrap_or(1));
    }
}

/// A block of frames that nobody has, without stale translations.
pub fn alloc(wanted: Wanted) -> Option<Mfn> {
    let first = {
        let mut zones = ZONES.lock();
        let first = zones.take(wanted)?;
        FREE.fetch_sub(1u64.checked_shl(wanted.order)?, Ordering::Relaxed);
        first
    };
    let count = 1u32.checked_shl(wanted.order)?;
    for offset in 0..count {
        if let Some(page) = page(Mfn(u64::from(first.wrapping_add(offset)))) {
            frames::flush_for_reuse(page.stamp());
        }
    }
    Some(Mfn(u64::from(first)))
}

/// Gives a block back.
pub fn free(first: Mfn, order: u32) {
    let Ok(first) = u32::try_from(first.0) else {
        return;
    };
    let mut zones = ZONES.lock();
    zones.put(first, order);
    FREE.fetch_add(1u64.checked_shl(order).unwrap_or(0), Ordering::Relaxed);
}

fn order_of(frame: u32) -> Option<&'static AtomicU8> {
    ORDERS.get()?.get(frame as usize)
}

fn links(frame: u32) -> Option<&'static [AtomicU32; 2]> {
    Some(&page(Mfn(u64::from(frame)))?.links)
}

fn tag(order: u32) -> u8 {
    (order as u8).wrapping_add(1)
}

impl Zone {
    fn push(&mut self, frame: u32, order: u32) {
        let (Some(head), Some([next, previous])) =
            (self.heads.get_mut(order as usize), links(frame))
        else {
            return;
        };
        next.store(*head, Ordering::Relaxed);
        previous.store(END, Ordering::Relaxed);
        if let Some([_, back]) = links(*head) {
            back.store(frame, Ordering::Relaxed);
        }
        *head = frame;
        if let Some(place) = order_of(frame) {
            place.store(tag(order), Ordering::Relaxed);
        }
    }

    fn unlink(&mut self, frame: u32, order: u32) {
        let (Some(head), Some([next, previous])) =
            (self.heads.get_mut(order as usize), links(frame))
        else {
            return;
        };
        let (next, previous) = (
            next.load(Ordering::Relaxed),
            previous.load(Ordering::Relaxed),
        );
        match links(previous) {
            Some([forward, _]) => forward.store(next, Ordering::Relaxed),
            None => *head = next,
        }
        if let Some([_, back]) = links(next) {
            back.store(previous, Ordering::Relaxed);
        }
        if let Some(place) = order_of(frame) {
            place.store(0, Ordering::Relaxed);
        }
    }

    /// The first block of at least this order whose part below `limit` is large enough.
    fn find(&self, order: u32, limit: u32) -> Option<(u32, u32)> {
        let size = 1u32.checked_shl(order)?;
        for larger in order..=MAX_ORDER {
            let mut frame = *self.heads.get(larger as usize)?;
            while frame != END {
                if frame.checked_add(size).is_some_and(|end| end <= limit) {
                    return Some((frame, larger));
                }
                frame = links(frame).map_or(END, |[next, _]| next.load(Ordering::Relaxed));
            }
        }
        None
    }

    fn take(&mut self, order: u32, limit: u32) -> Option<u32> {
        let (frame, mut larger) = self.find(order, limit)?;
        self.unlink(frame, larger);
        // The upper halves go back until the block has the right size.
        while larger > order {
            larger = larger.wrapping_sub(1);
            self.push(frame.wrapping_add(1u32.checked_shl(larger)?), larger);
        }
        Some(frame)
    }
}

impl Zones {
    fn of(&mut self, frame: u32) -> &mut Zone {
        if frame < LOW_LIMIT {
            &mut self.low
        } else {
            &mut self.high
        }
    }

    fn take(&mut self, wanted: Wanted) -> Option<u32> {
        match wanted.address_bits {
            None => self
                .high
                .take(wanted.order, END)
                .or_else(|| self.low.take(wanted.order, END)),
            Some(bits) if bits > LOW_BITS => {
                let limit =
                    u32::try_from(1u64.checked_shl(bits.wrapping_sub(12)).unwrap_or(u64::MAX))
                        .unwrap_or(END);
                self.high
                    .take(wanted.order, limit)
                    .or_else(|| self.low.take(wanted.order, END))
            }
            Some(bits) => self
                .low
                .take(wanted.order, 1u32.checked_shl(bits.checked_sub(12)?)?),
        }
    }

    fn put(&mut self, first: u32, order: u32) {
        let (mut frame, mut order) = (first, order);
        let zone = self.of(frame);
        while order < MAX_ORDER {
            let Some(size) = 1u32.checked_shl(order) else {
                break;
            };
            let buddy = frame ^ size;
            let joins =
                order_of(buddy).is_some_and(|place| place.load(Ordering::Relaxed) == tag(order));
            if !joins {
                break;
            }
            zone.unlink(buddy, order);
            frame &= !size;
            order = order.wrapping_add(1);
        }
        zone.push(frame, order);
    }
}
