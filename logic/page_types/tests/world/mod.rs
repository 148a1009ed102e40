//! A machine small enough to search: a few frames, tables of a few entries, one or two domains, and a TLB that
//! remembers everything it may remember.
//!
//! After every step [`World::check`] recounts all references from the tables' contents and compares.

#![allow(dead_code, reason = "each test uses its part")]
#![allow(
    clippy::indexing_slicing,
    clippy::arithmetic_side_effects,
    clippy::unwrap_used
)]

use std::cell::{Cell, RefCell};
use std::ops::Range;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};

use abi::{DomId, Mfn};
use page_types::{
    Authority, Error, Frames, IoAccess, Kind, L4, Leftovers, PageInfo, PageRef, Pte, SegDesc,
    Snapshot, Steps, TypeRef, Unlimited, Work, Write, pin, relinquish, unpin, update_entry,
    write_word,
};

/// The domain that acts.
pub const GUEST: DomId = DomId(1);
/// Another one, whose frames the first may only map with permission.
pub const STRANGER: DomId = DomId(2);

/// A descriptor that is refused.
pub const BAD_DESCRIPTOR: u64 = 0x0000_ec00_0000_0000;

/// `S` entries in a table; in a root the last `H` of them are the hypervisor's.
#[derive(Debug)]
pub struct World<const S: usize, const H: usize> {
    pub pages: Vec<PageInfo>,
    pub words: Vec<Vec<AtomicU64>>,
    clock: Cell<u32>,
    /// For each frame: a CPU may hold a translation that writes to it.
    stale_writes: RefCell<Vec<bool>>,
    /// For each frame: a CPU may walk it as a table of this kind.
    stale_walks: RefCell<Vec<Option<Kind>>>,
    pub freed: RefCell<Vec<Mfn>>,
    pub flushes: Cell<u32>,
    /// The guest's root.
    pub root: Option<Mfn>,
    /// A descriptor page in use.
    pub gdt: Option<Mfn>,
    /// What the vCPU's last request left.
    pub left: [Option<Mfn>; 2],
}

/// What the guest, or its toolstack, does.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Op {
    Update {
        table: u64,
        slot: usize,
        value: u64,
        budget: u32,
    },
    /// With frames of the stranger.
    UpdateForeign {
        table: u64,
        slot: usize,
        value: u64,
        budget: u32,
    },
    Store {
        frame: u64,
        slot: usize,
        value: u64,
    },
    Pin {
        frame: u64,
        kind: Kind,
        budget: u32,
    },
    Unpin {
        frame: u64,
        budget: u32,
    },
    Root {
        frame: u64,
        budget: u32,
    },
    NoRoot {
        budget: u32,
    },
    Gdt {
        frame: u64,
    },
    NoGdt,
    GiveUp {
        frame: u64,
    },
    Take {
        frame: u64,
    },
    Steal {
        frame: u64,
    },
    Relinquish {
        frame: u64,
        budget: u32,
    },
    Finish {
        budget: u32,
    },
}

/// A budget of this many steps means no limit.
pub const NO_LIMIT: u32 = u32::MAX;

impl<const S: usize, const H: usize> Frames for &World<S, H> {
    const SLOTS: usize = S;
    const HYPERVISOR: Range<usize> = S - H..S;
    const USER_GLOBAL: bool = true;

    fn page(&self, mfn: Mfn) -> Option<&PageInfo> {
        self.pages.get(mfn.0 as usize)
    }

    fn words(&self, mfn: Mfn) -> &[AtomicU64] {
        assert!(
            !self.pages[mfn.0 as usize].is_io(),
            "I/O memory is not read"
        );
        &self.words[mfn.0 as usize]
    }

    fn io_access(&self, domain: DomId, mfn: Mfn) -> IoAccess {
        let exists = (mfn.0 as usize) < self.pages.len();
        if domain == GUEST && exists {
            IoAccess::Read
        } else {
            IoAccess::None
        }
    }

    fn prepare_root(&self, root: Mfn, owner: DomId) {
        for slot in S - H..S {
            self.words[root.0 as usize][slot].store(hypervisor_entry(owner, slot), Relaxed);
        }
    }

    fn tlb_clock(&self) -> u32 {
        self.clock.get()
    }

    fn flush_stale(&self, _: DomId, stamp: u32) {
        if stamp >= self.clock.get() {
            self.flush();
        }
    }

    fn flush_cache(&self, _: Mfn) {}

    fn relax(&self) {
        panic!("nobody else is here to wait for");
    }

    fn freed(&self, mfn: Mfn) {
        self.freed.borrow_mut().push(mfn);
    }
}

fn hypervisor_entry(owner: DomId, slot: usize) -> u64 {
    0xff00_0000 | u64::from(owner.0) << 8 | slot as u64
}

impl<const S: usize, const H: usize> World<S, H> {
    /// So many frames of the guest, then of the stranger, then of I/O memory.
    pub fn new(guest: usize, stranger: usize, io: usize) -> Self {
        let count = guest + stranger + io;
        let world = Self {
            pages: (0..count).map(|_| PageInfo::new()).collect(),
            words: (0..count)
                .map(|_| (0..S).map(|_| AtomicU64::new(0)).collect())
                .collect(),
            clock: Cell::new(1),
            stale_writes: RefCell::new(vec![false; count]),
            stale_walks: RefCell::new(vec![None; count]),
            freed: RefCell::default(),
            flushes: Cell::new(0),
            root: None,
            gdt: None,
            left: [None, None],
        };
        for (index, page) in world.pages.iter().enumerate() {
            if index < guest {
                page.assign(GUEST);
            } else if index < guest + stranger {
                page.assign(STRANGER);
            } else {
                page.set_io();
            }
        }
        world
    }

    pub fn copied(&self) -> Self {
        Self {
            pages: self.pages.iter().map(PageInfo::copied).collect(),
            words: self
                .words
                .iter()
                .map(|words| {
                    words
                        .iter()
                        .map(|word| AtomicU64::new(word.load(Relaxed)))
                        .collect()
                })
                .collect(),
            clock: self.clock.clone(),
            stale_writes: self.stale_writes.clone(),
            stale_walks: self.stale_walks.clone(),
            freed: self.freed.clone(),
            flushes: self.flushes.clone(),
            root: self.root,
            gdt: self.gdt,
            left: self.left,
        }
    }

    /// All that can make a difference later, as words to compare.
    pub fn key(&self) -> Vec<u64> {
        let mut key = Vec::with_capacity(self.pages.len() * (S + 2) + 3);
        for (index, page) in self.pages.iter().enumerate() {
            let s = page.snapshot();
            let bits = [
                s.valid,
                s.pinned,
                s.locked,
                s.allocated,
                s.uncached,
                s.half_entry,
                s.kept,
            ];
            let flags = bits
                .iter()
                .fold(0u64, |bits, bit| bits << 1 | u64::from(*bit));
            let stale = u64::from(self.stale_writes.borrow()[index]) << 8
                | self.stale_walks.borrow()[index].map_or(0, |kind| kind as u64 + 1) << 4
                | u64::from(page.stamp() >= self.clock.get());
            key.push(
                u64::from(s.refs)
                    | u64::from(s.type_count) << 16
                    | flags << 32
                    | (s.kind as u64) << 48,
            );
            key.push(
                s.position as u64
                    | u64::from(s.linear as u16) << 16
                    | stale << 32
                    | u64::from(page.owner().0) << 48,
            );
            key.extend(self.words[index].iter().map(|word| word.load(Relaxed)));
        }
        let place = |mfn: Option<Mfn>| mfn.map_or(u64::MAX, |mfn| mfn.0);
        key.extend([
            place(self.root),
            place(self.gdt),
            place(self.left[0]),
            place(self.left[1]),
        ]);
        key
    }

    /// What the CPUs may know now, no more.
    pub fn flush(&self) {
        self.clock.set(self.clock.get() + 1);
        self.flushes.set(self.flushes.get() + 1);
        self.stale_writes.borrow_mut().fill(false);
        self.stale_walks.borrow_mut().fill(None);
        self.look();
    }

    /// Lets the CPUs remember everything that they could have seen in valid tables.
    pub fn look(&self) {
        for (index, page) in self.pages.iter().enumerate() {
            let s = page.snapshot();
            if s.type_count == 0 || !s.valid {
                continue;
            }
            if matches!(s.kind, Kind::L1 | Kind::L2 | Kind::L3 | Kind::L4) {
                self.stale_walks.borrow_mut()[index] = Some(s.kind);
            }
            if s.kind == Kind::L1 {
                for word in &self.words[index] {
                    let pte = Pte(word.load(Relaxed));
                    if pte.is_present()
                        && pte.is_writable()
                        && (pte.mfn().0 as usize) < self.pages.len()
                    {
                        self.stale_writes.borrow_mut()[pte.mfn().0 as usize] = true;
                    }
                }
            }
        }
    }

    /// Does it, and gives what it said.
    pub fn step(&mut self, op: Op) -> Result<(), Error> {
        let (mut root, mut gdt) = (self.root, self.gdt);
        let (result, left) = {
            let world = &*self;
            let mut leftovers = Leftovers::from_kept(world, world.left);
            let result = act(world, op, &mut root, &mut gdt, &mut leftovers);
            (result, leftovers.into_kept())
        };
        (self.root, self.gdt, self.left) = (root, gdt, left);
        self.look();
        result
    }

    /// Does it again until it is done, as a guest does that knows of nothing.
    pub fn step_to_the_end(&mut self, op: Op) -> Result<(), Error> {
        loop {
            match self.step(op) {
                Err(Error::Interrupted) => {}
                result => return result,
            }
        }
    }

    pub fn snapshot(&self, frame: u64) -> Snapshot {
        self.pages[frame as usize].snapshot()
    }

    pub fn word(&self, frame: u64, slot: usize) -> u64 {
        self.words[frame as usize][slot].load(Relaxed)
    }

    /// Recounts. `foreign`: the guest was allowed to map frames of the stranger.
    pub fn check(&self, foreign: bool) -> Result<(), String> {
        let count = self.pages.len();
        let (mut refs, mut types, mut linear) =
            (vec![0u32; count], vec![0u32; count], vec![0i32; count]);
        let both = |refs: &mut Vec<u32>, types: &mut Vec<u32>, mfn: Mfn| {
            refs[mfn.0 as usize] += 1;
            types[mfn.0 as usize] += 1;
        };
        for mfn in [self.root, self.gdt, self.left[0], self.left[1]]
            .into_iter()
            .flatten()
        {
            both(&mut refs, &mut types, mfn);
        }
        for (index, page) in self.pages.iter().enumerate() {
            let s = page.snapshot();
            let here = Mfn(index as u64);
            let say = |what: &str| Err(format!("frame {index}: {what}: {s:?}"));
            if s.locked {
                return say("left locked");
            }
            refs[index] += u32::from(s.allocated);
            for _ in 0..u32::from(s.pinned) + u32::from(s.kept && !s.valid && s.type_count > 0) {
                both(&mut refs, &mut types, here);
            }
            if s.pinned && !(s.valid && matches!(s.kind, Kind::L1 | Kind::L2 | Kind::L3 | Kind::L4))
            {
                return say("pinned but no valid table");
            }
            if s.type_count == 0 {
                if s.valid {
                    return say("valid without a reference");
                }
                continue;
            }
            if self.stale_writes.borrow()[index] && s.valid && !matches!(s.kind, Kind::Writable) {
                return say("a CPU may still write to it");
            }
            if s.kind == Kind::Writable && self.stale_walks.borrow()[index].is_some() {
                return say("a CPU may still walk it");
            }
            if s.kind == Kind::SegDesc && s.valid {
                for word in &self.words[index] {
                    let value = word.load(Relaxed);
                    if page_types::checked_descriptor(value) != Some(value) {
                        return say("holds a bad descriptor");
                    }
                }
            }
            if !matches!(s.kind, Kind::L1 | Kind::L2 | Kind::L3 | Kind::L4) {
                continue;
            }
            let end = if s.valid { S } else { s.position };
            for slot in 0..(end + usize::from(s.half_entry && !s.valid)) {
                let raw = self.word(here.0, slot);
                if s.kind == Kind::L4 && (S - H..S).contains(&slot) {
                    if s.valid && raw != hypervisor_entry(GUEST, slot) {
                        return say("lost an entry of the hypervisor");
                    }
                    continue;
                }
                let pte = Pte(raw);
                if !pte.is_present() {
                    continue;
                }
                let half = slot == end;
                let target = pte.mfn();
                let Some(named) = self.pages.get(target.0 as usize) else {
                    return say("names a frame that does not exist");
                };
                if named.is_io() {
                    if s.kind != Kind::L1 || pte.is_writable() {
                        return say("maps I/O memory as it may not");
                    }
                    continue;
                }
                let owner = named.owner();
                if owner != page.owner()
                    && !(foreign && s.kind == Kind::L1 && owner == STRANGER)
                    && target != here
                {
                    return say("names a stranger's frame");
                }
                let t = named.snapshot();
                if s.kind == Kind::L1 {
                    if pte.is_writable() {
                        both(&mut refs, &mut types, target);
                        if t.kind != Kind::Writable || !t.valid {
                            return say("maps writable what is not");
                        }
                    } else {
                        refs[target.0 as usize] += 1;
                    }
                } else if target != here {
                    both(&mut refs, &mut types, target);
                    if t.kind == s.kind {
                        linear[target.0 as usize] += 1;
                        linear[index] -= 1;
                    }
                    let below =
                        t.kind as u8 + 1 == s.kind as u8 || t.kind == s.kind && !pte.is_writable();
                    if !below || !(t.valid || half) {
                        return say("leads to what is no table below it");
                    }
                } else if pte.is_writable() {
                    return say("can be written through itself");
                }
            }
        }
        for (index, page) in self.pages.iter().enumerate() {
            let s = page.snapshot();
            let wanted = (refs[index], types[index], linear[index]);
            if (s.refs, s.type_count, i32::from(s.linear)) != wanted && !page.is_io() {
                return Err(format!(
                    "frame {index}: counted {wanted:?} (refs, types, linear), stored {s:?}"
                ));
            }
            let gone = self.freed.borrow().contains(&Mfn(index as u64));
            if gone != (s.refs == 0 && !page.is_io()) {
                return Err(format!("frame {index}: freed: {gone}, {s:?}"));
            }
        }
        Ok(())
    }
}

fn act<'w, const S: usize, const H: usize>(
    world: &'w World<S, H>,
    op: Op,
    root: &mut Option<Mfn>,
    gdt: &mut Option<Mfn>,
    leftovers: &mut Leftovers<&'w World<S, H>>,
) -> Result<(), Error> {
    let limit = match op {
        Op::Update { budget, .. }
        | Op::UpdateForeign { budget, .. }
        | Op::Pin { budget, .. }
        | Op::Unpin { budget, .. }
        | Op::Root { budget, .. }
        | Op::NoRoot { budget }
        | Op::Relinquish { budget, .. }
        | Op::Finish { budget } => budget,
        _ => NO_LIMIT,
    };
    let mut budget = Limit(if limit == NO_LIMIT {
        None
    } else {
        Some(Steps(limit))
    });
    leftovers.finish(&mut budget)?;
    let mut work = Work {
        budget: &mut budget,
        leftovers,
    };
    let who = Authority::of(GUEST);
    match op {
        Op::Update {
            table, slot, value, ..
        } => update_entry(
            world,
            Mfn(table),
            slot,
            Pte(value),
            Write::KeepAccessed,
            &who,
            &mut work,
        )
        .map(drop),
        Op::UpdateForeign {
            table, slot, value, ..
        } => {
            let who = who.mapping(STRANGER);
            update_entry(
                world,
                Mfn(table),
                slot,
                Pte(value),
                Write::Set,
                &who,
                &mut work,
            )
            .map(drop)
        }
        Op::Store { frame, slot, value } => write_word(world, Mfn(frame), slot, value, GUEST),
        Op::Pin { frame, kind, .. } => pin(world, Mfn(frame), kind, &who, &mut work),
        Op::Unpin { frame, .. } => unpin(world, Mfn(frame), GUEST, &mut work),
        Op::Root { frame, .. } => {
            let new = TypeRef::<_, L4>::get(world, Mfn(frame), &who, &mut work)?;
            let old = root.replace(new.into_kept());
            if let Some(old) = old {
                TypeRef::<_, L4>::from_kept(world, old).give_back(&mut work);
            }
            Ok(())
        }
        Op::NoRoot { .. } => {
            if let Some(old) = root.take() {
                TypeRef::<_, L4>::from_kept(world, old).give_back(&mut work);
            }
            Ok(())
        }
        Op::Gdt { frame } => {
            let new = TypeRef::<_, SegDesc>::get(world, Mfn(frame), &who, &mut work)?;
            if let Some(old) = gdt.replace(new.into_kept()) {
                drop(TypeRef::<_, SegDesc>::from_kept(world, old));
            }
            Ok(())
        }
        Op::NoGdt => {
            if let Some(old) = gdt.take() {
                drop(TypeRef::<_, SegDesc>::from_kept(world, old));
            }
            Ok(())
        }
        Op::GiveUp { frame } => {
            PageRef::get(world, Mfn(frame), GUEST)?.disown();
            Ok(())
        }
        Op::Take { frame } => {
            if !world.freed.borrow().contains(&Mfn(frame)) {
                return Err(Error::NotYours);
            }
            world.freed.borrow_mut().retain(|mfn| mfn.0 != frame);
            if world.pages[frame as usize].stamp() >= world.clock.get() {
                world.flush();
            }
            world.pages[frame as usize].assign(GUEST);
            Ok(())
        }
        Op::Steal { frame } => match PageRef::get(world, Mfn(frame), GUEST)?.steal() {
            Ok(stolen) => {
                world.freed.borrow_mut().push(stolen.mfn);
                Ok(())
            }
            Err(_) => Err(Error::WrongType),
        },
        Op::Relinquish { frame, .. } => relinquish(world, Mfn(frame), GUEST, work.budget),
        Op::Finish { .. } => Ok(()),
    }
}

/// A budget with or without an end.
pub struct Limit(pub Option<Steps>);

impl page_types::Budget for Limit {
    fn spend(&mut self, steps: u32) -> bool {
        match &mut self.0 {
            Some(left) => left.spend(steps),
            None => Unlimited.spend(steps),
        }
    }
}
