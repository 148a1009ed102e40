//! Links the guest as the kit lays it out.

fn main() {
    println!("cargo::rerun-if-changed=../kit/guest.ld");
    if std::env::var("CARGO_CFG_TARGET_OS").as_deref() == Ok("none") {
        let dir = std::env::var("CARGO_MANIFEST_DIR").expect("cargo names the package's folder");
        println!("cargo::rustc-link-arg-bins=-T{dir}/../kit/guest.ld");
        // A static image at a fixed address, whatever the target's default.
        println!("cargo::rustc-link-arg-bins=--no-pie");
        println!("cargo::rustc-link-arg-bins=-znorelro");
        println!("cargo::rustc-link-arg-bins=--build-id=none");
    }
}
