//! `xl uptime`.

use std::process::ExitCode;

use abi::RawDomId;
use clap::Args as Arguments;
use domain::{Result, query};

use crate::show;

#[derive(Arguments)]
pub struct Args {
    /// Names or numbers; all domains if none is given.
    domains: Vec<String>,
    /// One short line, as `uptime` has.
    #[arg(short, long)]
    short: bool,
}

pub fn run(args: &Args) -> Result<ExitCode> {
    let (xen, mut store) = super::open()?;
    let mut domids = Vec::new();
    for who in &args.domains {
        domids.push(super::find(&xen, &mut store, who)?);
    }
    if args.domains.is_empty() {
        domids.extend(query::domains(&xen)?.iter().map(|info| info.domain.0));
    }
    if !args.short {
        println!("{:<33} {:>4} Uptime", "Name", "ID");
    }
    let clock = if args.short {
        query::wall_clock()
    } else {
        String::new()
    };
    for domid in domids {
        if xen.domain_info(RawDomId(domid)).is_err() {
            continue;
        }
        let name = query::name(&mut store, domid)?.unwrap_or_else(|| "(null)".to_owned());
        let seconds = query::uptime(&mut store, domid)?;
        let time = show::duration(seconds, args.short);
        if args.short {
            println!(" {clock} up {time}, {name} ({domid})");
        } else {
            println!("{name:<33} {domid:>4} {time}");
        }
    }
    Ok(ExitCode::SUCCESS)
}
