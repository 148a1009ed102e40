# From the bootloader to Rust: 32-bit protected mode without paging to 64-bit mode at the image's high address.
#
# Both multiboot protocols enter at `entry32` with the same registers: eax says which protocol, ebx points to
# its information. The page tables made here map the first 4 GiB three times: at 0 (for this code), in the
# direct map, and the first GiB at the image's address. They serve until `paging` has made the real ones,
# and afterwards for the other CPUs' first steps.

    .set BASE, 0xffff82d040000000

# ---- Headers: within the first 8 KiB of the file.

    .section .boot.header, "ax"
    .balign 8
mb1_header:
    .set MB1_FLAGS, 0x00010003          # page-aligned modules, memory map, addresses below are valid
    .long 0x1badb002
    .long MB1_FLAGS
    .long -(0x1badb002 + MB1_FLAGS)
    .long mb1_header - BASE             # header_addr
    .long __image_start - BASE          # load_addr
    .long 0                             # load_end_addr: the whole file
    .long 0                             # bss_end_addr: no bss, the file has the zeros
    .long entry32 - BASE                # entry_addr

    .balign 8
mb2_header:
    .long 0xe85250d6
    .long 0                             # i386, protected mode
    .long mb2_end - mb2_header
    .long -(0xe85250d6 + (mb2_end - mb2_header))
    # Addresses, as above.
    .short 2, 0
    .long 24
    .long mb2_header - BASE
    .long __image_start - BASE
    .long 0
    .long 0
    # Entry address.
    .short 3, 0
    .long 12
    .long entry32 - BASE
    .balign 8
    # Wanted: memory map, modules, command line.
    .short 1, 0
    .long 20
    .long 1, 3, 6
    .balign 8
    # Modules page-aligned.
    .short 6, 0
    .long 8
    # End.
    .short 0, 0
    .long 8
mb2_end:

# ---- 32-bit.

    .section .boot.text, "ax"
    .code32
    .global entry32
entry32:
    cli
    cld
    mov esp, offset boot_stack_top - BASE
    mov edi, eax
    mov esi, ebx

    # Is this a 64-bit CPU?
    mov eax, 0x80000000
    cpuid
    cmp eax, 0x80000001
    jb not_64bit
    mov eax, 0x80000001
    cpuid
    test edx, 1 << 29
    jz not_64bit
    mov ebp, edx

    # boot_l2: 4 GiB in pages of 2 MiB: present, writable, large.
    mov ebx, offset boot_l2 - BASE
    mov eax, 0x83
    mov ecx, 2048
1:  mov [ebx], eax
    add eax, 0x200000
    add ebx, 8
    dec ecx
    jnz 1b

    # boot_l3: its 4 tables. boot_l3_image: the first of them at the image's place.
    mov ebx, offset boot_l3 - BASE
    mov eax, offset boot_l2 - BASE + 3
    mov [offset boot_l3_image - BASE + 321 * 8], eax
    mov ecx, 4
2:  mov [ebx], eax
    add eax, 4096
    add ebx, 8
    dec ecx
    jnz 2b

    # boot_l4: identity, direct map (slot 262), image (slot 261).
    mov eax, offset boot_l3 - BASE + 3
    mov [offset boot_l4 - BASE], eax
    mov [offset boot_l4 - BASE + 262 * 8], eax
    mov eax, offset boot_l3_image - BASE + 3
    mov [offset boot_l4 - BASE + 261 * 8], eax

    call enter_long_mode
    lgdt [offset boot_gdt_pointer - BASE]
    mov eax, offset boot64 - BASE
    push 0x08
    push eax
    retf

# PAE, root, long mode (NXE if bit 20 of ebp says that it exists), paging. Changes eax, ecx, edx.
enter_long_mode:
    mov eax, 0x20
    mov cr4, eax
    mov eax, offset boot_l4 - BASE
    mov cr3, eax
    mov ecx, 0xc0000080
    rdmsr
    or eax, 0x100
    test ebp, 1 << 20
    jz 3f
    or eax, 0x800
3:  wrmsr
    mov eax, 0x80010033                 # PG WP NE ET MP PE
    mov cr0, eax
    ret

# No 64-bit mode: say so on the first serial port and stop.
not_64bit:
    mov ebx, offset not_64bit_text - BASE
4:  mov dx, 0x3fd
    in al, dx
    test al, 0x20
    jz 4b
    mov al, [ebx]
    test al, al
    jz 5f
    mov dx, 0x3f8
    out dx, al
    inc ebx
    jmp 4b
5:  hlt
    jmp 5b

not_64bit_text:
    .asciz "Xenolith needs a 64-bit CPU.\r\n"

# ---- 64-bit.

    .code64
boot64:
    movabs rax, offset boot_high
    jmp rax
boot_high:
    movabs rsp, offset boot_stack_top
    xor eax, eax
    mov ds, eax
    mov es, eax
    mov ss, eax
    mov fs, eax
    mov gs, eax
    xor ebp, ebp
    mov edi, edi
    mov esi, esi
    call {start}
    ud2

    .balign 8
boot_gdt:
    .quad 0
    .quad 0x00af9a000000ffff            # 0x08: 64-bit code
    .quad 0x00cf92000000ffff            # 0x10: data
    .quad 0x00cf9a000000ffff            # 0x18: 32-bit code
boot_gdt_pointer:
    .short 31
    .long boot_gdt - BASE

# ---- The other CPUs. This part is copied to a page below 1 MiB, where they wake up in 16-bit mode.

    .code16
    .balign 16
    .global trampoline_start
    .global trampoline_end
trampoline_start:
    cli
    cld
    mov ax, cs
    mov ds, ax
    .byte 0x66, 0x0f, 0x01, 0x16        # lgdt with a 32-bit base, by offset in this page
    .short trampoline_gdt - trampoline_start
    mov eax, cr0
    or eax, 1
    mov cr0, eax
    .byte 0x66, 0xea                    # far jump with a 32-bit offset
    .long trampoline32 - BASE
    .short 0x18
    .balign 4
trampoline_gdt:
    .short 31
    .long boot_gdt - BASE
trampoline_end:

    .code32
trampoline32:
    mov eax, 0x10
    mov ds, eax
    mov es, eax
    mov ss, eax
    mov eax, 0x80000001
    cpuid
    mov ebp, edx
    # No stack yet: `enter_long_mode` returns through this one, which only one CPU uses at a time.
    mov esp, offset boot_stack_top - BASE
    call enter_long_mode
    mov eax, offset trampoline64 - BASE
    push 0x08
    push eax
    retf

    .code64
trampoline64:
    movabs rax, offset trampoline_high
    jmp rax
trampoline_high:
    xor eax, eax
    mov ds, eax
    mov es, eax
    mov ss, eax
    mov fs, eax
    mov gs, eax
    # The real page tables, then the stack of this CPU, which only they map.
    mov rax, [rip + {idle_root}]
    mov rcx, cr4
    or rcx, 0x80                        # global pages
    mov cr3, rax
    mov cr4, rcx
    mov rdi, [rip + {starting_area}]
    lea rsp, [rdi + {stack_top}]
    xor ebp, ebp
    call {start_other}
    ud2

    .section .bss.boot, "aw", @nobits
    .balign 4096
    .global boot_l4
boot_l4:
    .skip 4096
boot_l3:
    .skip 4096
boot_l3_image:
    .skip 4096
boot_l2:
    .skip 4096 * 4
boot_stack:
    .skip 32768
boot_stack_top:
    .set entry32_phys, entry32 - BASE
    .global entry32_phys
    .text
