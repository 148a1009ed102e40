//! A domain's memory: its limit, the types of its frames.

use core::sync::atomic::Ordering;

use abi::domctl::*;
use abi::{Errno, GuestPtr, Mfn};
use alloc::sync::Arc;
use page_types::Kind;

use crate::domain::Domain;
use crate::hypercall::Call;
use crate::hypercall::domctl::vcpu::write_cpus;
use crate::memory;
use crate::memory::types::WritablePage;
use crate::pv::hypercall_page;

/// Frames that one call of `getpageframeinfo3` may name (as upstream).
const MAX_FRAMES: u64 = 1024;

/// `max_mem`: the limit, in KiB.
pub fn max_mem(call: &Call, at: GuestPtr<MaxMem>, target: &Arc<Domain>) -> Result<(), Errno> {
    let request = call.read(at)?;
    let pages = request.max_memkb >> 2;
    target
        .pages
        .max
        .store(pages.min(u64::from(u32::MAX)), Ordering::Release);
    Ok(())
}

/// What each frame of a list is used as.
pub fn page_frame_info(
    call: &Call,
    at: GuestPtr<Getpageframeinfo3>,
    target: &Arc<Domain>,
) -> Result<(), Errno> {
    let request = call.read(at)?;
    if request.num > MAX_FRAMES {
        return Err(Errno::E2BIG);
    }
    for index in 0..request.num {
        let place = request.array.offset(index);
        let frame = call.read(place)?;
        call.write(place, &u64::from(kind_of(target, Mfn(frame))))?;
    }
    Ok(())
}

fn kind_of(target: &Domain, mfn: Mfn) -> u32 {
    let Some(page) = memory::page(mfn).filter(|page| page.owner() == target.id) else {
        return XEN_DOMCTL_PFINFO_XTAB;
    };
    let table = match page.kind() {
        Kind::L1 => XEN_DOMCTL_PFINFO_L1TAB,
        Kind::L2 => XEN_DOMCTL_PFINFO_L2TAB,
        Kind::L3 => XEN_DOMCTL_PFINFO_L3TAB,
        Kind::L4 => XEN_DOMCTL_PFINFO_L4TAB,
        _ => XEN_DOMCTL_PFINFO_NOTAB,
    };
    let pinned = page.snapshot().pinned;
    table | if pinned { XEN_DOMCTL_PFINFO_LPINTAB } else { 0 }
}

/// `hypercall_init`: fills one of a domain's pages with code for hypercalls.
pub fn hypercall_init(
    call: &Call,
    at: GuestPtr<HypercallInit>,
    target: &Arc<Domain>,
) -> Result<(), Errno> {
    let request = call.read(at)?;
    let page = WritablePage::of(target, Mfn(request.gmfn)).ok_or(Errno::EACCES)?;
    hypercall_page::fill(page.frame());
    Ok(())
}

/// Page tables of PV guests are never shadowed, as in Debian's build of Xen.
pub fn shadow_op(call: &Call, at: GuestPtr<ShadowOp>) -> Result<(), Errno> {
    let request = call.read(at)?;
    match request.op {
        XEN_DOMCTL_SHADOW_OP_OFF => Err(Errno::EINVAL),
        _ => Err(Errno::EOPNOTSUPP),
    }
}

/// There is one node.
pub fn node_affinity(call: &Call, cmd: u32, at: GuestPtr<Nodeaffinity>) -> Result<(), Errno> {
    let request = call.read(at)?;
    if cmd == XEN_DOMCTL_GETNODEAFFINITY {
        let node0 = metal::cpu::CpuSet::of(metal::cpu::CpuId(0));
        write_cpus(call, &request.nodemap, &node0)?;
    }
    Ok(())
}
