//! Real Debian 13 roots: a disk image each for dom0 and guests, their kernel and ramdisks.
//!
//! A base is installed once by mmdebstrap and takes a minute; dom0's and the guests' disks are
//! copies with a few files laid over.

use crate::boot::Tools;
use crate::images::cpio::Archive;
use crate::images::{
    BRIDGE, DOM0_ADDRESS, DOM0_HOST, GUEST_HOST, PASSWORD, guest_address, overlay, payload,
};
use crate::{apt, layout, sh, stamp};
use anyhow::Result;
use std::path::PathBuf;
use std::process::Command;

/// A freshly installed Debian 13.
pub struct Base {
    /// ext4, the whole disk.
    pub disk: PathBuf,
    pub kernel: PathBuf,
    /// Debian's own initramfs for whatever machine.
    pub ramdisk: PathBuf,
}

const PACKAGES: &str = "linux-image-amd64,initramfs-tools,zstd,systemd-sysv,udev,kmod,login,procps,\
    iproute2,iputils-ping,e2fsprogs,util-linux,less";

/// What only a dom0 with Debian's tools has.
const XEN_PACKAGES: &str = "xen-utils-4.20,xen-utils-common,xenstore-utils,bridge-utils";

/// Runs in the host, after the packages are in place; `$1` is the root.
const CUSTOMIZE: &str = r#"
    set -e
    echo root:PASSWORD | chroot "$1" chpasswd
    chroot "$1" systemctl enable systemd-networkd.service >/dev/null 2>&1
    : > "$1/etc/machine-id"
    # A ramdisk for guests: initramfs-tools with a list of modules in place of most of them.
    cp -a "$1/etc/initramfs-tools" "$1/tmp/guest"
    sed -i 's/^MODULES=.*/MODULES=list/' "$1/tmp/guest/initramfs.conf"
    printf 'xen-blkfront\next4\n' > "$1/tmp/guest/modules"
    kernel=$(basename "$1"/boot/vmlinuz-*)
    chroot "$1" mkinitramfs -d /tmp/guest -o /boot/initrd-guest.img "${kernel#vmlinuz-}"
    rm -r "$1/tmp/guest"
    ln -s "$kernel" "$1/boot/vmlinuz-guest"
"#;

impl Base {
    /// The base for dom0 with these tools; guests use the one without Xen's packages.
    pub fn installed(tools: Tools) -> Result<Self> {
        let source = [apt::source_line(apt::RELEASE)?];
        match tools {
            Tools::Ours => Self::made("base", PACKAGES, &source),
            Tools::Debian => Self::made("base-xen", &format!("{PACKAGES},{XEN_PACKAGES}"), &source),
        }
    }

    /// dom0 with Debian's tools and the kernel of Debian 12.
    pub fn with_bookworm_kernel() -> Result<Self> {
        let older = PACKAGES.replace("linux-image-amd64", "linux-image-amd64/bookworm");
        let sources = [
            apt::source_line(apt::RELEASE)?,
            apt::source_line("bookworm")?,
        ];
        Self::made(
            "base-bookworm-kernel",
            &format!("{older},{XEN_PACKAGES}"),
            &sources,
        )
    }

    fn made(name: &str, packages: &str, sources: &[String]) -> Result<Self> {
        let folder = layout::in_out(name);
        let customize = CUSTOMIZE.replace("PASSWORD", PASSWORD);
        let sources = sources.join("\n");
        let key = format!("{packages}{customize}{sources}");
        let what = format!("installing Debian 13 ({name}); a minute or two, once");
        stamp::made(&folder, &key, &what, |part| {
            std::fs::create_dir_all(part)?;
            let script = format!(
                r#"
                set -e
                cd '{folder}'
                trap 'rm -rf root' EXIT
                mmdebstrap --variant=important --include='{packages}' \
                    --aptopt='Acquire::Check-Valid-Until "false"' \
                    --customize-hook="$CUSTOMIZE" '{release}' root "$SOURCE" 2>log || {{ tail -n 20 log >&2; exit 1; }}
                rm -rf root/dev root/proc root/sys root/run root/tmp
                mkdir -m 755 root/dev root/proc root/sys root/run
                mkdir -m 1777 root/tmp
                cp root/boot/vmlinuz-6* vmlinuz
                cp root/boot/initrd.img-6* initrd.img
                cp root/boot/initrd-guest.img .
                truncate -s 2500M disk.img
                mke2fs -q -F -t ext4 -d root disk.img
                chown -R "$OWNER" .
                "#,
                folder = part.display(),
                release = apt::RELEASE,
            );
            let owner = format!(
                "{}:{}",
                rustix::process::getuid().as_raw(),
                rustix::process::getgid().as_raw()
            );
            let mut shell = as_root("env");
            shell
                .arg(format!("CUSTOMIZE={customize}"))
                .arg(format!("SOURCE={sources}"));
            shell
                .arg(format!("OWNER={owner}"))
                .args(["sh", "-c", &script]);
            sh::quiet(&mut shell)
        })?;
        let file = |name: &str| folder.join(name);
        Ok(Self {
            disk: file("disk.img"),
            kernel: file("vmlinuz"),
            ramdisk: file("initrd.img"),
        })
    }

    /// A copy of the disk under another name, with files laid over.
    fn copy(&self, name: &str, label: &str, files: &Archive) -> Result<PathBuf> {
        let out = layout::in_out(name);
        let key = format!("{label}\n{}{}", stamp::of_file(&self.disk)?, files.key()?);
        stamp::made(&out, &key, &format!("making the disk {name}"), |part| {
            sh::quiet(
                Command::new("cp")
                    .args(["--sparse=always", "--reflink=auto"])
                    .arg(&self.disk)
                    .arg(part),
            )?;
            sh::quiet(
                Command::new("/usr/sbin/tune2fs")
                    .args(["-L", label])
                    .arg(part),
            )?;
            overlay::apply(part, files)
        })?;
        Ok(out)
    }
}

/// A program run as root, by sudo where we are not.
pub fn as_root(program: &str) -> Command {
    if sh::is_root() {
        return Command::new(program);
    }
    let mut command = Command::new("sudo");
    command.arg(program);
    command
}

/// The disk of a Debian dom0.
pub fn dom0_disk(base: &Base, tools: Tools) -> Result<PathBuf> {
    let mut files = common("xn-dom0", DOM0_HOST);
    files.text(
        "etc/systemd/network/10-bridge.netdev",
        0o644,
        format!("[NetDev]\nName={BRIDGE}\nKind=bridge\n"),
    );
    files.text(
        "etc/systemd/network/10-bridge.network",
        0o644,
        format!(
            "[Match]\nName={BRIDGE}\n\n[Link]\nRequiredForOnline=no-carrier\n\n\
             [Network]\nAddress={DOM0_ADDRESS}/24\nConfigureWithoutCarrier=yes\nLinkLocalAddressing=no\n"
        ),
    );
    files.text(
        "etc/systemd/network/20-wired.network",
        0o644,
        "[Match]\nName=en* eth*\n\n[Link]\nRequiredForOnline=no\n\n[Network]\nDHCP=ipv4\n",
    );
    for (name, text) in guest_configs(Dom0Paths {
        kernel: "/boot/vmlinuz-guest",
        ramdisk: "/boot/initrd-guest.img",
    }) {
        files.text(&name, 0o644, text);
    }
    let name = match tools {
        Tools::Ours => {
            payload::ours(&mut files)?;
            payload::enable_units(&mut files)?;
            "dom0-ours.img"
        }
        Tools::Debian => {
            files.text(
                "etc/modules-load.d/xn.conf",
                0o644,
                "xen-blkback\nxen-netback\nxen-gntalloc\nloop\n",
            );
            "dom0-debian.img"
        }
    };
    base.copy(name, "xn-dom0", &files)
}

/// The disk of a Debian PV guest. Which guest it is tells the address of its network card.
pub fn guest_disk(base: &Base) -> Result<PathBuf> {
    let mut files = common("xn-guest", GUEST_HOST);
    for number in 1..=GUESTS {
        files.text(
            &format!("etc/systemd/network/10-guest{number}.network"),
            0o644,
            format!(
                "[Match]\nMACAddress={}\n\n[Network]\nAddress={}/24\nLinkLocalAddressing=no\n",
                guest_mac(number),
                guest_address(number)
            ),
        );
    }
    files.text("usr/local/bin/xn-work", 0o755, include_str!("guest-work"));
    base.copy("guest.img", "xn-guest", &files)
}

fn common(label: &str, host: &str) -> Archive {
    let mut files = Archive::default();
    files.text("etc/hostname", 0o644, format!("{host}\n"));
    files.text(
        "etc/hosts",
        0o644,
        format!("127.0.0.1 localhost\n127.0.1.1 {host}\n"),
    );
    files.text(
        "etc/fstab",
        0o644,
        format!("LABEL={label} / ext4 defaults,errors=remount-ro 0 1\n"),
    );
    files
}

/// How many guests dom0 has a configuration for.
pub const GUESTS: usize = 3;

fn guest_mac(number: usize) -> String {
    format!("00:16:3e:77:00:{number:02x}")
}

/// An emulated machine beside busy neighbours may take minutes over what silicon does in a second;
/// systemd gives up on a service or a device after 90 s, and on its journal after three silent minutes.
pub const PATIENCE: &str = "systemd.default_timeout_start_sec=900 systemd.default_device_timeout_sec=900 systemd.service_watchdogs=no";

/// Where dom0 keeps what its guests boot.
pub struct Dom0Paths {
    pub kernel: &'static str,
    pub ramdisk: &'static str,
}

/// `/etc/xen/guestN.cfg`: Debian PV guests. Their disks are those of the machine with the serial
/// numbers `guestN`.
pub fn guest_configs(paths: Dom0Paths) -> Vec<(String, String)> {
    (1..=GUESTS)
        .map(|number| {
            let text = format!(
                r#"# A stock Debian 13 as PV guest, with a disk and a network card.
name    = "guest{number}"
kernel  = "{kernel}"
ramdisk = "{ramdisk}"
extra   = "console=hvc0 root=/dev/xvda ro quiet {PATIENCE} systemd.hostname={GUEST_HOST}{number}"
memory  = 384
vcpus   = 1
disk    = [ "phy:/dev/disk/by-id/virtio-guest{number},xvda,w" ]
vif     = [ "mac={mac},bridge={BRIDGE}" ]
on_poweroff = "destroy"
on_reboot   = "restart"
on_crash    = "destroy"
"#,
                kernel = paths.kernel,
                ramdisk = paths.ramdisk,
                mac = guest_mac(number),
            );
            (format!("etc/xen/guest{number}.cfg"), text)
        })
        .collect()
}
