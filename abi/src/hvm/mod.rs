//! What is particular to hardware-virtualised domains (headers below `hvm/`).

pub mod dm_op;
pub mod hvm_op;
pub mod hvm_vcpu;
pub mod ioreq;
pub mod params;
pub mod save;
pub mod start_info;
