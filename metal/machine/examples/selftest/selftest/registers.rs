//! Segments, descriptor windows, floating point, debug registers, MSRs.

use super::guest::{CODE, Guest, blob};
use super::memory::pool_frame;
use super::{Outcome, Test};
use crate::expect;
use core::arch::global_asm;
use core::sync::atomic::Ordering;
use machine::{Exit, SegmentFault, Segments, cpu, fpu, msr};

pub const TESTS: &[Test] = &[
    ("segment bases go in and come out", bases),
    ("a bad selector becomes zero", bad_selector),
    ("the guest's descriptors work through the window", gdt),
    ("LDT pages are asked for by page faults", ldt),
    (
        "CR0.TS makes the guest ask for the FPU, and states stay apart",
        floating_point,
    ),
    ("XCR0 takes only what the manual allows", xcr0),
    ("an absent MSR is an answer", msrs),
];

global_asm!(
    ".pushsection .rodata.guest_code, \"a\"",
    "guest_gs: mov rax, gs:[0]; mov rbx, fs:[0]; syscall; ud2",
    "guest_load_ds: mov ds, eax; syscall; ud2",
    "guest_load_gs: mov gs, eax; syscall; ud2",
    "guest_fpu: movq xmm0, rax; syscall; movq rbx, xmm0; syscall; ud2",
    ".popsection",
);

/// A flat data segment of ring 3 with a base.
const fn data_descriptor(base: u64) -> u64 {
    0x00cf_f300_0000_ffff | (base & 0xff_ffff) << 16 | (base >> 24 & 0xff) << 56
}

fn bases() -> Outcome {
    let mut guest = Guest::new(blob!(guest_gs));
    let segments = Segments {
        fs_base: CODE + 8,
        gs_base: CODE,
        ..Segments::default()
    };
    expect!(cpu::load_segments(&segments), Ok(()));
    expect!((cpu::fs_base(), cpu::gs_base()), (CODE + 8, CODE));
    expect!(guest.run(), Exit::Syscall);
    let text = blob!(guest_gs);
    let word = |at: usize| u64::from_le_bytes(text[at..at + 8].try_into().expect("8 bytes"));
    expect!((guest.frame.rax, guest.frame.rbx), (word(0), word(8)));
    cpu::set_gs_base(0xffff_ffff_8000_0000);
    cpu::set_fs_base(1 << 63); // not canonical
    let mut saved = Segments::default();
    cpu::save_segments(&mut saved);
    expect!((saved.gs_base, saved.fs_base), (0xffff_ffff_8000_0000, 0));
    expect!(cpu::load_segments(&Segments::default()), Ok(()));
    Ok(())
}

fn bad_selector() -> Outcome {
    let _guest = Guest::new(&[]);
    let segments = Segments {
        ds: 0x1234,
        es: machine::FLAT_SS,
        fs: 0xe008,
        gs: 0xffff,
        gs_base: 5,
        ..Segments::default()
    };
    expect!(cpu::load_segments(&segments), Err(SegmentFault));
    let mut saved = Segments::default();
    cpu::save_segments(&mut saved);
    expect!(
        (saved.ds & !3, saved.es, saved.fs & !3, saved.gs & !3),
        (0, machine::FLAT_SS, 0, 0)
    );
    expect!(saved.gs_base, 5);
    expect!(cpu::set_gs_selector(0x777), Err(SegmentFault));
    expect!(cpu::gs_base(), 5);
    expect!(cpu::load_segments(&Segments::default()), Ok(()));
    Ok(())
}

fn gdt() -> Outcome {
    let mut guest = Guest::new(blob!(guest_load_ds));
    let table = pool_frame(20);
    table.zero();
    table.words()[2].store(data_descriptor(0x1234_5000), Ordering::Relaxed);
    let mut frames = [None; 14];
    frames[3] = Some(table);
    cpu::map_gdt(&frames);
    let selector = 3 << 12 | 2 << 3 | 3;
    guest.frame.rax = selector;
    expect!(guest.run(), Exit::Syscall);
    expect!(table.words()[2].load(Ordering::Relaxed) >> 40 & 1, 1); // accessed
    expect!(cpu::set_gs_selector(selector as u16), Ok(0x1234_5000));
    let mut saved = Segments::default();
    cpu::save_segments(&mut saved);
    expect!((saved.ds, saved.gs), (selector as u16, selector as u16));
    cpu::map_gdt(&[None; 14]);
    expect!(cpu::load_segments(&saved), Err(SegmentFault));
    guest = Guest::new(blob!(guest_load_ds));
    guest.frame.rax = selector;
    expect!(
        guest.run(),
        Exit::Exception {
            vector: 13,
            error: selector as u32 & !3,
            address: 0
        }
    );
    expect!(cpu::load_segments(&Segments::default()), Ok(()));
    Ok(())
}

fn ldt() -> Outcome {
    let mut guest = Guest::new(blob!(guest_load_gs));
    let table = pool_frame(21);
    table.zero();
    table.words()[1].store(data_descriptor(0x4321_0000), Ordering::Relaxed);
    cpu::load_ldt(1024);
    let selector: u64 = (512 + 1) << 3 | 4 | 3;
    guest.frame.rax = selector;
    let Exit::Exception {
        vector: 14,
        address,
        ..
    } = guest.run()
    else {
        return Err("no page fault".into());
    };
    expect!(cpu::ldt_slot_of(address), Some(1));
    expect!(cpu::ldt_slot_of(address - 4096), Some(0));
    expect!(cpu::ldt_slot_of(address + 4096), None);
    cpu::map_ldt_page(1, Some(table));
    expect!(guest.run(), Exit::Syscall);
    let mut saved = Segments::default();
    cpu::save_segments(&mut saved);
    expect!((saved.gs, saved.gs_base), (selector as u16, 0x4321_0000));
    cpu::load_ldt(0);
    expect!(cpu::load_segments(&saved), Err(SegmentFault));
    expect!(cpu::load_segments(&Segments::default()), Ok(()));
    Ok(())
}

fn floating_point() -> Outcome {
    let mut guest = Guest::new(blob!(guest_fpu));
    let mut mine = fpu::Area::new();
    fpu::restore(&mine);
    fpu::set_task_switched(true);
    guest.frame.rax = 0xabcdef;
    expect!(
        guest.run(),
        Exit::Exception {
            vector: 7,
            error: 0,
            address: 0
        }
    );
    fpu::set_task_switched(false);
    expect!(guest.run(), Exit::Syscall);
    fpu::save(&mut mine);
    fpu::restore(&fpu::Area::new());
    let mut zero = fpu::Area::new();
    fpu::save(&mut zero);
    expect!(zero.bytes()[160..168], [0; 8]);
    fpu::restore(&mine);
    expect!(guest.run(), Exit::Syscall);
    expect!(guest.frame.rbx, 0xabcdef);
    // Bytes of somebody else's are made harmless first.
    let junk = alloc::vec![0xff; mine.bytes().len()];
    mine.set_bytes(&junk);
    fpu::restore(&mine);
    fpu::restore(&fpu::Area::new());
    Ok(())
}

fn xcr0() -> Outcome {
    if fpu::supported_xcr0() == 0 {
        return Ok(());
    }
    let all = fpu::xcr0();
    expect!(all, fpu::supported_xcr0());
    for bad in [0, 2, 5, 1 << 63 | 1, 0x27] {
        expect!(fpu::set_xcr0(bad), Err(fpu::BadXcr0));
    }
    let mut area = fpu::Area::new();
    fpu::save(&mut area);
    expect!(fpu::set_xcr0(1), Ok(()));
    // An area with more than the guest has on now still loads.
    fpu::restore(&area);
    fpu::save(&mut area);
    expect!(fpu::xcr0(), 1);
    expect!(fpu::set_xcr0(all), Ok(()));
    Ok(())
}

fn msrs() -> Outcome {
    expect!(msr::read(0x277), Some(0x0000_0501_0007_0406)); // the memory types of the ABI
    expect!(msr::write(0xc000_0082, 0), None); // SYSCALL's entry is not the body's
    expect!(msr::write(0xc000_0103, 7), Some(()));
    expect!(msr::read(0xc000_0103), Some(7));
    expect!(msr::write(0xc000_0103, 0), Some(()));
    Ok(())
}
