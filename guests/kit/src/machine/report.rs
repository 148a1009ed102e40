//! What a test guest says, one line each:
//!
//! - `PASS name`, `FAIL name why`: a question and its answer
//! - `BENCH name median min max`, `BENCH name unsupported rc=N stage`, `BENCH name skipped`
//! - `TRY name`: about to run, so that a row that kills the guest is known by name
//! - `BOOT key value`, `INFO key value`: facts
//! - `PANIC why`: the guest cannot go on
//! - `DONE`: all was asked; the guest then shuts down

use super::{console, hypercall, start};
use crate::stats::Summary;
use crate::{args, xen};
use core::fmt::{self, Display};
use core::sync::atomic::{AtomicU64, Ordering::Relaxed};

static PASSED: AtomicU64 = AtomicU64::new(0);
static FAILED: AtomicU64 = AtomicU64::new(0);

/// A question answered as expected.
pub fn pass(name: impl Display) {
    PASSED.fetch_add(1, Relaxed);
    console::print(format_args!("PASS {name}"));
}
/// A question answered otherwise.
pub fn fail(name: impl Display, why: fmt::Arguments<'_>) {
    FAILED.fetch_add(1, Relaxed);
    console::print(format_args!("FAIL {name} {why}"));
}
/// A fact.
pub fn info(key: &str, value: impl Display) {
    console::print(format_args!("INFO {key} {value}"));
}
/// A fact of the boot.
pub fn boot(key: &str, value: impl Display) {
    console::print(format_args!("BOOT {key} {value}"));
}
/// About to run `name`.
pub fn attempt(name: &str) {
    console::print(format_args!("TRY {name}"));
}
/// A benchmark's result.
pub fn bench(name: &str, s: Summary) {
    console::print(format_args!(
        "BENCH {name} {} {} {}",
        s.median, s.min, s.max
    ));
}
/// Any other line.
pub fn line(text: fmt::Arguments<'_>) {
    console::print(text);
}

/// All was asked: says so and shuts down.
///
/// Domain 0 asks for a reboot, because the machine then ends at once under `-no-reboot`, and other
/// domains for power-off; `end=poweroff|reboot|crash` on the command line overrides that.
pub fn done() -> ! {
    let (passed, failed) = (PASSED.load(Relaxed), FAILED.load(Relaxed));
    if passed + failed != 0 {
        info("passed", passed);
        info("failed", failed);
    }
    console::print(format_args!("DONE"));
    console::drain();
    let reason = match args::value(start::command_line(), "end") {
        Some("poweroff") => xen::SHUTDOWN_POWEROFF,
        Some("reboot") => xen::SHUTDOWN_REBOOT,
        Some("crash") => xen::SHUTDOWN_CRASH,
        _ if start::is_dom0() => xen::SHUTDOWN_REBOOT,
        _ => xen::SHUTDOWN_POWEROFF,
    };
    loop {
        hypercall::shutdown(reason);
    }
}

/// The guest cannot go on; the reason was printed.
pub fn give_up() -> ! {
    console::drain();
    let reason = if start::is_dom0() {
        xen::SHUTDOWN_REBOOT
    } else {
        xen::SHUTDOWN_CRASH
    };
    loop {
        hypercall::shutdown(reason);
    }
}
