//! Plain stores of a guest's kernel to its page tables.
//!
//! Tables are mapped read-only, so such a store faults. If it goes to a valid L1 table of the caller, it is carried
//! out as a checked update; anything else is the guest's own fault.

use abi::Mfn;
use emulate::{Change, Effect, Mode, Op, String, Width, Write as Store, compute, decode};
use metal::cpu::GuestFrame;
use metal::guest;
use page_types::{Error, Frames, Kind, Pte, Unlimited, Work, Write, update_l1_entry, walk};

use super::{authority, patience, ready};
use crate::hypercall::Call;
use crate::memory::frames::Machine;
use crate::pv::registers;

/// Tries before a store gives up against the CPU's setting of accessed and dirty bits, which are two in number.
const TRIES: u32 = 4;
/// RFLAGS.DF: string instructions go downwards.
const DIRECTION: u64 = 1 << 10;

/// Part of an entry.
#[derive(Clone, Copy)]
struct Part {
    table: Mfn,
    slot: usize,
    shift: u32,
    width: Width,
}

/// Carries out the store that faulted at `address`; false to give the fault to the guest.
pub fn emulate_write(call: &mut Call, address: u64) -> bool {
    let Some(table) = table_at(call, address) else {
        return false;
    };
    let mut bytes = [0; emulate::MAX_LEN as usize];
    let rip = call.state.frame.rip;
    let available = match guest::copy_from(&mut bytes, rip) {
        Ok(()) => bytes.len(),
        Err(fault) => fault.copied,
    };
    let Ok(instruction) = decode(bytes.get(..available).unwrap_or(&[]), Mode::Bits64) else {
        return false;
    };
    let next = rip.wrapping_add(u64::from(instruction.len));
    match instruction.op {
        Op::Write(store) => {
            let done = Part::at(table, address, store.width)
                .is_some_and(|part| change(call, part, &store));
            if done {
                call.state.frame.rip = next;
            }
            done
        }
        Op::Stos(string) => element(call, table, address, &string, next, false),
        Op::Movs(string) => element(call, table, address, &string, next, true),
        _ => false,
    }
}

/// The L1 table that a read-only mapping of the caller shows at an address.
fn table_at(call: &Call, address: u64) -> Option<Mfn> {
    let root = call.state.pv.kernel_root.frame()?;
    let entry = walk(Machine, root.mfn(), address)?.entry;
    if !entry.is_present() || entry.is_writable() {
        return None;
    }
    let page = Machine.page(entry.mfn())?;
    let is_table = page.kind() == Kind::L1 && page.owner() == call.domain.id;
    // The reference that the mapping holds keeps both as they are, as far as a hint must.
    is_table.then(|| entry.mfn())
}

impl Part {
    /// The part of an entry at an address, if it is aligned to its own size.
    fn at(table: Mfn, address: u64, width: Width) -> Option<Self> {
        let within = address & 7;
        let aligned = within & u64::from(width.bytes()).wrapping_sub(1) == 0;
        let shift = (within as u32).wrapping_mul(8);
        aligned.then(|| Self {
            table,
            slot: super::slot_of(address),
            shift,
            width,
        })
    }

    fn mask(self) -> u64 {
        self.width.mask().wrapping_shl(self.shift)
    }

    /// The entry as it is now.
    fn entry(self) -> Option<u64> {
        Some(
            Machine
                .words(self.table)
                .get(self.slot)?
                .load(core::sync::atomic::Ordering::Relaxed),
        )
    }

    /// An entry with this part replaced.
    fn replaced(self, entry: u64, value: u64) -> u64 {
        entry & !self.mask() | value.wrapping_shl(self.shift) & self.mask()
    }
}

/// Changes part of an entry as an instruction says, and the registers with it.
fn change(call: &mut Call, part: Part, store: &Store) -> bool {
    for _ in 0..TRIES {
        let Some(old) = part.entry() else {
            return false;
        };
        let registers = registers::Frame(&mut call.state.frame);
        let effect = compute(store, old.wrapping_shr(part.shift), &registers);
        let whole = store.change == Change::Mov && store.width == Width::B8;
        let how = if whole {
            Write::Set
        } else {
            Write::Exchange(old)
        };
        match put(call, part, old, &effect, how) {
            Ok(()) => {
                effect.apply(&mut registers::Frame(&mut call.state.frame));
                return true;
            }
            Err(Error::Changed(_)) => {}
            Err(_) => return false,
        }
    }
    false
}

fn put(call: &mut Call, part: Part, old: u64, effect: &Effect, how: Write) -> Result<(), Error> {
    match effect.memory {
        Some(value) => update(call, part, part.replaced(old, value), how),
        None => Ok(()),
    }
}

fn update(call: &mut Call, part: Part, entry: u64, how: Write) -> Result<(), Error> {
    let who = authority(&call.domain);
    let mut patience = patience();
    let leftovers = &mut call.state.pv.leftovers;
    ready(leftovers, &mut Unlimited)?;
    let mut work = Work {
        budget: &mut patience,
        leftovers,
    };
    update_l1_entry(
        Machine,
        part.table,
        part.slot,
        Pte(entry),
        how,
        &who,
        &mut work,
    )
    .map(drop)
}

/// One element of a string instruction; the next one faults again.
fn element(
    call: &mut Call,
    table: Mfn,
    address: u64,
    string: &String,
    next: u64,
    copies: bool,
) -> bool {
    if string.address_width != Width::B8 {
        return false;
    }
    let Some(part) = Part::at(table, address, string.width) else {
        return false;
    };
    let value = if copies {
        source(call, string.width)
    } else {
        Some(call.state.frame.rax)
    };
    let Some(value) = value else { return false };
    let stored = (0..TRIES).any(|_| {
        part.entry().is_some_and(|old| {
            update(call, part, part.replaced(old, value), Write::Exchange(old)).is_ok()
        })
    });
    if stored {
        step(&mut call.state.frame, string, next, copies);
    }
    stored
}

fn source(call: &Call, width: Width) -> Option<u64> {
    let mut bytes = [0; 8];
    let wanted = bytes.get_mut(..usize::from(width.bytes()))?;
    guest::copy_from(wanted, call.state.frame.rsi).ok()?;
    Some(u64::from_le_bytes(bytes))
}

/// Moves the registers of a string instruction by one element.
fn step(frame: &mut GuestFrame, string: &String, next: u64, copies: bool) {
    let size = u64::from(string.width.bytes());
    let step = if frame.rflags & DIRECTION == 0 {
        size
    } else {
        size.wrapping_neg()
    };
    frame.rdi = frame.rdi.wrapping_add(step);
    if copies {
        frame.rsi = frame.rsi.wrapping_add(step);
    }
    if string.repeat {
        frame.rcx = frame.rcx.wrapping_sub(1);
        if frame.rcx != 0 {
            return;
        }
    }
    frame.rip = next;
}
