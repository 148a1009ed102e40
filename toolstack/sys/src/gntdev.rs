//! Pages that other domains granted to dom0: `/dev/xen/gntdev` (`xen/gntdev.h`).

use std::fs::{File, OpenOptions};
use std::io;
use std::path::Path;
use std::sync::Arc;

use rustix::ioctl::Opcode;

use crate::ioctl;
use crate::mapping::SharedPages;

/// Where Linux has the device.
pub const DEVICE: &str = "/dev/xen/gntdev";

/// The grant that a toolstack reserves for the console ring (`GNTTAB_RESERVED_CONSOLE`).
pub const RESERVED_CONSOLE: u32 = 0;
/// The grant that a toolstack reserves for the store ring (`GNTTAB_RESERVED_XENSTORE`).
pub const RESERVED_XENSTORE: u32 = 1;

/// `struct ioctl_gntdev_map_grant_ref` for one page.
#[repr(C)]
struct MapGrant {
    count: u32,
    pad: u32,
    index: u64,
    domain: u32,
    reference: u32,
}

/// `struct ioctl_gntdev_unmap_grant_ref`.
#[repr(C)]
struct UnmapGrant {
    index: u64,
    count: u32,
    pad: u32,
}

const MAP_GRANT: Opcode = ioctl::number::<MapGrant>(b'G', 0);
const UNMAP_GRANT: Opcode = ioctl::number::<UnmapGrant>(b'G', 1);

/// An open handle to the device.
#[derive(Clone, Debug)]
pub struct Grants {
    file: Arc<File>,
}

/// A granted page, mapped until dropped.
#[derive(Debug)]
pub struct GrantedPage {
    /// Declared first: fields drop in order, and the page must be unmapped before its grant is returned.
    pages: SharedPages,
    _grant: Grant,
}

impl GrantedPage {
    /// The page itself.
    pub fn page(&self) -> &SharedPages {
        &self.pages
    }
}

impl Grants {
    /// Opens the device.
    pub fn open() -> io::Result<Self> {
        let file = OpenOptions::new()
            .read(true)
            .write(true)
            .open(Path::new(DEVICE))?;
        Ok(Self {
            file: Arc::new(file),
        })
    }

    /// Maps one page that `domain` granted under `reference`.
    pub fn map(&self, domain: u16, reference: u32) -> io::Result<GrantedPage> {
        let mut map = MapGrant {
            count: 1,
            pad: 0,
            index: 0,
            domain: u32::from(domain),
            reference,
        };
        // SAFETY:
        // 1. [IOCTL-SIZE] `count` is 1, so the driver reads and writes one `MapGrant`.
        unsafe { ioctl::call(&*self.file, MAP_GRANT, &mut map)? };
        let grant = Grant {
            file: Arc::clone(&self.file),
            index: map.index,
        };
        let pages = SharedPages::map(&*self.file, map.index, 1)?;
        Ok(GrantedPage {
            pages,
            _grant: grant,
        })
    }
}

#[derive(Debug)]
struct Grant {
    file: Arc<File>,
    index: u64,
}

impl Drop for Grant {
    fn drop(&mut self) {
        let mut unmap = UnmapGrant {
            index: self.index,
            count: 1,
            pad: 0,
        };
        // SAFETY:
        // 1. [IOCTL-SIZE] The driver reads one `UnmapGrant`.
        // Failure leaves a grant mapped that nobody can reach; there is nothing to do about it.
        let _ = unsafe { ioctl::call(&*self.file, UNMAP_GRANT, &mut unmap) };
    }
}

const _: () = assert!(size_of::<MapGrant>() == 24 && size_of::<UnmapGrant>() == 16);
