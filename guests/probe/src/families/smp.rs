//! A second vCPU: bringing it up, taking it down, and events between the two.
//!
//! Needs a domain with two vCPUs; with one, the probes pass without having asked.

use crate::ask::Outcome;
use crate::families::events::{close, ipi, quiet, send, virq};
use core::sync::atomic::{AtomicU64, Ordering::SeqCst};
use kit::hypercall::{control_op, mmuext_op, ptr, sched_op, vcpu_op};
use kit::memory::Page;
use kit::smp::{self, Context, context_word};
use kit::xen::*;
use kit::{call, cpu, events, start, time};

family!("smp":
    initialise_refuses, up_needs_initialise, second_vcpu_runs, is_up, initialise_once,
    wrong_states, it_has_its_own_info, it_has_its_own_clock, ipi_reaches_it, event_moves_to_it,
    timer_of_its_own, it_takes_traps, flush_reaches_it, nmi_reaches_it, yields_do_not_starve,
    down_and_up_again,
);

/// What vCPU 1 is asked to do, and what it answered.
static ORDER: AtomicU64 = AtomicU64::new(0);
static REPLY: AtomicU64 = AtomicU64::new(0);
static ROUNDS: AtomicU64 = AtomicU64::new(0);
mod order {
    pub const NOTHING: u64 = 0;
    pub const ECHO: u64 = 1;
    pub const CLOCK: u64 = 2;
    pub const WAIT_FOR_EVENT: u64 = 3;
    pub const TIMER: u64 = 4;
    pub const TRAP: u64 = 5;
    pub const DOWN: u64 = 6;
}
const LIMIT_NS: u64 = 3_000_000_000;

extern "C" fn second(argument: u64) -> ! {
    REPLY.store(argument, SeqCst);
    loop {
        ROUNDS.fetch_add(1, SeqCst);
        let reply = match ORDER.load(SeqCst) {
            order::ECHO => smp::this_vcpu() as u64,
            order::CLOCK => time::now_ns(),
            order::WAIT_FOR_EVENT => {
                events::set_mask(false);
                let before = events::upcalls();
                let came = time::wait_for(LIMIT_NS, || {
                    events::upcalls() != before || events::upcall_pending(1)
                });
                events::unmask_and_deliver();
                events::set_mask(true);
                u64::from(came)
            }
            order::TIMER => {
                let mut arg = [time::now_ns() + 2_000_000, 0];
                vcpu_op(VCPUOP_SET_SINGLESHOT_TIMER, 1, ptr(&mut arg)) as u64
            }
            order::TRAP => match kit::trap::catch(cpu::ud2) {
                Ok(()) => 0,
                Err(trap) => trap.vector(),
            },
            order::DOWN => {
                ORDER.store(order::NOTHING, SeqCst);
                REPLY.store(vcpu_op(VCPUOP_DOWN, 1, 0) as u64, SeqCst);
                continue;
            }
            _ => {
                cpu::relax();
                continue;
            }
        };
        REPLY.store(reply, SeqCst);
        ORDER.store(order::NOTHING, SeqCst);
    }
}
/// Gives an order and waits until it is done.
fn ask(order: u64) -> Result<u64, crate::ask::Why> {
    ORDER.store(order, SeqCst);
    let done = time::wait_for(LIMIT_NS, || {
        sched_op(SCHEDOP_YIELD, 0);
        ORDER.load(SeqCst) == order::NOTHING
    });
    holds!(done, "vCPU 1 does not answer order {order}");
    Ok(REPLY.load(SeqCst))
}
fn alone() -> bool {
    call!(VCPU_OP, VCPUOP_IS_UP, 1, 0) < 0
}

fn initialise_refuses() -> Outcome {
    if alone() {
        kit::report::info("smp", "one vCPU only");
        return Ok(());
    }
    answers!(vcpu_op(VCPUOP_INITIALISE, 4000, 0), ENOENT, "vCPU 4000");
    answers!(
        vcpu_op(VCPUOP_INITIALISE, 1, 0x1000),
        EFAULT,
        "a bad context"
    );
    let mut context = Context::for_function(1, second, 0);
    context.0[context_word::CR3] = Page::take().mfn() << 12;
    answers!(
        smp::initialise(1, &mut context),
        EINVAL,
        "no top table in cr3"
    );
    Ok(())
}
fn up_needs_initialise() -> Outcome {
    if alone() {
        return Ok(());
    }
    answers!(vcpu_op(VCPUOP_UP, 1, 0), EINVAL);
    answers!(vcpu_op(VCPUOP_IS_UP, 1, 0), 0);
    Ok(())
}
fn second_vcpu_runs() -> Outcome {
    if alone() {
        return Ok(());
    }
    answers!(smp::start(1, second, 0x5a5a), 0);
    holds!(
        time::wait_for(LIMIT_NS, || {
            sched_op(SCHEDOP_YIELD, 0);
            REPLY.load(SeqCst) == 0x5a5a
        }),
        "vCPU 1 did not start"
    );
    same!(ask(order::ECHO)?, 1);
    Ok(())
}
fn is_up() -> Outcome {
    if !alone() {
        answers!(vcpu_op(VCPUOP_IS_UP, 1, 0), 1);
    }
    Ok(())
}
fn initialise_once() -> Outcome {
    if !alone() {
        let mut context = Context::for_function(1, second, 0);
        answers!(smp::initialise(1, &mut context), EEXIST);
    }
    Ok(())
}
fn wrong_states() -> Outcome {
    if !alone() {
        answers!(vcpu_op(VCPUOP_UP, 1, 0), 0, "up of one that is up");
    }
    Ok(())
}
fn it_has_its_own_info() -> Outcome {
    if !alone() {
        holds!(events::vcpu_info(0) != events::vcpu_info(1));
        same!(events::mask_byte(1), 1, "its mask");
    }
    Ok(())
}
fn it_has_its_own_clock() -> Outcome {
    if alone() {
        return Ok(());
    }
    let before = time::now_ns();
    let its = ask(order::CLOCK)?;
    let after = time::now_ns();
    // The two agree within 100 microseconds, which is what the system time promises to nobody but us.
    holds!(
        its + 100_000 >= before && its <= after + 100_000,
        "{before}, {its}, {after}"
    );
    Ok(())
}
fn ipi_reaches_it() -> Outcome {
    if alone() {
        return Ok(());
    }
    quiet();
    let port = ipi(1)?;
    ORDER.store(order::WAIT_FOR_EVENT, SeqCst);
    time::spin_ns(1_000_000);
    answers!(send(port), 0);
    let done = time::wait_for(LIMIT_NS, || ORDER.load(SeqCst) == order::NOTHING);
    let saw = events::saw(port);
    close(port);
    quiet();
    holds!(done && REPLY.load(SeqCst) == 1, "no event came");
    holds!(saw, "another event came");
    Ok(())
}
fn event_moves_to_it() -> Outcome {
    if alone() {
        return Ok(());
    }
    quiet();
    let port = crate::families::events::alloc()?;
    let other = crate::families::events::bind_to(port)?;
    answers!(
        kit::hypercall::event_channel_op(EVTCHNOP_BIND_VCPU, &mut [port, 1]),
        0
    );
    ORDER.store(order::WAIT_FOR_EVENT, SeqCst);
    time::spin_ns(1_000_000);
    answers!(send(other), 0);
    let done = time::wait_for(LIMIT_NS, || ORDER.load(SeqCst) == order::NOTHING);
    let saw = events::saw(port);
    close(other);
    close(port);
    quiet();
    holds!(done && saw, "done {done}, seen {saw}");
    Ok(())
}
fn timer_of_its_own() -> Outcome {
    if alone() {
        return Ok(());
    }
    quiet();
    let port = virq(VIRQ_TIMER, 1)?;
    let answer = ask(order::TIMER)?;
    let fired = time::wait_for(LIMIT_NS, || events::is_pending(port));
    close(port);
    quiet();
    events::set_upcall_pending(1, false);
    events::set_pending_sel(1, 0);
    same!(answer, 0);
    holds!(fired, "its timer did not fire");
    Ok(())
}
fn it_takes_traps() -> Outcome {
    if !alone() {
        same!(ask(order::TRAP)?, 6);
    }
    Ok(())
}
fn flush_reaches_it() -> Outcome {
    if alone() {
        return Ok(());
    }
    let mut both = 3u64;
    answers!(mmuext_op(MMUEXT_TLB_FLUSH_MULTI, 0, ptr(&mut both)), 0);
    answers!(mmuext_op(MMUEXT_INVLPG_MULTI, 0x1000, ptr(&mut both)), 0);
    answers!(mmuext_op(MMUEXT_TLB_FLUSH_ALL, 0, 0), 0);
    same!(ask(order::ECHO)?, 1);
    Ok(())
}
fn nmi_reaches_it() -> Outcome {
    if alone() {
        return Ok(());
    }
    static NMIS: AtomicU64 = AtomicU64::new(0);
    fn hook(trap: &mut kit::trap::Trap) -> bool {
        let nmi = trap.vector() == kit::trap::entry_vector::NMI;
        if nmi {
            NMIS.fetch_add(1, SeqCst);
        }
        nmi
    }
    let entry = kit::trap::Entry::Nmi.address();
    answers!(kit::hypercall::register_callback(CALLBACK_NMI, 0, entry), 0);
    kit::trap::set_hook(Some(hook));
    // Only vCPU 0 has a callback for it.
    answers!(vcpu_op(VCPUOP_SEND_NMI, 0, 0), 0);
    let came = time::wait_for(LIMIT_NS, || NMIS.load(SeqCst) == 1);
    let asked = start::is_dom0().then(|| send_trigger(0, 0));
    let came_again = asked.is_none() || time::wait_for(LIMIT_NS, || NMIS.load(SeqCst) == 2);
    // Whatever became of them, the next probe takes its own traps.
    kit::trap::set_hook(None);
    holds!(came, "no NMI came");
    if let Some(answer) = asked {
        answers!(answer, 0);
        holds!(came_again, "no NMI came by domctl");
        answers!(send_trigger(0, 77), ESRCH, "an NMI for no vCPU");
        for (trigger, answer) in [
            (1, ENOSYS),
            (2, ENOSYS),
            (3, EINVAL),
            (4, EINVAL),
            (5, ENOSYS),
        ] {
            answers!(send_trigger(trigger, 0), answer, "trigger {trigger}");
        }
    }
    Ok(())
}
/// `XEN_DOMCTL_sendtrigger` to dom0 itself.
fn send_trigger(trigger: u64, vcpu: u64) -> i64 {
    control_op(DOMCTL, 28, DOMCTL_VERSION, &[0, trigger | vcpu << 32])
}
fn yields_do_not_starve() -> Outcome {
    if alone() {
        return Ok(());
    }
    let before = ROUNDS.load(SeqCst);
    let runs = time::wait_for(LIMIT_NS, || {
        sched_op(SCHEDOP_YIELD, 0);
        ROUNDS.load(SeqCst) > before + 1000
    });
    holds!(runs, "vCPU 1 stands still");
    Ok(())
}
fn down_and_up_again() -> Outcome {
    if alone() {
        return Ok(());
    }
    ORDER.store(order::DOWN, SeqCst);
    holds!(
        time::wait_for(LIMIT_NS, || vcpu_op(VCPUOP_IS_UP, 1, 0) == 0),
        "it stays up"
    );
    let still = ROUNDS.load(SeqCst);
    time::spin_ns(2_000_000);
    same!(ROUNDS.load(SeqCst), still, "rounds while down");
    // Up again it goes on behind its hypercall.
    answers!(vcpu_op(VCPUOP_UP, 1, 0), 0);
    same!(ask(order::ECHO)?, 1);
    ORDER.store(order::DOWN, SeqCst);
    holds!(time::wait_for(LIMIT_NS, || vcpu_op(VCPUOP_IS_UP, 1, 0) == 0));
    Ok(())
}
