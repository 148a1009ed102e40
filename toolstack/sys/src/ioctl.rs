//! One way to call an ioctl that takes a struct and answers a number.

use core::ffi::c_void;
use std::os::fd::AsFd;

use rustix::io;
use rustix::ioctl::{Direction, Ioctl, IoctlOutput, Opcode, opcode};

/// `_IOC(_IOC_NONE, group, number, size_of::<T>())`, which is how every Xen device numbers its calls.
pub(crate) const fn number<T>(group: u8, number: u8) -> Opcode {
    opcode::from_components(Direction::None, group, number, size_of::<T>())
}

/// Calls `opcode` with `argument`; the answer is the ioctl's own return value.
///
/// # Safety
///
/// The driver behind `fd` reads and writes at most the `size_of::<T>()` bytes of `argument` for
/// `opcode`, or memory that `argument` names and the caller vouches for. Any bytes are a valid `T`.
pub(crate) unsafe fn call<T>(fd: impl AsFd, opcode: Opcode, argument: &mut T) -> io::Result<i32> {
    // SAFETY:
    // 1. [IOCTL-SIZE] The caller promises that the driver stays inside the argument.
    unsafe { rustix::ioctl::ioctl(fd, Call { opcode, argument }) }
}

struct Call<'a, T> {
    opcode: Opcode,
    argument: &'a mut T,
}

// SAFETY:
// 1. [IOCTL-SIZE] The opcode and the type of its argument come together from `call`, whose caller
//    vouches for the pair; the pointer stays valid while the borrow in `Call` lives.
unsafe impl<T> Ioctl for Call<'_, T> {
    type Output = i32;
    const IS_MUTATING: bool = true;

    fn opcode(&self) -> Opcode {
        self.opcode
    }

    fn as_ptr(&mut self) -> *mut c_void {
        core::ptr::from_mut(self.argument).cast()
    }

    unsafe fn output_from_ptr(out: IoctlOutput, _: *mut c_void) -> io::Result<i32> {
        Ok(out)
    }
}
