//! The shared info page, as the guest sees it, and the default event callback.
//!
//! All ports that tests use under the 2-level rules stay below 4096; the default callback counts
//! what it sees and keeps the order.
//!
//! Not here: event channel hypercalls (`hypercall`), FIFO arrays (the test that asks).

use super::entry;
use super::smp::this_vcpu;
use crate::pvclock::Clock;
use core::sync::atomic::{AtomicU32, AtomicU64, Ordering::Relaxed, Ordering::SeqCst};

const PENDING_SEL: u64 = 8;
const CR2: u64 = 16;
const TIME: u64 = 32;
const EVTCHN_PENDING: u64 = 2048;
const EVTCHN_MASK: u64 = 2560;
const LOG: usize = 64;

/// Where each vCPU's `vcpu_info` lies now; 0 says in the shared page.
static VCPU_INFO: [AtomicU64; entry::MAX_VCPUS] = [const { AtomicU64::new(0) }; entry::MAX_VCPUS];
static UPCALLS: AtomicU64 = AtomicU64::new(0);
static SEEN: [AtomicU32; LOG] = [const { AtomicU32::new(0) }; LOG];
static SEEN_COUNT: AtomicU64 = AtomicU64::new(0);

/// The address of the shared info page.
pub fn shared_info() -> u64 {
    &raw const entry::kit_shared_page as u64
}
/// The address of a vCPU's `vcpu_info`.
#[inline(always)]
pub fn vcpu_info(vcpu: usize) -> u64 {
    let moved = VCPU_INFO.get(vcpu).map_or(0, |place| place.load(Relaxed));
    if moved != 0 {
        moved
    } else {
        shared_info() + 64 * vcpu as u64
    }
}
/// Says that a vCPU's `vcpu_info` was moved by `VCPUOP_register_vcpu_info`.
pub fn vcpu_info_moved(vcpu: usize, va: u64) {
    if let Some(place) = VCPU_INFO.get(vcpu) {
        place.store(va, Relaxed);
    }
}

/// A byte that the hypervisor shares.
fn byte(va: u64) -> &'static core::sync::atomic::AtomicU8 {
    // SAFETY: [GUEST-SHARED] shared pages are mapped for ever and accessed by atomics only.
    unsafe { core::sync::atomic::AtomicU8::from_ptr(va as *mut u8) }
}
/// A word that the hypervisor shares.
#[inline(always)]
fn word(va: u64) -> &'static AtomicU64 {
    // SAFETY: [GUEST-SHARED].
    unsafe { AtomicU64::from_ptr(va as *mut u64) }
}
/// A half word that the hypervisor shares.
fn half(va: u64) -> &'static AtomicU32 {
    // SAFETY: [GUEST-SHARED].
    unsafe { AtomicU32::from_ptr(va as *mut u32) }
}

/// `evtchn_upcall_pending`.
pub fn upcall_pending(vcpu: usize) -> bool {
    byte(vcpu_info(vcpu)).load(SeqCst) != 0
}
/// Writes `evtchn_upcall_pending`.
pub fn set_upcall_pending(vcpu: usize, pending: bool) {
    byte(vcpu_info(vcpu)).store(pending.into(), SeqCst);
}
/// `evtchn_upcall_mask`, as a byte.
#[inline(always)]
pub fn mask_byte(vcpu: usize) -> u8 {
    byte(vcpu_info(vcpu) + 1).load(SeqCst)
}
/// Masks or unmasks upcalls on this vCPU. Unmasking does not deliver by itself.
#[inline(always)]
pub fn set_mask(masked: bool) {
    byte(vcpu_info(this_vcpu()) + 1).store(masked.into(), SeqCst);
}
/// Unmasks upcalls and takes what is pending, as a kernel's "enable interrupts" does.
pub fn unmask_and_deliver() {
    set_mask(false);
    if upcall_pending(this_vcpu()) {
        super::hypercall::xen_version(crate::xen::XENVER_VERSION, 0);
    }
}
/// `evtchn_pending_sel`.
pub fn pending_sel(vcpu: usize) -> u64 {
    word(vcpu_info(vcpu) + PENDING_SEL).load(SeqCst)
}
/// Writes `evtchn_pending_sel`.
pub fn set_pending_sel(vcpu: usize, value: u64) {
    word(vcpu_info(vcpu) + PENDING_SEL).store(value, SeqCst);
}
/// `vcpu_info.arch.cr2` of this vCPU.
pub fn cr2() -> u64 {
    word(vcpu_info(this_vcpu()) + CR2).load(SeqCst)
}
/// Word `index` of the pending bits.
#[inline(always)]
pub fn pending_word(index: u64) -> &'static AtomicU64 {
    word(shared_info() + EVTCHN_PENDING + 8 * (index & 63))
}
/// Word `index` of the mask bits.
#[inline(always)]
pub fn mask_word(index: u64) -> &'static AtomicU64 {
    word(shared_info() + EVTCHN_MASK + 8 * (index & 63))
}
/// Whether a port is pending.
#[inline(always)]
pub fn is_pending(port: u32) -> bool {
    pending_word(u64::from(port / 64)).load(SeqCst) & 1 << (port & 63) != 0
}
/// Clears a port's pending bit; tells whether it was set.
pub fn clear_pending(port: u32) -> bool {
    pending_word(u64::from(port / 64)).fetch_and(!(1 << (port & 63)), SeqCst) & 1 << (port & 63)
        != 0
}
/// Masks a port.
pub fn mask_port(port: u32) {
    mask_word(u64::from(port / 64)).fetch_or(1 << (port & 63), SeqCst);
}
/// Unmasks a port without looking whether it is pending.
pub fn unmask_port_quietly(port: u32) {
    mask_word(u64::from(port / 64)).fetch_and(!(1 << (port & 63)), SeqCst);
}
/// Whether a port is masked.
pub fn is_masked(port: u32) -> bool {
    mask_word(u64::from(port / 64)).load(SeqCst) & 1 << (port & 63) != 0
}
/// Clears everything pending of vCPU 0 in the first 64 ports.
#[inline(always)]
pub fn clear_first_word() {
    pending_word(0).store(0, Relaxed);
    word(vcpu_info(0) + PENDING_SEL).store(0, Relaxed);
    byte(vcpu_info(0)).store(0, Relaxed);
}
/// `wc_version`, `wc_sec`, `wc_nsec`, `wc_sec_hi`.
pub fn wall_clock() -> [u32; 4] {
    [3072, 3076, 3080, 3084].map(|at| half(shared_info() + at).load(SeqCst))
}
/// A word of `shared_info.arch`, by offset from its start.
pub fn arch_word(offset: u64) -> u64 {
    word(shared_info() + 3088 + offset).load(SeqCst)
}

/// One consistent copy of a vCPU's clock.
#[inline(always)]
pub fn clock(vcpu: usize) -> Clock {
    let base = vcpu_info(vcpu) + TIME;
    loop {
        let before = half(base).load(SeqCst);
        let scale = word(base + 24).load(SeqCst);
        let clock = Clock {
            tsc_timestamp: word(base + 8).load(SeqCst),
            system_time: word(base + 16).load(SeqCst),
            tsc_to_system_mul: scale as u32,
            tsc_shift: (scale >> 32) as i8,
        };
        if before & 1 == 0 && half(base).load(SeqCst) == before {
            return clock;
        }
    }
}
/// `version` and `flags` of a vCPU's clock.
pub fn clock_version(vcpu: usize) -> (u32, u8) {
    let base = vcpu_info(vcpu) + TIME;
    (half(base).load(SeqCst), byte(base + 29).load(SeqCst))
}

/// What the default callback does: counts, takes every unmasked pending port, notes the order.
pub(super) fn on_event() {
    let vcpu = this_vcpu();
    UPCALLS.fetch_add(1, SeqCst);
    set_upcall_pending(vcpu, false);
    let mut groups = word(vcpu_info(vcpu) + PENDING_SEL).swap(0, SeqCst);
    while groups != 0 {
        let group = u64::from(groups.trailing_zeros());
        groups &= groups - 1;
        let mut ready = pending_word(group).load(SeqCst) & !mask_word(group).load(SeqCst);
        while ready != 0 {
            let port = group as u32 * 64 + ready.trailing_zeros();
            ready &= ready - 1;
            clear_pending(port);
            note(port);
        }
    }
}
fn note(port: u32) {
    let at = SEEN_COUNT.fetch_add(1, SeqCst) as usize;
    if let Some(slot) = SEEN.get(at) {
        slot.store(port, SeqCst);
    }
}
/// Upcalls taken by the default callback, by all vCPUs.
pub fn upcalls() -> u64 {
    UPCALLS.load(SeqCst)
}
/// Forgets the ports seen.
pub fn forget_seen() {
    SEEN_COUNT.store(0, SeqCst);
}
/// How many ports the default callback took since `forget_seen`.
pub fn seen_count() -> u64 {
    SEEN_COUNT.load(SeqCst)
}
/// The `index`th port that the default callback took since `forget_seen`.
pub fn seen(index: usize) -> Option<u32> {
    (index < seen_count() as usize).then(|| SEEN.get(index).map(|slot| slot.load(SeqCst)))?
}
/// Whether the default callback took `port` since `forget_seen`.
pub fn saw(port: u32) -> bool {
    (0..LOG).any(|index| seen(index) == Some(port))
}

/// The TSC that the measuring callback read last, and how often it ran.
#[inline(always)]
pub fn quick_event() -> (u64, u64) {
    // SAFETY: [GUEST-SHARED-STATIC] plain words, written by the entry code of vCPU 0 only.
    unsafe {
        (
            (&raw const entry::kit_event_tsc).read_volatile(),
            (&raw const entry::kit_event_count).read_volatile(),
        )
    }
}
/// How often the measuring callback ran.
#[inline(always)]
pub fn quick_event_count() -> u64 {
    // SAFETY: [GUEST-SHARED-STATIC].
    unsafe { (&raw const entry::kit_event_count).read_volatile() }
}
