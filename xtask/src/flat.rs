//! The hypervisor's ELF file as a flat image with its function names behind it.
//!
//! Boot loaders take a flat file by the addresses in its multiboot headers; QEMU's takes no 64-bit
//! ELF at all. The image holds `.bss` too, so that the names begin where the linked image ends and
//! the loader puts them there. What reads them is `machine`'s `symbols`.

use anyhow::{Context, Result, ensure};
use elf::Image;
use std::ops::Range;

/// The linked image covers these virtual addresses at most; names are told by the distance to the start.
const CODE: Range<u64> = 0xffff_82d0_4000_0000..0xffff_82d1_4000_0000;

/// No hypervisor of ours is as large as this.
const LARGEST: usize = 64 << 20;

/// The flat image, with names.
pub fn image(file: &[u8]) -> Result<Vec<u8>> {
    let elf =
        Image::parse(file).map_err(|error| anyhow::anyhow!("not an ELF file to boot: {error}"))?;
    let mut flat = memory(&elf)?;
    flat.extend(names(&elf)?);
    Ok(flat)
}

/// The segments at their physical addresses, from the lowest on.
fn memory(elf: &Image<'_>) -> Result<Vec<u8>> {
    let bounds = elf.physical_bounds();
    let length = usize::try_from(bounds.end - bounds.start)?;
    ensure!(
        (1..=LARGEST).contains(&length),
        "its segments cover {length:#x} bytes"
    );
    let mut flat = vec![0; length];
    for segment in elf.segments() {
        let at = usize::try_from(segment.physical - bounds.start)?;
        let place = flat
            .get_mut(at..at + segment.bytes.len())
            .context("a segment lies outside the image")?;
        place.copy_from_slice(segment.bytes);
    }
    Ok(flat)
}

/// `XNSYMS1\0`, the number of functions, the length of the names, then for each function its
/// distance from the start and its name's place, by address; then the names, each ended by a NUL.
fn names(elf: &Image<'_>) -> Result<Vec<u8>> {
    let mut functions: Vec<(u64, String)> = elf
        .functions()
        .filter(|function| CODE.contains(&function.address) && !function.name.starts_with('.'))
        .map(|function| {
            (
                function.address - CODE.start,
                format!("{:#}", rustc_demangle::demangle(function.name)),
            )
        })
        .collect();
    functions.sort();
    functions.dedup_by_key(|(address, _)| *address);
    let mut table = Vec::new();
    let mut names = Vec::new();
    for (address, name) in &functions {
        table.extend(u32::try_from(*address)?.to_le_bytes());
        table.extend(u32::try_from(names.len())?.to_le_bytes());
        names.extend_from_slice(name.as_bytes());
        names.push(0);
    }
    let mut blob = b"XNSYMS1\0".to_vec();
    blob.extend(u32::try_from(functions.len())?.to_le_bytes());
    blob.extend(u32::try_from(names.len())?.to_le_bytes());
    blob.extend(table);
    blob.extend(names);
    Ok(blob)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A 64-bit ELF file with these segments: physical address, content, size in memory.
    fn file(segments: &[(u64, &[u8], u64)]) -> Vec<u8> {
        let mut bytes = b"\x7fELF\x02\x01\x01".to_vec();
        bytes.resize(16, 0);
        bytes.extend([2, 0, 62, 0, 1, 0, 0, 0]); // executable, x86-64, version 1
        bytes.extend(0x20_0000_u64.to_le_bytes()); // entry
        bytes.extend(64_u64.to_le_bytes()); // program headers
        bytes.extend([0; 12]);
        bytes.extend([64, 0, 56, 0, segments.len() as u8, 0, 64, 0, 0, 0, 0, 0]);
        let mut offset = 64 + 56 * segments.len() as u64;
        for (physical, content, size) in segments {
            bytes.extend([1, 0, 0, 0, 7, 0, 0, 0]);
            for field in [
                offset,
                CODE.start + physical,
                *physical,
                content.len() as u64,
                *size,
                1,
            ] {
                bytes.extend(field.to_le_bytes());
            }
            offset += content.len() as u64;
        }
        for (_, content, _) in segments {
            bytes.extend_from_slice(content);
        }
        bytes
    }

    #[test]
    fn segments_keep_their_distance_and_names_begin_behind_the_bss() {
        let flat = image(&file(&[(0x20_0000, b"abc", 3), (0x20_0004, b"later", 12)])).unwrap();
        assert_eq!(&flat[..9], b"abc\0later");
        assert!(flat[9..16].iter().all(|byte| *byte == 0));
        assert_eq!(&flat[16..], b"XNSYMS1\0\0\0\0\0\0\0\0\0");
    }

    #[test]
    fn what_cannot_be_an_image_is_refused() {
        assert!(image(b"MZ").is_err());
        assert!(image(&file(&[])).is_err());
        assert!(image(&file(&[(0, b"a", 1), (1 << 40, b"x", 1)])).is_err());
    }
}
