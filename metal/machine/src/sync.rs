//! Locks that spin, and cells that are written once.
//!
//! Always: who waits calls `cpu::relax`, so it keeps answering flush requests and two CPUs cannot wait on
//! each other for ever; in debug builds a CPU that holds a rank takes only that rank or a higher one.
//!
//! Not here: which ranks there are (the body).

use crate::{cpu, percpu};
use core::cell::UnsafeCell;
use core::fmt;
use core::mem::MaybeUninit;
use core::ops::{Deref, DerefMut};
use core::sync::atomic::{AtomicBool, AtomicU8, AtomicU32, Ordering};

/// The place of a lock in the order in which locks are taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Rank(pub u8);

/// Remembers ranks that this CPU holds, in debug builds.
#[inline(always)]
fn enter(rank: Rank) {
    if cfg!(debug_assertions) {
        let local = percpu::local();
        let count = local.rank_count.get();
        for held in local.ranks.iter().take(count) {
            assert!(
                held.get() <= rank.0,
                "lock of rank {} taken under rank {}",
                rank.0,
                held.get()
            );
        }
        if let Some(slot) = local.ranks.get(count) {
            slot.set(rank.0);
        }
        local.rank_count.set(count + 1);
    }
}

#[inline(always)]
fn leave(rank: Rank) {
    if cfg!(debug_assertions) {
        let local = percpu::local();
        let count = local.rank_count.get();
        // Usually the last; two guards may also be dropped in another order.
        if let Some(at) = local
            .ranks
            .iter()
            .take(count)
            .rposition(|held| held.get() == rank.0)
        {
            for index in at..count.saturating_sub(1).min(local.ranks.len() - 1) {
                local.ranks[index].set(local.ranks[index + 1].get());
            }
        }
        local.rank_count.set(count - 1);
    }
}

/// Mutual exclusion. Waiters are served in no order, because a queue would have to wait for a certain CPU, which is
/// slow when the machine itself is virtual and that CPU does not run; what is locked is short.
pub struct Mutex<T: ?Sized> {
    rank: Rank,
    held: AtomicBool,
    value: UnsafeCell<T>,
}

// SAFETY: [LOCK] The value is reached only through the guard, which one CPU has at a time.
unsafe impl<T: ?Sized + Send> Sync for Mutex<T> {}
// SAFETY: [LOCK] Moving the lock moves the value.
unsafe impl<T: ?Sized + Send> Send for Mutex<T> {}

impl<T> Mutex<T> {
    /// A free lock.
    pub const fn new(rank: Rank, value: T) -> Mutex<T> {
        Mutex {
            rank,
            held: AtomicBool::new(false),
            value: UnsafeCell::new(value),
        }
    }

    /// The value, when the lock is no longer needed.
    pub fn into_inner(self) -> T {
        self.value.into_inner()
    }
}

impl<T: ?Sized> Mutex<T> {
    /// Waits for the lock.
    #[inline]
    pub fn lock(&self) -> MutexGuard<'_, T> {
        enter(self.rank);
        while !self.take() {
            while self.held.load(Ordering::Relaxed) {
                cpu::relax();
            }
        }
        MutexGuard { lock: self }
    }

    /// The lock, if it is free now.
    #[inline]
    pub fn try_lock(&self) -> Option<MutexGuard<'_, T>> {
        if !self.take() {
            return None;
        }
        enter(self.rank);
        Some(MutexGuard { lock: self })
    }

    #[inline(always)]
    fn take(&self) -> bool {
        !self.held.swap(true, Ordering::Acquire)
    }

    /// The value, to whom owns the lock itself.
    pub fn get_mut(&mut self) -> &mut T {
        self.value.get_mut()
    }
}

impl<T: ?Sized + fmt::Debug> fmt::Debug for Mutex<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.try_lock() {
            Some(value) => value.fmt(f),
            None => f.write_str("<locked>"),
        }
    }
}

/// The right to use what a [`Mutex`] holds.
pub struct MutexGuard<'a, T: ?Sized> {
    lock: &'a Mutex<T>,
}

impl<T: ?Sized> Deref for MutexGuard<'_, T> {
    type Target = T;
    #[inline(always)]
    fn deref(&self) -> &T {
        // SAFETY: [LOCK] This guard is the only one.
        unsafe { &*self.lock.value.get() }
    }
}

impl<T: ?Sized> DerefMut for MutexGuard<'_, T> {
    #[inline(always)]
    fn deref_mut(&mut self) -> &mut T {
        // SAFETY: [LOCK] This guard is the only one, and it is borrowed mutably.
        unsafe { &mut *self.lock.value.get() }
    }
}

impl<T: ?Sized> Drop for MutexGuard<'_, T> {
    #[inline]
    fn drop(&mut self) {
        self.lock.held.store(false, Ordering::Release);
        leave(self.lock.rank);
    }
}

const WRITER: u32 = 1 << 31;

/// Many readers or one writer. A waiting writer holds new readers back.
pub struct RwLock<T: ?Sized> {
    rank: Rank,
    /// Readers inside; the top bit: a writer is inside or waits for the readers to leave.
    state: AtomicU32,
    value: UnsafeCell<T>,
}

// SAFETY: [LOCK] Readers share, a writer is alone.
unsafe impl<T: ?Sized + Send + Sync> Sync for RwLock<T> {}
// SAFETY: [LOCK] Moving the lock moves the value.
unsafe impl<T: ?Sized + Send> Send for RwLock<T> {}

impl<T> RwLock<T> {
    /// A free lock.
    pub const fn new(rank: Rank, value: T) -> RwLock<T> {
        RwLock {
            rank,
            state: AtomicU32::new(0),
            value: UnsafeCell::new(value),
        }
    }
}

impl<T: ?Sized> RwLock<T> {
    /// Waits until there is no writer.
    #[inline]
    pub fn read(&self) -> ReadGuard<'_, T> {
        enter(self.rank);
        loop {
            let state = self.state.load(Ordering::Relaxed);
            if state & WRITER == 0
                && self
                    .state
                    .compare_exchange_weak(state, state + 1, Ordering::Acquire, Ordering::Relaxed)
                    .is_ok()
            {
                return ReadGuard { lock: self };
            }
            cpu::relax();
        }
    }

    /// Waits until there is nobody else.
    #[inline]
    pub fn write(&self) -> WriteGuard<'_, T> {
        enter(self.rank);
        while self.state.fetch_or(WRITER, Ordering::Acquire) & WRITER != 0 {
            cpu::relax();
        }
        while self.state.load(Ordering::Acquire) != WRITER {
            cpu::relax();
        }
        WriteGuard { lock: self }
    }

    /// The value, to whom owns the lock itself.
    pub fn get_mut(&mut self) -> &mut T {
        self.value.get_mut()
    }
}

/// The right to read what an [`RwLock`] holds.
pub struct ReadGuard<'a, T: ?Sized> {
    lock: &'a RwLock<T>,
}

impl<T: ?Sized> Deref for ReadGuard<'_, T> {
    type Target = T;
    #[inline(always)]
    fn deref(&self) -> &T {
        // SAFETY: [LOCK] No writer is inside while a reader is.
        unsafe { &*self.lock.value.get() }
    }
}

impl<T: ?Sized> Drop for ReadGuard<'_, T> {
    #[inline]
    fn drop(&mut self) {
        self.lock.state.fetch_sub(1, Ordering::Release);
        leave(self.lock.rank);
    }
}

/// The right to change what an [`RwLock`] holds.
pub struct WriteGuard<'a, T: ?Sized> {
    lock: &'a RwLock<T>,
}

impl<T: ?Sized> Deref for WriteGuard<'_, T> {
    type Target = T;
    #[inline(always)]
    fn deref(&self) -> &T {
        // SAFETY: [LOCK] The writer is alone.
        unsafe { &*self.lock.value.get() }
    }
}

impl<T: ?Sized> DerefMut for WriteGuard<'_, T> {
    #[inline(always)]
    fn deref_mut(&mut self) -> &mut T {
        // SAFETY: [LOCK] The writer is alone, and its guard is borrowed mutably.
        unsafe { &mut *self.lock.value.get() }
    }
}

impl<T: ?Sized> Drop for WriteGuard<'_, T> {
    #[inline]
    fn drop(&mut self) {
        self.lock.state.fetch_and(!WRITER, Ordering::Release);
        leave(self.lock.rank);
    }
}

const EMPTY: u8 = 0;
const BUSY: u8 = 1;
const FULL: u8 = 2;

/// A value that is made once and read ever after.
pub struct Once<T> {
    state: AtomicU8,
    value: UnsafeCell<MaybeUninit<T>>,
}

// SAFETY: [LOCK] One CPU writes while the state is BUSY; all read when it is FULL, and it stays so.
unsafe impl<T: Send + Sync> Sync for Once<T> {}

impl<T> Once<T> {
    /// Nothing yet.
    pub const fn new() -> Once<T> {
        Once {
            state: AtomicU8::new(EMPTY),
            value: UnsafeCell::new(MaybeUninit::uninit()),
        }
    }

    /// The value, if it is there.
    #[inline(always)]
    pub fn get(&self) -> Option<&T> {
        if self.state.load(Ordering::Acquire) == FULL {
            // SAFETY: [LOCK] FULL means written, for ever.
            Some(unsafe { (*self.value.get()).assume_init_ref() })
        } else {
            None
        }
    }

    /// The value; the first caller makes it, others wait.
    pub fn get_or_init(&self, make: impl FnOnce() -> T) -> &T {
        if self
            .state
            .compare_exchange(EMPTY, BUSY, Ordering::Acquire, Ordering::Relaxed)
            .is_ok()
        {
            let value = make();
            // SAFETY: [LOCK] BUSY is ours alone.
            unsafe { (*self.value.get()).write(value) };
            self.state.store(FULL, Ordering::Release);
        }
        loop {
            if let Some(value) = self.get() {
                return value;
            }
            cpu::relax();
        }
    }

    /// Sets the value if there is none; gives it back if there is.
    pub fn set(&self, value: T) -> Result<(), T> {
        let mut value = Some(value);
        if self.get().is_none() {
            self.get_or_init(|| value.take().expect("the closure runs once"));
        }
        value.map_or(Ok(()), Err)
    }
}

impl<T> Default for Once<T> {
    fn default() -> Once<T> {
        Once::new()
    }
}

/// A boot-time value: written on the boot CPU before anybody reads it.
pub(crate) struct SetOnce<T: 'static> {
    value: Once<T>,
}

impl<T> SetOnce<T> {
    pub(crate) const fn new() -> SetOnce<T> {
        SetOnce { value: Once::new() }
    }

    #[inline(always)]
    pub(crate) fn get(&self) -> &T {
        self.value.get().expect("used before boot has set it")
    }

    #[inline(always)]
    pub(crate) fn try_get(&self) -> Option<&T> {
        self.value.get()
    }

    pub(crate) fn set(&self, value: T) {
        assert!(self.value.set(value).is_ok(), "set twice");
    }
}

/// A large value that one CPU fills in place at boot, once.
pub(crate) struct Early<T> {
    taken: AtomicU8,
    value: UnsafeCell<T>,
}

// SAFETY: [LOCK] `take` succeeds once, so there is one reference.
unsafe impl<T: Send> Sync for Early<T> {}

impl<T> Early<T> {
    pub(crate) const fn new(value: T) -> Early<T> {
        Early {
            taken: AtomicU8::new(0),
            value: UnsafeCell::new(value),
        }
    }

    #[expect(clippy::mut_from_ref, reason = "given out once")]
    pub(crate) fn take(&self) -> &mut T {
        assert!(self.taken.swap(1, Ordering::Acquire) == 0, "taken twice");
        // SAFETY: [LOCK] The first caller only.
        unsafe { &mut *self.value.get() }
    }
}

/// A plain spin lock without rank, for what must work at any time: console, heap.
pub(crate) struct Plain<T> {
    held: AtomicU8,
    value: UnsafeCell<T>,
}

// SAFETY: [LOCK] As for `Mutex`.
unsafe impl<T: Send> Sync for Plain<T> {}

impl<T> Plain<T> {
    pub(crate) const fn new(value: T) -> Plain<T> {
        Plain {
            held: AtomicU8::new(0),
            value: UnsafeCell::new(value),
        }
    }

    /// Runs `work` with the value. Must not be nested.
    pub(crate) fn with<R>(&self, work: impl FnOnce(&mut T) -> R) -> R {
        while self
            .held
            .compare_exchange_weak(0, 1, Ordering::Acquire, Ordering::Relaxed)
            .is_err()
        {
            x86::pause();
        }
        // SAFETY: [LOCK] `held` is ours. Holders never wait for another CPU, so plain waiting is enough.
        let result = work(unsafe { &mut *self.value.get() });
        self.held.store(0, Ordering::Release);
        result
    }

    /// Takes the lock away from whoever died with it.
    pub(crate) fn force(&self) {
        self.held.store(0, Ordering::Release);
    }
}
