//! A domain's configuration, kept beside it for as long as it lives.
//!
//! The file and its JSON are those of Xen's own tools, so that either can show what the other made:
//! only what differs from a default is there.
//!
//! Not here: the text that the configuration came from (the monitor's).

use std::path::PathBuf;

use serde_json::{Map, Value, json};
use xl_cfg::Guest;
use xl_cfg::guest::{Action, TscMode};

use crate::device::nic::{Nic, mac_text};
use crate::error::{Context, Result};
use crate::json::beautify;

const DIRECTORY: &str = "/var/lib/xen";

/// Where the configuration of a domain is kept.
pub fn path(domid: u16, uuid: [u8; 16]) -> PathBuf {
    let name = format!("userdata-d.{domid}.{}.libxl-json", uuid_text(uuid));
    PathBuf::from(DIRECTORY).join(name)
}

/// Keeps the configuration of a new domain.
pub fn keep(domid: u16, uuid: [u8; 16], config: &Value) -> Result<()> {
    let path = path(domid, uuid);
    let what = || format!("cannot write {}", path.display());
    std::fs::create_dir_all(DIRECTORY).or_fail(what)?;
    let temporary = path.with_extension("new");
    std::fs::write(&temporary, beautify(config)).or_fail(what)?;
    std::fs::rename(&temporary, &path).or_fail(what)
}

/// The kept configuration, if there is one.
pub fn find(domid: u16, uuid: [u8; 16]) -> Option<Value> {
    let text = std::fs::read(path(domid, uuid)).ok()?;
    serde_json::from_slice(&text).ok()
}

/// Forgets everything that was kept of a domain, whatever it is called.
pub fn forget(domid: u16) {
    let Ok(entries) = std::fs::read_dir(DIRECTORY) else {
        return;
    };
    for entry in entries.flatten() {
        let name = entry.file_name();
        let name = name.to_string_lossy();
        if name.starts_with(&format!("userdata-d.{domid}."))
            || name.starts_with(&format!("userdata-n.{domid}."))
            || name.starts_with(&format!("userdata-r.{domid}."))
        {
            let _ = std::fs::remove_file(entry.path());
        }
    }
}

pub fn uuid_text(uuid: [u8; 16]) -> String {
    let digits: String = uuid.iter().map(|byte| format!("{byte:02x}")).collect();
    let cuts = [0..8, 8..12, 12..16, 16..20, 20..32];
    cuts.map(|cut| digits.get(cut).unwrap_or("").to_owned())
        .join("-")
}

/// The configuration as `libxl_domain_config` in JSON.
pub fn describe(guest: &Guest, uuid: [u8; 16], nics: &[Nic]) -> Value {
    let mut config = Map::new();
    config.insert("c_info".into(), Value::Object(creation(guest, uuid)));
    config.insert("b_info".into(), Value::Object(building(guest)));
    if !guest.disks.is_empty() {
        config.insert("disks".into(), guest.disks.iter().map(disk).collect());
    }
    if !nics.is_empty() {
        config.insert("nics".into(), nics.iter().map(nic).collect());
    }
    let actions = [
        ("on_poweroff", guest.on_poweroff),
        ("on_reboot", guest.on_reboot),
        ("on_watchdog", guest.on_watchdog),
        ("on_crash", guest.on_crash),
        ("on_soft_reset", guest.on_soft_reset),
    ];
    for (key, action) in actions {
        if action != Action::Destroy {
            config.insert(key.into(), action.name().replace('-', "_").into());
        }
    }
    Value::Object(config)
}

fn creation(guest: &Guest, uuid: [u8; 16]) -> Map<String, Value> {
    let mut map = Map::new();
    map.insert("type".into(), "pv".into());
    map.insert("name".into(), guest.name.as_str().into());
    map.insert("domid".into(), u32::MAX.into());
    map.insert("uuid".into(), uuid_text(uuid).into());
    map.insert("run_hotplug_scripts".into(), "True".into());
    if guest.driver_domain {
        map.insert("driver_domain".into(), "True".into());
    }
    map
}

fn building(guest: &Guest) -> Map<String, Value> {
    let mut map = Map::new();
    let mut set = |key: &str, value: Value| {
        map.insert(key.to_owned(), value);
    };
    set("max_vcpus", guest.max_vcpus.into());
    set("avail_vcpus", (0..guest.vcpus).collect());
    if guest.tsc_mode != TscMode::Default {
        set("tsc_mode", guest.tsc_mode.name().into());
    }
    set("max_memkb", (guest.max_memory_mib * 1024).into());
    set("target_memkb", (guest.memory_mib * 1024).into());
    set("video_memkb", 0.into());
    if guest.rtc_timeoffset != 0 {
        set("rtc_timeoffset", guest.rtc_timeoffset.into());
    }
    if guest.localtime {
        set("localtime", "True".into());
    }
    if guest.nomigrate {
        set("disable_migrate", "True".into());
    }
    let mut sched = Map::new();
    if let Some(weight) = guest.weight {
        sched.insert("weight".into(), weight.into());
    }
    if let Some(cap) = guest.cap {
        sched.insert("cap".into(), cap.into());
    }
    set("sched_params", Value::Object(sched));
    set("claim_mode", "True".into());
    if let Some(ports) = guest.max_event_channels {
        set("event_channels", ports.into());
    }
    set("kernel", guest.kernel.as_str().into());
    if let Some(line) = &guest.command_line {
        set("cmdline", line.as_str().into());
    }
    if let Some(ramdisk) = &guest.ramdisk {
        set("ramdisk", ramdisk.as_str().into());
    }
    if let Some(frames) = guest.max_grant_frames {
        set("max_grant_frames", frames.into());
    }
    if let Some(frames) = guest.max_maptrack_frames {
        set("max_maptrack_frames", frames.into());
    }
    if let Some(version) = guest.max_grant_version {
        set("max_grant_version", version.into());
    }
    set("type.pv", json!({}));
    set("arch_arm", json!({}));
    set("arch_x86", json!({ "msr_relaxed": "False" }));
    map
}

fn disk(disk: &xl_cfg::disk::Disk) -> Value {
    let mut map = Map::new();
    map.insert("pdev_path".into(), disk.target.as_str().into());
    map.insert("vdev".into(), disk.vdev.name.as_str().into());
    map.insert("format".into(), "raw".into());
    if let Some(script) = &disk.script {
        map.insert("script".into(), script.as_str().into());
    }
    if disk.cdrom {
        map.insert("removable".into(), 1.into());
    }
    if disk.writable {
        map.insert("readwrite".into(), 1.into());
    }
    if disk.cdrom {
        map.insert("is_cdrom".into(), 1.into());
    }
    if disk.direct_io_safe {
        map.insert("direct_io_safe".into(), true.into());
    }
    if !disk.discard {
        map.insert("discard_enable".into(), "False".into());
    }
    map.insert("colo_restore_enable".into(), "False".into());
    if !disk.trusted {
        map.insert("trusted".into(), "False".into());
    }
    Value::Object(map)
}

fn nic(nic: &Nic) -> Value {
    let mut map = Map::new();
    map.insert("devid".into(), nic.devid.into());
    if let Some(mtu) = nic.config.mtu {
        map.insert("mtu".into(), mtu.into());
    }
    if let Some(model) = &nic.config.model {
        map.insert("model".into(), model.as_str().into());
    }
    map.insert("mac".into(), mac_text(nic.mac).into());
    let texts = [
        ("ip", &nic.config.ip),
        ("bridge", &nic.bridge),
        ("ifname", &nic.config.vifname),
        ("script", &nic.config.script),
    ];
    for (key, text) in texts {
        if let Some(text) = text {
            map.insert(key.into(), text.as_str().into());
        }
    }
    map.insert("nictype".into(), "vif".into());
    if let Some(rate) = nic.config.rate {
        map.insert(
            "rate_bytes_per_interval".into(),
            rate.bytes_per_interval.into(),
        );
        map.insert("rate_interval_usecs".into(), rate.interval_us.into());
    }
    if let Some(device) = &nic.config.gatewaydev {
        map.insert("gatewaydev".into(), device.as_str().into());
    }
    if nic.config.untrusted {
        map.insert("trusted".into(), "False".into());
    }
    Value::Object(map)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What Xen 4.20's own tools keep of this guest, byte for byte.
    #[test]
    fn the_file_is_the_one_that_xens_tools_write() {
        let source = r#"
name = "g1"
memory = 128
vcpus = 2
kernel = "/guest/vmlinuz"
ramdisk = "/guest/initrd"
extra = "console=hvc0 quiet"
disk = [ "file:/root/d.img,xvda,w" ]
vif = [ "mac=00:16:3e:11:22:33,bridge=xenbr0" ]
"#;
        let guest = xl_cfg::read(source).0.unwrap();
        let nics =
            crate::device::nic::resolve(&guest.vifs, &Default::default(), || [0; 3]).unwrap();
        let mut uuid = [0x11; 16];
        for (byte, value) in uuid.iter_mut().zip([
            0x11, 0x11, 0x11, 0x11, 0x22, 0x22, 0x33, 0x33, 0x44, 0x44, 0x55, 0x55, 0x55, 0x55,
            0x55, 0x55,
        ]) {
            *byte = value;
        }
        let ours = beautify(&describe(&guest, uuid, &nics));
        assert_eq!(ours, include_str!("../tests/reference/userdata.json"));
    }
}
