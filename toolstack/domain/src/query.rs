//! Questions about domains: which there are, what they are called, how they do.
//!
//! Not here: how the answers are laid out for a person (`xl`).

use std::time::{SystemTime, UNIX_EPOCH};

use abi::RawDomId;
use abi::domctl::{
    Getdomaininfo, Getvcpuinfo, XEN_DOMINF_BLOCKED, XEN_DOMINF_DYING, XEN_DOMINF_PAUSED,
    XEN_DOMINF_RUNNING, XEN_DOMINF_SHUTDOWN, XEN_INVALID_MAX_VCPU_ID, XEN_SCHEDULER_ARINC653,
    XEN_SCHEDULER_CREDIT, XEN_SCHEDULER_CREDIT2, XEN_SCHEDULER_NULL, XEN_SCHEDULER_RTDS,
};
use abi::physdev::PciDevice;
use rustix::io::Errno;
use serde_json::{Map, Value, json};
use sys::privcmd::{Affinity, Xen};
use zerocopy::FromZeros;

use crate::error::{Error, Result, hypercall};
use crate::store::Store;
use crate::{control, userdata};

/// Domains asked for in one call.
const BATCH: usize = 1024;

/// Opens the door to the hypervisor, or says what stands in the way.
pub fn open_xen() -> Result<Xen> {
    Xen::open().map_err(|error| {
        let what = "cannot reach the hypervisor";
        match error.kind() {
            std::io::ErrorKind::PermissionDenied => {
                Error::new(what, "only root may open /dev/xen/privcmd").help("run this as root")
            }
            std::io::ErrorKind::NotFound
                if !std::path::Path::new("/sys/hypervisor/type").exists() =>
            {
                Error::new(what, "this kernel does not run on Xen")
                    .help("reboot and choose the entry with Xen in the boot menu")
            }
            std::io::ErrorKind::NotFound => {
                Error::new(what, "there is no /dev/xen/privcmd").help("try `modprobe xen-privcmd`")
            }
            _ => Error::new(what, error),
        }
    })
}

/// All domains in the order of their numbers.
pub fn domains(xen: &Xen) -> Result<Vec<Getdomaininfo>> {
    let mut all: Vec<Getdomaininfo> = Vec::new();
    loop {
        let first = all.last().map_or(0, |last| last.domain.0 + 1);
        let some = xen
            .domains(RawDomId(first), BATCH)
            .map_err(|errno| Error::new("cannot list the domains", hypercall(errno)))?;
        let done = some.len() < BATCH;
        all.extend(some);
        if done {
            return Ok(all);
        }
    }
}

/// A domain's name; one whose name is gone has none.
pub fn name(store: &mut Store, domid: u16) -> Result<Option<String>> {
    Ok(store.now().read(&format!("/local/domain/{domid}/name"))?)
}

/// The names of many domains.
pub fn names(store: &mut Store, domids: &[u16]) -> Result<Vec<Option<String>>> {
    let paths: Vec<_> = domids
        .iter()
        .map(|id| format!("/local/domain/{id}/name"))
        .collect();
    Ok(store.now().read_many(&paths)?)
}

/// The domain that somebody means by a name or a number.
pub fn find(xen: &Xen, store: &mut Store, who: &str) -> Result<Option<u16>> {
    if !who.is_empty() && who.bytes().all(|c| c.is_ascii_digit()) {
        return Ok(who
            .parse()
            .ok()
            .filter(|&id| xen.domain_info(RawDomId(id)).is_ok()));
    }
    find_name(xen, store, who)
}

/// The domain with this name.
pub fn find_name(xen: &Xen, store: &mut Store, who: &str) -> Result<Option<u16>> {
    let domids: Vec<u16> = domains(xen)?.iter().map(|info| info.domain.0).collect();
    let names = names(store, &domids)?;
    let found = domids
        .into_iter()
        .zip(names)
        .find(|(_, name)| name.as_deref() == Some(who));
    Ok(found.map(|(domid, _)| domid))
}

/// Refuses a name that a domain has already.
pub fn check_name_free(xen: &Xen, store: &mut Store, name: &str) -> Result<()> {
    match find_name(xen, store, name)? {
        None => Ok(()),
        Some(other) => Err(name_taken(name, &other.to_string())),
    }
}

pub(crate) fn name_taken(name: &str, other: &str) -> Error {
    Error::new(
        format!("cannot create the guest `{name}`"),
        format!("domain {other} has this name"),
    )
    .help(format!(
        "choose another `name`, or end that one with `xl destroy {other}`"
    ))
}

/// Gives a domain another name.
pub fn rename(xen: &Xen, store: &mut Store, domid: u16, name: &str) -> Result<()> {
    check_name_free(xen, store, name)?;
    let root = format!("/local/domain/{domid}");
    store.transaction(|view| {
        view.write(&format!("{root}/name"), name)?;
        match view.read(&format!("{root}/vm"))? {
            Some(vm) => view.write(&format!("{vm}/name"), name),
            None => Ok(()),
        }
    })?;
    Ok(())
}

/// The six letters of `xl list`: running, blocked, paused, shut down, crashed, dying.
pub fn state_letters(info: &Getdomaininfo) -> String {
    let flag = |bit: u32, letter: char| if info.flags & bit != 0 { letter } else { '-' };
    let crashed = control::reason(info) == Some(control::Reason::CRASH);
    [
        flag(XEN_DOMINF_RUNNING, 'r'),
        flag(XEN_DOMINF_BLOCKED, 'b'),
        flag(XEN_DOMINF_PAUSED, 'p'),
        flag(XEN_DOMINF_SHUTDOWN, 's'),
        if crashed { 'c' } else { '-' },
        flag(XEN_DOMINF_DYING, 'd'),
    ]
    .into_iter()
    .collect()
}

/// Every vCPU of a domain, and where it may run.
pub fn vcpus(xen: &Xen, domain: RawDomId) -> Result<Vec<(Getvcpuinfo, Affinity)>> {
    let failed = |errno| Error::new(format!("cannot ask for domain {domain}"), hypercall(errno));
    let info = xen.domain_info(domain).map_err(failed)?;
    let cpus = xen.physinfo().map_err(failed)?.max_cpu_id as usize + 1;
    let mut list = Vec::new();
    if info.max_vcpu_id == XEN_INVALID_MAX_VCPU_ID {
        return Ok(list);
    }
    for vcpu in 0..=info.max_vcpu_id {
        let mut answer = Getvcpuinfo::new_zeroed();
        answer.vcpu = vcpu;
        match xen.domctl(domain, &mut answer) {
            Ok(()) => list.push((
                answer,
                xen.vcpu_affinity(domain, vcpu, cpus).map_err(failed)?,
            )),
            // A number without a vCPU.
            Err(Errno::SRCH | Errno::INVAL) => {}
            Err(errno) => return Err(failed(errno)),
        }
    }
    Ok(list)
}

/// The name of a CPU pool.
pub fn pool_name(store: &mut Store, pool: u32) -> Result<String> {
    let name = store.now().read(&format!("/local/pool/{pool}/name"))?;
    Ok(name.unwrap_or_else(|| format!("Pool-{pool}")))
}

pub fn scheduler_name(id: u32) -> &'static str {
    match id {
        XEN_SCHEDULER_CREDIT => "credit",
        XEN_SCHEDULER_CREDIT2 => "credit2",
        XEN_SCHEDULER_ARINC653 => "arinc653",
        XEN_SCHEDULER_RTDS => "rtds",
        XEN_SCHEDULER_NULL => "null",
        _ => "unknown",
    }
}

/// Seconds since a domain was started, or since dom0's kernel was.
pub fn uptime(store: &mut Store, domid: u16) -> Result<u64> {
    if domid == 0 {
        let text = std::fs::read_to_string("/proc/uptime").unwrap_or_default();
        return Ok(text
            .split('.')
            .next()
            .and_then(|s| s.parse().ok())
            .unwrap_or(0));
    }
    let mut view = store.now();
    let Some(vm) = view.read(&format!("/local/domain/{domid}/vm"))? else {
        return Ok(0);
    };
    let start = view.read(&format!("{vm}/start_time"))?.unwrap_or_default();
    let start: u64 = start
        .split('.')
        .next()
        .and_then(|s| s.parse().ok())
        .unwrap_or(0);
    let now = SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .unwrap_or_default()
        .as_secs();
    Ok(now.saturating_sub(start))
}

/// The time of day in dom0's time zone, which only its C library knows.
pub fn wall_clock() -> String {
    let output = std::process::Command::new("date").arg("+%H:%M:%S").output();
    output
        .map(|o| String::from_utf8_lossy(&o.stdout).trim().to_owned())
        .unwrap_or_default()
}

/// What dom0's kernel says about itself.
pub struct Uname {
    pub host: String,
    pub release: String,
    pub version: String,
    pub machine: String,
}

pub fn uname() -> Uname {
    let name = rustix::system::uname();
    let text = |text: &std::ffi::CStr| text.to_string_lossy().into_owned();
    Uname {
        host: text(name.nodename()),
        release: text(name.release()),
        version: text(name.version()),
        machine: text(name.machine()),
    }
}

/// An errno as Linux numbers it.
pub fn errno(code: i32) -> Errno {
    Errno::from_raw_os_error(code)
}

/// PCI devices whose NUMA node the hypervisor knows: `0000:00:01.0` and the node.
pub fn pci_nodes(xen: &Xen) -> Vec<(String, u32)> {
    let Ok(entries) = std::fs::read_dir("/sys/bus/pci/devices") else {
        return Vec::new();
    };
    let mut found: Vec<(String, PciDevice)> = entries
        .flatten()
        .filter_map(|entry| {
            let name = entry.file_name().into_string().ok()?;
            Some((name.clone(), pci_device(&name)?))
        })
        .collect();
    found.sort_by(|a, b| a.0.cmp(&b.0));
    let devices: Vec<PciDevice> = found.iter().map(|(_, device)| *device).collect();
    let nodes = xen.pci_topology(&devices).unwrap_or_default();
    // All ones and all ones less one: no such device, or no known node.
    let known = |node: u32| node < u32::MAX - 1;
    found
        .into_iter()
        .zip(nodes)
        .filter(|(_, (_, node))| known(*node))
        .map(|((name, _), (_, node))| (name, node))
        .collect()
}

/// `0000:00:1f.2` as the hypervisor names it.
fn pci_device(name: &str) -> Option<PciDevice> {
    let mut parts = name.split(':');
    let seg = u16::from_str_radix(parts.next()?, 16).ok()?;
    let bus = u8::from_str_radix(parts.next()?, 16).ok()?;
    let (slot, function) = parts.next()?.split_once('.')?;
    let slot = u8::from_str_radix(slot, 16).ok()?;
    let function = u8::from_str_radix(function, 16).ok()?;
    Some(PciDevice {
        seg,
        bus,
        devfn: (slot << 3) | (function & 7),
    })
}

/// A domain's configuration with what has changed since, as `xl list -l` shows it.
pub fn long_description(xen: &Xen, store: &mut Store, info: &Getdomaininfo) -> Result<Value> {
    let domid = info.domain.0;
    let mut config = userdata::find(domid, info.handle).unwrap_or_else(bare_config);
    let name = name(store, domid)?.unwrap_or_default();
    let root = format!("/local/domain/{domid}/memory");
    let paths = ["static-max", "target", "videoram"].map(|key| format!("{root}/{key}"));
    let values = store.now().read_many(&paths)?;
    let number = |index: usize| -> Option<i64> { values.get(index)?.as_ref()?.parse().ok() };
    if let Some(creation) = config.get_mut("c_info").and_then(Value::as_object_mut) {
        creation.insert("name".into(), name.into());
    }
    if let Some(building) = config.get_mut("b_info").and_then(Value::as_object_mut) {
        if let Some(max) = number(0) {
            building.insert("max_memkb".into(), max.into());
        }
        if let Some(target) = number(1) {
            // dom0 has no such node, which the format counts as -1.
            let videoram = number(2).unwrap_or(-1);
            building.insert("target_memkb".into(), (target + videoram).into());
        }
        if let Some(sched) = scheduling(xen, info.domain) {
            building.insert("sched_params".into(), sched);
        }
    }
    sort_like_upstream(&mut config);
    let mut map = Map::new();
    map.insert("domid".into(), domid.into());
    map.insert("config".into(), config);
    Ok(Value::Object(map))
}

fn bare_config() -> Value {
    json!({
        "c_info": { "type": "pv" },
        "b_info": { "sched_params": {}, "type.pv": {}, "arch_arm": {}, "arch_x86": {} }
    })
}

/// Memory stands before the scheduling in upstream's structure, also when it was added last.
fn sort_like_upstream(config: &mut Value) {
    let Some(building) = config.get_mut("b_info").and_then(Value::as_object_mut) else {
        return;
    };
    let first = [
        "max_vcpus",
        "avail_vcpus",
        "tsc_mode",
        "max_memkb",
        "target_memkb",
        "video_memkb",
    ];
    let mut sorted = Map::new();
    for key in first {
        if let Some(value) = building.get(key) {
            sorted.insert(key.to_owned(), value.clone());
        }
    }
    for (key, value) in building.iter() {
        if !sorted.contains_key(key) {
            sorted.insert(key.clone(), value.clone());
        }
    }
    *building = sorted;
}

fn scheduling(xen: &Xen, domain: RawDomId) -> Option<Value> {
    let scheduler = xen.scheduler().ok()?;
    let parameters = xen.scheduler_parameters(domain, scheduler).ok()?;
    Some(json!({
        "sched": scheduler_name(scheduler),
        "weight": parameters.weight,
        "cap": parameters.cap,
    }))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pci_devices_are_named_as_linux_names_them() {
        let device = pci_device("0000:00:1f.2").unwrap();
        assert_eq!((device.seg, device.bus, device.devfn), (0, 0, 0xfa));
        assert!(pci_device("nonsense").is_none());
    }

    #[test]
    fn memory_stands_where_upstream_has_it() {
        let mut config = bare_config();
        let building = config.get_mut("b_info").unwrap().as_object_mut().unwrap();
        building.insert("target_memkb".into(), 1.into());
        building.insert("max_memkb".into(), 2.into());
        sort_like_upstream(&mut config);
        let keys: Vec<_> = config["b_info"]
            .as_object()
            .unwrap()
            .keys()
            .cloned()
            .collect();
        assert_eq!(keys[..3], ["max_memkb", "target_memkb", "sched_params"]);
    }
}
