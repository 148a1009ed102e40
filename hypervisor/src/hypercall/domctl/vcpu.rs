//! One virtual CPU of a domain: context, account, affinity, weight.

use core::sync::atomic::Ordering;

use abi::domctl::*;
use abi::xen::CtlBitmap;
use abi::{Errno, GuestPtr};
use alloc::boxed::Box;
use alloc::sync::Arc;
use metal::cpu::{self, CpuId, CpuSet};
use zerocopy::FromZeros;

use crate::domain::vcpu::{Vcpu, stop};
use crate::domain::{Domain, runstate};
use crate::hypercall::Call;
use crate::pv::{Callback, context, is_guest_address};
use crate::{schedule, time};

fn of(target: &Domain, id: u32) -> Result<&Arc<Vcpu>, Errno> {
    target.vcpu(id).ok_or(Errno::ESRCH)
}

/// `getvcpuinfo`.
pub fn info(call: &Call, at: GuestPtr<Getvcpuinfo>, target: &Arc<Domain>) -> Result<(), Errno> {
    let mut info = call.read(at)?;
    let vcpu = of(target, info.vcpu)?;
    let account = *vcpu.runstate.lock();
    info.online = u8::from(vcpu.is_up());
    info.blocked =
        u8::from(vcpu.stopped.load(Ordering::Relaxed) & (stop::BLOCKED | stop::POLLING) != 0);
    info.running = u8::from(account.state == runstate::RUNNING);
    info.cpu_time = account.time_in(runstate::RUNNING, time::now_ns());
    info.cpu = vcpu.cpu().0;
    call.write(at, &info)
}

/// `sendtrigger`: of what a machine's case has, a PV guest knows the NMI button alone.
pub fn send_trigger(
    call: &Call,
    at: GuestPtr<Sendtrigger>,
    target: &Arc<Domain>,
) -> Result<(), Errno> {
    let request = call.read(at)?;
    let vcpu = of(target, request.vcpu)?;
    match request.trigger {
        XEN_DOMCTL_SENDTRIGGER_NMI => {
            vcpu.send_nmi();
            Ok(())
        }
        XEN_DOMCTL_SENDTRIGGER_POWER | XEN_DOMCTL_SENDTRIGGER_SLEEP => Err(Errno::EINVAL),
        _ => Err(Errno::ENOSYS),
    }
}

/// `setvcpucontext`; without a context the vCPU is reset.
pub fn set_context(
    call: &Call,
    at: GuestPtr<Vcpucontext>,
    target: &Arc<Domain>,
) -> Result<(), Errno> {
    let request = call.read(at)?;
    let vcpu = target.vcpu(request.vcpu).ok_or(Errno::EINVAL)?;
    if target.id == call.domain.id {
        return Err(Errno::EINVAL);
    }
    if request.ctxt.is_null() {
        vcpu.initialised.store(0, Ordering::Release);
        vcpu.stopped.fetch_or(stop::DOWN, Ordering::AcqRel);
        schedule::reconsider(vcpu);
        return Ok(());
    }
    let wanted = Box::new(call.read(request.ctxt)?);
    target.pause();
    target.wait_until_stopped();
    let set = context::set(target, vcpu, &wanted);
    target.unpause();
    set
}

/// `getvcpucontext`.
pub fn get_context(
    call: &Call,
    at: GuestPtr<Vcpucontext>,
    target: &Arc<Domain>,
) -> Result<(), Errno> {
    let request = call.read(at)?;
    let vcpu = of(target, request.vcpu)?;
    if target.id == call.domain.id {
        return Err(Errno::EINVAL);
    }
    if vcpu.initialised.load(Ordering::Acquire) == 0 {
        return Err(Errno::ENODATA);
    }
    target.pause();
    target.wait_until_stopped();
    let context = context::get(target, vcpu);
    target.unpause();
    call.write(request.ctxt, &*context?)
}

/// `get_ext_vcpucontext`, `set_ext_vcpucontext`: the entries of 32-bit programs.
pub fn ext_context(
    call: &Call,
    cmd: u32,
    at: GuestPtr<ExtVcpucontext>,
    target: &Arc<Domain>,
) -> Result<(), Errno> {
    let mut request = call.read(at)?;
    let vcpu = of(target, request.vcpu)?;
    if cmd == XEN_DOMCTL_GET_EXT_VCPUCONTEXT {
        let (syscall32, sysenter) = vcpu
            .with_state(|state| (state.pv.syscall32_callback, state.pv.sysenter_callback))
            .ok_or(Errno::EBUSY)?;
        let id = request.vcpu;
        request = ExtVcpucontext::new_zeroed();
        request.vcpu = id;
        request.size = size_of::<ExtVcpucontext>() as u32;
        request.syscall32_callback_eip = syscall32.address;
        request.syscall32_disables_events = u8::from(syscall32.masks_events);
        request.sysenter_callback_eip = sysenter.address;
        request.sysenter_disables_events = u8::from(sysenter.masks_events);
        return call.write(at, &request);
    }
    let callbacks = [
        request.syscall32_callback_eip,
        request.sysenter_callback_eip,
    ];
    if !callbacks.into_iter().all(is_guest_address) {
        return Err(Errno::EINVAL);
    }
    vcpu.with_state(|state| {
        state.pv.syscall32_callback = Callback {
            address: request.syscall32_callback_eip,
            masks_events: request.syscall32_disables_events != 0,
        };
        state.pv.sysenter_callback = Callback {
            address: request.sysenter_callback_eip,
            masks_events: request.sysenter_disables_events != 0,
        };
    })
    .ok_or(Errno::EBUSY)
}

/// Reads a bitmap of CPUs.
fn read_cpus(call: &Call, map: &CtlBitmap) -> Result<CpuSet, Errno> {
    let mut set = CpuSet::default();
    for byte_index in 0..map.nr_bits.div_ceil(8).min(32) {
        let byte: u8 = call.read(map.bitmap.offset(u64::from(byte_index)))?;
        for bit in 0..8 {
            let cpu = byte_index.wrapping_mul(8).wrapping_add(bit);
            if cpu < map.nr_bits && byte.checked_shr(bit).unwrap_or(0) & 1 == 1 {
                set.insert(CpuId(cpu));
            }
        }
    }
    Ok(set)
}

/// Writes a bitmap of CPUs, cut or filled with zeros to the caller's room.
pub fn write_cpus(call: &Call, map: &CtlBitmap, set: &CpuSet) -> Result<(), Errno> {
    for byte_index in 0..map.nr_bits.div_ceil(8) {
        let mut byte = 0u8;
        for bit in 0..8 {
            let cpu = byte_index.wrapping_mul(8).wrapping_add(bit);
            if cpu < map.nr_bits && set.contains(CpuId(cpu)) {
                byte |= 1u8.checked_shl(bit).unwrap_or(0);
            }
        }
        call.write(map.bitmap.offset(u64::from(byte_index)), &byte)?;
    }
    Ok(())
}

/// `setvcpuaffinity`: must have a CPU that exists; tells what became of the wish.
pub fn set_affinity(
    call: &Call,
    at: GuestPtr<Vcpuaffinity>,
    target: &Arc<Domain>,
) -> Result<(), Errno> {
    let request = call.read(at)?;
    let vcpu = of(target, request.vcpu)?;
    let online = CpuSet::first(cpu::count());
    let changes = [
        (
            XEN_VCPUAFFINITY_HARD,
            &request.cpumap_hard,
            &vcpu.hard_affinity,
        ),
        (
            XEN_VCPUAFFINITY_SOFT,
            &request.cpumap_soft,
            &vcpu.soft_affinity,
        ),
    ];
    if request.flags & (XEN_VCPUAFFINITY_HARD | XEN_VCPUAFFINITY_SOFT) == 0 {
        return Err(Errno::EINVAL);
    }
    for (flag, map, affinity) in changes {
        if request.flags & flag != 0 {
            let wanted = read_cpus(call, map)?;
            if wanted.intersection(&online).is_empty() {
                return Err(Errno::EINVAL);
            }
            affinity.store(wanted);
            write_cpus(call, map, &wanted.intersection(&online))?;
        }
    }
    schedule::set_affinity(vcpu);
    Ok(())
}

/// `getvcpuaffinity`.
pub fn get_affinity(
    call: &Call,
    at: GuestPtr<Vcpuaffinity>,
    target: &Arc<Domain>,
) -> Result<(), Errno> {
    let request = call.read(at)?;
    let vcpu = of(target, request.vcpu)?;
    if request.flags & XEN_VCPUAFFINITY_HARD != 0 {
        write_cpus(call, &request.cpumap_hard, &vcpu.hard_affinity.load())?;
    }
    if request.flags & XEN_VCPUAFFINITY_SOFT != 0 {
        write_cpus(call, &request.cpumap_soft, &vcpu.soft_affinity.load())?;
    }
    Ok(())
}

/// `scheduler_op`: a domain's weight and cap.
pub fn scheduler_op(
    call: &Call,
    at: GuestPtr<SchedulerOp>,
    target: &Arc<Domain>,
) -> Result<(), Errno> {
    let mut request = call.read(at)?;
    if request.sched_id != XEN_SCHEDULER_CREDIT2 {
        return Err(Errno::EINVAL);
    }
    let [word, _] = request.u;
    match request.cmd {
        XEN_DOMCTL_SCHEDOP_GETINFO => {
            let (weight, cap) = schedule::share(target);
            request.u = [u64::from(weight) | u64::from(cap) << 16, 0];
            call.write(at, &request)
        }
        XEN_DOMCTL_SCHEDOP_PUTINFO => {
            let (weight, cap) = (word as u16, (word >> 16) as u16);
            schedule::set_share(target, weight, cap);
            Ok(())
        }
        _ => Err(Errno::EINVAL),
    }
}
