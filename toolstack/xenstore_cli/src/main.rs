//! `xenstore-read`, `-write`, `-list`, `-ls`, `-rm`, `-exists`, `-watch`, `-chmod`, `-control`.
//!
//! One program, which is what it is called; called `xenstore`, the first word says what to be.
//! Options, output and exit codes are upstream's: scripts of twenty years parse them.
#![forbid(unsafe_code)]

mod client;
mod commands;
mod escape;
mod listing;

use std::process::ExitCode;

use client::Client;
use commands::{Fail, Invocation, Mode};

fn main() -> ExitCode {
    let mut words = std::env::args_os().map(|word| word.to_string_lossy().into_owned());
    let path = words.next().unwrap_or_else(|| "xenstore".into());
    let program = path.rsplit('/').next().unwrap_or(&path).to_string();
    let mut words: Vec<String> = words.collect();

    let (mode, shown) = match program.strip_prefix("xenstore-") {
        Some(name) => (name.to_string(), program.clone()),
        None if words.is_empty() => {
            eprintln!("{program}: Usage: {program} <mode> [-h] [...]");
            return ExitCode::FAILURE;
        }
        None => {
            let name = words.remove(0);
            let shown = format!("{program} {name}");
            (name, shown)
        }
    };
    let Some(mode) = Mode::named(&mode) else {
        eprintln!("{program}: unknown mode {mode}\n");
        return ExitCode::FAILURE;
    };
    let invocation = match Invocation::parse(mode, words) {
        Ok(invocation) => invocation,
        Err(invalid) => {
            if let Some(letter) = invalid {
                eprintln!("{program}: invalid option -- '{letter}'");
            }
            eprintln!("{program}: Usage: {shown} {}", mode.usage());
            return if mode == Mode::Control {
                ExitCode::from(2)
            } else {
                ExitCode::FAILURE
            };
        }
    };
    let mut client = match Client::connect() {
        Ok(client) => client,
        Err(error) => {
            eprintln!("{program}: xs_open: {}", commands::plain(&error));
            return ExitCode::FAILURE;
        }
    };
    match commands::run(&mut client, &invocation) {
        Ok(()) => ExitCode::SUCCESS,
        Err(Fail::Silent) => ExitCode::FAILURE,
        Err(Fail::Said(text)) => {
            eprintln!("{program}: {text}");
            ExitCode::FAILURE
        }
    }
}
