//! What `xl` does where no hypervisor is asked: nobody reads what it prints, or there is none.
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

#[test]
fn without_xen_it_says_so_and_what_to_do() {
    let exists = |path: &str| std::path::Path::new(path).exists();
    if exists("/sys/hypervisor/type") || exists("/dev/xen/privcmd") {
        return; // this machine has one
    }
    for words in [&["list"][..], &["info"], &["destroy", "guest"]] {
        let output = Command::new(env!("CARGO_BIN_EXE_xl"))
            .args(words)
            .output()
            .expect("xl runs");
        assert_eq!(output.status.code(), Some(1), "{words:?}: {output:?}");
        let said = String::from_utf8_lossy(&output.stderr);
        assert!(said.contains("does not run on Xen"), "{words:?}: {said}");
        assert!(said.contains("boot menu"), "{words:?}: {said}");
    }
}
