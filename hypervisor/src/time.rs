//! System time, guests' clocks, and one CPU's timers.
//!
//! A vCPU's timers wait on the CPU that ran it last. Each CPU keeps them sorted, so arming one costs a look at the few
//! that are there, and the hardware is touched only when the earliest changes.
//!
//! Always: a timer fires at or after its deadline, once; a deadline in the past fires at once.

use alloc::sync::Arc;
use alloc::vec::Vec;
use core::sync::atomic::{AtomicU64, Ordering, fence};

use metal::cpu::{self, CpuId, MAX_CPUS};
use metal::frame::U32Ref;
use metal::sync::Mutex;
use metal::time as clock;

use crate::domain::vcpu::{Vcpu, stop};
use crate::domain::{Domain, table};
use crate::hypercall::Current;
use crate::{cpu as our_cpu, rank};

/// Nanoseconds since the machine started.
#[inline]
pub fn now_ns() -> u64 {
    clock::now_ns()
}

/// What a timer is for, and whose it is: a number, which is another's after the domain's end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Purpose {
    /// The end of the running vCPU's slice.
    Slice,
    /// `VCPUOP_set_singleshot_timer`, `set_timer_op`.
    Singleshot { domain: u16, vcpu: u32 },
    /// `VCPUOP_set_periodic_timer`.
    Periodic { domain: u16, vcpu: u32 },
    /// The end of a `SCHEDOP_poll`.
    Poll { domain: u16, vcpu: u32 },
    /// `SCHEDOP_watchdog`.
    Watchdog { domain: u16, slot: u32 },
}

impl Purpose {
    fn domain(self) -> Option<u16> {
        match self {
            Self::Slice => None,
            Self::Singleshot { domain, .. }
            | Self::Periodic { domain, .. }
            | Self::Poll { domain, .. }
            | Self::Watchdog { domain, .. } => Some(domain),
        }
    }
}

#[derive(Clone, Copy, Debug)]
struct Timer {
    deadline_ns: u64,
    purpose: Purpose,
}

/// Timers of one CPU, the earliest last.
struct Timers(Vec<Timer>);

static TIMERS: [Mutex<Timers>; MAX_CPUS] =
    [const { Mutex::new(rank::TIMERS, Timers(Vec::new())) }; MAX_CPUS];

impl Timers {
    fn set(&mut self, purpose: Purpose, deadline_ns: Option<u64>) {
        self.0.retain(|timer| timer.purpose != purpose);
        if let Some(deadline_ns) = deadline_ns {
            let place = self
                .0
                .partition_point(|timer| timer.deadline_ns > deadline_ns);
            self.0.insert(
                place,
                Timer {
                    deadline_ns,
                    purpose,
                },
            );
        }
    }

    fn earliest_ns(&self) -> Option<u64> {
        self.0.last().map(|timer| timer.deadline_ns)
    }

    fn take_expired(&mut self, now_ns: u64) -> Option<Timer> {
        if self.earliest_ns()? <= now_ns {
            self.0.pop()
        } else {
            None
        }
    }
}

/// Sets a timer on a CPU; arms the hardware if that is this one.
fn set(on: CpuId, purpose: Purpose, deadline_ns: Option<u64>) {
    let Some(timers) = TIMERS.get(on.index()) else {
        return;
    };
    let mut timers = timers.lock();
    let before = timers.earliest_ns();
    timers.set(purpose, deadline_ns);
    let after = timers.earliest_ns();
    drop(timers);
    if before != after {
        if on == cpu::this() {
            clock::set_timer(after);
        } else {
            // Only its own CPU can arm a timer; it looks when it is woken.
            cpu::kick(on);
            our_cpu::ask_to_reschedule(on);
        }
    }
}

/// The end of the slice of what runs on this CPU.
pub fn set_slice_end(on: CpuId, deadline_ns: Option<u64>) {
    set(on, Purpose::Slice, deadline_ns);
}

/// Sets or stops the singleshot timer of a vCPU that this CPU runs.
pub fn set_singleshot(vcpu: &Arc<Vcpu>, deadline_ns: Option<u64>) {
    vcpu.singleshot_ns
        .store(deadline_ns.unwrap_or(u64::MAX), Ordering::Relaxed);
    set(
        vcpu.cpu(),
        Purpose::Singleshot {
            domain: vcpu.domain_id.0,
            vcpu: vcpu.id,
        },
        deadline_ns,
    );
}

/// Sets or stops the periodic timer of a vCPU.
pub fn set_periodic(vcpu: &Arc<Vcpu>, period_ns: u64) {
    vcpu.periodic_ns.store(period_ns, Ordering::Relaxed);
    let deadline = (period_ns != 0).then(|| now_ns().saturating_add(period_ns));
    set(
        vcpu.cpu(),
        Purpose::Periodic {
            domain: vcpu.domain_id.0,
            vcpu: vcpu.id,
        },
        deadline,
    );
}

/// Sets or stops the end of a vCPU's poll.
pub fn set_poll_end(vcpu: &Arc<Vcpu>, deadline_ns: Option<u64>) {
    set(
        vcpu.cpu(),
        Purpose::Poll {
            domain: vcpu.domain_id.0,
            vcpu: vcpu.id,
        },
        deadline_ns,
    );
}

/// Sets or stops a domain's watchdog.
pub fn set_watchdog(domain: &Domain, slot: u32, deadline_ns: Option<u64>) {
    set(
        CpuId(0),
        Purpose::Watchdog {
            domain: domain.id.0,
            slot,
        },
        deadline_ns,
    );
}

/// A domain ends: nothing waits for it any more.
pub fn forget(domain: &Domain) {
    for timers in TIMERS.iter().take(cpu::count() as usize) {
        timers
            .lock()
            .0
            .retain(|timer| timer.purpose.domain() != Some(domain.id.0));
    }
}

/// Brings a vCPU's timers along to the CPU that runs it now.
pub fn adopt_timers(vcpu: &Arc<Vcpu>, here: CpuId) {
    let Some(mine) = TIMERS.get(here.index()) else {
        return;
    };
    let of_vcpu = |purpose: &Purpose| match *purpose {
        Purpose::Singleshot { domain, vcpu: id }
        | Purpose::Periodic { domain, vcpu: id }
        | Purpose::Poll { domain, vcpu: id } => domain == vcpu.domain_id.0 && id == vcpu.id,
        Purpose::Slice | Purpose::Watchdog { .. } => false,
    };
    for other in (0..cpu::count()).map(CpuId).filter(|other| *other != here) {
        let Some(theirs) = TIMERS.get(other.index()) else {
            continue;
        };
        let mut moved = Vec::new();
        theirs.lock().0.retain(|timer| {
            let goes = of_vcpu(&timer.purpose);
            if goes {
                moved.push(*timer);
            }
            !goes
        });
        let mut mine = mine.lock();
        for timer in moved {
            mine.set(timer.purpose, Some(timer.deadline_ns));
        }
    }
    let earliest = mine.lock().earliest_ns();
    clock::set_timer(earliest);
}

/// Fires what is due on this CPU, and arms the hardware for the next.
pub fn expire() {
    let here = cpu::this();
    let Some(timers) = TIMERS.get(here.index()) else {
        return;
    };
    loop {
        let now = now_ns();
        let expired = timers.lock().take_expired(now);
        match expired {
            Some(timer) => fire(here, timer),
            None => break,
        }
    }
    let earliest = timers.lock().earliest_ns();
    clock::set_timer(earliest);
}

fn fire(here: CpuId, timer: Timer) {
    let find = |domain: u16, vcpu: u32| {
        let domain = table::get(abi::DomId(domain))?;
        let vcpu = domain.vcpu(vcpu)?.clone();
        Some((domain, vcpu))
    };
    match timer.purpose {
        Purpose::Slice => our_cpu::ask_to_reschedule(here),
        Purpose::Singleshot { domain, vcpu } => {
            if let Some((domain, vcpu)) = find(domain, vcpu) {
                vcpu.singleshot_ns.store(u64::MAX, Ordering::Relaxed);
                domain
                    .events
                    .send_virq(&domain, &vcpu, abi::xen::VIRQ_TIMER);
            }
        }
        Purpose::Periodic { domain, vcpu } => {
            if let Some((domain, vcpu)) = find(domain, vcpu) {
                domain
                    .events
                    .send_virq(&domain, &vcpu, abi::xen::VIRQ_TIMER);
                let period = vcpu.periodic_ns.load(Ordering::Relaxed);
                if period != 0 {
                    let next = timer.deadline_ns.saturating_add(period).max(now_ns());
                    set(here, timer.purpose, Some(next));
                }
            }
        }
        Purpose::Poll { domain, vcpu } => {
            if let Some((domain, vcpu)) = find(domain, vcpu)
                && vcpu.stopped.load(Ordering::Acquire) & stop::POLLING != 0
            {
                domain.events.stop_poll(&vcpu);
                vcpu.wake();
            }
        }
        Purpose::Watchdog { domain, slot } => {
            if let Some(domain) = table::get(abi::DomId(domain)) {
                crate::console::error(format_args!("d{}: watchdog {slot} expired", domain.id.0));
                domain.shut_down(abi::sched::SHUTDOWN_WATCHDOG);
            }
        }
    }
}

/// Brings the clock in the guest's `vcpu_info` up to date. It changes only when the info moves: the TSC is the same
/// everywhere, and its scale is fixed.
pub fn update_guest_time(current: &Current) {
    if let Some(info) = &current.state.pv.info {
        write_time(info);
    }
}

/// Offsets in `vcpu_time_info`.
mod at {
    pub const VERSION: usize = 0;
    pub const TSC_TIMESTAMP: usize = 8;
    pub const SYSTEM_TIME: usize = 16;
    pub const TSC_TO_SYSTEM_MUL: usize = 24;
    /// The shift in the low byte, the flags in the next one.
    pub const TSC_SHIFT: usize = 28;
}

/// `XEN_PVCLOCK_TSC_STABLE_BIT`.
const TSC_STABLE: u32 = 1;

fn write_time(info: &crate::domain::vcpu_info::Words) {
    let (tsc, ns) = clock::anchor();
    let scale = clock::scale();
    let (Some(version), Some(timestamp), Some(system), Some(mul), Some(shift)) = (
        info.time_u32(at::VERSION),
        info.time_u64(at::TSC_TIMESTAMP),
        info.time_u64(at::SYSTEM_TIME),
        info.time_u32(at::TSC_TO_SYSTEM_MUL),
        info.time_u32(at::TSC_SHIFT),
    ) else {
        return;
    };
    let shift_word = u32::from(scale.shift.cast_unsigned()) | TSC_STABLE << 8;
    let unchanged = timestamp.load(Ordering::Relaxed) == tsc
        && system.load(Ordering::Relaxed) == ns
        && mul.load(Ordering::Relaxed) == scale.mul
        && shift.load(Ordering::Relaxed) & 0xffff == shift_word;
    if unchanged {
        return;
    }
    let even = version.load(Ordering::Relaxed) & !1;
    version.store(even.wrapping_add(1), Ordering::Relaxed);
    fence(Ordering::Release);
    timestamp.store(tsc, Ordering::Relaxed);
    system.store(ns, Ordering::Relaxed);
    mul.store(scale.mul, Ordering::Relaxed);
    shift.store(shift_word, Ordering::Relaxed);
    version.store(even.wrapping_add(2), Ordering::Release);
}

/// Writes the copy of the clock that the guest asked for. The guest's root is loaded; a copy it unmapped is skipped.
pub fn publish_time_area(current: &Current) {
    let address = current.vcpu.time_area.load(Ordering::Relaxed);
    let Some(info) = current.state.pv.info.as_ref().filter(|_| address != 0) else {
        return;
    };
    for offset in (0..32u64).step_by(8) {
        if let Some(word) = info.time_u64(offset as usize) {
            let _unmapped_since =
                metal::guest::write_u64(address.wrapping_add(offset), word.load(Ordering::Relaxed));
        }
    }
}

/// The wall clock at system time 0, in nanoseconds since 1970.
static WALL_CLOCK_NS: AtomicU64 = AtomicU64::new(0);

/// Takes the machine's clock.
pub fn start_wall_clock() {
    WALL_CLOCK_NS.store(clock::wall_clock_at_boot_ns(), Ordering::Relaxed);
}

/// `XENPF_settime`: domain 0 knows better.
pub fn set_wall_clock(at_boot_ns: u64) {
    WALL_CLOCK_NS.store(at_boot_ns, Ordering::Relaxed);
    for domain in table::all() {
        write_wall_clock(&domain);
    }
}

/// Writes the wall clock into a domain's shared info.
pub fn write_wall_clock(domain: &Domain) {
    let offset_ns = domain
        .time_offset_s
        .load(Ordering::Relaxed)
        .wrapping_mul(1_000_000_000);
    let ns = WALL_CLOCK_NS
        .load(Ordering::Relaxed)
        .wrapping_add(offset_ns);
    let word = |offset| domain.shared_info.atomic_u32(offset);
    let (Some(version), Some(sec), Some(nsec), Some(sec_hi)) = (
        word(abi::xen::SHARED_INFO_WC_VERSION),
        word(abi::xen::SHARED_INFO_WC_SEC),
        word(abi::xen::SHARED_INFO_WC_NSEC),
        word(abi::xen::SHARED_INFO_WC_SEC_HI),
    ) else {
        return;
    };
    bump(version);
    let seconds = ns / 1_000_000_000;
    sec.store(seconds as u32, Ordering::Relaxed);
    sec_hi.store((seconds >> 32) as u32, Ordering::Relaxed);
    nsec.store((ns % 1_000_000_000) as u32, Ordering::Relaxed);
    bump(version);
}

/// One step of a version that is odd while the rest is written.
fn bump(version: U32Ref) {
    fence(Ordering::Release);
    version.store(
        version.load(Ordering::Relaxed).wrapping_add(1),
        Ordering::Release,
    );
    fence(Ordering::Release);
}
