//! What happens to `xl` where nobody reads what it prints.
#![forbid(unsafe_code)]

use std::process::Command;

#[test]
fn a_reader_that_has_gone_is_no_crash() {
    let config = std::env::temp_dir().join(format!("xl-pipe-{}.cfg", std::process::id()));
    std::fs::write(&config, "name = \"a\"\nkernel = \"/none\"\nmemory = 64\n").expect("written");
    let (reader, writer) = std::io::pipe().expect("a pipe");
    drop(reader);
    let output = Command::new(env!("CARGO_BIN_EXE_xl"))
        .args(["create", "-n"])
        .arg(&config)
        .stdout(writer)
        .output()
        .expect("xl runs");
    std::fs::remove_file(config).expect("removed");
    assert_eq!(output.status.code(), Some(141), "{output:?}");
    assert!(output.stderr.is_empty(), "{output:?}");
}
