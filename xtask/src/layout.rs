//! Where everything lies: the checkout, and what xtask makes under `target/xenolith`.
//!
//! Always: no path leads out of the checkout, except to programs of the system.

use std::path::{Path, PathBuf};

/// The checkout's root.
pub fn root() -> PathBuf {
    let manifest = Path::new(env!("CARGO_MANIFEST_DIR"));
    manifest.parent().unwrap_or(manifest).to_path_buf()
}

/// A path in the checkout.
pub fn in_root(path: &str) -> PathBuf {
    root().join(path)
}

/// What xtask leaves for people and keeps for itself.
pub fn out() -> PathBuf {
    in_root("target/xenolith")
}

/// A path under [`out`].
pub fn in_out(path: &str) -> PathBuf {
    out().join(path)
}

/// Cargo's target directory of everything that runs on the bare machine.
pub fn bare_target() -> PathBuf {
    in_root("target/bare")
}

/// Logs of the machines that xtask booted.
pub fn logs() -> PathBuf {
    in_out("logs")
}
