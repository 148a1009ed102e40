//! A domain's grants in the body: its table with the frames that it shares, and what it maps of others.
//!
//! Always: the frames of the table are lent pages, shared from the time that [`Lent`] can find them to the end of the
//! domain; what keeps a granted page is a reference to it, in a page table, a maptrack or on the way between.
//!
//! Not here: the rules (`grant_table`), the calls (`hypercall::grant_table`).

use alloc::sync::Arc;
use alloc::vec::Vec;
use core::sync::atomic::{AtomicU32, AtomicU64, Ordering};

use abi::{DomId, Errno, Mfn, RawDomId};
use grant_table::{
    Access, Error, HANDLES_PER_FRAME, Handle, Maptrack, Parties, Shared, Table, Version, Word,
};
use metal::sync::{Mutex, MutexGuard};
use page_types::{PageRef, TypeRef, Writable};

use super::frames::Machine;
use super::share::LentPage;
use crate::domain::{Config, Domain, table as domains};
use crate::rank;

/// Frames that a table has from the start.
const INITIAL_FRAMES: u32 = 1;
/// Words in a frame.
const WORDS: u32 = 512;

/// What a domain grants, and what it maps.
pub struct Grants {
    owner: DomId,
    books: Mutex<Books>,
    maptrack: Mutex<Maptrack<Hold>>,
    /// How far [`Self::release_all`] came.
    released: AtomicU32,
}

/// What the lock of a grant table guards.
pub struct Books {
    /// The rules' part.
    pub table: Table,
    /// The frames.
    pub lent: Lent,
}

/// The frames that a domain shares with us for its table.
#[derive(Default)]
pub struct Lent {
    entries: Vec<LentPage>,
    status: Vec<LentPage>,
}

impl Lent {
    #[inline(always)]
    fn word(&self, word: Word) -> Option<&'static AtomicU64> {
        let (frames, index) = match word {
            Word::Entry(index) => (&self.entries, index),
            Word::Status(index) => (&self.status, index),
        };
        frames
            .get((index / WORDS) as usize)?
            .words()
            .get((index % WORDS) as usize)
    }

    /// The frames of status flags.
    pub fn status(&self) -> &[LentPage] {
        &self.status
    }

    /// The frames of entries.
    pub fn entries(&self) -> &[LentPage] {
        &self.entries
    }

    /// How many frames there are of both.
    pub fn count(&self) -> usize {
        self.entries.len().saturating_add(self.status.len())
    }
}

impl Shared for Lent {
    #[inline(always)]
    fn load(&self, word: Word) -> Option<u64> {
        self.word(word).map(|word| word.load(Ordering::SeqCst))
    }
    #[inline(always)]
    fn store(&self, word: Word, value: u64) {
        if let Some(word) = self.word(word) {
            word.store(value, Ordering::SeqCst);
        }
    }
    #[inline(always)]
    fn fetch_or(&self, word: Word, bits: u64) -> Option<u64> {
        self.word(word)
            .map(|word| word.fetch_or(bits, Ordering::SeqCst))
    }
    #[inline(always)]
    fn fetch_and(&self, word: Word, bits: u64) -> Option<u64> {
        self.word(word)
            .map(|word| word.fetch_and(bits, Ordering::SeqCst))
    }
    #[inline(always)]
    fn compare_exchange(&self, word: Word, old: u64, new: u64) -> Result<u64, Option<u64>> {
        let word = self.word(word).ok_or(None)?;
        word.compare_exchange(old, new, Ordering::SeqCst, Ordering::SeqCst)
            .map_err(Some)
    }
}

/// Keeps a granted page, as it is used.
#[derive(Debug)]
pub enum Hold {
    /// It is read.
    Read(PageRef<Machine>),
    /// It is written.
    Write(TypeRef<Machine, Writable>),
}

impl Hold {
    /// A page of this domain.
    #[inline(always)]
    pub fn of(owner: DomId, mfn: Mfn, access: Access) -> Result<Self, Error> {
        let refused = |error| match error {
            page_types::Error::NotYours => Error::BadPage,
            _ => Error::WrongType,
        };
        match access {
            Access::Read => PageRef::get(Machine, mfn, owner).map(Self::Read),
            Access::Write => TypeRef::writable(Machine, mfn, owner).map(Self::Write),
        }
        .map_err(refused)
    }

    /// The page.
    #[inline(always)]
    pub fn mfn(&self) -> Mfn {
        match self {
            Self::Read(page) => page.mfn(),
            Self::Write(page) => page.mfn(),
        }
    }
}

impl Clone for Hold {
    fn clone(&self) -> Self {
        match self {
            Self::Read(page) => Self::Read(page.clone()),
            Self::Write(page) => Self::Write(page.clone()),
        }
    }
}

impl Grants {
    /// An empty table of one frame.
    pub fn new(owner: DomId, config: &Config) -> Result<Self, Errno> {
        let version = if config.grant_version >= 2 {
            Version::V2
        } else {
            Version::V1
        };
        let table = Table::new(config.max_grant_frames, version);
        let handles = config.max_maptrack_frames.saturating_mul(HANDLES_PER_FRAME);
        let grants = Self {
            owner,
            books: Mutex::new(
                rank::GRANTS,
                Books {
                    table,
                    lent: Lent::default(),
                },
            ),
            maptrack: Mutex::new(rank::GRANTS, Maptrack::new(handles)),
            released: AtomicU32::new(0),
        };
        let first = INITIAL_FRAMES.min(config.max_grant_frames);
        grants.grow(&mut grants.lock(), first)?;
        Ok(grants)
    }

    /// The table's lock.
    #[inline]
    pub fn lock(&self) -> MutexGuard<'_, Books> {
        self.books.lock()
    }

    /// The maptrack's lock.
    #[inline]
    pub fn maptrack(&self) -> MutexGuard<'_, Maptrack<Hold>> {
        self.maptrack.lock()
    }

    /// Makes sure that the table has so many frames.
    pub fn grow(&self, books: &mut Books, frames: u32) -> Result<(), Errno> {
        let Books { table, lent } = books;
        if frames <= table.frames() {
            return Ok(());
        }
        table.reserve(frames)?;
        self.lend(&mut lent.entries, frames)?;
        self.lend(
            &mut lent.status,
            Table::status_frames(table.version(), frames),
        )?;
        table.grown(frames);
        Ok(())
    }

    fn lend(&self, list: &mut Vec<LentPage>, wanted: u32) -> Result<(), Errno> {
        let missing = (wanted as usize).saturating_sub(list.len());
        list.try_reserve(missing).map_err(|_| Errno::ENOMEM)?;
        for _ in 0..missing {
            list.push(LentPage::new(self.owner)?);
        }
        Ok(())
    }

    /// Changes the version of the entries.
    pub fn set_version(&self, number: u32) -> Result<Version, Errno> {
        let mut books = self.lock();
        let Books { table, lent } = &mut *books;
        if let Some(version) = table.may_set_version(number)? {
            self.lend(
                &mut lent.status,
                Table::status_frames(version, table.frames()),
            )?;
            table.set_version(version, lent);
        }
        Ok(table.version())
    }

    /// A frame of the table, which grows up to it.
    pub fn shared_frame(&self, index: u32) -> Option<Mfn> {
        let mut books = self.lock();
        self.grow(&mut books, index.checked_add(1)?).ok()?;
        Some(books.lent.entries.get(index as usize)?.mfn())
    }

    /// The domain ends: undoes what it maps of others, as far as `should_yield` lets it; whether that was all.
    pub fn release_all(&self, domain: &Domain, should_yield: &dyn Fn() -> bool) -> bool {
        let mut from = Handle(self.released.load(Ordering::Relaxed));
        while let Some(next) = grant_table::release(&Dying(domain), from) {
            from = next;
            self.released.store(from.0, Ordering::Relaxed);
            if should_yield() {
                return false;
            }
        }
        true
    }

    /// The domain is dead: takes the frames of its table, which gets no others. Who still maps its pages finds no entry
    /// to change.
    pub fn close(&self) -> Lent {
        let mut books = self.lock();
        books.table.freeze();
        core::mem::take(&mut books.lent)
    }
}

/// A domain that ends, and the granters of what it still maps.
struct Dying<'a>(&'a Domain);

impl Parties for Dying<'_> {
    type Granter = Arc<Domain>;
    type Hold = Hold;
    type Shared = Lent;

    fn caller(&self) -> DomId {
        self.0.id
    }

    fn granter(&self, dom: RawDomId) -> Result<Arc<Domain>, Error> {
        domains::get(DomId(dom.0)).ok_or(Error::BadDomain)
    }

    fn with_table<R>(&self, granter: &Arc<Domain>, act: impl FnOnce(&mut Table, &Lent) -> R) -> R {
        let Books { table, lent } = &mut *granter.grants.lock();
        act(table, lent)
    }

    fn with_maptrack<R>(&self, act: impl FnOnce(&mut Maptrack<Hold>) -> R) -> R {
        act(&mut self.0.grants.maptrack())
    }
}
