//! Finding and starting the other CPUs.
//!
//! Always: a CPU's number is its place among those that came up; the boot CPU is 0.

use crate::layout::IMAGE_BASE;
use crate::percpu::{self, shared};
use crate::{acpi, console, cpu, descriptors, fpu, lapic, memory, paging, time};
use core::sync::atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering};
use types::{CpuId, MAX_CPUS};

/// Area of the CPU that is being started; read by `entry.s`.
pub static STARTING_AREA: AtomicU64 = AtomicU64::new(0);
/// What a CPU does once it is up.
static ENTRY: AtomicUsize = AtomicUsize::new(0);
/// More than the boot CPU runs.
static UP: AtomicBool = AtomicBool::new(false);

/// Whether other CPUs may ask this one to flush.
#[inline(always)]
pub(crate) fn is_up() -> bool {
    UP.load(Ordering::Relaxed)
}

/// Gives every CPU of the firmware's tables an area; the boot CPU has one already.
pub(crate) fn find_cpus() {
    let boot_id = {
        let [_, b, _, _] = x86::cpuid(1, 0);
        let [_, levels, _, x2apic_id] = if x86::cpuid(0, 0)[0] >= 0xb {
            x86::cpuid(0xb, 0)
        } else {
            [0; 4]
        };
        if levels != 0 { x2apic_id } else { b >> 24 }
    };
    let limit = option("maxcpus=")
        .and_then(|text| text.parse().ok())
        .unwrap_or(MAX_CPUS as u32)
        .clamp(1, MAX_CPUS as u32);
    let limit = if memory::command_line()
        .split(' ')
        .any(|word| matches!(word, "nosmp" | "smp=0" | "smp=no" | "smp=off"))
    {
        1
    } else {
        limit
    };
    let tables = acpi::tables();
    let boot_acpi_id = tables
        .cpus
        .iter()
        .find(|cpu| cpu.apic_id == boot_id)
        .map_or(0, |cpu| cpu.acpi_id);
    let mut count = 1;
    set_ids(CpuId(0), boot_id, boot_acpi_id);
    for found in tables.cpus.iter().filter(|cpu| cpu.apic_id != boot_id) {
        if count == limit {
            break;
        }
        let cpu = CpuId(count);
        paging::make_area(cpu);
        count += 1;
        cpu::set_count(count);
        set_ids(cpu, found.apic_id, found.acpi_id);
    }
}

fn option(name: &str) -> Option<&'static str> {
    memory::command_line()
        .split(' ')
        .filter_map(|word| word.strip_prefix(name))
        .next_back()
}

fn set_ids(cpu: CpuId, apic_id: u32, acpi_id: u32) {
    shared(cpu).apic_id.store(apic_id, Ordering::Relaxed);
    shared(cpu).acpi_id.store(acpi_id, Ordering::Relaxed);
}

unsafe extern "C" {
    static trampoline_start: u8;
    static trampoline_end: u8;
}

/// Starts all other CPUs, one after the other, each in `entry`. One that does not answer is left out, and those
/// after it move up.
pub fn start_others(entry: fn(CpuId) -> !) {
    let candidates = cpu::count();
    if candidates == 1 {
        return;
    }
    ENTRY.store(entry as usize, Ordering::Release);
    let ids: alloc::vec::Vec<_> = (1..candidates)
        .map(|cpu| {
            (
                crate::irq::apic_id(CpuId(cpu)),
                crate::irq::acpi_id(CpuId(cpu)),
            )
        })
        .collect();
    let page = put_trampoline();
    UP.store(true, Ordering::SeqCst);
    shared(CpuId(0)).mailbox.open.store(true, Ordering::SeqCst);
    let mut next = 1;
    for (apic_id, acpi_id) in ids {
        let cpu = CpuId(next);
        set_ids(cpu, apic_id, acpi_id);
        if start(cpu, page) {
            next += 1;
        } else {
            console::say!("CPU with APIC id {apic_id} does not start");
        }
    }
    cpu::set_count(next);
}

/// Copies the 16-bit code to a page below 1 MiB that the firmware calls RAM; gives the page's number.
fn put_trampoline() -> u8 {
    let page = memory::e820()
        .iter()
        .filter(|entry| entry.kind == types::E820Kind::Ram)
        .filter_map(|entry| {
            // Above the BIOS's own data and the boot sector's place, below the EBDA.
            let first = entry.start.div_ceil(4096).max(8);
            let last = ((entry.start + entry.len) >> 12).min(0x9f);
            (first < last).then_some(first)
        })
        .next()
        .unwrap_or(8);
    let from = &raw const trampoline_start;
    let len = &raw const trampoline_end as usize - from as usize;
    let to = paging::ioremap(page << 12, 4096);
    // SAFETY: [LOW-MEMORY] The page is RAM below 1 MiB, which no allocator has; it was just mapped.
    unsafe { x86::copy_bytes(to as *mut u8, from, len) };
    page as u8
}

fn start(cpu: CpuId, page: u8) -> bool {
    let apic_id = crate::irq::apic_id(cpu);
    STARTING_AREA.store(percpu::area(cpu), Ordering::SeqCst);
    lapic::send_init(apic_id);
    // A new CPU needs no long wait after INIT; 10 ms were for the first generation. Two tries of STARTUP, as the
    // manuals say, the second only if needed.
    time::wait_us(200);
    for _ in 0..2 {
        lapic::send_startup(apic_id, page);
        for _ in 0..1000 {
            if shared(cpu).online.load(Ordering::Acquire) {
                return true;
            }
            time::wait_us(200);
            cpu::service_mailbox();
        }
    }
    false
}

/// First Rust code of another CPU, on its own stack and the real page tables.
pub(crate) extern "C" fn start_other(area: u64) -> ! {
    descriptors::init_cpu(area);
    fpu::init_cpu();
    lapic::init_cpu();
    time::init_cpu();
    let me = percpu::shared(percpu::id());
    me.apic_id.store(lapic::id(), Ordering::Relaxed);
    me.mailbox.open.store(true, Ordering::SeqCst);
    // What was flushed before the mailbox opened may still be in this TLB.
    cpu::flush_local();
    me.online.store(true, Ordering::Release);
    let entry = ENTRY.load(Ordering::Acquire);
    // SAFETY: [ENTRY] `start_others` stored a function of this type before it started this CPU.
    let entry: fn(CpuId) -> ! = unsafe { core::mem::transmute(entry) };
    entry(percpu::id())
}

const _: () = assert!(IMAGE_BASE & 0x3fff_ffff == 0);
