//! A CD from which GRUB (BIOS) boots a hypervisor by multiboot 2, as an installed Debian does.

use crate::boot::Setting;
use crate::machine::{Boot, Machine};
use crate::{layout, sh, stamp};
use anyhow::{Context, Result, bail};
use std::path::Path;
use std::process::Command;

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
    let compressed = kernel.with_extension("gz");
    let [(linux, arguments), (ramdisk, _)] = modules.as_slice() else {
        bail!("dom0 consists of a kernel and a ramdisk");
    };
    // The entry that Debian's 20_linux_xen writes, less the search for a disk.
    let menu = format!(
        "set timeout=0\nserial --speed=115200\nterminal_input serial\nterminal_output serial\n\
         menuentry 'Debian GNU/Linux, with Xenolith and Linux' {{\n\
         \tinsmod part_msdos\n\tinsmod ext2\n\tinsmod gzio\n\
         \techo 'Loading Xenolith ...'\n\
         \tif [ \"$grub_platform\" = \"pc\" -o \"$grub_platform\" = \"\" ]; then\n\t\txen_rm_opts=\n\
         \telse\n\t\txen_rm_opts=\"no-real-mode edd=off\"\n\tfi\n\
         \tmultiboot2 /boot/xenolith-test.gz placeholder {options} ${{xen_rm_opts}}\n\
         \techo 'Loading Linux ...'\n\tmodule2 /boot/vmlinuz placeholder {arguments}\n\
         \techo 'Loading initial ramdisk ...'\n\tmodule2 --nounzip /boot/initrd.img\n}}\n"
    );
    let sources = [
        (compressed.as_path(), "xenolith-test.gz"),
        (linux, "vmlinuz"),
        (ramdisk, "initrd.img"),
    ];
    let mut key = menu.clone();
    for (source, _) in sources {
        key.push_str(&stamp::of_file(source)?);
    }
    let image = layout::in_out("grub.iso");
    stamp::made(&image, &key, "making a CD with GRUB", |part| {
        make(part, &menu, &sources)
    })?;
    machine.boot = Boot::Cd(image);
    machine.name.push_str("-grub");
    Ok(machine)
}

fn make(image: &Path, menu: &str, sources: &[(&Path, &str)]) -> Result<()> {
    let folder = layout::in_out("grub");
    let boot = folder.join("boot");
    for (source, name) in sources {
        sh::write(&boot.join(name), sh::read(source)?)?;
    }
    sh::write(&boot.join("grub/grub.cfg"), menu)?;
    sh::quiet(
        Command::new("grub-mkrescue")
            .arg("-o")
            .arg(image)
            .arg(&folder),
    )?;
    std::fs::remove_dir_all(&folder).context("cannot remove the CD's folder")
}
