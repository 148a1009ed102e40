//! Rungs 1 and 2: what `cargo test` runs on the host.

use super::{Tally, is_there};
use crate::commands::build;
use crate::{layout, sh};
use anyhow::{Context, Result};
use std::io::{BufRead, BufReader, Write};
use std::process::Stdio;

/// Packages whose tests need the simulator.
const BODY: [&str; 3] = ["sim", "metal", "hypervisor"];

/// Rung 1: every package that knows no machine.
pub fn logic(tally: &mut Tally) {
    let mut arguments = vec!["--workspace"];
    for package in BODY.iter().chain(&build::BARE) {
        arguments.extend(["--exclude", package]);
    }
    cargo_test(tally, "host", &arguments, &[]);
}

/// Rung 2: the body as a plain process.
pub fn body(tally: &mut Tally) {
    if !is_there("metal/sim/src/lib.rs") {
        tally.absent("the simulator (metal/sim)");
        return;
    }
    let arguments: Vec<&str> = BODY.iter().flat_map(|package| ["-p", package]).collect();
    cargo_test(tally, "sim", &arguments, &[]);
    if tally.all {
        let arguments = [
            "-p",
            "hypervisor",
            "--release",
            "--test",
            "simulated",
            "fuzz",
        ];
        cargo_test(
            tally,
            "sim-fuzz",
            &arguments,
            &[("XENOLITH_FUZZ_SEEDS", "10000")],
        );
    }
}

/// Variables of the environment.
type Environment<'a> = &'a [(&'a str, &'a str)];

/// Runs `cargo test` and adds what its test programs report.
fn cargo_test(tally: &mut Tally, name: &str, arguments: &[&str], environment: Environment<'_>) {
    let before = tally.failed;
    if let Err(error) = run(tally, name, arguments, environment) {
        // A failed test was counted already; a tree that does not compile was not.
        if tally.failed == before {
            tally.fail(&format!("{name}: cargo test"), &format!("{error:#}"));
        }
    }
}

fn run(
    tally: &mut Tally,
    name: &str,
    arguments: &[&str],
    environment: Environment<'_>,
) -> Result<()> {
    let log = layout::logs().join(format!("{name}-tests.log"));
    sh::write(&log, "")?;
    let errors = std::fs::File::create(log.with_extension("errors"))?;
    let mut command = sh::cargo();
    command
        .args(["test", "--no-fail-fast"])
        .args(arguments)
        .envs(environment.iter().copied());
    command
        .env("RUST_BACKTRACE", "0")
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(errors);
    let mut child = command.spawn().context("cannot start cargo")?;
    let output = child.stdout.take().context("no output")?;
    let mut log_file = std::fs::File::create(&log)?;
    for line in BufReader::new(output).split(b'\n') {
        let line = String::from_utf8_lossy(&line?).into_owned();
        writeln!(log_file, "{line}")?;
        read_line(tally, &line);
    }
    if !child.wait()?.success() {
        let complaints = std::fs::read_to_string(log.with_extension("errors")).unwrap_or_default();
        anyhow::bail!(
            "cargo test failed, see {}\n{}",
            log.display(),
            sh::tail(&complaints, 20)
        );
    }
    Ok(())
}

/// `test result: ok. 3 passed; 0 failed; 1 ignored; ...` and `test name ... FAILED`.
fn read_line(tally: &mut Tally, line: &str) {
    if let Some(counts) = line.strip_prefix("test result: ") {
        let count = |word: &str| {
            counts
                .split([';', '.'])
                .find_map(|part| part.trim().strip_suffix(word)?.trim().parse::<usize>().ok())
                .unwrap_or(0)
        };
        tally.passed += count("passed");
        tally.failed += count("failed");
        tally.skipped += count("ignored");
    } else if let Some(name) = line
        .strip_prefix("test ")
        .and_then(|rest| rest.strip_suffix(" ... FAILED"))
    {
        tally.failures.push(name.to_owned());
        sh::note(format!("FAIL  {name}"));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_test_programs_report_is_summed() {
        let mut tally = Tally::default();
        for line in [
            "running 5 tests",
            "test a::b ... ok",
            "test a::c ... FAILED",
            "test result: FAILED. 3 passed; 1 failed; 1 ignored; 0 measured; 0 filtered out; finished in 0.01s",
            "test result: ok. 12 passed; 0 failed; 0 ignored; 0 measured; 0 filtered out; finished in 0.00s",
        ] {
            read_line(&mut tally, line);
        }
        assert_eq!((tally.passed, tally.failed, tally.skipped), (15, 1, 1));
        assert_eq!(tally.failures, ["a::c"]);
    }
}
