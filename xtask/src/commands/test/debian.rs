//! Rung 5: a real Debian 13 as dom0.

use super::{Tally, hypervisor_is_there, tools_are_there};
use crate::boot::{Dom0, Hypervisor, Setting, Tools};
use crate::commands::demo;
use crate::console::Console;
use crate::images::{cd, root};
use crate::machine::{Bus, Machine};
use crate::scenario;
use anyhow::{Result, anyhow, ensure};
use std::collections::BTreeSet;
use std::thread;
use std::time::{Duration, Instant};

pub fn run(tally: &mut Tally) {
    let hypervisor = hypervisor_is_there(tally);
    let tools = tools_are_there(tally);
    for setting in pairs() {
        let ready = (setting.hypervisor == Hypervisor::Xen || hypervisor)
            && (setting.tools == Tools::Debian || tools);
        if ready {
            tally.test(&format!("{}: a Debian guest", setting.name()), || {
                demo::check(&setting)
            });
        }
    }
    if !hypervisor {
        return;
    }
    tally.test(
        "login no later and no more failed units than on Xen",
        || against_xen(Kernel::Stock),
    );
    tally.test("the same with Debian 12's kernel", || {
        against_xen(Kernel::Bookworm)
    });
    for bus in [Bus::Ahci, Bus::Nvme] {
        tally.test(&format!("dom0's disk on {bus:?}"), || other_bus(bus));
    }
    tally.test("GRUB boots it by multiboot 2", grub);
    if tools {
        tally.test("three guests at once", three_guests);
        tally.test("a hundred lives leave nothing behind", hundred_lives);
    }
}

/// {our, Debian's} hypervisor x {our, Debian's} tools.
///
/// On Xen from the small dom0, where little else than the guest can go wrong.
fn pairs() -> impl Iterator<Item = Setting> {
    [
        (Hypervisor::Xenolith, Dom0::Debian),
        (Hypervisor::Xen, Dom0::Small),
    ]
    .into_iter()
    .flat_map(|(hypervisor, dom0)| {
        [Tools::Ours, Tools::Debian].map(|tools| Setting::new(hypervisor, dom0, tools))
    })
}

#[derive(Clone, Copy)]
enum Kernel {
    Stock,
    Bookworm,
}

impl Kernel {
    fn machine(self, setting: &Setting) -> Result<Machine> {
        match self {
            Self::Stock => setting.machine(),
            Self::Bookworm => setting.machine_with(&root::Base::with_bookworm_kernel()?),
        }
    }
}

/// The same dom0 on our hypervisor and on Debian's Xen.
///
/// Both start at the same moment and share what the host gives them: one after the other, two boots of the same
/// hypervisor differ by more than the two hypervisors do.
fn against_xen(kernel: Kernel) -> Result<()> {
    let ours = alone(Hypervisor::Xenolith);
    let theirs = alone(Hypervisor::Xen);
    let (our_machine, their_machine) = (kernel.machine(&ours)?, kernel.machine(&theirs)?);
    let start = Instant::now();
    // A machine ends with the thread that started it.
    let (mut our_console, mut their_console) = (our_machine.start()?, their_machine.start()?);
    let (our_login, their_login) = thread::scope(|scope| {
        let theirs = scope.spawn(|| login(&mut their_console, start));
        (login(&mut our_console, start), theirs.join())
    });
    let our_login = our_login?;
    let their_login = their_login.map_err(|_| anyhow!("waiting for Xen's login panicked"))??;
    crate::sh::note(format!(
        "login after {our_login:.1?} on Xenolith, {their_login:.1?} on Xen, side by side"
    ));
    let ours = failed_units(ours.shell_of(our_console)?)?;
    let theirs = failed_units(theirs.shell_of(their_console)?)?;
    let worse: Vec<_> = ours.difference(&theirs).collect();
    ensure!(
        worse.is_empty(),
        "failed units that do not fail on Xen: {worse:?}"
    );
    ensure!(
        our_login <= their_login,
        "login came after {our_login:.1?}, on Xen after {their_login:.1?}"
    );
    Ok(())
}

/// Debian as dom0 with its own tools, without guests.
fn alone(hypervisor: Hypervisor) -> Setting {
    Setting {
        guests: 0,
        as_installed: true,
        ..Setting::new(hypervisor, Dom0::Debian, Tools::Debian)
    }
}

/// Waits for the login prompt; how long after the start it came.
fn login(console: &mut Console, start: Instant) -> Result<Duration> {
    // Two machines at once, each with half of the host.
    console.expect_once("login: ", 2 * crate::boot::DOM0_LIMIT)?;
    Ok(start.elapsed())
}

/// Lists the units that failed, switches off.
fn failed_units(mut dom0: Console) -> Result<BTreeSet<String>> {
    let limit = Duration::from_secs(60);
    // Not by a pipe: a systemctl that fails is to fail the test, not to read as "no unit failed".
    let list = r#"units=$(systemctl --failed --no-legend --plain) && echo "$units""#;
    let units = dom0.sh(list, limit)?;
    let cpus = dom0.sh("nproc", limit)?;
    ensure!(cpus == "2", "dom0 has {cpus} CPUs and not 2");
    scenario::power_off(dom0)?;
    let name = |line: &str| line.split_whitespace().next().map(str::to_owned);
    Ok(units.lines().filter_map(name).collect())
}

fn other_bus(bus: Bus) -> Result<()> {
    let setting = Setting {
        bus,
        guests: 0,
        ..Setting::new(Hypervisor::Xenolith, Dom0::Debian, Tools::Debian)
    };
    let mut dom0 = setting.boot_to_shell()?;
    let disk = dom0.sh("findmnt -n -o SOURCE /", Duration::from_secs(60))?;
    let expected = if bus == Bus::Nvme {
        "/dev/nvme"
    } else {
        "/dev/sd"
    };
    ensure!(disk.starts_with(expected), "the root is on {disk}");
    scenario::power_off(dom0)
}

/// From a CD, with the lines that Debian's 20_linux_xen writes.
fn grub() -> Result<()> {
    let setting = Setting {
        guests: 0,
        ..Setting::new(Hypervisor::Xenolith, Dom0::Small, Tools::Debian)
    };
    let machine = cd::machine(&setting)?;
    let dom0 = setting.shell_of(machine.start()?)?;
    scenario::power_off(dom0)
}

fn three_guests() -> Result<()> {
    let setting = Setting {
        guests: 3,
        ..Setting::new(Hypervisor::Xenolith, Dom0::Small, Tools::Ours)
    };
    let mut dom0 = setting.boot_to_shell()?;
    scenario::three_guests(&mut dom0)?;
    scenario::power_off(dom0)
}

fn hundred_lives() -> Result<()> {
    let setting = Setting {
        guests: 0,
        ..Setting::new(Hypervisor::Xenolith, Dom0::Small, Tools::Ours)
    };
    let mut dom0 = setting.boot_to_shell()?;
    scenario::lives(&mut dom0, 100)?;
    scenario::power_off(dom0)
}
