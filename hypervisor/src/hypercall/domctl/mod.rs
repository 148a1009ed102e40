//! `domctl`: domains made, looked at, changed and ended, by domain 0.
//!
//! Always: a caller of another interface version gets `EACCES` before anything is read, an unknown operation `ENOSYS`.

pub mod info;
mod lifecycle;
mod memory;
pub mod policy;
mod resources;
mod vcpu;

pub use vcpu::write_cpus;

use abi::domctl::*;
use abi::{Errno, GuestPtr, RawDomId};
use alloc::sync::Arc;

use super::{Call, Outcome};
use crate::domain::{Domain, table};

/// Where the union begins.
const UNION: u64 = 16;

/// The head of every request.
struct Request {
    cmd: u32,
    domain: RawDomId,
    /// The request itself.
    at: GuestPtr<Domctl>,
}

impl Request {
    /// The operation's part of the union.
    fn body<T>(&self) -> GuestPtr<T> {
        GuestPtr::from_addr(self.at.addr().wrapping_add(UNION))
    }
}

/// Answers one operation.
pub fn domctl(call: &mut Call, op: GuestPtr<u8>) -> Outcome {
    if let Err(error) = call.require_privilege() {
        return error.into();
    }
    let head: [u32; 4] = match call.read(op.cast()) {
        Ok(head) => head,
        Err(error) => return error.into(),
    };
    let [cmd, version, domain, _] = head;
    if version != XEN_DOMCTL_INTERFACE_VERSION {
        return Errno::EACCES.into();
    }
    let request = Request {
        cmd,
        domain: RawDomId(domain as u16),
        at: op.cast(),
    };
    if cmd == XEN_DOMCTL_CREATEDOMAIN {
        return lifecycle::create(call, &request).into();
    }
    let target = match table::get(call.resolve(request.domain)) {
        Some(target) => target,
        None => return Errno::ESRCH.into(),
    };
    on_domain(call, &request, &target)
}

fn on_domain(call: &mut Call, request: &Request, target: &Arc<Domain>) -> Outcome {
    match request.cmd {
        XEN_DOMCTL_DESTROYDOMAIN => lifecycle::destroy(call, request, target),
        XEN_DOMCTL_PAUSEDOMAIN => lifecycle::pause(call, target).into(),
        XEN_DOMCTL_UNPAUSEDOMAIN => lifecycle::unpause(call, target).into(),
        XEN_DOMCTL_RESUMEDOMAIN => lifecycle::resume(call, target).into(),
        XEN_DOMCTL_MAX_VCPUS => lifecycle::max_vcpus(call, request.body(), target).into(),
        XEN_DOMCTL_SETDOMAINHANDLE => lifecycle::set_handle(call, request.body(), target).into(),
        XEN_DOMCTL_GETDOMAININFO => info::get(call, request.body(), target).into(),
        XEN_DOMCTL_GETVCPUINFO => vcpu::info(call, request.body(), target).into(),
        XEN_DOMCTL_SETVCPUCONTEXT => vcpu::set_context(call, request.body(), target).into(),
        XEN_DOMCTL_GETVCPUCONTEXT => vcpu::get_context(call, request.body(), target).into(),
        XEN_DOMCTL_SETVCPUAFFINITY => vcpu::set_affinity(call, request.body(), target).into(),
        XEN_DOMCTL_GETVCPUAFFINITY => vcpu::get_affinity(call, request.body(), target).into(),
        XEN_DOMCTL_SCHEDULER_OP => vcpu::scheduler_op(call, request.body(), target).into(),
        XEN_DOMCTL_SENDTRIGGER => vcpu::send_trigger(call, request.body(), target).into(),
        XEN_DOMCTL_MAX_MEM => memory::max_mem(call, request.body(), target).into(),
        XEN_DOMCTL_GETPAGEFRAMEINFO3 => {
            memory::page_frame_info(call, request.body(), target).into()
        }
        // No cache colours: the tools ask at every creation, and only this answer lets them go on.
        XEN_DOMCTL_SET_LLC_COLORS => Errno::EOPNOTSUPP.into(),
        XEN_DOMCTL_SHADOW_OP => memory::shadow_op(call, request.body()).into(),
        XEN_DOMCTL_SETNODEAFFINITY | XEN_DOMCTL_GETNODEAFFINITY => {
            memory::node_affinity(call, request.cmd, request.body()).into()
        }
        XEN_DOMCTL_SET_ADDRESS_SIZE | XEN_DOMCTL_GET_ADDRESS_SIZE => {
            resources::address_size(call, request.cmd, request.body(), target).into()
        }
        XEN_DOMCTL_SETTSCINFO | XEN_DOMCTL_GETTSCINFO => {
            resources::tsc_info(call, request.cmd, request.body(), target).into()
        }
        XEN_DOMCTL_HYPERCALL_INIT => memory::hypercall_init(call, request.body(), target).into(),
        XEN_DOMCTL_SETTIMEOFFSET => resources::time_offset(call, request.body(), target).into(),
        XEN_DOMCTL_IOPORT_PERMISSION => {
            resources::ioport_permission(call, request.body(), target).into()
        }
        XEN_DOMCTL_IOMEM_PERMISSION => {
            resources::iomem_permission(call, request.body(), target).into()
        }
        XEN_DOMCTL_IRQ_PERMISSION => resources::irq_permission(call, request.body(), target).into(),
        XEN_DOMCTL_SET_CPU_POLICY => policy::set(call, target, request.body()).into(),
        XEN_DOMCTL_GET_CPU_POLICY => policy::get(call, target, request.body()).into(),
        XEN_DOMCTL_GET_EXT_VCPUCONTEXT | XEN_DOMCTL_SET_EXT_VCPUCONTEXT => {
            vcpu::ext_context(call, request.cmd, request.body(), target).into()
        }
        _ => Errno::ENOSYS.into(),
    }
}
