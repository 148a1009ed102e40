//! Scripts in `/etc/xen/scripts`, with Xen's contract.
//!
//! A script is told what to do by its first word (`add`, `remove`, `online`, `offline`), and about
//! what by its environment; it answers in the node `hotplug-status` of the back end, `connected` or
//! `error`, with the reason in `hotplug-error`.
//!
//! Always: a script has a time limit; what it prints goes to the log of hotplug and, when it
//! fails, into the error.
//!
//! Not here: what the scripts do (`toolstack/scripts`).

use std::io::Read;
use std::os::unix::fs::PermissionsExt;
use std::os::unix::process::CommandExt;
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use super::{Device, disk};
use crate::error::{Context, Error, Result};
use crate::store::Store;

pub const DIRECTORY: &str = "/etc/xen/scripts";
/// How long a script may take; on a machine with much to do, a dozen small programs take their time.
const PATIENCE: Duration = Duration::from_secs(90);

/// A script's full path; a bare name is looked up in the directory.
pub fn script_path(name: &str) -> String {
    if name.starts_with('/') {
        name.to_owned()
    } else {
        format!("{DIRECTORY}/{name}")
    }
}

/// Refuses a script that is not there or cannot be run.
pub fn check_script(path: &str, what: impl FnOnce() -> String) -> Result<()> {
    let why = match std::fs::metadata(path) {
        Err(error) => format!("its script {path} cannot be found: {error}"),
        Ok(meta) if !meta.is_file() => format!("its script {path} is no file"),
        Ok(meta) if meta.permissions().mode() & 0o111 == 0 => {
            format!("its script {path} is not executable")
        }
        Ok(_) => return Ok(()),
    };
    Err(Error::new(what(), why).help("the scripts come with the tools, in /etc/xen/scripts"))
}

/// Connects a card.
pub fn online_vif(
    store: &mut Store,
    device: &Device,
    script: &str,
    name: Option<&str>,
) -> Result<()> {
    run_vif(device, script, "online", name)?;
    check_status(store, device, script)
}

/// Attaches a disk through its own script.
pub fn add_disk(store: &mut Store, device: &Device, script: &str) -> Result<()> {
    run(device, script, &["add"], &[])?;
    check_status(store, device, script)
}

/// Undoes what was done outside of the store when a device was attached. Best effort: the device
/// is gone already, and a script that fails now must not keep its nodes alive.
pub fn detach(store: &mut Store, device: &Device) -> Result<()> {
    let record = device.record();
    let script = store.now().read(&format!("{record}/script"))?;
    let node = store.now().read(&format!("{}/node", device.backend()))?;
    match (device.kind.as_str(), script) {
        ("vif", Some(script)) => {
            let name = store.now().read(&format!("{record}/vifname"))?;
            let _ = run_vif(device, &script, "offline", name.as_deref());
        }
        ("vbd", script) => match script {
            Some(script) if !is_plain_block(&script) => {
                let _ = run(device, &script, &["remove"], &[]);
            }
            _ => {
                if let Some(node) = node.filter(|node| node.starts_with("/dev/loop")) {
                    disk::release_loop(&node);
                }
            }
        },
        _ => {}
    }
    Ok(())
}

/// The script of ordinary disks, whose work this library does itself.
pub fn is_plain_block(script: &str) -> bool {
    script == format!("{DIRECTORY}/block")
}

fn run_vif(device: &Device, script: &str, action: &str, name: Option<&str>) -> Result<()> {
    // The driver names the interface so; a name of the configuration is given by the script.
    let vif = match name {
        Some(name) if action == "offline" => name.to_owned(),
        _ => format!("vif{}.{}", device.domid, device.devid),
    };
    run(
        device,
        script,
        &[action, "type_if=vif"],
        &[("vif", &vif), ("netdev", "")],
    )
}

fn run(device: &Device, script: &str, words: &[&str], extra: &[(&str, &str)]) -> Result<()> {
    let what = || format!("cannot {} {device}", words.first().unwrap_or(&"change"));
    let mut command = Command::new(script);
    command
        .args(words)
        .env("script", script)
        .env("XENBUS_TYPE", &device.kind)
        .env("XENBUS_PATH", device.bus_path())
        .env("XENBUS_BASE_PATH", "backend")
        .envs(extra.iter().copied())
        .current_dir("/")
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .process_group(0);
    let mut child = command.spawn().or_fail(what)?;
    let deadline = Instant::now() + PATIENCE;
    let status = loop {
        if let Some(status) = child.try_wait().or_fail(what)? {
            break status;
        }
        if Instant::now() >= deadline {
            let _ = child.kill();
            let _ = child.wait();
            let why = format!("{script} did not end in {} s", PATIENCE.as_secs());
            return Err(Error::new(what(), why).help("see /var/log/xen/xen-hotplug.log"));
        }
        std::thread::sleep(Duration::from_millis(5));
    };
    let mut said = String::new();
    if let Some(mut pipe) = child.stderr.take() {
        let _ = pipe.by_ref().take(64 << 10).read_to_string(&mut said);
    }
    log(script, &said);
    if status.success() {
        return Ok(());
    }
    let last = said.lines().rev().find(|line| !line.trim().is_empty());
    let why = match last {
        Some(line) => format!("{script}: {line}"),
        None => format!("{script} failed with {status}"),
    };
    Err(Error::new(what(), why).help("see /var/log/xen/xen-hotplug.log"))
}

fn log(script: &str, said: &str) {
    use std::io::Write;
    if said.is_empty() {
        return;
    }
    let path = Path::new("/var/log/xen/xen-hotplug.log");
    if let Ok(mut file) = std::fs::OpenOptions::new()
        .append(true)
        .create(true)
        .open(path)
    {
        let _ = writeln!(file, "{script}: {}", said.trim_end());
    }
}

/// What the script left in the store.
fn check_status(store: &mut Store, device: &Device, script: &str) -> Result<()> {
    let backend = device.backend();
    let status = store.now().read(&format!("{backend}/hotplug-status"))?;
    if status.as_deref() != Some("error") {
        return Ok(());
    }
    let reason = store.now().read(&format!("{backend}/hotplug-error"))?;
    let reason = reason.unwrap_or_else(|| "it gave no reason".to_owned());
    Err(Error::new(
        format!("cannot connect {device}"),
        format!("{script}: {reason}"),
    )
    .help("see /var/log/xen/xen-hotplug.log"))
}
