//! Formatting, and clippy and the compiler's own lints as errors.
//!
//! Always: what is bare-metal only is linted too, on the host, as if the host were bare.

use crate::commands::build::{self, BARE};
use crate::{layout, sh};
use anyhow::{Context, Result, bail};

pub(super) fn formatting() -> Result<()> {
    sh::quiet(sh::cargo().args(["fmt", "--all", "--check"]))?;
    // A workspace of its own.
    let fuzz = layout::in_root("fuzz/Cargo.toml");
    sh::quiet(
        sh::cargo()
            .args(["fmt", "--check", "--manifest-path"])
            .arg(fuzz),
    )
}

/// The body is among these: on the host it stands on the simulated machine, all its code the same.
pub(super) fn host_lints() -> Result<()> {
    let mut clippy = sh::cargo();
    clippy.args(["clippy", "--quiet", "--workspace"]);
    clippy.args(["--all-targets", "--all-features"]);
    for package in BARE {
        clippy.args(["--exclude", package]);
    }
    sh::quiet(clippy.args(["--", "-D", "warnings"]))
}

/// Clippy for what is on the bare machine only, then the compiler itself for that target.
pub(super) fn bare_lints() -> Result<()> {
    bare_clippy()?;
    let mut arguments = vec!["-p", "hypervisor"];
    for package in BARE {
        arguments.extend(["-p", package]);
    }
    let mut command = build::bare_cargo("check", &arguments);
    command.args(["--message-format", "short"]);
    let output = command.output().context("cannot start cargo")?;
    let text = String::from_utf8_lossy(&output.stderr);
    let warned = text.lines().any(|line| line.contains(" warning: "));
    if !output.status.success() || warned {
        bail!("{}", sh::tail(&text, 30));
    }
    Ok(())
}

/// Debian's toolchain has no clippy and rustup's may lack the target. But these packages need
/// nothing of it until they are linked, so the host's clippy reads them, told that it has no system.
fn bare_clippy() -> Result<()> {
    let mut clippy = sh::cargo();
    clippy.args(["clippy", "--quiet", "--lib", "--bins", "--examples"]);
    clippy
        .arg("--target-dir")
        .arg(layout::in_root("target/bare-lints"));
    for package in BARE {
        clippy.args(["-p", package]);
    }
    clippy.args(["--", "--cfg", "target_os=\"none\""]);
    clippy.args(["-A", "explicit_builtin_cfgs_in_flags"]);
    sh::quiet(clippy.args(["-D", "warnings"]))
}
