//! Memory: a pool of pages, frames, page-table entries, and access at any address.
//!
//! The kernel lives at [`BASE`] plus its frame number; a page of the pool is named by its
//! virtual address and read and written word by word, never borrowed, because the hypervisor
//! (and the test) may change it at any time.
//!
//! Not here: what may be mapped where. That is what tests ask.

use super::cpu::guarded;
use super::{entry, hypercall, start, trap};
use crate::xen;
use core::arch::asm;
use core::cell::UnsafeCell;
use core::sync::atomic::{AtomicU64, Ordering::Relaxed};

/// The virtual address of the guest's frame 0.
pub const BASE: u64 = 0xffff_ffff_8000_0000;
/// Bytes of a page.
pub const PAGE: u64 = 4096;
/// The machine-to-physical table.
pub const M2P: u64 = 0xffff_8000_0000_0000;
/// Entry flags: present, writable, user, accessed, dirty.
pub const RW: u64 = 0x67;
/// Entry flags: present, user, accessed, dirty; read-only.
pub const RO: u64 = 0x65;
/// The frame bits of an entry.
pub const FRAME_MASK: u64 = 0x000f_ffff_ffff_f000;
/// Pages whose mapping tests may replace.
pub const WINDOWS: usize = 8;

const POOL_PAGES: usize = 192;

#[repr(C, align(4096))]
struct Pool(UnsafeCell<[[u64; 512]; POOL_PAGES]>);
// SAFETY: [GUEST-POOL] never borrowed as Rust memory: pages are given out once, as addresses, and
// accessed by volatile words.
unsafe impl Sync for Pool {}
static POOL: Pool = Pool(UnsafeCell::new([[0; 512]; POOL_PAGES]));
static USED: AtomicU64 = AtomicU64::new(0);
static P2M: AtomicU64 = AtomicU64::new(0);

/// A page of the pool, for as long as the guest runs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Page(u64);

impl Page {
    /// The next page that nobody has; zeroed.
    pub fn take() -> Self {
        let index = USED.fetch_add(1, Relaxed);
        if index >= POOL_PAGES as u64 {
            super::console::print(format_args!("PANIC the page pool is empty"));
            super::report::give_up()
        }
        Self(POOL.0.get() as u64 + index * PAGE)
    }
    /// `n` pages in a row.
    pub fn take_many<const N: usize>() -> [Self; N] {
        [(); N].map(|()| Self::take())
    }
    /// A page of the image that may be remapped at will; its own frame is lost by that.
    pub fn window(index: usize) -> Self {
        Self(&raw const entry::kit_windows as u64 + (index % WINDOWS) as u64 * PAGE)
    }
    /// The page that holds this kernel address.
    pub fn at(va: u64) -> Self {
        Self(va & !(PAGE - 1))
    }
    /// Its virtual address.
    #[inline(always)]
    pub fn va(self) -> u64 {
        self.0
    }
    /// Its frame number in the guest.
    #[inline(always)]
    pub fn pfn(self) -> u64 {
        (self.0 - BASE) / PAGE
    }
    /// Its machine frame.
    #[inline(always)]
    pub fn mfn(self) -> u64 {
        mfn_of_pfn(self.pfn())
    }
    /// The machine address of word `index`.
    #[inline(always)]
    pub fn maddr(self, index: u64) -> u64 {
        self.mfn() * PAGE + index * 8
    }
    /// An entry that maps this page.
    #[inline(always)]
    pub fn entry(self, flags: u64) -> u64 {
        self.mfn() << 12 | flags
    }
    /// Word `index`.
    #[inline(always)]
    pub fn read(self, index: u64) -> u64 {
        // SAFETY: [GUEST-POOL] the address lies in one of our pages; [GUEST-OWN-RISK] a test that
        // unmapped it stops with a page fault.
        unsafe { ((self.0 + (index & 511) * 8) as *const u64).read_volatile() }
    }
    /// Writes word `index`.
    #[inline(always)]
    pub fn write(self, index: u64, value: u64) {
        // SAFETY: [GUEST-POOL] [GUEST-OWN-RISK], as in `read`.
        unsafe { ((self.0 + (index & 511) * 8) as *mut u64).write_volatile(value) }
    }
    /// Writes all words.
    pub fn fill(self, value: u64) {
        for index in 0..512 {
            self.write(index, value);
        }
    }
    /// Copies bytes in from the start of the page.
    pub fn write_bytes(self, offset: u64, bytes: &[u8]) {
        for (at, byte) in (offset & 4095..4096).zip(bytes) {
            // SAFETY: [GUEST-POOL] [GUEST-OWN-RISK], as in `read`.
            unsafe { ((self.0 + at) as *mut u8).write_volatile(*byte) }
        }
    }
    /// Makes the kernel's own mapping of this page read-only, or anything else.
    pub fn protect(self, flags: u64) -> i64 {
        hypercall::update_va_mapping(self.0, self.entry(flags), xen::UVMF_INVLPG)
    }
    /// Maps a machine frame at this page's address, instead of its own frame.
    pub fn remap(self, mfn: u64, flags: u64) -> i64 {
        hypercall::update_va_mapping(self.0, mfn << 12 | flags, xen::UVMF_INVLPG)
    }
}

/// Pages of the pool not yet given out.
pub fn pool_left() -> u64 {
    (POOL_PAGES as u64).saturating_sub(USED.load(Relaxed))
}

pub(super) fn set_p2m(va: u64) {
    P2M.store(va, Relaxed);
}
/// The machine frame of a guest frame, from the list of the start info.
#[inline(always)]
pub fn mfn_of_pfn(pfn: u64) -> u64 {
    // SAFETY: [GUEST-P2M] the builder mapped the list for all frames; a frame beyond stops the
    // guest with a page fault.
    unsafe { ((P2M.load(Relaxed) + pfn * 8) as *const u64).read_volatile() }
}
/// Changes the guest's own list.
pub fn set_mfn_of_pfn(pfn: u64, mfn: u64) {
    // SAFETY: [GUEST-P2M] [GUEST-OWN-RISK].
    unsafe { ((P2M.load(Relaxed) + pfn * 8) as *mut u64).write_volatile(mfn) }
}
/// The machine frame behind a kernel address.
#[inline(always)]
pub fn mfn_of(va: u64) -> u64 {
    mfn_of_pfn((va - BASE) >> 12)
}
/// The guest frame of a machine frame, from the hypervisor's table.
pub fn pfn_of_mfn(mfn: u64) -> Result<u64, trap::Trap> {
    peek(M2P.wrapping_add(mfn.wrapping_mul(8)))
}

/// Reads a word at any address.
#[inline(always)]
pub fn peek(va: u64) -> Result<u64, trap::Trap> {
    let mut value = 0u64;
    trap::catch(|| {
        // SAFETY: [GUEST-INSTRUCTION] a bad address traps and is skipped.
        unsafe {
            guarded!("mov {v}, [{a}]", v = inout(reg) value, a = in(reg) va, options(nostack))
        };
    })?;
    Ok(value)
}
/// Writes a word at any address.
#[inline(always)]
pub fn poke(va: u64, value: u64) -> Result<(), trap::Trap> {
    // SAFETY: [GUEST-INSTRUCTION] [GUEST-OWN-RISK] tests poke page tables and pages of their own.
    trap::catch(|| unsafe {
        guarded!("mov [{a}], {v}", v = in(reg) value, a = in(reg) va, options(nostack))
    })
}
/// Writes a word, its trap unnoticed: for measuring.
#[inline(always)]
pub fn poke_unchecked(va: u64, value: u64) {
    // SAFETY: [GUEST-INSTRUCTION] [GUEST-OWN-RISK] as for `poke`.
    unsafe { guarded!("mov [{a}], {v}", v = in(reg) value, a = in(reg) va, options(nostack)) }
}
/// Writes a byte at any address.
pub fn poke_byte(va: u64, value: u8) -> Result<(), trap::Trap> {
    // SAFETY: [GUEST-INSTRUCTION] [GUEST-OWN-RISK] as for `poke`.
    trap::catch(|| unsafe {
        guarded!("mov [{a}], {v}", v = in(reg_byte) value, a = in(reg) va, options(nostack))
    })
}
/// Writes four bytes at any address.
pub fn poke_half(va: u64, value: u32) -> Result<(), trap::Trap> {
    // SAFETY: [GUEST-INSTRUCTION] [GUEST-OWN-RISK] as for `poke`.
    trap::catch(|| unsafe {
        guarded!("mov [{a}], {v:e}", v = in(reg) value, a = in(reg) va, options(nostack))
    })
}
/// Compares and exchanges a word at any address, locked; the word that was there.
pub fn poke_exchange(va: u64, expected: u64, value: u64) -> Result<u64, trap::Trap> {
    let mut old = expected;
    trap::catch(|| {
        // SAFETY: [GUEST-INSTRUCTION] [GUEST-OWN-RISK] as for `poke`.
        unsafe {
            guarded!("lock cmpxchg [{a}], {v}", v = in(reg) value, a = in(reg) va,
                inout("rax") old, options(nostack));
        }
    })?;
    Ok(old)
}
/// Sets a bit at any address, locked.
pub fn poke_or(va: u64, bits: u64) -> Result<(), trap::Trap> {
    // SAFETY: [GUEST-INSTRUCTION] [GUEST-OWN-RISK] as for `poke`.
    trap::catch(|| unsafe {
        guarded!("lock or [{a}], {v}", v = in(reg) bits, a = in(reg) va, options(nostack))
    })
}
/// The kernel's top-level table.
pub fn kernel_l4() -> Page {
    Page(start::info().pt_base)
}
/// One step of `mmu_update`.
#[inline(always)]
pub fn set_entry_at(maddr: u64, value: u64) -> i64 {
    hypercall::mmu_update(&mut [xen::MmuUpdate {
        ptr: maddr | xen::MMU_NORMAL_PT_UPDATE,
        val: value,
    }])
}
/// Sets entry `index` of a table.
#[inline(always)]
pub fn set_entry(table: Page, index: u64, value: u64) -> i64 {
    set_entry_at(table.maddr(index), value)
}

/// The three tables below a slot of a top-level table.
#[derive(Clone, Copy, Debug)]
#[expect(missing_docs, reason = "the names are the levels'")]
pub struct Branch {
    pub l3: Page,
    pub l2: Page,
    pub l1: Page,
}

impl Branch {
    /// Tables for the address `va` whose first `count` entries map `data`; read-only to us.
    pub fn new(va: u64, data: Page, count: u64, flags: u64) -> Result<Self, i64> {
        let branch = Self {
            l3: Page::take(),
            l2: Page::take(),
            l1: Page::take(),
        };
        branch.l3.write(va >> 30 & 511, branch.l2.entry(RW));
        branch.l2.write(va >> 21 & 511, branch.l1.entry(RW));
        for index in 0..count {
            branch.l1.write((va >> 12 & 511) + index, data.entry(flags));
        }
        for table in [branch.l3, branch.l2, branch.l1] {
            match table.protect(RO) {
                0 => {}
                error => return Err(error),
            }
        }
        Ok(branch)
    }
}
