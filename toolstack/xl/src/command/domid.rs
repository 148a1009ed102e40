//! `xl domid` and `xl domname`. Their words are those that scripts know.

use std::process::ExitCode;

use clap::Args as Arguments;
use domain::{Result, query};

#[derive(Arguments)]
pub struct Args {
    /// A name (for `domid`) or a number (for `domname`).
    domain: String,
}

pub fn run_domid(args: &Args) -> Result<ExitCode> {
    let (xen, mut store) = super::open()?;
    let who = &args.domain;
    Ok(match query::find_name(&xen, &mut store, who)? {
        Some(domid) => {
            println!("{domid}");
            ExitCode::SUCCESS
        }
        None => {
            eprintln!("Can't get domid of domain name '{who}', maybe this domain does not exist.");
            ExitCode::FAILURE
        }
    })
}

pub fn run_domname(args: &Args) -> Result<ExitCode> {
    let mut store = domain::store::Store::open()?;
    let who = &args.domain;
    let Ok(domid) = who.parse::<u16>() else {
        eprintln!("Invalid domain id.\n");
        return Ok(ExitCode::FAILURE);
    };
    Ok(match query::name(&mut store, domid)? {
        Some(name) => {
            println!("{name}");
            ExitCode::SUCCESS
        }
        None => {
            eprintln!(
                "Can't get domain name of domain id '{domid}', maybe this domain does not exist."
            );
            ExitCode::FAILURE
        }
    })
}
