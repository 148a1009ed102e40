//! What is known about one frame, in 32 bytes of atomics.
//!
//! Always: a type count is never higher than the reference count, because every holder of the type holds the frame.
//! `LOCKED` is set only by somebody who holds a type reference, and cleared by the same.

use core::sync::atomic::{
    AtomicI16, AtomicU16, AtomicU32, AtomicU64,
    Ordering::{AcqRel, Acquire, Relaxed, Release},
};

use abi::DomId;

/// What a frame is used as.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[repr(u8)]
pub enum Kind {
    /// Not used as anything since it was allocated.
    None = 0,
    /// A page table of the lowest level.
    L1 = 1,
    /// A page directory.
    L2 = 2,
    /// A page-directory-pointer table.
    L3 = 3,
    /// A root.
    L4 = 4,
    /// Part of a GDT or LDT.
    SegDesc = 5,
    /// Ordinary memory that somebody may write.
    Writable = 6,
    /// Lent for reading only: no writable mapping may exist.
    Shared = 7,
}

impl Kind {
    const fn from_bits(bits: u64) -> Self {
        match bits & 7 {
            1 => Self::L1,
            2 => Self::L2,
            3 => Self::L3,
            4 => Self::L4,
            5 => Self::SegDesc,
            6 => Self::Writable,
            7 => Self::Shared,
            _ => Self::None,
        }
    }

    /// The page-table kind of a level from 1 to 4.
    pub const fn of_level(level: u8) -> Option<Self> {
        match level {
            1 => Some(Self::L1),
            2 => Some(Self::L2),
            3 => Some(Self::L3),
            4 => Some(Self::L4),
            _ => None,
        }
    }

    /// Whether it is a page table.
    #[inline(always)]
    pub const fn is_table(self) -> bool {
        matches!(self, Self::L1 | Self::L2 | Self::L3 | Self::L4)
    }

    /// Whether its contents must be checked before anyone may use it so.
    #[inline(always)]
    pub const fn has_contents(self) -> bool {
        matches!(
            self,
            Self::L1 | Self::L2 | Self::L3 | Self::L4 | Self::SegDesc
        )
    }

    /// The kind of table that entries of this kind of table name; `None` for all but L2 to L4.
    #[inline(always)]
    pub(crate) const fn below(self) -> Self {
        match self {
            Self::L2 => Self::L1,
            Self::L3 => Self::L2,
            Self::L4 => Self::L3,
            _ => Self::None,
        }
    }
}

/// The word that decides: references, type count, type and flags, changed together.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) struct State(u64);

impl State {
    const REF: u64 = 1;
    const COUNT: u64 = 1 << 32;
    const COUNTS: u64 = 0xff_ffff << 32;
    const KIND: u64 = 7 << KIND_SHIFT;
    /// Existence and type, as one holds them together.
    const BOTH: u64 = Self::REF | Self::COUNT;

    /// The contents are checked (for kinds without contents: the type may be used).
    pub(crate) const VALID: u64 = 1 << 59;
    /// One type reference belongs to the guest's wish to keep the table.
    pub(crate) const PINNED: u64 = 1 << 60;
    /// Somebody changes the contents or the type.
    pub(crate) const LOCKED: u64 = 1 << 61;
    /// One reference belongs to the owner's having the frame.
    pub(crate) const ALLOCATED: u64 = 1 << 62;
    /// It was mapped with a memory type other than write-back.
    pub(crate) const UNCACHED: u64 = 1 << 63;

    #[inline(always)]
    pub(crate) const fn refs(self) -> u32 {
        self.0 as u32
    }

    #[inline(always)]
    pub(crate) const fn count(self) -> u32 {
        ((self.0 & Self::COUNTS) >> 32) as u32
    }

    #[inline(always)]
    pub(crate) const fn kind(self) -> Kind {
        Kind::from_bits(self.0 >> KIND_SHIFT)
    }

    #[inline(always)]
    pub(crate) const fn has(self, flag: u64) -> bool {
        self.0 & flag != 0
    }

    #[inline(always)]
    pub(crate) const fn with(self, flag: u64) -> Self {
        Self(self.0 | flag)
    }

    #[inline(always)]
    pub(crate) const fn without(self, flag: u64) -> Self {
        Self(self.0 & !flag)
    }

    #[inline(always)]
    pub(crate) const fn with_kind(self, kind: Kind) -> Self {
        Self(self.0 & !Self::KIND | (kind as u64) << KIND_SHIFT)
    }

    /// Whether the frame is in use and one more reference fits.
    #[inline(always)]
    const fn can_be_held(self) -> bool {
        self.refs().wrapping_sub(1) < u32::MAX.wrapping_sub(1)
    }

    /// One more reference, if the frame is in use and the count has room.
    #[inline(always)]
    pub(crate) const fn plus_ref(self) -> Option<Self> {
        if self.can_be_held() {
            Some(Self(self.0.wrapping_add(Self::REF)))
        } else {
            None
        }
    }

    /// One more type reference, by somebody who holds the frame already.
    #[inline(always)]
    pub(crate) const fn plus_count(self) -> Option<Self> {
        if self.0 & Self::COUNTS == Self::COUNTS {
            None
        } else {
            Some(Self(self.0.wrapping_add(Self::COUNT)))
        }
    }

    /// One more of both.
    #[inline(always)]
    pub(crate) const fn plus_both(self) -> Option<Self> {
        match self.plus_ref() {
            Some(state) => state.plus_count(),
            None => None,
        }
    }

    #[inline(always)]
    pub(crate) const fn minus_both(self) -> Self {
        Self(self.0.wrapping_sub(Self::BOTH))
    }

    #[inline(always)]
    pub(crate) const fn minus_ref(self) -> Self {
        Self(self.0.wrapping_sub(Self::REF))
    }

    /// Usable as `kind` right now: of that type, checked, and not being changed.
    #[inline(always)]
    pub(crate) const fn is_ready(self, kind: Kind) -> bool {
        self.0 & (Self::KIND | Self::VALID | Self::LOCKED)
            == (kind as u64) << KIND_SHIFT | Self::VALID
    }
}

const KIND_SHIFT: u32 = 56;

/// How far a table's validation has come; read and written by whoever has the lock.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct Progress(u16);

impl Progress {
    const POSITION: u16 = 0x0fff;
    /// The entry at the position holds a type reference to a table that is not valid itself.
    const HALF_ENTRY: u16 = 1 << 14;
    /// One type reference belongs to the page: an interrupted validation left it, for whoever resumes.
    const KEPT: u16 = 1 << 15;

    pub(crate) const NOTHING: Self = Self(0);

    pub(crate) const fn new(position: usize, half_entry: bool) -> Self {
        Self(position as u16 & Self::POSITION | if half_entry { Self::HALF_ENTRY } else { 0 })
    }

    pub(crate) const fn position(self) -> usize {
        (self.0 & Self::POSITION) as usize
    }

    pub(crate) const fn half_entry(self) -> bool {
        self.0 & Self::HALF_ENTRY != 0
    }

    pub(crate) const fn kept(self) -> bool {
        self.0 & Self::KEPT != 0
    }

    pub(crate) const fn with_kept(self, kept: bool) -> Self {
        Self(self.0 & !Self::KEPT | if kept { Self::KEPT } else { 0 })
    }
}

/// One frame. All zeros is a frame that no domain has.
#[derive(Debug, Default)]
#[repr(C, align(32))]
pub struct PageInfo {
    state: AtomicU64,
    owner: AtomicU16,
    progress: AtomicU16,
    stamp: AtomicU32,
    linear: AtomicI16,
    /// For whoever keeps the frame in a list: the allocator while it is free, its owner's list afterwards.
    pub links: [AtomicU32; 2],
}

const _: () = assert!(size_of::<PageInfo>() == 32);

/// What a frame's counts and flags were at one moment, for reports and tests.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[allow(missing_docs, reason = "named as in `Kind` and the flags above")]
pub struct Snapshot {
    pub refs: u32,
    pub kind: Kind,
    pub type_count: u32,
    pub valid: bool,
    pub pinned: bool,
    pub locked: bool,
    pub allocated: bool,
    pub uncached: bool,
    /// Entries below it hold references, while the table is not valid.
    pub position: usize,
    /// The entry at the position holds a reference to a table that is not valid.
    pub half_entry: bool,
    /// The page holds a reference to itself, left by an interrupted validation.
    pub kept: bool,
    /// Above zero: linear entries that name it; below: those that it has.
    pub linear: i16,
}

impl PageInfo {
    /// A frame that no domain has.
    pub const fn new() -> Self {
        Self {
            state: AtomicU64::new(0),
            owner: AtomicU16::new(DomId::INVALID.0),
            progress: AtomicU16::new(0),
            stamp: AtomicU32::new(0),
            linear: AtomicI16::new(0),
            links: [AtomicU32::new(0), AtomicU32::new(0)],
        }
    }

    /// Makes it I/O memory, for good: it has no counts, and permission alone decides about it.
    pub fn set_io(&self) {
        self.owner.store(DomId::IO.0, Relaxed);
        self.state.store(0, Release);
    }

    /// Whether it is I/O memory.
    #[inline(always)]
    pub fn is_io(&self) -> bool {
        self.owner.load(Relaxed) == DomId::IO.0
    }

    /// Gives a frame that nobody has to a domain, which holds it until [`crate::PageRef::disown`]. The caller has it
    /// from an allocator, so that no other CPU knows it, and has flushed TLBs for its [`Self::stamp`].
    pub fn assign(&self, owner: DomId) {
        self.start(owner, State::ALLOCATED | State::REF);
    }

    /// Lends a frame of the hypervisor to a domain: as [`Self::assign`], but the reference is the caller's, who gives
    /// it back with [`crate::PageRef::from_kept`].
    pub fn lend(&self, owner: DomId) {
        self.start(owner, State::REF);
    }

    fn start(&self, owner: DomId, state: u64) {
        self.progress.store(0, Relaxed);
        self.linear.store(0, Relaxed);
        self.owner.store(owner.0, Relaxed);
        self.state.store(state, Release);
    }

    /// Who has it; `INVALID` when nobody does.
    #[inline(always)]
    pub fn owner(&self) -> DomId {
        if self.load().refs() == 0 && !self.is_io() {
            DomId::INVALID
        } else {
            self.raw_owner()
        }
    }

    /// Who has it, if the caller holds a reference.
    #[inline(always)]
    pub fn raw_owner(&self) -> DomId {
        DomId(self.owner.load(Relaxed))
    }

    pub(crate) fn set_owner(&self, owner: DomId) {
        self.owner.store(owner.0, Relaxed);
    }

    /// The TLB clock when its last type, or the frame itself, was given up. No CPU that has flushed since can have a
    /// stale translation of it.
    #[inline(always)]
    pub fn stamp(&self) -> u32 {
        self.stamp.load(Relaxed)
    }

    #[inline(always)]
    pub(crate) fn set_stamp(&self, clock: u32) {
        self.stamp.store(clock, Relaxed);
    }

    /// What it is used as now; [`Kind::None`] when nobody holds the type.
    pub fn kind(&self) -> Kind {
        let state = self.load();
        if state.count() == 0 {
            Kind::None
        } else {
            state.kind()
        }
    }

    /// Its counts and flags, for reports.
    pub fn snapshot(&self) -> Snapshot {
        let (state, progress) = (self.load(), self.progress());
        Snapshot {
            refs: state.refs(),
            kind: state.kind(),
            type_count: state.count(),
            valid: state.has(State::VALID),
            pinned: state.has(State::PINNED),
            locked: state.has(State::LOCKED),
            allocated: state.has(State::ALLOCATED),
            uncached: state.has(State::UNCACHED),
            position: progress.position(),
            half_entry: progress.half_entry(),
            kept: progress.kept(),
            linear: self.linear.load(Relaxed),
        }
    }

    /// A copy, for models that go back to an earlier state. Not for frames that exist.
    pub fn copied(&self) -> Self {
        let [first, second] = &self.links;
        Self {
            state: AtomicU64::new(self.state.load(Relaxed)),
            owner: AtomicU16::new(self.owner.load(Relaxed)),
            progress: AtomicU16::new(self.progress.load(Relaxed)),
            stamp: AtomicU32::new(self.stamp()),
            linear: AtomicI16::new(self.linear.load(Relaxed)),
            links: [
                AtomicU32::new(first.load(Relaxed)),
                AtomicU32::new(second.load(Relaxed)),
            ],
        }
    }

    #[inline(always)]
    pub(crate) fn load(&self) -> State {
        State(self.state.load(Acquire))
    }

    /// Replaces the state if it still is what it was.
    #[inline(always)]
    pub(crate) fn try_swap(&self, old: State, new: State) -> bool {
        self.state
            .compare_exchange_weak(old.0, new.0, AcqRel, Acquire)
            .is_ok()
    }

    /// Changes the state by `change` until it takes or `change` refuses; gives what was there before.
    #[inline(always)]
    pub(crate) fn update(&self, change: impl Fn(State) -> Option<State>) -> Result<State, State> {
        let mut old = self.state.load(Acquire);
        loop {
            let Some(new) = change(State(old)) else {
                return Err(State(old));
            };
            match self
                .state
                .compare_exchange_weak(old, new.0, AcqRel, Acquire)
            {
                Ok(_) => return Ok(State(old)),
                Err(now) => old = now,
            }
        }
    }

    pub(crate) fn set_flag(&self, flag: u64) {
        self.state.fetch_or(flag, AcqRel);
    }

    pub(crate) fn clear_flag(&self, flag: u64) {
        self.state.fetch_and(!flag, AcqRel);
    }

    #[inline(always)]
    pub(crate) fn progress(&self) -> Progress {
        Progress(self.progress.load(Relaxed))
    }

    #[inline(always)]
    pub(crate) fn set_progress(&self, progress: Progress) {
        self.progress.store(progress.0, Relaxed);
    }

    /// Moves the balance of linear entries by one, if it stays on its side of zero.
    pub(crate) fn shift_linear(&self, up: bool) -> bool {
        self.linear
            .fetch_update(AcqRel, Relaxed, |count| match up {
                true if count >= 0 => count.checked_add(1),
                false if count <= 0 => count.checked_sub(1),
                _ => None,
            })
            .is_ok()
    }

    /// Takes a shift back.
    pub(crate) fn unshift_linear(&self, up: bool) {
        let one = if up { -1 } else { 1 };
        self.linear.fetch_add(one, AcqRel);
    }
}
