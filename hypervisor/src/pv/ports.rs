//! I/O ports: IN, OUT and their string forms, for whoever has the privilege.
//!
//! Domain 0 reaches the real ports, but for those that the hypervisor uses itself; other domains read ones and write
//! to nowhere, unless they were given the port.

use emulate::{Op, Registers, String, Width};
use metal::guest;

use super::privileged::port_number;
use super::registers::Frame;
use crate::devices::resources;
use crate::hypercall::Call;
use crate::hypercall::vm_assist::ARCHITECTURAL_IOPL;

const RFLAGS_DF: u64 = 1 << 10;
/// Elements of a repeated instruction that are done at a time.
const BURST: u64 = 64;

/// How far an instruction got.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Progress {
    Done,
    /// Some elements of a long repetition: RIP stays, and the guest runs the instruction again.
    Partly,
}

/// Whether code in its present mode has the virtual I/O privilege level.
pub fn has_privilege(call: &Call) -> Option<()> {
    let pv = &call.state.pv;
    let level = match (pv.in_kernel, call.domain.assist(ARCHITECTURAL_IOPL)) {
        (true, true) => 0,
        (true, false) => 1,
        (false, _) => 3,
    };
    (pv.iopl >= level).then_some(())
}

/// Carries one instruction out; `None` leaves the fault to the guest.
pub fn emulate(call: &mut Call, op: Op) -> Option<Progress> {
    match op {
        Op::In { width, port } => {
            let port = port_number(call, port);
            permit(call, port, width)?;
            let value = resources::read_port(&call.domain, port, access(width));
            let frame = &mut call.state.frame;
            frame.rax = match width {
                // A 32-bit result clears the upper half, as everywhere.
                Width::B4 | Width::B8 => u64::from(value),
                _ => frame.rax & !width.mask() | u64::from(value) & width.mask(),
            };
            Some(Progress::Done)
        }
        Op::Out { width, port } => {
            let port = port_number(call, port);
            permit(call, port, width)?;
            let value = (call.state.frame.rax & width.mask()) as u32;
            resources::write_port(&call.domain, port, access(width), value);
            Some(Progress::Done)
        }
        Op::Ins(string) => repeat(call, string, input),
        Op::Outs(string) => repeat(call, string, output),
        _ => None,
    }
}

/// An operand's width as ports know it; there is no wider access than four bytes.
fn access(width: Width) -> metal::pci::Width {
    match width {
        Width::B1 => metal::pci::Width::Byte,
        Width::B2 => metal::pci::Width::Word,
        Width::B4 | Width::B8 => metal::pci::Width::Dword,
    }
}

/// The privilege level, or a clear bit for each byte in the guest's I/O bitmap.
fn permit(call: &Call, port: u16, width: Width) -> Option<()> {
    if has_privilege(call).is_some() {
        return Some(());
    }
    let bitmap = call.state.pv.io_bitmap?;
    for offset in 0..u32::from(width.bytes()) {
        let bit = u32::from(port).wrapping_add(offset);
        if bit >= bitmap.ports {
            return None;
        }
        let byte = guest::read_u8(bitmap.address.wrapping_add(u64::from(bit / 8))).ok()?;
        if byte & 1u8.checked_shl(bit % 8)? != 0 {
            return None;
        }
    }
    Some(())
}

/// One element at a time; the guest sees progress in its registers only.
fn repeat(
    call: &mut Call,
    string: String,
    step: fn(&mut Call, String, u16) -> Option<()>,
) -> Option<Progress> {
    let port = call.state.frame.rdx as u16;
    permit(call, port, string.width)?;
    let mask = string.address_width.mask();
    let mut left = if string.repeat {
        call.state.frame.rcx & mask
    } else {
        1
    };
    let mut burst = BURST;
    while left != 0 {
        if burst == 0 {
            return Some(Progress::Partly);
        }
        step(call, string, port)?;
        left = left.wrapping_sub(1);
        burst = burst.wrapping_sub(1);
        if string.repeat {
            call.state.frame.rcx = call.state.frame.rcx & !mask | left & mask;
        }
    }
    Some(Progress::Done)
}

fn input(call: &mut Call, string: String, port: u16) -> Option<()> {
    let value = resources::read_port(&call.domain, port, access(string.width));
    let at = call.state.frame.rdi & string.address_width.mask();
    let bytes = value.to_le_bytes();
    guest::copy_to(at, bytes.get(..usize::from(string.width.bytes()))?).ok()?;
    advance(call, 7, string);
    Some(())
}

fn output(call: &mut Call, string: String, port: u16) -> Option<()> {
    let at = call.state.frame.rsi & string.address_width.mask();
    let mut bytes = [0; 4];
    guest::copy_from(bytes.get_mut(..usize::from(string.width.bytes()))?, at).ok()?;
    resources::write_port(
        &call.domain,
        port,
        access(string.width),
        u32::from_le_bytes(bytes),
    );
    advance(call, 6, string);
    Some(())
}

/// Moves RSI (6) or RDI (7) by one element.
fn advance(call: &mut Call, register: u8, string: String) {
    let down = call.state.frame.rflags & RFLAGS_DF != 0;
    let step = u64::from(string.width.bytes());
    let mut registers = Frame(&mut call.state.frame);
    let (old, mask) = (registers.get(register), string.address_width.mask());
    let new = if down {
        old.wrapping_sub(step)
    } else {
        old.wrapping_add(step)
    };
    registers.set(register, old & !mask | new & mask);
}
