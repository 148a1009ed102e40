//! The global allocator: `talc` over private memory that is mapped once at boot, and an arena for boot's large work.
//!
//! Always: the heap never grows; the body bounds what guests can make it allocate. The arena's memory goes to the pool
//! when nothing in it is alive any more.

use crate::layout::HEAP;
use crate::memory;
use crate::paging::{self, Attributes};
use crate::sync::Plain;
use core::alloc::{GlobalAlloc, Layout};
use core::ptr::{NonNull, null_mut};
use core::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use talc::base::Talc;
use talc::base::binning::DefaultBinning;
use talc::source::Manual;

struct Heap {
    talc: Plain<Talc<Manual, DefaultBinning>>,
    arena: Plain<Talc<Manual, DefaultBinning>>,
    /// Where the arena is; empty without one.
    arena_start: AtomicUsize,
    arena_end: AtomicUsize,
    /// Whether allocations come from the arena now.
    arena_open: AtomicBool,
    /// Blocks of the arena that are alive.
    arena_blocks: AtomicUsize,
}

#[global_allocator]
static GLOBAL: Heap = Heap {
    talc: Plain::new(Talc::new(Manual)),
    arena: Plain::new(Talc::new(Manual)),
    arena_start: AtomicUsize::new(0),
    arena_end: AtomicUsize::new(0),
    arena_open: AtomicBool::new(false),
    arena_blocks: AtomicUsize::new(0),
};

/// Makes this range the arena, and closes it.
pub(crate) fn set_arena(start: u64, bytes: u64) {
    // SAFETY: [PRIVATE] The caller took the frames for this, and they are in the direct map.
    let claimed = GLOBAL
        .arena
        .with(|talc| unsafe { talc.claim(start as *mut u8, bytes as usize) });
    assert!(claimed.is_some(), "the arena is too small");
    GLOBAL.arena_start.store(start as usize, Ordering::Relaxed);
    GLOBAL
        .arena_end
        .store((start + bytes) as usize, Ordering::Relaxed);
}

/// Opens the arena for the time of `work`: what is allocated meanwhile comes from there.
pub(crate) fn in_arena<R>(work: impl FnOnce() -> R) -> R {
    GLOBAL.arena_open.store(true, Ordering::Relaxed);
    let result = work();
    GLOBAL.arena_open.store(false, Ordering::Relaxed);
    result
}

/// Ends the arena; false, and it stays for ever, if something in it is alive.
pub(crate) fn end_arena() -> bool {
    if GLOBAL.arena_blocks.load(Ordering::Relaxed) != 0 {
        return false;
    }
    GLOBAL.arena_start.store(0, Ordering::Relaxed);
    GLOBAL.arena_end.store(0, Ordering::Relaxed);
    GLOBAL.arena.with(|talc| *talc = Talc::new(Manual));
    true
}

impl Heap {
    fn is_in_arena(&self, pointer: *mut u8) -> bool {
        let address = pointer as usize;
        address >= self.arena_start.load(Ordering::Relaxed)
            && address < self.arena_end.load(Ordering::Relaxed)
    }
}

/// 8 MiB and a 64th of memory.
pub(crate) fn init() {
    let bytes = (8 << 20) + (memory::total_pages() * 4096 / 64).next_multiple_of(2 << 20);
    paging::back(HEAP..HEAP + bytes, Attributes::DATA);
    // SAFETY: [PRIVATE] The range was just mapped with fresh frames and is nobody else's.
    let claimed = GLOBAL
        .talc
        .with(|talc| unsafe { talc.claim(HEAP as *mut u8, bytes as usize) });
    assert!(claimed.is_some(), "the heap is too small");
}

/// Takes the lock away from whoever died with it, so that a panic can print.
pub(crate) fn force_unlock() {
    GLOBAL.talc.force();
}

// SAFETY: [HEAP] Talc keeps the contract; the locks keep CPUs apart; an address tells which of the two a block is from.
unsafe impl GlobalAlloc for Heap {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        let from_arena = self.arena_open.load(Ordering::Relaxed);
        let source = if from_arena { &self.arena } else { &self.talc };
        // SAFETY: [CALLER] `GlobalAlloc` forbids a layout of size 0, which is all that talc asks.
        let block = source
            .with(|talc| unsafe { talc.allocate(layout) })
            .map_or(null_mut(), NonNull::as_ptr);
        if from_arena && !block.is_null() {
            self.arena_blocks.fetch_add(1, Ordering::Relaxed);
        }
        block
    }

    unsafe fn dealloc(&self, pointer: *mut u8, layout: Layout) {
        let source = if self.is_in_arena(pointer) {
            self.arena_blocks.fetch_sub(1, Ordering::Relaxed);
            &self.arena
        } else {
            &self.talc
        };
        // SAFETY: [CALLER] `GlobalAlloc` promises that the block came from here with this layout.
        source.with(|talc| unsafe { talc.deallocate(pointer, layout) });
    }
}
