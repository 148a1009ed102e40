//! One channel, in one atomic word: so that a send needs no lock and two ends change by compare-and-exchange.

use core::sync::atomic::{AtomicU32, AtomicU64, Ordering};

use abi::DomId;

use crate::{Port, VcpuId};

/// `EVTCHN_FIFO_PRIORITY_DEFAULT`.
pub(crate) const DEFAULT_PRIORITY: u8 = 7;
/// `EVTCHN_FIFO_PRIORITY_MIN`: the lowest.
pub(crate) const LOWEST_PRIORITY: u8 = 15;

/// What a channel is bound to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Binding {
    /// To nothing: may be given out.
    Free,
    /// Neither free nor of use: port 0, and a channel that is being closed.
    Reserved,
    /// Waits for this domain to bind.
    Unbound(DomId),
    /// To a port of another domain, or of the same.
    Interdomain(DomId, Port),
    /// To a physical interrupt.
    Pirq(u32),
    /// To a virtual interrupt.
    Virq(u32),
    /// To a virtual CPU, for its peers to ring.
    Ipi,
}

/// What `EVTCHNOP_status` tells.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Status {
    /// To what it is bound.
    pub binding: Binding,
    /// Who is notified.
    pub vcpu: VcpuId,
}

/// Where a sent event goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Target {
    /// To the port itself (an IPI): [`crate::Table::raise`] it.
    Own,
    /// To the far end: [`crate::Table::deliver`] it there.
    Peer(DomId, Port),
    /// Nobody listens yet: the event is lost, and that is no error.
    Nobody,
}

/// The whole state of a channel but for its place in a FIFO queue.
///
/// | bits | what |
/// | --- | --- |
/// | 0..3 | kind of binding |
/// | 3 | the hypervisor listens |
/// | 4..8 | priority |
/// | 8 | pending, but its event word or its queue does not exist yet |
/// | 12..28 | virtual CPU |
/// | 28..44 | domain |
/// | 44..64 | port or interrupt |
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) struct Word(u64);

const KIND: u64 = 0b111;
const FREE: u64 = 0;
const RESERVED: u64 = 1;
const UNBOUND: u64 = 2;
const INTERDOMAIN: u64 = 3;
const PIRQ: u64 = 4;
const VIRQ: u64 = 5;
const IPI: u64 = 6;
const INTERNAL: u64 = 1 << 3;
const PRIORITY_SHIFT: u32 = 4;
const PRIORITY: u64 = 0xf << PRIORITY_SHIFT;
const DEFERRED: u64 = 1 << 8;
const VCPU_SHIFT: u32 = 12;
const VCPU: u64 = 0xffff << VCPU_SHIFT;
const DOM_SHIFT: u32 = 28;
const DOM: u64 = 0xffff << DOM_SHIFT;
const NUMBER_SHIFT: u32 = 44;
const BINDING: u64 = KIND | DOM | NUMBER;
const NUMBER: u64 = 0xf_ffff << NUMBER_SHIFT;

/// The largest number of a physical interrupt that a word can name.
pub(crate) const MAX_NUMBER: u32 = 0xf_ffff;

impl Word {
    pub(crate) const FREE: Self = Self(FREE);
    pub(crate) const RESERVED: Self = Self(RESERVED);

    /// A channel that has just been bound.
    pub(crate) fn new(binding: Binding, vcpu: VcpuId) -> Self {
        Self(u64::from(DEFAULT_PRIORITY) << PRIORITY_SHIFT | u64::from(vcpu.0) << VCPU_SHIFT)
            .with_binding(binding)
    }

    pub(crate) fn is_free(self) -> bool {
        self.0 & KIND == FREE
    }

    #[inline]
    pub(crate) fn binding(self) -> Binding {
        let number = (self.0 >> NUMBER_SHIFT) as u32;
        match self.0 & KIND {
            FREE => Binding::Free,
            UNBOUND => Binding::Unbound(self.dom()),
            INTERDOMAIN => Binding::Interdomain(self.dom(), Port(number)),
            PIRQ => Binding::Pirq(number),
            VIRQ => Binding::Virq(number),
            IPI => Binding::Ipi,
            _ => Binding::Reserved,
        }
    }

    pub(crate) fn with_binding(self, binding: Binding) -> Self {
        Self(self.0 & !BINDING | Self::binding_bits(binding))
    }

    /// Whether it is bound to exactly this. One comparison: the check of every send.
    #[inline]
    pub(crate) fn is_bound_to(self, binding: Binding) -> bool {
        self.0 & BINDING == Self::binding_bits(binding)
    }

    #[inline]
    fn binding_bits(binding: Binding) -> u64 {
        let number = |number: u32| u64::from(number & MAX_NUMBER) << NUMBER_SHIFT;
        let dom = |dom: DomId| u64::from(dom.0) << DOM_SHIFT;
        match binding {
            Binding::Free => FREE,
            Binding::Reserved => RESERVED,
            Binding::Unbound(remote) => UNBOUND | dom(remote),
            Binding::Interdomain(remote, port) => INTERDOMAIN | dom(remote) | number(port.0),
            Binding::Pirq(pirq) => PIRQ | number(pirq),
            Binding::Virq(virq) => VIRQ | number(virq),
            Binding::Ipi => IPI,
        }
    }

    fn dom(self) -> DomId {
        DomId((self.0 >> DOM_SHIFT) as u16)
    }

    #[inline]
    pub(crate) fn vcpu(self) -> VcpuId {
        VcpuId((self.0 >> VCPU_SHIFT) as u16)
    }

    pub(crate) fn with_vcpu(self, vcpu: VcpuId) -> Self {
        Self(self.0 & !VCPU | u64::from(vcpu.0) << VCPU_SHIFT)
    }

    pub(crate) fn priority(self) -> u8 {
        ((self.0 & PRIORITY) >> PRIORITY_SHIFT) as u8
    }

    pub(crate) fn with_priority(self, priority: u8) -> Self {
        Self(self.0 & !PRIORITY | u64::from(priority) << PRIORITY_SHIFT & PRIORITY)
    }

    #[inline]
    pub(crate) fn is_internal(self) -> bool {
        self.0 & INTERNAL != 0
    }

    pub(crate) fn internal(self) -> Self {
        Self(self.0 | INTERNAL)
    }

    pub(crate) fn is_deferred(self) -> bool {
        self.0 & DEFERRED != 0
    }
}

/// A channel's slot in the table. A free slot keeps its queue, because the guest may still have the port on it.
pub(crate) struct Channel {
    word: AtomicU64,
    /// The FIFO queue that it was last put on: `vcpu << 8 | priority`.
    pub(crate) queue: AtomicU32,
}

impl Channel {
    pub(crate) const fn free() -> Self {
        Self {
            word: AtomicU64::new(FREE),
            queue: AtomicU32::new(DEFAULT_PRIORITY as u32),
        }
    }

    #[inline]
    pub(crate) fn load(&self) -> Word {
        Word(self.word.load(Ordering::SeqCst))
    }

    pub(crate) fn store(&self, word: Word) {
        self.word.store(word.0, Ordering::SeqCst);
    }

    /// Replaces the word by what `change` makes of it, unless that is `None`; the word before.
    pub(crate) fn update(
        &self,
        mut change: impl FnMut(Word) -> Option<Word>,
    ) -> Result<Word, Word> {
        self.word
            .fetch_update(Ordering::SeqCst, Ordering::SeqCst, |word| {
                change(Word(word)).map(|word| word.0)
            })
            .map(Word)
            .map_err(Word)
    }

    /// Remembers that it is pending until its event word and its queue exist.
    pub(crate) fn defer(&self) {
        self.word.fetch_or(DEFERRED, Ordering::SeqCst);
    }

    /// Forgets [`Self::defer`]; whether there was something to forget.
    pub(crate) fn take_deferred(&self) -> bool {
        self.word.fetch_and(!DEFERRED, Ordering::SeqCst) & DEFERRED != 0
    }
}
