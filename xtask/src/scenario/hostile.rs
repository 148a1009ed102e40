//! An unprivileged guest that makes random hypercalls, beside dom0 and a guest that must not notice.

use super::{LONG, SHORT, ensure_gone, leftovers, wait_for_answer};
use crate::console::Console;
use crate::images::guest_address;
use crate::sh;
use anyhow::{Context, Result, ensure};
use std::time::Duration;

/// Twenty thousand random hypercalls of an unprivileged guest.
pub fn hostile_guest_short(dom0: &mut Console) -> Result<()> {
    hostile_guest(dom0, 20_000, 10_000)
}

/// A million.
pub fn hostile_guest_long(dom0: &mut Console) -> Result<()> {
    hostile_guest(dom0, 1_000_000, 100_000)
}

/// An unprivileged guest makes random hypercalls, in one life after another, until so many were
/// made. Dom0 and a guest that lives beside it must not notice, and all memory must come back.
fn hostile_guest(dom0: &mut Console, calls: u64, each: u64) -> Result<()> {
    let neighbour = guest_address(89);
    dom0.sh("xl create /etc/xen/tiny.cfg", LONG)?;
    wait_for_answer(dom0, &neighbour)?;
    dom0.sh("dd if=/dev/urandom of=/tmp/memory bs=1M count=64 2> /dev/null; sha256sum /tmp/memory > /tmp/sum", LONG)?;
    // The first life grows tables that stay.
    hostile_life(dom0, 0, 100)?;
    let before = leftovers(dom0)?;
    let free_before = free_pages(dom0)?;

    let (mut made, mut own_ends) = (0, 0);
    for seed in 1.. {
        if made >= calls {
            break;
        }
        let life = hostile_life(dom0, seed, each.min(calls - made))?;
        made += life.calls;
        own_ends += u64::from(!life.finished);
        sh::note(format!(
            "seed {seed}: {} calls{}, {made} in all",
            life.calls,
            if life.finished {
                ""
            } else {
                ", which ended the guest"
            }
        ));
        ensure!(
            life.calls > 0 || own_ends < 5,
            "the guest makes no calls any more; its last words:\n{}",
            life.last_words
        );
    }
    sh::note(format!("{made} calls; {own_ends} guests ended themselves"));

    let after = leftovers(dom0)?;
    ensure!(
        before == after,
        "after {made} calls something is left or gone; before:\n{before}\nafter:\n{after}"
    );
    let free_after = free_pages(dom0)?;
    sh::note(format!(
        "{free_before} pages were free before, {free_after} are now"
    ));
    ensure!(free_before == free_after, "pages were lost");
    dom0.sh("sha256sum -c /tmp/sum && rm /tmp/memory /tmp/sum", LONG)
        .context("dom0's memory was changed")?;
    dom0.sh(&format!("ping -c 3 -W 20 {neighbour}"), LONG)
        .context("the guest beside it no longer answers")?;
    dom0.sh("xl destroy tiny", SHORT)?;
    ensure_gone(dom0, "tiny")?;
    let (_, trouble) = dom0.sh_code(
        "xl dmesg | cut -d ' ' -f 2- | grep -iE 'panic|bug|warn|fatal'",
        SHORT,
    )?;
    ensure!(trouble.is_empty(), "the hypervisor said:\n{trouble}");
    Ok(())
}

/// How many pages the hypervisor has free, to the page: `xl info` rounds to MiB.
fn free_pages(dom0: &mut Console) -> Result<u64> {
    let said = dom0.sh(
        "xl debug-keys m; xl dmesg | sed -n 's/.* \\([0-9]*\\) pages are free.*/\\1/p' | tail -n 1",
        SHORT,
    )?;
    said.parse()
        .with_context(|| format!("no number of free pages: `{said}`"))
}

/// What became of a guest that makes random hypercalls.
struct HostileLife {
    calls: u64,
    /// It made all its calls.
    finished: bool,
    last_words: String,
}

/// One life; it ends when all calls are made or one of them ended the guest.
fn hostile_life(dom0: &mut Console, seed: u64, calls: u64) -> Result<HostileLife> {
    const LOG: &str = "/var/log/xen/console/guest-fuzz.log";
    let create = format!(
        "rm -f {LOG}; xl create /etc/xen/fuzz.cfg 'extra=\"seed={seed} calls={calls}\"' > /tmp/xl.log 2>&1 || cat /tmp/xl.log"
    );
    dom0.sh(&create, LONG)?;
    let limit = Duration::from_secs(300 + calls / 100);
    dom0.sh(
        "while xl domid fuzz > /dev/null 2>&1; do sleep 1; done",
        limit,
    )
    .with_context(|| format!("seed {seed} does not end"))?;
    let log = dom0.sh(&format!("tail -n 40 {LOG}"), SHORT)?;
    ensure!(
        !log.contains("FAIL "),
        "a promise was broken to the guest or by it:\n{log}"
    );
    let finished = log.contains("PASS fuzz/survived");
    let progress = log
        .lines()
        .filter_map(|line| line.trim().strip_prefix("INFO progress ")?.parse().ok())
        .next_back();
    Ok(HostileLife {
        calls: if finished {
            calls
        } else {
            progress.unwrap_or(0)
        },
        finished,
        last_words: log,
    })
}
