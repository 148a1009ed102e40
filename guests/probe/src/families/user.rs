//! User mode: the way there and back, and whose fault is whose.

use crate::ask::Outcome;
use kit::hypercall;
use kit::memory::{Branch, Page, RO, RW};
use kit::trap::{self, Frame, Trap, entry_vector};
use kit::{call, cpu, events, smp, user, xen};

family!("user":
    syscall_reaches_the_callback, syscall_frame, syscall_masks_events_if_asked,
    return_by_sysret_loses_rcx_and_r11, return_by_iret_keeps_all, registers_travel,
    page_faults_of_user_mode, supervisor_pages_do_not_exist, breakpoint_from_user_mode,
    undefined_instruction_from_user_mode, interrupts_from_user_mode, privileged_instructions,
    ports_from_user_mode, hypercalls_do_not_exist_in_user_mode, segment_bases_swap,
    user_flag_in_iret_frame, no_user_tables_no_user_mode, stack_switch_names_the_stack,
    compat_code_segment, syscall_in_compat_mode,
);

const CODE: u64 = 0x40_0000;
const DATA: u64 = 0x40_1000;

/// User tables with one page of code, which holds `bytes`, and one of data; switched to.
fn with_code(bytes: &[u8]) -> Result<Page, crate::ask::Why> {
    use core::sync::atomic::{AtomicU64, Ordering::SeqCst};
    static CODE_PAGE: AtomicU64 = AtomicU64::new(0);
    static L4_PAGE: AtomicU64 = AtomicU64::new(0);
    if CODE_PAGE.load(SeqCst) == 0 {
        let [code, data, l4] = Page::take_many();
        let branch = match Branch::new(CODE, code, 1, RO) {
            Ok(branch) => branch,
            Err(error) => return Err(crate::ask::Why::new(format_args!("tables: {error}"))),
        };
        answers!(branch.l1.protect(RW), 0);
        branch.l1.write((DATA >> 12) & 511, data.entry(RW));
        answers!(branch.l1.protect(RO), 0);
        l4.write(CODE >> 39, branch.l3.entry(RW));
        answers!(l4.protect(RO), 0);
        answers!(
            hypercall::mmuext_op(xen::MMUEXT_PIN_L4_TABLE, l4.mfn(), 0),
            0,
            "pin"
        );
        CODE_PAGE.store(code.va(), SeqCst);
        L4_PAGE.store(l4.va(), SeqCst);
    }
    let code = Page::at(CODE_PAGE.load(SeqCst));
    code.fill(0xcccc_cccc_cccc_cccc);
    code.write_bytes(0, bytes);
    let l4 = Page::at(L4_PAGE.load(SeqCst));
    answers!(
        hypercall::mmuext_op(xen::MMUEXT_NEW_USER_BASEPTR, l4.mfn(), 0),
        0
    );
    answers!(
        call!(xen::STACK_SWITCH, xen::KERNEL_SS, smp::kernel_stack(0)),
        0
    );
    Ok(l4)
}
/// Runs `bytes` in user mode until the first trap or system call.
fn run(bytes: &[u8], flags: u64) -> Result<Trap, crate::ask::Why> {
    with_code(bytes)?;
    Ok(user::run(&user::registers(CODE, DATA + 4096), flags))
}
const SYSCALL: [u8; 2] = [0x0f, 0x05];

fn syscall_reaches_the_callback() -> Outcome {
    let trap = run(&SYSCALL, 0)?;
    same!(trap.vector(), entry_vector::SYSCALL);
    Ok(())
}
fn syscall_frame() -> Outcome {
    let frame = run(&SYSCALL, 0)?.frame;
    same!(frame.rip, CODE + 2);
    same!(frame.selector(), xen::KERNEL_CS, "cs, with RPL 3");
    same!(frame.ss, xen::KERNEL_SS);
    same!(frame.rsp, DATA + 4096);
    same!(frame.rcx, CODE + 2, "rcx");
    same!(frame.rflags & 0x200, 0x200, "IF in r11's place");
    Ok(())
}
fn syscall_masks_events_if_asked() -> Outcome {
    let entry = trap::Entry::Syscall.address();
    let mut seen = [9u64; 2];
    for (flags, seen) in [0u16, 1].into_iter().zip(&mut seen) {
        answers!(
            hypercall::register_callback(xen::CALLBACK_SYSCALL, flags, entry),
            0
        );
        *seen = run(&SYSCALL, 0)?.mask;
        events::set_mask(true);
    }
    // rflags.IF was set in the frame that went to user mode, so events were open there.
    same!(seen, [0, 1]);
    Ok(())
}
fn return_by_sysret_loses_rcx_and_r11() -> Outcome {
    with_code(&SYSCALL)?;
    let mut frame = user::registers(CODE, DATA + 4096);
    (frame.rcx, frame.r11, frame.rdx) = (0x11, 0x22, 0x33);
    let trap = user::run(&frame, xen::VGCF_IN_SYSCALL);
    same!(trap.vector(), entry_vector::SYSCALL);
    same!(trap.frame.rdx, 0x33);
    Ok(())
}
fn return_by_iret_keeps_all() -> Outcome {
    // ud2 instead of syscall, which itself changes rcx and r11.
    with_code(&[0x0f, 0x0b])?;
    let mut frame = user::registers(CODE, DATA + 4096);
    (frame.rcx, frame.r11, frame.rdx) = (0x11, 0x22, 0x33);
    let trap = user::run(&frame, 0);
    same!(trap.vector(), 6);
    same!(
        [trap.frame.rcx, trap.frame.r11, trap.frame.rdx],
        [0x11, 0x22, 0x33]
    );
    Ok(())
}
fn registers_travel() -> Outcome {
    with_code(&SYSCALL)?;
    let sent = Frame {
        rax: 1,
        rdx: 3,
        rsi: 4,
        rdi: 5,
        r8: 6,
        r9: 7,
        r10: 8,
        rbx: 9,
        rbp: 10,
        r12: 11,
        r13: 12,
        r14: 13,
        r15: 14,
        ..user::registers(CODE, DATA + 4096)
    };
    let got = user::run(&sent, 0).frame;
    same!(
        [
            got.rax, got.rdx, got.rsi, got.rdi, got.r8, got.r9, got.r10, got.rbx, got.rbp, got.r12,
            got.r13, got.r14, got.r15
        ],
        [1, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14]
    );
    Ok(())
}
fn page_faults_of_user_mode() -> Outcome {
    // mov al, [0x12345]: a read of nothing from user mode has the user bit.
    let trap = run(&[0x8a, 0x04, 0x25, 0x45, 0x23, 0x01, 0x00], 0)?;
    same!(
        [trap.vector(), trap.frame.error, trap.cr2],
        [14, 4, 0x12345]
    );
    same!(trap.frame.rip, CODE);
    // mov [0x400000], al: its own code is read-only.
    let trap = run(&[0x88, 0x04, 0x25, 0x00, 0x00, 0x40, 0x00], 0)?;
    same!([trap.vector(), trap.frame.error, trap.cr2], [14, 7, CODE]);
    Ok(())
}
fn supervisor_pages_do_not_exist() -> Outcome {
    // mov al, [kernel image]: the user's tables do not have it.
    let trap = run(&[0x8a, 0x04, 0x25, 0x00, 0x00, 0x00, 0x81], 0)?;
    same!([trap.vector(), trap.frame.error], [14, 4]);
    same!(trap.cr2, 0xffff_ffff_8100_0000);
    Ok(())
}
fn breakpoint_from_user_mode() -> Outcome {
    let trap = run(&[0xcc], 0)?;
    same!([trap.vector(), trap.frame.rip], [3, CODE + 1]);
    same!(trap.frame.cs & 3, 3);
    Ok(())
}
fn undefined_instruction_from_user_mode() -> Outcome {
    let trap = run(&[0x0f, 0x0b], 0)?;
    same!([trap.vector(), trap.frame.rip], [6, CODE]);
    Ok(())
}
fn interrupts_from_user_mode() -> Outcome {
    // int 0x80 without a handler, int 13 (never for users).
    let trap = run(&[0xcd, 0x80], 0)?;
    same!([trap.vector(), trap.frame.error], [13, 0x80 << 3 | 2]);
    let trap = run(&[0xcd, 0x0d], 0)?;
    same!([trap.vector(), trap.frame.error], [13, 13 << 3 | 2]);
    let mut table = [xen::TrapInfo::default(); 2];
    table[0] = xen::TrapInfo {
        vector: 0x90,
        flags: 3,
        cs: xen::KERNEL_CS as u16,
        _pad: 0,
        address: trap::Entry::SoftInterrupt.address(),
    };
    answers!(hypercall::set_trap_table(&table), 0);
    let allowed = run(&[0xcd, 0x90], 0)?;
    table[0].flags = 0;
    answers!(hypercall::set_trap_table(&table), 0);
    let refused = run(&[0xcd, 0x90], 0)?;
    answers!(trap::load_table(None), 0);
    same!([allowed.vector(), allowed.frame.rip], [0x80, CODE + 2]);
    same!([refused.vector(), refused.frame.error], [13, 0x90 << 3 | 2]);
    Ok(())
}
fn privileged_instructions() -> Outcome {
    let cases: [(&str, &[u8]); 7] = [
        ("hlt", &[0xf4]),
        ("cli", &[0xfa]),
        ("mov rax, cr0", &[0x0f, 0x20, 0xc0]),
        ("rdmsr", &[0x0f, 0x32]),
        ("wrmsr", &[0x0f, 0x30]),
        ("clts", &[0x0f, 0x06]),
        ("invlpg [rax]", &[0x0f, 0x01, 0x38]),
    ];
    for (name, bytes) in cases {
        let trap = run(bytes, 0)?;
        same!([trap.vector(), trap.frame.error], [13, 0], "{name}");
        same!(trap.frame.rip, CODE, "{name}");
    }
    Ok(())
}
fn ports_from_user_mode() -> Outcome {
    let trap = run(&[0xe4, 0x80], 0)?;
    same!(
        [trap.vector(), trap.frame.error],
        [13, 0],
        "in al, 0x80 with iopl 0"
    );
    let mut iopl = 3u32;
    answers!(hypercall::physdev_op(xen::PHYSDEVOP_SET_IOPL, &mut iopl), 0);
    let open = run(&[0xe4, 0x80, 0x0f, 0x05], 0)?;
    iopl = 0;
    answers!(hypercall::physdev_op(xen::PHYSDEVOP_SET_IOPL, &mut iopl), 0);
    same!(
        open.vector(),
        entry_vector::SYSCALL,
        "in al, 0x80 with iopl 3"
    );
    Ok(())
}
fn hypercalls_do_not_exist_in_user_mode() -> Outcome {
    // The number of xen_version in rax: just another system call of the guest's kernel.
    with_code(&SYSCALL)?;
    let mut frame = user::registers(CODE, DATA + 4096);
    frame.rax = xen::XEN_VERSION;
    let trap = user::run(&frame, 0);
    same!(
        [trap.vector(), trap.frame.rax],
        [entry_vector::SYSCALL, xen::XEN_VERSION]
    );
    Ok(())
}
fn segment_bases_swap() -> Outcome {
    // mov rax, gs:[0]; mov rdx, fs:[0]; syscall
    let code = [
        0x65, 0x48, 0x8b, 0x04, 0x25, 0, 0, 0, 0, 0x64, 0x48, 0x8b, 0x14, 0x25, 0, 0, 0, 0, 0x0f,
        0x05,
    ];
    let kernel = Page::take();
    kernel.write(0, 0x4b4b);
    // The data page holds marks at 0 (for gs) and 64 (for fs).
    with_code(&[
        0x48, 0xc7, 0x04, 0x25, 0x00, 0x10, 0x40, 0x00, 0x11, 0x11, 0, 0, 0x48, 0xc7, 0x04, 0x25,
        0x40, 0x10, 0x40, 0x00, 0x22, 0x22, 0, 0, 0x0f, 0x05,
    ])?;
    same!(
        user::run(&user::registers(CODE, DATA + 4096), 0).vector(),
        entry_vector::SYSCALL
    );
    answers!(
        call!(xen::SET_SEGMENT_BASE, xen::SEGBASE_GS_KERNEL, kernel.va()),
        0
    );
    answers!(call!(xen::SET_SEGMENT_BASE, xen::SEGBASE_GS_USER, DATA), 0);
    answers!(call!(xen::SET_SEGMENT_BASE, xen::SEGBASE_FS, DATA + 64), 0);
    let before = cpu::gs_word();
    let trap = run(&code, 0)?;
    same!(before, 0x4b4b, "gs:[0] in the kernel");
    same!(
        [trap.frame.rax, trap.frame.rdx],
        [0x1111, 0x2222],
        "gs:[0] and fs:[0] in user mode"
    );
    same!(cpu::gs_word(), 0x4b4b, "gs:[0] in the kernel again");
    answers!(call!(xen::SET_SEGMENT_BASE, xen::SEGBASE_FS, 0), 0);
    answers!(call!(xen::SET_SEGMENT_BASE, xen::SEGBASE_GS_USER, 0), 0);
    Ok(())
}
fn user_flag_in_iret_frame() -> Outcome {
    // rflags asked for by the frame: iopl, NT, RF and VM do not pass.
    with_code(&[0x9c, 0x58, 0x0f, 0x05])?; // pushfq; pop rax; syscall
    let mut frame = user::registers(CODE, DATA + 4096);
    frame.rflags = 0x202 | 0x3000 | 0x4000;
    let seen = user::run(&frame, 0).frame.rax;
    same!(seen & 0x3000, 0, "iopl in user mode");
    holds!(seen & 0x200 != 0, "IF is off in user mode: {seen:#x}");
    // IF may not be turned off by the frame; that means "mask events".
    frame.rflags = 2;
    let seen = user::run(&frame, 0).frame.rax;
    holds!(seen & 0x200 != 0, "the frame turned IF off: {seen:#x}");
    Ok(())
}
fn no_user_tables_no_user_mode() -> Outcome {
    let l4 = with_code(&SYSCALL)?;
    answers!(
        hypercall::mmuext_op(xen::MMUEXT_NEW_USER_BASEPTR, 0, 0),
        0,
        "no user tables"
    );
    answers!(
        hypercall::mmuext_op(xen::MMUEXT_NEW_USER_BASEPTR, l4.mfn(), 0),
        0
    );
    answers!(
        hypercall::mmuext_op(xen::MMUEXT_NEW_USER_BASEPTR, Page::take().mfn(), 0),
        xen::EINVAL,
        "a writable page as user tables"
    );
    same!(run(&SYSCALL, 0)?.vector(), entry_vector::SYSCALL);
    Ok(())
}
fn stack_switch_names_the_stack() -> Outcome {
    with_code(&SYSCALL)?;
    let stack = Page::take();
    answers!(
        call!(xen::STACK_SWITCH, xen::KERNEL_SS, stack.va() + 4096 - 8),
        0
    );
    let trap = user::run(&user::registers(CODE, DATA + 4096), 0);
    same!(
        trap.frame_top(),
        stack.va() + 4096 - 16,
        "the top of the frame, rounded down"
    );
    answers!(
        call!(xen::STACK_SWITCH, xen::KERNEL_SS, smp::kernel_stack(0)),
        0
    );
    Ok(())
}
fn compat_code_segment() -> Outcome {
    // 32-bit code: inc eax (0x40 is a REX prefix in 64-bit code), then int3.
    with_code(&[0x40, 0xcc])?;
    let mut frame = user::registers(CODE, DATA + 4096);
    (frame.cs, frame.rax) = (xen::USER_CS32, 41);
    let trap = user::run(&frame, 0);
    same!([trap.vector(), trap.frame.rax], [3, 42]);
    same!(trap.frame.selector(), xen::USER_CS32);
    Ok(())
}
fn syscall_in_compat_mode() -> Outcome {
    let entry = trap::Entry::Syscall32.address();
    answers!(
        hypercall::register_callback(xen::CALLBACK_SYSCALL32, 1, entry),
        0
    );
    with_code(&SYSCALL)?;
    let mut frame = user::registers(CODE, DATA + 4096);
    frame.cs = xen::USER_CS32;
    let trap = user::run(&frame, 0);
    same!(trap.vector(), entry_vector::SYSCALL32);
    same!(trap.frame.selector(), xen::USER_CS32);
    same!(trap.frame.rip, CODE + 2);
    Ok(())
}
