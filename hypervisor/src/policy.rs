//! Who may do what to whom: domain 0 everything, others to themselves.
//!
//! [`crate::hypercall::Current::target`] and [`crate::hypercall::Current::require_privilege`] are the doors; what they
//! ask stands here, so that a finer policy has one place.
//!
//! Always: the answer does not depend on whether the other domain exists.
//!
//! Not here: what belongs to a domain's kind and is no permission, such as the features that it is told.

use abi::DomId;

use crate::domain::Domain;

/// Whether a domain may act on the one with this number.
#[inline]
pub fn may_control(who: &Domain, whom: DomId) -> bool {
    who.id == whom || may_manage(who)
}

/// Whether a domain may manage the machine and the domains on it.
#[inline]
pub fn may_manage(who: &Domain) -> bool {
    who.privileged
}
