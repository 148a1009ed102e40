//! `set_gdt`, `update_descriptor`, `set_segment_base`: segments of a PV guest.
//!
//! Not here: which descriptors a guest may have (`page_types`), the tables themselves (`pv::descriptors`).

use core::sync::atomic::Ordering;

use abi::{Errno, GuestPtr, Mfn};
use metal::cpu;
use metal::frame::Frame;
use page_types::{Kind, PageRef, SegDesc, TypeRef, Writable, checked_descriptor};

use super::Call;
use crate::memory::frames::Machine;
use crate::memory::types::SegmentPage;
use crate::pv::descriptors::{GDT_FRAMES, PER_FRAME};

/// `SEGBASE_*`.
const FS: u32 = 0;
const GS_USER: u32 = 1;
const GS_KERNEL: u32 = 2;
const GS_USER_SELECTOR: u32 = 3;

/// Replaces the caller's GDT.
pub fn set_gdt(call: &mut Call, list: GuestPtr<u64>, entries: u32) -> Result<(), Errno> {
    if entries > PER_FRAME.saturating_mul(GDT_FRAMES as u32) {
        return Err(Errno::EINVAL);
    }
    let mut pages = [const { None }; GDT_FRAMES];
    let wanted = entries.div_ceil(PER_FRAME) as usize;
    for (index, page) in (0u64..).zip(pages.iter_mut().take(wanted)) {
        let mfn = call.read(list.offset(index))?;
        *page = Some(SegmentPage::of(&call.domain, Mfn(mfn)).ok_or(Errno::EINVAL)?);
    }
    let gdt = &mut call.state.pv.gdt;
    let old = gdt.replace(pages, entries);
    cpu::map_gdt(&gdt.frames);
    drop(old);
    Ok(())
}

/// Writes one descriptor at a machine address: into a descriptor page, or into memory that may become one.
pub fn update_descriptor(call: &mut Call, address: u64, descriptor: u64) -> Result<(), Errno> {
    let mfn = Mfn(address >> 12);
    let checked = checked_descriptor(descriptor)
        .filter(|_| address & 7 == 0)
        .ok_or(Errno::EINVAL)?;
    let slot = (address >> 3 & 511) as usize;
    let page = PageRef::get(Machine, mfn, call.domain.id)?;
    let word = Frame::new(page.mfn())
        .and_then(|frame| frame.words().get(slot))
        .ok_or(Errno::EINVAL)?;
    if kind_of(mfn) == Kind::SegDesc {
        let _held = TypeRef::<_, SegDesc>::descriptors(Machine, mfn, call.domain.id)?;
        word.store(checked, Ordering::Release);
    } else {
        let _held = TypeRef::<_, Writable>::writable(Machine, mfn, call.domain.id)?;
        word.store(checked, Ordering::Release);
    }
    Ok(())
}

/// What a frame is used as.
fn kind_of(mfn: Mfn) -> Kind {
    crate::memory::page(mfn).map_or(Kind::None, page_types::PageInfo::kind)
}

/// Sets the base of FS or GS, or the selector that GS has in user mode.
pub fn set_segment_base(call: &mut Call, which: u32, base: u64) -> Result<(), Errno> {
    match which {
        FS => cpu::set_fs_base(canonical(base)?),
        GS_USER => call.state.pv.segments.gs_base_other = canonical(base)?,
        GS_KERNEL => cpu::set_gs_base(canonical(base)?),
        GS_USER_SELECTOR => user_selector(call, base as u16),
        _ => return Err(Errno::EINVAL),
    }
    Ok(())
}

/// Loads the selector, which brings a base, and leaves the kernel's base in use. A selector that the CPU refuses
/// becomes 0.
fn user_selector(call: &mut Call, selector: u16) {
    let pv = &mut call.state.pv;
    pv.segments.gs_base_other = cpu::set_gs_selector(selector).unwrap_or(0);
    pv.gs_user_selector = selector;
}

/// An address that the CPU takes as a base. (Where it points does not matter: the guest cannot reach ours.)
#[inline(always)]
fn canonical(address: u64) -> Result<u64, Errno> {
    let sign = (address as i64) >> 47;
    if sign == 0 || sign == -1 {
        Ok(address)
    } else {
        Err(Errno::EINVAL)
    }
}
