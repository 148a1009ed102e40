//! The words of the hypervisor's own file tree (`hypfs.h`).

use core::mem::offset_of;

use zerocopy::{FromBytes, Immutable, IntoBytes, KnownLayout};

pub const XEN_HYPFS_OP_GET_VERSION: u32 = 0;
pub const XEN_HYPFS_OP_READ: u32 = 1;
pub const XEN_HYPFS_OP_WRITE_CONTENTS: u32 = 2;
pub const XEN_HYPFS_VERSION: u32 = 1;
pub const XEN_HYPFS_MAX_PATHLEN: u32 = 1024;

/// What is known of an entry (`struct xen_hypfs_direntry`); a read answers with it, then the contents.
#[repr(C)]
#[derive(Clone, Copy, Debug, PartialEq, Eq, FromBytes, IntoBytes, Immutable, KnownLayout)]
pub struct Direntry {
    /// `XEN_HYPFS_TYPE_*`.
    pub type_: u8,
    /// `XEN_HYPFS_ENC_*`.
    pub encoding: u8,
    pub pad: u16,
    pub content_len: u32,
    /// 0: cannot be written.
    pub max_write_len: u32,
}

const _: () = assert!(size_of::<Direntry>() == 12 && offset_of!(Direntry, max_write_len) == 8);

/// An entry of a directory (`struct xen_hypfs_dirlistentry`); its name follows.
#[repr(C)]
#[derive(Clone, Copy, Debug, PartialEq, Eq, FromBytes, IntoBytes, Immutable, KnownLayout)]
pub struct Dirlistentry {
    pub e: Direntry,
    /// Bytes to the next one; 0 in the last.
    pub off_next: u16,
    pub _pad: [u8; 2],
}

const _: () = assert!(size_of::<Dirlistentry>() == 16 && offset_of!(Dirlistentry, off_next) == 12);

pub const XEN_HYPFS_TYPE_DIR: u8 = 0;
pub const XEN_HYPFS_TYPE_BLOB: u8 = 1;
pub const XEN_HYPFS_TYPE_STRING: u8 = 2;
pub const XEN_HYPFS_TYPE_UINT: u8 = 3;
pub const XEN_HYPFS_TYPE_INT: u8 = 4;
pub const XEN_HYPFS_TYPE_BOOL: u8 = 5;
pub const XEN_HYPFS_ENC_PLAIN: u8 = 0;
pub const XEN_HYPFS_ENC_GZIP: u8 = 1;
