//! Rungs 3 and 6: test guests as dom0's kernel, on our hypervisor and on Debian's Xen.
//!
//! To add a test: add a row to [`TABLE`].

use super::{Tally, hypervisor_is_there, is_there};
use crate::boot::Hypervisor;
use crate::commands::build;
use crate::machine::{Boot, Machine};
use anyhow::{Result, bail};
use std::path::{Path, PathBuf};
use std::time::Duration;

/// One boot of one test guest.
struct Row {
    /// As it is reported.
    name: &'static str,
    package: &'static str,
    /// The guest's command line.
    arguments: &'static str,
    /// Added to the hypervisor's command line.
    options: &'static str,
    cpus: u32,
    memory_mib: u32,
    limit_s: u64,
    /// Only with `--all`.
    long: bool,
}

const PROBE: Row = Row {
    name: "",
    package: "probe",
    arguments: "",
    options: "",
    cpus: 1,
    memory_mib: 1024,
    limit_s: 180,
    long: false,
};

const TABLE: &[Row] = &[
    Row {
        name: "probe entry",
        arguments: "test=entry",
        ..PROBE
    },
    Row {
        name: "probe errno",
        arguments: "test=errno",
        ..PROBE
    },
    Row {
        name: "probe traps",
        arguments: "test=traps",
        ..PROBE
    },
    Row {
        name: "probe user",
        arguments: "test=user",
        ..PROBE
    },
    Row {
        name: "probe cpu",
        arguments: "test=cpu",
        ..PROBE
    },
    Row {
        name: "probe mmu",
        arguments: "test=mmu",
        ..PROBE
    },
    Row {
        name: "probe events",
        arguments: "test=events",
        ..PROBE
    },
    Row {
        name: "probe time",
        arguments: "test=time",
        ..PROBE
    },
    Row {
        name: "probe grants",
        arguments: "test=grants",
        ..PROBE
    },
    Row {
        name: "probe memory",
        arguments: "test=memory",
        ..PROBE
    },
    Row {
        name: "probe smp",
        arguments: "test=smp",
        cpus: 2,
        ..PROBE
    },
    Row {
        name: "probe fifo",
        arguments: "test=fifo",
        ..PROBE
    },
    Row {
        name: "hypercall fuzzer",
        package: "fuzz",
        arguments: "seed=1 calls=20000",
        limit_s: 600,
        ..PROBE
    },
    Row {
        name: "hypercall fuzzer, a million calls",
        package: "fuzz",
        arguments: "seed=2 calls=1000000",
        limit_s: 7200,
        long: true,
        ..PROBE
    },
];

/// Rung 3: on our hypervisor.
pub fn run(tally: &mut Tally) {
    if hypervisor_is_there(tally) {
        on(tally, Hypervisor::Xenolith);
    }
}

/// Rung 6: on Debian's Xen. What fails there asks something that the ABI does not promise.
pub fn oracle(tally: &mut Tally) {
    on(tally, Hypervisor::Xen);
}

fn on(tally: &mut Tally, hypervisor: Hypervisor) {
    let kernel = match hypervisor.image() {
        Ok(kernel) => kernel,
        Err(error) => return tally.fail("the hypervisor", &format!("{error:#}")),
    };
    for row in TABLE {
        if !tally.wants(row.name) || (row.long && !tally.all) {
            continue;
        }
        if !is_there(&format!("guests/{}/src/main.rs", row.package)) {
            tally.absent(&format!("guests/{}", row.package));
            continue;
        }
        match boot(row, &kernel, hypervisor) {
            Ok(report) => report.count(tally, row.name),
            Err(error) => tally.fail(row.name, &format!("{error:#}")),
        }
    }
}

/// A probe that ends the guest is left out of the next boot, so that the others are still asked.
const TRIES: usize = 6;

fn boot(row: &Row, kernel: &Path, hypervisor: Hypervisor) -> Result<Report> {
    let guest = build::bare(row.package, row.package)?;
    let mut fatal: Vec<String> = Vec::new();
    loop {
        let mut arguments = row.arguments.to_owned();
        if !fatal.is_empty() {
            arguments.push_str(&format!(" skip={}", fatal.join(",")));
        }
        let machine = machine(row, kernel, guest.clone(), arguments, hypervisor);
        let mut console = machine.start()?;
        let limit = Duration::from_secs(row.limit_s);
        let ended = console.expect_any("the guest's last line", &["DONE\n", "PANIC "], limit);
        let mut report = Report::read(&console.transcript());
        if matches!(ended, Ok((0, _))) {
            report
                .failed
                .extend(fatal.iter().map(|name| format!("{name} ended the guest")));
            return Ok(report);
        }
        let log = machine.log();
        match report.trying {
            Some(last) if fatal.len() < TRIES && !fatal.contains(&last) => fatal.push(last),
            _ => match ended {
                Ok(_) => bail!("the guest panicked, see {}", log.display()),
                Err(error) => return Err(error),
            },
        }
    }
}

fn machine(
    row: &Row,
    kernel: &Path,
    guest: PathBuf,
    arguments: String,
    hypervisor: Hypervisor,
) -> Machine {
    let options = format!(
        "console=com1 com1=115200,8n1 dom0=pv dom0_mem=512M loglvl=warning {}",
        row.options
    );
    let boot = Boot::Multiboot {
        kernel: kernel.to_path_buf(),
        options,
        modules: vec![(guest, arguments)],
    };
    let name = format!("{hypervisor:?}-{}", row.name)
        .to_lowercase()
        .replace([' ', '/'], "-");
    let mut machine = Machine::new(&name, boot);
    machine.cpus = row.cpus;
    machine.memory_mib = row.memory_mib;
    machine
}

/// What a test guest printed.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Report {
    passed: usize,
    failed: Vec<String>,
    /// What was begun and not ended.
    trying: Option<String>,
}

impl Report {
    fn read(text: &str) -> Self {
        let mut report = Self::default();
        for line in text
            .lines()
            .map(|line| line.strip_prefix("(d0) ").unwrap_or(line))
        {
            match line.split_once(' ') {
                Some(("PASS", _)) => report.passed += 1,
                Some(("FAIL", what)) => report.failed.push(what.to_owned()),
                Some(("TRY", what)) => {
                    report.trying = Some(what.to_owned());
                    continue;
                }
                _ => continue,
            }
            report.trying = None;
        }
        report
    }

    fn count(&self, tally: &mut Tally, row: &str) {
        tally.passed += self.passed;
        for failure in &self.failed {
            tally.fail(row, failure);
        }
        if self.passed == 0 && self.failed.is_empty() {
            tally.fail(row, "the guest tested nothing");
        }
        crate::sh::note(format!(
            "      {row}: {} passed, {} failed",
            self.passed,
            self.failed.len()
        ));
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::layout;

    #[test]
    fn a_report_counts_and_names() {
        let text = "(XEN) hello\n(d0) TRY a/b\n(d0) PASS a/b\nFAIL a/c got 1\nTRY a/d\n";
        let report = Report::read(text);
        assert_eq!(
            (report.passed, report.failed.as_slice()),
            (1, ["a/c got 1".to_owned()].as_slice())
        );
        assert_eq!(report.trying.as_deref(), Some("a/d"));
    }

    #[test]
    fn every_family_of_the_probe_has_a_row() {
        let text = std::fs::read_to_string(layout::in_root("guests/probe/src/main.rs")).unwrap();
        let (_, list) = text
            .split_once("const FAMILIES")
            .expect("a list of families");
        let (list, _) = list.split_once(';').unwrap();
        for family in list
            .split("families::")
            .skip(1)
            .filter_map(|rest| rest.split("::").next())
        {
            let argument = format!("test={family}");
            assert!(
                TABLE
                    .iter()
                    .any(|row| row.arguments.split(' ').any(|word| word == argument)),
                "no row for {family}"
            );
        }
    }
}
