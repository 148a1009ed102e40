//! What can be wrong with a kernel file.

use core::fmt;

/// Why a file is not a kernel that can be loaded.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Error {
    /// The file does not begin with ELF's magic number.
    NotElf,
    /// Big-endian, or of no known class.
    NotLittleEndian,
    /// A header or a table of headers is not what ELF says, or lies beyond the end of the file.
    Headers,
    /// Neither an executable nor position-independent (`e_type`).
    Kind(u16),
    /// For another machine (`e_machine`).
    Machine(u16),
    /// There is nothing to load.
    NoSegments,
    /// The contents of this segment lie beyond the end of the file.
    SegmentTruncated(usize),
    /// This segment has more bytes in the file than in memory.
    SegmentSize(usize),
    /// The addresses of this segment run over the end of the address space.
    SegmentAddress(usize),
    /// A note runs over the end of its segment or section.
    NoteTruncated,
    /// A note of this type should hold a number of 4 or 8 bytes, or several.
    NoteNumber(u32),
    /// A note of this type should hold text.
    NoteText(u32),
    /// A note of this type holds a word that it may not.
    NoteValue(u32),
    /// There are no notes for the hypervisor: not a kernel for a PV domain.
    NoNotes,
    /// Translated by `VIRT_BASE` and `PADDR_OFFSET`, the kernel's addresses run over the end of the address space.
    KernelAddress,
    /// The entry lies outside of the kernel.
    Entry(u64),
    /// The place that the kernel wants for this lies within the kernel.
    Overlap(&'static str),
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NotElf => f.write_str("not an ELF file"),
            Self::NotLittleEndian => f.write_str("not a little-endian ELF file of 32 or 64 bits"),
            Self::Headers => f.write_str("the ELF headers are damaged, or the file is cut short"),
            Self::Kind(kind) => write!(f, "an ELF file of type {kind}, not an executable"),
            Self::Machine(machine) => write!(f, "an ELF file for machine {machine}, not for x86"),
            Self::NoSegments => f.write_str("the ELF file has no segment to load"),
            Self::SegmentTruncated(index) => {
                write!(f, "segment {index} lies beyond the end of the file")
            }
            Self::SegmentSize(index) => {
                write!(f, "segment {index} is larger in the file than in memory")
            }
            Self::SegmentAddress(index) => {
                write!(f, "segment {index} runs over the end of the address space")
            }
            Self::NoteTruncated => f.write_str("a note runs over the end of its section"),
            Self::NoteNumber(note) => write!(
                f,
                "the Xen note {note} does not hold a number of 4 or 8 bytes"
            ),
            Self::NoteText(note) => write!(f, "the Xen note {note} does not hold text"),
            Self::NoteValue(note) => {
                write!(f, "the Xen note {note} holds a word that is not known")
            }
            Self::NoNotes => {
                f.write_str("the kernel has no Xen notes: it cannot run as a PV domain")
            }
            Self::KernelAddress => {
                f.write_str("the kernel's Xen notes move it over the end of the address space")
            }
            Self::Entry(entry) => write!(f, "the entry {entry:#x} lies outside of the kernel"),
            Self::Overlap(what) => write!(f, "the kernel wants {what} where it lies itself"),
        }
    }
}

impl core::error::Error for Error {}
