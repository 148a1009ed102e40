//! `demo`: Debian as dom0 on our hypervisor, and a second Debian as its PV guest.

use crate::boot::{ALL_STARTED, DOM0_LIMIT, Dom0, Hypervisor, Setting, Tools};
use crate::commands::setup;
use crate::images::{DOM0_HOST, GUEST_HOST, PASSWORD};
use crate::{scenario, sh};
use anyhow::Result;
use std::time::{Duration, Instant};

#[derive(clap::Args)]
pub struct Options {
    /// Without a person: log in to the guest, use its disk and network, shut it down
    #[arg(long)]
    check: bool,
    /// Whose hypervisor
    #[arg(long, default_value = "xenolith")]
    hypervisor: Hypervisor,
    /// Whose tools
    #[arg(long, default_value = "ours")]
    tools: Tools,
    /// Which dom0
    #[arg(long, default_value = "debian")]
    dom0: Dom0,
}

pub fn command(options: &Options) -> Result<()> {
    setup::ensure()?;
    let setting = Setting::new(options.hypervisor, options.dom0, options.tools);
    if options.check {
        let start = Instant::now();
        check(&setting)?;
        sh::say(format!("the demo passed ({} s)", start.elapsed().as_secs()));
        Ok(())
    } else {
        show(&setting)
    }
}

/// The whole demo without a person; also the test of each pair of hypervisor and tools.
pub fn check(setting: &Setting) -> Result<()> {
    let machine = setting.machine()?;
    sh::say(format!("booting dom0 ({})", setting.name()));
    sh::note(format!(
        "its console is logged to {}",
        machine.log().display()
    ));
    let start = Instant::now();
    let mut dom0 = setting.shell_of(machine.start()?)?;
    sh::note(format!("dom0 is up after {} s", start.elapsed().as_secs()));
    sh::note(dom0.sh("uname -a", Duration::from_secs(60))?);
    scenario::debian_guest(&mut dom0)?;
    scenario::power_off(dom0)
}

fn show(setting: &Setting) -> Result<()> {
    let machine = setting.machine()?;
    sh::say("booting; what follows is the machine's serial console");
    let mut console = machine.start()?;
    console.echo(true);
    match setting.dom0 {
        Dom0::Small => drop(console.expect("XN-DOM0-READY", DOM0_LIMIT)?),
        Dom0::Debian => console.log_in_as_person(DOM0_HOST, PASSWORD, DOM0_LIMIT)?,
    }
    let wait = match setting.dom0 {
        Dom0::Small => "true",
        Dom0::Debian => ALL_STARTED,
    };
    // Whoever logs in with a line feed gets a terminal that takes no carriage return, which is what people type.
    console.line(&format!(
        "{wait}; xl create -c /etc/xen/guest1.cfg; stty sane; sh; poweroff"
    ))?;
    console.expect(&format!("{GUEST_HOST}1 login: "), DOM0_LIMIT)?;
    println!("\r");
    sh::say(format!(
        "this is the guest's console: log in as root, password {PASSWORD}\r"
    ));
    sh::note(
        "Ctrl-] leads back to dom0's shell, `exit` there switches the machine off, Ctrl-A x kills it\r",
    );
    console.line("")?;
    console.attach()
}
