//! Where a virtual CPU's `vcpu_info` lies, and the words in it that the hypervisor reads and writes.
//!
//! Always: the 64 bytes lie in one frame; the frame is the domain's and held by a reference as long as the place is
//! registered, so the words stay valid memory whatever the guest does.

use core::sync::atomic::{AtomicBool, AtomicU64, Ordering};

use abi::Errno;
use metal::frame::{Frame, U8Ref, U16Ref, U32Ref};
use metal::sync::{Mutex, Once};

use crate::memory::types::WritablePage;
use crate::rank;

/// Bytes of a `vcpu_info`.
pub const SIZE: usize = 64;
/// Virtual CPUs whose info can be in the shared info page (`XEN_LEGACY_MAX_VCPUS`).
const LEGACY_MAX_VCPUS: u32 = 32;

const UPCALL_PENDING: usize = 0;
const UPCALL_MASK: usize = 1;
const PENDING_SEL: usize = 8;
const CR2: usize = 16;
const TIME: usize = 32;

/// The place of a `vcpu_info`: in the shared info page, if it has one there, until the guest registers another.
pub struct VcpuInfo {
    first: Option<Words>,
    registered: Once<Words>,
    /// The vCPU's domain ends.
    gone: AtomicBool,
    /// What holds a registered place.
    held: Mutex<Option<WritablePage>>,
}

/// The words of one `vcpu_info`, looked up once and kept while its vCPU runs.
#[derive(Clone, Copy)]
pub struct Words {
    /// `evtchn_upcall_pending` in the low byte, `evtchn_upcall_mask` in the high one.
    pub pending_and_mask: U16Ref,
    /// `evtchn_upcall_pending`.
    pub pending: U8Ref,
    /// `evtchn_upcall_mask`.
    pub mask: U8Ref,
    /// `evtchn_pending_sel`.
    pub selector: &'static AtomicU64,
    /// `arch.cr2`.
    pub cr2: &'static AtomicU64,
    frame: Frame,
    offset: usize,
}

impl VcpuInfo {
    /// The place that every vCPU below 32 has from the start.
    pub fn in_shared_info(shared_info: Frame, vcpu: u32) -> Self {
        let offset = (vcpu as usize).saturating_mul(SIZE);
        let first = (vcpu < LEGACY_MAX_VCPUS)
            .then(|| Words::at(shared_info, offset))
            .flatten();
        Self {
            first,
            registered: Once::new(),
            gone: AtomicBool::new(false),
            held: Mutex::new(rank::VCPU_STATE, None),
        }
    }

    /// Moves to a page of the guest's choice; once.
    pub fn register(&self, page: WritablePage, offset: usize) -> Result<(), Errno> {
        let words = Words::at(page.frame(), offset).ok_or(Errno::EINVAL)?;
        let mut held = self.held.lock();
        if held.is_some() || self.registered.set(words).is_err() {
            return Err(Errno::EBUSY);
        }
        *held = Some(page);
        Ok(())
    }

    /// Has no place any more; what held it is given back.
    pub fn forget(&self) {
        self.gone.store(true, Ordering::Release);
        let held = self.held.lock().take();
        drop(held);
    }

    #[inline(always)]
    fn place(&self) -> Option<&Words> {
        if self.gone.load(Ordering::Acquire) {
            return None;
        }
        self.registered.get().or(self.first.as_ref())
    }

    /// `evtchn_pending_sel`, if there is a place.
    #[inline(always)]
    pub fn selector(&self) -> Option<&'static AtomicU64> {
        self.place().map(|words| words.selector)
    }

    /// `evtchn_upcall_pending`, if there is a place.
    #[inline(always)]
    pub fn pending(&self) -> Option<U8Ref> {
        self.place().map(|words| words.pending)
    }

    /// The words, if there is a place.
    #[inline]
    pub fn words(&self) -> Option<Words> {
        self.place().copied()
    }
}

impl Words {
    /// The words of a `vcpu_info` at this offset of a frame; `None` if it does not fit.
    pub fn at(frame: Frame, offset: usize) -> Option<Self> {
        Some(Self {
            pending_and_mask: frame.atomic_u16(offset.checked_add(UPCALL_PENDING)?)?,
            pending: frame.atomic_u8(offset.checked_add(UPCALL_PENDING)?)?,
            mask: frame.atomic_u8(offset.checked_add(UPCALL_MASK)?)?,
            selector: frame.atomic_u64(offset.checked_add(PENDING_SEL)?)?,
            cr2: frame.atomic_u64(offset.checked_add(CR2)?)?,
            frame,
            offset,
        })
    }

    /// Takes over all that stands in another place.
    pub fn copy_from(&self, other: &Words) {
        for at in (0..SIZE).step_by(8) {
            let word = |words: &Words| words.frame.atomic_u64(words.offset.checked_add(at)?);
            if let (Some(to), Some(from)) = (word(self), word(other)) {
                to.store(from.load(Ordering::Relaxed), Ordering::Relaxed);
            }
        }
    }

    /// Whether an upcall is due: something is pending and nothing is masked.
    #[inline(always)]
    pub fn upcall_due(&self) -> bool {
        let both = self.pending_and_mask.load(Ordering::Relaxed);
        both & 0xff != 0 && both >> 8 == 0
    }

    /// The word of `time` at this offset of `vcpu_time_info`.
    pub fn time_u64(&self, offset: usize) -> Option<&'static AtomicU64> {
        self.frame
            .atomic_u64(self.offset.checked_add(TIME)?.checked_add(offset)?)
    }

    /// The half word of `time` at this offset of `vcpu_time_info`.
    pub fn time_u32(&self, offset: usize) -> Option<U32Ref> {
        self.frame
            .atomic_u32(self.offset.checked_add(TIME)?.checked_add(offset)?)
    }
}
