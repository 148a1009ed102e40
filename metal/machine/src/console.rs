//! The serial console: a 16550, polled for output, with an interrupt for input.
//!
//! Always: it works from the first instruction of Rust; without a UART it swallows what is written.
//!
//! Not here: the console ring and who may read it (`hypervisor`).

use crate::layout::vector;
use crate::ports::{self, inb, outb};
use crate::sync::Plain;
use core::fmt;
use core::sync::atomic::{AtomicBool, AtomicU8, AtomicU16, Ordering};

/// Offsets of the registers.
const DATA: u16 = 0;
const INTERRUPT_ENABLE: u16 = 1;
const FIFO_CONTROL: u16 = 2;
const LINE_CONTROL: u16 = 3;
const MODEM_CONTROL: u16 = 4;
const LINE_STATUS: u16 = 5;
const SCRATCH: u16 = 7;

/// Bytes that the transmitter holds: 16 from the 16550A on, 1 before.
static FIFO_SIZE: AtomicU8 = AtomicU8::new(1);

static BASE: AtomicU16 = AtomicU16::new(0x3f8);
static IRQ: AtomicU8 = AtomicU8::new(4);
static PRESENT: AtomicBool = AtomicBool::new(false);

const INPUT_SIZE: usize = 1024;

/// Bytes that came in and were not read yet.
struct Input {
    bytes: [u8; INPUT_SIZE],
    read: usize,
    count: usize,
}

static INPUT: Plain<Input> = Plain::new(Input {
    bytes: [0; INPUT_SIZE],
    read: 0,
    count: 0,
});
static OUTPUT: Plain<()> = Plain::new(());

/// What `com1=` can say.
struct Settings {
    baud: Option<u32>,
    line: u8,
    base: u16,
    irq: u8,
}

const DEFAULT: Settings = Settings {
    baud: Some(115_200),
    line: 0x03,
    base: 0x3f8,
    irq: 4,
};

/// Before the command line is known.
pub(crate) fn init_early() {
    set_up(&DEFAULT);
}

/// With the command line: `com1=<baud>[/<base-baud>][,<DPS>[,<port>[,<irq>]]]`, or `com2=` if the console is there.
pub(crate) fn init(command_line: &str) {
    let options = |name: &str| {
        command_line
            .split(' ')
            .filter_map(|word| word.strip_prefix(name))
            .next_back()
    };
    let on_com2 = options("console=").is_some_and(|list| {
        list.split(',')
            .find(|name| name.starts_with("com"))
            .is_some_and(|name| name.starts_with("com2"))
    });
    let default = if on_com2 {
        Settings {
            base: 0x2f8,
            irq: 3,
            ..DEFAULT
        }
    } else {
        DEFAULT
    };
    let text = options(if on_com2 { "com2=" } else { "com1=" }).unwrap_or("");
    let settings = parse(text, default);
    set_up(&settings);
    if PRESENT.load(Ordering::Relaxed) {
        ports::claim(settings.base..=settings.base + 7);
    }
}

fn parse(text: &str, default: Settings) -> Settings {
    let mut settings = default;
    let mut parts = text.split(',');
    if let Some(rate) = parts.next() {
        let rate = rate.split('/').next().unwrap_or("");
        match rate {
            "" => {}
            "auto" => settings.baud = None,
            rate => settings.baud = rate.parse().ok().or(settings.baud),
        }
    }
    if let Some(&[data, parity, stop]) = parts.next().map(str::as_bytes) {
        let parity = match parity {
            b'o' => 0x08,
            b'e' => 0x18,
            b'm' => 0x28,
            b's' => 0x38,
            _ => 0,
        };
        settings.line = data.wrapping_sub(b'5') & 3 | if stop == b'2' { 4 } else { 0 } | parity;
    }
    let number = |text: &str| match text.strip_prefix("0x") {
        Some(digits) => u16::from_str_radix(digits, 16).ok(),
        None => text.parse().ok(),
    };
    if let Some(base) = parts.next().and_then(number) {
        settings.base = base;
    }
    if let Some(irq) = parts.next().and_then(number) {
        settings.irq = irq as u8;
    }
    settings
}

fn set_up(settings: &Settings) {
    let base = settings.base;
    BASE.store(base, Ordering::Relaxed);
    IRQ.store(settings.irq, Ordering::Relaxed);
    outb(base + SCRATCH, 0x5a);
    let present = inb(base + SCRATCH) == 0x5a && inb(base + LINE_STATUS) != 0xff;
    PRESENT.store(present, Ordering::Relaxed);
    if !present {
        return;
    }
    outb(base + INTERRUPT_ENABLE, 0);
    if let Some(baud) = settings.baud {
        let divisor = (115_200 / baud.clamp(1, 115_200)) as u16;
        outb(base + LINE_CONTROL, settings.line | 0x80);
        outb(base + DATA, divisor as u8);
        outb(base + INTERRUPT_ENABLE, (divisor >> 8) as u8);
    }
    outb(base + LINE_CONTROL, settings.line);
    outb(base + FIFO_CONTROL, 0xc7);
    let has_fifo = inb(base + FIFO_CONTROL) & 0xc0 == 0xc0;
    FIFO_SIZE.store(if has_fifo { 16 } else { 1 }, Ordering::Relaxed);
    // DTR, RTS, and OUT2, which lets the interrupt out.
    outb(base + MODEM_CONTROL, 0x0b);
}

/// Input by interrupt from now on.
pub(crate) fn init_input() {
    if !PRESENT.load(Ordering::Relaxed) {
        return;
    }
    let route = crate::irq::isa_gsi(IRQ.load(Ordering::Relaxed));
    crate::irq::route_gsi(
        route.gsi,
        vector::CONSOLE,
        types::CpuId(0),
        route.trigger,
        route.polarity,
    );
    crate::irq::unmask_gsi(route.gsi);
    let base = BASE.load(Ordering::Relaxed);
    outb(base + INTERRUPT_ENABLE, 1);
    drain();
}

/// The ISA interrupt of the console, which is not dom0's; `None` without a UART.
#[must_use]
pub fn irq() -> Option<u8> {
    PRESENT
        .load(Ordering::Relaxed)
        .then(|| IRQ.load(Ordering::Relaxed))
}

/// Takes bytes out of the UART until it is empty, which also ends its interrupt.
pub(crate) fn drain() {
    if !PRESENT.load(Ordering::Relaxed) {
        return;
    }
    let base = BASE.load(Ordering::Relaxed);
    INPUT.with(|input| {
        let _ = inb(base + FIFO_CONTROL);
        // Bounded: a UART that always has another byte is broken.
        for _ in 0..INPUT_SIZE {
            if inb(base + LINE_STATUS) & 1 == 0 {
                break;
            }
            let byte = inb(base + DATA);
            if input.count < INPUT_SIZE {
                input.bytes[(input.read + input.count) % INPUT_SIZE] = byte;
                input.count += 1;
            }
        }
    });
}

/// Writes bytes; a line feed gets its carriage return, unless it brings one along.
pub fn write(bytes: &[u8]) {
    if !PRESENT.load(Ordering::Relaxed) {
        return;
    }
    let data = BASE.load(Ordering::Relaxed) + DATA;
    OUTPUT.with(|()| {
        // Once the transmitter is empty, its FIFO takes 16 bytes without another look.
        let mut room = 0;
        let mut before = 0;
        for byte in bytes {
            let bare_line_feed = *byte == b'\n' && before != b'\r';
            before = *byte;
            let pair = [b'\r', *byte];
            for byte in if bare_line_feed {
                &pair[..]
            } else {
                &pair[1..]
            } {
                if room == 0 {
                    wait_until_empty();
                    room = FIFO_SIZE.load(Ordering::Relaxed);
                }
                outb(data, *byte);
                room -= 1;
            }
        }
    });
}

/// Waits until the transmitter takes bytes. Bounded, so that a dead UART does not stop the machine.
fn wait_until_empty() {
    let status = BASE.load(Ordering::Relaxed) + LINE_STATUS;
    for _ in 0..1_000_000 {
        if inb(status) & 0x20 != 0 {
            break;
        }
    }
}

/// Waits until all is out.
pub(crate) fn flush() {
    if PRESENT.load(Ordering::Relaxed) {
        let base = BASE.load(Ordering::Relaxed);
        for _ in 0..1_000_000 {
            if inb(base + LINE_STATUS) & 0x40 != 0 {
                break;
            }
        }
    }
}

/// The next byte that came in.
#[must_use]
pub fn read() -> Option<u8> {
    drain();
    INPUT.with(|input| {
        if input.count == 0 {
            return None;
        }
        let byte = input.bytes[input.read];
        input.read = (input.read + 1) % INPUT_SIZE;
        input.count -= 1;
        Some(byte)
    })
}

/// Takes the lock away from whoever died with it, so that a panic can print.
pub(crate) fn force_unlock() {
    OUTPUT.force();
}

/// `fmt::Write` onto the console.
pub struct Writer;

impl fmt::Write for Writer {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        write(text.as_bytes());
        Ok(())
    }
}

/// Prints a line on the console, for messages of the machine itself.
macro_rules! say {
    ($($argument:tt)*) => {{
        use core::fmt::Write as _;
        let _ = writeln!($crate::console::Writer, $($argument)*);
    }};
}
pub(crate) use say;
