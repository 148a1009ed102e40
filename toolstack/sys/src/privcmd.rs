//! Hypercalls and guest memory through `/dev/xen/privcmd`.
//!
//! [`Xen`] is the open door. Its methods are one per operation, in the submodules by header:
//! each builds the argument from slices and plain values, so no caller ever writes an address.
//! [`ForeignMap`] is a window on another domain's memory, which is copied through, never borrowed.
//!
//! Always: every address that reaches the hypervisor is null or points into a live [`Buffer`] with
//! room for what the count beside it says; a window disappears when its value is dropped.
//!
//! Not here: in which order a domain is built (`domain`), and who may do so (the hypervisor).

mod domctl;
mod memory;
mod sysctl;
mod version;

use std::cell::Cell;
use std::fs::{File, OpenOptions};
use std::io;
use std::os::unix::fs::OpenOptionsExt;
use std::ptr::{self, NonNull};

use abi::{GuestPtr, RawDomId};
use rustix::io::Errno;
use rustix::ioctl::Opcode;
use rustix::mm::{MapFlags, ProtFlags, mmap, munmap};
use zerocopy::{FromBytes, Immutable, IntoBytes};

use crate::ioctl;
use crate::mapping::SharedPages;

pub use domctl::{Affinity, HandleFree, PolicyError, SchedulerParameters};
pub use memory::{Extent, Pin};
pub use sysctl::{CpuPolicy, Cpupool, DeviceNode};
pub use version::Strings;

pub const PAGE: usize = 4096;

/// The door to the hypervisor. One thread uses it at a time.
pub struct Xen {
    privcmd: File,
    /// Memory whose pages the kernel never moves, so that the hypervisor may write to them.
    buffers: Option<File>,
    /// Most arguments are small: they share one mapping, taken from the front.
    arena: Mapping,
    used: Cell<usize>,
    live: Cell<usize>,
    /// The number of the domain that was created last.
    created: Cell<RawDomId>,
}

const ARENA: usize = 16 * PAGE;

impl Xen {
    /// Opens the door; fails if this kernel does not run on Xen, or the caller is not root.
    pub fn open() -> io::Result<Self> {
        let open = |path| {
            OpenOptions::new()
                .read(true)
                .write(true)
                .custom_flags(CLOEXEC)
                .open(path)
        };
        let privcmd = open("/dev/xen/privcmd")?;
        let buffers = open("/dev/xen/hypercall").ok();
        let arena = Mapping::of_buffers(buffers.as_ref(), ARENA)?;
        Ok(Self {
            privcmd,
            buffers,
            arena,
            used: Cell::new(0),
            live: Cell::new(0),
            created: Cell::new(RawDomId(0)),
        })
    }

    /// Room for `len` bytes that a hypercall can reach, all zero.
    fn buffer(&self, len: usize) -> Result<Buffer<'_>, Errno> {
        let start = self.used.get();
        let end = start
            .checked_add(len)
            .ok_or(Errno::NOMEM)?
            .next_multiple_of(16);
        self.live.set(self.live.get() + 1);
        if end <= ARENA {
            self.used.set(end);
            // SAFETY: [ARENA-SLICES] `start + len <= ARENA`, so the result is inside the mapping.
            let at = unsafe { self.arena.at.add(start) };
            let buffer = Buffer {
                xen: self,
                at,
                len,
                own: None,
            };
            buffer.clear();
            return Ok(buffer);
        }
        match Mapping::of_buffers(self.buffers.as_ref(), len.next_multiple_of(PAGE)) {
            Ok(own) => Ok(Buffer {
                xen: self,
                at: own.at,
                len,
                own: Some(own),
            }),
            Err(errno) => {
                self.live.set(self.live.get() - 1);
                Err(errno)
            }
        }
    }

    fn buffer_of(&self, bytes: &[u8]) -> Result<Buffer<'_>, Errno> {
        let mut buffer = self.buffer(bytes.len())?;
        buffer.write(bytes);
        Ok(buffer)
    }

    /// Issues one hypercall.
    ///
    /// # Safety
    /// [HYPERCALL-HANDLES] Every address in `args`, and every handle in memory that they lead to,
    /// is null or points into a live `Buffer` with room for what the operation writes.
    unsafe fn call(&self, op: u32, args: [u64; 5]) -> Result<i32, Errno> {
        let mut request = Hypercall {
            op: u64::from(op),
            args,
        };
        // SAFETY: [HYPERCALL-HANDLES] The caller vouches for the addresses.
        unsafe { ioctl::call(&self.privcmd, HYPERCALL, &mut request) }
    }

    /// Issues a hypercall with a sub-operation and one argument in memory, and reads it back.
    ///
    /// # Safety
    /// [HYPERCALL-HANDLES] As for [`Xen::call`], for every handle inside `argument`.
    unsafe fn call_with<T>(&self, op: u32, cmd: u32, argument: &mut T) -> Result<i32, Errno>
    where
        T: IntoBytes + FromBytes + Immutable,
    {
        let buffer = self.buffer_of(argument.as_bytes())?;
        // SAFETY: [HYPERCALL-HANDLES] `buffer` holds a `T`; the caller vouches for its handles.
        let result = unsafe { self.call(op, [u64::from(cmd), buffer.address(), 0, 0, 0]) };
        buffer.read(argument.as_mut_bytes());
        result
    }

    /// Opens a window on frames of another domain.
    pub fn map_foreign(&self, domain: RawDomId, frames: &[u64]) -> Result<ForeignMap, Errno> {
        let len = frames
            .len()
            .checked_mul(PAGE)
            .filter(|&n| n > 0)
            .ok_or(Errno::INVAL)?;
        let mapping = Mapping::of(Some(&self.privcmd), len)?;
        let mut errors = vec![0i32; frames.len()];
        let mut batch = MapBatch {
            num: u32::try_from(frames.len()).map_err(|_| Errno::INVAL)?,
            domain: domain.0,
            pad: 0,
            address: mapping.at.as_ptr() as u64,
            frames: frames.as_ptr(),
            errors: errors.as_mut_ptr(),
        };
        // SAFETY: [MAP-BATCH] `address` is a fresh mapping of privcmd with `num` pages, and the
        // two arrays have `num` elements.
        unsafe { ioctl::call(&self.privcmd, MMAPBATCH_V2, &mut batch)? };
        match errors.iter().find(|&&error| error != 0) {
            None => Ok(ForeignMap { mapping, len }),
            Some(&error) => Err(Errno::from_raw_os_error(error.saturating_abs())),
        }
    }

    /// Maps a frame of another domain that it reads and writes while we do, such as a ring.
    pub fn map_shared(&self, domain: RawDomId, frame: u64) -> Result<SharedPages, Errno> {
        let page = SharedPages::map(&self.privcmd, 0, 1)?;
        let mut error = 0i32;
        let mut batch = MapBatch {
            num: 1,
            domain: domain.0,
            pad: 0,
            address: page.address(),
            frames: &raw const frame,
            errors: &raw mut error,
        };
        // SAFETY: [MAP-BATCH] `address` is a fresh mapping of privcmd with one page, and both
        // arrays have one element. The page is only ever reached through atomics.
        unsafe { ioctl::call(&self.privcmd, MMAPBATCH_V2, &mut batch)? };
        match error {
            0 => Ok(page),
            error => Err(Errno::from_raw_os_error(error.saturating_abs())),
        }
    }

    /// Opens a window on a resource of another domain, such as the first page of its grant table.
    pub fn map_resource(
        &self,
        domain: RawDomId,
        kind: u16,
        id: u32,
        first: u32,
        pages: usize,
    ) -> Result<ForeignMap, Errno> {
        let len = pages
            .checked_mul(PAGE)
            .filter(|&n| n > 0)
            .ok_or(Errno::INVAL)?;
        let mapping = Mapping::of(Some(&self.privcmd), len)?;
        let mut request = MapResource {
            domain: domain.0,
            pad: 0,
            kind: u32::from(kind),
            id,
            first,
            num: pages as u64,
            address: mapping.at.as_ptr() as u64,
        };
        // SAFETY: [MAP-BATCH] `address` is a fresh mapping of privcmd with `num` pages.
        unsafe { ioctl::call(&self.privcmd, MMAP_RESOURCE, &mut request)? };
        Ok(ForeignMap { mapping, len })
    }
}

/// `O_CLOEXEC`: a script that we start must not inherit the door.
const CLOEXEC: i32 = rustix::fs::OFlags::CLOEXEC.bits() as i32;

const HYPERCALL: Opcode = ioctl::number::<Hypercall>(b'P', 0);
const MMAPBATCH_V2: Opcode = ioctl::number::<MapBatch>(b'P', 4);
const MMAP_RESOURCE: Opcode = ioctl::number::<MapResource>(b'P', 7);

const _: () = assert!(size_of::<Hypercall>() == 48 && size_of::<MapBatch>() == 32);
const _: () = assert!(size_of::<MapResource>() == 32);

/// `struct privcmd_hypercall`.
#[repr(C)]
struct Hypercall {
    op: u64,
    args: [u64; 5],
}

/// `struct privcmd_mmapbatch_v2`.
#[repr(C)]
struct MapBatch {
    num: u32,
    domain: u16,
    pad: u16,
    address: u64,
    frames: *const u64,
    errors: *mut i32,
}

/// `struct privcmd_mmap_resource`.
#[repr(C)]
struct MapResource {
    domain: u16,
    pad: u16,
    kind: u32,
    id: u32,
    first: u32,
    num: u64,
    address: u64,
}

/// A mapping that is ours alone, undone on drop.
struct Mapping {
    at: NonNull<u8>,
    len: usize,
}

impl Mapping {
    fn of(file: Option<&File>, len: usize) -> Result<Self, Errno> {
        let protection = ProtFlags::READ | ProtFlags::WRITE;
        // SAFETY: [OWN-MAPPING] No address is asked for, so no existing mapping is replaced.
        let at = unsafe {
            match file {
                Some(file) => mmap(ptr::null_mut(), len, protection, MapFlags::SHARED, file, 0)?,
                None => rustix::mm::mmap_anonymous(
                    ptr::null_mut(),
                    len,
                    protection,
                    MapFlags::PRIVATE | MapFlags::LOCKED,
                )?,
            }
        };
        let at = NonNull::new(at.cast()).ok_or(Errno::NOMEM)?;
        Ok(Self { at, len })
    }

    /// Memory for hypercall arguments. Without the device (kernels before 4.18) locked memory
    /// must do, which page migration may make unreachable for a moment.
    fn of_buffers(device: Option<&File>, len: usize) -> Result<Self, Errno> {
        let mapping = Self::of(device, len)?;
        // SAFETY: [OWN-MAPPING] `len` bytes from `at` are this mapping. Writing makes each page
        // present, as the hypervisor needs it.
        unsafe { mapping.at.as_ptr().write_bytes(0, len) };
        Ok(mapping)
    }
}

impl Drop for Mapping {
    fn drop(&mut self) {
        // SAFETY: [OWN-MAPPING] Made in `of`, undone once, and no reference into it was ever made.
        let _ = unsafe { munmap(self.at.as_ptr().cast(), self.len) };
    }
}

/// Memory that a hypercall reads and writes.
struct Buffer<'a> {
    xen: &'a Xen,
    at: NonNull<u8>,
    len: usize,
    own: Option<Mapping>,
}

impl Buffer<'_> {
    fn address(&self) -> u64 {
        self.at.as_ptr() as u64
    }

    fn handle<T>(&self) -> GuestPtr<T> {
        GuestPtr::from_addr(self.address())
    }

    fn clear(&self) {
        // SAFETY: [ARENA-SLICES] `len` bytes from `at` are this buffer's alone.
        unsafe { self.at.as_ptr().write_bytes(0, self.len) };
    }

    /// Copies `bytes` to the front; more than there is room for is left out.
    fn write(&mut self, bytes: &[u8]) {
        let len = bytes.len().min(self.len);
        // SAFETY: [ARENA-SLICES] `len` is at most either side's length; a Rust slice never lies in
        // hypercall memory.
        unsafe { ptr::copy_nonoverlapping(bytes.as_ptr(), self.at.as_ptr(), len) };
    }

    /// Copies from the front.
    fn read(&self, bytes: &mut [u8]) {
        let len = bytes.len().min(self.len);
        // SAFETY: [ARENA-SLICES] As in `write`.
        unsafe { ptr::copy_nonoverlapping(self.at.as_ptr(), bytes.as_mut_ptr(), len) };
    }
}

impl Drop for Buffer<'_> {
    fn drop(&mut self) {
        debug_assert!(self.own.is_some() || self.xen.used.get() > 0 || self.len == 0);
        let live = self.xen.live.get().saturating_sub(1);
        self.xen.live.set(live);
        if live == 0 {
            self.xen.used.set(0);
        }
    }
}

/// A window on memory of another domain. Dropping it closes it.
pub struct ForeignMap {
    mapping: Mapping,
    len: usize,
}

impl ForeignMap {
    /// Bytes in the window.
    pub fn len(&self) -> usize {
        self.len
    }

    pub fn is_empty(&self) -> bool {
        self.len == 0
    }

    /// Writes at `offset`; fails when that is not wholly inside the window.
    pub fn write(&mut self, offset: usize, bytes: &[u8]) -> Result<(), OutsideWindow> {
        let at = self.range(offset, bytes.len())?;
        // SAFETY: [FOREIGN-COPY] `range` checked that the bytes are inside the window. Another
        // domain may change them meanwhile, which is why nothing but copies ever touches them.
        unsafe { ptr::copy_nonoverlapping(bytes.as_ptr(), at, bytes.len()) };
        Ok(())
    }

    /// Reads at `offset`.
    pub fn read(&self, offset: usize, bytes: &mut [u8]) -> Result<(), OutsideWindow> {
        let at = self.range(offset, bytes.len())?;
        // SAFETY: [FOREIGN-COPY] As in `write`.
        unsafe { ptr::copy_nonoverlapping(at.cast_const(), bytes.as_mut_ptr(), bytes.len()) };
        Ok(())
    }

    /// Fills with zeros.
    pub fn clear(&mut self, offset: usize, len: usize) -> Result<(), OutsideWindow> {
        let at = self.range(offset, len)?;
        // SAFETY: [FOREIGN-COPY] As in `write`.
        unsafe { at.write_bytes(0, len) };
        Ok(())
    }

    fn range(&self, offset: usize, len: usize) -> Result<*mut u8, OutsideWindow> {
        match offset.checked_add(len) {
            // SAFETY: [FOREIGN-COPY] `offset` is at most the length of the mapping.
            Some(end) if end <= self.len => Ok(unsafe { self.mapping.at.as_ptr().add(offset) }),
            _ => Err(OutsideWindow),
        }
    }
}

/// An access that does not lie wholly inside a window.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct OutsideWindow;

impl From<OutsideWindow> for Errno {
    fn from(_: OutsideWindow) -> Self {
        Errno::FAULT
    }
}
