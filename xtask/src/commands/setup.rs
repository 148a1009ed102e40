//! `setup`: installs what the machine lacks.
//!
//! Always: nothing is installed without being named first; a machine that has everything is not
//! touched. Every other command asks here first.

use crate::{apt, layout, sh};
use anyhow::{Context, Result, bail};
use std::path::Path;
use std::process::Command;

/// Needed whatever the toolchain.
const PACKAGES: [&str; 21] = [
    // building
    "gcc",
    "libc6-dev",
    "lld",
    "binutils",
    "file",
    // the machine
    "qemu-system-x86",
    "seabios",
    // images
    "mmdebstrap",
    "debian-archive-keyring",
    "e2fsprogs",
    "kmod",
    "xz-utils",
    "zstd",
    "cpio",
    // media that GRUB boots from
    "grub-pc-bin",
    "grub-common",
    "xorriso",
    "mtools",
    // system
    "ca-certificates",
    "procps",
    "util-linux",
];

/// The toolchain for the bare machine where rustup's has no such target.
const RUST_PACKAGES: [&str; 3] = ["rustc-web", "cargo-web", "rust-web-src"];

/// Older QEMUs have bugs that a PV dom0 meets.
const OLDEST_QEMU: u32 = 8;

pub fn command() -> Result<()> {
    if ensure()? {
        sh::say("everything was there already");
    }
    Ok(())
}

/// Installs what is missing; says whether nothing was.
pub fn ensure() -> Result<bool> {
    let mut wanted: Vec<&str> = PACKAGES.to_vec();
    if !has_bare_target() {
        wanted.extend(RUST_PACKAGES);
    }
    let missing = missing_packages(&wanted)?;
    let old_qemu = qemu_major().is_none_or(|major| major < OLDEST_QEMU);
    if missing.is_empty() && !old_qemu {
        return Ok(true);
    }
    install(missing, old_qemu)?;
    let still = missing_packages(&wanted)?;
    if !still.is_empty() {
        bail!(
            "apt did not install {}; what it said stands above",
            still.join(", ")
        );
    }
    match qemu_major() {
        Some(major) if major >= OLDEST_QEMU => Ok(false),
        found => bail!(
            "QEMU {OLDEST_QEMU} or newer is needed, found {found:?}; on Debian 12 it is in bookworm-backports"
        ),
    }
}

/// Has the toolchain that runs us the target for the bare machine?
pub fn has_bare_target() -> bool {
    let rustc = std::env::var_os("RUSTC").unwrap_or_else(|| "rustc".into());
    Command::new(rustc)
        .args(["--print", "sysroot"])
        .output()
        .is_ok_and(|output| {
            let sysroot = String::from_utf8_lossy(&output.stdout).trim().to_owned();
            Path::new(&sysroot)
                .join("lib/rustlib/x86_64-unknown-none/lib")
                .is_dir()
        })
}

fn missing_packages<'a>(wanted: &[&'a str]) -> Result<Vec<&'a str>> {
    let output = Command::new("dpkg-query")
        .args(["-W", "-f", "${Package} ${db:Status-Status}\n"])
        .args(wanted)
        .output()
        .context("cannot start dpkg-query; xtask runs on Debian 12 or 13")?;
    let text = String::from_utf8_lossy(&output.stdout);
    let is_there = |package: &str| {
        text.lines()
            .any(|line| line.strip_prefix(package) == Some(" installed"))
    };
    Ok(wanted
        .iter()
        .copied()
        .filter(|package| !is_there(package))
        .collect())
}

fn qemu_major() -> Option<u32> {
    let output = Command::new("qemu-system-x86_64")
        .arg("--version")
        .output()
        .ok()?;
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    let (_, version) = text.split_once("version ")?;
    version.split('.').next()?.parse().ok()
}

fn install(mut missing: Vec<&str>, old_qemu: bool) -> Result<()> {
    let codename = apt::machine_codename()?;
    if old_qemu {
        missing.retain(|package| *package != "qemu-system-x86");
    }
    sh::say("installing what is missing");
    if old_qemu && codename == "bookworm" {
        add_backports()?;
    }
    sh::run(as_root("apt-get").arg("update"))?;
    if !missing.is_empty() {
        sh::note(missing.join(" "));
        sh::run(apt_install().args(&missing))?;
    }
    if old_qemu {
        sh::note("qemu-system-x86 (from backports on Debian 12)");
        let mut command = apt_install();
        if codename == "bookworm" {
            command.args(["-t", "bookworm-backports"]);
        }
        sh::run(command.arg("qemu-system-x86"))?;
    }
    Ok(())
}

fn apt_install() -> Command {
    let mut command = as_root("apt-get");
    command.args(["install", "-y", "--no-install-recommends"]);
    command
}

/// apt's programs as root and without questions.
fn as_root(program: &str) -> Command {
    let mut command = Command::new(if sh::is_root() { "env" } else { "sudo" });
    if !sh::is_root() {
        command.arg("env");
    }
    command.args(["DEBIAN_FRONTEND=noninteractive", program]);
    command
}

/// Debian 12 has a QEMU that is new enough in its backports, on the same mirror.
fn add_backports() -> Result<()> {
    let known = sh::capture(Command::new("apt-cache").arg("policy"))?;
    if known.contains("bookworm-backports/main") {
        return Ok(());
    }
    let place = "/etc/apt/sources.list.d/xenolith-backports.sources";
    sh::note(format!("adding bookworm-backports as {place}"));
    let text = format!(
        "Types: deb\nURIs: {}\nSuites: bookworm-backports\nComponents: main\n\
         Signed-By: /usr/share/keyrings/debian-archive-keyring.gpg\n",
        apt::mirror()?
    );
    let draft = layout::in_out("backports.sources");
    sh::write(&draft, text)?;
    let mut command = as_root("install");
    sh::run(command.args(["-m", "644"]).arg(&draft).arg(place))
}
