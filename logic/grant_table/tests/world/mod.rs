//! A small world of domains for stories about grants: four frames each, one frame of grant table, page tables that are
//! maps from addresses to frames. Everything that keeps a frame is counted.
//!
//! After every line the invariants are counted anew ([`World::check_invariants`]).

#![allow(dead_code, reason = "each test program uses its own part")]

use std::cell::{Cell, RefCell};
use std::collections::{BTreeMap, BTreeSet};
use std::rc::Rc;

use abi::{DomId, Errno, RawDomId};
use grant_table::{
    Access, Copy, Error, Handle, Host, Map, MapFlags, Maptrack, Parties, Pending, Place, Ref,
    Shared, Side, Table, Unmap, Version, Word, begin_unmap, copy, finish_unmap, map, release,
    transfer,
};

pub const DOMAINS: u16 = 3;
/// Frames of domain `d` are `d * 16 .. d * 16 + 4`.
pub const FRAMES: u64 = 4;
const PERMIT: u64 = 1;
const READONLY: u64 = 4;
const READING: u64 = 8;
const WRITING: u64 = 16;

/// A granter's shared words.
#[derive(Clone, Default)]
pub struct Words(Rc<RefCell<BTreeMap<Word, u64>>>);

impl Words {
    fn limit(word: Word) -> bool {
        match word {
            Word::Entry(n) => n < 2 * 512,
            Word::Status(n) => n < 512,
        }
    }
}

impl Shared for Words {
    fn load(&self, word: Word) -> Option<u64> {
        Self::limit(word).then(|| self.0.borrow().get(&word).copied().unwrap_or(0))
    }
    fn store(&self, word: Word, value: u64) {
        self.0.borrow_mut().insert(word, value);
    }
    fn fetch_or(&self, word: Word, bits: u64) -> Option<u64> {
        let old = self.load(word)?;
        self.store(word, old | bits);
        Some(old)
    }
    fn fetch_and(&self, word: Word, bits: u64) -> Option<u64> {
        let old = self.load(word)?;
        self.store(word, old & bits);
        Some(old)
    }
    fn compare_exchange(&self, word: Word, old: u64, new: u64) -> Result<u64, Option<u64>> {
        let there = self.load(word).ok_or(None)?;
        if there != old {
            return Err(Some(there));
        }
        self.store(word, new);
        Ok(old)
    }
}

/// A frame and how often it is kept.
#[derive(Default)]
pub struct Frame {
    owner: Cell<u16>,
    readers: Cell<u32>,
    writers: Cell<u32>,
    /// Is a page table: cannot be written.
    table: Cell<bool>,
    bytes: RefCell<Vec<u8>>,
}

/// Keeps a frame.
pub struct Hold {
    mfn: u64,
    access: Access,
    frame: Rc<Frame>,
}

impl Hold {
    fn new(mfn: u64, access: Access, frame: Rc<Frame>) -> Self {
        let count = match access {
            Access::Read => &frame.readers,
            Access::Write => &frame.writers,
        };
        count.set(count.get() + 1);
        Self { mfn, access, frame }
    }
}

impl Drop for Hold {
    fn drop(&mut self) {
        let count = match self.access {
            Access::Read => &self.frame.readers,
            Access::Write => &self.frame.writers,
        };
        count.set(
            count
                .get()
                .checked_sub(1)
                .expect("kept more often than given back"),
        );
    }
}

pub struct Domain {
    id: u16,
    table: RefCell<Table>,
    words: Words,
    maptrack: RefCell<Maptrack<Hold>>,
    page_table: RefCell<BTreeMap<u64, Hold>>,
    /// Entries that the guest changed while they were used: their flags say what it wrote.
    spoilt: RefCell<BTreeSet<Ref>>,
}

impl Domain {
    fn writes_entry(&self, gref: u32) {
        if self.table.borrow().pins(Ref(gref)) != (0, 0) {
            self.spoilt.borrow_mut().insert(Ref(gref));
        }
    }

    fn entry_type(&self, gref: Ref) -> u64 {
        let head = match self.table.borrow().version() {
            Version::V1 => gref.0,
            Version::V2 => gref.0 * 2,
        };
        self.words.load(Word::Entry(head)).unwrap() & 3
    }
}

pub struct World {
    domains: BTreeMap<u16, Rc<Domain>>,
    frames: Rc<BTreeMap<u64, Rc<Frame>>>,
}

/// The world as one domain sees it.
struct Seen<'a> {
    world: &'a World,
    me: Rc<Domain>,
}

impl Parties for Seen<'_> {
    type Granter = Rc<Domain>;
    type Hold = Hold;
    type Shared = Words;

    fn caller(&self) -> DomId {
        DomId(self.me.id)
    }
    fn granter(&self, dom: RawDomId) -> Result<Rc<Domain>, Error> {
        let id = dom.resolve(self.caller());
        self.world
            .domains
            .get(&id.0)
            .cloned()
            .ok_or(Error::BadDomain)
    }
    fn with_table<R>(&self, granter: &Rc<Domain>, act: impl FnOnce(&mut Table, &Words) -> R) -> R {
        assert!(
            self.me.maptrack.try_borrow_mut().is_ok(),
            "two locks at once"
        );
        act(&mut granter.table.borrow_mut(), &granter.words)
    }
    fn with_maptrack<R>(&self, act: impl FnOnce(&mut Maptrack<Hold>) -> R) -> R {
        act(&mut self.me.maptrack.borrow_mut())
    }
}

impl Host for Seen<'_> {
    type Removed = Hold;
    type Stolen = u64;

    fn hold(&self, owner: &Rc<Domain>, frame: u64, access: Access) -> Result<Hold, Error> {
        let there = self.world.frames.get(&frame).ok_or(Error::BadPage)?;
        if there.owner.get() != owner.id {
            return Err(Error::BadPage);
        }
        if access == Access::Write && there.table.get() {
            return Err(Error::WrongType);
        }
        Ok(Hold::new(frame, access, there.clone()))
    }
    fn hold_again(&self, hold: &Hold) -> Hold {
        Hold::new(hold.mfn, hold.access, hold.frame.clone())
    }
    fn mfn(&self, hold: &Hold) -> u64 {
        hold.mfn
    }
    fn map(&mut self, hold: Hold, place: Place, _: MapFlags) -> Result<(), Error> {
        let address = address(place)?;
        self.me.page_table.borrow_mut().insert(address, hold);
        Ok(())
    }
    fn unmap(
        &mut self,
        mfn: u64,
        access: Access,
        place: Place,
        replacement: Option<u64>,
    ) -> Result<Hold, Error> {
        let address = address(place)?;
        let mut table = self.me.page_table.borrow_mut();
        let is_it = |hold: &Hold| hold.mfn == mfn && hold.access == access;
        if !table.get(&address).is_some_and(is_it) {
            return Err(Error::BadPlace);
        }
        if let Some(from) = replacement
            && !table.contains_key(&from)
        {
            return Err(Error::BadPlace);
        }
        let removed = table.remove(&address).unwrap();
        if let Some(moved) = replacement.and_then(|from| table.remove(&from)) {
            table.insert(address, moved);
        }
        Ok(removed)
    }
    fn copy(&mut self, to: (&Hold, u16), from: (&Hold, u16), len: u16) {
        assert_eq!(to.0.access, Access::Write);
        let (to_start, start, len) = (usize::from(to.1), usize::from(from.1), usize::from(len));
        let bytes = from.0.frame.bytes.borrow()[start..start + len].to_vec();
        to.0.frame.bytes.borrow_mut()[to_start..to_start + len].copy_from_slice(&bytes);
    }
    fn steal(&mut self, frame: u64) -> Result<u64, Error> {
        let there = self.world.frames.get(&frame).ok_or(Error::BadPage)?;
        let idle = there.readers.get() == 0 && there.writers.get() == 0;
        if there.owner.get() != self.me.id || !idle {
            return Err(Error::BadPage);
        }
        there.owner.set(u16::MAX);
        Ok(frame)
    }
    fn stolen_mfn(&self, stolen: &u64) -> u64 {
        *stolen
    }
    fn adopt(&mut self, new_owner: &Rc<Domain>, stolen: u64) -> bool {
        self.world.frames[&stolen].owner.set(new_owner.id);
        true
    }
    fn discard(&mut self, _: u64) {}
}

/// Addresses from 1000 on have no page table.
fn address(place: Place) -> Result<u64, Error> {
    let (Place::Address(address) | Place::Entry(address)) = place;
    (address < 1000).then_some(address).ok_or(Error::BadPlace)
}

impl Default for World {
    fn default() -> Self {
        let frame = |owner: u16, index: u64| {
            let frame = Frame::default();
            frame.owner.set(owner);
            let bytes = vec![b'a' + (owner as u8) * 4 + index as u8; 4096];
            frame.bytes.replace(bytes);
            (u64::from(owner) * 16 + index, Rc::new(frame))
        };
        let frames = (0..DOMAINS)
            .flat_map(|owner| (0..FRAMES).map(move |index| frame(owner, index)))
            .collect();
        let domain = |id| {
            let mut table = Table::new(2, Version::V2);
            table.reserve(1).unwrap();
            table.grown(1);
            let domain = Domain {
                id,
                table: RefCell::new(table),
                words: Words::default(),
                maptrack: RefCell::new(Maptrack::new(4)),
                page_table: RefCell::default(),
                spoilt: RefCell::default(),
            };
            (id, Rc::new(domain))
        };
        Self {
            domains: (0..DOMAINS).map(domain).collect(),
            frames: Rc::new(frames),
        }
    }
}

impl World {
    /// Plays a story: a line an operation, `domN: operation => answer`. Empty lines and `#` lines say nothing.
    #[track_caller]
    pub fn check(mut self, story: &str) -> Self {
        for (number, line) in story.lines().enumerate() {
            let line = line.trim();
            if line.is_empty() || line.starts_with('#') {
                continue;
            }
            let (command, expected) = line
                .split_once("=>")
                .unwrap_or_else(|| panic!("line {}: no answer in `{line}`", number + 1));
            let answer = self.run(command.trim());
            assert_eq!(answer, expected.trim(), "line {}: `{line}`", number + 1);
            self.check_invariants();
        }
        self
    }

    /// One operation, and its answer in words.
    pub fn run(&mut self, command: &str) -> String {
        let (dom, rest) = command.split_once(':').expect("`domN:` first");
        let dom = number(dom.trim()) as u16;
        let words: Vec<&str> = rest.split_whitespace().collect();
        let Some(me) = self.domains.get(&dom).cloned() else {
            return "no such domain".into();
        };
        if words[0] == "dies" {
            return self.die(me);
        }
        let mut host = Seen { world: self, me };
        match apply(&mut host, words[0], &words[1..]) {
            Ok(answer) => answer,
            Err(error) if words[0] == "set_version" => format!("{:?}", Errno::from(error)),
            Err(error) => name(error.status()).into(),
        }
    }

    fn die(&mut self, me: Rc<Domain>) -> String {
        let host = Seen {
            world: self,
            me: me.clone(),
        };
        let mut from = Handle(0);
        while let Some(next) = release(&host, from) {
            from = next;
        }
        me.page_table.borrow_mut().clear();
        assert_eq!(me.maptrack.borrow().iter().count(), 0);
        drop(host);
        self.domains.remove(&me.id);
        "ok".into()
    }

    /// Counts everything anew.
    #[track_caller]
    pub fn check_invariants(&self) {
        let mut pins: BTreeMap<(u16, Ref), (u16, u16)> = BTreeMap::new();
        let mut kept: BTreeMap<u64, (u32, u32)> = BTreeMap::new();
        for domain in self.domains.values() {
            for (_, claim) in domain.maptrack.borrow().iter() {
                let parts = claim.parts.count() as u16;
                let pins = pins.entry((claim.granter.0, claim.gref)).or_default();
                match claim.access {
                    Access::Read => pins.0 += parts,
                    Access::Write => pins.1 += parts,
                }
                if claim.parts.device() {
                    note(&mut kept, claim.mfn, claim.access);
                }
            }
            for hold in domain.page_table.borrow().values() {
                note(&mut kept, hold.mfn, hold.access);
            }
        }
        for (id, domain) in &self.domains {
            let table = domain.table.borrow();
            // Those that stories use.
            for gref in (0..20).chain(245..262).map(Ref) {
                let expected = pins.get(&(*id, gref)).copied().unwrap_or_default();
                assert_eq!(table.pins(gref), expected, "dom{id} entry {gref}: pins");
                if expected == (0, 0) {
                    domain.spoilt.borrow_mut().remove(&gref);
                }
                let is_transfer = domain.entry_type(gref) == 2;
                if is_transfer || domain.spoilt.borrow().contains(&gref) {
                    continue;
                }
                let (reads, writes) = expected;
                let flags = use_flags(&domain.words, table.version(), gref);
                assert_eq!(flags.0, reads + writes > 0, "dom{id} entry {gref}: reading");
                assert_eq!(flags.1, writes > 0, "dom{id} entry {gref}: writing");
            }
        }
        for (mfn, frame) in self.frames.iter() {
            let expected = kept.get(mfn).copied().unwrap_or_default();
            assert_eq!(
                (frame.readers.get(), frame.writers.get()),
                expected,
                "frame {mfn}: kept"
            );
        }
    }
}

fn note(kept: &mut BTreeMap<u64, (u32, u32)>, mfn: u64, access: Access) {
    let kept = kept.entry(mfn).or_default();
    match access {
        Access::Read => kept.0 += 1,
        Access::Write => kept.1 += 1,
    }
}

fn use_flags(words: &Words, version: Version, gref: Ref) -> (bool, bool) {
    let flags = match version {
        Version::V1 => words.load(Word::Entry(gref.0)).unwrap(),
        Version::V2 => words.load(Word::Status(gref.0 / 4)).unwrap() >> (gref.0 % 4 * 16),
    };
    (flags & READING != 0, flags & WRITING != 0)
}

fn apply(host: &mut Seen<'_>, op: &str, args: &[&str]) -> Result<String, Error> {
    let arg = |n: usize| args.get(n).map_or(0, |word| number(word));
    let has = |word: &str| args.contains(&word);
    let finish = |host: &Seen<'_>, pending: Pending<Hold>| {
        finish_unmap(host, pending);
        Ok("ok".to_string())
    };
    match op {
        // What the granter does by itself: `grants 8 dom0 frame 17`, perhaps `readonly`.
        "grants" => {
            let flags = PERMIT | if has("readonly") { READONLY } else { 0 };
            let (gref, to, frame) = (arg(0), arg(1) << 16, arg(3));
            host.me.writes_entry(gref as u32);
            match host.me.table.borrow().version() {
                Version::V1 => host
                    .me
                    .words
                    .store(Word::Entry(gref as u32), frame << 32 | to | flags),
                Version::V2 => {
                    host.me.words.store(Word::Entry(gref as u32 * 2 + 1), frame);
                    host.me
                        .words
                        .store(Word::Entry(gref as u32 * 2), to | flags);
                }
            }
            Ok("ok".into())
        }
        "grants_part" => {
            let (gref, to, frame) = (arg(0) as u32, arg(1) << 16, arg(3));
            host.me.writes_entry(gref);
            let extent = arg(4) << 32 | arg(5) << 48;
            host.me.words.store(Word::Entry(gref * 2 + 1), frame);
            host.me
                .words
                .store(Word::Entry(gref * 2), extent | to | PERMIT | 0x100);
            Ok("ok".into())
        }
        "accepts" => {
            let (gref, from) = (arg(0) as u32, arg(1) << 16);
            host.me.writes_entry(gref);
            host.me.words.store(Word::Entry(gref), from | 2);
            Ok("ok".into())
        }
        "entry" => {
            let word = host.me.words.load(Word::Entry(arg(0) as u32)).unwrap_or(0);
            let flags = word & 0xffff;
            Ok(format!("frame {} flags {flags}", word >> 32))
        }
        // Takes a grant back, if the entry says that nobody uses it.
        "ends" => {
            let gref = arg(0) as u32;
            let version = host.me.table.borrow().version();
            let (reading, writing) = use_flags(&host.me.words, version, Ref(gref));
            if reading || writing {
                return Ok("in use".into());
            }
            let head = if version == Version::V1 {
                gref
            } else {
                gref * 2
            };
            host.me.words.store(Word::Entry(head), 0);
            Ok("ok".into())
        }
        "makes_table" => {
            host.world.frames[&arg(0)].table.set(true);
            Ok("ok".into())
        }
        "map" => {
            let mut flags = 0;
            for (word, flag) in [("device", 1), ("host", 2), ("readonly", 4), ("pte", 16)] {
                if has(word) {
                    flags |= flag;
                }
            }
            if !args[3..]
                .iter()
                .any(|word| ["device", "host", "nothing"].contains(word))
            {
                flags |= 2;
            }
            let mapped = map(
                host,
                &Map {
                    granter: RawDomId(arg(0) as u16),
                    gref: Ref(arg(1) as u32),
                    flags: MapFlags(flags),
                    host_addr: arg(2),
                },
            )?;
            Ok(format!(
                "handle {} frame {}",
                mapped.handle.0,
                mapped.dev_bus_addr >> 12
            ))
        }
        "unmap" | "unmap_device" | "unmap_and_replace" => {
            let device = op == "unmap_device";
            let address = if device { arg(1) << 12 } else { arg(1) };
            let op = Unmap {
                handle: Handle(arg(0) as u32),
                host_addr: if device { 0 } else { address },
                dev_bus_addr: if device { address } else { 0 },
                replacement: (op == "unmap_and_replace").then(|| arg(2)),
            };
            let pending = begin_unmap(host, &op)?;
            finish(host, pending)
        }
        // `copy dom1 8 0 to self frame 3 0 len 100`
        "copy" => {
            let to = args.iter().position(|word| *word == "to").unwrap();
            let len = number(args.last().unwrap()) as u16;
            copy(
                host,
                &Copy {
                    source: side(&args[..to]),
                    dest: side(&args[to + 1..]),
                    len,
                },
            )?;
            Ok("ok".into())
        }
        "byte" => {
            let bytes = host.world.frames[&arg(0)].bytes.borrow();
            Ok((bytes[arg(1) as usize] as char).to_string())
        }
        "sees" => match host.me.page_table.borrow().get(&arg(0)) {
            Some(hold) => Ok(format!("frame {}", hold.mfn)),
            None => Ok("nothing".into()),
        },
        "transfer" => {
            transfer(host, arg(0), RawDomId(arg(1) as u16), Ref(arg(2) as u32))?;
            Ok("ok".into())
        }
        "set_version" => {
            let mut table = host.me.table.borrow_mut();
            if let Some(version) = table.may_set_version(arg(0) as u32)? {
                table.set_version(version, &host.me.words);
            }
            Ok("ok".into())
        }
        "swap" => {
            let (a, b) = (Ref(arg(0) as u32), Ref(arg(1) as u32));
            host.me.table.borrow_mut().swap(a, b, &host.me.words)?;
            Ok("ok".into())
        }
        other => panic!("unknown operation `{other}`"),
    }
}

/// `dom1 8 OFFSET` or `self frame 3 OFFSET`.
fn side(words: &[&str]) -> Side {
    let dom = match words[0] {
        "self" => RawDomId::SELF,
        dom => RawDomId(number(dom) as u16),
    };
    let (page, offset) = if words[1] == "frame" {
        (Err(number(words[2])), words[3])
    } else {
        (Ok(Ref(number(words[1]) as u32)), words[2])
    };
    Side {
        dom,
        page,
        offset: number(offset) as u16,
    }
}

fn number(word: &str) -> u64 {
    let digits = word.trim_start_matches(|c: char| c.is_ascii_alphabetic());
    digits.parse().unwrap_or(0)
}

fn name(status: i16) -> &'static str {
    match status {
        -1 => "general_error",
        -2 => "bad_domain",
        -3 => "bad_gntref",
        -4 => "bad_handle",
        -8 => "permission_denied",
        -9 => "bad_page",
        -10 => "bad_copy_arg",
        -11 => "address_too_big",
        -13 => "no_space",
        _ => "?",
    }
}
