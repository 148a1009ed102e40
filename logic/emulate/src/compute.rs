//! What a [`Write`] makes of memory, registers and flags.
//!
//! Computed first and applied by the caller afterwards, once the memory's new value was accepted.

use crate::{Change, Reg, Source, Width, Write};

/// The guest's registers.
pub trait Registers {
    /// A general register (see [`Reg::number`]).
    fn get(&self, number: u8) -> u64;
    /// Changes a general register.
    fn set(&mut self, number: u8, value: u64);
    /// RFLAGS.
    fn flags(&self) -> u64;
    /// Changes RFLAGS.
    fn set_flags(&mut self, flags: u64);
}

const CF: u64 = 1 << 0;
const PF: u64 = 1 << 2;
const AF: u64 = 1 << 4;
const ZF: u64 = 1 << 6;
const SF: u64 = 1 << 7;
const OF: u64 = 1 << 11;
const STATUS: u64 = CF | PF | AF | ZF | SF | OF;

/// What happens if the write happens.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Effect {
    /// The memory's new value; `None` for a CMPXCHG that did not find what it expected.
    pub memory: Option<u64>,
    /// A register's new value.
    register: Option<(Reg, Width, u64)>,
    flags: u64,
}

impl Effect {
    /// Changes the registers.
    pub fn apply(&self, registers: &mut impl Registers) {
        registers.set_flags(self.flags);
        if let Some((reg, width, value)) = self.register {
            write_register(registers, reg, width, value);
        }
    }
}

/// What `write` does to memory that holds `old` (of the write's width).
///
/// For BTS, BTR and BTC with a register the bit counts from the operand's own address: a bit number beyond the
/// operand is cut, so the caller gives the address that the CPU accessed.
pub fn compute(write: &Write, old: u64, registers: &impl Registers) -> Effect {
    let width = write.width;
    let (old, mask, flags) = (old & width.mask(), width.mask(), registers.flags());
    let source = match write.source {
        Source::Register(reg) => read_register(registers, reg, width),
        Source::Immediate(value) => value & mask,
        Source::Nothing => 0,
    };
    let source_reg = match write.source {
        Source::Register(reg) => Some(reg),
        _ => None,
    };
    let carry = flags & CF;
    let just = |memory: u64| Effect {
        memory: Some(memory & mask),
        register: None,
        flags,
    };
    let with = |memory: u64, status: u64| Effect {
        flags: flags & !STATUS | status,
        ..just(memory)
    };
    match write.change {
        Change::Mov => just(source),
        Change::Xchg => Effect {
            register: source_reg.map(|reg| (reg, width, old)),
            ..just(source)
        },
        Change::Cmpxchg => {
            let expected = read_register(registers, Reg::RAX, width);
            let status = subtract(expected, old, 0, width).1;
            let flags = flags & !STATUS | status;
            if expected == old {
                Effect {
                    memory: Some(source),
                    register: None,
                    flags,
                }
            } else {
                Effect {
                    memory: None,
                    register: Some((Reg::RAX, width, old)),
                    flags,
                }
            }
        }
        Change::Xadd => {
            let (sum, status) = add(old, source, 0, width);
            Effect {
                register: source_reg.map(|reg| (reg, width, old)),
                ..with(sum, status)
            }
        }
        Change::Add | Change::Adc => {
            let carry = if write.change == Change::Adc {
                carry
            } else {
                0
            };
            let (sum, status) = add(old, source, carry, width);
            with(sum, status)
        }
        Change::Sub | Change::Sbb => {
            let borrow = if write.change == Change::Sbb {
                carry
            } else {
                0
            };
            let (difference, status) = subtract(old, source, borrow, width);
            with(difference, status)
        }
        Change::Or => with(old | source, of_result(old | source, width)),
        Change::And => with(old & source, of_result(old & source, width)),
        Change::Xor => with(old ^ source, of_result(old ^ source, width)),
        Change::Inc => {
            let (sum, status) = add(old, 1, 0, width);
            with(sum, status & !CF | carry)
        }
        Change::Dec => {
            let (difference, status) = subtract(old, 1, 0, width);
            with(difference, status & !CF | carry)
        }
        Change::Not => just(!old),
        Change::Neg => {
            let (difference, status) = subtract(0, old, 0, width);
            with(difference, status)
        }
        Change::Bts | Change::Btr | Change::Btc => {
            let bits = u64::from(width.bytes()).wrapping_mul(8);
            let bit = 1u64 << (source & bits.wrapping_sub(1));
            let memory = match write.change {
                Change::Bts => old | bit,
                Change::Btr => old & !bit,
                _ => old ^ bit,
            };
            let was_set = if old & bit != 0 { CF } else { 0 };
            Effect {
                flags: flags & !CF | was_set,
                ..just(memory)
            }
        }
    }
}

fn add(a: u64, b: u64, carry: u64, width: Width) -> (u64, u64) {
    let sum = a.wrapping_add(b).wrapping_add(carry) & width.mask();
    let carries = a & b | (a | b) & !sum;
    let mut status = of_result(sum, width);
    status |= flag(CF, carries & width.sign()) | flag(AF, carries & 8);
    status |= flag(OF, (a ^ sum) & (b ^ sum) & width.sign());
    (sum, status)
}

fn subtract(a: u64, b: u64, borrow: u64, width: Width) -> (u64, u64) {
    let difference = a.wrapping_sub(b).wrapping_sub(borrow) & width.mask();
    let borrows = !a & b | (!a | b) & difference;
    let mut status = of_result(difference, width);
    status |= flag(CF, borrows & width.sign()) | flag(AF, borrows & 8);
    status |= flag(OF, (a ^ b) & (a ^ difference) & width.sign());
    (difference, status)
}

/// The flags that depend on the result alone.
fn of_result(result: u64, width: Width) -> u64 {
    let result = result & width.mask();
    let even = (result as u8).count_ones() & 1 == 0;
    let zero = if result == 0 { ZF } else { 0 };
    let parity = if even { PF } else { 0 };
    zero | parity | flag(SF, result & width.sign())
}

fn flag(flag: u64, bits: u64) -> u64 {
    if bits != 0 { flag } else { 0 }
}

fn read_register(registers: &impl Registers, reg: Reg, width: Width) -> u64 {
    let value = registers.get(reg.number);
    let value = if reg.high { value >> 8 } else { value };
    value & width.mask()
}

/// Writes of 4 bytes clear the upper half; shorter ones keep the rest.
fn write_register(registers: &mut impl Registers, reg: Reg, width: Width, value: u64) {
    let whole = registers.get(reg.number);
    let value = value & width.mask();
    let new = match width {
        Width::B8 | Width::B4 => value,
        Width::B1 if reg.high => whole & !0xff00 | value << 8,
        Width::B1 | Width::B2 => whole & !width.mask() | value,
    };
    registers.set(reg.number, new);
}
