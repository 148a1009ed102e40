//! Our own page tables: the 16 top-level entries that every address space shares.
//!
//! Always: [DIRECT-MAP] all RAM but the image is mapped at `DIRECT + address`, writable, not executable.
//! [SLOTS] the 16 entries never change once `init` has run; what changes is below them.
//! Text is never writable, data never executable.

use crate::layout::*;
use crate::{memory, percpu};
use core::sync::atomic::{AtomicU64, Ordering};
use types::{CpuId, HYPERVISOR_SLOTS};

const PRESENT: u64 = 1;
const WRITE: u64 = 1 << 1;
const USER: u64 = 1 << 2;
const WRITE_THROUGH: u64 = 1 << 3;
const CACHE_DISABLE: u64 = 1 << 4;
const ACCESSED: u64 = 1 << 5;
const DIRTY: u64 = 1 << 6;
const LARGE: u64 = 1 << 7;
const GLOBAL: u64 = 1 << 8;
const NO_EXECUTE: u64 = 1 << 63;
const ADDRESS: u64 = 0x000f_ffff_ffff_f000;

/// CR3 of the root without a guest.
pub static IDLE_ROOT: AtomicU64 = AtomicU64::new(0);
/// Next address in the window of device registers.
static NEXT_IOREMAP: AtomicU64 = AtomicU64::new(IOREMAP);
/// Set if the CPU lacks no-execute: the bit is then reserved.
static NX: AtomicU64 = AtomicU64::new(0);
static HUGE_PAGES: AtomicU64 = AtomicU64::new(0);

/// What a mapping allows.
#[derive(Clone, Copy)]
pub struct Attributes(u64);

impl Attributes {
    /// Writable, not executable.
    pub const DATA: Attributes =
        Attributes(PRESENT | ACCESSED | DIRTY | GLOBAL | WRITE | NO_EXECUTE);
    /// Neither.
    pub const READ_ONLY: Attributes = Attributes(PRESENT | ACCESSED | GLOBAL | NO_EXECUTE);
    /// Executable, not writable.
    pub const TEXT: Attributes = Attributes(PRESENT | ACCESSED | GLOBAL);
    /// Device registers.
    pub const DEVICE: Attributes = Attributes(
        PRESENT | ACCESSED | DIRTY | GLOBAL | WRITE | NO_EXECUTE | CACHE_DISABLE | WRITE_THROUGH,
    );
    /// What guests may read.
    pub const GUEST_READ: Attributes = Attributes(PRESENT | ACCESSED | GLOBAL | NO_EXECUTE | USER);

    fn bits(self) -> u64 {
        self.0 & !(NO_EXECUTE & !NX.load(Ordering::Relaxed))
    }
}

unsafe extern "C" {
    static __image_start: u8;
    static __text_end: u8;
    static __rodata_end: u8;
    static __image_end: u8;
}

/// The entries of a table frame, through the direct map.
fn table_at(address: u64) -> &'static [AtomicU64; 512] {
    // SAFETY:
    // 1. [DIRECT-MAP] Table frames are RAM in the direct map (of the boot tables, at first).
    // 2. [PRIVATE] They are private for ever, and atomics may be shared.
    unsafe { &*((DIRECT + (address & ADDRESS)) as *const [AtomicU64; 512]) }
}

fn index(address: u64, level: u32) -> usize {
    (address >> (12 + 9 * (level - 1))) as usize & 511
}

/// The entry for an address at a level (1 is the lowest), with the tables above it made as needed.
fn entry(address: u64, level: u32) -> &'static AtomicU64 {
    let mut table = table_at(IDLE_ROOT.load(Ordering::Relaxed));
    for above in (level + 1..=4).rev() {
        let slot = &table[index(address, above)];
        let mut value = slot.load(Ordering::Relaxed);
        if value & PRESENT == 0 {
            let user = if (M2P..M2P + M2P_SIZE).contains(&address) {
                USER
            } else {
                0
            };
            value = memory::take_zeroed_frame() | PRESENT | WRITE | ACCESSED | DIRTY | user;
            slot.store(value, Ordering::Release);
        }
        assert!(value & LARGE == 0, "{address:#x} is mapped by a large page");
        table = table_at(value);
    }
    &table[index(address, level)]
}

/// Maps pages that were not mapped before, the larger the better.
pub fn map(virtual_start: u64, physical_start: u64, len: u64, attributes: Attributes) {
    let bits = attributes.bits();
    let huge = HUGE_PAGES.load(Ordering::Relaxed) != 0;
    let mut done = 0;
    while done < len {
        let (address, target, left) = (virtual_start + done, physical_start + done, len - done);
        let fits = |size: u64| (address | target) & (size - 1) == 0 && left >= size;
        let (level, size, large) = if huge && fits(1 << 30) {
            (3, 1 << 30, LARGE)
        } else if fits(2 << 20) {
            (2, 2 << 20, LARGE)
        } else {
            (1, 4096, 0)
        };
        entry(address, level).store(target | bits | large, Ordering::Release);
        done += size;
    }
}

/// Maps fresh private memory, as far as a range is not mapped yet, in 2 MiB pages; its bytes are anything.
pub fn back(range: core::ops::Range<u64>, attributes: Attributes) {
    const SIZE: u64 = 2 << 20;
    let mut address = range.start / SIZE * SIZE;
    while address < range.end {
        let slot = entry(address, 2);
        if slot.load(Ordering::Relaxed) == 0 {
            let target = memory::take_frames(512, 512) << 12;
            slot.store(target | attributes.bits() | LARGE, Ordering::Release);
        }
        address += SIZE;
    }
}

/// Maps 4 KiB pages of fresh private memory.
fn back_pages(start: u64, pages: u64) {
    for page in 0..pages {
        let frame = memory::take_zeroed_frame();
        entry(start + page * 4096, 1).store(frame | Attributes::DATA.bits(), Ordering::Release);
    }
}

/// Maps device registers and gives their address.
pub fn ioremap(physical: u64, len: u64) -> u64 {
    let first = physical & !4095;
    let bytes = (physical + len).next_multiple_of(4096) - first;
    let address = NEXT_IOREMAP.fetch_add(bytes.next_multiple_of(4096) + 4096, Ordering::Relaxed);
    assert!(
        address + bytes <= IOREMAP_END.load(Ordering::Relaxed),
        "the window of device registers is full"
    );
    map(address, first, bytes, Attributes::DEVICE);
    address + (physical - first)
}

/// Makes the tables of the window of device registers, for mappings when no more frames can be had.
pub fn reserve_ioremap() {
    let start = NEXT_IOREMAP.load(Ordering::Relaxed);
    for address in (start..start + IOREMAP_RESERVE).step_by(2 << 20) {
        entry(address, 1);
    }
    IOREMAP_END.store(start + IOREMAP_RESERVE, Ordering::Relaxed);
}

/// Room for device registers after boot.
const IOREMAP_RESERVE: u64 = 64 << 20;
static IOREMAP_END: AtomicU64 = AtomicU64::new(u64::MAX);

/// Makes the idle root: image, all RAM, nothing else yet.
pub fn init() {
    let extended = x86::cpuid(0x8000_0001, 0);
    NX.store(
        if extended[3] & 1 << 20 != 0 {
            NO_EXECUTE
        } else {
            0
        },
        Ordering::Relaxed,
    );
    HUGE_PAGES.store(u64::from(extended[3] & 1 << 26 != 0), Ordering::Relaxed);
    let root = memory::take_zeroed_frame();
    IDLE_ROOT.store(root, Ordering::Relaxed);

    let address = |symbol: *const u8| symbol as u64;
    let parts = [
        (
            address(&raw const __image_start),
            address(&raw const __text_end),
            Attributes::TEXT,
        ),
        (
            address(&raw const __text_end),
            address(&raw const __rodata_end),
            Attributes::READ_ONLY,
        ),
        (
            address(&raw const __rodata_end),
            address(&raw const __image_end),
            Attributes::DATA,
        ),
        (
            address(&raw const __image_end),
            IMAGE_BASE + memory::image().end,
            Attributes::READ_ONLY,
        ),
    ];
    for (start, end, attributes) in parts {
        // Small pages: the edges are not on 2 MiB, and nothing else may be reachable through these addresses.
        for page in (start..end).step_by(4096) {
            entry(page, 1).store((page - IMAGE_BASE) | attributes.bits(), Ordering::Release);
        }
    }
    map_direct();
    // All slots exist from now on, so that they can be copied into guests' roots.
    for slot in HYPERVISOR_SLOTS {
        entry(0xffff_0000_0000_0000 | (slot as u64) << 39, 3);
    }
}

/// All RAM at `DIRECT`, but for the image, whose text must not be writable through a second address.
fn map_direct() {
    let image = memory::image();
    memory::each_ram_range(|range| {
        let (start, end) = (range.start << 12, range.end << 12);
        for (start, end) in [(start, end.min(image.start)), (start.max(image.end), end)] {
            if start < end {
                map(DIRECT + start, start, end - start, Attributes::DATA);
            }
        }
    });
    // Firmware tables may lie in memory that is not RAM: they are mapped when they are read.
}

/// Switches this CPU from the boot page tables to the real ones.
pub fn switch_to_idle_root() {
    use x86::control::{cr4, cr4_bits, set_cr3, set_cr4};
    // SAFETY: [SLOTS] The idle root maps the image, this stack (it is in the image) and the direct map.
    unsafe {
        set_cr3(IDLE_ROOT.load(Ordering::Relaxed));
        set_cr4(cr4() | cr4_bits::PGE);
    }
}

/// Maps a CPU's area and fills in what does not change. Gives its address.
pub fn make_area(cpu: CpuId) -> u64 {
    let start = percpu::area(cpu);
    back_pages(start + area::BLOCK, area::BLOCK_PAGES);
    back_pages(start + area::GDT + (GDT_OWN_PAGE as u64) * 4096, 1);
    for top in [
        area::DOUBLE_FAULT_TOP,
        area::NMI_TOP,
        area::MACHINE_CHECK_TOP,
        area::DEBUG_TOP,
    ] {
        back_pages(
            start + top - area::SMALL_STACK_PAGES * 4096,
            area::SMALL_STACK_PAGES,
        );
    }
    back_pages(
        start + area::STACK_TOP - area::STACK_PAGES * 4096,
        area::STACK_PAGES,
    );
    crate::descriptors::fill_area(cpu, start);
    start
}

/// The page table entry of a page in a CPU's own area.
pub fn area_entry(address: u64) -> &'static AtomicU64 {
    entry(address, 1)
}

/// An entry for a guest's frame in a window: writable, because the CPU sets accessed bits.
pub fn window_entry(frame_address: u64) -> u64 {
    // Not global: each CPU has its own window, but the entry changes at run time.
    frame_address | (Attributes::DATA.bits() & !GLOBAL)
}

/// The 16 entries, in the order of their slots.
pub fn slots() -> impl Iterator<Item = (usize, u64)> {
    let root = table_at(IDLE_ROOT.load(Ordering::Relaxed));
    HYPERVISOR_SLOTS.map(move |slot| (slot, root[slot].load(Ordering::Relaxed)))
}

/// Whether an address of ours is mapped, for the backtrace.
pub fn is_mapped(address: u64) -> bool {
    let mut table = table_at(IDLE_ROOT.load(Ordering::Relaxed));
    for level in (1..=4).rev() {
        let value = table[index(address, level)].load(Ordering::Relaxed);
        if value & PRESENT == 0 {
            return false;
        }
        if value & LARGE != 0 || level == 1 {
            return true;
        }
        table = table_at(value);
    }
    false
}

/// An entry for an empty page of the GDT window: zeros, so that every selector in it is refused.
pub fn empty_gdt_page() -> u64 {
    let mut page = EMPTY_PAGE.load(Ordering::Relaxed);
    if page == 0 {
        // Only the boot CPU comes here, before the others start.
        page = memory::take_zeroed_frame();
        EMPTY_PAGE.store(page, Ordering::Relaxed);
    }
    page | (Attributes::READ_ONLY.bits() & !GLOBAL)
}

/// Physical address of a private page of zeros.
static EMPTY_PAGE: AtomicU64 = AtomicU64::new(0);
