//! How a frame comes to have a type with contents, and how it loses it: entry by entry, in steps.
//!
//! Both directions work on the same prefix. Validation climbs from the position to the end; the release of the last
//! reference descends from the position to 0. Either may stop after any entry, unlock the page and leave the position
//! for whoever comes next, who may go the other way.
//!
//! Always: locks are taken from higher levels to lower ones, and nobody waits for a lock of the same level.

use core::sync::atomic::{AtomicU64, Ordering::Relaxed, Ordering::SeqCst, fence};

use abi::Mfn;

use crate::entry::{Authority, L1Entry};
use crate::error::Error;
use crate::frames::{Budget, Frames, Unlimited};
use crate::page::{Kind, PageInfo, Progress, State};
use crate::pte::Pte;
use crate::refs::{drop_ref, held, hold, last_ref_gone};
use crate::segment;

/// What came of asking for a type.
#[derive(Debug)]
pub(crate) enum Acquired {
    /// The caller holds the frame and its type, which is valid.
    Yes,
    /// The caller holds nothing.
    No(Error),
    /// The caller holds the frame and its type, which is not valid, or not yet. (With `Keeper::Page` and
    /// `Error::Interrupted` the page holds it, not the caller.)
    Half(Error),
}

/// Who holds the reference of an interrupted validation.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Keeper {
    /// Whoever asked: an entry of a table that is itself being validated.
    Caller,
    /// The page, until somebody asks again.
    Page,
}

/// Takes a frame and its type.
pub(crate) fn acquire<F: Frames, B: Budget>(
    frames: F,
    mfn: Mfn,
    kind: Kind,
    who: &Authority,
    keeper: Keeper,
    budget: &mut B,
) -> Acquired {
    if !hold(frames, mfn, who.table_owner) {
        return Acquired::No(Error::NotYours);
    }
    let acquired = acquire_type(frames, mfn, kind, who, keeper, budget);
    if let Acquired::No(_) = acquired {
        drop_ref(frames, mfn);
    }
    acquired
}

/// The same for a frame that the caller holds.
fn acquire_type<F: Frames, B: Budget>(
    frames: F,
    mfn: Mfn,
    kind: Kind,
    who: &Authority,
    keeper: Keeper,
    budget: &mut B,
) -> Acquired {
    let page = held(&frames, mfn);
    loop {
        let state = page.load();
        if state.count() == 0 {
            let Some(taken) = begin(page, state, kind) else {
                continue;
            };
            if taken.has(State::VALID) {
                return Acquired::Yes;
            }
            settle_change(frames, mfn, page, state, kind);
            page.set_progress(Progress::NOTHING);
        } else if state.kind() != kind {
            return Acquired::No(Error::WrongType);
        } else if state.has(State::VALID) {
            let Some(more) = state.plus_count() else {
                return Acquired::No(Error::TooMany);
            };
            if page.try_swap(state, more) {
                return Acquired::Yes;
            }
            continue;
        } else if state.has(State::LOCKED) {
            frames.relax();
            continue;
        } else {
            let Some(more) = state.plus_count() else {
                return Acquired::No(Error::TooMany);
            };
            if !page.try_swap(state, more.with(State::LOCKED)) {
                continue;
            }
            adopt_kept(page);
        }
        return finish_climb(frames, mfn, page, kind, who, keeper, budget);
    }
}

/// Tries to give a frame that nobody uses a new type. With nothing to check and nothing to flush, that is all.
fn begin(page: &PageInfo, state: State, kind: Kind) -> Option<State> {
    let was = state.kind();
    let quiet = (was == kind || was == Kind::None)
        && !kind.has_contents()
        && (kind == Kind::Writable || !state.has(State::UNCACHED));
    let flag = if quiet { State::VALID } else { State::LOCKED };
    let taken = state
        .without(State::VALID)
        .with(flag)
        .with_kind(kind)
        .plus_count()?;
    page.try_swap(state, taken).then_some(taken)
}

/// Makes sure that nothing in a TLB or a cache outlives a change of type.
fn settle_change<F: Frames>(frames: F, mfn: Mfn, page: &PageInfo, before: State, kind: Kind) {
    let was = before.kind();
    if was != kind && was != Kind::None {
        frames.flush_stale(page.raw_owner(), page.stamp());
    }
    if kind != Kind::Writable && before.has(State::UNCACHED) {
        frames.flush_cache(mfn);
        page.clear_flag(State::UNCACHED);
    }
}

/// Takes over the reference that an interrupted validation left with the page; the caller has one of its own.
fn adopt_kept(page: &PageInfo) {
    let progress = page.progress();
    if progress.kept() {
        page.set_progress(progress.with_kept(false));
        let _ = page.update(|state| Some(state.minus_both()));
    }
}

/// Checks what is left to check of a page that the caller has locked, and unlocks it.
fn finish_climb<F: Frames, B: Budget>(
    frames: F,
    mfn: Mfn,
    page: &PageInfo,
    kind: Kind,
    who: &Authority,
    keeper: Keeper,
    budget: &mut B,
) -> Acquired {
    match climb(frames, mfn, page, kind, &who.own(), budget) {
        Ok(()) => {
            let _ = page.update(|state| Some(state.without(State::LOCKED).with(State::VALID)));
            Acquired::Yes
        }
        Err(stop) => {
            let kept = stop.error == Error::Interrupted && keeper == Keeper::Page;
            page.set_progress(Progress::new(stop.position, stop.half_entry).with_kept(kept));
            page.clear_flag(State::LOCKED);
            Acquired::Half(stop.error)
        }
    }
}

/// Where a climb or a descent stopped, and why.
struct Stop {
    error: Error,
    position: usize,
    half_entry: bool,
}

impl Stop {
    #[cold]
    fn at(position: usize, error: Error) -> Self {
        Self {
            error,
            position,
            half_entry: false,
        }
    }
}

fn climb<F: Frames, B: Budget>(
    frames: F,
    mfn: Mfn,
    page: &PageInfo,
    kind: Kind,
    who: &Authority,
    budget: &mut B,
) -> Result<(), Stop> {
    match kind {
        Kind::L1 => climb_l1(frames, mfn, page, who, budget),
        Kind::L2 | Kind::L3 | Kind::L4 => climb_table(frames, mfn, page, kind, who, budget),
        Kind::SegDesc => climb_descriptors(frames, mfn, page, budget),
        Kind::None | Kind::Writable | Kind::Shared => Ok(()),
    }
}

fn climb_l1<F: Frames, B: Budget>(
    frames: F,
    mfn: Mfn,
    page: &PageInfo,
    who: &Authority,
    budget: &mut B,
) -> Result<(), Stop> {
    let words = frames.words(mfn);
    let mut start = page.progress().position();
    while let Some((slot, word, found)) = next_present(words, start) {
        if !budget.spend(1) {
            return Err(Stop::at(slot, Error::Interrupted));
        }
        match L1Entry::take(frames, found, who) {
            Ok(entry) => {
                let pte = entry.into_bits();
                if pte != found {
                    word.store(pte.0, Relaxed);
                }
            }
            Err(error) => return Err(Stop::at(slot, error)),
        }
        start = slot.wrapping_add(1);
    }
    Ok(())
}

/// Entries that are looked at together where none is present.
const TOGETHER: usize = 8;

/// The first present entry from a slot on. Most tables are either full or nearly empty, and both go fast.
#[inline(always)]
fn next_present(words: &[AtomicU64], start: usize) -> Option<(usize, &AtomicU64, Pte)> {
    let mut rest = words.get(start..)?;
    let mut slot = start;
    loop {
        let (word, tail) = rest.split_first()?;
        let pte = Pte(word.load(Relaxed));
        if pte.is_present() {
            return Some((slot, word, pte));
        }
        (rest, slot) = (tail, slot.wrapping_add(1));
        while let Some((chunk, tail)) = rest.split_first_chunk::<TOGETHER>()
            && is_empty(chunk)
        {
            (rest, slot) = (tail, slot.wrapping_add(TOGETHER));
        }
    }
}

/// The last present entry below a slot.
#[inline(always)]
fn last_present(words: &[AtomicU64], end: usize) -> Option<(usize, Pte)> {
    let mut rest = words.get(..end)?;
    loop {
        let (word, head) = rest.split_last()?;
        let pte = Pte(word.load(Relaxed));
        if pte.is_present() {
            return Some((head.len(), pte));
        }
        rest = head;
        while let Some((head, chunk)) = rest.split_last_chunk::<TOGETHER>()
            && is_empty(chunk)
        {
            rest = head;
        }
    }
}

#[inline(always)]
fn is_empty(chunk: &[AtomicU64; TOGETHER]) -> bool {
    let bits = chunk.iter().fold(0, |bits, word| bits | word.load(Relaxed));
    !Pte(bits).is_present()
}

fn climb_descriptors<F: Frames, B: Budget>(
    frames: F,
    mfn: Mfn,
    page: &PageInfo,
    budget: &mut B,
) -> Result<(), Stop> {
    let start = page.progress().position();
    for (slot, word) in frames.words(mfn).iter().enumerate().skip(start) {
        if !budget.spend(1) {
            return Err(Stop::at(slot, Error::Interrupted));
        }
        let found = word.load(Relaxed);
        match segment::checked(found) {
            Some(allowed) if allowed == found => {}
            Some(allowed) => word.store(allowed, Relaxed),
            None => return Err(Stop::at(slot, Error::BadDescriptor)),
        }
    }
    Ok(())
}

fn climb_table<F: Frames, B: Budget>(
    frames: F,
    mfn: Mfn,
    page: &PageInfo,
    kind: Kind,
    who: &Authority,
    budget: &mut B,
) -> Result<(), Stop> {
    let progress = page.progress();
    let mut half_entry = progress.half_entry();
    let mut start = progress.position();
    while let Some((slot, word, found)) = next_present(frames.words(mfn), start) {
        start = slot.wrapping_add(1);
        if is_hypervisor_slot::<F>(kind, slot) {
            continue;
        }
        // A half entry was paid for when it was begun. To pay again could use up every budget before any progress.
        if !half_entry && !budget.spend(1) {
            return Err(Stop::at(slot, Error::Interrupted));
        }
        let acquired = acquire_below(frames, mfn, kind, found, who, Keeper::Caller, budget);
        if half_entry && !matches!(acquired, Acquired::No(_)) {
            drop_duplicate(frames, mfn, kind, found.mfn());
            half_entry = false;
        }
        match acquired {
            Acquired::Yes => {
                let adjusted = found.adjusted_above();
                if adjusted != found {
                    word.store(adjusted.0, Relaxed);
                }
            }
            Acquired::No(error) => {
                return Err(Stop {
                    error,
                    position: slot,
                    half_entry,
                });
            }
            Acquired::Half(error) => {
                return Err(Stop {
                    error,
                    position: slot,
                    half_entry: true,
                });
            }
        }
    }
    if kind == Kind::L4 {
        frames.prepare_root(mfn, who.table_owner);
    }
    Ok(())
}

/// Gives back what an entry held from an earlier try, after it was acquired once more; so it is never the last.
fn drop_duplicate<F: Frames>(frames: F, table: Mfn, kind: Kind, target: Mfn) {
    let page = held(&frames, target);
    let before = page.update(|state| Some(state.minus_both()));
    if before.is_ok_and(|state| state.kind() == kind) {
        page.unshift_linear(true);
        held(&frames, table).unshift_linear(false);
    }
}

/// Whether a slot is not the guest's.
#[inline(always)]
pub(crate) fn is_hypervisor_slot<F: Frames>(kind: Kind, slot: usize) -> bool {
    kind == Kind::L4 && F::HYPERVISOR.contains(&slot)
}

/// Takes what an entry of an L2, L3 or L4 table refers to.
///
/// That is the table below, or a table of the same level: then the guest sees its page tables as memory ("linear"
/// page tables), which is harmless as long as it can only read. An entry that names its own table needs no reference.
/// Other linear entries do, and do not chain: a table that is named by one has none of its own.
pub(crate) fn acquire_below<F: Frames, B: Budget>(
    frames: F,
    table: Mfn,
    kind: Kind,
    pte: Pte,
    who: &Authority,
    keeper: Keeper,
    budget: &mut B,
) -> Acquired {
    if !pte.is_allowed_above() {
        return Acquired::No(Error::BadFlags);
    }
    let target = pte.mfn();
    if target == table {
        return if pte.is_writable() {
            Acquired::No(Error::WrongType)
        } else {
            Acquired::Yes
        };
    }
    match acquire(frames, target, kind.below(), who, keeper, budget) {
        Acquired::No(Error::WrongType) if !pte.is_writable() => {
            acquire_linear(frames, table, kind, target, who)
        }
        acquired => acquired,
    }
}

#[cold]
fn acquire_linear<F: Frames>(
    frames: F,
    table: Mfn,
    kind: Kind,
    target: Mfn,
    who: &Authority,
) -> Acquired {
    if !hold(frames, target, who.table_owner) {
        return Acquired::No(Error::NotYours);
    }
    let (from, to) = (held(&frames, table), held(&frames, target));
    if to.shift_linear(true) {
        if from.shift_linear(false) {
            let taken = to.update(|state| {
                let valid = state.kind() == kind && state.has(State::VALID);
                if valid { state.plus_count() } else { None }
            });
            if taken.is_ok() {
                return Acquired::Yes;
            }
            from.unshift_linear(false);
        }
        to.unshift_linear(true);
    }
    drop_ref(frames, target);
    Acquired::No(Error::WrongType)
}

/// Gives back what an entry of an L2, L3 or L4 table refers to. Interrupted, the entry still refers to it.
pub(crate) fn release_below<F: Frames, B: Budget>(
    frames: F,
    table: Mfn,
    kind: Kind,
    pte: Pte,
    budget: &mut B,
) -> Result<(), Error> {
    let target = pte.mfn();
    if !pte.is_present() || target == table {
        return Ok(());
    }
    let page = held(&frames, target);
    if page.load().kind() != kind {
        return release(frames, target, budget);
    }
    // The frame must stay while its balance of linear entries is put right.
    let _ = page.update(State::plus_ref);
    let released = release(frames, target, budget);
    if released.is_ok() {
        page.unshift_linear(true);
        held(&frames, table).unshift_linear(false);
    }
    drop_ref(frames, target);
    released
}

/// Makes an entry that left its table forget the table; gives the frame to which a reference remains to be given back.
pub(crate) fn detach_below<F: Frames>(frames: F, table: Mfn, kind: Kind, pte: Pte) -> Option<Mfn> {
    let target = pte.mfn();
    if !pte.is_present() || target == table {
        return None;
    }
    let page = held(&frames, target);
    if page.load().kind() == kind {
        page.unshift_linear(true);
        held(&frames, table).unshift_linear(false);
    }
    Some(target)
}

/// Gives back a frame and its type. Interrupted, the caller still holds both, but the type is not valid any more.
pub(crate) fn release<F: Frames, B: Budget>(
    frames: F,
    mfn: Mfn,
    budget: &mut B,
) -> Result<(), Error> {
    let page = held(&frames, mfn);
    loop {
        let state = page.load();
        let last = state.count() == 1;
        if last && state.kind().has_contents() {
            if state.has(State::LOCKED) {
                // Only for a moment: whoever looks for a reference that the page keeps.
                frames.relax();
                continue;
            }
            if !page.try_swap(state, state.without(State::VALID).with(State::LOCKED)) {
                continue;
            }
            return finish_descent(frames, mfn, page, state, budget);
        }
        let mut next = state.minus_both();
        if last {
            // What removed the last mapping must be seen by page walkers before the clock is read: a flush that
            // begins later than the stamp may then not find the mapping again.
            fence(SeqCst);
            page.set_stamp(frames.tlb_clock());
            next = next.without(State::VALID);
        }
        if page.try_swap(state, next) {
            if next.refs() == 0 {
                last_ref_gone(frames, mfn);
            }
            return Ok(());
        }
    }
}

/// Gives back what the entries of a page refer to, of which the caller has the last type reference and the lock.
fn finish_descent<F: Frames, B: Budget>(
    frames: F,
    mfn: Mfn,
    page: &PageInfo,
    before: State,
    budget: &mut B,
) -> Result<(), Error> {
    let progress = if before.has(State::VALID) {
        Progress::new(F::SLOTS, false)
    } else {
        page.progress()
    };
    let kind = before.kind();
    if let Err(stop) = descend(frames, mfn, kind, progress, budget) {
        page.set_progress(Progress::new(stop.position, stop.half_entry));
        page.clear_flag(State::LOCKED);
        return Err(stop.error);
    }
    page.set_progress(Progress::NOTHING);
    page.set_stamp(frames.tlb_clock());
    let done = page.update(|state| Some(state.without(State::LOCKED).minus_both()));
    if done.is_ok_and(|old| old.refs() == 1) {
        last_ref_gone(frames, mfn);
    }
    Ok(())
}

fn descend<F: Frames, B: Budget>(
    frames: F,
    mfn: Mfn,
    kind: Kind,
    progress: Progress,
    budget: &mut B,
) -> Result<(), Stop> {
    match kind {
        Kind::L1 => descend_l1(frames, mfn, progress, budget),
        Kind::L2 | Kind::L3 | Kind::L4 => descend_table(frames, mfn, kind, progress, budget),
        Kind::None | Kind::SegDesc | Kind::Writable | Kind::Shared => Ok(()),
    }
}

fn descend_l1<F: Frames, B: Budget>(
    frames: F,
    mfn: Mfn,
    progress: Progress,
    budget: &mut B,
) -> Result<(), Stop> {
    let words = frames.words(mfn);
    let mut end = progress.position();
    while let Some((slot, pte)) = last_present(words, end) {
        if !budget.spend(1) {
            return Err(Stop::at(slot.wrapping_add(1), Error::Interrupted));
        }
        drop(L1Entry::adopt(frames, pte));
        end = slot;
    }
    Ok(())
}

fn descend_table<F: Frames, B: Budget>(
    frames: F,
    mfn: Mfn,
    kind: Kind,
    progress: Progress,
    budget: &mut B,
) -> Result<(), Stop> {
    // A half entry, at the position itself, holds its reference like those below it, and is paid for.
    let mut half_entry = progress.half_entry();
    let mut end = progress.position().wrapping_add(usize::from(half_entry));
    while let Some((slot, pte)) = last_present(frames.words(mfn), end) {
        end = slot;
        if is_hypervisor_slot::<F>(kind, slot) {
            continue;
        }
        if !half_entry && !budget.spend(1) {
            return Err(Stop::at(slot.wrapping_add(1), Error::Interrupted));
        }
        if let Err(error) = release_below(frames, mfn, kind, pte, budget) {
            return Err(Stop {
                error,
                position: slot,
                half_entry: true,
            });
        }
        half_entry = false;
    }
    if kind == Kind::L4 {
        // The frame goes back to the guest without our entries.
        let ours = frames.words(mfn).get(F::HYPERVISOR).unwrap_or(&[]);
        ours.iter().for_each(|word| word.store(0, Relaxed));
    }
    Ok(())
}

/// Takes the reference that an interrupted validation left with the page, if there is one.
pub(crate) fn take_kept<F: Frames>(frames: F, mfn: Mfn) -> bool {
    let Some(progress) = lock_unfinished(frames, mfn) else {
        return false;
    };
    let page = held(&frames, mfn);
    page.set_progress(progress.with_kept(false));
    page.clear_flag(State::LOCKED);
    progress.kept()
}

/// Leaves the caller's reference to a page whose release was interrupted with the page.
pub(crate) fn keep<F: Frames>(frames: F, mfn: Mfn) {
    let page = held(&frames, mfn);
    let kept = lock_unfinished(frames, mfn).is_some_and(|progress| {
        page.set_progress(progress.with_kept(true));
        page.clear_flag(State::LOCKED);
        !progress.kept()
    });
    if !kept {
        // Somebody validated the page meanwhile, or one reference is kept already: ours is not the last.
        let _ = release(frames, mfn, &mut Unlimited);
    }
}

/// Locks a page that has contents and is not valid; `None` if it is not such a page.
fn lock_unfinished<F: Frames>(frames: F, mfn: Mfn) -> Option<Progress> {
    let page = held(&frames, mfn);
    loop {
        let state = page.load();
        if state.count() == 0 || state.has(State::VALID) || !state.kind().has_contents() {
            return None;
        }
        if state.has(State::LOCKED) {
            frames.relax();
        } else if page.try_swap(state, state.with(State::LOCKED)) {
            return Some(page.progress());
        }
    }
}
