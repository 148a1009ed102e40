//! References to pages with a type, as the body keeps them: writable pages and pages of descriptors.
//!
//! Always: each value holds the page and its type; dropping it gives both back.

use abi::Mfn;
use metal::frame::Frame;
use page_types::{Authority, Leftovers, SegDesc, TypeRef, Unlimited, Work, Writable};

use super::frames::Machine;
use crate::domain::Domain;
use crate::pv::walk;

/// A page of a domain that the hypervisor writes to.
#[derive(Debug)]
pub struct WritablePage {
    frame: Frame,
    _page: TypeRef<Machine, Writable>,
}

impl WritablePage {
    /// A page of this domain, if it is one and is, or can become, writable.
    pub fn of(domain: &Domain, mfn: Mfn) -> Option<Self> {
        let page = TypeRef::writable(Machine, mfn, domain.id).ok()?;
        Some(Self {
            frame: Frame::new(mfn)?,
            _page: page,
        })
    }

    /// The frame.
    #[inline(always)]
    pub fn frame(&self) -> Frame {
        self.frame
    }
}

/// A page of a domain with descriptors that were checked.
#[derive(Debug)]
pub struct SegmentPage {
    frame: Frame,
    _page: TypeRef<Machine, SegDesc>,
}

impl SegmentPage {
    /// A page of this domain, if all its descriptors are harmless and nobody can write to it.
    pub fn of(domain: &Domain, mfn: Mfn) -> Option<Self> {
        let mut budget = Unlimited;
        let mut leftovers = Leftovers::new();
        let mut work = Work {
            budget: &mut budget,
            leftovers: &mut leftovers,
        };
        let page = TypeRef::get(Machine, mfn, &Authority::of(domain.id), &mut work).ok()?;
        Some(Self {
            frame: Frame::new(mfn)?,
            _page: page,
        })
    }

    /// The page that the loaded page table has at this address.
    pub fn at_guest_address(domain: &Domain, va: u64) -> Option<Self> {
        Self::of(domain, walk::leaf(va)?.mfn)
    }

    /// The frame.
    #[inline(always)]
    pub fn frame(&self) -> Frame {
        self.frame
    }
}
