//! The words of HVM operations (`hvm/hvm_op.h`).
//!
//! Not here: the alternate views of a guest's memory (altp2m), beyond the number of the call.

use core::mem::offset_of;

use zerocopy::{FromBytes, Immutable, IntoBytes, KnownLayout};

use crate::RawDomId;

pub const HVMOP_SET_PARAM: u32 = 0;
pub const HVMOP_GET_PARAM: u32 = 1;
pub const HVMOP_FLUSH_TLBS: u32 = 5;
pub const HVMOP_PAGETABLE_DYING: u32 = 9;
pub const HVMOP_GET_TIME: u32 = 10;
pub const HVMOP_XENTRACE: u32 = 11;
pub const HVMOP_SET_MEM_ACCESS: u32 = 12;
pub const HVMOP_GET_MEM_ACCESS: u32 = 13;
pub const HVMOP_GET_MEM_TYPE: u32 = 15;
pub const HVMOP_SET_EVTCHN_UPCALL_VECTOR: u32 = 23;
pub const HVMOP_GUEST_REQUEST_VM_EVENT: u32 = 24;
pub const HVMOP_ALTP2M: u32 = 25;

/// Argument of the two parameter operations (`struct xen_hvm_param`).
#[repr(C)]
#[derive(Clone, Copy, Debug, PartialEq, Eq, FromBytes, IntoBytes, Immutable, KnownLayout)]
pub struct Param {
    pub domid: RawDomId,
    pub pad: u16,
    /// `params::HVM_PARAM_*`.
    pub index: u32,
    pub value: u64,
}

const _: () = assert!(size_of::<Param>() == 16 && offset_of!(Param, value) == 8);

/// Argument of `HVMOP_pagetable_dying` (`struct xen_hvm_pagetable_dying`).
#[repr(C)]
#[derive(Clone, Copy, Debug, PartialEq, Eq, FromBytes, IntoBytes, Immutable, KnownLayout)]
pub struct PagetableDying {
    pub domid: RawDomId,
    pub pad: [u16; 3],
    pub gpa: u64,
}

const _: () = assert!(size_of::<PagetableDying>() == 16 && offset_of!(PagetableDying, gpa) == 8);

/// Answer of `HVMOP_get_time` (`struct xen_hvm_get_time`).
#[repr(C)]
#[derive(Clone, Copy, Debug, PartialEq, Eq, FromBytes, IntoBytes, Immutable, KnownLayout)]
pub struct GetTime {
    pub now: u64,
}

const _: () = assert!(size_of::<GetTime>() == 8 && offset_of!(GetTime, now) == 0);

/// Argument of `HVMOP_get_mem_type` (`struct xen_hvm_get_mem_type`).
#[repr(C)]
#[derive(Clone, Copy, Debug, PartialEq, Eq, FromBytes, IntoBytes, Immutable, KnownLayout)]
pub struct GetMemType {
    pub domid: RawDomId,
    /// Out: `HVMMEM_*`.
    pub mem_type: u16,
    pub pad: [u16; 2],
    pub pfn: u64,
}

const _: () = assert!(size_of::<GetMemType>() == 16 && offset_of!(GetMemType, pfn) == 8);

pub const HVMMEM_RAM_RW: u16 = 0;
pub const HVMMEM_RAM_RO: u16 = 1;
pub const HVMMEM_MMIO_DM: u16 = 2;
pub const HVMMEM_UNUSED: u16 = 3;
pub const HVMMEM_IOREQ_SERVER: u16 = 4;

pub const HVM_IOREQSRV_BUFIOREQ_OFF: u8 = 0;
pub const HVM_IOREQSRV_BUFIOREQ_LEGACY: u8 = 1;
pub const HVM_IOREQSRV_BUFIOREQ_ATOMIC: u8 = 2;

/// Argument of `HVMOP_set_evtchn_upcall_vector` (`struct xen_hvm_evtchn_upcall_vector`).
#[repr(C)]
#[derive(Clone, Copy, Debug, PartialEq, Eq, FromBytes, IntoBytes, Immutable, KnownLayout)]
pub struct EvtchnUpcallVector {
    pub vcpu: u32,
    pub vector: u8,
    pub _pad: [u8; 3],
}

const _: () =
    assert!(size_of::<EvtchnUpcallVector>() == 8 && offset_of!(EvtchnUpcallVector, vector) == 4);
