//! Domain 0's first page table, built as plain data; validation follows and takes the references.

use core::sync::atomic::Ordering;

use alloc::string::String;
use metal::frame::Frame;

use super::layout::Layout;
use super::memory::Memory;

const PAGE: u64 = 4096;
const PRESENT: u64 = 1;
const WRITABLE: u64 = 2;
const USER: u64 = 4;
const ACCESSED: u64 = 0x20;
const DIRTY: u64 = 0x40;
const TABLE: u64 = PRESENT | WRITABLE | USER | ACCESSED;
const LEAF: u64 = TABLE | DIRTY;
const ADDRESS: u64 = 0x000f_ffff_ffff_f000;

struct Builder<'a> {
    layout: &'a Layout,
    memory: &'a Memory,
    /// Tables taken so far, the root included.
    used: u64,
}

/// Maps the kernel's region and a frame list that lies elsewhere; gives the root.
pub fn build(layout: &Layout, memory: &Memory) -> Result<Frame, String> {
    let mut builder = Builder {
        layout,
        memory,
        used: 0,
    };
    let root = builder.new_table()?;
    for pfn in 0..layout.mapped_pages() {
        builder.map(root, layout.base.wrapping_add(pfn.wrapping_mul(PAGE)), pfn)?;
    }
    if layout.p2m_is_elsewhere {
        for page in 0..layout.p2m_pages {
            let va = layout.p2m.wrapping_add(page.wrapping_mul(PAGE));
            builder.map(root, va, layout.p2m_pfn.wrapping_add(page))?;
        }
    }
    Ok(root)
}

impl Builder<'_> {
    fn first_table_pfn(&self) -> u64 {
        self.layout.tables.wrapping_sub(self.layout.base) / PAGE
    }

    fn new_table(&mut self) -> Result<Frame, String> {
        if self.used >= self.layout.page_tables {
            return Err("domain 0's page tables were counted too low".into());
        }
        let frame = self
            .memory
            .frame(self.first_table_pfn().wrapping_add(self.used))?;
        self.used = self.used.wrapping_add(1);
        Ok(frame)
    }

    fn map(&mut self, root: Frame, va: u64, pfn: u64) -> Result<(), String> {
        let mut table = root;
        for level in [4u32, 3, 2] {
            table = self.below(table, index(va, level))?;
        }
        let mfn = self
            .memory
            .mfn(pfn)
            .ok_or("domain 0's memory is too small for what it loads")?;
        let first = self.first_table_pfn();
        let is_table = pfn >= first && pfn < first.wrapping_add(self.layout.page_tables);
        // A page table may be mapped, but not for writing.
        let flags = if is_table { LEAF & !WRITABLE } else { LEAF };
        put(table, index(va, 1), mfn.0 << 12 | flags);
        Ok(())
    }

    /// The table that an entry names, made if there is none yet.
    fn below(&mut self, table: Frame, index: usize) -> Result<Frame, String> {
        let entry = table
            .words()
            .get(index)
            .map_or(0, |word| word.load(Ordering::Relaxed));
        if entry & PRESENT != 0 {
            return Frame::new(abi::Mfn((entry & ADDRESS) >> 12))
                .ok_or_else(|| "a page table is lost".into());
        }
        let new = self.new_table()?;
        put(table, index, new.mfn().0 << 12 | TABLE);
        Ok(new)
    }
}

fn put(table: Frame, index: usize, entry: u64) {
    if let Some(word) = table.words().get(index) {
        word.store(entry, Ordering::Relaxed);
    }
}

fn index(va: u64, level: u32) -> usize {
    let shift = level.wrapping_sub(1).wrapping_mul(9).wrapping_add(12);
    (va.checked_shr(shift).unwrap_or(0) & 511) as usize
}
