//! Loop devices: a file seen as a block device.
//!
//! Always: a loop device of ours goes away with its last user (`LO_FLAGS_AUTOCLEAR`), so that a
//! tool that is killed leaves none behind; while a [`LoopDevice`] lives it is a user.
//!
//! Not here: which file, and who may share it (`domain::device::disk`).

use std::fs::{File, OpenOptions};
use std::io;
use std::os::fd::AsRawFd;
use std::path::PathBuf;

use rustix::io::Errno;
use rustix::ioctl::Opcode;

use crate::ioctl;

// `linux/loop.h`; these calls are older than the scheme that puts sizes into numbers.
const CTL_GET_FREE: Opcode = 0x4c82;
const CONFIGURE: Opcode = 0x4c0a;
const CLR_FD: Opcode = 0x4c01;

const READ_ONLY: u32 = 1;
const AUTOCLEAR: u32 = 4;
const DIRECT_IO: u32 = 16;

/// `struct loop_info64`.
#[repr(C)]
struct Info {
    device: u64,
    inode: u64,
    rdevice: u64,
    offset: u64,
    size_limit: u64,
    number: u32,
    encrypt_type: u32,
    encrypt_key_size: u32,
    flags: u32,
    file_name: [u8; 64],
    crypt_name: [u8; 64],
    encrypt_key: [u8; 32],
    init: [u64; 2],
}

/// `struct loop_config`.
#[repr(C)]
struct Config {
    fd: u32,
    block_size: u32,
    info: Info,
    reserved: [u64; 8],
}

const _: () = assert!(size_of::<Info>() == 232 && size_of::<Config>() == 304);

/// A loop device with a file behind it.
#[derive(Debug)]
pub struct LoopDevice {
    /// Keeps the device from being cleared.
    _device: File,
    pub number: u32,
}

impl LoopDevice {
    /// Puts `file` behind a free loop device. `name` is what `losetup` will show.
    pub fn attach(file: &File, name: &str, writable: bool, direct: bool) -> io::Result<Self> {
        let control = OpenOptions::new()
            .read(true)
            .write(true)
            .open("/dev/loop-control")?;
        loop {
            // SAFETY: [IOCTL-SIZE] The call takes no argument; its answer is a number.
            let number = unsafe { ioctl::call(&control, CTL_GET_FREE, &mut ())? };
            let number = u32::try_from(number).map_err(io::Error::other)?;
            let device = OpenOptions::new()
                .read(true)
                .write(writable)
                .open(path_of(number))?;
            let mut config = Config::new(file, name, writable, direct);
            // SAFETY: [IOCTL-SIZE] The driver reads a `struct loop_config`, which this is.
            match unsafe { ioctl::call(&device, CONFIGURE, &mut config) } {
                Ok(_) => {
                    return Ok(Self {
                        _device: device,
                        number,
                    });
                }
                // Somebody else was faster with this number.
                Err(Errno::BUSY) => {}
                Err(errno) => return Err(errno.into()),
            }
        }
    }

    pub fn path(&self) -> PathBuf {
        path_of(self.number)
    }
}

/// Takes the file from behind a loop device that somebody made without automatic clearing.
pub fn clear(path: &str) -> io::Result<()> {
    let device = File::open(path)?;
    // SAFETY: [IOCTL-SIZE] The call takes no argument.
    unsafe { ioctl::call(&device, CLR_FD, &mut ())? };
    Ok(())
}

fn path_of(number: u32) -> PathBuf {
    PathBuf::from(format!("/dev/loop{number}"))
}

impl Config {
    fn new(file: &File, name: &str, writable: bool, direct: bool) -> Self {
        let mut flags = AUTOCLEAR;
        if !writable {
            flags |= READ_ONLY;
        }
        if direct {
            flags |= DIRECT_IO;
        }
        let mut file_name = [0; 64];
        // The last byte stays zero.
        for (to, from) in file_name.iter_mut().take(63).zip(name.bytes()) {
            *to = from;
        }
        Self {
            fd: file.as_raw_fd().cast_unsigned(),
            block_size: 0,
            info: Info {
                device: 0,
                inode: 0,
                rdevice: 0,
                offset: 0,
                size_limit: 0,
                number: 0,
                encrypt_type: 0,
                encrypt_key_size: 0,
                flags,
                file_name,
                crypt_name: [0; 64],
                encrypt_key: [0; 32],
                init: [0; 2],
            },
            reserved: [0; 8],
        }
    }
}
