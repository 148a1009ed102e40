//! placeholder until the grant table is in
use super::{Call, Outcome};
use abi::{Errno, GuestPtr};
pub fn grant_table_op(_: &mut Call, _: u32, _: GuestPtr<u8>, _: u32) -> Outcome { Errno::ENOSYS.into() }
