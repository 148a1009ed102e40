//! No bytes make the unpackers panic or allocate beyond what was allowed.

mod common;

use std::sync::LazyLock;

use bzimage::{Payload, vmlinux};
use common::{PACKINGS, bzimage, kernel, pack, xz};
use lzma_rust2::CheckType;
use proptest::prelude::*;

fn ask(image: &[u8]) {
    if let Ok(payload) = Payload::find(image) {
        // Small, so that a promise of gigabytes costs nothing.
        if let Ok(kernel) = payload.unpack(1 << 20) {
            assert_eq!(kernel.len(), payload.size);
            assert!(kernel.starts_with(b"\x7fELF"));
        }
    }
}

/// Small images of every kind, to be damaged.
static SAMPLES: LazyLock<Vec<Vec<u8>>> = LazyLock::new(|| {
    let kernel = kernel(3000);
    let mut samples: Vec<_> = PACKINGS
        .iter()
        .map(|format| pack(*format, &kernel))
        .collect();
    for (check, x86) in [(CheckType::None, false), (CheckType::None, true)] {
        let mut packed = xz(&kernel, check, x86, None);
        packed.extend((kernel.len() as u32).to_le_bytes());
        samples.push(packed);
    }
    samples
});

proptest! {
    #![proptest_config(ProptestConfig::with_cases(1500))]

    #[test]
    fn arbitrary_bytes(data in proptest::collection::vec(any::<u8>(), 0..2000)) {
        ask(&data);
        ask(&bzimage(&data));
        let _ = vmlinux(&data);
    }

    #[test]
    fn arbitrary_bytes_behind_each_magic(
        which in 0..PACKINGS.len(),
        keep in 2_usize..40,
        data in proptest::collection::vec(any::<u8>(), 4..600),
        size in 0_u32..100_000,
    ) {
        let mut packed = SAMPLES[which].clone();
        packed.truncate(keep);
        packed.extend(data);
        packed.extend(size.to_le_bytes());
        ask(&bzimage(&packed));
    }

    #[test]
    fn an_image_with_some_bytes_changed(
        which in 0..PACKINGS.len() + 2,
        changes in proptest::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..6),
    ) {
        let mut packed = SAMPLES[which].clone();
        for (at, byte) in changes {
            let at = at.index(packed.len());
            packed[at] = byte;
        }
        ask(&bzimage(&packed));
    }

    #[test]
    fn a_header_with_some_bytes_changed(
        changes in proptest::collection::vec((0x1f0_usize..0x260, any::<u8>()), 1..6),
    ) {
        let mut image = bzimage(&SAMPLES[0]);
        for (at, byte) in changes {
            image[at] = byte;
        }
        ask(&image);
    }
}
