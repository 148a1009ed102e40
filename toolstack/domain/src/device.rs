//! Virtual devices: two directories in the store, front and back, and a third for the tools.
//!
//! Always: the nodes of a device appear in one transaction, so no driver sees half of it; whatever
//! is waited for has a time limit and an error that says what was seen last.
//!
//! Not here: what a guest's configuration says (`xl_cfg`), the drivers (Linux).

pub mod console;
pub mod disk;
pub mod hotplug;
pub mod nic;

use std::time::{Duration, Instant};

use crate::error::{Error, Result};
use crate::store::{Node, Store, StoreError, View, readable, shared};

/// How long a driver in dom0 may take to answer.
pub const DRIVER_PATIENCE: Duration = Duration::from_secs(40);

/// The states that the two ends of a device go through (`io/xenbus.h`).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct State(pub u32);

impl State {
    pub const INITIALISING: Self = Self(1);
    pub const INIT_WAIT: Self = Self(2);
    pub const CONNECTED: Self = Self(4);
    pub const CLOSING: Self = Self(5);
    pub const CLOSED: Self = Self(6);

    pub fn name(self) -> &'static str {
        match self.0 {
            1 => "initialising",
            2 => "waiting for the guest",
            3 => "initialised",
            4 => "connected",
            5 => "closing",
            6 => "closed",
            7 => "reconfiguring",
            8 => "reconfigured",
            _ => "unknown",
        }
    }
}

/// Which device of which domain. The back end is always dom0's.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Device {
    pub domid: u16,
    /// `vbd`, `vif` or `console`.
    pub kind: String,
    pub devid: u32,
}

impl Device {
    pub fn new(domid: u16, kind: &str, devid: u32) -> Self {
        Self {
            domid,
            kind: kind.to_owned(),
            devid,
        }
    }

    pub fn frontend(&self) -> String {
        let Self { domid, kind, devid } = self;
        match (kind.as_str(), devid) {
            ("console", 0) => format!("/local/domain/{domid}/console"),
            _ => format!("/local/domain/{domid}/device/{kind}/{devid}"),
        }
    }

    pub fn backend(&self) -> String {
        format!("/local/domain/0/{}", self.bus_path())
    }

    /// The back end's path as scripts know it.
    pub fn bus_path(&self) -> String {
        let Self { domid, kind, devid } = self;
        format!("backend/{kind}/{domid}/{devid}")
    }

    /// The tools' own record, which a guest cannot touch.
    pub fn record(&self) -> String {
        let Self { domid, kind, devid } = self;
        format!("/libxl/{domid}/device/{kind}/{devid}")
    }

    /// All nodes of a new device.
    pub fn nodes(&self, back: &[(&str, String)], front: &[(&str, String)]) -> Vec<Node> {
        let (backend, frontend, record) = (self.backend(), self.frontend(), self.record());
        let domid = self.domid;
        let head = [
            ("frontend", frontend.clone()),
            ("frontend-id", domid.to_string()),
            ("online", "1".into()),
            ("state", State::INITIALISING.0.to_string()),
        ];
        let mut nodes = Vec::new();
        let back_all = || head.iter().chain(back);

        nodes.push(Node::new(&*record, ""));
        nodes.push(Node::new(format!("{record}/backend"), &*backend));
        nodes.extend(back_all().map(|(key, value)| Node::new(format!("{record}/{key}"), value)));

        // The console's directory holds more than this device's nodes, and keeps its permissions.
        if self.kind != "console" {
            nodes.push(Node::new(&*frontend, "").owned(&shared(domid, 0)));
            nodes.push(Node::new(format!("{frontend}/backend"), &*backend));
            nodes.push(Node::new(format!("{frontend}/backend-id"), "0"));
            nodes.push(Node::new(
                format!("{frontend}/state"),
                State::INITIALISING.0.to_string(),
            ));
        }
        nodes.extend(
            front
                .iter()
                .map(|(key, value)| Node::new(format!("{frontend}/{key}"), value)),
        );

        nodes.push(Node::new(&*backend, "").owned(&readable(domid)));
        nodes.extend(back_all().map(|(key, value)| Node::new(format!("{backend}/{key}"), value)));
        nodes
    }
}

impl std::fmt::Display for Device {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{} {} of domain {}", self.kind, self.devid, self.domid)
    }
}

/// Waits until dom0's driver has taken the device.
pub fn wait_for_driver(store: &mut Store, device: &Device) -> Result<()> {
    let path = format!("{}/state", device.backend());
    let seen = wait_for(store, &path, DRIVER_PATIENCE, |value| {
        let state = state_of(value);
        (state == State::INIT_WAIT || state == State::CONNECTED || state >= State::CLOSING)
            .then_some(state)
    })?;
    match seen {
        Some(state) if state < State::CLOSING => Ok(()),
        Some(state) => Err(refused(store, device, state.name())),
        None => {
            let module = match device.kind.as_str() {
                "vif" => "xen-netback",
                _ => "xen-blkback",
            };
            let error = refused(store, device, "it did not answer");
            Err(error.help(format!("is the module there? try `modprobe {module}`")))
        }
    }
}

/// Why dom0's driver does not serve a device: its own words, if it left any.
fn refused(store: &mut Store, device: &Device, otherwise: &str) -> Error {
    let path = format!("/local/domain/0/error/{}/error", device.bus_path());
    let words = store.now().read(&path).ok().flatten();
    let words = words.unwrap_or_else(|| otherwise.to_owned());
    Error::new(format!("dom0's driver does not take {device}"), words)
}

/// Waits until `accept` likes the value of a node; `None` when it did not in time.
pub fn wait_for<T>(
    store: &mut Store,
    path: &str,
    patience: Duration,
    mut accept: impl FnMut(Option<&str>) -> Option<T>,
) -> Result<Option<T>> {
    let token = "wait";
    store.watch(path, token)?;
    let deadline = Instant::now() + patience;
    let answer = loop {
        let left = deadline.saturating_duration_since(Instant::now());
        if store.wait_event(Some(left))?.is_none() {
            break None;
        }
        let value = store.now().read(path)?;
        if let Some(answer) = accept(value.as_deref()) {
            break Some(answer);
        }
    };
    store.unwatch(path, token)?;
    Ok(answer)
}

fn state_of(value: Option<&str>) -> State {
    State(value.and_then(|v| v.parse().ok()).unwrap_or(0))
}

/// All devices that the tools have recorded for a domain.
pub fn recorded(view: &mut View<'_>, domid: u16) -> std::result::Result<Vec<Device>, StoreError> {
    let root = format!("/libxl/{domid}/device");
    let mut devices = Vec::new();
    for kind in view.list(&root)? {
        for devid in view.list(&format!("{root}/{kind}"))? {
            if let Ok(devid) = devid.parse() {
                devices.push(Device::new(domid, &kind, devid));
            }
        }
    }
    Ok(devices)
}

/// Takes devices away from a domain that is ending: tells all drivers first, then waits for each.
pub fn remove_all(store: &mut Store, domid: u16) -> Result<()> {
    let devices = recorded(&mut store.now(), domid)?;
    store.transaction(|view| {
        for device in &devices {
            let backend = device.backend();
            if view.exists(&backend)? {
                view.write(&format!("{backend}/online"), "0")?;
                view.write(&format!("{backend}/state"), &State::CLOSING.0.to_string())?;
            }
            // A driver whose peer has vanished lets go, whatever the guest does.
            if device.kind != "console" {
                view.remove(&device.frontend())?;
            }
        }
        Ok(())
    })?;
    for device in devices.iter().filter(|device| device.kind != "console") {
        wait_until_closed(store, device)?;
        hotplug::detach(store, device)?;
    }
    store.transaction(|view| {
        for device in &devices {
            view.remove(&device.backend())?;
            view.remove(&format!("/local/domain/0/error/{}", device.bus_path()))?;
            view.remove(&device.record())?;
        }
        // A domain's directory under each kind is ours too.
        for kind in ["vbd", "vif", "console"] {
            let parent = format!("/local/domain/0/backend/{kind}/{domid}");
            if view.list(&parent)?.is_empty() {
                view.remove(&parent)?;
            }
        }
        Ok(())
    })?;
    Ok(())
}

/// A driver that does not let go in time has lost: its nodes are removed all the same.
fn wait_until_closed(store: &mut Store, device: &Device) -> Result<()> {
    let path = format!("{}/state", device.backend());
    wait_for(store, &path, Duration::from_secs(10), |value| match value {
        None => Some(()),
        Some(_) if state_of(value) == State::CLOSED => Some(()),
        Some(_) => None,
    })
    .map(drop)
}
