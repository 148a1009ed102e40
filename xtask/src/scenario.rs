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

    let ping = guest.sh(&format!("ping -c 3 -W 10 {DOM0_ADDRESS}"), SHORT)?;
    sh::note(sh::tail(&ping, 2));
    ensure!(
        ping.contains(" 0% packet loss"),
        "pings to dom0 were lost:\n{ping}"
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

/// No domain of this name is left, or none within half a minute: `xl shutdown -w` returns when the
/// guest has shut down, and whoever waits for its end destroys it then.
fn ensure_gone(dom0: &mut Console, name: &str) -> Result<()> {
    let wait = format!(
        "n=0; while xl list | grep -q {name} && [ $n -lt 30 ]; do n=$((n + 1)); sleep 1; done; xl list"
    );
    let (_, list) = dom0.sh_code(&wait, SHORT)?;
    sh::note(&list);
    ensure!(
        list.contains("Domain-0"),
        "`xl list` does not work:\n{list}"
    );
    ensure!(!list.contains(name), "{name} is still there:\n{list}");
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

/// Pings a guest that boots meanwhile, for minutes where the machine is busy.
fn wait_for_answer(dom0: &mut Console, address: &str) -> Result<()> {
    let wait = format!(
        "n=0; until ping -c 1 -W 5 {address} > /dev/null; do n=$((n + 1)); [ $n -lt 60 ] || break; done"
    );
    dom0.sh(&format!("{wait}; ping -c 3 -W 20 {address}"), LONG)
        .context("the guest does not answer")
        .map(drop)
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
    let (_, trouble) = dom0.sh_code("xl dmesg | grep -iE 'panic|bug|warn|fatal'", SHORT)?;
    ensure!(trouble.is_empty(), "the hypervisor said:\n{trouble}");
    Ok(())
}

/// How many pages the hypervisor has free, to the page: `xl info` rounds to MiB.
fn free_pages(dom0: &mut Console) -> Result<u64> {
    let said = dom0.sh(
        "xl debug-keys m; xl dmesg | grep 'pages are free' | tail -n 1",
        SHORT,
    )?;
    said.lines()
        .rev()
        .find_map(|line| {
            line.split_once(" pages are free")?
                .0
                .rsplit(' ')
                .next()?
                .parse()
                .ok()
        })
        .with_context(|| format!("no number of free pages in:\n{said}"))
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

/// Twenty thousand random hypercalls of an unprivileged guest.
pub fn hostile_guest_short(dom0: &mut Console) -> Result<()> {
    hostile_guest(dom0, 20_000, 10_000)
}

/// A million.
pub fn hostile_guest_long(dom0: &mut Console) -> Result<()> {
    hostile_guest(dom0, 1_000_000, 100_000)
}

/// Switches dom0 off and waits until the machine is.
pub fn power_off(mut dom0: Console) -> Result<()> {
    sh::say("switching dom0 off");
    // The small dom0's init is a shell script, which nobody can ask.
    dom0.line("if [ -d /run/systemd/system ]; then poweroff; else sync; poweroff -f; fi")?;
    dom0.wait_off(LONG)
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

/// What a dead domain might leave: memory, store nodes, loop devices, network cards.
fn leftovers(dom0: &mut Console) -> Result<String> {
    std::thread::sleep(Duration::from_secs(3)); // freed in the background
    let list = "xl info | grep free_memory; xenstore-ls /local/domain | grep -c .; xenstore-list /vm; \
                losetup -a; ls /sys/class/net; xl list | tail -n +2 | cut -c 1-40";
    dom0.sh(list, SHORT)
}

/// Configurations that cannot work. Each gets an error and exit code 1, and leaves nothing.
const BAD_CONFIGS: &[(&str, &str)] = &[
    (
        "no kernel",
        "name=\"bad\"\nkernel=\"/boot/none\"\nmemory=64\n",
    ),
    (
        "a kernel that is none",
        "name=\"bad\"\nkernel=\"/etc/passwd\"\nmemory=64\n",
    ),
    ("no syntax", "name=\"bad\nmemory = = 64\ndisk = [ 'x\n"),
    (
        "no such disk",
        "name=\"bad\"\nkernel=\"/boot/vmlinuz\"\nmemory=64\ndisk=[\"phy:/dev/none,xvda,w\"]\n",
    ),
    (
        "no such bridge",
        "name=\"bad\"\nkernel=\"/boot/vmlinuz\"\nmemory=64\nvif=[\"bridge=none0\"]\n",
    ),
    (
        "a kernel cut short",
        "name=\"bad\"\nkernel=\"/tmp/short-kernel\"\nmemory=64\n",
    ),
    (
        "a ramdisk cut short",
        "name=\"bad\"\nkernel=\"/boot/vmlinuz\"\nramdisk=\"/tmp/short-ramdisk\"\nmemory=128\n",
    ),
    (
        "a disk that another guest writes",
        "name=\"bad\"\nkernel=\"/boot/vmlinuz\"\nmemory=128\ndisk=[\"file:/tmp/disk.img,xvda,w\"]\n",
    ),
    (
        "less memory than the kernel needs",
        "name=\"bad\"\nkernel=\"/boot/vmlinuz\"\nmemory=16\n",
    ),
    (
        "ten mistakes",
        "nam=\"bad\"\nkernel=7\nmemory=\"much\"\nvcpus=-1\ndisk=\"x\"\nvif=[7]\non_crash=\"panic\"\nmaxmem=\nroot=[\nextra='\n",
    ),
    (
        "more memory than there is",
        "name=\"bad\"\nkernel=\"/boot/vmlinuz\"\nmemory=999999\n",
    ),
    (
        "a name that is taken",
        "name=\"Domain-0\"\nkernel=\"/boot/vmlinuz\"\nmemory=64\n",
    ),
];

/// What the bad configurations name, and a guest that holds the disk.
const BAD_FILES: &str = "head -c 1000000 /boot/vmlinuz > /tmp/short-kernel; \
    head -c 1000000 /boot/tiny.img > /tmp/short-ramdisk; truncate -s 1M /tmp/disk.img; \
    xl create -p /etc/xen/tiny.cfg 'disk=[\"file:/tmp/disk.img,xvda,w\"]'";

pub fn bad_input(dom0: &mut Console) -> Result<()> {
    dom0.sh(BAD_FILES, LONG)?;
    let before = leftovers(dom0)?;
    for (what, config) in BAD_CONFIGS {
        dom0.sh(
            &format!("cat > /tmp/bad.cfg <<'XN-CONFIG'\n{config}XN-CONFIG"),
            SHORT,
        )?;
        let (code, output) = dom0.sh_code("xl create /tmp/bad.cfg", LONG)?;
        ensure!(code == 1, "{what}: exit code {code}, output:\n{output}");
        ensure!(
            !output.trim().is_empty(),
            "{what}: no word of what is wrong"
        );
    }
    let (code, output) = dom0.sh_code("xl create /tmp/missing.cfg", SHORT)?;
    ensure!(
        code == 1,
        "no configuration: exit code {code}, output:\n{output}"
    );
    let after = leftovers(dom0)?;
    ensure!(
        before == after,
        "bad input left something; before:\n{before}\nafter:\n{after}"
    );
    dom0.sh("xl destroy tiny && rm /tmp/disk.img /tmp/short-*", SHORT)?;
    ensure_gone(dom0, "tiny")
}

/// Callers who may not, and a daemon that died. Only our tools promise an answer here, and it is
/// the last that is asked of a machine.
pub fn hard_times(dom0: &mut Console) -> Result<()> {
    let answer = |dom0: &mut Console, command: &str, cause: &str| -> Result<()> {
        let (code, output) = dom0.sh_code(&format!("{command} 2>&1"), SHORT)?;
        ensure!(
            code == 1 && output.contains(cause),
            "`{command}`: exit code {code}, no word of `{cause}`:\n{output}"
        );
        Ok(())
    };
    answer(dom0, "su nobody -c 'xl list'", "root")?;
    dom0.sh("kill -9 $(pidof xenstored); sleep 1", SHORT)?;
    answer(dom0, "xl create /etc/xen/tiny.cfg", "xenstored")?;
    let (_, list) = dom0.sh_code("xl list", SHORT)?;
    ensure!(
        !list.contains("tiny"),
        "a domain was left behind without a store:\n{list}"
    );
    Ok(())
}
