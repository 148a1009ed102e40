//! A CD from which GRUB (BIOS) boots a hypervisor by multiboot 2, as an installed Debian does.
//!
//! The menu is what Debian's own `/etc/grub.d/20_linux_xen` writes when it finds our image beside
//! a kernel in `/boot`; only the serial console before it is ours.

use crate::boot::Setting;
use crate::images::root::as_root;
use crate::machine::{Boot, Machine};
use crate::{layout, sh, stamp};
use anyhow::{Context, Result, bail, ensure};
use std::path::{Path, PathBuf};
use std::process::Command;

const SCRIPT: &str = "/etc/grub.d/20_linux_xen";

/// The CD's name for GRUB's `search`, which is the date of its making.
const UUID: &str = "2026-01-01-00-00-00-00";
const DATE: &str = "2026010100000000";

const CONSOLE: &str = "set timeout=0\nserial --speed=115200\n\
    terminal_input serial\nterminal_output serial\n";

/// The machine of a setting, started by GRUB in place of QEMU's own loader.
pub fn machine(setting: &Setting) -> Result<Machine> {
    let mut machine = setting.machine()?;
    let Boot::Multiboot {
        kernel,
        options,
        modules,
    } = &machine.boot
    else {
        bail!("only a hypervisor is put on a CD");
    };
    let [(linux, arguments), (ramdisk, _)] = modules.as_slice() else {
        bail!("dom0 consists of a kernel and a ramdisk");
    };
    let image = layout::in_out("grub.iso");
    let cd = Cd {
        boot: boot_folder(&kernel.with_extension("gz"), linux, ramdisk)?,
        options,
        arguments,
    };
    let key = cd.key()?;
    stamp::made(&image, &key, "making a CD with GRUB", |part| cd.make(part))?;
    machine.boot = Boot::Cd(image);
    machine.name.push_str("-grub");
    Ok(machine)
}

/// What `/boot` of an installed Debian would hold: names in it, and the files.
fn boot_folder(xen: &Path, linux: &Path, ramdisk: &Path) -> Result<Vec<(String, PathBuf)>> {
    let name = linux.file_name().unwrap_or_default().to_string_lossy();
    let version = name
        .strip_prefix("vmlinuz-")
        .with_context(|| format!("{} names no version", linux.display()))?;
    // By it the script tells a kernel that can be dom0.
    let config = linux.with_file_name(format!("config-{version}"));
    Ok(vec![
        ("xenolith.gz".into(), xen.to_path_buf()),
        (name.to_string(), linux.to_path_buf()),
        (format!("config-{version}"), config),
        (format!("initrd.img-{version}"), ramdisk.to_path_buf()),
    ])
}

struct Cd<'a> {
    boot: Vec<(String, PathBuf)>,
    options: &'a str,
    arguments: &'a str,
}

impl Cd<'_> {
    fn key(&self) -> Result<String> {
        let mut key = format!("{} {} {CONSOLE} {UUID}", self.options, self.arguments);
        key.push_str(&stamp::of_file(Path::new(SCRIPT))?);
        for (_, source) in &self.boot {
            key.push_str(&stamp::of_file(source)?);
        }
        Ok(key)
    }

    fn make(&self, image: &Path) -> Result<()> {
        let folder = layout::in_out("grub");
        let boot = folder.join("boot");
        for (name, source) in &self.boot {
            sh::write(&boot.join(name), sh::read(source)?)?;
        }
        let entry = self.entry(&boot)?;
        sh::write(&boot.join("grub/grub.cfg"), format!("{CONSOLE}{entry}"))?;
        sh::quiet(
            Command::new("grub-mkrescue")
                .arg("-o")
                .arg(image)
                .arg(&folder)
                .args(["--", "-volume_date", "uuid", DATE]),
        )?;
        std::fs::remove_dir_all(&folder).context("cannot remove the CD's folder")
    }

    /// Runs Debian's script where `boot` is `/boot`. It would ask grub-probe about the disk of that
    /// folder, which is to be a CD.
    fn entry(&self, boot: &Path) -> Result<String> {
        let probe = boot.with_file_name("probe");
        let answer = "#!/bin/sh\ncase \"$*\" in *fs_uuid*) echo UUID ;; esac\n";
        sh::write(&probe, answer.replace("UUID", UUID))?;
        let path = boot.with_file_name("path");
        sh::write(&path, "#!/bin/sh\necho \"$1\"\n")?;
        sh::quiet(Command::new("chmod").arg("+x").args([&probe, &path]))?;
        let script = format!("mount --bind \"$1\" /boot && exec {SCRIPT} 2>/dev/null");
        let mut run = as_root("env");
        run.args(["GRUB_DEVICE=/dev/sr0", "GRUB_DISABLE_LINUX_UUID=true"])
            .args(["GRUB_DISABLE_RECOVERY=true", "GRUB_DISABLE_SUBMENU=y"])
            .args(["GRUB_DISTRIBUTOR=Debian", "pkgdatadir=/usr/share/grub"])
            .arg(format!("GRUB_CMDLINE_XEN={}", self.options))
            .arg(format!("GRUB_CMDLINE_LINUX={}", self.arguments))
            .arg(format!("grub_probe={}", probe.display()))
            .arg(format!("grub_mkrelpath={}", path.display()))
            .args(["unshare", "-m", "sh", "-c", &script, "sh"])
            .arg(boot);
        let entry = sh::capture(&mut run)?;
        std::fs::remove_file(probe)?;
        std::fs::remove_file(path)?;
        ensure!(
            entry.contains("multiboot2") && entry.contains("/boot/xenolith.gz"),
            "{SCRIPT} found no Xenolith by multiboot 2; it wrote:\n{entry}"
        );
        Ok(entry)
    }
}
