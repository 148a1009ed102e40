//! `check`: formatting, lints as errors, and the rules of the house, each in a file below.

mod attributes;
mod lints;
mod no_panic;
mod packages;
mod unsafe_code;

use crate::commands::setup;
use crate::{layout, sh};
use anyhow::{Context, Result, bail};
use std::path::Path;

pub fn command() -> Result<()> {
    setup::ensure()?;
    let mut findings = Vec::new();
    let mut gate = |what: &str, result: Result<()>| {
        sh::say(what);
        if let Err(error) = result {
            sh::note(format!("{error:#}"));
            findings.push(what.to_owned());
        }
    };
    gate("formatting", lints::formatting());
    gate("lints on the host", lints::host_lints());
    gate("lints on the bare machine", lints::bare_lints());
    let packages = packages::packages()?;
    gate("arrows between packages", packages::arrows(&packages));
    gate(
        "crates that guests reach deny what can panic",
        no_panic::no_panic(&packages),
    );
    gate("unsafe code", unsafe_code::unsafe_code(&packages));
    if findings.is_empty() {
        sh::say("all is well");
        return Ok(());
    }
    bail!("not in order: {}", findings.join("; "))
}

fn read(path: &Path) -> Result<String> {
    std::fs::read_to_string(path).with_context(|| format!("cannot read {}", path.display()))
}

/// A file's name as people say it.
fn place(file: &Path) -> String {
    file.strip_prefix(layout::root())
        .unwrap_or(file)
        .display()
        .to_string()
}

fn none(wrong: &[String]) -> Result<()> {
    if wrong.is_empty() {
        return Ok(());
    }
    bail!("{} findings:\n{}", wrong.len(), wrong.join("\n"))
}
