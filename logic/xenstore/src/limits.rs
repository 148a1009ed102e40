//! What one unprivileged domain may make the store keep.

/// The quotas, with the values of `oxenstored.conf` as a start.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// Nodes that a domain may own.
    pub nodes: u32,
    /// Bytes of one value.
    pub node_size: usize,
    /// Watches of one connection.
    pub watches: usize,
    /// Transactions open at a time on one connection.
    pub transactions: usize,
    /// Requests within one transaction.
    pub requests: usize,
    /// Entries in one node's permissions.
    pub permissions: usize,
    /// Bytes of a path, for everybody.
    pub path: usize,
    /// Watch events that wait for one connection before they are merged.
    pub events: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            nodes: 1000,
            node_size: 2048,
            watches: 100,
            transactions: 10,
            requests: 1024,
            permissions: 32,
            path: 1024,
            events: 1024,
        }
    }
}

impl Limits {
    /// Sets the limit that `oxenstored.conf` or `xenstore-control quota set` calls `name`.
    pub fn set(&mut self, name: &str, value: u32) -> bool {
        let size = usize::try_from(value).unwrap_or(usize::MAX);
        match name {
            "nodes" | "quota-maxentity" => self.nodes = value,
            "node-size" | "quota-maxsize" => self.node_size = size,
            "watches" | "quota-maxwatch" => self.watches = size,
            "transactions" | "quota-transaction" => self.transactions = size,
            "transaction-nodes" | "quota-maxrequests" => self.requests = size,
            "node-permissions" => self.permissions = size,
            "path-length" | "quota-path-max" => self.path = size.min(xs_wire::ABS_PATH_MAX),
            "outstanding" | "quota-maxwatchevents" => self.events = size,
            _ => return false,
        }
        true
    }

    /// Every limit by name, for people.
    pub fn list(&self) -> [(&'static str, usize); 8] {
        [
            ("nodes", usize::try_from(self.nodes).unwrap_or(usize::MAX)),
            ("node-size", self.node_size),
            ("node-permissions", self.permissions),
            ("watches", self.watches),
            ("transactions", self.transactions),
            ("transaction-nodes", self.requests),
            ("path-length", self.path),
            ("outstanding", self.events),
        ]
    }
}
