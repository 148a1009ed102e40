//! Identities: numbers that must not be mistaken for one another.
//!
//! Always: each is exactly the number that crosses the ABI, so a structure may hold it as it is.
//!
//! Not here: whether the thing named exists. A `RawDomId` is what a guest wrote, `DOMID_SELF` and reserved numbers
//! included; a `DomId` has `DOMID_SELF` resolved; neither is a domain.

use core::fmt;

use zerocopy::{FromBytes, Immutable, IntoBytes, KnownLayout};

/// Declares a number newtype with the traits that every identity has.
macro_rules! identity {
    ($(#[$doc:meta])* $name:ident($number:ty), $format:literal) => {
        $(#[$doc])*
        #[repr(transparent)]
        #[derive(
            Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Hash, FromBytes, IntoBytes, Immutable, KnownLayout,
        )]
        pub struct $name(pub $number);

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(f, concat!(stringify!($name), "(", $format, ")"), self.0)
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(f, $format, self.0)
            }
        }
    };
}

identity! {
    /// A frame of the machine's memory.
    Mfn(u64), "{:#x}"
}
identity! {
    /// A frame as a guest numbers its own memory (pseudo-physical); for a PV guest only its own bookkeeping.
    Pfn(u64), "{:#x}"
}
identity! {
    /// A frame as hypercalls name it: an `Mfn` for a PV guest, a `Pfn` for a translated one.
    Gfn(u64), "{:#x}"
}
identity! {
    /// A domain id as somebody wrote it: a claim, which may be `DOMID_SELF`, reserved, or nobody's.
    RawDomId(u16), "{}"
}
identity! {
    /// A domain id in which `DOMID_SELF` has been resolved.
    DomId(u16), "{}"
}

/// Gives both kinds of domain id the reserved numbers that mean the same in each.
macro_rules! reserved_domids {
    ($name:ident) => {
        impl $name {
            /// The first id that no ordinary domain may have.
            pub const FIRST_RESERVED: Self = Self(0x7ff0);
            /// Owner of memory-mapped I/O and of other frames outside of RAM.
            pub const IO: Self = Self(0x7ff1);
            /// The hypervisor as owner of frames.
            pub const XEN: Self = Self(0x7ff2);
            /// Owner of copy-on-write (shared) frames.
            pub const COW: Self = Self(0x7ff3);
            /// Nobody.
            pub const INVALID: Self = Self(0x7ff4);
            /// The idle domain.
            pub const IDLE: Self = Self(0x7fff);

            pub const fn is_reserved(self) -> bool {
                self.0 >= Self::FIRST_RESERVED.0
            }
        }
    };
}

reserved_domids!(RawDomId);
reserved_domids!(DomId);

impl RawDomId {
    /// The caller itself (`DOMID_SELF`).
    pub const SELF: Self = Self(0x7ff0);

    /// The id meant when `caller` wrote this one.
    pub const fn resolve(self, caller: DomId) -> DomId {
        if self.0 == Self::SELF.0 {
            caller
        } else {
            DomId(self.0)
        }
    }
}

impl DomId {
    /// The first domain, which runs the tools and the drivers.
    pub const DOM0: Self = Self(0);
}

impl From<DomId> for RawDomId {
    fn from(id: DomId) -> Self {
        Self(id.0)
    }
}

#[cfg(test)]
mod tests {
    use super::{DomId, RawDomId};
    use crate::xen;

    #[test]
    fn self_is_whoever_asks_and_all_others_are_themselves() {
        assert_eq!(RawDomId::SELF.resolve(DomId(7)), DomId(7));
        assert_eq!(RawDomId(3).resolve(DomId(7)), DomId(3));
        assert_eq!(RawDomId::XEN.resolve(DomId(7)), DomId::XEN);
    }

    #[test]
    fn reserved_ids_are_those_of_the_headers() {
        let ours = [
            RawDomId::FIRST_RESERVED,
            RawDomId::SELF,
            RawDomId::IO,
            RawDomId::XEN,
            RawDomId::COW,
        ];
        let header = [
            xen::DOMID_FIRST_RESERVED,
            xen::DOMID_SELF,
            xen::DOMID_IO,
            xen::DOMID_XEN,
            xen::DOMID_COW,
        ];
        assert_eq!(ours.map(|id| id.0), header);
        assert_eq!(
            [RawDomId::INVALID.0, RawDomId::IDLE.0],
            [xen::DOMID_INVALID, xen::DOMID_IDLE]
        );
        assert!(RawDomId::SELF.is_reserved() && !RawDomId(0x7fef).is_reserved());
    }
}
