//! Makes a PV domain's memory: gets it, fills it, and sets its first registers.
//!
//! Always: the domain stays paused; whatever fails here leaves a domain that `destroy` ends wholly.
//!
//! Not here: where things lie ([`super::layout`]), devices (`create`).

use abi::RawDomId;
use abi::arch_x86_xen::{VGCF_IN_KERNEL, VGCF_ONLINE, VcpuGuestContext};
use abi::arch_x86_xen_x86_64::{FLAT_KERNEL_CS, FLAT_KERNEL_DS, FLAT_KERNEL_SS};
use abi::domctl::{AddressSize, HypercallInit};
use abi::grant_table::{
    EntryV1, GNTTAB_NR_RESERVED_ENTRIES, GNTTAB_RESERVED_CONSOLE, GNTTAB_RESERVED_XENSTORE,
    GTF_PERMIT_ACCESS,
};
use abi::memory::{XENMEM_RESOURCE_GRANT_TABLE, XENMEM_RESOURCE_GRANT_TABLE_ID_SHARED};
use abi::xen::{
    MAX_GUEST_CMDLINE, SHARED_INFO_VCPU_INFO, SIF_MOD_START_PFN, SIF_VIRT_P2M_4TOOLS,
    START_INFO_MAGIC, StartInfo, VCPU_INFO_EVTCHN_UPCALL_MASK, VcpuInfo,
};
use rustix::io::Errno;
use sys::grant_copy::{Copier, Piece};
use sys::privcmd::{Extent, ForeignMap, Pin, Xen};
use zerocopy::{FromZeros, IntoBytes};

use super::image::Image;
use super::layout::{Impossible, Layout, PAGE, Part, Request};
use super::tables;
use crate::create::Progress;
use crate::error::{Error, Result, hypercall};

/// Frames asked for in one populate call: its list is two pages.
const BATCH: usize = 1024;
/// Frames in one window: 8 MiB keeps the mapping's own page tables small.
const WINDOW: usize = 2048;

/// What a domain is built from.
pub struct Parts<'a> {
    pub image: &'a Image,
    pub ramdisk: Option<&'a [u8]>,
    pub command_line: &'a str,
    pub memory_pages: u64,
    pub store_port: u32,
    pub console_port: u32,
}

/// What the store must be told.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Built {
    pub store_mfn: u64,
    pub console_mfn: u64,
}

/// Decides where everything lies; nothing is asked of the hypervisor yet.
pub fn plan(parts: &Parts<'_>) -> Result<Layout> {
    let image = parts.image;
    let request = Request {
        virt_base: image.virt_base,
        kernel: image.range.clone(),
        ramdisk_bytes: parts.ramdisk.map_or(0, |r| r.len() as u64),
        ramdisk_by_frame: image.ramdisk_by_frame,
        list_address: image.list_address,
        memory_pages: parts.memory_pages,
    };
    Layout::plan(&request).map_err(|impossible| match impossible {
        Impossible::TooLittleMemory { needed_mib } => Error::new(
            "the guest has too little memory",
            format!(
                "its kernel and ramdisk need {needed_mib} MiB to start, and it has {} MiB",
                parts.memory_pages / 256
            ),
        )
        .help(format!(
            "write `memory = {}` or more",
            (needed_mib * 2).next_multiple_of(64)
        )),
        Impossible::BadAddresses => Error::new(
            "cannot place the kernel",
            "the addresses in its file make no sense",
        )
        .help("is the file damaged? compare it with the package that it comes from"),
    })
}

/// Builds the domain as planned.
pub fn build(
    xen: &Xen,
    domain: RawDomId,
    parts: &Parts<'_>,
    layout: &Layout,
    progress: Progress<'_>,
) -> Result<Built> {
    let mut builder = Builder {
        xen,
        domain,
        mfns: Vec::new(),
        loader: Loader::open(xen, domain).ok(),
    };
    let mut size = AddressSize { size: 64 };
    xen.domctl(domain, &mut size)
        .map_err(|e| failed("set the domain's address size", e))?;
    progress("giving it memory");
    builder.populate(parts.memory_pages)?;
    progress("loading the kernel");
    builder.load_image(parts.image, layout)?;
    if let (Some(bytes), Some(part)) = (parts.ramdisk, &layout.ramdisk) {
        builder
            .store(part, bytes)
            .map_err(|e| failed("load the ramdisk", e))?;
    }
    progress("building page tables");
    let list = builder.mfns.clone();
    builder
        .store(&layout.list, list.as_bytes())
        .map_err(|e| failed("write the frame list", e))?;
    builder.write_tables(layout)?;
    let built = Built {
        store_mfn: builder.mfn(layout.store.pfn)?,
        console_mfn: builder.mfn(layout.console.pfn)?,
    };
    builder.write_start_info(parts, layout, built)?;
    builder.start_vcpu(parts, layout)?;
    builder.seed_grants(built)?;
    Ok(built)
}

fn failed(what: &str, errno: Errno) -> Error {
    Error::new(format!("cannot {what}"), hypercall(errno))
}

struct Builder<'a> {
    xen: &'a Xen,
    domain: RawDomId,
    /// Machine frame of each of the domain's frames.
    mfns: Vec<u64>,
    /// The fast way to fill memory; without it, windows must do.
    loader: Option<Loader>,
}

impl Builder<'_> {
    fn mfn(&self, pfn: u64) -> Result<u64> {
        let index = usize::try_from(pfn).ok();
        index
            .and_then(|index| self.mfns.get(index).copied())
            .ok_or_else(|| Error::new("cannot build the domain", "a frame lies outside of it"))
    }

    /// Gets all memory, after claiming it, so that a shortage shows at once and not half-way.
    fn populate(&mut self, pages: u64) -> Result<()> {
        let claimed = match self.xen.claim(self.domain, pages) {
            Ok(()) => true,
            Err(Errno::NOSYS | Errno::OPNOTSUPP) => false,
            Err(errno) => return Err(self.too_little(pages, 0, errno)),
        };
        let result = self.populate_claimed(pages);
        if claimed {
            // All of it is ours now, or the domain ends: nothing of the claim is left over.
            let _ = self.xen.claim(self.domain, 0);
        }
        result
    }

    fn populate_claimed(&mut self, pages: u64) -> Result<()> {
        self.mfns.reserve(usize::try_from(pages).unwrap_or(0));
        let mut pfn = 0;
        while pfn < pages {
            let batch: Vec<u64> = (pfn..pages).take(BATCH).collect();
            let got = match self.xen.populate(self.domain, Extent(0), &batch) {
                Ok(got) if got.len() == batch.len() => got,
                Ok(got) => {
                    let have = pfn + got.len() as u64;
                    return Err(self.too_little(pages, have, Errno::NOMEM));
                }
                Err(errno) => return Err(self.too_little(pages, pfn, errno)),
            };
            pfn += got.len() as u64;
            self.mfns.extend(got);
        }
        Ok(())
    }

    fn too_little(&self, pages: u64, have: u64, errno: Errno) -> Error {
        let what = format!("cannot give the guest {} MiB of memory", pages / 256);
        if errno != Errno::NOMEM {
            return Error::new(what, hypercall(errno));
        }
        let free = self
            .xen
            .physinfo()
            .map_or(have, |info| info.free_pages + have)
            / 256;
        Error::new(what, format!("the machine has {free} MiB free"))
            .help("give the guest less, or stop another; `xl info` shows the free memory")
    }

    fn window(&self, pfn: u64, count: usize) -> std::result::Result<ForeignMap, Errno> {
        let start = usize::try_from(pfn).map_err(|_| Errno::INVAL)?;
        let frames = self.mfns.get(start..start + count).ok_or(Errno::INVAL)?;
        self.xen.map_foreign(self.domain, frames)
    }

    /// Copies `bytes` to the frames from `pfn` up, beginning `offset` bytes into the first. Memory
    /// is fresh from the hypervisor, which hands it out cleared, so gaps need no writing.
    fn copy(&mut self, pfn: u64, offset: usize, bytes: &[u8]) -> std::result::Result<(), Errno> {
        let start = usize::try_from(pfn).map_err(|_| Errno::INVAL)?;
        let count = (offset + bytes.len()).div_ceil(PAGE as usize);
        let frames = self.mfns.get(start..start + count).ok_or(Errno::INVAL)?;
        if let Some(loader) = &mut self.loader {
            if loader.copy(self.domain, frames, offset, bytes).is_ok() {
                return Ok(());
            }
            // What was copied is copied again: slower, and with an error that says more.
            self.loader = None;
        }
        self.copy_through_windows(pfn, offset, bytes)
    }

    fn copy_through_windows(
        &self,
        pfn: u64,
        offset: usize,
        bytes: &[u8],
    ) -> std::result::Result<(), Errno> {
        let page = PAGE as usize;
        let (mut pfn, mut offset, mut rest) = (pfn, offset, bytes);
        while !rest.is_empty() {
            let count = (offset + rest.len()).div_ceil(page).min(WINDOW);
            let now = rest.len().min(count * page - offset);
            let (head, tail) = rest.split_at(now);
            self.window(pfn, count)?.write(offset, head)?;
            (pfn, offset, rest) = (pfn + count as u64, 0, tail);
        }
        Ok(())
    }

    fn store(&mut self, part: &Part, bytes: &[u8]) -> std::result::Result<(), Errno> {
        if bytes.len() as u64 > part.pages * PAGE {
            return Err(Errno::INVAL);
        }
        self.copy(part.pfn, 0, bytes)
    }

    fn load_image(&mut self, image: &Image, layout: &Layout) -> Result<()> {
        for segment in &image.segments {
            let bytes = image.bytes.get(segment.file.clone()).ok_or_else(|| {
                Error::new(
                    "cannot load the kernel",
                    "a part of it lies outside of its file",
                )
            })?;
            let offset = segment.address.wrapping_sub(layout.virt_base);
            let within = (offset % PAGE) as usize;
            self.copy(offset / PAGE, within, bytes)
                .map_err(|e| failed("load the kernel", e))?;
        }
        if let Some(page) = image.hypercall_page {
            let gmfn = self.mfn(page.wrapping_sub(layout.virt_base) / PAGE)?;
            self.xen
                .domctl(self.domain, &mut HypercallInit { gmfn })
                .map_err(|e| failed("fill the kernel's hypercall page", e))?;
        }
        Ok(())
    }

    fn write_tables(&mut self, layout: &Layout) -> Result<()> {
        let tables = tables::build(layout, &self.mfns)
            .map_err(|_| Error::new("cannot build the page tables", "too few frames"))?;
        for (pfn, table) in &tables {
            self.copy(*pfn, 0, table.as_bytes())
                .map_err(|e| failed("write page tables", e))?;
        }
        // Every window on them is closed: a page table may not be mapped writable anywhere.
        let top = Pin::l4(self.mfn(layout.tables.pfn)?);
        self.xen
            .mmuext(self.domain, &[top])
            .map_err(|e| failed("pin the page tables", e))
    }

    fn write_start_info(&mut self, parts: &Parts<'_>, layout: &Layout, built: Built) -> Result<()> {
        let info = self
            .xen
            .domain_info(self.domain)
            .map_err(|e| failed("ask for the domain", e))?;
        let mut start = StartInfo::new_zeroed();
        copy_front(&mut start.magic, START_INFO_MAGIC);
        start.nr_pages = parts.memory_pages;
        start.shared_info = info.shared_info_frame << 12;
        start.flags = SIF_VIRT_P2M_4TOOLS;
        start.store_mfn = built.store_mfn;
        start.store_evtchn = parts.store_port;
        start.set_console(built.console_mfn, parts.console_port);
        start.pt_base = layout.tables.address.unwrap_or(0);
        start.nr_pt_frames = layout.tables.pages;
        start.mfn_list = layout.list.address.unwrap_or(0);
        if parts.image.list_address.is_some() {
            start.first_p2m_pfn = layout.list.pfn;
            start.nr_p2m_frames = layout.list.pages + layout.list_tables.pages;
        }
        if let (Some(bytes), Some(part)) = (parts.ramdisk, &layout.ramdisk) {
            start.mod_len = bytes.len() as u64;
            start.mod_start = part.address.unwrap_or(part.pfn);
            if part.address.is_none() {
                start.flags |= SIF_MOD_START_PFN;
            }
        }
        let line = parts.command_line.as_bytes();
        if line.len() >= MAX_GUEST_CMDLINE as usize {
            return Err(Error::new(
                "cannot pass the kernel its command line",
                format!(
                    "it has {} bytes, and a PV kernel takes {}",
                    line.len(),
                    MAX_GUEST_CMDLINE - 1
                ),
            )
            .help("shorten `extra` or `cmdline`"));
        }
        copy_front(&mut start.cmd_line, line);
        self.copy(layout.start_info.pfn, 0, start.as_bytes())
            .map_err(|e| failed("write the start page", e))?;
        self.write_shared_info(info.shared_info_frame)
    }

    /// All zero, but for the event masks: a vCPU starts with events off.
    fn write_shared_info(&self, frame: u64) -> Result<()> {
        let write = || -> std::result::Result<(), Errno> {
            let mut page = self.xen.map_foreign(self.domain, &[frame])?;
            page.clear(0, PAGE as usize)?;
            for vcpu in 0..32 {
                let at = SHARED_INFO_VCPU_INFO + vcpu * size_of::<VcpuInfo>();
                page.write(at + VCPU_INFO_EVTCHN_UPCALL_MASK, &[1])?;
            }
            Ok(())
        };
        write().map_err(|e| failed("write the shared page", e))
    }

    fn start_vcpu(&self, parts: &Parts<'_>, layout: &Layout) -> Result<()> {
        let mut context = VcpuGuestContext::new_zeroed();
        let stack_top = layout.stack.address.unwrap_or(0).wrapping_add(PAGE);
        context.flags = VGCF_IN_KERNEL | VGCF_ONLINE;
        let regs = &mut context.user_regs;
        regs.rip = parts.image.entry;
        regs.rsp = stack_top;
        regs.rsi = layout.start_info.address.unwrap_or(0);
        regs.rflags = 1 << 9; // interrupts on; the shared page's mask holds them back
        regs.cs = FLAT_KERNEL_CS;
        regs.ss = FLAT_KERNEL_SS;
        for selector in [&mut regs.ds, &mut regs.es, &mut regs.fs, &mut regs.gs] {
            *selector = FLAT_KERNEL_DS;
        }
        context.kernel_ss = u64::from(FLAT_KERNEL_SS);
        context.kernel_sp = stack_top;
        let [_, _, _, cr3, ..] = &mut context.ctrlreg;
        *cr3 = self.mfn(layout.tables.pfn)? << 12;
        self.xen
            .set_vcpu_context(self.domain, 0, &context)
            .map_err(|e| failed("start the first vCPU", e))
    }

    /// Grants dom0 the two rings under the numbers reserved for them, so that the daemons need no
    /// more rights than any peer has.
    fn seed_grants(&mut self, built: Built) -> Result<()> {
        // Whatever the loader granted is taken back first.
        self.loader = None;
        let failed = |e: Errno| failed("reach the guest's grant table", e);
        let mut table = GrantTable::open(self.xen, self.domain).map_err(failed)?;
        table
            .grant(GNTTAB_RESERVED_CONSOLE, built.console_mfn)
            .map_err(failed)?;
        table
            .grant(GNTTAB_RESERVED_XENSTORE, built.store_mfn)
            .map_err(failed)
    }
}

/// The first page of the new domain's grant table, before its owner has seen it.
struct GrantTable {
    page: ForeignMap,
}

impl GrantTable {
    const ENTRIES: u32 = (PAGE as usize / size_of::<EntryV1>()) as u32;

    fn open(xen: &Xen, domain: RawDomId) -> std::result::Result<Self, Errno> {
        let kind = XENMEM_RESOURCE_GRANT_TABLE;
        let page = xen.map_resource(domain, kind, XENMEM_RESOURCE_GRANT_TABLE_ID_SHARED, 0, 1)?;
        Ok(Self { page })
    }

    /// Lets dom0 use a frame under `reference`.
    fn grant(&mut self, reference: u32, mfn: u64) -> std::result::Result<(), Errno> {
        let frame = u32::try_from(mfn).map_err(|_| Errno::OVERFLOW)?;
        let entry = EntryV1 {
            flags: GTF_PERMIT_ACCESS,
            domid: RawDomId(0),
            frame,
        };
        let at = reference as usize * size_of::<EntryV1>();
        Ok(self.page.write(at, entry.as_bytes())?)
    }
}

/// Fills memory by grants that are given for a moment: no page is mapped for it.
struct Loader {
    table: GrantTable,
    copier: Copier,
    /// The references that may have been given.
    used: u32,
}

impl Loader {
    fn open(xen: &Xen, domain: RawDomId) -> std::result::Result<Self, Errno> {
        let table = GrantTable::open(xen, domain)?;
        let copier = Copier::open().map_err(|_| Errno::NODEV)?;
        Ok(Self {
            table,
            copier,
            used: 0,
        })
    }

    fn copy(
        &mut self,
        domain: RawDomId,
        frames: &[u64],
        offset: usize,
        bytes: &[u8],
    ) -> std::result::Result<(), Errno> {
        // The reserved numbers are left alone.
        let first = GNTTAB_NR_RESERVED_ENTRIES;
        let batch = (GrantTable::ENTRIES - first) as usize;
        let (mut offset, mut rest) = (offset, bytes);
        for frames in frames.chunks(batch) {
            let mut pieces = Vec::with_capacity(frames.len());
            for (reference, &mfn) in (first..).zip(frames) {
                self.table.grant(reference, mfn)?;
                self.used = self.used.max(reference + 1);
                let len = rest.len().min(PAGE as usize - offset);
                let (head, tail) = rest.split_at(len);
                pieces.push(Piece {
                    reference,
                    offset: offset as u16,
                    bytes: head,
                });
                (offset, rest) = (0, tail);
            }
            self.copier.write(domain, &pieces)?;
        }
        Ok(())
    }
}

impl Drop for Loader {
    fn drop(&mut self) {
        let entries = self.used as usize * size_of::<EntryV1>();
        // The guest finds its table empty, as it expects.
        let _ = self.table.page.clear(0, entries);
    }
}

fn copy_front(to: &mut [u8], from: &[u8]) {
    for (to, from) in to.iter_mut().zip(from) {
        *to = *from;
    }
}
