//! A guest's general registers, as the emulator numbers them.

use emulate::Registers;
use metal::cpu::GuestFrame;

/// Gives the emulator a frame.
pub struct Frame<'a>(pub &'a mut GuestFrame);

impl Registers for Frame<'_> {
    fn get(&self, number: u8) -> u64 {
        let f = &*self.0;
        match number {
            0 => f.rax,
            1 => f.rcx,
            2 => f.rdx,
            3 => f.rbx,
            4 => f.rsp,
            5 => f.rbp,
            6 => f.rsi,
            7 => f.rdi,
            8 => f.r8,
            9 => f.r9,
            10 => f.r10,
            11 => f.r11,
            12 => f.r12,
            13 => f.r13,
            14 => f.r14,
            _ => f.r15,
        }
    }

    fn set(&mut self, number: u8, value: u64) {
        let f = &mut *self.0;
        let register = match number {
            0 => &mut f.rax,
            1 => &mut f.rcx,
            2 => &mut f.rdx,
            3 => &mut f.rbx,
            4 => &mut f.rsp,
            5 => &mut f.rbp,
            6 => &mut f.rsi,
            7 => &mut f.rdi,
            8 => &mut f.r8,
            9 => &mut f.r9,
            10 => &mut f.r10,
            11 => &mut f.r11,
            12 => &mut f.r12,
            13 => &mut f.r13,
            14 => &mut f.r14,
            _ => &mut f.r15,
        };
        *register = value;
    }

    fn flags(&self) -> u64 {
        self.0.rflags
    }

    fn set_flags(&mut self, flags: u64) {
        self.0.rflags = flags;
    }
}
