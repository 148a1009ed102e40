//! The machine's frames as `page_types` sees them: the frame table, the TLB clock, what happens to a freed frame.
//!
//! Always: the clock moves on at the beginning of each flush that is noted; a CPU whose noted flush began after a moment
//! has no translation from before it.

use core::sync::atomic::{AtomicU32, AtomicU64, Ordering};

use abi::{DomId, Mfn};
use metal::cpu::{self, AtomicCpuSet, CpuId, CpuSet, Flush, MAX_CPUS};
use metal::frame::Frame;
use metal::sync::Once;
use page_types::{Frames, IoAccess, PageInfo};

use super::{allocator, share};
use crate::domain::lifecycle::bury;
use crate::domain::table as domains;

static TABLE: Once<&'static [PageInfo]> = Once::new();
static CLOCK: AtomicU32 = AtomicU32::new(1);
/// For each CPU, what the clock showed when the last flush that it has completed began.
static FLUSHED: [AtomicU32; MAX_CPUS] = [const { AtomicU32::new(0) }; MAX_CPUS];
/// CPUs that have a guest loaded, and with it perhaps translations of its pages.
pub static WITH_GUEST: AtomicCpuSet = AtomicCpuSet::new();

/// Makes the table, one entry a frame up to the highest of RAM. What is not RAM, or ours, stays nobody's.
pub fn start() {
    let count = usize::try_from(metal::memory::max_mfn()).unwrap_or(0);
    let table = metal::memory::table::<PageInfo>(count);
    for (mfn, page) in (0u64..).zip(table) {
        if metal::memory::is_mmio(Mfn(mfn)) {
            page.set_io();
        }
    }
    let _already = TABLE.set(table);
}

/// The frame table.
#[inline(always)]
pub fn table() -> &'static [PageInfo] {
    TABLE.get().copied().unwrap_or(&[])
}

/// Returns when no CPU can have a translation from before the clock showed `stamp`.
#[inline]
pub fn flush_for_reuse(stamp: u32) {
    if stamp != 0 {
        flush_older_than(stamp);
    }
}

/// Whether one moment of the clock is later than another. The clock may wrap: a page that nobody touched for two
/// billion flushes costs one flush too many.
#[inline(always)]
fn is_later(moment: u32, than: u32) -> bool {
    moment.wrapping_sub(than).cast_signed() > 0
}

/// Loads a guest's root, which flushes this CPU: remembers when, so that nobody flushes it for older pages.
#[inline(always)]
pub fn load_root(root: Frame) {
    let begun = CLOCK.fetch_add(1, Ordering::AcqRel).wrapping_add(1);
    cpu::load_root(root);
    note_flush(cpu::this(), begun);
}

/// Notes a flush that is complete.
#[inline(always)]
fn note_flush(cpu: CpuId, begun: u32) {
    let Some(flushed) = FLUSHED.get(cpu.index()) else {
        return;
    };
    let mut last = flushed.load(Ordering::Relaxed);
    // Others note flushes of this CPU too, perhaps later than they were.
    while is_later(begun, last) {
        match flushed.compare_exchange_weak(last, begun, Ordering::AcqRel, Ordering::Relaxed) {
            Ok(_) => return,
            Err(now) => last = now,
        }
    }
}

/// Flushes each CPU that has a guest's translations and has not begun a flush since the clock showed `stamp`.
#[inline]
fn flush_older_than(stamp: u32) {
    let mut cpus = WITH_GUEST.load();
    for cpu in WITH_GUEST.load().iter() {
        let flushed = FLUSHED
            .get(cpu.index())
            .map_or(0, |flushed| flushed.load(Ordering::Acquire));
        if is_later(flushed, stamp) {
            cpus.remove(cpu);
        }
    }
    if !cpus.is_empty() {
        flush(&cpus);
    }
}

#[cold]
fn flush(cpus: &CpuSet) {
    let begun = CLOCK.fetch_add(1, Ordering::AcqRel).wrapping_add(1);
    cpu::flush(cpus, Flush::All);
    for cpu in cpus.iter() {
        note_flush(cpu, begun);
    }
}

/// The machine.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Machine;

impl Frames for Machine {
    #[inline(always)]
    fn page(&self, mfn: Mfn) -> Option<&PageInfo> {
        table().get(mfn.0 as usize)
    }

    #[inline(always)]
    fn words(&self, mfn: Mfn) -> &[AtomicU64] {
        Frame::new(mfn).map_or(&[], |frame| frame.words())
    }

    fn io_access(&self, domain: DomId, mfn: Mfn) -> IoAccess {
        crate::devices::resources::io_access(domain, mfn)
    }

    fn prepare_root(&self, root: Mfn, _: DomId) {
        if let Some(frame) = Frame::new(root) {
            cpu::prepare_root(frame);
        }
    }

    #[inline(always)]
    fn tlb_clock(&self) -> u32 {
        CLOCK.load(Ordering::Acquire)
    }

    #[inline]
    fn flush_stale(&self, _: DomId, stamp: u32) {
        flush_older_than(stamp);
    }

    fn flush_cache(&self, _: Mfn) {
        cpu::flush_caches();
    }

    fn relax(&self) {
        cpu::relax();
    }

    fn freed(&self, mfn: Mfn) {
        let Some(page) = self.page(mfn) else { return };
        let lent = share::was_lent(mfn);
        let owner = domains::get(page.raw_owner());
        if let Some(owner) = &owner
            && owner.is_dying()
            && let Some(frame) = Frame::new(mfn)
        {
            // What a domain leaves behind when it ends, the next owner must not see.
            frame.zero();
        }
        allocator::free(mfn, 0);
        if let Some(owner) = owner {
            let pages = &owner.pages;
            let count = if lent { &pages.lent } else { &pages.total };
            if count.fetch_sub(1, Ordering::AcqRel) == 1 {
                bury(&owner);
            }
        }
    }
}
