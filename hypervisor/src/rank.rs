//! The order in which locks are taken: a CPU that holds one rank may only take a higher one.
//!
//! Always: every `Mutex` and `RwLock` of the body names its rank here, lowest first.

use metal::sync::Rank;

/// The making of domains, one at a time.
pub const CREATION: Rank = Rank(10);
/// A domain's life cycle (shutdown, destruction).
pub const LIFECYCLE: Rank = Rank(20);
/// A domain's event channels; never two domains'.
pub const EVENTS: Rank = Rank(30);
/// A domain's grant table; never two domains'.
pub const GRANTS: Rank = Rank(40);
/// Devices' interrupts.
pub const PIRQS: Rank = Rank(45);
/// The machine's interrupt routes.
pub const ROUTES: Rank = Rank(46);
/// A virtual CPU's slot for its state.
pub const VCPU_STATE: Rank = Rank(50);
/// The scheduler.
pub const SCHEDULER: Rank = Rank(60);
/// One CPU's timers.
pub const TIMERS: Rank = Rank(70);
/// The table of domains: looked at under any other lock, and none is taken under it.
pub const DOMAIN_TABLE: Rank = Rank(75);
/// Free memory.
pub const ALLOCATOR: Rank = Rank(80);
/// The console's ring.
pub const CONSOLE: Rank = Rank(90);
