//! A process's own dealings with Linux, each in as few instructions as it takes: for measuring.
//!
//! No C library stands between: what is counted is the kernel's path and the instructions that no
//! caller can do without. The shapes (blocked signals around a fork, a guard page below a thread's
//! stack) are those that C libraries give these operations.
//!
//! Always: a child or thread that is made here runs no code but what stands here, in system calls
//! on words of its own; so it does not matter what the process was doing.
//!
//! Not here: what is done how often (`lxbench`); whatever `rustix` does as directly.

use core::arch::{asm, naked_asm};
use core::ffi::CStr;
use core::sync::atomic::{AtomicU32, Ordering};
use std::os::fd::{AsRawFd, BorrowedFd};

use rustix::io;
use rustix::process::Pid;

use crate::mapping::PAGE_SIZE;

/// Numbers of system calls (`asm/unistd_64.h`).
mod number {
    pub const READ: usize = 0;
    pub const WRITE: usize = 1;
    pub const MMAP: usize = 9;
    pub const MPROTECT: usize = 10;
    pub const MUNMAP: usize = 11;
    pub const RT_SIGACTION: usize = 13;
    pub const RT_SIGPROCMASK: usize = 14;
    pub const SCHED_YIELD: usize = 24;
    pub const MADVISE: usize = 28;
    pub const GETPID: usize = 39;
    pub const CLONE: usize = 56;
    pub const FORK: usize = 57;
    pub const EXECVE: usize = 59;
    pub const EXIT: usize = 60;
    pub const KILL: usize = 62;
    pub const FUTEX: usize = 202;
    pub const EXIT_GROUP: usize = 231;
}

/// The time-stamp counter.
#[inline(always)]
pub fn tsc() -> u64 {
    let (low, high): (u32, u32);
    // SAFETY:
    // 1. [MEASURE-NO-EFFECT] RDTSC changes its two registers. Said to touch memory so that nothing
    //    measured is moved across it.
    unsafe { asm!("rdtsc", out("eax") low, out("edx") high, options(nostack)) };
    u64::from(high) << 32 | u64::from(low)
}

/// One system call; its answer as the kernel gives it, an errno below 0.
///
/// # Safety
///
/// What the call does to this process's memory must break no rule of Rust.
#[inline(always)]
unsafe fn call(number: usize, arguments: [usize; 6]) -> isize {
    let answer: isize;
    // SAFETY:
    // 1. [MEASURE-CALLER] The caller vouches for the call's effects.
    // 2. SYSCALL itself changes rax, rcx and r11, and uses no stack of ours.
    unsafe {
        asm!("syscall", inlateout("rax") number as isize => answer,
            in("rdi") arguments[0], in("rsi") arguments[1], in("rdx") arguments[2],
            in("r10") arguments[3], in("r8") arguments[4], in("r9") arguments[5],
            lateout("rcx") _, lateout("r11") _, options(nostack));
    }
    answer
}

fn checked(answer: isize) -> io::Result<usize> {
    usize::try_from(answer)
        .map_err(|_| io::Errno::from_raw_os_error(i32::try_from(-answer).unwrap_or_default()))
}

/// The shortest system call: `getpid`.
#[inline(always)]
pub fn nothing() {
    // SAFETY:
    // 1. [MEASURE-NO-EFFECT] It only answers.
    unsafe { call(number::GETPID, [0; 6]) };
}

/// `sched_yield`.
#[inline(always)]
pub fn give_way() {
    // SAFETY:
    // 1. [MEASURE-NO-EFFECT] It only takes time.
    unsafe { call(number::SCHED_YIELD, [0; 6]) };
}

/// Anonymous memory of one's own, mapped until this is dropped.
pub struct Memory {
    start: usize,
    len: usize,
}

const PROT_NONE: usize = 0;
const PROT_READ: usize = 1;
const PROT_WRITE: usize = 2;

/// Maps fresh memory.
#[inline(always)]
fn map(len: usize, access: usize) -> io::Result<usize> {
    const PRIVATE_ANONYMOUS: usize = 0x22;
    let arguments = [0, len, access, PRIVATE_ANONYMOUS, usize::MAX, 0];
    // SAFETY:
    // 1. [FRESH-MAPPING] Without an address the kernel picks an unused range.
    checked(unsafe { call(number::MMAP, arguments) })
}

/// Undoes [`map`].
///
/// # Safety
///
/// The range came from [`map`], and nothing uses it any more.
#[inline(always)]
unsafe fn unmap(start: usize, len: usize) {
    // SAFETY:
    // 1. [MEASURE-CALLER]
    unsafe { call(number::MUNMAP, [start, len, 0, 0, 0, 0]) };
}

impl Memory {
    /// Readable and writable, no page of it there yet.
    #[inline(always)]
    pub fn new(len: usize) -> io::Result<Self> {
        let start = map(len, PROT_READ | PROT_WRITE)?;
        Ok(Self { start, len })
    }

    /// Asks for pages of the small size only.
    pub fn keep_pages_small(&self) {
        const MADV_NOHUGEPAGE: usize = 15;
        // SAFETY:
        // 1. [MEASURE-OWN-MEMORY] Advice on our own range.
        unsafe {
            call(
                number::MADVISE,
                [self.start, self.len, MADV_NOHUGEPAGE, 0, 0, 0],
            )
        };
    }

    /// Writes one byte of a page, so that the page is there. The page must be writable.
    #[inline(always)]
    pub fn touch(&self, page: usize) {
        let offset = page.wrapping_mul(PAGE_SIZE);
        assert!(offset < self.len, "page {page} lies beyond");
        let place = core::ptr::with_exposed_provenance_mut::<u8>(self.start.wrapping_add(offset));
        // SAFETY:
        // 1. [MEASURE-OWN-MEMORY] The byte lies in our range, which is mapped as long as `self`,
        //    and no reference to it exists. If it was made read-only, the process ends here.
        unsafe { place.write_volatile(1) }
    }

    /// Lets the first page be written, or only be read.
    #[inline(always)]
    pub fn protect_first(&self, writable: bool) -> io::Result<()> {
        let access = PROT_READ | if writable { PROT_WRITE } else { 0 };
        // SAFETY:
        // 1. [MEASURE-OWN-MEMORY] The access to our own range changes, to which no reference is.
        checked(unsafe { call(number::MPROTECT, [self.start, PAGE_SIZE, access, 0, 0, 0]) })
            .map(drop)
    }
}

impl Drop for Memory {
    #[inline(always)]
    fn drop(&mut self) {
        // SAFETY:
        // 1. [MEASURE-OWN-MEMORY] The range is ours, and goes with its only name.
        unsafe { unmap(self.start, self.len) }
    }
}

/// Blocks every signal, or gives back what was blocked; `mask` is both.
#[inline(always)]
fn block_signals(how: Block, mask: &mut u64) {
    let all = u64::MAX;
    let (how, new, old): (usize, *const u64, *mut u64) = match how {
        Block::All => (0, &raw const all, mask),
        Block::AsBefore => (2, mask, core::ptr::null_mut()),
    };
    let bytes = size_of::<u64>();
    // SAFETY:
    // 1. [MEASURE-ARGUMENTS] The kernel reads and writes the 8 bytes that are lent here.
    unsafe {
        call(
            number::RT_SIGPROCMASK,
            [how, new.addr(), old.addr(), bytes, 0, 0],
        )
    };
}

enum Block {
    All,
    AsBefore,
}

/// What a child does, and nothing more.
#[derive(Clone, Copy)]
pub enum Child<'a> {
    /// Ends at once.
    Exit,
    /// Becomes another program, without arguments or environment.
    Become(&'a CStr),
    /// Gives every byte back that comes, until it is killed.
    Echo {
        /// Where bytes come from.
        from: BorrowedFd<'a>,
        /// Where they go.
        to: BorrowedFd<'a>,
    },
}

/// Forks a child of the process.
#[inline(always)]
pub fn fork(child: Child<'_>) -> io::Result<Pid> {
    let mut mask = 0;
    block_signals(Block::All, &mut mask);
    // SAFETY:
    // 1. [MEASURE-CHILD] In the child only `live` runs, which never comes back.
    let answer = unsafe { call(number::FORK, [0; 6]) };
    if answer == 0 {
        block_signals(Block::AsBefore, &mut mask);
        live(child);
    }
    block_signals(Block::AsBefore, &mut mask);
    let raw = i32::try_from(checked(answer)?).map_err(|_| io::Errno::RANGE)?;
    Pid::from_raw(raw).ok_or(io::Errno::CHILD)
}

/// The life of a child.
fn live(child: Child<'_>) -> ! {
    let code = match child {
        Child::Exit => 0,
        Child::Become(program) => {
            let arguments = [program.as_ptr(), core::ptr::null()];
            let list = arguments.as_ptr().expose_provenance();
            // SAFETY:
            // 1. [MEASURE-CHILD] The process's memory is replaced as a whole, or stays.
            // 2. [MEASURE-ARGUMENTS] A terminated list of terminated strings; no environment.
            unsafe {
                let path = program.as_ptr().expose_provenance();
                call(number::EXECVE, [path, list, 0, 0, 0, 0]);
            }
            1
        }
        Child::Echo { from, to } => {
            echo(from, to);
            0
        }
    };
    loop {
        // SAFETY:
        // 1. [MEASURE-CHILD] Ends the child, without what a library would do at an end.
        unsafe { call(number::EXIT_GROUP, [code, 0, 0, 0, 0, 0]) };
    }
}

fn echo(from: BorrowedFd<'_>, to: BorrowedFd<'_>) {
    let mut byte = 0u8;
    let place = (&raw mut byte).expose_provenance();
    let descriptor = |end: BorrowedFd<'_>| end.as_raw_fd().cast_unsigned() as usize;
    let (from, to) = (descriptor(from), descriptor(to));
    // SAFETY:
    // 1. [MEASURE-ARGUMENTS] One byte, which lives across the loop, is read and written.
    unsafe {
        while call(number::READ, [from, place, 1, 0, 0, 0]) == 1
            && call(number::WRITE, [to, place, 1, 0, 0, 0]) == 1
        {}
    }
}

/// Bytes of a thread's stack, and of the guard below it: those of a small C library.
const STACK: usize = 128 << 10;
const GUARD: usize = 8 << 10;

/// Makes a thread that ends at once, and waits for it.
#[inline(always)]
pub fn thread() -> io::Result<()> {
    // The kernel clears this word when the thread is gone, and wakes who waits on it.
    let alive = AtomicU32::new(1);
    let stack = Stack::new()?;
    let mut mask = 0;
    block_signals(Block::All, &mut mask);
    let answer = start_thread(&stack, &alive);
    block_signals(Block::AsBefore, &mut mask);
    checked(answer)?;
    while alive.load(Ordering::Acquire) != 0 {
        const FUTEX_WAIT: usize = 0;
        let word = alive.as_ptr().expose_provenance();
        // SAFETY:
        // 1. [MEASURE-ARGUMENTS] Waits as long as the word, which lives, is 1.
        unsafe { call(number::FUTEX, [word, FUTEX_WAIT, 1, 0, 0, 0]) };
    }
    drop(stack);
    Ok(())
}

/// A thread's stack above a guard.
struct Stack {
    memory: Memory,
}

impl Stack {
    #[inline(always)]
    fn new() -> io::Result<Self> {
        let start = map(STACK + GUARD, PROT_NONE)?;
        let memory = Memory {
            start,
            len: STACK + GUARD,
        };
        let usable = [
            start.wrapping_add(GUARD),
            STACK,
            PROT_READ | PROT_WRITE,
            0,
            0,
            0,
        ];
        // SAFETY:
        // 1. [MEASURE-OWN-MEMORY] The access to fresh memory changes.
        checked(unsafe { call(number::MPROTECT, usable) })?;
        // What a library keeps of its thread lies at the top.
        memory.touch((STACK + GUARD) / PAGE_SIZE - 1);
        Ok(Self { memory })
    }

    fn top(&self) -> usize {
        self.memory.start.wrapping_add(self.memory.len)
    }
}

/// `clone` as threads are made; the thread restores the signal mask and ends.
#[inline(always)]
fn start_thread(stack: &Stack, alive: &AtomicU32) -> isize {
    // VM, FS, FILES, SIGHAND, THREAD, SYSVSEM, CHILD_CLEARTID.
    const FLAGS: usize = 0x0025_0f00;
    const SIG_SETMASK: usize = 2;
    let no_signals = 0u64;
    let answer: isize;
    // SAFETY:
    // 1. [MEASURE-CHILD] The thread runs the instructions between `jnz` and `ud2` and no others.
    // 2. [MEASURE-OWN-MEMORY] Its stack is mapped until `thread` has seen it gone; that `alive`
    //    outlives it is seen to in the same way.
    // 3. [MEASURE-ARGUMENTS] Its mask is read from `no_signals`, copied to its own stack before.
    unsafe {
        let top = stack.top() - 64;
        core::ptr::with_exposed_provenance_mut::<u64>(top).write_volatile(no_signals);
        asm!(
            "syscall",
            "test rax, rax",
            "jnz 2f",
            // The thread: its signal mask, twice as libraries do, and the end.
            "mov rsi, rsp", "mov edi, {set_mask}", "xor edx, edx", "mov r10d, 8",
            "mov eax, {sigprocmask}", "syscall",
            "mov rsi, rsp", "mov edi, {set_mask}", "xor edx, edx", "mov r10d, 8",
            "mov eax, {sigprocmask}", "syscall",
            "xor edi, edi", "mov eax, {exit}", "syscall",
            "ud2",
            "2:",
            set_mask = const SIG_SETMASK, sigprocmask = const number::RT_SIGPROCMASK,
            exit = const number::EXIT,
            inlateout("rax") number::CLONE as isize => answer,
            in("rdi") FLAGS, in("rsi") top, in("rdx") 0, in("r10") alive.as_ptr(), in("r8") 0,
            lateout("rcx") _, lateout("r11") _, options(nostack));
    }
    answer
}

static SIGNALS: AtomicU32 = AtomicU32::new(0);
const SIGUSR1: usize = 10;

/// Counts SIGUSR1 from now on, for [`signal_self`].
pub fn count_signals() -> io::Result<()> {
    /// `struct kernel_sigaction`.
    #[repr(C)]
    struct Action {
        handler: extern "C" fn(i32),
        flags: u64,
        restorer: extern "C" fn(),
        mask: u64,
    }
    const SA_RESTART_AND_RESTORER: u64 = 0x1400_0000;
    let action = Action {
        handler: on_signal,
        flags: SA_RESTART_AND_RESTORER,
        restorer,
        mask: 0,
    };
    let place = (&raw const action).expose_provenance();
    // SAFETY:
    // 1. [MEASURE-ARGUMENTS] The kernel reads the struct, of its own layout.
    // 2. [MEASURE-HANDLER] What is registered may interrupt anything.
    checked(unsafe { call(number::RT_SIGACTION, [SIGUSR1, place, 0, 8, 0, 0]) }).map(drop)
}

/// Sends SIGUSR1 to this process; whether it was counted before this comes back, as it is where
/// there is one thread.
#[inline(always)]
pub fn signal_self() -> bool {
    let before = SIGNALS.load(Ordering::Relaxed);
    // SAFETY:
    // 1. [MEASURE-HANDLER] `count_signals` named the handler; without it the process ends.
    unsafe {
        let me = call(number::GETPID, [0; 6]);
        call(number::KILL, [me.cast_unsigned(), SIGUSR1, 0, 0, 0, 0]);
    }
    SIGNALS.load(Ordering::Relaxed) != before
}

extern "C" fn on_signal(_: i32) {
    SIGNALS.fetch_add(1, Ordering::Relaxed);
}

/// Where the handler returns to: `rt_sigreturn`.
#[unsafe(naked)]
extern "C" fn restorer() {
    // SAFETY:
    // 1. [MEASURE-HANDLER] The stack is as the kernel made it for the handler, which has returned.
    naked_asm!("mov eax, 15", "syscall", "ud2")
}

#[cfg(test)]
mod tests {
    use super::*;
    use rustix::process::{WaitOptions, waitpid};

    #[test]
    fn a_child_ends_and_a_missing_program_is_noticed() {
        let wait = |child| {
            let pid = fork(child).expect("a child");
            let (_, status) = waitpid(Some(pid), WaitOptions::empty()).unwrap().unwrap();
            status.exit_status()
        };
        assert_eq!(wait(Child::Exit), Some(0));
        assert_eq!(wait(Child::Become(c"/none")), Some(1));
        assert_eq!(wait(Child::Become(c"/bin/true")), Some(0));
    }

    #[test]
    fn a_thread_comes_and_goes() {
        for _ in 0..100 {
            thread().expect("a thread");
        }
    }

    #[test]
    fn a_signal_is_counted() {
        count_signals().expect("a handler");
        // Another thread of the tests may be the one that takes it, and later.
        signal_self();
        while SIGNALS.load(Ordering::Relaxed) == 0 {
            std::thread::yield_now();
        }
    }

    #[test]
    fn memory_is_touched_and_protected() {
        let memory = Memory::new(4 * PAGE_SIZE).expect("memory");
        memory.keep_pages_small();
        memory.touch(3);
        memory.protect_first(false).expect("read-only");
        memory.protect_first(true).expect("writable");
        memory.touch(0);
        assert!(std::panic::catch_unwind(|| memory.touch(4)).is_err());
    }
}
