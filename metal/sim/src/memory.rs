//! Memory: RAM from frame 0 on, of which the first megabyte is the firmware's and the rest is the pool.

use crate::world::config;
use core::ops::Range;
use core::sync::atomic::{AtomicBool, Ordering};
use std::sync::OnceLock;
pub use types::E820Entry;
use types::{E820Kind, Mfn};

/// Frames below this are the firmware's.
const LOW_FRAMES: u64 = 0x100;
/// Where the IO-APIC and the local APICs are: registers that are ours.
const OWN_REGISTERS: [u64; 2] = [0xf_ec00, 0xf_ee00];
/// One more than the highest frame that the CPUs address.
const ADDRESSABLE: u64 = 1 << 28;

static SEALED: AtomicBool = AtomicBool::new(false);
static MODULES_TAKEN: AtomicBool = AtomicBool::new(false);

/// The firmware's memory map.
pub fn e820() -> &'static [E820Entry] {
    static MAP: OnceLock<Vec<E820Entry>> = OnceLock::new();
    MAP.get_or_init(|| {
        let entry = |start, end, kind| E820Entry {
            start,
            len: end - start,
            kind,
        };
        vec![
            entry(0, 0x9_f000, E820Kind::Ram),
            entry(0x9_f000, 0x10_0000, E820Kind::Reserved),
            entry(0x10_0000, max_mfn() << 12, E820Kind::Ram),
            entry(0xfec0_0000, 0x1_0000_0000, E820Kind::Reserved),
        ]
    })
}

/// One past the highest frame of RAM.
pub fn max_mfn() -> u64 {
    config().frames
}

/// Frames of RAM in the machine.
pub fn total_pages() -> u64 {
    config().frames
}

/// Frames that the hypervisor keeps: none, its memory is the host's.
pub fn private_pages() -> u64 {
    0
}

/// The frames that the body may hand out. The first call ends private allocation.
pub fn pool() -> &'static [Range<u64>] {
    static POOL: OnceLock<Range<u64>> = OnceLock::new();
    SEALED.store(true, Ordering::Relaxed);
    core::slice::from_ref(POOL.get_or_init(|| LOW_FRAMES..max_mfn()))
}

pub(crate) fn is_in_pool(mfn: Mfn) -> bool {
    (LOW_FRAMES..max_mfn()).contains(&mfn.0)
}

/// Whether dom0 may map this frame as a device's.
pub fn is_mmio(mfn: Mfn) -> bool {
    !is_in_pool(mfn) && !is_mmio_ro(mfn) && mfn.0 < ADDRESSABLE
}

/// Whether dom0 may map this frame for reading only.
pub fn is_mmio_ro(mfn: Mfn) -> bool {
    OWN_REGISTERS.contains(&mfn.0)
}

/// A table of private memory, for ever. Only before the first [`pool`].
pub fn table<T: Default + Sync>(count: usize) -> &'static [T] {
    assert!(
        !SEALED.load(Ordering::Relaxed),
        "private memory wanted after the pool was handed out"
    );
    let values: Vec<T> = (0..count).map(|_| T::default()).collect();
    Vec::leak(values)
}

/// Memory for large work at boot: here the host's.
pub struct Arena(());

impl Arena {
    /// Takes nothing.
    pub fn take(_bytes: u64) -> Arena {
        Arena(())
    }

    /// Does work.
    pub fn within<R>(&self, work: impl FnOnce() -> R) -> R {
        work()
    }

    /// Gives nothing back, as nothing was taken.
    pub fn release(self) -> Vec<Range<u64>> {
        Vec::new()
    }
}

/// Our command line.
pub fn command_line() -> &'static str {
    &config().command_line
}

/// How the bootloader calls itself.
pub fn loader() -> &'static str {
    "simulation"
}

/// A file that the bootloader loaded.
pub struct Module<'a> {
    /// Its command line, without its name.
    pub cmdline: &'a str,
    /// Its bytes.
    pub data: &'a [u8],
    /// The frame of its first byte: none of the machine's, as the file is the host's.
    pub mfn: Mfn,
}

/// The files that the bootloader loaded, until they are released.
pub struct Modules(());

/// The modules; the first caller gets them, if the machine was given any.
pub fn take_modules() -> Option<Modules> {
    let first = !MODULES_TAKEN.swap(true, Ordering::Relaxed);
    (first && !config().modules.is_empty()).then_some(Modules(()))
}

impl Modules {
    /// The modules in order.
    pub fn iter(&self) -> impl ExactSizeIterator<Item = Module<'_>> {
        config().modules.iter().map(|(cmdline, data)| Module {
            cmdline,
            data,
            mfn: Mfn(0),
        })
    }

    /// Gives their frames to the pool, which are none.
    pub fn release(self) -> Vec<Range<u64>> {
        Vec::new()
    }
}
