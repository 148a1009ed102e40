//! Event channels under the FIFO rules: control block, event array, queues by priority.
//!
//! Once a domain has switched there is no way back but a reset, so this family keeps to itself and
//! runs last of those with one vCPU.

use crate::ask::{Outcome, Why};
use crate::families::events::{alloc, bind_to, close, ipi, send, unmask};
use core::sync::atomic::{AtomicU64, Ordering::SeqCst};
use kit::events;
use kit::hypercall::event_channel_op;
use kit::memory::Page;
use kit::xen::*;

family!("fifo":
    control_block_refuses, switch_over, switch_over_twice, array_grows, array_refuses_more,
    send_sets_pending_and_links, queues_by_priority, order_within_a_queue, masked_is_not_linked,
    unmask_links, priority_refuses, close_clears, reset_goes_back,
);

const PENDING: u32 = 1 << 31;
const MASKED: u32 = 1 << 30;
const LINKED: u32 = 1 << 29;
const LINK: u32 = (1 << 17) - 1;

static CONTROL: AtomicU64 = AtomicU64::new(0);
static ARRAY: AtomicU64 = AtomicU64::new(0);

fn half(page: Page, index: u64) -> u32 {
    (page.read(index / 2) >> (index % 2 * 32)) as u32
}
fn set_half(page: Page, index: u64, value: u32) {
    let shift = index % 2 * 32;
    let word = page.read(index / 2) & !(0xffff_ffff << shift);
    page.write(index / 2, word | u64::from(value) << shift);
}
fn control() -> Page {
    Page::at(CONTROL.load(SeqCst))
}
fn event_word(port: u32) -> u32 {
    half(Page::at(ARRAY.load(SeqCst)), port.into())
}
fn set_event_word(port: u32, value: u32) {
    set_half(Page::at(ARRAY.load(SeqCst)), port.into(), value);
}
/// The ready bits of the control block.
fn ready() -> u32 {
    half(control(), 0)
}
/// The head of a queue: word 2 of the block and on.
fn head(priority: u32) -> u32 {
    half(control(), 2 + u64::from(priority))
}
fn init_control(page: Page, offset: u32, vcpu: u32) -> i64 {
    let mut arg = EvtchnInitControl {
        control_gfn: page.mfn(),
        offset,
        vcpu,
        ..Default::default()
    };
    event_channel_op(EVTCHNOP_INIT_CONTROL, &mut arg)
}
fn expand(page: Page) -> i64 {
    event_channel_op(EVTCHNOP_EXPAND_ARRAY, &mut { page.mfn() })
}
fn set_priority(port: u32, priority: u32) -> i64 {
    event_channel_op(EVTCHNOP_SET_PRIORITY, &mut [port, priority])
}
/// Takes everything off the queues, as a guest does; the ports in the order of the queues.
fn drain(into: &mut [u32]) -> usize {
    let mut count = 0;
    let mut bits = ready();
    set_half(control(), 0, 0);
    events::set_upcall_pending(0, false);
    while bits != 0 {
        let priority = bits.trailing_zeros();
        bits &= bits - 1;
        let mut port = head(priority);
        while port != 0 {
            let word = event_word(port);
            if word & PENDING != 0
                && let Some(slot) = into.get_mut(count)
            {
                *slot = port;
                count += 1;
            }
            set_event_word(port, word & MASKED);
            port = word & LINK;
        }
        set_half(control(), 2 + u64::from(priority), 0);
    }
    count
}
/// An unmasked port. New ports start masked? No: the word is as the page was, zero.
fn port() -> Result<u32, Why> {
    let port = ipi(0)?;
    set_event_word(port, 0);
    Ok(port)
}

fn control_block_refuses() -> Outcome {
    let page = Page::take();
    answers!(init_control(page, 4096 - 64, 0), EINVAL, "across the page");
    answers!(init_control(page, 4, 0), EINVAL, "unaligned");
    answers!(init_control(page, 0, 4000), ENOENT, "vCPU 4000");
    let mut arg = EvtchnInitControl {
        control_gfn: 0xff_ffff_ffff,
        ..Default::default()
    };
    answers!(
        event_channel_op(EVTCHNOP_INIT_CONTROL, &mut arg),
        EINVAL,
        "no frame"
    );
    Ok(())
}
fn switch_over() -> Outcome {
    let page = Page::take();
    let mut arg = EvtchnInitControl {
        control_gfn: page.mfn(),
        ..Default::default()
    };
    answers!(event_channel_op(EVTCHNOP_INIT_CONTROL, &mut arg), 0);
    same!(arg.link_bits, 17);
    CONTROL.store(page.va(), SeqCst);
    Ok(())
}
fn switch_over_twice() -> Outcome {
    answers!(init_control(Page::take(), 0, 0), EINVAL);
    Ok(())
}
fn array_grows() -> Outcome {
    let page = Page::take();
    answers!(expand(page), 0);
    ARRAY.store(page.va(), SeqCst);
    Ok(())
}
fn array_refuses_more() -> Outcome {
    // A frame that is not there.
    answers!(
        event_channel_op(EVTCHNOP_EXPAND_ARRAY, &mut 0xff_ffff_ffffu64),
        EINVAL
    );
    Ok(())
}
fn send_sets_pending_and_links() -> Outcome {
    let port = port()?;
    answers!(send(port), 0);
    let (word, bits, first, upcall) = (
        event_word(port),
        ready(),
        head(7),
        events::upcall_pending(0),
    );
    let mut seen = [0; 4];
    let count = drain(&mut seen);
    answers!(close(port), 0);
    same!(
        word & (PENDING | LINKED | LINK),
        PENDING | LINKED,
        "word {word:#x}"
    );
    same!(bits, 1 << 7, "the default priority");
    same!([first, seen[0]], [port; 2]);
    same!(upcall, true);
    same!(count, 1);
    Ok(())
}
fn queues_by_priority() -> Outcome {
    let ports = [port()?, port()?, port()?];
    for (port, priority) in ports.into_iter().zip([9, 0, 15]) {
        answers!(set_priority(port, priority), 0);
        answers!(send(port), 0);
    }
    let mut seen = [0; 4];
    let count = drain(&mut seen);
    for port in ports {
        answers!(close(port), 0);
    }
    same!(count, 3);
    same!([seen[0], seen[1], seen[2]], [ports[1], ports[0], ports[2]]);
    Ok(())
}
fn order_within_a_queue() -> Outcome {
    let ports = [port()?, port()?, port()?];
    for port in [ports[2], ports[0], ports[1], ports[2]] {
        answers!(send(port), 0);
    }
    let mut seen = [0; 4];
    let count = drain(&mut seen);
    for port in ports {
        answers!(close(port), 0);
    }
    same!(count, 3);
    same!(
        [seen[0], seen[1], seen[2]],
        [ports[2], ports[0], ports[1]],
        "first sent, first"
    );
    Ok(())
}
fn masked_is_not_linked() -> Outcome {
    let port = port()?;
    set_event_word(port, MASKED);
    answers!(send(port), 0);
    let (word, bits) = (event_word(port), ready());
    set_event_word(port, 0);
    let _ = drain(&mut [0; 4]);
    answers!(close(port), 0);
    same!(word, PENDING | MASKED);
    same!(bits, 0);
    Ok(())
}
fn unmask_links() -> Outcome {
    let port = port()?;
    set_event_word(port, MASKED);
    answers!(send(port), 0);
    answers!(unmask(port), 0);
    let word = event_word(port);
    let mut seen = [0; 4];
    let count = drain(&mut seen);
    answers!(close(port), 0);
    same!(word & (PENDING | MASKED | LINKED), PENDING | LINKED);
    same!([count as u32, seen[0]], [1, port]);
    Ok(())
}
fn priority_refuses() -> Outcome {
    let port = port()?;
    let beyond = set_priority(port, 16);
    answers!(close(port), 0);
    answers!(beyond, EINVAL);
    Ok(())
}
fn close_clears() -> Outcome {
    let port = alloc()?;
    let other = bind_to(port)?;
    set_event_word(port, 0);
    answers!(send(other), 0);
    answers!(close(other), 0);
    answers!(close(port), 0);
    let word = event_word(port);
    let _ = drain(&mut [0; 4]);
    same!(word & PENDING, 0, "the word after close {word:#x}");
    Ok(())
}
fn reset_goes_back() -> Outcome {
    let mut dom = DOMID_SELF as u16;
    answers!(event_channel_op(EVTCHNOP_RESET, &mut dom), 0);
    events::set_upcall_pending(0, false);
    let port = ipi(0)?;
    events::unmask_port_quietly(port);
    answers!(send(port), 0);
    let pending = events::is_pending(port);
    answers!(close(port), 0);
    crate::families::events::quiet();
    same!(pending, true, "the 2-level bit after a reset");
    Ok(())
}
