//! `unsafe` lives in the named crates alone and every other crate forbids it; every unsafe block or
//! impl says why it is sound by names that `docs/soundness.md` defines.

use super::attributes::{Attribute, attributes, tokens_of};
use super::packages::Package;
use super::{none, place, read};
use crate::{layout, sh};
use anyhow::{Context, Result};
use proc_macro2::{Delimiter, TokenStream, TokenTree};
use std::collections::{BTreeMap, BTreeSet};

pub(super) fn unsafe_code(packages: &[Package]) -> Result<()> {
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
    fn names_are_defined_in_tables_and_lists() {
        assert_eq!(defined_names("| M2P | what holds |"), ["M2P"]);
        assert_eq!(
            defined_names("- **[GUEST-SHARED]** the page"),
            ["GUEST-SHARED"]
        );
        assert!(defined_names("| Name | What holds |").is_empty());
    }
}
