//! The operations of the ABI, step by step, over a [`Host`] that has the machine.

use abi::grant_table as gt;
use abi::{DomId, RawDomId};

use crate::entry::Shared;
use crate::maptrack::{Claim, Handle, Maptrack, Parts};
use crate::table::{Pinned, Table, Use};
use crate::{Access, Error, PAGE, Ref};

/// The domains that an operation is about, as the caller's books and its granters' show them.
pub trait Parties {
    /// A domain that grants; it cannot go away while this exists.
    type Granter;
    /// Keeps a frame, for reading or for writing.
    type Hold;
    /// A granter's shared words.
    type Shared: Shared;

    /// The caller.
    fn caller(&self) -> DomId;
    /// The domain whose grants are meant, if the caller may use them.
    fn granter(&self, dom: RawDomId) -> Result<Self::Granter, Error>;
    /// Works on a granter's table, under its lock.
    fn with_table<R>(
        &self,
        granter: &Self::Granter,
        act: impl FnOnce(&mut Table, &Self::Shared) -> R,
    ) -> R;
    /// Works on the caller's maptrack, under its lock.
    fn with_maptrack<R>(&self, act: impl FnOnce(&mut Maptrack<Self::Hold>) -> R) -> R;
}

/// The machine as well: frames, and the caller's page tables.
pub trait Host: Parties {
    /// What a page table no longer holds, but translations may still show.
    type Removed;
    /// A frame between two owners.
    type Stolen;

    /// Keeps a frame of a domain, as that domain numbers it; [`Error::BadPage`] or [`Error::WrongType`].
    fn hold(&self, owner: &Self::Granter, frame: u64, access: Access) -> Result<Self::Hold, Error>;
    /// The same for one more use of a frame that is held.
    fn hold_again(&self, hold: &Self::Hold) -> Self::Hold;
    /// The machine's number of a frame that is held.
    fn mfn(&self, hold: &Self::Hold) -> u64;
    /// Puts a mapping into the caller's page table; it keeps the hold.
    fn map(&mut self, hold: Self::Hold, place: Place, flags: MapFlags) -> Result<(), Error>;
    /// Takes the mapping of this frame for this access out of the caller's page table, or gives [`Error::BadPlace`]: a
    /// mapping for another access stands on another pin. In its place goes what the caller has at `replacement`, if
    /// that is an address.
    fn unmap(
        &mut self,
        mfn: u64,
        access: Access,
        place: Place,
        replacement: Option<u64>,
    ) -> Result<Self::Removed, Error>;
    /// Copies bytes between two frames that are held.
    fn copy(&mut self, to: (&Self::Hold, u16), from: (&Self::Hold, u16), len: u16);
    /// Takes a frame from the caller, which nobody else uses; [`Error::BadPage`].
    fn steal(&mut self, frame: u64) -> Result<Self::Stolen, Error>;
    /// The machine's number of a frame between two owners.
    fn stolen_mfn(&self, stolen: &Self::Stolen) -> u64;
    /// Gives a frame to a domain; false if that may not have more, and the frame is nobody's then.
    fn adopt(&mut self, new_owner: &Self::Granter, stolen: Self::Stolen) -> bool;
    /// The frame is nobody's.
    fn discard(&mut self, stolen: Self::Stolen);
}

/// Where a mapping for CPUs goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Place {
    /// At this address of the page table that is loaded.
    Address(u64),
    /// In the page-table entry at this address of the machine.
    Entry(u64),
}

/// `GNTMAP_*`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct MapFlags(pub u32);

impl MapFlags {
    const fn has(self, flag: u32) -> bool {
        self.0 & flag != 0
    }

    fn access(self) -> Access {
        if self.has(gt::GNTMAP_READONLY) {
            Access::Read
        } else {
            Access::Write
        }
    }

    fn parts(self) -> Parts {
        Parts::new(
            self.has(gt::GNTMAP_HOST_MAP),
            self.has(gt::GNTMAP_DEVICE_MAP),
        )
    }

    fn place(self, address: u64) -> Place {
        if self.has(gt::GNTMAP_CONTAINS_PTE) {
            Place::Entry(address)
        } else {
            Place::Address(address)
        }
    }

    /// Whether the mapping is read-only.
    pub const fn is_readonly(self) -> bool {
        self.has(gt::GNTMAP_READONLY)
    }

    /// Whether user mode may use the mapping.
    pub const fn for_application(self) -> bool {
        self.has(gt::GNTMAP_APPLICATION_MAP)
    }

    /// What goes into the bits of a page-table entry that are the guest's (`GNTMAP_guest_avail*`).
    pub const fn guest_bits(self) -> u32 {
        self.0 >> gt::GNTMAP_GUEST_AVAIL0
    }
}

/// `GNTTABOP_map_grant_ref`, what goes in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Map {
    /// Who grants.
    pub granter: RawDomId,
    /// Which entry.
    pub gref: Ref,
    /// How.
    pub flags: MapFlags,
    /// Where, for CPUs.
    pub host_addr: u64,
}

/// What comes out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Mapped {
    /// To undo it.
    pub handle: Handle,
    /// Where devices find the page.
    pub dev_bus_addr: u64,
}

/// Maps a granted page.
pub fn map<H: Host>(host: &mut H, op: &Map) -> Result<Mapped, Error> {
    let parts = op.flags.parts();
    if parts == Parts::NONE {
        return Err(Error::NoPurpose);
    }
    let granter = host.granter(op.granter)?;
    let handle = host.with_maptrack(Maptrack::reserve)?;
    let result = map_as(host, op, &granter, handle, parts);
    if result.is_err() {
        host.with_maptrack(|track| track.free(handle));
    }
    result
}

#[inline(always)]
fn map_as<H: Host>(
    host: &mut H,
    op: &Map,
    granter: &H::Granter,
    handle: Handle,
    parts: Parts,
) -> Result<Mapped, Error> {
    let (caller, access) = (host.caller(), op.flags.access());
    let Pinned { frame, .. } = pin_times(host, granter, op.gref, access, parts.count())?;
    let result = map_pinned(host, op, granter, frame, parts);
    match result {
        Ok((mfn, device)) => {
            let claim = Claim {
                granter: op.granter.resolve(caller),
                gref: op.gref,
                access,
                mfn,
                flags: op.flags.0,
                parts,
            };
            host.with_maptrack(|track| track.fill(handle, claim, device));
            Ok(Mapped {
                handle,
                dev_bus_addr: mfn << 12,
            })
        }
        Err(error) => {
            unpin_times(host, granter, op.gref, access, parts.count());
            Err(error)
        }
    }
}

/// One pin for each part that is mapped; all, or none.
#[inline(always)]
fn pin_times<H: Parties>(
    host: &H,
    granter: &H::Granter,
    gref: Ref,
    access: Access,
    times: u32,
) -> Result<Pinned, Error> {
    let caller = host.caller();
    host.with_table(granter, |table, shared| {
        let pinned = table.pin(gref, caller, access, Use::Map, shared)?;
        if times > 1 {
            table
                .pin(gref, caller, access, Use::Map, shared)
                .inspect_err(|_| table.unpin(gref, access, shared))?;
        }
        Ok(pinned)
    })
}

#[inline(always)]
fn unpin_times<H: Parties>(host: &H, granter: &H::Granter, gref: Ref, access: Access, times: u32) {
    host.with_table(granter, |table, shared| {
        for _ in 0..times {
            table.unpin(gref, access, shared);
        }
    });
}

/// Holds the frame and maps it; its number, and what keeps it for devices.
#[inline(always)]
fn map_pinned<H: Host>(
    host: &mut H,
    op: &Map,
    granter: &H::Granter,
    frame: u64,
    parts: Parts,
) -> Result<(u64, Option<H::Hold>), Error> {
    let hold = host.hold(granter, frame, op.flags.access())?;
    let mfn = host.mfn(&hold);
    if !parts.host() {
        return Ok((mfn, Some(hold)));
    }
    let device = parts.device().then(|| host.hold_again(&hold));
    host.map(hold, op.flags.place(op.host_addr), op.flags)?;
    Ok((mfn, device))
}

/// `GNTTABOP_unmap_grant_ref` and `GNTTABOP_unmap_and_replace`, what goes in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Unmap {
    /// What to undo.
    pub handle: Handle,
    /// Where it was mapped for CPUs; 0 leaves that.
    pub host_addr: u64,
    /// Where devices found it; 0 leaves that.
    pub dev_bus_addr: u64,
    /// For the replacing form: whose mapping moves to `host_addr`.
    pub replacement: Option<u64>,
}

/// A mapping that is out of the page table, and still in translations: see [`finish_unmap`].
#[must_use]
#[derive(Debug)]
pub struct Pending<R> {
    handle: Handle,
    claim: Claim,
    removed: Option<R>,
}

impl<R> Pending<R> {
    /// Whether translations may still show the mapping, and at any address: a table can be in several slots, and an
    /// unmap names one way to it.
    pub fn is_stale(&self) -> bool {
        self.removed.is_some()
    }
}

/// Undoes a mapping, or a part of it, as far as the page table.
pub fn begin_unmap<H: Host>(host: &mut H, op: &Unmap) -> Result<Pending<H::Removed>, Error> {
    let wanted = Parts::new(op.host_addr != 0, op.dev_bus_addr != 0);
    let claim = host.with_maptrack(|track| {
        let mapping = track.get(op.handle)?;
        if wanted.device() && mapping.parts.device() && op.dev_bus_addr != mapping.mfn << 12 {
            return Err(Error::BadBusAddress);
        }
        track.claim(op.handle, wanted)
    })?;
    let removed = match remove(host, op, &claim) {
        Ok(removed) => removed,
        Err(error) => {
            host.with_maptrack(|track| track.restore(op.handle, claim.parts));
            return Err(error);
        }
    };
    Ok(Pending {
        handle: op.handle,
        claim,
        removed,
    })
}

#[inline(always)]
fn remove<H: Host>(host: &mut H, op: &Unmap, claim: &Claim) -> Result<Option<H::Removed>, Error> {
    if !claim.parts.host() {
        return Ok(None);
    }
    let place = MapFlags(claim.flags).place(op.host_addr);
    match (place, op.replacement) {
        // An entry has no address to find the replacement's table by.
        (Place::Entry(_), Some(_)) => Err(Error::BadPlace),
        _ => host
            .unmap(claim.mfn, claim.access, place, op.replacement)
            .map(Some),
    }
}

/// Undoes the rest, when no translation shows the mapping any more: the granter may use the page as it likes from
/// now on. Many mappings begin, one flush follows, then all are finished.
pub fn finish_unmap<H: Host>(host: &H, pending: Pending<H::Removed>) {
    let Pending {
        handle,
        claim,
        removed,
        ..
    } = pending;
    drop(removed);
    give_back(host, handle, &claim);
}

/// Unpins what was claimed and undone.
#[inline(always)]
fn give_back<H: Parties>(host: &H, handle: Handle, claim: &Claim) {
    if claim.parts == Parts::NONE {
        return;
    }
    // A granter lives as long as somebody uses its pages; if it is gone there is nothing to unpin.
    if let Ok(granter) = host.granter(RawDomId::from(claim.granter)) {
        unpin_times(
            host,
            &granter,
            claim.gref,
            claim.access,
            claim.parts.count(),
        );
    }
    drop(host.with_maptrack(|track| track.finish(handle, claim.parts)));
}

/// The caller dies: gives back one mapping, from `from` on; where to go on, or `None` if there was none left. Its page
/// tables go another way, and with them what they hold.
pub fn release<H: Parties>(host: &H, from: Handle) -> Option<Handle> {
    let (handle, claim) = host.with_maptrack(|track| {
        let handle = track.next_used(from)?;
        Some((handle, track.claim(handle, Parts::BOTH).ok()?))
    })?;
    give_back(host, handle, &claim);
    Some(Handle(handle.0.saturating_add(1)))
}

/// One end of a copy.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Side {
    /// Whose page; the caller's own only as `DOMID_SELF`, unless it is granted.
    pub dom: RawDomId,
    /// An entry of a table, or a frame.
    pub page: Result<Ref, u64>,
    /// The first byte.
    pub offset: u16,
}

/// `GNTTABOP_copy`, what goes in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Copy {
    /// From where.
    pub source: Side,
    /// To where.
    pub dest: Side,
    /// How many bytes.
    pub len: u16,
}

/// A page that is ready to be copied from or to.
struct Ready<H: Host> {
    granter: H::Granter,
    pinned: Option<(Ref, Access)>,
    extent: Pinned,
    hold: H::Hold,
}

/// Copies bytes between two pages, granted ones or the caller's own.
pub fn copy<H: Host>(host: &mut H, op: &Copy) -> Result<(), Error> {
    let source = ready(host, &op.source, Access::Read)?;
    let dest = match ready(host, &op.dest, Access::Write) {
        Ok(dest) => dest,
        Err(error) => {
            done(host, source);
            return Err(error);
        }
    };
    let result = check_range(&op.source, &source.extent, op.len)
        .and_then(|()| check_range(&op.dest, &dest.extent, op.len));
    if result.is_ok() {
        let (to, from) = (
            (&dest.hold, op.dest.offset),
            (&source.hold, op.source.offset),
        );
        host.copy(to, from, op.len);
    }
    done(host, dest);
    done(host, source);
    result
}

#[inline(always)]
fn check_range(side: &Side, extent: &Pinned, len: u16) -> Result<(), Error> {
    let (start, end) = span(side.offset, len);
    let (first, last) = span(extent.offset, extent.len);
    if end > PAGE {
        Err(Error::BadRange)
    } else if start < first || end > last {
        Err(Error::OutOfGrant)
    } else {
        Ok(())
    }
}

fn span(offset: u16, len: u16) -> (u32, u32) {
    let start = u32::from(offset);
    (start, start.wrapping_add(u32::from(len)))
}

#[inline(always)]
fn ready<H: Host>(host: &H, side: &Side, access: Access) -> Result<Ready<H>, Error> {
    let gref = match side.page {
        Ok(gref) => gref,
        Err(_) if side.dom != RawDomId::SELF => return Err(Error::NotPermitted),
        Err(frame) => {
            let granter = host.granter(side.dom)?;
            let hold = host.hold(&granter, frame, access)?;
            let extent = Pinned {
                frame,
                offset: 0,
                len: PAGE as u16,
            };
            return Ok(Ready {
                granter,
                pinned: None,
                extent,
                hold,
            });
        }
    };
    let granter = host.granter(side.dom)?;
    let caller = host.caller();
    let extent = host.with_table(&granter, |table, shared| {
        table.pin(gref, caller, access, Use::Copy, shared)
    })?;
    match host.hold(&granter, extent.frame, access) {
        Ok(hold) => Ok(Ready {
            granter,
            pinned: Some((gref, access)),
            extent,
            hold,
        }),
        Err(error) => {
            unpin_times(host, &granter, gref, access, 1);
            Err(error)
        }
    }
}

#[inline(always)]
fn done<H: Host>(host: &H, ready: Ready<H>) {
    let Ready {
        granter,
        pinned,
        hold,
        ..
    } = ready;
    drop(hold);
    if let Some((gref, access)) = pinned {
        unpin_times(host, &granter, gref, access, 1);
    }
}

/// `GNTTABOP_transfer`: gives a frame of the caller to a domain that accepts it. Whatever fails after the frame was
/// taken, the caller does not get it back.
pub fn transfer<H: Host>(host: &mut H, frame: u64, to: RawDomId, gref: Ref) -> Result<(), Error> {
    let stolen = host.steal(frame)?;
    let mfn = host.stolen_mfn(&stolen);
    let caller = host.caller();
    let promised = host.granter(to).and_then(|new_owner| {
        host.with_table(&new_owner, |table, shared| {
            table.commit_transfer(gref, caller, mfn, shared)
        })?;
        Ok(new_owner)
    });
    let new_owner = match promised {
        Ok(new_owner) => new_owner,
        Err(error) => {
            host.discard(stolen);
            return Err(error);
        }
    };
    // A promise that cannot be kept is completed with no frame, so that the granter need not wait for ever.
    let adopted = host.adopt(&new_owner, stolen);
    host.with_table(&new_owner, |table, shared| {
        table.complete_transfer(gref, if adopted { mfn } else { 0 }, shared);
    });
    if adopted {
        Ok(())
    } else {
        Err(Error::WrongType)
    }
}
