//! The global allocator: `talc` over private memory that is mapped once at boot.
//!
//! Always: the heap never grows; the body bounds what guests can make it allocate.

use crate::layout::HEAP;
use crate::memory;
use crate::paging::{self, Attributes};
use crate::sync::Plain;
use core::alloc::{GlobalAlloc, Layout};
use core::ptr::{NonNull, null_mut};
use talc::base::Talc;
use talc::base::binning::DefaultBinning;
use talc::source::Manual;

struct Heap {
    talc: Plain<Talc<Manual, DefaultBinning>>,
}

#[global_allocator]
static GLOBAL: Heap = Heap { talc: Plain::new(Talc::new(Manual)) };

/// 8 MiB and a 64th of memory.
pub(crate) fn init() {
    let bytes = (8 << 20) + (memory::total_pages() * 4096 / 64).next_multiple_of(2 << 20);
    paging::back(HEAP..HEAP + bytes, Attributes::DATA);
    // SAFETY: [PRIVATE] The range was just mapped with fresh frames and is nobody else's.
    let claimed = GLOBAL.talc.with(|talc| unsafe { talc.claim(HEAP as *mut u8, bytes as usize) });
    assert!(claimed.is_some(), "the heap is too small");
}

/// Takes the lock away from whoever died with it, so that a panic can print.
pub(crate) fn force_unlock() {
    GLOBAL.talc.force();
}

// SAFETY: [HEAP] Talc keeps the contract; the lock keeps CPUs apart.
unsafe impl GlobalAlloc for Heap {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        // SAFETY: [CALLER] `GlobalAlloc` forbids a layout of size 0, which is all that talc asks.
        self.talc.with(|talc| unsafe { talc.allocate(layout) }).map_or(null_mut(), NonNull::as_ptr)
    }

    unsafe fn dealloc(&self, pointer: *mut u8, layout: Layout) {
        // SAFETY: [CALLER] `GlobalAlloc` promises that the block came from here with this layout.
        self.talc.with(|talc| unsafe { talc.deallocate(pointer, layout) });
    }
}
