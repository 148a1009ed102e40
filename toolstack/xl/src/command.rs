//! The commands, one file each.

mod console;
mod create;
mod destroy;
mod dmesg;
mod domid;
mod info;
mod list;
mod mem_set;
mod pause;
mod rename;
mod shutdown;
mod top;
mod uptime;
mod vcpu_list;

use std::process::ExitCode;

use clap::Subcommand;
use domain::store::Store;
use domain::{Error, Result, monitor, query};
use sys::privcmd::Xen;

/// What `xl` can do.
#[derive(Subcommand)]
pub enum Command {
    /// Create a domain from a configuration file.
    Create(create::Args),
    /// List domains.
    List(list::Args),
    /// Show the machine and its hypervisor.
    Info(info::Args),
    /// Attach to a domain's console.
    Console(console::Args),
    /// Ask a domain to shut down.
    Shutdown(shutdown::Args),
    /// Ask a domain to reboot.
    Reboot(shutdown::Args),
    /// End a domain at once.
    Destroy(destroy::Args),
    /// Ask a domain to have so much memory.
    MemSet(mem_set::Args),
    /// Limit the memory of a domain.
    MemMax(mem_set::Args),
    /// Stop a domain from running.
    Pause(pause::Args),
    /// Let a paused domain run again.
    Unpause(pause::Args),
    /// Show the hypervisor's messages.
    Dmesg(dmesg::Args),
    /// Show the number of a domain.
    Domid(domid::Args),
    /// Show the name of a domain.
    Domname(domid::Args),
    /// Give a domain another name.
    Rename(rename::Args),
    /// List virtual CPUs and where they run.
    VcpuList(vcpu_list::Args),
    /// Show how long domains have been running.
    Uptime(uptime::Args),
    /// Watch domains as they run.
    Top(top::Args),
    /// Wait for a domain's end (started by `create`).
    #[command(name = monitor::COMMAND, hide = true)]
    Monitor,
}

impl Command {
    pub fn run(self, dry_run: bool, verbose: bool) -> Result<ExitCode> {
        use domain::control::Request;
        match self {
            Command::Create(args) => create::run(&args, dry_run, verbose),
            Command::List(args) => list::run(&args),
            Command::Info(args) => info::run(&args),
            Command::Console(args) => console::run(&args),
            Command::Shutdown(args) => shutdown::run(&args, Request::PowerOff),
            Command::Reboot(args) => shutdown::run(&args, Request::Reboot),
            Command::Destroy(args) => destroy::run(&args),
            Command::MemSet(args) => mem_set::run(&args, false),
            Command::MemMax(args) => mem_set::run(&args, true),
            Command::Pause(args) => pause::run(&args, true),
            Command::Unpause(args) => pause::run(&args, false),
            Command::Dmesg(args) => dmesg::run(&args),
            Command::Domid(args) => domid::run_domid(&args),
            Command::Domname(args) => domid::run_domname(&args),
            Command::Rename(args) => rename::run(&args),
            Command::VcpuList(args) => vcpu_list::run(&args),
            Command::Uptime(args) => uptime::run(&args),
            Command::Top(args) => top::run(&args),
            Command::Monitor => monitor::run().map(|()| ExitCode::SUCCESS),
        }
    }
}

/// Both doors: the hypervisor and the store.
fn open() -> Result<(Xen, Store)> {
    Ok((query::open_xen()?, Store::open()?))
}

/// The domain that the caller means, or the error that xl's users know.
fn find(xen: &Xen, store: &mut Store, who: &str) -> Result<u16> {
    query::find(xen, store, who)?.ok_or_else(|| no_such(who))
}

/// xl's own words; scripts look for them.
fn no_such(who: &str) -> Error {
    Error::new(
        format!("{who} is an invalid domain identifier (rc=-6)"),
        "there is no such domain",
    )
    .help("`xl list` shows the domains")
}
