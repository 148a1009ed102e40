//! A domain's table of channels, and every operation on it.

use alloc::boxed::Box;
use alloc::vec::Vec;
use core::ops::Range;
use core::sync::atomic::{AtomicBool, AtomicU32, Ordering};

use abi::DomId;
use once_cell::race::OnceBox;

use crate::channel::{Channel, LOWEST_PRIORITY, MAX_NUMBER, Word};
use crate::ledger::{BUCKET, Ledger};
use crate::queues::VcpuPorts;
use crate::virq::{VIRQS, is_global};
use crate::{
    ARRAY_PAGES, Binding, Error, FIFO_PORTS, Notify, Port, Shared, Status, TWO_LEVEL_PORTS, Target,
    VcpuId, WORDS_PER_PAGE, Wake, fifo, two_level,
};

/// What is settled when a domain is created.
#[derive(Clone, Copy, Debug)]
pub struct Config {
    /// Whose table it is.
    pub owner: DomId,
    /// The highest port (`max_evtchn_port` of createdomain).
    pub max_port: u32,
    /// How many virtual CPUs there are.
    pub vcpus: u16,
    /// How many physical interrupts it may name: 0 up to this.
    pub pirqs: u32,
}

/// What the rules need from the rest of the hypervisor when a channel ends.
pub trait Outside {
    /// Calls `act` with the table of this other domain, if it still exists.
    fn with_peer(&self, dom: DomId, act: impl FnOnce(&Table));
    /// The physical interrupt has no port any more.
    fn release_pirq(&self, pirq: u32);
}

/// On whose behalf channels are closed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Closing {
    /// The guest's: the hypervisor's own channels stay.
    Guest,
    /// The hypervisor's: every channel may be closed.
    Hypervisor,
}

/// How far a long operation came.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Progress {
    /// All done.
    Done,
    /// To go on from this port.
    More(Port),
}

type Bucket = [Channel; BUCKET as usize];

/// A domain's channels.
pub struct Table {
    owner: DomId,
    /// One past the highest port, in either scheme.
    limit: u32,
    is_fifo: AtomicBool,
    buckets: Box<[OnceBox<Bucket>]>,
    pub(crate) vcpus: Box<[VcpuPorts]>,
    /// The port of each physical interrupt, 0 for none.
    pirqs: Box<[AtomicU32]>,
    /// How many virtual CPUs poll.
    pub(crate) pollers: AtomicU32,
}

/// `len` values of `make`, or the news that there is no memory for them.
fn boxed<T>(len: usize, make: impl FnMut() -> T) -> Result<Box<[T]>, Error> {
    let mut all = Vec::new();
    all.try_reserve_exact(len).map_err(|_| Error::NoMemory)?;
    all.resize_with(len, make);
    Ok(all.into_boxed_slice())
}

impl Table {
    /// An empty table with its ledger, in the 2-level scheme.
    pub fn new(config: Config) -> Result<(Self, Ledger), Error> {
        let limit = config.max_port.saturating_add(1).min(FIFO_PORTS);
        let table = Self {
            owner: config.owner,
            limit,
            is_fifo: AtomicBool::new(false),
            buckets: boxed(limit.div_ceil(BUCKET) as usize, OnceBox::new)?,
            vcpus: boxed(usize::from(config.vcpus), VcpuPorts::new)?,
            pirqs: boxed(config.pirqs.min(MAX_NUMBER) as usize, AtomicU32::default)?,
            pollers: AtomicU32::new(0),
        };
        let mut ledger = Ledger::new();
        table.grow(&mut ledger)?;
        table.channel(Port(0))?.store(Word::RESERVED);
        ledger.take(Port(0));
        Ok((table, ledger))
    }

    /// Whose table it is.
    pub const fn owner(&self) -> DomId {
        self.owner
    }

    /// Whether the guest turned to the FIFO scheme.
    #[inline]
    pub fn is_fifo(&self) -> bool {
        self.is_fifo.load(Ordering::SeqCst)
    }

    #[inline]
    fn channel(&self, port: Port) -> Result<&Channel, Error> {
        self.buckets
            .get((port.0 / BUCKET) as usize)
            .and_then(OnceBox::get)
            .and_then(|bucket| bucket.get((port.0 % BUCKET) as usize))
            .ok_or(Error::BadPort(port))
    }

    pub(crate) fn vcpu(&self, vcpu: VcpuId) -> Result<&VcpuPorts, Error> {
        self.vcpus
            .get(usize::from(vcpu.0))
            .ok_or(Error::NoVcpu(u32::from(vcpu.0)))
    }

    /// The virtual CPU with this number, if the domain has it.
    pub fn vcpu_id(&self, number: u32) -> Result<VcpuId, Error> {
        u16::try_from(number)
            .ok()
            .filter(|&vcpu| usize::from(vcpu) < self.vcpus.len())
            .map(VcpuId)
            .ok_or(Error::NoVcpu(number))
    }
}

/// Opening channels.
impl Table {
    /// One more bucket of free ports.
    fn grow(&self, ledger: &mut Ledger) -> Result<(), Error> {
        let slot = self
            .buckets
            .get((ledger.ports() / BUCKET) as usize)
            .ok_or(Error::Full)?;
        ledger.reserve()?;
        let bucket: Box<Bucket> = boxed(BUCKET as usize, Channel::free)?
            .try_into()
            .map_err(|_| Error::NoMemory)?;
        // It can only be there already if the ledger is not this table's.
        slot.set(bucket).map_err(|_| Error::Full)?;
        ledger.add_bucket();
        Ok(())
    }

    /// The lowest free port. It stays free until [`Self::open`].
    fn free_port(&self, ledger: &mut Ledger) -> Result<Port, Error> {
        let scheme = if self.is_fifo() {
            FIFO_PORTS
        } else {
            TWO_LEVEL_PORTS
        };
        let limit = self.limit.min(scheme);
        let port = match ledger.lowest() {
            Some(port) => port,
            None if ledger.ports() >= limit => return Err(Error::Full),
            None => {
                let first = Port(ledger.ports());
                self.grow(ledger)?;
                first
            }
        };
        if port.0 < limit {
            Ok(port)
        } else {
            Err(Error::Full)
        }
    }

    fn open(&self, ledger: &mut Ledger, word: Word) -> Result<Port, Error> {
        let port = self.free_port(ledger)?;
        self.channel(port)?.store(word);
        ledger.take(port);
        Ok(port)
    }

    /// A port that `remote` may bind to.
    pub fn alloc_unbound(&self, ledger: &mut Ledger, remote: DomId) -> Result<Port, Error> {
        self.open(ledger, Word::new(Binding::Unbound(remote), VcpuId(0)))
    }

    /// A port at which the hypervisor itself listens, for one virtual CPU, and that `remote` may bind to.
    pub fn alloc_internal(
        &self,
        ledger: &mut Ledger,
        vcpu: VcpuId,
        remote: DomId,
    ) -> Result<Port, Error> {
        self.vcpu(vcpu)?;
        self.open(ledger, Word::new(Binding::Unbound(remote), vcpu).internal())
    }

    /// Binds a new port to one that waits in `remote` (which may be this table). The new port is pending at once:
    /// the far end may have rung before anybody was there to hear.
    pub fn bind_interdomain(
        &self,
        ledger: &mut Ledger,
        remote: &Self,
        remote_port: Port,
        shared: &impl Shared,
    ) -> Result<(Port, Wake), Error> {
        let port = self.free_port(ledger)?;
        let far = remote.channel(remote_port)?;
        let here = Word::new(Binding::Interdomain(remote.owner, remote_port), VcpuId(0));
        // Our end first, so that a closing of the far end finds it as soon as the far end names us.
        let channel = self.channel(port)?;
        channel.store(here);
        let bound = far.update(|word| {
            word.is_bound_to(Binding::Unbound(self.owner))
                .then(|| word.with_binding(Binding::Interdomain(self.owner, port)))
        });
        if bound.is_err() {
            channel.store(Word::FREE);
            return Err(Error::NotAccepting(remote_port));
        }
        ledger.take(port);
        Ok((port, self.raise(port, shared)))
    }

    /// Binds a virtual interrupt.
    pub fn bind_virq(&self, ledger: &mut Ledger, virq: u32, vcpu: u32) -> Result<Port, Error> {
        if virq as usize >= VIRQS {
            return Err(Error::BadVirq(virq));
        }
        if is_global(virq) && vcpu != 0 {
            return Err(Error::GlobalVirq(virq));
        }
        let vcpu = self.vcpu_id(vcpu)?;
        let slot = self.virq_slot(virq, vcpu)?;
        bind_interrupt(slot, || {
            self.open(ledger, Word::new(Binding::Virq(virq), vcpu))
        })
    }

    /// Binds a physical interrupt. Closing the port gives it back ([`Outside::release_pirq`]).
    pub fn bind_pirq(&self, ledger: &mut Ledger, pirq: u32) -> Result<Port, Error> {
        let slot = self.pirqs.get(pirq as usize).ok_or(Error::BadPirq(pirq))?;
        bind_interrupt(slot, || {
            self.open(ledger, Word::new(Binding::Pirq(pirq), VcpuId(0)))
        })
    }

    /// A port that rings this virtual CPU when its own domain sends on it.
    pub fn bind_ipi(&self, ledger: &mut Ledger, vcpu: u32) -> Result<Port, Error> {
        let vcpu = self.vcpu_id(vcpu)?;
        self.open(ledger, Word::new(Binding::Ipi, vcpu))
    }

    /// Where the port of a virtual interrupt is remembered.
    fn virq_slot(&self, virq: u32, vcpu: VcpuId) -> Result<&AtomicU32, Error> {
        let keeper = if is_global(virq) { VcpuId(0) } else { vcpu };
        self.vcpu(keeper)?
            .virqs
            .get(virq as usize)
            .ok_or(Error::BadVirq(virq))
    }
}

/// Opens a port for an interrupt that has none, and remembers it in `slot`.
fn bind_interrupt(
    slot: &AtomicU32,
    open: impl FnOnce() -> Result<Port, Error>,
) -> Result<Port, Error> {
    match slot.load(Ordering::SeqCst) {
        0 => {
            let port = open()?;
            slot.store(port.0, Ordering::SeqCst);
            Ok(port)
        }
        bound => Err(Error::Bound(Port(bound))),
    }
}

/// Closing channels.
impl Table {
    /// Closes a port; the far end of a bound one waits for its domain again.
    pub fn close(
        &self,
        ledger: &mut Ledger,
        port: Port,
        closing: Closing,
        shared: &impl Shared,
        outside: &impl Outside,
    ) -> Result<(), Error> {
        let channel = self.channel(port)?;
        let word = channel.load();
        if matches!(word.binding(), Binding::Free | Binding::Reserved) {
            return Err(Error::BadState(port));
        }
        if word.is_internal() && closing == Closing::Guest {
            return Err(Error::Internal(port));
        }
        // Reserved while the far end lets go, so that the port cannot be another channel by then.
        let word = channel
            .update(|word| Some(word.with_binding(Binding::Reserved)))
            .unwrap_or(word);
        match word.binding() {
            Binding::Interdomain(dom, far) if dom == self.owner => {
                self.lose_peer(far, self.owner, port);
            }
            Binding::Interdomain(dom, far) => {
                outside.with_peer(dom, |peer| peer.lose_peer(far, self.owner, port));
            }
            Binding::Pirq(pirq) => {
                if let Some(slot) = self.pirqs.get(pirq as usize) {
                    slot.store(0, Ordering::SeqCst);
                }
                outside.release_pirq(pirq);
            }
            Binding::Virq(virq) => self
                .virq_slot(virq, word.vcpu())?
                .store(0, Ordering::SeqCst),
            Binding::Unbound(_) | Binding::Ipi | Binding::Free | Binding::Reserved => {}
        }
        self.clear_pending(port, shared);
        channel.store(Word::FREE);
        ledger.give_back(port);
        Ok(())
    }

    /// The far end is being closed: our end waits for its domain again. Not if our end is closed too, or is bound to
    /// something else by now.
    fn lose_peer(&self, port: Port, dom: DomId, far: Port) {
        if let Ok(channel) = self.channel(port) {
            let _ = channel.update(|word| {
                word.is_bound_to(Binding::Interdomain(dom, far))
                    .then(|| word.with_binding(Binding::Unbound(dom)))
            });
        }
    }

    /// Closes every port from `from` on (reset, death), until `may_go_on` says no.
    pub fn close_all(
        &self,
        ledger: &mut Ledger,
        from: Port,
        closing: Closing,
        shared: &impl Shared,
        outside: &impl Outside,
        mut may_go_on: impl FnMut() -> bool,
    ) -> Progress {
        for port in (from.0..ledger.ports()).map(Port) {
            if ledger.is_free(port) {
                continue;
            }
            if !may_go_on() {
                return Progress::More(port);
            }
            // Port 0 and the hypervisor's own are refused, and stay.
            let _ = self.close(ledger, port, closing, shared, outside);
        }
        Progress::Done
    }

    /// Forgets the FIFO scheme, after [`Self::close_all`]. The caller keeps the pages of the array and the control
    /// blocks until no CPU can be raising an event in them any more.
    pub fn leave_fifo(&self, _: &mut Ledger) {
        self.is_fifo.store(false, Ordering::SeqCst);
        for slot in &self.vcpus {
            slot.has_control.store(false, Ordering::SeqCst);
            slot.lock().clear();
        }
    }

    fn clear_pending(&self, port: Port, shared: &impl Shared) {
        if self.is_fifo() {
            fifo::clear_pending(port, shared);
        } else {
            two_level::clear_pending(port, shared);
        }
    }
}

/// Ringing.
impl Table {
    /// Where an event goes that the guest sends on this port.
    #[inline]
    pub fn send(&self, port: Port) -> Result<Target, Error> {
        let word = self.channel(port)?.load();
        if word.is_internal() {
            return Err(Error::Internal(port));
        }
        match word.binding() {
            Binding::Interdomain(dom, far) => Ok(Target::Peer(dom, far)),
            Binding::Ipi => Ok(Target::Own),
            Binding::Unbound(_) => Ok(Target::Nobody),
            _ => Err(Error::BadState(port)),
        }
    }

    /// Rings a port of this table for the far end `from`; nothing happens if the two are no longer bound.
    #[inline]
    pub fn deliver(&self, port: Port, from: (DomId, Port), shared: &impl Shared) -> Wake {
        let Ok(channel) = self.channel(port) else {
            return Wake::NOTHING;
        };
        let word = channel.load();
        if !word.is_bound_to(Binding::Interdomain(from.0, from.1)) {
            return Wake::NOTHING;
        }
        if word.is_internal() {
            return Wake {
                notify: Notify::Internal(word.vcpu()),
                pollers: false,
            };
        }
        self.raise_channel(port, channel, word, shared)
    }

    /// Rings a port.
    pub fn raise(&self, port: Port, shared: &impl Shared) -> Wake {
        match self.channel(port) {
            Ok(channel) => self.raise_channel(port, channel, channel.load(), shared),
            Err(_) => Wake::NOTHING,
        }
    }

    #[inline]
    fn raise_channel(
        &self,
        port: Port,
        channel: &Channel,
        word: Word,
        shared: &impl Shared,
    ) -> Wake {
        // A free port: its pending bit must stay clear for the next owner.
        if word.is_free() {
            return Wake::NOTHING;
        }
        let wake = if self.is_fifo() {
            fifo::raise(port, channel, word, &self.vcpus, shared)
        } else {
            two_level::raise(port, word.vcpu(), shared)
        };
        Wake {
            pollers: wake.pollers && self.has_pollers(),
            ..wake
        }
    }

    /// Rings a virtual interrupt of a virtual CPU (of virtual CPU 0 for a global one); the port, if it has one.
    pub fn raise_virq(
        &self,
        virq: u32,
        vcpu: VcpuId,
        shared: &impl Shared,
    ) -> Option<(Port, Wake)> {
        let port = self.virq_slot(virq, vcpu).ok()?.load(Ordering::SeqCst);
        self.raise_bound(port, shared)
    }

    /// Rings a physical interrupt; the port, if it has one.
    pub fn raise_pirq(&self, pirq: u32, shared: &impl Shared) -> Option<(Port, Wake)> {
        let port = self.pirqs.get(pirq as usize)?.load(Ordering::SeqCst);
        self.raise_bound(port, shared)
    }

    fn raise_bound(&self, port: u32, shared: &impl Shared) -> Option<(Port, Wake)> {
        (port != 0).then(|| (Port(port), self.raise(Port(port), shared)))
    }

    /// The port of a physical interrupt.
    pub fn pirq_port(&self, pirq: u32) -> Option<Port> {
        let port = self.pirqs.get(pirq as usize)?.load(Ordering::SeqCst);
        (port != 0).then_some(Port(port))
    }

    /// Clears the mask of a port, for a guest that may not do it itself because something is pending.
    pub fn unmask(&self, port: Port, shared: &impl Shared) -> Result<Wake, Error> {
        let channel = self.channel(port)?;
        let word = channel.load();
        let notify = if self.is_fifo() {
            fifo::unmask(port, channel, word, &self.vcpus, shared)
        } else {
            two_level::unmask(port, word.vcpu(), shared)
        };
        Ok(Wake {
            notify,
            pollers: false,
        })
    }

    /// Whether the port is pending.
    pub fn is_pending(&self, port: Port, shared: &impl Shared) -> Result<bool, Error> {
        let word = self.channel(port)?.load();
        Ok(if self.is_fifo() {
            fifo::is_pending(port, word, shared)
        } else {
            two_level::is_pending(port, shared)
        })
    }

    /// Whether the port is masked (a port without an event word is).
    pub fn is_masked(&self, port: Port, shared: &impl Shared) -> Result<bool, Error> {
        self.channel(port)?;
        Ok(if self.is_fifo() {
            fifo::is_masked(port, shared)
        } else {
            two_level::is_masked(port, shared)
        })
    }
}

/// Asking and steering.
impl Table {
    /// What a port is bound to, and whom it notifies.
    pub fn status(&self, port: Port) -> Result<Status, Error> {
        let word = self.channel(port)?.load();
        Ok(Status {
            binding: word.binding(),
            vcpu: word.vcpu(),
        })
    }

    /// Lets the port notify another virtual CPU; the physical interrupt behind it, which should follow.
    pub fn bind_vcpu(&self, _: &mut Ledger, port: Port, vcpu: u32) -> Result<Option<u32>, Error> {
        let vcpu = self.vcpu_id(vcpu)?;
        let channel = self.channel(port)?;
        let word = channel.load();
        if word.is_internal() {
            return Err(Error::Internal(port));
        }
        let pirq = match word.binding() {
            Binding::Virq(virq) if is_global(virq) => None,
            Binding::Unbound(_) | Binding::Interdomain(..) => None,
            Binding::Pirq(pirq) => Some(pirq),
            _ => return Err(Error::BadState(port)),
        };
        let _ = channel.update(|word| Some(word.with_vcpu(vcpu)));
        Ok(pirq)
    }

    /// Puts the port's later events on the queue of another priority.
    pub fn set_priority(&self, _: &mut Ledger, port: Port, priority: u32) -> Result<(), Error> {
        let channel = self.channel(port)?;
        if !self.is_fifo() {
            return Err(Error::NoPriorities);
        }
        let priority = u8::try_from(priority)
            .ok()
            .filter(|&priority| priority <= LOWEST_PRIORITY)
            .ok_or(Error::BadPriority(priority))?;
        let _ = channel.update(|word| Some(word.with_priority(priority)));
        Ok(())
    }
}

/// Turning to the FIFO scheme.
impl Table {
    /// Whether this virtual CPU may get a control block at this offset in its page. Comes before the page is taken.
    pub fn may_init_control(&self, vcpu: u32, offset: u32) -> Result<VcpuId, Error> {
        let last = 4096u32.wrapping_sub(size_of::<abi::event_channel::FifoControlBlock>() as u32);
        let vcpu = self.vcpu_id(vcpu)?;
        if offset > last || !offset.is_multiple_of(8) {
            return Err(Error::BadOffset(offset));
        }
        if self.vcpu(vcpu)?.has_control.load(Ordering::SeqCst) {
            return Err(Error::ControlExists);
        }
        Ok(vcpu)
    }

    /// The control block is in place. With the first one the FIFO scheme begins; what is pending by then is kept
    /// until its event word is there. What waited for this virtual CPU's queues is raised, and `wake` told.
    pub fn init_control(
        &self,
        ledger: &mut Ledger,
        vcpu: VcpuId,
        shared: &impl Shared,
        wake: impl FnMut(Port, Wake),
    ) -> Result<(), Error> {
        let slot = self.vcpu(vcpu)?;
        if slot.has_control.swap(true, Ordering::SeqCst) {
            return Err(Error::ControlExists);
        }
        if !self.is_fifo() {
            for port in (0..ledger.ports()).map(Port) {
                if !ledger.is_free(port) && two_level::is_pending(port, shared) {
                    self.channel(port)?.defer();
                }
            }
            self.is_fifo.store(true, Ordering::SeqCst);
        }
        self.raise_deferred(Port(0)..Port(ledger.ports()), shared, wake);
        Ok(())
    }

    /// Whether one more page of event words may follow these. Comes before the page is taken.
    pub fn may_expand_array(&self, pages: usize) -> Result<(), Error> {
        if !self.is_fifo() {
            Err(Error::NoArray)
        } else if pages >= ARRAY_PAGES {
            Err(Error::ArrayFull)
        } else {
            Ok(())
        }
    }

    /// Page `page` of the event array is in place: what waited for its words is raised, and `wake` told.
    pub fn expanded(
        &self,
        ledger: &mut Ledger,
        page: usize,
        shared: &impl Shared,
        wake: impl FnMut(Port, Wake),
    ) {
        let first = (page as u32).saturating_mul(WORDS_PER_PAGE);
        let end = first.saturating_add(WORDS_PER_PAGE).min(ledger.ports());
        self.raise_deferred(Port(first)..Port(end), shared, wake);
    }

    /// Raises what was remembered as pending; it is remembered again if something is still missing.
    fn raise_deferred(
        &self,
        ports: Range<Port>,
        shared: &impl Shared,
        mut wake: impl FnMut(Port, Wake),
    ) {
        for port in (ports.start.0..ports.end.0).map(Port) {
            if let Ok(channel) = self.channel(port)
                && channel.take_deferred()
            {
                wake(port, self.raise(port, shared));
            }
        }
    }
}
