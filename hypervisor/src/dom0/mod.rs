//! Domain 0: made from the boot modules, before anything else runs.
//!
//! The kernel's notes say what it wants; [`layout`] decides where everything lies; [`tables`] builds its first page
//! table, which is then validated like any guest's.

mod layout;
mod memory;
mod tables;

use alloc::format;
use alloc::string::String;
use alloc::sync::Arc;
use core::sync::atomic::Ordering;

use abi::DomId;
use abi::xen::{SIF_INITDOMAIN, SIF_MOD_START_PFN, SIF_PRIVILEGED, START_INFO_MAGIC, StartInfo};
use metal::cpu;
use metal::memory::{Arena, Modules};
use zerocopy::{FromZeros, IntoBytes};

use self::layout::Layout;
use self::memory::Memory;
use crate::domain::vcpu::stop;
use crate::domain::{Config, Domain, table};
use crate::options::Options;
use crate::pv::{FLAT_CS64, FLAT_SS, hypercall_page, mmu};
use crate::{console, schedule, time};

const RFLAGS_IF: u64 = 0x200;
const RFLAGS_FIXED: u64 = 2;
/// As domain 0 gets them upstream.
const GRANT_FRAMES: u32 = 64;
const MAPTRACK_FRAMES: u32 = 1024;

/// Builds domain 0 and makes it ready to run; what stands in the way, in words.
pub fn build(options: &Options, modules: Modules, arena: Arena) -> Result<Arc<Domain>, String> {
    let mut iter = modules.iter();
    let kernel = iter
        .next()
        .ok_or("there is no boot module: give the kernel of domain 0 as the first one")?;
    let ramdisk = iter.next();
    let ramdisk_data = ramdisk.as_ref().map_or(&[][..], |module| module.data);

    let vmlinux = arena
        .within(|| bzimage::vmlinux(kernel.data))
        .map_err(|error| format!("domain 0's kernel: {error}"))?;
    let image =
        elf::Image::parse(&vmlinux).map_err(|error| format!("domain 0's kernel: {error}"))?;
    let notes = image
        .xen_notes()
        .map_err(|error| format!("domain 0's kernel: {error}"))?;
    let plan = elf::PvLayout::new(&image, &notes)
        .map_err(|error| format!("domain 0's kernel: {error}"))?;

    let domain = create(options)?;
    let pages = size_in_pages(options)?;
    let layout = Layout::of(&plan, ramdisk_data.len() as u64, pages)?;
    console::always(format_args!(
        "Dom0 kernel: entry {:#x}, {} MiB, {} page tables, start_info at {:#x}",
        layout.entry,
        pages >> 8,
        layout.page_tables,
        layout.start_info
    ));

    domain
        .pages
        .max
        .store(max_pages(options, pages), Ordering::Release);
    let memory = Memory::allocate(&domain, pages)?;
    memory.zero(layout.mapped_pages())?;
    load_segments(&image, &plan, &memory)?;
    if let Some(va) = plan.hypercall_page {
        let at = layout
            .offset_of(va)
            .ok_or("domain 0's hypercall page lies outside of its mapping")?;
        hypercall_page::fill(memory.frame(at >> 12)?);
    }
    memory.write(layout.ramdisk_pfn << 12, ramdisk_data)?;
    let p2m_mfns = memory.write_p2m(&layout)?;
    let root = tables::build(&layout, &memory)?;
    write_start_info(
        &layout,
        &memory,
        &domain,
        kernel.cmdline,
        ramdisk_data.len() as u64,
    )?;
    console::info(format_args!(
        "Dom0: {p2m_mfns} frames in its list, root {:#x}",
        root.mfn().0
    ));

    table::insert(domain.clone()).map_err(|_| "domain 0 exists already")?;
    start_vcpu(&domain, &layout, root)?;
    drop(iter);
    drop(vmlinux);
    for range in modules.release().into_iter().chain(arena.release()) {
        crate::memory::allocator::add(range);
    }
    Ok(domain)
}

fn create(options: &Options) -> Result<Arc<Domain>, String> {
    let cpus = cpu::count();
    let config = Config {
        handle: [0; 16],
        flags: 0,
        max_vcpus: options.dom0_max_vcpus.unwrap_or(cpus).clamp(1, cpus),
        max_evtchn_port: u32::MAX,
        max_grant_frames: GRANT_FRAMES,
        max_maptrack_frames: MAPTRACK_FRAMES,
        grant_version: options.max_grant_version,
        cpupool_id: 0,
        emulation_flags: 0,
    };
    let domain = Domain::new(DomId(0), true, config)
        .map_err(|error| format!("domain 0: {}", error.words()))?;
    domain
        .create_vcpus()
        .map_err(|error| format!("domain 0's vCPUs: {}", error.words()))?;
    if options.dom0_vcpus_pin {
        for vcpu in domain.vcpus() {
            vcpu.hard_affinity
                .store(cpu::CpuSet::of(cpu::CpuId(vcpu.id)));
            schedule::set_affinity(vcpu);
        }
    }
    Ok(domain)
}

/// What stays free for the hypervisor and for other domains when nobody says how much domain 0 gets.
fn default_reserve(free: u64) -> u64 {
    (free >> 4).min(128 << 8)
}

fn size_in_pages(options: &Options) -> Result<u64, String> {
    let free = crate::memory::allocator::free_pages();
    let pages = |bytes: i64| {
        let pages = bytes.unsigned_abs() >> 12;
        if bytes < 0 {
            free.saturating_sub(pages)
        } else {
            pages
        }
    };
    let usable = free.saturating_sub(free >> 6).saturating_sub(1024);
    let wanted = options
        .dom0_mem
        .size
        .map_or(free.saturating_sub(default_reserve(free)), pages);
    let least = options.dom0_mem.min.map_or(0, pages);
    let got = wanted.max(least).min(usable);
    if got < 4096 {
        return Err(format!(
            "{} MiB of free memory are too little for domain 0",
            free >> 8
        ));
    }
    Ok(got)
}

fn max_pages(options: &Options, pages: u64) -> u64 {
    match options.dom0_mem.max {
        Some(bytes) if bytes > 0 => (bytes.unsigned_abs() >> 12).max(pages),
        // Ballooning above the start is as upstream: no limit of ours.
        _ => u64::from(u32::MAX),
    }
}

fn load_segments(
    image: &elf::Image<'_>,
    plan: &elf::PvLayout,
    memory: &Memory,
) -> Result<(), String> {
    for segment in image.segments() {
        let at = plan
            .physical_of(segment.physical)
            .ok_or("a segment of domain 0's kernel lies below its memory")?;
        memory.write(at, segment.bytes)?;
    }
    Ok(())
}

fn write_start_info(
    layout: &Layout,
    memory: &Memory,
    domain: &Domain,
    cmdline: &str,
    ramdisk: u64,
) -> Result<(), String> {
    let mut info = StartInfo::new_zeroed();
    for (to, from) in info.magic.iter_mut().zip(START_INFO_MAGIC) {
        *to = *from;
    }
    info.nr_pages = memory.pages();
    info.shared_info = domain.shared_info.mfn().0 << 12;
    info.flags = SIF_PRIVILEGED | SIF_INITDOMAIN;
    info.pt_base = layout.tables;
    info.nr_pt_frames = layout.page_tables;
    info.mfn_list = layout.p2m;
    if layout.p2m_is_elsewhere {
        info.first_p2m_pfn = layout.p2m_pfn;
        info.nr_p2m_frames = layout.p2m_pages;
    }
    if ramdisk != 0 {
        info.mod_len = ramdisk;
        if layout.ramdisk_by_pfn {
            info.mod_start = layout.ramdisk_pfn;
            info.flags |= SIF_MOD_START_PFN;
        } else {
            info.mod_start = layout.base.wrapping_add(layout.ramdisk_pfn << 12);
        }
    }
    // The last byte stays zero.
    for (to, from) in info.cmd_line.iter_mut().take(1023).zip(cmdline.bytes()) {
        *to = from;
    }
    let at = layout
        .offset_of(layout.start_info)
        .ok_or("start_info lies outside of the mapping")?;
    memory.write(at, info.as_bytes())
}

fn start_vcpu(
    domain: &Arc<Domain>,
    layout: &Layout,
    root: metal::frame::Frame,
) -> Result<(), String> {
    let vcpu = domain.vcpu(0).ok_or("domain 0 has no vCPU")?;
    mmu::pin_root(domain, root.mfn())
        .map_err(|error| format!("domain 0's page table: {}", error.words()))?;
    let root = mmu::Root::take(domain, root.mfn())
        .map_err(|error| format!("domain 0's page table: {}", error.words()))?;
    vcpu.with_state(|state| {
        state.pv.kernel_root = root;
        state.pv.in_kernel = true;
        let frame = &mut state.frame;
        frame.rip = layout.entry;
        frame.rsp = layout.stack_top;
        frame.rsi = layout.start_info;
        frame.cs = FLAT_CS64;
        frame.ss = FLAT_SS;
        frame.rflags = RFLAGS_IF | RFLAGS_FIXED;
    })
    .ok_or("domain 0's vCPU runs already")?;
    if let Some(info) = vcpu.info.words() {
        info.mask.store(1, Ordering::Relaxed);
    }
    vcpu.initialised.store(1, Ordering::Release);
    vcpu.stopped.fetch_and(!stop::DOWN, Ordering::AcqRel);
    time::write_wall_clock(domain);
    Ok(())
}
