//! What a guest asks of its page tables: change an entry, pin a table, give one up, look one up.

use core::sync::atomic::{AtomicU64, Ordering::Relaxed, Ordering::Release};

use abi::{DomId, Mfn};

use crate::entry::{Authority, L1Entry, put};
use crate::error::Error;
use crate::frames::{Budget, Frames};
use crate::page::{Kind, State};
use crate::pte::Pte;
use crate::refs::{PageRef, TypeRef, Work, Writable, drop_ref, get_root, held, hold};
use crate::table::LockedTable;
use crate::validate::{self, Acquired, Keeper};

/// How an entry is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Write {
    /// As it is.
    Set,
    /// With the accessed and dirty bits that the old entry has.
    KeepAccessed,
    /// Only if the old entry is this, to the bit.
    Exchange(u64),
}

/// Changes an entry of any valid page table of the authority's table owner; gives the old one.
#[inline(always)]
pub fn update_entry<F: Frames, B: Budget>(
    frames: F,
    table: Mfn,
    slot: usize,
    new: Pte,
    how: Write,
    who: &Authority,
    work: &mut Work<'_, F, B>,
) -> Result<Pte, Error> {
    let locked = LockedTable::lock(&frames, table, who.table_owner)?;
    let result = match locked.kind() {
        Kind::L1 => locked
            .word(slot)
            .and_then(|word| update_l1(frames, word, new, how, who)),
        kind => update_above(&locked, frames, table, kind, slot, new, how, who, work),
    };
    locked.unlock(work);
    result
}

/// Changes an entry of a valid L1 table only: what a plain store of the guest may do.
#[inline(always)]
pub fn update_l1_entry<F: Frames, B: Budget>(
    frames: F,
    table: Mfn,
    slot: usize,
    new: Pte,
    how: Write,
    who: &Authority,
    work: &mut Work<'_, F, B>,
) -> Result<Pte, Error> {
    let locked = LockedTable::lock(&frames, table, who.table_owner)?;
    let result = if locked.kind() == Kind::L1 {
        locked
            .word(slot)
            .and_then(|word| update_l1(frames, word, new, how, who))
    } else {
        Err(Error::NotATable)
    };
    locked.unlock(work);
    result
}

/// Puts an entry that owns its references already into a valid L1 table of `owner`; gives the old one, or the new one
/// back. For mappings that stand on another right than ownership: grants.
pub fn install<F: Frames, B: Budget>(
    frames: F,
    table: Mfn,
    slot: usize,
    entry: L1Entry<F>,
    owner: DomId,
    work: &mut Work<'_, F, B>,
) -> Result<L1Entry<F>, (Error, L1Entry<F>)> {
    let locked = match LockedTable::lock(&frames, table, owner) {
        Ok(locked) if locked.kind() == Kind::L1 => locked,
        Ok(_) => return Err((Error::NotATable, entry)),
        Err(error) => return Err((error, entry)),
    };
    let result = match locked.word(slot) {
        Ok(word) => {
            let old = Pte(word.swap(entry.into_bits().0, Release));
            Ok(L1Entry::adopt(frames, old))
        }
        Err(error) => Err((error, entry)),
    };
    locked.unlock(work);
    result
}

#[inline(always)]
fn update_l1<F: Frames>(
    frames: F,
    word: &AtomicU64,
    new: Pte,
    how: Write,
    who: &Authority,
) -> Result<Pte, Error> {
    let old = Pte(word.load(Relaxed));
    if new.is_present() && old.refers_as(new) {
        // The same reference with other flags.
        return put(word, old, new.adjusted_l1(F::USER_GLOBAL), how);
    }
    L1Entry::take(frames, new, who)?
        .swap_into(word, old, how)
        .map(|old| old.pte())
}

#[allow(clippy::too_many_arguments, reason = "one call, inlined")]
fn update_above<F: Frames, B: Budget>(
    locked: &LockedTable<'_, F>,
    frames: F,
    table: Mfn,
    kind: Kind,
    slot: usize,
    new: Pte,
    how: Write,
    who: &Authority,
    work: &mut Work<'_, F, B>,
) -> Result<Pte, Error> {
    if validate::is_hypervisor_slot::<F>(kind, slot) {
        return Err(Error::HypervisorSlot);
    }
    let word = locked.word(slot)?;
    let old = Pte(word.load(Relaxed));
    if !new.is_present() {
        let old = put(word, old, new, how)?;
        release_old(frames, table, kind, old, work);
        return Ok(old);
    }
    if old.refers_as(new) {
        if !new.is_allowed_above() {
            return Err(Error::BadFlags);
        }
        return put(word, old, new.adjusted_above(), how);
    }
    match validate::acquire_below(frames, table, kind, new, who, Keeper::Page, work.budget) {
        Acquired::Yes => {}
        Acquired::No(error) | Acquired::Half(error @ Error::Interrupted) => return Err(error),
        Acquired::Half(error) => {
            work.release(frames, new.mfn());
            return Err(error);
        }
    }
    match put(word, old, new.adjusted_above(), how) {
        Ok(old) => {
            release_old(frames, table, kind, old, work);
            Ok(old)
        }
        Err(error) => {
            release_old(frames, table, kind, new, work);
            Err(error)
        }
    }
}

/// Gives back what an entry that left a table referred to, now or later.
fn release_old<F: Frames, B: Budget>(
    frames: F,
    table: Mfn,
    kind: Kind,
    old: Pte,
    work: &mut Work<'_, F, B>,
) {
    if let Some(target) = validate::detach_below(frames, table, kind, old) {
        work.release(frames, target);
    }
}

/// Writes a word of a frame of `owner` that is no table, as `mmu_update` allows.
pub fn write_word<F: Frames>(
    frames: F,
    mfn: Mfn,
    slot: usize,
    value: u64,
    owner: DomId,
) -> Result<(), Error> {
    let target = TypeRef::<F, Writable>::writable(frames, mfn, owner)?;
    frames
        .words(target.mfn())
        .get(slot)
        .ok_or(Error::BadSlot)?
        .store(value, Release);
    Ok(())
}

/// Validates a table of the authority's table owner and keeps it so until [`unpin`].
pub fn pin<F: Frames, B: Budget>(
    frames: F,
    mfn: Mfn,
    kind: Kind,
    who: &Authority,
    work: &mut Work<'_, F, B>,
) -> Result<(), Error> {
    get_root(frames, mfn, kind, who, work)?;
    let pinned = held(&frames, mfn)
        .update(|state| (!state.has(State::PINNED)).then(|| state.with(State::PINNED)));
    if pinned.is_err() {
        work.release(frames, mfn);
        return Err(Error::PinState);
    }
    Ok(())
}

/// Ends a pin.
pub fn unpin<F: Frames, B: Budget>(
    frames: F,
    mfn: Mfn,
    owner: DomId,
    work: &mut Work<'_, F, B>,
) -> Result<(), Error> {
    if !hold(frames, mfn, owner) {
        return Err(Error::NotYours);
    }
    let unpinned = take_pin(frames, mfn);
    if unpinned {
        work.release(frames, mfn);
    }
    drop_ref(frames, mfn);
    if unpinned {
        Ok(())
    } else {
        Err(Error::PinState)
    }
}

fn take_pin<F: Frames>(frames: F, mfn: Mfn) -> bool {
    held(&frames, mfn)
        .update(|state| {
            state
                .has(State::PINNED)
                .then(|| state.without(State::PINNED))
        })
        .is_ok()
}

/// Takes a frame from a domain that is dying: ends its pin, what an interrupted validation left, and the domain's
/// having it. Other references (mappings of other domains) keep it. Interrupted, it is to be called again; the page
/// itself remembers how far it came.
pub fn relinquish<F: Frames, B: Budget>(
    frames: F,
    mfn: Mfn,
    owner: DomId,
    budget: &mut B,
) -> Result<(), Error> {
    let page = PageRef::get(frames, mfn, owner)?;
    while validate::take_kept(frames, mfn) || take_pin(frames, mfn) {
        if let Err(error) = validate::release(frames, mfn, budget) {
            validate::keep(frames, mfn);
            return Err(error);
        }
    }
    page.disown();
    Ok(())
}

/// Where an address leads.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Walk {
    /// The L1 table.
    pub table: Mfn,
    /// The entry in it.
    pub slot: usize,
    /// What the entry says.
    pub entry: Pte,
}

/// Looks an address up in the tables below a root, as the CPU's page walker would. Nothing is locked, so that the
/// answer is a hint: whoever changes the entry finds out under the lock whether the table is (still) one.
#[inline(always)]
pub fn walk<F: Frames>(frames: F, root: Mfn, address: u64) -> Option<Walk> {
    let bits = F::SLOTS.trailing_zeros();
    let slot_of = |level: u32| {
        let shift = bits.wrapping_mul(level).wrapping_add(12);
        (address >> shift) as usize & F::SLOTS.wrapping_sub(1)
    };
    if F::HYPERVISOR.contains(&slot_of(3)) {
        return None;
    }
    let mut table = root;
    for level in [3, 2, 1] {
        let entry = Pte(read(&frames, table, slot_of(level))?);
        if !entry.is_present() {
            return None;
        }
        table = entry.mfn();
    }
    let slot = slot_of(0);
    Some(Walk {
        table,
        slot,
        entry: Pte(read(&frames, table, slot)?),
    })
}

#[inline(always)]
fn read<F: Frames>(frames: &F, mfn: Mfn, slot: usize) -> Option<u64> {
    let page = frames.page(mfn)?;
    if page.is_io() {
        return None;
    }
    Some(frames.words(mfn).get(slot)?.load(Relaxed))
}
