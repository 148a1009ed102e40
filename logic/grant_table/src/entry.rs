//! An entry as guest and hypervisor share it, in either version.
//!
//! Version 1 is one word: flags, domain and frame are checked and the use flags set in a single compare-and-exchange.
//! Version 2 keeps the use flags apart: they are set first and the entry is read again after, so a granter that clears
//! its entry and then looks at the use flags finds one of the two.

use abi::DomId;
use abi::grant_table as gt;

use crate::{Access, Error, PAGE, Ref, Use};

/// How entries look.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Version {
    /// 8 bytes: flags, domain, a frame of 32 bits.
    V1,
    /// 16 bytes, and 2 more in the status frames.
    V2,
}

impl Version {
    /// As it crosses the ABI.
    pub const fn number(self) -> u32 {
        match self {
            Self::V1 => 1,
            Self::V2 => 2,
        }
    }

    /// Entries in one frame of the table.
    pub const fn entries_per_frame(self) -> u32 {
        match self {
            Self::V1 => 512,
            Self::V2 => 256,
        }
    }
}

/// A word of 64 bits that the granter shares with us.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Word {
    /// Word `n` of the table's frames, counted over all of them.
    Entry(u32),
    /// Word `n` of the status frames (version 2).
    Status(u32),
}

/// A granter's shared words. Each access is atomic and in order with all others; the guest may change a word at any
/// moment. `None` says that no memory stands behind the word (any more).
pub trait Shared {
    /// Reads.
    fn load(&self, word: Word) -> Option<u64>;
    /// Writes.
    fn store(&self, word: Word, value: u64);
    /// Sets bits; what was there before.
    fn fetch_or(&self, word: Word, bits: u64) -> Option<u64>;
    /// Keeps only these bits; what was there before.
    fn fetch_and(&self, word: Word, bits: u64) -> Option<u64>;
    /// Writes `new` if `old` is there; else says what is there.
    fn compare_exchange(&self, word: Word, old: u64, new: u64) -> Result<u64, Option<u64>>;
}

/// How often an entry is tried while the guest changes it.
const ATTEMPTS: usize = 8;

const TYPE: u64 = gt::GTF_TYPE_MASK as u64;
const PERMIT: u64 = gt::GTF_PERMIT_ACCESS as u64;
const ACCEPT: u64 = gt::GTF_ACCEPT_TRANSFER as u64;
const READONLY: u64 = gt::GTF_READONLY as u64;
const READING: u64 = gt::GTF_READING as u64;
const WRITING: u64 = gt::GTF_WRITING as u64;
const SUB_PAGE: u64 = gt::GTF_SUB_PAGE as u64;
const COMMITTED: u64 = gt::GTF_TRANSFER_COMMITTED as u64;
const COMPLETED: u64 = gt::GTF_TRANSFER_COMPLETED as u64;
/// Flags and domain: what both versions begin with.
const HEADER: u64 = 0xffff_ffff;

/// The part of a page that an entry grants.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Extent {
    pub(crate) frame: u64,
    pub(crate) offset: u16,
    pub(crate) len: u16,
    pub(crate) is_sub_page: bool,
}

impl Extent {
    fn whole(frame: u64) -> Self {
        Self {
            frame,
            offset: 0,
            len: PAGE as u16,
            is_sub_page: false,
        }
    }
}

fn domain(word: u64) -> DomId {
    DomId((word >> 16) as u16)
}

fn use_flags(access: Access) -> u64 {
    match access {
        Access::Read => READING,
        Access::Write => READING | WRITING,
    }
}

/// Whether this first word lets `who` do that.
fn permits(word: u64, who: DomId, access: Access) -> bool {
    let writable = word & READONLY == 0;
    word & TYPE == PERMIT && domain(word) == who && (access == Access::Read || writable)
}

fn v2_words(gref: Ref) -> (Word, Word) {
    let first = gref.0.wrapping_mul(2);
    (Word::Entry(first), Word::Entry(first.wrapping_add(1)))
}

/// Where the 16 status bits of an entry are: the word, and the shift in it.
fn status_place(gref: Ref) -> (Word, u32) {
    (
        Word::Status(gref.0 / 4),
        (gref.0 % 4).wrapping_mul(u16::BITS),
    )
}

/// Checks an entry and marks it used; what it grants.
#[inline]
pub(crate) fn acquire(
    version: Version,
    gref: Ref,
    who: DomId,
    (access, purpose): (Access, Use),
    shared: &impl Shared,
) -> Result<Extent, Error> {
    match version {
        Version::V1 => acquire_v1(gref, who, access, shared),
        Version::V2 => acquire_v2(gref, who, access, purpose, shared),
    }
}

#[inline]
fn acquire_v1(
    gref: Ref,
    who: DomId,
    access: Access,
    shared: &impl Shared,
) -> Result<Extent, Error> {
    let place = Word::Entry(gref.0);
    let mut word = shared.load(place).ok_or(Error::BadRef(gref))?;
    for _ in 0..ATTEMPTS {
        if !permits(word, who, access) {
            return Err(Error::NotGranted(gref));
        }
        match shared.compare_exchange(place, word, word | use_flags(access)) {
            Ok(_) => return Ok(Extent::whole(word >> 32)),
            Err(other) => word = other.ok_or(Error::BadRef(gref))?,
        }
    }
    Err(Error::Unstable(gref))
}

fn acquire_v2(
    gref: Ref,
    who: DomId,
    access: Access,
    purpose: Use,
    shared: &impl Shared,
) -> Result<Extent, Error> {
    let (head, tail) = v2_words(gref);
    let word = shared.load(head).ok_or(Error::BadRef(gref))?;
    if !permits(word, who, access) {
        return Err(Error::NotGranted(gref));
    }
    let is_sub_page = word & SUB_PAGE != 0;
    if is_sub_page && purpose == Use::Map {
        return Err(Error::SubPage(gref));
    }
    let (status, shift) = status_place(gref);
    let flags = use_flags(access).wrapping_shl(shift);
    let before = shared.fetch_or(status, flags).ok_or(Error::BadRef(gref))?;
    let frame = shared.load(tail).unwrap_or(0);
    if shared.load(head) != Some(word) {
        // Only what was not set for others is ours to clear.
        let _ = shared.fetch_and(status, !(flags & !before));
        return Err(Error::Unstable(gref));
    }
    Ok(if is_sub_page {
        Extent {
            frame,
            offset: (word >> 32) as u16,
            len: (word >> 48) as u16,
            is_sub_page,
        }
    } else {
        Extent::whole(frame)
    })
}

/// Clears use flags: the writing one, or all.
#[inline]
pub(crate) fn release(version: Version, gref: Ref, writing_only: bool, shared: &impl Shared) {
    let flags = if writing_only {
        WRITING
    } else {
        READING | WRITING
    };
    let _ = match version {
        Version::V1 => shared.fetch_and(Word::Entry(gref.0), !flags),
        Version::V2 => {
            let (word, shift) = status_place(gref);
            shared.fetch_and(word, !flags.wrapping_shl(shift))
        }
    };
}

/// Promises `who`'s frame to an entry that accepts one.
pub(crate) fn commit_transfer(
    version: Version,
    gref: Ref,
    who: DomId,
    shared: &impl Shared,
) -> Result<(), Error> {
    let head = match version {
        Version::V1 => Word::Entry(gref.0),
        Version::V2 => v2_words(gref).0,
    };
    let mut word = shared.load(head).ok_or(Error::BadRef(gref))?;
    for _ in 0..ATTEMPTS {
        let taken = word & (COMMITTED | COMPLETED) != 0;
        if word & TYPE != ACCEPT || domain(word) != who || taken {
            return Err(Error::NotGranted(gref));
        }
        match shared.compare_exchange(head, word, word | COMMITTED) {
            Ok(_) => return Ok(()),
            Err(other) => word = other.ok_or(Error::BadRef(gref))?,
        }
    }
    Err(Error::Unstable(gref))
}

/// Keeps that promise: the frame first, the news after.
pub(crate) fn complete_transfer(version: Version, gref: Ref, frame: u64, shared: &impl Shared) {
    match version {
        Version::V1 => {
            let place = Word::Entry(gref.0);
            // The guest may not touch a committed entry; if it does, it loses the number of its new frame.
            let word = shared.load(place).unwrap_or(0);
            let done = word & HEADER | COMMITTED | COMPLETED;
            let _ = shared.compare_exchange(place, word, frame << 32 | done);
        }
        Version::V2 => {
            let (head, tail) = v2_words(gref);
            shared.store(tail, frame);
            let _ = shared.fetch_or(head, COMPLETED);
        }
    }
}

/// An entry out of its table, to be written into one of another version.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Kept {
    flags_and_domain: u64,
    frame: u64,
}

/// Takes the contents of an entry out. What the other version cannot say becomes an invalid entry.
pub(crate) fn read(version: Version, gref: Ref, shared: &impl Shared) -> Kept {
    match version {
        Version::V1 => {
            let word = shared.load(Word::Entry(gref.0)).unwrap_or(0);
            Kept {
                flags_and_domain: word & HEADER,
                frame: word >> 32,
            }
        }
        Version::V2 => {
            let (head, tail) = v2_words(gref);
            let word = shared.load(head).unwrap_or(0);
            let frame = shared.load(tail).unwrap_or(0);
            let (status, shift) = status_place(gref);
            let status = shared.load(status).unwrap_or(0).wrapping_shr(shift);
            let expressible = word & SUB_PAGE == 0 && frame >> 32 == 0;
            if expressible && word & TYPE == PERMIT {
                let used = status & (READING | WRITING);
                Kept {
                    flags_and_domain: word & HEADER | used,
                    frame,
                }
            } else {
                Kept::default()
            }
        }
    }
}

/// Writes contents into an empty entry, the flags last.
pub(crate) fn write(version: Version, gref: Ref, kept: Kept, shared: &impl Shared) {
    let Kept {
        flags_and_domain: word,
        frame,
    } = kept;
    match version {
        Version::V1 => shared.store(Word::Entry(gref.0), frame << 32 | word),
        Version::V2 => {
            let (head, tail) = v2_words(gref);
            let (status, shift) = status_place(gref);
            let used = word & (READING | WRITING);
            shared.store(tail, frame);
            let _ = shared.fetch_or(status, used.wrapping_shl(shift));
            shared.store(head, word & !(READING | WRITING));
        }
    }
}

/// Exchanges two entries that nobody uses.
pub(crate) fn swap(version: Version, a: Ref, b: Ref, shared: &impl Shared) {
    let exchange = |a: Word, b: Word| {
        let (left, right) = (shared.load(a).unwrap_or(0), shared.load(b).unwrap_or(0));
        shared.store(a, right);
        shared.store(b, left);
    };
    match version {
        Version::V1 => exchange(Word::Entry(a.0), Word::Entry(b.0)),
        Version::V2 => {
            let ((a_head, a_tail), (b_head, b_tail)) = (v2_words(a), v2_words(b));
            exchange(a_tail, b_tail);
            exchange(a_head, b_head);
        }
    }
}
