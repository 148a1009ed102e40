//! `getdomaininfo`: a domain in one structure.

use core::sync::atomic::Ordering;

use abi::domctl::*;
use abi::{Errno, GuestPtr, RawDomId};
use zerocopy::FromZeros;

use crate::domain::lifecycle::Stage;
use crate::domain::vcpu::stop;
use crate::domain::{Domain, runstate};
use crate::hypercall::Call;
use crate::time;

/// Answers for exactly the domain that was asked for.
pub fn get(call: &Call, at: GuestPtr<Getdomaininfo>, target: &Domain) -> Result<(), Errno> {
    call.write(at, &of(target))
}

/// The structure of a domain.
pub fn of(domain: &Domain) -> Getdomaininfo {
    let mut info = Getdomaininfo::new_zeroed();
    let up = domain.vcpus().iter().filter(|vcpu| vcpu.is_up());
    info.domain = RawDomId(domain.id.0);
    info.flags = flags(domain);
    info.tot_pages = domain.pages.total.load(Ordering::Relaxed);
    info.max_pages = domain.pages.max.load(Ordering::Relaxed);
    info.outstanding_pages = domain.pages.claimed.load(Ordering::Relaxed);
    info.shared_info_frame = domain.shared_info.mfn().0;
    info.cpu_time = cpu_time(domain);
    info.nr_online_vcpus = up.count() as u32;
    info.max_vcpu_id = domain.config.max_vcpus.wrapping_sub(1);
    info.handle = *domain.handle.lock();
    info.cpupool = 0;
    info.gpaddr_bits = 0;
    info.arch_config.emulation_flags = domain.config.emulation_flags;
    info
}

fn flags(domain: &Domain) -> u32 {
    let mut flags = 0;
    if domain.lifecycle.stage() != Stage::Alive {
        flags |= XEN_DOMINF_DYING;
    }
    if let Some(reason) = domain.lifecycle.shutdown_reason() {
        flags |=
            XEN_DOMINF_SHUTDOWN | (reason & XEN_DOMINF_SHUTDOWNMASK) << XEN_DOMINF_SHUTDOWNSHIFT;
    }
    if domain.lifecycle.is_paused_by_controller() {
        flags |= XEN_DOMINF_PAUSED;
    }
    if domain.config.flags & XEN_DOMCTL_CDF_XS_DOMAIN != 0 {
        flags |= XEN_DOMINF_XS_DOMAIN;
    }
    let up = || domain.vcpus().iter().filter(|vcpu| vcpu.is_up());
    if up().all(|vcpu| vcpu.stopped.load(Ordering::Relaxed) & (stop::BLOCKED | stop::POLLING) != 0)
    {
        flags |= XEN_DOMINF_BLOCKED;
    }
    if up().any(|vcpu| vcpu.runstate.lock().state == runstate::RUNNING) {
        flags |= XEN_DOMINF_RUNNING;
    }
    flags
}

/// Nanoseconds that its virtual CPUs ran, taken together. It never goes back.
pub fn cpu_time(domain: &Domain) -> u64 {
    let now = time::now_ns();
    let ran = |vcpu: &alloc::sync::Arc<crate::domain::vcpu::Vcpu>| {
        vcpu.runstate.lock().time_in(runstate::RUNNING, now)
    };
    domain.vcpus().iter().map(ran).fold(0, u64::wrapping_add)
}
