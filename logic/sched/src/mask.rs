//! Sets of physical CPUs, small enough to copy.

/// CPUs, a bit each, 64 to a word.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Mask(pub [u64; 4]);

impl Mask {
    /// Every CPU.
    pub const ALL: Self = Self([u64::MAX; 4]);
    /// No CPU.
    pub const NONE: Self = Self([0; 4]);

    /// Puts a CPU in.
    pub fn insert(&mut self, cpu: u32) {
        if let Some(word) = self.0.get_mut((cpu / 64) as usize) {
            *word |= bit(cpu);
        }
    }

    /// Takes a CPU out.
    pub fn remove(&mut self, cpu: u32) {
        if let Some(word) = self.0.get_mut((cpu / 64) as usize) {
            *word &= !bit(cpu);
        }
    }

    /// Whether a CPU is in it.
    #[must_use]
    pub fn contains(&self, cpu: u32) -> bool {
        self.0
            .get((cpu / 64) as usize)
            .is_some_and(|word| word & bit(cpu) != 0)
    }

    /// Whether nothing is in it.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0 == [0; 4]
    }

    /// What is in both.
    #[must_use]
    pub fn and(&self, other: &Self) -> Self {
        let mut both = self.0;
        for (word, other) in both.iter_mut().zip(other.0) {
            *word &= other;
        }
        Self(both)
    }

    /// The lowest CPU.
    #[must_use]
    pub fn first(&self) -> Option<u32> {
        let bases = [0u32, 64, 128, 192];
        bases
            .into_iter()
            .zip(self.0)
            .find(|(_, word)| *word != 0)
            .map(|(base, word)| base | word.trailing_zeros())
    }
}

fn bit(cpu: u32) -> u64 {
    1u64.wrapping_shl(cpu)
}
