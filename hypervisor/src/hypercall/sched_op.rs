//! `sched_op` and `set_timer_op`: a guest gives up its CPU, for a while or for ever.

use core::sync::atomic::Ordering;

use abi::sched::{
    PinOverride, Poll, RemoteShutdown, SCHEDOP_BLOCK, SCHEDOP_PIN_OVERRIDE, SCHEDOP_POLL,
    SCHEDOP_REMOTE_SHUTDOWN, SCHEDOP_SHUTDOWN, SCHEDOP_SHUTDOWN_CODE, SCHEDOP_WATCHDOG,
    SCHEDOP_YIELD, SHUTDOWN_MAX, Shutdown, Watchdog,
};
use abi::{Errno, GuestPtr};
use event_channel::Port;
use metal::cpu;

use super::Call;
use crate::domain::vcpu::stop;
use crate::{cpu as our_cpu, schedule, time};

/// Ports that one poll may name (as upstream).
const MAX_POLL_PORTS: u32 = 128;
/// Watchdogs of a domain.
const WATCHDOGS: u32 = 2;

/// Answers one operation.
pub fn sched_op(call: &mut Call, cmd: u32, arg: GuestPtr<u8>) -> Result<u64, Errno> {
    match cmd {
        SCHEDOP_YIELD => {
            schedule::yield_now(&call.vcpu);
            Ok(0)
        }
        SCHEDOP_BLOCK => {
            block(call);
            Ok(0)
        }
        SCHEDOP_POLL => {
            let request = call.read(arg.cast())?;
            poll(call, request)
        }
        SCHEDOP_SHUTDOWN => {
            let request: Shutdown = call.read(arg.cast())?;
            if request.reason > SHUTDOWN_MAX {
                return Err(Errno::EINVAL);
            }
            call.domain.shut_down(request.reason);
            Ok(0)
        }
        SCHEDOP_SHUTDOWN_CODE => {
            let request: Shutdown = call.read(arg.cast())?;
            call.domain.lifecycle.note_reason(request.reason);
            Ok(0)
        }
        SCHEDOP_REMOTE_SHUTDOWN => {
            let request: RemoteShutdown = call.read(arg.cast())?;
            call.require_privilege()?;
            let target = call.domain_of(request.domain_id)?;
            if request.reason > SHUTDOWN_MAX {
                return Err(Errno::EINVAL);
            }
            target.shut_down(request.reason);
            Ok(0)
        }
        SCHEDOP_WATCHDOG => {
            let request = call.read(arg.cast())?;
            watchdog(call, request)
        }
        SCHEDOP_PIN_OVERRIDE => {
            let _request: PinOverride = call.read(arg.cast())?;
            call.require_privilege()?;
            Err(Errno::ENOSYS)
        }
        _ => Err(Errno::ENOSYS),
    }
}

/// Waits for an event, unless one is pending already.
fn block(call: &mut Call) {
    let Some(info) = &call.state.pv.info else {
        return;
    };
    info.mask.store(0, Ordering::Release);
    call.vcpu.stopped.fetch_or(stop::BLOCKED, Ordering::AcqRel);
    // Sending sets pending first and looks for a sleeper after, so one of the two sees the other.
    if info.pending.load(Ordering::Acquire) != 0 {
        call.vcpu
            .stopped
            .fetch_and(!stop::BLOCKED, Ordering::AcqRel);
        return;
    }
    schedule::reconsider(&call.vcpu);
    our_cpu::ask_to_reschedule(cpu::this());
}

/// Waits for certain ports, masked or not, or a time.
fn poll(call: &mut Call, request: Poll) -> Result<u64, Errno> {
    if request.nr_ports > MAX_POLL_PORTS {
        return Err(Errno::EINVAL);
    }
    let mut ports = [Port(0); MAX_POLL_PORTS as usize];
    let ports = ports
        .get_mut(..request.nr_ports as usize)
        .ok_or(Errno::EINVAL)?;
    for (index, port) in (0u64..).zip(ports.iter_mut()) {
        *port = Port(call.read(request.ports.offset(index))?);
    }
    call.vcpu.stopped.fetch_or(stop::POLLING, Ordering::SeqCst);
    let answer = call.domain.events.poll(call, ports);
    let upcall_due = call
        .state
        .pv
        .info
        .as_ref()
        .is_some_and(|info| info.upcall_due());
    let expired = request.timeout != 0 && request.timeout <= time::now_ns();
    if answer != Ok(event_channel::Poll::Wait) || upcall_due || expired {
        call.vcpu
            .stopped
            .fetch_and(!stop::POLLING, Ordering::AcqRel);
        call.domain.events.stop_poll(&call.vcpu);
        return answer.map(|_| 0);
    }
    if request.timeout != 0 {
        time::set_poll_end(&call.vcpu, Some(request.timeout));
    }
    schedule::reconsider(&call.vcpu);
    our_cpu::ask_to_reschedule(cpu::this());
    Ok(0)
}

/// Sets (id 0: a free one), renews or stops (timeout 0) a watchdog.
fn watchdog(call: &mut Call, request: Watchdog) -> Result<u64, Errno> {
    let in_use = &call.domain.lifecycle.watchdogs;
    let deadline = |seconds: u32| {
        time::now_ns().saturating_add(u64::from(seconds).saturating_mul(1_000_000_000))
    };
    if request.id == 0 {
        if request.timeout == 0 {
            return Err(Errno::EINVAL);
        }
        let slot = (0..WATCHDOGS)
            .find(|slot| in_use.fetch_or(1 << slot, Ordering::AcqRel) & 1 << slot == 0)
            .ok_or(Errno::ENOSPC)?;
        time::set_watchdog(&call.domain, slot, Some(deadline(request.timeout)));
        return Ok(u64::from(slot).wrapping_add(1));
    }
    let slot = request.id.wrapping_sub(1);
    if slot >= WATCHDOGS {
        return Err(Errno::EINVAL);
    }
    if in_use.load(Ordering::Acquire) & 1 << slot == 0 {
        return Err(Errno::EINVAL);
    }
    if request.timeout == 0 {
        in_use.fetch_and(!(1 << slot), Ordering::AcqRel);
        time::set_watchdog(&call.domain, slot, None);
    } else {
        time::set_watchdog(&call.domain, slot, Some(deadline(request.timeout)));
    }
    Ok(0)
}

/// `set_timer_op`: the singleshot timer, 0 to stop it.
pub fn set_timer_op(call: &mut Call, deadline: u64) -> Result<u64, Errno> {
    time::set_singleshot(&call.vcpu, (deadline != 0).then_some(deadline));
    Ok(0)
}
