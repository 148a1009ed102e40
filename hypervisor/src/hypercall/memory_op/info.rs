//! What memory there is, and where.

use core::sync::atomic::Ordering;

use abi::memory::{
    E820_MAX, E820Entry, ForeignMemoryMap, MachphysMapping, MemoryDomain, MemoryMap,
    VnumaTopologyInfo, XENMEM_CURRENT_RESERVATION, XENMEM_MAXIMUM_RESERVATION,
};
use abi::{Errno, GuestPtr};
use alloc::vec::Vec;

use crate::hypercall::Call;

/// Pages a domain has, may have, or the highest pfn that it told of.
pub fn of_domain(
    call: &mut Call,
    operation: u32,
    arg: GuestPtr<MemoryDomain>,
) -> Result<u64, Errno> {
    let request = call.read(arg)?;
    let target = call.target(request.domid)?;
    Ok(match operation {
        XENMEM_CURRENT_RESERVATION => target.pages.total.load(Ordering::Relaxed),
        XENMEM_MAXIMUM_RESERVATION => target.pages.max.load(Ordering::Relaxed),
        _ => target
            .shared_info
            .atomic_u64(abi::xen::SHARED_INFO_ARCH_MAX_PFN)
            .map_or(0, |word| word.load(Ordering::Relaxed))
            .wrapping_sub(1),
    })
}

/// Where the machine-to-physical table is mapped.
pub fn machphys_mapping(call: &mut Call, arg: GuestPtr<MachphysMapping>) -> Result<(), Errno> {
    let mapping = MachphysMapping {
        v_start: metal::m2p::ADDRESS,
        v_end: metal::m2p::END,
        max_mfn: metal::memory::max_mfn().saturating_sub(1),
    };
    call.write(arg, &mapping)
}

/// The map that the toolstack set for the caller.
pub fn memory_map(call: &mut Call, arg: GuestPtr<MemoryMap>) -> Result<(), Errno> {
    let entries = call.domain.memory_map.lock().clone();
    if entries.is_empty() {
        return Err(Errno::ENOSYS);
    }
    copy_out(call, arg, &entries)
}

/// The machine's own map, for domain 0.
pub fn machine_memory_map(call: &mut Call, arg: GuestPtr<MemoryMap>) -> Result<(), Errno> {
    call.require_privilege()?;
    let entries: Vec<E820Entry> = metal::memory::e820()
        .iter()
        .map(|entry| E820Entry {
            addr: entry.start,
            size: entry.len,
            type_: entry.kind.number(),
        })
        .collect();
    copy_out(call, arg, &entries)
}

fn copy_out(call: &Call, arg: GuestPtr<MemoryMap>, entries: &[E820Entry]) -> Result<(), Errno> {
    let mut map = call.read(arg)?;
    let mut done: u32 = 0;
    for entry in entries.iter().take(map.nr_entries as usize) {
        call.write(map.buffer.offset(u64::from(done)), entry)?;
        done = done.wrapping_add(1);
    }
    map.nr_entries = done;
    call.write(arg, &map)?;
    // Half a map is worse than none: the caller knows, and has what fits.
    if (done as usize) < entries.len() {
        Err(Errno::EINVAL)
    } else {
        Ok(())
    }
}

/// The toolstack sets a domain's map.
pub fn set_memory_map(call: &mut Call, arg: GuestPtr<ForeignMemoryMap>) -> Result<(), Errno> {
    let request = call.read(arg)?;
    if request.map.nr_entries as usize > E820_MAX {
        return Err(Errno::EINVAL);
    }
    call.require_privilege()?;
    let target = call.target(request.domid)?;
    let entries = (0..u64::from(request.map.nr_entries))
        .map(|index| call.read(request.map.buffer.offset(index)))
        .collect::<Result<Vec<_>, _>>()?;
    *target.memory_map.lock() = entries;
    Ok(())
}

/// No domain has a virtual NUMA topology.
pub fn vnuma(call: &mut Call, arg: GuestPtr<VnumaTopologyInfo>) -> Result<(), Errno> {
    let request = call.read(arg)?;
    let _exists = call.target(request.domid)?;
    Err(Errno::EOPNOTSUPP)
}
