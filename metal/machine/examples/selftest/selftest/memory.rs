//! Frames, the pool, the machine-to-physical table, the heap.

use super::{Outcome, Test};
use crate::expect;
use alloc::vec::Vec;
use core::sync::atomic::Ordering;
use machine::frame::Frame;
use machine::{Mfn, OutOfRange, m2p, memory};

pub const TESTS: &[Test] = &[
    ("the heap gives and takes", heap),
    ("a table outside the heap is zero and ours", table),
    ("only pool frames have a handle", frames),
    ("reads and writes stay in the frame", ranges),
    (
        "the machine-to-physical table remembers RAM only",
        table_of_frames,
    ),
    ("memory is accounted for", accounting),
];

/// The n-th frame of the pool's last range, for the tests' use.
pub fn pool_frame(n: u64) -> Frame {
    let range = memory::pool()
        .iter()
        .max_by_key(|range| range.end - range.start)
        .expect("there is memory");
    Frame::new(Mfn(range.start + n)).expect("it is in the pool")
}

fn heap() -> Outcome {
    let mut lists: Vec<Vec<u64>> = (0..100).map(|size| (0..size * 10).collect()).collect();
    lists.retain(|list| list.len() % 20 == 0);
    expect!(lists.iter().map(|list| list.len()).sum::<usize>(), 24_500);
    expect!(
        lists
            .iter()
            .all(|list| list.iter().copied().eq(0..list.len() as u64)),
        true
    );
    Ok(())
}

fn table() -> Outcome {
    let table: &[core::sync::atomic::AtomicU64] = memory::table(1_000_000);
    expect!(
        table.iter().all(|entry| entry.load(Ordering::Relaxed) == 0),
        true
    );
    table[999_999].store(7, Ordering::Relaxed);
    expect!(table[999_999].load(Ordering::Relaxed), 7);
    Ok(())
}

fn frames() -> Outcome {
    expect!(Frame::new(Mfn(0)), None);
    expect!(Frame::new(Mfn(0x200)), None); // our image
    expect!(Frame::new(Mfn(u64::MAX)), None);
    expect!(Frame::new(Mfn(memory::max_mfn())), None);
    for range in memory::pool() {
        for mfn in [range.start, range.end - 1] {
            let frame = Frame::new(Mfn(mfn)).ok_or("a pool frame has no handle")?;
            frame.zero();
            frame.words()[511].store(mfn, Ordering::Relaxed);
            expect!(
                frame
                    .atomic_u64(4088)
                    .map(|word| word.load(Ordering::Relaxed)),
                Some(mfn)
            );
        }
    }
    expect!(memory::is_mmio(Mfn(0xb8)), true);
    expect!(memory::is_mmio(Mfn(0xfee00)), false);
    expect!(memory::is_mmio_ro(Mfn(0xfee00)), true);
    expect!(memory::is_mmio(pool_frame(0).mfn()), false);
    Ok(())
}

fn ranges() -> Outcome {
    let (one, two) = (pool_frame(0), pool_frame(1));
    one.zero();
    two.zero();
    expect!(one.write(4090, b"abcdef"), Ok(()));
    expect!(one.write(4091, b"abcdef"), Err(OutOfRange));
    expect!(two.copy_range(10, one, 4090, 6), Ok(()));
    expect!(two.copy_range(usize::MAX, one, 0, 2), Err(OutOfRange));
    let mut bytes = [0; 8];
    expect!(two.read(9, &mut bytes), Ok(()));
    expect!(&bytes, b"\0abcdef\0");
    expect!(one.atomic_u32(2).is_none(), true);
    expect!(one.atomic_u16(4094).is_some(), true);
    expect!(one.atomic_u64(4096).is_none(), true);
    Ok(())
}

fn table_of_frames() -> Outcome {
    let mfn = pool_frame(3).mfn();
    expect!(m2p::get(mfn), m2p::INVALID);
    m2p::set(mfn, 42);
    expect!(m2p::get(mfn), 42);
    // SAFETY: this is the address at which guests read the table; SMAP would forbid it, so by a copy.
    let mut bytes = [0; 8];
    expect!(
        machine::guest::copy_from(&mut bytes, m2p::ADDRESS + mfn.0 * 8).is_err(),
        true
    );
    m2p::set(Mfn(1 << 39), 1);
    expect!(m2p::get(Mfn(1 << 39)), m2p::INVALID);
    Ok(())
}

fn accounting() -> Outcome {
    let pool: u64 = memory::pool()
        .iter()
        .map(|range| range.end - range.start)
        .sum();
    let (total, private) = (memory::total_pages(), memory::private_pages());
    // What is in neither is below 1 MiB or holds modules.
    expect!(
        total >= pool + private && total - pool - private < 0x1000,
        true
    );
    Ok(())
}
