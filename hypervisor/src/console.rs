//! The console: what the hypervisor says, what guests say through it, and the keys that come back.
//!
//! Text goes to the serial port and into a ring that `xl dmesg` reads.
//!
//! Always: a guest's line carries its number; a guest cannot send control sequences for another, and nothing at all
//! unless the administrator wants to see it: the port is slow, and everybody waits for it.

use alloc::collections::VecDeque;
use alloc::vec::Vec;
use core::fmt::{self, Write};
use core::sync::atomic::{AtomicBool, AtomicU8, Ordering};

use metal::sync::Mutex;

use crate::domain::{Domain, table};
use crate::memory::allocator;
use crate::options::{Level, Options};
use crate::rank;

/// Bytes that the ring keeps.
const RING: usize = 16 * 1024;
/// Keys that wait for domain 0.
const INPUT: usize = 128;

struct Console {
    ring: VecDeque<u8>,
    /// How many bytes were ever written to the ring.
    produced: u32,
    input: VecDeque<u8>,
    /// Whether the next guest byte begins a line, and whose line is open.
    open_line: Option<u16>,
}

static CONSOLE: Mutex<Console> = Mutex::new(
    rank::CONSOLE,
    Console {
        ring: VecDeque::new(),
        produced: 0,
        input: VecDeque::new(),
        open_line: None,
    },
);

static LEVEL: AtomicU8 = AtomicU8::new(Level::Warning as u8);
static GUEST_LEVEL: AtomicU8 = AtomicU8::new(Level::None as u8);
static DOM0_TO_RING: AtomicBool = AtomicBool::new(false);

/// Does from now on what the administrator asked for.
pub fn configure(options: &Options) {
    LEVEL.store(options.loglvl as u8, Ordering::Relaxed);
    GUEST_LEVEL.store(options.guest_loglvl as u8, Ordering::Relaxed);
    DOM0_TO_RING.store(options.console_to_ring, Ordering::Relaxed);
}

impl Console {
    fn put(&mut self, bytes: &[u8]) {
        for byte in bytes {
            if self.ring.len() == RING {
                self.ring.pop_front();
            }
            self.ring.push_back(*byte);
        }
        self.produced = self.produced.wrapping_add(bytes.len() as u32);
    }
}

/// Writes to the serial port and the ring.
struct Both<'a>(&'a mut Console);

impl Write for Both<'_> {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        self.0.put(text.as_bytes());
        metal::console::write(text.as_bytes());
        Ok(())
    }
}

fn say(text: fmt::Arguments<'_>) {
    let mut console = CONSOLE.lock();
    if console.open_line.take().is_some() {
        let _never_fails = Both(&mut console).write_str("\n");
    }
    let _never_fails = writeln!(Both(&mut console), "(XEN) {text}");
}

/// A message that always appears.
pub fn always(text: fmt::Arguments<'_>) {
    say(text);
}

/// A message of this severity.
pub fn message(level: Level, text: fmt::Arguments<'_>) {
    if level as u8 <= LEVEL.load(Ordering::Relaxed) {
        say(text);
    }
}

/// An error.
pub fn error(text: fmt::Arguments<'_>) {
    message(Level::Error, text);
}

/// A warning.
pub fn warning(text: fmt::Arguments<'_>) {
    message(Level::Warning, text);
}

/// A remark.
pub fn info(text: fmt::Arguments<'_>) {
    message(Level::Info, text);
}

/// What a guest writes with `console_io`: domain 0's as it is; others' lines, which count as the least severe of
/// messages, with their number before each.
pub fn guest_output(domain: &Domain, bytes: &[u8]) {
    if domain.privileged {
        let mut console = CONSOLE.lock();
        metal::console::write(bytes);
        // Not as a rule: `xl dmesg` on this console would read what it prints for ever.
        if DOM0_TO_RING.load(Ordering::Relaxed) {
            console.put(bytes);
        }
    } else if GUEST_LEVEL.load(Ordering::Relaxed) >= Level::All as u8 {
        guest_lines(domain, bytes);
    }
}

fn guest_lines(domain: &Domain, bytes: &[u8]) {
    let mut console = CONSOLE.lock();
    for line in bytes.split_inclusive(|byte| *byte == b'\n') {
        if console.open_line != Some(domain.id.0) {
            let _never_fails = write!(Both(&mut console), "(d{}) ", domain.id.0);
            console.open_line = Some(domain.id.0);
        }
        for byte in line {
            let shown = if byte.is_ascii_graphic() || matches!(byte, b' ' | b'\t') {
                *byte
            } else {
                b'\n'
            };
            if *byte == b'\n' {
                let _never_fails = Both(&mut console).write_str("\n");
                console.open_line = None;
            } else if shown != b'\n' {
                metal::console::write(&[shown]);
                console.put(&[shown]);
            }
        }
    }
}

/// Takes what was typed and tells domain 0.
pub fn poll_input() {
    let mut came = false;
    {
        let mut console = CONSOLE.lock();
        while let Some(byte) = metal::console::read() {
            if console.input.len() < INPUT {
                console.input.push_back(byte);
                came = true;
            }
        }
    }
    if came && let Some(dom0) = table::dom0() {
        dom0.events.send_global_virq(&dom0, abi::xen::VIRQ_CONSOLE);
    }
}

/// A key for domain 0.
pub fn input() -> Option<u8> {
    CONSOLE.lock().input.pop_front()
}

/// `XEN_SYSCTL_readconsole`: up to `limit` bytes of the ring from `index` (or its start), and the index after them.
pub fn read_ring(index: Option<u32>, limit: usize, clear: bool) -> (Vec<u8>, u32) {
    let mut console = CONSOLE.lock();
    let oldest = console.produced.wrapping_sub(console.ring.len() as u32);
    let skip = match index {
        Some(index) if index.wrapping_sub(oldest) <= console.ring.len() as u32 => {
            index.wrapping_sub(oldest)
        }
        _ => 0,
    };
    let bytes: Vec<u8> = console
        .ring
        .iter()
        .skip(skip as usize)
        .take(limit)
        .copied()
        .collect();
    let next = oldest.wrapping_add(skip).wrapping_add(bytes.len() as u32);
    if clear {
        console.ring.clear();
    }
    (bytes, next)
}

/// What a key of the debug console does, by `xl debug-keys` too.
pub fn debug_key(key: u8) {
    match key {
        b'q' => list_domains(),
        b'm' => always(format_args!("{} pages are free", allocator::free_pages())),
        b'h' => always(format_args!("debug keys: h this list, m memory, q domains")),
        _ => always(format_args!(
            "debug key {:?} does nothing; h lists those that do",
            key as char
        )),
    }
}

fn list_domains() {
    for domain in table::all() {
        always(format_args!(
            "d{}: {} vCPUs, {} pages, stage {:?}, shutdown {:?}",
            domain.id.0,
            domain.vcpus().len(),
            domain.pages.total.load(Ordering::Relaxed),
            domain.lifecycle.stage(),
            domain.lifecycle.shutdown_reason()
        ));
    }
}
