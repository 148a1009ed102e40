//! The rows: each an operation, and what must be done around it.
//!
//! Parts of a row answer 0 or a positive number when they went well, else an errno; what a later
//! part needs stands in atomics, which cost what a plain word costs.
//!
//! Always: a row leaves the guest as it found it, so rows can be skipped.

use crate::harness::set_sample;
use core::sync::atomic::{AtomicU32, AtomicU64, Ordering::Relaxed};
use kit::hypercall::{by_stub, ptr};
use kit::memory::{self, Branch, FRAME_MASK, Page, RO, RW};
use kit::trap::{self, Entry};
use kit::xen::*;
use kit::{cpu, events, smp, start, user};

/// One part of a row, given the number of the round.
pub type Op = fn(i64) -> i64;

/// A row of the table.
pub struct Row {
    /// As in the reference figures.
    pub name: &'static str,
    /// What is timed.
    pub op: Op,
    /// Before each round.
    pub pre: Option<Op>,
    /// After each round; where the effect is checked.
    pub post: Option<Op>,
    /// Once, before all rounds.
    pub setup: Option<Op>,
    /// Once, after all rounds.
    pub teardown: Option<Op>,
}

/// What the loop itself costs.
pub const EMPTY: Row = row("empty", |_| 0);

const fn row(name: &'static str, op: Op) -> Row {
    Row {
        name,
        op,
        pre: None,
        post: None,
        setup: None,
        teardown: None,
    }
}
impl Row {
    const fn pre(mut self, part: Op) -> Self {
        self.pre = Some(part);
        self
    }
    const fn post(mut self, part: Op) -> Self {
        self.post = Some(part);
        self
    }
    const fn setup(mut self, part: Op) -> Self {
        self.setup = Some(part);
        self
    }
    const fn teardown(mut self, part: Op) -> Self {
        self.teardown = Some(part);
        self
    }
}

/// A hypercall as the hypercall page makes it, all five argument registers set.
macro_rules! hc {
    ($nr:expr $(, $arg:expr)*) => { hc!(@pad $nr; $($arg,)* ; 0, 0, 0, 0, 0) };
    (@pad $nr:expr; ; $a:expr, $b:expr, $c:expr, $d:expr, $e:expr) => { by_stub($nr, [0, 0, 0, 0, 0]) };
    (@pad $nr:expr; $p:expr, ; $($z:expr),*) => { by_stub($nr, [$p as u64, 0, 0, 0, 0]) };
    (@pad $nr:expr; $p:expr, $q:expr, ; $($z:expr),*) => { by_stub($nr, [$p as u64, $q as u64, 0, 0, 0]) };
    (@pad $nr:expr; $p:expr, $q:expr, $r:expr, ; $($z:expr),*) => {
        by_stub($nr, [$p as u64, $q as u64, $r as u64, 0, 0])
    };
    (@pad $nr:expr; $p:expr, $q:expr, $r:expr, $s:expr, ; $($z:expr),*) => {
        by_stub($nr, [$p as u64, $q as u64, $r as u64, $s as u64, 0])
    };
}

/// The first answer that is not 0; later steps are not made.
macro_rules! first_error {
    ($last:expr) => { $last };
    ($step:expr, $($rest:expr),+) => {{
        let answer: i64 = $step;
        if answer != 0 { answer } else { first_error!($($rest),+) }
    }};
}

// ---- The cheapest calls ----

fn null(_: i64) -> i64 {
    hc!(XEN_VERSION, XENVER_VERSION, 0)
}
fn features(_: i64) -> i64 {
    let mut features = [0u32; 2];
    hc!(XEN_VERSION, XENVER_GET_FEATURES, ptr(&mut features))
}
fn sched_yield(_: i64) -> i64 {
    hc!(SCHED_OP, SCHEDOP_YIELD, 0)
}

/// A page of multicall entries, mmu_update requests, or one other large argument.
struct Scratch(AtomicU64);
impl Scratch {
    const fn new() -> Self {
        Self(AtomicU64::new(0))
    }
    /// The page, taken at first use.
    fn page(&self) -> Page {
        match self.0.load(Relaxed) {
            0 => {
                let page = Page::take();
                self.0.store(page.va(), Relaxed);
                page
            }
            va => Page::at(va),
        }
    }
    #[inline(always)]
    fn va(&self) -> u64 {
        self.0.load(Relaxed)
    }
    fn is_new(&self) -> bool {
        self.va() == 0
    }
}

static MULTICALL_PAGE: Scratch = Scratch::new();
/// Writes entry `index` of the multicall page.
fn multicall_entry(index: u64, op: u64, args: &[u64]) {
    let page = MULTICALL_PAGE.page();
    page.write(index * 8, op);
    page.write(index * 8 + 1, 0);
    for at in 0..6u64 {
        page.write(
            index * 8 + 2 + at,
            args.get(at as usize).copied().unwrap_or(0),
        );
    }
}
fn multicall_result(index: u64) -> i64 {
    MULTICALL_PAGE.page().read(index * 8 + 1) as i64
}
fn multicall16_fill(_: i64) -> i64 {
    for index in 0..16 {
        multicall_entry(index, XEN_VERSION, &[XENVER_VERSION, 0]);
    }
    0
}
fn multicall16(_: i64) -> i64 {
    hc!(MULTICALL, MULTICALL_PAGE.va(), 16)
}
fn multicall16_check(_: i64) -> i64 {
    multicall_result(15).min(0)
}

// ---- Event channels, 2-level; all ports stay below 64 ----

static PORT_A: AtomicU32 = AtomicU32::new(0);
static PORT_B: AtomicU32 = AtomicU32::new(0);
static PORT_IPI: AtomicU32 = AtomicU32::new(0);
static PORT_TIMER: AtomicU32 = AtomicU32::new(0);

/// A port that the rows can use: its word of pending bits is the first.
#[inline(always)]
fn usable(answer: i64, port: u32) -> i64 {
    if answer != 0 {
        answer
    } else if port > 63 {
        ERANGE
    } else {
        0
    }
}
fn close(port: &AtomicU32) -> i64 {
    let mut port = port.load(Relaxed);
    hc!(EVENT_CHANNEL_OP, EVTCHNOP_CLOSE, ptr(&mut port))
}
fn alloc_unbound(_: i64) -> i64 {
    let (dom, remote_dom) = (DOMID_SELF as u16, DOMID_SELF as u16);
    let mut arg = EvtchnAllocUnbound {
        dom,
        remote_dom,
        port: 0,
    };
    let answer = hc!(EVENT_CHANNEL_OP, EVTCHNOP_ALLOC_UNBOUND, ptr(&mut arg));
    PORT_A.store(arg.port, Relaxed);
    usable(answer, arg.port)
}
fn bind_interdomain(_: i64) -> i64 {
    let mut arg = EvtchnBindInterdomain {
        remote_dom: DOMID_SELF as u16,
        remote_port: PORT_A.load(Relaxed),
        ..Default::default()
    };
    let answer = hc!(EVENT_CHANNEL_OP, EVTCHNOP_BIND_INTERDOMAIN, ptr(&mut arg));
    PORT_B.store(arg.local_port, Relaxed);
    usable(answer, arg.local_port)
}
fn alloc_and_bind(round: i64) -> i64 {
    first_error!(alloc_unbound(round), bind_interdomain(round))
}
fn close_a(_: i64) -> i64 {
    close(&PORT_A)
}
fn close_b(_: i64) -> i64 {
    close(&PORT_B)
}
fn close_both(_: i64) -> i64 {
    first_error!(close(&PORT_B), close(&PORT_A))
}
/// Sends from one port and looks until the other is pending.
#[inline(always)]
fn send_and_poll(from: &AtomicU32, to: &AtomicU32) -> i64 {
    let mut port = from.load(Relaxed);
    let bit = 1u64 << (to.load(Relaxed) & 63);
    let answer = hc!(EVENT_CHANNEL_OP, EVTCHNOP_SEND, ptr(&mut port));
    if answer != 0 {
        return answer;
    }
    let mut looks = 0;
    while events::pending_word(0).load(Relaxed) & bit == 0 {
        looks += 1;
        if looks > 10_000_000 {
            return ETIME;
        }
    }
    0
}
fn send_poll(_: i64) -> i64 {
    send_and_poll(&PORT_B, &PORT_A)
}
fn ipi_send_poll(_: i64) -> i64 {
    send_and_poll(&PORT_IPI, &PORT_IPI)
}
fn clear_pending(_: i64) -> i64 {
    events::clear_first_word();
    0
}
fn bind_ipi(_: i64) -> i64 {
    let mut arg = [0u32; 2]; // vcpu, port
    let answer = hc!(EVENT_CHANNEL_OP, EVTCHNOP_BIND_IPI, ptr(&mut arg));
    PORT_IPI.store(arg[1], Relaxed);
    usable(answer, arg[1])
}
fn close_ipi(_: i64) -> i64 {
    close(&PORT_IPI)
}
static EVENTS_BEFORE: AtomicU64 = AtomicU64::new(0);
fn allow_upcalls(_: i64) -> i64 {
    EVENTS_BEFORE.store(events::quick_event_count(), Relaxed);
    events::set_mask(false);
    0
}
fn forbid_upcalls(_: i64) -> i64 {
    events::set_mask(true);
    0
}
fn ipi_upcall(_: i64) -> i64 {
    let mut port = PORT_IPI.load(Relaxed);
    let answer = hc!(EVENT_CHANNEL_OP, EVTCHNOP_SEND, ptr(&mut port));
    if answer != 0 {
        return answer;
    }
    let mut looks = 0;
    while events::quick_event_count() == EVENTS_BEFORE.load(Relaxed) {
        looks += 1;
        if looks > 10_000_000 {
            return ETIME;
        }
    }
    0
}
fn mask_ipi(_: i64) -> i64 {
    events::mask_port(PORT_IPI.load(Relaxed));
    0
}
fn unmask(_: i64) -> i64 {
    let mut port = PORT_IPI.load(Relaxed);
    hc!(EVENT_CHANNEL_OP, EVTCHNOP_UNMASK, ptr(&mut port))
}

// ---- Traps ----

fn quick_bp(_: i64) -> i64 {
    trap::load_table(Some((3, Entry::QuickBreakpoint)))
}
fn quick_ud(_: i64) -> i64 {
    trap::load_table(Some((6, Entry::QuickUndefined)))
}
fn quick_pf(_: i64) -> i64 {
    trap::load_table(Some((14, Entry::QuickPageFault)))
}
fn usual_traps(_: i64) -> i64 {
    trap::load_table(None)
}
fn breakpoint(_: i64) -> i64 {
    cpu::breakpoint();
    0
}
fn undefined(_: i64) -> i64 {
    cpu::ud2_unguarded();
    0
}
fn page_fault(_: i64) -> i64 {
    cpu::load_byte_unguarded(0x7f_ffff_f000);
    0
}
static TRAP_PAGE: Scratch = Scratch::new();
fn trap_table_fill(_: i64) -> i64 {
    let page = TRAP_PAGE.page();
    for (index, row) in trap::default_table().iter().enumerate() {
        let at = index as u64 * 2;
        page.write(
            at,
            u64::from(row.vector) | u64::from(row.flags) << 8 | u64::from(row.cs) << 16,
        );
        page.write(at + 1, row.address);
    }
    0
}
fn trap_table(_: i64) -> i64 {
    hc!(SET_TRAP_TABLE, TRAP_PAGE.va())
}

// ---- User mode ----

const USER_VA: u64 = 0x40_0000;
/// `syscall; ud2`, then at [`USER_BREAKPOINT`] `int3; syscall; ud2`.
const USER_CODE: [u8; 9] = [0x0f, 0x05, 0x0f, 0x0b, 0xcc, 0x0f, 0x05, 0x0f, 0x0b];
const USER_BREAKPOINT: u64 = 4;
static USER_L4: Scratch = Scratch::new();
static USER_RIP: AtomicU64 = AtomicU64::new(USER_VA);

fn user_tables() -> Result<(), i64> {
    if !USER_L4.is_new() {
        return Ok(());
    }
    let code = Page::take();
    code.write_bytes(0, &USER_CODE);
    let branch = Branch::new(USER_VA, code, 1, RO)?;
    let l4 = USER_L4.page();
    l4.write(USER_VA >> 39, branch.l3.entry(RW));
    match first_error!(l4.protect(RO), mmuext(MMUEXT_PIN_L4_TABLE, l4.mfn())) {
        0 => Ok(()),
        error => Err(error),
    }
}
fn user_setup(_: i64) -> i64 {
    if let Err(error) = user_tables() {
        return error;
    }
    USER_RIP.store(USER_VA, Relaxed);
    first_error!(
        mmuext(MMUEXT_NEW_USER_BASEPTR, USER_L4.page().mfn()),
        stack_switch(0)
    )
}
fn user_breakpoint_setup(round: i64) -> i64 {
    let answer = first_error!(user_setup(round), quick_bp(round));
    USER_RIP.store(USER_VA + USER_BREAKPOINT, Relaxed);
    answer
}
fn user_sysret(_: i64) -> i64 {
    user::quick(USER_RIP.load(Relaxed), USER_VA + 4096, VGCF_IN_SYSCALL);
    0
}
fn user_iret(_: i64) -> i64 {
    user::quick(USER_RIP.load(Relaxed), USER_VA + 4096, 0);
    0
}

// ---- Page tables ----

const SCRATCH_VA: u64 = 0x4000_0000;
static SCRATCH_L1: Scratch = Scratch::new();
static DATA_A: Scratch = Scratch::new();
static DATA_B: Scratch = Scratch::new();
static UPDATES: Scratch = Scratch::new();

#[inline(always)]
fn mmuext(cmd: u32, arg1: u64) -> i64 {
    let mut op = MmuextOp {
        cmd,
        _pad: 0,
        arg1,
        arg2: 0,
    };
    hc!(MMUEXT_OP, ptr(&mut op), 1, 0, DOMID_SELF)
}
#[inline(always)]
fn mmu_update(table: Page, index: u64, value: u64) -> i64 {
    let mut update = MmuUpdate {
        ptr: table.maddr(index) | MMU_NORMAL_PT_UPDATE,
        val: value,
    };
    hc!(MMU_UPDATE, ptr(&mut update), 1, 0, DOMID_SELF)
}
#[inline(always)]
fn update_va(va: u64, entry: u64, flags: u64) -> i64 {
    hc!(UPDATE_VA_MAPPING, va, entry, flags)
}
#[inline(always)]
fn l1() -> Page {
    Page::at(SCRATCH_L1.va())
}
#[inline(always)]
fn data_a() -> Page {
    Page::at(DATA_A.va())
}
/// The two data pages in turn.
#[inline(always)]
fn data(round: i64) -> Page {
    Page::at(if round & 1 != 0 {
        DATA_A.va()
    } else {
        DATA_B.va()
    })
}
/// 64 pages at [`SCRATCH_VA`] in the kernel's own tables.
fn scratch_setup(_: i64) -> i64 {
    if !SCRATCH_L1.is_new() {
        return 0;
    }
    UPDATES.page();
    DATA_B.page();
    match Branch::new(SCRATCH_VA, DATA_A.page(), 64, RW) {
        Ok(branch) => {
            SCRATCH_L1.0.store(branch.l1.va(), Relaxed);
            memory::set_entry(memory::kernel_l4(), SCRATCH_VA >> 39, branch.l3.entry(RW))
        }
        Err(error) => error,
    }
}
/// Whether an entry now maps `page`, writable or not.
fn check(entry: u64, page: Page, writable: bool) -> i64 {
    let right =
        entry & FRAME_MASK == page.mfn() << 12 && entry & 1 != 0 && (entry & 2 != 0) == writable;
    if right { 0 } else { EIO }
}
fn remap(round: i64) -> i64 {
    mmu_update(l1(), 0, data(round).entry(RW))
}
fn remap_check(round: i64) -> i64 {
    check(l1().read(0), data(round), true)
}
fn ro_rw(round: i64) -> i64 {
    mmu_update(
        l1(),
        0,
        data_a().entry(if round & 1 != 0 { RO } else { RW }),
    )
}
fn ro_rw_check(round: i64) -> i64 {
    check(l1().read(0), data_a(), round & 1 == 0)
}
fn clear_set(round: i64) -> i64 {
    mmu_update(
        l1(),
        0,
        if round & 1 != 0 {
            0
        } else {
            data_a().entry(RW)
        },
    )
}
fn clear_set_check(round: i64) -> i64 {
    match round & 1 {
        0 => check(l1().read(0), data_a(), true),
        _ if l1().read(0) & 1 != 0 => EIO,
        _ => 0,
    }
}
fn remap64_fill(round: i64) -> i64 {
    let updates = UPDATES.page();
    for index in 0..64 {
        updates.write(index * 2, l1().maddr(index) | MMU_NORMAL_PT_UPDATE);
        updates.write(index * 2 + 1, data(round).entry(RW));
    }
    0
}
fn remap64(_: i64) -> i64 {
    hc!(MMU_UPDATE, UPDATES.va(), 64, 0, DOMID_SELF)
}
fn remap64_check(round: i64) -> i64 {
    first_error!(
        check(l1().read(0), data(round), true),
        check(l1().read(63), data(round), true)
    )
}
fn update_va_noflush(round: i64) -> i64 {
    update_va(SCRATCH_VA, data(round).entry(RW), UVMF_NONE)
}
fn update_va_invlpg(round: i64) -> i64 {
    update_va(SCRATCH_VA, data(round).entry(RW), UVMF_INVLPG)
}
fn update_va_tlbflush(round: i64) -> i64 {
    update_va(SCRATCH_VA, data(round).entry(RW), UVMF_TLB_FLUSH)
}
fn write_emulated(round: i64) -> i64 {
    memory::poke_unchecked(SCRATCH_L1.va(), data(round).entry(RW));
    0
}
fn invlpg_local(_: i64) -> i64 {
    mmuext(MMUEXT_INVLPG_LOCAL, SCRATCH_VA)
}
fn tlb_flush_local(_: i64) -> i64 {
    mmuext(MMUEXT_TLB_FLUSH_LOCAL, 0)
}

static L1_EMPTY: Scratch = Scratch::new();
static L1_FULL: Scratch = Scratch::new();
static TREE_L4: Scratch = Scratch::new();

fn l1_empty_setup(round: i64) -> i64 {
    let answer = scratch_setup(round);
    if answer != 0 || !L1_EMPTY.is_new() {
        return answer;
    }
    L1_EMPTY.page().protect(RO)
}
fn l1_full_setup(round: i64) -> i64 {
    let answer = scratch_setup(round);
    if answer != 0 || !L1_FULL.is_new() {
        return answer;
    }
    L1_FULL.page().fill(data_a().entry(RW));
    L1_FULL.page().protect(RO)
}
/// Like a small process: the kernel's half shared, 64 user pages.
fn tree_setup(round: i64) -> i64 {
    let answer = scratch_setup(round);
    if answer != 0 || !TREE_L4.is_new() {
        return answer;
    }
    let (l4, kernel) = (TREE_L4.page(), memory::kernel_l4());
    for index in (1..256).chain(272..512) {
        l4.write(index, kernel.read(index));
    }
    match Branch::new(USER_VA, data_a(), 64, RW) {
        Ok(branch) => {
            l4.write(USER_VA >> 39, branch.l3.entry(RW));
            l4.protect(RO)
        }
        Err(error) => error,
    }
}
fn pin_l1_empty(_: i64) -> i64 {
    mmuext(MMUEXT_PIN_L1_TABLE, Page::at(L1_EMPTY.va()).mfn())
}
fn unpin_l1_empty(_: i64) -> i64 {
    mmuext(MMUEXT_UNPIN_TABLE, Page::at(L1_EMPTY.va()).mfn())
}
fn pin_l1_full(_: i64) -> i64 {
    mmuext(MMUEXT_PIN_L1_TABLE, Page::at(L1_FULL.va()).mfn())
}
fn unpin_l1_full(_: i64) -> i64 {
    mmuext(MMUEXT_UNPIN_TABLE, Page::at(L1_FULL.va()).mfn())
}
fn pin_tree(_: i64) -> i64 {
    mmuext(MMUEXT_PIN_L4_TABLE, Page::at(TREE_L4.va()).mfn())
}
fn unpin_tree(_: i64) -> i64 {
    mmuext(MMUEXT_UNPIN_TABLE, Page::at(TREE_L4.va()).mfn())
}
fn tree_pinned_setup(round: i64) -> i64 {
    first_error!(tree_setup(round), pin_tree(round))
}
fn new_baseptr(round: i64) -> i64 {
    let table = if round & 1 != 0 {
        memory::kernel_l4()
    } else {
        Page::at(TREE_L4.va())
    };
    mmuext(MMUEXT_NEW_BASEPTR, table.mfn())
}
fn tree_teardown(round: i64) -> i64 {
    first_error!(
        mmuext(MMUEXT_NEW_BASEPTR, memory::kernel_l4().mfn()),
        unpin_tree(round)
    )
}
fn stack_switch(_: i64) -> i64 {
    hc!(STACK_SWITCH, KERNEL_SS, smp::kernel_stack(0))
}
fn fs_base(round: i64) -> i64 {
    hc!(SET_SEGMENT_BASE, SEGBASE_FS, 0x10000 + round)
}
fn gs_base(round: i64) -> i64 {
    hc!(SET_SEGMENT_BASE, SEGBASE_GS_USER, 0x10000 + round)
}

// ---- What a Linux PV context switch asks for, in one multicall ----

static SWITCH_OPS: Scratch = Scratch::new();
fn switch_setup(round: i64) -> i64 {
    first_error!(user_setup(round), tree_pinned_setup(round))
}
fn switch_fill(round: i64) -> i64 {
    let odd = round & 1 != 0;
    let tree = TREE_L4.page().mfn();
    let ops = SWITCH_OPS.page();
    ops.write(0, MMUEXT_NEW_BASEPTR.into());
    ops.write(1, if odd { memory::kernel_l4().mfn() } else { tree });
    ops.write(3, MMUEXT_NEW_USER_BASEPTR.into());
    ops.write(4, if odd { USER_L4.page().mfn() } else { tree });
    multicall_entry(0, STACK_SWITCH, &[KERNEL_SS, smp::kernel_stack(0)]);
    multicall_entry(1, MMUEXT_OP, &[ops.va(), 2, 0, DOMID_SELF]);
    multicall_entry(2, SET_SEGMENT_BASE, &[SEGBASE_FS, 0x10000 + round as u64]);
    0
}
fn switch(_: i64) -> i64 {
    hc!(MULTICALL, MULTICALL_PAGE.va(), 3)
}
fn switch_check(_: i64) -> i64 {
    first_error!(
        multicall_result(0),
        multicall_result(1),
        multicall_result(2)
    )
}
fn switch_teardown(round: i64) -> i64 {
    first_error!(
        mmuext(MMUEXT_NEW_USER_BASEPTR, USER_L4.page().mfn()),
        tree_teardown(round)
    )
}

// ---- Instructions ----

fn rdtsc(_: i64) -> i64 {
    cpu::rdtsc();
    0
}
fn cpuid_plain(_: i64) -> i64 {
    cpu::cpuid(1, 0);
    0
}
fn cpuid_forced(_: i64) -> i64 {
    cpu::cpuid_forced(1, 0);
    0
}
fn rdmsr_efer(_: i64) -> i64 {
    cpu::rdmsr(0xc000_0080);
    0
}
fn wrmsr_fs_base(round: i64) -> i64 {
    cpu::wrmsr(0xc000_0100, 0x10000 + round as u64);
    0
}
fn io_setup(_: i64) -> i64 {
    let mut iopl = 1u32;
    hc!(PHYSDEV_OP, PHYSDEVOP_SET_IOPL, ptr(&mut iopl))
}
fn in_port_80(_: i64) -> i64 {
    cpu::inb_80();
    0
}
fn out_port_80(_: i64) -> i64 {
    cpu::outb_80(0);
    0
}
fn read_cr0(_: i64) -> i64 {
    cpu::cr0();
    0
}
fn read_cr3(_: i64) -> i64 {
    cpu::cr3();
    0
}
fn read_cr4(_: i64) -> i64 {
    cpu::cr4();
    0
}
static CR4: AtomicU64 = AtomicU64::new(0);
fn cr4_setup(_: i64) -> i64 {
    CR4.store(cpu::cr4(), Relaxed);
    0
}
fn write_cr4(_: i64) -> i64 {
    cpu::set_cr4(CR4.load(Relaxed));
    0
}

// ---- Grants, to oneself; version 1 ----

const GREF: u32 = 8;
/// Where the table's first frame is mapped.
const TABLE_VA: u64 = SCRATCH_VA + 100 * 4096;
/// Where the granted page is mapped.
const MAP_VA: u64 = SCRATCH_VA + 101 * 4096;
static GRANTED: Scratch = Scratch::new();
static COPIED: Scratch = Scratch::new();
static HANDLE: AtomicU32 = AtomicU32::new(0);

fn setup_table_into(frame: &mut u64) -> i64 {
    let mut arg = GnttabSetupTable {
        dom: DOMID_SELF as u16,
        nr_frames: 1,
        frame_list: ptr(frame),
        ..Default::default()
    };
    let answer = hc!(GRANT_TABLE_OP, GNTTABOP_SETUP_TABLE, ptr(&mut arg), 1);
    if answer != 0 {
        answer
    } else {
        arg.status.into()
    }
}
fn grant_setup_table(_: i64) -> i64 {
    setup_table_into(&mut 0)
}
fn grant_setup(round: i64) -> i64 {
    let mut frame = 0;
    let answer = first_error!(scratch_setup(round), setup_table_into(&mut frame));
    if answer != 0 {
        return answer;
    }
    let answer = update_va(TABLE_VA, frame << 12 | RW, UVMF_INVLPG);
    if answer != 0 {
        return answer;
    }
    COPIED.page();
    // grant_entry_v1: flags and domain in the first half, the frame in the second.
    let entry = TABLE_VA + u64::from(GREF) * 8;
    let frame = GRANTED.page().mfn();
    if memory::poke_half(entry + 4, frame as u32).is_err() {
        return EFAULT;
    }
    if memory::poke_half(entry, GTF_PERMIT_ACCESS.into()).is_err() {
        return EFAULT;
    }
    0
}
fn grant_map(_: i64) -> i64 {
    let mut arg = GnttabMapGrantRef {
        host_addr: MAP_VA,
        flags: GNTMAP_HOST_MAP,
        gref: GREF,
        dom: 0,
        ..Default::default()
    };
    let answer = hc!(GRANT_TABLE_OP, GNTTABOP_MAP_GRANT_REF, ptr(&mut arg), 1);
    HANDLE.store(arg.handle, Relaxed);
    if answer != 0 {
        answer
    } else {
        arg.status.into()
    }
}
fn grant_unmap(_: i64) -> i64 {
    let mut arg = GnttabUnmapGrantRef {
        host_addr: MAP_VA,
        handle: HANDLE.load(Relaxed),
        ..Default::default()
    };
    let answer = hc!(GRANT_TABLE_OP, GNTTABOP_UNMAP_GRANT_REF, ptr(&mut arg), 1);
    if answer != 0 {
        answer
    } else {
        arg.status.into()
    }
}
/// A write to the page must show through the mapping.
fn grant_map_check(round: i64) -> i64 {
    let word = round as u64 + 1;
    GRANTED.page().write(0, word);
    let shows = memory::peek(MAP_VA) == Ok(word);
    let answer = grant_unmap(round);
    if answer != 0 {
        answer
    } else if shows {
        0
    } else {
        EIO
    }
}
fn grant_copy(_: i64) -> i64 {
    let mut arg = GnttabCopy {
        source: GnttabCopyPtr {
            u: GREF.into(),
            domid: 0,
            ..Default::default()
        },
        dest: GnttabCopyPtr {
            u: Page::at(COPIED.va()).mfn(),
            domid: DOMID_SELF as u16,
            ..Default::default()
        },
        len: 4096,
        flags: GNTCOPY_SOURCE_GREF,
        ..Default::default()
    };
    let answer = hc!(GRANT_TABLE_OP, GNTTABOP_COPY, ptr(&mut arg), 1);
    if answer != 0 {
        answer
    } else {
        arg.status.into()
    }
}
fn grant_copy_check(_: i64) -> i64 {
    let word = GRANTED.page().read(511);
    let same = COPIED.page().read(511) == word;
    GRANTED.page().write(511, word.wrapping_add(1));
    if same { 0 } else { EIO }
}

// ---- Time ----

/// As `time::now_ns`, without asking which vCPU this is.
#[inline(always)]
fn now_ns() -> u64 {
    events::clock(0).at(cpu::rdtsc())
}
fn set_timer(deadline_ns: u64) -> i64 {
    hc!(SET_TIMER_OP, deadline_ns)
}
fn timer_setup(_: i64) -> i64 {
    let mut arg = EvtchnBindVirq {
        virq: VIRQ_TIMER,
        vcpu: 0,
        port: 0,
    };
    let answer = hc!(EVENT_CHANNEL_OP, EVTCHNOP_BIND_VIRQ, ptr(&mut arg));
    PORT_TIMER.store(arg.port, Relaxed);
    usable(answer, arg.port)
}
fn timer_teardown(round: i64) -> i64 {
    set_timer(0);
    clear_pending(round);
    close(&PORT_TIMER)
}
fn timer_far(round: i64) -> i64 {
    set_timer(now_ns() + 1_000_000_000 + round as u64)
}
fn timer_far_teardown(_: i64) -> i64 {
    set_timer(0)
}
fn timer(delay_ns: u64, block: bool) -> i64 {
    let deadline = now_ns() + delay_ns;
    let answer = set_timer(deadline);
    if answer != 0 {
        return answer;
    }
    while events::quick_event_count() == EVENTS_BEFORE.load(Relaxed) {
        if block {
            let answer = hc!(SCHED_OP, SCHEDOP_BLOCK, 0);
            if answer != 0 {
                return answer;
            }
        }
        if now_ns() > deadline + 20_000_000 {
            return ETIME;
        }
    }
    set_sample(
        events::clock(0)
            .at(events::quick_event().0)
            .wrapping_sub(deadline) as i64,
    );
    0
}
fn timer_spin(_: i64) -> i64 {
    timer(300_000, false)
}
fn timer_block(_: i64) -> i64 {
    timer(300_000, true)
}
static RUNSTATE: Scratch = Scratch::new();
fn runstate_setup(_: i64) -> i64 {
    RUNSTATE.page();
    0
}
fn runstate(_: i64) -> i64 {
    hc!(VCPU_OP, VCPUOP_GET_RUNSTATE_INFO, 0, RUNSTATE.va())
}

// ---- Memory reservation ----

static EXTENT: AtomicU64 = AtomicU64::new(0);
#[inline(always)]
fn reserve(op: u64, extent: u64) -> i64 {
    EXTENT.store(extent, Relaxed);
    let mut arg = MemoryReservation {
        extent_start: EXTENT.as_ptr() as u64,
        nr_extents: 1,
        domid: DOMID_SELF as u16,
        ..Default::default()
    };
    let answer = hc!(MEMORY_OP, op, ptr(&mut arg));
    match answer {
        1 => 0,
        error if error < 0 => error,
        _ => ENOMEM,
    }
}
fn memory_increase(_: i64) -> i64 {
    reserve(XENMEM_INCREASE_RESERVATION, 0)
}
fn memory_decrease(_: i64) -> i64 {
    reserve(XENMEM_DECREASE_RESERVATION, EXTENT.load(Relaxed))
}
fn memory_populate(_: i64) -> i64 {
    reserve(XENMEM_POPULATE_PHYSMAP, NR_PAGES.load(Relaxed) + 16)
}
static NR_PAGES: AtomicU64 = AtomicU64::new(0);
fn memory_setup(_: i64) -> i64 {
    NR_PAGES.store(start::info().nr_pages, Relaxed);
    0
}

/// Every row, in the order of the reference figures.
pub const ROWS: &[Row] = &[
    row("null_hypercall", null),
    row("xenver_get_features", features),
    row("multicall16_null", multicall16)
        .pre(multicall16_fill)
        .post(multicall16_check),
    row("sched_yield", sched_yield),
    row("evtchn_alloc_unbound", alloc_unbound).post(close_a),
    row("evtchn_close_unbound", close_a).pre(alloc_unbound),
    row("evtchn_bind_interdomain", bind_interdomain)
        .pre(alloc_unbound)
        .post(close_both),
    row("evtchn_close_interdomain", close_b)
        .pre(alloc_and_bind)
        .post(close_a),
    row("evtchn_send_poll", send_poll)
        .post(clear_pending)
        .setup(alloc_and_bind)
        .teardown(close_both),
    row("evtchn_bind_ipi", bind_ipi).post(close_ipi),
    row("evtchn_ipi_send_poll", ipi_send_poll)
        .post(clear_pending)
        .setup(bind_ipi)
        .teardown(close_ipi),
    row("evtchn_ipi_upcall", ipi_upcall)
        .pre(allow_upcalls)
        .post(forbid_upcalls)
        .setup(bind_ipi)
        .teardown(close_ipi),
    row("evtchn_unmask", unmask)
        .pre(mask_ipi)
        .setup(bind_ipi)
        .teardown(close_ipi),
    row("trap_bp_roundtrip", breakpoint)
        .setup(quick_bp)
        .teardown(usual_traps),
    row("trap_ud_roundtrip", undefined)
        .setup(quick_ud)
        .teardown(usual_traps),
    row("trap_pf_roundtrip", page_fault)
        .setup(quick_pf)
        .teardown(usual_traps),
    row("set_trap_table_15", trap_table).setup(trap_table_fill),
    row("user_syscall_sysret", user_sysret).setup(user_setup),
    row("user_syscall_iret", user_iret).setup(user_setup),
    row("user_bp_then_syscall", user_sysret)
        .setup(user_breakpoint_setup)
        .teardown(usual_traps),
    row("mmu_update_remap", remap)
        .post(remap_check)
        .setup(scratch_setup),
    row("mmu_update_ro_rw", ro_rw)
        .post(ro_rw_check)
        .setup(scratch_setup),
    row("mmu_update_clear_set", clear_set)
        .post(clear_set_check)
        .setup(scratch_setup),
    row("mmu_update_remap_x64", remap64)
        .pre(remap64_fill)
        .post(remap64_check)
        .setup(scratch_setup),
    row("update_va_noflush", update_va_noflush)
        .post(remap_check)
        .setup(scratch_setup),
    row("update_va_invlpg", update_va_invlpg)
        .post(remap_check)
        .setup(scratch_setup),
    row("update_va_tlbflush", update_va_tlbflush)
        .post(remap_check)
        .setup(scratch_setup),
    row("pte_write_emulated", write_emulated)
        .post(remap_check)
        .setup(scratch_setup),
    row("mmuext_invlpg_local", invlpg_local).setup(scratch_setup),
    row("mmuext_tlb_flush_local", tlb_flush_local),
    row("pin_l1_empty", pin_l1_empty)
        .post(unpin_l1_empty)
        .setup(l1_empty_setup),
    row("unpin_l1_empty", unpin_l1_empty)
        .pre(pin_l1_empty)
        .setup(l1_empty_setup),
    row("pin_l1_512", pin_l1_full)
        .post(unpin_l1_full)
        .setup(l1_full_setup),
    row("unpin_l1_512", unpin_l1_full)
        .pre(pin_l1_full)
        .setup(l1_full_setup),
    row("pin_l4_tree", pin_tree)
        .post(unpin_tree)
        .setup(tree_setup),
    row("unpin_l4_tree", unpin_tree)
        .pre(pin_tree)
        .setup(tree_setup),
    row("new_baseptr", new_baseptr)
        .setup(tree_pinned_setup)
        .teardown(tree_teardown),
    row("stack_switch", stack_switch),
    row("set_segment_base_fs", fs_base),
    row("set_segment_base_gs_user", gs_base),
    row("ctxswitch_multicall", switch)
        .pre(switch_fill)
        .post(switch_check)
        .setup(switch_setup)
        .teardown(switch_teardown),
    row("rdtsc", rdtsc),
    row("cpuid_plain", cpuid_plain),
    row("cpuid_forced", cpuid_forced),
    row("rdmsr_efer", rdmsr_efer),
    row("wrmsr_fs_base", wrmsr_fs_base),
    row("in_port_80", in_port_80).setup(io_setup),
    row("out_port_80", out_port_80).setup(io_setup),
    row("read_cr0", read_cr0),
    row("read_cr3", read_cr3),
    row("read_cr4", read_cr4),
    row("write_cr4", write_cr4).setup(cr4_setup),
    row("gnttab_setup_table", grant_setup_table),
    row("gnttab_map_self", grant_map)
        .post(grant_map_check)
        .setup(grant_setup),
    row("gnttab_unmap_self", grant_unmap)
        .pre(grant_map)
        .setup(grant_setup),
    row("gnttab_copy_4096", grant_copy)
        .post(grant_copy_check)
        .setup(grant_setup),
    row("set_timer_op", timer_far).teardown(timer_far_teardown),
    row("timer_virq_spin_ns", timer_spin)
        .pre(allow_upcalls)
        .post(forbid_upcalls)
        .setup(timer_setup)
        .teardown(timer_teardown),
    row("timer_virq_block_ns", timer_block)
        .pre(allow_upcalls)
        .post(forbid_upcalls)
        .setup(timer_setup)
        .teardown(timer_teardown),
    row("vcpu_get_runstate", runstate).setup(runstate_setup),
    row("mem_increase_1", memory_increase).post(memory_decrease),
    row("mem_decrease_1", memory_decrease).pre(memory_increase),
    row("mem_populate_1", memory_populate)
        .post(memory_decrease)
        .setup(memory_setup),
];
