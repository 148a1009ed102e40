//! A vCPU's GDT and LDT: frames of descriptors that the guest gave, which the CPU reads directly.
//!
//! Always: a frame in use here has type segment-descriptor, so every descriptor in it was checked and the guest cannot
//! write to it.

use metal::cpu;
use metal::frame::Frame;

use crate::memory::types::SegmentPage;

/// Frames that a guest's GDT may have; the next one holds our selectors.
pub const GDT_FRAMES: usize = 14;
/// Descriptors in a frame.
pub const PER_FRAME: u32 = 512;
/// Entries of the largest LDT.
pub const MAX_LDT_ENTRIES: u32 = 8192;
/// Frames of the largest LDT.
pub const LDT_FRAMES: usize = 16;

/// The GDT.
#[derive(Default)]
pub struct Gdt {
    /// As the CPU's window wants them.
    pub frames: [Option<Frame>; GDT_FRAMES],
    /// What holds them.
    pub pages: [Option<SegmentPage>; GDT_FRAMES],
    /// How many descriptors.
    pub entries: u32,
}

/// The LDT: a range of the guest's own addresses, whose frames are mapped when they are first used.
#[derive(Default)]
pub struct Ldt {
    /// Its address.
    pub base: u64,
    /// How many descriptors.
    pub entries: u32,
    /// Frames mapped so far.
    pub pages: [Option<SegmentPage>; LDT_FRAMES],
}

impl Gdt {
    /// Puts other frames in place; gives what held the old ones, to be dropped when no CPU reads them any more.
    #[must_use]
    pub fn replace(
        &mut self,
        pages: [Option<SegmentPage>; GDT_FRAMES],
        entries: u32,
    ) -> [Option<SegmentPage>; GDT_FRAMES] {
        self.frames =
            core::array::from_fn(|index| pages.get(index)?.as_ref().map(SegmentPage::frame));
        self.entries = entries;
        core::mem::replace(&mut self.pages, pages)
    }
}

impl Ldt {
    /// Shows it to this CPU.
    pub fn load(&self) {
        // This takes out what another vCPU had there, so our pages come after it.
        cpu::load_ldt(self.entries);
        if self.entries == 0 {
            return;
        }
        for (slot, page) in self.pages.iter().enumerate() {
            if let Some(page) = page {
                cpu::map_ldt_page(slot, Some(page.frame()));
            }
        }
    }

    /// Points it elsewhere; pages are mapped again when they are used.
    pub fn set(&mut self, base: u64, entries: u32) {
        self.drop_pages();
        self.base = base;
        self.entries = entries;
        cpu::load_ldt(entries);
    }

    /// Forgets the mapped pages.
    pub fn drop_pages(&mut self) {
        for (slot, page) in self.pages.iter_mut().enumerate() {
            if page.is_some() {
                // First out of the CPU's sight, then out of our hands.
                cpu::map_ldt_page(slot, None);
                *page = None;
            }
        }
    }
}
