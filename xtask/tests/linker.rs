//! `xtask/linker` on a machine without a C compiler, whose apt is one made here.

use std::fs;
use std::os::unix::fs::{PermissionsExt, symlink};
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

/// What the linker script calls besides apt and the compiler.
const TOOLS: [&str; 6] = ["sh", "id", "env", "flock", "cat", "chmod"];

/// A folder with all the programs that the machine has.
struct Machine(PathBuf);

impl Machine {
    /// One on which `apt-get install` does what the shell's text says.
    fn whose_install_does(name: &str, install: &str) -> Self {
        let bin = Path::new(env!("CARGO_TARGET_TMPDIR")).join(name);
        let _not_there = fs::remove_dir_all(&bin);
        fs::create_dir_all(&bin).expect("a folder");
        for tool in TOOLS {
            symlink(find(tool), bin.join(tool)).expect("a link");
        }
        let machine = Self(bin);
        machine.program("sudo", "exec \"$@\"");
        machine.program(
            "apt-get",
            &format!(
                "cd {}\necho \"$1\" >> asked\n[ \"$1\" != install ] || {{ {install}; }}",
                machine.0.display()
            ),
        );
        machine
    }

    fn program(&self, name: &str, text: &str) {
        let path = self.0.join(name);
        fs::write(&path, format!("#!/bin/sh\n{text}\n")).expect("a script");
        fs::set_permissions(&path, fs::Permissions::from_mode(0o755)).expect("its mode");
    }

    /// Starts the linker there; without a terminal, so that all it says is in the output.
    fn link(&self) -> std::process::Child {
        Command::new(find("setsid"))
            .arg("--wait")
            .arg(concat!(env!("CARGO_MANIFEST_DIR"), "/linker"))
            .arg("main.o")
            .env("PATH", &self.0)
            .stdout(std::process::Stdio::piped())
            .stderr(std::process::Stdio::piped())
            .spawn()
            .expect("the linker starts")
    }

    /// What apt was asked for.
    fn asked(&self) -> String {
        fs::read_to_string(self.0.join("asked")).unwrap_or_default()
    }
}

/// Where this machine has a program.
fn find(tool: &str) -> PathBuf {
    let path = std::env::var_os("PATH").expect("a PATH");
    std::env::split_paths(&path)
        .map(|folder| folder.join(tool))
        .find(|file| file.is_file())
        .unwrap_or_else(|| panic!("{tool} is not on this machine"))
}

fn said(output: &Output) -> String {
    String::from_utf8_lossy(&[&*output.stdout, &*output.stderr].concat()).into_owned()
}

/// Installs a compiler that tells what it links.
const MAKE_COMPILER: &str = "{ echo '#!/bin/sh'; echo 'echo linked \"$@\"'; } > cc; chmod 755 cc";

#[test]
fn a_compiler_that_is_there_links() {
    let machine = Machine::whose_install_does("there", "false");
    machine.program("cc", "echo linked \"$@\"");
    let output = machine.link().wait_with_output().expect("it ends");
    assert_eq!(said(&output), "linked main.o\n");
    assert_eq!(machine.asked(), "");
}

#[test]
fn a_missing_compiler_is_installed_once_for_all_who_ask() {
    let machine = Machine::whose_install_does("missing", MAKE_COMPILER);
    let links: Vec<_> = (0..4).map(|_| machine.link()).collect();
    let mut all = String::new();
    for link in links {
        let output = link.wait_with_output().expect("it ends");
        assert!(output.status.success(), "{}", said(&output));
        assert!(said(&output).contains("linked main.o"));
        all.push_str(&said(&output));
    }
    assert_eq!(all.matches("installing gcc and libc6-dev").count(), 1);
    assert_eq!(machine.asked(), "update\ninstall\n");
}

#[test]
fn an_apt_that_fails_is_told_with_the_cure() {
    let machine = Machine::whose_install_does("no-apt", "exit 100");
    let output = machine.link().wait_with_output().expect("it ends");
    assert_eq!(output.status.code(), Some(1));
    assert!(said(&output).contains("Install gcc and libc6-dev, then try again"));
}
