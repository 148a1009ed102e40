//! The serial port: two buffers that a test reads and fills.

use crate::world::locked;
use std::collections::VecDeque;
use std::sync::Mutex;

static OUTPUT: Mutex<Vec<u8>> = Mutex::new(Vec::new());
static INPUT: Mutex<VecDeque<u8>> = Mutex::new(VecDeque::new());

/// Writes bytes.
pub fn write(bytes: &[u8]) {
    locked(&OUTPUT).extend_from_slice(bytes);
}

/// The next byte that came in.
#[must_use]
pub fn read() -> Option<u8> {
    locked(&INPUT).pop_front()
}

/// The ISA interrupt of the console: the first serial port's.
#[must_use]
pub fn irq() -> Option<u8> {
    Some(4)
}

/// Takes what was written since the last time.
#[must_use]
pub fn take_output() -> String {
    String::from_utf8_lossy(&std::mem::take(&mut *locked(&OUTPUT))).into_owned()
}

/// Types on the console.
pub fn type_in(bytes: &[u8]) {
    locked(&INPUT).extend(bytes);
}
