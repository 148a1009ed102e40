//! The machine's end: a panic with [`End`] as its payload, for a test to catch.

/// How the machine ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum End {
    /// It was reset.
    Reset,
    /// It was turned off.
    Off,
    /// It was stopped, still powered.
    Halt,
}

fn end(how: End) -> ! {
    std::panic::panic_any(how)
}

/// Resets the machine.
pub fn reset() -> ! {
    end(End::Reset)
}

/// Turns the machine off.
pub fn off() -> ! {
    end(End::Off)
}

/// Stops the machine.
pub fn halt() -> ! {
    end(End::Halt)
}
