//! What is done in a booted dom0, the same whoever's hypervisor and tools they are.
//!
//! Every step says what it saw and fails if it saw something else.

mod bad_input;
mod guests;
mod hostile;

pub use bad_input::{bad_input, hard_times};
pub use guests::{debian_guest, lives, ten_lives, three_guests, tiny_guest};
pub use hostile::{hostile_guest_long, hostile_guest_short};

use crate::console::Console;
use crate::sh;
use anyhow::{Context, Result, ensure};
use std::time::Duration;

const SHORT: Duration = Duration::from_secs(120);
const LONG: Duration = Duration::from_secs(600);

/// A line of shell that does `command` until it succeeds, a second apart and no more often than `times`.
fn tried(command: &str, times: u32) -> String {
    format!("n=0; until {command} || [ $n -ge {times} ]; do n=$((n + 1)); sleep 1; done")
}

/// No domain of this name is left, or none within half a minute: `xl shutdown -w` returns when the
/// guest has shut down, and whoever waits for its end destroys it then.
fn ensure_gone(dom0: &mut Console, name: &str) -> Result<()> {
    let wait = tried(&format!("! xl list | grep -q {name}"), 30);
    let (_, list) = dom0.sh_code(&format!("{wait}; xl list"), SHORT)?;
    sh::note(&list);
    ensure!(
        list.contains("Domain-0"),
        "`xl list` does not work:\n{list}"
    );
    ensure!(!list.contains(name), "{name} is still there:\n{list}");
    Ok(())
}

/// Pings three times whoever may still boot: first single pings, no more than `times`, until one is answered. Each of
/// the three has `patience` seconds.
fn ping(shell: &mut Console, address: &str, times: u32, patience: u32) -> Result<String> {
    let wait = tried(&format!("ping -c 1 -W 5 {address} > /dev/null 2>&1"), times);
    shell.sh(&format!("{wait}; ping -c 3 -W {patience} {address}"), LONG)
}

/// Pings a guest from dom0, for minutes where the machine is busy.
fn wait_for_answer(dom0: &mut Console, address: &str) -> Result<()> {
    ping(dom0, address, 60, 20)
        .context("the guest does not answer")
        .map(drop)
}

/// What a dead domain might leave: memory, store nodes, loop devices, network cards.
fn leftovers(dom0: &mut Console) -> Result<String> {
    std::thread::sleep(Duration::from_secs(3)); // freed in the background
    let list = "xl info | grep free_memory; xenstore-ls /local/domain | grep -c .; xenstore-list /vm; \
                losetup -a; ls /sys/class/net; xl list | tail -n +2 | cut -c 1-40";
    dom0.sh(list, SHORT)
}

/// Switches dom0 off and waits until the machine is.
pub fn power_off(mut dom0: Console) -> Result<()> {
    sh::say("switching dom0 off");
    // The small dom0's init is a shell script, which nobody can ask.
    dom0.line("if [ -d /run/systemd/system ]; then poweroff; else sync; poweroff -f; fi")?;
    dom0.wait_off(LONG)
}
