//! Error numbers, as hypercalls return them (negated) and as xenstore spells them (by name).
//!
//! Always: the number inside is positive. The numbers look like those of Linux on x86 because the interface took
//! them over, but they belong to the interface: they are the same whatever kernel runs in the guest.
//!
//! Not here: what went wrong in words. Each noun has an error type of its own and one `From` into this one.

use core::fmt;

/// An error number of the hypercall interface (`enum xen_errno`).
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Errno(pub i32);

/// Declares the known numbers once, for the constants, the names and the explanations.
macro_rules! errnos {
    ($($name:ident = $number:literal, $words:literal;)*) => {
        impl Errno {
            $(#[doc = concat!($words, ".")] pub const $name: Self = Self($number);)*

            /// Every number that has a name, in ascending order.
            pub const ALL: &'static [Self] = &[$(Self::$name),*];

            /// The name in capitals, if the number is one that the interface knows.
            pub const fn name(self) -> Option<&'static str> {
                match self {
                    $(Self::$name => Some(stringify!($name)),)*
                    _ => None,
                }
            }

            /// What the number means, in a few words.
            pub const fn words(self) -> &'static str {
                match self {
                    $(Self::$name => $words,)*
                    _ => "Unknown error",
                }
            }
        }
    };
}

errnos! {
    EPERM = 1, "Operation not permitted";
    ENOENT = 2, "No such file or entry";
    ESRCH = 3, "No such domain or process";
    EINTR = 4, "Interrupted (inside the hypervisor only)";
    EIO = 5, "Input or output error";
    ENXIO = 6, "No such device or address";
    E2BIG = 7, "Argument list too long";
    ENOEXEC = 8, "Not an image that can be run";
    EBADF = 9, "Bad file number";
    ECHILD = 10, "No child processes";
    EAGAIN = 11, "Try again";
    ENOMEM = 12, "Out of memory";
    EACCES = 13, "Access denied; an interface version that does not match";
    EFAULT = 14, "Bad address";
    EBUSY = 16, "Busy";
    EEXIST = 17, "Exists already";
    EXDEV = 18, "Link across devices";
    ENODEV = 19, "No such device";
    ENOTDIR = 20, "Not a directory";
    EISDIR = 21, "Is a directory";
    EINVAL = 22, "Invalid argument";
    ENFILE = 23, "Table overflow";
    EMFILE = 24, "Too many open files";
    ENOSPC = 28, "No space left";
    EROFS = 30, "Read-only";
    EMLINK = 31, "Too many links";
    EDOM = 33, "Argument outside of the domain of the function";
    ERANGE = 34, "Result out of range";
    EDEADLK = 35, "A deadlock would occur";
    ENAMETOOLONG = 36, "Name too long";
    ENOLCK = 37, "No locks left";
    ENOSYS = 38, "Not implemented";
    ENOTEMPTY = 39, "Directory not empty";
    ENODATA = 61, "No data";
    ETIME = 62, "Timer expired";
    EBADMSG = 74, "Bad message";
    EOVERFLOW = 75, "Value too large";
    EILSEQ = 84, "Illegal byte sequence";
    ERESTART = 85, "To be started again (inside the hypervisor only)";
    ENOTSOCK = 88, "Not a socket";
    EMSGSIZE = 90, "Message too long";
    EOPNOTSUPP = 95, "Operation not supported";
    EADDRINUSE = 98, "Address in use";
    EADDRNOTAVAIL = 99, "Address not available";
    ENOBUFS = 105, "No buffer space";
    EISCONN = 106, "Connected already";
    ENOTCONN = 107, "Not connected";
    ETIMEDOUT = 110, "Timed out";
    ECONNREFUSED = 111, "Connection refused";
}

impl Errno {
    /// Another name of `EAGAIN`.
    pub const EWOULDBLOCK: Self = Self::EAGAIN;
    /// Another name of `EDEADLK`.
    pub const EDEADLOCK: Self = Self::EDEADLK;

    /// The result of a hypercall that failed so: the number, negated.
    pub const fn to_abi(self) -> i64 {
        // Widened first, so that no value of the inner number can overflow.
        (self.0 as i64).wrapping_neg()
    }

    /// The same as the bits of a register.
    pub const fn to_register(self) -> u64 {
        self.to_abi() as u64
    }

    /// What a hypercall's result says: a value, or the error when it lies in the last page of numbers.
    pub const fn from_register(result: u64) -> Result<u64, Self> {
        let signed = result as i64;
        if signed < 0 && signed >= -4095 {
            Err(Self(signed.wrapping_neg() as i32))
        } else {
            Ok(result)
        }
    }

    /// The number with this name (`"ENOENT"`), as the xenstore protocol writes errors.
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL
            .iter()
            .copied()
            .find(|errno| errno.name() == Some(name))
    }
}

impl fmt::Debug for Errno {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.name() {
            Some(name) => f.write_str(name),
            None => write!(f, "Errno({})", self.0),
        }
    }
}

impl fmt::Display for Errno {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.name() {
            Some(name) => write!(f, "{} ({name})", self.words()),
            None => write!(f, "{} {}", self.words(), self.0),
        }
    }
}

impl core::error::Error for Errno {}

#[cfg(test)]
mod tests {
    use super::Errno;

    #[test]
    fn a_failed_hypercall_returns_the_negated_number_and_it_comes_back() {
        assert_eq!(Errno::EFAULT.to_abi(), -14);
        assert_eq!(Errno::EFAULT.to_register(), 0xffff_ffff_ffff_fff2);
        for &errno in Errno::ALL {
            assert_eq!(Errno::from_register(errno.to_register()), Err(errno));
        }
        assert_eq!(Errno::from_register(0x4_0014), Ok(0x4_0014));
        // An address in the upper half is a value, not an error.
        assert_eq!(
            Errno::from_register(0xffff_8000_0000_0000),
            Ok(0xffff_8000_0000_0000)
        );
    }

    #[test]
    fn names_go_both_ways() {
        for &errno in Errno::ALL {
            assert_eq!(Errno::from_name(errno.name().unwrap()), Some(errno));
        }
        assert_eq!(Errno::from_name("EWHAT"), None);
        assert_eq!(Errno(4000).name(), None);
    }
}
