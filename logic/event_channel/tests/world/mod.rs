//! A small world of domains for stories about event channels: three domains with two virtual CPUs each, their shared
//! words in ordinary memory, and a guest side that takes events as the ABI asks a guest to.
//!
//! After every line the invariants are counted anew ([`World::check_invariants`]).

#![allow(dead_code, reason = "each test program uses its own part")]

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, AtomicU32, AtomicU64, Ordering::SeqCst};

use abi::{DomId, Errno};
use event_channel::{
    Binding, Closing, Config, Error, Ledger, Notify, Outside, Poll, Port, Progress, Shared, Table,
    Target, VcpuId, Wake, Word32, Word64,
};

pub const DOMAINS: u16 = 3;
pub const VCPUS: u16 = 2;
pub const PENDING: u32 = 1 << 31;
pub const MASKED: u32 = 1 << 30;
pub const LINKED: u32 = 1 << 29;
const LINK: u32 = (1 << 17) - 1;

/// A domain's shared words.
pub struct Memory {
    pending: [AtomicU64; 64],
    mask: [AtomicU64; 64],
    pub vcpus: [VcpuMemory; VCPUS as usize],
    events: Mutex<Vec<&'static [AtomicU32; 1024]>>,
}

#[derive(Default)]
pub struct VcpuMemory {
    selector: AtomicU64,
    pub upcall: AtomicBool,
    control: AtomicBool,
    ready: AtomicU32,
    head: [AtomicU32; 16],
    /// The guest's own: where it stands in each queue.
    at: [AtomicU32; 16],
}

impl Memory {
    pub fn new() -> Self {
        Self {
            pending: [const { AtomicU64::new(0) }; 64],
            mask: [const { AtomicU64::new(0) }; 64],
            vcpus: Default::default(),
            events: Mutex::default(),
        }
    }

    fn word64(&self, word: Word64) -> &AtomicU64 {
        match word {
            Word64::Pending(n) => &self.pending[n as usize],
            Word64::Mask(n) => &self.mask[n as usize],
            Word64::Selector(vcpu) => &self.vcpus[usize::from(vcpu.0)].selector,
        }
    }

    fn word32(&self, word: Word32) -> Option<&AtomicU32> {
        match word {
            Word32::Event(port) => self.event(port.0),
            Word32::Ready(vcpu) => self.control(vcpu).map(|vcpu| &vcpu.ready),
            Word32::Head(vcpu, priority) => self
                .control(vcpu)
                .map(|vcpu| &vcpu.head[usize::from(priority)]),
        }
    }

    fn control(&self, vcpu: VcpuId) -> Option<&VcpuMemory> {
        let vcpu = &self.vcpus[usize::from(vcpu.0)];
        vcpu.control.load(SeqCst).then_some(vcpu)
    }

    pub fn event(&self, port: u32) -> Option<&'static AtomicU32> {
        let page = *self.events.lock().unwrap().get(port as usize / 1024)?;
        Some(&page[port as usize % 1024])
    }

    pub fn add_control(&self, vcpu: VcpuId) {
        let vcpu = &self.vcpus[usize::from(vcpu.0)];
        vcpu.ready.store(0, SeqCst);
        for word in vcpu.head.iter().chain(&vcpu.at) {
            word.store(0, SeqCst);
        }
        vcpu.control.store(true, SeqCst);
    }

    /// A page of event words, masked as Linux leaves them, or clear.
    pub fn add_page(&self, word: u32) {
        let page: Box<[AtomicU32; 1024]> = Box::new([const { AtomicU32::new(0) }; 1024]);
        page.iter().for_each(|event| event.store(word, SeqCst));
        self.events.lock().unwrap().push(Box::leak(page));
    }

    pub fn pages(&self) -> usize {
        self.events.lock().unwrap().len()
    }

    fn forget_fifo(&self) {
        self.events.lock().unwrap().clear();
        for vcpu in &self.vcpus {
            vcpu.control.store(false, SeqCst);
        }
    }

    /// The guest takes its upcall: the ports that it would handle.
    pub fn take(&self, vcpu: VcpuId, fifo: bool) -> Vec<u32> {
        if fifo {
            self.take_fifo(vcpu)
        } else {
            self.take_two_level(vcpu)
        }
    }

    /// In the 2-level scheme: the ports that it would handle.
    fn take_two_level(&self, vcpu: VcpuId) -> Vec<u32> {
        let own = &self.vcpus[usize::from(vcpu.0)];
        own.upcall.store(false, SeqCst);
        let selector = own.selector.swap(0, SeqCst);
        let mut ports = Vec::new();
        for index in (0..64).filter(|index| selector >> index & 1 != 0) {
            let mask = self.mask[index].load(SeqCst);
            let taken = self.pending[index].load(SeqCst) & !mask;
            self.pending[index].fetch_and(!taken, SeqCst);
            ports.extend(
                (0..64u32)
                    .filter(|bit| taken >> bit & 1 != 0)
                    .map(|bit| index as u32 * 64 + bit),
            );
        }
        ports
    }

    /// In the FIFO scheme: from the front of each queue, the most urgent first.
    fn take_fifo(&self, vcpu: VcpuId) -> Vec<u32> {
        let own = &self.vcpus[usize::from(vcpu.0)];
        own.upcall.store(false, SeqCst);
        let mut ready = own.ready.swap(0, SeqCst);
        let mut ports = Vec::new();
        while ready != 0 {
            let priority = ready.trailing_zeros() as usize;
            let mut port = own.at[priority].load(SeqCst);
            if port == 0 {
                port = own.head[priority].load(SeqCst);
            }
            let Some(event) = self.event(port) else { break };
            let next = unlink(event);
            own.at[priority].store(next, SeqCst);
            if next == 0 {
                ready &= !(1 << priority);
            }
            let word = event.load(SeqCst);
            if word & PENDING != 0 && word & MASKED == 0 {
                event.fetch_and(!PENDING, SeqCst);
                ports.push(port);
            }
            ready |= own.ready.swap(0, SeqCst);
        }
        ports
    }
}

/// Clears LINKED and LINK; where LINK pointed.
fn unlink(event: &AtomicU32) -> u32 {
    event
        .fetch_update(SeqCst, SeqCst, |word| Some(word & !(LINKED | LINK)))
        .unwrap()
        & LINK
}

impl Shared for Memory {
    fn load64(&self, word: Word64) -> Option<u64> {
        Some(self.word64(word).load(SeqCst))
    }
    fn fetch_or64(&self, word: Word64, bits: u64) -> Option<u64> {
        Some(self.word64(word).fetch_or(bits, SeqCst))
    }
    fn fetch_and64(&self, word: Word64, bits: u64) -> Option<u64> {
        Some(self.word64(word).fetch_and(bits, SeqCst))
    }
    fn load32(&self, word: Word32) -> Option<u32> {
        self.word32(word).map(|word| word.load(SeqCst))
    }
    fn store32(&self, word: Word32, value: u32) {
        if let Some(word) = self.word32(word) {
            word.store(value, SeqCst);
        }
    }
    fn fetch_or32(&self, word: Word32, bits: u32) -> Option<u32> {
        self.word32(word).map(|word| word.fetch_or(bits, SeqCst))
    }
    fn fetch_and32(&self, word: Word32, bits: u32) -> Option<u32> {
        self.word32(word).map(|word| word.fetch_and(bits, SeqCst))
    }
    fn compare_exchange32(&self, word: Word32, old: u32, new: u32) -> Result<u32, Option<u32>> {
        self.word32(word)
            .ok_or(None)?
            .compare_exchange(old, new, SeqCst, SeqCst)
            .map_err(Some)
    }
    fn raise_upcall(&self, vcpu: VcpuId) -> bool {
        !self.vcpus[usize::from(vcpu.0)].upcall.swap(true, SeqCst)
    }
}

pub struct Domain {
    pub table: Table,
    pub ledger: RefCell<Ledger>,
    pub memory: Memory,
    /// Virtual CPUs that were kicked, and those that were unblocked from a poll, since somebody asked.
    pub woken: RefCell<Vec<String>>,
    released: RefCell<Vec<u32>>,
    alive: bool,
}

pub struct World {
    pub domains: BTreeMap<u16, Domain>,
}

/// The other domains, as one of them sees them.
struct Others<'a>(&'a World, &'a Domain);

impl Outside for Others<'_> {
    fn with_peer(&self, dom: DomId, act: impl FnOnce(&Table)) {
        if let Some(domain) = self.0.domains.get(&dom.0) {
            act(&domain.table);
        }
    }
    fn release_pirq(&self, pirq: u32) {
        self.1.released.borrow_mut().push(pirq);
    }
}

impl Default for World {
    fn default() -> Self {
        Self::with_max_port(4095)
    }
}

impl World {
    pub fn with_max_port(max_port: u32) -> Self {
        let domains = (0..DOMAINS)
            .map(|id| (id, Domain::new(id, max_port)))
            .collect();
        Self { domains }
    }

    /// Plays a story: a line an operation, `domN: operation => answer`. Empty lines and `#` lines say nothing.
    #[track_caller]
    pub fn check(mut self, story: &str) -> Self {
        for (number, line) in story.lines().enumerate() {
            let line = line.trim();
            if line.is_empty() || line.starts_with('#') {
                continue;
            }
            let (command, expected) = line
                .split_once("=>")
                .unwrap_or_else(|| panic!("line {}: no answer in `{line}`", number + 1));
            let answer = self.run(command.trim());
            assert_eq!(answer, expected.trim(), "line {}: `{line}`", number + 1);
            self.check_invariants();
        }
        self
    }

    /// One operation, and its answer in words.
    pub fn run(&mut self, command: &str) -> String {
        let (dom, rest) = command.split_once(':').expect("`domN:` first");
        let dom = number(dom.trim()) as u16;
        let words: Vec<&str> = rest.split_whitespace().collect();
        let (op, args) = words.split_first().expect("an operation");
        let args: Vec<u32> = args.iter().map(|word| number(word)).collect();
        if *op == "die" {
            return self.die(dom);
        }
        match self.apply(dom, op, &args) {
            Ok(answer) => answer,
            Err(error) => format!("{:?}", Errno::from(error)),
        }
    }

    fn die(&mut self, dom: u16) -> String {
        let domain = &self.domains[&dom];
        let outside = Others(self, domain);
        let mut from = Port(0);
        // Three ports a step, to come back in between as a hypercall would.
        loop {
            let mut budget = 3;
            let mut ledger = domain.ledger.borrow_mut();
            match domain.table.close_all(
                &mut ledger,
                from,
                Closing::Hypervisor,
                &domain.memory,
                &outside,
                || {
                    budget -= 1;
                    budget >= 0
                },
            ) {
                Progress::Done => break,
                Progress::More(port) => from = port,
            }
        }
        self.domains.remove(&dom);
        "ok".into()
    }

    fn apply(&self, dom: u16, op: &str, args: &[u32]) -> Result<String, Error> {
        let Some(domain) = self.domains.get(&dom) else {
            return Ok("ESRCH".into());
        };
        let arg = |n: usize| args.get(n).copied().unwrap_or(0);
        let port = Port(arg(0));
        let Domain { table, memory, .. } = domain;
        let ledger = &mut *domain.ledger.borrow_mut();
        let outside = Others(self, domain);
        let opened = |port: Port| format!("port {port}");
        Ok(match op {
            "alloc_unbound" => opened(table.alloc_unbound(ledger, DomId(arg(0) as u16))?),
            "alloc_internal" => {
                opened(table.alloc_internal(ledger, VcpuId(arg(0) as u16), DomId(arg(1) as u16))?)
            }
            "bind_interdomain" => {
                let Some(remote) = self.domains.get(&(arg(0) as u16)) else {
                    return Ok("ESRCH".into());
                };
                let (port, wake) =
                    table.bind_interdomain(ledger, &remote.table, Port(arg(1)), memory)?;
                domain.wake(port, wake);
                opened(port)
            }
            "bind_virq" => opened(table.bind_virq(ledger, arg(0), arg(1))?),
            "bind_pirq" => opened(table.bind_pirq(ledger, arg(0))?),
            "bind_ipi" => opened(table.bind_ipi(ledger, arg(0))?),
            "close" => {
                table.close(ledger, port, Closing::Guest, memory, &outside)?;
                match domain.released.borrow_mut().pop() {
                    Some(pirq) => format!("ok, releases pirq {pirq}"),
                    None => "ok".into(),
                }
            }
            "send" => return self.send(domain, dom, port),
            "status" => {
                let status = table.status(port)?;
                describe(status.binding, status.vcpu)
            }
            "bind_vcpu" => match table.bind_vcpu(ledger, port, arg(1))? {
                Some(pirq) => format!("ok, moves pirq {pirq}"),
                None => "ok".into(),
            },
            "unmask" => {
                domain.wake(port, table.unmask(port, memory)?);
                "ok".into()
            }
            "reset" => {
                table.close_all(ledger, Port(0), Closing::Guest, memory, &outside, || true);
                if table.is_fifo() {
                    table.leave_fifo(ledger);
                    memory.forget_fifo();
                }
                "ok".into()
            }
            "init_control" => {
                let vcpu = table.may_init_control(arg(0), arg(1))?;
                memory.add_control(vcpu);
                table.init_control(ledger, vcpu, memory, |port, wake| domain.wake(port, wake))?;
                "ok".into()
            }
            "expand_array" => {
                let page = memory.pages();
                table.may_expand_array(page)?;
                memory.add_page(0);
                table.expanded(ledger, page, memory, |port, wake| domain.wake(port, wake));
                "ok".into()
            }
            "set_priority" => {
                table.set_priority(ledger, port, arg(1))?;
                "ok".into()
            }
            "poll" => {
                let ports: Vec<Port> = args[1..].iter().copied().map(Port).collect();
                match table.poll(VcpuId(arg(0) as u16), &ports, memory)? {
                    Poll::Ready => "ready".into(),
                    Poll::Wait => "waits".into(),
                }
            }
            "stop_poll" => {
                table.stop_poll(VcpuId(arg(0) as u16));
                "ok".into()
            }
            "virq" => match table.raise_virq(arg(0), VcpuId(arg(1) as u16), memory) {
                Some((port, wake)) => {
                    domain.wake(port, wake);
                    "ok".into()
                }
                None => "nobody".into(),
            },
            "pirq" => match table.raise_pirq(arg(0), memory) {
                Some((port, wake)) => {
                    domain.wake(port, wake);
                    "ok".into()
                }
                None => "nobody".into(),
            },
            // What the guest does by itself.
            "mask" => {
                if table.is_fifo() {
                    if let Some(event) = memory.event(port.0) {
                        event.fetch_or(MASKED, SeqCst);
                    }
                } else {
                    memory.mask[port.0 as usize / 64].fetch_or(1 << (port.0 % 64), SeqCst);
                }
                "ok".into()
            }
            "takes" => {
                let vcpu = VcpuId(arg(0) as u16);
                listed(memory.take(vcpu, table.is_fifo()))
            }
            "pending" => if table.is_pending(port, memory)? {
                "yes"
            } else {
                "no"
            }
            .into(),
            "woken" => {
                let mut woken = domain.woken.borrow_mut();
                if woken.is_empty() {
                    "nobody".into()
                } else {
                    let names = woken.join(" ");
                    woken.clear();
                    names
                }
            }
            other => panic!("unknown operation `{other}`"),
        })
    }

    fn send(&self, domain: &Domain, dom: u16, port: Port) -> Result<String, Error> {
        match domain.table.send(port)? {
            Target::Nobody => {}
            Target::Own => domain.wake(port, domain.table.raise(port, &domain.memory)),
            Target::Peer(peer, far) => {
                let peer = &self.domains[&peer.0];
                let wake = peer.table.deliver(far, (DomId(dom), port), &peer.memory);
                peer.wake(far, wake);
            }
        }
        Ok("ok".into())
    }

    /// Counts everything anew.
    #[track_caller]
    pub fn check_invariants(&self) {
        for (&id, domain) in &self.domains {
            let mut virqs = Vec::new();
            for port in (0..).map(Port) {
                let Ok(status) = domain.table.status(port) else {
                    break;
                };
                let free = status.binding == Binding::Free;
                assert_eq!(
                    domain.ledger.borrow().is_free(port),
                    free,
                    "dom{id} port {port}"
                );
                assert_eq!(
                    port.0 == 0,
                    status.binding == Binding::Reserved,
                    "dom{id} port {port}"
                );
                match status.binding {
                    Binding::Interdomain(peer, far) => assert_eq!(
                        self.domains[&peer.0].table.status(far).unwrap().binding,
                        Binding::Interdomain(DomId(id), port),
                        "dom{id} port {port}: the far end names another"
                    ),
                    Binding::Virq(virq) => {
                        let keeper = if event_channel::is_global(virq) {
                            VcpuId(0)
                        } else {
                            status.vcpu
                        };
                        assert!(
                            !virqs.contains(&(virq, keeper)),
                            "dom{id}: virq {virq} twice"
                        );
                        virqs.push((virq, keeper));
                    }
                    _ => {}
                }
                if !free {
                    domain.check_not_forgotten(id, port, status.vcpu);
                }
            }
        }
    }
}

impl Domain {
    fn new(id: u16, max_port: u32) -> Self {
        let (table, ledger) = Table::new(Config {
            owner: DomId(id),
            max_port,
            vcpus: VCPUS,
            pirqs: if id == 0 { 32 } else { 0 },
        })
        .unwrap();
        Self {
            table,
            ledger: RefCell::new(ledger),
            memory: Memory::new(),
            woken: RefCell::default(),
            released: RefCell::default(),
            alive: true,
        }
    }

    fn wake(&self, port: Port, wake: Wake) {
        let mut woken = self.woken.borrow_mut();
        match wake.notify {
            Notify::None => {}
            Notify::Vcpu(vcpu) => woken.push(format!("vcpu{}", vcpu.0)),
            Notify::Internal(vcpu) => woken.push(format!("hypervisor(vcpu{})", vcpu.0)),
        }
        if wake.pollers {
            for vcpu in self.table.take_pollers(port) {
                woken.push(format!("poller{}", vcpu.0));
            }
        }
    }

    /// What is pending and not masked is in some virtual CPU's sight.
    #[track_caller]
    fn check_not_forgotten(&self, id: u16, port: Port, vcpu: VcpuId) {
        let pending = self.table.is_pending(port, &self.memory).unwrap();
        if !pending || self.table.is_masked(port, &self.memory).unwrap() {
            return;
        }
        let seen = if self.table.is_fifo() {
            let event = self.memory.event(port.0).unwrap().load(SeqCst);
            event & LINKED != 0 || self.memory.control(vcpu).is_none()
        } else {
            let bit = 1 << (port.0 / 64);
            self.memory
                .vcpus
                .iter()
                .any(|vcpu| vcpu.selector.load(SeqCst) & bit != 0 && vcpu.upcall.load(SeqCst))
        };
        assert!(
            seen,
            "dom{id} port {port} is pending and nobody will see it"
        );
    }
}

/// `dom3`, `vcpu1`, `pirq4`, a virtual interrupt's name, or a plain number.
fn number(word: &str) -> u32 {
    match word {
        "timer" => return 0,
        "debug" => return 1,
        "console" => return 2,
        "dom_exc" => return 3,
        _ => {}
    }
    let digits = word.trim_start_matches(|c: char| c.is_ascii_alphabetic());
    digits
        .parse()
        .unwrap_or_else(|_| panic!("`{word}` is no number"))
}

fn listed(ports: Vec<u32>) -> String {
    if ports.is_empty() {
        return "nothing".into();
    }
    ports.iter().fold(String::new(), |mut text, port| {
        if !text.is_empty() {
            text.push(' ');
        }
        write!(text, "{port}").unwrap();
        text
    })
}

fn describe(binding: Binding, vcpu: VcpuId) -> String {
    let what = match binding {
        Binding::Free | Binding::Reserved => return "closed".into(),
        Binding::Unbound(dom) => format!("unbound dom{dom}"),
        Binding::Interdomain(dom, port) => format!("interdomain dom{dom} {port}"),
        Binding::Pirq(pirq) => format!("pirq {pirq}"),
        Binding::Virq(virq) => format!("virq {virq}"),
        Binding::Ipi => "ipi".into(),
    };
    match vcpu.0 {
        0 => what,
        vcpu => format!("{what} vcpu{vcpu}"),
    }
}
