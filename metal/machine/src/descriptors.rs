//! GDT, IDT, TSS and the registers that decide how a CPU enters the hypervisor.
//!
//! Always: a guest can load only ring 3 descriptors from our page of the GDT; every vector leads to
//! `traps.s`; NMI, #DF, #MC and #DB have stacks of their own with an unmapped page below.

use crate::layout::*;
use crate::percpu::{self, PerCpu};
use crate::sync::Early;
use crate::{cpuid, paging};
use core::arch::asm;
use core::mem::offset_of;
use core::sync::atomic::{AtomicU64, Ordering};
use types::{CpuId, FLAT_CS32, FLAT_CS64, FLAT_SS};
use x86::control::{cr0_bits, cr4_bits, flags};
use x86::descriptor::{TablePointer, flat, interrupt_gate, lgdt, lidt, ltr, system};
use x86::msr::{efer, index};
use x86::wrmsr;

unsafe extern "C" {
    static trap_stubs: u8;
    static syscall_entry: u8;
    static syscall32_entry: u8;
    static sysenter_entry: u8;
}

/// The IDT, the same for all CPUs.
static IDT: Early<[[u64; 2]; 256]> = Early::new([[0; 2]; 256]);
static IDT_ADDRESS: AtomicU64 = AtomicU64::new(0);
static CR4: AtomicU64 = AtomicU64::new(0);

/// Memory types by index, as the ABI tells PV guests: WB WT UC- UC WC WP UC UC.
const PAT: u64 = 0x0000_0501_0007_0406;

/// Flags that SYSCALL clears.
const SYSCALL_MASK: u64 =
    flags::TF | flags::IF | flags::DF | flags::IOPL | flags::NT | flags::RF | flags::VM | flags::AC;

fn fill_idt() {
    let idt = IDT.take();
    let stubs = &raw const trap_stubs as u64;
    for (vector, gate) in idt.iter_mut().enumerate() {
        let stack = match vector {
            1 => 4,
            2 => 2,
            8 => 1,
            18 => 3,
            _ => 0,
        };
        // INT3, INTO and INT 0x80 are the guests' to use; any other INT n is #GP.
        let privilege = if matches!(vector, 3 | 4 | 0x80) { 3 } else { 0 };
        *gate = interrupt_gate(stubs + vector as u64 * 16, HOST_CS, stack, privilege);
    }
    IDT_ADDRESS.store(idt.as_ptr() as u64, Ordering::Relaxed);
}

/// Fills in what does not change in a CPU's area. The pages are mapped and zero.
pub(crate) fn fill_area(cpu: CpuId, start: u64) {
    let gdt = (start + area::GDT + GDT_OWN_PAGE as u64 * 4096) as *mut u64;
    let set = |selector: u16, value: u64| {
        // SAFETY: [PRIVATE] Our page of the GDT was just mapped; no CPU uses it yet.
        unsafe { gdt.add((selector >> 3) as usize & 511).write(value) };
    };
    set(HOST_CS, flat(0x9b, true));
    set(HOST_SS, flat(0x93, false));
    set(FLAT_CS32, flat(0xfb, false));
    set(FLAT_SS, flat(0xf3, false));
    set(FLAT_CS64, flat(0xfb, true));
    let tss = start + (offset_of!(PerCpu, local) + offset_of!(percpu::Local, tss)) as u64;
    let [low, high] = system(9, tss, size_of::<percpu::Tss>() as u32 - 1);
    set(TSS_SELECTOR, low);
    set(TSS_SELECTOR + 8, high);

    let block = start as *mut PerCpu;
    // SAFETY: [PER-CPU] The block was just mapped; its CPU does not run yet, so this is the only access.
    // All fields may be zero, which fresh pages are.
    let local = unsafe { &mut (*block).local };
    local.this = start;
    local.id = cpu.0;
    local.tss.ist = [
        start + area::DOUBLE_FAULT_TOP,
        start + area::NMI_TOP,
        start + area::MACHINE_CHECK_TOP,
        start + area::DEBUG_TOP,
        0,
        0,
        0,
    ];
    local.tss.rsp0 = start + area::STACK_TOP;
    local.tss.io_map = size_of::<percpu::Tss>() as u16;
    local.deadline_ns.set(u64::MAX);
}

/// What the hypervisor's CR4 is on this machine.
fn wanted_cr4() -> u64 {
    let has = cpuid::features();
    let mut value = cr4_bits::PAE
        | cr4_bits::PGE
        | cr4_bits::DE
        | cr4_bits::OSFXSR
        | cr4_bits::OSXMMEXCPT
        | cr4_bits::MCE;
    for (present, bit) in [
        (has.smep, cr4_bits::SMEP),
        (has.smap, cr4_bits::SMAP),
        (has.umip, cr4_bits::UMIP),
        (has.fsgsbase, cr4_bits::FSGSBASE),
        (has.xsave, cr4_bits::OSXSAVE),
    ] {
        if present {
            value |= bit;
        }
    }
    value
}

/// The boot CPU: what is shared by all, then its own.
pub(crate) fn init_boot_cpu(area: u64) {
    fill_idt();
    cpuid::init();
    CR4.store(wanted_cr4(), Ordering::Relaxed);
    init_cpu(area);
    percpu::set_ready();
}

/// Loads the tables and sets the registers of the CPU that runs this.
pub(crate) fn init_cpu(start: u64) {
    let gdt = TablePointer {
        limit: 15 * 4096 - 1,
        base: start + area::GDT,
    };
    let idt = TablePointer {
        limit: 256 * 16 - 1,
        base: IDT_ADDRESS.load(Ordering::Relaxed),
    };
    // The guest's part of the GDT must be mapped before anything can look there.
    for page in 0..GDT_OWN_PAGE as u64 {
        paging::area_entry(start + area::GDT + page * 4096)
            .store(paging::empty_gdt_page(), Ordering::Relaxed);
    }
    // SAFETY:
    // 1. [ENTRY] The tables are well-formed, mapped for ever, and lead to `traps.s`.
    // 2. [GS-IS-OURS] GS base is set here to this CPU's block; the selector is loaded before.
    // 3. [MSR-EXISTS] Every CPU with long mode has these registers; SYSENTER's are Intel's.
    unsafe {
        lgdt(&gdt);
        lidt(&idt);
        asm!(
            "push {cs}", "lea {scratch}, [rip + 2f]", "push {scratch}", "retfq", "2:",
            "mov ss, {ss:e}", "xor {ss:e}, {ss:e}", "mov ds, {ss:e}", "mov es, {ss:e}", "mov fs, {ss:e}", "mov gs, {ss:e}",
            cs = const HOST_CS, ss = inout(reg) u64::from(HOST_SS) => _, scratch = out(reg) _,
        );
        ltr(TSS_SELECTOR);
        x86::descriptor::lldt(0);
        wrmsr(index::GS_BASE, start);
        wrmsr(index::KERNEL_GS_BASE, 0);
        wrmsr(index::FS_BASE, 0);
        wrmsr(index::PAT, PAT);
        let nx = if cpuid::features().nx { efer::NXE } else { 0 };
        wrmsr(index::EFER, x86::rdmsr(index::EFER) | efer::SCE | nx);
        wrmsr(
            index::STAR,
            u64::from(FLAT_CS32) << 48 | u64::from(HOST_CS) << 32,
        );
        wrmsr(index::LSTAR, &raw const syscall_entry as u64);
        wrmsr(index::CSTAR, &raw const syscall32_entry as u64);
        wrmsr(index::FMASK, SYSCALL_MASK);
        if cpuid::features().sysenter {
            wrmsr(index::SYSENTER_CS, u64::from(HOST_CS));
            wrmsr(index::SYSENTER_ESP, start + area::STACK_TOP);
            wrmsr(index::SYSENTER_EIP, &raw const sysenter_entry as u64);
        }
        use cr0_bits::{AM, ET, MP, NE, PE, PG, WP};
        x86::control::set_cr0(PE | MP | ET | NE | WP | AM | PG);
        x86::control::set_cr4(CR4.load(Ordering::Relaxed));
        x86::control::set_dr7(0x400);
    }
    percpu::local().cr4.set(CR4.load(Ordering::Relaxed));
    percpu::local().dr7.set(0x400);
    percpu::local()
        .root
        .set(paging::IDLE_ROOT.load(Ordering::Relaxed));
}
