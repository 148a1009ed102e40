//! Kernels: whatever the bytes, no answer panics and every segment lies within the file.
#![no_main]

use elf::{Image, PvLayout};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|data: &[u8]| {
    let Ok(image) = Image::parse(data) else {
        return;
    };
    for segment in image.segments() {
        assert_eq!(
            &data[segment.offset..segment.offset + segment.bytes.len()],
            segment.bytes
        );
        assert!(image.physical_bounds().contains(&segment.physical));
    }
    if let Ok(notes) = image.xen_notes() {
        let _ = notes.l1_mfn_valid().count();
        if let Ok(layout) = PvLayout::new(&image, &notes) {
            assert!(layout.virtual_.contains(&layout.entry));
        }
    }
    let _ = image.functions().count();
    let _ = image.function_at(image.entry());
});
