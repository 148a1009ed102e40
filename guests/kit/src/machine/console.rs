//! Lines to the console: the hypervisor's for domain 0, the ring of xenconsoled for others.
//!
//! Always: a line is one hypercall or one burst, so lines of two vCPUs do not mix within a line.

use super::memory::{Page, RW};
use super::{hypercall, start};
use crate::xen;
use core::fmt::{self, Write};
use core::sync::atomic::{AtomicU32, AtomicU64, Ordering::SeqCst};

const OUT: u64 = 1024;
const OUT_BYTES: u32 = 2048;
const OUT_CONS: u64 = 3080;
const OUT_PROD: u64 = 3084;

/// The ring's address; 0 while there is none.
static RING: AtomicU64 = AtomicU64::new(0);
static PORT: AtomicU32 = AtomicU32::new(0);

/// Prints one line; longer ones are cut.
pub fn print(line: fmt::Arguments<'_>) {
    let mut text = Line {
        bytes: [0; 400],
        used: 0,
    };
    // A line that is too long is cut, which is all that can go wrong.
    let _ = text.write_fmt(line);
    let end = text.used.min(text.bytes.len() - 1);
    text.bytes[end] = b'\n';
    write(&text.bytes[..=end]);
}

fn write(bytes: &[u8]) {
    match RING.load(SeqCst) {
        0 => {
            hypercall::console_write(bytes);
        }
        ring => write_ring(ring, bytes),
    }
}

/// One of the ring's four indices.
fn ring_index(ring: u64, offset: u64) -> &'static AtomicU32 {
    // SAFETY: [GUEST-SHARED] the ring's page stays mapped; atomics only.
    unsafe { AtomicU32::from_ptr((ring + offset) as *mut u32) }
}

fn write_ring(ring: u64, bytes: &[u8]) {
    let index = |offset| ring_index(ring, offset);
    let notify = || {
        let mut port = PORT.load(SeqCst);
        hypercall::event_channel_op(xen::EVTCHNOP_SEND, &mut port)
    };
    for byte in bytes {
        while index(OUT_PROD)
            .load(SeqCst)
            .wrapping_sub(index(OUT_CONS).load(SeqCst))
            >= OUT_BYTES
        {
            notify();
            hypercall::sched_op(xen::SCHEDOP_YIELD, 0);
        }
        let at = index(OUT_PROD).load(SeqCst);
        let place = ring + OUT + u64::from(at % OUT_BYTES);
        // SAFETY: [GUEST-SHARED].
        unsafe { (place as *mut u8).write_volatile(*byte) };
        index(OUT_PROD).store(at.wrapping_add(1), SeqCst);
    }
    notify();
}

/// Waits until the other end has read every line, for a guest that is about to end; not for ever,
/// because there may be no other end.
pub(super) fn drain() {
    const PATIENCE: u32 = 1_000_000;
    let ring = RING.load(SeqCst);
    if ring == 0 {
        return;
    }
    for _ in 0..PATIENCE {
        if ring_index(ring, OUT_PROD).load(SeqCst) == ring_index(ring, OUT_CONS).load(SeqCst) {
            return;
        }
        hypercall::sched_op(xen::SCHEDOP_YIELD, 0);
    }
}

/// Finds the console; called once, before the first line.
pub(super) fn init() {
    let info = start::info();
    if start::is_dom0() || info.console_mfn == 0 {
        return;
    }
    let window = Page::window(0);
    if window.remap(info.console_mfn, RW) == 0 {
        PORT.store(info.console_port, SeqCst);
        RING.store(window.va(), SeqCst);
    }
}

struct Line {
    bytes: [u8; 400],
    used: usize,
}
impl Write for Line {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        for byte in text.bytes() {
            *self.bytes.get_mut(self.used).ok_or(fmt::Error)? = byte;
            self.used += 1;
        }
        Ok(())
    }
}
