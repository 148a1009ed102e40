//! `bench`: what each operation of a PV guest costs, and what paths of Linux cost as domain 0
//! against the bare machine, in executed instructions.
//!
//! Under QEMU's `-icount shift=0` the guest's time-stamp counter counts instructions, so a figure
//! depends on neither this machine nor its load, and two runs agree to the digit. It is path
//! length, not time.

mod linux;

use crate::boot::Hypervisor;
use crate::commands::{build, setup};
use crate::machine::{Boot, Machine};
use crate::sh;
use anyhow::{Context, Result, bail};
use std::collections::BTreeSet;
use std::path::Path;
use std::time::Duration;

#[derive(clap::Args)]
pub struct Options {
    /// Hold ours against this hypervisor, in the same run
    #[arg(long)]
    against: Option<Hypervisor>,
    /// Let the reference pay for its speculation mitigations, which ours has not
    #[arg(long)]
    mitigations: bool,
    /// Only these rows
    #[arg(long)]
    part: Option<Part>,
    /// Rounds of each operation of pvbench
    #[arg(long, default_value_t = 101)]
    rounds: u32,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
enum Part {
    /// pvbench: hypercalls, traps, page tables, asked by a kernel of our own
    Pv,
    /// lxbench: Debian's kernel, on the bare machine and as domain 0
    Linux,
}

/// TCG's SMAP and SMEP cost nothing and say nothing; the figures of record were taken without.
const CPU: &str = "EPYC,-smap,-smep,-monitor";
const LIMIT: Duration = Duration::from_secs(900);
/// A row that kills the guest is left out of the next try.
const TRIES: usize = 15;

pub fn command(options: &Options) -> Result<()> {
    setup::ensure()?;
    let asked = |part| options.part.is_none_or(|only| only == part);
    // Both are done, whatever comes of the first.
    let mut outcomes = Vec::new();
    if asked(Part::Pv) {
        outcomes.push(pv(options));
    }
    if asked(Part::Linux) {
        outcomes.push(linux::command(options));
    }
    outcomes.into_iter().collect()
}

fn pv(options: &Options) -> Result<()> {
    let guest = build::bare("pvbench", "pvbench")?;
    let ours = sh::step("pvbench on Xenolith", || {
        rows(Hypervisor::Xenolith, &guest, options)
    })?;
    let Some(other) = options.against else {
        print(&ours);
        return Ok(());
    };
    let theirs = sh::step(&format!("pvbench on {other:?}"), || {
        rows(other, &guest, options)
    })?;
    compare(&theirs, &ours)
}

/// One operation.
#[derive(Clone, Debug, PartialEq)]
struct Row {
    name: String,
    /// Median of the rounds, or why there is none.
    median: Result<i64, String>,
}

/// All rows of pvbench on a hypervisor, in its order.
fn rows(hypervisor: Hypervisor, guest: &Path, options: &Options) -> Result<Vec<Row>> {
    let kernel = hypervisor.image()?;
    let words = hypervisor_options(hypervisor, options);
    let mut crashed = BTreeSet::new();
    for _ in 0..TRIES {
        let skip: Vec<&str> = crashed.iter().map(String::as_str).collect();
        let mut arguments = format!("iters={}", options.rounds);
        if !skip.is_empty() {
            arguments.push_str(&format!(" skip={}", skip.join(",")));
        }
        let modules = vec![(guest.to_path_buf(), arguments)];
        let boot = Boot::Multiboot {
            kernel: kernel.clone(),
            options: words.clone(),
            modules,
        };
        let machine = counting_machine(&format!("bench-{hypervisor:?}"), boot);
        let mut console = machine.start()?;
        let ended = console.expect_any("the end of pvbench", &["DONE\n", "PANIC "], LIMIT);
        let text = console.transcript();
        if matches!(ended, Ok((0, _))) {
            return Ok(read(&text, &crashed));
        }
        let row = last_tried(&text)
            .with_context(|| format!("no row was reached, see {}", machine.log().display()))?;
        sh::note(format!("{row} ended the guest; again without it"));
        if !crashed.insert(row.clone()) {
            bail!("{row} runs though it was told not to");
        }
    }
    bail!("more than {TRIES} rows crash: {crashed:?}")
}

fn hypervisor_options(hypervisor: Hypervisor, options: &Options) -> String {
    let mut words = String::from("console=com1 com1=115200,8n1 dom0=pv dom0_mem=512M");
    if hypervisor == Hypervisor::Xen && !options.mitigations {
        words.push_str(" spec-ctrl=no");
    }
    words
}

/// One CPU whose time-stamp counter counts instructions.
fn counting_machine(name: &str, boot: Boot) -> Machine {
    let mut machine = Machine::new(&name.to_lowercase(), boot);
    (machine.cpus, machine.memory_mib, machine.icount) = (1, 1024, true);
    machine.cpu = CPU.into();
    machine
}

fn lines(text: &str) -> impl Iterator<Item = &str> {
    text.lines()
        .map(|line| line.strip_prefix("(d0) ").unwrap_or(line))
}

fn last_tried(text: &str) -> Option<String> {
    lines(text)
        .filter_map(|line| line.strip_prefix("TRY "))
        .last()
        .map(str::to_owned)
}

/// `BENCH name median min max`, or `BENCH name why not`.
fn read(text: &str, crashed: &BTreeSet<String>) -> Vec<Row> {
    lines(text)
        .filter_map(|line| line.strip_prefix("BENCH ")?.split_once(' '))
        .map(|(name, rest)| {
            let first = rest.split(' ').next().unwrap_or_default();
            let why = if crashed.contains(name) {
                "crashed"
            } else {
                rest
            };
            Row {
                name: name.to_owned(),
                median: first.parse().map_err(|_| why.to_owned()),
            }
        })
        .collect()
}

fn print(rows: &[Row]) {
    println!("{:<28} {:>12}", "operation", "instructions");
    for row in rows {
        println!("{:<28} {:>12}", row.name, shown(&row.median));
    }
}

fn shown(median: &Result<i64, String>) -> String {
    match median {
        Ok(value) => value.to_string(),
        Err(why) => why.clone(),
    }
}

/// Prints ours against theirs; fails if a row that runs there does not run here.
fn compare(theirs: &[Row], ours: &[Row]) -> Result<()> {
    println!(
        "{:<28} {:>14} {:>14} {:>8}",
        "operation", "reference", "xenolith", "ratio"
    );
    let mut ratios = Vec::new();
    let mut lacking = Vec::new();
    for their in theirs {
        let our = ours.iter().find(|row| row.name == their.name);
        let median = our.map_or(Err("-".to_owned()), |row| row.median.clone());
        let ratio = ratio(&their.median, &median);
        let text = ratio.map_or("-".to_owned(), |ratio| format!("{ratio:.3}"));
        println!(
            "{:<28} {:>14} {:>14} {text:>8}",
            their.name,
            shown(&their.median),
            shown(&median)
        );
        match ratio {
            // A delay is no path length.
            Some(ratio) if !their.name.ends_with("_ns") => ratios.push(ratio),
            None if their.median.is_ok() => lacking.push(their.name.as_str()),
            _ => {}
        }
    }
    if let Some(mean) = geometric_mean(&ratios) {
        println!(
            "{:<28} {:>14} {:>14} {mean:>8.3}",
            "geometric mean",
            "",
            format!("{} rows", ratios.len())
        );
    }
    if !lacking.is_empty() {
        bail!(
            "these run on the reference and not on Xenolith: {}",
            lacking.join(", ")
        );
    }
    Ok(())
}

fn ratio(theirs: &Result<i64, String>, ours: &Result<i64, String>) -> Option<f64> {
    match (theirs, ours) {
        (Ok(theirs), Ok(ours)) if *theirs > 0 && *ours > 0 => Some(*ours as f64 / *theirs as f64),
        _ => None,
    }
}

fn geometric_mean(ratios: &[f64]) -> Option<f64> {
    let sum: f64 = ratios.iter().map(|ratio| ratio.ln()).sum();
    (!ratios.is_empty()).then(|| (sum / ratios.len() as f64).exp())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_are_read_with_their_reasons() {
        let text = "(d0) TRY a\n(d0) BENCH a 315 315 320\nTRY b\nBENCH b unsupported rc=-38 op\nTRY c\nBENCH c skipped\n";
        let rows = read(text, &BTreeSet::from(["c".to_owned()]));
        let expected = [
            ("a", Ok(315)),
            ("b", Err("unsupported rc=-38 op")),
            ("c", Err("crashed")),
        ];
        let expected = expected.map(|(name, median)| Row {
            name: name.into(),
            median: median.map_err(str::to_owned),
        });
        assert_eq!(rows, expected);
        assert_eq!(last_tried(text).as_deref(), Some("c"));
    }

    #[test]
    fn the_mean_is_geometric() {
        assert_eq!(geometric_mean(&[]), None);
        assert!((geometric_mean(&[0.25, 1.0]).unwrap() - 0.5).abs() < 1e-9);
        assert_eq!(ratio(&Ok(0), &Ok(5)), None);
    }
}
