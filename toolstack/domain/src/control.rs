//! Asking a guest to end by itself, and waiting until domains end.
//!
//! Always: a wait is woken by the store's `@releaseDomain`, never by polling.
//!
//! Not here: what becomes of a domain that has ended ([`crate::monitor`]).

use std::time::{Duration, Instant};

use abi::RawDomId;
use abi::domctl::{
    Getdomaininfo, XEN_DOMINF_DYING, XEN_DOMINF_SHUTDOWN, XEN_DOMINF_SHUTDOWNMASK,
    XEN_DOMINF_SHUTDOWNSHIFT,
};
use rustix::io::Errno;
use sys::privcmd::Xen;

use crate::error::{Error, Result, hypercall};
use crate::store::Store;

/// What a guest can be asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Request {
    PowerOff,
    Reboot,
}

impl Request {
    fn word(self) -> &'static str {
        match self {
            Request::PowerOff => "poweroff",
            Request::Reboot => "reboot",
        }
    }
}

/// Why a domain has stopped (`SHUTDOWN_*`).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Reason(pub u32);

impl Reason {
    pub const POWEROFF: Self = Self(0);
    pub const REBOOT: Self = Self(1);
    pub const SUSPEND: Self = Self(2);
    pub const CRASH: Self = Self(3);
    pub const WATCHDOG: Self = Self(4);
    pub const SOFT_RESET: Self = Self(5);
}

/// How far a domain is from its end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Life {
    Lives,
    /// It has stopped by itself and waits for somebody to remove it.
    Stopped(Reason),
    /// Somebody is removing it.
    Dying,
    Gone,
}

impl Life {
    pub fn of(info: &Getdomaininfo) -> Self {
        if info.flags & XEN_DOMINF_DYING != 0 {
            return Life::Dying;
        }
        match reason(info) {
            Some(reason) => Life::Stopped(reason),
            None => Life::Lives,
        }
    }

    pub fn ask(xen: &Xen, domid: u16) -> Result<Self> {
        match xen.domain_info(RawDomId(domid)) {
            Ok(info) => Ok(Self::of(&info)),
            Err(Errno::SRCH) => Ok(Life::Gone),
            Err(errno) => Err(Error::new(
                format!("cannot ask for domain {domid}"),
                hypercall(errno),
            )),
        }
    }
}

/// Why a stopped domain has stopped.
pub fn reason(info: &Getdomaininfo) -> Option<Reason> {
    (info.flags & XEN_DOMINF_SHUTDOWN != 0).then_some(Reason(
        (info.flags >> XEN_DOMINF_SHUTDOWNSHIFT) & XEN_DOMINF_SHUTDOWNMASK,
    ))
}

/// Asks a guest to end. Whether it does is its own affair.
pub fn ask(store: &mut Store, domid: u16, request: Request) -> Result<()> {
    let root = format!("/local/domain/{domid}");
    let what = || {
        format!(
            "cannot {} domain {domid}",
            match request {
                Request::PowerOff => "shut down",
                Request::Reboot => "reboot",
            }
        )
    };
    if domid == 0 {
        return Err(Error::new(what(), "this is where the tools run")
            .help(format!("use `{}`", request.word())));
    }
    if !store.now().exists(&root)? {
        return Err(Error::new(what(), "there is no such domain"));
    }
    store
        .now()
        .write(&format!("{root}/control/shutdown"), request.word())?;
    Ok(())
}

/// What a wait for several domains reports.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Ended {
    pub domid: u16,
    /// `None` when the domain was removed before its reason could be read.
    pub reason: Option<Reason>,
}

/// Waits until every one of `domids` has ended, telling of each as it does. `false` if the time
/// was over first.
pub fn wait_all(
    xen: &Xen,
    store: &mut Store,
    domids: &[u16],
    patience: Option<Duration>,
    mut tell: impl FnMut(Ended),
) -> Result<bool> {
    let token = "ended";
    store.watch("@releaseDomain", token)?;
    let deadline = patience.map(|patience| Instant::now() + patience);
    let mut waiting = domids.to_vec();
    while !waiting.is_empty() {
        let left = deadline.map(|d| d.saturating_duration_since(Instant::now()));
        if store.wait_event(left)?.is_none() {
            break;
        }
        let mut still = Vec::new();
        for domid in waiting {
            match Life::ask(xen, domid)? {
                Life::Lives => still.push(domid),
                Life::Stopped(reason) => tell(Ended {
                    domid,
                    reason: Some(reason),
                }),
                Life::Dying | Life::Gone => tell(Ended {
                    domid,
                    reason: None,
                }),
            }
        }
        waiting = still;
    }
    store.unwatch("@releaseDomain", token)?;
    Ok(waiting.is_empty())
}
