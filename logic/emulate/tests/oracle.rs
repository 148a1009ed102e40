//! The decoder held against another one, over bytes that are mostly instructions of the subset.
//!
//! Both ways: what we decode, the oracle must decode to the same; what the oracle finds in the subset, we must know.

use emulate::{Change, Error, Instruction, Mode, Op, Place, Port, Segment, Source, Width, decode};
use iced_x86::{Code, Decoder, DecoderOptions, Mnemonic, OpKind, Register};

/// A small generator, so that a failure can be repeated from the seed alone.
struct Random(u64);

impl Random {
    fn next(&mut self) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0.wrapping_mul(0x2545_f491_4f6c_dd1d)
    }

    fn below(&mut self, bound: u64) -> u64 {
        self.next() % bound
    }
}

/// Bytes with a few prefixes and an opcode near the subset.
fn sample(random: &mut Random, mode: Mode) -> Vec<u8> {
    const PREFIXES: [u8; 11] = [
        0x26, 0x2e, 0x36, 0x3e, 0x64, 0x65, 0x66, 0x67, 0xf0, 0xf2, 0xf3,
    ];
    let mut bytes = Vec::new();
    for _ in 0..random.below(3) {
        bytes.push(PREFIXES[random.below(11) as usize]);
    }
    if mode == Mode::Bits64 && random.below(2) == 0 {
        bytes.push(0x40 + random.below(16) as u8);
    }
    if random.below(2) == 0 {
        bytes.push(0x0f);
    }
    bytes.extend((0..16).map(|_| random.next() as u8));
    bytes
}

fn bitness(mode: Mode) -> u32 {
    match mode {
        Mode::Bits16 => 16,
        Mode::Bits32 => 32,
        Mode::Bits64 => 64,
    }
}

/// The mnemonic that our instruction should have.
fn mnemonics(op: &Op) -> &'static [Mnemonic] {
    use Mnemonic as M;
    match op {
        Op::Write(write) => match write.change {
            Change::Mov => &[M::Mov, M::Movnti],
            Change::Xchg => &[M::Xchg],
            Change::Cmpxchg => &[M::Cmpxchg],
            Change::Xadd => &[M::Xadd],
            Change::Add => &[M::Add],
            Change::Or => &[M::Or],
            Change::Adc => &[M::Adc],
            Change::Sbb => &[M::Sbb],
            Change::And => &[M::And],
            Change::Sub => &[M::Sub],
            Change::Xor => &[M::Xor],
            Change::Inc => &[M::Inc],
            Change::Dec => &[M::Dec],
            Change::Not => &[M::Not],
            Change::Neg => &[M::Neg],
            Change::Bts => &[M::Bts],
            Change::Btr => &[M::Btr],
            Change::Btc => &[M::Btc],
        },
        Op::Stos(_) => &[M::Stosb, M::Stosw, M::Stosd, M::Stosq],
        Op::Movs(_) => &[M::Movsb, M::Movsw, M::Movsd, M::Movsq],
        Op::In { .. } => &[M::In],
        Op::Out { .. } => &[M::Out],
        Op::Ins(_) => &[M::Insb, M::Insw, M::Insd],
        Op::Outs(_) => &[M::Outsb, M::Outsw, M::Outsd],
        Op::Rdmsr => &[M::Rdmsr],
        Op::Wrmsr => &[M::Wrmsr],
        Op::Cpuid => &[M::Cpuid],
        Op::Wbinvd => &[M::Wbinvd, M::Wbnoinvd],
        Op::Invd => &[M::Invd],
        Op::ReadCr { .. } | Op::WriteCr { .. } | Op::ReadDr { .. } | Op::WriteDr { .. } => {
            &[M::Mov]
        }
        Op::Clts => &[M::Clts],
        Op::Xsetbv => &[M::Xsetbv],
        Op::Lmsw(_) => &[M::Lmsw],
        Op::Smsw { .. } => &[M::Smsw],
        Op::Cli => &[M::Cli],
        Op::Sti => &[M::Sti],
        Op::Hlt => &[M::Hlt],
        Op::Invlpg(_) => &[M::Invlpg],
        Op::Rdtsc => &[M::Rdtsc],
        Op::Rdtscp => &[M::Rdtscp],
        Op::Rdpmc => &[M::Rdpmc],
    }
}

/// Whether the oracle's instruction is one that we must know.
fn in_subset(theirs: &iced_x86::Instruction) -> bool {
    use Mnemonic as M;
    let memory = theirs.op_count() > 0 && theirs.op_kind(0) == OpKind::Memory;
    match theirs.mnemonic() {
        M::Mov => {
            let selector = theirs.op_count() > 1
                && theirs.op_kind(1) == OpKind::Register
                && theirs.op_register(1).is_segment_register();
            let special = |register: Register| register.is_cr() || register.is_dr();
            let named = (0..theirs.op_count()).any(|number| {
                theirs.op_kind(number) == OpKind::Register && special(theirs.op_register(number))
            });
            // CR8 by LOCK MOV CR0 is left out on purpose.
            memory && !selector || named && !theirs.has_lock_prefix()
        }
        M::Xchg
        | M::Cmpxchg
        | M::Xadd
        | M::Add
        | M::Or
        | M::Adc
        | M::Sbb
        | M::And
        | M::Sub
        | M::Xor
        | M::Inc
        | M::Dec
        | M::Not
        | M::Neg
        | M::Bts
        | M::Btr
        | M::Btc => {
            // 0x82 is an undocumented copy of 0x80, which compilers never make; no xacquire of MOV either.
            memory && !format!("{:?}", theirs.code()).ends_with("_82")
        }
        M::In
        | M::Out
        | M::Rdmsr
        | M::Wrmsr
        | M::Cpuid
        | M::Clts
        | M::Cli
        | M::Sti
        | M::Hlt
        | M::Rdtsc
        | M::Rdtscp
        | M::Wbinvd
        | M::Invd
        | M::Lmsw
        | M::Smsw
        | M::Invlpg
        | M::Xsetbv
        | M::Rdpmc => true,
        M::Stosb | M::Stosw | M::Stosd | M::Stosq | M::Movsb | M::Movsw | M::Movsq => true,
        M::Movsd => matches!(theirs.code(), Code::Movsd_m32_m32),
        M::Insb | M::Insw | M::Insd | M::Outsb | M::Outsw | M::Outsd => true,
        _ => false,
    }
}

fn register_number(register: Register) -> Option<u8> {
    (register != Register::None).then(|| register.number() as u8)
}

fn segment(register: Register) -> Segment {
    match register {
        Register::ES => Segment::Es,
        Register::CS => Segment::Cs,
        Register::SS => Segment::Ss,
        Register::FS => Segment::Fs,
        Register::GS => Segment::Gs,
        _ => Segment::Ds,
    }
}

fn same_memory(ours: &emulate::Address, theirs: &iced_x86::Instruction, mode: Mode) {
    let rip_relative = matches!(theirs.memory_base(), Register::RIP | Register::EIP);
    assert_eq!(ours.rip_relative, rip_relative);
    if !rip_relative {
        assert_eq!(ours.base, register_number(theirs.memory_base()));
        let mask = ours.width.mask();
        assert_eq!(
            ours.displacement as u64 & mask,
            theirs.memory_displacement64() & mask
        );
    }
    assert_eq!(ours.index, register_number(theirs.memory_index()));
    if ours.index.is_some() {
        assert_eq!(u32::from(ours.scale), theirs.memory_index_scale());
    }
    // In 64-bit code all but FS and GS are the same, and which of them has no meaning.
    let flat =
        |segment: Segment| mode == Mode::Bits64 && !matches!(segment, Segment::Fs | Segment::Gs);
    let expected = segment(theirs.memory_segment());
    assert!(ours.segment == expected || flat(ours.segment) && flat(expected));
}

fn same_width(ours: Width, theirs: &iced_x86::Instruction) {
    assert_eq!(usize::from(ours.bytes()), theirs.memory_size().size());
}

fn compare(ours: &Instruction, theirs: &iced_x86::Instruction, mode: Mode) {
    assert_eq!(usize::from(ours.len), theirs.len());
    assert!(mnemonics(&ours.op).contains(&theirs.mnemonic()));
    match &ours.op {
        Op::Write(write) => {
            same_width(write.width, theirs);
            same_memory(&write.place, theirs, mode);
            match write.source {
                Source::Immediate(value) if theirs.op_count() == 2 => {
                    let mask = write.width.mask();
                    assert_eq!(value & mask, theirs.immediate(1) & mask);
                }
                Source::Register(reg) => {
                    let expected = theirs.op_register(1);
                    assert_eq!(
                        u32::from(reg.number) + if reg.high { 4 } else { 0 },
                        base_number(expected)
                    );
                    let high = matches!(
                        expected,
                        Register::AH | Register::CH | Register::DH | Register::BH
                    );
                    assert_eq!(reg.high, high);
                }
                _ => {}
            }
        }
        Op::Invlpg(place) | Op::Lmsw(Place::Memory(place)) => same_memory(place, theirs, mode),
        Op::Smsw {
            to: Place::Memory(place),
            width,
        } => {
            same_memory(place, theirs, mode);
            same_width(*width, theirs);
        }
        Op::In { width, port } => {
            let accumulator = theirs.op_register(0);
            assert_eq!(usize::from(width.bytes()), accumulator.size());
            same_port(port, theirs, 1);
        }
        Op::Out { width, port } => {
            let accumulator = theirs.op_register(1);
            assert_eq!(usize::from(width.bytes()), accumulator.size());
            same_port(port, theirs, 0);
        }
        Op::ReadCr { cr: special, reg } | Op::ReadDr { dr: special, reg } => {
            assert_eq!(u32::from(*reg), base_number(theirs.op_register(0)));
            assert_eq!(u32::from(*special), theirs.op_register(1).number() as u32);
        }
        Op::WriteCr { cr: special, reg } | Op::WriteDr { dr: special, reg } => {
            assert_eq!(u32::from(*reg), base_number(theirs.op_register(1)));
            assert_eq!(u32::from(*special), theirs.op_register(0).number() as u32);
        }
        Op::Stos(string) | Op::Movs(string) | Op::Ins(string) | Op::Outs(string) => {
            same_width(string.width, theirs);
            assert_eq!(
                string.repeat,
                theirs.has_rep_prefix() || theirs.has_repne_prefix()
            );
        }
        _ => {}
    }
}

/// AH to BH count as 4 to 7, as the encoding does; SPL to DIL too.
fn base_number(register: Register) -> u32 {
    match register {
        Register::AH | Register::CH | Register::DH | Register::BH => {
            register as u32 - Register::AH as u32 + 4
        }
        register => register.full_register().number() as u32,
    }
}

fn same_port(ours: &Port, theirs: &iced_x86::Instruction, operand: u32) {
    match ours {
        Port::Dx => assert_eq!(theirs.op_kind(operand), OpKind::Register),
        Port::Number(number) => assert_eq!(u64::from(*number), theirs.immediate(operand)),
    }
}

#[test]
fn two_decoders_agree_on_a_million_instructions() {
    let (mut known, mut unknown) = (0u32, 0u32);
    let mut kinds = std::collections::BTreeSet::new();
    for seed in 1..=1_000_000u64 {
        let mut random = Random(seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1);
        let mode =
            [Mode::Bits64, Mode::Bits64, Mode::Bits32, Mode::Bits16][random.below(4) as usize];
        let bytes = sample(&mut random, mode);
        let mut decoder = Decoder::new(bitness(mode), &bytes, DecoderOptions::NONE);
        let theirs = decoder.decode();
        let ours = decode(&bytes, mode);
        let context = || format!("seed {seed}, {mode:?}, {bytes:02x?}: {ours:?} / {theirs:?}");
        match &ours {
            Ok(ours) => {
                assert!(
                    !theirs.is_invalid() || is_undocumented(ours),
                    "{}",
                    context()
                );
                if !theirs.is_invalid() {
                    let outcome = std::panic::catch_unwind(|| compare(ours, &theirs, mode));
                    assert!(outcome.is_ok(), "{}", context());
                }
                kinds.insert(format!("{:?}", theirs.mnemonic()));
                known += 1;
            }
            Err(_) => {
                assert!(theirs.is_invalid() || !in_subset(&theirs), "{}", context());
                unknown += 1;
            }
        }
    }
    println!(
        "{known} instructions of {} kinds alike, {unknown} left alone",
        kinds.len()
    );
    assert!(known > 100_000 && kinds.len() > 45);
}

/// The CPU refuses control registers that do not exist; so does the hypervisor, which sees their number.
fn is_undocumented(ours: &Instruction) -> bool {
    matches!(
        ours.op,
        Op::ReadCr { .. } | Op::WriteCr { .. } | Op::ReadDr { .. } | Op::WriteDr { .. }
    )
}

#[test]
fn bytes_that_end_too_early_ask_for_more_and_never_mislead() {
    for seed in 1..=100_000u64 {
        let mut random = Random(seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1);
        let bytes = sample(&mut random, Mode::Bits64);
        let Ok(whole) = decode(&bytes, Mode::Bits64) else {
            continue;
        };
        for len in 0..usize::from(whole.len) {
            assert_eq!(
                decode(&bytes[..len], Mode::Bits64),
                Err(Error::Truncated),
                "seed {seed}"
            );
        }
        assert_eq!(
            decode(&bytes[..usize::from(whole.len)], Mode::Bits64),
            Ok(whole)
        );
    }
}

#[test]
fn the_forced_prefix_counts_towards_the_length() {
    let bytes = [0x0f, 0x0b, b'x', b'e', b'n', 0x0f, 0xa2];
    let cpuid = decode(&bytes, Mode::Bits64).unwrap();
    assert_eq!((cpuid.len, cpuid.forced, cpuid.op), (7, true, Op::Cpuid));
    assert!(!decode(&[0x0f, 0xa2], Mode::Bits64).unwrap().forced);
    // UD2 by itself is the guest's own.
    assert_eq!(
        decode(&[0x0f, 0x0b, 0, 0, 0, 0], Mode::Bits64),
        Err(Error::Unknown)
    );
}

#[test]
fn prefixes_without_end_are_no_instruction() {
    assert_eq!(decode(&[0x66; 15], Mode::Bits64), Err(Error::Unknown));
    assert_eq!(decode(&[0x66; 14], Mode::Bits64), Err(Error::Truncated));
}
