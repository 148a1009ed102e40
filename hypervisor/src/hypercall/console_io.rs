//! `console_io`: text to the hypervisor's console and keys from it.

use abi::{Errno, GuestPtr};

use super::{Call, Outcome};
use crate::console;

const WRITE: u32 = 0;
const READ: u32 = 1;
/// Bytes taken at a time.
const CHUNK: usize = 128;

/// Writes for everyone (a guest's lines carry its number); reads for domain 0 only.
pub fn console_io(call: &mut Call, cmd: u32, count: u32, buffer: GuestPtr<u8>) -> Outcome {
    match cmd {
        WRITE => write(call, count, buffer),
        READ => read(call, count, buffer).into(),
        _ => Errno::ENOSYS.into(),
    }
}

fn write(call: &mut Call, count: u32, buffer: GuestPtr<u8>) -> Outcome {
    let mut left = count as usize;
    let mut at = buffer;
    let mut chunk = [0u8; CHUNK];
    while left != 0 {
        let Some(part) = chunk.get_mut(..left.min(CHUNK)) else {
            break;
        };
        if call.read_bytes(at, part).is_err() {
            return Errno::EFAULT.into();
        }
        console::guest_output(&call.domain, part);
        at = at.offset(part.len() as u64);
        left = left.saturating_sub(part.len());
        if left != 0 && call.should_yield() {
            return call.resume_with([u64::from(WRITE), left as u64, at.addr(), 0]);
        }
    }
    Outcome::Done(0)
}

fn read(call: &mut Call, count: u32, buffer: GuestPtr<u8>) -> Result<u64, Errno> {
    call.require_privilege()?;
    let mut done: u64 = 0;
    while done < u64::from(count) {
        let Some(byte) = console::input() else { break };
        call.write(buffer.offset(done), &byte)?;
        done = done.saturating_add(1);
    }
    Ok(done)
}
