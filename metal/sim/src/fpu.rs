//! Floating point and vector state of guests: bytes that are carried from area to CPU and back.

use crate::world;

/// x87, SSE, AVX.
const SUPPORTED: u64 = 7;
/// Legacy area, header, AVX.
pub(crate) const SIZE: usize = 832;
const HEADER: usize = 512;

/// A place for a guest's state.
#[derive(Clone)]
pub struct Area(Vec<u8>);

/// XCR0 may not have this value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct BadXcr0;

/// The features that XCR0 may have on this machine.
#[must_use]
pub fn supported_xcr0() -> u64 {
    SUPPORTED
}

/// Bytes that the state takes.
#[must_use]
pub fn state_size() -> usize {
    SIZE
}

/// The state after reset: x87 control word 0x37f, MXCSR 0x1f80.
pub(crate) fn reset_state() -> Vec<u8> {
    let mut bytes = vec![0; SIZE];
    bytes[0..2].copy_from_slice(&0x37fu16.to_le_bytes());
    bytes[24..28].copy_from_slice(&0x1f80u32.to_le_bytes());
    bytes
}

impl Area {
    /// The state after reset.
    #[must_use]
    pub fn new() -> Area {
        Area(reset_state())
    }

    /// The state as XSAVE lays it out.
    #[must_use]
    pub fn bytes(&self) -> &[u8] {
        &self.0
    }

    /// Sets the state from bytes of somebody else's. What the CPU would refuse is made acceptable.
    pub fn set_bytes(&mut self, bytes: &[u8]) {
        let len = bytes.len().min(SIZE);
        self.0.fill(0);
        self.0[..len].copy_from_slice(&bytes[..len]);
        self.0[26..28].fill(0);
        self.0[HEADER] &= SUPPORTED as u8;
        self.0[HEADER + 1..HEADER + 64].fill(0);
    }
}

impl Default for Area {
    fn default() -> Area {
        Area::new()
    }
}

/// Saves this CPU's state. Clears CR0.TS.
pub fn save(area: &mut Area) {
    let mut local = world::local();
    local.task_switched = false;
    area.0.clone_from(&local.fpu);
}

/// Loads this CPU's state. Clears CR0.TS.
pub fn restore(area: &Area) {
    let mut local = world::local();
    local.task_switched = false;
    local.fpu.clone_from(&area.0);
}

/// Sets or clears CR0.TS.
pub fn set_task_switched(on: bool) {
    world::local().task_switched = on;
}

/// XCR0 of this CPU.
#[must_use]
pub fn xcr0() -> u64 {
    world::local().xcr0
}

/// Sets XCR0 of this CPU, if the CPU takes the value.
pub fn set_xcr0(value: u64) -> Result<(), BadXcr0> {
    if value & 1 == 0 || value & !SUPPORTED != 0 || value & 4 != 0 && value & 2 == 0 {
        return Err(BadXcr0);
    }
    world::local().xcr0 = value;
    Ok(())
}
