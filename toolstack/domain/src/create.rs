//! Creating a domain from its description.
//!
//! First everything that can be known is checked, then the domain is made; from its first moment a
//! guard stands by that ends it again unless creation comes to its end.
//!
//! Always: the domain is paused when it is handed over; a failure leaves nothing behind.
//!
//! Not here: its memory ([`crate::build`]), its devices ([`crate::device`]), its later life
//! ([`crate::monitor`]).

use std::io::Read;
use std::path::Path;
use std::time::{SystemTime, UNIX_EPOCH};

use abi::RawDomId;
use abi::domctl::{Createdomain, MaxMem, MaxVcpus, Settimeoffset, TscInfo};
use abi::memory::{E820_RAM, E820Entry};
use abi::sysctl::{XEN_SYSCTL_CPU_POLICY_PV_DEFAULT, XEN_SYSCTL_PHYSCAP_GNTTAB_V2};
use rustix::io::Errno;
use sys::privcmd::{SchedulerParameters, Xen};
use xl_cfg::Guest;
use xl_cfg::cpu_list::CpuList;
use xs_wire::ErrorName;
use zerocopy::FromZeros;

use crate::build::image::Image;
use crate::build::layout::Layout;
use crate::build::pv::{self, Built, Parts};
use crate::device::console;
use crate::device::disk::Drive;
use crate::device::nic::{self, Nic};
use crate::error::{Context, Error, Result, hypercall};
use crate::memory::SLACK_KIB;
use crate::settings::Settings;
use crate::store::{Node, Store, StoreError, owned_by, readable};
use crate::userdata::{self, uuid_text};
use crate::{build, destroy, query};

const DEFAULT_EVENT_CHANNELS: u32 = 1023;
const DOM0: RawDomId = RawDomId(0);

/// Told of each step as it begins.
pub type Progress<'a> = &'a dyn Fn(&str);

/// Everything that a domain will be made of, checked.
pub struct Plan<'a> {
    guest: &'a Guest,
    uuid: [u8; 16],
    image: Image,
    ramdisk: Option<Vec<u8>>,
    drives: Vec<Drive>,
    nics: Vec<Nic>,
    layout: Layout,
}

impl<'a> Plan<'a> {
    /// Looks at everything that the description names; changes nothing.
    pub fn new(
        xen: &Xen,
        store: &mut Store,
        guest: &'a Guest,
        settings: &Settings,
        progress: Progress<'_>,
    ) -> Result<Self> {
        progress("looking at what the configuration names");
        query::check_name_free(xen, store, &guest.name)?;
        let drives = guest
            .disks
            .iter()
            .map(Drive::open)
            .collect::<Result<Vec<_>>>()?;
        for drive in &drives {
            drive.check_unused(store)?;
        }
        let nics = nic::resolve(&guest.vifs, settings, random)?;
        for nic in &nics {
            nic.check()?;
        }
        if guest.pool.as_deref().is_some_and(|pool| pool != "Pool-0") {
            return Err(Error::new(
                "cannot put the guest into its CPU pool",
                "there is only Pool-0",
            )
            .help("take the line `pool = ...` out"));
        }
        progress("reading the kernel");
        let image = Image::load(Path::new(&guest.kernel))?;
        progress("reading the ramdisk");
        let ramdisk = match &guest.ramdisk {
            Some(path) => Some(read_ramdisk(path)?),
            None => None,
        };
        let uuid = guest.uuid.unwrap_or_else(random_uuid);
        let parts = parts_of(guest, &image, ramdisk.as_deref(), 0, 0);
        let layout = pv::plan(&parts)?;
        let plan = Self {
            guest,
            uuid,
            image,
            ramdisk,
            drives,
            nics,
            layout,
        };
        plan.check_memory(xen)?;
        Ok(plan)
    }

    /// The configuration as JSON, for people and for the domain's record.
    pub fn describe(&self) -> serde_json::Value {
        userdata::describe(self.guest, self.uuid, &self.nics)
    }

    pub fn uuid(&self) -> [u8; 16] {
        self.uuid
    }

    fn pages(&self) -> u64 {
        self.guest.memory_mib * 256
    }

    /// A shortage is better told before anything is made.
    fn check_memory(&self, xen: &Xen) -> Result<()> {
        let info = xen
            .physinfo()
            .map_err(|e| Error::new("cannot ask for free memory", hypercall(e)))?;
        let free = info.free_pages.saturating_sub(info.outstanding_pages);
        if self.pages() <= free {
            return Ok(());
        }
        Err(Error::new(
            format!(
                "cannot give the guest {} MiB of memory",
                self.guest.memory_mib
            ),
            format!("the machine has {} MiB free", free / 256),
        )
        .help("lower `memory`, stop another guest, or shrink dom0 with `xl mem-set 0 ...`"))
    }

    /// Makes the domain. It is left paused.
    pub fn create(
        &self,
        xen: &Xen,
        store: &mut Store,
        settings: &Settings,
        progress: Progress<'_>,
    ) -> Result<u16> {
        progress("making the domain");
        let domain = self.make(xen, settings)?;
        let domid = domain.0;
        match self.furnish(xen, store, domain, progress) {
            Ok(()) => Ok(domid),
            Err(error) => {
                // What failed is the news; that cleaning up failed as well would only hide it.
                let _ = destroy::destroy(xen, store, domid);
                Err(error)
            }
        }
    }

    /// The bare domain, as the hypervisor knows it.
    fn make(&self, xen: &Xen, settings: &Settings) -> Result<RawDomId> {
        let guest = self.guest;
        let mut config = Createdomain::new_zeroed();
        config.handle = self.uuid;
        config.max_vcpus = guest.max_vcpus;
        config.max_evtchn_port = guest.max_event_channels.unwrap_or(DEFAULT_EVENT_CHANNELS);
        config.max_grant_frames =
            signed(guest.max_grant_frames.unwrap_or(settings.max_grant_frames));
        config.max_maptrack_frames = signed(
            guest
                .max_maptrack_frames
                .unwrap_or(settings.max_maptrack_frames),
        );
        config.grant_opts = match guest.max_grant_version.or(settings.max_grant_version) {
            Some(version) => version,
            None => newest_grant_version(xen),
        };
        xen.create_domain(DOM0, &mut config).map_err(|errno| {
            let error = Error::new("cannot make a new domain", hypercall(errno));
            match errno {
                Errno::INVAL => {
                    error.help("does the hypervisor allow so many vCPUs or grant frames?")
                }
                _ => error,
            }
        })
    }

    fn furnish(
        &self,
        xen: &Xen,
        store: &mut Store,
        domain: RawDomId,
        progress: Progress<'_>,
    ) -> Result<()> {
        let domid = domain.0;
        self.set_limits(xen, domain)?;
        self.write_base_nodes(store, domid)?;
        let failed = |e: Errno| Error::new("cannot make an event channel", hypercall(e));
        let store_port = xen.alloc_unbound(domain, DOM0).map_err(failed)?;
        let console_port = xen.alloc_unbound(domain, DOM0).map_err(failed)?;
        let ramdisk = self.ramdisk.as_deref();
        let parts = parts_of(self.guest, &self.image, ramdisk, store_port, console_port);
        let built = pv::build(xen, domain, &parts, &self.layout, progress)?;
        progress("introducing it to the store");
        self.introduce(store, domid, &parts, built)?;
        progress("attaching devices");
        self.attach_devices(store, domid)?;
        self.place(xen, domain)?;
        userdata::keep(domid, self.uuid, &self.describe())
    }

    fn set_limits(&self, xen: &Xen, domain: RawDomId) -> Result<()> {
        let guest = self.guest;
        let failed = |what: &'static str| {
            move |errno: Errno| {
                Error::new(format!("cannot set the domain's {what}"), hypercall(errno))
            }
        };
        let mut vcpus = MaxVcpus {
            max: guest.max_vcpus,
        };
        xen.domctl(domain, &mut vcpus)
            .map_err(failed("number of vCPUs"))?;
        let mut memory = MaxMem {
            max_memkb: guest.memory_mib * 1024 + SLACK_KIB,
        };
        xen.domctl(domain, &mut memory)
            .map_err(failed("memory limit"))?;
        let map = [E820Entry {
            addr: 0,
            size: guest.max_memory_mib << 20,
            type_: E820_RAM,
        }];
        xen.set_memory_map(domain, &map)
            .map_err(failed("memory map"))?;
        let mut tsc = TscInfo::new_zeroed();
        tsc.tsc_mode = guest.tsc_mode.number();
        xen.domctl(domain, &mut tsc)
            .map_err(failed("time stamp counter"))?;
        let seconds = guest.rtc_timeoffset + if guest.localtime { local_offset() } else { 0 };
        if seconds != 0 {
            let mut offset = Settimeoffset {
                time_offset_seconds: seconds,
            };
            xen.domctl(domain, &mut offset).map_err(failed("clock"))?;
        }
        self.set_cpu_policy(xen, domain)
    }

    fn set_cpu_policy(&self, xen: &Xen, domain: RawDomId) -> Result<()> {
        let what = "cannot set what the guest sees of the processor";
        let policy = xen
            .cpu_policy(XEN_SYSCTL_CPU_POLICY_PV_DEFAULT)
            .map_err(|errno| Error::new(what, hypercall(errno)))?;
        xen.set_cpu_policy(domain, &policy).map_err(|error| {
            let mut why = hypercall(error.errno);
            if error.leaf != u32::MAX {
                why.push_str(&format!(
                    " at CPUID leaf {:#x}:{:#x}",
                    error.leaf, error.subleaf
                ));
            } else if error.msr != u32::MAX {
                why.push_str(&format!(" at MSR {:#x}", error.msr));
            }
            Error::new(what, why)
        })
    }

    /// The domain's directories, and its name: taken in one transaction, so that of two with one
    /// name only one is made.
    fn write_base_nodes(&self, store: &mut Store, domid: u16) -> Result<()> {
        let nodes = self.base_nodes(domid);
        let name = &self.guest.name;
        let answer = store.transaction(|view| {
            for other in view.list("/local/domain")? {
                if other == domid.to_string() {
                    continue;
                }
                let path = format!("/local/domain/{other}/name");
                if view.read(&path)?.as_deref() == Some(name) {
                    return Err(StoreError::Refused(ErrorName::EEXIST, other));
                }
            }
            // A domain of this number that died long ago may have left something.
            view.remove(&format!("/local/domain/{domid}"))?;
            view.remove(&format!("/libxl/{domid}"))?;
            view.write_all(&nodes)
        });
        match answer {
            Err(StoreError::Refused(ErrorName::EEXIST, other)) => {
                Err(query::name_taken(name, &other))
            }
            other => Ok(other?),
        }
    }

    fn base_nodes(&self, domid: u16) -> Vec<Node> {
        let root = format!("/local/domain/{domid}");
        let vm = self.vm_path();
        let readable = readable(domid);
        let owned = owned_by(domid);
        let name = self.guest.name.as_str();
        let mut nodes = vec![
            Node::new(&*root, "").owned(&readable),
            Node::new(&*vm, "").owned(&readable),
            Node::new(format!("/libxl/{domid}"), ""),
            Node::new(format!("/libxl/{domid}/device"), ""),
            Node::new(format!("/libxl/{domid}/type"), "pv"),
            Node::new(format!("/libxl/{domid}/dm-version"), "qemu_xen"),
            Node::new(format!("{vm}/name"), name),
            Node::new(format!("{vm}/uuid"), uuid_text(self.uuid)),
        ];
        let here = [
            ("vm", vm.as_str()),
            ("name", name),
            ("cpu", ""),
            ("memory", ""),
            ("device", ""),
            ("control", ""),
            ("control/platform-feature-multiprocessor-suspend", "1"),
            ("control/platform-feature-xs_reset_watches", "1"),
        ];
        nodes.extend(here.map(|(key, value)| Node::new(format!("{root}/{key}"), value)));
        let theirs = [
            "control/shutdown",
            "control/feature-poweroff",
            "control/feature-reboot",
            "control/feature-suspend",
            "control/sysrq",
            "device/suspend/event-channel",
            "data",
            "drivers",
            "feature",
            "attr",
            "error",
        ];
        nodes.extend(theirs.map(|key| Node::new(format!("{root}/{key}"), "").owned(&owned)));
        nodes
    }

    fn vm_path(&self) -> String {
        format!("/vm/{}", uuid_text(self.uuid))
    }

    /// Tells the store of the domain's ring, and the domain of its memory, CPUs and console.
    fn introduce(
        &self,
        store: &mut Store,
        domid: u16,
        parts: &Parts<'_>,
        built: Built,
    ) -> Result<()> {
        let root = format!("/local/domain/{domid}");
        let vm = self.vm_path();
        let guest = self.guest;
        let mut nodes = vec![
            Node::new(
                format!("{root}/memory/static-max"),
                (guest.max_memory_mib * 1024).to_string(),
            ),
            Node::new(
                format!("{root}/memory/target"),
                (guest.memory_mib * 1024).to_string(),
            ),
            Node::new(format!("{root}/memory/videoram"), "0"),
            Node::new(format!("{root}/domid"), domid.to_string()),
            Node::new(format!("{root}/store/port"), parts.store_port.to_string()),
            Node::new(
                format!("{root}/store/ring-ref"),
                built.store_mfn.to_string(),
            ),
            Node::new(format!("{vm}/image/ostype"), "linux"),
            Node::new(format!("{vm}/image/kernel"), &*guest.kernel),
            Node::new(format!("{vm}/start_time"), start_time()),
        ];
        if let Some(ramdisk) = &guest.ramdisk {
            nodes.push(Node::new(format!("{vm}/image/ramdisk"), &**ramdisk));
        }
        if let Some(line) = &guest.command_line {
            nodes.push(Node::new(format!("{vm}/image/cmdline"), &**line));
        }
        for vcpu in 0..guest.max_vcpus {
            let state = if vcpu < guest.vcpus {
                "online"
            } else {
                "offline"
            };
            nodes.push(Node::new(format!("{root}/cpu/{vcpu}/availability"), state));
        }
        nodes.extend(console::nodes(domid, built.console_mfn, parts.console_port));
        store.transaction(|view| view.write_all(&nodes))?;
        store.introduce(domid, built.store_mfn, parts.store_port)?;
        Ok(())
    }

    fn attach_devices(&self, store: &mut Store, domid: u16) -> Result<()> {
        if self.drives.is_empty() && self.nics.is_empty() {
            return Ok(());
        }
        let mut attachments = Vec::new();
        let mut nodes = Vec::new();
        for drive in &self.drives {
            let attachment = drive.prepare()?;
            nodes.extend(drive.nodes(domid, &attachment));
            attachments.push((drive, attachment));
        }
        for nic in &self.nics {
            nodes.extend(nic.nodes(domid));
        }
        store.transaction(|view| view.write_all(&nodes))?;
        for (drive, attachment) in attachments {
            drive.attach(store, domid, attachment)?;
        }
        for nic in &self.nics {
            nic.attach(store, domid)?;
        }
        Ok(())
    }

    /// Where its vCPUs run, and with what weight.
    fn place(&self, xen: &Xen, domain: RawDomId) -> Result<()> {
        let guest = self.guest;
        if guest.weight.is_some() || guest.cap.is_some() {
            self.set_weight(xen, domain)
                .map_err(|e| Error::new("cannot set the guest's weight or cap", hypercall(e)))?;
        }
        if guest.cpus.is_empty() && guest.cpus_soft.is_empty() {
            return Ok(());
        }
        let topology = xen
            .cpu_topology()
            .map_err(|e| Error::new("cannot ask for the machine's CPUs", hypercall(e)))?;
        let nodes: Vec<u32> = topology.iter().map(|cpu| cpu.node).collect();
        for vcpu in 0..guest.max_vcpus {
            let hard = self
                .list_for(&guest.cpus, vcpu)
                .map(|list| list.resolve(&nodes));
            let soft = self
                .list_for(&guest.cpus_soft, vcpu)
                .map(|list| list.resolve(&nodes));
            for (key, set) in [("cpus", &hard), ("cpus_soft", &soft)] {
                if set.as_ref().is_some_and(|set| !set.contains(&true)) {
                    let why = format!("`{key}` leaves it none of the machine's {}", nodes.len());
                    return Err(Error::new(format!("cannot place vCPU {vcpu}"), why));
                }
            }
            xen.set_vcpu_affinity(domain, vcpu, hard.as_deref(), soft.as_deref())
                .map_err(|e| Error::new(format!("cannot place vCPU {vcpu}"), hypercall(e)))?;
        }
        Ok(())
    }

    fn list_for<'l>(&self, lists: &'l [CpuList], vcpu: u32) -> Option<&'l CpuList> {
        if self.guest.cpus_per_vcpu {
            lists.get(vcpu as usize)
        } else {
            lists.first()
        }
    }

    fn set_weight(&self, xen: &Xen, domain: RawDomId) -> std::result::Result<(), Errno> {
        let scheduler = xen.scheduler()?;
        let now = xen.scheduler_parameters(domain, scheduler)?;
        let short = |value: Option<u32>, now: u16| match value {
            Some(value) => u16::try_from(value).unwrap_or(u16::MAX),
            None => now,
        };
        let wanted = SchedulerParameters {
            weight: short(self.guest.weight, now.weight),
            cap: short(self.guest.cap, now.cap),
        };
        xen.set_scheduler_parameters(domain, scheduler, wanted)
    }
}

fn read_ramdisk(path: &str) -> Result<Vec<u8>> {
    let bytes = build::read_file(Path::new(path), "ramdisk")?;
    build::ramdisk::check(&bytes).map_err(|why| {
        Error::new(format!("cannot use {path} as the guest's ramdisk"), why).help(
            "compare its size with the original's, or make it anew with `update-initramfs -u`",
        )
    })?;
    Ok(bytes)
}

fn parts_of<'a>(
    guest: &'a Guest,
    image: &'a Image,
    ramdisk: Option<&'a [u8]>,
    store_port: u32,
    console_port: u32,
) -> Parts<'a> {
    Parts {
        image,
        ramdisk,
        command_line: guest.command_line.as_deref().unwrap_or(""),
        memory_pages: guest.memory_mib * 256,
        store_port,
        console_port,
    }
}

fn signed(number: u32) -> i32 {
    i32::try_from(number).unwrap_or(i32::MAX)
}

fn newest_grant_version(xen: &Xen) -> u32 {
    let capable = xen
        .physinfo()
        .is_ok_and(|info| info.capabilities & XEN_SYSCTL_PHYSCAP_GNTTAB_V2 != 0);
    if capable { 2 } else { 1 }
}

/// Seconds since 1970 with two digits behind the point, as `xl uptime` reads them.
fn start_time() -> String {
    let now = SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .unwrap_or_default();
    format!("{}.{:02}", now.as_secs(), now.subsec_millis() / 10)
}

/// Seconds that dom0's local time is ahead of UTC.
fn local_offset() -> i64 {
    let output = std::process::Command::new("date").arg("+%z").output();
    let text = output.map(|o| String::from_utf8_lossy(&o.stdout).trim().to_owned());
    let Ok(zone) = text.unwrap_or_default().parse::<i64>() else {
        return 0;
    };
    (zone / 100) * 3600 + (zone % 100) * 60
}

fn random<const N: usize>() -> [u8; N] {
    let mut bytes = [0; N];
    // The kernel's generator does not fail once the machine is up.
    if let Ok(mut file) = std::fs::File::open("/dev/urandom") {
        let _ = file.read_exact(&mut bytes);
    }
    bytes
}

/// A version 4 UUID.
fn random_uuid() -> [u8; 16] {
    let mut uuid: [u8; 16] = random();
    let [_, _, _, _, _, _, version, _, variant, ..] = &mut uuid;
    *version = (*version & 0x0f) | 0x40;
    *variant = (*variant & 0x3f) | 0x80;
    uuid
}

/// Lets a domain run.
pub fn unpause(xen: &Xen, domid: u16) -> Result<()> {
    xen.unpause(RawDomId(domid))
        .map_err(hypercall)
        .or_fail(|| format!("cannot unpause domain {domid}"))
}
