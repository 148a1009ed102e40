//! From bytes to an [`Instruction`].
//!
//! Encodings: Intel SDM volume 2, chapter 2 and appendix A; AMD APM volume 3, chapter 1.

use crate::cursor::Cursor;
use crate::{
    Address, Change, Error, Instruction, Mode, Op, Place, Port, Reg, Segment, Source, String,
    Width, Write,
};

/// The longest instruction, in bytes.
pub const MAX_LEN: u8 = 15;

/// In front of an instruction, asks the hypervisor to carry it out: UD2 and "xen".
pub const FORCED_PREFIX: [u8; 5] = [0x0f, 0x0b, b'x', b'e', b'n'];

/// Decodes the instruction at the start of `bytes`, which should be at least 15 (20 with the forced prefix) long
/// unless memory ends before.
pub fn decode(bytes: &[u8], mode: Mode) -> Result<Instruction, Error> {
    if let Some(rest) = bytes.strip_prefix(&FORCED_PREFIX) {
        let inner = decode_plain(rest, mode)?;
        let len = inner.len.wrapping_add(FORCED_PREFIX.len() as u8);
        return Ok(Instruction {
            len,
            forced: true,
            ..inner
        });
    }
    decode_plain(bytes, mode)
}

fn decode_plain(bytes: &[u8], mode: Mode) -> Result<Instruction, Error> {
    let mut decoder = Decoder {
        cursor: Cursor::new(bytes),
        mode,
        rex: 0,
        operand_size: false,
        address_size: false,
        repeat: false,
        lock: false,
        segment: None,
    };
    let op = decoder.instruction()?;
    if decoder.lock && !may_lock(&op) {
        return Err(Error::Unknown);
    }
    Ok(Instruction {
        len: decoder.cursor.used(),
        forced: false,
        op,
    })
}

/// LOCK before anything but a change that reads memory first is #UD.
fn may_lock(op: &Op) -> bool {
    matches!(op, Op::Write(Write { change, .. }) if *change != Change::Mov)
}

const REX_W: u8 = 8;
const REX_R: u8 = 4;
const REX_X: u8 = 2;
const REX_B: u8 = 1;

struct Decoder<'b> {
    cursor: Cursor<'b>,
    mode: Mode,
    rex: u8,
    operand_size: bool,
    address_size: bool,
    repeat: bool,
    lock: bool,
    segment: Option<Segment>,
}

/// The byte that names operands.
struct ModRm {
    /// The register, or which of a group; with REX.R.
    reg: u8,
    place: Place,
}

impl ModRm {
    fn memory(&self) -> Result<Address, Error> {
        match self.place {
            Place::Memory(address) => Ok(address),
            Place::Register(_) => Err(Error::Unknown),
        }
    }
}

impl Decoder<'_> {
    fn instruction(&mut self) -> Result<Op, Error> {
        let opcode = self.prefixes()?;
        match opcode {
            0x0f => self.two_bytes(),
            // The eight two-operand operations, with a register as source.
            0x00..=0x3f if opcode & 6 == 0 => {
                let change = arithmetic(opcode >> 3).ok_or(Error::Unknown)?;
                self.write_register(change, opcode & 1 == 0)
            }
            0x6c | 0x6d => Ok(Op::Ins(self.string(opcode, true))),
            0x6e | 0x6f => Ok(Op::Outs(self.string(opcode, true))),
            0x80 | 0x81 | 0x83 => self.write_immediate(opcode),
            0x86 | 0x87 => self.write_register(Change::Xchg, opcode == 0x86),
            0x88 | 0x89 => self.write_register(Change::Mov, opcode == 0x88),
            0xa2 | 0xa3 => self.store_at_offset(opcode == 0xa2),
            0xa4 | 0xa5 => Ok(Op::Movs(self.string(opcode, false))),
            0xaa | 0xab => Ok(Op::Stos(self.string(opcode, false))),
            0xc6 | 0xc7 => self.move_immediate(opcode == 0xc6),
            0xe4 | 0xe5 => {
                let port = Port::Number(self.cursor.byte()?);
                Ok(Op::In {
                    width: self.port_width(opcode),
                    port,
                })
            }
            0xe6 | 0xe7 => {
                let port = Port::Number(self.cursor.byte()?);
                Ok(Op::Out {
                    width: self.port_width(opcode),
                    port,
                })
            }
            0xec | 0xed => Ok(Op::In {
                width: self.port_width(opcode),
                port: Port::Dx,
            }),
            0xee | 0xef => Ok(Op::Out {
                width: self.port_width(opcode),
                port: Port::Dx,
            }),
            0xf4 => Ok(Op::Hlt),
            0xf6 | 0xf7 => self.unary(opcode == 0xf6, &[(2, Change::Not), (3, Change::Neg)]),
            0xfa => Ok(Op::Cli),
            0xfb => Ok(Op::Sti),
            0xfe | 0xff => self.unary(opcode == 0xfe, &[(0, Change::Inc), (1, Change::Dec)]),
            _ => Err(Error::Unknown),
        }
    }

    /// Takes prefixes, and gives the first byte that is none. A REX counts only directly before the opcode.
    fn prefixes(&mut self) -> Result<u8, Error> {
        loop {
            let byte = self.cursor.byte()?;
            match byte {
                0x26 => self.override_segment(Segment::Es),
                0x2e => self.override_segment(Segment::Cs),
                0x36 => self.override_segment(Segment::Ss),
                0x3e => self.override_segment(Segment::Ds),
                0x64 => self.segment = Some(Segment::Fs),
                0x65 => self.segment = Some(Segment::Gs),
                0x66 => self.operand_size = true,
                0x67 => self.address_size = true,
                0xf0 => self.lock = true,
                0xf2 | 0xf3 => self.repeat = true,
                0x40..=0x4f if self.mode == Mode::Bits64 => {
                    self.rex = byte;
                    continue;
                }
                _ => return Ok(byte),
            }
            self.rex = 0;
        }
    }

    /// In 64-bit code only FS and GS can be chosen.
    fn override_segment(&mut self, segment: Segment) {
        if self.mode != Mode::Bits64 {
            self.segment = Some(segment);
        }
    }

    fn two_bytes(&mut self) -> Result<Op, Error> {
        let opcode = self.cursor.byte()?;
        match opcode {
            0x01 => self.group_7(),
            0x06 => Ok(Op::Clts),
            0x08 => Ok(Op::Invd),
            0x09 => Ok(Op::Wbinvd),
            0x20..=0x23 => self.special_register(opcode),
            0x30 => Ok(Op::Wrmsr),
            0x31 => Ok(Op::Rdtsc),
            0x32 => Ok(Op::Rdmsr),
            0x33 => Ok(Op::Rdpmc),
            0xa2 => Ok(Op::Cpuid),
            0xab => self.write_register(Change::Bts, false),
            0xb0 | 0xb1 => self.write_register(Change::Cmpxchg, opcode == 0xb0),
            0xb3 => self.write_register(Change::Btr, false),
            0xba => self.bit_immediate(),
            0xbb => self.write_register(Change::Btc, false),
            0xc0 | 0xc1 => self.write_register(Change::Xadd, opcode == 0xc0),
            0xc3 if !self.operand_size && !self.repeat => self.store_past_caches(),
            _ => Err(Error::Unknown),
        }
    }

    fn group_7(&mut self) -> Result<Op, Error> {
        let second = self.peek_modrm()?;
        match second {
            0xd1 if !self.operand_size && !self.repeat => return self.taken(Op::Xsetbv),
            0xf9 => return self.taken(Op::Rdtscp),
            _ => {}
        }
        let modrm = self.modrm()?;
        match modrm.reg & 7 {
            4 => {
                let width = match modrm.place {
                    Place::Memory(_) => Width::B2,
                    Place::Register(_) => self.operand_width(false),
                };
                Ok(Op::Smsw {
                    to: modrm.place,
                    width,
                })
            }
            6 => Ok(Op::Lmsw(modrm.place)),
            7 => Ok(Op::Invlpg(modrm.memory()?)),
            _ => Err(Error::Unknown),
        }
    }

    fn taken(&mut self, op: Op) -> Result<Op, Error> {
        self.cursor.byte()?;
        Ok(op)
    }

    fn peek_modrm(&self) -> Result<u8, Error> {
        let mut ahead = self.cursor;
        ahead.byte()
    }

    /// MOV to and from CR and DR: the second operand is a register, whatever the mode bits say.
    fn special_register(&mut self, opcode: u8) -> Result<Op, Error> {
        let byte = self.cursor.byte()?;
        let special = byte >> 3 & 7 | self.rex_bit(REX_R);
        let reg = byte & 7 | self.rex_bit(REX_B);
        let op = match opcode {
            0x20 => Op::ReadCr { cr: special, reg },
            0x21 => Op::ReadDr { dr: special, reg },
            0x22 => Op::WriteCr { cr: special, reg },
            _ => Op::WriteDr { dr: special, reg },
        };
        Ok(op)
    }

    /// Memory changed with a register.
    fn write_register(&mut self, change: Change, byte: bool) -> Result<Op, Error> {
        let width = self.operand_width(byte);
        let modrm = self.modrm()?;
        let source = Source::Register(self.register(modrm.reg, width));
        self.write(change, width, modrm.memory()?, source)
    }

    /// MOVNTI is a store like any other here, of 4 or 8 bytes whatever the mode.
    fn store_past_caches(&mut self) -> Result<Op, Error> {
        let width = if self.rex & REX_W != 0 {
            Width::B8
        } else {
            Width::B4
        };
        let modrm = self.modrm()?;
        let source = Source::Register(self.register(modrm.reg, width));
        self.write(Change::Mov, width, modrm.memory()?, source)
    }

    fn write(
        &self,
        change: Change,
        width: Width,
        place: Address,
        source: Source,
    ) -> Result<Op, Error> {
        let locked = self.lock || change == Change::Xchg;
        Ok(Op::Write(Write {
            change,
            width,
            place,
            source,
            locked,
        }))
    }

    /// Group 1: memory changed with a number.
    fn write_immediate(&mut self, opcode: u8) -> Result<Op, Error> {
        let width = self.operand_width(opcode == 0x80);
        let modrm = self.modrm()?;
        let change = arithmetic(modrm.reg & 7).ok_or(Error::Unknown)?;
        let place = modrm.memory()?;
        let bytes = if opcode == 0x81 {
            immediate_bytes(width)
        } else {
            1
        };
        let source = Source::Immediate(self.cursor.signed(bytes)? as u64);
        self.write(change, width, place, source)
    }

    fn move_immediate(&mut self, byte: bool) -> Result<Op, Error> {
        let width = self.operand_width(byte);
        let modrm = self.modrm()?;
        let place = modrm.memory()?;
        if modrm.reg & 7 != 0 {
            return Err(Error::Unknown);
        }
        let source = Source::Immediate(self.cursor.signed(immediate_bytes(width))? as u64);
        self.write(Change::Mov, width, place, source)
    }

    /// Group 8: a bit whose number is in the instruction.
    fn bit_immediate(&mut self) -> Result<Op, Error> {
        let width = self.operand_width(false);
        let modrm = self.modrm()?;
        let change = match modrm.reg & 7 {
            5 => Change::Bts,
            6 => Change::Btr,
            7 => Change::Btc,
            _ => return Err(Error::Unknown),
        };
        let place = modrm.memory()?;
        let source = Source::Immediate(u64::from(self.cursor.byte()?));
        self.write(change, width, place, source)
    }

    fn unary(&mut self, byte: bool, group: &[(u8, Change)]) -> Result<Op, Error> {
        let width = self.operand_width(byte);
        let modrm = self.modrm()?;
        let wanted = modrm.reg & 7;
        let change = group
            .iter()
            .find(|(number, _)| *number == wanted)
            .ok_or(Error::Unknown)?
            .1;
        self.write(change, width, modrm.memory()?, Source::Nothing)
    }

    /// MOV of RAX to an address that stands in the instruction.
    fn store_at_offset(&mut self, byte: bool) -> Result<Op, Error> {
        let width = self.operand_width(byte);
        let address_width = self.address_width();
        let displacement = self.cursor.signed(address_width.bytes())?;
        let place = Address {
            segment: self.segment.unwrap_or(Segment::Ds),
            base: None,
            index: None,
            scale: 1,
            displacement,
            rip_relative: false,
            width: address_width,
        };
        self.write(Change::Mov, width, place, Source::Register(Reg::RAX))
    }

    fn string(&self, opcode: u8, port: bool) -> String {
        let width = if port {
            self.port_width(opcode)
        } else {
            self.operand_width(opcode & 1 == 0)
        };
        String {
            width,
            repeat: self.repeat,
            address_width: self.address_width(),
            segment: self.segment.unwrap_or(Segment::Ds),
        }
    }

    /// Ports are at most 32 bits wide.
    fn port_width(&self, opcode: u8) -> Width {
        match self.operand_width(opcode & 1 == 0) {
            Width::B8 => Width::B4,
            width => width,
        }
    }

    fn operand_width(&self, byte: bool) -> Width {
        if byte {
            Width::B1
        } else if self.rex & REX_W != 0 {
            Width::B8
        } else if self.operand_size == (self.mode == Mode::Bits16) {
            Width::B4
        } else {
            Width::B2
        }
    }

    fn address_width(&self) -> Width {
        match (self.mode, self.address_size) {
            (Mode::Bits64, false) => Width::B8,
            (Mode::Bits64, true) | (Mode::Bits32, false) | (Mode::Bits16, true) => Width::B4,
            (Mode::Bits32, true) | (Mode::Bits16, false) => Width::B2,
        }
    }

    fn rex_bit(&self, bit: u8) -> u8 {
        if self.rex & bit != 0 { 8 } else { 0 }
    }

    /// Without a REX, bytes 4 to 7 are the second bytes of registers 0 to 3.
    fn register(&self, number: u8, width: Width) -> Reg {
        if width == Width::B1 && self.rex == 0 && number & 4 != 0 {
            Reg {
                number: number & 3,
                high: true,
            }
        } else {
            Reg {
                number,
                high: false,
            }
        }
    }

    fn modrm(&mut self) -> Result<ModRm, Error> {
        let byte = self.cursor.byte()?;
        let (mode, rm) = (byte >> 6, byte & 7);
        let reg = byte >> 3 & 7 | self.rex_bit(REX_R);
        let place = if mode == 3 {
            Place::Register(Reg {
                number: rm | self.rex_bit(REX_B),
                high: false,
            })
        } else if self.address_width() == Width::B2 {
            Place::Memory(self.address_16(mode, rm)?)
        } else {
            Place::Memory(self.address(mode, rm)?)
        };
        Ok(ModRm { reg, place })
    }

    /// An address of 32 or 64 bits.
    fn address(&mut self, mode: u8, rm: u8) -> Result<Address, Error> {
        let (mut base, mut index, mut scale) = (Some(rm | self.rex_bit(REX_B)), None, 1);
        let mut rip_relative = false;
        let mut displacement_bytes = match mode {
            0 => 0,
            1 => 1,
            _ => 4,
        };
        if rm == 4 {
            let sib = self.cursor.byte()?;
            scale = 1 << (sib >> 6);
            index = Some(sib >> 3 & 7 | self.rex_bit(REX_X)).filter(|&number| number != 4);
            base = Some(sib & 7 | self.rex_bit(REX_B));
            if mode == 0 && sib & 7 == 5 {
                base = None;
                displacement_bytes = 4;
            }
        } else if mode == 0 && rm == 5 {
            base = None;
            displacement_bytes = 4;
            rip_relative = self.mode == Mode::Bits64;
        }
        let displacement = match displacement_bytes {
            0 => 0,
            bytes => self.cursor.signed(bytes)?,
        };
        // By default RSP and RBP point into the stack.
        let default = if matches!(base, Some(4 | 5)) {
            Segment::Ss
        } else {
            Segment::Ds
        };
        Ok(Address {
            segment: self.segment.unwrap_or(default),
            base,
            index,
            scale,
            displacement,
            rip_relative,
            width: self.address_width(),
        })
    }

    /// An address of 16 bits: fixed pairs of BX, BP, SI, DI.
    fn address_16(&mut self, mode: u8, rm: u8) -> Result<Address, Error> {
        const BX: u8 = 3;
        const BP: u8 = 5;
        const SI: u8 = 6;
        const DI: u8 = 7;
        let (mut base, index) = match rm {
            0 => (Some(BX), Some(SI)),
            1 => (Some(BX), Some(DI)),
            2 => (Some(BP), Some(SI)),
            3 => (Some(BP), Some(DI)),
            4 => (Some(SI), None),
            5 => (Some(DI), None),
            6 => (Some(BP), None),
            _ => (Some(BX), None),
        };
        let displacement = match mode {
            0 if rm == 6 => {
                base = None;
                self.cursor.signed(2)?
            }
            0 => 0,
            1 => self.cursor.signed(1)?,
            _ => self.cursor.signed(2)?,
        };
        let default = if base == Some(BP) {
            Segment::Ss
        } else {
            Segment::Ds
        };
        Ok(Address {
            segment: self.segment.unwrap_or(default),
            base,
            index,
            scale: 1,
            displacement,
            rip_relative: false,
            width: Width::B2,
        })
    }
}

/// The eight operations that share an encoding; CMP writes nothing.
fn arithmetic(number: u8) -> Option<Change> {
    match number {
        0 => Some(Change::Add),
        1 => Some(Change::Or),
        2 => Some(Change::Adc),
        3 => Some(Change::Sbb),
        4 => Some(Change::And),
        5 => Some(Change::Sub),
        6 => Some(Change::Xor),
        _ => None,
    }
}

/// A number in an instruction has at most 4 bytes.
fn immediate_bytes(width: Width) -> u8 {
    match width {
        Width::B8 => 4,
        width => width.bytes(),
    }
}
