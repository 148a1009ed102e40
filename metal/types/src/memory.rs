//! Words about memory.

/// Bytes in a page.
pub const PAGE_SIZE: usize = 4096;

pub use abi::Mfn;

/// What the firmware says an address range is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum E820Kind {
    /// Usable memory (1).
    Ram,
    /// Do not touch (2).
    Reserved,
    /// ACPI tables, RAM after they are read (3).
    AcpiReclaimable,
    /// ACPI non-volatile storage (4).
    AcpiNvs,
    /// Defective memory (5).
    Unusable,
    /// A number that has no name here.
    Other(u32),
}

impl E820Kind {
    /// From the number that BIOS, bootloaders and the ABI use.
    #[must_use]
    pub const fn from_number(number: u32) -> E820Kind {
        match number {
            1 => E820Kind::Ram,
            2 => E820Kind::Reserved,
            3 => E820Kind::AcpiReclaimable,
            4 => E820Kind::AcpiNvs,
            5 => E820Kind::Unusable,
            other => E820Kind::Other(other),
        }
    }

    /// The number that BIOS, bootloaders and the ABI use.
    #[must_use]
    pub const fn number(self) -> u32 {
        match self {
            E820Kind::Ram => 1,
            E820Kind::Reserved => 2,
            E820Kind::AcpiReclaimable => 3,
            E820Kind::AcpiNvs => 4,
            E820Kind::Unusable => 5,
            E820Kind::Other(other) => other,
        }
    }
}

/// One line of the firmware's memory map.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct E820Entry {
    /// First byte.
    pub start: u64,
    /// Length in bytes.
    pub len: u64,
    /// What it is.
    pub kind: E820Kind,
}

/// An offset or a length that leaves the frame.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct OutOfRange;

/// A guest address that could not be read or written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Fault {
    /// Bytes that were copied before.
    pub copied: usize,
}

/// A selector that the CPU refused; zero was loaded in its place.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SegmentFault;

/// What a TLB flush takes out. Global entries go too.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Flush {
    /// Everything.
    All,
    /// The page at this address, in the CPU's current address space.
    Page(u64),
}
