//! From the first instruction to the test's function: start info, callbacks, shared page.

use super::entry;
use super::{console, events, hypercall, memory, report, trap};
use crate::xen;
use core::sync::atomic::{AtomicU64, Ordering::Relaxed};

static INFO_VA: AtomicU64 = AtomicU64::new(0);
static BOOT_MASK: AtomicU64 = AtomicU64::new(0);

/// A copy of what the builder says in `struct start_info`, without its text.
#[derive(Clone, Copy, Debug)]
#[expect(missing_docs, reason = "the names are those of Xen's public headers")]
pub struct StartInfo {
    pub magic: [u8; 32],
    pub nr_pages: u64,
    pub shared_info: u64,
    pub flags: u32,
    pub store_mfn: u64,
    pub store_port: u32,
    /// domU; in domain 0 the same bytes are `info_off` and `info_size`.
    pub console_mfn: u64,
    pub console_port: u32,
    pub pt_base: u64,
    pub nr_pt_frames: u64,
    pub mfn_list: u64,
    pub mod_start: u64,
    pub mod_len: u64,
    pub first_p2m_pfn: u64,
    pub nr_p2m_frames: u64,
}

/// The start info.
pub fn info() -> StartInfo {
    let base = va();
    // SAFETY: [GUEST-START-INFO] the builder mapped the page and handed its address in rsi; it is
    // only read.
    let at = |offset: u64| unsafe { ((base + offset) as *const u64).read_volatile() };
    let mut magic = [0; 32];
    for (index, word) in [at(0), at(8), at(16), at(24)].into_iter().enumerate() {
        magic[index * 8..index * 8 + 8].copy_from_slice(&word.to_le_bytes());
    }
    StartInfo {
        magic,
        nr_pages: at(32),
        shared_info: at(40),
        flags: at(48) as u32,
        store_mfn: at(56),
        store_port: at(64) as u32,
        console_mfn: at(72),
        console_port: at(80) as u32,
        pt_base: at(88),
        nr_pt_frames: at(96),
        mfn_list: at(104),
        mod_start: at(112),
        mod_len: at(120),
        first_p2m_pfn: at(1152),
        nr_p2m_frames: at(1160),
    }
}
/// The address of the start info page.
pub fn va() -> u64 {
    INFO_VA.load(Relaxed)
}
/// Whether this is domain 0.
pub fn is_dom0() -> bool {
    info().flags & xen::SIF_INITDOMAIN != 0
}
/// The command line; empty if it is no text.
pub fn command_line() -> &'static str {
    // SAFETY: [GUEST-START-INFO] 1024 bytes, never written after the builder.
    let bytes = unsafe { core::slice::from_raw_parts((va() + 128) as *const u8, 1024) };
    let end = bytes
        .iter()
        .position(|byte| *byte == 0)
        .unwrap_or(bytes.len());
    core::str::from_utf8(bytes.get(..end).unwrap_or_default()).unwrap_or_default()
}
/// The TSC at the first instruction.
pub fn entry_tsc() -> u64 {
    // SAFETY: [GUEST-SHARED-STATIC] written once, by the entry code.
    unsafe { (&raw const entry::kit_entry_tsc).read_volatile() }
}
/// The registers at the first instruction: rax rbx rcx rdx rsi rdi rbp rsp r8 to r15 rflags cs ss
/// ds es fs gs.
pub fn entry_registers() -> [u64; 24] {
    // SAFETY: [GUEST-SHARED-STATIC] written once, by the entry code.
    unsafe { (&raw const entry::kit_entry_registers).read_volatile() }
}
/// The upcall mask before the runtime touched it.
pub fn boot_mask() -> u64 {
    BOOT_MASK.load(Relaxed)
}
/// First and last-plus-one address of the image.
pub fn image() -> (u64, u64) {
    (
        &raw const entry::kit_image_start as u64,
        &raw const entry::kit_image_end as u64,
    )
}

unsafe extern "Rust" {
    safe fn kit_guest_main();
}

/// The entry code's first call.
pub extern "C" fn kit_rust_start(info_va: u64) -> ! {
    INFO_VA.store(info_va, Relaxed);
    let start = info();
    memory::set_p2m(start.mfn_list);
    console::init();
    let steps = [
        (
            "callback_event",
            register(xen::CALLBACK_EVENT, trap::Entry::Event, 0),
        ),
        (
            "callback_failsafe",
            register(xen::CALLBACK_FAILSAFE, trap::Entry::Failsafe, 1),
        ),
        (
            "callback_syscall",
            register(xen::CALLBACK_SYSCALL, trap::Entry::Syscall, 1),
        ),
        ("set_trap_table", trap::load_table(None)),
        (
            "shared_info",
            memory::Page::at(events::shared_info()).remap(start.shared_info >> 12, memory::RW),
        ),
    ];
    for (step, answer) in steps {
        if answer != 0 {
            report::line(format_args!("PANIC {step} answered {answer}"));
            report::give_up();
        }
    }
    BOOT_MASK.store(events::mask_byte(0).into(), Relaxed);
    for index in 0..64 {
        events::mask_word(index).store(!0, Relaxed);
    }
    events::mask_word(0).store(0, Relaxed);
    events::set_mask(true);
    events::clear_first_word();
    hypercall::vcpu_op(xen::VCPUOP_STOP_PERIODIC_TIMER, 0, 0);
    kit_guest_main();
    report::done()
}

fn register(kind: u16, entry: trap::Entry, flags: u16) -> i64 {
    hypercall::register_callback(kind, flags, entry.address())
}

#[panic_handler]
fn panic(info: &core::panic::PanicInfo<'_>) -> ! {
    report::line(format_args!("PANIC {info}"));
    report::give_up()
}
