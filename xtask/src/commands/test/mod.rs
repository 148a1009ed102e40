//! `test`: the ladder. Each rung finds what the one below cannot.
//!
//! 1. logic, formats and tools on the host; 2. the hypervisor's body in the simulator; 3. test
//!    guests as dom0's kernel under QEMU; 4. a small dom0 that makes domains; 5. a real Debian
//!    dom0; 6. Debian's Xen as the oracle. 5 and 6 run with `--all`.
//!
//! Always: a part of the tree that does not exist yet is named as such and never counted as
//! passed; the last line is `N passed, N failed` (and what was skipped).

mod debian;
mod guests;
mod host;
mod small;

use crate::commands::setup;
use crate::{layout, sh};
use anyhow::{Result, bail};
use std::time::Instant;

#[derive(clap::Args)]
pub struct Options {
    /// Also what takes long: Debian as dom0, every pair of hypervisor and tools, fuzzing
    #[arg(long)]
    all: bool,
    /// Only these rungs (1 to 6)
    #[arg(long, value_delimiter = ',')]
    rung: Vec<u8>,
    /// Only tests whose name contains this (rungs 3 to 6)
    #[arg(long, default_value = "")]
    only: String,
}

/// A rung of the ladder.
struct Rung {
    number: u8,
    name: &'static str,
    /// Only with `--all`.
    long: bool,
    run: fn(&mut Tally),
}

const LADDER: [Rung; 6] = [
    Rung {
        number: 1,
        name: "logic, formats and tools on the host",
        long: false,
        run: host::logic,
    },
    Rung {
        number: 2,
        name: "the body in the simulator",
        long: false,
        run: host::body,
    },
    Rung {
        number: 3,
        name: "test guests under QEMU",
        long: false,
        run: guests::run,
    },
    Rung {
        number: 4,
        name: "small dom0",
        long: false,
        run: small::run,
    },
    Rung {
        number: 5,
        name: "Debian as dom0",
        long: true,
        run: debian::run,
    },
    Rung {
        number: 6,
        name: "the same on Debian's Xen",
        long: true,
        run: guests::oracle,
    },
];

/// What became of the tests of one rung.
#[derive(Default)]
struct Tally {
    /// Only tests whose name contains this are run.
    only: String,
    /// Everything that was asked for, the long tests too.
    all: bool,
    passed: usize,
    failed: usize,
    skipped: usize,
    failures: Vec<String>,
    absent: Vec<String>,
}

impl Tally {
    /// Runs one test, unless it was not asked for.
    fn test(&mut self, name: &str, test: impl FnOnce() -> Result<()>) {
        if !self.wants(name) {
            return;
        }
        let start = Instant::now();
        match test() {
            Ok(()) => {
                self.passed += 1;
                sh::note(format!("pass  {name} ({} s)", start.elapsed().as_secs()));
            }
            Err(error) => self.fail(name, &format!("{error:#}")),
        }
    }

    fn wants(&self, name: &str) -> bool {
        name.contains(&self.only)
    }

    fn fail(&mut self, name: &str, why: &str) {
        self.failed += 1;
        self.failures.push(format!(
            "{name}: {}",
            why.lines().next().unwrap_or_default()
        ));
        sh::note(format!("FAIL  {name}: {why}"));
    }

    /// A part of the tree that is not there yet.
    fn absent(&mut self, what: &str) {
        self.absent.push(what.to_owned());
        sh::note(format!("      not there yet: {what}"));
    }
}

pub fn command(options: &Options) -> Result<()> {
    setup::ensure()?;
    let start = Instant::now();
    let chosen = LADDER.iter().filter(|rung| match options.rung.as_slice() {
        [] => options.all || !rung.long,
        rungs => rungs.contains(&rung.number),
    });
    let mut done = Vec::new();
    for rung in chosen {
        let begun = Instant::now();
        sh::say(format!("rung {}: {}", rung.number, rung.name));
        let mut tally = Tally {
            only: options.only.clone(),
            all: options.all,
            ..Tally::default()
        };
        (rung.run)(&mut tally);
        done.push((rung, tally, begun.elapsed().as_secs()));
    }
    summary(&done, start.elapsed().as_secs())
}

fn summary(done: &[(&Rung, Tally, u64)], seconds: u64) -> Result<()> {
    println!();
    for (rung, tally, seconds) in done {
        println!(
            "rung {}: {:4} passed, {} failed, {} skipped  {} ({seconds} s)",
            rung.number, tally.passed, tally.failed, tally.skipped, rung.name
        );
    }
    let every =
        |pick: fn(&Tally) -> &Vec<String>| done.iter().flat_map(move |(_, tally, _)| pick(tally));
    for what in every(|tally| &tally.absent) {
        println!("not there yet: {what}");
    }
    for failure in every(|tally| &tally.failures) {
        println!("failed: {failure}");
    }
    let sum =
        |pick: fn(&Tally) -> usize| done.iter().map(|(_, tally, _)| pick(tally)).sum::<usize>();
    let (passed, failed, skipped) = (
        sum(|tally| tally.passed),
        sum(|tally| tally.failed),
        sum(|tally| tally.skipped),
    );
    println!(
        "took {} min {} s; logs are in {}",
        seconds / 60,
        seconds % 60,
        layout::logs().display()
    );
    let also = if skipped > 0 {
        format!(", {skipped} skipped")
    } else {
        String::new()
    };
    println!("{passed} passed, {failed} failed{also}");
    if passed + failed == 0 {
        bail!("no test has such a name in these rungs; some run with --all only");
    }
    if failed > 0 {
        bail!("{failed} of {} tests failed", passed + failed);
    }
    Ok(())
}

/// Is this source file more than a stub?
fn is_there(path: &str) -> bool {
    std::fs::metadata(layout::in_root(path)).is_ok_and(|meta| meta.len() > 120)
}

/// Are hypervisor and kernel-side parts there, so that something can boot?
fn hypervisor_is_there(tally: &mut Tally) -> bool {
    let there = is_there("hypervisor/src/main.rs");
    if !there {
        tally.absent("the hypervisor's program (hypervisor/src/main.rs)");
    }
    there
}

/// Are dom0's programs there?
fn tools_are_there(tally: &mut Tally) -> bool {
    let missing: Vec<&str> = ["xl", "xenstored", "xenconsoled"]
        .into_iter()
        .filter(|tool| !is_there(&format!("toolstack/{tool}/src/main.rs")))
        .collect();
    if !missing.is_empty() {
        tally.absent(&format!("dom0's tools: {}", missing.join(", ")));
    }
    missing.is_empty()
}
