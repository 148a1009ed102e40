//! Time: a count of nanoseconds that moves by a microsecond whenever somebody asks for it, and otherwise on demand.

use crate::world;
use core::sync::atomic::{AtomicU64, Ordering};
pub use types::TscScale;

/// Frequency of the TSC.
const KHZ: u64 = 1_000_000;
/// 2025-01-01.
const WALL_CLOCK_NS: u64 = 1_735_689_600_000_000_000;
/// What asking for the time costs.
const STEP_NS: u64 = 1000;

/// What has gone by when the body starts: a clock at 0 means "never set" to guests.
const START_NS: u64 = 20_000_000;

static NOW_NS: AtomicU64 = AtomicU64::new(START_NS);

/// Nanoseconds since the machine started.
#[must_use]
pub fn now_ns() -> u64 {
    NOW_NS.fetch_add(STEP_NS, Ordering::Relaxed)
}

/// The time, which does not move by being looked at.
pub(crate) fn peek_ns() -> u64 {
    NOW_NS.load(Ordering::Relaxed)
}

/// Lets time go by.
pub fn advance(ns: u64) {
    NOW_NS.fetch_add(ns, Ordering::Relaxed);
}

/// The time stamp counter: a tick each nanosecond.
#[must_use]
pub fn tsc() -> u64 {
    now_ns()
}

/// From TSC ticks to nanoseconds.
#[must_use]
pub fn scale() -> TscScale {
    TscScale::from_khz(KHZ)
}

/// Frequency of the TSC.
#[must_use]
pub fn tsc_khz() -> u64 {
    KHZ
}

/// A TSC value and the time at it, not 0.
#[must_use]
pub fn anchor() -> (u64, u64) {
    (START_NS, START_NS)
}

/// Nanoseconds from 1970 to the machine's start.
#[must_use]
pub fn wall_clock_at_boot_ns() -> u64 {
    WALL_CLOCK_NS
}

/// Lets this CPU's timer interrupt at a time, or not at all.
pub fn set_timer(deadline_ns: Option<u64>) {
    world::local().deadline_ns = deadline_ns;
}
