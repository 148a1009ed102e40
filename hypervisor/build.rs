//! Gives the linker the image's layout when the hypervisor is built for the bare machine.

fn main() {
    println!("cargo:rerun-if-changed=link.ld");
    println!("cargo:rerun-if-changed=build.rs");
    if std::env::var("CARGO_CFG_TARGET_OS").as_deref() == Ok("none") {
        let folder = std::env::var("CARGO_MANIFEST_DIR").expect("cargo sets it");
        for argument in [&format!("--script={folder}/link.ld"), "--no-pie", "--gc-sections", "-znoexecstack", "--build-id=none"] {
            println!("cargo:rustc-link-arg-bins={argument}");
        }
    }
}
