//! An L1 entry as a value that owns what it refers to.
//!
//! Always: a present entry that allows writes holds the frame and its type "writable"; any other present entry holds
//! the frame; one of I/O memory, and one that is not present, hold nothing.

use core::mem;
use core::sync::atomic::{AtomicU64, Ordering::AcqRel, Ordering::Acquire, Ordering::Release};

use abi::DomId;

use crate::error::Error;
use crate::frames::{Frames, IoAccess};
use crate::mmu::Write;
use crate::page::State;
use crate::pte::Pte;
use crate::refs::{drop_ref, drop_writable, held, hold, hold_writable};

/// Whose tables are changed, whose frames they may name, and how.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Authority {
    pub(crate) table_owner: DomId,
    pub(crate) page_owner: DomId,
    /// Flags that an L1 entry may not have.
    pub(crate) forbidden: u64,
}

impl Authority {
    /// A domain over its own memory, which may not choose memory types.
    #[inline(always)]
    pub const fn of(domain: DomId) -> Self {
        Self {
            table_owner: domain,
            page_owner: domain,
            forbidden: Pte::CACHING,
        }
    }

    /// Also for memory types other than write-back, which a domain with devices needs.
    #[inline(always)]
    pub const fn with_caching(self, allowed: bool) -> Self {
        let forbidden = if allowed { 0 } else { Pte::CACHING };
        Self { forbidden, ..self }
    }

    /// With L1 entries that name frames of another domain, or I/O memory only (`DomId::IO`).
    #[inline(always)]
    pub const fn mapping(self, page_owner: DomId) -> Self {
        Self { page_owner, ..self }
    }

    /// The same for whole tables: validation accepts frames of the tables' owner alone.
    #[inline(always)]
    pub(crate) const fn own(self) -> Self {
        Self {
            page_owner: self.table_owner,
            ..self
        }
    }
}

/// An L1 entry with its references. Dropped, it gives them back.
#[must_use]
#[derive(Debug)]
pub struct L1Entry<F: Frames> {
    frames: F,
    pte: Pte,
}

impl<F: Frames> L1Entry<F> {
    /// An entry that is not present, whatever its other bits say.
    pub const fn absent(frames: F, bits: u64) -> Self {
        Self {
            frames,
            pte: Pte(bits & !Pte::P),
        }
    }

    /// Checks an entry that a guest wants and takes the references that it needs.
    #[inline(always)]
    pub fn take(frames: F, wanted: Pte, who: &Authority) -> Result<Self, Error> {
        if !wanted.is_present() {
            return Ok(Self {
                frames,
                pte: wanted,
            });
        }
        if wanted.0 & who.forbidden != 0 {
            return Err(Error::BadFlags);
        }
        let mfn = wanted.mfn();
        let taken = if wanted.is_writable() {
            hold_writable(frames, mfn, who.page_owner).is_ok()
        } else {
            hold(frames, mfn, who.page_owner)
        };
        if !taken {
            may_map_io(frames, wanted, who)?;
        } else if wanted.0 & Pte::CACHING != 0 {
            note_caching(frames, wanted);
        }
        Ok(Self {
            frames,
            pte: wanted.adjusted_l1(F::USER_GLOBAL),
        })
    }

    /// The bits, as they stand in a table.
    #[inline(always)]
    pub fn pte(&self) -> Pte {
        self.pte
    }

    /// The value for the references of bits that leave a table, or that the caller took.
    #[inline(always)]
    pub(crate) fn adopt(frames: F, pte: Pte) -> Self {
        Self { frames, pte }
    }

    /// Hands the references to the bits, which go into a table.
    #[inline(always)]
    pub(crate) fn into_bits(self) -> Pte {
        let pte = self.pte;
        mem::forget(self);
        pte
    }

    /// Puts the entry into a slot of a table that the caller has locked, and takes out what was there (`old`, but for
    /// what the CPU did to its accessed and dirty bits).
    #[inline(always)]
    pub(crate) fn swap_into(self, word: &AtomicU64, old: Pte, how: Write) -> Result<Self, Error> {
        let frames = self.frames;
        let old = put(word, old, self.pte, how)?;
        let _ = self.into_bits();
        Ok(Self::adopt(frames, old))
    }
}

impl<F: Frames> Drop for L1Entry<F> {
    #[inline(always)]
    fn drop(&mut self) {
        if !self.pte.is_present() {
            return;
        }
        let mfn = self.pte.mfn();
        match self.frames.page(mfn) {
            Some(page) if !page.is_io() => {
                if self.pte.is_writable() {
                    drop_writable(self.frames, mfn);
                } else {
                    drop_ref(self.frames, mfn);
                }
            }
            _ => {}
        }
    }
}

/// Writes an entry into a locked table; gives what was there.
#[inline(always)]
pub(crate) fn put(word: &AtomicU64, old: Pte, new: Pte, how: Write) -> Result<Pte, Error> {
    match how {
        Write::Set => {
            word.store(new.0, Release);
            Ok(old)
        }
        Write::KeepAccessed => {
            let mut now = old.0;
            loop {
                let kept = now & (Pte::A | Pte::D);
                match word.compare_exchange_weak(now, new.0 | kept, AcqRel, Acquire) {
                    Ok(_) => return Ok(Pte(now)),
                    Err(changed) => now = changed,
                }
            }
        }
        Write::Exchange(expected) => word
            .compare_exchange(expected, new.0, AcqRel, Acquire)
            .map(Pte)
            .map_err(Error::Changed),
    }
}

/// Remembers that the CPU may write the frame past the caches. Only while it is held as writable: a mapping for
/// reading changes nothing.
#[cold]
#[inline(never)]
fn note_caching<F: Frames>(frames: F, wanted: Pte) {
    if wanted.is_writable() {
        held(&frames, wanted.mfn()).set_flag(State::UNCACHED);
    }
}

/// Whether an entry may name a frame of which no reference could be taken: only if that is I/O memory, and all who
/// are involved may use it.
#[cold]
#[inline(never)]
fn may_map_io<F: Frames>(frames: F, wanted: Pte, who: &Authority) -> Result<(), Error> {
    let mfn = wanted.mfn();
    if frames.page(mfn).is_some_and(|page| !page.is_io()) {
        return Err(Error::BadTarget);
    }
    let needed = if wanted.is_writable() {
        IoAccess::ReadWrite
    } else {
        IoAccess::Read
    };
    let privileged = if who.page_owner == DomId::IO {
        who.table_owner
    } else {
        who.page_owner
    };
    let allowed = [privileged, who.table_owner]
        .iter()
        .all(|&domain| frames.io_access(domain, mfn) >= needed);
    if allowed {
        Ok(())
    } else {
        Err(Error::NotPermitted)
    }
}
