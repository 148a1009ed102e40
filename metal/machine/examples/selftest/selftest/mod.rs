//! The list of tests, and how a result is told.

mod devices;
mod entry;
mod guest;
mod memory;
mod registers;
mod smp;

use core::sync::atomic::{AtomicU32, Ordering};
use machine::{cpu, power};

static PASSED: AtomicU32 = AtomicU32::new(0);
static FAILED: AtomicU32 = AtomicU32::new(0);

/// Prints a line.
#[macro_export]
macro_rules! say {
    ($($argument:tt)*) => {{
        use core::fmt::Write as _;
        let _ = writeln!(machine::console::Writer, $($argument)*);
    }};
}

/// What a test gives: nothing, or what went wrong.
pub type Outcome = Result<(), alloc::string::String>;
/// What is tested, and the test.
pub type Test = (&'static str, fn() -> Outcome);

/// Fails the test with what was seen, unless the two are equal.
#[macro_export]
macro_rules! expect {
    ($seen:expr, $wanted:expr) => {
        match (&$seen, &$wanted) {
            (seen, wanted) if *seen == *wanted => {}
            (seen, wanted) => {
                return Err(alloc::format!(
                    "{}: {seen:x?}, not {wanted:x?} (line {})",
                    stringify!($seen),
                    line!()
                ))
            }
        }
    };
}

fn run(name: &str, test: fn() -> Outcome) {
    match test() {
        Ok(()) => {
            PASSED.fetch_add(1, Ordering::Relaxed);
            say!("PASS {name}");
        }
        Err(why) => {
            FAILED.fetch_add(1, Ordering::Relaxed);
            say!("FAIL {name}: {why}");
        }
    }
}

pub fn main() -> ! {
    say!(
        "Xenolith machine self-test, by {}",
        machine::memory::loader()
    );
    say!(
        "{} ns after entry, {} of {} pages ours, CPUs {}",
        machine::time::now_ns(),
        machine::memory::private_pages(),
        machine::memory::total_pages(),
        cpu::count()
    );
    machine::set_panic_context(|out| {
        let _ = writeln!(out, "   in the self-test");
    });
    let tests = memory::TESTS
        .iter()
        .chain(entry::TESTS)
        .chain(guest::TESTS)
        .chain(registers::TESTS)
        .chain(devices::TESTS)
        .chain(smp::TESTS);
    for (name, test) in tests {
        run(name, *test);
    }
    for word in machine::memory::command_line().split(' ') {
        match word {
            "selftest=panic" => panic!("as asked for"),
            "selftest=fault" => fault(),
            "selftest=overflow" => say!("{}", overflow(1)),
            "selftest=reset" => power::reset(),
            _ => {}
        }
    }
    match FAILED.load(Ordering::Relaxed) {
        0 => say!("SELFTEST PASSED {}", PASSED.load(Ordering::Relaxed)),
        failed => say!("SELFTEST FAILED {failed}"),
    }
    power::off()
}

fn fault() {
    // SAFETY: [RESET] the fault is wanted: it ends the self-test and the machine.
    unsafe { (0x1234_5678 as *const u64).read_volatile() };
}

#[expect(unconditional_recursion, reason = "the guard page is to be met")]
fn overflow(depth: u64) -> u64 {
    let block = core::hint::black_box([depth; 64]);
    overflow(depth + 1) + block[depth as usize & 63]
}

/// The tests' own name for a CPU's number.
pub fn here() -> u32 {
    cpu::this().0
}
