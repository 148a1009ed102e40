//! `xl mem-set` and `xl mem-max`.

use std::process::ExitCode;

use clap::Args as Arguments;
use domain::{Error, Result, memory};

#[derive(Arguments)]
pub struct Args {
    /// Name or number.
    domain: String,
    /// How much: KiB, or with a unit as in 512m.
    size: String,
}

pub fn run(args: &Args, limit: bool) -> Result<ExitCode> {
    let kib = memory::parse_kib(&args.size).ok_or_else(|| {
        Error::new(
            "cannot set the memory",
            format!("`{}` is no size", args.size),
        )
        .help("for example 512m or 2g")
    })?;
    let (xen, mut store) = super::open()?;
    let domid = super::find(&xen, &mut store, &args.domain)?;
    match limit {
        true => memory::set_limit(&xen, domid, kib + memory::SLACK_KIB)?,
        false => memory::set_target(&xen, &mut store, domid, kib)?,
    }
    Ok(ExitCode::SUCCESS)
}
