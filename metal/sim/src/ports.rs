//! I/O ports: nothing is behind them, so they read as ones. What was written is remembered for tests.

use crate::world::locked;
use std::sync::Mutex;
pub use types::Width;

static WRITTEN: Mutex<Vec<(u16, Width, u32)>> = Mutex::new(Vec::new());

/// Whether the hypervisor keeps a port to itself: interrupt controllers, the first timer, the first serial port.
#[must_use]
pub fn is_ours(port: u16) -> bool {
    matches!(
        port,
        0x20 | 0x21 | 0xa0 | 0xa1 | 0x40 | 0x43 | 0x3f8..=0x3ff
    )
}

/// Reads a port.
#[must_use]
pub fn read(_port: u16, width: Width) -> u32 {
    width.mask()
}

/// Writes a port.
pub fn write(port: u16, width: Width, value: u32) {
    locked(&WRITTEN).push((port, width, value));
}

/// Takes what was written since the last time.
#[must_use]
pub fn take_written() -> Vec<(u16, Width, u32)> {
    std::mem::take(&mut *locked(&WRITTEN))
}
