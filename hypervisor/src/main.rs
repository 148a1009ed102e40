//! The hypervisor's image: the machine hands over to the body.
#![cfg_attr(target_os = "none", no_std, no_main)]
#![forbid(unsafe_code)]

#[cfg(target_os = "none")]
metal::entry!(hypervisor::start::start);

/// On the host there is nothing to boot.
#[cfg(not(target_os = "none"))]
fn main() {
    eprintln!(
        "xenolith is an image for the bare machine: `cargo xtask build` makes it, `cargo xtask demo` boots it"
    );
    std::process::exit(1);
}
