//! The instructions that are carried out for a guest: what they are, how long, and what they compute.
//!
//! Two families. A PV kernel runs in ring 3, so its privileged instructions fault and are done for it; and its plain
//! stores to page tables fault because tables are mapped read-only, and are done as checked updates.
//!
//! Always: any bytes decode to an instruction or to an [`Error`], never further than they go; what is not in the
//! subset is [`Error::Unknown`], and then the fault belongs to the guest.
//!
//! Not here: fetching the bytes, permission, ports, MSRs, page tables (`hypervisor::pv`).

#![cfg_attr(not(test), no_std)]
#![forbid(unsafe_code)]
#![cfg_attr(
    not(test),
    deny(
        clippy::indexing_slicing,
        clippy::arithmetic_side_effects,
        clippy::unwrap_used,
        clippy::expect_used,
        clippy::panic
    )
)]
#![warn(missing_docs)]

mod compute;
mod cursor;
mod decode;

pub use compute::{Effect, Registers, compute};
pub use decode::{FORCED_PREFIX, MAX_LEN, decode};

/// The size of code, from the code segment's descriptor.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mode {
    /// 16-bit code.
    Bits16,
    /// 32-bit code.
    Bits32,
    /// 64-bit code.
    Bits64,
}

/// Why bytes are no instruction of ours.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Error {
    /// More bytes are needed.
    Truncated,
    /// An instruction that is not carried out for guests, or none at all.
    Unknown,
}

/// Bytes in an operand.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[repr(u8)]
#[allow(missing_docs, reason = "the names say it")]
pub enum Width {
    B1 = 1,
    B2 = 2,
    B4 = 4,
    B8 = 8,
}

impl Width {
    /// As a number.
    #[inline]
    pub const fn bytes(self) -> u8 {
        self as u8
    }

    /// Ones in every bit of an operand of this width.
    #[inline]
    pub const fn mask(self) -> u64 {
        match self {
            Self::B1 => 0xff,
            Self::B2 => 0xffff,
            Self::B4 => 0xffff_ffff,
            Self::B8 => u64::MAX,
        }
    }

    /// The highest bit of an operand of this width.
    #[inline]
    pub const fn sign(self) -> u64 {
        self.mask() ^ self.mask() >> 1
    }
}

/// A segment register, in the order of its number in instructions.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[allow(missing_docs, reason = "the names say it")]
pub enum Segment {
    Es,
    Cs,
    Ss,
    Ds,
    Fs,
    Gs,
}

/// A general register: 0 to 15 for RAX, RCX, RDX, RBX, RSP, RBP, RSI, RDI, R8 to R15.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Reg {
    /// Its number.
    pub number: u8,
    /// The second lowest byte (AH, CH, DH, BH), for operands of one byte.
    pub high: bool,
}

impl Reg {
    /// RAX.
    pub const RAX: Self = Self {
        number: 0,
        high: false,
    };
    /// RCX.
    pub const RCX: Self = Self {
        number: 1,
        high: false,
    };
}

/// An address as an instruction writes it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Address {
    /// The segment, by default or by prefix.
    pub segment: Segment,
    /// A register to add.
    pub base: Option<u8>,
    /// A register to multiply and add.
    pub index: Option<u8>,
    /// 1, 2, 4 or 8.
    pub scale: u8,
    /// Added too.
    pub displacement: i64,
    /// The address is counted from the end of the instruction.
    pub rip_relative: bool,
    /// The sum is cut to this width.
    pub width: Width,
}

impl Address {
    /// The offset in its segment. `next` is the address behind the instruction.
    pub fn offset(&self, registers: &impl Registers, next: u64) -> u64 {
        let base = self.base.map_or(0, |number| registers.get(number));
        let index = self.index.map_or(0, |number| registers.get(number));
        let start = if self.rip_relative { next } else { base };
        start
            .wrapping_add(index.wrapping_mul(u64::from(self.scale)))
            .wrapping_add(self.displacement as u64)
            & self.width.mask()
    }
}

/// A register or memory.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Place {
    /// A general register.
    Register(Reg),
    /// Memory.
    Memory(Address),
}

/// What is stored or combined with memory.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Source {
    /// A general register.
    Register(Reg),
    /// A number, extended to 64 bits by its sign.
    Immediate(u64),
    /// Nothing (INC, NOT and the like).
    Nothing,
}

/// How memory changes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[allow(missing_docs, reason = "named as the manuals name them")]
pub enum Change {
    Mov,
    Xchg,
    Cmpxchg,
    Xadd,
    Add,
    Or,
    Adc,
    Sbb,
    And,
    Sub,
    Xor,
    Inc,
    Dec,
    Not,
    Neg,
    Bts,
    Btr,
    Btc,
}

/// An instruction that writes memory.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Write {
    /// What it does.
    pub change: Change,
    /// The operand's size.
    pub width: Width,
    /// Where.
    pub place: Address,
    /// With what.
    pub source: Source,
    /// With a LOCK prefix, or XCHG.
    pub locked: bool,
}

/// A port as an instruction names it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Port {
    /// In the instruction.
    Number(u8),
    /// In DX.
    Dx,
}

/// A string instruction's turn.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct String {
    /// An element's size.
    pub width: Width,
    /// With a REP prefix.
    pub repeat: bool,
    /// How much of RCX, RSI, RDI it uses.
    pub address_width: Width,
    /// Where RSI points into; RDI always points into ES.
    pub segment: Segment,
}

/// What an instruction does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[allow(missing_docs, reason = "named as the manuals name them")]
pub enum Op {
    /// Changes memory.
    Write(Write),
    /// Stores RAX at RDI.
    Stos(String),
    /// Copies from RSI to RDI.
    Movs(String),
    In {
        width: Width,
        port: Port,
    },
    Out {
        width: Width,
        port: Port,
    },
    Ins(String),
    Outs(String),
    Rdmsr,
    Wrmsr,
    /// CPUID, with or without the forced-emulation prefix (`Instruction::forced`).
    Cpuid,
    Wbinvd,
    Invd,
    /// Reads a control register into a general one.
    ReadCr {
        cr: u8,
        reg: u8,
    },
    WriteCr {
        cr: u8,
        reg: u8,
    },
    /// Reads a debug register into a general one.
    ReadDr {
        dr: u8,
        reg: u8,
    },
    WriteDr {
        dr: u8,
        reg: u8,
    },
    Clts,
    Xsetbv,
    Lmsw(Place),
    Smsw {
        to: Place,
        width: Width,
    },
    Cli,
    Sti,
    Hlt,
    Invlpg(Address),
    Rdtsc,
    Rdtscp,
    Rdpmc,
}

/// A decoded instruction.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Instruction {
    /// Bytes, all prefixes included.
    pub len: u8,
    /// It began with [`FORCED_PREFIX`].
    pub forced: bool,
    /// What it does.
    pub op: Op,
}
