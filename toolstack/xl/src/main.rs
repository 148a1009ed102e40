//! `xl`: the administrator's command for domains.
//!
//! One file per command under [`command`]; each parses its words, calls the library and shows the
//! answer. Names, options, output and exit codes are those of Xen's own xl.
//!
//! Not here: anything that changes a domain (`domain`), the configuration language (`xl_cfg`).
#![forbid(unsafe_code)]

mod command;
mod show;

use std::process::ExitCode;

use clap::Parser;

use command::Command;

#[derive(Parser)]
#[command(
    name = "xl",
    about = "Manages domains on a Xen-compatible hypervisor",
    version
)]
struct Cli {
    /// Say more about what is done; may be repeated.
    #[arg(short, action = clap::ArgAction::Count)]
    verbose: u8,
    /// Put the time before messages (accepted for compatibility).
    #[arg(short = 'T')]
    timestamps: bool,
    /// Always use carriage returns for progress (accepted for compatibility).
    #[arg(short = 't')]
    carriage_returns: bool,
    /// Do not change anything (for `create`: as its own -n).
    #[arg(short = 'N')]
    dry_run: bool,
    /// Go on where xl would warn (accepted for compatibility).
    #[arg(short = 'f')]
    force: bool,
    #[command(subcommand)]
    command: Command,
}

fn main() -> ExitCode {
    let cli = Cli::parse();
    match cli.command.run(cli.dry_run, cli.verbose > 0) {
        Ok(code) => code,
        Err(error) => {
            eprintln!("xl: {error}");
            ExitCode::FAILURE
        }
    }
}
