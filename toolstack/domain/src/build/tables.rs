//! The page tables that a PV kernel starts on.
//!
//! Always: a frame that holds a page table is mapped read-only, as the hypervisor demands before it
//! pins the top; the tables are given out from one run of frames, the top first.
//!
//! Not here: how many are needed and where they lie ([`super::layout`]).

use std::collections::BTreeMap;
use std::ops::Range;

use super::layout::Layout;

pub const ENTRIES: usize = 512;

const PRESENT: u64 = 1 << 0;
const WRITABLE: u64 = 1 << 1;
const USER: u64 = 1 << 2;
const ACCESSED: u64 = 1 << 5;
const DIRTY: u64 = 1 << 6;

const LEAF: u64 = PRESENT | WRITABLE | USER | ACCESSED | DIRTY;
const TABLE: u64 = PRESENT | WRITABLE | USER | ACCESSED | DIRTY;

/// Page tables by the frame that holds each.
pub type Tables = BTreeMap<u64, Box<[u64; ENTRIES]>>;

/// The list has no machine frame for a frame that is needed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Shortage;

/// Builds all tables of `layout`; `mfns` is the list of machine frames.
pub fn build(layout: &Layout, mfns: &[u64]) -> Result<Tables, Shortage> {
    let mut builder = Builder {
        mfns,
        tables: Tables::new(),
        children: BTreeMap::new(),
        free: layout.tables.pfns(),
        top: layout.tables.pfn,
        read_only: [layout.tables.pfns(), layout.list_tables.pfns()],
    };
    builder.take()?; // the top
    let pages = (layout.mapped_end - layout.virt_base) / super::layout::PAGE;
    builder.map(layout.virt_base, 0..pages)?;
    if layout.list_tables.pages > 0
        && let Some(address) = layout.list.address
    {
        builder.free = layout.list_tables.pfns();
        builder.map(address, layout.list.pfns())?;
    }
    Ok(builder.tables)
}

struct Builder<'a> {
    mfns: &'a [u64],
    tables: Tables,
    /// Which frame holds the table for a stretch of addresses: (shift, address >> shift).
    children: BTreeMap<(u32, u64), u64>,
    free: Range<u64>,
    top: u64,
    read_only: [Range<u64>; 2],
}

impl Builder<'_> {
    fn take(&mut self) -> Result<u64, Shortage> {
        let pfn = self.free.next().ok_or(Shortage)?;
        self.tables.insert(pfn, Box::new([0; ENTRIES]));
        Ok(pfn)
    }

    fn mfn(&self, pfn: u64) -> Option<u64> {
        self.mfns.get(usize::try_from(pfn).ok()?).copied()
    }

    fn map(&mut self, address: u64, pfns: Range<u64>) -> Result<(), Shortage> {
        for (index, pfn) in (0u64..).zip(pfns) {
            let address = address.wrapping_add(index * super::layout::PAGE);
            // Frames beyond the domain's memory, in the slack of a small one, stay unmapped.
            let Some(mfn) = self.mfn(pfn) else { continue };
            let table = self.leaf_table(address)?;
            let mut flags = LEAF;
            if self.read_only.iter().any(|range| range.contains(&pfn)) {
                flags &= !WRITABLE;
            }
            self.set(table, slot(address, 12), (mfn << 12) | flags)?;
        }
        Ok(())
    }

    /// The last-level table for `address`, made on the way if it is not there.
    fn leaf_table(&mut self, address: u64) -> Result<u64, Shortage> {
        let mut table = self.top;
        for shift in [39, 30, 21] {
            let key = (shift, address >> shift);
            table = match self.children.get(&key) {
                Some(&child) => child,
                None => {
                    let child = self.take()?;
                    let mfn = self.mfn(child).ok_or(Shortage)?;
                    self.set(table, slot(address, shift), (mfn << 12) | TABLE)?;
                    self.children.insert(key, child);
                    child
                }
            };
        }
        Ok(table)
    }

    fn set(&mut self, table: u64, index: usize, entry: u64) -> Result<(), Shortage> {
        let slot = self
            .tables
            .get_mut(&table)
            .and_then(|t| t.get_mut(index))
            .ok_or(Shortage)?;
        *slot = entry;
        Ok(())
    }
}

fn slot(address: u64, shift: u32) -> usize {
    ((address >> shift) & 511) as usize
}

#[cfg(test)]
mod tests {
    use super::super::layout::{PAGE, Request};
    use super::*;

    const BASE: u64 = 0xffff_ffff_8000_0000;

    fn small_linux() -> (Layout, Vec<u64>) {
        let request = Request {
            virt_base: BASE,
            kernel: BASE + 0x100_0000..BASE + 0x180_0000,
            ramdisk_bytes: 0,
            ramdisk_by_frame: true,
            list_address: Some(0x80_0000_0000),
            memory_pages: 0x4000,
        };
        // Machine frames in a wild order, as a real machine gives them.
        let mfns = (0..0x4000).map(|pfn| 0x10_0000 + (pfn ^ 0x155)).collect();
        (Layout::plan(&request).unwrap(), mfns)
    }

    /// Walks as the processor does: the frame and whether it may be written.
    fn walk(tables: &Tables, mfns: &[u64], top: u64, address: u64) -> Option<(u64, bool)> {
        let pfn_of = |mfn: u64| mfns.iter().position(|&m| m == mfn).map(|p| p as u64);
        let mut table = top;
        for shift in [39, 30, 21] {
            let entry = tables[&table][slot(address, shift)];
            if entry & PRESENT == 0 {
                return None;
            }
            table = pfn_of(entry >> 12)?;
        }
        let entry = tables[&table][slot(address, 12)];
        (entry & PRESENT != 0).then(|| (pfn_of(entry >> 12).unwrap(), entry & WRITABLE != 0))
    }

    #[test]
    fn every_mapped_address_leads_to_its_frame() {
        let (layout, mfns) = small_linux();
        let tables = build(&layout, &mfns).unwrap();
        let top = layout.tables.pfn;
        let mut address = BASE;
        while address < layout.mapped_end {
            let pfn = (address - BASE) / PAGE;
            let (found, writable) = walk(&tables, &mfns, top, address).unwrap();
            assert_eq!(found, pfn);
            assert_eq!(writable, !layout.tables.pfns().contains(&pfn), "{pfn:#x}");
            address += PAGE;
        }
        assert_eq!(walk(&tables, &mfns, top, layout.mapped_end), None);
    }

    #[test]
    fn the_list_has_its_own_address() {
        let (layout, mfns) = small_linux();
        let tables = build(&layout, &mfns).unwrap();
        for page in 0..layout.list.pages {
            let address = 0x80_0000_0000 + page * PAGE;
            let found = walk(&tables, &mfns, layout.tables.pfn, address);
            assert_eq!(found, Some((layout.list.pfn + page, true)));
        }
        assert_eq!(
            tables.len() as u64,
            layout.tables.pages + layout.list_tables.pages
        );
    }

    #[test]
    fn too_few_machine_frames_are_an_error() {
        let (layout, mfns) = small_linux();
        assert_eq!(build(&layout, &mfns[..0x1000]), Err(Shortage));
    }
}
