//! Time: the TSC, how fast it is, the one-shot timer of each CPU, the clock chip.
//!
//! Always: `now_ns` is a multiplication of the TSC, whose counters start together on all CPUs of the machines
//! that are supported; it never goes back on one CPU.
//!
//! Not here: guests' clocks (`hypervisor`).

use crate::layout::vector;
use crate::percpu::local;
use crate::ports::{inb, outb};
use crate::sync::SetOnce;
use crate::{acpi, boot, console, cpuid, lapic, paging};
pub use types::TscScale;
use x86::msr::index;

/// Facts that calibration finds.
struct Clock {
    khz: u64,
    scale: TscScale,
    /// TSC at the anchor, which stands behind the entry so that no guest sees a clock at 0: that means "never set".
    anchor_tsc: u64,
    /// Time at the anchor.
    anchor_ns: u64,
    /// TSC ticks in a nanosecond, times 2^32.
    ticks_per_ns: u64,
    /// Counts of the local timer in a nanosecond, times 2^32.
    counts_per_ns: u64,
    deadline: bool,
    wall_at_boot_ns: u64,
}

impl Clock {
    #[inline]
    fn ns_at(&self, tsc: u64) -> u64 {
        // As guests compute it, to the nanosecond. Before 584 years are over it does not wrap.
        self.scale
            .ns(tsc.wrapping_sub(self.anchor_tsc))
            .wrapping_add(self.anchor_ns)
    }
}

static CLOCK: SetOnce<Clock> = SetOnce::new();

/// How long calibration takes.
const SAMPLE_US: u64 = 20_000;

pub(crate) fn init() {
    let (khz, counts_per_ns) = calibrate();
    let deadline = cpuid::features().tsc_deadline;
    let scale = TscScale::from_khz(khz);
    let now = x86::rdtsc();
    // Calibration has taken its time since the entry, so this is not 0.
    let elapsed = scale.ns(now.wrapping_sub(boot::entry_tsc()));
    CLOCK.set(Clock {
        khz,
        scale,
        anchor_tsc: now,
        anchor_ns: elapsed,
        ticks_per_ns: ((u128::from(khz) << 32) / 1_000_000) as u64,
        counts_per_ns,
        deadline,
        wall_at_boot_ns: cmos_ns().saturating_sub(elapsed),
    });
    init_cpu();
}

/// The timer of this CPU, stopped.
pub(crate) fn init_cpu() {
    lapic::set_count(0);
    lapic::enable_timer(CLOCK.get().deadline);
}

// ---- Reading.

/// Nanoseconds since the hypervisor was entered.
#[inline]
#[must_use]
pub fn now_ns() -> u64 {
    CLOCK.get().ns_at(x86::rdtsc())
}

/// The time stamp counter.
#[inline]
#[must_use]
pub fn tsc() -> u64 {
    x86::rdtsc()
}

/// From TSC ticks to nanoseconds.
#[must_use]
pub fn scale() -> TscScale {
    CLOCK.get().scale
}

/// Frequency of the TSC.
#[must_use]
pub fn tsc_khz() -> u64 {
    CLOCK.get().khz
}

/// A TSC value and the time at it, not 0, which with [`scale`] give the time at any later one.
#[must_use]
pub fn anchor() -> (u64, u64) {
    let clock = CLOCK.get();
    (clock.anchor_tsc, clock.anchor_ns)
}

/// Nanoseconds from 1970 to the hypervisor's start, by the clock chip: right to a second.
#[must_use]
pub fn wall_clock_at_boot_ns() -> u64 {
    CLOCK.get().wall_at_boot_ns
}

/// Busy waiting.
pub(crate) fn wait_us(us: u64) {
    let clock = CLOCK.get();
    let end = x86::rdtsc().wrapping_add(clock.scale.ticks(us * 1000));
    while (x86::rdtsc().wrapping_sub(end) as i64) < 0 {
        x86::pause();
    }
}

// ---- The timer.

/// Lets this CPU's timer interrupt at a time (at once, if that is past), or not at all.
#[inline]
pub fn set_timer(deadline_ns: Option<u64>) {
    let wanted = deadline_ns.unwrap_or(u64::MAX);
    if local().deadline_ns.replace(wanted) == wanted {
        return;
    }
    let clock = CLOCK.get();
    if wanted == u64::MAX {
        if clock.deadline {
            // SAFETY: [MSR-EXISTS] CPUID lists the deadline mode; 0 disarms it.
            unsafe { x86::wrmsr(index::TSC_DEADLINE, 0) };
        } else {
            lapic::set_count(0);
        }
        return;
    }
    let now = x86::rdtsc();
    let ahead = wanted.saturating_sub(clock.ns_at(now));
    // Rounded up: an interrupt before its time would only have to be set again.
    let scaled = |rate: u64| ((u128::from(ahead) * u128::from(rate)) >> 32).saturating_add(1);
    if clock.deadline {
        let ticks = u64::try_from(scaled(clock.ticks_per_ns)).unwrap_or(u64::MAX);
        // SAFETY: [MSR-EXISTS] CPUID lists the deadline mode.
        unsafe { x86::wrmsr(index::TSC_DEADLINE, now.saturating_add(ticks)) };
    } else {
        // A deadline beyond the counter's reach fires early, and the body sets it again.
        lapic::set_count(u32::try_from(scaled(clock.counts_per_ns)).unwrap_or(u32::MAX));
    }
}

// ---- Calibration.

/// A counter that runs at a known rate.
struct Reference<'a> {
    name: &'static str,
    /// So many ticks in so many milliseconds.
    ticks_per_ms: (u64, u64),
    mask: u64,
    read: &'a dyn Fn() -> u64,
}

impl Reference<'_> {
    fn ns(&self, ticks: u64) -> u64 {
        let (ticks_in, ms) = self.ticks_per_ms;
        (u128::from(ticks) * u128::from(ms) * 1_000_000 / u128::from(ticks_in)) as u64
    }
}

/// One moment on three clocks.
#[derive(Clone, Copy)]
struct Moment {
    tsc: u64,
    reference: u64,
    local: u32,
}

/// Reads the three clocks as close together as can be: of several tries, the one in which the TSC moved least
/// from the first reading to the last. Anything may come in between, above all in a virtual machine.
fn moment(read: &dyn Fn() -> u64) -> Moment {
    let one = || {
        let before = x86::rdtsc_ordered();
        let (reference, local) = (read(), lapic::count());
        let spent = x86::rdtsc_ordered().wrapping_sub(before);
        (
            spent,
            Moment {
                tsc: before.wrapping_add(spent / 2),
                reference,
                local,
            },
        )
    };
    let mut best = one();
    for _ in 0..20 {
        let next = one();
        if next.0 < best.0 {
            best = next;
        }
    }
    best.1
}

/// kHz of the TSC, and counts of the local timer in a nanosecond, times 2^32.
fn calibrate() -> (u64, u64) {
    lapic::set_count(u32::MAX);
    let measured = with_hpet(measure)
        .or_else(|| with_pm_timer(measure))
        .unwrap_or_else(|| with_pit(measure));
    lapic::set_count(0);
    let (name, from, to, elapsed_ns) = measured;
    let ticks = to.tsc.wrapping_sub(from.tsc).max(1);
    let counts = u64::from(from.local.wrapping_sub(to.local)).max(1);
    let khz = (u128::from(ticks) * 1_000_000 / u128::from(elapsed_ns.max(1))) as u64;
    console::say!("TSC {}.{:03} MHz by {name}", khz / 1000, khz % 1000);
    let counts_per_ns = (u128::from(counts) << 32) / u128::from(elapsed_ns.max(1));
    (khz.max(1), counts_per_ns.max(1) as u64)
}

type Measured = (&'static str, Moment, Moment, u64);

/// Lets time go by on a reference; `None` if it stands still.
fn measure(reference: &Reference<'_>) -> Option<Measured> {
    let from = moment(reference.read);
    let mut moved = false;
    for step in 0u64.. {
        let ticks = (reference.read)().wrapping_sub(from.reference) & reference.mask;
        if reference.ns(ticks) >= SAMPLE_US * 1000 {
            break;
        }
        moved |= ticks != 0;
        if step > 100_000 && !moved {
            return None;
        }
    }
    let to = moment(reference.read);
    let ticks = to.reference.wrapping_sub(from.reference) & reference.mask;
    Some((reference.name, from, to, reference.ns(ticks)))
}

/// The high precision event timer.
fn with_hpet<R>(work: impl FnOnce(&Reference<'_>) -> Option<R>) -> Option<R> {
    let hpet = acpi::tables().hpet?;
    // It only calibrates the TSC: afterwards domain 0 may have it, and its firmware's code does look at it.
    let at = paging::ioremap(hpet.address, 0x400);
    let read = |offset: u64| {
        // SAFETY: [DEVICE] The firmware says that the timer's registers are here.
        unsafe { ((at + offset) as *const u32).read_volatile() }
    };
    let period_fs = u64::from(read(4));
    if !(100_000..=100_000_000).contains(&period_fs) {
        return None;
    }
    // SAFETY: [DEVICE] As above; the main counter is started, and that is all.
    unsafe { ((at + 0x10) as *mut u32).write_volatile(read(0x10) & !2 | 1) };
    // A period of p femtoseconds is 10^12 ticks in p milliseconds.
    let count = || read(0xf0).into();
    work(&Reference {
        name: "HPET",
        ticks_per_ms: (1_000_000_000_000, period_fs),
        mask: u32::MAX.into(),
        read: &count,
    })
}

/// The power management timer of 3.579545 MHz.
fn with_pm_timer<R>(work: impl FnOnce(&Reference<'_>) -> Option<R>) -> Option<R> {
    let fadt = acpi::tables().fadt.filter(|fadt| fadt.pm_timer != 0)?;
    let mask = if fadt.pm_timer_32 {
        u64::from(u32::MAX)
    } else {
        0xff_ffff
    };
    let count = || {
        u64::from(crate::ports::read(
            fadt.pm_timer as u16,
            types::Width::Dword,
        ))
    };
    work(&Reference {
        name: "PM timer",
        ticks_per_ms: (3_579_545, 1000),
        mask,
        read: &count,
    })
}

/// The old timer's channel 2, which counts down from 65536 and can be read while it does.
fn with_pit<R>(work: impl FnOnce(&Reference<'_>) -> Option<R>) -> R {
    let gate = inb(0x61) & !3;
    outb(0x61, gate | 1);
    outb(0x43, 0xb4);
    outb(0x42, 0);
    outb(0x42, 0);
    let count = || {
        outb(0x43, 0x80);
        let low = inb(0x42);
        u64::from(u16::MAX) - u64::from(u16::from_le_bytes([low, inb(0x42)]))
    };
    let result = work(&Reference {
        name: "PIT",
        ticks_per_ms: (1_193_182, 1000),
        mask: 0xffff,
        read: &count,
    });
    outb(0x61, gate);
    result.expect("no timer moves")
}

// ---- The clock chip.

fn cmos(register: u8) -> u8 {
    outb(0x70, register);
    inb(0x71)
}

/// Time of day from the clock chip, as nanoseconds since 1970. Does not wait for the next second.
fn cmos_ns() -> u64 {
    const FIELDS: [u8; 7] = [0, 2, 4, 7, 8, 9, 0x32];
    let read = || FIELDS.map(cmos);
    // Two equal readings without an update between are a whole one; bounded, if the chip is odd.
    let mut fields = read();
    for _ in 0..100 {
        let again = read();
        if again == fields && cmos(0x0a) & 0x80 == 0 {
            break;
        }
        fields = again;
    }
    let mode = cmos(0x0b);
    let afternoon = fields[2] & 0x80 != 0;
    fields[2] &= 0x7f;
    let number = |raw: u8| {
        u64::from(if mode & 4 == 0 {
            (raw >> 4) * 10 + (raw & 15)
        } else {
            raw
        })
    };
    let [second, minute, mut hour, day, month, year, century] = fields.map(number);
    if mode & 2 == 0 {
        hour = hour % 12 + if afternoon { 12 } else { 0 };
    }
    let century = if (19..=21).contains(&century) {
        century
    } else {
        20
    };
    (days_since_1970(century * 100 + year, month.clamp(1, 12), day) * 86_400
        + hour * 3600
        + minute * 60
        + second)
        * 1_000_000_000
}

/// Days from 1970-01-01 to a date of the Gregorian calendar.
const fn days_since_1970(year: u64, month: u64, day: u64) -> u64 {
    // Years that begin in March, so that the leap day is the last.
    let (year, month) = if month > 2 {
        (year, month - 3)
    } else {
        (year - 1, month + 9)
    };
    let days = year * 365 + year / 4 - year / 100 + year / 400 + (month * 153 + 2) / 5 + day;
    days.saturating_sub(719_469)
}

const _: () = assert!(
    days_since_1970(1970, 1, 1) == 0
        && days_since_1970(2000, 3, 1) == 11_017
        && days_since_1970(2024, 2, 29) == 19_782
);
const _: () = assert!(vector::TIMER > types::LAST_DEVICE_VECTOR);
