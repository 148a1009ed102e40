//! Who may do what to whom: domain 0 everything, others to themselves.
//!
//! [`crate::hypercall::Current::target`] and [`crate::hypercall::Current::require_privilege`] are the doors; what they
//! ask stands here, so that a finer policy has one place.

use crate::domain::Domain;

/// Whether one domain may act on another.
pub fn may_control(who: &Domain, whom: &Domain) -> bool {
    who.privileged || who.id == whom.id
}
