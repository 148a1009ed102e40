//! What CPUID tells a guest: the machine's leaves, less what a guest cannot or must not use.
//!
//! A [`Policy`] is a table of leaves. The machine's is read once; a PV guest's is made from it by masks; a toolstack may
//! take more away ([`Policy::restrict`]), never add.
//!
//! Always: a guest's policy has no feature bit that the PV mask or the machine lacks.
//!
//! Not here: leaves that depend on who asks (APIC ids, XSAVE sizes, the hypervisor's own), which the caller fills in.
#![no_std]
#![forbid(unsafe_code)]
#![cfg_attr(
    not(test),
    deny(
        clippy::indexing_slicing,
        clippy::arithmetic_side_effects,
        clippy::unwrap_used,
        clippy::expect_used,
        clippy::panic
    )
)]

extern crate alloc;

mod mask;

use alloc::vec::Vec;

/// Marks a leaf without subleaves (`XEN_CPUID_NO_SUBLEAF`).
pub const NO_SUBLEAF: u32 = u32::MAX;

/// The highest basic and extended leaves that are kept.
const MAX_BASIC: u32 = 0xd;
const MAX_EXTENDED: u32 = 0x8000_0021;
const EXTENDED: u32 = 0x8000_0000;
/// Subleaves kept of leaves that have any.
const MAX_SUBLEAF: u32 = 63;

/// One leaf: EAX, EBX, ECX, EDX.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Leaf {
    /// EAX on entry.
    pub leaf: u32,
    /// ECX on entry, or [`NO_SUBLEAF`].
    pub subleaf: u32,
    /// The answer.
    pub regs: [u32; 4],
}

/// A table of leaves, in order.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Policy {
    leaves: Vec<Leaf>,
}

/// Whether a leaf has subleaves, and how many a policy has of it: as many as Xen's tools have room for, who refuse the
/// whole policy otherwise. (0x8000001d has more, but is one leaf to them.)
fn subleaves(leaf: u32) -> Option<u32> {
    match leaf {
        0x4 => Some(6),
        0xb => Some(2),
        0x7 => Some(2),
        0xd => Some(MAX_SUBLEAF),
        _ => None,
    }
}

impl Policy {
    /// No leaf at all.
    pub const NONE: Self = Self { leaves: Vec::new() };

    /// The machine's own.
    pub fn of_machine(cpuid: impl Fn(u32, u32) -> [u32; 4]) -> Self {
        let mut leaves = Vec::new();
        let [basic, ..] = cpuid(0, 0);
        let [extended, ..] = cpuid(EXTENDED, 0);
        for leaf in (0..=basic.min(MAX_BASIC)).chain(EXTENDED..=extended.min(MAX_EXTENDED)) {
            match subleaves(leaf) {
                None => leaves.push(Leaf {
                    leaf,
                    subleaf: NO_SUBLEAF,
                    regs: cpuid(leaf, 0),
                }),
                Some(count) => {
                    for subleaf in 0..count {
                        let regs = cpuid(leaf, subleaf);
                        if subleaf == 0 || regs != [0; 4] {
                            leaves.push(Leaf {
                                leaf,
                                subleaf,
                                regs,
                            });
                        }
                    }
                }
            }
        }
        let mut policy = Self { leaves };
        policy.set(0, |regs| regs[0] = basic.min(MAX_BASIC));
        policy.set(EXTENDED, |regs| regs[0] = extended.min(MAX_EXTENDED));
        policy
    }

    /// What a PV guest may see of it.
    pub fn for_pv(&self) -> Self {
        let leaves = self
            .leaves
            .iter()
            .map(|leaf| Leaf {
                regs: mask::pv(leaf.leaf, leaf.subleaf, leaf.regs),
                ..*leaf
            })
            .collect();
        Self { leaves }
    }

    /// A toolstack's wish, as far as this policy allows it.
    pub fn restrict(&self, wanted: &[Leaf]) -> Self {
        let leaves = self
            .leaves
            .iter()
            .map(|own| {
                let wish = wanted
                    .iter()
                    .find(|wish| wish.leaf == own.leaf && wish.subleaf == own.subleaf);
                Leaf {
                    regs: wish.map_or(own.regs, |wish| {
                        mask::meet(own.leaf, own.subleaf, own.regs, wish.regs)
                    }),
                    ..*own
                }
            })
            .collect();
        Self { leaves }
    }

    /// The answer to CPUID; a leaf that is not there is zero.
    pub fn query(&self, leaf: u32, subleaf: u32) -> [u32; 4] {
        let first = self.leaves.partition_point(|own| own.leaf < leaf);
        let mut candidates = self
            .leaves
            .get(first..)
            .unwrap_or(&[])
            .iter()
            .take_while(|own| own.leaf == leaf);
        candidates
            .find(|own| own.subleaf == NO_SUBLEAF || own.subleaf == subleaf)
            .map_or([0; 4], |own| own.regs)
    }

    /// All leaves, in order.
    pub fn leaves(&self) -> &[Leaf] {
        &self.leaves
    }

    /// The feature words in the order of the ABI's feature sets.
    pub fn featureset(&self) -> [u32; 22] {
        let word = |leaf: u32, subleaf: u32, register: usize| {
            self.query(leaf, subleaf)
                .get(register)
                .copied()
                .unwrap_or(0)
        };
        const EAX: usize = 0;
        const EBX: usize = 1;
        const ECX: usize = 2;
        const EDX: usize = 3;
        [
            word(1, 0, EDX),
            word(1, 0, ECX),
            word(0x8000_0001, 0, EDX),
            word(0x8000_0001, 0, ECX),
            word(0xd, 1, EAX),
            word(7, 0, EBX),
            word(7, 0, ECX),
            word(0x8000_0007, 0, EDX),
            word(0x8000_0008, 0, EBX),
            word(7, 0, EDX),
            word(7, 1, EAX),
            word(0x8000_0021, 0, EAX),
            word(7, 1, EBX),
            word(7, 2, EDX),
            word(7, 1, ECX),
            word(7, 1, EDX),
            0,
            0,
            word(0x8000_0021, 0, ECX),
            0,
            0,
            0,
        ]
    }

    fn set(&mut self, leaf: u32, change: impl FnOnce(&mut [u32; 4])) {
        if let Some(own) = self.leaves.iter_mut().find(|own| own.leaf == leaf) {
            change(&mut own.regs);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Every bit of every leaf, with plausible maxima.
    fn rich(leaf: u32, _: u32) -> [u32; 4] {
        match leaf {
            0 => [0xd, 1, 2, 3],
            EXTENDED => [0x8000_001e, 1, 2, 3],
            _ => [u32::MAX; 4],
        }
    }

    #[test]
    fn a_pv_guest_sees_no_supervisor_features_of_the_machine() {
        let pv = Policy::of_machine(rich).for_pv();
        let [_, ebx, ecx, _] = pv.query(7, 0);
        assert_eq!(ebx & (1 << 7 | 1 << 20 | 1 << 10), 0, "SMEP, SMAP, INVPCID");
        assert_eq!(ecx & (1 << 16), 0, "LA57");
        let [_, _, ecx, edx] = pv.query(1, 0);
        assert_eq!(ecx & (1 << 5 | 1 << 3 | 1 << 17), 0, "VMX, MONITOR, PCID");
        assert_eq!(edx & (1 << 13 | 1 << 3), 0, "PGE, PSE");
        let [_, _, ecx, _] = pv.query(0x8000_0001, 0);
        assert_eq!(ecx & 1 << 2, 0, "SVM");
    }

    #[test]
    fn a_toolstack_takes_away_and_cannot_add() {
        let pv = Policy::of_machine(rich).for_pv();
        let mut wish = pv.leaves().to_vec();
        for leaf in &mut wish {
            if leaf.leaf == 7 && leaf.subleaf == 0 {
                leaf.regs[1] = 1 << 20 | 1 << 3;
            }
        }
        let [_, ebx, ..] = pv.restrict(&wish).query(7, 0);
        assert_eq!(ebx, 1 << 3, "BMI1 stays, SMAP is not granted");
    }

    #[test]
    fn leaves_beyond_the_maximum_are_zero() {
        let pv = Policy::of_machine(rich).for_pv();
        assert_eq!(pv.query(0x1000, 0), [0; 4]);
        assert_eq!(pv.query(0x4000_0100, 0), [0; 4]);
    }
}
