//! Questions about domains: which there are, what they are called, how they do.
//!
//! Not here: how the answers are laid out for a person (`xl`).

use abi::RawDomId;
use abi::domctl::Getdomaininfo;
use sys::privcmd::Xen;

use crate::error::{Error, Result, hypercall};
use crate::store::Store;

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
            std::io::ErrorKind::NotFound if !std::path::Path::new("/sys/hypervisor/type").exists() => {
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
    let paths: Vec<_> = domids.iter().map(|id| format!("/local/domain/{id}/name")).collect();
    Ok(store.now().read_many(&paths)?)
}

/// The domain that somebody means by a name or a number.
pub fn find(xen: &Xen, store: &mut Store, who: &str) -> Result<Option<u16>> {
    if !who.is_empty() && who.bytes().all(|c| c.is_ascii_digit()) {
        return Ok(who.parse().ok().filter(|&id| xen.domain_info(RawDomId(id)).is_ok()));
    }
    find_name(xen, store, who)
}

/// The domain with this name.
pub fn find_name(xen: &Xen, store: &mut Store, who: &str) -> Result<Option<u16>> {
    let domids: Vec<u16> = domains(xen)?.iter().map(|info| info.domain.0).collect();
    let names = names(store, &domids)?;
    let found = domids.into_iter().zip(names).find(|(_, name)| name.as_deref() == Some(who));
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
    Error::new(format!("cannot create the guest `{name}`"), format!("domain {other} has this name"))
        .help(format!("choose another `name`, or end that one with `xl destroy {other}`"))
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
