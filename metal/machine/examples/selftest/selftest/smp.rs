//! Several CPUs: start, kick, shootdown, locks, clocks.

use super::guest::{DATA, Guest, page_table};
use super::memory::pool_frame;
use super::{Outcome, Test, here};
use crate::expect;
use core::sync::atomic::{AtomicBool, AtomicU32, AtomicU64, Ordering};
use machine::sync::{Mutex, Rank};
use machine::{CpuId, CpuSet, Flush, Interrupt, cpu, guest, time};

pub const TESTS: &[Test] = &[
    ("all CPUs start", start),
    ("a kick ends idling", kick),
    ("a flush reaches another CPU's translations", shootdown),
    ("two CPUs that flush each other do not wait for ever", storm),
    ("a lock keeps CPUs apart", lock),
    ("the clocks of all CPUs agree", clocks),
];

static UP: AtomicU32 = AtomicU32::new(0);
static KICKED: AtomicU32 = AtomicU32::new(0);
static WORK: AtomicU32 = AtomicU32::new(0);
static DONE: AtomicU32 = AtomicU32::new(0);
static SEEN: AtomicU64 = AtomicU64::new(0);
static WRONG: AtomicBool = AtomicBool::new(false);
static SUM: Mutex<u64> = Mutex::new(Rank(1), 0);
static LAST: Mutex<u64> = Mutex::new(Rank(2), 0);

const READ: u32 = 1;
const STORM: u32 = 2;
const ADD: u32 = 3;
const CLOCK: u32 = 4;

/// What the other CPUs do: wait for a kick, do the work that is asked for.
fn other(me: CpuId) -> ! {
    UP.fetch_add(1, Ordering::SeqCst);
    if me != cpu::this() || cpu::this().0 != here() {
        WRONG.store(true, Ordering::SeqCst);
    }
    loop {
        match cpu::idle() {
            Interrupt::Kick => KICKED.fetch_add(1, Ordering::SeqCst),
            _ => continue,
        };
        match WORK.load(Ordering::SeqCst) {
            READ => {
                cpu::load_root(pool_frame(10));
                SEEN.store(guest::read_u64(DATA).unwrap_or(0), Ordering::SeqCst);
            }
            STORM => flush_often(),
            ADD => add_often(),
            CLOCK => compare_often(),
            _ => {}
        }
        DONE.fetch_add(1, Ordering::SeqCst);
    }
}

fn others() -> u32 {
    cpu::count() - 1
}

/// Lets all other CPUs do a piece of work, and waits for them while doing `mine`.
fn together(work: u32, mine: fn()) -> Outcome {
    DONE.store(0, Ordering::SeqCst);
    WORK.store(work, Ordering::SeqCst);
    for id in 1..cpu::count() {
        cpu::kick(CpuId(id));
    }
    mine();
    let end = time::now_ns() + 30_000_000_000;
    while DONE.load(Ordering::SeqCst) < others() {
        if time::now_ns() > end {
            return Err("another CPU hangs".into());
        }
        cpu::relax();
    }
    Ok(())
}

fn start() -> Outcome {
    let wanted = cpu::count();
    cpu::start_others(other);
    expect!(cpu::count(), wanted);
    let end = time::now_ns() + 5_000_000_000;
    while UP.load(Ordering::SeqCst) < others() && time::now_ns() < end {
        cpu::relax();
    }
    expect!(UP.load(Ordering::SeqCst), others());
    expect!(cpu::online(), CpuSet::first(wanted));
    expect!(WRONG.load(Ordering::SeqCst), false);
    Ok(())
}

fn kick() -> Outcome {
    let before = KICKED.load(Ordering::SeqCst);
    together(0, || {})?;
    expect!(KICKED.load(Ordering::SeqCst), before + others());
    Ok(())
}

fn shootdown() -> Outcome {
    if others() == 0 {
        return Ok(());
    }
    let _guest = Guest::new(&[]);
    let (old, new) = (pool_frame(15), pool_frame(30));
    old.words()[0].store(111, Ordering::SeqCst);
    new.words()[0].store(222, Ordering::SeqCst);
    together(READ, || {})?;
    expect!(SEEN.load(Ordering::SeqCst), 111);
    page_table().words()[1].store(new.mfn().0 << 12 | 7, Ordering::SeqCst);
    cpu::flush(&CpuSet::first(cpu::count()), Flush::Page(DATA));
    expect!(guest::read_u64(DATA), Ok(222));
    together(READ, || {})?;
    expect!(SEEN.load(Ordering::SeqCst), 222);
    Ok(())
}

fn flush_often() {
    for round in 0..200 {
        let what = if round % 3 == 0 {
            Flush::All
        } else {
            Flush::Page(DATA)
        };
        cpu::flush(&CpuSet::first(cpu::count()), what);
    }
}

fn storm() -> Outcome {
    together(STORM, flush_often)
}

fn add_often() {
    for _ in 0..2_000 {
        *SUM.lock() += 1;
    }
}

fn lock() -> Outcome {
    together(ADD, add_often)?;
    expect!(*SUM.lock(), 2_000 * u64::from(cpu::count()));
    Ok(())
}

fn compare_often() {
    for _ in 0..2_000 {
        let mut last = LAST.lock();
        let now = time::now_ns();
        if now < *last {
            WRONG.store(true, Ordering::SeqCst);
        }
        *last = now;
    }
}

fn clocks() -> Outcome {
    together(CLOCK, compare_often)?;
    expect!(WRONG.load(Ordering::SeqCst), false);
    Ok(())
}
