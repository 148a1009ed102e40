//! `mmu_update` and `update_va_mapping`: checked writes to page tables.

use abi::xen::{
    MMU_MACHPHYS_UPDATE, MMU_NORMAL_PT_UPDATE, MMU_PT_UPDATE_NO_TRANSLATE,
    MMU_PT_UPDATE_PRESERVE_AD, MmuUpdate, UVMF_ALL, UVMF_FLUSHTYPE_MASK, UVMF_INVLPG, UVMF_LOCAL,
    UVMF_TLB_FLUSH,
};
use abi::{DomId, Errno, GuestPtr, Mfn, RawDomId};
use metal::cpu::Flush;
use metal::guest;
use page_types::{
    Budget, Error, Pte, Unlimited, Work, Write, update_entry, update_l1_entry, walk, write_word,
};

use super::{Parties, Patience, flush, foreign_domain, page_of, patience, ready, slot_of};
use crate::hypercall::{Call, Outcome};
use crate::memory::frames::Machine;
use crate::pv::is_guest_address;

/// In the count of a call that goes on: its result so far is where `done` points.
pub const GOES_ON: u32 = 1 << 31;
/// What a request counts as, in entries checked.
pub const REQUEST: u32 = 8;
/// Bits of a request's address that say what to do.
const COMMAND: u64 = 7;

/// Carries out a list of updates, in order, up to the first that fails.
pub fn mmu_update(
    call: &mut Call,
    list: GuestPtr<MmuUpdate>,
    count: u32,
    done: GuestPtr<u32>,
    foreign: u32,
) -> Outcome {
    let parties = if foreign == u32::from(RawDomId::SELF.0) {
        Parties::own(call)
    } else {
        match Parties::of(call, foreign) {
            Ok(parties) => parties,
            Err(error) => return error.into(),
        }
    };
    let total = count & !GOES_ON;
    let mut made = 0;
    let mut patience = patience();
    let mut result = begin(call, &mut patience);
    while result.is_ok() && made < total {
        if made != 0 && !patience.spend(REQUEST) {
            result = Err(Errno::ERESTART);
            break;
        }
        result = request(call, list.offset(u64::from(made)), &parties, &mut patience);
        made = made.wrapping_add(u32::from(result.is_ok()));
    }
    let rest = [
        list.offset(u64::from(made)).addr(),
        u64::from(total.wrapping_sub(made)),
        done.addr(),
        u64::from(foreign),
    ];
    conclude(call, result, made, count & GOES_ON != 0, done, rest)
}

/// Finishes what the caller's last request left.
#[inline(always)]
pub(super) fn begin(call: &mut Call, patience: &mut Patience) -> Result<(), Errno> {
    Ok(ready(&mut call.state.pv.leftovers, patience)?)
}

/// Reports how far a list came: what it returns, or where it goes on. A list is done when nothing is left of it.
#[inline(always)]
pub(super) fn conclude(
    call: &mut Call,
    result: Result<(), Errno>,
    made: u32,
    goes_on: bool,
    done: GuestPtr<u32>,
    rest: [u64; 4],
) -> Outcome {
    if !done.is_null() {
        let before = if goes_on {
            call.read(done).unwrap_or(0)
        } else {
            0
        };
        if call.write(done, &before.wrapping_add(made)).is_err() {
            return Errno::EFAULT.into();
        }
    }
    if result == Err(Errno::ERESTART) || result.is_ok() && !call.state.pv.leftovers.is_empty() {
        let [list, left, done, foreign] = rest;
        return call.resume_with([list, left | u64::from(GOES_ON), done, foreign]);
    }
    result.into()
}

#[inline(always)]
fn request(
    call: &mut Call,
    at: GuestPtr<MmuUpdate>,
    parties: &Parties,
    patience: &mut Patience,
) -> Result<(), Errno> {
    let mut words = [0u64; 2];
    guest::read_words(at.addr(), &mut words).map_err(|_| Errno::EFAULT)?;
    let [address, value] = words;
    let (table, slot) = (Mfn(address >> 12), slot_of(address));
    let how = match address & COMMAND {
        MMU_NORMAL_PT_UPDATE | MMU_PT_UPDATE_NO_TRANSLATE => Write::Set,
        MMU_PT_UPDATE_PRESERVE_AD => Write::KeepAccessed,
        MMU_MACHPHYS_UPDATE => return set_number(parties.pages, table, value),
        _ => return Err(Errno::ENOSYS),
    };
    let leftovers = &mut call.state.pv.leftovers;
    ready(leftovers, patience)?;
    let mut work = Work {
        budget: patience,
        leftovers,
    };
    match update_entry(
        Machine,
        table,
        slot,
        Pte(value),
        how,
        &parties.who,
        &mut work,
    ) {
        Ok(_) => Ok(()),
        Err(Error::NotATable) => Ok(write_word(Machine, table, slot, value, parties.tables)?),
        Err(error) => Err(error.into()),
    }
}

/// Gives a frame its number in the machine-to-physical table.
fn set_number(owner: DomId, mfn: Mfn, number: u64) -> Result<(), Errno> {
    let _page = page_of(owner, mfn)?;
    metal::m2p::set(mfn, number);
    Ok(())
}

/// Changes the entry that maps an address of the caller.
pub fn update_va_mapping(call: &mut Call, va: u64, entry: u64, flags: u64) -> Result<(), Errno> {
    let parties = Parties::own(call);
    update_at(call, va, entry, flags, &parties)
}

/// The same, with a frame of another domain.
pub fn update_va_mapping_otherdomain(
    call: &mut Call,
    va: u64,
    entry: u64,
    flags: u64,
    domain: u32,
) -> Result<(), Errno> {
    let raw = RawDomId(domain as u16);
    let mut parties = Parties::own(call);
    parties.pages = match raw {
        RawDomId::IO | RawDomId::XEN => super::page_owner(call, raw)?,
        raw => foreign_domain(call, raw)?,
    };
    parties.who = parties.who.mapping(parties.pages);
    update_at(call, va, entry, flags, &parties)
}

#[inline(always)]
fn update_at(
    call: &mut Call,
    va: u64,
    entry: u64,
    flags: u64,
    parties: &Parties,
) -> Result<(), Errno> {
    let root = call
        .state
        .pv
        .kernel_root
        .frame()
        .filter(|_| is_guest_address(va))
        .ok_or(Errno::EINVAL)?;
    let place = walk(Machine, root.mfn(), va).ok_or(Errno::EINVAL)?;
    let mut patience = patience();
    let leftovers = &mut call.state.pv.leftovers;
    // What the last request left may be the very table that this entry now maps as ordinary memory.
    ready(leftovers, &mut Unlimited)?;
    let mut work = Work {
        budget: &mut patience,
        leftovers,
    };
    update_l1_entry(
        Machine,
        place.table,
        place.slot,
        Pte(entry),
        Write::Set,
        &parties.who,
        &mut work,
    )?;
    let what = match flags & UVMF_FLUSHTYPE_MASK {
        UVMF_TLB_FLUSH => Flush::All,
        UVMF_INVLPG => Flush::Page(va),
        _ => return Ok(()),
    };
    match flags & !UVMF_FLUSHTYPE_MASK {
        UVMF_LOCAL => flush::here(what),
        UVMF_ALL => flush::on(&flush::everywhere(call), what),
        mask => flush::on(&flush::of_mask(call, GuestPtr::from_addr(mask))?, what),
    }
    Ok(())
}
