//! Who has which frame: private ones are the hypervisor's for ever, the pool is the body's to hand out.
//!
//! Always: [POOL] a frame that is in the pool map is RAM, is no part of the hypervisor, and stays in the
//! map; [PRIVATE] a frame that was taken for private use never gets into it.
//!
//! Not here: who owns a pool frame (`hypervisor::memory`).

use crate::boot::{self, Info};
use crate::frame;
use crate::heap;
use crate::layout::{DIRECT, DIRECT_SIZE, IMAGE_BASE, TABLES};
use crate::paging::{self, Attributes};
use crate::sync::{Plain, SetOnce};
use alloc::vec::Vec;
use core::ops::Range;
use core::sync::atomic::{AtomicU64, Ordering};
pub use types::E820Entry;
use types::{E820Kind, Mfn};

/// Frames below this are the firmware's; dom0 may map them as it may map devices.
const LOW_FRAMES: u64 = 0x100;
/// Frames that the boot page tables reach.
const BOOT_LIMIT: u64 = 1 << 20;
const MAX_RANGES: usize = 256;

/// A list of frame ranges: sorted, apart from each other, not empty.
struct Ranges {
    list: [(u64, u64); MAX_RANGES],
    count: usize,
}

impl Ranges {
    const EMPTY: Ranges = Ranges {
        list: [(0, 0); MAX_RANGES],
        count: 0,
    };

    fn iter(&self) -> impl DoubleEndedIterator<Item = Range<u64>> + '_ {
        self.list[..self.count]
            .iter()
            .map(|&(start, end)| start..end)
    }

    fn insert_at(&mut self, index: usize, range: (u64, u64)) {
        assert!(self.count < MAX_RANGES, "memory map too scattered");
        self.list.copy_within(index..self.count, index + 1);
        self.list[index] = range;
        self.count += 1;
    }

    fn remove_at(&mut self, index: usize) {
        self.list.copy_within(index + 1..self.count, index);
        self.count -= 1;
    }

    /// Adds a range, which may overlap others.
    fn add(&mut self, range: Range<u64>) {
        let (mut start, mut end) = (range.start, range.end);
        if start >= end {
            return;
        }
        let mut index = 0;
        while index < self.count {
            let (other_start, other_end) = self.list[index];
            if other_end < start {
                index += 1;
            } else if other_start > end {
                break;
            } else {
                start = start.min(other_start);
                end = end.max(other_end);
                self.remove_at(index);
            }
        }
        self.insert_at(index, (start, end));
    }

    /// Takes a range out, as far as it is in.
    fn remove(&mut self, range: Range<u64>) {
        let mut index = 0;
        while index < self.count {
            let (start, end) = self.list[index];
            if end <= range.start || start >= range.end || range.start >= range.end {
                index += 1;
                continue;
            }
            self.remove_at(index);
            if range.end < end {
                self.insert_at(index, (range.end, end));
            }
            if start < range.start {
                self.insert_at(index, (start, range.start));
                index += 1;
            }
        }
    }
}

struct State {
    /// RAM that nobody has yet.
    free: Ranges,
    /// All RAM, for `is_mmio` and the direct map.
    ram: Ranges,
    /// Frames that went to private use.
    private: u64,
    /// Next address in the window of tables.
    next_table: u64,
    /// Allocations may come from anywhere (the whole direct map is up).
    everywhere: bool,
    sealed: bool,
}

static STATE: Plain<State> = Plain::new(State {
    free: Ranges::EMPTY,
    ram: Ranges::EMPTY,
    private: 0,
    next_table: TABLES,
    everywhere: false,
    sealed: false,
});
static POOL: SetOnce<Vec<Range<u64>>> = SetOnce::new();
static MAX_MFN: AtomicU64 = AtomicU64::new(0);
static TOTAL: AtomicU64 = AtomicU64::new(0);
static MODULES_TAKEN: AtomicU64 = AtomicU64::new(0);
/// Frames that hold the hypervisor's own device registers; guests may look, at most.
static OWN_REGISTERS: Plain<([u64; 32], usize)> = Plain::new(([0; 32], 0));

unsafe extern "C" {
    static __image_start: u8;
    static __image_end: u8;
}

/// Physical bytes of the image, with the symbols behind it.
pub(crate) fn image() -> Range<u64> {
    let start = &raw const __image_start as u64 - IMAGE_BASE;
    let end = &raw const __image_end as u64 - IMAGE_BASE + crate::symbols::blob_len();
    start..end.next_multiple_of(4096)
}

/// RAM, then free RAM, from the firmware's map.
pub(crate) fn init() {
    let info = boot::info();
    STATE.with(|state| {
        for entry in info.e820() {
            if entry.kind == E820Kind::Ram {
                let end = entry.start.saturating_add(entry.len).min(DIRECT_SIZE);
                state.ram.add(entry.start.div_ceil(4096)..end >> 12);
            }
        }
        // Firmware may describe a byte twice; what it calls anything but RAM is not RAM.
        for entry in info.e820() {
            if entry.kind != E820Kind::Ram {
                state.ram.remove(
                    entry.start >> 12..entry.start.saturating_add(entry.len).div_ceil(4096),
                );
            }
        }
        for range in state.ram.iter() {
            state.free.add(range);
        }
        state.free.remove(0..LOW_FRAMES);
        let image = image();
        state.free.remove(image.start >> 12..image.end >> 12);
        for module in info.modules() {
            state.free.remove(boot::module_frames(module));
        }
        let max = state.ram.iter().next_back().map_or(0, |range| range.end);
        let total = state.ram.iter().map(|range| range.end - range.start).sum();
        MAX_MFN.store(max, Ordering::Relaxed);
        TOTAL.store(total, Ordering::Relaxed);
        state.private = (image.end - image.start) >> 12;
    });
}

/// Takes frames for private use, from the top; stops the machine if there are none.
pub(crate) fn take_frames(count: u64, align: u64) -> u64 {
    STATE.with(|state| {
        assert!(
            !state.sealed,
            "private memory wanted after the pool was handed out"
        );
        let limit = if state.everywhere {
            u64::MAX
        } else {
            BOOT_LIMIT
        };
        let found = state.free.iter().rev().find_map(|range| {
            let end = range.end.min(limit);
            let start = end.checked_sub(count)? / align * align;
            (start >= range.start).then_some(start)
        });
        let start = found.unwrap_or_else(|| panic!("no room for {count} private frames"));
        state.free.remove(start..start + count);
        state.private += count;
        start
    })
}

/// One zeroed frame, as a physical address that the current direct map reaches.
pub(crate) fn take_zeroed_frame() -> u64 {
    let frame = take_frames(1, 1);
    // SAFETY: [PRIVATE] The frame was just taken; nobody else knows it. It is in the direct map.
    unsafe { x86::fill_words((DIRECT + (frame << 12)) as *mut u64, 0, 512) };
    frame << 12
}

/// From now on frames may come from above 4 GiB: the real page tables reach them. Makes the pool map.
pub(crate) fn open_all() {
    STATE.with(|state| state.everywhere = true);
    frame::init();
}

/// RAM ranges, for making the direct map.
pub(crate) fn each_ram_range(mut work: impl FnMut(Range<u64>)) {
    for index in 0.. {
        let range = STATE.with(|state| state.ram.iter().nth(index));
        match range {
            Some(range) => work(range),
            None => break,
        }
    }
}

/// Remembers a page of device registers that is ours.
pub(crate) fn claim_registers(address: u64) {
    OWN_REGISTERS.with(|(list, count)| {
        if *count < list.len() {
            list[*count] = address >> 12;
            *count += 1;
        }
    });
}

/// The firmware's memory map, as it came.
pub fn e820() -> &'static [E820Entry] {
    boot::info().e820()
}

/// One past the highest frame of RAM.
pub fn max_mfn() -> u64 {
    MAX_MFN.load(Ordering::Relaxed)
}

/// Frames of RAM in the machine.
pub fn total_pages() -> u64 {
    TOTAL.load(Ordering::Relaxed)
}

/// Frames that the hypervisor keeps.
pub fn private_pages() -> u64 {
    STATE.with(|state| state.private)
}

/// The frames that the body may hand out, without the modules'. The first call ends private allocation.
pub fn pool() -> &'static [Range<u64>] {
    if POOL.try_get().is_none() {
        paging::reserve_ioremap();
        let mut pool = Vec::with_capacity(MAX_RANGES);
        STATE.with(|state| {
            state.sealed = true;
            pool.extend(state.free.iter());
        });
        for range in &pool {
            frame::add_to_pool(range.clone());
        }
        POOL.set(pool);
    }
    POOL.get()
}

/// Whether dom0 may map this frame as a device's: it is not RAM (or is the firmware's, below 1 MiB) and it
/// holds no registers of the hypervisor's.
pub fn is_mmio(mfn: Mfn) -> bool {
    (mfn.0 < LOW_FRAMES || !is_ram(mfn)) && !is_own_register(mfn) && mfn.0 < addressable_frames()
}

/// One more than the highest frame that this CPU can address.
fn addressable_frames() -> u64 {
    let [sizes, ..] = crate::cpuid::query(0x8000_0008, 0);
    1 << ((sizes & 0xff).clamp(36, 52) - 12)
}

/// Whether dom0 may map this frame for reading only, because the hypervisor drives the device.
pub fn is_mmio_ro(mfn: Mfn) -> bool {
    is_own_register(mfn)
}

fn is_own_register(mfn: Mfn) -> bool {
    OWN_REGISTERS.with(|(list, count)| list[..*count].contains(&mfn.0))
}

/// Whether the firmware calls this frame RAM.
fn is_ram(mfn: Mfn) -> bool {
    mfn.0 < max_mfn() && STATE.with(|state| state.ram.iter().any(|range| range.contains(&mfn.0)))
}

/// A table of private memory, for ever. Only before the first [`pool`].
pub fn table<T: Default + Sync>(count: usize) -> &'static [T] {
    let bytes = (count * size_of::<T>()) as u64;
    let start = STATE.with(|state| {
        let start = state
            .next_table
            .next_multiple_of(align_of::<T>().max(64) as u64);
        state.next_table = start + bytes;
        start
    });
    paging::back(start..start + bytes, Attributes::DATA);
    let first = start as *mut T;
    for index in 0..count {
        // SAFETY: [PRIVATE] `back` mapped fresh frames here, and nobody else was given this range.
        unsafe { first.add(index).write(T::default()) };
    }
    // SAFETY: [PRIVATE] Written above, never moved or freed.
    unsafe { core::slice::from_raw_parts(first, count) }
}

/// Memory for large work at boot, such as unpacking a kernel: a second heap, which goes to the pool afterwards.
pub struct Arena {
    frames: Range<u64>,
}

impl Arena {
    /// Half of the largest range of free memory, up to `bytes`. Only before the first [`pool`], and once.
    pub fn take(bytes: u64) -> Arena {
        const LARGE: u64 = 512;
        let largest = STATE.with(|state| {
            state
                .free
                .iter()
                .map(|range| range.end - range.start)
                .max()
                .unwrap_or(0)
        });
        let count = (bytes >> 12).min(largest / 2) / LARGE * LARGE;
        let start = take_frames(count, LARGE);
        heap::set_arena(DIRECT + (start << 12), count << 12);
        Arena {
            frames: start..start + count,
        }
    }

    /// Does work whose allocations come from the arena.
    pub fn within<R>(&self, work: impl FnOnce() -> R) -> R {
        heap::in_arena(work)
    }

    /// Gives the frames to the pool; none if something that was made within is alive.
    pub fn release(self) -> Vec<Range<u64>> {
        pool();
        if !heap::end_arena() {
            return Vec::new();
        }
        frame::add_to_pool(self.frames.clone());
        STATE.with(|state| state.private -= self.frames.end - self.frames.start);
        alloc::vec![self.frames]
    }
}

/// Our command line, without the image's name.
pub fn command_line() -> &'static str {
    boot::info().command_line()
}

/// How the bootloader calls itself.
pub fn loader() -> &'static str {
    boot::info().loader()
}

/// A file that the bootloader loaded.
pub struct Module<'a> {
    /// Its command line, without its name.
    pub cmdline: &'a str,
    /// Its bytes.
    pub data: &'a [u8],
    /// The frame of its first byte; modules begin on a page.
    pub mfn: Mfn,
}

/// The files that the bootloader loaded, until they are released.
pub struct Modules {
    info: &'static Info,
}

/// The modules; the first caller gets them.
pub fn take_modules() -> Option<Modules> {
    (MODULES_TAKEN.swap(1, Ordering::AcqRel) == 0).then(|| Modules { info: boot::info() })
}

impl Modules {
    /// The modules in the bootloader's order.
    pub fn iter(&self) -> impl ExactSizeIterator<Item = Module<'_>> {
        self.info.modules().iter().map(|module| {
            let len = (module.end - module.start) as usize;
            // SAFETY:
            // 1. [PRIVATE] Module frames were kept out of `free`, so nobody writes them until `release`.
            // 2. [DIRECT-MAP] They are RAM, so the direct map has them.
            let data =
                unsafe { core::slice::from_raw_parts((DIRECT + module.start) as *const u8, len) };
            Module {
                cmdline: self.info.module_text(module),
                data,
                mfn: Mfn(module.start >> 12),
            }
        })
    }

    /// Gives the modules' frames to the pool. Call [`pool`] before.
    pub fn release(self) -> Vec<Range<u64>> {
        pool();
        let mut freed = Ranges::EMPTY;
        for module in self.info.modules() {
            freed.add(boot::module_frames(module));
        }
        let image = image();
        freed.remove(0..LOW_FRAMES);
        freed.remove(image.start >> 12..image.end >> 12);
        STATE.with(|state| {
            // What the bootloader calls a module counts only as far as the firmware calls it RAM.
            let mut holes = Ranges::EMPTY;
            holes.add(0..1 << 52);
            for range in state.ram.iter() {
                holes.remove(range);
            }
            for hole in holes.iter() {
                freed.remove(hole);
            }
        });
        let freed: Vec<_> = freed.iter().collect();
        for range in &freed {
            frame::add_to_pool(range.clone());
        }
        freed
    }
}
