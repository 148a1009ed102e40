//! The firmware's tables, read once at boot; the reading itself is `acpi_tables`.

use crate::layout::DIRECT;
use crate::sync::SetOnce;
use crate::{boot, console, memory, paging};
pub use acpi_tables::{Affinity, Fadt, Hpet, McfgRange, Register, SleepType, Space, Tables};
use core::sync::atomic::{AtomicU64, Ordering};

static TABLES: SetOnce<Tables> = SetOnce::new();

/// What the tables say; empty if there are none.
#[must_use]
pub fn tables() -> &'static Tables {
    TABLES.get()
}

/// Physical memory for the reader: RAM through the direct map, the rest through mappings made on the way.
struct Physical;

/// The last range that was mapped: tables lie close to each other.
static WINDOW: [AtomicU64; 3] = [const { AtomicU64::new(0) }; 3];

impl Physical {
    /// Where a range can be read.
    fn place(address: u64, len: u64) -> Option<u64> {
        let end = address.checked_add(len)?;
        if end > 1 << 46 {
            return None;
        }
        let image = memory::image();
        let mut in_ram = false;
        memory::each_ram_range(|range| {
            in_ram |= range.start << 12 <= address && end <= range.end << 12;
        });
        if in_ram && (end <= image.start || address >= image.end) {
            return Some(DIRECT + address);
        }
        let [start, window_end, at] =
            [0, 1, 2].map(|index: usize| WINDOW[index].load(Ordering::Relaxed));
        if start <= address && end <= window_end {
            return Some(at + (address - start));
        }
        let start = address & !0xffff;
        let len = (end - start).next_multiple_of(0x1_0000);
        let at = paging::ioremap(start, len);
        for (slot, value) in WINDOW.iter().zip([start, start + len, at]) {
            slot.store(value, Ordering::Relaxed);
        }
        Some(at + (address - start))
    }
}

impl acpi_tables::Memory for Physical {
    fn read(&self, address: u64, buffer: &mut [u8]) -> bool {
        let Some(place) = Physical::place(address, buffer.len() as u64) else {
            return false;
        };
        // SAFETY:
        // 1. [DIRECT-MAP], [DEVICE] The range is mapped; nobody writes these bytes during boot.
        // 2. The target is a Rust slice of this length.
        unsafe { x86::copy_bytes(buffer.as_mut_ptr(), place as *const u8, buffer.len()) };
        true
    }
}

pub(crate) fn init() {
    let found = acpi_tables::find_rsdp(&Physical);
    let rsdp = found
        .and_then(|at| acpi_tables::rsdp_at(&Physical, at))
        .or(boot::info().rsdp);
    let mut tables = match rsdp
        .ok_or(acpi_tables::Error::NoRsdp)
        .and_then(|rsdp| acpi_tables::read(&Physical, &rsdp))
    {
        Ok(tables) => tables,
        Err(error) => {
            console::say!("no ACPI tables ({error:?}): one CPU, no IO-APIC");
            Tables::default()
        }
    };
    tables.rsdp = found.unwrap_or(0);
    TABLES.set(tables);
}

/// Writes to one of the firmware's registers.
fn write_register(register: Register, value: u8) {
    match register.space {
        Space::Port => crate::ports::outb(register.address as u16, value),
        Space::Memory => {
            let at = paging::ioremap(register.address, 1);
            // SAFETY: [DEVICE] The firmware names this register for exactly this write.
            unsafe { (at as *mut u8).write_volatile(value) };
        }
        Space::Pci => {
            let (device, function, offset) = (
                register.address >> 32,
                register.address >> 16,
                register.address,
            );
            let bdf = types::Bdf::new(0, device as u8, function as u8);
            crate::pci::write(bdf, offset as u16, types::Width::Byte, value.into());
        }
        Space::Other(_) => {}
    }
}

/// How to reset the machine by the firmware's register.
pub(crate) fn reset_register() -> Option<impl FnOnce()> {
    let fadt = TABLES.try_get()?.fadt?;
    let register = fadt
        .reset
        .filter(|register| register.space != Space::Memory || register.address < 1 << 46)?;
    Some(move || write_register(register, fadt.reset_value))
}

/// Ports and values that turn the machine off.
pub(crate) fn sleep_registers() -> Option<impl Iterator<Item = (u16, u16)>> {
    let tables = TABLES.try_get()?;
    let (fadt, s5) = (tables.fadt?, tables.s5?);
    let entry =
        |port: u32, kind: u8| (port != 0).then(|| (port as u16, u16::from(kind) << 10 | 1 << 13));
    Some(
        [
            entry(fadt.pm1a_control, s5.a),
            entry(fadt.pm1b_control, s5.b),
        ]
        .into_iter()
        .flatten(),
    )
}
