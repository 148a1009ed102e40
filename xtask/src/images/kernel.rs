//! Debian's stock kernel and its modules.

use crate::images::cpio::Archive;
use crate::{apt, layout, sh, stamp};
use anyhow::{Context, Result};
use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::process::Command;

/// An unpacked kernel package.
pub struct Kernel {
    /// Of the running kernel, as `uname -r` prints it.
    pub release: String,
    pub image: PathBuf,
    folder: PathBuf,
}

impl Kernel {
    /// The kernel of Debian 13.
    pub fn stock() -> Result<Self> {
        let meta = apt::unpacked_dependency("kernel", "linux-image-amd64", "linux-image-6")?;
        Self::in_package(&meta)
    }

    /// The kernel in an unpacked package, with the modules' dependencies worked out.
    fn in_package(folder: &Path) -> Result<Self> {
        let modules = folder.join("usr/lib/modules");
        let release = std::fs::read_dir(&modules)
            .with_context(|| format!("no modules in {}", folder.display()))?
            .flatten()
            .next()
            .context("a kernel package holds modules")?
            .file_name()
            .to_string_lossy()
            .into_owned();
        let lib = folder.join("lib");
        if !lib.exists() {
            std::os::unix::fs::symlink("usr/lib", &lib)?;
        }
        if !modules.join(&release).join("modules.dep").exists() {
            sh::quiet(
                Command::new("/usr/sbin/depmod")
                    .arg("-b")
                    .arg(folder)
                    .arg(&release),
            )?;
        }
        Ok(Self {
            image: folder.join(format!("boot/vmlinuz-{release}")),
            release,
            folder: folder.to_path_buf(),
        })
    }

    /// Puts modules and what they need into an archive, uncompressed, with `/lib/modules.list`
    /// naming them in an order in which they load.
    pub fn add_modules(&self, archive: &mut Archive, names: &[&str]) -> Result<()> {
        let base = self.folder.join("usr/lib/modules").join(&self.release);
        let dependencies = Dependencies::read(&base.join("modules.dep"))?;
        let mut list = String::new();
        for path in dependencies.closure(names)? {
            let source = base.join(&path);
            let plain = self.decompressed(&source)?;
            let place = format!(
                "lib/modules/{}/{}",
                self.release,
                path.trim_end_matches(".xz")
            );
            archive.copy(&place, 0o644, &plain);
            list.push_str(&format!("/{place}\n"));
        }
        archive.text("lib/modules.list", 0o644, list);
        Ok(())
    }

    fn decompressed(&self, module: &Path) -> Result<PathBuf> {
        let name = module
            .file_name()
            .context("a module has a name")?
            .to_string_lossy();
        let out = layout::in_out("modules")
            .join(&self.release)
            .join(name.trim_end_matches(".xz"));
        let key = stamp::of_file(module)?;
        if !stamp::is_fresh(&out, &key) {
            let output = Command::new("xz")
                .args(["-dc"])
                .arg(module)
                .output()
                .context("cannot start xz")?;
            anyhow::ensure!(
                output.status.success(),
                "xz cannot unpack {}",
                module.display()
            );
            sh::write(&out, output.stdout)?;
            sh::write(
                &out.with_file_name(format!("{}.key", name.trim_end_matches(".xz"))),
                key,
            )?;
        }
        Ok(out)
    }
}

/// `modules.dep`: each module's path and those of the modules that it needs.
struct Dependencies {
    needs: HashMap<String, Vec<String>>,
    by_name: HashMap<String, String>,
}

impl Dependencies {
    fn read(file: &Path) -> Result<Self> {
        let text = std::fs::read_to_string(file)
            .with_context(|| format!("cannot read {}", file.display()))?;
        Ok(Self::parse(&text))
    }

    fn parse(text: &str) -> Self {
        let needs: HashMap<String, Vec<String>> = text
            .lines()
            .filter_map(|line| line.split_once(':'))
            .map(|(module, needs)| {
                (
                    module.to_owned(),
                    needs.split_whitespace().map(str::to_owned).collect(),
                )
            })
            .collect();
        let by_name = needs
            .keys()
            .map(|path| (name_of(path), path.clone()))
            .collect();
        Self { needs, by_name }
    }

    /// Modules and all they need, needed ones first. A name that is no module is built in.
    fn closure(&self, names: &[&str]) -> Result<Vec<String>> {
        let mut order = Vec::new();
        for name in names {
            let Some(path) = self.by_name.get(&name.replace('-', "_")) else {
                continue;
            };
            // The file lists what is needed from the near to the far.
            for needed in self
                .needs
                .get(path)
                .into_iter()
                .flatten()
                .rev()
                .chain([path])
            {
                if !order.contains(needed) {
                    order.push(needed.clone());
                }
            }
        }
        anyhow::ensure!(
            !order.is_empty(),
            "none of the modules {names:?} is in the kernel package"
        );
        Ok(order)
    }
}

/// `kernel/net/bridge/br-netfilter.ko.xz` is `br_netfilter`.
fn name_of(path: &str) -> String {
    let file = path.rsplit('/').next().unwrap_or(path);
    file.split('.').next().unwrap_or(file).replace('-', "_")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn modules_are_listed_after_those_that_they_need() {
        let dependencies = Dependencies::parse(
            "a/bridge.ko.xz: b/stp.ko.xz c/llc.ko.xz\nb/stp.ko.xz: c/llc.ko.xz\nc/llc.ko.xz:\nd/xen-blkback.ko.xz:\n",
        );
        let order = dependencies
            .closure(&["xen_blkback", "bridge", "virtio_pci"])
            .unwrap();
        assert_eq!(
            order,
            [
                "d/xen-blkback.ko.xz",
                "c/llc.ko.xz",
                "b/stp.ko.xz",
                "a/bridge.ko.xz"
            ]
        );
        assert!(dependencies.closure(&["nothing"]).is_err());
    }
}
