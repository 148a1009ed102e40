//! Small kernels, packed in every way.
#![allow(dead_code)] // Each test takes what it needs.

use bzimage::Format;
use lzma_rust2::{CheckType, FilterType, LzmaOptions, LzmaWriter, Write, XzOptions, XzWriter};
use ruzstd::encoding::{CompressionLevel, compress_to_vec};

pub const PACKINGS: [Format; 5] = [
    Format::Gzip,
    Format::Xz,
    Format::Lzma,
    Format::Zstd,
    Format::Lz4,
];

/// Something like a kernel: ELF's magic, then bytes with repetitions and calls in them.
pub fn kernel(size: usize) -> Vec<u8> {
    let mut bytes = b"\x7fELF\x02\x01\x01".to_vec();
    let mut state = 1_u32;
    while bytes.len() < size {
        state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        bytes.extend_from_slice(&[
            0xe8,
            (state >> 20) as u8,
            0x12,
            0,
            0,
            0x48,
            0x89,
            (state >> 28) as u8,
        ]);
    }
    bytes.truncate(size);
    bytes
}

/// As the kernel's build packs it: all but gzip followed by the size.
pub fn pack(format: Format, kernel: &[u8]) -> Vec<u8> {
    let mut packed = match format {
        Format::Elf => return kernel.to_vec(),
        Format::Gzip => return gzip(kernel),
        Format::Xz => xz(kernel, CheckType::Crc32, true, None),
        Format::Lzma => lzma(kernel),
        Format::Zstd => compress_to_vec(kernel, CompressionLevel::Fastest),
        Format::Lz4 => lz4(kernel),
    };
    packed.extend((kernel.len() as u32).to_le_bytes());
    packed
}

fn gzip(kernel: &[u8]) -> Vec<u8> {
    // With a name and a comment, which a header may have.
    let mut packed = vec![0x1f, 0x8b, 8, 8 | 16, 0, 0, 0, 0, 2, 3];
    packed.extend(b"vmlinux\0made by hand\0");
    packed.extend(miniz_oxide::deflate::compress_to_vec(kernel, 6));
    packed.extend(slow_crc32(kernel).to_le_bytes());
    packed.extend((kernel.len() as u32).to_le_bytes());
    packed
}

/// The checksum by its definition.
fn slow_crc32(bytes: &[u8]) -> u32 {
    !bytes.iter().fold(u32::MAX, |sum, byte| {
        (0..8).fold(sum ^ u32::from(*byte), |sum, _| {
            if sum & 1 == 0 {
                sum >> 1
            } else {
                (sum >> 1) ^ 0xedb8_8320
            }
        })
    })
}

pub fn xz(kernel: &[u8], check: CheckType, x86: bool, block_size: Option<u64>) -> Vec<u8> {
    let mut options = XzOptions::with_preset(1);
    options.lzma_options.dict_size = 1 << 16;
    options.set_check_sum_type(check);
    options.set_block_size(block_size.and_then(std::num::NonZeroU64::new));
    if x86 {
        options.prepend_pre_filter(FilterType::BcjX86, 0);
    }
    let mut writer = XzWriter::new(Vec::new(), options).unwrap();
    writer.write_all(kernel).unwrap();
    writer.finish().unwrap()
}

fn lzma(kernel: &[u8]) -> Vec<u8> {
    let mut writer =
        LzmaWriter::new_use_header(Vec::new(), &LzmaOptions::with_preset(1), None).unwrap();
    writer.write_all(kernel).unwrap();
    writer.finish().unwrap()
}

fn lz4(kernel: &[u8]) -> Vec<u8> {
    let mut packed = 0x184c_2102_u32.to_le_bytes().to_vec();
    for block in kernel.chunks(8 << 20) {
        let block = lz4_flex::block::compress(block);
        packed.extend((block.len() as u32).to_le_bytes());
        packed.extend(block);
    }
    packed
}

/// A bzImage around a payload: two setup sectors, some code before and behind.
pub fn bzimage(payload: &[u8]) -> Vec<u8> {
    let mut image = vec![0x90; 3 * 512];
    image[0x1f1] = 2;
    image[0x1fe..0x200].copy_from_slice(&0xaa55_u16.to_le_bytes());
    image[0x202..0x206].copy_from_slice(b"HdrS");
    image[0x206..0x208].copy_from_slice(&0x20f_u16.to_le_bytes());
    image[0x248..0x24c].copy_from_slice(&100_u32.to_le_bytes());
    image[0x24c..0x250].copy_from_slice(&(payload.len() as u32).to_le_bytes());
    image.extend([0x90; 100]);
    image.extend(payload);
    image.extend([0; 1000]);
    image
}
