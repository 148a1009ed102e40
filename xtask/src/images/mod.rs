//! What machines boot: kernels, ramdisks and disks, made here from Debian's packages and our tools.
//!
//! Everything is cached under `target/xenolith` and made again when what it comes from changes.

pub mod cd;
pub mod cpio;
pub mod kernel;
pub mod lxbench;
pub mod overlay;
pub mod payload;
pub mod root;
pub mod small;

/// The password of root in dom0 and guests made here.
pub const PASSWORD: &str = "xenolith";

/// Host names, which the login prompts show.
pub const DOM0_HOST: &str = "xn-dom0";
pub const GUEST_HOST: &str = "xn-guest";

/// Addresses on dom0's bridge.
pub const DOM0_ADDRESS: &str = "10.77.0.1";

/// The address of the nth guest (from 1), /24.
pub fn guest_address(number: usize) -> String {
    format!("10.77.0.{}", 10 + number)
}

/// The bridge that guests are connected to.
pub const BRIDGE: &str = "xenbr0";
