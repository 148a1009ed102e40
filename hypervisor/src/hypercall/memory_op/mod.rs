//! `memory_op`: pages given, taken, exchanged; memory maps; what the machine has.
//!
//! The command's low six bits are the operation; the rest is the extent to go on with when a long call is resumed.

mod exchange;
mod info;
mod reservation;
mod resource;

use abi::memory::*;
use abi::{Errno, GuestPtr};

use super::{Call, Outcome};

/// Answers one operation.
pub fn memory_op(call: &mut Call, cmd: u64, arg: GuestPtr<u8>) -> Outcome {
    let start = cmd >> MEMOP_EXTENT_SHIFT;
    let operation = (cmd & MEMOP_CMD_MASK) as u32;
    match operation {
        XENMEM_INCREASE_RESERVATION | XENMEM_DECREASE_RESERVATION | XENMEM_POPULATE_PHYSMAP => {
            reservation::change(call, operation, start, arg.cast())
        }
        XENMEM_EXCHANGE => exchange::exchange(call, arg.cast()),
        XENMEM_MAXIMUM_RAM_PAGE => Outcome::Done(metal::memory::max_mfn().saturating_sub(1)),
        XENMEM_CURRENT_RESERVATION | XENMEM_MAXIMUM_RESERVATION | XENMEM_MAXIMUM_GPFN => {
            info::of_domain(call, operation, arg.cast()).into()
        }
        XENMEM_MACHPHYS_MAPPING => info::machphys_mapping(call, arg.cast()).into(),
        XENMEM_MEMORY_MAP => info::memory_map(call, arg.cast()).into(),
        XENMEM_MACHINE_MEMORY_MAP => info::machine_memory_map(call, arg.cast()).into(),
        XENMEM_SET_MEMORY_MAP => info::set_memory_map(call, arg.cast()).into(),
        // Only translated guests have a physical map.
        XENMEM_ADD_TO_PHYSMAP | XENMEM_ADD_TO_PHYSMAP_BATCH | XENMEM_REMOVE_FROM_PHYSMAP => {
            Errno::EACCES.into()
        }
        XENMEM_CLAIM_PAGES => reservation::claim(call, arg.cast()).into(),
        // No page is shared or was freed by sharing.
        XENMEM_GET_SHARING_FREED_PAGES | XENMEM_GET_SHARING_SHARED_PAGES => Outcome::Done(0),
        XENMEM_GET_VNUMAINFO => info::vnuma(call, arg.cast()).into(),
        XENMEM_ACQUIRE_RESOURCE => resource::acquire(call, arg.cast()).into(),
        _ => Errno::ENOSYS.into(),
    }
}

/// The command that goes on at this extent.
fn resume_at(call: &mut Call, operation: u32, extent: u64, arg: u64) -> Outcome {
    let cmd = extent.checked_shl(MEMOP_EXTENT_SHIFT).unwrap_or(0) | u64::from(operation);
    call.resume_with([cmd, arg, 0, 0])
}
