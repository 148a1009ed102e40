//! Rung 4: a small dom0 makes domains.
//!
//! To add a test: add a row to [`BOOTS`] or a scenario to one; the scenarios of a boot run one
//! after another on one machine, and a scenario that fails leaves the rest of its boot out.

use super::{Tally, hypervisor_is_there, tools_are_there};
use crate::boot::{Dom0, Hypervisor, Setting, Tools};
use crate::console::Console;
use crate::scenario;
use anyhow::{Context, Result};

/// A machine, and what is done on it.
struct BootRow {
    hypervisor: Hypervisor,
    tools: Tools,
    /// Only with `--all`.
    long: bool,
    scenarios: &'static [(&'static str, Scenario)],
}

type Scenario = fn(&mut Console) -> Result<()>;

const BOOTS: &[BootRow] = &[
    BootRow {
        hypervisor: Hypervisor::Xenolith,
        tools: Tools::Debian,
        long: false,
        scenarios: &[
            ("a tiny guest", scenario::tiny_guest),
            ("a hostile guest", scenario::hostile_guest_short),
        ],
    },
    BootRow {
        hypervisor: Hypervisor::Xenolith,
        tools: Tools::Debian,
        long: true,
        scenarios: &[(
            "a hostile guest, a million calls",
            scenario::hostile_guest_long,
        )],
    },
    BootRow {
        hypervisor: Hypervisor::Xenolith,
        tools: Tools::Ours,
        long: false,
        scenarios: &[
            ("a tiny guest", scenario::tiny_guest),
            ("bad input", scenario::bad_input),
            ("ten lives", scenario::ten_lives),
            ("hard times", scenario::hard_times),
        ],
    },
    BootRow {
        hypervisor: Hypervisor::Xen,
        tools: Tools::Ours,
        long: true,
        scenarios: &[
            ("a tiny guest", scenario::tiny_guest),
            ("bad input", scenario::bad_input),
        ],
    },
];

pub fn run(tally: &mut Tally) {
    let hypervisor = hypervisor_is_there(tally);
    let tools = tools_are_there(tally);
    for row in BOOTS {
        let ready = (tally.all || !row.long)
            && (row.hypervisor == Hypervisor::Xen || hypervisor)
            && (row.tools == Tools::Debian || tools);
        if ready {
            boot(tally, row);
        }
    }
}

fn boot(tally: &mut Tally, row: &BootRow) {
    let setting = Setting {
        guests: 0,
        ..Setting::new(row.hypervisor, Dom0::Small, row.tools)
    };
    let name = |scenario: &str| format!("{}: {scenario}", setting.name());
    if !row
        .scenarios
        .iter()
        .any(|(scenario, _)| tally.wants(&name(scenario)))
    {
        return;
    }
    let mut dom0 = match setting.boot_to_shell().context("dom0 does not come up") {
        Ok(dom0) => dom0,
        Err(error) => return tally.fail(&name("boot"), &format!("{error:#}")),
    };
    for (scenario, run) in row.scenarios {
        let before = tally.failed;
        tally.test(&name(scenario), || run(&mut dom0));
        if tally.failed > before {
            return; // the machine is in no known state
        }
    }
    tally.test(&name("power-off"), || scenario::power_off(dom0));
}
