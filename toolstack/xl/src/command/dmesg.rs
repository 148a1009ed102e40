//! `xl dmesg`.

use std::io::Write;
use std::process::ExitCode;

use clap::Args as Arguments;
use domain::error::{Context, hypercall};
use domain::{Result, query};

#[derive(Arguments)]
pub struct Args {
    /// Forget the messages after showing them.
    #[arg(short)]
    clear: bool,
}

/// The hypervisor's ring is at most so large by its own options.
const LARGEST: usize = 4 << 20;

pub fn run(args: &Args) -> Result<ExitCode> {
    let xen = query::open_xen()?;
    let text = xen
        .read_console(args.clear, LARGEST)
        .map_err(hypercall)
        .or_fail(|| "cannot read the hypervisor's messages".into())?;
    // A pipe that closes early is no error of ours.
    let _ = std::io::stdout().lock().write_all(&text);
    Ok(ExitCode::SUCCESS)
}
