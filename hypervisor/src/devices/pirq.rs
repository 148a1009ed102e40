//! Interrupts of real devices, on their way to a domain's event channels.
//!
//! A pirq is a domain's number for one: below [`FIRST_MSI`] it is the line (GSI) itself, from there on a message.
//! A level-triggered line is masked from its arrival to the guest's end-of-interrupt, so that an unserved device cannot
//! storm; edges and messages go through at once.
//!
//! Always: a vector belongs to one source; a source to one domain.

use alloc::collections::BTreeMap;
use alloc::vec::Vec;

use abi::{DomId, Errno};
use metal::cpu::CpuId;
use metal::irq::{self, Polarity, Trigger};
use metal::sync::Mutex;

use super::msi::Message;
use crate::domain::{Domain, table};
use crate::rank;

/// INT 0x80 of 32-bit programs arrives here.
const SYSTEM_CALL: u8 = 0x80;
/// Pirqs from here on are messages.
pub const FIRST_MSI: u32 = 256;
/// One past the highest pirq.
pub const PIRQS: u32 = 1024;

/// A domain's view: what its pirqs are.
#[derive(Default)]
pub struct Pirqs {
    sources: BTreeMap<u32, Source>,
}

#[derive(Clone, Copy, Debug)]
enum Source {
    Line { gsi: u32 },
    Message { vector: u8, message: Message },
}

/// How a line was set up.
#[derive(Clone, Copy, Debug)]
struct Line {
    vector: u8,
    trigger: Trigger,
    polarity: Polarity,
    owner: Option<DomId>,
    /// It arrived and waits for the guest's end-of-interrupt.
    in_service: bool,
}

/// What a vector brings.
#[derive(Clone, Copy, Debug)]
enum Meaning {
    Line { gsi: u32 },
    Message { owner: DomId, pirq: u32 },
}

#[derive(Default)]
struct Routes {
    lines: BTreeMap<u32, Line>,
    vectors: BTreeMap<u8, Meaning>,
}

static ROUTES: Mutex<Routes> = Mutex::new(
    rank::ROUTES,
    Routes {
        lines: BTreeMap::new(),
        vectors: BTreeMap::new(),
    },
);

/// Whether a line is the console's, which the hypervisor keeps.
fn is_ours(gsi: u32) -> bool {
    metal::console::irq().is_some_and(|irq| irq::isa_gsi(irq).gsi == gsi)
}

impl Line {
    /// Writes the line's entry of its IO-APIC.
    fn route(&self, gsi: u32) {
        irq::route_gsi(gsi, self.vector, CpuId(0), self.trigger, self.polarity);
    }
}

impl Routes {
    fn free_vector(&self) -> Result<u8, Errno> {
        (irq::FIRST_DEVICE_VECTOR..=irq::LAST_DEVICE_VECTOR)
            .find(|vector| *vector != SYSTEM_CALL && !self.vectors.contains_key(vector))
            .ok_or(Errno::ENOSPC)
    }

    /// The line's vector, given to it if it has none.
    fn line(&mut self, gsi: u32) -> Result<&mut Line, Errno> {
        if !self.lines.contains_key(&gsi) {
            let vector = self.free_vector()?;
            self.vectors.insert(vector, Meaning::Line { gsi });
            let (trigger, polarity) = default_mode(gsi);
            self.lines.insert(
                gsi,
                Line {
                    vector,
                    trigger,
                    polarity,
                    owner: None,
                    in_service: false,
                },
            );
        }
        self.lines.get_mut(&gsi).ok_or(Errno::EINVAL)
    }
}

/// ISA lines are edges, active high; the others levels, active low.
fn default_mode(gsi: u32) -> (Trigger, Polarity) {
    if gsi < 16 {
        (Trigger::Edge, Polarity::High)
    } else {
        (Trigger::Level, Polarity::Low)
    }
}

fn exists(gsi: u32) -> bool {
    irq::io_apics().iter().any(|io_apic| {
        gsi.checked_sub(io_apic.gsi_base)
            .is_some_and(|pin| pin < io_apic.pins)
    })
}

/// A device's vector arrived on this CPU.
pub fn arrived(vector: u8) {
    let mut routes = ROUTES.lock();
    let target = match routes.vectors.get(&vector).copied() {
        Some(Meaning::Message { owner, pirq }) => Some((owner, pirq)),
        Some(Meaning::Line { gsi }) => routes.lines.get_mut(&gsi).and_then(|line| {
            if line.trigger == Trigger::Level {
                irq::mask_gsi(gsi);
                line.in_service = true;
            }
            Some((line.owner?, gsi))
        }),
        None => None,
    };
    irq::eoi(vector);
    drop(routes);
    if let Some((owner, pirq)) = target
        && let Some(domain) = table::get(owner)
    {
        domain.events.raise_pirq(&domain, pirq);
    }
}

/// `PHYSDEVOP_setup_gsi`.
pub fn setup_gsi(gsi: u32, trigger: Trigger, polarity: Polarity) -> Result<(), Errno> {
    if !exists(gsi) {
        return Err(Errno::EINVAL);
    }
    // The console's line stays as it is; domain 0 sets up all that the firmware lists and need not know.
    if is_ours(gsi) {
        return Ok(());
    }
    let mut routes = ROUTES.lock();
    let line = routes.line(gsi)?;
    if line.owner.is_some() && (line.trigger, line.polarity) == (trigger, polarity) {
        return Ok(());
    }
    (line.trigger, line.polarity) = (trigger, polarity);
    line.route(gsi);
    if line.owner.is_none() {
        irq::mask_gsi(gsi);
    }
    Ok(())
}

/// `PHYSDEVOP_alloc_irq_vector`: the vector of a line.
pub fn vector_of(gsi: u32) -> Result<u8, Errno> {
    if !exists(gsi) {
        return Err(Errno::EINVAL);
    }
    ROUTES.lock().line(gsi).map(|line| line.vector)
}

/// Maps a line as a pirq of the same number.
pub fn map_line(domain: &Domain, gsi: u32) -> Result<u32, Errno> {
    if !exists(gsi) {
        return Err(Errno::EINVAL);
    }
    ROUTES.lock().line(gsi)?;
    domain
        .pirqs
        .lock()
        .sources
        .insert(gsi, Source::Line { gsi });
    Ok(gsi)
}

/// Maps a message: a vector, a free pirq, and the device told.
pub fn map_message(domain: &Domain, message: Message) -> Result<u32, Errno> {
    let mut pirqs = domain.pirqs.lock();
    let pirq = (FIRST_MSI..PIRQS)
        .find(|pirq| !pirqs.sources.contains_key(pirq))
        .ok_or(Errno::ENOSPC)?;
    let vector = {
        let mut routes = ROUTES.lock();
        let vector = routes.free_vector()?;
        routes.vectors.insert(
            vector,
            Meaning::Message {
                owner: domain.id,
                pirq,
            },
        );
        vector
    };
    let (address, data) = irq::msi_message(vector, CpuId(0));
    if let Err(error) = message.program(address, data) {
        ROUTES.lock().vectors.remove(&vector);
        return Err(error);
    }
    pirqs
        .sources
        .insert(pirq, Source::Message { vector, message });
    Ok(pirq)
}

/// Takes a pirq back.
pub fn unmap(domain: &Domain, pirq: u32) -> Result<(), Errno> {
    unbind(domain, pirq);
    let source = domain
        .pirqs
        .lock()
        .sources
        .remove(&pirq)
        .ok_or(Errno::EINVAL)?;
    if let Source::Message { vector, message } = source {
        message.silence();
        ROUTES.lock().vectors.remove(&vector);
    }
    Ok(())
}

/// A port was bound to a pirq: from now on it may arrive.
pub fn bind(domain: &Domain, pirq: u32, _share: bool) -> Result<(), Errno> {
    let source = *domain
        .pirqs
        .lock()
        .sources
        .get(&pirq)
        .ok_or(Errno::EINVAL)?;
    match source {
        Source::Message { message, .. } => message.unmask(),
        Source::Line { gsi } => {
            if is_ours(gsi) {
                return Err(Errno::EBUSY);
            }
            let mut routes = ROUTES.lock();
            let line = routes.line(gsi)?;
            if line.owner.is_some_and(|owner| owner != domain.id) {
                return Err(Errno::EBUSY);
            }
            line.owner = Some(domain.id);
            line.route(gsi);
            irq::unmask_gsi(gsi);
        }
    }
    Ok(())
}

/// Its port was closed.
pub fn unbind(domain: &Domain, pirq: u32) {
    let Some(source) = domain.pirqs.lock().sources.get(&pirq).copied() else {
        return;
    };
    match source {
        Source::Message { message, .. } => message.mask(),
        Source::Line { gsi } => {
            let mut routes = ROUTES.lock();
            if let Some(line) = routes.lines.get_mut(&gsi)
                && line.owner == Some(domain.id)
            {
                line.owner = None;
                line.in_service = false;
                irq::mask_gsi(gsi);
            }
        }
    }
}

/// `PHYSDEVOP_eoi`: the guest has served the device.
pub fn end_of_interrupt(domain: &Domain, pirq: u32) -> Result<(), Errno> {
    if pirq >= PIRQS {
        return Err(Errno::EINVAL);
    }
    let mut routes = ROUTES.lock();
    if let Some(line) = routes.lines.get_mut(&pirq)
        && line.owner == Some(domain.id)
        && line.in_service
    {
        line.in_service = false;
        irq::unmask_gsi(pirq);
    }
    Ok(())
}

/// Whether the guest must say when it has served the device.
pub fn needs_eoi(domain: &Domain, pirq: u32) -> bool {
    let line = matches!(
        domain.pirqs.lock().sources.get(&pirq),
        Some(Source::Line { .. })
    );
    line && ROUTES
        .lock()
        .lines
        .get(&pirq)
        .is_some_and(|line| line.trigger == Trigger::Level)
}

/// A domain ends.
pub fn release_all(domain: &Domain) {
    let pirqs: Vec<u32> = domain.pirqs.lock().sources.keys().copied().collect();
    for pirq in pirqs {
        let _was_mapped = unmap(domain, pirq);
    }
}
