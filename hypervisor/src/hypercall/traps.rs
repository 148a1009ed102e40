//! Hypercalls that tell how traps reach the guest: trap table, kernel stack, debug registers, the FPU's switch.

use abi::arch_x86_xen::TrapInfo;
use abi::{Errno, GuestPtr};

use super::{Call, Outcome};
use crate::pv::{Trap, debug, is_guest_address};

/// `set_trap_table`: entries up to one with a zero address; a null list clears all.
pub fn set_trap_table(call: &mut Call, list: GuestPtr<TrapInfo>) -> Outcome {
    if list.is_null() {
        call.state.pv.traps.fill(Trap::NONE);
        return Outcome::Done(0);
    }
    let mut index: u64 = 0;
    loop {
        let Ok(entry) = call.read(list.offset(index)) else {
            return Errno::EFAULT.into();
        };
        if entry.address == 0 {
            return Outcome::Done(0);
        }
        if !is_guest_address(entry.address) {
            return Errno::EINVAL.into();
        }
        if let Some(trap) = call.state.pv.traps.get_mut(usize::from(entry.vector)) {
            *trap = Trap {
                address: entry.address,
                cs: entry.cs | 3,
                flags: entry.flags,
            };
        }
        index = index.wrapping_add(1);
        // A list that never ends must not hold the CPU.
        if index & 0xff == 0 && call.should_yield() {
            return call.resume_with([list.offset(index).addr(), 0, 0, 0]);
        }
    }
}

/// `stack_switch`: where the kernel's stack is when user mode traps.
#[inline]
pub fn stack_switch(call: &mut Call, ss: u64, sp: u64) -> Outcome {
    call.state.pv.kernel_ss = ss | 3;
    call.state.pv.kernel_sp = sp;
    Outcome::Done(0)
}

/// `fpu_taskswitch`: CR0.TS, so that the next FPU instruction traps.
pub fn fpu_taskswitch(call: &mut Call, set: u32) -> Outcome {
    call.state.pv.task_switched = set != 0;
    metal::fpu::set_task_switched(set != 0);
    Outcome::Done(0)
}

/// `set_debugreg`.
pub fn set_debugreg(call: &mut Call, register: u32, value: u64) -> Result<(), Errno> {
    debug::set(&mut call.state.pv.debug, register, value)
}

/// `get_debugreg`.
pub fn get_debugreg(call: &mut Call, register: u32) -> Result<u64, Errno> {
    debug::get(&call.state.pv.debug, register).ok_or(Errno::ENODEV)
}
