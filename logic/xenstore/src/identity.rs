//! Who asks, and what a node's permissions let him do.

use xs_wire::{Access, Permission};

use crate::DomId;

/// On whose behalf a connection acts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Identity {
    /// The domain at the other end.
    pub domain: DomId,
    /// Permissions and limits do not apply: dom0, and a domain named as privileged.
    pub privileged: bool,
    /// The domain that it may act for (`SET_TARGET`).
    pub target: Option<DomId>,
}

impl Identity {
    /// dom0 itself.
    pub const DOM0: Self = Self {
        domain: 0,
        privileged: true,
        target: None,
    };

    /// An ordinary guest.
    pub fn guest(domain: DomId) -> Self {
        Self {
            domain,
            privileged: false,
            target: None,
        }
    }

    /// Whether it may read.
    pub fn reads(&self, list: &[Permission]) -> bool {
        self.owns(list) || self.access(list).reads()
    }

    /// Whether it may write.
    pub fn writes(&self, list: &[Permission]) -> bool {
        self.owns(list) || self.access(list).writes()
    }

    /// Whether it owns the node, or might as well.
    pub fn owns(&self, list: &[Permission]) -> bool {
        self.privileged || list.first().is_some_and(|owner| self.is(owner.domain))
    }

    /// The owner of what it makes below a node with these permissions.
    pub fn owner_below(&self, list: &[Permission]) -> DomId {
        let inherited = list.first().map_or(0, |owner| owner.domain);
        // A guest that may write in another's directory pays for its nodes itself.
        if self.owns(list) {
            inherited
        } else {
            self.domain
        }
    }

    fn is(&self, domain: DomId) -> bool {
        self.domain == domain || self.target == Some(domain)
    }

    fn access(&self, list: &[Permission]) -> Access {
        let named = list.get(1..).unwrap_or_default();
        let entry = |domain| named.iter().find(|entry| entry.domain == domain);
        entry(self.domain)
            .or_else(|| self.target.and_then(entry))
            .or_else(|| list.first())
            .map_or(Access::None, |entry| entry.access)
    }
}
