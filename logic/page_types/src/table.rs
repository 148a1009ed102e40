//! A validated page table that one CPU may change.
//!
//! Always: the value holds a reference to the frame and its type, and the frame's lock; nobody else changes the
//! table meanwhile but the CPU's page walker, which sets accessed and dirty bits.

use core::mem;
use core::sync::atomic::AtomicU64;

use abi::{DomId, Mfn};

use crate::error::Error;
use crate::frames::{Budget, Frames, Unlimited};
use crate::page::{Kind, PageInfo, State};
use crate::refs::Work;
use crate::validate;

/// The lock, as a value.
#[must_use]
pub(crate) struct LockedTable<'f, F: Frames> {
    frames: &'f F,
    page: &'f PageInfo,
    mfn: Mfn,
    kind: Kind,
}

impl<'f, F: Frames> LockedTable<'f, F> {
    /// Locks a valid page table of `owner`. One exchange, if nobody else has the lock.
    #[inline(always)]
    pub(crate) fn lock(frames: &'f F, mfn: Mfn, owner: DomId) -> Result<Self, Error> {
        let page = frames.page(mfn).ok_or(Error::NotYours)?;
        loop {
            let state = page.load();
            if !state.has(State::VALID) || !state.kind().is_table() {
                return Err(Error::NotATable);
            }
            if state.has(State::LOCKED) {
                frames.relax();
                continue;
            }
            let more = state.plus_both().ok_or(Error::TooMany)?;
            if page.try_swap(state, more.with(State::LOCKED)) {
                let table = Self {
                    frames,
                    page,
                    mfn,
                    kind: state.kind(),
                };
                // Only now can the owner not change any more.
                return if page.raw_owner() == owner {
                    Ok(table)
                } else {
                    Err(Error::NotYours)
                };
            }
        }
    }

    /// Its type.
    #[inline(always)]
    pub(crate) fn kind(&self) -> Kind {
        self.kind
    }

    /// One of its entries.
    #[inline(always)]
    pub(crate) fn word(&self, slot: usize) -> Result<&'f AtomicU64, Error> {
        self.frames.words(self.mfn).get(slot).ok_or(Error::BadSlot)
    }

    /// Unlocks the table and gives the reference back, now or later.
    #[inline(always)]
    pub(crate) fn unlock<B: Budget>(self, work: &mut Work<'_, F, B>) {
        let (frames, page, mfn) = (*self.frames, self.page, self.mfn);
        mem::forget(self);
        if unlock_shared(page).is_err() {
            work.release(frames, mfn);
        }
    }
}

impl<F: Frames> Drop for LockedTable<'_, F> {
    fn drop(&mut self) {
        if unlock_shared(self.page).is_err() {
            let _ = validate::release(*self.frames, self.mfn, &mut Unlimited);
        }
    }
}

/// Unlocks, and gives the reference back if it is not the last; `Err` leaves the last one with the caller, unlocked.
#[inline(always)]
fn unlock_shared(page: &PageInfo) -> Result<(), ()> {
    let shared =
        page.update(|state| (state.count() > 1).then(|| state.without(State::LOCKED).minus_both()));
    if shared.is_ok() {
        return Ok(());
    }
    page.clear_flag(State::LOCKED);
    Err(())
}
