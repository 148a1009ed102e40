//! The loop around a row: set up, warm up, sample, sum up, take down.
//!
//! Always: between the two readings of the TSC stands one indirect call and nothing else, for the
//! rows as for the empty one whose cost is taken off.

use crate::rows::{self, Row};
use core::hint::black_box;
use core::sync::atomic::{AtomicI64, Ordering::Relaxed};
use kit::{args, call, cpu, events, report, start, stats, trap, xen};

const WARM_UP: i64 = 16;
const MAX_SAMPLES: usize = 1001;
/// No sample of its own: the TSC difference counts.
const NO_SAMPLE: i64 = i64::MIN;
/// Where a row leaves a sample of its own.
static SAMPLE: AtomicI64 = AtomicI64::new(NO_SAMPLE);

/// Sets the sample of this round, in place of the difference of the TSC.
pub fn set_sample(value: i64) {
    SAMPLE.store(value, Relaxed);
}

/// Where a row failed: an errno, or -1000 less the vector of a trap, and the stage.
struct Failure {
    code: i64,
    stage: &'static str,
}

pub fn main() {
    let line = start::command_line();
    let version = kit::hypercall::xen_version(xen::XENVER_VERSION, 0);
    report::line(format_args!(
        "pvbench on {}.{}",
        version >> 16,
        version & 0xffff
    ));
    report::boot("entry_tsc", start::entry_tsc());
    // The callbacks that measure: a timestamp at once, and the shortest way back from user mode.
    kit::hypercall::register_callback(xen::CALLBACK_EVENT, 0, trap::Entry::QuickEvent.address());
    kit::hypercall::register_callback(
        xen::CALLBACK_SYSCALL,
        xen::CALLBACKF_MASK_EVENTS,
        trap::Entry::QuickSyscall.address(),
    );
    host_info();

    let rounds = args::number(line, "iters")
        .unwrap_or(101)
        .clamp(1, MAX_SAMPLES as u64) as usize;
    let mut samples = [0i64; MAX_SAMPLES];
    let samples = &mut samples[..rounds];
    let overhead = match run(&rows::EMPTY, 0, samples) {
        Ok(summary) => summary.median,
        Err(_) => 0,
    };
    report::info("harness_overhead", overhead);
    for row in rows::ROWS {
        if args::lists(line, "skip", row.name) {
            report::line(format_args!("BENCH {} skipped", row.name));
            continue;
        }
        report::attempt(row.name);
        match run(row, overhead, samples) {
            Ok(summary) => report::bench(row.name, summary),
            Err(Failure { code, stage }) => {
                report::line(format_args!(
                    "BENCH {} unsupported rc={code} {stage}",
                    row.name
                ));
            }
        }
    }
    report::boot("end_tsc", cpu::rdtsc());
}

/// What the hypervisor says of the machine; the sysctl version is found by trying.
fn host_info() {
    let start = start::info();
    report::info("dom0_pages", start.nr_pages);
    report::info("dom0_boot_pt_pages", start.nr_pt_frames);
    const PHYSINFO: u64 = 3;
    for version in 0x12..0x20u64 {
        let mut sysctl = [0u64; 17];
        sysctl[0] = PHYSINFO | version << 32;
        if call!(xen::SYSCTL, kit::hypercall::ptr(&mut sysctl)) != 0 {
            continue;
        }
        // physinfo starts at word 1: cpu_khz at byte 24, total pages at 40, free pages at 48.
        let (khz, total, free) = (sysctl[4] as u32, sysctl[6], sysctl[7]);
        report::info("sysctl_interface", version);
        report::info("cpu_khz", khz);
        report::info("host_total_pages", total);
        report::info("host_free_pages", free);
        report::info(
            "hypervisor_pages",
            total.wrapping_sub(free).wrapping_sub(start.nr_pages),
        );
        return;
    }
    report::info("sysctl", "unsupported");
}

#[inline(never)]
fn run(row: &Row, overhead: i64, samples: &mut [i64]) -> Result<stats::Summary, Failure> {
    // Kept from the optimiser, which would call the empty row directly and so make it cheaper.
    let row = black_box(row);
    step(row.setup, 0).map_err(|code| Failure {
        code,
        stage: "setup",
    })?;
    let outcome = sample(row, overhead, samples);
    let down = step(row.teardown, 0).map_err(|code| Failure {
        code,
        stage: "teardown",
    });
    outcome?;
    down?;
    stats::summarize(samples).ok_or(Failure {
        code: 0,
        stage: "samples",
    })
}

fn sample(row: &Row, overhead: i64, samples: &mut [i64]) -> Result<(), Failure> {
    for round in 0..WARM_UP {
        once(row, round, overhead)?;
    }
    for (round, sample) in samples.iter_mut().enumerate() {
        *sample = once(row, round as i64, overhead)?;
    }
    Ok(())
}

/// One part of a row that is not timed.
fn step(part: Option<rows::Op>, round: i64) -> Result<(), i64> {
    let Some(part) = part else { return Ok(()) };
    let answer = match trap::catch(|| part(round)) {
        Ok(answer) => answer,
        Err(trap) => -1000 - trap.vector() as i64,
    };
    if answer < 0 { Err(answer) } else { Ok(()) }
}

fn once(row: &Row, round: i64, overhead: i64) -> Result<i64, Failure> {
    step(row.pre, round).map_err(|code| Failure { code, stage: "pre" })?;
    set_sample(NO_SAMPLE);
    let traps = trap::count();
    let op = row.op;
    let before = cpu::rdtsc();
    let answer = op(round);
    let after = cpu::rdtsc();
    let answer = if trap::count() == traps {
        answer
    } else {
        -1000 - trap::last().vector() as i64
    };
    if answer < 0 {
        // Leave events as the next row expects them.
        events::set_mask(true);
        events::clear_first_word();
        return Err(Failure {
            code: answer,
            stage: "op",
        });
    }
    let taken = match SAMPLE.load(Relaxed) {
        NO_SAMPLE => after.wrapping_sub(before) as i64 - overhead,
        own => own,
    };
    step(row.post, round).map_err(|code| Failure {
        code,
        stage: "post",
    })?;
    Ok(taken)
}
