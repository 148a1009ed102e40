//! Files laid into an ext4 image without mounting it, so without privilege.

use crate::images::cpio::{Archive, Entry};
use crate::sh;
use anyhow::{Result, bail};
use std::path::Path;
use std::process::Command;

/// Puts every entry of `files` into the file system in `image`, replacing what is there.
pub fn apply(image: &Path, files: &Archive) -> Result<()> {
    let mut scratch = image.as_os_str().to_owned();
    scratch.push(".overlay");
    let scratch = Path::new(&scratch);
    let _ = std::fs::remove_dir_all(scratch);
    std::fs::create_dir_all(scratch)?;
    let script = commands(image, files, scratch)?;
    sh::write(&scratch.join("commands"), &script)?;
    let written = sh::capture(
        Command::new("/usr/sbin/debugfs")
            .args(["-w", "-f"])
            .arg(scratch.join("commands"))
            .arg(image),
    );
    std::fs::remove_dir_all(scratch)?;
    written?;
    sh::quiet(Command::new("/usr/sbin/e2fsck").arg("-fn").arg(image))?;
    check(image, files)
}

/// debugfs works on names in the current folder; it goes on after an error, so an entry is removed
/// first whether it is there or not. A folder that is there must not be made again: debugfs would
/// leave a lost one behind.
fn commands(image: &Path, files: &Archive, scratch: &Path) -> Result<String> {
    let mut script = String::new();
    for (number, (path, entry)) in files.entries().enumerate() {
        let (folder, name) = path.rsplit_once('/').unwrap_or(("", path));
        script.push_str(&format!("cd /{folder}\n"));
        let mut put = |source: &Path, mode: u32| {
            script.push_str(&format!("rm {name}\nwrite {} {name}\n", source.display()));
            script.push_str(&format!(
                "sif {name} mode 0{:o}\nsif {name} uid 0\nsif {name} gid 0\n",
                0o100_000 | mode
            ));
        };
        match entry {
            Entry::Copy(source, mode) => put(source, *mode),
            Entry::Text(text, mode) => {
                let source = scratch.join(number.to_string());
                sh::write(&source, text)?;
                put(&source, *mode);
            }
            Entry::Folder if exists(image, path)? => {}
            Entry::Folder => script.push_str(&format!(
                "mkdir {name}
"
            )),
            Entry::Link(target) => {
                script.push_str(&format!("rm {name}\nsymlink {name} {target}\n"))
            }
            Entry::Device(..) => bail!("{path}: devices of a disk image are made by its udev"),
        }
    }
    Ok(script)
}

/// debugfs does not tell by its exit code whether it did what it was told.
fn check(image: &Path, files: &Archive) -> Result<()> {
    for (path, _) in files.entries() {
        if !exists(image, path)? {
            bail!("{path} did not get into {}", image.display());
        }
    }
    Ok(())
}

fn exists(image: &Path, path: &str) -> Result<bool> {
    let mut debugfs = Command::new("/usr/sbin/debugfs");
    Ok(sh::capture(debugfs.arg("-R").arg(format!("stat /{path}")).arg(image))?.contains("Inode:"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn files_links_and_folders_reach_the_image() {
        let image = std::env::temp_dir().join(format!("xtask-overlay-{}.img", std::process::id()));
        sh::quiet(
            Command::new("/usr/sbin/mke2fs")
                .args(["-q", "-F", "-t", "ext4"])
                .arg(&image)
                .arg("8M"),
        )
        .unwrap();
        let mut files = Archive::default();
        files.text("etc/one", 0o755, "first\n");
        files.link("etc/two", "one");
        apply(&image, &files).unwrap();
        files.text("etc/one", 0o644, "second\n");
        apply(&image, &files).unwrap();
        let read = |what: &str| {
            sh::capture(
                Command::new("/usr/sbin/debugfs")
                    .arg("-R")
                    .arg(what)
                    .arg(&image),
            )
            .unwrap()
        };
        assert_eq!(read("cat /etc/one"), "second\n");
        assert!(read("stat /etc/one").contains("Mode:  0644"));
        assert!(read("stat /etc/two").contains("Fast link dest: \"one\""));
        std::fs::remove_file(&image).unwrap();
    }
}
