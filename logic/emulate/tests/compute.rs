//! What instructions compute, held against plain arithmetic.

use emulate::{Change, Mode, Op, Registers, compute, decode};
use proptest::prelude::*;

#[derive(Clone, Debug, PartialEq)]
struct File {
    registers: [u64; 16],
    flags: u64,
}

impl Registers for File {
    fn get(&self, number: u8) -> u64 {
        self.registers[usize::from(number)]
    }
    fn set(&mut self, number: u8, value: u64) {
        self.registers[usize::from(number)] = value;
    }
    fn flags(&self) -> u64 {
        self.flags
    }
    fn set_flags(&mut self, flags: u64) {
        self.flags = flags;
    }
}

/// CF, PF, ZF, SF, OF; AF is left out where the manuals leave it undefined.
const DEFINED: u64 = 0x8c5;

/// What each operation says by plain arithmetic, for 64 bits.
fn expected(change: Change, memory: u64, source: u64, carry: bool) -> (u64, Option<(bool, bool)>) {
    let (signed, signed_source) = (memory as i64, source as i64);
    match change {
        Change::Add => {
            let (sum, carried) = memory.overflowing_add(source);
            (
                sum,
                Some((carried, signed.overflowing_add(signed_source).1)),
            )
        }
        Change::Sub => {
            let (difference, borrowed) = memory.overflowing_sub(source);
            (
                difference,
                Some((borrowed, signed.overflowing_sub(signed_source).1)),
            )
        }
        Change::Adc => {
            let sum = u128::from(memory) + u128::from(source) + u128::from(carry);
            let signed_sum = i128::from(signed) + i128::from(signed_source) + i128::from(carry);
            let overflow = i64::try_from(signed_sum).is_err();
            (sum as u64, Some((sum >> 64 != 0, overflow)))
        }
        Change::Sbb => {
            let difference = i128::from(memory) - i128::from(source) - i128::from(carry);
            let signed_difference =
                i128::from(signed) - i128::from(signed_source) - i128::from(carry);
            let overflow = i64::try_from(signed_difference).is_err();
            (difference as u64, Some((difference < 0, overflow)))
        }
        Change::And => (memory & source, Some((false, false))),
        Change::Or => (memory | source, Some((false, false))),
        Change::Xor => (memory ^ source, Some((false, false))),
        _ => (source, None),
    }
}

/// `op %rcx, (%rdi)`.
fn encoding(change: Change) -> [u8; 3] {
    let opcode = match change {
        Change::Add => 0x01,
        Change::Or => 0x09,
        Change::Adc => 0x11,
        Change::Sbb => 0x19,
        Change::And => 0x21,
        Change::Sub => 0x29,
        Change::Xor => 0x31,
        _ => 0x89,
    };
    [0x48, opcode, 0x0f]
}

fn edge() -> impl Strategy<Value = u64> {
    prop_oneof![
        any::<u64>(),
        Just(0),
        Just(1),
        Just(u64::MAX),
        Just(1 << 63),
        Just(u64::MAX >> 1)
    ]
}

proptest! {
    #[test]
    fn arithmetic_is_arithmetic(memory in edge(), source in edge(), carry: bool, which in 0usize..8) {
        let change = [
            Change::Add, Change::Or, Change::Adc, Change::Sbb, Change::And, Change::Sub, Change::Xor, Change::Mov,
        ][which];
        let mut file = File { registers: [0; 16], flags: 2 | u64::from(carry) };
        file.registers[1] = source;
        let Op::Write(write) = decode(&encoding(change), Mode::Bits64).unwrap().op else { panic!() };
        prop_assert_eq!(write.change, change);
        let effect = compute(&write, memory, &file);
        let (value, flags) = expected(change, memory, source, carry);
        prop_assert_eq!(effect.memory, Some(value));
        effect.apply(&mut file);
        if let Some((carry, overflow)) = flags {
            let parity = (value as u8).count_ones().is_multiple_of(2);
            let sign = value >> 63 == 1;
            let wanted = u64::from(carry) | u64::from(parity) << 2 | u64::from(value == 0) << 6
                | u64::from(sign) << 7 | u64::from(overflow) << 11;
            prop_assert_eq!(file.flags & DEFINED, wanted);
        } else {
            prop_assert_eq!(file.flags, 2 | u64::from(carry));
        }
    }

    #[test]
    fn compare_and_exchange_stores_or_reports(memory in 0u64..4, expected in 0u64..4, new: u64) {
        // lock cmpxchg %rcx, (%rdi)
        let Op::Write(write) = decode(&[0xf0, 0x48, 0x0f, 0xb1, 0x0f], Mode::Bits64).unwrap().op else { panic!() };
        let mut file = File { registers: [0; 16], flags: 2 };
        file.registers[0] = expected;
        file.registers[1] = new;
        let effect = compute(&write, memory, &file);
        effect.apply(&mut file);
        prop_assert_eq!(effect.memory, (memory == expected).then_some(new));
        prop_assert_eq!(file.registers[0], memory);
        prop_assert_eq!(file.flags & 0x40 != 0, memory == expected);
    }
}

#[test]
fn clearing_the_accessed_bit_tells_whether_it_was_set() {
    // lock btrq $5, (%rdi)
    let Op::Write(write) = decode(&[0xf0, 0x48, 0x0f, 0xba, 0x37, 0x05], Mode::Bits64)
        .unwrap()
        .op
    else {
        panic!()
    };
    let mut file = File {
        registers: [0; 16],
        flags: 2,
    };
    let effect = compute(&write, 0x8000_0000_0000_0067, &file);
    assert_eq!(effect.memory, Some(0x8000_0000_0000_0047));
    effect.apply(&mut file);
    assert_eq!(file.flags, 3);
}

#[test]
fn an_exchange_of_a_high_byte_touches_nothing_else() {
    // xchg %ah, (%rdi)
    let Op::Write(write) = decode(&[0x86, 0x27], Mode::Bits64).unwrap().op else {
        panic!()
    };
    let mut file = File {
        registers: [0; 16],
        flags: 2,
    };
    file.registers[0] = 0x1122_3344_5566_7788;
    let effect = compute(&write, 0x99, &file);
    effect.apply(&mut file);
    assert_eq!(
        (effect.memory, file.registers[0]),
        (Some(0x77), 0x1122_3344_5566_9988)
    );
    assert!(write.locked);
}
