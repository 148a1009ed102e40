//! Frames of memory that guests may own or share.
//!
//! Always: memory is made of words of 64 bits; narrower accesses change their part of a word in one step.

use crate::memory;
use core::marker::PhantomData;
use core::sync::atomic::{AtomicU64, Ordering};
use std::sync::OnceLock;
use types::{Mfn, OutOfRange, PAGE_SIZE};

type Words = [AtomicU64; PAGE_SIZE / 8];

static RAM: OnceLock<Vec<Words>> = OnceLock::new();

fn ram() -> &'static [Words] {
    RAM.get_or_init(|| {
        let frame = |_| core::array::from_fn(|_| AtomicU64::new(0));
        (0..memory::max_mfn()).map(frame).collect()
    })
}

/// A frame of the pool.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Frame(u64);

impl Frame {
    /// The frame with this number, unless it is no RAM or private.
    #[must_use]
    pub fn new(mfn: Mfn) -> Option<Frame> {
        memory::is_in_pool(mfn).then_some(Frame(mfn.0))
    }

    /// Its number.
    #[must_use]
    pub const fn mfn(self) -> Mfn {
        Mfn(self.0)
    }

    /// Its bytes as words, which others may change at any time.
    #[must_use]
    pub fn words(self) -> &'static Words {
        &ram()[self.0 as usize]
    }

    /// The word at an offset.
    #[must_use]
    pub fn atomic_u64(self, offset: usize) -> Option<&'static AtomicU64> {
        offset
            .is_multiple_of(8)
            .then(|| self.words().get(offset / 8))
            .flatten()
    }

    /// The half word at an offset.
    #[must_use]
    pub fn atomic_u32(self, offset: usize) -> Option<U32Ref> {
        Part::at(self, offset)
    }

    /// The 16 bits at an offset.
    #[must_use]
    pub fn atomic_u16(self, offset: usize) -> Option<U16Ref> {
        Part::at(self, offset)
    }

    /// The byte at an offset.
    #[must_use]
    pub fn atomic_u8(self, offset: usize) -> Option<U8Ref> {
        Part::at(self, offset)
    }

    /// Copies out of the frame.
    pub fn read(self, offset: usize, buffer: &mut [u8]) -> Result<(), OutOfRange> {
        within(offset, buffer.len())?;
        let words = self.words();
        for (at, byte) in (offset..).zip(buffer) {
            *byte = words[at / 8].load(Ordering::Relaxed).to_le_bytes()[at % 8];
        }
        Ok(())
    }

    /// Copies into the frame.
    pub fn write(self, offset: usize, bytes: &[u8]) -> Result<(), OutOfRange> {
        within(offset, bytes.len())?;
        let (mut at, mut rest) = (offset, bytes);
        while !rest.is_empty() {
            let (part, behind) = rest.split_at(rest.len().min(8 - at % 8));
            let word = &self.words()[at / 8];
            let mut value = word.load(Ordering::Relaxed).to_le_bytes();
            value[at % 8..at % 8 + part.len()].copy_from_slice(part);
            word.store(u64::from_le_bytes(value), Ordering::Relaxed);
            (at, rest) = (at + part.len(), behind);
        }
        Ok(())
    }

    /// Fills the frame with zeros.
    pub fn zero(self) {
        for word in self.words() {
            word.store(0, Ordering::Relaxed);
        }
    }

    /// Copies from another frame, or this one.
    pub fn copy_range(
        self,
        offset: usize,
        source: Frame,
        source_offset: usize,
        len: usize,
    ) -> Result<(), OutOfRange> {
        within(offset, len)?;
        within(source_offset, len)?;
        let mut bytes = [0; PAGE_SIZE];
        source.read(source_offset, &mut bytes[..len])?;
        self.write(offset, &bytes[..len])
    }
}

fn within(offset: usize, len: usize) -> Result<(), OutOfRange> {
    if offset <= PAGE_SIZE && len <= PAGE_SIZE - offset {
        Ok(())
    } else {
        Err(OutOfRange)
    }
}

/// A byte of memory, with the operations of an `AtomicU8`.
pub type U8Ref = Part<u8>;
/// 16 bits of memory, with the operations of an `AtomicU16`.
pub type U16Ref = Part<u16>;
/// A half word of memory, with the operations of an `AtomicU32`.
pub type U32Ref = Part<u32>;

/// A part of a word of memory, which can be used like an atomic of its own.
#[derive(Clone, Copy, Debug)]
pub struct Part<T> {
    word: &'static AtomicU64,
    shift: u32,
    kind: PhantomData<T>,
}

/// A width of memory access.
pub trait Narrow: Copy + Into<u64> {
    /// Bits of it.
    const BITS: u32;
    /// The low bits of a word.
    fn low(word: u64) -> Self;
}

macro_rules! narrow {
    ($($type:ty)*) => {$(
        impl Narrow for $type {
            const BITS: u32 = <$type>::BITS;
            fn low(word: u64) -> $type {
                word as $type
            }
        }
    )*};
}

narrow!(u8 u16 u32);

impl<T: Narrow> Part<T> {
    fn at(frame: Frame, offset: usize) -> Option<Part<T>> {
        let word = frame.words().get(offset / 8)?;
        let bits = offset % 8 * 8;
        bits.is_multiple_of(T::BITS as usize).then_some(Part {
            word,
            shift: bits as u32,
            kind: PhantomData,
        })
    }

    fn mask(self) -> u64 {
        (u64::MAX >> (64 - T::BITS)) << self.shift
    }

    fn part_of(self, word: u64) -> T {
        T::low(word >> self.shift)
    }

    fn spread(self, value: T) -> u64 {
        value.into() << self.shift
    }

    /// As `AtomicU32::load`.
    #[must_use]
    pub fn load(self, order: Ordering) -> T {
        self.part_of(self.word.load(order))
    }

    /// As `AtomicU32::store`.
    pub fn store(self, value: T, _: Ordering) {
        let _before = self.swap(value, Ordering::SeqCst);
    }

    /// As `AtomicU32::swap`.
    pub fn swap(self, value: T, _: Ordering) -> T {
        self.change(|_| self.spread(value))
    }

    /// As `AtomicU32::fetch_or`.
    pub fn fetch_or(self, bits: T, order: Ordering) -> T {
        self.part_of(self.word.fetch_or(self.spread(bits), order))
    }

    /// As `AtomicU32::fetch_and`.
    pub fn fetch_and(self, bits: T, order: Ordering) -> T {
        self.part_of(self.word.fetch_and(self.spread(bits) | !self.mask(), order))
    }

    /// As `AtomicU32::compare_exchange`.
    pub fn compare_exchange(
        self,
        current: T,
        new: T,
        success: Ordering,
        failure: Ordering,
    ) -> Result<T, T> {
        let (wanted, mask) = (self.spread(current), self.mask());
        let replace = |word: u64| (word & mask == wanted).then(|| word & !mask | self.spread(new));
        self.word
            .fetch_update(success, failure, replace)
            .map(|word| self.part_of(word))
            .map_err(|word| self.part_of(word))
    }

    fn change(self, new: impl Fn(u64) -> u64) -> T {
        let mask = self.mask();
        let replace = |word: u64| Some(word & !mask | new(word) & mask);
        let before = self
            .word
            .fetch_update(Ordering::SeqCst, Ordering::SeqCst, replace);
        self.part_of(before.unwrap_or_default())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_part_changes_and_its_neighbours_stay() {
        let frame = Frame::new(Mfn(0x1000)).expect("in the pool");
        frame.words()[1].store(0x8877_6655_4433_2211, Ordering::Relaxed);
        let byte = frame.atomic_u8(9).expect("inside");
        assert_eq!(byte.swap(0xaa, Ordering::SeqCst), 0x22);
        let half = frame.atomic_u32(12).expect("inside");
        assert_eq!(
            half.compare_exchange(1, 2, Ordering::SeqCst, Ordering::SeqCst),
            Err(0x8877_6655)
        );
        assert_eq!(half.fetch_and(0xffff_0000, Ordering::SeqCst), 0x8877_6655);
        assert_eq!(
            frame.words()[1].load(Ordering::Relaxed),
            0x8877_0000_4433_aa11
        );
        assert!(frame.atomic_u16(1).is_none() && frame.atomic_u8(4096).is_none());
    }

    #[test]
    fn copies_that_leave_the_frame_are_refused() {
        let frame = Frame::new(Mfn(0x1001)).expect("in the pool");
        assert_eq!(frame.write(4090, &[1; 7]), Err(OutOfRange));
        assert_eq!(frame.write(4091, b"hello"), Ok(()));
        let mut back = [0; 5];
        assert_eq!(frame.read(4091, &mut back), Ok(()));
        assert_eq!(&back, b"hello");
        assert_eq!(frame.copy_range(0, frame, 4091, 6), Err(OutOfRange));
    }

    #[test]
    fn there_is_no_frame_of_what_guests_may_not_have() {
        assert!(Frame::new(Mfn(0)).is_none() && Frame::new(Mfn(memory::max_mfn())).is_none());
    }
}
