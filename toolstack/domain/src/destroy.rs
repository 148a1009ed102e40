//! Ending a domain and removing every trace of it.
//!
//! Always: every step is tried, whatever became of the one before; the first failure is told.
//!
//! Not here: asking the guest to end by itself ([`crate::control`]).

use abi::RawDomId;
use rustix::io::Errno;
use sys::privcmd::Xen;

use crate::error::{Error, Result, hypercall};
use crate::store::Store;
use crate::{device, userdata};

/// Ends a domain at once.
pub fn destroy(xen: &Xen, store: &mut Store, domid: u16) -> Result<()> {
    let domain = RawDomId(domid);
    if domid == 0 {
        return Err(
            Error::new("cannot destroy domain 0", "this is where the tools run")
                .help("use `poweroff` or `reboot`"),
        );
    }
    let gone = matches!(xen.pause(domain), Err(Errno::SRCH));
    let devices = device::remove_all(store, domid);
    let ended = match xen.destroy(domain) {
        Ok(()) => Ok(()),
        Err(Errno::SRCH) if gone => Ok(()),
        Err(errno) => Err(Error::new(
            format!("cannot destroy domain {domid}"),
            hypercall(errno),
        )),
    };
    let nodes = remove_nodes(store, domid);
    userdata::forget(domid);
    ended.and(devices).and(nodes)
}

fn remove_nodes(store: &mut Store, domid: u16) -> Result<()> {
    let root = format!("/local/domain/{domid}");
    store.transaction(|view| {
        if let Some(vm) = view
            .read(&format!("{root}/vm"))?
            .filter(|vm| vm.starts_with("/vm/"))
        {
            view.remove(&vm)?;
        }
        view.remove(&root)?;
        view.remove(&format!("/libxl/{domid}"))
    })?;
    // The daemon has seen the domain die by itself, more often than not.
    let _ = store.release(domid);
    Ok(())
}
