//! Network cards: Linux's netback on one side, a bridge through a script on the other.

use std::path::Path;

use xl_cfg::vif::Vif;

use super::hotplug;
use super::{Device, wait_for_driver};
use crate::error::{Error, Result};
use crate::settings::Settings;
use crate::store::{Node, Store, readable};

const DEFAULT_BRIDGE: &str = "xenbr0";

/// A card ready to be written down.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Nic {
    pub devid: u32,
    pub mac: [u8; 6],
    pub bridge: Option<String>,
    pub script: String,
    pub config: Vif,
}

/// Gives every card its number, address, bridge and script.
pub fn resolve(
    vifs: &[Vif],
    settings: &Settings,
    mut random: impl FnMut() -> [u8; 3],
) -> Result<Vec<Nic>> {
    let mut nics: Vec<Nic> = Vec::new();
    for vif in vifs {
        let next = (0..)
            .find(|id| nics.iter().all(|n| n.devid != *id))
            .unwrap_or(0);
        let devid = vif.devid.unwrap_or(next);
        if nics.iter().any(|nic| nic.devid == devid) {
            return Err(Error::new(
                "cannot give the guest its network cards",
                format!("two of them have the number {devid}"),
            )
            .help("take `devid=` out of one of them"));
        }
        if vif
            .backend_domain
            .as_deref()
            .is_some_and(|domain| !is_dom0(domain))
        {
            return Err(Error::new(
                "cannot give the guest its network cards",
                "back ends outside of dom0 are not supported",
            )
            .help("take `backend=` out of `vif`"));
        }
        let [a, b, c] = random();
        // Xen's range, its upper half left to addresses that people choose.
        let mac = vif.mac.unwrap_or([0x00, 0x16, 0x3e, a & 0x7f, b, c]);
        let script = hotplug::script_path(vif.script.as_deref().unwrap_or(&settings.vif_script));
        let wants_bridge = script.ends_with("/vif-bridge") || script.ends_with("/vif-openvswitch");
        let bridge = match &vif.bridge {
            Some(bridge) => Some(bridge.clone()),
            None if !wants_bridge => None,
            None => Some(
                settings
                    .vif_bridge
                    .clone()
                    .unwrap_or_else(|| DEFAULT_BRIDGE.into()),
            ),
        };
        nics.push(Nic {
            devid,
            mac,
            bridge,
            script,
            config: Vif {
                gatewaydev: vif.gatewaydev.clone().or(settings.vif_gatewaydev.clone()),
                ..vif.clone()
            },
        });
    }
    Ok(nics)
}

pub(super) fn is_dom0(domain: &str) -> bool {
    matches!(domain, "0" | "Domain-0" | "")
}

impl Nic {
    /// What can be known before anything is made: the bridge and the script.
    pub fn check(&self) -> Result<()> {
        let what = || format!("cannot connect network card {}", self.devid);
        if let Some(bridge) = &self.bridge
            && self.script.ends_with("/vif-bridge")
            && !Path::new("/sys/class/net")
                .join(bridge)
                .join("bridge")
                .exists()
        {
            let why = if Path::new("/sys/class/net").join(bridge).exists() {
                format!("the network device `{bridge}` is not a bridge")
            } else {
                format!("there is no bridge `{bridge}`")
            };
            return Err(Error::new(what(), why).help(format!(
                "make it with `ip link add {bridge} type bridge && ip link set {bridge} up`, or name another with `bridge=`"
            )));
        }
        hotplug::check_script(&self.script, what)
    }

    pub fn mac_text(&self) -> String {
        mac_text(self.mac)
    }

    pub fn device(&self, domid: u16) -> Device {
        Device::new(domid, "vif", self.devid)
    }

    pub fn nodes(&self, domid: u16) -> Vec<Node> {
        let mut back = vec![
            ("script", self.script.clone()),
            ("mac", self.mac_text()),
            ("handle", self.devid.to_string()),
            ("type", "vif".to_owned()),
            ("hotplug-status", String::new()),
        ];
        let optional = [
            ("bridge", self.bridge.clone()),
            ("ip", self.config.ip.clone()),
            ("gatewaydev", self.config.gatewaydev.clone()),
            ("vifname", self.config.vifname.clone()),
            ("vlan", self.config.vlan.clone()),
            ("mtu", self.config.mtu.map(|mtu| mtu.to_string())),
            (
                "rate",
                self.config
                    .rate
                    .map(|r| format!("{},{}", r.bytes_per_interval, r.interval_us)),
            ),
        ];
        back.extend(
            optional
                .into_iter()
                .filter_map(|(key, value)| Some((key, value?))),
        );
        let front = [
            ("handle", self.devid.to_string()),
            ("mac", self.mac_text()),
            ("trusted", u8::from(!self.config.untrusted).to_string()),
        ];
        let device = self.device(domid);
        let mut nodes = device.nodes(&back, &front);
        // The script may find that the bridge wants another; the guest may not change it.
        let mtu = self.config.mtu.unwrap_or(1500).to_string();
        let path = format!("{}/mtu", device.frontend());
        nodes.push(Node::new(path, mtu).owned(&readable(domid)));
        nodes
    }

    /// Waits for the driver, and lets the script connect the card to the network.
    pub fn attach(&self, store: &mut Store, domid: u16) -> Result<()> {
        let device = self.device(domid);
        wait_for_driver(store, &device)?;
        hotplug::online_vif(store, &device, &self.script, self.config.vifname.as_deref())
    }
}

pub fn mac_text(mac: [u8; 6]) -> String {
    mac.map(|byte| format!("{byte:02x}")).join(":")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn resolve_all(specs: &[&str]) -> Result<Vec<Nic>> {
        let vifs: Vec<Vif> = specs
            .iter()
            .map(|s| xl_cfg::vif::parse(s).unwrap())
            .collect();
        resolve(&vifs, &Settings::default(), || [0xff, 2, 3])
    }

    #[test]
    fn a_card_without_words_is_on_the_default_bridge() {
        let nics = resolve_all(&["", "bridge=lan,mac=00:16:3e:00:00:01"]).unwrap();
        assert_eq!(nics[0].mac_text(), "00:16:3e:7f:02:03");
        assert_eq!(nics[0].bridge.as_deref(), Some("xenbr0"));
        assert_eq!(nics[0].script, "/etc/xen/scripts/vif-bridge");
        assert_eq!((nics[1].devid, nics[1].bridge.as_deref()), (1, Some("lan")));
    }

    #[test]
    fn numbers_that_are_given_are_not_given_twice() {
        let nics = resolve_all(&["devid=1", "", ""]).unwrap();
        let ids: Vec<_> = nics.iter().map(|n| n.devid).collect();
        assert_eq!(ids, [1, 0, 2]);
        assert!(resolve_all(&["devid=1", "devid=1"]).is_err());
    }

    /// As Xen 4.20's own tools write them.
    #[test]
    fn the_nodes_are_those_that_drivers_and_scripts_read() {
        let nic = &resolve_all(&["mac=00:16:3e:11:22:33"]).unwrap()[0];
        let nodes = nic.nodes(1);
        let value = |path: &str| {
            nodes
                .iter()
                .find(|n| n.path == path)
                .map(|n| n.value.as_str())
        };
        assert_eq!(
            value("/local/domain/0/backend/vif/1/0/mac"),
            Some("00:16:3e:11:22:33")
        );
        assert_eq!(value("/local/domain/0/backend/vif/1/0/state"), Some("1"));
        assert_eq!(value("/local/domain/1/device/vif/0/backend-id"), Some("0"));
        assert_eq!(value("/local/domain/1/device/vif/0/mtu"), Some("1500"));
        assert_eq!(
            value("/libxl/1/device/vif/0/backend"),
            Some("/local/domain/0/backend/vif/1/0")
        );
    }
}
