//! Where everything of domain 0 lies: in its own virtual space, and among its page frames.
//!
//! From the kernel's base upwards, mapped: the kernel, the ramdisk (unless the kernel takes it unmapped), the frame list
//! (unless the kernel wants it elsewhere), start_info, the page tables, the boot stack; then room, to the next 4 MiB.
//! Behind the mapping follow an unmapped ramdisk and a frame list that lies elsewhere.

use alloc::format;
use alloc::string::String;

use elf::PvLayout;

const PAGE: u64 = 4096;
const ROUND: u64 = 4 << 20;
/// Mapped room that a kernel can count on behind its stack.
const SLACK: u64 = 512 << 10;

/// The places, as addresses unless they say `pfn`.
#[derive(Clone, Copy, Debug)]
pub struct Layout {
    /// Where pfn 0 is mapped.
    pub base: u64,
    /// One past the mapping.
    pub end: u64,
    /// The kernel's first instruction.
    pub entry: u64,
    /// The ramdisk's first frame.
    pub ramdisk_pfn: u64,
    /// Whether the kernel takes the ramdisk's frame number.
    pub ramdisk_by_pfn: bool,
    /// Where the frame list is mapped.
    pub p2m: u64,
    /// Its first frame.
    pub p2m_pfn: u64,
    /// Its frames.
    pub p2m_pages: u64,
    /// Whether it has an address of its own.
    pub p2m_is_elsewhere: bool,
    /// The start_info page.
    pub start_info: u64,
    /// The page tables, the root first.
    pub tables: u64,
    /// How many.
    pub page_tables: u64,
    /// One past the boot stack's page.
    pub stack_top: u64,
}

fn up(value: u64, to: u64) -> u64 {
    value.checked_next_multiple_of(to).unwrap_or(value)
}

impl Layout {
    /// Lays out a kernel with a ramdisk of so many bytes in so many pages.
    pub fn of(kernel: &PvLayout, ramdisk: u64, pages: u64) -> Result<Self, String> {
        let base = kernel.virt_base;
        let entry = kernel.entry;
        let ramdisk_by_pfn = kernel.mod_start_pfn;
        let p2m_pages = up(pages.wrapping_mul(8), PAGE) / PAGE;

        let mut at = up(kernel.virtual_.end, PAGE);
        let mut ramdisk_pfn = at.wrapping_sub(base) / PAGE;
        if !ramdisk_by_pfn {
            at = at.wrapping_add(up(ramdisk, PAGE));
        }
        let mut p2m = at;
        if kernel.init_p2m.is_none() {
            at = at.wrapping_add(p2m_pages.wrapping_mul(PAGE));
        }
        let start_info = at;
        let tables = at.wrapping_add(PAGE);

        let elsewhere = kernel
            .init_p2m
            .map_or(0, |place| tables_for(place, p2m_pages.wrapping_mul(PAGE)));
        let (page_tables, end) = settle(base, tables, elsewhere);
        let stack_top = tables.wrapping_add(page_tables.wrapping_add(1).wrapping_mul(PAGE));

        let mut next_pfn = end.wrapping_sub(base) / PAGE;
        if ramdisk_by_pfn {
            ramdisk_pfn = next_pfn;
            next_pfn = next_pfn.wrapping_add(up(ramdisk, PAGE) / PAGE);
        }
        let mut p2m_pfn = p2m.wrapping_sub(base) / PAGE;
        if let Some(place) = kernel.init_p2m {
            p2m = place;
            p2m_pfn = next_pfn;
            next_pfn = next_pfn.wrapping_add(p2m_pages);
        }
        if next_pfn >= pages {
            return Err(format!(
                "it needs {} MiB to start, and dom0_mem gives {} MiB",
                next_pfn >> 8,
                pages >> 8
            ));
        }
        Ok(Self {
            base,
            end,
            entry,
            ramdisk_pfn,
            ramdisk_by_pfn,
            p2m,
            p2m_pfn,
            p2m_pages,
            p2m_is_elsewhere: kernel.init_p2m.is_some(),
            start_info,
            tables,
            page_tables,
            stack_top,
        })
    }

    /// Frames that the mapping from the base covers.
    pub fn mapped_pages(&self) -> u64 {
        self.end.wrapping_sub(self.base) / PAGE
    }

    /// The offset from pfn 0 of an address in the mapping.
    pub fn offset_of(&self, va: u64) -> Option<u64> {
        va.checked_sub(self.base).filter(|_| va < self.end)
    }
}

/// The number of page tables and the mapping's end, each of which depends on the other.
fn settle(base: u64, tables: u64, elsewhere: u64) -> (u64, u64) {
    let mut count = 1;
    loop {
        let stack_end = tables.wrapping_add(PAGE.wrapping_mul(count).wrapping_add(PAGE));
        // Counted from the top, so that a mapping that ends at the end of all addresses does not wrap.
        let end = base.wrapping_add(up(stack_end.wrapping_add(SLACK).wrapping_sub(base), ROUND));
        let needed = tables_for(base, end.wrapping_sub(base))
            .wrapping_add(elsewhere)
            .wrapping_add(1);
        if needed <= count {
            return (count, end);
        }
        count = needed;
    }
}

/// Tables below the root that a range needs.
fn tables_for(start: u64, length: u64) -> u64 {
    let last = start.wrapping_add(length).wrapping_sub(1);
    [12u32 + 9, 12 + 18, 12 + 27]
        .into_iter()
        .map(|shift| {
            let number = |va: u64| va.checked_shr(shift).unwrap_or(0);
            number(last).wrapping_sub(number(start)).wrapping_add(1)
        })
        .fold(0u64, u64::wrapping_add)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tables_are_counted_by_level() {
        assert_eq!(tables_for(0xffff_ffff_8000_0000, 4 << 20), 2 + 1 + 1);
        assert_eq!(tables_for(0x80_0000_0000, 2 << 20), 3);
        assert_eq!(tables_for(0x1ff000, 8192), 2 + 1 + 1);
    }

    #[test]
    fn the_end_covers_tables_and_stack() {
        let base = 0xffff_ffff_8000_0000;
        let tables = base + (60 << 20);
        let (count, end) = settle(base, tables, 3);
        assert!(end - base >= (60 << 20) + (count + 1) * PAGE + SLACK);
        assert_eq!((end - base) % ROUND, 0);
        assert_eq!(count, tables_for(base, end - base) + 3 + 1);
    }
}
