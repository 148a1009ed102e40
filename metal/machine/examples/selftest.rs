//! The machine's own test: boots in QEMU without the body and prints a line for each thing that it tried.
#![cfg_attr(target_os = "none", no_std, no_main)]

#[cfg(target_os = "none")]
extern crate alloc;

#[cfg(target_os = "none")]
mod bare {
    use core::fmt::Write;
    use machine::*;

    macro_rules! say {
        ($($argument:tt)*) => { let _ = writeln!(console::Writer, $($argument)*); };
    }

    entry!(main);

    fn main() -> ! {
        say!("Xenolith machine self-test");
        say!("memory {} pages, private {}, pool {:x?}", memory::total_pages(), memory::private_pages(), memory::pool());
        say!("cpus {}", cpu::count());
        say!("time {} ns", time::now_ns());
        time::set_timer(Some(time::now_ns() + 1_000_000));
        say!("idle {:?}", cpu::idle());
        power::off()
    }
}

#[cfg(not(target_os = "none"))]
fn main() {}
