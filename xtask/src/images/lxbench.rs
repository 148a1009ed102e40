//! The ramdisk of the Linux benchmark: `lxbench` as the first process, and a program for it to start.

use crate::commands::build;
use crate::images::cpio::Archive;
use crate::{layout, sh};
use anyhow::Result;
use std::path::PathBuf;

/// Makes the ramdisk.
pub fn made() -> Result<PathBuf> {
    let program = layout::in_out("lxbench-exit");
    sh::write(&program, exiting_program())?;
    let mut files = Archive::default();
    files.copy("init", 0o755, &build::lxbench()?);
    files.copy("exit", 0o755, &program);
    files.folder("sys");
    files.device("dev/console", 5, 1);
    files.device("dev/zero", 1, 5);
    let out = layout::in_out("lxbench.img");
    files.made(&out, "making the Linux benchmark")?;
    Ok(out)
}

/// A static program that ends with 0, written out by hand: what starting it costs is then the
/// kernel's work and not that of a language's runtime. Like any small program it has a page of
/// code, one of data and one that starts as zeros, and uses each.
fn exiting_program() -> Vec<u8> {
    const BASE: u64 = 0x40_0000;
    const DATA: u64 = BASE + 0x1000;
    const ZEROS: u32 = 0x40_2000;
    const HEADER: u64 = 64;
    const SEGMENT: u64 = 56;
    const CODE_AT: u64 = HEADER + 2 * SEGMENT;
    let mut code = Vec::new();
    for page in [DATA as u32, ZEROS] {
        code.extend([0xc6, 0x04, 0x25]); // mov byte [page], 1
        code.extend(page.to_le_bytes());
        code.push(1);
    }
    code.extend([0x31, 0xff]); // xor edi, edi
    code.extend([0xb8, 231, 0, 0, 0]); // mov eax, exit_group
    code.extend([0x0f, 0x05]); // syscall
    let length = CODE_AT + code.len() as u64;

    let mut file = b"\x7fELF\x02\x01\x01\0\0\0\0\0\0\0\0\0".to_vec();
    for half in [2u16, 62] {
        file.extend(half.to_le_bytes()); // executable, x86-64
    }
    file.extend(1u32.to_le_bytes());
    for word in [BASE + CODE_AT, HEADER, 0] {
        file.extend(word.to_le_bytes());
    }
    file.extend(0u32.to_le_bytes());
    for half in [HEADER as u16, SEGMENT as u16, 2, 64, 0, 0] {
        file.extend(half.to_le_bytes());
    }
    // Flags, place in the file and in memory, bytes in the file and in memory.
    for (flags, at, place, bytes, room) in [
        (5u32, 0, BASE, length, length),
        (6, 0, DATA, length, 0x2000),
    ] {
        file.extend(1u32.to_le_bytes());
        file.extend(flags.to_le_bytes());
        for word in [at, place, place, bytes, room, 0x1000] {
            file.extend(word.to_le_bytes());
        }
    }
    file.extend(code);
    file
}

#[cfg(test)]
mod tests {
    use super::*;

    #[cfg(all(target_os = "linux", target_arch = "x86_64"))]
    #[test]
    fn the_program_that_ends_runs_and_ends() {
        use std::os::unix::fs::PermissionsExt;
        let path = std::env::temp_dir().join(format!("xtask-exit-{}", std::process::id()));
        std::fs::write(&path, exiting_program()).unwrap();
        std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o755)).unwrap();
        let status = std::process::Command::new(&path).status();
        std::fs::remove_file(&path).unwrap();
        assert_eq!(status.unwrap().code(), Some(0));
    }
}
