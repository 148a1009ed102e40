//! Guest handles: addresses that another party names, and that nobody here ever follows.
//!
//! Always: a `GuestPtr` is a number with a type beside it; making one touches no memory and proves nothing.
//!
//! Not here: reading and writing through it (`metal` in the hypervisor, `sys` in the tools).

use core::fmt;
use core::marker::PhantomData;

use zerocopy::{FromBytes, Immutable, IntoBytes, KnownLayout};

/// A claim that a `T` (or an array of them) lies at this address of the caller (`XEN_GUEST_HANDLE(T)`).
#[repr(transparent)]
#[derive(FromBytes, IntoBytes, Immutable, KnownLayout)]
pub struct GuestPtr<T> {
    address: u64,
    element: PhantomData<T>,
}

impl<T> GuestPtr<T> {
    /// The null handle: "no buffer".
    pub const NULL: Self = Self::from_addr(0);

    pub const fn from_addr(address: u64) -> Self {
        Self {
            address,
            element: PhantomData,
        }
    }

    pub const fn addr(self) -> u64 {
        self.address
    }

    pub const fn is_null(self) -> bool {
        self.address == 0
    }

    /// The handle of element `index` of the array that this one points to. Wraps, as the guest's own sum would.
    pub const fn offset(self, index: u64) -> Self {
        Self::from_addr(
            self.address
                .wrapping_add(index.wrapping_mul(size_of::<T>() as u64)),
        )
    }

    /// The same address, taken to hold a `U`.
    pub const fn cast<U>(self) -> GuestPtr<U> {
        GuestPtr::from_addr(self.address)
    }
}

// By hand: the derives would ask `T` for the same, which says nothing about a number.
impl<T> Clone for GuestPtr<T> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<T> Copy for GuestPtr<T> {}

impl<T> PartialEq for GuestPtr<T> {
    fn eq(&self, other: &Self) -> bool {
        self.address == other.address
    }
}

impl<T> Eq for GuestPtr<T> {}

impl<T> Default for GuestPtr<T> {
    fn default() -> Self {
        Self::NULL
    }
}

impl<T> fmt::Debug for GuestPtr<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "GuestPtr({:#x})", self.address)
    }
}

const _: () = assert!(size_of::<GuestPtr<u8>>() == 8 && align_of::<GuestPtr<u8>>() == 8);

#[cfg(test)]
mod tests {
    use super::GuestPtr;

    #[test]
    fn elements_lie_one_after_another_and_the_sum_wraps() {
        let table = GuestPtr::<u32>::from_addr(0x1000);
        assert_eq!(table.offset(3).addr(), 0x100c);
        assert_eq!(GuestPtr::<u64>::from_addr(u64::MAX - 7).offset(1).addr(), 0);
        assert_eq!(table.offset(u64::MAX).addr(), 0xffc);
        assert_eq!(table.cast::<u8>().offset(1).addr(), 0x1001);
    }

    #[test]
    fn null_means_no_buffer() {
        assert!(GuestPtr::<u8>::NULL.is_null());
        assert!(!GuestPtr::<u8>::from_addr(8).is_null());
    }
}
