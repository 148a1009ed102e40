//! The operations.

use super::{Meter, ROUNDS, WARM_UP};
use rustix::fs::{Mode, OFlags};
use rustix::io::{self, Errno};
use rustix::process::{Pid, Signal, WaitOptions, kill_process, waitpid};
use rustix::time::{ClockId, clock_gettime};
use std::fmt;
use std::os::fd::AsFd;
use sys::mapping::PAGE_SIZE;
use sys::measure::{self, Child, Memory};

/// An operation that does not work.
#[derive(Debug)]
pub struct Failure {
    pub name: &'static str,
    pub error: Errno,
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.name, self.error)
    }
}

const MIB: usize = 1 << 20;
/// The program that a child becomes; it ends at once.
const PROGRAM: &std::ffi::CStr = c"/exit";

/// Measures all.
pub fn run(meter: &mut Meter) -> Result<(), Failure> {
    // Kept to the end, so that every fork has its touched pages to copy.
    let area = Memory::new((ROUNDS + WARM_UP) * PAGE_SIZE).map_err(|error| Failure {
        name: "memory",
        error,
    })?;
    area.keep_pages_small();
    calls(meter)?;
    memory(meter, &area)?;
    processes(meter)
}

fn calls(meter: &mut Meter) -> Result<(), Failure> {
    meter.row("getpid", &mut |_| {
        measure::nothing();
        Ok(())
    })?;
    meter.row("sched_yield", &mut |_| {
        measure::give_way();
        Ok(())
    })?;
    meter.row("clock_gettime_vdso", &mut |_| {
        std::hint::black_box(clock_gettime(ClockId::Monotonic));
        Ok(())
    })?;
    let failed = |name| move |error| Failure { name, error };
    let zero = rustix::fs::open("/dev/zero", OFlags::RDONLY, Mode::empty())
        .map_err(failed("/dev/zero"))?;
    let mut page = [0u8; PAGE_SIZE];
    meter.row("read_zero_4096", &mut |_| {
        whole(io::read(&zero, &mut page)?, PAGE_SIZE)
    })?;
    measure::count_signals().map_err(failed("signal handler"))?;
    meter.row("signal_self", &mut |_| {
        if measure::signal_self() {
            Ok(())
        } else {
            Err(Errno::INTR)
        }
    })
}

fn memory(meter: &mut Meter, area: &Memory) -> Result<(), Failure> {
    meter.row("page_fault_anon", &mut |round| {
        area.touch(round);
        Ok(())
    })?;
    meter.row("mprotect_1_page", &mut |round| {
        area.protect_first(round % 2 == 0)
    })?;
    meter.row("mmap_munmap_1MiB", &mut |_| Memory::new(MIB).map(drop))?;
    meter.row("mmap_touch_munmap_1MiB", &mut |_| {
        let memory = Memory::new(MIB)?;
        for page in 0..MIB / PAGE_SIZE {
            memory.touch(page);
        }
        Ok(())
    })
}

fn processes(meter: &mut Meter) -> Result<(), Failure> {
    ping_pong(meter)?;
    meter.row("thread_create_join", &mut |_| measure::thread())?;
    meter.row("fork_exit_wait", &mut |_| {
        finished(measure::fork(Child::Exit)?)
    })?;
    meter.row("fork_exec_wait", &mut |_| {
        finished(measure::fork(Child::Become(PROGRAM))?)
    })
}

/// A byte to a child and back.
fn ping_pong(meter: &mut Meter) -> Result<(), Failure> {
    let failed = |error| Failure {
        name: "pipes",
        error,
    };
    let (from_us, to_child) = rustix::pipe::pipe().map_err(failed)?;
    let (from_child, to_us) = rustix::pipe::pipe().map_err(failed)?;
    let echo = Child::Echo {
        from: from_us.as_fd(),
        to: to_us.as_fd(),
    };
    let peer = measure::fork(echo).map_err(failed)?;
    let mut byte = [0];
    meter.row("pipe_pingpong", &mut |_| {
        whole(io::write(&to_child, &byte)?, 1)?;
        whole(io::read(&from_child, &mut byte)?, 1)
    })?;
    kill_process(peer, Signal::KILL).map_err(failed)?;
    waitpid(Some(peer), WaitOptions::empty()).map_err(failed)?;
    Ok(())
}

fn whole(length: usize, expected: usize) -> io::Result<()> {
    if length == expected {
        Ok(())
    } else {
        Err(Errno::IO)
    }
}

/// Waits until a child has ended well.
fn finished(child: Pid) -> io::Result<()> {
    let (_, status) = waitpid(Some(child), WaitOptions::empty())?.ok_or(Errno::CHILD)?;
    match status.exit_status() {
        Some(0) => Ok(()),
        _ => Err(Errno::CHILD),
    }
}
