//! References that code holds: a frame exists, a frame has a type.
//!
//! Always: each value here is one reference in the frame's counts, and dropping it gives that back. `into_kept` and
//! `from_kept` move one in and out of a place where no value can stand, such as an entry of a table.

use core::marker::PhantomData;
use core::mem;

use abi::{DomId, Mfn};

use crate::entry::{Authority, L1Entry};
use crate::error::Error;
use crate::frames::{Budget, Frames, Unlimited};
use crate::page::{Kind, PageInfo, State};
use crate::pte::Pte;
use crate::validate::{self, Acquired, Keeper};

/// The frame of a reference that exists. That it has none is our own broken state.
#[inline(always)]
pub(crate) fn held<F: Frames>(frames: &F, mfn: Mfn) -> &PageInfo {
    match frames.page(mfn) {
        Some(page) => page,
        None => lost(mfn),
    }
}

#[cold]
#[inline(never)]
#[expect(
    clippy::panic,
    reason = "our own counts are wrong, and to go on would give memory away"
)]
fn lost(mfn: Mfn) -> ! {
    panic!("a reference is held to frame {mfn}, which does not exist")
}

/// Takes a reference to a frame of `owner`.
#[inline(always)]
pub(crate) fn hold<F: Frames>(frames: F, mfn: Mfn, owner: DomId) -> bool {
    let Some(page) = frames.page(mfn) else {
        return false;
    };
    if page.update(State::plus_ref).is_err() {
        return false;
    }
    // Only now can the owner not change any more.
    if page.raw_owner() == owner {
        return true;
    }
    drop_ref(frames, mfn);
    false
}

/// Gives a reference back.
#[inline(always)]
pub(crate) fn drop_ref<F: Frames>(frames: F, mfn: Mfn) {
    let page = held(&frames, mfn);
    if let Ok(old) = page.update(|state| Some(state.minus_ref()))
        && old.refs() == 1
    {
        last_ref_gone(frames, mfn);
    }
}

#[cold]
#[inline(never)]
pub(crate) fn last_ref_gone<F: Frames>(frames: F, mfn: Mfn) {
    held(&frames, mfn).set_stamp(frames.tlb_clock());
    frames.freed(mfn);
}

/// Takes a reference to a frame of `owner` for writing. One exchange, if the frame is writable already.
#[inline(always)]
pub(crate) fn hold_writable<F: Frames>(frames: F, mfn: Mfn, owner: DomId) -> Result<(), Error> {
    let Some(page) = frames.page(mfn) else {
        return Err(Error::NotYours);
    };
    let taken = page.update(|state| {
        if state.is_ready(Kind::Writable) {
            state.plus_both()
        } else {
            None
        }
    });
    if taken.is_err() {
        return become_writable(frames, mfn, owner);
    }
    if page.raw_owner() == owner {
        return Ok(());
    }
    drop_writable(frames, mfn);
    Err(Error::NotYours)
}

#[cold]
#[inline(never)]
fn become_writable<F: Frames>(frames: F, mfn: Mfn, owner: DomId) -> Result<(), Error> {
    let who = Authority::of(owner);
    match validate::acquire(
        frames,
        mfn,
        Kind::Writable,
        &who,
        Keeper::Caller,
        &mut Unlimited,
    ) {
        Acquired::Yes => Ok(()),
        Acquired::No(error) | Acquired::Half(error) => Err(error),
    }
}

/// Gives back what [`hold_writable`] took.
#[inline(always)]
pub(crate) fn drop_writable<F: Frames>(frames: F, mfn: Mfn) {
    let page = held(&frames, mfn);
    let several = page.update(|state| {
        if state.count() > 1 {
            Some(state.minus_both())
        } else {
            None
        }
    });
    if several.is_err() {
        last_writer_gone(frames, mfn);
    }
}

#[cold]
#[inline(never)]
fn last_writer_gone<F: Frames>(frames: F, mfn: Mfn) {
    // A writable frame has no contents to give back, so that this cannot be interrupted.
    let _ = validate::release(frames, mfn, &mut Unlimited);
}

/// A frame that exists and keeps its owner.
#[must_use]
#[derive(Debug)]
pub struct PageRef<F: Frames> {
    frames: F,
    mfn: Mfn,
}

impl<F: Frames> PageRef<F> {
    /// A reference to a frame of `owner`.
    #[inline]
    pub fn get(frames: F, mfn: Mfn, owner: DomId) -> Result<Self, Error> {
        if hold(frames, mfn, owner) {
            Ok(Self { frames, mfn })
        } else {
            Err(Error::NotYours)
        }
    }

    /// A reference to a frame of whoever has it.
    pub fn get_any(frames: F, mfn: Mfn) -> Result<Self, Error> {
        let page = frames.page(mfn).ok_or(Error::NotYours)?;
        page.update(State::plus_ref).map_err(|_| Error::NotYours)?;
        Ok(Self { frames, mfn })
    }

    /// The frame.
    #[inline(always)]
    pub fn mfn(&self) -> Mfn {
        self.mfn
    }

    /// Who has it.
    pub fn owner(&self) -> DomId {
        held(&self.frames, self.mfn).raw_owner()
    }

    /// Gives the value up and keeps the reference, for [`Self::from_kept`].
    #[inline(always)]
    pub fn into_kept(self) -> Mfn {
        let mfn = self.mfn;
        mem::forget(self);
        mfn
    }

    /// The value for a reference that was kept.
    #[inline(always)]
    pub fn from_kept(frames: F, mfn: Mfn) -> Self {
        Self { frames, mfn }
    }

    /// Hands the reference to a read-only mapping; `flags` beside the frame's number.
    #[inline(always)]
    pub fn into_entry(self, flags: u64) -> L1Entry<F> {
        let frames = self.frames;
        L1Entry::adopt(
            frames,
            Pte::new(self.into_kept(), flags & !Pte::RW | Pte::P),
        )
    }

    /// Ends the owner's having the frame: it is freed when the last reference goes. False if that had happened.
    pub fn disown(&self) -> bool {
        let page = held(&self.frames, self.mfn);
        let disowned = page.update(|state| {
            state
                .has(State::ALLOCATED)
                .then(|| state.without(State::ALLOCATED))
        });
        if disowned.is_ok() {
            drop_ref(self.frames, self.mfn);
        }
        disowned.is_ok()
    }

    /// Takes the frame out of its owner's hands, if nobody else holds it and nothing uses it.
    pub fn steal(self) -> Result<Stolen, Self> {
        let page = held(&self.frames, self.mfn);
        let alone = page.update(|state| {
            let idle = state.count() == 0 && state.refs() == 2 && state.has(State::ALLOCATED);
            idle.then(|| state.without(State::ALLOCATED).minus_ref().minus_ref())
        });
        if alone.is_err() {
            return Err(self);
        }
        page.set_stamp(self.frames.tlb_clock());
        page.set_owner(DomId::INVALID);
        Ok(Stolen {
            mfn: self.into_kept(),
        })
    }
}

impl<F: Frames> Clone for PageRef<F> {
    fn clone(&self) -> Self {
        // Overflow needs more than 4 billion values; there is no memory for so many.
        let _ = held(&self.frames, self.mfn).update(State::plus_ref);
        Self {
            frames: self.frames,
            mfn: self.mfn,
        }
    }
}

impl<F: Frames> Drop for PageRef<F> {
    #[inline(always)]
    fn drop(&mut self) {
        drop_ref(self.frames, self.mfn);
    }
}

/// A frame that was taken from its owner and that nobody has: to be assigned anew, or freed, after a TLB flush for
/// its stamp.
#[must_use]
#[derive(Debug, PartialEq, Eq)]
pub struct Stolen {
    /// The frame.
    pub mfn: Mfn,
}

/// A kind as a type.
pub trait PageKind {
    /// The same as a value.
    const KIND: Kind;
}

macro_rules! kinds {
    ($($(#[$doc:meta])* $name:ident;)*) => {
        $(
            $(#[$doc])*
            #[derive(Clone, Copy, Debug)]
            pub enum $name {}

            impl PageKind for $name {
                const KIND: Kind = Kind::$name;
            }
        )*
    };
}

kinds! {
    /// [`Kind::L1`].
    L1;
    /// [`Kind::L2`].
    L2;
    /// [`Kind::L3`].
    L3;
    /// [`Kind::L4`].
    L4;
    /// [`Kind::SegDesc`].
    SegDesc;
    /// [`Kind::Writable`].
    Writable;
    /// [`Kind::Shared`].
    Shared;
}

/// Some kind.
#[derive(Clone, Copy, Debug)]
pub enum Any {}

/// A frame that exists, has a type, and is valid as such.
///
/// Dropping the last reference to a table checks its entries out, however long that takes; where it may be long,
/// [`Self::give_back`] does the same in steps.
#[must_use]
#[derive(Debug)]
pub struct TypeRef<F: Frames, K = Any> {
    frames: F,
    mfn: Mfn,
    kind: PhantomData<K>,
}

impl<F: Frames, K: PageKind> TypeRef<F, K> {
    /// A reference to a frame of the authority's table owner as this kind, which it becomes if nobody uses it as
    /// something else. [`Error::Interrupted`] leaves the progress with the frame.
    pub fn get<B: Budget>(
        frames: F,
        mfn: Mfn,
        who: &Authority,
        work: &mut Work<'_, F, B>,
    ) -> Result<Self, Error> {
        get_root(frames, mfn, K::KIND, who, work)?;
        Ok(Self::from_kept(frames, mfn))
    }
}

impl<F: Frames> TypeRef<F, Writable> {
    /// A reference for writing to a frame of `owner`.
    #[inline]
    pub fn writable(frames: F, mfn: Mfn, owner: DomId) -> Result<Self, Error> {
        hold_writable(frames, mfn, owner)?;
        Ok(Self::from_kept(frames, mfn))
    }

    /// Hands the reference to a writable mapping; `flags` beside the frame's number.
    #[inline(always)]
    pub fn into_entry(self, flags: u64) -> L1Entry<F> {
        let frames = self.frames;
        L1Entry::adopt(frames, Pte::new(self.into_kept(), flags | Pte::RW | Pte::P))
    }
}

impl<F: Frames> TypeRef<F, SegDesc> {
    /// A reference to a frame of `owner` as a page of descriptors, checked in one go: there are no more than a page
    /// has, and none refers to anything.
    pub fn descriptors(frames: F, mfn: Mfn, owner: DomId) -> Result<Self, Error> {
        let mut leftovers = Leftovers::new();
        let mut work = Work {
            budget: &mut Unlimited,
            leftovers: &mut leftovers,
        };
        Self::get(frames, mfn, &Authority::of(owner), &mut work)
    }
}

impl<F: Frames, K> TypeRef<F, K> {
    /// The frame.
    #[inline(always)]
    pub fn mfn(&self) -> Mfn {
        self.mfn
    }

    /// Its type.
    pub fn kind(&self) -> Kind {
        held(&self.frames, self.mfn).kind()
    }

    /// Forgets which kind it is, in the type only.
    pub fn erase(self) -> TypeRef<F> {
        let frames = self.frames;
        TypeRef {
            frames,
            mfn: self.into_kept(),
            kind: PhantomData,
        }
    }

    /// Gives the value up and keeps the reference, for [`Self::from_kept`].
    #[inline(always)]
    pub fn into_kept(self) -> Mfn {
        let mfn = self.mfn;
        mem::forget(self);
        mfn
    }

    /// The value for a reference that was kept.
    #[inline(always)]
    pub fn from_kept(frames: F, mfn: Mfn) -> Self {
        Self {
            frames,
            mfn,
            kind: PhantomData,
        }
    }

    /// Gives the reference back within the budget. What remains to be done is put among the leftovers.
    #[inline]
    pub fn give_back<B: Budget>(self, work: &mut Work<'_, F, B>) {
        let frames = self.frames;
        work.release(frames, self.into_kept());
    }
}

impl<F: Frames, K> Clone for TypeRef<F, K> {
    fn clone(&self) -> Self {
        let _ = held(&self.frames, self.mfn).update(State::plus_both);
        Self {
            frames: self.frames,
            mfn: self.mfn,
            kind: PhantomData,
        }
    }
}

impl<F: Frames, K> Drop for TypeRef<F, K> {
    fn drop(&mut self) {
        let _ = validate::release(self.frames, self.mfn, &mut Unlimited);
    }
}

/// A table of which the last reference is being given back, in steps.
#[must_use]
#[derive(Debug)]
pub struct Unfinished<F: Frames> {
    frames: F,
    mfn: Mfn,
}

impl<F: Frames> Unfinished<F> {
    /// The value for a reference that was kept by [`Leftovers::into_kept`].
    pub fn from_kept(frames: F, mfn: Mfn) -> Self {
        Self { frames, mfn }
    }
}

impl<F: Frames> Drop for Unfinished<F> {
    fn drop(&mut self) {
        let _ = validate::release(self.frames, self.mfn, &mut Unlimited);
    }
}

/// Tables that a virtual CPU's last request could not finish giving back; it makes no other request before.
///
/// A request leaves two at most: what it replaced (or failed to validate), and the table that it worked on, if another
/// CPU gave up the rest of that meanwhile.
#[derive(Debug)]
pub struct Leftovers<F: Frames>([Option<Unfinished<F>>; 2]);

impl<F: Frames> Default for Leftovers<F> {
    fn default() -> Self {
        Self::new()
    }
}

impl<F: Frames> Leftovers<F> {
    /// Nothing left.
    pub const fn new() -> Self {
        Self([None, None])
    }

    /// Gives the value up and keeps the references: the frames that are left.
    pub fn into_kept(self) -> [Option<Mfn>; 2] {
        self.0.map(|slot| {
            let unfinished = slot?;
            let mfn = unfinished.mfn;
            mem::forget(unfinished);
            Some(mfn)
        })
    }

    /// The value for references that were kept.
    pub fn from_kept(frames: F, kept: [Option<Mfn>; 2]) -> Self {
        Self(kept.map(|slot| slot.map(|mfn| Unfinished::from_kept(frames, mfn))))
    }

    /// Whether nothing is left.
    #[inline(always)]
    pub fn is_empty(&self) -> bool {
        let Self([first, second]) = self;
        first.is_none() && second.is_none()
    }

    /// Goes on giving back. [`Error::Interrupted`] if something is still left.
    #[inline(always)]
    pub fn finish<B: Budget>(&mut self, budget: &mut B) -> Result<(), Error> {
        if self.is_empty() {
            Ok(())
        } else {
            self.go_on(budget)
        }
    }

    #[cold]
    #[inline(never)]
    fn go_on<B: Budget>(&mut self, budget: &mut B) -> Result<(), Error> {
        for slot in &mut self.0 {
            let Some(unfinished) = slot else { continue };
            validate::release(unfinished.frames, unfinished.mfn, budget)?;
            mem::forget(slot.take());
        }
        Ok(())
    }

    #[cold]
    fn push(&mut self, unfinished: Unfinished<F>) {
        // With both taken (which no request can bring about) the value is dropped, which finishes it on the spot.
        if let Some(slot) = self.0.iter_mut().find(|slot| slot.is_none()) {
            *slot = Some(unfinished);
        }
    }
}

/// What a request may use: time, and a place for what it cannot finish.
pub struct Work<'w, F: Frames, B: Budget> {
    /// How long it may take.
    pub budget: &'w mut B,
    /// What it leaves; empty at its start.
    pub leftovers: &'w mut Leftovers<F>,
}

impl<F: Frames, B: Budget> Work<'_, F, B> {
    /// Gives a type reference back, now or later.
    #[inline]
    pub(crate) fn release(&mut self, frames: F, mfn: Mfn) {
        if validate::release(frames, mfn, self.budget).is_err() {
            self.leftovers.push(Unfinished { frames, mfn });
        }
    }
}

/// Takes a type reference that stands by itself, not below another table.
pub(crate) fn get_root<F: Frames, B: Budget>(
    frames: F,
    mfn: Mfn,
    kind: Kind,
    who: &Authority,
    work: &mut Work<'_, F, B>,
) -> Result<(), Error> {
    match validate::acquire(frames, mfn, kind, who, Keeper::Page, work.budget) {
        Acquired::Yes => Ok(()),
        Acquired::No(error) | Acquired::Half(error @ Error::Interrupted) => Err(error),
        Acquired::Half(error) => {
            work.release(frames, mfn);
            Err(error)
        }
    }
}
