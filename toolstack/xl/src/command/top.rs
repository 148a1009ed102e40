//! `xl top`: domains by the processor time that they use, refreshed until `q`.

use std::io::Write;
use std::process::ExitCode;
use std::time::Duration;

use clap::Args as Arguments;
use domain::Result;
use domain::top::{Load, Sampler};

#[derive(Arguments)]
pub struct Args {
    /// Seconds between two looks.
    #[arg(short, long, default_value_t = 3, value_parser = clap::value_parser!(u64).range(1..))]
    delay: u64,
    /// Print plainly, for scripts, instead of taking the screen.
    #[arg(short, long)]
    batch: bool,
    /// How often; for ever if not given.
    #[arg(short, long)]
    iterations: Option<u64>,
}

pub fn run(args: &Args) -> Result<ExitCode> {
    let (xen, store) = super::open()?;
    let mut sampler = Sampler::new(xen, store)?;
    let mut left = args.iterations.unwrap_or(u64::MAX);
    while left > 0 {
        left -= 1;
        // The first look has nothing to compare with.
        let patience = Duration::from_secs(args.delay);
        if !sampler.wait(patience, !args.batch)? {
            break;
        }
        let loads = sampler.look()?;
        let screen = if args.batch { "" } else { "\x1b[H\x1b[2J" };
        let text = table(&loads).replace('\n', if args.batch { "\n" } else { "\r\n" });
        if write!(std::io::stdout().lock(), "{screen}{text}").is_err() {
            break;
        }
    }
    Ok(ExitCode::SUCCESS)
}

fn table(loads: &[Load]) -> String {
    let mut text = format!(
        "{:<20} {:>5}  {:<6} {:>10} {:>6} {:>10} {:>5}\n",
        "NAME", "ID", "STATE", "CPU(sec)", "CPU(%)", "MEM(MiB)", "VCPUS"
    );
    for load in loads {
        text.push_str(&format!(
            "{:<20} {:>5}  {} {:>10} {:>6.1} {:>10} {:>5}\n",
            load.name,
            load.domid,
            load.state,
            load.seconds,
            load.percent,
            load.memory_mib,
            load.vcpus
        ));
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_domain_is_a_line() {
        let load = Load {
            domid: 3,
            name: "web".into(),
            state: "-b----".into(),
            seconds: 12,
            percent: 50.04,
            memory_mib: 512,
            vcpus: 2,
        };
        let text = table(&[load]);
        assert!(
            text.ends_with(
                "web                      3  -b----         12   50.0        512     2\n"
            ),
            "{text}"
        );
    }
}
