//! `check`: formatting, lints as errors, and the rules of the house.
//!
//! The rules: `unsafe` lives in the named crates alone and every other crate forbids it; every
//! unsafe block or impl says why it is sound by names that `docs/soundness.md` defines; arrows
//! between packages point one way; a crate that a guest can reach denies whatever panics on input.

use crate::commands::{build, setup};
use crate::{layout, sh};
use anyhow::{Context, Result, bail};
use proc_macro2::{Delimiter, TokenStream, TokenTree};
use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::str::FromStr;

/// Folders of the packages that may hold `unsafe`.
const UNSAFE: [&str; 5] = [
    "metal/x86",
    "metal/machine",
    "toolstack/sys",
    "guests/kit",
    "firmware/hvmloader",
];

/// Lints that a crate which guests can reach denies, by folder; `*` takes every package below.
const REACHABLE: [&str; 3] = ["hypervisor", "logic/*", "formats/*"];
const NO_PANIC: [&str; 5] = [
    "indexing_slicing",
    "arithmetic_side_effects",
    "unwrap_used",
    "expect_used",
    "panic",
];

/// Reachable by dom0's programs only, or by nobody's input but the developer's.
const TOOLS_ONLY: [&str; 3] = ["formats/xl_cfg", "formats/xs_wire", "logic/xenstore"];

/// Packages that exist on the bare machine only; clippy sees them through that target.
const BARE: [&str; 5] = ["machine", "hypervisor", "probe", "pvbench", "fuzz"];

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
    gate("formatting", formatting());
    gate("lints on the host", host_lints());
    gate("lints on the bare machine", bare_lints());
    let packages = packages()?;
    gate("arrows between packages", arrows(&packages));
    gate(
        "crates that guests reach deny what can panic",
        no_panic(&packages),
    );
    gate("unsafe code", unsafe_code(&packages));
    if findings.is_empty() {
        sh::say("all is well");
        return Ok(());
    }
    bail!("not in order: {}", findings.join("; "))
}

fn cargo() -> Command {
    let mut cargo = Command::new(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
    cargo.current_dir(layout::root());
    cargo
}

fn formatting() -> Result<()> {
    sh::quiet(cargo().args(["fmt", "--all", "--check"]))
}

fn host_lints() -> Result<()> {
    let mut clippy = cargo();
    clippy.args(["clippy", "--quiet", "--workspace", "--all-targets"]);
    for package in BARE.iter().filter(|package| **package != "hypervisor") {
        clippy.args(["--exclude", package]);
    }
    sh::quiet(clippy.args(["--", "-D", "warnings"]))
}

/// Where rustup has the bare target, clippy is run for it; Debian's toolchain has no clippy, there
/// the compiler's own warnings are errors.
fn bare_lints() -> Result<()> {
    let mut arguments = Vec::new();
    for package in BARE {
        arguments.extend(["-p", package]);
    }
    if setup::has_bare_target() {
        return sh::quiet(build::bare_cargo("clippy", &arguments).args(["--", "-D", "warnings"]));
    }
    let mut command = build::bare_cargo("check", &arguments);
    command.args(["--message-format", "short"]);
    let output = command.output().context("cannot start cargo")?;
    let text = String::from_utf8_lossy(&output.stderr);
    let warnings: Vec<&str> = text
        .lines()
        .filter(|line| line.contains(" warning: "))
        .collect();
    if !output.status.success() || !warnings.is_empty() {
        bail!("{}", sh::tail(&text, 30));
    }
    Ok(())
}

/// A package of the workspace.
struct Package {
    name: String,
    /// Below the root, as `logic/sched`.
    folder: String,
    /// Names of the packages of the workspace that it is built on.
    needs: Vec<String>,
}

impl Package {
    /// All its Rust files.
    fn sources(&self) -> Result<Vec<PathBuf>> {
        let mut files = Vec::new();
        for part in ["src", "tests", "examples", "benches", "build.rs"] {
            rust_files(&layout::in_root(&self.folder).join(part), &mut files)?;
        }
        files.sort();
        Ok(files)
    }

    fn may_be_unsafe(&self) -> bool {
        UNSAFE.contains(&self.folder.as_str())
    }
}

fn rust_files(path: &Path, files: &mut Vec<PathBuf>) -> Result<()> {
    if path.is_dir() {
        for entry in std::fs::read_dir(path)? {
            rust_files(&entry?.path(), files)?;
        }
    } else if path.extension().is_some_and(|extension| extension == "rs") && path.exists() {
        files.push(path.to_path_buf());
    }
    Ok(())
}

fn packages() -> Result<Vec<Package>> {
    let text = sh::capture(cargo().args(["metadata", "--no-deps", "--format-version", "1"]))?;
    let metadata: serde_json::Value = serde_json::from_str(&text)?;
    let root = layout::root();
    let list = metadata["packages"]
        .as_array()
        .context("cargo metadata lists no packages")?;
    list.iter()
        .map(|package| {
            let manifest = PathBuf::from(package["manifest_path"].as_str().unwrap_or_default());
            let folder = manifest
                .parent()
                .and_then(|folder| folder.strip_prefix(&root).ok());
            let needs = package["dependencies"].as_array().into_iter().flatten();
            Ok(Package {
                name: package["name"].as_str().unwrap_or_default().to_owned(),
                folder: folder
                    .context("a package lies outside the checkout")?
                    .display()
                    .to_string(),
                needs: needs
                    .filter(|needed| {
                        needed["path"].is_string() && needed["kind"].as_str() != Some("dev")
                    })
                    .filter_map(|needed| needed["name"].as_str().map(str::to_owned))
                    .collect(),
            })
        })
        .collect()
}

/// May a package in folder `from` be built on one in folder `to`?
fn may_need(from: &str, to: &str) -> bool {
    let room = |folder: &str| folder.split('/').next().unwrap_or_default().to_owned();
    match room(from).as_str() {
        "abi" => false,
        "logic" | "formats" => matches!(room(to).as_str(), "abi" | "logic" | "formats"),
        "metal" => matches!(room(to).as_str(), "abi" | "formats" | "metal"),
        "hypervisor" => matches!(room(to).as_str(), "abi" | "logic" | "formats" | "metal"),
        "toolstack" => matches!(room(to).as_str(), "abi" | "logic" | "formats" | "toolstack"),
        "guests" | "firmware" => matches!(room(to).as_str(), "abi" | "guests") || to == "metal/x86",
        // Developers' programs.
        _ => true,
    }
}

fn arrows(packages: &[Package]) -> Result<()> {
    let folder: BTreeMap<&str, &str> = packages
        .iter()
        .map(|package| (package.name.as_str(), package.folder.as_str()))
        .collect();
    let mut wrong = Vec::new();
    for package in packages {
        for needed in &package.needs {
            let to = folder.get(needed.as_str()).copied().unwrap_or(needed);
            if !may_need(&package.folder, to) {
                wrong.push(format!("{} must not know {to}", package.folder));
            }
        }
    }
    none(&wrong)
}

fn no_panic(packages: &[Package]) -> Result<()> {
    let mut wrong = Vec::new();
    let reachable = packages.iter().filter(|package| {
        let listed = REACHABLE
            .iter()
            .any(|pattern| match pattern.strip_suffix('*') {
                Some(room) => package.folder.starts_with(room),
                None => package.folder == *pattern,
            });
        listed && !TOOLS_ONLY.contains(&package.folder.as_str())
    });
    for package in reachable {
        let text = crate_root(package)?;
        let denied = inner_attributes(&text, &["deny", "forbid"]);
        for lint in NO_PANIC {
            if !denied.iter().any(|attribute| attribute.contains(lint)) {
                wrong.push(format!("{} does not deny clippy::{lint}", package.folder));
            }
        }
    }
    none(&wrong)
}

fn crate_root(package: &Package) -> Result<String> {
    let folder = layout::in_root(&package.folder).join("src");
    let library = folder.join("lib.rs");
    let root = if library.exists() {
        library
    } else {
        folder.join("main.rs")
    };
    std::fs::read_to_string(&root).with_context(|| format!("cannot read {}", root.display()))
}

/// The content of `#![level(...)]` attributes.
fn inner_attributes(text: &str, levels: &[&str]) -> Vec<String> {
    let Ok(tokens) = TokenStream::from_str(text) else {
        return Vec::new();
    };
    let tokens: Vec<TokenTree> = tokens.into_iter().collect();
    tokens
        .windows(3)
        .filter_map(|three| match three {
            [
                TokenTree::Punct(hash),
                TokenTree::Punct(bang),
                TokenTree::Group(group),
            ] if hash.as_char() == '#' && bang.as_char() == '!' => {
                let content = group.stream().to_string();
                levels
                    .iter()
                    .any(|level| content.starts_with(level))
                    .then_some(content)
            }
            _ => None,
        })
        .collect()
}

fn unsafe_code(packages: &[Package]) -> Result<()> {
    let known = known_invariants()?;
    let mut wrong = Vec::new();
    let mut lines: BTreeMap<&str, usize> = BTreeMap::new();
    for package in packages {
        if !package.may_be_unsafe() {
            let forbids = inner_attributes(&crate_root(package)?, &["forbid"]);
            if !forbids
                .iter()
                .any(|attribute| attribute.contains("unsafe_code"))
            {
                wrong.push(format!(
                    "{} does not say #![forbid(unsafe_code)]",
                    package.folder
                ));
            }
        }
        for file in package.sources()? {
            let text = std::fs::read_to_string(&file)?;
            let place = file
                .strip_prefix(layout::root())
                .unwrap_or(&file)
                .display()
                .to_string();
            let uses = match uses_of_unsafe(&text) {
                Ok(uses) => uses,
                Err(error) => {
                    wrong.push(format!("{place}: {error:#}"));
                    continue;
                }
            };
            for used in &uses {
                *lines.entry(&package.folder).or_default() += used.lines;
                if !package.may_be_unsafe() {
                    wrong.push(format!(
                        "{place}:{}: unsafe code has no place here",
                        used.line
                    ));
                } else if let Some(lack) = lack_of_reason(&text, used, &known) {
                    wrong.push(format!("{place}:{}: {lack}", used.line));
                }
            }
        }
    }
    for (folder, count) in &lines {
        sh::note(format!("{count:5} unsafe lines in {folder}"));
    }
    sh::note(format!("{:5} in all", lines.values().sum::<usize>()));
    none(&wrong)
}

/// The names that the table of `docs/soundness.md` defines.
fn known_invariants() -> Result<BTreeSet<String>> {
    let path = layout::in_root("docs/soundness.md");
    let text = std::fs::read_to_string(&path)
        .with_context(|| format!("cannot read {}", path.display()))?;
    Ok(text.lines().flat_map(defined_names).collect())
}

/// `| NAME | what holds |`, or `- [NAME] what holds`, or `**[NAME]**`.
fn defined_names(line: &str) -> Vec<String> {
    let mut found = Vec::new();
    if let Some(cell) = line
        .trim()
        .strip_prefix('|')
        .and_then(|rest| rest.split('|').next())
    {
        found.push(cell.trim().trim_matches(['[', ']', '`', '*']).to_owned());
    }
    found.extend(bracketed(line));
    found.retain(|name| is_name(name));
    found
}

fn is_name(text: &str) -> bool {
    text.len() > 2
        && text.starts_with(|first: char| first.is_ascii_uppercase())
        && text
            .chars()
            .all(|letter| letter.is_ascii_uppercase() || letter.is_ascii_digit() || letter == '-')
}

/// The names in brackets in a text.
fn bracketed(text: &str) -> Vec<String> {
    text.split('[')
        .skip(1)
        .filter_map(|rest| rest.split_once(']'))
        .map(|(name, _)| name.to_owned())
        .filter(|name| is_name(name))
        .collect()
}

/// One `unsafe` that needs a reason or counts.
#[derive(Debug, PartialEq, Eq)]
struct Use {
    line: usize,
    /// Lines that it covers.
    lines: usize,
    /// A block or an impl: the place where something is claimed. The other uses declare a duty.
    claims: bool,
}

/// Every use of the keyword, as the compiler's lexer sees it: not in comments, strings or names.
fn uses_of_unsafe(text: &str) -> Result<Vec<Use>> {
    let tokens =
        TokenStream::from_str(text).map_err(|error| anyhow::anyhow!("not Rust: {error}"))?;
    let mut uses = Vec::new();
    collect(tokens, &mut uses);
    Ok(uses)
}

fn collect(tokens: TokenStream, uses: &mut Vec<Use>) {
    let tokens: Vec<TokenTree> = tokens.into_iter().collect();
    for (at, token) in tokens.iter().enumerate() {
        match token {
            TokenTree::Group(group) => collect(group.stream(), uses),
            TokenTree::Ident(word) if word == "unsafe" => {
                let line = word.span().start().line;
                let next = tokens.get(at + 1);
                let (claims, end) = match next {
                    Some(TokenTree::Group(group)) if group.delimiter() == Delimiter::Brace => {
                        (true, group.span().end().line)
                    }
                    Some(TokenTree::Ident(word)) if word == "impl" => (true, line),
                    _ => (false, line),
                };
                uses.push(Use {
                    line,
                    lines: end - line + 1,
                    claims,
                });
            }
            _ => {}
        }
    }
}

/// What is wrong with the `// SAFETY:` above a block, if anything.
fn lack_of_reason(text: &str, used: &Use, known: &BTreeSet<String>) -> Option<String> {
    if !used.claims {
        return None;
    }
    let lines: Vec<&str> = text.lines().collect();
    let reason = reason_above(&lines, used.line);
    let Some(reason) = reason else {
        return Some("no `// SAFETY:` above it".into());
    };
    let names = bracketed(&reason);
    if names.is_empty() {
        return Some("its SAFETY names no invariant".into());
    }
    names
        .iter()
        .find(|name| !known.contains(*name))
        .map(|name| format!("docs/soundness.md does not define [{name}]"))
}

/// The nearest comment above a line (or on it), if it gives a reason. Between them may stand the
/// rest of the statement.
fn reason_above(lines: &[&str], line: usize) -> Option<String> {
    const FAR: usize = 12;
    let first = line.saturating_sub(FAR);
    let start = (first..line).rev().find(|number| {
        lines
            .get(*number)
            .is_some_and(|text| text.contains("SAFETY:"))
    })?;
    let mut reason = String::new();
    for text in lines.get(start..line)? {
        match text.split_once("//") {
            Some((_, comment)) => reason.push_str(comment),
            None => break,
        }
        reason.push(' ');
    }
    Some(reason)
}

fn none(wrong: &[String]) -> Result<()> {
    if wrong.is_empty() {
        return Ok(());
    }
    bail!("{} findings:\n{}", wrong.len(), wrong.join("\n"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_keyword_counts() {
        let text = "#![forbid(unsafe_code)]\n// unsafe\nconst A: &str = \"unsafe { }\";\nfn f() {\n unsafe {\n  g()\n }\n}\nunsafe fn g() {}\n";
        let uses = uses_of_unsafe(text).unwrap();
        assert_eq!(
            uses,
            [
                Use {
                    line: 5,
                    lines: 3,
                    claims: true
                },
                Use {
                    line: 9,
                    lines: 1,
                    claims: false
                }
            ]
        );
    }

    #[test]
    fn a_reason_must_be_there_and_name_what_is_known() {
        let known = BTreeSet::from(["POOL".to_owned()]);
        let lack = |text: &str| {
            let uses = uses_of_unsafe(text).unwrap();
            lack_of_reason(text, &uses[0], &known)
        };
        assert_eq!(
            lack("fn f() {\n // SAFETY: [POOL] the frame\n // stays.\n unsafe { g() }\n}"),
            None
        );
        assert_eq!(
            lack("fn f() {\n // SAFETY:\n // 1. [POOL] stays.\n let x =\n  unsafe { g() };\n}"),
            None
        );
        assert!(
            lack("fn f() {\n unsafe { g() }\n}")
                .unwrap()
                .contains("no `// SAFETY:`")
        );
        assert!(
            lack("// SAFETY: it is fine\nunsafe impl Send for A {}")
                .unwrap()
                .contains("names no")
        );
        assert!(
            lack("// SAFETY: [HEAP]\nunsafe impl Send for A {}")
                .unwrap()
                .contains("does not define [HEAP]")
        );
    }

    #[test]
    fn arrows_point_one_way() {
        assert!(may_need("hypervisor", "metal") && may_need("toolstack/xl", "formats/xl_cfg"));
        assert!(!may_need("logic/sched", "metal/types") && !may_need("toolstack/sys", "metal/x86"));
        assert!(!may_need("formats/elf", "hypervisor") && !may_need("abi", "logic/ring"));
    }

    #[test]
    fn attributes_are_read_whatever_their_shape() {
        let text = "//! Docs.\n#![no_std]\n#![deny(\n    clippy::panic,\n    clippy::unwrap_used\n)]\nfn f() {}";
        let denied = inner_attributes(text, &["deny"]);
        assert_eq!(denied.len(), 1);
        assert!(denied[0].contains("panic") && denied[0].contains("unwrap_used"));
    }

    #[test]
    fn names_are_defined_in_tables_and_lists() {
        assert_eq!(defined_names("| M2P | what holds |"), ["M2P"]);
        assert_eq!(
            defined_names("- **[GUEST-SHARED]** the page"),
            ["GUEST-SHARED"]
        );
        assert!(defined_names("| Name | What holds |").is_empty());
    }
}
