//! Debian packages: the machine's own, and those of the Debian release that runs in our machines.
//!
//! The mirror is the one in the machine's own sources. Packages for dom0 and guests come through a
//! scratch configuration under `target/xenolith/apt`, so the machine's package database stays as
//! it is.

use crate::{layout, sh};
use anyhow::{Context, Result, bail};
use std::path::{Path, PathBuf};
use std::process::Command;

/// The Debian release of dom0 and guests.
pub const RELEASE: &str = "trixie";

const KEYRING: &str = "/usr/share/keyrings/debian-archive-keyring.gpg";

/// The address of the Debian mirror that this machine uses.
pub fn mirror() -> Result<String> {
    let codename = machine_codename()?;
    let mut files = vec![PathBuf::from("/etc/apt/sources.list")];
    if let Ok(folder) = std::fs::read_dir("/etc/apt/sources.list.d") {
        let mut more: Vec<PathBuf> = folder.flatten().map(|entry| entry.path()).collect();
        more.sort();
        files.extend(more);
    }
    for file in files {
        let Ok(text) = std::fs::read_to_string(&file) else {
            continue;
        };
        let found = match file.extension().and_then(|extension| extension.to_str()) {
            Some("sources") => deb822_mirror(&text, &codename),
            _ => one_line_mirror(&text, &codename),
        };
        if let Some(address) = found {
            return Ok(address);
        }
    }
    bail!(
        "no apt source for Debian {codename} found under /etc/apt; xtask takes the mirror's address from there"
    )
}

/// The release that this machine runs, as `bookworm`.
pub fn machine_codename() -> Result<String> {
    let text = std::fs::read_to_string("/etc/os-release").context("cannot read /etc/os-release")?;
    text.lines()
        .find_map(|line| line.strip_prefix("VERSION_CODENAME="))
        .map(|name| name.trim_matches('"').to_owned())
        .context("/etc/os-release names no VERSION_CODENAME; xtask runs on Debian 12 or 13")
}

/// `deb [options] ADDRESS SUITE COMPONENTS...`
fn one_line_mirror(text: &str, suite: &str) -> Option<String> {
    text.lines().find_map(|line| {
        let mut rest = line.trim().strip_prefix("deb ")?.trim();
        if rest.starts_with('[') {
            rest = rest.split_once(']')?.1.trim();
        }
        let mut words = rest.split_whitespace();
        let address = words.next()?;
        (words.next()? == suite && words.any(|word| word == "main")).then(|| address.to_owned())
    })
}

/// Stanzas of `Types:`, `URIs:`, `Suites:`, `Components:`.
fn deb822_mirror(text: &str, suite: &str) -> Option<String> {
    text.split("\n\n").find_map(|stanza| {
        let field = |name: &str| {
            stanza
                .lines()
                .find_map(|line| line.strip_prefix(name))
                .map(str::split_whitespace)
        };
        let fits = field("Types:")?.any(|word| word == "deb")
            && field("Suites:")?.any(|word| word == suite)
            && field("Components:")?.any(|word| word == "main");
        let enabled = field("Enabled:").is_none_or(|mut word| word.next() != Some("no"));
        (fits && enabled).then(|| field("URIs:")?.next().map(str::to_owned))?
    })
}

/// A source line of a Debian release.
pub fn source_line(release: &str) -> Result<String> {
    Ok(format!(
        "deb [signed-by={KEYRING}] {} {release} main",
        mirror()?
    ))
}

/// An apt program that sees only [`RELEASE`] and keeps its state under `target/xenolith/apt`.
fn scratch(program: &str) -> Command {
    let base = layout::in_out("apt");
    let mut command = Command::new(program);
    for (option, value) in [
        ("Dir::Etc::SourceList", "sources.list"),
        ("Dir::Etc::SourceParts", "none"),
        ("Dir::Etc::Preferences", "none"),
        ("Dir::Etc::PreferencesParts", "none"),
        ("Dir::State", "state"),
        ("Dir::State::status", "state/status"),
        ("Dir::Cache", "cache"),
    ] {
        command
            .arg("-o")
            .arg(format!("{option}={}", base.join(value).display()));
    }
    command.args([
        "-o",
        "APT::Architecture=amd64",
        "-o",
        "Acquire::Languages=none",
    ]);
    command.args([
        "-o",
        "APT::Sandbox::User=",
        "-o",
        "Acquire::Check-Valid-Until=false",
    ]);
    command
}

/// Fetches the package lists of [`RELEASE`] once a day at most.
fn update() -> Result<()> {
    let base = layout::in_out("apt");
    let line = source_line(RELEASE)?;
    let done = base.join("updated");
    let young = std::fs::metadata(&done)
        .and_then(|meta| meta.modified())
        .is_ok_and(|time| time.elapsed().is_ok_and(|age| age.as_secs() < 24 * 3600));
    let same = std::fs::read_to_string(&done).is_ok_and(|old| old == line);
    if young && same {
        return Ok(());
    }
    for folder in ["state/lists/partial", "cache/archives/partial"] {
        std::fs::create_dir_all(base.join(folder))?;
    }
    sh::write(&base.join("state/status"), "")?;
    sh::write(&base.join("sources.list"), format!("{line}\n"))?;
    sh::step(
        &format!("fetching the package lists of Debian {RELEASE}"),
        || sh::quiet(scratch("apt-get").arg("update")),
    )?;
    sh::write(&done, line)
}

/// The files of packages of [`RELEASE`], unpacked into one folder under `target/xenolith`.
pub fn unpacked(name: &str, packages: &[&str]) -> Result<PathBuf> {
    let out = layout::in_out(name);
    crate::stamp::made(
        &out,
        &packages.join("\n"),
        &format!("fetching {}", packages.join(", ")),
        |part| {
            update()?;
            let debs = layout::in_out("debs").join(name);
            let _ = std::fs::remove_dir_all(&debs); // an older version would be unpacked beside the new one
            std::fs::create_dir_all(&debs)?;
            sh::quiet(
                scratch("apt-get")
                    .arg("download")
                    .args(packages)
                    .current_dir(&debs),
            )?;
            std::fs::create_dir_all(part)?;
            for deb in debs_in(&debs)? {
                sh::quiet(Command::new("dpkg-deb").arg("-x").arg(deb).arg(part))?;
            }
            Ok(())
        },
    )?;
    Ok(out)
}

/// The one package that `package` depends on and whose name starts with `prefix`, unpacked: what a
/// metapackage stands for.
pub fn unpacked_dependency(name: &str, package: &str, prefix: &str) -> Result<PathBuf> {
    update()?;
    let text = sh::capture(scratch("apt-cache").arg("depends").arg(package))?;
    let real = text
        .lines()
        .filter_map(|line| line.trim().strip_prefix("Depends: "))
        .find(|dependency| dependency.starts_with(prefix))
        .with_context(|| format!("{package} depends on no {prefix}*"))?;
    unpacked(name, &[real])
}

/// Packages of [`RELEASE`] and all they depend on, unpacked into one folder.
pub fn unpacked_with_dependencies(name: &str, packages: &[&str]) -> Result<PathBuf> {
    let out = layout::in_out(name);
    crate::stamp::made(
        &out,
        &packages.join("\n"),
        &format!("fetching {}", packages.join(", ")),
        |part| {
            update()?;
            // Nothing counts as installed, so everything needed is fetched.
            let _ = std::fs::remove_dir_all(layout::in_out("apt/cache/archives"));
            std::fs::create_dir_all(layout::in_out("apt/cache/archives/partial"))?;
            sh::quiet(
                scratch("apt-get")
                    .args([
                        "install",
                        "--download-only",
                        "--yes",
                        "--no-install-recommends",
                    ])
                    .args([
                        "-o",
                        "Debug::NoLocking=1",
                        "-o",
                        "APT::Keep-Downloaded-Packages=true",
                    ])
                    .args(packages),
            )?;
            std::fs::create_dir_all(part)?;
            for deb in debs_in(&layout::in_out("apt/cache/archives"))? {
                sh::quiet(Command::new("dpkg-deb").arg("-x").arg(deb).arg(part))?;
            }
            Ok(())
        },
    )?;
    Ok(out)
}

fn debs_in(folder: &Path) -> Result<Vec<PathBuf>> {
    let mut debs: Vec<PathBuf> = std::fs::read_dir(folder)?
        .flatten()
        .map(|entry| entry.path())
        .collect();
    debs.retain(|path| path.extension().is_some_and(|extension| extension == "deb"));
    debs.sort();
    Ok(debs)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_mirror_is_found_in_either_spelling_of_the_sources() {
        let old = "# deb http://no.invalid/debian bookworm main\n\
                   deb http://security.invalid/debian-security bookworm-security main\n\
                   deb [arch=amd64 trusted=yes] http://a.invalid/debian/ bookworm main contrib\n";
        assert_eq!(
            one_line_mirror(old, "bookworm").as_deref(),
            Some("http://a.invalid/debian/")
        );
        assert_eq!(one_line_mirror(old, "trixie"), None);

        let new = "Types: deb\n# a comment\nURIs: http://s.invalid/debian-security\nSuites: trixie-security\nComponents: main\n\n\
                   Types: deb deb-src\nURIs: http://b.invalid/debian\nSuites: trixie trixie-updates\nComponents: main\n";
        assert_eq!(
            deb822_mirror(new, "trixie").as_deref(),
            Some("http://b.invalid/debian")
        );
        assert_eq!(deb822_mirror(new, "bookworm"), None);
    }

    #[test]
    fn a_disabled_source_is_passed_over() {
        let text = "Enabled: no\nTypes: deb\nURIs: http://b.invalid/debian\nSuites: trixie\nComponents: main\n";
        assert_eq!(deb822_mirror(text, "trixie"), None);
    }
}
