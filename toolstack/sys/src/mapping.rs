//! Memory that a domain reads and writes while we do.

use core::ptr::NonNull;
use core::sync::atomic::{AtomicU8, AtomicU32, Ordering};
use std::os::fd::AsFd;

use ring::SharedMemory;
use rustix::io;
use rustix::mm::{MapFlags, ProtFlags, mmap, munmap};

/// Bytes of a page.
pub const PAGE_SIZE: usize = 4096;

/// Whole pages, mapped readable and writable and shared with whoever else has them.
#[derive(Debug)]
pub struct SharedPages {
    start: NonNull<u8>,
    len: usize,
}

// SAFETY:
// 1. [SHARED-ATOMIC] The pages are only ever reached through atomics, from any thread.
unsafe impl Send for SharedPages {}
// SAFETY:
// 1. [SHARED-ATOMIC] As above.
unsafe impl Sync for SharedPages {}

impl SharedPages {
    /// Maps `pages` pages of a device or file from byte `offset` on.
    pub fn map(file: impl AsFd, offset: u64, pages: usize) -> io::Result<Self> {
        let len = pages.checked_mul(PAGE_SIZE).ok_or(io::Errno::INVAL)?;
        let access = ProtFlags::READ | ProtFlags::WRITE;
        // SAFETY:
        // 1. [FRESH-MAPPING] Without an address the kernel picks an unused range, so nothing that
        //    Rust knows of changes.
        let start = unsafe {
            mmap(
                core::ptr::null_mut(),
                len,
                access,
                MapFlags::SHARED,
                file,
                offset,
            )?
        };
        let start = NonNull::new(start.cast()).ok_or(io::Errno::NOMEM)?;
        Ok(Self { start, len })
    }

    /// Where the pages lie, for an ioctl that wants to know.
    pub fn address(&self) -> u64 {
        self.start.as_ptr().addr() as u64
    }

    /// The bytes.
    pub fn bytes(&self) -> &[AtomicU8] {
        // SAFETY:
        // 1. [MAPPING-LIVES] `len` bytes from `start` stay mapped until `drop`.
        // 2. [SHARED-ATOMIC] They are atomics, so others may write them meanwhile.
        unsafe { core::slice::from_raw_parts(self.start.as_ptr().cast(), self.len) }
    }

    /// The aligned word at a byte offset.
    pub fn word(&self, offset: usize) -> Option<&AtomicU32> {
        let fits = offset.is_multiple_of(4) && offset.checked_add(4)? <= self.len;
        // SAFETY:
        // 1. [MAPPING-LIVES] The word lies inside the mapping, which begins on a page boundary.
        // 2. [SHARED-ATOMIC] It is an atomic.
        fits.then(|| unsafe { &*self.start.as_ptr().add(offset).cast() })
    }
}

impl SharedMemory for SharedPages {
    fn load(&self, offset: usize) -> u32 {
        self.word(offset)
            .map_or(0, |word| word.load(Ordering::Acquire))
    }

    fn store(&self, offset: usize, value: u32) {
        if let Some(word) = self.word(offset) {
            word.store(value, Ordering::Release);
        }
    }

    fn copy_out(&self, offset: usize, into: &mut [u8]) {
        let from = self.bytes().get(offset..).unwrap_or_default();
        for (to, from) in into.iter_mut().zip(from) {
            *to = from.load(Ordering::Relaxed);
        }
    }

    fn copy_in(&self, offset: usize, from: &[u8]) {
        let into = self.bytes().get(offset..).unwrap_or_default();
        for (to, from) in into.iter().zip(from) {
            to.store(*from, Ordering::Relaxed);
        }
    }
}

impl Drop for SharedPages {
    fn drop(&mut self) {
        // SAFETY:
        // 1. [MAPPING-LIVES] This value made the mapping, and nothing borrows from it any more.
        let gone = unsafe { munmap(self.start.as_ptr().cast(), self.len) };
        debug_assert!(gone.is_ok(), "munmap of our own mapping: {gone:?}");
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn page() -> SharedPages {
        let file =
            rustix::fs::memfd_create("page", rustix::fs::MemfdFlags::CLOEXEC).expect("memfd");
        rustix::fs::ftruncate(&file, PAGE_SIZE as u64).expect("room");
        SharedPages::map(&file, 0, 1).expect("mapping")
    }

    #[test]
    fn words_and_bytes_are_the_same_memory() {
        let page = page();
        page.copy_in(8, &[1, 2, 3, 4]);
        assert_eq!(page.load(8), 0x0403_0201);
        page.store(8, 0x0807_0605);
        let mut back = [0; 4];
        page.copy_out(8, &mut back);
        assert_eq!(back, [5, 6, 7, 8]);
    }

    #[test]
    fn nothing_reaches_beyond_the_page() {
        let page = page();
        assert!(page.word(PAGE_SIZE).is_none());
        assert!(page.word(PAGE_SIZE - 2).is_none());
        assert!(page.word(2).is_none());
        assert!(page.word(usize::MAX - 3).is_none());
        page.copy_in(PAGE_SIZE - 1, &[7, 7]);
        let mut back = [9; 2];
        page.copy_out(PAGE_SIZE - 1, &mut back);
        assert_eq!(back, [7, 9]);
        page.copy_in(PAGE_SIZE + 1, &[7]);
    }
}
