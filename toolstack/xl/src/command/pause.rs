//! `xl pause` and `xl unpause`.

use std::process::ExitCode;

use abi::RawDomId;
use clap::Args as Arguments;
use domain::Result;
use domain::error::{Context, hypercall};

#[derive(Arguments)]
pub struct Args {
    /// Name or number.
    domain: String,
}

pub fn run(args: &Args, pause: bool) -> Result<ExitCode> {
    let (xen, mut store) = super::open()?;
    let domid = super::find(&xen, &mut store, &args.domain)?;
    let domain = RawDomId(domid);
    let (result, verb) = match pause {
        true => (xen.pause(domain), "pause"),
        false => (xen.unpause(domain), "unpause"),
    };
    result
        .map_err(hypercall)
        .or_fail(|| format!("cannot {verb} {}", args.domain))?;
    Ok(ExitCode::SUCCESS)
}
