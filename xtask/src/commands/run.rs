//! `run`: boots a dom0 and gives its shell.

use crate::boot::{DOM0_LIMIT, Dom0, Hypervisor, Setting, Tools};
use crate::commands::setup;
use crate::images::{DOM0_HOST, PASSWORD};
use crate::sh;
use anyhow::Result;

#[derive(clap::Args)]
pub struct Options {
    /// Which dom0
    #[arg(long, default_value = "small")]
    dom0: Dom0,
    /// Whose tools
    #[arg(long, default_value = "ours")]
    tools: Tools,
    /// Whose hypervisor
    #[arg(long, default_value = "xenolith")]
    hypervisor: Hypervisor,
    /// More options for the hypervisor
    #[arg(long, default_value = "", allow_hyphen_values = true)]
    options: String,
    /// More options for dom0's kernel
    #[arg(long, default_value = "", allow_hyphen_values = true)]
    dom0_options: String,
}

pub fn command(options: &Options) -> Result<()> {
    setup::ensure()?;
    let setting = Setting {
        options: options.options.clone(),
        dom0_options: options.dom0_options.clone(),
        ..Setting::new(options.hypervisor, options.dom0, options.tools)
    };
    let machine = setting.machine()?;
    sh::say("booting; Ctrl-A x switches the machine off, `poweroff` does so in order");
    sh::note(
        "guests: xl create -c /etc/xen/guest1.cfg (Ctrl-] leaves its console; root's password is in the next line)",
    );
    sh::note(format!("log in as root, password {PASSWORD}"));
    let mut console = machine.start()?;
    console.echo(true);
    match options.dom0 {
        Dom0::Small => drop(console.expect_any(
            "dom0's shell",
            &["XN-DOM0-READY", "XN-RUN-ENDED"],
            DOM0_LIMIT,
        )?),
        Dom0::Debian => console.log_in_as_person(DOM0_HOST, PASSWORD, DOM0_LIMIT)?,
    }
    console.attach()
}
