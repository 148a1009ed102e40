//! Page tables of PV guests: the doors to the rules in `page_types`.
//!
//! Always: a vCPU's roots hold their type; a root is loaded before what held the old one is given back; whatever a
//! request could not give back in its time is finished before the next one begins ([`ready`]).
//!
//! Not here: what may stand in a table (`page_types`), how an instruction is decoded (`emulate`).

mod ext;
mod flush;
mod store;
mod update;

pub use ext::mmuext_op;
pub use flush::here as flush_here;
pub use store::emulate_write;
pub use update::{mmu_update, update_va_mapping, update_va_mapping_otherdomain};

use abi::{DomId, Errno, Mfn, RawDomId};
use metal::frame::Frame;
use page_types::{
    Authority, Budget, Error, Kind, L1Entry, L4, Leftovers, PageRef, Steps, TypeRef, Unlimited,
    Work,
};

use crate::domain::Domain;
use crate::hypercall::Call;
use crate::memory::frames::Machine;
use crate::policy;

/// Entries that are checked before others have their turn: some ten microseconds' worth.
const STRIDE: u32 = 8192;

/// A page-table root that a vCPU uses, or none.
#[derive(Debug, Default)]
pub struct Root(Option<Held>);

#[derive(Debug)]
struct Held {
    frame: Frame,
    table: TypeRef<Machine, L4>,
}

impl Root {
    /// No root.
    pub const fn none() -> Self {
        Self(None)
    }

    /// A frame of a domain as a root, validated however long that takes.
    pub fn take(domain: &Domain, mfn: Mfn) -> Result<Self, Errno> {
        let mut leftovers = Leftovers::new();
        let mut work = Work {
            budget: &mut Unlimited,
            leftovers: &mut leftovers,
        };
        Ok(Self::get(mfn, &authority(domain), &mut work)?)
    }

    fn get<B: Budget>(
        mfn: Mfn,
        who: &Authority,
        work: &mut Work<'_, Machine, B>,
    ) -> Result<Self, Error> {
        let frame = Frame::new(mfn).ok_or(Error::NotYours)?;
        let table = TypeRef::get(Machine, mfn, who, work)?;
        Ok(Self(Some(Held { frame, table })))
    }

    /// The frame.
    #[inline(always)]
    pub fn frame(&self) -> Option<Frame> {
        self.0.as_ref().map(|held| held.frame)
    }

    /// Gives it back within the budget.
    fn give_back<B: Budget>(self, work: &mut Work<'_, Machine, B>) {
        if let Some(held) = self.0 {
            held.table.give_back(work);
        }
    }
}

/// The patience of a hypercall: nothing tells of an interrupt while interrupts are off, so each stride lets them in.
type Patience = Steps;

#[inline(always)]
fn patience() -> Patience {
    Steps(STRIDE)
}

/// What a domain may do to its own tables.
#[inline(always)]
pub fn authority(domain: &Domain) -> Authority {
    Authority::of(domain.id).with_caching(may_choose_caching(domain))
}

/// Whether a domain has devices, and so a use for memory types.
#[inline(always)]
pub fn may_choose_caching(domain: &Domain) -> bool {
    domain.privileged
}

/// Finishes what the vCPU's last request left; `Error::Interrupted` if it could not.
#[inline(always)]
fn ready<B: Budget>(leftovers: &mut Leftovers<Machine>, budget: &mut B) -> Result<(), Error> {
    leftovers.finish(budget)
}

/// Makes a frame the root of the caller's kernel, as a write to CR3 by it means.
pub fn load_kernel_root(call: &mut Call, mfn: Mfn) -> Result<(), Errno> {
    let root = Root::take(&call.domain, mfn)?;
    if let Some(frame) = root.frame() {
        metal::cpu::load_root(frame);
    }
    call.state.pv.kernel_root = root;
    Ok(())
}

/// Pins a root of a domain that does not run yet.
pub fn pin_root(domain: &Domain, mfn: Mfn) -> Result<(), Errno> {
    let mut leftovers = Leftovers::new();
    let mut work = Work {
        budget: &mut Unlimited,
        leftovers: &mut leftovers,
    };
    Ok(page_types::pin(
        Machine,
        mfn,
        Kind::L4,
        &authority(domain),
        &mut work,
    )?)
}

/// Ends whatever keeps a page of a dying domain but references of others: pin, half-done validation, allocation.
/// False to be called again.
pub fn release_pin(domain: &Domain, mfn: Mfn, waits: &dyn Fn() -> bool) -> bool {
    while page_types::relinquish(Machine, mfn, domain.id, &mut patience())
        == Err(Error::Interrupted)
    {
        if waits() {
            return false;
        }
    }
    true
}

/// Where an entry of an L1 table is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum EntryPlace {
    /// The entry that maps an address in the page table that this CPU has loaded.
    Address(u64),
    /// The entry at a machine address.
    Machine(u64),
}

impl EntryPlace {
    /// The table and the slot in it.
    pub fn find(self) -> Result<(Mfn, usize), Errno> {
        match self {
            Self::Address(va) => {
                if !super::is_guest_address(va) {
                    return Err(Errno::EINVAL);
                }
                let root = metal::cpu::current_root().ok_or(Errno::EINVAL)?;
                let walk = page_types::walk(Machine, root.mfn(), va).ok_or(Errno::EINVAL)?;
                Ok((walk.table, walk.slot))
            }
            Self::Machine(address) if address & 7 == 0 => {
                Ok((Mfn(address >> 12), slot_of(address)))
            }
            Self::Machine(_) => Err(Errno::EINVAL),
        }
    }
}

/// The slot of a table in which a machine address lies.
#[inline(always)]
fn slot_of(address: u64) -> usize {
    (address >> 3 & 511) as usize
}

/// Puts an entry, which owns its references already, into an L1 table of the caller; gives the old one, or the new
/// one back with the reason. For mappings that stand on a grant.
pub fn exchange_entry(
    call: &mut Call,
    place: EntryPlace,
    entry: L1Entry<Machine>,
) -> Result<L1Entry<Machine>, (Errno, L1Entry<Machine>)> {
    let (table, slot) = match place.find() {
        Ok(found) => found,
        Err(error) => return Err((error, entry)),
    };
    let owner = call.domain.id;
    let mut patience = patience();
    let leftovers = &mut call.state.pv.leftovers;
    let mut work = Work {
        budget: &mut patience,
        leftovers,
    };
    page_types::install(Machine, table, slot, entry, owner, &mut work)
        .map_err(|(error, entry)| (error.into(), entry))
}

/// Whose frames and tables a request is about.
struct Parties {
    who: Authority,
    tables: DomId,
    pages: DomId,
}

impl Parties {
    /// The caller over its own.
    #[inline(always)]
    fn own(call: &Call) -> Self {
        let who = authority(&call.domain);
        Self {
            who,
            tables: call.domain.id,
            pages: call.domain.id,
        }
    }

    /// As the fourth argument of `mmu_update` says: the owner of frames in the low half, one more than the owner of
    /// tables in the upper, 0 for the caller.
    fn of(call: &Call, foreign: u32) -> Result<Self, Errno> {
        let mut parties = Self::own(call);
        if let Some(tables) = (foreign >> 16).checked_sub(1) {
            let owner = foreign_domain(call, RawDomId(tables as u16))?;
            parties.who = Authority::of(owner).with_caching(may_choose_caching(&call.domain));
            parties.tables = owner;
            parties.pages = owner;
        }
        let pages = RawDomId(foreign as u16);
        if pages != RawDomId::SELF {
            parties.pages = page_owner(call, pages)?;
        } else {
            parties.pages = call.domain.id;
        }
        parties.who = parties.who.mapping(parties.pages);
        Ok(parties)
    }
}

/// Another domain that the caller may act on.
fn foreign_domain(call: &Call, raw: RawDomId) -> Result<DomId, Errno> {
    let domain = call.domain_of(raw)?;
    if !policy::may_control(&call.domain, domain.id) {
        return Err(Errno::EPERM);
    }
    if domain.id != call.domain.id && domain.is_dying() {
        return Err(Errno::EINVAL);
    }
    Ok(domain.id)
}

/// Whose frames may be named: a domain's, I/O memory (which everybody may ask for, and is then asked about frame by
/// frame), or the hypervisor's that it lends to the privileged.
fn page_owner(call: &Call, raw: RawDomId) -> Result<DomId, Errno> {
    match raw {
        RawDomId::IO => Ok(DomId::IO),
        RawDomId::XEN => call.require_privilege().map(|()| DomId::XEN),
        raw => foreign_domain(call, raw),
    }
}

/// A reference to a frame of `owner`, as errors of hypercalls have it.
fn page_of(owner: DomId, mfn: Mfn) -> Result<PageRef<Machine>, Errno> {
    Ok(PageRef::get(Machine, mfn, owner)?)
}
