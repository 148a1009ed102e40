//! A guest of two pages, and the copies to and from it.

use super::memory::pool_frame;
use super::{Outcome, Test};
use crate::expect;
use core::sync::atomic::Ordering;
use machine::frame::Frame;
use machine::{Exit, FLAT_CS64, FLAT_SS, Fault, GuestFrame, HYPERVISOR_START, cpu, guest};

pub const TESTS: &[Test] = &[
    ("copies reach the guest and stop where it ends", copies),
    ("words are read and written at once", words),
    ("a read-only page refuses a copy", read_only),
    ("the hypervisor's addresses are nobody's to copy", forbidden),
];

/// Address of the guest's code page.
pub const CODE: u64 = 0x40_0000;
/// Address of its data page.
pub const DATA: u64 = 0x40_1000;
/// Top of its stack, in the data page.
pub const STACK_TOP: u64 = 0x40_2000;

/// The bytes between a label and its `_end`.
macro_rules! blob {
    ($label:ident) => {{
        unsafe extern "C" {
            safe static $label: u8;
        }
        // The end label is looked for by the assembler's own arithmetic: code is short, so 64 bytes are taken.
        let start = &raw const $label;
        // SAFETY: [IMAGE] the label is in .rodata, and more than 64 bytes of the image stand behind it.
        unsafe { core::slice::from_raw_parts(start, 64) }
    }};
}
pub(super) use blob;

/// A guest in ring 3.
pub struct Guest {
    pub frame: GuestFrame,
}

/// The page table that maps the two pages.
pub fn page_table() -> Frame {
    pool_frame(13)
}

impl Guest {
    /// Makes page tables from pool frames 10 to 15 and loads them.
    pub fn new(code: &[u8]) -> Guest {
        let [l4, l3, l2, l1, text, data] = [10, 11, 12, 13, 14, 15].map(pool_frame);
        // The last guest's tables are written to again: they must not be in use meanwhile.
        cpu::load_idle_root();
        for frame in [l4, l3, l2, l1, text, data] {
            frame.zero();
        }
        let set = |table: Frame, index: usize, target: Frame, flags: u64| {
            table.words()[index].store(target.mfn().0 << 12 | flags, Ordering::Relaxed);
        };
        set(l4, 0, l3, 7);
        set(l3, 0, l2, 7);
        set(l2, 2, l1, 7);
        set(l1, 0, text, 5);
        set(l1, 1, data, 7);
        text.write(0, code).expect("it fits");
        cpu::prepare_root(l4);
        cpu::load_root(l4);
        cpu::flush_local();
        let frame = GuestFrame {
            rip: CODE,
            cs: FLAT_CS64.into(),
            rflags: 0x202,
            rsp: STACK_TOP,
            ss: FLAT_SS.into(),
            ..GuestFrame::ZERO
        };
        Guest { frame }
    }

    pub fn run(&mut self) -> Exit {
        cpu::run_guest(&mut self.frame)
    }
}

fn copies() -> Outcome {
    let _guest = Guest::new(&[]);
    expect!(guest::copy_to(DATA + 100, b"hello"), Ok(()));
    let mut back = [0; 5];
    expect!(guest::copy_from(&mut back, DATA + 100), Ok(()));
    expect!(&back, b"hello");
    // The page after the data is not there: 16 bytes fit.
    let mut long = [7; 40];
    expect!(
        guest::copy_from(&mut long, STACK_TOP - 16),
        Err(Fault { copied: 16 })
    );
    expect!(
        guest::copy_to(STACK_TOP - 16, &long),
        Err(Fault { copied: 16 })
    );
    expect!(guest::copy_to(0, b"x"), Err(Fault { copied: 0 }));
    expect!(guest::zero(DATA, 4096), Ok(()));
    expect!(guest::zero(DATA + 4000, 1000), Err(Fault { copied: 96 }));
    expect!(
        guest::copy_from(&mut [], 0xffff_8000_0000_0000).is_err(),
        true
    );
    Ok(())
}

fn words() -> Outcome {
    let _guest = Guest::new(&[]);
    expect!(guest::write_u64(DATA, 0x1122_3344_5566_7788), Ok(()));
    expect!(guest::read_u32(DATA + 4), Ok(0x1122_3344));
    expect!(guest::read_u8(DATA + 1), Ok(0x77));
    expect!(guest::write_u32(DATA + 8, 5), Ok(()));
    expect!(guest::read_u64(DATA + 8), Ok(5));
    expect!(guest::read_u64(STACK_TOP - 4), Err(Fault { copied: 0 }));
    expect!(guest::write_u64(STACK_TOP, 1), Err(Fault { copied: 0 }));
    expect!(guest::write_u8(STACK_TOP, 1), Err(Fault { copied: 0 }));
    Ok(())
}

fn read_only() -> Outcome {
    let _guest = Guest::new(b"code");
    expect!(guest::write_u64(CODE, 0), Err(Fault { copied: 0 }));
    expect!(guest::read_u8(CODE), Ok(b'c'));
    // Made writable without a flush, as guests may: the old translation must not stay in the way.
    let entry = &page_table().words()[0];
    entry.fetch_or(2, Ordering::Relaxed);
    expect!(guest::write_u8(CODE, b'm'), Ok(()));
    expect!(guest::read_u8(CODE), Ok(b'm'));
    Ok(())
}

fn forbidden() -> Outcome {
    let _guest = Guest::new(&[]);
    for address in [
        HYPERVISOR_START,
        HYPERVISOR_START + (6 << 39),
        0xffff_87ff_ffff_ffff,
        0x7fff_ffff_ffff,
        1 << 63,
        u64::MAX - 3,
    ] {
        expect!(guest::read_u64(address), Err(Fault { copied: 0 }));
        expect!(guest::copy_to(address, &[0; 9]), Err(Fault { copied: 0 }));
    }
    Ok(())
}
