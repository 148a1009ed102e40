//! Attributes that set lints, read from the source as the compiler's lexer sees it.

use super::no_panic::NO_PANIC;
use anyhow::Result;
use proc_macro2::{Delimiter, TokenStream, TokenTree};
use std::str::FromStr;

/// An attribute that sets lints, as `#![deny(clippy::panic)]`.
#[derive(Debug)]
pub(super) struct Attribute {
    pub(super) line: usize,
    /// `#![...]`.
    pub(super) inner: bool,
    /// `deny`, `forbid`, `warn`, `allow` or `expect`.
    level: String,
    pub(super) lints: Vec<String>,
    has_reason: bool,
    /// Of the `cfg_attr` that it stands in.
    condition: Option<String>,
}

impl Attribute {
    pub(super) fn denies_but_for_tests(&self) -> bool {
        let always = matches!(self.condition.as_deref(), None | Some("not(test)"));
        always && matches!(self.level.as_str(), "deny" | "forbid")
    }

    pub(super) fn forbids_unsafe(&self) -> bool {
        let always = self.inner && self.condition.is_none();
        always && self.level == "forbid" && self.lints.iter().any(|lint| lint == "unsafe_code")
    }

    /// Does it take back a lint that crates which guests reach deny?
    pub(super) fn lifts(&self) -> bool {
        let is_weak = matches!(self.level.as_str(), "allow" | "expect" | "warn");
        let takes_back = |lint: &String| match lint.strip_prefix("clippy::") {
            Some(name) => NO_PANIC.contains(&name) || name == "all" || name == "restriction",
            None => lint == "warnings",
        };
        is_weak && self.condition.as_deref() != Some("test") && self.lints.iter().any(takes_back)
    }

    pub(super) fn lack_as_exception(&self) -> Option<&'static str> {
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
pub(super) fn attributes(text: &str) -> Result<Vec<Attribute>> {
    let mut found = Vec::new();
    collect_attributes(tokens_of(text)?, &mut found);
    Ok(found)
}

pub(super) fn tokens_of(text: &str) -> Result<TokenStream> {
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

#[cfg(test)]
mod tests {
    use super::*;

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
}
