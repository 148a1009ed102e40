//! `event_channel_op`: the guest's door to its event channels.
//!
//! Always: the result is written back after the change; a result that cannot be written undoes the change.
//!
//! Not here: the rules (`event_channel`), the shared words (`domain::events`).

use abi::event_channel::{
    AllocUnbound, BIND_PIRQ__WILL_SHARE, BindInterdomain, BindIpi, BindPirq, BindVcpu, BindVirq,
    Close, EVTCHNOP_ALLOC_UNBOUND, EVTCHNOP_BIND_INTERDOMAIN, EVTCHNOP_BIND_IPI,
    EVTCHNOP_BIND_PIRQ, EVTCHNOP_BIND_VCPU, EVTCHNOP_BIND_VIRQ, EVTCHNOP_CLOSE,
    EVTCHNOP_EXPAND_ARRAY, EVTCHNOP_INIT_CONTROL, EVTCHNOP_RESET, EVTCHNOP_SEND,
    EVTCHNOP_SET_PRIORITY, EVTCHNOP_STATUS, EVTCHNOP_UNMASK, EVTCHNSTAT_CLOSED,
    EVTCHNSTAT_INTERDOMAIN, EVTCHNSTAT_IPI, EVTCHNSTAT_PIRQ, EVTCHNSTAT_UNBOUND, EVTCHNSTAT_VIRQ,
    ExpandArray, InitControl, Reset, Send, SetPriority, Status, Unmask,
};
use abi::{Errno, GuestPtr, Mfn};
use event_channel::{Binding, Closing, LINK_BITS, Port, Progress, Target};
use zerocopy::{FromBytes, Immutable, IntoBytes};

use super::{Call, Outcome};
use crate::devices::pirq;
use crate::domain::Domain;
use crate::domain::events::{Machine, Words};
use crate::domain::table;

/// How `EVTCHNOP_reset` goes on: not an operation of the ABI, and harmless if a guest makes it up.
const RESET_CONTINUED: u32 = 14;

/// Answers one operation. Sending is what guests do all the time, so it goes first and alone.
pub fn event_channel_op(call: &mut Call, cmd: u32, arg: GuestPtr<u8>) -> Outcome {
    if cmd == EVTCHNOP_SEND {
        send(call, arg.cast()).into()
    } else {
        other_op(call, cmd, arg)
    }
}

#[inline(never)]
fn other_op(call: &mut Call, cmd: u32, arg: GuestPtr<u8>) -> Outcome {
    let result = match cmd {
        EVTCHNOP_UNMASK => unmask(call, arg.cast()),
        EVTCHNOP_ALLOC_UNBOUND => alloc_unbound(call, arg.cast()),
        EVTCHNOP_BIND_INTERDOMAIN => bind_interdomain(call, arg.cast()),
        EVTCHNOP_BIND_VIRQ => bind_virq(call, arg.cast()),
        EVTCHNOP_BIND_IPI => bind_ipi(call, arg.cast()),
        EVTCHNOP_BIND_PIRQ => bind_pirq(call, arg.cast()),
        EVTCHNOP_CLOSE => close(call, arg.cast()),
        EVTCHNOP_STATUS => status(call, arg.cast()),
        EVTCHNOP_BIND_VCPU => bind_vcpu(call, arg.cast()),
        EVTCHNOP_RESET => return reset(call, arg.cast(), 0),
        RESET_CONTINUED => return reset(call, arg.cast(), call.state.frame.rdx),
        EVTCHNOP_INIT_CONTROL => init_control(call, arg.cast()),
        EVTCHNOP_EXPAND_ARRAY => expand_array(call, arg.cast()),
        EVTCHNOP_SET_PRIORITY => set_priority(call, arg.cast()),
        _ => Err(Errno::ENOSYS),
    };
    result.into()
}

#[inline]
fn send(call: &Call, arg: GuestPtr<Send>) -> Result<(), Errno> {
    let port = Port(call.read(arg)?.port);
    let domain = &*call.domain;
    match domain.events.table().send(port)? {
        Target::Nobody => {}
        Target::Own => domain.events.raise(domain, port),
        Target::Peer(dom, far) if dom == domain.id => {
            domain.events.deliver(domain, far, (dom, port))
        }
        Target::Peer(dom, far) => {
            if let Some(peer) = table::get(dom) {
                peer.events.deliver(&peer, far, (domain.id, port));
            }
        }
    }
    Ok(())
}

fn unmask(call: &Call, arg: GuestPtr<Unmask>) -> Result<(), Errno> {
    let port = Port(call.read(arg)?.port);
    let domain = &*call.domain;
    let wake = domain.events.table().unmask(port, &Words(domain))?;
    domain.events.wake(domain, port, wake);
    Ok(())
}

/// Writes the answer; a port that the guest cannot learn of is closed again.
fn answer<T>(
    call: &Call,
    domain: &Domain,
    arg: GuestPtr<T>,
    value: &T,
    port: Port,
) -> Result<(), Errno>
where
    T: FromBytes + IntoBytes + Immutable,
{
    call.write(arg, value).inspect_err(|_| {
        let mut books = domain.events.lock();
        let (table, words, machine) = (domain.events.table(), Words(domain), Machine(domain));
        let _closed = table.close(
            &mut books.ledger,
            port,
            Closing::Hypervisor,
            &words,
            &machine,
        );
    })
}

fn alloc_unbound(call: &Call, arg: GuestPtr<AllocUnbound>) -> Result<(), Errno> {
    let mut request = call.read(arg)?;
    let owner = call.target(request.dom)?;
    let remote = call.resolve(request.remote_dom); // need not exist yet
    let port = owner.events.alloc_unbound_for(remote)?;
    request.port = port.to_abi();
    answer(call, &owner, arg, &request, port)
}

fn bind_interdomain(call: &Call, arg: GuestPtr<BindInterdomain>) -> Result<(), Errno> {
    let mut request = call.read(arg)?;
    let domain = &*call.domain;
    let remote = call.domain_of(request.remote_dom)?;
    let far = Port(request.remote_port);
    let (port, wake) = {
        let mut books = domain.events.lock();
        let (table, remote) = (domain.events.table(), remote.events.table());
        table.bind_interdomain(&mut books.ledger, remote, far, &Words(domain))?
    };
    domain.events.wake(domain, port, wake);
    request.local_port = port.to_abi();
    answer(call, domain, arg, &request, port)
}

fn bind_virq(call: &Call, arg: GuestPtr<BindVirq>) -> Result<(), Errno> {
    let mut request = call.read(arg)?;
    let domain = &*call.domain;
    let events = &domain.events;
    let port = events
        .table()
        .bind_virq(&mut events.lock().ledger, request.virq, request.vcpu)?;
    request.port = port.to_abi();
    answer(call, domain, arg, &request, port)
}

fn bind_ipi(call: &Call, arg: GuestPtr<BindIpi>) -> Result<(), Errno> {
    let mut request = call.read(arg)?;
    let domain = &*call.domain;
    let events = &domain.events;
    let port = events
        .table()
        .bind_ipi(&mut events.lock().ledger, request.vcpu)?;
    request.port = port.to_abi();
    answer(call, domain, arg, &request, port)
}

fn bind_pirq(call: &Call, arg: GuestPtr<BindPirq>) -> Result<(), Errno> {
    let mut request = call.read(arg)?;
    if request.pirq >= pirq::PIRQS {
        return Err(Errno::EINVAL);
    }
    let domain = &*call.domain;
    let events = &domain.events;
    let mut books = events.lock();
    let port = events.table().bind_pirq(&mut books.ledger, request.pirq)?;
    // Its port is there first, so that an interrupt which arrives at once finds it.
    if let Err(error) = pirq::bind(
        domain,
        request.pirq,
        request.flags & BIND_PIRQ__WILL_SHARE != 0,
    ) {
        let (words, machine) = (Words(domain), Machine(domain));
        let _closed = events.table().close(
            &mut books.ledger,
            port,
            Closing::Hypervisor,
            &words,
            &machine,
        );
        return Err(error);
    }
    drop(books);
    request.port = port.to_abi();
    answer(call, domain, arg, &request, port)
}

fn close(call: &Call, arg: GuestPtr<Close>) -> Result<(), Errno> {
    let port = Port(call.read(arg)?.port);
    let domain = &*call.domain;
    let mut books = domain.events.lock();
    let (words, machine) = (Words(domain), Machine(domain));
    domain
        .events
        .table()
        .close(&mut books.ledger, port, Closing::Guest, &words, &machine)?;
    Ok(())
}

fn status(call: &Call, arg: GuestPtr<Status>) -> Result<(), Errno> {
    let mut request = call.read(arg)?;
    let owner = call.target(request.dom)?;
    let status = owner.events.table().status(Port(request.port))?;
    (request.status, request.u) = match status.binding {
        Binding::Free | Binding::Reserved => (EVTCHNSTAT_CLOSED, [0; 2]),
        Binding::Unbound(remote) => (EVTCHNSTAT_UNBOUND, [u32::from(remote.0), 0]),
        Binding::Interdomain(remote, port) => {
            (EVTCHNSTAT_INTERDOMAIN, [u32::from(remote.0), port.to_abi()])
        }
        Binding::Pirq(pirq) => (EVTCHNSTAT_PIRQ, [pirq, 0]),
        Binding::Virq(virq) => (EVTCHNSTAT_VIRQ, [virq, 0]),
        Binding::Ipi => (EVTCHNSTAT_IPI, [0; 2]),
    };
    request.vcpu = u32::from(status.vcpu.0);
    call.write(arg, &request)
}

fn bind_vcpu(call: &Call, arg: GuestPtr<BindVcpu>) -> Result<(), Errno> {
    let request = call.read(arg)?;
    let events = &call.domain.events;
    // Where a physical interrupt is delivered does not matter to the guest, which gets it as an event.
    let _pirq =
        events
            .table()
            .bind_vcpu(&mut events.lock().ledger, Port(request.port), request.vcpu)?;
    Ok(())
}

/// Closes every port of a domain; `from` tells where an earlier call stopped.
fn reset(call: &mut Call, arg: GuestPtr<Reset>, from: u64) -> Outcome {
    let target = match call.read(arg).and_then(|request| call.target(request.dom)) {
        Ok(target) => target,
        Err(error) => return error.into(),
    };
    if target.id != call.domain.id && !target.lifecycle.is_paused_by_controller() {
        return Errno::EINVAL.into();
    }
    let from = Port(u32::try_from(from).unwrap_or(u32::MAX));
    match target
        .events
        .close_from(&target, from, Closing::Guest, &|| call.should_yield())
    {
        Progress::Done => Outcome::Done(0),
        Progress::More(port) => call.resume_with([
            u64::from(RESET_CONTINUED),
            arg.addr(),
            u64::from(port.to_abi()),
            0,
        ]),
    }
}

fn init_control(call: &Call, arg: GuestPtr<InitControl>) -> Result<(), Errno> {
    let mut request = call.read(arg)?;
    request.link_bits = LINK_BITS as u8;
    let domain = &*call.domain;
    domain.events.init_control(
        domain,
        request.vcpu,
        Mfn(request.control_gfn),
        request.offset,
    )?;
    call.write(arg, &request)
}

fn expand_array(call: &Call, arg: GuestPtr<ExpandArray>) -> Result<(), Errno> {
    let request = call.read(arg)?;
    call.domain
        .events
        .expand_array(&call.domain, Mfn(request.array_gfn))
}

fn set_priority(call: &Call, arg: GuestPtr<SetPriority>) -> Result<(), Errno> {
    let request = call.read(arg)?;
    let events = &call.domain.events;
    events.table().set_priority(
        &mut events.lock().ledger,
        Port(request.port),
        request.priority,
    )?;
    Ok(())
}
