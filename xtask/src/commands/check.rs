//! `check`: formatting, lints as errors, and the rules of the house.
//!
//! The rules: `unsafe` lives in the named crates alone and every other crate forbids it; every
//! unsafe block or impl says why it is sound by names that `docs/soundness.md` defines; arrows
//! between packages point one way; a crate that a guest can reach denies whatever panics on input,
//! and lifts that in single places only, each with its reason.
//!
//! Always: what is bare-metal only is linted too, on the host, as if the host were bare.

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

/// Folders of crates that guests' input can reach; `*` takes every package below.
const REACHABLE: [&str; 4] = ["hypervisor", "logic/*", "formats/*", "metal/types"];
/// The lints of clippy that such a crate denies, but for its tests.
const NO_PANIC: [&str; 5] = [
    "indexing_slicing",
    "arithmetic_side_effects",
    "unwrap_used",
    "expect_used",
    "panic",
];

/// Packages that exist on the bare machine only.
const BARE: [&str; 4] = ["machine", "probe", "pvbench", "fuzz"];

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
    sh::quiet(cargo().args(["fmt", "--all", "--check"]))?;
    // A workspace of its own.
    let fuzz = layout::in_root("fuzz/Cargo.toml");
    sh::quiet(
        cargo()
            .args(["fmt", "--check", "--manifest-path"])
            .arg(fuzz),
    )
}

/// The body is among these: on the host it stands on the simulated machine, all its code the same.
fn host_lints() -> Result<()> {
    let mut clippy = cargo();
    clippy.args(["clippy", "--quiet", "--workspace"]);
    clippy.args(["--all-targets", "--all-features"]);
    for package in BARE {
        clippy.args(["--exclude", package]);
    }
    sh::quiet(clippy.args(["--", "-D", "warnings"]))
}

/// Clippy for what is on the bare machine only, then the compiler itself for that target.
fn bare_lints() -> Result<()> {
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
    let mut clippy = cargo();
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

/// A package of the workspace.
struct Package {
    name: String,
    /// Below the root, as `logic/sched`.
    folder: String,
    /// Names of the packages of the workspace that it is built on.
    needs: Vec<String>,
    /// The first files of its library and of its programs, the library first.
    roots: Vec<PathBuf>,
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

    fn is_reachable(&self) -> bool {
        REACHABLE
            .iter()
            .any(|pattern| match pattern.strip_suffix('*') {
                Some(room) => self.folder.starts_with(room),
                None => self.folder == *pattern,
            })
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
                roots: roots(package),
            })
        })
        .collect()
}

fn roots(package: &serde_json::Value) -> Vec<PathBuf> {
    let of_kind = |kind: &'static str| {
        let targets = package["targets"].as_array().into_iter().flatten();
        targets
            .filter(move |target| target["kind"][0].as_str() == Some(kind))
            .filter_map(|target| target["src_path"].as_str().map(PathBuf::from))
    };
    of_kind("lib").chain(of_kind("bin")).collect()
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
    let mut exceptions = 0;
    for package in packages.iter().filter(|package| package.is_reachable()) {
        let root = package.roots.first().context("a package without code")?;
        let denied: BTreeSet<String> = attributes(&read(root)?)?
            .into_iter()
            .filter(|attribute| attribute.inner && attribute.denies_but_for_tests())
            .flat_map(|attribute| attribute.lints)
            .collect();
        for lint in NO_PANIC.map(|lint| format!("clippy::{lint}")) {
            if !denied.contains(&lint) {
                wrong.push(format!("{} does not deny {lint}", package.folder));
            }
        }
        for file in package.sources()? {
            if !file.starts_with(layout::in_root(&package.folder).join("src")) {
                continue; // a test may panic
            }
            for lifted in attributes(&read(&file)?)?.iter().filter(|a| a.lifts()) {
                exceptions += 1;
                if let Some(lack) = lifted.lack_as_exception() {
                    wrong.push(format!("{}:{}: {lack}", place(&file), lifted.line));
                }
            }
        }
    }
    sh::note(format!(
        "{exceptions:5} places where one of them is lifted, with a reason"
    ));
    none(&wrong)
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

/// An attribute that sets lints, as `#![deny(clippy::panic)]`.
#[derive(Debug)]
struct Attribute {
    line: usize,
    /// `#![...]`.
    inner: bool,
    /// `deny`, `forbid`, `warn`, `allow` or `expect`.
    level: String,
    lints: Vec<String>,
    has_reason: bool,
    /// Of the `cfg_attr` that it stands in.
    condition: Option<String>,
}

impl Attribute {
    fn denies_but_for_tests(&self) -> bool {
        let always = matches!(self.condition.as_deref(), None | Some("not(test)"));
        always && matches!(self.level.as_str(), "deny" | "forbid")
    }

    fn forbids_unsafe(&self) -> bool {
        let always = self.inner && self.condition.is_none();
        always && self.level == "forbid" && self.lints.iter().any(|lint| lint == "unsafe_code")
    }

    /// Does it take back a lint that crates which guests reach deny?
    fn lifts(&self) -> bool {
        let is_weak = matches!(self.level.as_str(), "allow" | "expect" | "warn");
        let takes_back = |lint: &String| match lint.strip_prefix("clippy::") {
            Some(name) => NO_PANIC.contains(&name) || name == "all" || name == "restriction",
            None => lint == "warnings",
        };
        is_weak && self.condition.as_deref() != Some("test") && self.lints.iter().any(takes_back)
    }

    fn lack_as_exception(&self) -> Option<&'static str> {
        if self.inner {
            Some("lifts it for a whole module")
        } else if !self.has_reason {
            Some("lifts it without `reason = \"...\"`")
        } else {
            None
        }
    }
}

/// The attributes that set lints, wherever they stand, also within macros.
fn attributes(text: &str) -> Result<Vec<Attribute>> {
    let mut found = Vec::new();
    collect_attributes(tokens_of(text)?, &mut found);
    Ok(found)
}

fn tokens_of(text: &str) -> Result<TokenStream> {
    TokenStream::from_str(text).map_err(|error| anyhow::anyhow!("not Rust: {error}"))
}

fn collect_attributes(tokens: TokenStream, found: &mut Vec<Attribute>) {
    let tokens: Vec<TokenTree> = tokens.into_iter().collect();
    let is = |at: usize, sign: char| matches!(tokens.get(at), Some(TokenTree::Punct(punct)) if punct.as_char() == sign);
    for (at, token) in tokens.iter().enumerate() {
        let TokenTree::Group(group) = token else {
            continue;
        };
        let inner = at >= 2 && is(at - 1, '!') && is(at - 2, '#');
        let outer = at >= 1 && is(at - 1, '#');
        if group.delimiter() == Delimiter::Bracket && (inner || outer) {
            found.extend(lints_set_by(group.stream(), inner, None));
        } else {
            collect_attributes(group.stream(), found);
        }
    }
}

/// What the content of an attribute sets; several where a `cfg_attr` holds several.
fn lints_set_by(content: TokenStream, inner: bool, condition: Option<&str>) -> Vec<Attribute> {
    let tokens: Vec<TokenTree> = content.into_iter().collect();
    let [TokenTree::Ident(level), TokenTree::Group(list), ..] = tokens.as_slice() else {
        return Vec::new();
    };
    let items = separated(list.stream());
    let level = level.to_string();
    if let ("cfg_attr", Some((condition, rest))) = (level.as_str(), items.split_first()) {
        let condition = text_of(condition);
        let inside = rest.iter().map(|item| item.iter().cloned().collect());
        return inside
            .flat_map(|content| lints_set_by(content, inner, Some(&condition)))
            .collect();
    }
    if !["deny", "forbid", "warn", "allow", "expect"].contains(&level.as_str()) {
        return Vec::new();
    }
    let lints: Vec<String> = items.iter().map(|item| text_of(item)).collect();
    vec![Attribute {
        line: list.span_open().start().line,
        inner,
        level,
        has_reason: lints.iter().any(|lint| lint.starts_with("reason=")),
        lints,
        condition: condition.map(str::to_owned),
    }]
}

/// Tokens between commas.
fn separated(tokens: TokenStream) -> Vec<Vec<TokenTree>> {
    let tokens: Vec<TokenTree> = tokens.into_iter().collect();
    tokens
        .split(|token| matches!(token, TokenTree::Punct(punct) if punct.as_char() == ','))
        .map(<[TokenTree]>::to_vec)
        .filter(|item| !item.is_empty())
        .collect()
}

fn text_of(tokens: &[TokenTree]) -> String {
    let text: String = tokens.iter().map(ToString::to_string).collect();
    text.replace(' ', "")
}

fn unsafe_code(packages: &[Package]) -> Result<()> {
    let known = known_invariants()?;
    let mut wrong = Vec::new();
    let mut lines: BTreeMap<&str, usize> = BTreeMap::new();
    for package in packages {
        for root in package.roots.iter().filter(|_| !package.may_be_unsafe()) {
            if !attributes(&read(root)?)?
                .iter()
                .any(Attribute::forbids_unsafe)
            {
                wrong.push(format!(
                    "{} does not say #![forbid(unsafe_code)]",
                    place(root)
                ));
            }
        }
        for file in package.sources()? {
            let text = read(&file)?;
            let file = place(&file);
            let uses = uses_of_unsafe(&text).with_context(|| file.clone())?;
            let mut last_claim = 0;
            for used in &uses {
                *lines.entry(&package.folder).or_default() += used.lines;
                if !package.may_be_unsafe() {
                    wrong.push(format!(
                        "{file}:{}: unsafe code has no place here",
                        used.line
                    ));
                } else if let Some(lack) = lack_of_reason(&text, used, last_claim, &known) {
                    wrong.push(format!("{file}:{}: {lack}", used.line));
                }
                if used.claims {
                    last_claim = used.line;
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
    let mut uses = Vec::new();
    collect(tokens_of(text)?, &mut uses);
    uses.sort_by_key(|used| used.line);
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

/// What is wrong with the `// SAFETY:` above a block, if anything. One that stands above the claim
/// before this is that claim's.
fn lack_of_reason(
    text: &str,
    used: &Use,
    last_claim: usize,
    known: &BTreeSet<String>,
) -> Option<String> {
    if !used.claims {
        return None;
    }
    let lines: Vec<&str> = text.lines().collect();
    let reason = reason_above(&lines, used.line, last_claim);
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
fn reason_above(lines: &[&str], line: usize, last_claim: usize) -> Option<String> {
    const FAR: usize = 12;
    // Lines count from 1, places in the list from 0; several claims in one line may share a reason.
    let above = if last_claim == line { 0 } else { last_claim };
    let first = line.saturating_sub(FAR).max(above);
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
            let claims: Vec<&Use> = uses.iter().filter(|used| used.claims).collect();
            let before = claims.iter().rev().nth(1).map_or(0, |used| used.line);
            lack_of_reason(text, claims.last().unwrap(), before, &known)
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
            lack("// SAFETY: [POOL]\nunsafe impl Send for A {}\nunsafe impl Sync for A {}")
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

    fn one(text: &str) -> Attribute {
        let mut found = attributes(text).unwrap();
        assert_eq!(found.len(), 1, "{text}");
        found.remove(0)
    }

    #[test]
    fn what_a_crate_denies_is_read_whatever_its_shape() {
        let plain = "//! Docs.\n#![no_std]\n#![deny(\n    clippy::panic,\n    clippy::unwrap_used\n)]\nfn f() {}";
        let but_tests = "#![cfg_attr(not(test), deny(clippy::panic, clippy::unwrap_used))]";
        for text in [plain, but_tests] {
            let read = one(text);
            assert!(read.inner && read.denies_but_for_tests(), "{text}");
            assert_eq!(read.lints, ["clippy::panic", "clippy::unwrap_used"]);
        }
        assert!(!one("#![cfg_attr(test, deny(clippy::panic))]").denies_but_for_tests());
        assert!(!one("#![cfg_attr(feature = \"a\", deny(clippy::panic))]").denies_but_for_tests());
        assert!(!one("#![warn(clippy::panic)]").denies_but_for_tests());
        assert!(one("#![forbid(unsafe_code)]").forbids_unsafe());
        assert!(!one("#![cfg_attr(not(test), forbid(unsafe_code))]").forbids_unsafe());
        assert!(
            attributes("// #![deny(clippy::panic)]\n#[derive(Debug)] struct A;")
                .unwrap()
                .is_empty()
        );
    }

    #[test]
    fn a_lint_is_lifted_in_one_place_and_with_a_reason() {
        let lack = |text: &str| one(text).lack_as_exception().unwrap_or("");
        assert_eq!(
            lack("mod m { #[expect(clippy::panic, reason = \"ours\")] fn f() {} }"),
            ""
        );
        assert!(lack("#[allow(clippy::panic)] fn f() {}").contains("without"));
        assert!(lack("#![allow(clippy::panic, reason = \"ours\")]").contains("whole module"));
        assert!(one("#[warn(clippy::restriction)] fn f() {}").lifts());
        assert!(!one("#[allow(clippy::too_many_arguments)] fn f() {}").lifts());
        assert!(!one("#![cfg_attr(test, allow(clippy::panic))]").lifts());
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
