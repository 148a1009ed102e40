//! A frame of the pool: 4096 bytes that guests may own or share.
//!
//! Always: a `Frame` exists only for a frame in the pool map. Its bytes belong to nobody in Rust's sense: they
//! are reached by atomics or copied, so whatever a guest does meanwhile is a race of values, never of rules.

use crate::layout::DIRECT;
use crate::memory;
use core::ops::Range;
use core::sync::atomic::{AtomicPtr, AtomicU8, AtomicU16, AtomicU32, AtomicU64, Ordering};
use types::{Mfn, OutOfRange, PAGE_SIZE};

/// One bit for each frame: it is in the pool. Bits are set, never cleared.
static MAP: AtomicPtr<AtomicU64> = AtomicPtr::new(core::ptr::null_mut());
/// Frames that the map covers.
static COVERED: AtomicU64 = AtomicU64::new(0);

/// A byte of memory.
pub type U8Ref = &'static AtomicU8;
/// 16 bits of memory.
pub type U16Ref = &'static AtomicU16;
/// A half word of memory.
pub type U32Ref = &'static AtomicU32;

/// A frame of the pool.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Frame(u64);

/// Makes the map, empty.
pub(crate) fn init() {
    let words = memory::max_mfn().div_ceil(64);
    let map: &'static [AtomicU64] = memory::table(words as usize);
    MAP.store(map.as_ptr().cast_mut(), Ordering::Release);
    COVERED.store(words * 64, Ordering::Release);
}

/// Adds frames to the pool, for ever.
pub(crate) fn add_to_pool(range: Range<u64>) {
    for mfn in range {
        let word = map_word(mfn).expect("the map covers all RAM");
        word.fetch_or(1 << (mfn & 63), Ordering::Release);
    }
}

#[inline(always)]
fn map_word(mfn: u64) -> Option<&'static AtomicU64> {
    if mfn >= COVERED.load(Ordering::Relaxed) {
        return None;
    }
    // SAFETY: [POOL] The map has COVERED / 64 words, is never freed, and COVERED is set after MAP.
    Some(unsafe { &*MAP.load(Ordering::Relaxed).add((mfn >> 6) as usize) })
}

impl Frame {
    /// The frame with this number, unless it is no RAM or private.
    #[inline(always)]
    #[must_use]
    pub fn new(mfn: Mfn) -> Option<Frame> {
        let word = map_word(mfn.0)?.load(Ordering::Relaxed);
        (word >> (mfn.0 & 63) & 1 != 0).then_some(Frame(mfn.0))
    }

    /// Its number.
    #[inline(always)]
    #[must_use]
    pub const fn mfn(self) -> Mfn {
        Mfn(self.0)
    }

    #[inline(always)]
    fn base(self) -> *mut u8 {
        (DIRECT + (self.0 << 12)) as *mut u8
    }

    /// Its bytes as words, which others may change at any time.
    #[inline(always)]
    #[must_use]
    pub fn words(self) -> &'static [AtomicU64; 512] {
        // SAFETY:
        // 1. [POOL] A pool frame is RAM that no Rust value lives in, for ever.
        // 2. [DIRECT-MAP] It is mapped, writable, at an address that is page-aligned.
        unsafe { &*self.base().cast() }
    }

    /// The word at an offset.
    #[inline(always)]
    #[must_use]
    pub fn atomic_u64(self, offset: usize) -> Option<&'static AtomicU64> {
        self.place(offset, 8).map(|place| {
            // SAFETY: [POOL], [DIRECT-MAP] as in `words`; `place` is aligned and inside.
            unsafe { &*place.cast() }
        })
    }

    /// The half word at an offset.
    #[inline(always)]
    #[must_use]
    pub fn atomic_u32(self, offset: usize) -> Option<U32Ref> {
        self.place(offset, 4).map(|place| {
            // SAFETY: [POOL], [DIRECT-MAP] as in `words`; `place` is aligned and inside.
            unsafe { &*place.cast() }
        })
    }

    /// The 16 bits at an offset.
    #[inline(always)]
    #[must_use]
    pub fn atomic_u16(self, offset: usize) -> Option<U16Ref> {
        self.place(offset, 2).map(|place| {
            // SAFETY: [POOL], [DIRECT-MAP] as in `words`; `place` is aligned and inside.
            unsafe { &*place.cast() }
        })
    }

    /// The byte at an offset.
    #[inline(always)]
    #[must_use]
    pub fn atomic_u8(self, offset: usize) -> Option<U8Ref> {
        self.place(offset, 1).map(|place| {
            // SAFETY: [POOL], [DIRECT-MAP] as in `words`; `place` is inside.
            unsafe { &*place.cast() }
        })
    }

    #[inline(always)]
    fn place(self, offset: usize, size: usize) -> Option<*mut u8> {
        if offset & (size - 1) == 0 && offset < PAGE_SIZE {
            Some(self.base().wrapping_add(offset))
        } else {
            None
        }
    }

    /// The address of a range, if it is inside.
    #[inline(always)]
    fn range(self, offset: usize, len: usize) -> Result<*mut u8, OutOfRange> {
        if offset <= PAGE_SIZE && len <= PAGE_SIZE - offset {
            Ok(self.base().wrapping_add(offset))
        } else {
            Err(OutOfRange)
        }
    }

    /// Copies out of the frame.
    pub fn read(self, offset: usize, buffer: &mut [u8]) -> Result<(), OutOfRange> {
        let source = self.range(offset, buffer.len())?;
        // SAFETY:
        // 1. [POOL], [DIRECT-MAP] The source is mapped RAM; a racing guest gives torn values, no more.
        // 2. [CALLER] The target is a Rust slice, which no pool frame can overlap.
        unsafe { x86::copy_bytes(buffer.as_mut_ptr(), source, buffer.len()) };
        Ok(())
    }

    /// Copies into the frame.
    pub fn write(self, offset: usize, bytes: &[u8]) -> Result<(), OutOfRange> {
        let target = self.range(offset, bytes.len())?;
        // SAFETY: [POOL], [DIRECT-MAP] The target is mapped RAM in which no Rust value lives.
        unsafe { x86::copy_bytes(target, bytes.as_ptr(), bytes.len()) };
        Ok(())
    }

    /// Fills the frame with zeros.
    pub fn zero(self) {
        // SAFETY: [POOL], [DIRECT-MAP] The target is mapped RAM in which no Rust value lives.
        unsafe { x86::fill_words(self.base().cast(), 0, PAGE_SIZE / 8) };
    }

    /// Copies from another frame (or this one; overlapping ranges give unspecified bytes).
    pub fn copy_range(
        self,
        offset: usize,
        source: Frame,
        source_offset: usize,
        len: usize,
    ) -> Result<(), OutOfRange> {
        let (target, source) = (self.range(offset, len)?, source.range(source_offset, len)?);
        // SAFETY: [POOL], [DIRECT-MAP] Both are mapped RAM in which no Rust value lives.
        unsafe { x86::copy_bytes(target, source, len) };
        Ok(())
    }
}
