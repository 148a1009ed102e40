//! What a domain may use of the machine, its clock, and the width of its addresses.

use core::sync::atomic::Ordering;

use abi::domctl::*;
use abi::{Errno, GuestPtr};
use alloc::sync::Arc;
use zerocopy::FromZeros;

use crate::domain::Domain;
use crate::hypercall::Call;
use crate::time;

/// 64-bit guests only.
const ADDRESS_SIZE: u32 = 64;
/// `TSC_MODE_NEVER_EMULATE`.
const TSC_NATIVE: u32 = 2;

/// `set_address_size`, `get_address_size`.
pub fn address_size(
    call: &Call,
    cmd: u32,
    at: GuestPtr<AddressSize>,
    target: &Arc<Domain>,
) -> Result<(), Errno> {
    let mut request = call.read(at)?;
    if cmd == XEN_DOMCTL_GET_ADDRESS_SIZE {
        request.size = target.address_size.load(Ordering::Relaxed);
        return call.write(at, &request);
    }
    if request.size == ADDRESS_SIZE {
        Ok(())
    } else {
        Err(Errno::EINVAL)
    }
}

/// `settscinfo`, `gettscinfo`: the TSC is the machine's, whatever mode is asked for.
pub fn tsc_info(
    call: &Call,
    cmd: u32,
    at: GuestPtr<TscInfo>,
    target: &Arc<Domain>,
) -> Result<(), Errno> {
    let request = call.read(at)?;
    if cmd == XEN_DOMCTL_GETTSCINFO {
        let mut info = TscInfo::new_zeroed();
        info.tsc_mode = TSC_NATIVE;
        info.gtsc_khz = metal::time::tsc_khz() as u32;
        return call.write(at, &info);
    }
    if target.id == call.domain.id {
        return Err(Errno::EINVAL);
    }
    if request.tsc_mode > 3 {
        Err(Errno::EINVAL)
    } else {
        Ok(())
    }
}

/// `settimeoffset`: the guest's wall clock, in seconds off the machine's.
pub fn time_offset(
    call: &Call,
    at: GuestPtr<Settimeoffset>,
    target: &Arc<Domain>,
) -> Result<(), Errno> {
    let request = call.read(at)?;
    target.time_offset_s.store(
        request.time_offset_seconds.cast_unsigned(),
        Ordering::Relaxed,
    );
    time::write_wall_clock(target);
    Ok(())
}

/// `ioport_permission`.
pub fn ioport_permission(
    call: &Call,
    at: GuestPtr<IoportPermission>,
    target: &Arc<Domain>,
) -> Result<(), Errno> {
    let request = call.read(at)?;
    let end = request
        .first_port
        .checked_add(request.nr_ports)
        .filter(|end| *end <= 65536)
        .ok_or(Errno::EINVAL)?;
    target
        .resources
        .lock()
        .allow_ports(request.first_port..end, request.allow_access != 0);
    Ok(())
}

/// `iomem_permission`.
pub fn iomem_permission(
    call: &Call,
    at: GuestPtr<IomemPermission>,
    target: &Arc<Domain>,
) -> Result<(), Errno> {
    let request = call.read(at)?;
    let end = request
        .first_mfn
        .checked_add(request.nr_mfns)
        .ok_or(Errno::EINVAL)?;
    target
        .resources
        .lock()
        .allow_frames(request.first_mfn..end, request.allow_access != 0);
    Ok(())
}

/// `irq_permission`.
pub fn irq_permission(
    call: &Call,
    at: GuestPtr<IrqPermission>,
    target: &Arc<Domain>,
) -> Result<(), Errno> {
    let request = call.read(at)?;
    target
        .resources
        .lock()
        .allow_irq(u64::from(request.pirq), request.allow_access != 0);
    Ok(())
}
