//! The firmware's tables: there is no firmware, so they are empty.

pub use acpi_tables::{Affinity, Fadt, Hpet, McfgRange, Register, SleepType, Space, Tables};
use std::sync::OnceLock;

/// What the tables say.
#[must_use]
pub fn tables() -> &'static Tables {
    static TABLES: OnceLock<Tables> = OnceLock::new();
    TABLES.get_or_init(Tables::default)
}
