//! Instructions: each traps into the kernel if the hypervisor says so, and is then skipped.
//!
//! Wrap the call in [`trap::catch`](super::trap::catch) to learn of a trap; without it the value
//! is what the registers held before.

use core::arch::asm;

/// An instruction that the trap handler skips when it traps.
macro_rules! guarded {
    ($insn:literal, $($rest:tt)*) => {
        asm!(concat!("2: ", $insn, "\n3:\n.pushsection .kit.fixups, \"a\"\n",
            ".quad 2b, 3b\n.popsection"), $($rest)*)
    };
}
pub(crate) use guarded;

/// The time stamp counter.
#[inline(always)]
pub fn rdtsc() -> u64 {
    let (low, high): (u64, u64);
    // SAFETY: [GUEST-INSTRUCTION] reads a counter; no option `nomem`, so that work stays between
    // two readings.
    unsafe { guarded!("rdtsc", out("rax") low, out("rdx") high, options(nostack)) };
    high << 32 | low
}
/// rdtscp: the counter and the auxiliary word.
pub fn rdtscp() -> (u64, u64) {
    let (mut low, mut high, mut aux) = (0u64, 0u64, 0u64);
    // SAFETY: [GUEST-INSTRUCTION].
    unsafe { guarded!("rdtscp", inout("rax") low, inout("rdx") high, inout("rcx") aux) };
    (high << 32 | low, aux)
}
/// The flags register.
#[inline(always)]
pub fn flags() -> u64 {
    let flags: u64;
    // SAFETY: [GUEST-INSTRUCTION].
    unsafe { asm!("pushfq", "pop {}", out(reg) flags) };
    flags
}
/// popfq.
pub fn set_flags(flags: u64) {
    // SAFETY: [GUEST-INSTRUCTION] direction and trap flag are the caller's affair.
    unsafe { asm!("push {}", "popfq", in(reg) flags) };
}
/// The stack pointer.
#[inline(always)]
pub fn stack_pointer() -> u64 {
    let sp: u64;
    // SAFETY: [GUEST-INSTRUCTION].
    unsafe { asm!("mov {}, rsp", out(reg) sp, options(nostack, nomem)) };
    sp
}

/// The four registers of a CPUID leaf: eax, ebx, ecx, edx.
pub type Leaf = [u32; 4];

macro_rules! cpuid {
    ($insn:literal, $leaf:expr, $sub:expr) => {{
        let (mut a, b, mut c, d): (u64, u64, u64, u64);
        (a, c) = (u64::from($leaf), u64::from($sub));
        // rbx is the compiler's; it is put back around the instruction.
        // SAFETY: [GUEST-INSTRUCTION].
        unsafe {
            asm!("mov {keep}, rbx",
                concat!("2: ", $insn, "\n3:\n.pushsection .kit.fixups, \"a\"\n",
                    ".quad 2b, 3b\n.popsection"),
                "xchg {keep}, rbx",
                keep = out(reg) b, inout("rax") a, inout("rcx") c, out("rdx") d,
                options(nostack))
        };
        [a as u32, b as u32, c as u32, d as u32]
    }};
}
/// CPUID as it stands.
#[inline(always)]
pub fn cpuid(leaf: u32, sub: u32) -> Leaf {
    cpuid!("cpuid", leaf, sub)
}
/// CPUID with the prefix that forces the hypervisor to emulate it.
#[inline(always)]
pub fn cpuid_forced(leaf: u32, sub: u32) -> Leaf {
    cpuid!(".byte 0x0f,0x0b,0x78,0x65,0x6e; cpuid", leaf, sub)
}

/// rdmsr.
#[inline(always)]
pub fn rdmsr(index: u32) -> u64 {
    let (mut low, mut high) = (0u64, 0u64);
    // SAFETY: [GUEST-INSTRUCTION].
    unsafe {
        guarded!("rdmsr", in("ecx") index, inout("rax") low, inout("rdx") high, options(nostack))
    };
    (high << 32) | (low & 0xffff_ffff)
}
/// wrmsr.
#[inline(always)]
pub fn wrmsr(index: u32, value: u64) {
    // SAFETY: [GUEST-INSTRUCTION] [GUEST-OWN-RISK].
    unsafe {
        guarded!("wrmsr", in("ecx") index, in("eax") value as u32, in("edx") (value >> 32) as u32,
            options(nostack))
    };
}

macro_rules! port_in {
    ($name:ident, $ty:ty, $insn:literal, $reg:tt) => {
        #[doc = concat!("`", $insn, "`.")]
        #[inline(always)]
        pub fn $name(port: u16) -> $ty {
            let mut value: $ty = 0;
            // SAFETY: [GUEST-INSTRUCTION].
            unsafe { guarded!($insn, in("dx") port, inout($reg) value, options(nostack)) };
            value
        }
    };
}
port_in!(inb, u8, "in al, dx", "al");
port_in!(inw, u16, "in ax, dx", "ax");
port_in!(inl, u32, "in eax, dx", "eax");
macro_rules! port_out {
    ($name:ident, $ty:ty, $insn:literal, $reg:tt) => {
        #[doc = concat!("`", $insn, "`.")]
        #[inline(always)]
        pub fn $name(port: u16, value: $ty) {
            // SAFETY: [GUEST-INSTRUCTION] [GUEST-OWN-RISK].
            unsafe { guarded!($insn, in("dx") port, in($reg) value, options(nostack)) };
        }
    };
}
port_out!(outb, u8, "out dx, al", "al");
port_out!(outw, u16, "out dx, ax", "ax");
port_out!(outl, u32, "out dx, eax", "eax");

/// `in al, 0x80`, the immediate form.
#[inline(always)]
pub fn inb_80() -> u8 {
    let value: u8;
    // SAFETY: [GUEST-INSTRUCTION].
    unsafe { guarded!("in al, 0x80", out("al") value, options(nostack)) };
    value
}
/// `out 0x80, al`, the immediate form.
#[inline(always)]
pub fn outb_80(value: u8) {
    // SAFETY: [GUEST-INSTRUCTION].
    unsafe { guarded!("out 0x80, al", in("al") value, options(nostack)) };
}

macro_rules! control {
    ($read:ident, $write:ident, $from:literal, $to:literal) => {
        #[doc = concat!("`", $from, "`.")]
        #[inline(always)]
        pub fn $read() -> u64 {
            let mut value: u64 = 0;
            // SAFETY: [GUEST-INSTRUCTION].
            unsafe { guarded!($from, inout("rax") value, options(nostack)) };
            value
        }
        #[doc = concat!("`", $to, "`.")]
        #[inline(always)]
        pub fn $write(value: u64) {
            // SAFETY: [GUEST-INSTRUCTION] [GUEST-OWN-RISK].
            unsafe { guarded!($to, in("rax") value, options(nostack)) };
        }
    };
}
control!(cr0, set_cr0, "mov rax, cr0", "mov cr0, rax");
control!(cr2, set_cr2, "mov rax, cr2", "mov cr2, rax");
control!(cr3, set_cr3, "mov rax, cr3", "mov cr3, rax");
control!(cr4, set_cr4, "mov rax, cr4", "mov cr4, rax");
control!(cr8, set_cr8, "mov rax, cr8", "mov cr8, rax");
control!(dr0, set_dr0, "mov rax, dr0", "mov dr0, rax");
control!(dr3, set_dr3, "mov rax, dr3", "mov dr3, rax");
control!(dr6, set_dr6, "mov rax, dr6", "mov dr6, rax");
control!(dr7, set_dr7, "mov rax, dr7", "mov dr7, rax");
control!(fs_selector, set_fs, "mov eax, fs", "mov fs, eax");
control!(gs_selector, set_gs, "mov eax, gs", "mov gs, eax");
control!(ds_selector, set_ds, "mov eax, ds", "mov ds, eax");
control!(es_selector, set_es, "mov eax, es", "mov es, eax");
control!(fs_word, set_fs_word, "mov rax, fs:[0]", "mov fs:[0], rax");
control!(gs_word, set_gs_word, "mov rax, gs:[0]", "mov gs:[0], rax");

macro_rules! plain {
    ($($name:ident = $insn:literal;)*) => { $(
        #[doc = concat!("`", $insn, "`.")]
        #[inline(always)]
        pub fn $name() {
            // SAFETY: [GUEST-INSTRUCTION].
            unsafe { guarded!($insn, out("rax") _, out("rcx") _, out("rdx") _) };
        }
    )* };
}
plain! {
    ud2 = "ud2";
    hlt = "hlt";
    cli = "cli";
    sti = "sti";
    clts = "clts";
    wbinvd = "wbinvd";
    invd = "invd";
    int_80 = "int 0x80";
    int_3_long = ".byte 0xcd, 0x03";
    int_4 = "int 4";
    int_13 = "int 13";
    int_14 = "int 14";
    rdpmc = "rdpmc";
    fninit = "fninit";
    vmcall = "vmcall";
    vmmcall = "vmmcall";
    sysenter = "sysenter";
    invlpg_zero = "invlpg [0]";
    lgdt_here = "lgdt [rsp]";
    lidt_here = "lidt [rsp]";
    ltr = "ltr ax";
}
/// Reads at an address that is not canonical.
pub fn read_non_canonical() {
    // SAFETY: [GUEST-INSTRUCTION].
    unsafe { guarded!("mov rax, [rax]", inout("rax") 0x8000_0000_0000_0000u64 => _) };
}
/// Divides by zero.
pub fn divide_by_zero() {
    // SAFETY: [GUEST-INSTRUCTION].
    unsafe { guarded!("div ecx", inout("rax") 1u64 => _, inout("rdx") 0u64 => _, in("rcx") 0u64) };
}
/// `int3`, the breakpoint; the kernel resumes behind it.
#[inline(always)]
pub fn breakpoint() {
    // SAFETY: [GUEST-INSTRUCTION].
    unsafe { asm!("int3", options(nostack)) };
}
/// `int3` whose trap is recorded: it is reported at the address behind it.
#[inline(always)]
pub fn breakpoint_recorded() {
    // SAFETY: [GUEST-INSTRUCTION].
    unsafe {
        asm!(
            "int3",
            "2: nop",
            ".pushsection .kit.fixups, \"a\"",
            ".quad 2b, 2b",
            ".popsection",
            options(nostack)
        )
    };
}
/// `int 0x80` whose trap is recorded behind it (when the vector is registered).
pub fn int_80_recorded() {
    // SAFETY: [GUEST-INSTRUCTION] both places are fixed up: refused, it traps at the instruction.
    unsafe {
        asm!(
            "3: int 0x80",
            "2: nop",
            ".pushsection .kit.fixups, \"a\"",
            ".quad 2b, 2b",
            ".quad 3b, 2b",
            ".popsection",
            options(nostack)
        )
    };
}
/// `ud2`, unguarded: for handlers that skip it.
#[inline(always)]
pub fn ud2_unguarded() {
    // SAFETY: [GUEST-INSTRUCTION].
    unsafe { asm!("ud2", options(nostack)) };
}
/// `mov al, [rdi]` in two bytes, unguarded: for handlers that skip it.
#[inline(always)]
pub fn load_byte_unguarded(va: u64) {
    // SAFETY: [GUEST-INSTRUCTION] reads; what is read is thrown away.
    unsafe { asm!(".byte 0x8a, 0x07", in("rdi") va, out("rax") _, options(nostack)) };
}
/// Single-steps one `nop`: sets the trap flag around it; the trap is recorded.
pub fn single_step() {
    // SAFETY: [GUEST-INSTRUCTION] the trap comes after the first nop, where it is fixed up.
    unsafe {
        asm!(
            "pushfq",
            "or qword ptr [rsp], 0x100",
            "popfq",
            "nop",
            "2: nop",
            "pushfq",
            "and qword ptr [rsp], -257",
            "popfq",
            ".pushsection .kit.fixups, \"a\"",
            ".quad 2b, 2b",
            ".popsection"
        )
    };
}
/// Reads the XMM register 0's low half through memory: an SSE instruction.
pub fn touch_sse() {
    // SAFETY: [GUEST-INSTRUCTION] this target keeps nothing in SSE registers.
    unsafe { guarded!("xorps xmm0, xmm0", options(nostack)) };
}
/// xgetbv of register 0.
pub fn xgetbv() -> u64 {
    let (mut low, mut high) = (0u64, 0u64);
    // SAFETY: [GUEST-INSTRUCTION].
    unsafe { guarded!("xgetbv", in("ecx") 0, inout("rax") low, inout("rdx") high) };
    (high << 32) | (low & 0xffff_ffff)
}
/// xsetbv.
pub fn xsetbv(index: u32, value: u64) {
    // SAFETY: [GUEST-INSTRUCTION] [GUEST-OWN-RISK].
    unsafe {
        guarded!("xsetbv", in("ecx") index, in("eax") value as u32, in("edx") (value >> 32) as u32)
    };
}
/// Waits a moment in a spin loop.
#[inline(always)]
pub fn relax() {
    core::hint::spin_loop();
}
