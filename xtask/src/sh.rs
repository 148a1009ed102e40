//! Running programs, and telling the user what goes on.
//!
//! Always: a program that fails is named with its arguments and the end of what it wrote.

use crate::layout;
use anyhow::{Context, Result, bail};
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::Instant;

/// A headline: what is being done now.
pub fn say(text: impl AsRef<str>) {
    println!("==> {}", text.as_ref());
}

/// A detail below a headline.
pub fn note(text: impl AsRef<str>) {
    println!("    {}", text.as_ref());
}

/// Does something that takes a while, and says how long it took.
pub fn step<T>(what: &str, work: impl FnOnce() -> Result<T>) -> Result<T> {
    say(what);
    let start = Instant::now();
    let value = work().with_context(|| format!("{what}: failed"))?;
    let seconds = start.elapsed().as_secs_f32();
    if seconds >= 1.0 {
        note(format!("took {seconds:.0} s"));
    }
    Ok(value)
}

/// The cargo that called this program, in the checkout.
pub fn cargo() -> Command {
    let mut cargo = Command::new(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
    cargo.current_dir(layout::root());
    cargo
}

/// Runs a command whose output the user sees.
pub fn run(command: &mut Command) -> Result<()> {
    let status = command
        .status()
        .with_context(|| format!("cannot start {}", describe(command)))?;
    if !status.success() {
        bail!("{} ended with {status}", describe(command));
    }
    Ok(())
}

/// Runs a command in silence; its output is shown only if it fails.
pub fn quiet(command: &mut Command) -> Result<()> {
    capture(command).map(drop)
}

/// Runs a command and gives its standard output.
pub fn capture(command: &mut Command) -> Result<String> {
    let output = command
        .stdin(Stdio::null())
        .output()
        .with_context(|| format!("cannot start {}", describe(command)))?;
    if !output.status.success() {
        let mut text = String::from_utf8_lossy(&output.stdout).into_owned();
        text.push_str(&String::from_utf8_lossy(&output.stderr));
        bail!(
            "{} ended with {}:\n{}",
            describe(command),
            output.status,
            tail(&text, 25)
        );
    }
    Ok(String::from_utf8_lossy(&output.stdout).into_owned())
}

/// The last lines of a text.
pub fn tail(text: &str, lines: usize) -> String {
    let all: Vec<&str> = text.lines().collect();
    all[all.len().saturating_sub(lines)..].join("\n")
}

/// Is this process root's?
pub fn is_root() -> bool {
    rustix::process::geteuid().is_root()
}

/// Writes a file and its folders.
pub fn write(path: &Path, bytes: impl AsRef<[u8]>) -> Result<()> {
    if let Some(folder) = path.parent() {
        std::fs::create_dir_all(folder)
            .with_context(|| format!("cannot make {}", folder.display()))?;
    }
    std::fs::write(path, bytes).with_context(|| format!("cannot write {}", path.display()))
}

/// Reads a file.
pub fn read(path: &Path) -> Result<Vec<u8>> {
    std::fs::read(path).with_context(|| format!("cannot read {}", path.display()))
}

fn describe(command: &Command) -> String {
    let mut text = command.get_program().to_string_lossy().into_owned();
    for argument in command.get_args().take(12) {
        text.push(' ');
        text.push_str(&argument.to_string_lossy());
    }
    text
}
