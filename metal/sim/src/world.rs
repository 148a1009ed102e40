//! What the machine is made of, and the state of its CPUs.

use crate::cpu::Processor;
use core::fmt::{self, Write};
use core::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Mutex, MutexGuard, OnceLock, PoisonError};

/// What the machine has. Settled by the first use.
#[derive(Clone, Debug)]
pub struct Config {
    /// Frames of RAM, from frame 0 on without holes.
    pub frames: u64,
    /// CPUs.
    pub cpus: u32,
    /// The hypervisor's command line.
    pub command_line: String,
    /// Boot modules: command line and bytes.
    pub modules: Vec<(String, Vec<u8>)>,
}

impl Default for Config {
    fn default() -> Config {
        Config {
            frames: 64 << 8,
            cpus: 2,
            command_line: String::new(),
            modules: Vec::new(),
        }
    }
}

static CONFIG: OnceLock<Config> = OnceLock::new();

/// Chooses the machine. False if it was in use already, and nothing changed.
pub fn configure(config: Config) -> bool {
    assert!(config.frames > 0x200 && (1..=types::MAX_CPUS as u32).contains(&config.cpus));
    CONFIG.set(config).is_ok()
}

/// The machine's parts.
pub(crate) fn config() -> &'static Config {
    CONFIG.get_or_init(Config::default)
}

/// The CPU whose turn it is.
pub(crate) static THIS: AtomicU32 = AtomicU32::new(0);
static PROCESSORS: OnceLock<Vec<Mutex<Processor>>> = OnceLock::new();

/// One CPU's state. Not to be nested.
pub(crate) fn processor(cpu: types::CpuId) -> Option<MutexGuard<'static, Processor>> {
    let all = PROCESSORS.get_or_init(|| {
        let make = |_| Mutex::new(Processor::new());
        (0..config().cpus).map(make).collect()
    });
    Some(locked(all.get(cpu.index())?))
}

/// The state of the CPU whose turn it is. Not to be nested.
pub(crate) fn local() -> MutexGuard<'static, Processor> {
    let this = types::CpuId(THIS.load(Ordering::Relaxed));
    processor(this).expect("only CPUs that there are take turns")
}

/// A lock's content, even if a test died with the lock: each value here is whole between two operations.
pub(crate) fn locked<T: ?Sized>(lock: &Mutex<T>) -> MutexGuard<'_, T> {
    lock.lock().unwrap_or_else(PoisonError::into_inner)
}

type Context = fn(&mut dyn Write);

static CONTEXT: Mutex<Option<Context>> = Mutex::new(None);

/// What the body says beside a panic.
pub fn set_panic_context(context: fn(&mut dyn fmt::Write)) {
    *locked(&CONTEXT) = Some(context);
}

/// The body's words about where it is, for a test that reports a failure.
#[must_use]
pub fn panic_context() -> String {
    let mut text = String::new();
    let context = *locked(&CONTEXT);
    if let Some(context) = context {
        context(&mut text);
    }
    text
}
