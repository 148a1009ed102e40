//! Is a ramdisk whole? A file that was cut short boots half-way and dies far from the cause.
//!
//! Looks at the frame of each archive in the file (cpio, gzip, xz, zstd, lz4), as
//! `Documentation/driver-api/early-userspace/buffer-format.rst` lays them out. Only gzip, which
//! has no frame, must be unpacked for it; the result is thrown away as it comes.
//!
//! Always: what is not known to be broken is accepted: the kernel knows more formats than we do.
//!
//! Not here: whether the contents are of any use.

use std::fmt;

use miniz_oxide::inflate::stream::{InflateState, inflate};
use miniz_oxide::{DataFormat, MZError, MZFlush, MZStatus};

/// What is wrong.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Broken {
    /// It ends inside of an archive of this kind.
    CutShort(&'static str),
    /// An archive of this kind does not unpack.
    Damaged(&'static str),
    Empty,
}

impl fmt::Display for Broken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Broken::CutShort(kind) => write!(f, "it is cut short: its {kind} archive has no end"),
            Broken::Damaged(kind) => write!(f, "its {kind} archive is damaged"),
            Broken::Empty => f.write_str("it is empty"),
        }
    }
}

/// Looks at every archive in the file.
pub fn check(file: &[u8]) -> Result<(), Broken> {
    if file.is_empty() {
        return Err(Broken::Empty);
    }
    let mut rest = file;
    loop {
        // Archives may be padded with zeros.
        let zeros = rest.iter().take_while(|byte| **byte == 0).count();
        rest = rest.get(zeros..).unwrap_or_default();
        let after = match rest {
            [] => return Ok(()),
            [b'0', b'7', b'0', b'7', b'0', b'1' | b'2', ..] => {
                cpio(rest).ok_or(Broken::CutShort("cpio"))?
            }
            [0x1f, 0x8b, ..] => gzip(rest)?,
            [0x28, 0xb5, 0x2f, 0xfd, ..] => zstd(rest).ok_or(Broken::CutShort("zstd"))?,
            [0x02, 0x21, 0x4c, 0x18, ..] => lz4(rest).ok_or(Broken::CutShort("lz4"))?,
            [0xfd, b'7', b'z', b'X', b'Z', 0, ..] => {
                return xz(rest).ok_or(Broken::CutShort("xz"));
            }
            _ => return Ok(()),
        };
        rest = after;
    }
}

/// Walks the entries up to the one that marks the end.
fn cpio(mut archive: &[u8]) -> Option<&[u8]> {
    const HEADER: usize = 110;
    loop {
        let header = archive.get(..HEADER)?;
        let field = |at: usize| {
            let digits = std::str::from_utf8(header.get(at..at + 8)?).ok()?;
            usize::from_str_radix(digits, 16).ok()
        };
        let (size, name_len) = (field(54)?, field(94)?);
        let name = archive.get(HEADER..HEADER.checked_add(name_len)?)?;
        let data = (HEADER + name_len).next_multiple_of(4);
        let end = data.checked_add(size)?;
        if name.starts_with(b"TRAILER!!!") {
            return Some(archive.get(end.min(archive.len())..).unwrap_or_default());
        }
        archive = archive.get(end.checked_next_multiple_of(4)?..)?;
    }
}

/// Walks the blocks of a frame (RFC 8878, section 3.1.1), or steps over a skippable one.
fn zstd(frame: &[u8]) -> Option<&[u8]> {
    let descriptor = usize::from(*frame.get(4)?);
    let single = descriptor >> 5 & 1;
    let content_size = match descriptor >> 6 {
        0 => single,
        n => 1 << n,
    };
    let dictionary = [0, 1, 2, 4].get(descriptor & 3).copied()?;
    let mut rest = frame.get(5 + (1 - single) + dictionary + content_size..)?;
    loop {
        let (head, tail) = rest.split_first_chunk::<3>()?;
        let [a, b, c] = *head;
        let word = usize::from(a) | usize::from(b) << 8 | usize::from(c) << 16;
        let size = if word >> 1 & 3 == 1 { 1 } else { word >> 3 };
        rest = tail.get(size..)?;
        if word & 1 != 0 {
            return rest.get((descriptor >> 2 & 1) * 4..);
        }
    }
}

/// Walks the blocks of the kernel's own lz4 format, which end with the file or the next archive.
fn lz4(archive: &[u8]) -> Option<&[u8]> {
    let mut rest = archive.get(4..)?;
    while let Some((head, tail)) = rest.split_first_chunk::<4>() {
        let size = usize::try_from(u32::from_le_bytes(*head)).ok()?;
        // No block is larger than this unpacked, nor much larger packed.
        if size == 0 || size > (8 << 20) + (1 << 16) {
            return Some(rest);
        }
        rest = tail.get(size..)?;
    }
    rest.iter().all(|byte| *byte == 0).then_some(&[])
}

/// The file format's last two bytes; zeros may follow in fours.
fn xz(stream: &[u8]) -> Option<()> {
    let zeros = stream.iter().rev().take_while(|byte| **byte == 0).count();
    stream
        .get(..stream.len() - zeros)?
        .ends_with(b"YZ")
        .then_some(())
}

/// Unpacks a member (RFC 1952) to find its end.
fn gzip(member: &[u8]) -> Result<&[u8], Broken> {
    let short = Broken::CutShort("gzip");
    let mut rest = gzip_body(member).ok_or(short)?;
    let mut state = InflateState::new_boxed(DataFormat::Raw);
    let mut out = vec![0; 64 << 10];
    let mut unpacked: u32 = 0;
    loop {
        let step = inflate(&mut state, rest, &mut out, MZFlush::None);
        unpacked = unpacked.wrapping_add(step.bytes_written as u32);
        rest = rest.get(step.bytes_consumed..).unwrap_or_default();
        match step.status {
            Ok(MZStatus::StreamEnd) => break,
            Ok(_) if step.bytes_consumed > 0 || step.bytes_written > 0 => {}
            Ok(_) | Err(MZError::Buf) => return Err(short),
            Err(_) => return Err(Broken::Damaged("gzip")),
        }
    }
    let (trailer, after) = rest.split_first_chunk::<8>().ok_or(short)?;
    let [_, _, _, _, size @ ..] = *trailer;
    if u32::from_le_bytes(size) != unpacked {
        return Err(Broken::Damaged("gzip"));
    }
    Ok(after)
}

/// What follows the header.
fn gzip_body(member: &[u8]) -> Option<&[u8]> {
    let flags = *member.get(3)?;
    let mut rest = member.get(10..)?;
    if flags & 4 != 0 {
        let (len, tail) = rest.split_first_chunk::<2>()?;
        rest = tail.get(usize::from(u16::from_le_bytes(*len))..)?;
    }
    for text in [8, 16] {
        if flags & text != 0 {
            let end = rest.iter().position(|byte| *byte == 0)?;
            rest = rest.get(end + 1..)?;
        }
    }
    if flags & 2 != 0 {
        rest.get(2..)
    } else {
        Some(rest)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn entry(name: &str, data: &[u8]) -> Vec<u8> {
        let mut bytes = b"070701".to_vec();
        for field in 0..13 {
            let value = match field {
                6 => data.len(),
                11 => name.len() + 1,
                _ => 0,
            };
            bytes.extend(format!("{value:08x}").bytes());
        }
        bytes.extend(name.bytes());
        bytes.push(0);
        bytes.resize(bytes.len().next_multiple_of(4), 0);
        bytes.extend(data);
        bytes.resize(bytes.len().next_multiple_of(4), 0);
        bytes
    }

    fn archive() -> Vec<u8> {
        let mut bytes = entry("init", &[7; 1001]);
        bytes.extend(entry("TRAILER!!!", &[]));
        bytes
    }

    fn gzipped(bytes: &[u8]) -> Vec<u8> {
        let mut file = vec![0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 3];
        file.extend(miniz_oxide::deflate::compress_to_vec(bytes, 6));
        file.extend([0; 4]);
        file.extend((bytes.len() as u32).to_le_bytes());
        file
    }

    #[test]
    fn whole_archives_are_accepted_alone_and_in_a_row() {
        assert_eq!(check(&archive()), Ok(()));
        assert_eq!(check(&gzipped(&archive())), Ok(()));
        // Debian puts microcode, unpacked and padded, before the packed rest.
        let mut both = archive();
        both.resize(both.len().next_multiple_of(512), 0);
        both.extend(gzipped(&archive()));
        assert_eq!(check(&both), Ok(()));
        assert_eq!(check(b"some other filesystem"), Ok(()));
    }

    #[test]
    fn what_is_cut_short_is_told_apart_from_what_is_damaged() {
        let whole = archive();
        assert_eq!(
            check(&whole[..whole.len() / 2]),
            Err(Broken::CutShort("cpio"))
        );
        let packed = gzipped(&whole);
        assert_eq!(
            check(&packed[..packed.len() - 9]),
            Err(Broken::CutShort("gzip"))
        );
        assert_eq!(
            check(&packed[..packed.len() - 1]),
            Err(Broken::CutShort("gzip"))
        );
        let mut wrong = packed.clone();
        let last = wrong.len() - 1;
        wrong[last] ^= 0x40;
        assert_eq!(check(&wrong), Err(Broken::Damaged("gzip")));
        assert_eq!(check(&[]), Err(Broken::Empty));
    }

    #[test]
    fn a_zstd_frame_is_walked_block_by_block() {
        // Magic, descriptor (single segment, one byte of size), size, one raw block of 3 that is
        // the last.
        let frame = [
            0x28, 0xb5, 0x2f, 0xfd, 0x20, 3, 0x19, 0, 0, b'a', b'b', b'c',
        ];
        assert_eq!(check(&frame), Ok(()));
        assert_eq!(check(&frame[..11]), Err(Broken::CutShort("zstd")));
    }

    #[test]
    fn lz4_and_xz_have_ends() {
        let lz4 = [0x02, 0x21, 0x4c, 0x18, 2, 0, 0, 0, 1, 2];
        assert_eq!(check(&lz4), Ok(()));
        assert_eq!(check(&lz4[..9]), Err(Broken::CutShort("lz4")));
        assert_eq!(check(b"\xfd7zXZ\0....YZ\0\0\0\0"), Ok(()));
        assert_eq!(check(b"\xfd7zXZ\0...."), Err(Broken::CutShort("xz")));
    }

    proptest! {
        #[test]
        fn any_bytes_get_an_answer(magic in 0usize..6, bytes in prop::collection::vec(any::<u8>(), 0..300)) {
            let magics: [&[u8]; 6] = [b"070701", b"\x1f\x8b\x08\x04", b"\x28\xb5\x2f\xfd", b"\x02\x21\x4c\x18", b"\xfd7zXZ\0", b""];
            let mut file = magics[magic].to_vec();
            file.extend(bytes);
            let _ = check(&file);
        }
    }
}
