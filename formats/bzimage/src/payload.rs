//! Where in the file the kernel is, and how it is packed.
//!
//! The setup header is that of Linux's boot protocol (Documentation/arch/x86/boot.rst): a sector count at 0x1f1, a flag at
//! 0x1fe, `HdrS` at 0x202, the version at 0x206, and since version 2.08 the payload's offset and length at 0x248 and
//! 0x24c, counted from the end of the setup sectors.

use alloc::borrow::Cow;
use alloc::vec::Vec;
use core::fmt;

use crate::{Error, unpack};

/// How a kernel is packed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Format {
    /// Not at all.
    Elf,
    Gzip,
    Xz,
    Lzma,
    Zstd,
    Lz4,
}

impl fmt::Display for Format {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Elf => "ELF",
            Self::Gzip => "gzip",
            Self::Xz => "xz",
            Self::Lzma => "lzma",
            Self::Zstd => "zstd",
            Self::Lz4 => "lz4",
        })
    }
}

/// A packed kernel: what to unpack, and what should come out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Payload<'a> {
    pub format: Format,
    /// The packed bytes.
    pub bytes: &'a [u8],
    /// How many bytes come out.
    pub size: usize,
}

const ELF_MAGIC: &[u8] = b"\x7fELF";
const GZIP_MAGIC: &[u8] = &[0x1f, 0x8b];

/// First bytes of what is packed, and how it is packed.
const MAGIC: &[(&[u8], Result<Format, &str>)] = &[
    (ELF_MAGIC, Ok(Format::Elf)),
    (GZIP_MAGIC, Ok(Format::Gzip)),
    (b"\xfd7zXZ\0", Ok(Format::Xz)),
    (&[0x5d, 0, 0], Ok(Format::Lzma)),
    (&[0x28, 0xb5, 0x2f, 0xfd], Ok(Format::Zstd)),
    (&[0x02, 0x21, 0x4c, 0x18], Ok(Format::Lz4)),
    (b"BZh", Err("bzip2")),
    (b"\x89LZO\0\r\n\x1a\n", Err("lzo")),
];

impl<'a> Payload<'a> {
    /// Finds the kernel in a bzImage. A file that is ELF, or packed with gzip as a whole, is all payload.
    pub fn find(image: &'a [u8]) -> Result<Self, Error> {
        if image.starts_with(ELF_MAGIC) || image.starts_with(GZIP_MAGIC) {
            return Self::of(image);
        }
        if half(image, 0x1fe) != Some(0xaa55) || image.get(0x202..0x206) != Some(b"HdrS".as_slice())
        {
            return Err(Error::NotKernel);
        }
        let version = half(image, 0x206).ok_or(Error::Truncated)?;
        if version < 0x208 {
            return Err(Error::TooOld(version));
        }
        Self::of(packed(image).ok_or(Error::Truncated)?)
    }

    /// Tells the packing by the first bytes, and the size by the last word.
    fn of(bytes: &'a [u8]) -> Result<Self, Error> {
        let Some((_, format)) = MAGIC.iter().find(|(magic, _)| bytes.starts_with(magic)) else {
            return Err(bytes
                .first_chunk()
                .map_or(Error::Truncated, |first| Error::UnknownPacking(*first)));
        };
        let format = format.map_err(Error::Unsupported)?;
        if format == Format::Elf {
            return Ok(Self {
                format,
                bytes,
                size: bytes.len(),
            });
        }
        let (rest, size) = bytes.split_last_chunk().ok_or(Error::Truncated)?;
        // Gzip ends with the size of its own accord; behind the others the kernel's build puts it.
        let bytes = if format == Format::Gzip { bytes } else { rest };
        Ok(Self {
            format,
            bytes,
            size: u32::from_le_bytes(*size) as usize,
        })
    }

    /// Unpacks into memory of its own, if that is no more than `limit` bytes.
    pub fn unpack(&self, limit: usize) -> Result<Cow<'a, [u8]>, Error> {
        let Self { size, .. } = *self;
        if size > limit {
            return Err(Error::TooLarge { size, limit });
        }
        if self.format == Format::Elf {
            return Ok(Cow::Borrowed(self.bytes));
        }
        let mut kernel = Vec::new();
        kernel
            .try_reserve_exact(size)
            .map_err(|_| Error::NoMemory(size))?;
        kernel.resize(size, 0);
        self.unpack_into(&mut kernel)?;
        Ok(Cow::Owned(kernel))
    }

    /// Unpacks into `kernel`, which must have [`size`](Self::size) bytes. After an error its contents mean nothing.
    pub fn unpack_into(&self, kernel: &mut [u8]) -> Result<(), Error> {
        let promised = Error::Size {
            promised: self.size,
        };
        if kernel.len() != self.size {
            return Err(promised);
        }
        let written = match self.format {
            Format::Elf => {
                kernel.copy_from_slice(self.bytes);
                self.size
            }
            Format::Gzip => unpack::gzip(self.bytes, kernel)?,
            Format::Xz => unpack::xz(self.bytes, kernel)?,
            Format::Lzma => unpack::lzma(self.bytes, kernel)?,
            Format::Zstd => unpack::zstd(self.bytes, kernel)?,
            Format::Lz4 => unpack::lz4(self.bytes, kernel)?,
        };
        if written != self.size {
            return Err(promised);
        }
        if kernel.starts_with(ELF_MAGIC) {
            Ok(())
        } else {
            Err(Error::NotElf)
        }
    }
}

/// The payload of a bzImage of version 2.08 or later.
fn packed(image: &[u8]) -> Option<&[u8]> {
    // A count of 0 stands for 4, as ever; the boot sector itself is not counted.
    let sectors = match *image.get(0x1f1)? {
        0 => 4_usize,
        count => count.into(),
    };
    let setup = sectors.checked_add(1)?.checked_mul(512)?;
    let start = setup.checked_add(word(image, 0x248)?)?;
    let end = start.checked_add(word(image, 0x24c)?)?;
    image.get(start..end)
}

fn half(image: &[u8], at: usize) -> Option<u16> {
    Some(u16::from_le_bytes(*image.get(at..)?.first_chunk()?))
}

fn word(image: &[u8], at: usize) -> Option<usize> {
    Some(u32::from_le_bytes(*image.get(at..)?.first_chunk()?) as usize)
}
