//! Stories of kernel images, good and bad.

mod common;

use std::borrow::Cow;

use bzimage::{Error, Format, Payload, vmlinux};
use common::{PACKINGS, bzimage, kernel, pack, xz};
use lzma_rust2::CheckType;

#[test]
fn a_kernel_comes_out_as_it_went_in_however_it_is_packed() {
    let kernel = kernel(300_000);
    for format in PACKINGS {
        let image = bzimage(&pack(format, &kernel));
        let payload = Payload::find(&image).unwrap();
        assert_eq!((payload.format, payload.size), (format, kernel.len()));
        assert!(vmlinux(&image).unwrap() == kernel, "{format}");
        let mut memory = vec![0xaa; kernel.len()];
        payload.unpack_into(&mut memory).unwrap();
        assert!(memory == kernel, "{format}");
    }
}

#[test]
fn what_is_not_packed_is_not_copied() {
    let kernel = kernel(5000);
    assert!(matches!(vmlinux(&kernel), Ok(Cow::Borrowed(bytes)) if bytes == kernel));
    let image = bzimage(&kernel);
    assert!(matches!(vmlinux(&image), Ok(Cow::Borrowed(bytes)) if bytes == kernel));
}

#[test]
fn an_elf_file_packed_with_gzip_is_a_kernel_too() {
    let kernel = kernel(5000);
    assert_eq!(vmlinux(&pack(Format::Gzip, &kernel)).unwrap(), kernel);
}

#[test]
fn lz4_goes_on_over_its_blocks() {
    let kernel = kernel((8 << 20) + 4321);
    assert!(vmlinux(&bzimage(&pack(Format::Lz4, &kernel))).unwrap() == kernel);
}

#[test]
fn xz_may_have_several_blocks_no_filter_and_no_check() {
    let kernel = kernel(400_000);
    for (check, x86, block) in [
        (CheckType::Crc32, false, None),
        (CheckType::None, true, None),
        (CheckType::Crc32, true, Some(1 << 16)),
    ] {
        let mut packed = xz(&kernel, check, x86, block);
        packed.extend((kernel.len() as u32).to_le_bytes());
        assert!(
            vmlinux(&bzimage(&packed)).unwrap() == kernel,
            "{check:?} {x86} {block:?}"
        );
    }
    let mut packed = xz(&kernel, CheckType::Sha256, false, None);
    packed.extend((kernel.len() as u32).to_le_bytes());
    assert!(matches!(
        vmlinux(&bzimage(&packed)),
        Err(Error::Unsupported(_))
    ));
}

#[test]
fn what_is_no_kernel_is_named() {
    assert_eq!(vmlinux(b""), Err(Error::NotKernel));
    assert_eq!(vmlinux(&[0; 100_000]), Err(Error::NotKernel));
    let good = bzimage(&pack(Format::Gzip, &kernel(5000)));
    let patched = |at: usize, bytes: &[u8]| {
        let mut image = good.clone();
        image[at..at + bytes.len()].copy_from_slice(bytes);
        vmlinux(&image).map(Cow::into_owned)
    };
    assert_eq!(patched(0x1fe, &[0, 0]), Err(Error::NotKernel));
    assert_eq!(patched(0x206, &[0x07, 0x02]), Err(Error::TooOld(0x207)));
    assert_eq!(
        patched(0x24c, &u32::MAX.to_le_bytes()),
        Err(Error::Truncated)
    );
    assert_eq!(
        patched(0x248, &u32::MAX.to_le_bytes()),
        Err(Error::Truncated)
    );
    let start = 3 * 512 + 100;
    assert_eq!(patched(start, b"BZh9"), Err(Error::Unsupported("bzip2")));
    assert_eq!(
        patched(start, b"what"),
        Err(Error::UnknownPacking(*b"what"))
    );
    assert_eq!(vmlinux(&good[..good.len() - 1001]), Err(Error::Truncated));
    assert_eq!(
        vmlinux(&bzimage(&pack(Format::Gzip, b"not ELF inside"))),
        Err(Error::NotElf)
    );
}

#[test]
fn the_caller_sets_the_limit() {
    let kernel = kernel(10_000);
    let image = bzimage(&pack(Format::Zstd, &kernel));
    let payload = Payload::find(&image).unwrap();
    assert_eq!(
        payload.unpack(9_999),
        Err(Error::TooLarge {
            size: 10_000,
            limit: 9_999
        })
    );
    assert_eq!(payload.unpack(10_000).unwrap(), kernel);
    assert_eq!(
        payload.unpack_into(&mut [0; 9_999]),
        Err(Error::Size { promised: 10_000 })
    );
}

#[test]
fn a_promise_of_another_size_is_a_lie() {
    let kernel = kernel(200_000);
    for format in PACKINGS {
        let packed = pack(format, &kernel);
        for promised in [0_u32, 1, 199_999, 200_001, 500_000] {
            let mut packed = packed.clone();
            let at = packed.len() - 4;
            packed[at..].copy_from_slice(&promised.to_le_bytes());
            let result = vmlinux(&bzimage(&packed)).map(Cow::into_owned);
            assert_eq!(
                result,
                Err(Error::Size {
                    promised: promised as usize
                }),
                "{format} {promised}"
            );
        }
    }
}

#[test]
fn one_changed_bit_in_the_middle_does_not_go_unseen() {
    let kernel = kernel(200_000);
    // The other two carry no checksum.
    for format in [Format::Gzip, Format::Xz, Format::Zstd] {
        let packed = pack(format, &kernel);
        for part in 1..20 {
            let mut packed = packed.clone();
            let at = packed.len() * part / 20;
            packed[at] ^= 0x10;
            assert!(vmlinux(&bzimage(&packed)).is_err(), "{format} at {at}");
        }
    }
}

#[test]
fn a_packed_kernel_cut_short_fails() {
    let kernel = kernel(100_000);
    for format in PACKINGS {
        let packed = pack(format, &kernel);
        for part in 0..40 {
            let mut short = packed[..packed.len() * part / 40].to_vec();
            short.extend((kernel.len() as u32).to_le_bytes());
            assert!(vmlinux(&bzimage(&short)).is_err(), "{format} {part}/40");
        }
    }
}

/// Runs over every kernel in the folder that `XENOLITH_TEST_KERNELS` names; real ones are too large to keep here.
#[test]
fn real_kernels_unpack() {
    let Some(folder) = std::env::var_os("XENOLITH_TEST_KERNELS") else {
        println!("skipped: XENOLITH_TEST_KERNELS names no folder");
        return;
    };
    let mut seen = 0;
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if !path.is_file()
            || !path
                .file_name()
                .unwrap()
                .to_string_lossy()
                .starts_with("vmlinuz")
        {
            continue;
        }
        let image = std::fs::read(&path).unwrap();
        let payload = Payload::find(&image).unwrap();
        let start = std::time::Instant::now();
        let kernel = vmlinux(&image).unwrap();
        println!(
            "{}: {}, {} bytes in {:?}",
            path.display(),
            payload.format,
            kernel.len(),
            start.elapsed()
        );
        assert!(kernel.len() > image.len());
        seen += 1;
    }
    assert!(seen > 0, "no vmlinuz* in the folder");
}
