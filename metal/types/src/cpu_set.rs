//! Sets of physical CPUs: a plain one to pass around, and one that all CPUs may change.

use core::sync::atomic::{AtomicU64, Ordering};

/// The largest number of physical CPUs that is supported.
pub const MAX_CPUS: usize = 256;
const WORDS: usize = MAX_CPUS / 64;

/// A physical CPU, counted from 0 (the boot CPU) without holes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct CpuId(pub u32);

impl CpuId {
    /// The place of this CPU in a table of all CPUs.
    #[must_use]
    pub const fn index(self) -> usize {
        self.0 as usize
    }

    /// Word and bit of this CPU; a number beyond the limit has neither.
    const fn place(self) -> Option<(usize, u64)> {
        if self.index() < MAX_CPUS {
            Some((self.index() / 64, 1 << (self.0 % 64)))
        } else {
            None
        }
    }
}

/// A set of CPUs, as a value.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct CpuSet {
    words: [u64; WORDS],
}

impl CpuSet {
    /// The set with no member.
    pub const EMPTY: CpuSet = CpuSet { words: [0; WORDS] };

    /// The set with one member.
    #[must_use]
    pub fn of(cpu: CpuId) -> CpuSet {
        let mut set = CpuSet::EMPTY;
        set.insert(cpu);
        set
    }

    /// CPUs 0 to `count` - 1.
    #[must_use]
    pub fn first(count: u32) -> CpuSet {
        (0..count).map(CpuId).collect()
    }

    /// Adds a CPU; one beyond [`MAX_CPUS`] is ignored.
    pub fn insert(&mut self, cpu: CpuId) {
        if let Some((word, bit)) = cpu.place()
            && let Some(word) = self.words.get_mut(word)
        {
            *word |= bit;
        }
    }

    /// Takes a CPU out.
    pub fn remove(&mut self, cpu: CpuId) {
        if let Some((word, bit)) = cpu.place()
            && let Some(word) = self.words.get_mut(word)
        {
            *word &= !bit;
        }
    }

    /// Whether the CPU is a member.
    #[must_use]
    pub fn contains(&self, cpu: CpuId) -> bool {
        cpu.place()
            .and_then(|(word, bit)| Some(self.words.get(word)? & bit != 0))
            .unwrap_or(false)
    }

    /// Whether there is no member.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.words == [0; WORDS]
    }

    /// The number of members.
    #[must_use]
    pub fn len(&self) -> u32 {
        self.words.iter().map(|word| word.count_ones()).sum()
    }

    /// The members of both.
    #[must_use]
    pub fn intersection(&self, other: &CpuSet) -> CpuSet {
        self.zip(other, |a, b| a & b)
    }

    /// The members of either.
    #[must_use]
    pub fn union(&self, other: &CpuSet) -> CpuSet {
        self.zip(other, |a, b| a | b)
    }

    /// The members of this that are not members of the other.
    #[must_use]
    pub fn difference(&self, other: &CpuSet) -> CpuSet {
        self.zip(other, |a, b| a & !b)
    }

    /// The members, lowest first.
    pub fn iter(&self) -> impl Iterator<Item = CpuId> + use<> {
        let words = self.words;
        (0u32..)
            .zip(words)
            .flat_map(|(index, word)| Bits(word).map(move |bit| CpuId((index << 6) | bit)))
    }

    fn zip(&self, other: &CpuSet, op: impl Fn(u64, u64) -> u64) -> CpuSet {
        let mut words = self.words;
        for (word, other) in words.iter_mut().zip(other.words) {
            *word = op(*word, other);
        }
        CpuSet { words }
    }
}

impl FromIterator<CpuId> for CpuSet {
    fn from_iter<I: IntoIterator<Item = CpuId>>(cpus: I) -> CpuSet {
        let mut set = CpuSet::EMPTY;
        for cpu in cpus {
            set.insert(cpu);
        }
        set
    }
}

/// A set of CPUs that several CPUs change at once.
#[derive(Debug, Default)]
pub struct AtomicCpuSet {
    words: [AtomicU64; WORDS],
}

impl AtomicCpuSet {
    /// The empty set.
    #[must_use]
    pub const fn new() -> AtomicCpuSet {
        AtomicCpuSet {
            words: [const { AtomicU64::new(0) }; WORDS],
        }
    }

    /// The set of every CPU that there can be.
    #[must_use]
    pub const fn all() -> AtomicCpuSet {
        AtomicCpuSet {
            words: [const { AtomicU64::new(u64::MAX) }; WORDS],
        }
    }

    /// Replaces the members (word by word).
    pub fn store(&self, set: CpuSet) {
        for (word, new) in self.words.iter().zip(set.words) {
            word.store(new, Ordering::SeqCst);
        }
    }

    /// Adds a CPU; true if it was not a member.
    pub fn insert(&self, cpu: CpuId) -> bool {
        self.word_of(cpu)
            .is_some_and(|(word, bit)| word.fetch_or(bit, Ordering::SeqCst) & bit == 0)
    }

    /// Takes a CPU out; true if it was a member.
    pub fn remove(&self, cpu: CpuId) -> bool {
        self.word_of(cpu)
            .is_some_and(|(word, bit)| word.fetch_and(!bit, Ordering::SeqCst) & bit != 0)
    }

    /// Whether the CPU is a member at this moment.
    #[must_use]
    pub fn contains(&self, cpu: CpuId) -> bool {
        self.word_of(cpu)
            .is_some_and(|(word, bit)| word.load(Ordering::SeqCst) & bit != 0)
    }

    /// The members at this moment (each word is read once, one after the other).
    #[must_use]
    pub fn load(&self) -> CpuSet {
        CpuSet {
            words: core::array::from_fn(|index| {
                self.words
                    .get(index)
                    .map_or(0, |word| word.load(Ordering::SeqCst))
            }),
        }
    }

    /// Whether it has a member besides this one at this moment.
    #[inline]
    #[must_use]
    pub fn has_other_than(&self, cpu: CpuId) -> bool {
        let own = cpu.place();
        let others = |(index, word): (usize, &AtomicU64)| {
            let bit = own.filter(|(at, _)| *at == index).map_or(0, |(_, bit)| bit);
            word.load(Ordering::SeqCst) & !bit
        };
        self.words
            .iter()
            .enumerate()
            .map(others)
            .fold(0, |all, word| all | word)
            != 0
    }

    fn word_of(&self, cpu: CpuId) -> Option<(&AtomicU64, u64)> {
        let (word, bit) = cpu.place()?;
        Some((self.words.get(word)?, bit))
    }
}

struct Bits(u64);

impl Iterator for Bits {
    type Item = u32;

    fn next(&mut self) -> Option<u32> {
        if self.0 == 0 {
            return None;
        }
        let bit = self.0.trailing_zeros();
        self.0 &= self.0.wrapping_sub(1);
        Some(bit)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn members_come_out_lowest_first_and_survive_set_algebra() {
        let a: CpuSet = [CpuId(200), CpuId(3), CpuId(64)].into_iter().collect();
        let b = CpuSet::first(65);
        assert!(a.iter().eq([CpuId(3), CpuId(64), CpuId(200)]));
        assert!(a.intersection(&b).iter().eq([CpuId(3), CpuId(64)]));
        assert!(a.difference(&b).iter().eq([CpuId(200)]));
        assert_eq!(a.union(&b).len(), 66);
    }

    #[test]
    fn a_cpu_beyond_the_limit_is_no_member_and_harms_nothing() {
        let mut set = CpuSet::of(CpuId(256));
        set.insert(CpuId(u32::MAX));
        assert!(set.is_empty() && !set.contains(CpuId(256)));
        assert!(!AtomicCpuSet::new().insert(CpuId(256)));
    }

    #[test]
    fn the_atomic_set_tells_who_changed_it() {
        let set = AtomicCpuSet::new();
        assert!(set.insert(CpuId(70)) && !set.insert(CpuId(70)));
        assert_eq!(set.load(), CpuSet::of(CpuId(70)));
        assert!(set.remove(CpuId(70)) && !set.remove(CpuId(70)));
    }
}
