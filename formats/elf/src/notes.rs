//! What a kernel tells the hypervisor, in ELF notes of the owner `Xen`.
//!
//! Always: a note that is not known is passed over, one that is known and malformed is an error; of two of a kind the
//! later counts.
//!
//! Not here: whether the wishes can be met. The required features in particular are as written: Linux marks
//! `writable_page_tables` as required and runs without it.

use abi::{elfnote, features};
use elf_parse::abi::{PT_NOTE, SHT_NOTE};

use crate::image::part;
use crate::{Error, Image};

/// One note of any owner.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Note<'a> {
    /// The owner, without the zero at its end.
    pub name: &'a [u8],
    pub kind: u32,
    pub contents: &'a [u8],
}

/// Page tables of a 32-bit kernel (`PAE_MODE`).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PaeMode {
    No,
    Yes,
    /// Either.
    Bimodal,
}

/// Sets of features, one bit for each `XENFEAT_*` (`FEATURES`, `SUPPORTED_FEATURES`).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Features {
    /// The kernel can make use of these.
    pub supported: u32,
    /// Of these, the ones written with `!`.
    pub required: u32,
    /// A name with `!` is not known here.
    pub requires_unknown: bool,
}

/// An L1 entry names a frame if `entry & mask == value` (`L1_MFN_VALID`).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct MfnValid {
    pub mask: u64,
    pub value: u64,
}

/// Where a PVH kernel may be moved to (`PHYS32_RELOC`).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Reloc {
    /// If not said, that of the segments, or 2 MiB.
    pub align: Option<u32>,
    pub min: u32,
    /// The last byte of the kernel is not above this.
    pub max: u32,
}

/// What the notes say. A field is `None` where there is no such note.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct XenNotes<'a> {
    /// How many notes for the hypervisor there are.
    pub count: usize,
    /// Virtual address of the PV entry.
    pub entry: Option<u64>,
    /// Virtual address of the page to fill with hypercall stubs.
    pub hypercall_page: Option<u64>,
    /// Virtual address at which the kernel's physical address 0 is mapped.
    pub virt_base: Option<u64>,
    /// What to subtract from the file's physical addresses.
    pub paddr_offset: Option<u64>,
    pub xen_version: Option<&'a str>,
    pub guest_os: Option<&'a str>,
    pub guest_version: Option<&'a str>,
    pub loader: Option<&'a str>,
    pub pae_mode: Option<PaeMode>,
    pub features: Features,
    /// The kernel wants its symbols loaded.
    pub bsd_symtab: bool,
    pub hv_start_low: Option<u64>,
    /// The kernel can take back a suspend.
    pub suspend_cancel: bool,
    /// Virtual address at which the p2m list is wanted.
    pub init_p2m: Option<u64>,
    /// The ramdisk need not be mapped.
    pub mod_start_pfn: bool,
    /// Physical address of the PVH entry.
    pub phys32_entry: Option<u64>,
    pub phys32_reloc: Option<Reloc>,
    l1_mfn_valid: &'a [u8],
}

impl<'a> XenNotes<'a> {
    /// How to tell an L1 entry that names a frame.
    pub fn l1_mfn_valid(&self) -> impl Iterator<Item = MfnValid> + 'a {
        let (words, _) = self.l1_mfn_valid.as_chunks::<8>();
        let (pairs, _) = words.as_chunks::<2>();
        pairs.iter().map(|&[mask, value]| MfnValid {
            mask: u64::from_le_bytes(mask),
            value: u64::from_le_bytes(value),
        })
    }

    fn take(&mut self, note: &Note<'a>) -> Result<(), Error> {
        match note.kind {
            elfnote::XEN_ELFNOTE_ENTRY => self.entry = Some(number(note)?),
            elfnote::XEN_ELFNOTE_HYPERCALL_PAGE => self.hypercall_page = Some(number(note)?),
            elfnote::XEN_ELFNOTE_VIRT_BASE => self.virt_base = Some(number(note)?),
            elfnote::XEN_ELFNOTE_PADDR_OFFSET => self.paddr_offset = Some(number(note)?),
            elfnote::XEN_ELFNOTE_XEN_VERSION => self.xen_version = Some(text(note)?),
            elfnote::XEN_ELFNOTE_GUEST_OS => self.guest_os = Some(text(note)?),
            elfnote::XEN_ELFNOTE_GUEST_VERSION => self.guest_version = Some(text(note)?),
            elfnote::XEN_ELFNOTE_LOADER => self.loader = Some(text(note)?),
            elfnote::XEN_ELFNOTE_PAE_MODE => self.pae_mode = Some(pae_mode(note)?),
            elfnote::XEN_ELFNOTE_FEATURES => self.features.add_names(text(note)?),
            elfnote::XEN_ELFNOTE_SUPPORTED_FEATURES => {
                self.features.supported |= number(note)? as u32
            }
            elfnote::XEN_ELFNOTE_BSD_SYMTAB => self.bsd_symtab = yes_or_no(note)?,
            elfnote::XEN_ELFNOTE_HV_START_LOW => self.hv_start_low = Some(number(note)?),
            elfnote::XEN_ELFNOTE_L1_MFN_VALID => self.l1_mfn_valid = pairs(note)?,
            elfnote::XEN_ELFNOTE_SUSPEND_CANCEL => self.suspend_cancel = number(note)? != 0,
            elfnote::XEN_ELFNOTE_INIT_P2M => self.init_p2m = Some(number(note)?),
            elfnote::XEN_ELFNOTE_MOD_START_PFN => self.mod_start_pfn = number(note)? != 0,
            elfnote::XEN_ELFNOTE_PHYS32_ENTRY => self.phys32_entry = Some(number(note)?),
            elfnote::XEN_ELFNOTE_PHYS32_RELOC => self.phys32_reloc = Some(reloc(note)?),
            _ => {}
        }
        self.count = self.count.saturating_add(1);
        Ok(())
    }
}

impl Features {
    /// Adds a list of names, separated by `|`, with `!` before those that are required.
    fn add_names(&mut self, list: &str) {
        for word in list.split('|').filter(|word| !word.is_empty()) {
            let name = word.strip_prefix('!');
            let required = name.is_some();
            match FEATURE_NAMES
                .iter()
                .find(|(known, _)| *known == name.unwrap_or(word))
            {
                Some((_, bit)) => {
                    let mask = 1_u32.wrapping_shl(*bit);
                    self.supported |= mask;
                    self.required |= if required { mask } else { 0 };
                }
                None => self.requires_unknown |= required,
            }
        }
    }

    pub const fn supports(self, feature: u32) -> bool {
        self.supported & 1_u32.wrapping_shl(feature) != 0
    }
}

/// Names of features in a `FEATURES` note: those of the header, without `XENFEAT_`.
const FEATURE_NAMES: &[(&str, u32)] = &[
    (
        "writable_page_tables",
        features::XENFEAT_WRITABLE_PAGE_TABLES,
    ),
    (
        "writable_descriptor_tables",
        features::XENFEAT_WRITABLE_DESCRIPTOR_TABLES,
    ),
    (
        "auto_translated_physmap",
        features::XENFEAT_AUTO_TRANSLATED_PHYSMAP,
    ),
    (
        "supervisor_mode_kernel",
        features::XENFEAT_SUPERVISOR_MODE_KERNEL,
    ),
    ("pae_pgdir_above_4gb", features::XENFEAT_PAE_PGDIR_ABOVE_4GB),
    (
        "mmu_pt_update_preserve_ad",
        features::XENFEAT_MMU_PT_UPDATE_PRESERVE_AD,
    ),
    ("highmem_assist", features::XENFEAT_HIGHMEM_ASSIST),
    (
        "gnttab_map_avail_bits",
        features::XENFEAT_GNTTAB_MAP_AVAIL_BITS,
    ),
    ("hvm_callback_vector", features::XENFEAT_HVM_CALLBACK_VECTOR),
    ("hvm_safe_pvclock", features::XENFEAT_HVM_SAFE_PVCLOCK),
    ("hvm_pirqs", features::XENFEAT_HVM_PIRQS),
    ("dom0", features::XENFEAT_DOM0),
    (
        "memory_op_vnode_supported",
        features::XENFEAT_MEMORY_OP_VNODE_SUPPORTED,
    ),
    (
        "linux_rsdp_unrestricted",
        features::XENFEAT_LINUX_RSDP_UNRESTRICTED,
    ),
];

impl<'a> Image<'a> {
    /// The notes for the hypervisor: those of the segments, or, when these have none, those of the sections.
    pub fn xen_notes(&self) -> Result<XenNotes<'a>, Error> {
        let mut notes = XenNotes::default();
        let segments = self.file.segments();
        for header in segments
            .into_iter()
            .flat_map(|table| table.iter())
            .filter(|header| header.p_type == PT_NOTE)
        {
            self.take_notes(header.p_offset, header.p_filesz, &mut notes)?;
        }
        if notes.count != 0 {
            return Ok(notes);
        }
        let sections = self.file.section_headers();
        for header in sections
            .into_iter()
            .flat_map(|table| table.iter())
            .filter(|header| header.sh_type == SHT_NOTE)
        {
            self.take_notes(header.sh_offset, header.sh_size, &mut notes)?;
        }
        Ok(notes)
    }

    fn take_notes(&self, offset: u64, size: u64, notes: &mut XenNotes<'a>) -> Result<(), Error> {
        let (_, mut rest) = part(self.data, offset, size).ok_or(Error::NoteTruncated)?;
        while let Some(note) = next_note(&mut rest)? {
            if note.name == elfnote::XEN_ELFNOTE_NAME.as_bytes() {
                notes.take(&note)?;
            }
        }
        Ok(())
    }
}

/// Splits the next note off: three words (sizes of name and contents, type), the name, the contents, each padded to
/// four bytes. Less than a head at the end is padding.
fn next_note<'a>(rest: &mut &'a [u8]) -> Result<Option<Note<'a>>, Error> {
    let Some((head, body)) = rest.split_first_chunk::<12>() else {
        return Ok(None);
    };
    let &[name_size, contents_size, kind] = head.as_chunks::<4>().0 else {
        return Ok(None);
    };
    *rest = body;
    let name = padded(rest, name_size).ok_or(Error::NoteTruncated)?;
    let contents = padded(rest, contents_size).ok_or(Error::NoteTruncated)?;
    let name = name.strip_suffix(&[0]).unwrap_or(name);
    Ok(Some(Note {
        name,
        kind: u32::from_le_bytes(kind),
        contents,
    }))
}

/// Splits `size` bytes off, and what pads them to four. The padding of the last one may be missing.
fn padded<'a>(rest: &mut &'a [u8], size: [u8; 4]) -> Option<&'a [u8]> {
    let size = u32::from_le_bytes(size) as usize;
    let (bytes, after) = rest.split_at_checked(size)?;
    let padding = size.wrapping_neg() & 3;
    *rest = after.get(padding..).unwrap_or_default();
    Some(bytes)
}

fn number(note: &Note<'_>) -> Result<u64, Error> {
    match *note.contents {
        [a, b, c, d] => Ok(u32::from_le_bytes([a, b, c, d]).into()),
        [a, b, c, d, e, f, g, h] => Ok(u64::from_le_bytes([a, b, c, d, e, f, g, h])),
        _ => Err(Error::NoteNumber(note.kind)),
    }
}

/// Up to the first zero: Linux ends most texts with one, but not its features.
fn text<'a>(note: &Note<'a>) -> Result<&'a str, Error> {
    let bytes = note
        .contents
        .split(|&byte| byte == 0)
        .next()
        .unwrap_or_default();
    core::str::from_utf8(bytes).map_err(|_| Error::NoteText(note.kind))
}

fn pae_mode(note: &Note<'_>) -> Result<PaeMode, Error> {
    match text(note)? {
        "no" => Ok(PaeMode::No),
        "yes" => Ok(PaeMode::Yes),
        "bimodal" | "yes,bimodal" => Ok(PaeMode::Bimodal),
        _ => Err(Error::NoteValue(note.kind)),
    }
}

fn yes_or_no(note: &Note<'_>) -> Result<bool, Error> {
    match text(note)? {
        "yes" => Ok(true),
        "no" => Ok(false),
        _ => Err(Error::NoteValue(note.kind)),
    }
}

fn pairs<'a>(note: &Note<'a>) -> Result<&'a [u8], Error> {
    let (pairs, rest) = note.contents.as_chunks::<16>();
    if pairs.is_empty() || !rest.is_empty() {
        Err(Error::NoteNumber(note.kind))
    } else {
        Ok(note.contents)
    }
}

/// Up to three words; what is not said has a default.
fn reloc(note: &Note<'_>) -> Result<Reloc, Error> {
    let (words, rest) = note.contents.as_chunks::<4>();
    if words.len() > 3 || !rest.is_empty() {
        return Err(Error::NoteNumber(note.kind));
    }
    let word = |index: usize| words.get(index).map(|word| u32::from_le_bytes(*word));
    let align = word(0);
    if align.is_some_and(|align| !align.is_power_of_two()) {
        return Err(Error::NoteValue(note.kind));
    }
    Ok(Reloc {
        align,
        min: word(1).unwrap_or(0),
        max: word(2).unwrap_or(u32::MAX),
    })
}
