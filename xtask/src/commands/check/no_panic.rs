//! A crate that a guest can reach denies whatever panics on input, and lifts that in single places
//! only, each with its reason.

use super::attributes::attributes;
use super::packages::Package;
use super::{none, place, read};
use crate::{layout, sh};
use anyhow::{Context, Result};
use std::collections::BTreeSet;

/// The lints of clippy that such a crate denies, but for its tests.
pub(super) const NO_PANIC: [&str; 5] = [
    "indexing_slicing",
    "arithmetic_side_effects",
    "unwrap_used",
    "expect_used",
    "panic",
];

pub(super) fn no_panic(packages: &[Package]) -> Result<()> {
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
