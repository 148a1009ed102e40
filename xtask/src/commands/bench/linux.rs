//! The rows of lxbench: Debian's kernel on the bare machine and as domain 0, same program.

use super::{
    LIMIT, Options, Row, counting_machine, geometric_mean, hypervisor_options, ratio, read,
};
use crate::boot::Hypervisor;
use crate::images::kernel::Kernel;
use crate::images::lxbench;
use crate::machine::Boot;
use crate::sh;
use anyhow::{Result, bail};
use std::collections::BTreeSet;
use std::path::PathBuf;

/// The kernel and what it starts.
struct Linux {
    kernel: PathBuf,
    ramdisk: PathBuf,
    arguments: String,
}

pub fn command(options: &Options) -> Result<()> {
    let mut linux = Linux {
        kernel: Kernel::stock()?.image,
        ramdisk: lxbench::made()?,
        // Without the last two, where things lie decides how many page tables a fork copies.
        arguments: "rdinit=/init panic=-1 quiet nokaslr norandmaps".into(),
    };
    if !options.mitigations {
        linux.arguments.push_str(" mitigations=off");
    }
    let native = sh::step("lxbench on the bare machine", || linux.native())?;
    let ours = sh::step("lxbench on Xenolith", || {
        linux.as_dom0(Hypervisor::Xenolith, options)
    })?;
    let theirs = match options.against {
        Some(other) => Some(sh::step(&format!("lxbench on {other:?}"), || {
            linux.as_dom0(other, options)
        })?),
        None => None,
    };
    print(&native, &ours, theirs.as_deref())
}

impl Linux {
    fn native(&self) -> Result<Vec<Row>> {
        let boot = Boot::Linux {
            kernel: self.kernel.clone(),
            options: format!("console=ttyS0,115200 {}", self.arguments),
            ramdisk: self.ramdisk.clone(),
        };
        rows("bench-linux-native", boot)
    }

    fn as_dom0(&self, hypervisor: Hypervisor, options: &Options) -> Result<Vec<Row>> {
        let arguments = format!("console=hvc0 {}", self.arguments);
        let boot = Boot::Multiboot {
            kernel: hypervisor.image()?,
            options: hypervisor_options(hypervisor, options),
            modules: vec![
                (self.kernel.clone(), arguments),
                (self.ramdisk.clone(), String::new()),
            ],
        };
        rows(&format!("bench-linux-{hypervisor:?}"), boot)
    }
}

/// All rows of one boot; the first is the boot itself.
fn rows(name: &str, boot: Boot) -> Result<Vec<Row>> {
    let machine = counting_machine(name, boot);
    let mut console = machine.start()?;
    let (ended, _) = console.expect_any("the end of lxbench", &["DONE\n", "PANIC "], LIMIT)?;
    let text = console.transcript();
    if ended != 0 {
        bail!("lxbench did not finish, see {}", machine.log().display());
    }
    let start = text
        .lines()
        .find_map(|line| line.strip_prefix("BOOT init_tsc ")?.parse().ok());
    let mut rows = vec![Row {
        name: "init_tsc".into(),
        median: start.ok_or_else(|| "-".into()),
    }];
    rows.extend(read(&text, &BTreeSet::new()));
    Ok(rows)
}

/// What a row of the bare machine is as domain 0, and the ratio.
fn cell<'a>(row: &Row, dom0: &'a [Row]) -> Option<(&'a Row, f64)> {
    let found = dom0.iter().find(|other| other.name == row.name)?;
    Some((found, ratio(&row.median, &found.median)?))
}

/// Prints the table; fails if a row has no figure.
fn print(native: &[Row], ours: &[Row], theirs: Option<&[Row]>) -> Result<()> {
    let mut head = format!("{:<24} {:>11}", "Linux", "bare");
    if theirs.is_some() {
        head.push_str(&format!(" {:>11} {:>7}", "reference", "/bare"));
    }
    head.push_str(&format!(" {:>11} {:>7}", "xenolith", "/bare"));
    if theirs.is_some() {
        head.push_str(&format!(" {:>9}", "/reference"));
    }
    println!("{head}");
    let mut ratios = Vec::new();
    let mut lacking = Vec::new();
    for row in native {
        let mut line = format!("{:<24} {:>11}", row.name, super::shown(&row.median));
        for dom0 in theirs.into_iter().chain([ours]) {
            match cell(row, dom0) {
                Some((other, ratio)) => {
                    let median = super::shown(&other.median);
                    line.push_str(&format!(" {median:>11} {ratio:>7.2}"));
                }
                None => {
                    lacking.push(row.name.clone());
                    line.push_str(&format!(" {:>11} {:>7}", "-", "-"));
                }
            }
        }
        if let Some(((their, _), (our, _))) =
            theirs.and_then(|theirs| cell(row, theirs).zip(cell(row, ours)))
            && let Some(ratio) = ratio(&their.median, &our.median)
        {
            line.push_str(&format!(" {ratio:>9.3}"));
            // How long a boot takes is mostly waiting.
            if row.name != "init_tsc" {
                ratios.push(ratio);
            }
        }
        println!("{line}");
    }
    if let Some(mean) = geometric_mean(&ratios) {
        println!("{:<24} {mean:>61.3}", "geometric mean");
    }
    if !lacking.is_empty() {
        bail!("no figure for {}", lacking.join(", "));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_row_without_a_figure_is_named() {
        let row = |name: &str, median| Row {
            name: name.into(),
            median,
        };
        let native = [row("a", Ok(100)), row("b", Ok(7))];
        let whole = [row("a", Ok(250)), row("b", Ok(7))];
        assert_eq!(cell(&native[0], &whole).map(|(_, ratio)| ratio), Some(2.5));
        assert!(print(&native, &whole, Some(&whole)).is_ok());
        let error = print(&native, &whole[..1], None).unwrap_err();
        assert!(error.to_string().contains("b"));
    }
}
