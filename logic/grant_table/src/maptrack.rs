//! A mapper's side: what is mapped under which handle.

use alloc::vec::Vec;

use abi::DomId;

use crate::{Access, Error, Ref};

/// The number under which a mapping is undone.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Handle(pub u32);

/// Which mappings of a handle are meant.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Parts(u8);

impl Parts {
    /// Neither.
    pub const NONE: Self = Self(0);
    /// The one for CPUs.
    pub const HOST: Self = Self(1);
    /// The one for devices.
    pub const DEVICE: Self = Self(2);
    /// Both.
    pub const BOTH: Self = Self(3);

    /// Those of the two that are wanted.
    #[inline(always)]
    pub const fn new(host: bool, device: bool) -> Self {
        Self(host as u8 | (device as u8) << 1)
    }

    /// Whether one for CPUs is among them.
    #[inline(always)]
    pub const fn host(self) -> bool {
        self.0 & Self::HOST.0 != 0
    }

    /// Whether one for devices is among them.
    #[inline(always)]
    pub const fn device(self) -> bool {
        self.0 & Self::DEVICE.0 != 0
    }

    /// How many there are.
    #[inline(always)]
    pub const fn count(self) -> u32 {
        self.0.count_ones()
    }

    const fn and(self, other: Self) -> Self {
        Self(self.0 & other.0)
    }

    const fn without(self, other: Self) -> Self {
        Self(self.0 & !other.0)
    }

    const fn with(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }
}

/// One mapping, as its handle remembers it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Claim {
    /// Who granted.
    pub granter: DomId,
    /// Which entry.
    pub gref: Ref,
    /// How it is used.
    pub access: Access,
    /// The machine's frame.
    pub mfn: u64,
    /// The flags that it was mapped with (`GNTMAP_*`).
    pub flags: u32,
    /// What the claimer has to undo.
    pub parts: Parts,
}

#[derive(Debug)]
enum Slot<H> {
    /// The next free slot, if any.
    Free(Option<u32>),
    /// Given out; nothing is mapped yet.
    Reserved,
    Used {
        claim: Claim,
        /// Being undone by somebody.
        claimed: Parts,
        /// What keeps the frame for devices.
        device: Option<H>,
    },
}

/// A domain's mappings of other domains' pages. `H` keeps a frame.
///
/// Always: a slot in use has a part that is mapped or is being undone; the same part is undone by one caller only.
#[derive(Debug)]
pub struct Maptrack<H> {
    slots: Vec<Slot<H>>,
    free: Option<u32>,
    limit: u32,
}

impl<H> Maptrack<H> {
    /// No mapping, and room for so many.
    pub const fn new(limit: u32) -> Self {
        Self {
            slots: Vec::new(),
            free: None,
            limit,
        }
    }

    fn slot(&mut self, handle: Handle) -> Option<&mut Slot<H>> {
        self.slots.get_mut(handle.0 as usize)
    }

    /// A handle for a mapping to come.
    pub fn reserve(&mut self) -> Result<Handle, Error> {
        if let Some(index) = self.free {
            if let Some(slot) = self.slots.get_mut(index as usize) {
                if let Slot::Free(next) = slot {
                    self.free = *next;
                }
                *slot = Slot::Reserved;
            }
            return Ok(Handle(index));
        }
        let index = self.slots.len() as u32;
        if index >= self.limit {
            return Err(Error::NoHandle);
        }
        self.slots.try_reserve(1).map_err(|_| Error::NoHandle)?;
        self.slots.push(Slot::Reserved);
        Ok(Handle(index))
    }

    /// A handle that was reserved, or whose last part was undone, is free again.
    pub fn free(&mut self, handle: Handle) {
        let next = self.free;
        if let Some(slot) = self.slot(handle) {
            *slot = Slot::Free(next);
            self.free = Some(handle.0);
        }
    }

    /// The mapping of a reserved handle is there.
    pub fn fill(&mut self, handle: Handle, claim: Claim, device: Option<H>) {
        if let Some(slot) = self.slot(handle) {
            *slot = Slot::Used {
                claim,
                claimed: Parts::NONE,
                device,
            };
        }
    }

    /// What a handle maps.
    pub fn get(&self, handle: Handle) -> Result<&Claim, Error> {
        match self.slots.get(handle.0 as usize) {
            Some(Slot::Used { claim, .. }) if claim.parts != Parts::NONE => Ok(claim),
            _ => Err(Error::BadHandle),
        }
    }

    /// Takes those of `parts` that are mapped, for the caller to undo; then [`Self::finish`], or [`Self::restore`].
    pub fn claim(&mut self, handle: Handle, parts: Parts) -> Result<Claim, Error> {
        match self.slot(handle) {
            Some(Slot::Used { claim, claimed, .. }) if claim.parts != Parts::NONE => {
                let taken = claim.parts.and(parts);
                claim.parts = claim.parts.without(taken);
                *claimed = claimed.with(taken);
                Ok(Claim {
                    parts: taken,
                    ..*claim
                })
            }
            _ => Err(Error::BadHandle),
        }
    }

    /// What was claimed could not be undone.
    pub fn restore(&mut self, handle: Handle, parts: Parts) {
        if let Some(Slot::Used { claim, claimed, .. }) = self.slot(handle) {
            *claimed = claimed.without(parts);
            claim.parts = claim.parts.with(parts);
        }
    }

    /// What was claimed is undone. Gives what kept the frame for devices, if it was that.
    pub fn finish(&mut self, handle: Handle, parts: Parts) -> Option<H> {
        let Some(Slot::Used {
            claim,
            claimed,
            device,
        }) = self.slot(handle)
        else {
            return None;
        };
        *claimed = claimed.without(parts);
        let hold = if parts.device() { device.take() } else { None };
        if claim.parts == Parts::NONE && *claimed == Parts::NONE {
            self.free(handle);
        }
        hold
    }

    /// The lowest handle from `from` on under which something is mapped.
    pub fn next_used(&self, from: Handle) -> Option<Handle> {
        (from.0..self.slots.len() as u32)
            .map(Handle)
            .find(|handle| self.get(*handle).is_ok())
    }

    /// Every mapping.
    pub fn iter(&self) -> impl Iterator<Item = (Handle, &Claim)> {
        (0..self.slots.len() as u32)
            .map(Handle)
            .filter_map(|handle| Some((handle, self.get(handle).ok()?)))
    }
}
