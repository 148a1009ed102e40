//! Crafted tables, and bytes that nobody crafted.

use super::*;
use alloc::vec;
use proptest::prelude::*;

/// Physical memory that holds a few blocks.
#[derive(Default)]
struct World {
    blocks: Vec<(u64, Vec<u8>)>,
}

impl Memory for World {
    fn read(&self, address: u64, buffer: &mut [u8]) -> bool {
        self.blocks.iter().any(|(start, bytes)| {
            let Some(offset) = address.checked_sub(*start) else {
                return false;
            };
            let Some(source) = bytes
                .get(offset as usize..)
                .and_then(|rest| rest.get(..buffer.len()))
            else {
                return false;
            };
            buffer.copy_from_slice(source);
            true
        })
    }
}

fn fix_sum(bytes: &mut [u8], at: usize) {
    bytes[at] = 0;
    bytes[at] = bytes.iter().fold(0u8, |sum, byte| sum.wrapping_sub(*byte));
}

fn table(signature: &[u8; 4], body: &[u8]) -> Vec<u8> {
    let mut bytes = vec![0; 36];
    bytes[..4].copy_from_slice(signature);
    bytes.extend(body);
    let len = bytes.len() as u32;
    bytes[4..8].copy_from_slice(&len.to_le_bytes());
    fix_sum(&mut bytes, 9);
    bytes
}

impl World {
    fn put(&mut self, address: u64, bytes: Vec<u8>) -> u64 {
        self.blocks.push((address, bytes));
        address
    }

    /// An RSDP of revision 2 at the BIOS's place, an XSDT at 0x1000, tables from 0x2000 on.
    fn with_tables(tables: &[Vec<u8>]) -> World {
        let mut world = World::default();
        let mut body = Vec::new();
        for (number, bytes) in (2u64..).zip(tables) {
            body.extend(world.put(number * 0x1000, bytes.clone()).to_le_bytes());
        }
        world.put(0x1000, table(b"XSDT", &body));
        let mut rsdp = vec![0; 36];
        rsdp[..8].copy_from_slice(b"RSD PTR ");
        rsdp[15] = 2;
        rsdp[24..32].copy_from_slice(&0x1000u64.to_le_bytes());
        fix_sum(&mut rsdp[..20], 8);
        fix_sum(&mut rsdp, 32);
        world.put(0xf_5a40, rsdp);
        world
    }

    fn tables(&self) -> Tables {
        // Reading byte areas one by one is how the search sees this sparse memory.
        let rsdp = find_rsdp(self).expect("the RSDP is at its place");
        read(self, &rsdp_at(self, rsdp).expect("it is one")).expect("the root is good")
    }
}

fn madt() -> Vec<u8> {
    let mut body = vec![];
    body.extend(0xfee0_0000u32.to_le_bytes());
    body.extend(1u32.to_le_bytes());
    body.extend([0, 8, 0, 0, 1, 0, 0, 0]); // CPU 0
    body.extend([0, 8, 1, 1, 1, 0, 0, 0]); // CPU 1
    body.extend([0, 8, 2, 2, 0, 0, 0, 0]); // disabled
    body.extend([1, 12, 0, 0, 0, 0, 0xc0, 0xfe, 0, 0, 0, 0]); // IO-APIC at 0xfec00000
    body.extend([2, 10, 0, 0, 2, 0, 0, 0, 0, 0]); // ISA 0 is GSI 2
    body.extend([2, 10, 0, 9, 9, 0, 0, 0, 0x0d, 0]); // ISA 9: level, high
    body.extend([9, 16, 0, 0, 0, 1, 0, 0, 1, 0, 0, 0, 7, 0, 0, 0]); // x2APIC id 256, ACPI id 7
    table(b"APIC", &body)
}

#[test]
fn processors_and_controllers_come_from_the_madt() {
    let tables = World::with_tables(&[madt()]).tables();
    assert_eq!(
        tables.cpus,
        [
            Cpu {
                apic_id: 0,
                acpi_id: 0
            },
            Cpu {
                apic_id: 1,
                acpi_id: 1
            },
            Cpu {
                apic_id: 256,
                acpi_id: 7
            },
        ]
    );
    assert_eq!(
        tables.io_apics,
        [IoApic {
            id: 0,
            address: 0xfec0_0000,
            gsi_base: 0
        }]
    );
    assert_eq!(
        tables.overrides[0],
        Override {
            irq: 0,
            gsi: 2,
            trigger: Trigger::Bus,
            polarity: Polarity::Bus
        }
    );
    assert_eq!(
        tables.overrides[1],
        Override {
            irq: 9,
            gsi: 9,
            trigger: Trigger::Level,
            polarity: Polarity::High
        }
    );
    assert!(tables.has_pic && tables.local_apic == 0xfee0_0000);
}

#[test]
fn power_off_is_found_without_running_aml() {
    let mut fadt = vec![0; 244 - 36];
    fadt[40 - 36..44 - 36].copy_from_slice(&0x3000u32.to_le_bytes());
    fadt[64 - 36..68 - 36].copy_from_slice(&0x604u32.to_le_bytes());
    fadt[112 - 36..116 - 36].copy_from_slice(&(1u32 << 10).to_le_bytes());
    fadt[116 - 36] = 1;
    fadt[120 - 36..122 - 36].copy_from_slice(&0xcf9u16.to_le_bytes());
    fadt[128 - 36] = 0x0f;
    // A method that only mentions _S5_, then the name itself: Package (4) { 5, 1, 0, 0 }.
    let aml = b"\x14\x08_S5_\x00\x08_S5_\x12\x07\x04\x0a\x05\x01\x00\x00";
    let tables = World::with_tables(&[table(b"FACP", &fadt), table(b"DSDT", aml)]).tables();
    let found = tables.fadt.expect("there is one");
    assert_eq!(found.pm1a_control, 0x604);
    assert_eq!(
        found.reset,
        Some(Register {
            space: Space::Port,
            bits: 0,
            address: 0xcf9
        })
    );
    assert_eq!(found.reset_value, 0x0f);
    assert_eq!(tables.s5, Some(SleepType { a: 5, b: 1 }));
}

#[test]
fn a_table_with_a_wrong_sum_does_not_count() {
    let mut broken = madt();
    broken[50] ^= 1;
    assert!(World::with_tables(&[broken]).tables().cpus.is_empty());
}

#[test]
fn an_old_rsdp_leads_to_the_rsdt() {
    let mut world = World::default();
    world.put(0x2000, madt());
    world.put(0x1000, table(b"RSDT", &0x2000u32.to_le_bytes()));
    let mut rsdp = vec![0; 36];
    rsdp[..8].copy_from_slice(b"RSD PTR ");
    rsdp[16..20].copy_from_slice(&0x1000u32.to_le_bytes());
    fix_sum(&mut rsdp[..20], 8);
    world.put(0xe_0000, rsdp);
    assert_eq!(world.tables().cpus.len(), 3);
}

#[test]
fn memory_and_bus_ranges_are_read() {
    let mut mcfg = vec![0; 8];
    mcfg.extend(0xb000_0000u64.to_le_bytes());
    mcfg.extend([0, 0, 0, 255, 0, 0, 0, 0]);
    let mut hpet = vec![0; 20];
    hpet[8..16].copy_from_slice(&0xfed0_0000u64.to_le_bytes());
    let mut srat = vec![0; 12];
    srat.extend([0, 16, 1, 3, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0]);
    let mut memory = vec![1, 40, 1, 0, 0, 0, 0, 0];
    memory.extend(0x1_0000_0000u64.to_le_bytes());
    memory.extend(0x4000_0000u64.to_le_bytes());
    memory.extend([0; 4]);
    memory.extend(1u32.to_le_bytes());
    memory.extend([0; 8]);
    srat.extend(memory);
    let tables = World::with_tables(&[
        table(b"MCFG", &mcfg),
        table(b"HPET", &hpet),
        table(b"SRAT", &srat),
    ])
    .tables();
    assert_eq!(
        tables.mcfg,
        [McfgRange {
            address: 0xb000_0000,
            segment: 0,
            first_bus: 0,
            last_bus: 255
        }]
    );
    assert_eq!(
        tables.hpet,
        Some(Hpet {
            address: 0xfed0_0000
        })
    );
    assert_eq!(
        tables.srat,
        [
            Affinity::Cpu {
                apic_id: 3,
                domain: 1
            },
            Affinity::Memory {
                start: 0x1_0000_0000,
                len: 0x4000_0000,
                domain: 1
            },
        ]
    );
}

#[test]
fn without_an_rsdp_there_is_nothing() {
    assert_eq!(find_rsdp(&World::default()), None);
    assert_eq!(read(&World::default(), &[0; 36]), Err(Error::NoRsdp));
}

proptest! {
    #[test]
    fn no_table_makes_it_panic(signature in 0usize..8, body in prop::collection::vec(any::<u8>(), 0..300)) {
        let name = [b"APIC", b"FACP", b"HPET", b"MCFG", b"SRAT", b"SSDT", b"DSDT", b"ZZZZ"][signature];
        World::with_tables(&[table(name, &body)]).tables();
    }

    #[test]
    fn no_definition_block_makes_the_search_panic(tail in prop::collection::vec(any::<u8>(), 0..12), lead in any::<u8>()) {
        let mut block = vec![lead, 0x08];
        block.extend(b"_S5_");
        block.extend(tail);
        other::find_s5(&block);
    }

    #[test]
    fn no_rsdp_makes_it_panic(mut rsdp in prop::collection::vec(any::<u8>(), 36), xsdt in prop::collection::vec(any::<u8>(), 36..80)) {
        rsdp[..8].copy_from_slice(b"RSD PTR ");
        rsdp[24..32].copy_from_slice(&0x1000u64.to_le_bytes());
        let mut world = World::default();
        world.put(0x1000, xsdt);
        let rsdp: [u8; 36] = rsdp.try_into().expect("36 bytes");
        let _ = read(&world, &rsdp);
    }
}
