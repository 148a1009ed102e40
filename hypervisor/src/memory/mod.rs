//! Who owns which frame: free memory, domains' pages, pages shared between a domain and the hypervisor.
//!
//! Always: a frame is free (in the [`allocator`]), or has one owner in its `PageInfo`; a domain's page count is the
//! number of frames that were assigned to it and not yet freed.
//!
//! Not here: the rules of types (`page_types`), page tables of guests (`pv::mmu`).

pub mod allocator;
pub mod frames;
pub mod grants;
pub mod reclaim;
pub mod share;
pub mod types;

use core::sync::atomic::{Ordering, fence};

use abi::{DomId, Errno, Mfn};
use page_types::{PageInfo, PageRef, Stolen};

use crate::domain::Domain;
use crate::memory::frames::Machine;

/// What is known about a frame of RAM.
#[inline]
pub fn page(mfn: Mfn) -> Option<&'static PageInfo> {
    frames::table().get(usize::try_from(mfn.0).ok()?)
}

/// Which frames will do.
#[derive(Clone, Copy, Debug, Default)]
pub struct Wanted {
    /// `2^order` of them, contiguous and aligned.
    pub order: u32,
    /// All below this address width; `None` for anywhere.
    pub address_bits: Option<u32>,
}

/// Gives a domain new pages. It must have room for them.
pub fn alloc_for(domain: &Domain, wanted: Wanted) -> Result<Mfn, Errno> {
    let count = 1u64.checked_shl(wanted.order).ok_or(Errno::EINVAL)?;
    reserve(domain, count)?;
    match allocator::alloc(wanted) {
        Some(first) if assign(domain, first, count) => Ok(first),
        Some(_) => Err(Errno::EINVAL),
        None => {
            domain.pages.total.fetch_sub(count, Ordering::AcqRel);
            Err(Errno::ENOMEM)
        }
    }
}

/// Counts pages towards a domain, if it may have so many.
fn reserve(domain: &Domain, count: u64) -> Result<(), Errno> {
    let max = domain.pages.max.load(Ordering::Acquire);
    let grow = |total: u64| total.checked_add(count).filter(|total| *total <= max);
    domain
        .pages
        .total
        .fetch_update(Ordering::AcqRel, Ordering::Acquire, grow)
        .map_err(|_| Errno::ENOMEM)?;
    if domain.is_dying() {
        domain.pages.total.fetch_sub(count, Ordering::AcqRel);
        return Err(Errno::EINVAL);
    }
    // What was promised is used up first.
    let _nothing_promised = domain
        .pages
        .claimed
        .fetch_update(Ordering::AcqRel, Ordering::Acquire, |claimed| {
            (claimed != 0).then(|| claimed.saturating_sub(count))
        })
        .map(|before| allocator::unclaim(before.min(count)));
    Ok(())
}

/// Makes pages a domain's. False if it has begun to end meanwhile and they are free again: the search for its pages may
/// have passed these when they were nobody's.
fn assign(domain: &Domain, first: Mfn, count: u64) -> bool {
    let pages = || (0..count).map(|offset| Mfn(first.0.wrapping_add(offset)));
    for page in pages().filter_map(page) {
        page.assign(domain.id);
    }
    // Either we see that it ends, or the search sees whose they are.
    fence(Ordering::SeqCst);
    if !domain.is_dying() {
        return true;
    }
    for mfn in pages() {
        let _search_was_faster = give_up(domain.id, mfn);
    }
    false
}

/// Gives a domain a page that nobody has any more (from [`steal`]), within its limit. A domain that ends at this moment
/// has it no longer than until this returns.
pub fn adopt(domain: &Domain, stolen: Stolen) -> Result<Mfn, Stolen> {
    if reserve(domain, 1).is_err() {
        return Err(stolen);
    }
    let _or_freed = assign(domain, stolen.mfn, 1);
    Ok(stolen.mfn)
}

/// Takes a page from its owner that nobody else uses.
pub fn steal(domain: &Domain, mfn: Mfn) -> Result<Stolen, Errno> {
    let page = PageRef::get(Machine, mfn, domain.id).map_err(|_| Errno::EINVAL)?;
    let stolen = page.steal().map_err(|_| Errno::EINVAL)?;
    domain.pages.total.fetch_sub(1, Ordering::AcqRel);
    Ok(stolen)
}

/// Puts back what was stolen.
pub fn free_stolen(stolen: Stolen) {
    allocator::free(stolen.mfn, 0);
}

/// A domain gives one of its pages up; it is freed when nothing uses it any more.
pub fn give_up(domain: DomId, mfn: Mfn) -> Result<(), Errno> {
    let page = PageRef::get(Machine, mfn, domain).map_err(|_| Errno::EINVAL)?;
    if page.disown() {
        Ok(())
    } else {
        Err(Errno::EINVAL)
    }
}
