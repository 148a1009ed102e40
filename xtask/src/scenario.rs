//! What is done in a booted dom0, the same whoever's hypervisor and tools they are.
//!
//! Every step says what it saw and fails if it saw something else.

use crate::console::Console;
use crate::images::{DOM0_ADDRESS, GUEST_HOST, PASSWORD, guest_address};
use crate::sh;
use anyhow::{Context, Result, ensure};
use std::time::Duration;

const SHORT: Duration = Duration::from_secs(120);
const LONG: Duration = Duration::from_secs(600);

/// Creates Debian guest number 1 with its console, uses disk and network, and shuts it down.
///
/// `dom0` is a bare shell of dom0, before and after.
pub fn debian_guest(dom0: &mut Console) -> Result<()> {
    sh::say("xl create -c guest1");
    dom0.line("xl create -c /etc/xen/guest1.cfg")?;
    let host = format!("{GUEST_HOST}1");
    dom0.log_in(&host, PASSWORD, LONG).context("the guest's login")?;
    look_around(dom0).context("in the guest")?;
    leave_guest(dom0)?;

    sh::say("xl shutdown -w guest1");
    dom0.sh("xl shutdown -w guest1", LONG)?;
    ensure_gone(dom0, "guest1")
}

/// In the guest: kernel, disk, and a ping to dom0.
fn look_around(guest: &mut Console) -> Result<()> {
    let kernel = guest.sh("uname -a", SHORT)?;
    sh::note(&kernel);
    ensure!(kernel.contains("Linux") && kernel.contains("Debian"), "no Debian kernel answered `uname -a`");

    let disk = guest.sh("grep . /sys/block/xvda/size && df -h / | tail -n 1", SHORT)?;
    sh::note(&disk);
    ensure!(disk.contains("/dev/xvda"), "the root is not on the virtual disk");
    guest.sh("dd if=/dev/urandom of=/root/a bs=1M count=4 2>/dev/null && sync && cp /root/a /root/b && sync", SHORT)?;
    guest.sh("echo 3 > /proc/sys/vm/drop_caches && cmp /root/a /root/b && rm /root/a /root/b", SHORT)?;
    sh::note("4 MiB written to the disk and read back");

    let ping = guest.sh(&format!("ping -c 3 -W 10 {DOM0_ADDRESS}"), SHORT)?;
    sh::note(sh::tail(&ping, 2));
    ensure!(ping.contains(" 0% packet loss"), "pings to dom0 were lost:\n{ping}");
    Ok(())
}

/// Ctrl-] leaves a guest's console; dom0's shell goes on.
fn leave_guest(dom0: &mut Console) -> Result<()> {
    dom0.send("\u{1d}")?;
    std::thread::sleep(Duration::from_secs(1));
    let back = dom0.sh("hostname", SHORT).context("dom0's shell after Ctrl-]")?;
    ensure!(back.contains(crate::images::DOM0_HOST), "Ctrl-] led to `{back}` and not to dom0");
    Ok(())
}

/// No domain of this name is left.
fn ensure_gone(dom0: &mut Console, name: &str) -> Result<()> {
    let (_, list) = dom0.sh_code("xl list", SHORT)?;
    sh::note(&list);
    ensure!(list.contains("Domain-0"), "`xl list` does not work:\n{list}");
    ensure!(!list.contains(name), "{name} is still there:\n{list}");
    Ok(())
}

/// The tiny guest: created in the background, answers a ping, is destroyed.
pub fn tiny_guest(dom0: &mut Console) -> Result<()> {
    dom0.sh("xl create /etc/xen/tiny.cfg", LONG)?;
    dom0.sh(&format!("ping -c 3 -W 60 {}", guest_address(89)), LONG).context("the guest does not answer")?;
    let list = dom0.sh("xl list", SHORT)?;
    ensure!(list.contains("tiny"), "`xl list` does not show the guest:\n{list}");
    dom0.sh("xl destroy tiny", SHORT)?;
    ensure_gone(dom0, "tiny")
}

/// Switches dom0 off and waits until the machine is.
pub fn power_off(mut dom0: Console) -> Result<()> {
    sh::say("switching dom0 off");
    dom0.line("poweroff")?;
    dom0.wait_off(LONG)
}
