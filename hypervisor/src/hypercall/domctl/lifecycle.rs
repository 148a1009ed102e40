//! Creating, pausing, resuming, ending.

use abi::domctl::*;
use abi::{Errno, GuestPtr, RawDomId};
use alloc::sync::Arc;
use metal::sync::Mutex;

use super::Request;
use crate::domain::{Config, Domain, MAX_VCPUS, table};
use crate::hypercall::{Call, Outcome};
use crate::memory::reclaim;
use crate::rank;
use crate::schedule;

/// Frames of a grant table or of its handles when the toolstack leaves the number to us.
const DEFAULT_GRANT_FRAMES: u32 = 64;
const DEFAULT_MAPTRACK_FRAMES: u32 = 1024;
/// The most that a toolstack may ask for.
const MAX_FRAMES: u32 = 65536;
/// Ids that a domain can have; 0, and whatever lies outside, asks for any.
const CHOSEN: core::ops::Range<u16> = 1..0x7ff0;

/// Makes a domain and tells its id.
pub fn create(call: &mut Call, request: &Request) -> Result<(), Errno> {
    let wanted: Createdomain = call.read(request.body())?;
    let config = checked(&wanted)?;
    let wanted_id = CHOSEN.contains(&request.domain.0).then_some(request.domain);
    let domain = enter_new(wanted_id, config)?;
    let mut answer: Domctl = call.read(request.at)?;
    answer.domain = RawDomId(domain.id.0);
    let told = call.write(request.at, &answer);
    if told.is_err() {
        // Nobody would know of it.
        while !reclaim::destroy(call, &domain)? {}
    }
    told
}

/// A domain of a free id in the table of domains; one at a time, so that nobody takes the id meanwhile.
fn enter_new(wanted_id: Option<RawDomId>, config: Config) -> Result<Arc<Domain>, Errno> {
    static CREATION: Mutex<()> = Mutex::new(rank::CREATION, ());
    let _alone = CREATION.lock();
    let domain = Domain::new(table::free_id(wanted_id)?, false, config)?;
    table::insert(domain.clone())?;
    Ok(domain)
}

fn checked(wanted: &Createdomain) -> Result<Config, Errno> {
    const KNOWN: u32 = XEN_DOMCTL_CDF_XS_DOMAIN;
    if wanted.flags & XEN_DOMCTL_CDF_HVM != 0 {
        return Err(Errno::EOPNOTSUPP);
    }
    if wanted.flags & !KNOWN != 0
        || wanted.iommu_opts != 0
        || wanted.vmtrace_size != 0
        || wanted.altp2m_opts != 0
    {
        return Err(Errno::EINVAL);
    }
    if wanted.max_vcpus == 0 || wanted.max_vcpus > MAX_VCPUS {
        return Err(Errno::EINVAL);
    }
    if wanted.cpupool_id != 0 {
        return Err(Errno::EINVAL);
    }
    let version = wanted.grant_opts & XEN_DOMCTL_GRANT_VERSION_MASK;
    if wanted.grant_opts & !XEN_DOMCTL_GRANT_VERSION_MASK != 0 || !(1..=2).contains(&version) {
        return Err(Errno::EINVAL);
    }
    if wanted.arch.emulation_flags & !abi::arch_x86_xen::XEN_X86_EMU_PIT != 0 {
        return Err(Errno::EINVAL);
    }
    Ok(Config {
        handle: wanted.handle,
        flags: wanted.flags,
        max_vcpus: wanted.max_vcpus,
        max_evtchn_port: wanted.max_evtchn_port,
        max_grant_frames: frames(wanted.max_grant_frames, DEFAULT_GRANT_FRAMES)?,
        max_maptrack_frames: frames(wanted.max_maptrack_frames, DEFAULT_MAPTRACK_FRAMES)?,
        grant_version: version,
        cpupool_id: 0,
        emulation_flags: wanted.arch.emulation_flags,
    })
}

/// A number of frames; negative for the default.
fn frames(wanted: i32, default: u32) -> Result<u32, Errno> {
    match u32::try_from(wanted) {
        Ok(count) if count > MAX_FRAMES => Err(Errno::EINVAL),
        Ok(count) => Ok(count),
        Err(_) => Ok(default),
    }
}

/// Ends a domain, in as many steps as it takes.
pub fn destroy(call: &mut Call, request: &Request, target: &Arc<Domain>) -> Outcome {
    if target.privileged || target.id == call.domain.id {
        return Errno::EINVAL.into();
    }
    match reclaim::destroy(call, target) {
        Ok(true) => Outcome::Done(0),
        Ok(false) => call.resume_with([request.at.addr(), 0, 0, 0]),
        Err(error) => error.into(),
    }
}

/// Stops a domain until it is unpaused as often.
pub fn pause(call: &Call, target: &Arc<Domain>) -> Result<(), Errno> {
    if target.id == call.domain.id {
        return Err(Errno::EINVAL);
    }
    target.pause_by_controller();
    target.wait_until_stopped();
    Ok(())
}

/// Takes a pause back; a new domain has one.
pub fn unpause(_: &Call, target: &Arc<Domain>) -> Result<(), Errno> {
    if target.unpause_by_controller() {
        Ok(())
    } else {
        Err(Errno::EINVAL)
    }
}

/// Goes on after a shutdown, as if it had not happened.
pub fn resume(call: &Call, target: &Arc<Domain>) -> Result<(), Errno> {
    if target.id == call.domain.id {
        return Err(Errno::EINVAL);
    }
    target.resume();
    Ok(())
}

/// Makes the virtual CPUs; the number was settled at creation.
pub fn max_vcpus(call: &Call, at: GuestPtr<MaxVcpus>, target: &Arc<Domain>) -> Result<(), Errno> {
    let request = call.read(at)?;
    if target.id == call.domain.id || request.max != target.config.max_vcpus {
        return Err(Errno::EINVAL);
    }
    target.create_vcpus()?;
    for vcpu in target.vcpus() {
        schedule::set_affinity(vcpu);
    }
    Ok(())
}

/// Changes the UUID.
pub fn set_handle(
    call: &Call,
    at: GuestPtr<Setdomainhandle>,
    target: &Arc<Domain>,
) -> Result<(), Errno> {
    let request = call.read(at)?;
    *target.handle.lock() = request.handle;
    Ok(())
}
