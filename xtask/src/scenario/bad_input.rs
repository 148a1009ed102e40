//! What an administrator does wrong, and daemons that are gone: one clear error, nothing left behind.

use super::{LONG, SHORT, ensure_gone, leftovers};
use crate::console::Console;
use anyhow::{Result, ensure};

/// Configurations that cannot work. Each gets an error and exit code 1, and leaves nothing.
const BAD_CONFIGS: &[(&str, &str)] = &[
    (
        "no kernel",
        "name=\"bad\"\nkernel=\"/boot/none\"\nmemory=64\n",
    ),
    (
        "a kernel that is none",
        "name=\"bad\"\nkernel=\"/etc/passwd\"\nmemory=64\n",
    ),
    ("no syntax", "name=\"bad\nmemory = = 64\ndisk = [ 'x\n"),
    (
        "no such disk",
        "name=\"bad\"\nkernel=\"/boot/vmlinuz\"\nmemory=64\ndisk=[\"phy:/dev/none,xvda,w\"]\n",
    ),
    (
        "no such bridge",
        "name=\"bad\"\nkernel=\"/boot/vmlinuz\"\nmemory=64\nvif=[\"bridge=none0\"]\n",
    ),
    (
        "a kernel cut short",
        "name=\"bad\"\nkernel=\"/tmp/short-kernel\"\nmemory=64\n",
    ),
    (
        "a ramdisk cut short",
        "name=\"bad\"\nkernel=\"/boot/vmlinuz\"\nramdisk=\"/tmp/short-ramdisk\"\nmemory=128\n",
    ),
    (
        "a disk that another guest writes",
        "name=\"bad\"\nkernel=\"/boot/vmlinuz\"\nmemory=128\ndisk=[\"file:/tmp/disk.img,xvda,w\"]\n",
    ),
    (
        "less memory than the kernel needs",
        "name=\"bad\"\nkernel=\"/boot/vmlinuz\"\nmemory=16\n",
    ),
    (
        "ten mistakes",
        "nam=\"bad\"\nkernel=7\nmemory=\"much\"\nvcpus=-1\ndisk=\"x\"\nvif=[7]\non_crash=\"panic\"\nmaxmem=\nroot=[\nextra='\n",
    ),
    (
        "more memory than there is",
        "name=\"bad\"\nkernel=\"/boot/vmlinuz\"\nmemory=999999\n",
    ),
    (
        "a name that is taken",
        "name=\"Domain-0\"\nkernel=\"/boot/vmlinuz\"\nmemory=64\n",
    ),
];

/// What the bad configurations name, and a guest that holds the disk.
const BAD_FILES: &str = "head -c 1000000 /boot/vmlinuz > /tmp/short-kernel; \
    head -c 1000000 /boot/tiny.img > /tmp/short-ramdisk; truncate -s 1M /tmp/disk.img; \
    xl create -p /etc/xen/tiny.cfg 'disk=[\"file:/tmp/disk.img,xvda,w\"]'";

pub fn bad_input(dom0: &mut Console) -> Result<()> {
    dom0.sh(BAD_FILES, LONG)?;
    let before = leftovers(dom0)?;
    for (what, config) in BAD_CONFIGS {
        dom0.sh(
            &format!("cat > /tmp/bad.cfg <<'XN-CONFIG'\n{config}XN-CONFIG"),
            SHORT,
        )?;
        let (code, output) = dom0.sh_code("xl create /tmp/bad.cfg", LONG)?;
        ensure!(code == 1, "{what}: exit code {code}, output:\n{output}");
        ensure!(
            !output.trim().is_empty(),
            "{what}: no word of what is wrong"
        );
    }
    let (code, output) = dom0.sh_code("xl create /tmp/missing.cfg", SHORT)?;
    ensure!(
        code == 1,
        "no configuration: exit code {code}, output:\n{output}"
    );
    let after = leftovers(dom0)?;
    ensure!(
        before == after,
        "bad input left something; before:\n{before}\nafter:\n{after}"
    );
    dom0.sh("xl destroy tiny && rm /tmp/disk.img /tmp/short-*", SHORT)?;
    ensure_gone(dom0, "tiny")
}

/// Callers who may not, and a daemon that died. Only our tools promise an answer here, and it is
/// the last that is asked of a machine.
pub fn hard_times(dom0: &mut Console) -> Result<()> {
    let answer = |dom0: &mut Console, command: &str, cause: &str| -> Result<()> {
        let (code, output) = dom0.sh_code(&format!("{command} 2>&1"), SHORT)?;
        ensure!(
            code == 1 && output.contains(cause),
            "`{command}`: exit code {code}, no word of `{cause}`:\n{output}"
        );
        Ok(())
    };
    answer(dom0, "su nobody -c 'xl list'", "root")?;
    dom0.sh("kill -9 $(pidof xenstored); sleep 1", SHORT)?;
    answer(dom0, "xl create /etc/xen/tiny.cfg", "xenstored")?;
    let (_, list) = dom0.sh_code("xl list", SHORT)?;
    ensure!(
        !list.contains("tiny"),
        "a domain was left behind without a store:\n{list}"
    );
    Ok(())
}
