//! What the hypervisor remembers of one virtual CPU: its virtual interrupts, what it polls, its FIFO queues.

use core::hint;
use core::sync::atomic::{AtomicBool, AtomicU32, Ordering};

use crate::virq::VIRQS;

/// Queues of a virtual CPU (`EVTCHN_FIFO_MAX_QUEUES`): one a priority.
pub(crate) const QUEUES: usize = 16;

/// One virtual CPU's part of a table.
pub(crate) struct VcpuPorts {
    /// The port of each virtual interrupt, 0 for none. Global ones are kept with virtual CPU 0.
    pub(crate) virqs: [AtomicU32; VIRQS],
    /// What it polls: see `poll`.
    pub(crate) polls: AtomicU32,
    /// Whether its control block is there.
    pub(crate) has_control: AtomicBool,
    locked: AtomicBool,
    /// The last port put on each queue, 0 for none. Changed under `lock` only.
    tails: [AtomicU32; QUEUES],
}

impl VcpuPorts {
    pub(crate) fn new() -> Self {
        Self {
            virqs: Default::default(),
            polls: AtomicU32::new(0),
            has_control: AtomicBool::new(false),
            locked: AtomicBool::new(false),
            tails: Default::default(),
        }
    }

    /// Holds the queues until the guard is dropped. Holders do a bounded number of steps.
    pub(crate) fn lock(&self) -> Queues<'_> {
        while self
            .locked
            .compare_exchange_weak(false, true, Ordering::Acquire, Ordering::Relaxed)
            .is_err()
        {
            hint::spin_loop();
        }
        Queues(self)
    }
}

/// The queues of one virtual CPU, held.
pub(crate) struct Queues<'a>(&'a VcpuPorts);

impl Queues<'_> {
    /// The port put last on this queue, 0 if there was none.
    pub(crate) fn tail(&self, priority: u8) -> u32 {
        self.0
            .tails
            .get(usize::from(priority))
            .map_or(0, |tail| tail.load(Ordering::Relaxed))
    }

    pub(crate) fn set_tail(&self, priority: u8, port: u32) {
        if let Some(tail) = self.0.tails.get(usize::from(priority)) {
            tail.store(port, Ordering::Relaxed);
        }
    }

    /// Forgets every queue.
    pub(crate) fn clear(&self) {
        for tail in &self.0.tails {
            tail.store(0, Ordering::Relaxed);
        }
    }
}

impl Drop for Queues<'_> {
    fn drop(&mut self) {
        self.0.locked.store(false, Ordering::Release);
    }
}
