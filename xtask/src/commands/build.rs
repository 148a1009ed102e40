//! `build`: the hypervisor as a file that boot loaders take, and the programs of dom0.

use crate::commands::setup;
use crate::{flat, layout, sh};
use anyhow::{Context, Result};
use std::path::PathBuf;
use std::process::Command;

/// The programs of dom0; package and program have one name.
pub const TOOLS: [&str; 4] = ["xl", "xenstored", "xenconsoled", "xenstore_cli"];
/// Packages that exist on the bare machine only.
pub const BARE: [&str; 4] = ["machine", "probe", "pvbench", "fuzz"];

const BARE_TARGET: &str = "x86_64-unknown-none";
const HOST_TARGET: &str = "x86_64-unknown-linux-gnu";

pub fn command() -> Result<()> {
    setup::ensure()?;
    hypervisor()?;
    tools()?;
    sh::say("built:");
    sh::note(format!(
        "{}      for boot loaders, with {}.gz",
        image().display(),
        image().display()
    ));
    for name in TOOLS {
        sh::note(tool(name).display().to_string());
    }
    Ok(())
}

/// The hypervisor, bootable by multiboot 1 and 2.
pub fn image() -> PathBuf {
    layout::in_out("xenolith")
}

/// A built program of dom0.
pub fn tool(package: &str) -> PathBuf {
    layout::in_root("target/tools")
        .join(HOST_TARGET)
        .join("tools")
        .join(package)
}

/// Builds `target/xenolith/xenolith` and `xenolith.gz`.
pub fn hypervisor() -> Result<()> {
    let elf = sh::step("building the hypervisor", || bare("hypervisor", "xenolith"))?;
    let bytes = sh::read(&elf)?;
    let flat = flat::image(&bytes)
        .with_context(|| format!("{} cannot be made an image", elf.display()))?;
    let out = image();
    if std::fs::read(&out).is_ok_and(|old| old == flat) && out.with_extension("gz").exists() {
        return Ok(()); // what was made from it stays valid
    }
    sh::write(&out, &flat)?;
    sh::quiet(
        Command::new("gzip")
            .args(["-9", "-n", "-k", "-f"])
            .arg(&out),
    )
}

/// Builds a package for the bare machine; gives the ELF file of its program.
pub fn bare(package: &str, program: &str) -> Result<PathBuf> {
    sh::run(&mut bare_cargo("build", &["-p", package, "--bin", program]))?;
    Ok(layout::bare_target()
        .join(BARE_TARGET)
        .join("release")
        .join(program))
}

/// Cargo for the bare machine: rustup's toolchain where it has the target, else Debian's, which
/// brings the library's source. How the linker is called stands in `.cargo/config.toml`.
pub fn bare_cargo(verb: &str, arguments: &[&str]) -> Command {
    let mut cargo;
    if setup::has_bare_target() {
        cargo = sh::cargo();
        cargo.arg(verb);
    } else {
        cargo = Command::new("/usr/bin/cargo");
        cargo.current_dir(layout::root());
        cargo.args([verb, "-Zbuild-std=core,alloc"]);
        cargo
            .env("RUSTC", "/usr/bin/rustc")
            .env("RUSTC_BOOTSTRAP", "1")
            .env_remove("RUSTUP_TOOLCHAIN");
    }
    cargo
        .args([
            "--quiet",
            "--release",
            "--target",
            BARE_TARGET,
            "--target-dir",
        ])
        .arg(layout::bare_target());
    cargo.args(arguments);
    cargo
}

/// Builds the programs of dom0: static, so that they run in any root.
pub fn tools() -> Result<()> {
    sh::step("building dom0's tools", || {
        let mut cargo = static_cargo("build");
        for package in TOOLS {
            cargo.args(["-p", package]);
        }
        sh::run(&mut cargo)
    })
}

/// Builds the benchmark that Linux runs as its first process: the file of its program.
///
/// At a fixed address and in two segments, as a small C program would be: relocated data is more
/// pages for a fork to copy, and more mappings are a deeper tree of them in the kernel.
pub fn lxbench() -> Result<PathBuf> {
    let mut cargo = static_cargo("rustc");
    cargo.args(["-p", "lxbench", "--", "-C", "relocation-model=static"]);
    cargo.args(["-C", "relro-level=off"]);
    cargo.args(["-C", "link-arg=-Wl,-z,noseparate-code,--no-rosegment"]);
    sh::step("building lxbench", || sh::run(&mut cargo))?;
    Ok(tool("lxbench"))
}

/// Cargo for static programs that run under Linux.
fn static_cargo(verb: &str) -> Command {
    let mut cargo = sh::cargo();
    cargo.args([
        verb,
        "--quiet",
        "--profile",
        "tools",
        "--target",
        HOST_TARGET,
    ]);
    cargo
        .arg("--target-dir")
        .arg(layout::in_root("target/tools"))
        .env("RUSTFLAGS", "-C target-feature=+crt-static");
    cargo
}
