//! A page-table entry: the bits, which of them a PV guest may set, and what we add.
//!
//! Not here: what the entry refers to (`entry`).

use abi::Mfn;

/// An entry of a page table, as the CPU reads it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct Pte(pub u64);

impl Pte {
    /// Present.
    pub const P: u64 = 1 << 0;
    /// Writable.
    pub const RW: u64 = 1 << 1;
    /// For user mode; a PV guest runs wholly in ring 3.
    pub const US: u64 = 1 << 2;
    /// Memory type, low bit.
    pub const PWT: u64 = 1 << 3;
    /// Memory type, middle bit.
    pub const PCD: u64 = 1 << 4;
    /// Accessed.
    pub const A: u64 = 1 << 5;
    /// Dirty.
    pub const D: u64 = 1 << 6;
    /// In an L1 entry: memory type, high bit; in L2 and L3: a superpage.
    pub const PAT: u64 = 1 << 7;
    /// Global.
    pub const G: u64 = 1 << 8;
    /// Ours, in a bit that the CPU ignores: the guest meant this mapping for its kernel only.
    pub const GUEST_KERNEL: u64 = 1 << 52;
    /// Not executable.
    pub const NX: u64 = 1 << 63;
    /// Bits that choose the memory type in an L1 entry.
    pub const CACHING: u64 = Self::PWT | Self::PCD | Self::PAT;

    const FRAME: u64 = 0x000f_ffff_ffff_f000;
    /// What a guest may not set above the lowest level: memory types, superpages, global.
    const FORBIDDEN_ABOVE: u64 = Self::PWT | Self::PCD | Self::PAT | Self::G;

    /// An entry for a frame with the given flags.
    pub const fn new(mfn: Mfn, flags: u64) -> Self {
        Self((mfn.0 << 12) & Self::FRAME | flags)
    }

    /// Whether the CPU uses it at all.
    #[inline(always)]
    pub const fn is_present(self) -> bool {
        self.0 & Self::P != 0
    }

    /// Whether it allows writes.
    #[inline(always)]
    pub const fn is_writable(self) -> bool {
        self.0 & Self::RW != 0
    }

    /// The frame that it names.
    #[inline(always)]
    pub const fn mfn(self) -> Mfn {
        Mfn((self.0 & Self::FRAME) >> 12)
    }

    /// Whether both refer to the same frame in the same way, so that one may stand for the other without a change of
    /// references: only bits differ that decide nothing about ownership.
    #[inline(always)]
    pub(crate) const fn refers_as(self, other: Self) -> bool {
        (self.0 ^ other.0) & (Self::FRAME | Self::P | Self::RW | Self::CACHING) == 0
    }

    /// Whether the flags are allowed in a present L2, L3 or L4 entry.
    #[inline(always)]
    pub(crate) const fn is_allowed_above(self) -> bool {
        self.0 & Self::FORBIDDEN_ABOVE == 0
    }

    /// A present L1 entry as it goes into the table. The guest's kernel runs in ring 3 like its programs, so every
    /// mapping needs the user bit; what the guest itself did not give to its programs is marked, so that a guest
    /// which reads the entry and writes it back does not turn a kernel mapping into a global user one.
    #[inline(always)]
    pub(crate) const fn adjusted_l1(self, user_global: bool) -> Self {
        let mut bits = self.0 & !Self::G | Self::US;
        if self.0 & Self::US == 0 {
            bits |= Self::GUEST_KERNEL;
        }
        if user_global && bits & Self::GUEST_KERNEL == 0 {
            bits |= Self::G;
        }
        Self(bits)
    }

    /// A present entry of a higher level as it goes into the table.
    #[inline(always)]
    pub(crate) const fn adjusted_above(self) -> Self {
        Self(self.0 | Self::US)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_kernel_mapping_stays_one_when_it_is_read_and_written_back() {
        let kernel = Pte::new(Mfn(5), Pte::P | Pte::RW | Pte::G).adjusted_l1(true);
        assert_eq!(
            kernel.0,
            0x5000 | Pte::P | Pte::RW | Pte::US | Pte::GUEST_KERNEL
        );
        assert_eq!(kernel.adjusted_l1(true), kernel);
    }

    #[test]
    fn a_program_s_mapping_is_global_where_the_machine_wants_it_so() {
        let user = Pte::new(Mfn(5), Pte::P | Pte::US);
        assert_eq!(user.adjusted_l1(true).0, user.0 | Pte::G);
        assert_eq!(user.adjusted_l1(false), user);
    }

    #[test]
    fn accessed_and_dirty_decide_nothing_but_writing_and_caching_do() {
        let entry = Pte::new(Mfn(5), Pte::P);
        assert!(entry.refers_as(Pte(entry.0 | Pte::A | Pte::D | Pte::NX | Pte::US)));
        for flag in [Pte::P, Pte::RW, Pte::PWT, Pte::PAT, 1 << 12] {
            assert!(!entry.refers_as(Pte(entry.0 ^ flag)), "{flag:#x}");
        }
    }
}
