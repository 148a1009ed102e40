//! Into ring 3 and back: every way out, and what the guest's registers look like.

use super::guest::{CODE, Guest, STACK_TOP, blob};
use super::{Outcome, Test};
use crate::{expect, say};
use core::arch::global_asm;
use machine::{Exit, FLAT_CS64, FLAT_SS, Interrupt, SYSCALL_VECTOR, cpu, time};

pub const TESTS: &[Test] = &[
    (
        "SYSCALL comes out with all registers and goes back by SYSRET",
        syscall,
    ),
    ("a round trip is short", round_trip),
    ("IRET restores every register", iret),
    (
        "exceptions carry their vector, error code and address",
        exceptions,
    ),
    (
        "INT 0x80 is an exit of its own, other INT n are faults",
        software,
    ),
    ("the timer ends a guest's endless loop", timer),
    ("a frame that cannot be loaded is an answer", return_fault),
    ("privileged flags do not reach the guest", flags),
    (
        "a single step in the guest is #DB, and SYSCALL under it is safe",
        single_step,
    ),
    (
        "a breakpoint under MOV SS; SYSCALL does not hurt the hypervisor",
        mov_ss,
    ),
];

global_asm!(
    ".pushsection .rodata.guest_code, \"a\"",
    "guest_syscall: syscall; add rax, 1; syscall; ud2",
    "guest_syscall_end:",
    "guest_round: syscall; jmp guest_round",
    "guest_iret: int3; ud2",
    "guest_iret_end:",
    "guest_faults: mov rax, [0x10]; ud2",
    "guest_faults_end:",
    "guest_int: int 0x80; int 0x85; ud2",
    "guest_int_end:",
    "guest_loop: jmp guest_loop",
    "guest_loop_end:",
    "guest_cli: pushfq; pop rax; cli; ud2",
    "guest_cli_end:",
    "guest_step: nop; syscall; nop; ud2",
    "guest_step_end:",
    "guest_mov_ss: mov ss, [rbx]; syscall; ud2",
    "guest_mov_ss_end:",
    ".popsection",
);

fn syscall() -> Outcome {
    let mut guest = Guest::new(blob!(guest_syscall));
    let frame = &mut guest.frame;
    for (index, register) in registers(frame).into_iter().enumerate() {
        *register = 0x1111_0000 + index as u64;
    }
    expect!(guest.run(), Exit::Syscall);
    let frame = &mut guest.frame;
    expect!(frame.entry_vector, SYSCALL_VECTOR);
    expect!((frame.rip, frame.rcx), (CODE + 2, CODE + 2));
    expect!(
        (frame.cs, frame.ss, frame.rsp),
        (FLAT_CS64.into(), FLAT_SS.into(), STACK_TOP)
    );
    expect!(frame.rflags & 0x3202, 0x202);
    for (index, register) in registers(frame).into_iter().enumerate() {
        if !matches!(index, 4 | 11) {
            expect!(*register, 0x1111_0000 + index as u64);
        }
    }
    frame.rax = 41;
    frame.r15 = 99;
    expect!(guest.run(), Exit::Syscall);
    expect!((guest.frame.rax, guest.frame.r15), (42, 99));
    // SYSRET gives rip and flags in rcx and r11.
    expect!(guest.frame.rip, CODE + 8);
    Ok(())
}

/// Ticks from one SYSCALL of the guest's to the next, the jump in the guest included. With QEMU's
/// `-icount shift=0,sleep=off -accel tcg,thread=single` they are instructions.
fn round_trip() -> Outcome {
    let mut guest = Guest::new(blob!(guest_round));
    let mut least = u64::MAX;
    for _ in 0..100 {
        let before = time::tsc();
        expect!(guest.run(), Exit::Syscall);
        least = least.min(time::tsc() - before);
    }
    say!("INFO round trip to the guest: {least} ticks");
    Ok(())
}

/// The 15 registers; rcx is the 12th and r11 the 5th here, counted from 0 at r15.
fn registers(frame: &mut machine::GuestFrame) -> [&mut u64; 15] {
    [
        &mut frame.r15,
        &mut frame.r14,
        &mut frame.r13,
        &mut frame.r12,
        &mut frame.r11,
        &mut frame.rbp,
        &mut frame.rbx,
        &mut frame.r10,
        &mut frame.r9,
        &mut frame.r8,
        &mut frame.rax,
        &mut frame.rcx,
        &mut frame.rdx,
        &mut frame.rsi,
        &mut frame.rdi,
    ]
}

fn iret() -> Outcome {
    let mut guest = Guest::new(blob!(guest_iret));
    for (index, register) in registers(&mut guest.frame).into_iter().enumerate() {
        *register = 0x2222_0000 + index as u64;
    }
    expect!(
        guest.run(),
        Exit::Exception {
            vector: 3,
            error: 0,
            address: 0
        }
    );
    for (index, register) in registers(&mut guest.frame).into_iter().enumerate() {
        expect!(*register, 0x2222_0000 + index as u64);
    }
    expect!(
        guest.run(),
        Exit::Exception {
            vector: 6,
            error: 0,
            address: 0
        }
    );
    expect!(guest.frame.rip, CODE + 1);
    Ok(())
}

fn exceptions() -> Outcome {
    let mut guest = Guest::new(blob!(guest_faults));
    expect!(
        guest.run(),
        Exit::Exception {
            vector: 14,
            error: 4,
            address: 0x10
        }
    );
    expect!(guest.frame.rip, CODE);
    // A jump to an address of ours: the page is there, but not for ring 3.
    guest.frame.rip = machine::HYPERVISOR_START + (1 << 39) * 5;
    let Exit::Exception {
        vector: 14, error, ..
    } = guest.run()
    else {
        return Err("no page fault".into());
    };
    expect!(error & 4, 4);
    // Through SYSRET to an address that is not canonical: #GP in the guest or at the IRET, not in ring 0.
    guest.frame.rip = 0x8000_0000_0000;
    guest.frame.entry_vector = SYSCALL_VECTOR;
    let exit = guest.run();
    expect!(
        matches!(
            exit,
            Exit::ReturnFault
                | Exit::Exception {
                    vector: 13 | 14,
                    ..
                }
        ),
        true
    );
    Ok(())
}

fn software() -> Outcome {
    let mut guest = Guest::new(blob!(guest_int));
    expect!(guest.run(), Exit::Software(0x80));
    expect!(guest.frame.rip, CODE + 2);
    expect!(
        guest.run(),
        Exit::Exception {
            vector: 13,
            error: 0x85 << 3 | 2,
            address: 0
        }
    );
    expect!(guest.frame.rip, CODE + 2);
    Ok(())
}

fn timer() -> Outcome {
    let mut guest = Guest::new(blob!(guest_loop));
    for _ in 0..5 {
        let deadline = time::now_ns() + 2_000_000;
        time::set_timer(Some(deadline));
        expect!(guest.run(), Exit::Interrupt(Interrupt::Timer));
        let late = time::now_ns() as i64 - deadline as i64;
        if !(0..500_000_000).contains(&late) {
            return Err(alloc::format!("{late} ns late"));
        }
    }
    time::set_timer(Some(time::now_ns() + 1_000_000));
    expect!(cpu::idle(), Interrupt::Timer);
    time::set_timer(Some(0));
    expect!(cpu::idle(), Interrupt::Timer);
    time::set_timer(None);
    Ok(())
}

fn return_fault() -> Outcome {
    let mut guest = Guest::new(blob!(guest_iret));
    guest.frame.rbx = 77;
    let good = guest.frame;
    for (cs, ss) in [
        (0x1_u64, FLAT_SS),
        (0xe008, FLAT_SS),
        (FLAT_CS64.into(), 0xe010),
        (0xfff8, FLAT_SS),
    ] {
        guest.frame = good;
        guest.frame.cs = cs;
        guest.frame.ss = ss.into();
        let before = guest.frame;
        expect!(guest.run(), Exit::ReturnFault);
        expect!(guest.frame, before);
    }
    // A null stack selector is refused in ring 3.
    guest.frame = good;
    guest.frame.ss = 0;
    expect!(guest.run(), Exit::ReturnFault);
    guest.frame = good;
    expect!(
        guest.run(),
        Exit::Exception {
            vector: 3,
            error: 0,
            address: 0
        }
    );
    Ok(())
}

fn flags() -> Outcome {
    for vector in [0, SYSCALL_VECTOR] {
        let mut guest = Guest::new(blob!(guest_cli));
        guest.frame.entry_vector = vector;
        guest.frame.rflags = 0x0002_3000; // VM and IOPL 3, interrupts off
        expect!(
            guest.run(),
            Exit::Exception {
                vector: 13,
                error: 0,
                address: 0
            }
        );
        expect!(guest.frame.rax & 0x0002_3200, 0x200);
    }
    Ok(())
}

fn single_step() -> Outcome {
    let mut guest = Guest::new(blob!(guest_step));
    guest.frame.rflags = 0x302;
    expect!(
        guest.run(),
        Exit::Exception {
            vector: 1,
            error: 0,
            address: 0
        }
    );
    expect!(
        (guest.frame.rip, guest.frame.rflags & 0x100),
        (CODE + 1, 0x100)
    );
    expect!(cpu::debug_register(6) & 0x4000, 0x4000);
    expect!(guest.run(), Exit::Syscall);
    expect!(guest.frame.rflags & 0x100, 0x100);
    cpu::set_debug_register(6, 0);
    Ok(())
}

fn mov_ss() -> Outcome {
    let mut guest = Guest::new(blob!(guest_mov_ss));
    // A watched selector: the breakpoint is held back over SYSCALL and fires on our first instruction.
    let place = STACK_TOP - 64;
    machine::guest::write_u64(place, FLAT_SS.into()).map_err(|_| "no stack")?;
    guest.frame.rbx = place;
    cpu::set_debug_register(0, place);
    cpu::set_debug_register(7, 1 | 3 << 16 | 1 << 18);
    let exit = guest.run();
    cpu::set_debug_register(7, 0);
    cpu::set_debug_register(6, 0);
    // Where the emulator does not hold it back, the guest sees it itself.
    expect!(
        matches!(exit, Exit::Syscall | Exit::Exception { vector: 1, .. }),
        true
    );
    // The hypervisor's own addresses are not for breakpoints.
    cpu::set_debug_register(1, machine::HYPERVISOR_START + 0x1000);
    expect!(cpu::debug_register(1), 0);
    cpu::set_debug_register(7, 0xffff_ffff);
    // Bit 13 (general detection) stays off, and so do I/O breakpoints.
    expect!(cpu::debug_register(7) & 0x2000, 0);
    cpu::set_debug_register(7, 0);
    Ok(())
}
