//! Rung 5: a real Debian 13 as dom0.

use super::{Tally, hypervisor_is_there, tools_are_there};
use crate::boot::{Dom0, Hypervisor, Setting, Tools};
use crate::commands::demo;
use crate::images::{cd, root};
use crate::machine::Bus;
use crate::scenario;
use anyhow::{Result, ensure};
use std::collections::BTreeSet;
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

/// What boots of dom0 looked like.
struct Boot {
    /// The quickest.
    login: Duration,
    /// In any of them.
    failed_units: BTreeSet<String>,
}

impl Boot {
    fn and(mut self, other: Self) -> Self {
        self.login = self.login.min(other.login);
        self.failed_units.extend(other.failed_units);
        self
    }
}

/// The same dom0 on our hypervisor and on Debian's Xen in turns, twice each: whatever else the machine does only adds
/// to the time of a boot, and often by more than the two differ.
fn against_xen(kernel: Kernel) -> Result<()> {
    let turn = || -> Result<[Boot; 2]> {
        let both = [
            dom0(Hypervisor::Xenolith, kernel)?,
            dom0(Hypervisor::Xen, kernel)?,
        ];
        let [ours, theirs] = &both;
        crate::sh::note(format!(
            "a turn: login after {:.1?} on Xenolith, {:.1?} on Xen",
            ours.login, theirs.login
        ));
        Ok(both)
    };
    let ([ours, theirs], [ours_again, theirs_again]) = (turn()?, turn()?);
    let (ours, theirs) = (ours.and(ours_again), theirs.and(theirs_again));
    crate::sh::note(format!(
        "login after {:.1?} on Xenolith, {:.1?} on Xen",
        ours.login, theirs.login
    ));
    let worse: Vec<_> = ours.failed_units.difference(&theirs.failed_units).collect();
    ensure!(
        worse.is_empty(),
        "failed units that do not fail on Xen: {worse:?}"
    );
    ensure!(
        ours.login <= theirs.login,
        "login came after {:.1?}, on Xen after {:.1?}",
        ours.login,
        theirs.login
    );
    Ok(())
}

/// Boots to the login prompt, lists the failed units, switches off.
fn dom0(hypervisor: Hypervisor, kernel: Kernel) -> Result<Boot> {
    let setting = Setting {
        guests: 0,
        as_installed: true,
        ..Setting::new(hypervisor, Dom0::Debian, Tools::Debian)
    };
    let machine = match kernel {
        Kernel::Stock => setting.machine()?,
        Kernel::Bookworm => setting.machine_with(&root::Base::with_bookworm_kernel()?)?,
    };
    let start = Instant::now();
    let mut console = machine.start()?;
    console.expect_once("login: ", crate::boot::DOM0_LIMIT)?;
    let login = start.elapsed();
    let mut dom0 = setting.shell_of(console)?;
    let limit = Duration::from_secs(60);
    let units = dom0.sh(
        "systemctl --failed --no-legend --plain | cut -d ' ' -f 1",
        limit,
    )?;
    let cpus = dom0.sh("nproc", limit)?;
    ensure!(cpus == "2", "dom0 has {cpus} CPUs and not 2");
    scenario::power_off(dom0)?;
    Ok(Boot {
        login,
        failed_units: units.split_whitespace().map(str::to_owned).collect(),
    })
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
