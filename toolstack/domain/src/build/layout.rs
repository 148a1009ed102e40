//! Where everything of a new PV domain lies, in pseudo-physical frames and virtual addresses.
//!
//! From the kernel's base up: the kernel, the start page, the store's and the console's ring, the
//! page tables, the boot stack; behind the mapped part the ramdisk (if the kernel takes it by frame)
//! and the list of machine frames (if it has an address of its own). What a kernel of another kind
//! wants mapped stands between the kernel and the start page.
//!
//! Always: no two parts overlap; everything mapped lies below `mapped_end`, which leaves at least
//! 512 KiB behind the stack; a domain too small for its parts is an error, not a wrapped sum.
//!
//! Not here: contents ([`super::pv`]), entries ([`super::tables`]).

use std::ops::Range;

pub const PAGE: u64 = 4096;
const PAGE_SHIFT: u32 = 12;
/// The mapped part ends on such a boundary (`xen.h`, "start-of-day memory layout").
const MAP_ALIGN: u64 = 4 << 20;
/// At least so much is mapped behind the stack.
const SLACK: u64 = 512 << 10;

/// What the kernel asks for, and what it is to get.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Request {
    /// Virtual address of frame 0.
    pub virt_base: u64,
    /// The kernel image, in virtual addresses.
    pub kernel: Range<u64>,
    pub ramdisk_bytes: u64,
    /// The kernel takes the ramdisk by frame: it need not be mapped.
    pub ramdisk_by_frame: bool,
    /// Where the kernel wants the list of machine frames, if not behind itself.
    pub list_address: Option<u64>,
    pub memory_pages: u64,
}

/// Frames that lie one after another, and where they are seen.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Part {
    pub pfn: u64,
    pub pages: u64,
    /// Virtual address; `None` if unmapped.
    pub address: Option<u64>,
}

impl Part {
    pub fn pfns(&self) -> Range<u64> {
        self.pfn..self.pfn + self.pages
    }
}

/// The answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Layout {
    pub virt_base: u64,
    pub kernel: Part,
    pub ramdisk: Option<Part>,
    pub start_info: Part,
    pub store: Part,
    pub console: Part,
    pub tables: Part,
    pub stack: Part,
    /// The list of machine frames.
    pub list: Part,
    /// Page tables that map the list alone, when it has an address of its own.
    pub list_tables: Part,
    /// One beyond the last mapped address.
    pub mapped_end: u64,
}

/// Why there is no layout.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Impossible {
    /// The parts need so many MiB.
    TooLittleMemory { needed_mib: u64 },
    /// The kernel's addresses make no sense.
    BadAddresses,
}

impl Layout {
    pub fn plan(request: &Request) -> Result<Self, Impossible> {
        let mut at = Cursor::start(request)?;
        let kernel = Part {
            pfn: at.pfn_of(request.kernel.start & !(PAGE - 1))?,
            pages: 0,
            address: Some(request.kernel.start & !(PAGE - 1)),
        };
        let kernel = Part {
            pages: at.next - kernel.pfn,
            ..kernel
        };
        let list_pages = pages(
            request
                .memory_pages
                .checked_mul(8)
                .ok_or(Impossible::BadAddresses)?,
        );
        let ramdisk_pages = pages(request.ramdisk_bytes);

        let mut ramdisk = None;
        if ramdisk_pages > 0 && !request.ramdisk_by_frame {
            ramdisk = Some(at.mapped(ramdisk_pages)?);
        }
        let mut list = Part::default();
        if request.list_address.is_none() {
            list = at.mapped(list_pages)?;
        }
        let start_info = at.mapped(1)?;
        let store = at.mapped(1)?;
        let console = at.mapped(1)?;
        let (tables, stack, mapped_end) = at.tables_and_stack()?;

        at.next = at.pfn_of(mapped_end)?;
        if ramdisk_pages > 0 && request.ramdisk_by_frame {
            ramdisk = Some(at.unmapped(ramdisk_pages)?);
        }
        let mut list_tables = Part::default();
        if let Some(address) = request.list_address {
            list = Part {
                address: Some(address),
                ..at.unmapped(list_pages)?
            };
            let end = address
                .checked_add(list_pages * PAGE)
                .ok_or(Impossible::BadAddresses)?;
            // The top level is shared with the kernel's own mapping.
            let count = table_count(address..end).ok_or(Impossible::BadAddresses)? - 1;
            list_tables = at.unmapped(count)?;
        }
        at.fits(request)?;
        Ok(Self {
            virt_base: request.virt_base,
            kernel,
            ramdisk,
            start_info,
            store,
            console,
            tables,
            stack,
            list,
            list_tables,
            mapped_end,
        })
    }

    /// Every part, for whoever asks what lies where.
    pub fn parts(&self) -> Vec<&Part> {
        let mut parts = vec![
            &self.kernel,
            &self.start_info,
            &self.store,
            &self.console,
            &self.tables,
            &self.stack,
            &self.list,
            &self.list_tables,
        ];
        parts.extend(&self.ramdisk);
        parts
    }
}

struct Cursor {
    virt_base: u64,
    /// The first frame that is not yet taken.
    next: u64,
}

impl Cursor {
    fn start(request: &Request) -> Result<Self, Impossible> {
        let mut cursor = Self {
            virt_base: request.virt_base,
            next: 0,
        };
        let end = request
            .kernel
            .end
            .checked_add(PAGE - 1)
            .ok_or(Impossible::BadAddresses)?;
        if request.kernel.start >= request.kernel.end || !request.virt_base.is_multiple_of(PAGE) {
            return Err(Impossible::BadAddresses);
        }
        cursor.next = cursor.pfn_of(end & !(PAGE - 1))?;
        Ok(cursor)
    }

    fn pfn_of(&self, address: u64) -> Result<u64, Impossible> {
        let offset = address
            .checked_sub(self.virt_base)
            .ok_or(Impossible::BadAddresses)?;
        // 1 GiB of mappings is far more than any kernel asks for; beyond are broken headers.
        (offset <= 1 << 39)
            .then_some(offset >> PAGE_SHIFT)
            .ok_or(Impossible::BadAddresses)
    }

    fn address_of(&self, pfn: u64) -> Result<u64, Impossible> {
        let offset = pfn.checked_mul(PAGE).ok_or(Impossible::BadAddresses)?;
        self.virt_base
            .checked_add(offset)
            .ok_or(Impossible::BadAddresses)
    }

    fn mapped(&mut self, pages: u64) -> Result<Part, Impossible> {
        let address = Some(self.address_of(self.next)?);
        Ok(Part {
            address,
            ..self.unmapped(pages)?
        })
    }

    fn unmapped(&mut self, pages: u64) -> Result<Part, Impossible> {
        let part = Part {
            pfn: self.next,
            pages,
            address: None,
        };
        self.next = self
            .next
            .checked_add(pages)
            .ok_or(Impossible::BadAddresses)?;
        Ok(part)
    }

    /// The tables map themselves, so their number depends on itself: grow until it is enough.
    fn tables_and_stack(&mut self) -> Result<(Part, Part, u64), Impossible> {
        let mut count = 4;
        loop {
            let end = self.address_of(self.next + count + 1)?;
            let wanted = end
                .checked_add(SLACK + MAP_ALIGN - 1)
                .ok_or(Impossible::BadAddresses)?;
            let mapped_end = wanted & !(MAP_ALIGN - 1);
            let needed = table_count(self.virt_base..mapped_end).ok_or(Impossible::BadAddresses)?;
            if needed <= count {
                let tables = self.mapped(count)?;
                let stack = self.mapped(1)?;
                return Ok((tables, stack, mapped_end));
            }
            count = needed;
        }
    }

    fn fits(&self, request: &Request) -> Result<(), Impossible> {
        if self.next <= request.memory_pages {
            return Ok(());
        }
        Err(Impossible::TooLittleMemory {
            needed_mib: self.next.div_ceil(256),
        })
    }
}

fn pages(bytes: u64) -> u64 {
    bytes.div_ceil(PAGE)
}

/// How many page tables of all four levels it takes to map `range`.
pub fn table_count(range: Range<u64>) -> Option<u64> {
    let last = range.end.checked_sub(1)?;
    let mut count = 1; // the top
    for shift in [39, 30, 21] {
        count += (last >> shift).checked_sub(range.start >> shift)? + 1;
    }
    Some(count)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const BASE: u64 = 0xffff_ffff_8000_0000;

    fn linux(memory_mib: u64, ramdisk_bytes: u64) -> Request {
        Request {
            virt_base: BASE,
            kernel: BASE + 0x100_0000..BASE + 0x420_0000,
            ramdisk_bytes,
            ramdisk_by_frame: true,
            list_address: Some(0x80_0000_0000),
            memory_pages: memory_mib * 256,
        }
    }

    /// Xen 4.20's own builder puts Debian 13's kernel so into 128 MiB.
    #[test]
    fn linux_lies_where_xens_builder_puts_it() {
        let l = Layout::plan(&linux(128, 0x1257c7)).unwrap();
        assert_eq!((l.kernel.pfn, l.kernel.pages), (0x1000, 0x3200));
        assert_eq!(l.start_info.pfn, 0x4200);
        assert_eq!((l.store.pfn, l.console.pfn), (0x4201, 0x4202));
        assert_eq!((l.tables.pfn, l.tables.pages), (0x4203, 0x25));
        assert_eq!(
            (l.stack.pfn, l.stack.address),
            (0x4228, Some(BASE + 0x422_8000))
        );
        assert_eq!(l.mapped_end, BASE + 0x440_0000);
        let ramdisk = l.ramdisk.unwrap();
        assert_eq!(
            (ramdisk.pfn, ramdisk.pages, ramdisk.address),
            (0x4400, 0x126, None)
        );
        assert_eq!((l.list.pfn, l.list.pages), (0x4526, 0x40));
        assert_eq!((l.list_tables.pfn, l.list_tables.pages), (0x4566, 3));
    }

    #[test]
    fn an_old_kernel_has_ramdisk_and_list_mapped() {
        let request = Request {
            ramdisk_by_frame: false,
            list_address: None,
            ..linux(128, 0x5000)
        };
        let l = Layout::plan(&request).unwrap();
        assert_eq!(l.ramdisk.unwrap().address, Some(BASE + 0x420_0000));
        assert_eq!(l.list.address, Some(BASE + 0x420_5000));
        assert_eq!(l.list_tables, Part::default());
    }

    #[test]
    fn too_little_memory_says_how_much_is_needed() {
        let answer = Layout::plan(&linux(32, 0));
        assert_eq!(answer, Err(Impossible::TooLittleMemory { needed_mib: 69 }));
        assert!(Layout::plan(&linux(69, 0)).is_ok());
    }

    #[test]
    fn broken_addresses_are_refused() {
        let wild = [0..0, BASE - 0x1000..BASE + 0x1000, BASE..u64::MAX, 0..1];
        for kernel in wild {
            let request = Request {
                kernel: kernel.clone(),
                ..linux(128, 0)
            };
            assert_eq!(
                Layout::plan(&request),
                Err(Impossible::BadAddresses),
                "{kernel:x?}"
            );
        }
    }

    proptest! {
        #[test]
        fn parts_never_overlap(
            start in 0u64..1 << 26,
            size in 1u64..1 << 28,
            ramdisk_bytes in 0u64..1 << 28,
            memory_pages in 0u64..1 << 21,
            by_frame: bool,
            own_list: bool,
        ) {
            let request = Request {
                virt_base: BASE,
                kernel: BASE + start..BASE + start + size,
                ramdisk_bytes,
                ramdisk_by_frame: by_frame,
                list_address: own_list.then_some(0x80_0000_0000),
                memory_pages,
            };
            if let Ok(layout) = Layout::plan(&request) {
                let mut ranges: Vec<_> = layout.parts().iter().map(|p| p.pfns()).filter(|r| !r.is_empty()).collect();
                ranges.sort_by_key(|r| r.start);
                for pair in ranges.windows(2) {
                    prop_assert!(pair[0].end <= pair[1].start);
                }
                prop_assert!(ranges.last().unwrap().end <= memory_pages);
                let stack_end = layout.stack.address.unwrap() + PAGE;
                prop_assert!(layout.mapped_end >= stack_end + SLACK);
                prop_assert!(table_count(BASE..layout.mapped_end).unwrap() <= layout.tables.pages);
            }
        }
    }
}
