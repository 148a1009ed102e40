//! Time, interrupts of devices, PCI, ports.

use super::{Outcome, Test};
use crate::expect;
use machine::{Bdf, CpuId, Interrupt, Width, acpi, cpu, irq, pci, ports, time};

pub const TESTS: &[Test] = &[
    (
        "time goes on, and its anchor and scale agree with it",
        clock,
    ),
    ("the clock chip knows this century", wall_clock),
    ("a device's interrupt comes through the IO-APIC", io_apic),
    ("PCI configuration reads the host bridge", pci_config),
    ("the firmware says how to turn the machine off", power),
    ("our ports are known as ours", own_ports),
];

fn clock() -> Outcome {
    let start = time::now_ns();
    let (tsc, ns) = time::anchor();
    let by_hand = ns + time::scale().ns(time::tsc() - tsc);
    let end = time::now_ns();
    expect!(start <= by_hand && by_hand <= end, true);
    expect!((100_000..10_000_000).contains(&time::tsc_khz()), true);
    Ok(())
}

fn wall_clock() -> Outcome {
    let seconds = time::wall_clock_at_boot_ns() / 1_000_000_000;
    // 2024 to 2100.
    if (1_704_067_200..4_102_444_800).contains(&seconds) {
        Ok(())
    } else {
        Err(alloc::format!("{seconds} s since 1970"))
    }
}

fn io_apic() -> Outcome {
    let Some(first) = irq::io_apics().first() else {
        return Err("no IO-APIC".into());
    };
    expect!(first.pins >= 24, true);
    let route = irq::isa_gsi(0);
    irq::route_gsi(route.gsi, 0x50, CpuId(0), route.trigger, route.polarity);
    // Channel 0 of the old timer, one shot: the control word takes the line low, the count raises it 1 ms later.
    ports::write(0x43, Width::Byte, 0x30);
    irq::unmask_gsi(route.gsi);
    ports::write(0x40, Width::Byte, 0xa9);
    ports::write(0x40, Width::Byte, 0x04);
    time::set_timer(Some(time::now_ns() + 3_000_000_000));
    let interrupt = cpu::idle();
    irq::mask_gsi(route.gsi);
    time::set_timer(None);
    expect!(interrupt, Interrupt::Device(0x50));
    irq::eoi(0x50);
    expect!(irq::msi_message(0x31, CpuId(0)), (0xfee0_0000, 0x31));
    Ok(())
}

fn pci_config() -> Outcome {
    let bridge = pci::read(Bdf::new(0, 0, 0), 0, Width::Dword);
    expect!(bridge & 0xffff, 0x8086);
    expect!(pci::read(Bdf::new(0, 0, 0), 2, Width::Word), bridge >> 16);
    expect!(pci::read(Bdf::new(0, 0, 0), 1, Width::Word), 0xffff); // not aligned
    expect!(pci::read(Bdf::new(0, 0x1f, 7), 0, Width::Byte), 0xff); // nobody
    Ok(())
}

fn power() -> Outcome {
    let tables = acpi::tables();
    expect!(
        tables.s5.is_some() && tables.fadt.is_some_and(|fadt| fadt.pm1a_control != 0),
        true
    );
    expect!(tables.rsdp != 0 && !tables.cpus.is_empty(), true);
    Ok(())
}

fn own_ports() -> Outcome {
    expect!(
        [0x20, 0xa1, 0x43, 0x3f8, 0x3ff].map(ports::is_ours),
        [true; 5]
    );
    expect!(
        [0x42, 0x61, 0x70, 0xcf8, 0x400].map(ports::is_ours),
        [false; 5]
    );
    Ok(())
}
