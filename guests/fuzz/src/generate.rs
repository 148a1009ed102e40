//! The calls: which, with what arguments, and what must not follow.
//!
//! Not made: calls that do nothing but end or stop this guest (shutdown, block for ever, iret,
//! its own vCPU down), and, as dom0, calls that may do anything to the machine.

use crate::arena::{Arena, Broken, Frame};
use kit::hypercall;
use kit::memory::{self, FRAME_MASK};
use kit::random::Random;
use kit::xen::*;
use kit::{events, report, start};

/// Calls between two mendings.
const MEND_EVERY: u64 = 48;

/// A hypercall, ready to be made.
#[derive(Clone, Copy, Debug)]
struct Call {
    number: u64,
    args: [u64; 5],
    /// What it asks to be mapped, if it does, and how.
    maps: Option<(Frame, u64)>,
}
impl Call {
    fn new(number: u64, args: [u64; 5]) -> Self {
        Self {
            number,
            args,
            maps: None,
        }
    }
}

/// The source of calls.
pub struct Fuzzer {
    random: Random,
    arena: Arena,
    dom0: bool,
    /// Ports that the guest needs: its console's and its store's.
    keep: [u32; 2],
    /// Answers: none, positive, errors by number.
    done: u64,
    positive: u64,
    errors: [u64; 128],
}

impl Fuzzer {
    /// A fuzzer whose calls the seed decides.
    pub fn new(seed: u64, arena: Arena) -> Self {
        let info = start::info();
        let dom0 = start::is_dom0();
        let keep = if dom0 {
            [u32::MAX; 2]
        } else {
            [info.console_port, info.store_port]
        };
        Self {
            random: Random::new(seed),
            arena,
            dom0,
            keep,
            done: 0,
            positive: 0,
            errors: [0; 128],
        }
    }

    /// Makes one call.
    pub fn one(&mut self, index: u64, trace: bool) -> Result<(), Broken> {
        let call = if self.random.one_in(16) {
            self.multicall()
        } else {
            self.call()
        };
        if trace {
            report::line(format_args!(
                "CALL {index} {} {:x?}",
                call.number, call.args
            ));
            let words =
                |va: u64| [0, 8, 16].map(|at| memory::peek(va.wrapping_add(at)).unwrap_or(0));
            report::line(format_args!(
                "WORDS {:x?} {:x?}",
                words(call.args[0]),
                words(call.args[1])
            ));
        }
        let answer = hypercall::raw(call.number, call.args);
        // Whatever it unmasked or made pending must not run now.
        events::set_mask(true);
        self.count(answer);
        self.arena.canary()?;
        if let Some((frame, flags)) = call.maps {
            self.arena.check_mapping(frame, flags, answer)?;
        }
        if matches!(
            call.number,
            SET_TRAP_TABLE | CALLBACK_OP | SET_CALLBACKS | STACK_SWITCH | NMI_OP | MULTICALL
        ) {
            self.arena.mend_entries()?;
        }
        if index % MEND_EVERY == MEND_EVERY - 1 {
            self.arena.mend()?;
        }
        Ok(())
    }
    fn count(&mut self, answer: i64) {
        match answer {
            0 => self.done += 1,
            1.. => self.positive += 1,
            error => {
                let slot = error.unsigned_abs().min(127) as usize;
                if let Some(count) = self.errors.get_mut(slot) {
                    *count += 1;
                }
            }
        }
    }
    /// How the calls were answered.
    pub fn report(&self) {
        report::info("answered_0", self.done);
        report::info("answered_more", self.positive);
        for (error, count) in self
            .errors
            .iter()
            .enumerate()
            .filter(|(_, count)| **count > 0)
        {
            report::line(format_args!("INFO errno_{error} {count}"));
        }
    }

    // ---- Words ----

    fn below(&mut self, limit: u64) -> u64 {
        self.random.below(limit)
    }
    /// A number as structures hold them.
    fn word(&mut self) -> u64 {
        match self.below(12) {
            0 => 0,
            1 => 1,
            2 | 3 => self.below(16),
            4 => self.below(5000),
            5 => 1 << self.below(64),
            6 => u64::MAX,
            7 => self.arena.frame(&mut self.random).number(),
            8 => self.arena.pointer(&mut self.random),
            9 => self.domain(),
            10 => u64::from(u32::MAX) - self.below(4),
            _ => self.random.bits(),
        }
    }
    fn domain(&mut self) -> u64 {
        let domains = [
            DOMID_SELF,
            DOMID_SELF,
            DOMID_SELF,
            0,
            1,
            2,
            77,
            DOMID_IO,
            DOMID_XEN,
            DOMID_COW,
            DOMID_INVALID,
            DOMID_IDLE,
            0xffff,
        ];
        self.random.pick(&domains).unwrap_or(DOMID_SELF)
    }
    fn entry_flags(&mut self) -> u64 {
        match self.below(8) {
            0..=2 => memory::RW,
            3 | 4 => memory::RO,
            5 => 0,
            6 => self.below(0x1000),
            _ => self.below(0x1000) | 1 << 63,
        }
    }
    fn port(&mut self) -> u64 {
        let port = match self.below(8) {
            0..=4 => self.below(24),
            5 => self.below(4200),
            6 => 1 << self.below(32),
            _ => u64::from(u32::MAX),
        };
        // The guest keeps its voice.
        if self.keep.contains(&(port as u32)) {
            0
        } else {
            port
        }
    }
    /// Writes words to a place in the arena, or names a place where there is none.
    fn structure(&mut self, words: &[u64]) -> u64 {
        let va = self.arena.pointer(&mut self.random);
        let end = va.wrapping_add(8 * words.len() as u64 + 4096);
        if self.arena.is_last(end) && va < end && va > memory::BASE {
            return 0x1000; // too near the arena's end
        }
        for (index, word) in words.iter().enumerate() {
            // A place that cannot be written is part of the test.
            if memory::poke(va.wrapping_add(8 * index as u64), *word).is_err() {
                break;
            }
        }
        va
    }
    fn random_structure(&mut self, length: usize) -> u64 {
        let mut words = [0u64; 24];
        for word in words.iter_mut().take(length) {
            *word = self.word();
        }
        self.structure(words.get(..length).unwrap_or_default())
    }

    // ---- Calls ----

    fn multicall(&mut self) -> Call {
        let count = self.below(6);
        let mut list = [0u64; 8 * 6];
        for index in 0..count as usize {
            // A later structure may overwrite an earlier one, so only calls that stay harmless
            // with any words in memory.
            let call = match self.below(5) {
                0 | 1 => self.update_va_mapping(),
                2 => self.registers(),
                3 => self.versions(),
                _ => self.anything(),
            };
            // The check is by the answer of the whole, so calls that map go alone.
            let call = if call.maps.is_some() {
                Call::new(XEN_VERSION, [0; 5])
            } else {
                call
            };
            if let Some(slot) = list.get_mut(index * 8..index * 8 + 8) {
                slot[0] = call.number;
                slot[2..7].copy_from_slice(&call.args);
            }
        }
        let va = self.structure(&list);
        let count = if self.random.one_in(16) {
            self.word()
        } else {
            count
        };
        // What a long count would run into is old arguments, not calls that we chose.
        let count = count.min(6).min(if va == 0x1000 { 1 } else { 6 });
        Call {
            number: MULTICALL,
            args: [va, count, 0, 0, 0],
            maps: None,
        }
    }
    fn call(&mut self) -> Call {
        match self.below(24) {
            0..=3 => self.mmu_update(),
            4 | 5 => self.update_va_mapping(),
            6..=8 => self.mmuext(),
            9..=11 => self.event_channel(),
            12 | 13 => self.memory(),
            14..=16 => self.grant(),
            17 => self.vcpu(),
            18 => self.sched(),
            19 => self.descriptors(),
            20 => self.registers(),
            21 => self.versions(),
            22 => self.privileged(),
            _ => self.anything(),
        }
    }
    fn mmu_update(&mut self) -> Call {
        let frame = self.arena.frame(&mut self.random);
        let flags = self.entry_flags();
        let address = self.arena.entry_address(&mut self.random);
        let kind = self.below(4);
        let (address, value) = match kind {
            MMU_MACHPHYS_UPDATE => (self.arena.page(&mut self.random).maddr(0), self.word()),
            _ => (address & !7, frame.number() << 12 & FRAME_MASK | flags),
        };
        let place = self.structure(&[address | kind, value]);
        let count = if self.random.one_in(32) {
            self.below(3)
        } else {
            1
        };
        let domain = if self.random.one_in(8) {
            self.domain()
        } else {
            DOMID_SELF
        };
        let done = if self.random.one_in(4) {
            self.arena.pointer(&mut self.random)
        } else {
            0
        };
        // Rubbish left there may name an entry that the kernel runs on.
        let chosen = memory::peek(place) == Ok(address | kind)
            && memory::peek(place.wrapping_add(8)) == Ok(value);
        let count = if chosen || place < memory::BASE {
            count.min(1)
        } else {
            0
        };
        let mut call = Call::new(MMU_UPDATE, [place, count, done, domain, 0]);
        // Only entries of tables map; the same words in a plain page do nothing. An entry that was
        // read from the arena counts as written if the place could be.
        let mapped_by_l1 = self.arena.is_l1_entry(address);
        if kind != MMU_MACHPHYS_UPDATE && count == 1 && domain == DOMID_SELF && mapped_by_l1 {
            let written =
                memory::peek(place) == Ok(address | kind) && memory::peek(place + 8) == Ok(value);
            call.maps = written.then_some((frame, flags));
        }
        if frame.number() << 12 & FRAME_MASK != frame.number() << 12 {
            call.maps = None; // cut: another frame than meant
        }
        call
    }
    fn update_va_mapping(&mut self) -> Call {
        let va = self.arena.map_address(&mut self.random);
        let frame = self.arena.frame(&mut self.random);
        let flags = self.entry_flags();
        let entry = frame.number() << 12 & FRAME_MASK | flags;
        let flush = match self.below(6) {
            0 => UVMF_NONE,
            1 => UVMF_TLB_FLUSH,
            2 => UVMF_INVLPG,
            3 => UVMF_INVLPG | UVMF_ALL,
            4 => self.arena.pointer(&mut self.random) & !7 | self.below(8),
            _ => self.below(8),
        };
        let mut call = if self.random.one_in(8) {
            let domain = self.domain();
            Call::new(UPDATE_VA_MAPPING_OTHERDOMAIN, [va, entry, flush, domain, 0])
        } else {
            Call::new(UPDATE_VA_MAPPING, [va, entry, flush, 0, 0])
        };
        let whole = entry & FRAME_MASK == frame.number() << 12;
        if call.number == UPDATE_VA_MAPPING && whole {
            call.maps = Some((frame, flags));
        }
        call
    }
    fn mmuext(&mut self) -> Call {
        let cmd = self.below(23) as u32;
        let (arg1, arg2) = match cmd {
            MMUEXT_NEW_BASEPTR => (self.arena.top_table(&mut self.random), 0),
            MMUEXT_CLEAR_PAGE => (self.arena.frame_to_write(&mut self.random), 0),
            MMUEXT_COPY_PAGE => {
                let to = self.arena.frame_to_write(&mut self.random);
                (to, self.arena.frame(&mut self.random).number())
            }
            MMUEXT_UNPIN_TABLE => match self.arena.frame(&mut self.random) {
                Frame::Table(_) => (self.arena.page(&mut self.random).mfn(), 0), // ours are needed
                other => (other.number(), 0),
            },
            MMUEXT_SET_LDT => (
                self.arena.map_address(&mut self.random) & !4095,
                self.below(9000),
            ),
            MMUEXT_TLB_FLUSH_MULTI | MMUEXT_INVLPG_MULTI => (
                self.arena.map_address(&mut self.random),
                self.arena.pointer(&mut self.random),
            ),
            _ => (self.arena.frame(&mut self.random).number(), self.word()),
        };
        let place = self.structure(&[cmd.into(), arg1, arg2]);
        // What was not written there was not chosen.
        let count =
            u64::from(memory::peek(place) == Ok(cmd.into()) && memory::peek(place + 8) == Ok(arg1));
        let domain = if self.random.one_in(12) {
            self.domain()
        } else {
            DOMID_SELF
        };
        let done = if self.random.one_in(4) {
            self.arena.pointer(&mut self.random)
        } else {
            0
        };
        Call::new(MMUEXT_OP, [place, count, done, domain, 0])
    }
    fn event_channel(&mut self) -> Call {
        let op = self.below(16);
        let (dom, port, other, vcpu) = (self.domain(), self.port(), self.port(), self.below(3));
        let words = match op {
            EVTCHNOP_ALLOC_UNBOUND => [dom | self.domain() << 16 | port << 32, 0, 0],
            EVTCHNOP_BIND_INTERDOMAIN => [dom | port << 32, other, 0],
            EVTCHNOP_BIND_VIRQ => [self.below(26) | vcpu << 32, 0, 0],
            EVTCHNOP_BIND_PIRQ => [self.below(300) | self.below(2) << 32, 0, 0],
            EVTCHNOP_BIND_IPI => [vcpu, 0, 0],
            EVTCHNOP_STATUS => [dom | port << 32, 0, 0],
            EVTCHNOP_BIND_VCPU | EVTCHNOP_SET_PRIORITY => [port | self.below(20) << 32, 0, 0],
            EVTCHNOP_INIT_CONTROL => {
                let frame = self.arena.frame_to_write(&mut self.random);
                [frame, self.below(4200) | vcpu << 32, 0]
            }
            EVTCHNOP_EXPAND_ARRAY => [self.arena.frame_to_write(&mut self.random), 0, 0],
            // A reset closes the console too.
            EVTCHNOP_RESET | 14 => [if self.dom0 { dom } else { 77 }, 0, 0],
            _ => [port, 0, 0],
        };
        if self.dom0 && op == EVTCHNOP_BIND_PIRQ {
            return Call::new(EVENT_CHANNEL_OP, [99, 0, 0, 0, 0]);
        }
        let place = self.structure(&words);
        let whole = memory::peek(place) == Ok(words[0]);
        let op = if whole { op } else { EVTCHNOP_STATUS };
        Call::new(EVENT_CHANNEL_OP, [op, place, 0, 0, 0])
    }
    fn memory(&mut self) -> Call {
        let op = match self.below(4) {
            0 => XENMEM_DECREASE_RESERVATION,
            1 => XENMEM_POPULATE_PHYSMAP,
            2 => XENMEM_EXCHANGE,
            _ => self.below(32),
        };
        let frame = self.arena.frame(&mut self.random).number();
        if !self.dom0 && op == XENMEM_EXCHANGE {
            self.arena.unmap(frame);
        }
        let pfn = start::info().nr_pages + self.below(64);
        let item = if op == XENMEM_DECREASE_RESERVATION || self.random.one_in(2) {
            frame
        } else {
            pfn
        };
        let list = self.structure(&[item, self.arena.frame(&mut Random::new(item)).number()]);
        let extents = if self.random.one_in(16) {
            self.word()
        } else {
            self.below(3)
        };
        // As many numbers as extents are written to the list: a long one only where there is none.
        let list = if extents > 8 {
            self.arena.bad_address(&mut self.random)
        } else {
            list
        };
        let order = if self.random.one_in(8) {
            self.below(64)
        } else {
            0
        };
        let domain = if self.random.one_in(8) {
            self.domain()
        } else {
            DOMID_SELF
        };
        let reservation = [list, extents, order | self.below(64) << 32, domain];
        let words = match op {
            XENMEM_EXCHANGE => {
                let output = self.structure(&[pfn, pfn + 1]);
                let output = if extents > 8 { 0x1000 } else { output };
                let done = if self.random.one_in(8) {
                    self.word()
                } else {
                    0
                };
                [
                    list, extents, order, domain, output, extents, 0, domain, done,
                ]
            }
            XENMEM_INCREASE_RESERVATION
            | XENMEM_DECREASE_RESERVATION
            | XENMEM_POPULATE_PHYSMAP
            | XENMEM_CLAIM_PAGES => {
                let [a, b, c, d] = reservation;
                [a, b, c, d, 0, 0, 0, 0, 0]
            }
            _ => [(); 9].map(|()| self.word() % 64),
        };
        // Lists of extents that run on into what we did not choose may name the kernel's frames,
        // which are mapped and so survive; but not as dom0, whose claims are the machine's.
        let op = if self.dom0 && matches!(op, XENMEM_CLAIM_PAGES | 16 | XENMEM_INCREASE_RESERVATION)
        {
            XENMEM_CURRENT_RESERVATION
        } else {
            op
        };
        let start_extent = if self.random.one_in(8) {
            self.below(64) << 6
        } else {
            0
        };
        let place = self.structure(&words);
        let whole =
            (0..9).all(|index| memory::peek(place + 8 * index) == Ok(words[index as usize]));
        let op = if whole {
            op
        } else {
            XENMEM_CURRENT_RESERVATION
        };
        let whole = words
            .iter()
            .enumerate()
            .all(|(at, word)| memory::peek(place.wrapping_add(8 * at as u64)) == Ok(*word));
        let op = if whole {
            op
        } else {
            XENMEM_CURRENT_RESERVATION
        };
        Call::new(MEMORY_OP, [op | start_extent, place, 0, 0, 0])
    }
    fn grant(&mut self) -> Call {
        let op = self.below(14);
        let (gref, flags, domain) = (self.below(40), self.below(64), self.domain());
        let va = self.arena.map_address(&mut self.random);
        let handle = self.below(24);
        let words = match op {
            GNTTABOP_MAP_GRANT_REF => [va, flags | gref << 32, domain, 0, 0],
            GNTTABOP_UNMAP_GRANT_REF => [va, 0, handle, 0, 0],
            GNTTABOP_UNMAP_AND_REPLACE => {
                let other = self.arena.map_address(&mut self.random);
                [va, other, handle, 0, 0]
            }
            GNTTABOP_SETUP_TABLE => {
                let list = self.arena.page(&mut self.random).va();
                [domain | self.below(5) << 32, 0, list, 0, 0]
            }
            GNTTABOP_COPY => {
                let source = self.arena.frame(&mut self.random).number();
                let dest = self.arena.frame_to_write(&mut self.random);
                let length = self.below(4200);
                // Frames and not references, unless the flags say so: ours are not granted out.
                [
                    source,
                    domain | self.below(4200) << 16,
                    dest,
                    DOMID_SELF | self.below(4200) << 16,
                    length | self.below(2) << 16,
                ]
            }
            GNTTABOP_TRANSFER => [
                self.arena.page(&mut self.random).mfn(),
                domain | gref << 32,
                0,
                0,
                0,
            ],
            GNTTABOP_SET_VERSION => [self.below(4), 0, 0, 0, 0],
            GNTTABOP_SWAP_GRANT_REF => [gref | self.below(40) << 32, 0, 0, 0, 0],
            _ => [
                domain | self.word() << 32,
                self.word(),
                self.arena.page(&mut self.random).va(),
                0,
                0,
            ],
        };
        // More than one only where rubbish in the second cannot write to a frame of ours.
        let count = match op {
            GNTTABOP_COPY => 1,
            _ if self.random.one_in(16) => self.below(3),
            _ => 1,
        };
        let place = self.structure(&words);
        let whole =
            (0..5).all(|index| memory::peek(place + 8 * index) == Ok(words[index as usize]));
        let op = if whole { op } else { GNTTABOP_QUERY_SIZE };
        Call::new(GRANT_TABLE_OP, [op, place, count, 0, 0])
    }
    fn vcpu(&mut self) -> Call {
        let ops = [
            VCPUOP_IS_UP,
            VCPUOP_GET_RUNSTATE_INFO,
            VCPUOP_SET_PERIODIC_TIMER,
            VCPUOP_STOP_PERIODIC_TIMER,
            VCPUOP_SET_SINGLESHOT_TIMER,
            VCPUOP_STOP_SINGLESHOT_TIMER,
            VCPUOP_GET_PHYSID,
            VCPUOP_REGISTER_RUNSTATE_MEMORY_AREA,
            VCPUOP_REGISTER_VCPU_TIME_MEMORY_AREA,
            VCPUOP_UP,
            VCPUOP_INITIALISE,
            VCPUOP_DOWN,
            14,
            15,
            16,
            99,
        ];
        let op = self.random.pick(&ops).unwrap_or(VCPUOP_IS_UP);
        let vcpu = match op {
            // On vCPUs that are not there only: one that runs rubbish would run it on us.
            VCPUOP_UP | VCPUOP_INITIALISE | VCPUOP_DOWN => 32 + self.below(1 << 32),
            _ => self.below(3) * self.below(5000),
        };
        let place = match op {
            // The area is written at any time, so it must be a place that stays the arena's.
            VCPUOP_REGISTER_RUNSTATE_MEMORY_AREA | VCPUOP_REGISTER_VCPU_TIME_MEMORY_AREA => {
                let area = if self.random.one_in(2) {
                    self.arena.bad_address(&mut self.random)
                } else {
                    0
                };
                let place = self.structure(&[area]);
                if memory::peek(place) != Ok(area) {
                    return Call::new(VCPU_OP, [VCPUOP_IS_UP, vcpu, 0, 0, 0]);
                }
                place
            }
            _ => self.random_structure(3),
        };
        Call::new(VCPU_OP, [op, vcpu, place, 0, 0])
    }
    fn sched(&mut self) -> Call {
        match self.below(4) {
            0 => Call::new(SCHED_OP, [SCHEDOP_YIELD, 0, 0, 0, 0]),
            1 => {
                // With a deadline that is over.
                let ports = self.arena.pointer(&mut self.random);
                let count = self.below(3) * self.below(100);
                let place = self.structure(&[ports, count, 1]);
                let over = memory::peek(place + 16) == Ok(1);
                let op = if over { SCHEDOP_POLL } else { SCHEDOP_YIELD };
                Call::new(SCHED_OP, [op, place, 0, 0, 0])
            }
            2 => {
                // Stop a watchdog or name one that is not there; never start one.
                let id = self.below(5);
                let place = self.structure(&[id]);
                let stops = id > 0 && memory::peek(place) == Ok(id);
                let op = if stops {
                    SCHEDOP_WATCHDOG
                } else {
                    SCHEDOP_YIELD
                };
                Call::new(SCHED_OP, [op, place, 0, 0, 0])
            }
            _ => Call::new(SCHED_OP, [7 + self.below(100), self.random.bits(), 0, 0, 0]),
        }
    }
    fn descriptors(&mut self) -> Call {
        match self.below(4) {
            0 => {
                let frames = [(); 16].map(|()| self.arena.frame(&mut self.random).number());
                let place = self.structure(&frames);
                Call::new(SET_GDT, [place, self.below(8000), 0, 0, 0])
            }
            1 | 2 => {
                let address = match self.below(3) {
                    0 => self.arena.frame(&mut self.random).number() << 12,
                    _ => self
                        .arena
                        .page(&mut self.random)
                        .maddr(self.random.bits() % 512),
                };
                let descriptor = match self.below(3) {
                    0 => 0x00cf_f300_0000_ffff,
                    1 => self.random.bits() & 0x00ff_ff00_0000_ffff,
                    _ => self.random.bits(),
                };
                Call::new(UPDATE_DESCRIPTOR, [address, descriptor, 0, 0, 0])
            }
            _ => {
                let place = self.random_structure(12);
                Call::new(SET_TRAP_TABLE, [place, 0, 0, 0, 0])
            }
        }
    }
    fn registers(&mut self) -> Call {
        match self.below(8) {
            0 => Call::new(SET_DEBUGREG, [self.below(10), self.word(), 0, 0, 0]),
            1 => Call::new(GET_DEBUGREG, [self.below(10), 0, 0, 0, 0]),
            2 => Call::new(SET_SEGMENT_BASE, [self.below(5), self.word(), 0, 0, 0]),
            3 => Call::new(FPU_TASKSWITCH, [self.below(3), 0, 0, 0, 0]),
            4 => Call::new(STACK_SWITCH, [self.word(), self.word(), 0, 0, 0]),
            5 => Call::new(SET_TIMER_OP, [self.word(), 0, 0, 0, 0]),
            6 => Call::new(VM_ASSIST, [self.below(3), self.below(40), 0, 0, 0]),
            _ => {
                let address = self.word();
                let kind = self.below(9) | self.below(2) << 16;
                // An NMI callback at a random place would be taken by a later NMI.
                let kind = if kind & 0xffff == 4 { 3 } else { kind };
                let place = self.structure(&[kind, address]);
                Call::new(CALLBACK_OP, [self.below(3), place, 0, 0, 0])
            }
        }
    }
    fn versions(&mut self) -> Call {
        let place = self.random_structure(4);
        match self.below(3) {
            // Short answers only: long ones would run past the arena's page.
            0 => Call::new(
                XEN_VERSION,
                [self.below(2) * 5 + self.below(2), place, 0, 0, 0],
            ),
            1 => Call::new(XEN_VERSION, [8, place, 0, 0, 0]),
            _ => Call::new(XEN_VERSION, [15 + self.below(100), place, 0, 0, 0]),
        }
    }
    /// What only dom0 may: an unprivileged guest asks it properly and must be refused.
    fn privileged(&mut self) -> Call {
        let which = self.below(8);
        if self.dom0 {
            // With a version that is wrong, so nothing can happen.
            let place = self.structure(&[which, 0]);
            let number = [DOMCTL, SYSCTL, PLATFORM_OP][(which % 3) as usize];
            let refused = memory::peek(place).map_or(true, |word| word >> 32 == 0);
            return Call::new(
                if refused { number } else { XEN_VERSION },
                [if refused { place } else { 99 }, 0, 0, 0, 0],
            );
        }
        let random = [(); 6].map(|()| self.word());
        let [a, b, c, d, e, f] = random;
        match which {
            0 => {
                let (op, domain) = (self.below(90), self.below(4));
                let place = self.structure(&[op | 0x17 << 32, domain, a, b, c, d, e, f]);
                Call::new(DOMCTL, [place, 0, 0, 0, 0])
            }
            1 => {
                let op = self.below(31);
                let place = self.structure(&[op | 0x15 << 32, a, b, c, d, e, f]);
                Call::new(SYSCTL, [place, 0, 0, 0, 0])
            }
            2 => {
                let op = self.below(66);
                let place = self.structure(&[op | 0x0300_0001 << 32, a, b, c, d, e, f]);
                Call::new(PLATFORM_OP, [place, 0, 0, 0, 0])
            }
            3 => {
                let place = self.structure(&[a, b, c, d]);
                Call::new(PHYSDEV_OP, [self.below(34), place, 0, 0, 0])
            }
            4 => {
                let place = self.structure(&[a, b, c, d]);
                Call::new(HVM_OP, [self.below(27), place, 0, 0, 0])
            }
            5 => Call::new(DM_OP, [a, b, self.arena.pointer(&mut self.random), d, e]),
            6 => Call::new(
                KEXEC_OP,
                [self.below(8), self.arena.pointer(&mut self.random), 0, 0, 0],
            ),
            _ => {
                let numbers = [
                    XENPMU_OP,
                    HYPFS_OP,
                    ARCH_0,
                    XSM_OP,
                    ARGO_OP,
                    TMEM_OP,
                    XENOPROF_OP,
                ];
                let number = self.random.pick(&numbers).unwrap_or(XSM_OP);
                Call::new(
                    number,
                    [self.below(8), self.arena.pointer(&mut self.random), a, b, c],
                )
            }
        }
    }
    /// Any number that no other generator owns, with any words.
    fn anything(&mut self) -> Call {
        let numbers = [
            6,
            11,
            16,
            19,
            43,
            44,
            45,
            46,
            47,
            49,
            50,
            55,
            56,
            63,
            64,
            1 << 32,
            u64::MAX,
        ];
        let number = self.random.pick(&numbers).unwrap_or(11);
        // The old forms of sched_op and physdev_op can stop the guest and drive devices.
        let number = if number == 6 || number == 19 && self.dom0 {
            11
        } else {
            number
        };
        let args = [(); 5].map(|()| self.word());
        Call::new(number, args)
    }
}
