//! Building a PV domain: from a kernel file to a domain that waits for its first instruction.
//!
//! [`image`] reads the kernel, [`layout`] decides where everything lies, [`tables`] writes the
//! page tables that say so, and [`pv`] asks the hypervisor for memory and fills it.
//!
//! Always: the first two and [`tables`] are pure, so their rules are tested without a machine.
//!
//! Not here: devices and the store (`create`).

pub mod image;
pub mod layout;
pub mod pv;
pub mod ramdisk;
pub mod tables;

use std::path::Path;

use crate::error::{Error, Result};

/// No kernel and no ramdisk is larger than this; a device node or a disk named by mistake is.
const LARGEST_FILE: u64 = 4 << 30;

/// Reads a kernel or a ramdisk.
pub fn read_file(path: &Path, role: &str) -> Result<Vec<u8>> {
    let what = || format!("cannot read {} as the guest's {role}", path.display());
    let failed = |error: std::io::Error| match error.kind() {
        std::io::ErrorKind::NotFound => Error::new(what(), "there is no such file")
            .help(format!("check the line `{role} = ...`")),
        _ => Error::new(what(), error),
    };
    let meta = std::fs::metadata(path).map_err(failed)?;
    if !meta.is_file() {
        return Err(Error::new(what(), "it is not a file"));
    }
    if meta.len() > LARGEST_FILE {
        return Err(Error::new(
            what(),
            format!("{} MiB are too large", meta.len() >> 20),
        ));
    }
    std::fs::read(path).map_err(failed)
}
