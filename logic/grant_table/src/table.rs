//! A granter's table: how large, which version, and who uses which entry.

use alloc::boxed::Box;
use alloc::vec::Vec;

use abi::DomId;

use crate::entry::{self, Extent, Shared, Version, Word};
use crate::{Access, Error, RESERVED, Ref};

/// For what an entry is pinned.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Use {
    /// To stay mapped: whole pages only.
    Map,
    /// For a copy: a part of a page will do.
    Copy,
}

/// What a pinned entry grants.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Pinned {
    /// The frame, as the granter numbers it.
    pub frame: u64,
    /// The first byte that is granted.
    pub offset: u16,
    /// How many are.
    pub len: u16,
}

/// Who uses an entry, and what it was when it was first used.
#[derive(Clone, Copy, Debug)]
struct Active {
    extent: Extent,
    user: DomId,
    readers: u16,
    writers: u16,
}

impl Active {
    const IDLE: Self = Self {
        extent: Extent {
            frame: 0,
            offset: 0,
            len: 0,
            is_sub_page: false,
        },
        user: DomId::INVALID,
        readers: 0,
        writers: 0,
    };

    fn is_idle(&self) -> bool {
        self.readers == 0 && self.writers == 0
    }
}

/// Active entries in one allocation.
const CHUNK: u32 = 512;

/// A domain's table, as the one who grants.
///
/// Always: an entry is idle exactly when nobody uses it, and then its shared use flags are clear (if the guest leaves
/// them alone); there are as many active entries as the frames hold.
#[derive(Debug)]
pub struct Table {
    version: Version,
    max_version: Version,
    frames: u32,
    max_frames: u32,
    active: Vec<Box<[Active]>>,
}

impl Table {
    /// A table without frames, of version 1.
    pub const fn new(max_frames: u32, max_version: Version) -> Self {
        Self {
            version: Version::V1,
            max_version,
            frames: 0,
            max_frames,
            active: Vec::new(),
        }
    }

    /// The version in force.
    pub const fn version(&self) -> Version {
        self.version
    }

    /// Frames that hold entries.
    pub const fn frames(&self) -> u32 {
        self.frames
    }

    /// Frames that it may have.
    pub const fn max_frames(&self) -> u32 {
        self.max_frames
    }

    /// Status frames that so many frames need, in this version: 2 bytes an entry.
    pub const fn status_frames(version: Version, frames: u32) -> u32 {
        match version {
            Version::V1 => 0,
            Version::V2 => frames.div_ceil(8),
        }
    }

    /// Entries that there are.
    pub const fn entries(&self) -> u32 {
        self.frames.wrapping_mul(self.version.entries_per_frame())
    }

    #[inline]
    fn active(&mut self, gref: Ref) -> Result<&mut Active, Error> {
        if gref.0 >= self.entries() {
            return Err(Error::BadRef(gref));
        }
        self.active
            .get_mut((gref.0 / CHUNK) as usize)
            .and_then(|chunk| chunk.get_mut((gref.0 % CHUNK) as usize))
            .ok_or(Error::BadRef(gref))
    }

    /// Pins an entry for `who`: it says that it is used until [`Self::unpin`].
    #[inline]
    pub fn pin(
        &mut self,
        gref: Ref,
        who: DomId,
        access: Access,
        purpose: Use,
        shared: &impl Shared,
    ) -> Result<Pinned, Error> {
        let version = self.version;
        let active = self.active(gref)?;
        let idle = active.is_idle();
        if !idle {
            let full = active.readers == u16::MAX || active.writers == u16::MAX;
            if active.user != who || full {
                return Err(Error::InUse(gref));
            }
            if active.extent.is_sub_page && purpose == Use::Map {
                return Err(Error::SubPage(gref));
            }
        }
        // A first reader of an entry that is written to finds all flags set, and needs no leave.
        if idle || access == Access::Write && active.writers == 0 {
            let extent = entry::acquire(version, gref, who, (access, purpose), shared)?;
            if idle {
                active.extent = extent;
                active.user = who;
            }
        }
        match access {
            Access::Read => active.readers = active.readers.wrapping_add(1),
            Access::Write => active.writers = active.writers.wrapping_add(1),
        }
        Ok(Pinned {
            frame: active.extent.frame,
            offset: active.extent.offset,
            len: active.extent.len,
        })
    }

    /// Takes one pin back.
    #[inline]
    pub fn unpin(&mut self, gref: Ref, access: Access, shared: &impl Shared) {
        let version = self.version;
        let Ok(active) = self.active(gref) else {
            return;
        };
        match access {
            Access::Read => active.readers = active.readers.saturating_sub(1),
            Access::Write => active.writers = active.writers.saturating_sub(1),
        }
        if active.is_idle() {
            active.user = DomId::INVALID;
            entry::release(version, gref, false, shared);
        } else if access == Access::Write && active.writers == 0 {
            entry::release(version, gref, true, shared);
        }
    }

    /// How often an entry is pinned, for reading and for writing.
    pub fn pins(&self, gref: Ref) -> (u16, u16) {
        self.active
            .get((gref.0 / CHUNK) as usize)
            .and_then(|chunk| chunk.get((gref.0 % CHUNK) as usize))
            .map_or((0, 0), |active| (active.readers, active.writers))
    }

    /// Makes room for the active entries of so many frames. The caller then puts the frames in place, zeroed, and calls
    /// [`Self::grown`].
    pub fn reserve(&mut self, frames: u32) -> Result<(), Error> {
        if frames > self.max_frames {
            return Err(Error::NoMemory);
        }
        let chunks = frames.wrapping_mul(Version::V1.entries_per_frame()) / CHUNK;
        while (self.active.len() as u32) < chunks {
            let mut chunk = Vec::new();
            chunk
                .try_reserve_exact(CHUNK as usize)
                .map_err(|_| Error::NoMemory)?;
            chunk.resize(CHUNK as usize, Active::IDLE);
            self.active.try_reserve(1).map_err(|_| Error::NoMemory)?;
            self.active.push(chunk.into_boxed_slice());
        }
        Ok(())
    }

    /// So many frames are in place now. A table never shrinks.
    pub fn grown(&mut self, frames: u32) {
        self.frames = self.frames.max(frames.min(self.max_frames));
    }

    /// It has all the frames that it will ever have.
    pub fn freeze(&mut self) {
        self.max_frames = self.frames;
    }

    /// Whether the version may become `number`; `None` if it is that already. Comes before status frames are made.
    pub fn may_set_version(&self, number: u32) -> Result<Option<Version>, Error> {
        let wanted = match number {
            1 => Version::V1,
            2 if self.max_version == Version::V2 => Version::V2,
            2 => return Err(Error::VersionNotAllowed),
            _ => return Err(Error::BadVersion),
        };
        if wanted == self.version {
            return Ok(None);
        }
        match (RESERVED..self.entries())
            .map(Ref)
            .find(|gref| self.pins(*gref) != (0, 0))
        {
            Some(gref) => Err(Error::InUse(gref)),
            None => Ok(Some(wanted)),
        }
    }

    /// Changes the version. Reserved entries keep what they say; all others become invalid.
    pub fn set_version(&mut self, version: Version, shared: &impl Shared) {
        let reserved = || (0..RESERVED).map(Ref);
        let mut kept = [entry::Kept::default(); RESERVED as usize];
        for (kept, gref) in kept.iter_mut().zip(reserved()) {
            *kept = entry::read(self.version, gref, shared);
        }
        for word in 0..self.frames.wrapping_mul(512) {
            shared.store(Word::Entry(word), 0);
        }
        for word in 0..Self::status_frames(Version::V2, self.frames).wrapping_mul(512) {
            shared.store(Word::Status(word), 0);
        }
        self.version = version;
        for (kept, gref) in kept.into_iter().zip(reserved()) {
            entry::write(version, gref, kept, shared);
        }
    }

    /// Exchanges what two entries grant.
    pub fn swap(&mut self, a: Ref, b: Ref, shared: &impl Shared) -> Result<(), Error> {
        for gref in [a, b] {
            if !self.active(gref)?.is_idle() {
                return Err(Error::InUse(gref));
            }
        }
        if a != b {
            entry::swap(self.version, a, b, shared);
        }
        Ok(())
    }

    /// Promises a frame of `who` to an entry that accepts one.
    pub fn commit_transfer(
        &mut self,
        gref: Ref,
        who: DomId,
        frame: u64,
        shared: &impl Shared,
    ) -> Result<(), Error> {
        self.active(gref)?;
        if self.version == Version::V1 && frame >> 32 != 0 {
            return Err(Error::FrameTooHigh);
        }
        entry::commit_transfer(self.version, gref, who, shared)
    }

    /// The frame is the table's owner's now.
    pub fn complete_transfer(&mut self, gref: Ref, frame: u64, shared: &impl Shared) {
        entry::complete_transfer(self.version, gref, frame, shared);
    }
}
