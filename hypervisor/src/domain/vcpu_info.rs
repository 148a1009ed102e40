//! Where a virtual CPU's `vcpu_info` lies, and the words in it that the hypervisor reads and writes.
//!
//! Always: the 64 bytes lie in one frame; the frame is the domain's and held by a reference as long as the place is
//! registered, so the words stay valid memory whatever the guest does.

use core::sync::atomic::{AtomicU8, AtomicU16, AtomicU32, AtomicU64, Ordering};

use abi::Errno;
use metal::frame::Frame;
use metal::sync::Mutex;

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

/// The place of a `vcpu_info`: a frame and an offset, or nowhere yet.
pub struct VcpuInfo {
    frame: AtomicU64,
    offset: AtomicU64,
    /// What holds a registered place.
    held: Mutex<Option<WritablePage>>,
}

/// The words of one `vcpu_info`, looked up once and kept while its vCPU runs.
#[derive(Clone, Copy)]
pub struct Words {
    /// `evtchn_upcall_pending` in the low byte, `evtchn_upcall_mask` in the high one.
    pub pending_and_mask: &'static AtomicU16,
    /// `evtchn_upcall_pending`.
    pub pending: &'static AtomicU8,
    /// `evtchn_upcall_mask`.
    pub mask: &'static AtomicU8,
    /// `evtchn_pending_sel`.
    pub selector: &'static AtomicU64,
    /// `arch.cr2`.
    pub cr2: &'static AtomicU64,
    frame: Frame,
    offset: usize,
}

const NOWHERE: u64 = u64::MAX;

impl VcpuInfo {
    /// The place that every vCPU below 32 has from the start.
    pub fn in_shared_info(shared_info: Frame, vcpu: u32) -> Self {
        let place = if vcpu < LEGACY_MAX_VCPUS { shared_info.mfn().0 } else { NOWHERE };
        let offset = u64::from(vcpu).saturating_mul(SIZE as u64);
        Self { frame: AtomicU64::new(place), offset: AtomicU64::new(offset), held: Mutex::new(rank::VCPU_STATE, None) }
    }

    /// Moves to a page of the guest's choice; once.
    pub fn register(&self, page: WritablePage, offset: usize) -> Result<(), Errno> {
        let mut held = self.held.lock();
        if held.is_some() {
            return Err(Errno::EINVAL);
        }
        self.offset.store(offset as u64, Ordering::Relaxed);
        self.frame.store(page.frame().mfn().0, Ordering::Release);
        *held = Some(page);
        Ok(())
    }

    /// Has no place any more; what held it is given back.
    pub fn forget(&self) {
        self.frame.store(NOWHERE, Ordering::Release);
        let held = self.held.lock().take();
        drop(held);
    }

    /// `evtchn_pending_sel`, if there is a place.
    #[inline]
    pub fn selector(&self) -> Option<&'static AtomicU64> {
        let (frame, offset) = self.place()?;
        frame.atomic_u64(offset.wrapping_add(PENDING_SEL))
    }

    /// `evtchn_upcall_pending`, if there is a place.
    #[inline]
    pub fn pending(&self) -> Option<&'static AtomicU8> {
        let (frame, offset) = self.place()?;
        frame.atomic_u8(offset.wrapping_add(UPCALL_PENDING))
    }

    #[inline]
    fn place(&self) -> Option<(Frame, usize)> {
        let mfn = self.frame.load(Ordering::Acquire);
        // `NOWHERE` is no frame of the pool either.
        Some((Frame::new(abi::Mfn(mfn))?, self.offset.load(Ordering::Relaxed) as usize))
    }

    /// The words, if there is a place.
    pub fn words(&self) -> Option<Words> {
        let mfn = self.frame.load(Ordering::Acquire);
        if mfn == NOWHERE {
            return None;
        }
        let offset = usize::try_from(self.offset.load(Ordering::Relaxed)).ok()?;
        Words::at(Frame::new(abi::Mfn(mfn))?, offset)
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

    /// Whether an upcall is due: something is pending and nothing is masked.
    #[inline(always)]
    pub fn upcall_due(&self) -> bool {
        let both = self.pending_and_mask.load(Ordering::Relaxed);
        both & 0xff != 0 && both >> 8 == 0
    }

    /// The word of `time` at this offset of `vcpu_time_info`.
    pub fn time_u64(&self, offset: usize) -> Option<&'static AtomicU64> {
        self.frame.atomic_u64(self.offset.checked_add(TIME)?.checked_add(offset)?)
    }

    /// The half word of `time` at this offset of `vcpu_time_info`.
    pub fn time_u32(&self, offset: usize) -> Option<&'static AtomicU32> {
        self.frame.atomic_u32(self.offset.checked_add(TIME)?.checked_add(offset)?)
    }
}
