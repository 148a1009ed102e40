//! How much memory a running domain has: asked of its balloon driver, and limited by the
//! hypervisor.
//!
//! Not here: memory of a domain that is being built ([`crate::build`]).

use abi::RawDomId;
use abi::domctl::MaxMem;
use sys::privcmd::Xen;

use crate::error::{Error, Result, hypercall};
use crate::store::Store;

/// What the hypervisor may put on a domain's account beside its memory.
pub const SLACK_KIB: u64 = 1024;

/// Asks a domain to give memory back, or to take more, until it has `kib`.
pub fn set_target(xen: &Xen, store: &mut Store, domid: u16, kib: u64) -> Result<()> {
    let what = || {
        format!(
            "cannot set the memory of domain {domid} to {} MiB",
            kib / 1024
        )
    };
    let root = format!("/local/domain/{domid}/memory");
    let paths = ["static-max", "target", "videoram"].map(|key| format!("{root}/{key}"));
    let values = store.now().read_many(&paths)?;
    let number = |index: usize| -> Option<u64> { values.get(index)?.as_ref()?.parse().ok() };
    let (Some(max), Some(_)) = (number(0), number(1)) else {
        return Err(Error::new(what(), "it has no memory target in the store"));
    };
    if kib > max {
        return Err(
            Error::new(what(), format!("its limit is {} MiB", max / 1024))
                .help("a higher `maxmem` in its configuration allows more"),
        );
    }
    if domid == 0 && kib < DOM0_LEAST_KIB {
        return Err(Error::new(
            what(),
            format!("dom0 needs {} MiB", DOM0_LEAST_KIB / 1024),
        ));
    }
    set_limit(xen, domid, kib + SLACK_KIB)?;
    let videoram = number(2).unwrap_or(0);
    store.now().write(
        &format!("{root}/target"),
        &kib.saturating_sub(videoram).to_string(),
    )?;
    Ok(())
}

/// Less would stop dom0, and with it everything.
const DOM0_LEAST_KIB: u64 = 128 << 10;

/// The most that the hypervisor gives a domain.
pub fn set_limit(xen: &Xen, domid: u16, kib: u64) -> Result<()> {
    xen.domctl(RawDomId(domid), &mut MaxMem { max_memkb: kib })
        .map_err(|errno| Error::new(format!("cannot limit domain {domid}"), hypercall(errno)))
}

/// A size in KiB: `512m`, `2g`, a bare number of KiB.
pub fn parse_kib(text: &str) -> Option<u64> {
    let digits = text.trim_end_matches(|c: char| c.is_ascii_alphabetic());
    let number: u64 = digits.parse().ok()?;
    match text.strip_prefix(digits)?.to_ascii_lowercase().as_str() {
        "" | "k" => Some(number),
        "b" => Some(number / 1024),
        "m" => number.checked_mul(1 << 10),
        "g" => number.checked_mul(1 << 20),
        "t" => number.checked_mul(1 << 30),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::parse_kib;

    #[test]
    fn sizes_have_units() {
        assert_eq!(parse_kib("2048m"), Some(2 << 20));
        assert_eq!(parse_kib("4096"), Some(4096));
        assert_eq!(parse_kib("8192b"), Some(8));
        assert_eq!(parse_kib("1G"), Some(1 << 20));
        for bad in ["", "m", "12q", "-1", "99999999999999999999"] {
            assert_eq!(parse_kib(bad), None, "{bad}");
        }
    }
}
