//! Guests that mean well: they boot, use disk and network, and go, and nothing is left of them.

use super::{LONG, SHORT, ensure_gone, leftovers, ping, wait_for_answer};
use crate::console::Console;
use crate::images::{DOM0_ADDRESS, GUEST_HOST, PASSWORD, guest_address};
use crate::sh;
use anyhow::{Context, Result, ensure};
use std::time::Duration;

/// Creates Debian guest number 1 with its console, uses disk and network, and shuts it down.
///
/// `dom0` is a bare shell of dom0, before and after.
pub fn debian_guest(dom0: &mut Console) -> Result<()> {
    sh::say("xl create -c guest1");
    dom0.line("xl create -c /etc/xen/guest1.cfg")?;
    let host = format!("{GUEST_HOST}1");
    dom0.log_in(&host, PASSWORD, LONG)
        .context("the guest's login")?;
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
    ensure!(
        kernel.contains("Linux") && kernel.contains("Debian"),
        "no Debian kernel answered `uname -a`"
    );

    let disk = guest.sh("grep . /sys/block/xvda/size && df -h / | tail -n 1", SHORT)?;
    sh::note(&disk);
    ensure!(
        disk.contains("/dev/xvda"),
        "the root is not on the virtual disk"
    );
    guest.sh("dd if=/dev/urandom of=/root/a bs=1M count=4 2>/dev/null && sync && cp /root/a /root/b && sync", SHORT)?;
    guest.sh(
        "echo 3 > /proc/sys/vm/drop_caches && cmp /root/a /root/b && rm /root/a /root/b",
        SHORT,
    )?;
    sh::note("4 MiB written to the disk and read back");

    // A login may come before the network is up.
    let answers = ping(guest, DOM0_ADDRESS, 30, 10)?;
    sh::note(sh::tail(&answers, 2));
    ensure!(
        answers.contains(" 0% packet loss"),
        "pings to dom0 were lost:\n{answers}"
    );
    Ok(())
}

/// Ctrl-] leaves a guest's console; dom0's shell goes on.
fn leave_guest(dom0: &mut Console) -> Result<()> {
    dom0.send("\u{1d}")?;
    std::thread::sleep(Duration::from_secs(1));
    let back = dom0
        .sh("hostname", SHORT)
        .context("dom0's shell after Ctrl-]")?;
    ensure!(
        back.contains(crate::images::DOM0_HOST),
        "Ctrl-] led to `{back}` and not to dom0"
    );
    Ok(())
}

/// The tiny guest: created in the background, answers a ping, is destroyed.
pub fn tiny_guest(dom0: &mut Console) -> Result<()> {
    dom0.sh("xl create /etc/xen/tiny.cfg", LONG)?;
    wait_for_answer(dom0, &guest_address(89))?;
    let list = dom0.sh("xl list", SHORT)?;
    ensure!(
        list.contains("tiny"),
        "`xl list` does not show the guest:\n{list}"
    );
    dom0.sh("xl destroy tiny", SHORT)?;
    ensure_gone(dom0, "tiny")
}

/// Three Debian guests at once: each writes and reads back 64 MiB, and pings the others, for 60 s.
pub fn three_guests(dom0: &mut Console) -> Result<()> {
    for number in 1..=3 {
        dom0.sh(&format!("xl create /etc/xen/guest{number}.cfg"), LONG)?;
    }
    for number in 1..=3 {
        dom0.line(&format!("xl console guest{number}"))?;
        dom0.line("")?;
        dom0.log_in(&format!("{GUEST_HOST}{number}"), PASSWORD, LONG)?;
        let others: Vec<String> = (1..=3)
            .filter(|other| *other != number)
            .map(guest_address)
            .collect();
        let work = format!(
            "setsid xn-work 60 {} > /root/work.log 2>&1 &",
            others.join(" ")
        );
        dom0.sh(&work, SHORT)?;
        leave_guest(dom0)?;
    }
    std::thread::sleep(Duration::from_secs(60));
    for number in 1..=3 {
        dom0.line(&format!("xl console guest{number}"))?;
        let wait = "while ! grep -q '^END' /root/work.log; do sleep 1; done; cat /root/work.log";
        let log = dom0
            .sh(wait, LONG)
            .with_context(|| format!("guest {number}"))?;
        sh::note(format!("guest {number}: {}", sh::tail(&log, 1)));
        ensure!(
            log.contains("END ok"),
            "guest {number} did not do its work:\n{}",
            sh::tail(&log, 10)
        );
        leave_guest(dom0)?;
    }
    dom0.sh("xl shutdown -a -w", LONG)?;
    ensure_gone(dom0, "guest")
}

/// Creates and destroys the tiny guest `count` times; nothing may be left of it.
pub fn lives(dom0: &mut Console, count: usize) -> Result<()> {
    // The first life grows tables that stay.
    let life = "xl create /etc/xen/tiny.cfg > /dev/null && xl destroy tiny";
    dom0.sh(life, LONG)?;
    let before = leftovers(dom0)?;
    let each = Duration::from_secs(30) * u32::try_from(count)?;
    dom0.sh(
        &format!("n=0; while [ $n -lt {count} ]; do {{ {life}; }} || exit 9; n=$((n + 1)); done"),
        each,
    )?;
    let after = leftovers(dom0)?;
    ensure!(
        before == after,
        "after {count} lives something is left; before:\n{before}\nafter:\n{after}"
    );
    Ok(())
}

/// Ten lives.
pub fn ten_lives(dom0: &mut Console) -> Result<()> {
    lives(dom0, 10)
}
