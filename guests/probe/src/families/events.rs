//! Event channels under the 2-level rules: ports, their states, masks, delivery, order.

use crate::ask::Outcome;
use kit::hypercall::{self, event_channel_op};
use kit::xen::*;
use kit::{call, events, start};

family!("events":
    port_zero_is_never_given, lowest_free_port, alloc_unbound_status, bind_interdomain_to_oneself,
    bind_refuses_strangers, send_sets_the_three_bits, send_on_the_other_end, send_needs_a_port,
    masked_port_stays_quiet, unmask_delivers, unmask_of_nothing, upcall_when_mask_opens,
    upcall_order_is_by_port, upcall_once_for_many, no_upcall_while_masked, handler_runs_masked,
    pending_group_without_upcall, close_makes_unbound, close_clears_pending, close_refuses,
    bind_ipi_status, bind_virq_status, bind_virq_twice, bind_virq_unknown, global_virq_on_vcpu_0,
    bind_vcpu, status_refuses, reset_frees_ports, priority_needs_fifo, bind_pirq_refuses,
    port_numbers_beyond,
);

pub const SELF: u16 = DOMID_SELF as u16;

pub fn alloc() -> Result<u32, crate::ask::Why> {
    let mut arg = EvtchnAllocUnbound {
        dom: SELF,
        remote_dom: SELF,
        port: 0,
    };
    answers!(
        event_channel_op(EVTCHNOP_ALLOC_UNBOUND, &mut arg),
        0,
        "alloc_unbound"
    );
    Ok(arg.port)
}
pub fn bind_to(port: u32) -> Result<u32, crate::ask::Why> {
    let mut arg = EvtchnBindInterdomain {
        remote_dom: SELF,
        remote_port: port,
        ..Default::default()
    };
    answers!(
        event_channel_op(EVTCHNOP_BIND_INTERDOMAIN, &mut arg),
        0,
        "bind_interdomain"
    );
    Ok(arg.local_port)
}
pub fn ipi(vcpu: u32) -> Result<u32, crate::ask::Why> {
    let mut arg = [vcpu, 0u32];
    answers!(event_channel_op(EVTCHNOP_BIND_IPI, &mut arg), 0, "bind_ipi");
    Ok(arg[1])
}
pub fn virq(virq: u32, vcpu: u32) -> Result<u32, crate::ask::Why> {
    let mut arg = EvtchnBindVirq {
        virq,
        vcpu,
        port: 0,
    };
    answers!(
        event_channel_op(EVTCHNOP_BIND_VIRQ, &mut arg),
        0,
        "bind_virq"
    );
    Ok(arg.port)
}
pub fn close(port: u32) -> i64 {
    let mut port = port;
    event_channel_op(EVTCHNOP_CLOSE, &mut port)
}
pub fn send(port: u32) -> i64 {
    let mut port = port;
    event_channel_op(EVTCHNOP_SEND, &mut port)
}
pub fn unmask(port: u32) -> i64 {
    let mut port = port;
    event_channel_op(EVTCHNOP_UNMASK, &mut port)
}
pub fn status(port: u32) -> (i64, EvtchnStatus) {
    let mut arg = EvtchnStatus {
        dom: SELF,
        port,
        ..Default::default()
    };
    let answer = event_channel_op(EVTCHNOP_STATUS, &mut arg);
    (answer, arg)
}
/// Nothing pending, upcalls masked.
pub fn quiet() {
    events::set_mask(true);
    for word in 0..64 {
        events::pending_word(word).store(0, core::sync::atomic::Ordering::SeqCst);
    }
    events::set_pending_sel(0, 0);
    events::set_upcall_pending(0, false);
    events::forget_seen();
}
/// Lets upcalls come for a moment.
fn open_for_a_moment() {
    events::unmask_and_deliver();
    events::set_mask(true);
}

fn port_zero_is_never_given() -> Outcome {
    let (first, second) = (alloc()?, alloc()?);
    holds!(
        first != 0 && second != 0 && first != second,
        "ports {first} and {second}"
    );
    answers!(close(first), 0);
    answers!(close(second), 0);
    answers!(send(0), EINVAL, "send to port 0");
    answers!(close(0), EINVAL, "close of port 0");
    Ok(())
}
fn lowest_free_port() -> Outcome {
    let (first, second) = (alloc()?, alloc()?);
    answers!(close(first), 0);
    let again = alloc()?;
    answers!(close(again), 0);
    answers!(close(second), 0);
    same!(again, first);
    Ok(())
}
fn alloc_unbound_status() -> Outcome {
    let port = alloc()?;
    let (answer, state) = status(port);
    answers!(close(port), 0);
    answers!(answer, 0);
    same!(state.status, EVTCHNSTAT_UNBOUND);
    same!(state.vcpu, 0);
    if start::is_dom0() {
        same!(state.u[0] as u16, 0, "the domain that may bind");
    }
    Ok(())
}
fn bind_interdomain_to_oneself() -> Outcome {
    let port = alloc()?;
    let other = bind_to(port)?;
    let (states, answers) = ([status(port), status(other)], [close(other), close(port)]);
    for (answer, state) in states {
        answers!(answer, 0);
        same!(state.status, EVTCHNSTAT_INTERDOMAIN);
    }
    same!(
        [states[0].1.u[1], states[1].1.u[1]],
        [other, port],
        "the ends name each other"
    );
    same!(answers, [0, 0]);
    Ok(())
}
fn bind_refuses_strangers() -> Outcome {
    let port = ipi(0)?;
    let mut arg = EvtchnBindInterdomain {
        remote_dom: SELF,
        remote_port: port,
        ..Default::default()
    };
    let to_ipi = event_channel_op(EVTCHNOP_BIND_INTERDOMAIN, &mut arg);
    arg.remote_port = 0;
    let to_zero = event_channel_op(EVTCHNOP_BIND_INTERDOMAIN, &mut arg);
    arg.remote_port = 3000;
    let to_closed = event_channel_op(EVTCHNOP_BIND_INTERDOMAIN, &mut arg);
    answers!(close(port), 0);
    same!([to_ipi, to_zero, to_closed], [EINVAL, EINVAL, EINVAL]);
    Ok(())
}
fn send_sets_the_three_bits() -> Outcome {
    quiet();
    let port = ipi(0)?;
    answers!(send(port), 0);
    let seen = (
        events::is_pending(port),
        events::pending_sel(0),
        events::upcall_pending(0),
    );
    quiet();
    answers!(close(port), 0);
    same!(seen, (true, 1 << (port / 64), true));
    Ok(())
}
fn send_on_the_other_end() -> Outcome {
    quiet();
    let port = alloc()?;
    let other = bind_to(port)?;
    quiet();
    answers!(send(other), 0);
    let seen = [events::is_pending(port), events::is_pending(other)];
    quiet();
    answers!(close(other), 0);
    answers!(close(port), 0);
    same!(seen, [true, false]);
    Ok(())
}
fn send_needs_a_port() -> Outcome {
    let port = alloc()?;
    // Nobody is at the other end: silently nothing.
    answers!(send(port), 0, "send to an unbound port");
    answers!(close(port), 0);
    answers!(send(port), EINVAL, "send to a closed port");
    answers!(send(5000), EINVAL, "send to a port beyond");
    let virq = virq(VIRQ_DEBUG, 0)?;
    answers!(send(virq), EINVAL, "send to a virq");
    answers!(close(virq), 0);
    quiet();
    Ok(())
}
fn masked_port_stays_quiet() -> Outcome {
    quiet();
    let port = ipi(0)?;
    events::mask_port(port);
    answers!(send(port), 0);
    let seen = (
        events::is_pending(port),
        events::pending_sel(0),
        events::upcall_pending(0),
    );
    events::unmask_port_quietly(port);
    quiet();
    answers!(close(port), 0);
    same!(
        seen,
        (true, 0, false),
        "pending, group, upcall of a masked port"
    );
    Ok(())
}
fn unmask_delivers() -> Outcome {
    quiet();
    let port = ipi(0)?;
    events::mask_port(port);
    answers!(send(port), 0);
    answers!(unmask(port), 0);
    let seen = (
        events::is_masked(port),
        events::pending_sel(0) != 0,
        events::upcall_pending(0),
    );
    quiet();
    answers!(close(port), 0);
    same!(seen, (false, true, true));
    Ok(())
}
fn unmask_of_nothing() -> Outcome {
    quiet();
    let port = ipi(0)?;
    answers!(unmask(port), 0, "an unmasked port that is not pending");
    let upcall = events::upcall_pending(0);
    answers!(close(port), 0);
    same!(upcall, false);
    answers!(unmask(5000), EINVAL, "a port beyond");
    Ok(())
}
fn upcall_when_mask_opens() -> Outcome {
    quiet();
    let port = ipi(0)?;
    let before = events::upcalls();
    answers!(send(port), 0);
    same!(events::upcalls(), before, "upcalls while masked");
    open_for_a_moment();
    let after = events::upcalls();
    let saw = events::saw(port);
    quiet();
    answers!(close(port), 0);
    same!([after - before, saw.into()], [1, 1]);
    Ok(())
}
fn upcall_order_is_by_port() -> Outcome {
    quiet();
    let ports = [ipi(0)?, ipi(0)?, ipi(0)?];
    for port in [ports[2], ports[0], ports[1]] {
        answers!(send(port), 0);
    }
    open_for_a_moment();
    let seen = [0, 1, 2].map(events::seen);
    quiet();
    for port in ports {
        answers!(close(port), 0);
    }
    same!(seen, ports.map(Some));
    Ok(())
}
fn upcall_once_for_many() -> Outcome {
    quiet();
    let port = ipi(0)?;
    let before = events::upcalls();
    for _ in 0..5 {
        answers!(send(port), 0);
    }
    open_for_a_moment();
    let count = events::upcalls() - before;
    let seen = events::seen_count();
    quiet();
    answers!(close(port), 0);
    same!([count, seen], [1, 1]);
    Ok(())
}
fn no_upcall_while_masked() -> Outcome {
    quiet();
    let port = ipi(0)?;
    let before = events::upcalls();
    answers!(send(port), 0);
    hypercall::xen_version(XENVER_VERSION, 0);
    let count = events::upcalls() - before;
    quiet();
    answers!(close(port), 0);
    same!(count, 0);
    Ok(())
}
fn handler_runs_masked() -> Outcome {
    use core::sync::atomic::{AtomicU64, Ordering::SeqCst};
    static SEEN: AtomicU64 = AtomicU64::new(0);
    fn hook(trap: &mut kit::trap::Trap) -> bool {
        if trap.vector() != kit::trap::entry_vector::EVENT {
            return false;
        }
        // The mask now, the mask saved, and whether more is asked of us.
        SEEN.store(1 << 8 | trap.mask << 4 | trap.frame.saved_mask(), SeqCst);
        events::set_upcall_pending(0, false);
        true
    }
    quiet();
    let port = ipi(0)?;
    kit::trap::set_hook(Some(hook));
    answers!(send(port), 0);
    open_for_a_moment();
    kit::trap::set_hook(None);
    quiet();
    answers!(close(port), 0);
    same!(SEEN.load(SeqCst), 0x110, "seen, masked within, open before");
    Ok(())
}
fn pending_group_without_upcall() -> Outcome {
    // The upcall's flag alone decides; an upcall with nothing pending does no harm.
    quiet();
    let before = events::upcalls();
    events::set_upcall_pending(0, true);
    open_for_a_moment();
    let count = events::upcalls() - before;
    quiet();
    same!(count, 1);
    Ok(())
}
fn close_makes_unbound() -> Outcome {
    let port = alloc()?;
    let other = bind_to(port)?;
    answers!(close(other), 0);
    let (answer, state) = status(port);
    answers!(close(port), 0);
    answers!(answer, 0);
    same!(state.status, EVTCHNSTAT_UNBOUND);
    quiet();
    Ok(())
}
fn close_clears_pending() -> Outcome {
    quiet();
    let port = ipi(0)?;
    answers!(send(port), 0);
    answers!(close(port), 0);
    let pending = events::is_pending(port);
    quiet();
    same!(pending, false, "the pending bit after close");
    Ok(())
}
fn close_refuses() -> Outcome {
    answers!(close(3000), EINVAL, "a port that is not open");
    answers!(close(100_000), EINVAL, "a port beyond");
    Ok(())
}
fn bind_ipi_status() -> Outcome {
    let port = ipi(0)?;
    let (answer, state) = status(port);
    answers!(close(port), 0);
    answers!(answer, 0);
    same!([state.status, state.vcpu], [EVTCHNSTAT_IPI, 0]);
    let mut arg = [4000u32, 0];
    answers!(
        event_channel_op(EVTCHNOP_BIND_IPI, &mut arg),
        ENOENT,
        "vCPU 4000"
    );
    Ok(())
}
fn bind_virq_status() -> Outcome {
    let port = virq(VIRQ_TIMER, 0)?;
    let (answer, state) = status(port);
    answers!(close(port), 0);
    answers!(answer, 0);
    same!([state.status, state.u[0]], [EVTCHNSTAT_VIRQ, VIRQ_TIMER]);
    Ok(())
}
fn bind_virq_twice() -> Outcome {
    let port = virq(VIRQ_TIMER, 0)?;
    let mut arg = EvtchnBindVirq {
        virq: VIRQ_TIMER,
        vcpu: 0,
        port: 0,
    };
    let again = event_channel_op(EVTCHNOP_BIND_VIRQ, &mut arg);
    answers!(close(port), 0);
    answers!(again, EEXIST);
    Ok(())
}
fn bind_virq_unknown() -> Outcome {
    let bind = |virq, vcpu| {
        event_channel_op(
            EVTCHNOP_BIND_VIRQ,
            &mut EvtchnBindVirq {
                virq,
                vcpu,
                port: 0,
            },
        )
    };
    answers!(bind(24, 0), EINVAL, "virq 24");
    answers!(bind(VIRQ_TIMER, 4000), ENOENT, "vCPU 4000");
    Ok(())
}
fn global_virq_on_vcpu_0() -> Outcome {
    if !start::is_dom0() || call!(VCPU_OP, VCPUOP_IS_UP, 1, 0) < 0 {
        return Ok(());
    }
    let mut arg = EvtchnBindVirq {
        virq: VIRQ_DOM_EXC,
        vcpu: 1,
        port: 0,
    };
    answers!(event_channel_op(EVTCHNOP_BIND_VIRQ, &mut arg), EINVAL);
    Ok(())
}
fn bind_vcpu() -> Outcome {
    let port = alloc()?;
    let bind = |port: u32, vcpu: u32| event_channel_op(EVTCHNOP_BIND_VCPU, &mut [port, vcpu]);
    let first = bind(port, 0);
    let beyond = bind(port, 4000);
    answers!(close(port), 0);
    answers!(first, 0);
    answers!(beyond, ENOENT);
    let ipi = ipi(0)?;
    let of_ipi = bind(ipi, 0);
    answers!(close(ipi), 0);
    answers!(of_ipi, EINVAL, "an IPI stays where it was bound");
    answers!(bind(3000, 0), EINVAL, "a closed port");
    Ok(())
}
fn status_refuses() -> Outcome {
    // A port of the table that was never opened may be beyond what the table has now.
    answers!(status(100_000).0, EINVAL);
    let mut arg = EvtchnStatus {
        dom: 77,
        port: 1,
        ..Default::default()
    };
    answers!(event_channel_op(EVTCHNOP_STATUS, &mut arg), ESRCH);
    let port = alloc()?;
    answers!(close(port), 0);
    let (answer, state) = status(port);
    answers!(answer, 0);
    same!(state.status, EVTCHNSTAT_CLOSED);
    Ok(())
}
fn reset_frees_ports() -> Outcome {
    let port = alloc()?;
    let mut dom = SELF;
    answers!(event_channel_op(EVTCHNOP_RESET, &mut dom), 0);
    same!(status(port).1.status, EVTCHNSTAT_CLOSED);
    quiet();
    Ok(())
}
fn priority_needs_fifo() -> Outcome {
    let port = alloc()?;
    let answer = event_channel_op(EVTCHNOP_SET_PRIORITY, &mut [port, 3]);
    answers!(close(port), 0);
    answers!(answer, ENOSYS);
    let mut gfn = kit::memory::Page::take().mfn();
    answers!(
        event_channel_op(EVTCHNOP_EXPAND_ARRAY, &mut gfn),
        EOPNOTSUPP
    );
    Ok(())
}
fn bind_pirq_refuses() -> Outcome {
    answers!(
        event_channel_op(EVTCHNOP_BIND_PIRQ, &mut [100_000u32, 0, 0]),
        EINVAL
    );
    Ok(())
}
fn port_numbers_beyond() -> Outcome {
    // 2-level tables have 4096 ports; a domain may be given fewer.
    for port in [4096, 131_072, u32::MAX] {
        answers!(send(port), EINVAL, "send {port}");
        answers!(close(port), EINVAL, "close {port}");
    }

    Ok(())
}
