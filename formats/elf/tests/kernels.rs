//! Stories of kernels, good and bad.

mod common;

use abi::{elfnote::*, features::*};
use common::{Kernel, PT_LOAD, named_note, note};
use elf::{Class, Error, Image, MfnValid, PaeMode, PvLayout, Reloc};

fn notes_of_linux() -> Vec<Vec<u8>> {
    vec![
        named_note(b"GNU\0", 3, &[7; 20]),
        note(
            XEN_ELFNOTE_PHYS32_RELOC,
            &[0, 0, 0x20, 0, 0, 0, 0, 1, 0xff, 0xff, 0xff, 0x3f],
        ),
        note(XEN_ELFNOTE_PHYS32_ENTRY, &0x100_0b20_u64.to_le_bytes()),
        note(XEN_ELFNOTE_GUEST_OS, b"linux\0"),
        note(XEN_ELFNOTE_XEN_VERSION, b"xen-3.0\0"),
        note(
            XEN_ELFNOTE_VIRT_BASE,
            &0xffff_ffff_8000_0000_u64.to_le_bytes(),
        ),
        note(XEN_ELFNOTE_INIT_P2M, &0x80_0000_0000_u64.to_le_bytes()),
        note(XEN_ELFNOTE_ENTRY, &0xffff_ffff_8100_0760_u64.to_le_bytes()),
        note(
            XEN_ELFNOTE_FEATURES,
            b"!writable_page_tables|pae_pgdir_above_4gb",
        ),
        note(XEN_ELFNOTE_PAE_MODE, b"yes\0"),
        note(
            XEN_ELFNOTE_L1_MFN_VALID,
            &[1_u64, 1].map(u64::to_le_bytes).concat(),
        ),
        note(XEN_ELFNOTE_MOD_START_PFN, &1_u32.to_le_bytes()),
        note(XEN_ELFNOTE_PADDR_OFFSET, &0_u64.to_le_bytes()),
        note(XEN_ELFNOTE_SUPPORTED_FEATURES, &0x8801_u32.to_le_bytes()),
        note(XEN_ELFNOTE_LOADER, b"generic\0"),
        note(XEN_ELFNOTE_SUSPEND_CANCEL, &1_u32.to_le_bytes()),
        note(9999, b"of a later release"),
    ]
}

#[test]
fn linux_says_where_it_wants_to_be() {
    let file = Kernel::new().with_notes(&notes_of_linux()).build();
    let image = Image::parse(&file).unwrap();
    assert_eq!((image.class(), image.entry()), (Class::Elf64, 0x100_0000));

    let segments: Vec<_> = image.segments().collect();
    assert_eq!(segments.len(), 1);
    assert_eq!(
        (segments[0].physical, segments[0].memory_size),
        (0x100_0000, 0x3000)
    );
    assert_eq!(
        (segments[0].bytes.len(), segments[0].bytes[0]),
        (0x1000, 0xf4)
    );
    assert_eq!(image.physical_bounds(), 0x100_0000..0x100_3000);

    let notes = image.xen_notes().unwrap();
    assert_eq!(
        (notes.guest_os, notes.loader),
        (Some("linux"), Some("generic"))
    );
    assert_eq!(notes.pae_mode, Some(PaeMode::Yes));
    assert_eq!(notes.phys32_entry, Some(0x100_0b20));
    assert_eq!(
        notes.phys32_reloc,
        Some(Reloc {
            align: Some(0x20_0000),
            min: 0x100_0000,
            max: 0x3fff_ffff
        })
    );
    assert!(notes.suspend_cancel && notes.mod_start_pfn && !notes.bsd_symtab);
    assert!(notes.features.supports(XENFEAT_DOM0));
    assert_eq!(notes.features.required, 1 << XENFEAT_WRITABLE_PAGE_TABLES);
    assert_eq!(
        notes.l1_mfn_valid().collect::<Vec<_>>(),
        [MfnValid { mask: 1, value: 1 }]
    );

    let layout = PvLayout::new(&image, &notes).unwrap();
    assert_eq!(layout.entry, 0xffff_ffff_8100_0760);
    assert_eq!(
        layout.virtual_,
        0xffff_ffff_8100_0000..0xffff_ffff_8100_3000
    );
    assert_eq!(layout.init_p2m, Some(0x80_0000_0000));
}

#[test]
fn an_old_kernel_wrote_virtual_addresses_where_physical_ones_belong() {
    let base = 0xffff_ffff_8000_0000_u64;
    let mut kernel = Kernel::new();
    kernel.segments[0].1 = base + 0x20_0000;
    let notes = [
        note(XEN_ELFNOTE_VIRT_BASE, &base.to_le_bytes()),
        note(XEN_ELFNOTE_PADDR_OFFSET, &base.to_le_bytes()),
        note(XEN_ELFNOTE_ENTRY, &(base + 0x20_0000).to_le_bytes()),
    ];
    let file = kernel.with_notes(&notes).build();
    let image = Image::parse(&file).unwrap();
    let layout = PvLayout::new(&image, &image.xen_notes().unwrap()).unwrap();
    assert_eq!(layout.physical, 0x20_0000..0x20_3000);
    assert_eq!(layout.virtual_.start, base + 0x20_0000);
    assert_eq!(layout.physical_of(base + 0x20_1000), Some(0x20_1000));
}

#[test]
fn firmware_of_32_bits_loads_but_is_no_pv_kernel() {
    let kernel = Kernel {
        wide: false,
        entry: 0x10_0000,
        segments: vec![(PT_LOAD, 0x10_0000, 0x10_0000, vec![1; 64], 4096)],
        functions: Vec::new(),
    };
    let file = kernel.build();
    let image = Image::parse(&file).unwrap();
    assert_eq!((image.class(), image.entry()), (Class::Elf32, 0x10_0000));
    assert_eq!(image.physical_bounds(), 0x10_0000..0x10_1000);
    let notes = image.xen_notes().unwrap();
    assert_eq!(PvLayout::new(&image, &notes), Err(Error::NoNotes));
}

#[test]
fn a_backtrace_finds_the_function_that_an_address_lies_in() {
    let mut kernel = Kernel::new();
    kernel.functions = vec![
        ("second", 0x2000, 0x100),
        ("first", 0x1000, 0x10),
        ("entry", 0x1800, 0),
    ];
    let file = kernel.build();
    let image = Image::parse(&file).unwrap();
    let name = |address| image.function_at(address).map(|function| function.name);
    assert_eq!(name(0x1008), Some("first"));
    assert_eq!(name(0x1010), None);
    assert_eq!(name(0x1900), Some("entry"));
    assert_eq!(name(0x20ff), Some("second"));
    assert_eq!(name(0xfff), None);
}

#[test]
fn what_is_no_kernel_is_named() {
    assert_eq!(Image::parse(b"").unwrap_err(), Error::NotElf);
    assert_eq!(
        Image::parse(b"#!/bin/sh\necho this is a script").unwrap_err(),
        Error::NotElf
    );
    let file = Kernel::new().build();
    let patched = |at: usize, byte: u8| {
        let mut file = file.clone();
        file[at] = byte;
        Image::parse(&file).unwrap_err()
    };
    assert_eq!(patched(5, 2), Error::NotLittleEndian);
    assert_eq!(patched(16, 1), Error::Kind(1));
    assert_eq!(patched(18, 183), Error::Machine(183));
    assert_eq!(Image::parse(&file[..70]).unwrap_err(), Error::Headers);
    assert_eq!(
        Image::parse(&file[..file.len() - 1]).unwrap_err(),
        Error::SegmentTruncated(0)
    );
}

#[test]
fn segments_that_lie_are_refused() {
    let with = |segment: (u32, u64, u64, Vec<u8>, u64)| {
        let mut kernel = Kernel::new();
        kernel.segments.push(segment);
        Image::parse(&kernel.build()).unwrap_err()
    };
    assert_eq!(
        with((PT_LOAD, 0x1000, 0, vec![0; 16], 15)),
        Error::SegmentSize(1)
    );
    assert_eq!(
        with((PT_LOAD, u64::MAX - 10, 0, vec![0; 16], 16)),
        Error::SegmentAddress(1)
    );
    assert_eq!(
        with((PT_LOAD, 0, u64::MAX - 10, vec![0; 16], 16)),
        Error::SegmentAddress(1)
    );
    let mut empty = Kernel::new();
    empty.segments.clear();
    assert_eq!(Image::parse(&empty.build()).unwrap_err(), Error::NoSegments);
}

#[test]
fn notes_that_lie_are_refused() {
    let with = |notes: &[Vec<u8>]| {
        let file = Kernel::new().with_notes(notes).build();
        Image::parse(&file)
            .unwrap()
            .xen_notes()
            .map(|notes| notes.count)
    };
    assert_eq!(
        with(&[note(XEN_ELFNOTE_ENTRY, &[1, 2, 3])]),
        Err(Error::NoteNumber(XEN_ELFNOTE_ENTRY))
    );
    assert_eq!(
        with(&[note(XEN_ELFNOTE_GUEST_OS, &[0xff, 0])]),
        Err(Error::NoteText(XEN_ELFNOTE_GUEST_OS))
    );
    assert_eq!(
        with(&[note(XEN_ELFNOTE_PAE_MODE, b"perhaps\0")]),
        Err(Error::NoteValue(XEN_ELFNOTE_PAE_MODE))
    );
    assert_eq!(
        with(&[note(XEN_ELFNOTE_PHYS32_RELOC, &3_u32.to_le_bytes())]),
        Err(Error::NoteValue(18 + 1))
    );
    assert_eq!(
        with(&[note(XEN_ELFNOTE_L1_MFN_VALID, &[0; 8])]),
        Err(Error::NoteNumber(XEN_ELFNOTE_L1_MFN_VALID))
    );
    let mut cut = note(XEN_ELFNOTE_ENTRY, &[0; 8]);
    cut.truncate(20);
    assert_eq!(with(&[cut]), Err(Error::NoteTruncated));
    assert_eq!(
        with(&[[u32::MAX; 3].map(u32::to_le_bytes).concat()]),
        Err(Error::NoteTruncated)
    );
    // Not ours: whatever it holds.
    assert_eq!(
        with(&[named_note(b"GNU\0", XEN_ELFNOTE_ENTRY, &[1, 2, 3])]),
        Ok(0)
    );
}

#[test]
fn a_layout_that_cannot_be_is_refused() {
    let with = |notes: &[Vec<u8>]| {
        let file = Kernel::new().with_notes(notes).build();
        let image = Image::parse(&file).unwrap();
        PvLayout::new(&image, &image.xen_notes().unwrap()).unwrap_err()
    };
    let number = |kind, value: u64| note(kind, &value.to_le_bytes());
    assert_eq!(
        with(&[number(XEN_ELFNOTE_ENTRY, 0x5000)]),
        Error::Entry(0x5000)
    );
    assert_eq!(
        with(&[number(XEN_ELFNOTE_VIRT_BASE, u64::MAX - 0x100_0000)]),
        Error::KernelAddress
    );
    assert_eq!(
        with(&[number(XEN_ELFNOTE_PADDR_OFFSET, 0x200_0000)]),
        Error::KernelAddress
    );
    assert_eq!(
        with(&[number(XEN_ELFNOTE_HYPERCALL_PAGE, 0x100_2800)]),
        Error::Entry(0x100_2800)
    );
    assert_eq!(
        with(&[number(XEN_ELFNOTE_INIT_P2M, 0x100_1000)]),
        Error::Overlap("its p2m list")
    );
}
