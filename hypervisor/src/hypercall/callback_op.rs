//! `set_callbacks`, `callback_op`, `nmi_op`: where the guest wants to be entered.

use abi::callback::{
    CALLBACKF_MASK_EVENTS, CALLBACKOP_REGISTER, CALLBACKOP_UNREGISTER, CALLBACKTYPE_EVENT,
    CALLBACKTYPE_FAILSAFE, CALLBACKTYPE_NMI, CALLBACKTYPE_SYSCALL, CALLBACKTYPE_SYSCALL32,
    CALLBACKTYPE_SYSENTER,
};
use abi::callback::{Register, Unregister};
use abi::{Errno, GuestPtr};

use super::Call;
use crate::pv::{Callback, PvState, is_guest_address};

/// The old way: all three at once.
pub fn set_callbacks(
    call: &mut Call,
    event: u64,
    failsafe: u64,
    syscall: u64,
) -> Result<(), Errno> {
    if ![event, failsafe, syscall].into_iter().all(is_guest_address) {
        return Err(Errno::EINVAL);
    }
    let pv = &mut call.state.pv;
    pv.event_callback.address = event;
    pv.failsafe_callback.address = failsafe;
    pv.syscall_callback.address = syscall;
    Ok(())
}

/// Registers or clears one callback.
pub fn callback_op(call: &mut Call, cmd: u32, arg: GuestPtr<u8>) -> Result<(), Errno> {
    match cmd {
        CALLBACKOP_REGISTER => {
            let request: Register = call.read(arg.cast())?;
            if !is_guest_address(request.address) {
                return Err(Errno::EINVAL);
            }
            let masks_events = request.flags & CALLBACKF_MASK_EVENTS != 0;
            *slot(&mut call.state.pv, request.type_)? = Callback {
                address: request.address,
                masks_events,
            };
            Ok(())
        }
        CALLBACKOP_UNREGISTER => {
            let request: Unregister = call.read(arg.cast())?;
            match request.type_ {
                // A guest cannot do without these.
                CALLBACKTYPE_EVENT | CALLBACKTYPE_FAILSAFE | CALLBACKTYPE_SYSCALL => {
                    Err(Errno::EINVAL)
                }
                kind => {
                    *slot(&mut call.state.pv, kind)? = Callback::default();
                    Ok(())
                }
            }
        }
        _ => Err(Errno::ENOSYS),
    }
}

fn slot(pv: &mut PvState, kind: u16) -> Result<&mut Callback, Errno> {
    Ok(match kind {
        CALLBACKTYPE_EVENT => &mut pv.event_callback,
        CALLBACKTYPE_FAILSAFE => &mut pv.failsafe_callback,
        CALLBACKTYPE_SYSCALL => &mut pv.syscall_callback,
        CALLBACKTYPE_SYSCALL32 => &mut pv.syscall32_callback,
        CALLBACKTYPE_SYSENTER => &mut pv.sysenter_callback,
        CALLBACKTYPE_NMI => &mut pv.nmi_callback,
        _ => return Err(Errno::ENOSYS),
    })
}

const XENNMI_REGISTER_CALLBACK: u32 = 0;
const XENNMI_UNREGISTER_CALLBACK: u32 = 1;

/// The old way to register the NMI callback; only vCPU 0 gets NMIs.
pub fn nmi_op(call: &mut Call, cmd: u32, arg: GuestPtr<u8>) -> Result<(), Errno> {
    match cmd {
        XENNMI_REGISTER_CALLBACK => {
            let request: abi::nmi::Callback = call.read(arg.cast())?;
            if call.vcpu.id != 0 || !is_guest_address(request.handler_address) {
                return Err(Errno::EINVAL);
            }
            call.state.pv.nmi_callback = Callback {
                address: request.handler_address,
                masks_events: false,
            };
            Ok(())
        }
        XENNMI_UNREGISTER_CALLBACK => {
            call.state.pv.nmi_callback = Callback::default();
            Ok(())
        }
        _ => Err(Errno::ENOSYS),
    }
}
