//! What can be wrong with a kernel's file.

use core::fmt;

use crate::Format;

/// Why there is no kernel to be had from a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Error {
    /// Neither a bzImage, nor ELF, nor packed with gzip.
    NotKernel,
    /// A bzImage by its head, but cut short.
    Truncated,
    /// The header is of this version of the boot protocol, older than 2.08, and names no payload.
    TooOld(u16),
    /// Packed in a way that is known, but not read here.
    Unsupported(&'static str),
    /// Packed in a way that is not known; its first four bytes.
    UnknownPacking([u8; 4]),
    /// The packed contents are damaged.
    Corrupt(Format),
    /// What came out is not what was packed.
    Checksum(Format),
    /// What is inside does not have the size that was promised.
    Size { promised: usize },
    /// What is inside is larger than the caller allows.
    TooLarge { size: usize, limit: usize },
    /// There is not so much memory.
    NoMemory(usize),
    /// What is inside is not an ELF file.
    NotElf,
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NotKernel => f.write_str("not a Linux kernel (neither bzImage nor ELF)"),
            Self::Truncated => f.write_str("the kernel image is cut short"),
            Self::TooOld(version) => {
                let [major, minor] = version.to_be_bytes();
                write!(
                    f,
                    "the kernel image is of boot protocol {major}.{minor:02}; 2.08 or later is needed"
                )
            }
            Self::Unsupported(packing) => write!(
                f,
                "the kernel is packed with {packing}, which is not supported"
            ),
            Self::UnknownPacking([a, b, c, d]) => {
                write!(
                    f,
                    "the kernel is packed in a way that is not known ({a:02x} {b:02x} {c:02x} {d:02x})"
                )
            }
            Self::Corrupt(format) => write!(f, "the kernel image is damaged ({format} data)"),
            Self::Checksum(format) => write!(f, "the kernel image is damaged ({format} checksum)"),
            Self::Size { promised } => write!(
                f,
                "the kernel image is damaged (not the promised {promised} bytes)"
            ),
            Self::TooLarge { size, limit } => write!(
                f,
                "the kernel has {size} bytes unpacked; at most {limit} are allowed"
            ),
            Self::NoMemory(size) => write!(f, "no memory to unpack the kernel ({size} bytes)"),
            Self::NotElf => f.write_str("what the kernel image contains is not an ELF file"),
        }
    }
}

impl core::error::Error for Error {}
