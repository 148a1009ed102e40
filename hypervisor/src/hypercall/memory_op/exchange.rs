//! `exchange`: pages given up for others of another shape, so that a guest can have contiguous memory for devices.

use abi::memory::MemoryExchange;
use abi::{Errno, GuestPtr, Mfn, RawDomId};
use alloc::vec::Vec;
use page_types::Stolen;

use crate::hypercall::{Call, Outcome};
use crate::memory::{self, Wanted, allocator};

/// The largest extent on either side: 2 MiB.
const MAX_ORDER: u32 = 9;

/// Works through the list chunk by chunk; a chunk is one extent of the larger kind.
pub fn exchange(call: &mut Call, arg: GuestPtr<MemoryExchange>) -> Outcome {
    match try_exchange(call, arg) {
        Ok(true) => Outcome::Done(0),
        Ok(false) => call.resume_with([u64::from(abi::memory::XENMEM_EXCHANGE), arg.addr(), 0, 0]),
        Err(error) => error.into(),
    }
}

fn try_exchange(call: &mut Call, arg: GuestPtr<MemoryExchange>) -> Result<bool, Errno> {
    let mut request = call.read(arg)?;
    check(&request)?;
    let own = request.in_.domid == RawDomId::SELF || request.in_.domid.0 == call.domain.id.0;
    if !own {
        call.require_privilege()?;
        return Err(Errno::EINVAL);
    }
    let (per_in, per_out) = chunk_shape(&request)?;
    let chunks = request
        .in_
        .nr_extents
        .checked_div(per_in)
        .ok_or(Errno::EINVAL)?;
    let mut chunk = request
        .nr_exchanged
        .checked_div(per_in)
        .ok_or(Errno::EINVAL)?;
    while chunk < chunks {
        let result = one_chunk(call, &request, chunk, per_in, per_out);
        if result.is_ok() {
            chunk = chunk.wrapping_add(1);
        }
        request.nr_exchanged = chunk.wrapping_mul(per_in);
        call.write(arg, &request)?;
        result?;
        if chunk < chunks && call.should_yield() {
            return Ok(false);
        }
    }
    Ok(true)
}

fn check(request: &MemoryExchange) -> Result<(), Errno> {
    let (given, wanted) = (&request.in_, &request.out);
    if given.domid != wanted.domid || given.mem_flags != 0 {
        return Err(Errno::EINVAL);
    }
    if given.extent_order > MAX_ORDER || wanted.extent_order > MAX_ORDER {
        return Err(Errno::EPERM);
    }
    let pages = |extents: u64, order: u32| extents.checked_mul(1u64.checked_shl(order)?);
    let same = pages(given.nr_extents, given.extent_order)
        == pages(wanted.nr_extents, wanted.extent_order);
    let fits = given.nr_extents <= u64::MAX >> 10 && wanted.nr_extents <= u64::MAX >> 10;
    if !same || !fits || request.nr_exchanged > given.nr_extents {
        return Err(Errno::EINVAL);
    }
    Ok(())
}

/// Extents given and extents got in a chunk.
fn chunk_shape(request: &MemoryExchange) -> Result<(u64, u64), Errno> {
    let (given, wanted) = (request.in_.extent_order, request.out.extent_order);
    let power = |order: u32| 1u64.checked_shl(order).ok_or(Errno::EINVAL);
    Ok(if given <= wanted {
        (power(wanted.wrapping_sub(given))?, 1)
    } else {
        (1, power(given.wrapping_sub(wanted))?)
    })
}

fn one_chunk(
    call: &Call,
    request: &MemoryExchange,
    chunk: u64,
    per_in: u64,
    per_out: u64,
) -> Result<(), Errno> {
    let bits = request.out.mem_flags & 0xff;
    let wanted = Wanted {
        order: request.out.extent_order,
        address_bits: (bits > 12 && bits < 52).then_some(bits),
    };

    // What can fail comes first, so that then nothing has happened.
    let mut fresh = Vec::new();
    let prepared = (0..per_out)
        .try_for_each(|offset| {
            let index = chunk.wrapping_mul(per_out).wrapping_add(offset);
            let pfn = call.read(request.out.extent_start.offset(index))?;
            let first = allocator::alloc(wanted).ok_or(Errno::ENOMEM)?;
            fresh.push(Extent { index, pfn, first });
            Ok(())
        })
        .and_then(|()| steal_chunk(call, request, chunk, per_in));
    let stolen = match prepared {
        Ok(stolen) => stolen,
        Err(error) => {
            for extent in fresh {
                allocator::free(extent.first, wanted.order);
            }
            return Err(error);
        }
    };
    stolen.into_iter().for_each(memory::free_stolen);
    // Every extent is handed over, or freed, whatever becomes of the others.
    let mut outcome = Ok(());
    for extent in fresh {
        outcome = outcome.and(hand_over(call, request, extent));
    }
    outcome
}

/// New memory for the caller.
struct Extent {
    /// Its place in the list.
    index: u64,
    /// Where the guest wants it.
    pfn: u64,
    first: Mfn,
}

/// Takes the caller's pages of a chunk; all or none.
fn steal_chunk(
    call: &Call,
    request: &MemoryExchange,
    chunk: u64,
    per_in: u64,
) -> Result<Vec<Stolen>, Errno> {
    let mut stolen = Vec::new();
    let pages = 1u64
        .checked_shl(request.in_.extent_order)
        .ok_or(Errno::EINVAL)?;
    let all = (0..per_in).try_for_each(|extent| {
        let index = chunk.wrapping_mul(per_in).wrapping_add(extent);
        let first = call.read(request.in_.extent_start.offset(index))?;
        (0..pages).try_for_each(|offset| {
            stolen.push(memory::steal(
                &call.domain,
                Mfn(first.wrapping_add(offset)),
            )?);
            Ok(())
        })
    });
    match all {
        Ok(()) => Ok(stolen),
        Err(error) => {
            for page in stolen {
                if let Err(page) = memory::adopt(&call.domain, page) {
                    memory::free_stolen(page);
                }
            }
            Err(error)
        }
    }
}

/// Gives the caller a new extent and puts its machine frame into the list.
fn hand_over(call: &Call, request: &MemoryExchange, extent: Extent) -> Result<(), Errno> {
    let Extent { index, pfn, first } = extent;
    let pages = 1u64
        .checked_shl(request.out.extent_order)
        .ok_or(Errno::EINVAL)?;
    let mut all = Ok(());
    for offset in 0..pages {
        let mfn = Mfn(first.0.wrapping_add(offset));
        match memory::adopt(&call.domain, Stolen { mfn }) {
            Ok(mfn) => metal::m2p::set(mfn, pfn.wrapping_add(offset)),
            Err(page) => {
                memory::free_stolen(page);
                all = Err(Errno::ENOMEM);
            }
        }
    }
    all.and_then(|()| call.write(request.out.extent_start.offset(index), &first.0))
}
