# Into the hypervisor and out of it again.
#
# A guest's registers live in its GuestFrame: TSS.RSP0 is the end of the frame of the guest that runs, so the
# CPU itself pushes the first words there. `enter_guest` is a call that returns at the next entry, with the
# reason in eax: a vector, or one of the codes below.

    .set EXIT_SYSCALL, 0x100
    .set EXIT_SYSCALL32, 0x101
    .set EXIT_SYSENTER, 0x102
    .set EXIT_RETURN_FAULT, 0x200

    .set FRAME_SIZE, 176
    .set F_R15, 8
    .set F_R14, 16
    .set F_R13, 24
    .set F_R12, 32
    .set F_RBP, 40
    .set F_RBX, 48
    .set F_R11, 56
    .set F_R10, 64
    .set F_R9, 72
    .set F_R8, 80
    .set F_RAX, 88
    .set F_RCX, 96
    .set F_RDX, 104
    .set F_RSI, 112
    .set F_RDI, 120
    .set F_ERROR, 128
    .set F_VECTOR, 132
    .set F_RIP, 136
    .set F_CS, 144
    .set F_FLAGS, 152
    .set F_RSP, 160
    .set F_SS, 168

    # Flags that a guest may have: all that ring 3 can set but no I/O privilege and no virtual 8086 mode.
    .set FLAGS_ALLOWED, 0x00254dd5
    .set FLAGS_FORCED, 0x202
    .set AREA_MASK, -{area_stride}

# Three bytes that become STAC or CLAC on a CPU with SMAP.
.macro clac_site
9:  .byte 0x0f, 0x1f, 0x00
    .pushsection .smap_sites, "a"
    .long 9b - .
    .long 0xca
    .popsection
.endm

# From the words that the CPU pushed to a whole frame (without the pad in front).
.macro push_registers
    push rdi
    push rsi
    push rdx
    push rcx
    push rax
    push r8
    push r9
    push r10
    push r11
    push rbx
    push rbp
    push r12
    push r13
    push r14
    push r15
.endm

.macro pop_registers
    pop r15
    pop r14
    pop r13
    pop r12
    pop rbp
    pop rbx
    pop r11
    pop r10
    pop r9
    pop r8
    pop rax
    pop rcx
    pop rdx
    pop rsi
    pop rdi
.endm

# Back to the caller of `enter_guest`.
.macro return_to_host
    mov rsp, gs:[{host_rsp}]
    pop rbp
    pop rbx
    ret
.endm

    .section .text.hot, "ax"

# ---- SYSCALL from 64-bit code: the hot path.

    .balign 64
    .global syscall_entry
syscall_entry:
    swapgs
    mov gs:[{scratch}], rsp
    mov rsp, gs:[{rsp0}]
    push {flat_ss}
    push qword ptr gs:[{scratch}]
    push r11
    push {flat_cs64}
    push rcx
    push 0
    mov dword ptr [rsp + 4], EXIT_SYSCALL
    push_registers
    mov eax, EXIT_SYSCALL
    return_to_host

# ---- Into the guest. rdi: its frame. Returns the reason in eax; rbx and rbp are kept, nothing else.

    .balign 64
    .global enter_guest
enter_guest:
    push rbx
    push rbp
    mov gs:[{host_rsp}], rsp
    lea rax, [rdi + FRAME_SIZE]
    mov gs:[{rsp0}], rax
    cmp dword ptr [rdi + F_VECTOR], EXIT_SYSCALL
    jne enter_by_iret
    # SYSRET loads fixed selectors, and faults in ring 0 if the address is not canonical.
    cmp qword ptr [rdi + F_CS], {flat_cs64}
    jne enter_by_iret
    cmp qword ptr [rdi + F_SS], {flat_ss}
    jne enter_by_iret
    mov rcx, [rdi + F_RIP]
    mov rax, rcx
    shl rax, 16
    sar rax, 16
    cmp rax, rcx
    jne enter_by_iret
    mov r11d, [rdi + F_FLAGS]
    and r11d, FLAGS_ALLOWED
    or r11d, FLAGS_FORCED
    mov r15, [rdi + F_R15]
    mov r14, [rdi + F_R14]
    mov r13, [rdi + F_R13]
    mov r12, [rdi + F_R12]
    mov rbp, [rdi + F_RBP]
    mov rbx, [rdi + F_RBX]
    mov r10, [rdi + F_R10]
    mov r9, [rdi + F_R9]
    mov r8, [rdi + F_R8]
    mov rax, [rdi + F_RAX]
    mov rdx, [rdi + F_RDX]
    mov rsi, [rdi + F_RSI]
    mov rsp, [rdi + F_RSP]
    mov rdi, [rdi + F_RDI]
    swapgs
    sysretq

# The long way. The words for IRET are copied, so that the frame is whole if IRET faults.
    .balign 16
enter_by_iret:
    movzx eax, word ptr [rdi + F_SS]
    or eax, 3
    push rax
    push qword ptr [rdi + F_RSP]
    mov eax, [rdi + F_FLAGS]
    and eax, FLAGS_ALLOWED
    or eax, FLAGS_FORCED
    push rax
    movzx eax, word ptr [rdi + F_CS]
    or eax, 3
    push rax
    push qword ptr [rdi + F_RIP]
    mov r15, [rdi + F_R15]
    mov r14, [rdi + F_R14]
    mov r13, [rdi + F_R13]
    mov r12, [rdi + F_R12]
    mov rbp, [rdi + F_RBP]
    mov rbx, [rdi + F_RBX]
    mov r11, [rdi + F_R11]
    mov r10, [rdi + F_R10]
    mov r9, [rdi + F_R9]
    mov r8, [rdi + F_R8]
    mov rax, [rdi + F_RAX]
    mov rcx, [rdi + F_RCX]
    mov rdx, [rdi + F_RDX]
    mov rsi, [rdi + F_RSI]
    mov rdi, [rdi + F_RDI]
    swapgs
iret_to_guest:
    iretq

# ---- Exceptions and interrupts on the ordinary stack: error and vector are pushed, the rest is as the CPU left it.

    .balign 64
trap_entry:
    test byte ptr [rsp + 16], 3
    jz trap_from_host
    swapgs
trap_from_guest:
    push_registers
    cld
    clac_site
    mov eax, {host_ss}
    mov ss, eax
    mov eax, [rsp + F_VECTOR - F_R15]
    return_to_host

trap_from_host:
    cmp dword ptr [rsp + 4], 32
    jae interrupt_in_idle
    # Was it the IRET to a guest? Then GS is still the guest's.
    push rax
    lea rax, [rip + iret_to_guest]
    cmp [rsp + 16], rax
    pop rax
    je return_fault
    push_registers
    cld
    clac_site
    sub rsp, 8
    mov rdi, rsp
    call {host_exception}
    add rsp, 8
    pop_registers
    add rsp, 8
    iretq

return_fault:
    swapgs
    mov eax, EXIT_RETURN_FAULT
    return_to_host

# Interrupts are on in the host only at the HLT of `idle_once`: remember the vector, leave them off.
interrupt_in_idle:
    push rax
    mov eax, [rsp + 12]
    mov gs:[{idle_vector}], eax
    pop rax
    add rsp, 8
    and qword ptr [rsp + 16], ~0x200
    iretq

    .balign 16
    .global idle_once
idle_once:
    sti
    hlt
    cli
    ret

# ---- SYSCALL and SYSENTER from 32-bit code.

    .balign 16
    .global syscall32_entry
syscall32_entry:
    swapgs
    mov gs:[{scratch}], rsp
    mov rsp, gs:[{rsp0}]
    push {flat_ss}
    push qword ptr gs:[{scratch}]
    push r11
    push {flat_cs32}
    push rcx
    push 0
    mov dword ptr [rsp + 4], EXIT_SYSCALL32
    push_registers
    mov eax, EXIT_SYSCALL32
    return_to_host

    .balign 16
    .global sysenter_entry
sysenter_entry:
    swapgs
    mov rsp, gs:[{rsp0}]
    push {flat_ss}
    push 0
    pushfq
    or dword ptr [rsp], 0x200
    push {flat_cs32}
    push 0
    push 0
    mov dword ptr [rsp + 4], EXIT_SYSENTER
    push_registers
    cld
    clac_site
    mov eax, EXIT_SYSENTER
    return_to_host

# ---- Vectors with a stack of their own.

# Debug: a breakpoint that a guest armed may fire on the first instruction after SYSCALL, with the guest's
# stack pointer in ring 0; hence a stack of its own. From a guest the words move to its frame. From the host
# the breakpoint is dropped: stepping goes off, the instruction resumes.
    .balign 16
debug_entry:
    push 0
    mov dword ptr [rsp + 4], 1
    test byte ptr [rsp + 16], 3
    jz 1f
    swapgs
    mov gs:[{scratch}], rax
    mov rax, gs:[{rsp0}]
    pop qword ptr [rax - 48]
    pop qword ptr [rax - 40]
    pop qword ptr [rax - 32]
    pop qword ptr [rax - 24]
    pop qword ptr [rax - 16]
    pop qword ptr [rax - 8]
    lea rsp, [rax - 48]
    mov rax, gs:[{scratch}]
    jmp trap_from_guest
1:  add rsp, 8
    and dword ptr [rsp + 16], ~0x100
    or dword ptr [rsp + 16], 0x10000
    iretq

# NMI, double fault and machine check can come at any instruction, also between SWAPGS and its partner: the
# block is found by the stack, and GS base is put back as it was.
.macro paranoid name, vector, handler
    .balign 16
\name:
    .if \vector != 8
    push 0
    .endif
    mov dword ptr [rsp + 4], \vector
    push_registers
    cld
    clac_site
    sub rsp, 8
    mov ecx, 0xc0000101
    rdmsr
    mov r12d, eax
    mov r13d, edx
    mov rax, rsp
    and rax, AREA_MASK
    mov rdx, rax
    shr rdx, 32
    wrmsr
    mov rdi, rsp
    call \handler
    mov ecx, 0xc0000101
    mov eax, r12d
    mov edx, r13d
    wrmsr
    add rsp, 8
    pop_registers
    add rsp, 8
    iretq
.endm

    paranoid nmi_entry, 2, {nmi}
    paranoid double_fault_entry, 8, {fatal}
    paranoid machine_check_entry, 18, {fatal}

# ---- One stub for each vector, 16 bytes apart.

    .balign 64
    .global trap_stubs
trap_stubs:
    .set vector, 0
    .rept 256
    .balign 16
    .if vector == 1
    jmp debug_entry
    .elseif vector == 2
    jmp nmi_entry
    .elseif vector == 8
    jmp double_fault_entry
    .elseif vector == 18
    jmp machine_check_entry
    .else
    .if (vector == 10) | (vector == 11) | (vector == 12) | (vector == 13) | (vector == 14) | (vector == 17) | (vector == 21) | (vector == 29) | (vector == 30)
    .else
    push 0
    .endif
    mov dword ptr [rsp + 4], vector
    jmp trap_entry
    .endif
    .set vector, vector + 1
    .endr
    .text
