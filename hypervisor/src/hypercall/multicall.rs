//! `multicall`: several calls for the price of one entry.

use abi::xen::MulticallEntry;
use abi::{Errno, GuestPtr};

use super::{Call, Outcome, dispatch};

/// Bytes from the start of an entry to its result, and to its arguments.
const RESULT: u64 = 8;
const ARGUMENTS: u64 = 16;

/// Makes each call of the list, and puts its result beside it.
pub fn multicall(call: &mut Call, list: GuestPtr<MulticallEntry>, count: u32) -> Outcome {
    if call.in_multicall {
        return Errno::EINVAL.into();
    }
    call.in_multicall = true;
    let outcome = run(call, list, count);
    call.in_multicall = false;
    outcome
}

fn run(call: &mut Call, list: GuestPtr<MulticallEntry>, count: u32) -> Outcome {
    for done in 0..count {
        let at = list.offset(u64::from(done));
        if done != 0 && call.should_yield() {
            return go_on(call, at, count.wrapping_sub(done));
        }
        let Ok(entry) = call.read(at) else {
            return Errno::EFAULT.into();
        };
        let [a, b, c, d, ..] = entry.args;
        match dispatch(call, entry.op, a, b, c, d) {
            Outcome::Done(result) => {
                let place = GuestPtr::from_addr(at.addr().wrapping_add(RESULT));
                if call.write(place, &result).is_err() {
                    return Errno::EFAULT.into();
                }
            }
            Outcome::Resume => {
                let place = GuestPtr::from_addr(at.addr().wrapping_add(ARGUMENTS));
                if call.write(place, &call.resume).is_err() {
                    return Errno::EFAULT.into();
                }
                return go_on(call, at, count.wrapping_sub(done));
            }
            crash @ Outcome::Crash(_) => return crash,
        }
    }
    Outcome::Done(0)
}

fn go_on(call: &mut Call, at: GuestPtr<MulticallEntry>, left: u32) -> Outcome {
    call.resume_with([at.addr(), u64::from(left), 0, 0])
}
