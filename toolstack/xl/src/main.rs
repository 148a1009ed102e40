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

/// What a shell reports of a program that SIGPIPE ended.
const ENDED_BY_SIGPIPE: i32 = 128 + 13;

/// Ends quietly where the reader of our output has gone, as in `xl list | grep -q`. The signal itself stays
/// ignored: a daemon that dies in the middle of a request must become an error with a cause.
fn end_with_the_reader() {
    let report = std::panic::take_hook();
    std::panic::set_hook(Box::new(move |info| {
        let said = info.payload_as_str().unwrap_or_default();
        if said.starts_with("failed printing to stdout") && said.contains("Broken pipe") {
            std::process::exit(ENDED_BY_SIGPIPE);
        }
        report(info);
    }));
}

fn main() -> ExitCode {
    end_with_the_reader();
    let cli = Cli::parse();
    match cli.command.run(cli.dry_run, cli.verbose > 0) {
        Ok(code) => code,
        Err(error) => {
            eprintln!("xl: {error}");
            ExitCode::FAILURE
        }
    }
}
