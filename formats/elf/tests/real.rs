//! Kernels of distributions, which are too large to keep here: all `vmlinuz*` of the folder that
//! `XENOLITH_TEST_KERNELS` names.

use abi::features::XENFEAT_DOM0;
use elf::{Class, Image, PvLayout};

#[test]
fn every_real_kernel_can_be_dom0() {
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
        let file = std::fs::read(&path).unwrap();
        let kernel = bzimage::vmlinux(&file).unwrap();
        let image = Image::parse(&kernel).unwrap();
        let notes = image.xen_notes().unwrap();
        let layout = PvLayout::new(&image, &notes).unwrap();
        println!("{}: {notes:x?}\n{layout:x?}", path.display());
        assert_eq!(image.class(), Class::Elf64);
        assert_eq!(notes.guest_os, Some("linux"));
        assert!(
            notes.features.supports(XENFEAT_DOM0) && notes.mod_start_pfn && notes.suspend_cancel
        );
        assert_eq!(notes.l1_mfn_valid().count(), 1);
        assert!(layout.virtual_.start >= 0xffff_ffff_8000_0000 && layout.init_p2m.is_some());
        assert!(image.segments().count() >= 4);
        seen += 1;
    }
    assert!(seen > 0, "no vmlinuz* in the folder");
}
