//! Interrupts as the body sees them.

/// What interrupted a guest or ended `cpu::idle`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Interrupt {
    /// This CPU's timer reached its deadline. Already acknowledged.
    Timer,
    /// Another CPU called `cpu::kick`. Already acknowledged.
    Kick,
    /// A device's vector. The body acknowledges it with `irq::eoi`.
    Device(u8),
    /// The console has input. Already acknowledged.
    Console,
    /// Nothing to do: an NMI, a spurious vector, a vector that nobody owns. Already acknowledged.
    Spurious,
}

/// How an interrupt line tells of an event.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Trigger {
    /// By a change.
    Edge,
    /// By a state, which lasts until the device is served.
    Level,
}

/// Which voltage means "active".
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Polarity {
    /// Active high.
    High,
    /// Active low.
    Low,
}

/// One IO-APIC of the machine.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct IoApic {
    /// Its id, from the firmware's tables.
    pub id: u8,
    /// The global interrupt number of its pin 0.
    pub gsi_base: u32,
    /// How many pins it has.
    pub pins: u32,
    /// Physical address of its registers.
    pub address: u64,
}

/// Where an ISA interrupt arrives.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct IsaRoute {
    /// Global interrupt number.
    pub gsi: u32,
    /// Edge, unless the firmware overrides it.
    pub trigger: Trigger,
    /// High, unless the firmware overrides it.
    pub polarity: Polarity,
}

/// What a device writes where (address, value) to interrupt the CPU of an APIC id with a vector.
#[must_use]
pub fn msi_message(vector: u8, apic_id: u32) -> (u64, u32) {
    (0xfee0_0000 | u64::from(apic_id & 0xff) << 12, vector.into())
}
