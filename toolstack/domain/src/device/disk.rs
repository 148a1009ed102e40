//! Disks: Linux's blkback on one side, a block device or a file behind a loop device on the other.
//!
//! Always: a disk that one domain may write is nobody else's, unless all only read; a loop device
//! lives exactly as long as something uses it.
//!
//! Not here: the spellings of a disk (`xl_cfg::disk`), what a script makes of its target
//! ([`super::hotplug`]).

use std::fs::{File, Metadata, OpenOptions};
use std::os::unix::fs::{FileTypeExt, MetadataExt, OpenOptionsExt};
use std::path::Path;
use std::time::{Duration, Instant};

use rustix::fs::{major, minor};
use sys::loop_device::{self, LoopDevice};
use xl_cfg::disk::{Backend, Disk, Format};

use super::hotplug;
use super::nic::is_dom0;
use super::{DRIVER_PATIENCE, Device, wait_for_driver};
use crate::error::{Error, Result};
use crate::store::{Node, Store};

/// A disk ready to be attached.
#[derive(Debug)]
pub struct Drive {
    config: Disk,
    backing: Backing,
}

#[derive(Debug)]
enum Backing {
    /// A device of dom0, by its numbers.
    Block { major: u32, minor: u32 },
    /// A file, opened with the rights that the guest shall have.
    File(File),
    /// Whatever a script makes of the target.
    Script(String),
    /// A CD drive without a disc.
    Nothing,
}

/// What must stay open until the driver has the disk.
#[derive(Debug)]
pub struct Attachment {
    physical: Option<(u32, u32, String)>,
    loop_device: Option<LoopDevice>,
}

impl Drive {
    /// Looks at the target; nothing is made yet.
    pub fn open(config: &Disk) -> Result<Self> {
        let what = || {
            format!(
                "cannot use {} as {}",
                shown(&config.target),
                config.vdev.name
            )
        };
        let unsupported = |why: String, help: &str| Err(Error::new(what(), why).help(help));
        if config
            .backend_domain
            .as_deref()
            .is_some_and(|domain| !is_dom0(domain))
        {
            return unsupported(
                "back ends outside of dom0 are not supported".into(),
                "take `backend=` out of the disk",
            );
        }
        match config.format {
            Format::Raw | Format::Empty => {}
            other => {
                return unsupported(
                    format!("its format, {other:?}, needs a back end that this xl does not have"),
                    "convert it with `qemu-img convert -O raw`",
                );
            }
        }
        if let Some(backend @ (Backend::Qdisk | Backend::Tap | Backend::Standalone)) =
            config.backend
        {
            return unsupported(
                format!("the back end {backend:?} is not supported"),
                "take `backendtype=` out of the disk",
            );
        }
        let backing = if let Some(script) = &config.script {
            let script = hotplug::script_path(script);
            hotplug::check_script(&script, what)?;
            Backing::Script(script)
        } else if config.format == Format::Empty {
            Backing::Nothing
        } else {
            Self::open_target(config, what)?
        };
        Ok(Self {
            config: config.clone(),
            backing,
        })
    }

    fn open_target(config: &Disk, what: impl Fn() -> String) -> Result<Backing> {
        let path = Path::new(&config.target);
        let meta = std::fs::metadata(path).map_err(|error| {
            let error_text = match error.kind() {
                std::io::ErrorKind::NotFound => "there is no such file or block device".to_owned(),
                _ => error.to_string(),
            };
            Error::new(what(), error_text).help("check the path in `disk`")
        })?;
        let kind = meta.file_type();
        let open = |flags: i32| {
            OpenOptions::new()
                .read(true)
                .write(config.writable)
                .custom_flags(flags)
                .open(path)
        };
        let denied = |error: std::io::Error| match error.raw_os_error() {
            Some(16) => Error::new(what(), "dom0 itself uses it (is it mounted?)")
                .help("unmount it in dom0, or give the guest another disk"),
            _ => Error::new(what(), error),
        };
        if kind.is_block_device() {
            // O_EXCL on a block device fails while anybody in dom0 has claimed it.
            let exclusive = if config.writable { EXCLUSIVE } else { 0 };
            open(exclusive).map_err(denied)?;
            let device = meta.rdev();
            return Ok(Backing::Block {
                major: major(device),
                minor: minor(device),
            });
        }
        if !kind.is_file() {
            return Err(Error::new(
                what(),
                "it is neither a file nor a block device",
            ));
        }
        if meta.len() < 512 {
            return Err(
                Error::new(what(), format!("it has only {} bytes", meta.len()))
                    .help("make it larger with `truncate -s 1G`"),
            );
        }
        let file = open(0).map_err(denied)?;
        if let Some(mount) = mounted_through_loop(&meta) {
            return Err(
                Error::new(what(), format!("dom0 has it mounted on {mount}"))
                    .help("unmount it in dom0, or give the guest another disk"),
            );
        }
        Ok(Backing::File(file))
    }

    /// Refuses a disk that another domain uses in a way that would damage it.
    pub fn check_unused(&self, store: &mut Store) -> Result<()> {
        if matches!(self.backing, Backing::Script(_) | Backing::Nothing) {
            return Ok(());
        }
        let mut view = store.now();
        let root = "/local/domain/0/backend/vbd";
        for domid in view.list(root)? {
            for devid in view.list(&format!("{root}/{domid}"))? {
                let path = format!("{root}/{domid}/{devid}");
                let keys = ["params", "mode", "physical-device", "online"];
                let paths = keys.map(|key| format!("{path}/{key}"));
                let values = view.read_many(&paths)?;
                let [Some(params), Some(mode), physical, online] = values.as_slice() else {
                    continue;
                };
                let shared_for_reading = !mode.starts_with('w') && !self.config.writable;
                if shared_for_reading || online.as_deref() == Some("0") {
                    continue;
                }
                if self.is_same(params, physical.as_deref()) {
                    let name = view.read(&format!("/local/domain/{domid}/name"))?;
                    let user = name.unwrap_or_else(|| format!("domain {domid}"));
                    return Err(in_use(&self.config, &user));
                }
            }
        }
        Ok(())
    }

    fn is_same(&self, params: &str, physical: Option<&str>) -> bool {
        match &self.backing {
            Backing::Block { major, minor } => {
                physical.is_some_and(|p| p == format!("{major:x}:{minor:x}"))
            }
            Backing::File(file) => {
                let ours = file.metadata().map(|m| (m.dev(), m.ino())).ok();
                let theirs = std::fs::metadata(params).map(|m| (m.dev(), m.ino())).ok();
                ours.is_some() && ours == theirs
            }
            Backing::Script(_) | Backing::Nothing => false,
        }
    }

    pub fn device(&self, domid: u16) -> Device {
        Device::new(domid, "vbd", self.config.vdev.number)
    }

    /// Makes a block device of the target, if it is none yet.
    pub fn prepare(&self) -> Result<Attachment> {
        let target = &self.config.target;
        Ok(match &self.backing {
            Backing::Block { major, minor } => Attachment {
                physical: Some((*major, *minor, target.clone())),
                loop_device: None,
            },
            Backing::File(file) => {
                let direct = self.config.direct_io_safe;
                let device = LoopDevice::attach(file, target, self.config.writable, direct)
                    .map_err(|error| {
                        Error::new(format!("cannot make a block device of {target}"), error)
                            .help("is the module there? try `modprobe loop`")
                    })?;
                let path = device.path().to_string_lossy().into_owned();
                Attachment {
                    physical: Some((7, device.number, path)),
                    loop_device: Some(device),
                }
            }
            Backing::Script(_) | Backing::Nothing => Attachment {
                physical: None,
                loop_device: None,
            },
        })
    }

    pub fn nodes(&self, domid: u16, attachment: &Attachment) -> Vec<Node> {
        let config = &self.config;
        let flag = |on: bool| u8::from(on).to_string();
        let kind = if config.cdrom { "cdrom" } else { "disk" };
        let script = match &self.backing {
            Backing::Script(script) => script.clone(),
            _ => format!("{}/block", hotplug::DIRECTORY),
        };
        let mut back = vec![
            ("params", config.target.clone()),
            ("script", script),
            ("removable", flag(config.cdrom)),
            ("bootable", "1".into()),
            ("dev", config.vdev.name.clone()),
            ("type", "phy".into()),
            ("mode", if config.writable { "w" } else { "r" }.into()),
            ("device-type", kind.into()),
            ("discard-enable", flag(config.discard && config.writable)),
            ("specification", "xen".into()),
        ];
        if config.direct_io_safe {
            back.push(("direct-io-safe", "1".into()));
        }
        let front = [
            ("virtual-device", config.vdev.number.to_string()),
            ("device-type", kind.to_owned()),
            ("protocol", "x86_64-abi".to_owned()),
            ("trusted", flag(config.trusted)),
        ];
        let device = self.device(domid);
        let mut nodes = device.nodes(&back, &front);
        if let Some((major, minor, path)) = &attachment.physical {
            let backend = device.backend();
            let mut add = |key: &str, value: String| {
                nodes.push(Node::new(format!("{backend}/{key}"), value));
            };
            if attachment.loop_device.is_some() {
                add("node", path.clone());
            }
            add("physical-device-path", path.clone());
            // The driver opens the device when this appears. Its numbers are hexadecimal.
            add("physical-device", format!("{major:x}:{minor:x}"));
            add("hotplug-status", "connected".to_owned());
        }
        nodes
    }

    /// Waits until the driver holds the disk; only then may `attachment` be dropped.
    pub fn attach(&self, store: &mut Store, domid: u16, attachment: Attachment) -> Result<()> {
        let device = self.device(domid);
        wait_for_driver(store, &device)?;
        if let Backing::Script(script) = &self.backing {
            return hotplug::add_disk(store, &device, script);
        }
        if attachment.physical.is_some() {
            wait_until_open(store, &device)?;
        }
        drop(attachment);
        Ok(())
    }
}

/// The driver shows the numbers of a device that it has opened in sysfs.
fn wait_until_open(store: &mut Store, device: &Device) -> Result<()> {
    let shown = format!(
        "/sys/bus/xen-backend/devices/vbd-{}-{}/physical_device",
        device.domid, device.devid
    );
    let problem = format!("/local/domain/0/error/{}/error", device.bus_path());
    let deadline = Instant::now() + DRIVER_PATIENCE;
    let mut rounds = 0u32;
    while Instant::now() < deadline {
        if Path::new(&shown).exists() {
            return Ok(());
        }
        rounds += 1;
        if rounds.is_multiple_of(64)
            && let Some(words) = store.now().read(&problem)?
        {
            return Err(Error::new(
                format!("dom0's driver does not take {device}"),
                words,
            ));
        }
        std::thread::sleep(Duration::from_millis(2));
    }
    let words = store.now().read(&problem)?;
    let words = words.unwrap_or_else(|| "it did not open it in time".into());
    Err(Error::new(
        format!("dom0's driver does not take {device}"),
        words,
    ))
}

/// `O_EXCL`.
const EXCLUSIVE: i32 = rustix::fs::OFlags::EXCL.bits() as i32;

fn shown(target: &str) -> &str {
    if target.is_empty() { "nothing" } else { target }
}

fn in_use(config: &Disk, user: &str) -> Error {
    let what = format!("cannot use {} as {}", config.target, config.vdev.name);
    let error = Error::new(what, format!("{user} uses it already"));
    if config.writable {
        error.help("two systems that write one disk destroy it; give each its own")
    } else {
        error.help("it can be shared only when all read it; write `r` for both")
    }
}

/// Where a file is mounted in dom0, if a loop device of dom0's makes it so.
fn mounted_through_loop(file: &Metadata) -> Option<String> {
    let mounts = std::fs::read_to_string("/proc/self/mounts").ok()?;
    for line in mounts.lines() {
        let mut words = line.split(' ');
        let (source, target) = (words.next()?, words.next()?);
        let Some(name) = source.strip_prefix("/dev/loop") else {
            continue;
        };
        let backing = format!("/sys/block/loop{name}/loop/backing_file");
        let Ok(path) = std::fs::read_to_string(backing) else {
            continue;
        };
        let same = std::fs::metadata(path.trim_end())
            .is_ok_and(|meta| (meta.dev(), meta.ino()) == (file.dev(), file.ino()));
        if same {
            return Some(target.to_owned());
        }
    }
    None
}

/// Frees a loop device that was made without automatic clearing; one that went by itself is fine.
pub fn release_loop(path: &str) {
    let number = path.trim_start_matches("/dev/loop");
    if Path::new(&format!("/sys/block/loop{number}/loop/backing_file")).exists() {
        let _ = loop_device::clear(path);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn drive(spec: &str) -> Result<Drive> {
        Drive::open(&xl_cfg::disk::parse(spec).unwrap())
    }

    fn scratch(name: &str, bytes: u64) -> String {
        let path = std::env::temp_dir().join(format!("disk-{}-{name}", std::process::id()));
        File::create(&path).unwrap().set_len(bytes).unwrap();
        path.to_string_lossy().into_owned()
    }

    #[test]
    fn a_target_that_cannot_be_used_is_refused_before_anything_is_made() {
        let why = |spec: &str| drive(spec).unwrap_err().why;
        assert_eq!(
            why("/nowhere/a.img,,xvda"),
            "there is no such file or block device"
        );
        assert_eq!(why("/tmp,,xvda"), "it is neither a file nor a block device");
        assert_eq!(
            why(&format!("{},,xvda", scratch("tiny", 10))),
            "it has only 10 bytes"
        );
        let qcow = drive("/a.qcow2,qcow2,xvda").unwrap_err();
        assert_eq!(
            qcow.help.as_deref(),
            Some("convert it with `qemu-img convert -O raw`")
        );
    }

    /// As Xen 4.20's own tools write them.
    #[test]
    fn the_nodes_are_those_that_the_driver_reads() {
        let path = scratch("good", 1 << 20);
        let drive = drive(&format!("file:{path},xvda,w")).unwrap();
        let attachment = Attachment {
            physical: Some((7, 11, "/dev/loop11".into())),
            loop_device: None,
        };
        let nodes = drive.nodes(3, &attachment);
        let value = |path: &str| {
            nodes
                .iter()
                .find(|n| n.path == path)
                .map(|n| n.value.as_str())
        };
        let back = "/local/domain/0/backend/vbd/3/51712";
        assert_eq!(value(&format!("{back}/physical-device")), Some("7:b"));
        assert_eq!(value(&format!("{back}/params")), Some(path.as_str()));
        assert_eq!(value(&format!("{back}/mode")), Some("w"));
        assert_eq!(
            value("/local/domain/3/device/vbd/51712/virtual-device"),
            Some("51712")
        );
        assert_eq!(value("/libxl/3/device/vbd/51712/dev"), Some("xvda"));
    }

    #[test]
    fn one_file_by_two_names_is_one_disk() {
        let path = scratch("shared", 1 << 20);
        let link = format!("{path}.link");
        let _ = std::fs::remove_file(&link);
        std::os::unix::fs::symlink(&path, &link).unwrap();
        let drive = drive(&format!("{path},,xvda")).unwrap();
        assert!(drive.is_same(&link, None));
        assert!(!drive.is_same("/etc/hostname", None));
    }
}
