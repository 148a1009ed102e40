//! Locks and cells that are written once, over the standard library's.
//!
//! Always: who waits calls `cpu::relax`, which lets other CPUs have a turn and ends the test if nothing ever comes of
//! it; a CPU that holds a rank takes only that rank or a higher one.

use crate::{cpu, world};
use core::fmt;
use core::ops::{Deref, DerefMut};
use std::sync::{OnceLock, PoisonError, TryLockError};

/// The place of a lock in the order in which locks are taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Rank(pub u8);

/// The note that a CPU holds a rank.
struct Held(Rank, types::CpuId);

impl Held {
    fn enter(rank: Rank) -> Held {
        let mut local = world::local();
        let highest = local.ranks.iter().copied().max();
        let fine = highest.is_none_or(|held| held <= rank.0);
        if fine {
            local.ranks.push(rank.0);
        }
        drop(local);
        assert!(fine, "lock of rank {} taken under rank {highest:?}", rank.0);
        Held(rank, cpu::this())
    }
}

impl Drop for Held {
    fn drop(&mut self) {
        if let Some(mut processor) = world::processor(self.1)
            && let Some(at) = processor.ranks.iter().rposition(|held| *held == self.0.0)
        {
            processor.ranks.remove(at);
        }
    }
}

/// Waits until an attempt succeeds.
fn wait<G>(mut attempt: impl FnMut() -> Option<G>) -> G {
    let mut patience = cpu::Patience::new();
    loop {
        if let Some(guard) = attempt() {
            return guard;
        }
        patience.wait("a lock");
    }
}

/// A lock's answer. A test that died with the lock left a value that is as good as any.
fn answer<G>(result: Result<G, TryLockError<G>>) -> Option<G> {
    match result {
        Ok(guard) => Some(guard),
        Err(TryLockError::Poisoned(error)) => Some(error.into_inner()),
        Err(TryLockError::WouldBlock) => None,
    }
}

/// Mutual exclusion.
pub struct Mutex<T: ?Sized> {
    rank: Rank,
    value: std::sync::Mutex<T>,
}

impl<T> Mutex<T> {
    /// A free lock.
    pub const fn new(rank: Rank, value: T) -> Mutex<T> {
        Mutex {
            rank,
            value: std::sync::Mutex::new(value),
        }
    }

    /// The value, when the lock is no longer needed.
    pub fn into_inner(self) -> T {
        self.value
            .into_inner()
            .unwrap_or_else(PoisonError::into_inner)
    }
}

impl<T: ?Sized> Mutex<T> {
    /// Waits for the lock.
    pub fn lock(&self) -> MutexGuard<'_, T> {
        let held = Held::enter(self.rank);
        let value = wait(|| answer(self.value.try_lock()));
        MutexGuard { value, _held: held }
    }

    /// The lock, if it is free now.
    pub fn try_lock(&self) -> Option<MutexGuard<'_, T>> {
        let value = answer(self.value.try_lock())?;
        Some(MutexGuard {
            value,
            _held: Held::enter(self.rank),
        })
    }

    /// The value, to whom owns the lock itself.
    pub fn get_mut(&mut self) -> &mut T {
        self.value.get_mut().unwrap_or_else(PoisonError::into_inner)
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
    value: std::sync::MutexGuard<'a, T>,
    _held: Held,
}

impl<T: ?Sized> Deref for MutexGuard<'_, T> {
    type Target = T;
    fn deref(&self) -> &T {
        &self.value
    }
}

impl<T: ?Sized> DerefMut for MutexGuard<'_, T> {
    fn deref_mut(&mut self) -> &mut T {
        &mut self.value
    }
}

/// Many readers or one writer.
pub struct RwLock<T: ?Sized> {
    rank: Rank,
    value: std::sync::RwLock<T>,
}

impl<T> RwLock<T> {
    /// A free lock.
    pub const fn new(rank: Rank, value: T) -> RwLock<T> {
        RwLock {
            rank,
            value: std::sync::RwLock::new(value),
        }
    }
}

impl<T: ?Sized> RwLock<T> {
    /// Waits until there is no writer.
    pub fn read(&self) -> ReadGuard<'_, T> {
        let held = Held::enter(self.rank);
        let value = wait(|| answer(self.value.try_read()));
        ReadGuard { value, _held: held }
    }

    /// Waits until there is nobody else.
    pub fn write(&self) -> WriteGuard<'_, T> {
        let held = Held::enter(self.rank);
        let value = wait(|| answer(self.value.try_write()));
        WriteGuard { value, _held: held }
    }

    /// The value, to whom owns the lock itself.
    pub fn get_mut(&mut self) -> &mut T {
        self.value.get_mut().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The right to read what an [`RwLock`] holds.
pub struct ReadGuard<'a, T: ?Sized> {
    value: std::sync::RwLockReadGuard<'a, T>,
    _held: Held,
}

impl<T: ?Sized> Deref for ReadGuard<'_, T> {
    type Target = T;
    fn deref(&self) -> &T {
        &self.value
    }
}

/// The right to change what an [`RwLock`] holds.
pub struct WriteGuard<'a, T: ?Sized> {
    value: std::sync::RwLockWriteGuard<'a, T>,
    _held: Held,
}

impl<T: ?Sized> Deref for WriteGuard<'_, T> {
    type Target = T;
    fn deref(&self) -> &T {
        &self.value
    }
}

impl<T: ?Sized> DerefMut for WriteGuard<'_, T> {
    fn deref_mut(&mut self) -> &mut T {
        &mut self.value
    }
}

/// A value that is made once and read ever after.
pub struct Once<T>(OnceLock<T>);

impl<T> Once<T> {
    /// Nothing yet.
    pub const fn new() -> Once<T> {
        Once(OnceLock::new())
    }

    /// The value, if it is there.
    pub fn get(&self) -> Option<&T> {
        self.0.get()
    }

    /// The value; the first caller makes it.
    pub fn get_or_init(&self, make: impl FnOnce() -> T) -> &T {
        self.0.get_or_init(make)
    }

    /// Sets the value if there is none; gives it back if there is.
    pub fn set(&self, value: T) -> Result<(), T> {
        self.0.set(value)
    }
}

impl<T> Default for Once<T> {
    fn default() -> Once<T> {
        Once::new()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::panic::catch_unwind;

    #[test]
    fn the_order_of_locks_is_kept() {
        let (low, high) = (Mutex::new(Rank(1), ()), Mutex::new(Rank(2), ()));
        let _test = crate::cpu::tests::turn();
        drop((low.lock(), high.lock()));
        let wrong = catch_unwind(|| {
            let _high = high.lock();
            let _low = low.lock();
        });
        assert!(wrong.is_err());
        // The failure left nothing behind.
        drop((low.lock(), high.lock()));
    }
}
