//! One element of `vif = [ ... ]`: a network card of the guest.
//!
//! The keywords of xl-network-configuration(5).
//!
//! Always: a MAC address that is given is one of a single card, not of a group.
//!
//! Not here: bridges, and addresses for cards that have none (`domain::device::nic`).

use std::ops::Range;

use crate::disk::{SpecError, leading_space};

/// A network card as configured; what is `None` was not said.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Vif {
    pub mac: Option<[u8; 6]>,
    pub bridge: Option<String>,
    pub gatewaydev: Option<String>,
    pub model: Option<String>,
    pub vifname: Option<String>,
    pub script: Option<String>,
    pub ip: Option<String>,
    pub backend_domain: Option<String>,
    pub rate: Option<Rate>,
    pub devid: Option<u32>,
    pub mtu: Option<u32>,
    pub vlan: Option<String>,
    pub untrusted: bool,
}

/// How much the guest may send: so many bytes in every interval.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Rate {
    pub bytes_per_interval: u64,
    pub interval_us: u32,
}

const KEYS: &[&str] = &[
    "mac",
    "bridge",
    "gatewaydev",
    "netdev",
    "type",
    "model",
    "vifname",
    "script",
    "ip",
    "backend",
    "rate",
    "devid",
    "mtu",
    "vlan",
    "accel",
    "trusted",
    "untrusted",
];

/// Reads one specification; the empty string is a card with every default.
pub fn parse(spec: &str) -> Result<Vif, SpecError> {
    let mut vif = Vif::default();
    let mut at = 0_usize;
    for raw in spec.split(',') {
        let item = raw.trim();
        let start = at.saturating_add(leading_space(raw));
        let span = start..start.saturating_add(item.len());
        at = at.saturating_add(raw.len()).saturating_add(1);
        match item.split_once('=') {
            Some((key, value)) => set(&mut vif, key.trim(), value.trim(), span)?,
            None => match item {
                "" => {}
                "trusted" => vif.untrusted = false,
                "untrusted" => vif.untrusted = true,
                _ => {
                    return Err(SpecError::new(format!("`{item}` has no value"), span)
                        .with_help("a vif is a list of key=value, as in `mac=...,bridge=xenbr0`"));
                }
            },
        }
    }
    Ok(vif)
}

fn set(vif: &mut Vif, key: &str, value: &str, at: Range<usize>) -> Result<(), SpecError> {
    let text = || Some(value.to_owned());
    match key {
        "mac" => vif.mac = Some(mac(value, &at)?),
        "bridge" => vif.bridge = text(),
        "gatewaydev" | "netdev" => vif.gatewaydev = text(),
        "model" => vif.model = text(),
        "vifname" => vif.vifname = Some(interface_name(value, &at)?),
        "script" => vif.script = text(),
        "ip" => vif.ip = text(),
        "backend" => vif.backend_domain = text(),
        "rate" => {
            vif.rate = Some(rate(value).ok_or_else(|| {
                SpecError::new(format!("`{value}` is no rate"), at)
                    .with_help("for example 10Mb/s, 250KB/s or 1MB/s@20ms")
            })?);
        }
        "devid" => vif.devid = Some(number(value, 0, 0xffff, "device number", &at)?),
        "mtu" => vif.mtu = Some(number(value, 68, 65535, "MTU", &at)?),
        "vlan" => vif.vlan = text(),
        // For HVM guests: an emulated card too, or not. A PV guest has the one kind.
        "type" if matches!(value, "vif" | "ioemu" | "netfront") => {}
        "type" => {
            return Err(SpecError::new(format!("`{value}` is no type of vif"), at)
                .with_help("`vif` or `ioemu`"));
        }
        "accel" => {}
        _ => {
            let error = SpecError::new(format!("a vif has no parameter `{key}`"), at);
            return Err(
                match crate::diagnostic::nearest(key, KEYS.iter().copied()) {
                    Some(near) => error.with_help(format!("did you mean `{near}`?")),
                    None => error,
                },
            );
        }
    }
    Ok(())
}

fn number(
    text: &str,
    low: u32,
    high: u32,
    what: &str,
    at: &Range<usize>,
) -> Result<u32, SpecError> {
    text.parse()
        .ok()
        .filter(|n| (low..=high).contains(n))
        .ok_or_else(|| {
            SpecError::new(format!("`{text}` is no {what}"), at.clone())
                .with_help(format!("a number from {low} to {high}"))
        })
}

/// Six pairs of hexadecimal digits with colons.
fn mac(text: &str, at: &Range<usize>) -> Result<[u8; 6], SpecError> {
    let error = || {
        SpecError::new(format!("`{text}` is no MAC address"), at.clone())
            .with_help("six pairs of hexadecimal digits, as in 00:16:3e:12:34:56")
    };
    let mut bytes = [0; 6];
    let mut pairs = text.split(':');
    for byte in &mut bytes {
        let pair = pairs
            .next()
            .filter(|p| matches!(p.len(), 1 | 2))
            .ok_or_else(error)?;
        if !pair.bytes().all(|c| c.is_ascii_hexdigit()) {
            return Err(error());
        }
        *byte = u8::from_str_radix(pair, 16).map_err(|_| error())?;
    }
    if pairs.next().is_some() {
        return Err(error());
    }
    if bytes[0] & 1 != 0 {
        return Err(
            SpecError::new(format!("`{text}` is the address of a group"), at.clone())
                .with_help("the first pair must be even, or no switch will forward to this card"),
        );
    }
    Ok(bytes)
}

/// Linux's rules for the name of a network device.
fn interface_name(text: &str, at: &Range<usize>) -> Result<String, SpecError> {
    let fits = (1..16).contains(&text.len())
        && text != "."
        && text != ".."
        && !text.contains(['/', ':'])
        && !text.contains(char::is_whitespace);
    if fits {
        return Ok(text.to_owned());
    }
    Err(SpecError::new(
        format!("`{text}` is no name for a network device"),
        at.clone(),
    )
    .with_help("1 to 15 characters without `/`, `:` and blanks"))
}

/// `RATE/s[@INTERVAL]`.
fn rate(text: &str) -> Option<Rate> {
    let (amount, interval) = text.split_once('@').unwrap_or((text, "50ms"));
    let amount = amount.strip_suffix("/s")?;
    let digits = amount.trim_end_matches(|c: char| c.is_ascii_alphabetic());
    let (scale, bits) = match amount.strip_prefix(digits)? {
        "GB" => (1_000_000_000, false),
        "MB" => (1_000_000, false),
        "KB" => (1_000, false),
        "B" => (1, false),
        "Gb" => (1_000_000_000, true),
        "Mb" => (1_000_000, true),
        "Kb" => (1_000, true),
        "b" => (1, true),
        _ => return None,
    };
    let amount = digits.parse::<u64>().ok()?.checked_mul(scale)?;
    let per_second = if bits { amount >> 3 } else { amount };
    let digits = interval.trim_end_matches(|c: char| c.is_ascii_alphabetic());
    let unit_us = match interval.strip_prefix(digits)? {
        "s" => 1_000_000,
        "ms" => 1_000,
        "us" => 1,
        _ => return None,
    };
    let interval_us: u32 = digits.parse::<u32>().ok()?.checked_mul(unit_us)?;
    let bytes = u128::from(per_second).checked_mul(u128::from(interval_us))? / 1_000_000;
    Some(Rate {
        bytes_per_interval: u64::try_from(bytes).ok()?,
        interval_us,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn the_manuals_examples() {
        let vif = parse("mac=00:16:3E:74:3d:76,model=rtl8139,bridge=xenbr0").unwrap();
        assert_eq!(vif.mac, Some([0, 0x16, 0x3e, 0x74, 0x3d, 0x76]));
        assert_eq!(vif.bridge.as_deref(), Some("xenbr0"));
        assert_eq!(parse("").unwrap(), Vif::default());
        assert!(parse(" script=vif-nat , untrusted").unwrap().untrusted);
    }

    /// "1MB/s@20ms" is 20,000 bytes every 20,000 us.
    #[test]
    fn rates_become_credit_per_interval() {
        let rate = |text: &str| {
            parse(&format!("rate={text}"))
                .map(|v| v.rate.unwrap())
                .map(|r| (r.bytes_per_interval, r.interval_us))
        };
        assert_eq!(rate("1MB/s@20ms"), Ok((20_000, 20_000)));
        assert_eq!(rate("10Mb/s"), Ok((62_500, 50_000)));
        assert_eq!(rate("250KB/s"), Ok((12_500, 50_000)));
        for bad in [
            "10",
            "10Mb",
            "Mb/s",
            "10Mb/s@",
            "10Mb/s@5h",
            "99999999999GB/s@99999s",
        ] {
            assert!(rate(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn mistakes_are_named() {
        let title = |spec: &str| parse(spec).unwrap_err().title;
        assert_eq!(
            title("mac=00:16:3e:12:34"),
            "`00:16:3e:12:34` is no MAC address"
        );
        assert_eq!(
            title("mac=01:16:3e:12:34:56"),
            "`01:16:3e:12:34:56` is the address of a group"
        );
        assert_eq!(title("xenbr0"), "`xenbr0` has no value");
        assert_eq!(
            title("vifname=a-name-that-is-too-long"),
            "`a-name-that-is-too-long` is no name for a network device"
        );
        let typo = parse("mac=00:16:3e:12:34:56, brigde=x").unwrap_err();
        assert_eq!(
            (typo.help.as_deref(), typo.at),
            (Some("did you mean `bridge`?"), 23..31)
        );
    }

    proptest! {
        #[test]
        fn any_text_is_a_vif_or_an_error_inside_it(spec in "\\PC{0,60}") {
            if let Err(error) = parse(&spec) {
                prop_assert!(spec.get(error.at).is_some());
            }
        }
    }
}
