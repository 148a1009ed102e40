//! Model-specific registers for the body, which decides what a guest may see.

use core::arch::asm;
use x86::msr::index;

/// Reads a register of this CPU; `None` if there is none with this index.
#[must_use]
pub fn read(index: u32) -> Option<u64> {
    let (low, high): (u32, u32);
    let mut fault: u32 = 0;
    // SAFETY: [EX-TABLE] A fault goes on at label 3, which says so. Reading has no effect on memory.
    unsafe {
        asm!(
            "2: rdmsr",
            "4:",
            ".pushsection .text.fixup, \"ax\"",
            "3: mov {fault:e}, 1",
            "xor eax, eax",
            "xor edx, edx",
            "jmp 4b",
            ".popsection",
            ".pushsection .ex_table, \"a\"",
            ".long 2b - .",
            ".long 3b - .",
            ".popsection",
            in("ecx") index, out("eax") low, out("edx") high, fault = inout(reg) fault, options(nostack, preserves_flags),
        );
    }
    (fault == 0).then(|| u64::from(high) << 32 | u64::from(low))
}

/// Writes a register of this CPU, if the list allows it and the CPU takes the value.
#[must_use = "the write may have been refused"]
pub fn write(index: u32, value: u64) -> Option<()> {
    if !may_write(index) {
        return None;
    }
    let mut fault: u32 = 0;
    // SAFETY:
    // 1. [MSR-MEMORY] Only registers that alter no mapping, no entry point and no privilege are on the list.
    // 2. [EX-TABLE] A fault goes on at label 3, which says so.
    unsafe {
        asm!(
            "2: wrmsr",
            "4:",
            ".pushsection .text.fixup, \"ax\"",
            "3: mov {fault:e}, 1",
            "jmp 4b",
            ".popsection",
            ".pushsection .ex_table, \"a\"",
            ".long 2b - .",
            ".long 3b - .",
            ".popsection",
            in("ecx") index, in("eax") value as u32, in("edx") (value >> 32) as u32, fault = inout(reg) fault,
            options(nostack, preserves_flags),
        );
    }
    (fault == 0).then_some(())
}

/// Machine check banks, performance counters and their selectors, power states, TSC_AUX.
const fn may_write(msr: u32) -> bool {
    matches!(
        msr,
        index::TSC_AUX
            | 0x17a | 0x400..=0x47f          // machine checks
            | 0x48 | 0x49                    // speculation control, prediction barrier
            | 0x199                          // performance state
            | 0xc001_0000..=0xc001_0007      // AMD: performance counters
            | 0xc001_0062                    // AMD: performance state
    )
}
