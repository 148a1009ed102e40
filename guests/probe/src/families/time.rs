//! Time: the clock of a vCPU, its timers, its run states, and waiting.

use crate::ask::Outcome;
use crate::families::events::{close, ipi, quiet, send, virq};
use kit::hypercall::{ptr, sched_op, vcpu_op};
use kit::xen::*;
use kit::{call, cpu, events, start, time};

family!("time":
    clock_runs_forward, clock_version_is_even, clock_agrees_with_the_tsc, wall_clock_is_set,
    wall_clock_can_be_set, set_timer_fires, set_timer_in_the_past_fires, set_timer_zero_cancels,
    singleshot_fires, singleshot_in_the_past_fires, singleshot_in_the_past_and_future_flag,
    singleshot_stops, singleshot_needs_its_vcpu, periodic_fires_again, periodic_bounds,
    timer_wakes_a_blocked_vcpu, block_returns_when_pending, block_opens_the_mask,
    poll_pending_port, poll_times_out, poll_wakes_by_event, poll_refuses, poll_many_ports,
    yield_returns, runstate_adds_up, runstate_area, runstate_area_update_flag,
    runstate_area_refuses, time_area, vcpu_info_moves_once, watchdog_handles, physid,
    shutdown_code_is_kept,
);

const MS: u64 = 1_000_000;

/// Runs `f` with the timer's port bound and no upcalls.
fn with_timer(f: impl FnOnce(u32) -> Outcome) -> Outcome {
    quiet();
    let port = virq(VIRQ_TIMER, 0)?;
    let outcome = f(port);
    call!(SET_TIMER_OP, 0);
    vcpu_op(VCPUOP_STOP_SINGLESHOT_TIMER, 0, 0);
    vcpu_op(VCPUOP_STOP_PERIODIC_TIMER, 0, 0);
    close(port);
    quiet();
    outcome
}
/// Waits for a pending port; how late after `deadline` it was seen.
fn wait_pending(port: u32, limit_ns: u64) -> bool {
    time::wait_for(limit_ns, || events::is_pending(port))
}
fn singleshot(deadline: u64, flags: u64) -> i64 {
    let mut arg = [deadline, flags];
    vcpu_op(VCPUOP_SET_SINGLESHOT_TIMER, 0, ptr(&mut arg))
}

fn clock_runs_forward() -> Outcome {
    let mut last = 0;
    for _ in 0..20_000 {
        let now = time::now_ns();
        holds!(now >= last, "{now} after {last}");
        last = now;
    }
    Ok(())
}
fn clock_version_is_even() -> Outcome {
    let (version, _) = events::clock_version(0);
    same!(version & 1, 0);
    holds!(version != 0, "never written");
    Ok(())
}
fn clock_agrees_with_the_tsc() -> Outcome {
    let (clock, t0, n0) = (events::clock(0), cpu::rdtsc(), time::now_ns());
    holds!(
        clock.khz() > 100_000 && clock.khz() < 10_000_000,
        "{} kHz",
        clock.khz()
    );
    time::spin_ns(5 * MS);
    let (t1, n1) = (cpu::rdtsc(), time::now_ns());
    let by_tsc = (t1 - t0) / (clock.khz() / 1000) * 1000;
    let difference = by_tsc.abs_diff(n1 - n0);
    holds!(
        difference < (n1 - n0) / 50 + 20_000,
        "{by_tsc} ns by the TSC, {} by the clock",
        n1 - n0
    );
    Ok(())
}
fn wall_clock_is_set() -> Outcome {
    let [version, seconds, nanoseconds, high] = events::wall_clock();
    same!(version & 1, 0);
    same!(high, 0);
    holds!(nanoseconds < 1_000_000_000);
    holds!(seconds > 1_500_000_000, "{seconds} seconds since 1970");
    Ok(())
}
fn wall_clock_can_be_set() -> Outcome {
    if !start::is_dom0() {
        return Ok(());
    }
    let [version, seconds, ..] = events::wall_clock();
    // settime64: seconds, nanoseconds and padding, system time.
    let now = time::now_ns();
    let mut op = [
        62 | 0x0300_0001 << 32,
        2_000_000_000,
        7,
        now,
        0,
        0,
        0,
        0,
        0,
        0,
        0,
        0,
        0,
        0,
        0,
        0,
        0,
    ];
    answers!(call!(PLATFORM_OP, ptr(&mut op)), 0);
    let [after, moved, ..] = events::wall_clock();
    // What is kept is the time at the hypervisor's boot.
    let boot = 2_000_000_000 - now / 1_000_000_000;
    holds!(
        u64::from(moved).abs_diff(boot) <= 1,
        "{moved} instead of {boot}"
    );
    holds!(
        after.wrapping_sub(version) >= 2 && after & 1 == 0,
        "version {version}, then {after}"
    );
    op[1] = u64::from(seconds) + now / 1_000_000_000;
    answers!(call!(PLATFORM_OP, ptr(&mut op)), 0);
    Ok(())
}
fn set_timer_fires() -> Outcome {
    with_timer(|port| {
        let deadline = time::now_ns() + 2 * MS;
        answers!(call!(SET_TIMER_OP, deadline), 0);
        holds!(
            !events::is_pending(port) || time::now_ns() >= deadline,
            "it fired at once"
        );
        holds!(wait_pending(port, 200 * MS), "it never fired");
        holds!(time::now_ns() >= deadline, "it fired early");
        Ok(())
    })
}
fn set_timer_in_the_past_fires() -> Outcome {
    with_timer(|port| {
        answers!(call!(SET_TIMER_OP, time::now_ns() - MS), 0);
        holds!(wait_pending(port, 100 * MS), "it never fired");
        Ok(())
    })
}
fn set_timer_zero_cancels() -> Outcome {
    with_timer(|port| {
        answers!(call!(SET_TIMER_OP, time::now_ns() + 50 * MS), 0);
        answers!(call!(SET_TIMER_OP, 0), 0);
        holds!(!wait_pending(port, 70 * MS), "it fired");
        Ok(())
    })
}
fn singleshot_fires() -> Outcome {
    with_timer(|port| {
        let deadline = time::now_ns() + 2 * MS;
        answers!(singleshot(deadline, 0), 0);
        holds!(wait_pending(port, 200 * MS), "it never fired");
        holds!(time::now_ns() >= deadline, "it fired early");
        events::clear_pending(port);
        holds!(!wait_pending(port, 5 * MS), "it fired again");
        Ok(())
    })
}
fn singleshot_in_the_past_fires() -> Outcome {
    with_timer(|port| {
        answers!(singleshot(1, 0), 0);
        holds!(wait_pending(port, 100 * MS), "it never fired");
        Ok(())
    })
}
fn singleshot_in_the_past_and_future_flag() -> Outcome {
    with_timer(|port| {
        // The flag asked for an error once; 4.20 takes no notice of it.
        answers!(singleshot(1, 1), 0);
        holds!(wait_pending(port, 100 * MS), "it never fired");
        events::clear_pending(port);
        answers!(singleshot(time::now_ns() + 2 * MS, 1), 0);
        holds!(wait_pending(port, 100 * MS), "it never fired");
        Ok(())
    })
}
fn singleshot_stops() -> Outcome {
    with_timer(|port| {
        answers!(singleshot(time::now_ns() + 50 * MS, 0), 0);
        answers!(vcpu_op(VCPUOP_STOP_SINGLESHOT_TIMER, 0, 0), 0);
        holds!(!wait_pending(port, 70 * MS), "it fired");
        Ok(())
    })
}
fn singleshot_needs_its_vcpu() -> Outcome {
    if call!(VCPU_OP, VCPUOP_IS_UP, 1, 0) < 0 {
        return Ok(());
    }
    let mut arg = [time::now_ns() + MS, 0];
    answers!(
        vcpu_op(VCPUOP_SET_SINGLESHOT_TIMER, 1, ptr(&mut arg)),
        EINVAL
    );
    answers!(vcpu_op(VCPUOP_STOP_SINGLESHOT_TIMER, 1, 0), EINVAL);
    Ok(())
}
fn periodic_fires_again() -> Outcome {
    with_timer(|port| {
        let mut period = 2 * MS;
        answers!(vcpu_op(VCPUOP_SET_PERIODIC_TIMER, 0, ptr(&mut period)), 0);
        for _ in 0..3 {
            holds!(wait_pending(port, 200 * MS), "it did not fire");
            events::clear_pending(port);
        }
        answers!(vcpu_op(VCPUOP_STOP_PERIODIC_TIMER, 0, 0), 0);
        events::clear_pending(port);
        holds!(!wait_pending(port, 8 * MS), "it fired after the stop");
        Ok(())
    })
}
fn periodic_bounds() -> Outcome {
    let set = |period: u64| vcpu_op(VCPUOP_SET_PERIODIC_TIMER, 0, ptr(&mut { period }));
    answers!(set(999_999), EINVAL, "less than a millisecond");
    answers!(set(1 << 62), EINVAL, "146 years");
    answers!(set(MS), 0, "a millisecond");
    answers!(vcpu_op(VCPUOP_STOP_PERIODIC_TIMER, 0, 0), 0);
    Ok(())
}
fn timer_wakes_a_blocked_vcpu() -> Outcome {
    with_timer(|port| {
        let deadline = time::now_ns() + 5 * MS;
        answers!(singleshot(deadline, 0), 0);
        events::forget_seen();
        // Block opens the mask; the callback takes the event and the call returns.
        answers!(sched_op(SCHEDOP_BLOCK, 0), 0);
        events::set_mask(true);
        holds!(time::now_ns() >= deadline, "it woke early");
        holds!(events::saw(port), "no upcall for the timer");
        Ok(())
    })
}
fn block_returns_when_pending() -> Outcome {
    quiet();
    let port = ipi(0)?;
    answers!(send(port), 0);
    let before = time::now_ns();
    answers!(sched_op(SCHEDOP_BLOCK, 0), 0);
    events::set_mask(true);
    let took = time::now_ns() - before;
    let saw = events::saw(port);
    close(port);
    quiet();
    holds!(saw, "no upcall");
    holds!(took < 1000 * MS);
    Ok(())
}
fn block_opens_the_mask() -> Outcome {
    quiet();
    let port = ipi(0)?;
    answers!(send(port), 0);
    answers!(sched_op(SCHEDOP_BLOCK, 0), 0);
    let mask = events::mask_byte(0);
    close(port);
    quiet();
    same!(mask, 0);
    Ok(())
}
fn poll(ports: &mut [u32], timeout: u64) -> i64 {
    let mut arg = SchedPoll {
        ports: ports.as_mut_ptr() as u64,
        nr_ports: ports.len() as u32,
        _pad: 0,
        timeout,
    };
    sched_op(SCHEDOP_POLL, ptr(&mut arg))
}
fn poll_pending_port() -> Outcome {
    quiet();
    let port = ipi(0)?;
    answers!(send(port), 0);
    let answer = poll(&mut [port], 0);
    let pending = events::is_pending(port);
    close(port);
    quiet();
    answers!(answer, 0);
    same!(pending, true, "poll leaves the event pending");
    Ok(())
}
fn poll_times_out() -> Outcome {
    quiet();
    let port = ipi(0)?;
    let deadline = time::now_ns() + 5 * MS;
    let answer = poll(&mut [port], deadline);
    let now = time::now_ns();
    close(port);
    quiet();
    answers!(answer, 0);
    holds!(now >= deadline, "it returned early");
    Ok(())
}
fn poll_wakes_by_event() -> Outcome {
    with_timer(|port| {
        // Masked at the port: poll wakes all the same, that is what it is for.
        events::mask_port(port);
        let before = time::now_ns();
        answers!(singleshot(before + 5 * MS, 0), 0);
        answers!(poll(&mut [port], before + 3000 * MS), 0);
        let now = time::now_ns();
        events::unmask_port_quietly(port);
        holds!(now >= before + 5 * MS, "it returned early");
        holds!(now < before + 2500 * MS, "it slept through");
        Ok(())
    })
}
fn poll_refuses() -> Outcome {
    answers!(poll(&mut [100_000], 0), EINVAL, "a port beyond");
    let mut arg = SchedPoll {
        ports: 0x1000,
        nr_ports: 1,
        _pad: 0,
        timeout: 0,
    };
    answers!(sched_op(SCHEDOP_POLL, ptr(&mut arg)), EFAULT, "a bad list");
    arg.nr_ports = 129;
    answers!(
        sched_op(SCHEDOP_POLL, ptr(&mut arg)),
        EINVAL,
        "too many ports"
    );
    Ok(())
}
fn poll_many_ports() -> Outcome {
    quiet();
    let ports = [ipi(0)?, ipi(0)?, ipi(0)?];
    answers!(send(ports[2]), 0);
    let answer = poll(&mut { ports }, 0);
    for port in ports {
        close(port);
    }
    quiet();
    answers!(answer, 0);
    Ok(())
}
fn yield_returns() -> Outcome {
    for _ in 0..3 {
        answers!(sched_op(SCHEDOP_YIELD, 0), 0);
    }
    Ok(())
}
fn runstate(vcpu: u64) -> (i64, RunstateInfo) {
    let mut info = RunstateInfo::default();
    (
        vcpu_op(VCPUOP_GET_RUNSTATE_INFO, vcpu, ptr(&mut info)),
        info,
    )
}
fn runstate_adds_up() -> Outcome {
    let (answer, info) = runstate(0);
    let now = time::now_ns();
    answers!(answer, 0);
    same!(info.state, 0, "running");
    let total: u64 = info.time.iter().sum();
    holds!(info.time[0] > 0);
    holds!(
        total <= now + MS,
        "{total} ns in all states, {now} since boot"
    );
    holds!(info.state_entry_time <= now);
    with_timer(|_| {
        answers!(singleshot(time::now_ns() + 5 * MS, 0), 0);
        answers!(sched_op(SCHEDOP_BLOCK, 0), 0);
        events::set_mask(true);
        let (_, after) = runstate(0);
        holds!(
            after.time[2] >= info.time[2] + 3 * MS,
            "blocked {} ns",
            after.time[2] - info.time[2]
        );
        Ok(())
    })
}
fn runstate_area() -> Outcome {
    let page = kit::memory::Page::take();
    let mut area = page.va();
    answers!(
        vcpu_op(VCPUOP_REGISTER_RUNSTATE_MEMORY_AREA, 0, ptr(&mut area)),
        0
    );
    same!(page.read(0) as u32, 0, "running at once");
    let before = page.read(1);
    with_timer(|_| {
        answers!(singleshot(time::now_ns() + 3 * MS, 0), 0);
        answers!(sched_op(SCHEDOP_BLOCK, 0), 0);
        events::set_mask(true);
        Ok(())
    })?;
    let after = page.read(1);
    area = 0;
    let off = vcpu_op(VCPUOP_REGISTER_RUNSTATE_MEMORY_AREA, 0, ptr(&mut area));
    holds!(after > before, "entry time {before}, then {after}");
    answers!(off, 0, "unregistering with a null address");
    Ok(())
}
fn runstate_area_update_flag() -> Outcome {
    let page = kit::memory::Page::take();
    let mut area = page.va();
    answers!(
        call!(VM_ASSIST, VMASST_ENABLE, VMASST_RUNSTATE_UPDATE_FLAG),
        0
    );
    answers!(
        vcpu_op(VCPUOP_REGISTER_RUNSTATE_MEMORY_AREA, 0, ptr(&mut area)),
        0
    );
    sched_op(SCHEDOP_YIELD, 0);
    let entry_time = page.read(1);
    area = 0;
    vcpu_op(VCPUOP_REGISTER_RUNSTATE_MEMORY_AREA, 0, ptr(&mut area));
    answers!(
        call!(VM_ASSIST, VMASST_DISABLE, VMASST_RUNSTATE_UPDATE_FLAG),
        0
    );
    same!(entry_time >> 63, 0, "the flag of an update under way");
    Ok(())
}
fn runstate_area_refuses() -> Outcome {
    answers!(
        vcpu_op(VCPUOP_REGISTER_RUNSTATE_MEMORY_AREA, 0, 0x1000),
        EFAULT
    );
    Ok(())
}
fn time_area() -> Outcome {
    let page = kit::memory::Page::take();
    let mut area = page.va();
    answers!(
        vcpu_op(VCPUOP_REGISTER_VCPU_TIME_MEMORY_AREA, 0, ptr(&mut area)),
        0
    );
    // The same record as in vcpu_info: a timestamp, a time, a scale.
    holds!(page.read(1) != 0 && page.read(2) != 0, "not filled");
    same!(page.read(3) as u32, events::clock(0).tsc_to_system_mul);
    area = 0;
    answers!(
        vcpu_op(VCPUOP_REGISTER_VCPU_TIME_MEMORY_AREA, 0, ptr(&mut area)),
        0
    );
    Ok(())
}
fn vcpu_info_moves_once() -> Outcome {
    quiet();
    let page = kit::memory::Page::take();
    let register = |mfn: u64, offset: u64| {
        let mut arg = [mfn, offset];
        vcpu_op(VCPUOP_REGISTER_VCPU_INFO, 0, ptr(&mut arg))
    };
    answers!(register(page.mfn(), 4096 - 32), ENXIO, "across a page");
    answers!(register(page.mfn(), 4), ENXIO, "unaligned");
    answers!(register(0xff_ffff_ffff, 0), EINVAL, "no frame");
    answers!(register(page.mfn(), 128), 0);
    events::vcpu_info_moved(0, page.va() + 128);
    same!(events::mask_byte(0), 1, "the mask moved along");
    holds!(
        events::clock(0).tsc_to_system_mul != 0,
        "no clock in the new place"
    );
    answers!(register(page.mfn(), 256), EBUSY, "a second time");
    let port = ipi(0)?;
    answers!(send(port), 0);
    let upcall = events::upcall_pending(0);
    quiet();
    close(port);
    same!(upcall, true, "an upcall in the new place");
    answers!(page.protect(kit::memory::RO), 0, "its mapping may change");
    answers!(page.protect(kit::memory::RW), 0);
    Ok(())
}
fn watchdog_handles() -> Outcome {
    let watchdog = |id: u32, seconds: u32| sched_op(SCHEDOP_WATCHDOG, ptr(&mut [id, seconds]));
    let first = watchdog(0, 60);
    answers!(first, 1, "the first handle");
    answers!(watchdog(first as u32, 60), 0, "kicked");
    answers!(watchdog(first as u32, 0), 0, "stopped");
    answers!(watchdog(1, 0), EINVAL, "stopping a stopped one");
    answers!(watchdog(9, 60), EINVAL, "a handle beyond");
    Ok(())
}
fn physid() -> Outcome {
    let mut id = 0u64;
    let answer = vcpu_op(VCPUOP_GET_PHYSID, 0, ptr(&mut id));
    // Only for a domain whose vCPUs are pinned.
    answers!(answer, EINVAL);
    Ok(())
}
fn shutdown_code_is_kept() -> Outcome {
    // The code of a later shutdown; set here to what `done` asks for anyway.
    let mut reason = if start::is_dom0() {
        SHUTDOWN_REBOOT
    } else {
        SHUTDOWN_POWEROFF
    };
    answers!(sched_op(SCHEDOP_SHUTDOWN_CODE, ptr(&mut reason)), 0);
    Ok(())
}
