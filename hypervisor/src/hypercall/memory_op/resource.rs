//! `acquire_resource`: frames of the hypervisor that the toolstack may map: grant tables.

use abi::memory::{
    MemAcquireResource, XENMEM_RESOURCE_GRANT_TABLE, XENMEM_RESOURCE_GRANT_TABLE_ID_SHARED,
};
use abi::{Errno, GuestPtr};

use crate::hypercall::Call;

/// The most frames of one call.
const MAX_FRAMES: u32 = 1024;

/// Tells how many frames there are (no list), or which they are.
pub fn acquire(call: &mut Call, arg: GuestPtr<MemAcquireResource>) -> Result<(), Errno> {
    let mut request = call.read(arg)?;
    if request.pad != 0 {
        return Err(Errno::EINVAL);
    }
    call.require_privilege()?;
    let target = call.target(request.domid)?;
    if request.type_ != XENMEM_RESOURCE_GRANT_TABLE
        || request.id != XENMEM_RESOURCE_GRANT_TABLE_ID_SHARED
    {
        return Err(Errno::EOPNOTSUPP);
    }
    if request.frame_list.is_null() {
        if request.nr_frames != 0 {
            return Err(Errno::EINVAL);
        }
        request.nr_frames = target.config.max_grant_frames;
        return call.write(arg, &request);
    }
    if request.nr_frames == 0 || request.nr_frames > MAX_FRAMES {
        return Err(Errno::EINVAL);
    }
    for offset in 0..u64::from(request.nr_frames) {
        let index = u32::try_from(request.frame.checked_add(offset).ok_or(Errno::EINVAL)?)
            .map_err(|_| Errno::EINVAL)?;
        let mfn = target.grants.shared_frame(index).ok_or(Errno::EINVAL)?;
        call.write(request.frame_list.offset(offset), &mfn.0)?;
    }
    Ok(())
}
