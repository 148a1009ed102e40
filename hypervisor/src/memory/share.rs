//! Pages of the hypervisor that a domain may map: shared info, grant frames.
//!
//! Always: such a page is lent to the domain, does not count as its memory, and goes back once: when the domain ends, or
//! when what kept it is dropped because the domain was never finished.

use core::ops::Deref;
use core::sync::atomic::{AtomicBool, Ordering};

use abi::{DomId, Errno, Mfn};
use metal::frame::Frame;
use page_types::PageRef;

use super::frames::Machine;
use super::{Wanted, allocator, page};

/// Marks a lent page in the place of its list's links.
const LENT: u32 = 0x4c45_4e54;

/// A page lent to a domain. What it names stays RAM of the pool after it went back.
pub struct LentPage {
    frame: Frame,
    went_back: AtomicBool,
}

impl LentPage {
    /// A zeroed page.
    pub fn new(domain: DomId) -> Result<Self, Errno> {
        let mfn = allocator::alloc(Wanted::default()).ok_or(Errno::ENOMEM)?;
        let frame = Frame::new(mfn).ok_or(Errno::ENOMEM)?;
        frame.zero();
        if let Some(page) = page(mfn) {
            let [mark, _] = &page.links;
            mark.store(LENT, Ordering::Relaxed);
            page.lend(domain);
        }
        metal::m2p::set(mfn, u64::MAX);
        Ok(Self {
            frame,
            went_back: AtomicBool::new(false),
        })
    }

    /// Takes it back before it is dropped; it is freed when the domain has unmapped it too.
    pub fn give_back(&self) {
        if !self.went_back.swap(true, Ordering::AcqRel) {
            drop(PageRef::from_kept(Machine, self.frame.mfn()));
        }
    }
}

impl Deref for LentPage {
    type Target = Frame;

    #[inline(always)]
    fn deref(&self) -> &Frame {
        &self.frame
    }
}

impl Drop for LentPage {
    fn drop(&mut self) {
        self.give_back();
    }
}

/// Whether a page that was freed had been lent, which this forgets.
pub fn was_lent(mfn: Mfn) -> bool {
    page(mfn).is_some_and(|page| {
        let [mark, _] = &page.links;
        mark.swap(0, Ordering::Relaxed) == LENT
    })
}
