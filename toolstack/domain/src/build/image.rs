//! A kernel as the builder needs it: what to load where, and what it says about itself.
//!
//! Always: every segment lies inside the file and inside `range`.
//!
//! Not here: the formats (`elf`, `bzimage`).

use std::ops::Range;
use std::path::Path;

use crate::error::{Error, Result};

/// A kernel, unpacked and understood.
#[derive(Clone, Debug)]
pub struct Image {
    /// The ELF file.
    pub bytes: Vec<u8>,
    pub segments: Vec<Segment>,
    /// From the first to behind the last byte, in virtual addresses.
    pub range: Range<u64>,
    pub virt_base: u64,
    pub entry: u64,
    /// Where the kernel wants the list of machine frames (`INIT_P2M`).
    pub list_address: Option<u64>,
    /// The kernel takes its ramdisk by frame (`MOD_START_PFN`).
    pub ramdisk_by_frame: bool,
    /// The page that the hypervisor fills with calls, in older and smaller kernels.
    pub hypercall_page: Option<u64>,
}

/// Bytes of the file that belong at an address. What follows up to the next is zero.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Segment {
    pub address: u64,
    pub file: Range<usize>,
}

impl Image {
    /// Reads a kernel file: an ELF file as it is, or a bzImage with one inside.
    pub fn load(path: &Path) -> Result<Self> {
        let what = || format!("cannot use {} as the guest's kernel", path.display());
        let bytes = super::read_file(path, "kernel")?;
        let help = "a PV guest needs a Linux kernel file such as /boot/vmlinuz-*, or an ELF file with Xen's notes";
        let bytes = if bytes.starts_with(b"\x7fELF") {
            bytes
        } else {
            bzimage::vmlinux(&bytes)
                .map_err(|why| Error::new(what(), why).help(help))?
                .into()
        };
        Self::parse(bytes).map_err(|why| Error::new(what(), why).help(help))
    }

    pub fn parse(bytes: Vec<u8>) -> std::result::Result<Self, elf::Error> {
        let file = elf::Image::parse(&bytes)?;
        let pv = elf::PvLayout::new(&file, &file.xen_notes()?)?;
        let mut segments = Vec::new();
        for segment in file.segments().filter(|segment| !segment.bytes.is_empty()) {
            let physical = pv
                .physical_of(segment.physical)
                .ok_or(elf::Error::KernelAddress)?;
            let address = pv
                .virt_base
                .checked_add(physical)
                .ok_or(elf::Error::KernelAddress)?;
            let start = segment.offset;
            segments.push(Segment {
                address,
                file: start..start + segment.bytes.len(),
            });
        }
        Ok(Self {
            segments,
            range: pv.virtual_,
            virt_base: pv.virt_base,
            entry: pv.entry,
            list_address: pv.init_p2m,
            ramdisk_by_frame: pv.mod_start_pfn,
            hypercall_page: pv.hypercall_page,
            bytes,
        })
    }
}
