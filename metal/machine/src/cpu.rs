//! CPUs: running a guest, waiting, address spaces, TLB, segments, descriptor windows.
//!
//! Always: [INTERRUPTS-OFF] the hypervisor runs with interrupts off but for the HLT of `idle`; a CPU that
//! waits for another one calls `relax`, so flush requests are always answered.
//!
//! Not here: which guest runs (`hypervisor`).

use crate::layout::{self, LDT_SELECTOR, area, vector};
use crate::percpu::{self, local, shared};
use crate::{console, cpuid, lapic, paging, traps};
use core::arch::asm;
use core::sync::atomic::{AtomicU32, AtomicU64, Ordering};
use types::{HYPERVISOR_END, HYPERVISOR_START, Mfn};
use x86::control::cr4_bits;
use x86::msr::index;

pub use crate::frame::Frame;
pub use crate::smp::start_others;
pub use types::{
    AtomicCpuSet, CpuId, CpuSet, Exit, Flush, GuestFrame, Interrupt, MAX_CPUS, SYSCALL_VECTOR,
    SegmentFault, Segments,
};

/// CPUs that there are (before `start_others`: that there may be).
static COUNT: AtomicU32 = AtomicU32::new(1);
static CR0: AtomicU64 = AtomicU64::new(0);

pub(crate) fn init() {
    CR0.store(x86::control::cr0(), Ordering::Relaxed);
    shared(CpuId(0)).online.store(true, Ordering::Release);
}

pub(crate) fn set_count(count: u32) {
    COUNT.store(count, Ordering::Release);
}

/// This CPU.
#[inline(always)]
#[must_use]
pub fn this() -> CpuId {
    percpu::id()
}

/// How many CPUs there are.
#[inline(always)]
#[must_use]
pub fn count() -> u32 {
    COUNT.load(Ordering::Relaxed)
}

/// The CPUs that have come up.
#[must_use]
pub fn online() -> CpuSet {
    CpuSet::first(count())
        .iter()
        .filter(|cpu| shared(*cpu).online.load(Ordering::Acquire))
        .collect()
}

/// CR0 as the hypervisor runs, but for TS.
#[must_use]
pub fn cr0() -> u64 {
    CR0.load(Ordering::Relaxed)
}

/// CR4 as the hypervisor and its guests run.
#[must_use]
pub fn cr4() -> u64 {
    local().cr4.get()
}

// ---- Running and waiting.

/// Runs the guest until it or something else wants the hypervisor.
#[inline]
pub fn run_guest(frame: &mut GuestFrame) -> Exit {
    loop {
        let exit = enter(frame);
        // In the order of their frequency.
        return match exit {
            traps::EXIT_SYSCALL => Exit::Syscall,
            14 => Exit::Exception {
                vector: 14,
                error: frame.error_code,
                address: x86::control::cr2(),
            },
            0..=31 => Exit::Exception {
                vector: exit as u8,
                error: frame.error_code,
                address: 0,
            },
            // A device may have this vector too; then the local APIC waits for its acknowledgement.
            0x80 if !lapic::is_in_service(0x80) => Exit::Software(0x80),
            0x20..=0xff => match interrupt(exit as u8) {
                Some(interrupt) => Exit::Interrupt(interrupt),
                None => {
                    // Back by IRET: the guest was not at a SYSCALL.
                    continue;
                }
            },
            traps::EXIT_SYSCALL32 => Exit::Syscall32,
            traps::EXIT_SYSENTER => Exit::Sysenter,
            _ => Exit::ReturnFault,
        };
    }
}

/// One entry to ring 3 and back; gives the code of `traps.s`.
#[inline(always)]
fn enter(frame: &mut GuestFrame) -> u32 {
    let code: u32;
    // SAFETY:
    // 1. [FRAME] The frame is borrowed for the whole stay in the guest, so the entry code may write to it.
    // 2. [ENTRY] `traps.s` forces ring 3, interrupts on and I/O privilege 0, and comes back with rbx, rbp,
    //    rsp and GS as they were; all other registers are given up here.
    // 3. [PAGE-TABLES] What the guest can reach is what the body's page-type rules let it map.
    unsafe {
        asm!("call enter_guest", inout("rdi") frame => _, out("eax") code,
            out("rcx") _, out("rdx") _, out("rsi") _, out("r8") _, out("r9") _, out("r10") _, out("r11") _,
            out("r12") _, out("r13") _, out("r14") _, out("r15") _);
    }
    code
}

/// Waits for an interrupt. Flush requests are answered meanwhile and do not end the wait.
pub fn idle() -> Interrupt {
    unsafe extern "C" {
        safe fn idle_once();
    }
    let local = local();
    loop {
        service_mailbox();
        local.idle_vector.set(0);
        // Interrupts go on at HLT only; the handler notes the vector and turns them off again.
        idle_once();
        match local.idle_vector.get() {
            0 => return Interrupt::Spurious,
            vector => {
                if let Some(interrupt) = interrupt(vector as u8) {
                    return interrupt;
                }
            }
        }
    }
}

/// What a vector means; `None` if it is dealt with here.
#[inline]
fn interrupt(vector: u8) -> Option<Interrupt> {
    match vector {
        vector::TIMER => {
            lapic::eoi();
            local().deadline_ns.set(u64::MAX);
            Some(Interrupt::Timer)
        }
        vector::FLUSH => {
            lapic::eoi();
            service_mailbox();
            None
        }
        vector::KICK => {
            lapic::eoi();
            Some(Interrupt::Kick)
        }
        vector::CONSOLE => {
            console::drain();
            lapic::eoi();
            Some(Interrupt::Console)
        }
        vector::ERROR => {
            lapic::report_error();
            None
        }
        types::FIRST_DEVICE_VECTOR..=types::LAST_DEVICE_VECTOR => Some(Interrupt::Device(vector)),
        vector::SPURIOUS => Some(Interrupt::Spurious),
        vector => {
            // Nobody was given this vector. If the APIC delivered it, it waits for the acknowledgement.
            if lapic::is_in_service(vector) {
                lapic::eoi();
            }
            Some(Interrupt::Spurious)
        }
    }
}

/// Makes another CPU leave its guest or its idling with [`Interrupt::Kick`].
pub fn kick(cpu: CpuId) {
    if cpu.0 < count() {
        lapic::send(cpu, vector::KICK);
    }
}

/// One step of waiting for another CPU.
#[inline(always)]
pub fn relax() {
    x86::pause();
    if crate::smp::is_up() {
        service_mailbox();
    }
}

// ---- Address spaces.

/// Writes the hypervisor's 16 entries into a frame that becomes a top-level page table.
pub fn prepare_root(root: Frame) {
    for (slot, value) in paging::slots() {
        if let Some(word) = root.words().get(slot) {
            word.store(value, Ordering::Relaxed);
        }
    }
}

/// The hypervisor's entry for a slot of every root; 0 for a slot that is not the hypervisor's.
#[must_use]
pub fn root_entry(slot: usize) -> u64 {
    paging::slots()
        .find(|(own, _)| *own == slot)
        .map_or(0, |(_, value)| value)
}

/// Loads a top-level page table that went through [`prepare_root`]. Global entries stay in the TLB.
#[inline]
pub fn load_root(root: Frame) {
    debug_assert!(
        paging::slots().all(|(slot, value)| root.words()[slot].load(Ordering::Relaxed) == value),
        "{root:?} was not prepared"
    );
    load_cr3(root.mfn().0 << 12);
}

/// Loads the root that maps no guest.
pub fn load_idle_root() {
    load_cr3(paging::IDLE_ROOT.load(Ordering::Relaxed));
}

/// Loads the current root again: all but global entries leave the TLB.
#[inline]
pub fn reload_root() {
    load_cr3(local().root.get());
}

#[inline]
fn load_cr3(value: u64) {
    local().root.set(value);
    // SAFETY: [SLOTS] Every root has our 16 entries, which map all that we use; the body prepares roots and its
    // page-type rules keep guests from changing these entries ([PAGE-TABLES]).
    unsafe { x86::control::set_cr3(value) };
}

/// The guest root that is loaded; `None` for the idle root.
#[must_use]
pub fn current_root() -> Option<Frame> {
    Frame::new(Mfn(local().root.get() >> 12))
}

/// Takes one page out of this CPU's TLB.
#[inline]
pub fn invlpg(address: u64) {
    x86::invlpg(address);
}

/// Writes this CPU's caches back and empties them (WBINVD).
pub fn flush_caches() {
    x86::wbinvd();
}

/// Takes everything out of this CPU's TLB, global entries too.
pub fn flush_local() {
    let cr4 = local().cr4.get();
    // SAFETY: [CONTROL] Global pages go off and on again, which empties the TLB and changes nothing else.
    unsafe {
        x86::control::set_cr4(cr4 & !cr4_bits::PGE);
        x86::control::set_cr4(cr4);
    }
}

/// Flushes on all CPUs of a set, and comes back when all have done it.
pub fn flush(cpus: &CpuSet, what: Flush) {
    let me = this();
    let others: CpuSet = cpus
        .iter()
        .filter(|cpu| *cpu != me && cpu.0 < count())
        .collect();
    let mut waiting = CpuSet::EMPTY;
    for cpu in others.iter() {
        if shared(cpu).mailbox.post(what) {
            lapic::send(cpu, vector::FLUSH);
            waiting.insert(cpu);
        }
    }
    if cpus.contains(me) {
        flush_here(what);
    }
    for cpu in waiting.iter() {
        let mailbox = &shared(cpu).mailbox;
        let ticket = mailbox.ticket();
        while !mailbox.is_done(ticket) {
            relax();
        }
    }
}

fn flush_here(what: Flush) {
    match what {
        Flush::All => flush_local(),
        Flush::Page(address) => invlpg(address),
    }
}

/// Answers flush requests to this CPU.
#[inline]
pub(crate) fn service_mailbox() {
    let mailbox = &shared(this()).mailbox;
    while let Some((ticket, what)) = mailbox.take() {
        flush_here(what);
        mailbox.done(ticket);
    }
}

/// Flush requests to one CPU. One page is remembered; a second one makes it everything.
#[derive(Debug)]
pub(crate) struct Mailbox {
    requested: AtomicU64,
    done: AtomicU64,
    /// Page address plus 1; 0: none; `u64::MAX`: everything.
    what: AtomicU64,
    /// The CPU answers.
    pub(crate) open: core::sync::atomic::AtomicBool,
}

const EVERYTHING: u64 = u64::MAX;

impl Mailbox {
    /// Leaves a request; false if the CPU does not take part yet (it starts with an empty TLB).
    fn post(&self, what: Flush) -> bool {
        if !self.open.load(Ordering::SeqCst) {
            return false;
        }
        let wanted = match what {
            Flush::All => EVERYTHING,
            Flush::Page(address) => (address & !0xfff) | 1,
        };
        let merge = |old: u64| {
            if old == 0 || old == wanted {
                wanted
            } else {
                EVERYTHING
            }
        };
        let mut old = self.what.load(Ordering::Relaxed);
        while let Err(now) =
            self.what
                .compare_exchange_weak(old, merge(old), Ordering::SeqCst, Ordering::Relaxed)
        {
            old = now;
        }
        self.requested.fetch_add(1, Ordering::SeqCst);
        true
    }

    /// The newest request there is.
    fn ticket(&self) -> u64 {
        self.requested.load(Ordering::SeqCst)
    }

    fn is_done(&self, ticket: u64) -> bool {
        self.done.load(Ordering::Acquire) >= ticket
    }

    /// The next work. A request is counted after its page is written, so what is counted here is seen here.
    #[inline]
    fn take(&self) -> Option<(u64, Flush)> {
        let requested = self.requested.load(Ordering::SeqCst);
        if requested == self.done.load(Ordering::Relaxed) {
            return None;
        }
        let what = match self.what.swap(0, Ordering::SeqCst) {
            EVERYTHING | 0 => Flush::All,
            page => Flush::Page(page & !1),
        };
        Some((requested, what))
    }

    fn done(&self, ticket: u64) {
        self.done.store(ticket, Ordering::Release);
    }
}

// ---- Segments.

/// Whether WRFSBASE and WRMSR take the address.
#[inline]
fn is_canonical(address: u64) -> bool {
    ((address << 16) as i64 >> 16) as u64 == address
}

/// The nearest canonical address: what a bad base becomes.
fn canonical(address: u64) -> u64 {
    if is_canonical(address) { address } else { 0 }
}

/// The base of FS.
#[inline]
#[must_use]
pub fn fs_base() -> u64 {
    // SAFETY: [MSR-EXISTS] The instruction is there if the feature is; the register is there in any case.
    unsafe {
        if cpuid::features().fsgsbase {
            x86::segment::rdfsbase()
        } else {
            x86::rdmsr(index::FS_BASE)
        }
    }
}

/// Sets the base of FS; an address that is not canonical becomes 0.
#[inline]
pub fn set_fs_base(base: u64) {
    let base = canonical(base);
    // SAFETY: [MSR-EXISTS] As above; the address is canonical, and we use no FS.
    unsafe {
        if cpuid::features().fsgsbase {
            x86::segment::wrfsbase(base)
        } else {
            x86::wrmsr(index::FS_BASE, base)
        }
    }
}

/// The base of GS that the guest sees.
#[inline]
#[must_use]
pub fn gs_base() -> u64 {
    // SAFETY: [GS-IS-OURS] The guest's base waits behind SWAPGS; interrupts are off, the three instructions do not
    // fault, and NMIs find our block by their stack.
    unsafe {
        if cpuid::features().fsgsbase {
            x86::segment::read_other_gs_base()
        } else {
            x86::rdmsr(index::KERNEL_GS_BASE)
        }
    }
}

/// Sets the base of GS that the guest sees; an address that is not canonical becomes 0.
#[inline]
pub fn set_gs_base(base: u64) {
    let base = canonical(base);
    // SAFETY: [GS-IS-OURS] As above; the address is canonical.
    unsafe {
        if cpuid::features().fsgsbase {
            x86::segment::write_other_gs_base(base);
        } else {
            x86::wrmsr(index::KERNEL_GS_BASE, base);
        }
    }
}

/// Loads one segment register; on a fault it gets 0 and the answer is false.
macro_rules! load_selector {
    ($name:literal, $selector:expr) => {{
        let mut fine: u32 = 1;
        // SAFETY: [SELECTOR] The selector has privilege 3, so only what the guest may use is loaded, and we
        // use neither of these registers; a fault goes to label 3 through the exception table.
        unsafe {
            asm!(
                concat!("2: mov ", $name, ", {selector:e}"),
                "4:",
                ".pushsection .text.fixup, \"ax\"",
                concat!("3: xor {fine:e}, {fine:e}", "\n mov ", $name, ", {fine:e}"),
                "jmp 4b",
                ".popsection",
                ".pushsection .ex_table, \"a\"",
                ".long 2b - .",
                ".long 3b - .",
                ".popsection",
                selector = in(reg) u32::from($selector), fine = inout(reg) fine, options(nostack, preserves_flags),
            );
        }
        fine != 0
    }};
}

/// A selector that is not null must ask for ring 3.
const fn at_ring3(selector: u16) -> u16 {
    if selector < 4 { selector } else { selector | 3 }
}

/// Reads what is not in the frame. `gs_base_other` is the body's and is left alone.
#[inline]
pub fn save_segments(segments: &mut Segments) {
    segments.ds = x86::segment::ds();
    segments.es = x86::segment::es();
    segments.fs = x86::segment::fs();
    segments.gs = x86::segment::gs();
    segments.fs_base = fs_base();
    segments.gs_base = gs_base();
}

/// Loads what is not in the frame. All is loaded even if a selector is bad.
pub fn load_segments(segments: &Segments) -> Result<(), SegmentFault> {
    let mut fine = true;
    // The usual case is all zero, before and after.
    if segments.ds | x86::segment::ds() != 0 {
        fine &= load_selector!("ds", at_ring3(segments.ds));
    }
    if segments.es | x86::segment::es() != 0 {
        fine &= load_selector!("es", at_ring3(segments.es));
    }
    if segments.fs | x86::segment::fs() != 0 {
        fine &= load_selector!("fs", at_ring3(segments.fs));
    }
    if segments.gs | x86::segment::gs() != 0 {
        fine &= load_gs(segments.gs).is_ok();
    }
    set_fs_base(segments.fs_base);
    set_gs_base(segments.gs_base);
    if fine { Ok(()) } else { Err(SegmentFault) }
}

/// Loads the GS selector and gives the base that it brings; the guest's active base stays.
pub fn set_gs_selector(selector: u16) -> Result<u64, SegmentFault> {
    load_gs(at_ring3(selector))
}

/// Loads GS, keeps our base, gives the one that the descriptor has.
fn load_gs(selector: u16) -> Result<u64, SegmentFault> {
    let block = local().this;
    // A fault leaves GS base alone, so the handler still finds our block; the 0 that is loaded then may clear it,
    // and that is mended below.
    let fine = load_selector!("gs", at_ring3(selector));
    // SAFETY: [GS-IS-OURS] Between the load and this write nothing uses GS: interrupts are off, the instructions
    // do not fault, and NMIs find our block by their stack.
    let base = unsafe {
        let base = x86::rdmsr(index::GS_BASE);
        x86::wrmsr(index::GS_BASE, block);
        base
    };
    if !fine {
        return Err(SegmentFault);
    }
    // A null selector may leave the base as it was, which is our block: not for the guest to know.
    Ok(if selector < 4 { 0 } else { base })
}

// ---- Descriptor windows.

/// Puts the guest's 14 GDT pages into this CPU's window. Unchanged pages cost a comparison each.
pub fn map_gdt(frames: &[Option<Frame>; 14]) {
    let local = local();
    for (page, (frame, current)) in (0u64..).zip(frames.iter().zip(&local.gdt_frames)) {
        let wanted = frame.map_or(0, |frame| frame.mfn().0 << 12);
        if current.replace(wanted) == wanted {
            continue;
        }
        let address = local.this + area::GDT + page * 4096;
        let entry = if wanted == 0 {
            paging::empty_gdt_page()
        } else {
            paging::window_entry(wanted)
        };
        paging::area_entry(address).store(entry, Ordering::Relaxed);
        x86::invlpg(address);
    }
}

/// Loads an LDT of so many entries, at most 8192; 0 for none. Its pages are mapped by [`map_ldt_page`]; all
/// pages that were mapped before are taken out.
pub fn load_ldt(entries: u32) {
    let local = local();
    let entries = entries.min(8192);
    let before = local.ldt_entries.replace(entries);
    for slot in 0..before.div_ceil(512) {
        map_ldt_page(slot as usize, None);
    }
    if before == 0 && entries == 0 {
        return;
    }
    let selector = if entries == 0 {
        0
    } else {
        let [low, high] = x86::descriptor::system(2, local.this + area::LDT, entries * 8 - 1);
        let place = local.this + area::GDT + u64::from(LDT_SELECTOR);
        // SAFETY: [PER-CPU] Our page of this CPU's GDT is written by this CPU only, and the CPU reads these
        // words only at LLDT below.
        unsafe {
            (place as *mut u64).write_volatile(low);
            (place as *mut u64).add(1).write_volatile(high);
        }
        LDT_SELECTOR
    };
    // SAFETY: [ENTRY] The descriptor was just written, and its window is this CPU's.
    unsafe { x86::descriptor::lldt(selector) };
}

/// Puts a frame into the LDT window, or takes it out.
pub fn map_ldt_page(slot: usize, frame: Option<Frame>) {
    let local = local();
    let Some(current) = local.ldt_frames.get(slot) else {
        return;
    };
    let wanted = frame.map_or(0, |frame| frame.mfn().0 << 12);
    if current.replace(wanted) == wanted {
        return;
    }
    let address = local.this + area::LDT + slot as u64 * 4096;
    paging::area_entry(address).store(
        if wanted == 0 {
            0
        } else {
            paging::window_entry(wanted)
        },
        Ordering::Relaxed,
    );
    x86::invlpg(address);
}

/// The LDT page at an address of this CPU's window: a page fault there asks for [`map_ldt_page`].
#[must_use]
pub fn ldt_slot_of(address: u64) -> Option<usize> {
    let start = local().this + area::LDT;
    let entries = u64::from(local().ldt_entries.get());
    (start..start + entries * 8)
        .contains(&address)
        .then(|| ((address - start) >> 12) as usize)
}

// ---- Debug registers.

/// Reads DR0 to DR3, DR6 or DR7; others read 0.
#[must_use]
pub fn debug_register(number: usize) -> u64 {
    use x86::control::{dr0, dr1, dr2, dr3, dr6, dr7};
    match number {
        0 => dr0(),
        1 => dr1(),
        2 => dr2(),
        3 => dr3(),
        6 => dr6(),
        7 => dr7(),
        _ => 0,
    }
}

/// Writes DR0 to DR3, DR6 or DR7. An address of the hypervisor's becomes 0; in DR7, what is reserved, general
/// detection and I/O breakpoints are left out.
pub fn set_debug_register(number: usize, value: u64) {
    use x86::control::{set_dr0, set_dr1, set_dr2, set_dr3, set_dr6, set_dr7};
    let address = if (HYPERVISOR_START..HYPERVISOR_END).contains(&value) {
        0
    } else {
        value
    };
    // SAFETY: [BREAKPOINT] No breakpoint is at an address of ours, and #DB in the hypervisor is harmless anyway:
    // it has a stack of its own and resumes. The high halves of DR6 and DR7 are zero.
    unsafe {
        match number {
            0 => set_dr0(address),
            1 => set_dr1(address),
            2 => set_dr2(address),
            3 => set_dr3(address),
            6 => set_dr6((value & 0xe00f) | 0xffff_0ff0),
            7 => {
                let value = plain_dr7(value);
                if local().dr7.replace(value) != value {
                    set_dr7(value);
                }
            }
            _ => {}
        }
    }
}

/// DR7 without reserved bits, general detection, and enables of I/O breakpoints.
fn plain_dr7(value: u64) -> u64 {
    let mut plain = (value & 0xffff_03ff) | 0x400;
    for breakpoint in 0..4 {
        if plain >> (16 + breakpoint * 4) & 3 == 2 {
            plain &= !(3 << (breakpoint * 2));
        }
    }
    plain
}

const _: () = assert!(layout::PER_CPU_STRIDE.is_power_of_two());
