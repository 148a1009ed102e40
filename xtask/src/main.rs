//! `cargo xtask`: everything that a developer of Xenolith types.
//!
//! One module per command under `commands`; below them the images that machines boot, the machines
//! themselves, and their consoles.
#![forbid(unsafe_code)]

mod apt;
mod boot;
mod commands;
mod console;
mod flat;
mod images;
mod layout;
mod machine;
mod scenario;
mod sh;
mod stamp;

use clap::Parser;
use commands::{bench, build, check, demo, run, setup, test};
use std::process::ExitCode;

#[derive(Parser)]
#[command(
    bin_name = "cargo xtask",
    about = "Build, try, test and check Xenolith"
)]
enum Command {
    /// Install what is missing on this machine (with apt; sudo if you are not root)
    Setup,
    /// Build the hypervisor and dom0's tools
    Build,
    /// Boot Debian as dom0 on Xenolith and a second Debian as its guest
    Demo(demo::Options),
    /// Boot a dom0 and give its shell (Ctrl-A x switches the machine off)
    Run(run::Options),
    /// Run the tests
    Test(test::Options),
    /// Count the instructions of every operation of a PV guest
    Bench(bench::Options),
    /// Check formatting, lints and the rules of the house
    Check,
}

fn main() -> ExitCode {
    let result = match Command::parse() {
        Command::Setup => setup::command(),
        Command::Build => build::command(),
        Command::Demo(options) => demo::command(&options),
        Command::Run(options) => run::command(&options),
        Command::Test(options) => test::command(&options),
        Command::Bench(options) => bench::command(&options),
        Command::Check => check::command(),
    };
    match result {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {error:#}");
            ExitCode::FAILURE
        }
    }
}
