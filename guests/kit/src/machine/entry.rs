//! The first instruction, the ELF notes, and every way in and out of the kernel.
//!
//! A 64-bit PV kernel is entered for exceptions, events and system calls with rcx and r11 on top
//! of the usual frame; it leaves with the hypercall `iret`, which wants rax, r11, rcx and a word
//! of flags below rip.
//!
//! Not here: what is done about a trap (`trap`), who registers the addresses (`start`).

use core::arch::global_asm;

/// Bytes of stack of each vCPU: a main stack, then the stack for entries from user mode.
pub const STACK_BYTES: u64 = 32768;
/// vCPUs that have a stack.
pub const MAX_VCPUS: usize = 4;
/// Vectors of our own for entries that are not exceptions, as seen in a `Frame`.
pub mod entry_vector {
    /// The event callback.
    pub const EVENT: u64 = 256;
    /// The failsafe callback.
    pub const FAILSAFE: u64 = 257;
    /// A system call from user mode.
    pub const SYSCALL: u64 = 258;
    /// The NMI callback.
    pub const NMI: u64 = 259;
    /// A system call by SYSENTER.
    pub const SYSENTER: u64 = 260;
    /// A system call by SYSCALL in 32-bit mode.
    pub const SYSCALL32: u64 = 261;
}

// SAFETY: 1. [GUEST-FRAME] the macros keep the frame layout of `trap::Frame`, in one place each.
//         2. [GUEST-STACK] the stacks are ours alone; nothing else is placed in their section.
global_asm!(
    r#"
    .macro kit_note type, size
    .pushsection .note.Xen, "a", @note
    .balign 4
    .long 4, \size, \type
    .asciz "Xen"
    .endm
    .macro kit_note_number type, value
    kit_note \type, 8
    .quad \value
    .popsection
    .endm
    .macro kit_note_text type, value
    kit_note \type, "(kit_text_end\@ - kit_text\@)"
    kit_text\@:
    .asciz "\value"
    kit_text_end\@:
    .balign 4
    .popsection
    .endm

    kit_note_text 6, "Xenolith kit"                 /* GUEST_OS */
    kit_note_text 7, "1"                            /* GUEST_VERSION */
    kit_note_text 5, "xen-3.0"                      /* XEN_VERSION */
    kit_note_number 3, 0xffffffff80000000           /* VIRT_BASE */
    kit_note_number 4, 0                            /* PADDR_OFFSET */
    kit_note_number 15, 0x8000000000                /* INIT_P2M */
    kit_note_number 1, kit_start                    /* ENTRY */
    kit_note_number 2, kit_hypercall_page           /* HYPERCALL_PAGE */
    kit_note_text 10, "!writable_page_tables|pae_pgdir_above_4gb" /* FEATURES */
    kit_note_number 17, 0x801                       /* SUPPORTED_FEATURES: bit 0 and dom0 */
    kit_note_text 9, "yes"                          /* PAE_MODE */
    kit_note_text 8, "generic"                      /* LOADER */
    kit_note_number 12, 0xffff800000000000          /* HV_START_LOW */

    .text
    .balign 4096
    .globl kit_hypercall_page
kit_hypercall_page:                                 /* filled by the hypervisor */
    .fill 4096, 1, 0xcc

    .globl kit_start
kit_start:
    mov [rip + kit_entry_registers + 0], rax
    mov [rip + kit_entry_registers + 8], rbx
    mov [rip + kit_entry_registers + 16], rcx
    mov [rip + kit_entry_registers + 24], rdx
    mov [rip + kit_entry_registers + 32], rsi
    mov [rip + kit_entry_registers + 40], rdi
    mov [rip + kit_entry_registers + 48], rbp
    mov [rip + kit_entry_registers + 56], rsp
    mov [rip + kit_entry_registers + 64], r8
    mov [rip + kit_entry_registers + 72], r9
    mov [rip + kit_entry_registers + 80], r10
    mov [rip + kit_entry_registers + 88], r11
    mov [rip + kit_entry_registers + 96], r12
    mov [rip + kit_entry_registers + 104], r13
    mov [rip + kit_entry_registers + 112], r14
    mov [rip + kit_entry_registers + 120], r15
    rdtsc
    shl rdx, 32
    or rax, rdx
    mov [rip + kit_entry_tsc], rax
    pushfq
    pop rax
    mov [rip + kit_entry_registers + 128], rax
    mov eax, cs
    mov [rip + kit_entry_registers + 136], rax
    mov eax, ss
    mov [rip + kit_entry_registers + 144], rax
    mov eax, ds
    mov [rip + kit_entry_registers + 152], rax
    mov eax, es
    mov [rip + kit_entry_registers + 160], rax
    mov eax, fs
    mov [rip + kit_entry_registers + 168], rax
    mov eax, gs
    mov [rip + kit_entry_registers + 176], rax
    cld
    lea rsp, [rip + kit_stacks + {main_stack_bytes}]
    xor ebp, ebp
    mov rdi, rsi
    call {start}
    ud2

    /* A second vCPU: the function to run is in rdi, its argument in rsi. */
    .globl kit_start_other
kit_start_other:
    cld
    xor ebp, ebp
    mov rax, rdi
    mov rdi, rsi
    call rax
    ud2

    /* The way out: rip, cs, rflags, rsp, ss on the stack, above them the flags word. */
    .globl kit_iret
kit_iret:
    push rcx
    push r11
    push rax
    mov eax, 23
    syscall
    ud2

    /* As the hypercall page does it: the number in eax, rcx and r11 kept. */
    .globl kit_hypercall_stub
kit_hypercall_stub:
    push rcx
    push r11
    syscall
    pop r11
    pop rcx
    ret

    .macro kit_entry name, vector, has_error
    .globl \name
\name:
    pop rcx
    pop r11
    .if \has_error == 0
    push 0
    .endif
    push \vector
    jmp kit_trap_common
    .endm

    .macro kit_trap vector, has_error
    kit_entry kit_trap_\vector, \vector, \has_error
    .pushsection .kit.traps, "a"
    .quad \vector, kit_trap_\vector
    .popsection
    .endm

    kit_trap 0, 0
    kit_trap 1, 0
    kit_trap 3, 0
    kit_trap 4, 0
    kit_trap 5, 0
    kit_trap 6, 0
    kit_trap 7, 0
    kit_trap 10, 1
    kit_trap 11, 1
    kit_trap 12, 1
    kit_trap 13, 1
    kit_trap 14, 1
    kit_trap 16, 0
    kit_trap 17, 1
    kit_trap 19, 0
    /* Not in the boot table; a test registers it to ask about INT n. */
    kit_entry kit_trap_soft, 128, 0
    kit_entry kit_event, 256, 0
    kit_entry kit_syscall, 258, 0
    kit_entry kit_nmi, 259, 0
    kit_entry kit_sysenter, 260, 0
    kit_entry kit_syscall32, 261, 0

    /* The failsafe callback has the four data selectors between r11 and rip. */
    .globl kit_failsafe
kit_failsafe:
    pop rcx
    pop r11
    pop qword ptr [rip + kit_failsafe_selectors + 0]
    pop qword ptr [rip + kit_failsafe_selectors + 8]
    pop qword ptr [rip + kit_failsafe_selectors + 16]
    pop qword ptr [rip + kit_failsafe_selectors + 24]
    push 0
    push 257

kit_trap_common:
    push r15
    push r14
    push r13
    push r12
    push rbp
    push rbx
    push r11
    push r10
    push r9
    push r8
    push rdi
    push rsi
    push rdx
    push rcx
    push rax
    mov rdi, rsp
    mov rbp, rsp
    and rsp, -16
    cld
    call {trap}
    mov rsp, rbp
    pop rax
    pop rcx
    pop rdx
    pop rsi
    pop rdi
    pop r8
    pop r9
    pop r10
    pop r11
    pop rbx
    pop rbp
    pop r12
    pop r13
    pop r14
    pop r15
    add rsp, 16
    push 0
    jmp kit_iret

    /* Handlers for measuring: the least that a kernel can do. */
    .globl kit_quick_bp, kit_quick_ud, kit_quick_pf, kit_quick_event
kit_quick_bp:
    pop rcx
    pop r11
    push 0
    jmp kit_iret
kit_quick_ud:                                       /* skips ud2 */
    pop rcx
    pop r11
    add qword ptr [rsp], 2
    push 0
    jmp kit_iret
kit_quick_pf:                                       /* skips mov al, [rdi] */
    pop rcx
    pop r11
    add rsp, 8
    add qword ptr [rsp], 2
    push 0
    jmp kit_iret
kit_quick_event:                                    /* stamps, clears every pending bit */
    pop rcx
    pop r11
    push rax
    push rdx
    rdtsc
    shl rdx, 32
    or rax, rdx
    mov [rip + kit_event_tsc], rax
    mov byte ptr [rip + kit_shared_page], 0
    mov qword ptr [rip + kit_shared_page + 8], 0
    mov qword ptr [rip + kit_shared_page + 2048], 0
    inc qword ptr [rip + kit_event_count]
    pop rdx
    pop rax
    push 0
    jmp kit_iret

    /* rdi = rip, rsi = rsp, rdx = iret flags: to user mode, back at its next system call. */
    .globl kit_quick_user, kit_quick_syscall
kit_quick_user:
    push rbx
    push rbp
    push r12
    push r13
    push r14
    push r15
    mov [rip + kit_user_stack], rsp
    push 0xe02b
    push rsi
    push 0x202
    push 0xe033
    push rdi
    push rdx
    jmp kit_iret
kit_quick_syscall:
kit_user_leave:
    mov rsp, [rip + kit_user_stack]
    pop r15
    pop r14
    pop r13
    pop r12
    pop rbp
    pop rbx
    ret

    /* rdi = a Frame to load, rsi = iret flags. Returns after kit_user_leave. */
    .globl kit_user_enter, kit_user_leave
kit_user_enter:
    push rbx
    push rbp
    push r12
    push r13
    push r14
    push r15
    mov [rip + kit_user_stack], rsp
    push qword ptr [rdi + 168]
    push qword ptr [rdi + 160]
    push qword ptr [rdi + 152]
    push qword ptr [rdi + 144]
    push qword ptr [rdi + 136]
    push rsi
    mov rax, [rdi + 0]
    mov rcx, [rdi + 8]
    mov rdx, [rdi + 16]
    mov rsi, [rdi + 24]
    mov r8, [rdi + 40]
    mov r9, [rdi + 48]
    mov r10, [rdi + 56]
    mov r11, [rdi + 64]
    mov rbx, [rdi + 72]
    mov rbp, [rdi + 80]
    mov r12, [rdi + 88]
    mov r13, [rdi + 96]
    mov r14, [rdi + 104]
    mov r15, [rdi + 112]
    mov rdi, [rdi + 32]
    jmp kit_iret

    .bss
    .balign 4096
    .globl kit_shared_page, kit_stacks, kit_windows
kit_shared_page: .fill 4096
kit_windows: .fill 4096 * {windows}
kit_stacks: .fill {stack_bytes} * {max_vcpus}
    .balign 16
    .globl kit_entry_registers, kit_entry_tsc, kit_event_tsc, kit_event_count
    .globl kit_user_stack, kit_failsafe_selectors
kit_entry_registers: .fill 8 * 24
kit_entry_tsc: .quad 0
kit_event_tsc: .quad 0
kit_event_count: .quad 0
kit_user_stack: .quad 0
kit_failsafe_selectors: .quad 0, 0, 0, 0
    .text
    "#,
    start = sym super::start::kit_rust_start,
    trap = sym super::trap::kit_rust_trap,
    windows = const super::memory::WINDOWS,
    stack_bytes = const STACK_BYTES,
    main_stack_bytes = const STACK_BYTES / 2,
    max_vcpus = const MAX_VCPUS,
);

unsafe extern "C" {
    pub static kit_entry_registers: [u64; 24];
    pub static kit_entry_tsc: u64;
    pub static kit_event_tsc: u64;
    pub static kit_event_count: u64;
    pub static kit_failsafe_selectors: [u64; 4];
    pub static kit_shared_page: [u8; 4096];
    pub static kit_windows: [u8; 4096];
    pub static kit_stacks: [u8; 4096];
    pub static kit_hypercall_page: [u8; 4096];
    pub static kit_image_start: u8;
    pub static kit_image_end: u8;
    pub static kit_fixups: [u64; 2];
    pub static kit_fixups_end: u8;
    pub static kit_trap_list: [u64; 2];
    pub static kit_trap_list_end: u8;
    pub fn kit_event();
    pub fn kit_failsafe();
    pub fn kit_syscall();
    pub fn kit_nmi();
    pub fn kit_sysenter();
    pub fn kit_syscall32();
    pub fn kit_trap_soft();
    pub fn kit_quick_bp();
    pub fn kit_quick_ud();
    pub fn kit_quick_pf();
    pub fn kit_quick_event();
    pub fn kit_quick_syscall();
    pub fn kit_quick_user(rip: u64, rsp: u64, flags: u64);
    pub fn kit_user_enter(frame: *const super::trap::Frame, flags: u64);
    pub fn kit_user_leave() -> !;
    pub fn kit_start_other();
}
