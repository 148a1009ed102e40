//! `build`: the hypervisor as a file that boot loaders take, and the programs of dom0.

use crate::commands::setup;
use crate::{layout, sh};
use anyhow::{Context, Result, bail};
use std::path::PathBuf;
use std::process::Command;

/// A program of dom0.
pub struct Tool {
    /// Package and program have one name.
    pub package: &'static str,
}

pub const TOOLS: [Tool; 4] = [
    Tool { package: "xl" },
    Tool {
        package: "xenstored",
    },
    Tool {
        package: "xenconsoled",
    },
    Tool {
        package: "xenstore_cli",
    },
];

const BARE: &str = "x86_64-unknown-none";
const HOST: &str = "x86_64-unknown-linux-gnu";

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
    for tool in &TOOLS {
        sh::note(self::tool(tool.package).display().to_string());
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
        .join(HOST)
        .join("tools")
        .join(package)
}

/// Builds `target/xenolith/xenolith` and `xenolith.gz`.
pub fn hypervisor() -> Result<()> {
    let elf = sh::step("building the hypervisor", || bare("hypervisor", "xenolith"))?;
    let bytes = sh::read(&elf)?;
    let flat =
        flatten(&bytes).with_context(|| format!("{} cannot be made an image", elf.display()))?;
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
        .join(BARE)
        .join("release")
        .join(program))
}

/// Cargo for the bare machine: rustup's toolchain where it has the target, else Debian's, which
/// brings the library's source. How the linker is called stands in `.cargo/config.toml`.
pub fn bare_cargo(verb: &str, arguments: &[&str]) -> Command {
    let mut cargo;
    if setup::has_bare_target() {
        cargo = Command::new(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
        cargo.arg(verb);
    } else {
        cargo = Command::new("/usr/bin/cargo");
        cargo.args([verb, "-Zbuild-std=core,alloc"]);
        cargo
            .env("RUSTC", "/usr/bin/rustc")
            .env("RUSTC_BOOTSTRAP", "1")
            .env_remove("RUSTUP_TOOLCHAIN");
    }
    cargo
        .args(["--quiet", "--release", "--target", BARE, "--target-dir"])
        .arg(layout::bare_target());
    cargo.args(arguments).current_dir(layout::root());
    cargo
}

/// Builds the programs of dom0: static, so that they run in any root.
pub fn tools() -> Result<()> {
    sh::step("building dom0's tools", || {
        let mut cargo = Command::new(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
        cargo.args([
            "build",
            "--quiet",
            "--profile",
            "tools",
            "--target",
            HOST,
            "--target-dir",
        ]);
        cargo
            .arg(layout::in_root("target/tools"))
            .current_dir(layout::root());
        for tool in &TOOLS {
            cargo.args(["-p", tool.package]);
        }
        sh::run(cargo.env("RUSTFLAGS", "-C target-feature=+crt-static"))
    })
}

/// The memory image of an ELF file: its segments at their physical addresses, from the lowest on.
///
/// Boot loaders take a flat file by the addresses in its multiboot headers; QEMU's takes no 64-bit
/// ELF at all.
fn flatten(elf: &[u8]) -> Result<Vec<u8>> {
    const LOAD: u32 = 1;
    if elf.get(..6) != Some(b"\x7fELF\x02\x01") {
        bail!("not a 64-bit ELF file");
    }
    let start = number(elf, 0x20, 8)?;
    let size = number(elf, 0x36, 2)?;
    let count = number(elf, 0x38, 2)?;
    let mut segments = Vec::new();
    for index in 0..count {
        let header = start + index * size;
        let (offset, physical, in_file) = (
            number(elf, header + 8, 8)?,
            number(elf, header + 24, 8)?,
            number(elf, header + 32, 8)?,
        );
        if number(elf, header, 4)? == LOAD as usize && in_file > 0 {
            let bytes = elf
                .get(offset..offset + in_file)
                .context("a segment lies beyond the file")?;
            segments.push((physical, bytes));
        }
    }
    segments.sort_by_key(|(physical, _)| *physical);
    let base = segments.first().context("nothing to load")?.0;
    let mut flat = Vec::new();
    for (physical, bytes) in segments {
        let at = physical - base;
        if at < flat.len() || at > (64 << 20) {
            bail!("segments overlap or lie far apart (physical address {physical:#x})");
        }
        flat.resize(at, 0);
        flat.extend_from_slice(bytes);
    }
    Ok(flat)
}

fn number(bytes: &[u8], at: usize, length: usize) -> Result<usize> {
    let field = bytes
        .get(at..at + length)
        .context("the file is cut short")?;
    let mut value = [0; 8];
    value[..length].copy_from_slice(field);
    Ok(u64::from_le_bytes(value) as usize)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn elf(segments: &[(u64, &[u8])]) -> Vec<u8> {
        let mut bytes = vec![0; 0x40];
        bytes[..6].copy_from_slice(b"\x7fELF\x02\x01");
        bytes[0x20] = 0x40;
        bytes[0x36] = 0x38;
        bytes[0x38] = u8::try_from(segments.len()).unwrap();
        let mut data = Vec::new();
        for (physical, content) in segments {
            let mut header = [0_u8; 0x38];
            header[0] = 1;
            let offset = (0x40 + segments.len() * 0x38 + data.len()) as u64;
            header[8..16].copy_from_slice(&offset.to_le_bytes());
            header[24..32].copy_from_slice(&physical.to_le_bytes());
            header[32..40].copy_from_slice(&(content.len() as u64).to_le_bytes());
            bytes.extend(header);
            data.extend_from_slice(content);
        }
        bytes.extend(data);
        bytes
    }

    #[test]
    fn segments_keep_their_distance_in_memory() {
        let flat = flatten(&elf(&[(0x20_0004, b"later"), (0x20_0000, b"abc")])).unwrap();
        assert_eq!(flat, b"abc\0later");
    }

    #[test]
    fn what_cannot_be_an_image_is_refused() {
        assert!(flatten(b"MZ").is_err());
        assert!(flatten(&elf(&[])).is_err());
        assert!(flatten(&elf(&[(0, b"abcd"), (2, b"x")])).is_err());
        assert!(flatten(&elf(&[(0, b"a"), (1 << 40, b"x")])).is_err());
        let whole = elf(&[(0, b"abcd")]);
        assert!(flatten(&whole[..whole.len() - 1]).is_err());
    }
}
