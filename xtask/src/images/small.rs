//! The small dom0: a stock kernel and a ramdisk with busybox and one set of tools; and the tiny
//! guest, the least that is a PV Linux with a disk and a network card.
//!
//! Up in seconds where a real root takes a minute, and nothing in it but what is tested.

use crate::boot::Tools;
use crate::commands::build;
use crate::images::cpio::Archive;
use crate::images::kernel::Kernel;
use crate::images::root::{Base, Dom0Paths, guest_configs};
use crate::images::{BRIDGE, guest_address, payload};
use crate::{apt, layout, sh};
use anyhow::{Context, Result};
use std::path::{Path, PathBuf};
use std::process::Command;

const DOM0_MODULES: [&str; 21] = [
    "xenfs",
    "xen-privcmd",
    "xen-evtchn",
    "xen-gntdev",
    "xen-gntalloc",
    "xen-blkback",
    "xen-netback",
    "bridge",
    "loop",
    "tun",
    "virtio_pci",
    "virtio_blk",
    "virtio_net",
    "virtio_scsi",
    "nvme",
    "ahci",
    "sd_mod",
    "ext4",
    "e1000",
    "e1000e",
    "dm_mod",
];

const GUEST_MODULES: [&str; 3] = ["xen-blkfront", "xen-netfront", "ext4"];

/// What Debian's tools and their scripts need beyond busybox.
const DEBIAN_PACKAGES: [&str; 6] = [
    "xen-utils-4.20",
    "xen-utils-common",
    "xenstore-utils",
    "bash",
    "util-linux",
    "mount",
];

const XEN_BIN: &str = "usr/lib/xen-4.20/bin";

/// A stock kernel and its ramdisk as dom0.
pub struct SmallDom0 {
    pub kernel: PathBuf,
    pub ramdisk: PathBuf,
}

impl SmallDom0 {
    pub fn made(tools: Tools) -> Result<Self> {
        let kernel = Kernel::stock()?;
        let mut files = Archive::default();
        busybox(&mut files)?;
        kernel.add_modules(&mut files, &DOM0_MODULES)?;
        files.text("init", 0o755, include_str!("small-dom0-init"));
        files.copy("boot/vmlinuz", 0o644, &kernel.image);
        files.copy("boot/tiny.img", 0o644, &tiny_guest(&kernel)?);
        files.text("etc/xen/tiny.cfg", 0o644, tiny_config());
        files.copy("boot/fuzz", 0o644, &build::bare("fuzz", "fuzz")?);
        files.text("etc/xen/fuzz.cfg", 0o644, FUZZ_CONFIG);
        let (name, start) = match tools {
            Tools::Ours => {
                payload::ours(&mut files)?;
                ("small-ours.img", START_OURS)
            }
            Tools::Debian => {
                debian_tools(&mut files)?;
                ("small-debian.img", START_DEBIAN)
            }
        };
        files.text("etc/xn/start-tools", 0o644, start);
        // A Debian guest can be started from here only where a Debian root was made already.
        let base = layout::in_out("base/initrd-guest.img");
        if base.exists() {
            files.copy("boot/initrd-guest.img", 0o644, &base);
        }
        for (path, text) in guest_configs(Dom0Paths {
            kernel: "/boot/vmlinuz",
            ramdisk: "/boot/initrd-guest.img",
        }) {
            files.text(&path, 0o644, text);
        }
        let ramdisk = layout::in_out(name);
        files.made(&ramdisk, &format!("making the small dom0 {name}"))?;
        Ok(Self {
            kernel: kernel.image,
            ramdisk,
        })
    }

    /// With what it takes to start Debian guests.
    pub fn made_for_debian_guests(tools: Tools) -> Result<Self> {
        Base::installed(Tools::Ours)?;
        Self::made(tools)
    }
}

const START_OURS: &str = "\
xenstored < /dev/null > /run/xenstored.log 2>&1 &
n=0; while [ ! -S /run/xenstored/socket ] && [ $n -lt 100 ]; do sleep 0.1; n=$((n + 1)); done
xenstore-write /local/domain/0/name Domain-0 /local/domain/0/domid 0
xenconsoled --log=guest < /dev/null > /run/xenconsoled.log 2>&1 &
";

const START_DEBIAN: &str = "\
export PATH=$PATH:/usr/lib/xen-4.20/bin
oxenstored --pid-file /run/xen/xenstored.pid < /dev/null
n=0; while [ ! -S /run/xenstored/socket ] && [ $n -lt 100 ]; do sleep 0.1; n=$((n + 1)); done
xen-init-dom0 < /dev/null > /dev/null
xenconsoled --log=guest --pid-file=/run/xen/xenconsoled.pid < /dev/null
";

/// The tiny guest's ramdisk.
fn tiny_guest(kernel: &Kernel) -> Result<PathBuf> {
    let mut files = Archive::default();
    busybox(&mut files)?;
    kernel.add_modules(&mut files, &GUEST_MODULES)?;
    files.text("init", 0o755, include_str!("tiny-guest-init"));
    let out = layout::in_out("tiny.img");
    files.made(&out, "making the tiny guest")?;
    Ok(out)
}

fn tiny_config() -> String {
    format!(
        r#"# The stock kernel with a ramdisk of busybox.
name    = "tiny"
kernel  = "/boot/vmlinuz"
ramdisk = "/boot/tiny.img"
extra   = "console=hvc0 quiet xn.address={}/24"
memory  = 128
vcpus   = 1
vif     = [ "mac=00:16:3e:77:00:99,bridge={BRIDGE}" ]
"#,
        guest_address(89)
    )
}

/// What makes random hypercalls; how many and which is added on the command line.
const FUZZ_CONFIG: &str = r#"# A kernel that makes random hypercalls.
name        = "fuzz"
kernel      = "/boot/fuzz"
memory      = 64
maxmem      = 65
vcpus       = 1
on_poweroff = "destroy"
on_reboot   = "destroy"
on_crash    = "destroy"
"#;

/// busybox under all its names, the folders that every system has, and a console.
fn busybox(files: &mut Archive) -> Result<()> {
    let folder = apt::unpacked("busybox", &["busybox-static"])?;
    let program = folder.join("usr/bin/busybox");
    files.copy("bin/busybox", 0o755, &program);
    let applets = sh::capture(Command::new(&program).arg("--list"))?;
    for applet in applets.lines().filter(|applet| *applet != "busybox") {
        files.link(&format!("bin/{applet}"), "busybox");
    }
    for folder in [
        "dev", "proc", "sys", "run", "tmp", "root", "etc", "var/log", "var/lib", "usr/bin",
        "usr/sbin",
    ] {
        files.folder(folder);
    }
    files.link("sbin", "bin");
    files.link("var/run", "../run");
    files.text(
        "etc/passwd",
        0o644,
        "root:x:0:0:root:/root:/bin/sh\nnobody:x:65534:65534:nobody:/:/bin/sh\n",
    );
    files.text("etc/group", 0o644, "root:x:0:\nnogroup:x:65534:\n");
    files.device("dev/console", 5, 1);
    files.device("dev/null", 1, 3);
    Ok(())
}

/// Debian's tools, their scripts, and every library that they need.
fn debian_tools(files: &mut Archive) -> Result<()> {
    let folder = apt::unpacked_with_dependencies("xen-tools", &DEBIAN_PACKAGES)?;
    let mut programs: Vec<String> = [
        "xl",
        "oxenstored",
        "xenconsoled",
        "xenconsole",
        "xen-init-dom0",
        "xentop",
    ]
    .map(|name| format!("{XEN_BIN}/{name}"))
    .to_vec();
    // oxenstored loads this at run time.
    programs.push("usr/lib/xen-4.20/ocaml/xsd_glue/xenctrl_plugin/domain_getinfo_v1.cmxs".into());
    programs.extend(["bash", "flock"].map(|name| format!("usr/bin/{name}")));
    programs.push("usr/sbin/losetup".into());
    for entry in std::fs::read_dir(folder.join("usr/bin"))?.flatten() {
        let name = entry.file_name().to_string_lossy().into_owned();
        if name.starts_with("xenstore") {
            programs.push(format!("usr/bin/{name}"));
        }
    }
    for program in &programs {
        files.copy(program, 0o755, &folder.join(program));
        for (place, source) in libraries(&folder, program)? {
            files.copy(&place, 0o755, &source);
        }
    }
    // The C library loads this one by itself when a thread ends.
    let unwinder = "usr/lib/x86_64-linux-gnu/libgcc_s.so.1";
    files.copy(unwinder, 0o644, &folder.join(unwinder));
    files.copy("lib64/ld-linux-x86-64.so.2", 0o755, &loader(&folder));
    files.link("bin/bash", "/usr/bin/bash");
    files.link("bin/flock", "/usr/bin/flock");
    files.link("bin/losetup", "/usr/sbin/losetup");
    files.link("usr/sbin/xl", &format!("/{XEN_BIN}/xl"));
    payload::tree(files, &folder.join("etc/xen"), "etc/xen")?;
    files.folder("var/log/xen/console");
    files.folder("var/lib/xen");
    Ok(())
}

fn loader(folder: &Path) -> PathBuf {
    folder.join("usr/lib64/ld-linux-x86-64.so.2")
}

/// The libraries of a program in an unpacked root, found by that root's own loader.
fn libraries(folder: &Path, program: &str) -> Result<Vec<(String, PathBuf)>> {
    if !sh::read(&folder.join(program))?.starts_with(b"\x7fELF") {
        return Ok(Vec::new()); // a script
    }
    let path = folder.join("usr/lib/x86_64-linux-gnu");
    let listed = sh::capture(
        Command::new(loader(folder))
            .arg("--library-path")
            .arg(&path)
            .arg("--list")
            .arg(folder.join(program)),
    )?;
    listed
        .lines()
        .filter_map(|line| line.split_once("=> "))
        .map(|(name, place)| {
            let source = PathBuf::from(place.split_whitespace().next().unwrap_or_default());
            let library = source
                .file_name()
                .with_context(|| format!("{program} needs {name}, which is not there"))?;
            Ok((
                format!("usr/lib/x86_64-linux-gnu/{}", library.to_string_lossy()),
                source,
            ))
        })
        .collect()
}
