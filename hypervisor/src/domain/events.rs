//! A domain's event channels in the body: its table, the shared words behind it, and the waking of virtual CPUs.
//!
//! Always: raising takes no lock; the pages of event words and control blocks are held by references from the time
//! that [`Shared`] can find them until no CPU can be raising an event in them any more.
//!
//! Not here: the rules (`event_channel`), who may do what (`hypercall::event_channel`), delivery into the guest (`pv`).

use alloc::boxed::Box;
use alloc::sync::Arc;
use alloc::vec::Vec;
use core::sync::atomic::{AtomicU32, AtomicU64, Ordering};

use abi::{DomId, Errno, Mfn};
use event_channel::{
    ARRAY_PAGES, Closing, Error, Ledger, Notify, Outside, Poll, Port, Progress, Shared, Table,
    VcpuId, WORDS_PER_PAGE, Wake, Word32, Word64,
};
use metal::cpu::{self, Flush};
use metal::frame::{Frame, U32Ref};
use metal::sync::{Mutex, MutexGuard};

use crate::devices::pirq;
use crate::domain::vcpu::{Vcpu, stop};
use crate::domain::{Config, Domain, table};
use crate::hypercall::Call;
use crate::memory::types::WritablePage;
use crate::{rank, schedule};

/// Where `evtchn_pending` and `evtchn_mask` lie in the shared info page, in words of 64 bits.
const PENDING: usize = 2048 / 8;
const MASK: usize = 2560 / 8;
/// Words of 64 bits in each.
const BITMAP_WORDS: u32 = 64;
/// Where the heads begin in a control block.
const HEADS: usize = 8;

/// [`Events::close_all`] has been through.
const ALL_CLOSED: Port = Port(u32::MAX);

/// A domain's event channels.
pub struct Events {
    table: Table,
    books: Mutex<Books>,
    /// The frame of each page of event words, 0 for none.
    array: Box<[AtomicU64]>,
    /// The control block of each virtual CPU: frame and offset in one address, 0 for none.
    controls: Box<[AtomicU64]>,
    /// How far [`Self::close_all`] came.
    closed: AtomicU32,
}

/// What the domain's event lock guards.
pub struct Books {
    /// Which ports are free.
    pub ledger: Ledger,
    /// Pages of event words.
    pages: usize,
    /// What holds the pages of the FIFO scheme.
    held: Vec<WritablePage>,
}

impl Events {
    /// No port open, in the 2-level scheme.
    pub fn new(id: DomId, config: &Config) -> Result<Self, Errno> {
        let vcpus = u16::try_from(config.max_vcpus).map_err(|_| Errno::EINVAL)?;
        let (table, ledger) = Table::new(event_channel::Config {
            owner: id,
            max_port: config.max_evtchn_port,
            vcpus,
            pirqs: pirq::PIRQS,
        })?;
        let places = |count| (0..count).map(|_| AtomicU64::new(0)).collect();
        Ok(Self {
            table,
            books: Mutex::new(
                rank::EVENTS,
                Books {
                    ledger,
                    pages: 0,
                    held: Vec::new(),
                },
            ),
            array: places(ARRAY_PAGES),
            controls: places(usize::from(vcpus)),
            closed: AtomicU32::new(0),
        })
    }

    /// The rules' part, which needs no lock to be asked or rung.
    #[inline(always)]
    pub fn table(&self) -> &Table {
        &self.table
    }

    /// The domain's event lock.
    #[inline]
    pub fn lock(&self) -> MutexGuard<'_, Books> {
        self.books.lock()
    }
}

/// The words that a domain shares, found through the domain itself.
#[derive(Clone, Copy)]
pub struct Words<'a>(pub &'a Domain);

impl Words<'_> {
    #[inline(always)]
    fn word64(&self, word: Word64) -> Option<&'static AtomicU64> {
        let bitmap = |start: usize, index: u32| {
            let inside = index < BITMAP_WORDS;
            self.0
                .shared_info
                .words()
                .get(start.wrapping_add(index as usize))
                .filter(|_| inside)
        };
        match word {
            Word64::Pending(index) => bitmap(PENDING, index),
            Word64::Mask(index) => bitmap(MASK, index),
            Word64::Selector(vcpu) => self.0.vcpu(u32::from(vcpu.0))?.info.selector(),
        }
    }

    #[inline(always)]
    fn word32(&self, word: Word32) -> Option<U32Ref> {
        match word {
            Word32::Event(port) => {
                let page = self
                    .0
                    .events
                    .array
                    .get((port.0 / WORDS_PER_PAGE) as usize)?;
                let offset = (port.0 % WORDS_PER_PAGE).wrapping_mul(4);
                at(
                    page.load(Ordering::Acquire).checked_shl(12)?,
                    offset as usize,
                )
            }
            Word32::Ready(vcpu) => at(self.control(vcpu)?, 0),
            Word32::Head(vcpu, priority) => at(
                self.control(vcpu)?,
                HEADS.wrapping_add(usize::from(priority).wrapping_mul(4)),
            ),
        }
    }

    fn control(&self, vcpu: VcpuId) -> Option<u64> {
        Some(
            self.0
                .events
                .controls
                .get(usize::from(vcpu.0))?
                .load(Ordering::Acquire),
        )
    }
}

/// The half word at a machine address plus an offset; address 0 is nowhere.
#[inline(always)]
fn at(address: u64, offset: usize) -> Option<U32Ref> {
    if address == 0 {
        return None;
    }
    Frame::new(Mfn(address >> 12))?.atomic_u32((address as usize & 0xfff).wrapping_add(offset))
}

impl Shared for Words<'_> {
    #[inline(always)]
    fn load64(&self, word: Word64) -> Option<u64> {
        self.word64(word).map(|word| word.load(Ordering::SeqCst))
    }
    #[inline(always)]
    fn fetch_or64(&self, word: Word64, bits: u64) -> Option<u64> {
        self.word64(word)
            .map(|word| word.fetch_or(bits, Ordering::SeqCst))
    }
    #[inline(always)]
    fn fetch_and64(&self, word: Word64, bits: u64) -> Option<u64> {
        self.word64(word)
            .map(|word| word.fetch_and(bits, Ordering::SeqCst))
    }
    #[inline(always)]
    fn load32(&self, word: Word32) -> Option<u32> {
        self.word32(word).map(|word| word.load(Ordering::SeqCst))
    }
    #[inline(always)]
    fn store32(&self, word: Word32, value: u32) {
        if let Some(word) = self.word32(word) {
            word.store(value, Ordering::SeqCst);
        }
    }
    #[inline(always)]
    fn fetch_or32(&self, word: Word32, bits: u32) -> Option<u32> {
        self.word32(word)
            .map(|word| word.fetch_or(bits, Ordering::SeqCst))
    }
    #[inline(always)]
    fn fetch_and32(&self, word: Word32, bits: u32) -> Option<u32> {
        self.word32(word)
            .map(|word| word.fetch_and(bits, Ordering::SeqCst))
    }
    #[inline(always)]
    fn compare_exchange32(&self, word: Word32, old: u32, new: u32) -> Result<u32, Option<u32>> {
        let word = self.word32(word).ok_or(None)?;
        word.compare_exchange(old, new, Ordering::SeqCst, Ordering::SeqCst)
            .map_err(Some)
    }
    #[inline(always)]
    fn raise_upcall(&self, vcpu: VcpuId) -> bool {
        self.0
            .vcpu(u32::from(vcpu.0))
            .and_then(|vcpu| vcpu.info.pending())
            .is_some_and(|pending| pending.swap(1, Ordering::SeqCst) == 0)
    }
}

/// The other domains and the devices, as a domain's channels end.
pub struct Machine<'a>(pub &'a Domain);

impl Outside for Machine<'_> {
    fn with_peer(&self, dom: DomId, act: impl FnOnce(&Table)) {
        if let Some(peer) = table::get(dom) {
            act(&peer.events.table);
        }
    }

    fn release_pirq(&self, pirq: u32) {
        pirq::unbind(self.0, pirq);
    }
}

/// Ringing.
impl Events {
    /// Rings a port for the far end that sent.
    #[inline]
    pub fn deliver(&self, domain: &Domain, port: Port, from: (DomId, Port)) {
        self.wake(domain, port, self.table.deliver(port, from, &Words(domain)));
    }

    /// Rings a port.
    #[inline]
    pub fn raise(&self, domain: &Domain, port: Port) {
        self.wake(domain, port, self.table.raise(port, &Words(domain)));
    }

    /// Rings a virtual interrupt of a virtual CPU.
    pub fn send_virq(&self, domain: &Domain, vcpu: &Arc<Vcpu>, virq: u32) {
        let Ok(vcpu) = self.table.vcpu_id(vcpu.id) else {
            return;
        };
        if let Some((port, wake)) = self.table.raise_virq(virq, vcpu, &Words(domain)) {
            self.wake(domain, port, wake);
        }
    }

    /// Rings a virtual interrupt of the whole domain.
    pub fn send_global_virq(&self, domain: &Domain, virq: u32) {
        if let Some((port, wake)) = self.table.raise_virq(virq, VcpuId(0), &Words(domain)) {
            self.wake(domain, port, wake);
        }
    }

    /// Rings a physical interrupt.
    pub fn raise_pirq(&self, domain: &Domain, pirq: u32) {
        if let Some((port, wake)) = self.table.raise_pirq(pirq, &Words(domain)) {
            self.wake(domain, port, wake);
        }
    }

    /// Clears the mask of a physical interrupt's port.
    pub fn unmask_pirq(&self, domain: &Domain, pirq: u32) {
        if let Some(port) = self.table.pirq_port(pirq)
            && let Ok(wake) = self.table.unmask(port, &Words(domain))
        {
            self.wake(domain, port, wake);
        }
    }

    /// Does what raising `port` asks for.
    #[inline]
    pub fn wake(&self, domain: &Domain, port: Port, wake: Wake) {
        if let Notify::Vcpu(vcpu) = wake.notify
            && let Some(vcpu) = domain.vcpu(u32::from(vcpu.0))
        {
            notify(domain, vcpu);
        }
        if wake.pollers {
            self.wake_pollers(domain, port);
        }
    }

    #[cold]
    fn wake_pollers(&self, domain: &Domain, port: Port) {
        for vcpu in self.table.take_pollers(port) {
            if let Some(vcpu) = domain.vcpu(u32::from(vcpu.0))
                && vcpu.stopped.load(Ordering::SeqCst) & stop::POLLING != 0
            {
                vcpu.wake();
            }
        }
    }
}

/// Makes a virtual CPU see its upcall: it wakes, or leaves the guest if it runs elsewhere. On this CPU it is seen on the
/// way back to the guest anyway.
#[inline]
pub fn notify(domain: &Domain, vcpu: &Arc<Vcpu>) {
    // Pending was set before this look, and a sleeper marks itself before it looks at pending: one sees the other.
    if vcpu.stopped.load(Ordering::SeqCst) & (stop::BLOCKED | stop::POLLING) != 0 {
        domain.events.stop_poll(vcpu);
        vcpu.wake();
    } else if vcpu.cpu() != cpu::this() {
        cpu::kick(vcpu.cpu());
    }
}

/// Asking.
impl Events {
    /// Begins to poll for the caller, which is marked [`stop::POLLING`] already. [`Poll::Wait`] leaves that mark.
    pub fn poll(&self, call: &Call, ports: &[Port]) -> Result<Poll, Errno> {
        let vcpu = self.table.vcpu_id(call.vcpu.id)?;
        Ok(self.table.poll(vcpu, ports, &Words(&call.domain))?)
    }

    /// A virtual CPU no longer polls.
    pub fn stop_poll(&self, vcpu: &Vcpu) {
        if let Ok(vcpu) = self.table.vcpu_id(vcpu.id) {
            self.table.stop_poll(vcpu);
        }
    }
}

/// Opening and closing, where no hypercall of the domain itself does it.
impl Events {
    /// A port of this domain that `remote` may bind to.
    pub fn alloc_unbound_for(&self, remote: DomId) -> Result<Port, Errno> {
        Ok(self.table.alloc_unbound(&mut self.lock().ledger, remote)?)
    }

    /// Closes every port of a domain that ends, as far as `should_yield` lets it; whether that was all.
    pub fn close_all(&self, domain: &Domain, should_yield: &dyn Fn() -> bool) -> bool {
        let from = Port(self.closed.load(Ordering::Relaxed));
        if from == ALL_CLOSED {
            return true;
        }
        match self.close_from(domain, from, Closing::Hypervisor, should_yield) {
            Progress::Done => {
                self.closed.store(ALL_CLOSED.0, Ordering::Relaxed);
                wait_for_senders();
                true
            }
            Progress::More(port) => {
                self.closed.store(port.0, Ordering::Relaxed);
                false
            }
        }
    }

    /// `EVTCHNOP_reset` and death: closes ports from `from` on, then leaves the FIFO scheme.
    pub fn close_from(
        &self,
        domain: &Domain,
        from: Port,
        closing: Closing,
        should_yield: &dyn Fn() -> bool,
    ) -> Progress {
        let mut books = self.lock();
        let (words, machine) = (Words(domain), Machine(domain));
        let mut first = true;
        let done = self
            .table
            .close_all(&mut books.ledger, from, closing, &words, &machine, || {
                // At least one, so that it ends.
                core::mem::take(&mut first) || !should_yield()
            });
        if done == Progress::Done && self.table.is_fifo() {
            self.leave_fifo(books);
        }
        done
    }

    /// Gives back the pages of the FIFO scheme.
    fn leave_fifo(&self, mut books: MutexGuard<'_, Books>) {
        self.table.leave_fifo(&mut books.ledger);
        for place in self.array.iter().chain(&self.controls) {
            place.store(0, Ordering::SeqCst);
        }
        books.pages = 0;
        let held = core::mem::take(&mut books.held);
        drop(books);
        wait_for_senders();
        drop(held);
    }

    /// `EVTCHNOP_init_control`: gives a virtual CPU its queues.
    pub fn init_control(
        &self,
        domain: &Domain,
        vcpu: u32,
        mfn: Mfn,
        offset: u32,
    ) -> Result<(), Errno> {
        self.table.may_init_control(vcpu, offset)?;
        let page = WritablePage::of(domain, mfn).ok_or(Errno::EINVAL)?;
        let mut books = self.lock();
        let Books { ledger, held, .. } = &mut *books;
        // Anew, now that nobody can be faster.
        let vcpu = self.table.may_init_control(vcpu, offset)?;
        let place = self
            .controls
            .get(usize::from(vcpu.0))
            .ok_or(Errno::ENOENT)?;
        held.try_reserve(1).map_err(|_| Errno::ENOMEM)?;
        held.push(page);
        place.store(
            mfn.0.wrapping_shl(12) | u64::from(offset),
            Ordering::Release,
        );
        let wake = |port, wake| self.wake(domain, port, wake);
        Ok(self
            .table
            .init_control(ledger, vcpu, &Words(domain), wake)?)
    }

    /// `EVTCHNOP_expand_array`: one more page of event words.
    pub fn expand_array(&self, domain: &Domain, mfn: Mfn) -> Result<(), Errno> {
        let next = self.lock().pages;
        self.table.may_expand_array(next)?;
        let page = WritablePage::of(domain, mfn).ok_or(Errno::EINVAL)?;
        let mut books = self.lock();
        let Books {
            ledger,
            pages,
            held,
        } = &mut *books;
        self.table.may_expand_array(*pages)?;
        let place = self.array.get(*pages).ok_or(Error::ArrayFull)?;
        held.try_reserve(1).map_err(|_| Errno::ENOMEM)?;
        held.push(page);
        place.store(mfn.0, Ordering::Release);
        let index = *pages;
        *pages = index.wrapping_add(1);
        self.table
            .expanded(ledger, index, &Words(domain), |port, wake| {
                self.wake(domain, port, wake)
            });
        Ok(())
    }
}

/// Returns when no CPU can be raising an event by what it found before. A CPU answers a flush only between two things
/// that it does.
fn wait_for_senders() {
    cpu::flush(&schedule::online(), Flush::All);
}

/// A domain came, went or changed its state: whoever bound `VIRQ_DOM_EXC` in domain 0 should look.
pub fn tell_dom0_of_exception() {
    if let Some(dom0) = table::dom0() {
        dom0.events.send_global_virq(&dom0, abi::xen::VIRQ_DOM_EXC);
    }
}
