//! CPUs: one thread plays them in turn, and scripts play the guests that run on them.
//!
//! Always: interrupts reach a CPU only in [`run_guest`] and [`idle`]; a wait that nothing can end is found and ends the
//! test.

use crate::world::{self, THIS, local, locked, processor};
use crate::{fpu, time};
use core::sync::atomic::{AtomicBool, Ordering};
use std::collections::{BTreeMap, VecDeque};
use std::sync::{Arc, Mutex};
use types::{FLAT_CS64, FLAT_SS, HYPERVISOR_END, HYPERVISOR_SLOTS, HYPERVISOR_START};

pub use crate::frame::Frame;
pub use types::{
    AtomicCpuSet, CpuId, CpuSet, Exit, Flush, GuestFrame, Interrupt, MAX_CPUS, SYSCALL_VECTOR,
    SegmentFault, Segments,
};

/// Where a CPU's descriptor tables would be; each CPU has its own.
const LDT_WINDOWS: u64 = HYPERVISOR_START + (10 << 39);
const LDT_STRIDE: u64 = 1 << 20;
/// What an idle CPU waits if it has no timer.
const NAP_NS: u64 = 1_000_000;
/// Bytes of the SYSCALL instruction.
const SYSCALL_LEN: u64 = 2;

/// The state of a CPU.
pub(crate) struct Processor {
    root: Option<Frame>,
    segments: Segments,
    gdt: [Option<Frame>; 14],
    ldt: [Option<Frame>; 16],
    ldt_entries: u32,
    debug: [u64; 8],
    kicked: bool,
    pub(crate) devices: VecDeque<u8>,
    pub(crate) deadline_ns: Option<u64>,
    pub(crate) msrs: BTreeMap<u32, u64>,
    pub(crate) fpu: Vec<u8>,
    pub(crate) xcr0: u64,
    pub(crate) task_switched: bool,
    /// Ranks of the locks that it holds.
    pub(crate) ranks: Vec<u8>,
}

impl Processor {
    pub(crate) fn new() -> Processor {
        Processor {
            root: None,
            segments: Segments::default(),
            gdt: [None; 14],
            ldt: [None; 16],
            ldt_entries: 0,
            debug: [0, 0, 0, 0, 0, 0, 0xffff_0ff0, 0x400],
            kicked: false,
            devices: VecDeque::new(),
            deadline_ns: None,
            msrs: BTreeMap::new(),
            fpu: fpu::reset_state(),
            xcr0: fpu::supported_xcr0(),
            task_switched: false,
            ranks: Vec::new(),
        }
    }

    /// The interrupt that waits, which is taken.
    fn take_interrupt(&mut self) -> Option<Interrupt> {
        if self
            .deadline_ns
            .is_some_and(|deadline| deadline <= time::peek_ns())
        {
            self.deadline_ns = None;
            return Some(Interrupt::Timer);
        }
        if core::mem::take(&mut self.kicked) {
            return Some(Interrupt::Kick);
        }
        self.devices.pop_front().map(Interrupt::Device)
    }
}

/// The CPU whose turn it is.
#[must_use]
pub fn this() -> CpuId {
    CpuId(THIS.load(Ordering::Relaxed))
}

/// Gives the turn to a CPU; whose turn it was.
pub fn become_cpu(cpu: CpuId) -> CpuId {
    assert!(cpu.0 < count(), "{cpu:?} is not there");
    CpuId(THIS.swap(cpu.0, Ordering::Relaxed))
}

/// How many CPUs there are.
#[must_use]
pub fn count() -> u32 {
    world::config().cpus
}

/// The CPUs that have come up: all, from the start.
#[must_use]
pub fn online() -> CpuSet {
    CpuSet::first(count())
}

/// The other CPUs do not run by themselves: a test gives them turns.
pub fn start_others(_entry: fn(CpuId) -> !) {}

/// CR0 as the hypervisor runs, but for TS.
#[must_use]
pub fn cr0() -> u64 {
    0x8005_0033
}

/// CR4 as the hypervisor and its guests run.
#[must_use]
pub fn cr4() -> u64 {
    0x0034_06f0
}

// ---- Running and waiting.

/// What guests do. One script plays them all: it asks the body which vCPU this CPU runs.
pub trait Guest: Send + Sync {
    /// The guest's next step, from the registers that it has to the ones that it leaves the guest with. `rip` is the
    /// address of the instruction that exits.
    fn step(&self, frame: &mut GuestFrame) -> Exit;
}

static GUEST: Mutex<Option<Arc<dyn Guest>>> = Mutex::new(None);

/// Says who plays the guests.
pub fn play(guest: Arc<dyn Guest>) {
    *locked(&GUEST) = Some(guest);
}

/// Runs the guest until it or something else wants the hypervisor.
pub fn run_guest(frame: &mut GuestFrame) -> Exit {
    if let Some(interrupt) = local().take_interrupt() {
        return Exit::Interrupt(interrupt);
    }
    if !is_canonical(frame.rip) || frame.cs < 4 || frame.ss < 4 {
        return Exit::ReturnFault;
    }
    let guest = locked(&GUEST).clone();
    let Some(guest) = guest else {
        time::advance(NAP_NS);
        return Exit::Interrupt(Interrupt::Spurious);
    };
    let exit = guest.step(frame);
    match exit {
        Exit::Syscall => {
            frame.entry_vector = SYSCALL_VECTOR;
            frame.rip = frame.rip.wrapping_add(SYSCALL_LEN);
            (frame.rcx, frame.r11) = (frame.rip, frame.rflags);
            (frame.cs, frame.ss) = (FLAT_CS64.into(), FLAT_SS.into());
        }
        Exit::Exception { vector, error, .. } => {
            frame.entry_vector = vector.into();
            frame.error_code = error;
        }
        _ => frame.entry_vector = 0,
    }
    exit
}

/// Waits for an interrupt: time goes by until this CPU's timer is due, or for a while.
pub fn idle() -> Interrupt {
    let mut local = local();
    if let Some(interrupt) = local.take_interrupt() {
        return interrupt;
    }
    let until = local
        .deadline_ns
        .map_or(NAP_NS, |deadline| deadline.saturating_sub(time::peek_ns()));
    time::advance(until.min(NAP_NS));
    local.take_interrupt().unwrap_or(Interrupt::Spurious)
}

/// Makes another CPU leave its guest or its idling.
pub fn kick(cpu: CpuId) {
    if let Some(mut processor) = processor(cpu) {
        processor.kicked = true;
    }
}

type Hook = fn();
static RELAX: Mutex<Option<Hook>> = Mutex::new(None);
static RELAXING: AtomicBool = AtomicBool::new(false);

/// What to do while a CPU waits for another one: give the others a turn.
pub fn on_relax(hook: fn()) {
    *locked(&RELAX) = Some(hook);
}

/// One step of waiting for another CPU.
pub fn relax() {
    let hook = *locked(&RELAX);
    // A wait within a wait cannot give turns any more; the outer one goes on when it is over.
    if let Some(hook) = hook
        && !RELAXING.swap(true, Ordering::Relaxed)
    {
        let _reset = Reset(become_cpu(this()));
        hook();
    }
}

/// Gives the turn back after a wait's hook, even if that panicked.
struct Reset(CpuId);

impl Drop for Reset {
    fn drop(&mut self) {
        become_cpu(self.0);
        RELAXING.store(false, Ordering::Relaxed);
    }
}

/// How often something is tried before it is called a deadlock.
pub(crate) struct Patience(u32);

impl Patience {
    pub(crate) fn new() -> Patience {
        Patience(100_000)
    }

    pub(crate) fn wait(&mut self, what: &str) {
        assert!(self.0 > 0, "CPU {} waits for {what} for ever", this().0);
        self.0 -= 1;
        relax();
        // Another test's thread may have it.
        std::thread::yield_now();
    }
}

// ---- Address spaces.

/// Writes the hypervisor's 16 entries into a frame that becomes a top-level page table.
pub fn prepare_root(root: Frame) {
    for slot in HYPERVISOR_SLOTS {
        root.words()[slot].store(root_entry(slot), Ordering::Relaxed);
    }
}

/// The hypervisor's entry for a slot of every root; 0 for a slot that is not the hypervisor's. They lead to a frame of
/// the firmware's, that no guest has, without the right of ring 3.
#[must_use]
pub fn root_entry(slot: usize) -> u64 {
    if HYPERVISOR_SLOTS.contains(&slot) {
        (slot as u64 & 0xff) << 12 | 0x23
    } else {
        0
    }
}

/// Loads a top-level page table that went through [`prepare_root`].
pub fn load_root(root: Frame) {
    for slot in HYPERVISOR_SLOTS {
        let entry = root.words()[slot].load(Ordering::Relaxed);
        assert_eq!(
            entry,
            root_entry(slot),
            "{root:?} is not a root, or its slot {slot} was changed"
        );
    }
    local().root = Some(root);
}

/// Loads the root that maps no guest.
pub fn load_idle_root() {
    local().root = None;
}

/// Loads the current root again.
pub fn reload_root() {
    let root = local().root;
    if let Some(root) = root {
        load_root(root);
    }
}

/// The guest root that is loaded; `None` for the idle root.
#[must_use]
pub fn current_root() -> Option<Frame> {
    local().root
}

/// The guest root that some CPU has loaded.
#[must_use]
pub fn root_of(cpu: CpuId) -> Option<Frame> {
    processor(cpu)?.root
}

/// Takes one page out of this CPU's TLB, which it does not have.
pub fn invlpg(_address: u64) {}

/// Empties this CPU's caches, which it does not have.
pub fn flush_caches() {}

/// Takes everything out of this CPU's TLB, which it does not have.
pub fn flush_local() {}

/// Flushes on all CPUs of a set.
pub fn flush(_cpus: &CpuSet, _what: Flush) {}

// ---- Segments.

fn is_canonical(address: u64) -> bool {
    !(0x0000_8000_0000_0000..0xffff_8000_0000_0000).contains(&address)
}

fn canonical(address: u64) -> u64 {
    if is_canonical(address) { address } else { 0 }
}

/// The base of FS.
#[must_use]
pub fn fs_base() -> u64 {
    local().segments.fs_base
}

/// Sets the base of FS; an address that is not canonical becomes 0.
pub fn set_fs_base(base: u64) {
    local().segments.fs_base = canonical(base);
}

/// The base of GS that the guest sees.
#[must_use]
pub fn gs_base() -> u64 {
    local().segments.gs_base
}

/// Sets the base of GS that the guest sees; an address that is not canonical becomes 0.
pub fn set_gs_base(base: u64) {
    local().segments.gs_base = canonical(base);
}

/// What a selector names: nothing if null, a flat segment of ours, a descriptor of the guest's. `None`: a fault.
fn base_of(processor: &Processor, selector: u16) -> Option<u64> {
    const FLAT_DATA: u16 = FLAT_SS | 3;
    match selector | 3 {
        3 | FLAT_DATA => Some(0),
        _ => {
            let index = usize::from(selector >> 3);
            let is_local = selector & 4 != 0;
            let page = if is_local {
                (index < processor.ldt_entries as usize)
                    .then(|| processor.ldt.get(index / 512))
                    .flatten()
            } else {
                processor.gdt.get(index / 512)
            };
            let descriptor = page.copied().flatten()?.words()[index % 512].load(Ordering::Relaxed);
            // Present, code or data, ring 3.
            let fine =
                descriptor >> 47 & 1 != 0 && descriptor >> 44 & 1 != 0 && descriptor >> 45 & 3 == 3;
            fine.then_some((descriptor >> 16 & 0xff_ffff) | (descriptor >> 56) << 24)
        }
    }
}

/// Reads what is not in the frame. `gs_base_other` is the body's and is left alone.
pub fn save_segments(segments: &mut Segments) {
    let gs_base_other = segments.gs_base_other;
    *segments = Segments {
        gs_base_other,
        ..local().segments
    };
}

/// Loads what is not in the frame. All is loaded even if a selector is bad.
pub fn load_segments(segments: &Segments) -> Result<(), SegmentFault> {
    let mut local = local();
    let mut fine = true;
    let mut load = |selector: u16| {
        let loads = base_of(&local, selector).is_some();
        fine &= loads;
        if loads { selector } else { 0 }
    };
    let loaded = Segments {
        ds: load(segments.ds),
        es: load(segments.es),
        fs: load(segments.fs),
        gs: load(segments.gs),
        fs_base: canonical(segments.fs_base),
        gs_base: canonical(segments.gs_base),
        gs_base_other: 0,
    };
    local.segments = loaded;
    if fine { Ok(()) } else { Err(SegmentFault) }
}

/// Loads the GS selector and gives the base that it brings; the guest's active base stays.
pub fn set_gs_selector(selector: u16) -> Result<u64, SegmentFault> {
    let mut local = local();
    let base = base_of(&local, selector);
    local.segments.gs = if base.is_some() { selector } else { 0 };
    base.ok_or(SegmentFault)
}

// ---- Descriptor windows.

/// Puts the guest's 14 GDT pages into this CPU's window.
pub fn map_gdt(frames: &[Option<Frame>; 14]) {
    local().gdt = *frames;
}

/// Loads an LDT of so many entries; all pages that were mapped before are taken out.
pub fn load_ldt(entries: u32) {
    let mut local = local();
    local.ldt_entries = entries.min(8192);
    local.ldt = [None; 16];
}

/// Puts a frame into the LDT window, or takes it out.
pub fn map_ldt_page(slot: usize, frame: Option<Frame>) {
    if let Some(page) = local().ldt.get_mut(slot) {
        *page = frame;
    }
}

/// The LDT page at an address of this CPU's window.
#[must_use]
pub fn ldt_slot_of(address: u64) -> Option<usize> {
    let start = LDT_WINDOWS + u64::from(this().0) * LDT_STRIDE;
    let entries = u64::from(local().ldt_entries);
    (start..start + entries * 8)
        .contains(&address)
        .then(|| ((address - start) >> 12) as usize)
}

// ---- Debug registers.

/// Reads DR0 to DR3, DR6 or DR7; others read 0.
#[must_use]
pub fn debug_register(number: usize) -> u64 {
    match number {
        0..=3 | 6 | 7 => local().debug[number],
        _ => 0,
    }
}

/// Writes DR0 to DR3, DR6 or DR7. An address of the hypervisor's becomes 0.
pub fn set_debug_register(number: usize, value: u64) {
    let value = match number {
        0..=3 if (HYPERVISOR_START..HYPERVISOR_END).contains(&value) => 0,
        0..=3 => value,
        6 => value & 0xe00f | 0xffff_0ff0,
        7 => value & 0xffff_03ff | 0x400,
        _ => return,
    };
    local().debug[number] = value;
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;
    use crate::{Mfn, guest};
    use std::sync::MutexGuard;

    /// The machine is one: tests that use its CPUs take turns.
    pub(crate) fn turn() -> MutexGuard<'static, ()> {
        static TURN: Mutex<()> = Mutex::new(());
        locked(&TURN)
    }

    fn frame(mfn: u64) -> Frame {
        Frame::new(Mfn(mfn)).expect("in the pool")
    }

    /// Tables at frames 0x200 to 0x203 that map one page, with these rights in the last of them.
    fn map(page: Frame, rights: u64) {
        for (level, mfn) in (0x200..0x203).enumerate() {
            let _top_to_bottom = level;
            frame(mfn).zero();
            frame(mfn).words()[0].store((mfn + 1) << 12 | 7, Ordering::Relaxed);
        }
        frame(0x203).zero();
        frame(0x203).words()[1].store(page.mfn().0 << 12 | rights, Ordering::Relaxed);
        prepare_root(frame(0x200));
        load_root(frame(0x200));
    }

    #[test]
    fn a_guest_reaches_what_its_tables_give_and_no_more() {
        let _turn = turn();
        map(frame(0x210), 7);
        assert_eq!(guest::write_u64(0x1008, 0x1234), Ok(()));
        assert_eq!(frame(0x210).words()[1].load(Ordering::Relaxed), 0x1234);
        // Accessed and dirty.
        assert_eq!(frame(0x203).words()[1].load(Ordering::Relaxed) & 0x60, 0x60);

        map(frame(0x210), 5);
        assert_eq!(guest::read_u64(0x1008), Ok(0x1234));
        assert!(guest::write_u64(0x1008, 1).is_err());
        map(frame(0x210), 3);
        assert!(guest::read_u64(0x1008).is_err(), "not for ring 3");
        load_idle_root();
        assert!(guest::read_u64(0x1008).is_err());
    }

    #[test]
    fn a_copy_stops_at_the_first_page_that_is_not_there_and_says_where() {
        let _turn = turn();
        map(frame(0x210), 7);
        assert_eq!(
            guest::copy_to(0x1ffc, &[1; 8]),
            Err(types::Fault { copied: 4 })
        );
        assert_eq!(
            guest::copy_to(HYPERVISOR_START, &[1]),
            Err(types::Fault { copied: 0 })
        );
        assert_eq!(
            guest::copy_to(0x7fff_ffff_fffc, &[1; 8]),
            Err(types::Fault { copied: 0 })
        );
        load_idle_root();
    }

    #[test]
    fn an_idle_cpu_wakes_by_kick_and_by_timer() {
        let _turn = turn();
        let before = become_cpu(CpuId(1));
        kick(CpuId(1));
        assert_eq!(idle(), Interrupt::Kick);
        time::set_timer(Some(time::peek_ns() + 500_000));
        assert_eq!(idle(), Interrupt::Timer);
        assert_eq!(idle(), Interrupt::Spurious);
        become_cpu(before);
    }
}
