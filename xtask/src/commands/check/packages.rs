//! The packages of the workspace, and the one way that arrows between them may point.

use super::none;
use crate::{layout, sh};
use anyhow::{Context, Result};
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

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

/// A package of the workspace.
pub(super) struct Package {
    name: String,
    /// Below the root, as `logic/sched`.
    pub(super) folder: String,
    /// Names of the packages of the workspace that it is built on.
    needs: Vec<String>,
    /// The first files of its library and of its programs, the library first.
    pub(super) roots: Vec<PathBuf>,
}

impl Package {
    /// All its Rust files.
    pub(super) fn sources(&self) -> Result<Vec<PathBuf>> {
        let mut files = Vec::new();
        for part in ["src", "tests", "examples", "benches", "build.rs"] {
            rust_files(&layout::in_root(&self.folder).join(part), &mut files)?;
        }
        files.sort();
        Ok(files)
    }

    pub(super) fn may_be_unsafe(&self) -> bool {
        UNSAFE.contains(&self.folder.as_str())
    }

    pub(super) fn is_reachable(&self) -> bool {
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

pub(super) fn packages() -> Result<Vec<Package>> {
    let text = sh::capture(sh::cargo().args(["metadata", "--no-deps", "--format-version", "1"]))?;
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

pub(super) fn arrows(packages: &[Package]) -> Result<()> {
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn arrows_point_one_way() {
        assert!(may_need("hypervisor", "metal") && may_need("toolstack/xl", "formats/xl_cfg"));
        assert!(!may_need("logic/sched", "metal/types") && !may_need("toolstack/sys", "metal/x86"));
        assert!(!may_need("formats/elf", "hypervisor") && !may_need("abi", "logic/ring"));
    }
}
