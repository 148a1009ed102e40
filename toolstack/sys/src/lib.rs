//! The doors of dom0's kernel to Xen, and all the unsafe code of user space.

pub mod privcmd;
