//! I/O ports.

use core::arch::asm;

macro_rules! width {
    ($type:ty, $read:ident, $write:ident, $register:tt) => {
        /// Reads a port.
        ///
        /// # Safety
        /// The read has no side effect on memory that Rust relies on.
        #[inline(always)]
        #[must_use]
        pub unsafe fn $read(port: u16) -> $type {
            let value;
            // SAFETY: [CALLER] The device does not touch our memory.
            unsafe { asm!(concat!("in ", $register, ", dx"), out($register) value, in("dx") port, options(nostack, preserves_flags)) };
            value
        }

        /// Writes a port.
        ///
        /// # Safety
        /// The write does not make a device change memory that Rust relies on.
        #[inline(always)]
        pub unsafe fn $write(port: u16, value: $type) {
            // SAFETY: [CALLER] The device does not touch our memory.
            unsafe { asm!(concat!("out dx, ", $register), in($register) value, in("dx") port, options(nostack, preserves_flags)) };
        }
    };
}

width!(u8, inb, outb, "al");
width!(u16, inw, outw, "ax");
width!(u32, inl, outl, "eax");
