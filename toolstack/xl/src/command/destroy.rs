//! `xl destroy`.

use std::process::ExitCode;

use clap::Args as Arguments;
use domain::Result;

#[derive(Arguments)]
pub struct Args {
    /// Name or number.
    domain: String,
    /// Allow domain 0 (which is refused all the same: the tools run there).
    #[arg(short)]
    force: bool,
}

pub fn run(args: &Args) -> Result<ExitCode> {
    let (xen, mut store) = super::open()?;
    let domid = super::find(&xen, &mut store, &args.domain)?;
    domain::destroy::destroy(&xen, &mut store, domid)?;
    Ok(ExitCode::SUCCESS)
}
