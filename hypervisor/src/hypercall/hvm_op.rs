//! `hvm_op`: for domains that run on hardware virtualisation, of which there are none.

use abi::{Errno, GuestPtr, RawDomId};

use super::Call;

const SET_PARAM: u32 = 0;
const GET_PARAM: u32 = 1;

/// Parameters of a PV domain do not exist, which is another answer than an operation that does not.
pub fn hvm_op(call: &mut Call, cmd: u32, arg: GuestPtr<u8>) -> Result<u64, Errno> {
    match cmd {
        SET_PARAM | GET_PARAM => {
            let domain: u16 = call.read(arg.cast())?;
            call.target(RawDomId(domain))?;
            Err(Errno::EINVAL)
        }
        _ => Err(Errno::ENOSYS),
    }
}
