#![cfg_attr(target_os = "none", no_std, no_main)]
#![forbid(unsafe_code)]

#[cfg(target_os = "none")]
kit::guest!(hello);
#[cfg(target_os = "none")]
fn hello() {
    kit::report::pass("hello");
}
#[cfg(not(target_os = "none"))]
fn main() {}
