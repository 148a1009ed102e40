//! Pages of the hypervisor that a domain may map: shared info, grant frames.
//!
//! Always: such a page is lent to the domain, does not count as its memory, and goes back when the domain ends.

use core::sync::atomic::Ordering;

use abi::{DomId, Errno, Mfn};
use metal::frame::Frame;
use page_types::PageRef;

use super::frames::Machine;
use super::{Wanted, allocator, page};

/// Marks a lent page in the place of its list's links.
const LENT: u32 = 0x4c45_4e54;

/// A zeroed page, lent to a domain.
pub fn new_page(domain: DomId) -> Result<Frame, Errno> {
    let mfn = allocator::alloc(Wanted::default()).ok_or(Errno::ENOMEM)?;
    let frame = Frame::new(mfn).ok_or(Errno::ENOMEM)?;
    frame.zero();
    if let Some(page) = page(mfn) {
        let [mark, _] = &page.links;
        mark.store(LENT, Ordering::Relaxed);
        page.lend(domain);
    }
    metal::m2p::set(mfn, u64::MAX);
    Ok(frame)
}

/// Gives a page back; it is freed when the domain has unmapped it too.
pub fn give_back(frame: Frame) {
    drop(PageRef::from_kept(Machine, frame.mfn()));
}

/// Whether a page that was freed had been lent, which this forgets.
pub fn was_lent(mfn: Mfn) -> bool {
    page(mfn).is_some_and(|page| {
        let [mark, _] = &page.links;
        mark.swap(0, Ordering::Relaxed) == LENT
    })
}
