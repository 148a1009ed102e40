//! The file as a whole: its headers, and the segments to load.

use core::fmt;
use core::ops::Range;

use elf_parse::ElfBytes;
use elf_parse::abi::{EM_386, EM_X86_64, ET_DYN, ET_EXEC, PF_R, PF_W, PF_X, PT_LOAD};
use elf_parse::endian::LittleEndian;
use elf_parse::parse::ParseError;
use elf_parse::segment::{ProgramHeader, SegmentTable};

use crate::Error;

/// The width of the file's addresses.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Class {
    Elf32,
    Elf64,
}

/// What a segment's pages are for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Access {
    pub read: bool,
    pub write: bool,
    pub execute: bool,
}

/// A piece of the kernel to load.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Segment<'a> {
    /// Where the file wants it in physical memory (before any `PADDR_OFFSET`).
    pub physical: u64,
    /// Where the file wants it in virtual memory. Linux links its per-CPU data at 0: use it for symbols only.
    pub virtual_: u64,
    /// Its contents.
    pub bytes: &'a [u8],
    /// Where in the file they are.
    pub offset: usize,
    /// Its size in memory; what `bytes` does not fill is zero.
    pub memory_size: u64,
    pub access: Access,
}

impl fmt::Debug for Segment<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            physical,
            virtual_,
            bytes,
            offset,
            memory_size,
            ..
        } = self;
        let file_size = bytes.len();
        write!(
            f,
            "Segment({physical:#x} at {virtual_:#x}, {file_size:#x} from {offset:#x}, {memory_size:#x})"
        )
    }
}

/// A kernel whose headers and segments are known to be sound.
#[derive(Debug)]
pub struct Image<'a> {
    pub(crate) data: &'a [u8],
    pub(crate) file: ElfBytes<'a, LittleEndian>,
    physical: Range<u64>,
    virtual_: Range<u64>,
}

impl<'a> Image<'a> {
    /// Checks the headers and every segment that is to be loaded.
    pub fn parse(data: &'a [u8]) -> Result<Self, Error> {
        let file = ElfBytes::minimal_parse(data).map_err(header_error)?;
        if !matches!(file.ehdr.e_type, ET_EXEC | ET_DYN) {
            return Err(Error::Kind(file.ehdr.e_type));
        }
        let machine = if file.ehdr.class == elf_parse::file::Class::ELF64 {
            EM_X86_64
        } else {
            EM_386
        };
        if file.ehdr.e_machine != machine {
            return Err(Error::Machine(file.ehdr.e_machine));
        }
        let mut image = Self {
            data,
            file,
            physical: NOTHING,
            virtual_: NOTHING,
        };
        for (index, header) in load_headers(image.file.segments()) {
            let segment = segment(data, index, &header)?;
            let physical_end = segment
                .physical
                .checked_add(segment.memory_size)
                .ok_or(Error::SegmentAddress(index))?;
            let virtual_end = segment
                .virtual_
                .checked_add(segment.memory_size)
                .ok_or(Error::SegmentAddress(index))?;
            extend(&mut image.physical, segment.physical..physical_end);
            extend(&mut image.virtual_, segment.virtual_..virtual_end);
        }
        if image.physical.is_empty() {
            Err(Error::NoSegments)
        } else {
            Ok(image)
        }
    }

    pub fn class(&self) -> Class {
        match self.file.ehdr.class {
            elf_parse::file::Class::ELF32 => Class::Elf32,
            elf_parse::file::Class::ELF64 => Class::Elf64,
        }
    }

    /// The entry in the header. A PV kernel has another in its notes.
    pub fn entry(&self) -> u64 {
        self.file.ehdr.e_entry
    }

    /// What to load, in the file's order. Segments without memory are left out.
    pub fn segments(&self) -> impl Iterator<Item = Segment<'a>> + use<'a> {
        let data = self.data;
        // `parse` has seen each of them to be sound.
        load_headers(self.file.segments())
            .filter_map(move |(index, header)| segment(data, index, &header).ok())
    }

    /// From the lowest physical address of a segment to the end of the highest.
    pub fn physical_bounds(&self) -> Range<u64> {
        self.physical.clone()
    }

    /// The same for virtual addresses. Not the extent of a Linux kernel, whose per-CPU data lies at 0: see
    /// [`PvLayout`](crate::PvLayout).
    pub fn virtual_bounds(&self) -> Range<u64> {
        self.virtual_.clone()
    }
}

fn load_headers<'a>(
    table: Option<SegmentTable<'a, LittleEndian>>,
) -> impl Iterator<Item = (usize, ProgramHeader)> + use<'a> {
    let headers = table.into_iter().flat_map(|table| table.iter()).enumerate();
    headers.filter(|(_, header)| header.p_type == PT_LOAD && header.p_memsz != 0)
}

/// The segment that a header describes, if it lies within the file.
fn segment<'a>(data: &'a [u8], index: usize, header: &ProgramHeader) -> Result<Segment<'a>, Error> {
    if header.p_filesz > header.p_memsz {
        return Err(Error::SegmentSize(index));
    }
    let (offset, bytes) =
        part(data, header.p_offset, header.p_filesz).ok_or(Error::SegmentTruncated(index))?;
    Ok(Segment {
        physical: header.p_paddr,
        virtual_: header.p_vaddr,
        bytes,
        offset,
        memory_size: header.p_memsz,
        access: Access {
            read: header.p_flags & PF_R != 0,
            write: header.p_flags & PF_W != 0,
            execute: header.p_flags & PF_X != 0,
        },
    })
}

/// `size` bytes of the file from `offset`, if it has them.
pub(crate) fn part(data: &[u8], offset: u64, size: u64) -> Option<(usize, &[u8])> {
    let start = usize::try_from(offset).ok()?;
    let end = start.checked_add(usize::try_from(size).ok()?)?;
    Some((start, data.get(start..end)?))
}

/// Bounds before the first segment has been seen.
const NOTHING: Range<u64> = Range {
    start: u64::MAX,
    end: 0,
};

fn extend(bounds: &mut Range<u64>, by: Range<u64>) {
    bounds.start = bounds.start.min(by.start);
    bounds.end = bounds.end.max(by.end);
}

fn header_error(error: ParseError) -> Error {
    match error {
        ParseError::BadMagic(_) => Error::NotElf,
        ParseError::UnsupportedElfClass(_) | ParseError::UnsupportedElfEndianness(_) => {
            Error::NotLittleEndian
        }
        // The first sixteen bytes are not even there.
        ParseError::SliceReadError((0, _)) => Error::NotElf,
        _ => Error::Headers,
    }
}
