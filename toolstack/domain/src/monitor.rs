//! The process that stays behind: it waits for the domain to stop, and does what the
//! configuration says about that.
//!
//! It is started anew from the program's own file, with its job as JSON on standard input, so that
//! it has no memory, terminal or lock of the command that started it.
//!
//! Always: it ends when its domain is gone, by whoever's hand; what it does it writes to
//! `/var/log/xen/xl-NAME.log`.
//!
//! Not here: creating and ending ([`crate::create`], [`crate::destroy`]).

use std::fs::{File, OpenOptions};
use std::io::{Read, Write};
use std::os::unix::process::CommandExt;
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::Duration;

use serde::{Deserialize, Serialize};
use sys::privcmd::Xen;
use xl_cfg::Guest;
use xl_cfg::guest::Action;

use crate::control::{Life, Reason};
use crate::create::{self, Plan};
use crate::error::{Context, Error, Result};
use crate::settings::{self, Settings};
use crate::store::Store;
use crate::{destroy, device, query};

/// The hidden command that runs a monitor.
pub const COMMAND: &str = "monitor-domain";
const LOGS: &str = "/var/log/xen";
/// Old logs that are kept beside the newest.
const KEPT_LOGS: u32 = 10;

/// What a monitor must know.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Job {
    pub domid: u16,
    /// The configuration as text, with the command line's settings behind it.
    pub config: String,
    /// The domain's identity, which a restart keeps.
    pub uuid: [u8; 16],
}

/// Starts a monitor for a domain.
pub fn spawn(job: &Job, name: &str) -> Result<()> {
    let what = || "cannot leave a monitor behind".to_owned();
    let log = open_log(name)?;
    let program = std::env::current_exe().or_fail(what)?;
    let mut child = Command::new(program)
        .arg0("xl")
        .arg(COMMAND)
        .current_dir("/")
        .stdin(Stdio::piped())
        .stdout(log.try_clone().or_fail(what)?)
        .stderr(log)
        .spawn()
        .or_fail(what)?;
    let text = serde_json::to_vec(job).or_fail(what)?;
    let mut pipe = child
        .stdin
        .take()
        .ok_or_else(|| Error::new(what(), "it has no input"))?;
    pipe.write_all(&text).or_fail(what)
    // The pipe closes here, which tells the monitor that it has all.
}

/// The newest log, after moving older ones on.
fn open_log(name: &str) -> Result<File> {
    let what = || format!("cannot write {LOGS}/xl-{name}.log");
    std::fs::create_dir_all(LOGS).or_fail(what)?;
    let path = |age: u32| match age {
        0 => format!("{LOGS}/xl-{name}.log"),
        age => format!("{LOGS}/xl-{name}.log.{age}"),
    };
    for age in (0..KEPT_LOGS).rev() {
        let _ = std::fs::rename(path(age), path(age + 1));
    }
    OpenOptions::new()
        .create(true)
        .append(true)
        .open(path(0))
        .or_fail(what)
}

/// The monitor's whole life, in the process that [`spawn`] started.
pub fn run() -> Result<()> {
    // A terminal that closes must not take the monitor with it.
    let _ = rustix::process::setsid();
    let mut text = String::new();
    std::io::stdin()
        .read_to_string(&mut text)
        .or_fail(|| "cannot read the job".into())?;
    let job: Job = serde_json::from_str(&text).or_fail(|| "cannot read the job".into())?;
    watch(job)
}

/// Watches over a domain until it is gone, in the calling process.
pub fn watch(job: Job) -> Result<()> {
    let (guest, _) = xl_cfg::read(&job.config);
    let mut guest =
        guest.ok_or_else(|| Error::new("cannot read the configuration", "it has mistakes"))?;
    guest.uuid = Some(job.uuid);
    let xen = query::open_xen()?;
    let store = Store::open()?;
    Monitor {
        xen,
        store,
        guest,
        job,
    }
    .watch()
}

struct Monitor {
    xen: Xen,
    store: Store,
    guest: Guest,
    job: Job,
}

impl Monitor {
    fn watch(&mut self) -> Result<()> {
        loop {
            let domid = self.job.domid;
            say(&format!(
                "Waiting for domain {} (domid {domid}) to die [pid {}]",
                self.guest.name,
                std::process::id()
            ));
            let Some(reason) = self.wait()? else {
                say(&format!("Domain {domid} has been destroyed."));
                return Ok(());
            };
            let action = action_for(&self.guest, reason);
            say(&format!(
                "Domain {domid} has shut down, reason code {0} {0:#x}",
                reason.0
            ));
            say(&format!(
                "Action for shutdown reason code {} is {}",
                reason.0,
                action.name()
            ));
            if !self.act(action)? {
                return Ok(());
            }
        }
    }

    /// Waits until the domain stops (a reason) or is gone (`None`).
    fn wait(&mut self) -> Result<Option<Reason>> {
        let token = "monitor";
        self.store.watch("@releaseDomain", token)?;
        let answer = loop {
            self.store.wait_event(None)?;
            match Life::ask(&self.xen, self.job.domid)? {
                Life::Stopped(Reason::SUSPEND) | Life::Lives => {}
                Life::Stopped(reason) => break Some(reason),
                // Another hand removes it; there is nothing left to do.
                Life::Dying | Life::Gone => break None,
            }
        };
        self.store.unwatch("@releaseDomain", token)?;
        Ok(answer)
    }

    /// Does what was decided; `true` if there is a new domain to wait for.
    fn act(&mut self, action: Action) -> Result<bool> {
        let domid = self.job.domid;
        if matches!(action, Action::CoredumpDestroy | Action::CoredumpRestart) {
            say("no core is dumped: this xl cannot write one");
        }
        match action {
            Action::Preserve => Ok(false),
            Action::Destroy | Action::CoredumpDestroy => {
                say(&format!(
                    "Domain {domid} needs to be cleaned up: destroying the domain"
                ));
                destroy::destroy(&self.xen, &mut self.store, domid)?;
                say("Done. Exiting now");
                Ok(false)
            }
            Action::Restart | Action::CoredumpRestart | Action::SoftReset => {
                say(&format!(
                    "Domain {domid} needs to be cleaned up: destroying the domain"
                ));
                destroy::destroy(&self.xen, &mut self.store, domid)?;
                self.recreate()?;
                Ok(true)
            }
            Action::RenameRestart => {
                self.set_aside()?;
                self.guest.uuid = None;
                self.recreate()?;
                Ok(true)
            }
        }
    }

    fn recreate(&mut self) -> Result<()> {
        say("Done. Rebooting now");
        let guest = self.guest.clone();
        let settings = Settings::load(Path::new(settings::PATH))?;
        let quiet = |_: &str| {};
        let plan = Plan::new(&self.xen, &mut self.store, &guest, &settings, &quiet)?;
        let domid = plan.create(&self.xen, &mut self.store, &settings, &quiet)?;
        self.job.domid = domid;
        self.guest.uuid = Some(plan.uuid());
        create::unpause(&self.xen, domid)
    }

    /// Renames a stopped domain and takes its devices, so that its successor can have both.
    fn set_aside(&mut self) -> Result<()> {
        let domid = self.job.domid;
        let stamp = Command::new("date").args(["-u", "+%Y%m%dT%H%MZ"]).output();
        let stamp = stamp.map(|o| String::from_utf8_lossy(&o.stdout).trim().to_owned());
        let name = format!(
            "{}-{}",
            self.guest.name,
            stamp.unwrap_or_else(|_| "old".into())
        );
        device::remove_all(&mut self.store, domid)?;
        query::rename(&self.xen, &mut self.store, domid, &name)?;
        say(&format!("Domain {domid} is kept as {name}"));
        Ok(())
    }
}

fn action_for(guest: &Guest, reason: Reason) -> Action {
    match reason {
        Reason::POWEROFF => guest.on_poweroff,
        Reason::REBOOT => guest.on_reboot,
        Reason::WATCHDOG => guest.on_watchdog,
        // The hypervisor cannot reset a PV guest in place: it is started anew, as it asked.
        Reason::SOFT_RESET if guest.on_soft_reset == Action::SoftReset => Action::Restart,
        Reason::SOFT_RESET => guest.on_soft_reset,
        _ => guest.on_crash,
    }
}

fn say(line: &str) {
    let mut out = std::io::stdout().lock();
    let _ = writeln!(out, "{line}");
    let _ = out.flush();
}

/// How long a console may take to appear.
pub const CONSOLE_PATIENCE: Duration = Duration::from_secs(20);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_reason_has_the_action_that_the_file_gives_it() {
        let source = "name='a'\nkernel='/k'\non_poweroff='preserve'\non_crash='rename-restart'\n";
        let guest = xl_cfg::read(source).0.unwrap();
        assert_eq!(action_for(&guest, Reason::POWEROFF), Action::Preserve);
        assert_eq!(action_for(&guest, Reason::REBOOT), Action::Restart);
        assert_eq!(action_for(&guest, Reason::CRASH), Action::RenameRestart);
        assert_eq!(action_for(&guest, Reason::WATCHDOG), Action::Destroy);
        assert_eq!(action_for(&guest, Reason::SOFT_RESET), Action::Restart);
        assert_eq!(
            action_for(&guest, Reason(77)),
            Action::RenameRestart,
            "unknown is a crash"
        );
    }

    #[test]
    fn a_job_survives_its_way_to_the_monitor() {
        let job = Job {
            domid: 7,
            config: "name = \"a\"\n".into(),
            uuid: [9; 16],
        };
        let text = serde_json::to_string(&job).unwrap();
        let back: Job = serde_json::from_str(&text).unwrap();
        assert_eq!(
            (back.domid, back.config, back.uuid),
            (7, job.config, [9; 16])
        );
    }
}
