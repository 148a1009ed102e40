//! `vcpu_op`: a guest's own virtual CPUs: bring up, take down, timers, places for shared information.

use core::sync::atomic::Ordering;

use abi::arch_x86_xen::VcpuGuestContext;
use abi::vcpu::{
    GetPhysid, RegisterRunstateMemoryArea, RegisterTimeMemoryArea, RegisterVcpuInfo, RunstateInfo,
    SetPeriodicTimer, SetSingleshotTimer, VCPUOP_DOWN, VCPUOP_GET_PHYSID, VCPUOP_GET_RUNSTATE_INFO,
    VCPUOP_INITIALISE, VCPUOP_IS_UP, VCPUOP_REGISTER_RUNSTATE_MEMORY_AREA,
    VCPUOP_REGISTER_VCPU_INFO, VCPUOP_REGISTER_VCPU_TIME_MEMORY_AREA, VCPUOP_SEND_NMI,
    VCPUOP_SET_PERIODIC_TIMER, VCPUOP_SET_SINGLESHOT_TIMER, VCPUOP_STOP_PERIODIC_TIMER,
    VCPUOP_STOP_SINGLESHOT_TIMER, VCPUOP_UP,
};
use abi::{Errno, GuestPtr};
use alloc::sync::Arc;
use metal::cpu;

use super::Call;
use crate::domain::runstate;
use crate::domain::vcpu::{Vcpu, stop};
use crate::domain::vcpu_info::{SIZE, Words};
use crate::memory::types::WritablePage;
use crate::pv::context;
use crate::{cpu as our_cpu, policy, schedule, time};

/// The shortest period of a periodic timer.
const MIN_PERIOD_NS: u64 = 1_000_000;
/// The longest, so that no sum of times overflows.
const MAX_PERIOD_NS: u64 = u64::MAX >> 2;

/// Answers one operation on one virtual CPU of the caller's.
pub fn vcpu_op(call: &mut Call, cmd: u32, id: u32, arg: GuestPtr<u8>) -> Result<u64, Errno> {
    let vcpu = if id == call.vcpu.id {
        call.vcpu.clone()
    } else {
        call.domain.vcpu(id).ok_or(Errno::ENOENT)?.clone()
    };
    match cmd {
        VCPUOP_INITIALISE => initialise(call, &vcpu, arg.cast()),
        VCPUOP_UP => up(&vcpu),
        VCPUOP_DOWN => down(call, &vcpu),
        VCPUOP_IS_UP => Ok(u64::from(vcpu.is_up())),
        VCPUOP_GET_RUNSTATE_INFO => {
            let info = present_runstate(&vcpu);
            call.write(arg.cast(), &info)?;
            Ok(0)
        }
        VCPUOP_REGISTER_RUNSTATE_MEMORY_AREA => {
            let request: RegisterRunstateMemoryArea = call.read(arg.cast())?;
            if !crate::pv::is_guest_address(request.addr) {
                return Err(Errno::EFAULT);
            }
            vcpu.runstate.lock().area = request.addr;
            if vcpu.id == call.vcpu.id {
                runstate::publish(call);
            }
            Ok(0)
        }
        VCPUOP_REGISTER_VCPU_TIME_MEMORY_AREA => {
            let request: RegisterTimeMemoryArea = call.read(arg.cast())?;
            if !crate::pv::is_guest_address(request.addr) {
                return Err(Errno::EFAULT);
            }
            vcpu.time_area.store(request.addr, Ordering::Relaxed);
            if vcpu.id == call.vcpu.id {
                time::publish_time_area(call);
            }
            Ok(0)
        }
        VCPUOP_SET_PERIODIC_TIMER => {
            let request: SetPeriodicTimer = call.read(arg.cast())?;
            if !(MIN_PERIOD_NS..=MAX_PERIOD_NS).contains(&request.period_ns) {
                return Err(Errno::EINVAL);
            }
            time::set_periodic(&vcpu, request.period_ns);
            Ok(0)
        }
        VCPUOP_STOP_PERIODIC_TIMER => {
            time::set_periodic(&vcpu, 0);
            Ok(0)
        }
        VCPUOP_SET_SINGLESHOT_TIMER => {
            // Another vCPU's would have to be armed on another CPU.
            if vcpu.id != call.vcpu.id {
                return Err(Errno::EINVAL);
            }
            let request = call.read(arg.cast())?;
            set_singleshot(&vcpu, request)
        }
        VCPUOP_STOP_SINGLESHOT_TIMER => {
            if vcpu.id != call.vcpu.id {
                return Err(Errno::EINVAL);
            }
            time::set_singleshot(&vcpu, None);
            Ok(0)
        }
        VCPUOP_REGISTER_VCPU_INFO => register_vcpu_info(call, &vcpu, arg.cast()),
        VCPUOP_SEND_NMI => {
            vcpu.send_nmi();
            Ok(0)
        }
        VCPUOP_GET_PHYSID => get_physid(call, &vcpu, arg.cast()),
        _ => Err(Errno::ENOSYS),
    }
}

/// The account as it stands now.
pub fn present_runstate(vcpu: &Vcpu) -> RunstateInfo {
    let now = time::now_ns();
    let account = *vcpu.runstate.lock();
    let mut info = runstate::to_abi(&account);
    if let Some(time) = info.time.get_mut(account.state as usize) {
        *time = account.time_in(account.state, now);
    }
    info
}

fn initialise(
    call: &mut Call,
    vcpu: &Arc<Vcpu>,
    arg: GuestPtr<VcpuGuestContext>,
) -> Result<u64, Errno> {
    if vcpu.id == call.vcpu.id {
        return Err(Errno::EINVAL);
    }
    if vcpu.info.words().is_none() {
        return Err(Errno::EINVAL);
    }
    let request = alloc::boxed::Box::new(call.read(arg)?);
    if vcpu.initialised.load(Ordering::Acquire) != 0 {
        return Err(Errno::EEXIST);
    }
    context::set(&call.domain, vcpu, &request)?;
    Ok(0)
}

fn up(vcpu: &Arc<Vcpu>) -> Result<u64, Errno> {
    if vcpu.initialised.load(Ordering::Acquire) == 0 {
        return Err(Errno::EINVAL);
    }
    if vcpu.stopped.fetch_and(!stop::DOWN, Ordering::AcqRel) & stop::DOWN != 0 {
        schedule::reconsider(vcpu);
    }
    Ok(0)
}

fn down(call: &mut Call, vcpu: &Arc<Vcpu>) -> Result<u64, Errno> {
    let others_up = call
        .domain
        .vcpus()
        .iter()
        .any(|other| other.id != vcpu.id && other.is_up());
    if !others_up {
        // The last one going down is the end of the domain.
        call.domain.shut_down(abi::sched::SHUTDOWN_POWEROFF);
        return Ok(0);
    }
    vcpu.stopped.fetch_or(stop::DOWN, Ordering::AcqRel);
    schedule::reconsider(vcpu);
    if vcpu.id == call.vcpu.id {
        our_cpu::ask_to_reschedule(cpu::this());
    }
    Ok(0)
}

fn set_singleshot(vcpu: &Arc<Vcpu>, request: SetSingleshotTimer) -> Result<u64, Errno> {
    // The flag that asked for an error once has no effect in 4.20; a deadline in the past fires at once.
    time::set_singleshot(vcpu, Some(request.timeout_abs_ns));
    Ok(0)
}

/// Moves the vCPU's info to a page of the guest's choice; once in its life.
fn register_vcpu_info(
    call: &mut Call,
    vcpu: &Arc<Vcpu>,
    arg: GuestPtr<RegisterVcpuInfo>,
) -> Result<u64, Errno> {
    let request = call.read(arg)?;
    let offset = request.offset as usize;
    if offset > 4096usize.saturating_sub(SIZE) || !offset.is_multiple_of(8) {
        return Err(Errno::ENXIO);
    }
    if vcpu.id != call.vcpu.id && vcpu.is_up() {
        return Err(Errno::EINVAL);
    }
    let page = WritablePage::of(&call.domain, abi::Mfn(request.mfn)).ok_or(Errno::EINVAL)?;
    let words = Words::at(page.frame(), offset).ok_or(Errno::ENXIO)?;
    // The guest goes on with what stood in the old place: its mask, above all.
    match vcpu.info.words() {
        Some(old) => words.copy_from(&old),
        None => words.mask.store(1, Ordering::Relaxed),
    }
    vcpu.info.register(page, offset)?;
    // Whatever was pending may have gone to the old place: look once more.
    words.selector.store(u64::MAX, Ordering::Relaxed);
    words.pending.store(1, Ordering::Release);
    if vcpu.id == call.vcpu.id {
        call.state.pv.info = Some(words);
        time::update_guest_time(call);
    }
    Ok(0)
}

/// The APIC id of the CPU that a pinned vCPU runs on; domain 0 asks.
fn get_physid(call: &mut Call, vcpu: &Arc<Vcpu>, arg: GuestPtr<GetPhysid>) -> Result<u64, Errno> {
    let pinned = vcpu.hard_affinity.load();
    if !policy::may_manage(&call.domain) || pinned.len() != 1 {
        return Err(Errno::EINVAL);
    }
    let on = pinned.iter().next().ok_or(Errno::EINVAL)?;
    let phys_id = u64::from(metal::irq::apic_id(on)) | u64::from(metal::irq::acpi_id(on)) << 32;
    call.write(arg, &GetPhysid { phys_id })?;
    Ok(0)
}
