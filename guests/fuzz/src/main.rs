//! Random hypercalls from inside a PV guest: hostile ones, plausible ones, and all between.
//!
//! The hypervisor must survive whatever an unprivileged guest says, and must not give way: a page
//! table must never become writable, a frame of somebody else never mapped. Both are looked at
//! after every call that could have brought it about. What the guest does to itself is mended
//! after every few calls (`arena`), and calls that only end the guest are not made (`generate`).
//!
//! Command line: `seed=N` (1), `calls=N` (20000), `trace=1` prints every call before it is made.
//! As dom0's kernel it leaves out what dom0 may do to the machine.
#![cfg_attr(target_os = "none", no_std, no_main)]
#![forbid(unsafe_code)]

#[cfg(target_os = "none")]
mod arena;
#[cfg(target_os = "none")]
mod generate;

#[cfg(target_os = "none")]
kit::guest!(run);

#[cfg(target_os = "none")]
fn run() {
    use kit::{args, report, start};
    let line = start::command_line();
    let seed = args::number(line, "seed").unwrap_or(1);
    let calls = args::number(line, "calls").unwrap_or(20_000);
    let trace = args::number(line, "trace") == Some(1);
    report::info("seed", seed);
    report::info("calls", calls);
    let arena = match arena::Arena::new() {
        Ok(arena) => arena,
        Err(error) => return report::fail("fuzz/arena", format_args!("tables: {error}")),
    };
    let mut fuzzer = generate::Fuzzer::new(seed, arena);
    let step = (calls / 20).max(1);
    for index in 0..calls {
        if index % step == 0 {
            report::info("progress", index);
        }
        if let Err(what) = fuzzer.one(index, trace) {
            report::fail(
                "fuzz/safety",
                format_args!("seed {seed} call {index}: {what}"),
            );
            return;
        }
    }
    fuzzer.report();
    report::pass("fuzz/survived");
}

#[cfg(not(target_os = "none"))]
fn main() {
    eprintln!(
        "fuzz is a PV kernel: build it for x86_64-unknown-none and boot it under a hypervisor"
    );
    std::process::exit(1);
}
