//! No bytes make the parser panic, and what it accepts is sound.

mod common;

use common::{Kernel, note};
use elf::{Image, PvLayout};
use proptest::prelude::*;

/// Asks an image everything there is to ask.
fn ask(data: &[u8]) {
    let Ok(image) = Image::parse(data) else {
        return;
    };
    let bounds = image.physical_bounds();
    for segment in image.segments() {
        assert!(segment.bytes.len() as u64 <= segment.memory_size);
        assert_eq!(
            data.get(segment.offset..segment.offset + segment.bytes.len()),
            Some(segment.bytes)
        );
        assert!(
            bounds.start <= segment.physical
                && segment.physical + segment.memory_size <= bounds.end
        );
    }
    if let Ok(notes) = image.xen_notes() {
        let _ = notes.l1_mfn_valid().count();
        if let Ok(layout) = PvLayout::new(&image, &notes) {
            assert!(layout.virtual_.contains(&layout.entry));
        }
    }
    let _ = image.functions().count();
    let _ = image.function_at(image.entry());
}

/// A sound kernel with everything in it.
fn whole() -> Vec<u8> {
    let notes: Vec<_> = (0..20)
        .map(|kind| note(kind, &[0; 8]))
        .chain([note(13, &[1; 16]), note(10, b"dom0|!x")])
        .collect();
    let mut kernel = Kernel::new().with_notes(&notes);
    kernel.functions = vec![("one", 0x1000, 16), ("two", 0x2000, 0)];
    // A short code segment, so that most changes hit a header.
    kernel.segments[0].3.truncate(16);
    kernel.build()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(4000))]

    #[test]
    fn arbitrary_bytes(data in proptest::collection::vec(any::<u8>(), 0..400)) {
        ask(&data);
    }

    #[test]
    fn a_kernel_with_some_bytes_changed(changes in proptest::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..8)) {
        let mut data = whole();
        for (at, byte) in changes {
            let at = at.index(data.len());
            data[at] = byte;
        }
        ask(&data);
    }

    #[test]
    fn a_kernel_with_extreme_words(at in any::<prop::sample::Index>(), word in prop::sample::select(vec![0, 1, u64::MAX, u64::MAX - 7, 1 << 63, u32::MAX.into()])) {
        let mut data = whole();
        let at = at.index(data.len() - 8);
        data[at..at + 8].copy_from_slice(&word.to_le_bytes());
        ask(&data);
    }

    #[test]
    fn a_kernel_cut_short(length in any::<prop::sample::Index>()) {
        let data = whole();
        ask(&data[..length.index(data.len())]);
    }
}
