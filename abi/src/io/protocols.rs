//! Names of ring layouts, as frontends write them into the store (`io/protocols.h`).

pub const XEN_IO_PROTO_ABI_X86_32: &str = "x86_32-abi";
pub const XEN_IO_PROTO_ABI_X86_64: &str = "x86_64-abi";
pub const XEN_IO_PROTO_ABI_NATIVE: &str = XEN_IO_PROTO_ABI_X86_64;
