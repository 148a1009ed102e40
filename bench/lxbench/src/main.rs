//! What paths of Linux cost, in instructions, seen from a process: the first one of a machine.
//!
//! The same kernel runs it on the bare machine and as domain 0; the ratio is the price of
//! paravirtualisation. Meant for QEMU's `-icount shift=0`, where the TSC counts instructions. Each
//! operation runs 16 times to warm up and 201 times to be counted; its median, least and most are
//! printed, less what the loop itself costs, as `BENCH name median min max`.
//!
//! Always: one process, one thread; system calls are made without a C library between
//! (`sys::measure`), so a row is the kernel's work.
//!
//! Not here: how the machine is set up for it (`xtask bench`).
#![forbid(unsafe_code)]

mod rows;

use rustix::system::RebootCommand;
use std::time::Duration;
use sys::measure;

const WARM_UP: usize = 16;
const ROUNDS: usize = 201;

fn main() {
    let start = measure::tsc();
    if std::process::id() != 1 {
        eprintln!("lxbench is the first process of a machine that is there for nothing else");
        std::process::exit(2);
    }
    let ended = run(start);
    if let Err(error) = ended {
        println!("PANIC {error}");
    }
    std::thread::sleep(Duration::from_secs(1)); // for the console
    let _ = rustix::system::reboot(RebootCommand::Restart);
}

fn run(start: u64) -> Result<(), rows::Failure> {
    std::thread::sleep(Duration::from_secs(2)); // what the boot left to do
    println!();
    println!(
        "lxbench on {}",
        rustix::system::uname().release().to_string_lossy()
    );
    println!("BOOT init_tsc {start}");
    println!("INFO clocksource {}", clock_source().trim());
    rows::run(&mut Meter::new())?;
    println!("BOOT end_tsc {}", measure::tsc());
    println!("DONE");
    Ok(())
}

/// The clock that the kernel keeps time by.
fn clock_source() -> String {
    const FILE: &str = "/sys/devices/system/clocksource/clocksource0/current_clocksource";
    let mounted = rustix::mount::mount(
        "none",
        "/sys",
        "sysfs",
        rustix::mount::MountFlags::empty(),
        None,
    );
    match mounted {
        Ok(()) => std::fs::read_to_string(FILE).unwrap_or_else(|error| error.to_string()),
        Err(error) => error.to_string(),
    }
}

/// One round of an operation, which gets its number: warming up comes first.
type Operation<'a> = &'a mut dyn FnMut(usize) -> rustix::io::Result<()>;

/// Counts what operations cost.
struct Meter {
    samples: Vec<i64>,
    /// Of a round that does nothing.
    own: i64,
}

impl Meter {
    fn new() -> Self {
        let mut meter = Self {
            samples: vec![0; ROUNDS],
            own: 0,
        };
        if let Ok(median) = meter.measure(&mut |_| Ok(())) {
            meter.own = median;
        }
        meter
    }

    /// Prints a row.
    fn row(&mut self, name: &'static str, operation: Operation<'_>) -> Result<(), rows::Failure> {
        let median = self
            .measure(operation)
            .map_err(|error| rows::Failure { name, error })?;
        let (least, most) = (self.samples.first(), self.samples.last());
        println!("BENCH {name} {median} {} {}", shown(least), shown(most));
        Ok(())
    }

    /// Leaves the samples sorted.
    #[inline(never)]
    fn measure(&mut self, operation: Operation<'_>) -> rustix::io::Result<i64> {
        let operation = std::hint::black_box(operation); // the empty one is called like the others
        for round in 0..WARM_UP {
            operation(round)?;
        }
        for (index, sample) in self.samples.iter_mut().enumerate() {
            let before = measure::tsc();
            let outcome = operation(WARM_UP + index);
            let after = measure::tsc();
            outcome?;
            *sample = after.wrapping_sub(before).cast_signed() - self.own;
        }
        self.samples.sort_unstable();
        Ok(self.samples.get(ROUNDS / 2).copied().unwrap_or_default())
    }
}

fn shown(sample: Option<&i64>) -> i64 {
    sample.copied().unwrap_or_default()
}
