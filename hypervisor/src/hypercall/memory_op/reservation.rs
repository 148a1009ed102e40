//! `increase_reservation`, `decrease_reservation`, `populate_physmap`, `claim_pages`.

use core::sync::atomic::Ordering;

use abi::memory::{
    MemoryReservation, XENMEM_DECREASE_RESERVATION, XENMEM_INCREASE_RESERVATION,
    XENMEM_POPULATE_PHYSMAP, XENMEMF_POPULATE_ON_DEMAND,
};
use abi::{Errno, GuestPtr, Mfn};
use alloc::sync::Arc;

use super::resume_at;
use crate::domain::Domain;
use crate::hypercall::{Call, Outcome};
use crate::memory::{self, Wanted, allocator};

/// The largest extent: 1 GiB for domain 0, 2 MiB for others.
const MAX_ORDER_DOM0: u32 = 18;
const MAX_ORDER: u32 = 9;
/// Extents between two looks at what waits.
const STRIDE: u64 = 16;

/// Works through the extents from `start`; the answer is how many were done in all.
pub fn change(
    call: &mut Call,
    operation: u32,
    start: u64,
    arg: GuestPtr<MemoryReservation>,
) -> Outcome {
    let Ok(request) = call.read(arg) else {
        return Outcome::Done(start);
    };
    if request.nr_extents > u64::MAX >> 6 || request.nr_extents < start {
        return Outcome::Done(start);
    }
    let target = match call.target(request.domid) {
        Ok(target) => target,
        Err(error) => return error.into(),
    };
    let most = if call.domain.privileged {
        MAX_ORDER_DOM0
    } else {
        MAX_ORDER
    };
    if request.extent_order > most || request.mem_flags & XENMEMF_POPULATE_ON_DEMAND != 0 {
        return Outcome::Done(start);
    }
    let mut done = start;
    while done < request.nr_extents {
        if done != start && done.is_multiple_of(STRIDE) && call.should_yield() {
            return resume_at(call, operation, done, arg.addr());
        }
        let step = match operation {
            XENMEM_INCREASE_RESERVATION => increase(call, &target, &request, done),
            XENMEM_DECREASE_RESERVATION => decrease(call, &target, &request, done),
            XENMEM_POPULATE_PHYSMAP => populate(call, &target, &request, done),
            _ => Err(Errno::ENOSYS),
        };
        if step.is_err() {
            break;
        }
        done = done.wrapping_add(1);
    }
    Outcome::Done(done)
}

fn wanted(request: &MemoryReservation) -> Wanted {
    let bits = request.mem_flags & 0xff;
    Wanted {
        order: request.extent_order,
        address_bits: (bits > 12 && bits < 52).then_some(bits),
    }
}

fn increase(
    call: &Call,
    target: &Arc<Domain>,
    request: &MemoryReservation,
    index: u64,
) -> Result<(), Errno> {
    let first = memory::alloc_for(target, wanted(request))?;
    if !request.extent_start.is_null() {
        call.write(request.extent_start.offset(index), &first.0)?;
    }
    Ok(())
}

fn populate(
    call: &Call,
    target: &Arc<Domain>,
    request: &MemoryReservation,
    index: u64,
) -> Result<(), Errno> {
    let place = request.extent_start.offset(index);
    let pfn = call.read(place)?;
    let first = memory::alloc_for(target, wanted(request))?;
    for offset in 0..1u64
        .checked_shl(request.extent_order)
        .ok_or(Errno::EINVAL)?
    {
        metal::m2p::set(Mfn(first.0.wrapping_add(offset)), pfn.wrapping_add(offset));
    }
    call.write(place, &first.0)
}

fn decrease(
    call: &Call,
    target: &Arc<Domain>,
    request: &MemoryReservation,
    index: u64,
) -> Result<(), Errno> {
    let first = call.read(request.extent_start.offset(index))?;
    for offset in 0..1u64
        .checked_shl(request.extent_order)
        .ok_or(Errno::EINVAL)?
    {
        memory::give_up(target.id, Mfn(first.wrapping_add(offset)))?;
    }
    Ok(())
}

/// Promises a domain so many pages in all, or takes the promise back (0).
pub fn claim(call: &mut Call, arg: GuestPtr<MemoryReservation>) -> Result<u64, Errno> {
    call.require_privilege()?;
    let request = call.read(arg)?;
    if !request.extent_start.is_null() || request.nr_extents > u64::from(u32::MAX) {
        return Err(Errno::EINVAL);
    }
    if request.extent_order != 0 || request.mem_flags != 0 {
        return Err(Errno::EINVAL);
    }
    let target = call.target(request.domid)?;
    let pages = &target.pages;
    allocator::unclaim(pages.claimed.swap(0, Ordering::AcqRel));
    let total = pages.total.load(Ordering::Acquire);
    if request.nr_extents == 0 {
        return Ok(0);
    }
    let more = request.nr_extents.checked_sub(total).ok_or(Errno::EINVAL)?;
    if request.nr_extents > pages.max.load(Ordering::Acquire) {
        return Err(Errno::EINVAL);
    }
    if !allocator::claim(more) {
        return Err(Errno::ENOMEM);
    }
    pages.claimed.store(more, Ordering::Release);
    Ok(0)
}
