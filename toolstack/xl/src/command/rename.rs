//! `xl rename`.

use std::process::ExitCode;

use clap::Args as Arguments;
use domain::{Result, query};

#[derive(Arguments)]
pub struct Args {
    /// Name or number.
    domain: String,
    /// The new name.
    name: String,
}

pub fn run(args: &Args) -> Result<ExitCode> {
    let (xen, mut store) = super::open()?;
    let domid = super::find(&xen, &mut store, &args.domain)?;
    query::rename(&xen, &mut store, domid, &args.name)?;
    Ok(ExitCode::SUCCESS)
}
