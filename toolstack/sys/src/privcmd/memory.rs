//! `memory_op`, `mmuext_op` and what else changes a domain's memory.

use abi::RawDomId;
use abi::event_channel::{AllocUnbound, EVTCHNOP_ALLOC_UNBOUND};
use abi::memory::{
    E820Entry, ForeignMemoryMap, MemoryMap, MemoryReservation, XENMEM_CLAIM_PAGES,
    XENMEM_GET_SHARING_FREED_PAGES, XENMEM_GET_SHARING_SHARED_PAGES, XENMEM_POPULATE_PHYSMAP,
    XENMEM_SET_MEMORY_MAP,
};
use abi::xen::{HYPERVISOR_EVENT_CHANNEL_OP, HYPERVISOR_MEMORY_OP, HYPERVISOR_MMUEXT_OP, MmuextOp};
use rustix::io::Errno;
use zerocopy::{FromZeros, IntoBytes};

use super::Xen;

/// How large each piece of a populate request is: 2^order pages.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Extent(pub u32);

impl Xen {
    /// Gives `domain` memory at the frames `pfns`, and tells which machine frames it became.
    /// The answer is shorter than the question when memory ran out.
    pub fn populate(
        &self,
        domain: RawDomId,
        extent: Extent,
        pfns: &[u64],
    ) -> Result<Vec<u64>, Errno> {
        let list = self.buffer_of(pfns.as_bytes())?;
        let mut request = MemoryReservation {
            extent_start: list.handle(),
            nr_extents: pfns.len() as u64,
            extent_order: extent.0,
            mem_flags: 0,
            domid: domain,
            _pad: [0; 6],
        };
        // SAFETY: [HYPERCALL-HANDLES] The list has `nr_extents` elements.
        let done =
            unsafe { self.call_with(HYPERVISOR_MEMORY_OP, XENMEM_POPULATE_PHYSMAP, &mut request)? };
        let mut mfns = vec![0u64; pfns.len()];
        list.read(mfns.as_mut_bytes());
        mfns.truncate(usize::try_from(done).unwrap_or(0));
        Ok(mfns)
    }

    /// Sets aside `pages` for `domain` before they are populated; 0 gives a claim back.
    pub fn claim(&self, domain: RawDomId, pages: u64) -> Result<(), Errno> {
        let mut request = MemoryReservation::new_zeroed();
        request.nr_extents = pages;
        request.domid = domain;
        // SAFETY: [HYPERCALL-HANDLES] The only handle is null.
        unsafe { self.call_with(HYPERVISOR_MEMORY_OP, XENMEM_CLAIM_PAGES, &mut request) }.map(drop)
    }

    /// Sets the memory map that `domain` may ask for.
    pub fn set_memory_map(&self, domain: RawDomId, map: &[E820Entry]) -> Result<(), Errno> {
        let entries = self.buffer_of(map.as_bytes())?;
        let mut request = ForeignMemoryMap::new_zeroed();
        request.domid = domain;
        request.map = MemoryMap::new_zeroed();
        request.map.nr_entries = u32::try_from(map.len()).map_err(|_| Errno::INVAL)?;
        request.map.buffer = entries.handle();
        // SAFETY: [HYPERCALL-HANDLES] The buffer has `nr_entries` elements.
        unsafe { self.call_with(HYPERVISOR_MEMORY_OP, XENMEM_SET_MEMORY_MAP, &mut request) }
            .map(drop)
    }

    /// Pages freed, and pages used, by memory sharing.
    pub fn sharing_pages(&self) -> (i64, i64) {
        let ask = |cmd: u32| {
            // SAFETY: [HYPERCALL-HANDLES] These two operations take no argument.
            let answer = unsafe { self.call(HYPERVISOR_MEMORY_OP, [u64::from(cmd), 0, 0, 0, 0]) };
            answer.map_or(0, i64::from)
        };
        (
            ask(XENMEM_GET_SHARING_FREED_PAGES),
            ask(XENMEM_GET_SHARING_SHARED_PAGES),
        )
    }

    /// Applies page-table operations to `domain`.
    pub fn mmuext(&self, domain: RawDomId, ops: &[Pin]) -> Result<(), Errno> {
        let ops: Vec<MmuextOp> = ops
            .iter()
            .map(|op| MmuextOp {
                cmd: op.cmd,
                _pad: [0; 4],
                arg1: op.mfn,
                arg2: 0,
            })
            .collect();
        let list = self.buffer_of(ops.as_bytes())?;
        let args = [list.address(), ops.len() as u64, 0, u64::from(domain.0), 0];
        // SAFETY: [HYPERCALL-HANDLES] The list has as many elements as the second argument says;
        // the operations that `Pin` can name take no address; the counter is null.
        unsafe { self.call(HYPERVISOR_MMUEXT_OP, args) }.map(drop)
    }

    /// A port of `domain` that `remote` may bind to.
    pub fn alloc_unbound(&self, domain: RawDomId, remote: RawDomId) -> Result<u32, Errno> {
        let mut request = AllocUnbound {
            dom: domain,
            remote_dom: remote,
            port: 0,
        };
        // SAFETY: [HYPERCALL-HANDLES] The argument holds no handle.
        unsafe {
            self.call_with(
                HYPERVISOR_EVENT_CHANNEL_OP,
                EVTCHNOP_ALLOC_UNBOUND,
                &mut request,
            )?;
        }
        Ok(request.port)
    }
}

/// A page-table operation on one frame.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Pin {
    cmd: u32,
    mfn: u64,
}

impl Pin {
    /// Pins a top-level page table.
    pub fn l4(mfn: u64) -> Self {
        Self {
            cmd: abi::xen::MMUEXT_PIN_L4_TABLE,
            mfn,
        }
    }

    /// Takes a pin away.
    pub fn unpin(mfn: u64) -> Self {
        Self {
            cmd: abi::xen::MMUEXT_UNPIN_TABLE,
            mfn,
        }
    }
}
