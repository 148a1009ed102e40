//! A machine with domain 0 and whatever domains a test makes; guests that do what they are told.
//!
//! Always: guests run only inside [`World::call`], one hypercall of one vCPU at a time, on whichever CPU the scheduler
//! puts it.

use std::collections::{BTreeMap, HashSet};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::Ordering;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use abi::arch_x86_xen::{VGCF_IN_KERNEL, VGCF_ONLINE, VcpuGuestContext};
use abi::domctl::*;
use abi::{DomId, Mfn, RawDomId};
use hypervisor::cpu::Cpu;
use hypervisor::domain::vcpu::stop;
use hypervisor::domain::{Config, Domain, table};
use hypervisor::memory::{self, Wanted, allocator};
use hypervisor::pv::{FLAT_CS64, FLAT_SS, context, mmu};
use metal::cpu::{self, CpuId, Exit, Guest, GuestFrame, Interrupt};
use metal::frame::Frame;
use page_types::Kind;
use zerocopy::{FromBytes, FromZeros, Immutable, IntoBytes};

/// Where a guest's pages lie in its address space: page frame 0 here, and so on.
pub const BASE: u64 = 0x4000_0000;
/// Pages that a domain begins with, before its tables.
pub const PAGES: u64 = 64;
/// Of those, the first that is not mapped: free to become a page table.
pub const UNMAPPED: u64 = 56;
/// The first page frame that nothing is mapped at.
pub const FREE_SLOTS: u64 = 100;
/// The page frame of the lowest page table.
pub const L1: u64 = PAGES + 3;

/// Where guests make their calls, and where events reach them.
const LOOP: u64 = BASE + (8 << 12);
const CALLBACK: u64 = BASE + (9 << 12);
const STACK_PAGE: u64 = 16;
/// Little memory, because all of it is looked at after every step.
const FRAMES: u64 = 8 << 8;
const DOMAIN_0_PAGES: u64 = 256;
/// Turns that a call may take before the vCPU counts as asleep.
const PATIENCE: u32 = 300;

/// A hypercall that a vCPU is to make.
struct Order {
    number: u64,
    arguments: [u64; 4],
    issued: bool,
    answer: Option<u64>,
}

static ORDERS: Mutex<BTreeMap<(u16, u32), Order>> = Mutex::new(BTreeMap::new());
static CPUS: Mutex<Vec<Option<Cpu>>> = Mutex::new(Vec::new());
static WORLD: Mutex<Option<Machine>> = Mutex::new(None);

fn locked<T>(lock: &Mutex<T>) -> MutexGuard<'_, T> {
    lock.lock().unwrap_or_else(PoisonError::into_inner)
}

/// The vCPU that this CPU runs: the one whose state is not in its slot.
fn running() -> Option<(u16, u32)> {
    table::all().iter().find_map(|domain| {
        let here = |vcpu: &&Arc<_>| is_here(vcpu);
        domain
            .vcpus()
            .iter()
            .find(here)
            .map(|vcpu| (domain.id.0, vcpu.id))
    })
}

fn is_here(vcpu: &hypervisor::domain::vcpu::Vcpu) -> bool {
    vcpu.cpu() == cpu::this() && vcpu.with_state(|_| ()).is_none()
}

/// Plays all guests.
struct Script;

impl Guest for Script {
    fn step(&self, frame: &mut GuestFrame) -> Exit {
        let Some(who) = running() else {
            return idle(frame);
        };
        if frame.rip == CALLBACK {
            return_from_event(frame);
        }
        let mut orders = locked(&ORDERS);
        let Some(order) = orders.get_mut(&who).filter(|order| order.answer.is_none()) else {
            drop(orders);
            return idle(frame);
        };
        if order.issued && frame.rip != LOOP {
            order.answer = Some(frame.rax);
            drop(orders);
            return idle(frame);
        }
        if !order.issued {
            order.issued = true;
            let [a, b, c, d] = order.arguments;
            (frame.rax, frame.rdi, frame.rsi, frame.rdx, frame.r10) = (order.number, a, b, c, d);
            frame.rip = LOOP;
            frame.rsp = BASE + ((STACK_PAGE + u64::from(who.1) + 1) << 12);
        }
        Exit::Syscall
    }
}

/// Nothing to do: time goes by, and the scheduler is asked.
fn idle(frame: &mut GuestFrame) -> Exit {
    frame.rip = LOOP;
    metal::time::advance(1_000_000);
    hypervisor::cpu::ask_to_reschedule(cpu::this());
    Exit::Interrupt(Interrupt::Spurious)
}

/// The guest's answer to an event: none, it goes on where it was.
fn return_from_event(frame: &mut GuestFrame) {
    let mut words = [0; 7];
    if metal::guest::read_words(frame.rsp, &mut words).is_ok() {
        let [rcx, r11, rip, _, _, rsp, _] = words;
        (frame.rcx, frame.r11, frame.rip, frame.rsp) = (rcx, r11, rip, rsp);
    }
}

/// Gives one CPU a turn, unless it has one already.
fn turn(on: CpuId) {
    let Some(mut cpu) = locked(&CPUS).get_mut(on.index()).and_then(Option::take) else {
        return;
    };
    let before = cpu::become_cpu(on);
    let result = catch_unwind(AssertUnwindSafe(|| cpu.turn()));
    cpu::become_cpu(before);
    if let Some(place) = locked(&CPUS).get_mut(on.index()) {
        *place = Some(cpu);
    }
    if let Err(panic) = result {
        std::panic::resume_unwind(panic);
    }
}

fn give_others_a_turn() {
    for other in (0..cpu::count()).map(CpuId) {
        turn(other);
    }
}

/// What a domain has.
#[derive(Clone, Debug)]
pub struct Guests {
    pub id: u16,
    /// Machine frames of its page frames: [`PAGES`] pages, then the tables from the root down.
    pub mfns: Vec<u64>,
}

/// What lasts from test to test.
struct Machine {
    domain_0: Guests,
    failed: bool,
}

/// The machine, while a test has it.
pub struct World {
    machine: MutexGuard<'static, Option<Machine>>,
    pub domains: BTreeMap<&'static str, Guests>,
    /// Who may map whose pages: mapper, owner.
    pub allowed: HashSet<(u16, u16)>,
    free_before: u64,
    next_cpu: u32,
}

impl World {
    /// The machine with domain 0 alone.
    pub fn new() -> World {
        let mut machine = locked(&WORLD);
        let state = machine.get_or_insert_with(boot);
        assert!(!state.failed, "an earlier test left the machine broken");
        state.failed = true;
        let domain_0 = state.domain_0.clone();
        World {
            machine,
            domains: BTreeMap::from([("dom0", domain_0)]),
            allowed: HashSet::new(),
            free_before: allocator::free_pages(),
            next_cpu: 0,
        }
    }

    /// A domain by its name in the story.
    pub fn domain(&self, name: &str) -> &Guests {
        self.domains
            .get(name)
            .unwrap_or_else(|| panic!("there is no {name}"))
    }

    /// The body's view of a domain, if it exists.
    pub fn body(&self, name: &str) -> Option<Arc<Domain>> {
        table::get(DomId(self.domain(name).id))
    }

    /// Makes an unprivileged domain, as a toolstack does.
    pub fn create(&mut self, name: &'static str, vcpus: u32) {
        self.create_as(name, vcpus, 0);
    }

    /// The same with this id, if it is not 0.
    pub fn create_as(&mut self, name: &'static str, vcpus: u32, wanted: u16) {
        assert_eq!(self.createdomain(vcpus, wanted), 0, "createdomain");
        let answer: Domctl = self.argument("dom0");
        let id = answer.domain.0;
        assert_eq!(
            self.domctl(id, XEN_DOMCTL_MAX_VCPUS, &MaxVcpus { max: vcpus }),
            0,
            "max_vcpus"
        );
        let max_memkb = (PAGES + 4 + 64) << 2;
        assert_eq!(
            self.domctl(id, XEN_DOMCTL_MAX_MEM, &MaxMem { max_memkb }),
            0,
            "max_mem"
        );
        let domain = table::get(DomId(id)).expect("it was just made");
        let mfns = furnish(&domain);
        for vcpu in domain.vcpus() {
            context::set(&domain, vcpu, &context_of(vcpu.id, &mfns)).expect("a good context");
        }
        self.domains.insert(name, Guests { id, mfns });
        assert_eq!(
            self.domctl(id, XEN_DOMCTL_UNPAUSEDOMAIN, &[0u64; 0]),
            0,
            "unpause"
        );
        self.check();
    }

    /// What `createdomain` answers for a domain of so many vCPUs and, if it is not 0, this id.
    pub fn createdomain(&mut self, vcpus: u32, wanted: u16) -> u64 {
        let mut create = Createdomain::new_zeroed();
        (create.max_vcpus, create.max_evtchn_port, create.grant_opts) = (vcpus, 1023, 2);
        (create.max_grant_frames, create.max_maptrack_frames) = (4, 4);
        self.domctl(wanted, XEN_DOMCTL_CREATEDOMAIN, &create)
    }

    /// A `domctl` of domain 0's.
    pub fn domctl<T: IntoBytes + Immutable>(&mut self, target: u16, cmd: u32, body: &T) -> u64 {
        let mut request = Domctl::new_zeroed();
        (request.cmd, request.interface_version) = (cmd, XEN_DOMCTL_INTERFACE_VERSION);
        request.domain = RawDomId(target);
        fill(&mut request, body);
        self.with_argument("dom0", 36, &request)
    }

    /// Ends a domain.
    pub fn destroy(&mut self, name: &str) -> u64 {
        let id = self.domain(name).id;
        let answer = self.domctl(id, XEN_DOMCTL_DESTROYDOMAIN, &[0u64; 0]);
        self.domains.remove(name);
        answer
    }

    /// A call of vCPU 0 whose first argument points to this value.
    pub fn with_argument<T: IntoBytes + Immutable>(
        &mut self,
        name: &str,
        number: u64,
        value: &T,
    ) -> u64 {
        self.put(name, 0, value.as_bytes());
        self.call(name, 0, number, [BASE, 0, 0, 0])
            .expect("an answer")
    }

    /// A call of vCPU 0 with a command, and a value that its second argument points to.
    pub fn command<T: IntoBytes + Immutable>(
        &mut self,
        name: &str,
        number: u64,
        cmd: u64,
        value: &T,
    ) -> u64 {
        self.put(name, 0, value.as_bytes());
        self.call(name, 0, number, [cmd, BASE, 1, 0])
            .expect("an answer")
    }

    /// The value that the last argument pointed to, as the call left it.
    pub fn argument<T: FromBytes + IntoBytes>(&self, name: &str) -> T {
        let mut value = T::new_zeroed();
        self.get(name, 0, value.as_mut_bytes());
        value
    }

    /// Writes to a page of a domain.
    pub fn put(&self, name: &str, page: usize, bytes: &[u8]) {
        let frame = Frame::new(Mfn(self.domain(name).mfns[page])).expect("its page");
        frame.write(0, bytes).expect("it fits");
    }

    /// Reads a page of a domain.
    pub fn get(&self, name: &str, page: usize, bytes: &mut [u8]) {
        let frame = Frame::new(Mfn(self.domain(name).mfns[page])).expect("its page");
        frame.read(0, bytes).expect("it fits");
    }

    /// Lets a vCPU make a hypercall. `None` if it does not come back: it sleeps, or its domain is down.
    pub fn call(&mut self, name: &str, vcpu: u32, number: u64, arguments: [u64; 4]) -> Option<u64> {
        let who = (self.domain(name).id, vcpu);
        locked(&ORDERS).insert(
            who,
            Order {
                number,
                arguments,
                issued: false,
                answer: None,
            },
        );
        let mut answer = None;
        for _ in 0..PATIENCE {
            self.next_cpu = (self.next_cpu + 1) % cpu::count();
            turn(CpuId(self.next_cpu));
            answer = locked(&ORDERS).get(&who).and_then(|order| order.answer);
            let is_down = table::get(DomId(who.0))
                .is_none_or(|domain| domain.lifecycle.shutdown_reason().is_some());
            if answer.is_some() || is_down {
                break;
            }
        }
        locked(&ORDERS).remove(&who);
        answer
    }

    /// What must hold after every step.
    pub fn check(&self) {
        let mut owned: BTreeMap<u16, u64> = BTreeMap::new();
        let mut free = 0;
        for mfn in metal::memory::pool().iter().cloned().flatten() {
            let page = memory::page(Mfn(mfn)).expect("in the table");
            match page.owner() {
                DomId::INVALID => free += 1,
                DomId(owner) => *owned.entry(owner).or_default() += 1,
            }
            if page.kind() == Kind::L1 {
                self.check_table(mfn, page.owner().0);
            }
        }
        assert_eq!(
            free,
            allocator::free_pages(),
            "frames without an owner are the free ones"
        );
        for (id, count) in owned {
            let domain = table::get(DomId(id))
                .unwrap_or_else(|| panic!("{count} frames of d{id}, which is gone"));
            let total = domain.pages.total.load(Ordering::Relaxed);
            assert!(
                count >= total && count - total <= 80,
                "d{id} has {count} frames and counts {total}"
            );
        }
    }

    /// A page table maps its owner's pages, and those that others let it map.
    fn check_table(&self, mfn: u64, owner: u16) {
        let table = Frame::new(Mfn(mfn)).expect("in the pool");
        for (slot, entry) in table.words().iter().enumerate() {
            let entry = entry.load(Ordering::Relaxed);
            if entry & 1 == 0 {
                continue;
            }
            let target = (entry & 0x000f_ffff_ffff_f000) >> 12;
            let whose = memory::page(Mfn(target))
                .map_or(DomId::INVALID, |page| page.owner())
                .0;
            let fine = whose == owner || self.allowed.contains(&(owner, whose));
            assert!(
                fine,
                "d{owner}'s table {mfn:#x}, entry {slot} maps {target:#x} of d{whose}"
            );
        }
    }

    /// Ends what the test made; all its pages must have come back.
    pub fn end(mut self) {
        let names: Vec<_> = self
            .domains
            .keys()
            .copied()
            .filter(|name| *name != "dom0")
            .collect();
        for name in names {
            assert_eq!(self.destroy(name), 0, "destroydomain of {name}");
            self.check();
        }
        assert_eq!(allocator::free_pages(), self.free_before, "pages were lost");
        assert_eq!(table::all().len(), 1, "a domain is left");
        if let Some(machine) = self.machine.as_mut() {
            machine.failed = false;
        }
    }
}

fn fill<T: IntoBytes + Immutable>(request: &mut Domctl, body: &T) {
    let bytes = body.as_bytes();
    request.u.as_mut_bytes()[..bytes.len()].copy_from_slice(bytes);
}

/// Starts the body as `start` does, but for domain 0's kernel.
fn boot() -> Machine {
    metal::configure(metal::Config {
        frames: FRAMES,
        ..metal::Config::default()
    });
    hypervisor::start::prepare();
    cpu::play(Arc::new(Script));
    cpu::on_relax(give_others_a_turn);
    let domain_0 = start_domain_0();
    for id in (0..cpu::count()).map(CpuId) {
        cpu::become_cpu(id);
        locked(&CPUS).push(Some(Cpu::this()));
        hypervisor::cpu::ask_to_reschedule(id);
    }
    Machine {
        domain_0,
        failed: false,
    }
}

fn start_domain_0() -> Guests {
    let config = Config {
        handle: [0; 16],
        flags: 0,
        max_vcpus: 1,
        max_evtchn_port: u32::MAX,
        max_grant_frames: 4,
        max_maptrack_frames: 4,
        grant_version: 1,
        cpupool_id: 0,
        emulation_flags: 0,
    };
    let domain = Domain::new(DomId(0), true, config).expect("memory");
    domain.create_vcpus().expect("once");
    domain.pages.max.store(DOMAIN_0_PAGES, Ordering::Relaxed);
    let mfns = furnish(&domain);
    table::insert(domain.clone()).expect("the first");
    let vcpu = domain.vcpu(0).expect("one");
    context::set(&domain, vcpu, &context_of(0, &mfns)).expect("a good context");
    vcpu.stopped.fetch_and(!stop::DOWN, Ordering::Relaxed);
    assert!(domain.unpause_by_controller());
    Guests { id: 0, mfns }
}

/// Gives a domain its pages and page tables, pinned.
fn furnish(domain: &Domain) -> Vec<u64> {
    let page = |_| {
        memory::alloc_for(domain, Wanted::default())
            .expect("memory")
            .0
    };
    let mfns: Vec<u64> = (0..PAGES + 4).map(page).collect();
    let words = |pfn: u64| {
        Frame::new(Mfn(mfns[pfn as usize]))
            .expect("in the pool")
            .words()
    };
    for (pfn, mfn) in (0..).zip(&mfns) {
        metal::m2p::set(Mfn(*mfn), pfn);
        Frame::new(Mfn(*mfn)).expect("in the pool").zero();
    }
    let link = |table: u64, slot: u64| {
        words(table)[slot as usize].store(mfns[table as usize + 1] << 12 | 7, Ordering::Relaxed);
    };
    link(PAGES, 0);
    link(PAGES + 1, BASE >> 30);
    link(PAGES + 2, 0);
    for pfn in (0..UNMAPPED).chain(PAGES..PAGES + 4) {
        let rights = if pfn < PAGES { 7 } else { 5 };
        words(L1)[pfn as usize].store(mfns[pfn as usize] << 12 | rights, Ordering::Relaxed);
    }
    mmu::pin_root(domain, Mfn(mfns[PAGES as usize])).expect("good tables");
    mfns
}

fn context_of(vcpu: u32, mfns: &[u64]) -> VcpuGuestContext {
    let mut context = VcpuGuestContext::new_zeroed();
    context.flags = VGCF_IN_KERNEL | VGCF_ONLINE;
    context.user_regs.rip = LOOP;
    context.user_regs.rsp = BASE + ((STACK_PAGE + u64::from(vcpu) + 1) << 12);
    (context.user_regs.cs, context.user_regs.ss) = (FLAT_CS64 as u16, FLAT_SS as u16);
    context.user_regs.saved_upcall_mask = 1;
    (context.kernel_ss, context.kernel_sp) = (FLAT_SS, context.user_regs.rsp);
    context.ctrlreg[3] = mfns[PAGES as usize] << 12;
    context.event_callback_eip = CALLBACK;
    context
}
