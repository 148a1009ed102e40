//! Where a PV kernel lies, once its notes have moved it.

use core::ops::Range;

use crate::{Class, Error, Image, XenNotes};

/// Addresses of a 64-bit PV kernel, as its domain will have them.
///
/// A segment's pseudo-physical address is the file's less `PADDR_OFFSET`; its virtual address is that plus
/// `VIRT_BASE`. The file's own virtual addresses play no part.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PvLayout {
    /// Virtual address of the first instruction.
    pub entry: u64,
    /// Virtual address of the domain's first byte of memory.
    pub virt_base: u64,
    /// What to subtract from a segment's physical address.
    pub paddr_offset: u64,
    /// Pseudo-physical extent of the kernel.
    pub physical: Range<u64>,
    /// The same, mapped.
    pub virtual_: Range<u64>,
    /// Where the p2m list is wanted, if not behind the kernel.
    pub init_p2m: Option<u64>,
    /// The page to fill with hypercall stubs; within the kernel.
    pub hypercall_page: Option<u64>,
    /// The ramdisk need not be mapped.
    pub mod_start_pfn: bool,
}

impl PvLayout {
    /// The layout that a file and its notes ask for.
    pub fn new(image: &Image<'_>, notes: &XenNotes<'_>) -> Result<Self, Error> {
        if notes.count == 0 {
            return Err(Error::NoNotes);
        }
        if image.class() == Class::Elf32 {
            return Err(Error::Machine(elf_parse::abi::EM_386));
        }
        let virt_base = notes.virt_base.unwrap_or(0);
        let paddr_offset = notes.paddr_offset.unwrap_or(0);
        let file = image.physical_bounds();
        let physical = shift(&file, |address| address.checked_sub(paddr_offset))?;
        let virtual_ = shift(&physical, |address| address.checked_add(virt_base))?;
        let layout = Self {
            entry: notes.entry.unwrap_or(image.entry()),
            virt_base,
            paddr_offset,
            physical,
            virtual_,
            init_p2m: notes.init_p2m,
            hypercall_page: notes.hypercall_page,
            mod_start_pfn: notes.mod_start_pfn,
        };
        layout.check()?;
        Ok(layout)
    }

    fn check(&self) -> Result<(), Error> {
        if !self.virtual_.contains(&self.entry) {
            return Err(Error::Entry(self.entry));
        }
        if let Some(page) = self.hypercall_page {
            let end = page
                .checked_add(HYPERCALL_PAGE_SIZE)
                .ok_or(Error::KernelAddress)?;
            if !self.virtual_.contains(&page) || end > self.virtual_.end {
                return Err(Error::Entry(page));
            }
        }
        if self
            .init_p2m
            .is_some_and(|p2m| self.virtual_.contains(&p2m))
        {
            return Err(Error::Overlap("its p2m list"));
        }
        Ok(())
    }

    /// The pseudo-physical address of a segment at this address of the file.
    pub fn physical_of(&self, file_physical: u64) -> Option<u64> {
        file_physical.checked_sub(self.paddr_offset)
    }
}

const HYPERCALL_PAGE_SIZE: u64 = 4096;

fn shift(range: &Range<u64>, by: impl Fn(u64) -> Option<u64>) -> Result<Range<u64>, Error> {
    match (by(range.start), by(range.end)) {
        (Some(start), Some(end)) => Ok(start..end),
        _ => Err(Error::KernelAddress),
    }
}
