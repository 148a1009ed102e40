//! `xl shutdown` and `xl reboot`.

use std::process::ExitCode;
use std::time::Duration;

use clap::Args as Arguments;
use domain::control::{self, Ended, Request};
use domain::{Error, Result, query};

#[derive(Arguments)]
pub struct Args {
    /// Names or numbers.
    #[arg(required_unless_present = "all")]
    domains: Vec<String>,
    /// All domains but domain 0.
    #[arg(short, long)]
    all: bool,
    /// Wait until they have stopped.
    #[arg(short, long)]
    wait: bool,
    /// Press the power button of a guest that cannot be asked (HVM only; accepted).
    #[arg(short = 'F')]
    fallback: bool,
    /// Give up waiting after so many seconds.
    #[arg(long, value_name = "SECONDS")]
    timeout: Option<u64>,
}

pub fn run(args: &Args, request: Request) -> Result<ExitCode> {
    let (xen, mut store) = super::open()?;
    let mut domids = Vec::new();
    if args.all {
        domids.extend(
            query::domains(&xen)?
                .iter()
                .map(|info| info.domain.0)
                .filter(|id| *id != 0),
        );
    } else {
        for who in &args.domains {
            domids.push(super::find(&xen, &mut store, who)?);
        }
    }
    for &domid in &domids {
        let verb = match request {
            Request::PowerOff => "Shutting down",
            Request::Reboot => "Rebooting",
        };
        println!("{verb} domain {domid}");
        control::ask(&mut store, domid, request)?;
    }
    if !args.wait || domids.is_empty() {
        return Ok(ExitCode::SUCCESS);
    }
    println!("Waiting for {} domains", domids.len());
    let patience = args.timeout.map(Duration::from_secs);
    let all = control::wait_all(&xen, &mut store, &domids, patience, tell)?;
    if !all {
        return Err(
            Error::new("not all domains have stopped", "the time is over")
                .help("a guest that does not react can be ended with `xl destroy`"),
        );
    }
    Ok(ExitCode::SUCCESS)
}

fn tell(ended: Ended) {
    match ended.reason {
        Some(reason) => {
            eprintln!(
                "Domain {} has been shut down, reason code {}",
                ended.domid, reason.0
            );
        }
        None => eprintln!("Domain {} has been destroyed", ended.domid),
    }
}
