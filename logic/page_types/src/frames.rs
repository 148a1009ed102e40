//! What this crate asks of the machine, and how long it may work at a time.

use core::ops::Range;
use core::sync::atomic::AtomicU64;

use abi::{DomId, Mfn};

use crate::page::PageInfo;

/// What a domain may do with a frame of I/O memory.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum IoAccess {
    /// Not map it.
    None,
    /// Map it for reading.
    Read,
    /// Map it.
    ReadWrite,
}

/// The frames of the machine. A handle that is copied freely: a reference, or a type without content.
///
/// The constants shrink the world for tests; the machine keeps the defaults.
pub trait Frames: Copy {
    /// Entries in a page table, a power of two.
    const SLOTS: usize = 512;
    /// The slots of a root that are the hypervisor's.
    const HYPERVISOR: Range<usize> = 256..272;
    /// Whether mappings of the guest's programs are global. If so, leaving an address space must flush those too.
    const USER_GLOBAL: bool = false;

    /// What is known about a frame; `None` if it is outside of the frame table.
    fn page(&self, mfn: Mfn) -> Option<&PageInfo>;

    /// The contents of a frame for which [`Self::page`] gives something that is not I/O memory: `SLOTS` words.
    fn words(&self, mfn: Mfn) -> &[AtomicU64];

    /// What `domain` may do with a frame that is no RAM. Frames beyond the machine's physical addresses: nothing.
    fn io_access(&self, domain: DomId, mfn: Mfn) -> IoAccess;

    /// Writes the hypervisor's entries into its slots of a root of `owner`. None may have the user bit, unless what it
    /// leads to is for all guests to read.
    fn prepare_root(&self, root: Mfn, owner: DomId);

    /// The TLB clock: it moves on when a CPU begins a flush of its whole TLB, before the flush takes effect.
    fn tlb_clock(&self) -> u32;

    /// Returns when every CPU that may have translations of frames of `owner` has begun and ended a flush after
    /// the clock showed `stamp`. Called with a page lock held and waits for other CPUs, which may wait in
    /// [`Self::relax`] meanwhile.
    fn flush_stale(&self, owner: DomId, stamp: u32);

    /// Writes the frame's cache lines back and drops them.
    fn flush_cache(&self, mfn: Mfn);

    /// One turn of waiting for another CPU. Answers requests of other CPUs for a TLB flush.
    fn relax(&self);

    /// The last reference to the frame is gone: nobody has it. It may be reused after a flush for its stamp.
    fn freed(&self, mfn: Mfn);
}

/// How much work may be done before others must have their turn.
pub trait Budget {
    /// Accounts for work about as long as checking `steps` entries; false when it must stop instead. A fresh budget
    /// allows at least one step, or nothing would ever end.
    fn spend(&mut self, steps: u32) -> bool;
}

/// So many steps.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Steps(pub u32);

impl Budget for Steps {
    #[inline(always)]
    fn spend(&mut self, steps: u32) -> bool {
        match self.0.checked_sub(steps) {
            Some(left) => {
                self.0 = left;
                true
            }
            None => false,
        }
    }
}

/// As many as it takes; for tests, and for the few places that cannot stop.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Unlimited;

impl Budget for Unlimited {
    #[inline(always)]
    fn spend(&mut self, _: u32) -> bool {
        true
    }
}
