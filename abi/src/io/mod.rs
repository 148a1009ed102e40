//! Paravirtual devices: what frontends and backends share (headers below `io/`).

pub mod blkif;
pub mod console;
pub mod netif;
pub mod protocols;
pub mod ring;
pub mod xenbus;
pub mod xs_wire;
