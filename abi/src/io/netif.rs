//! Network devices (`io/netif.h`): requests of a frontend, responses of a backend.
//!
//! Not here: the control ring.

use core::mem::offset_of;

use zerocopy::{FromBytes, Immutable, IntoBytes, KnownLayout};

/// A piece of a packet to send (`struct netif_tx_request`).
#[repr(C)]
#[derive(Clone, Copy, Debug, PartialEq, Eq, FromBytes, IntoBytes, Immutable, KnownLayout)]
pub struct TxRequest {
    pub gref: u32,
    pub offset: u16,
    /// `NETTXF_*`.
    pub flags: u16,
    /// Repeated in the response.
    pub id: u16,
    /// Of the whole packet in its first piece, else of this one.
    pub size: u16,
}

const _: () = assert!(size_of::<TxRequest>() == 12 && offset_of!(TxRequest, size) == 10);

/// (`struct netif_tx_response`)
#[repr(C)]
#[derive(Clone, Copy, Debug, PartialEq, Eq, FromBytes, IntoBytes, Immutable, KnownLayout)]
pub struct TxResponse {
    pub id: u16,
    /// `NETIF_RSP_*`.
    pub status: i16,
}

const _: () = assert!(size_of::<TxResponse>() == 4 && offset_of!(TxResponse, status) == 2);

/// A page to receive into (`struct netif_rx_request`).
#[repr(C)]
#[derive(Clone, Copy, Debug, PartialEq, Eq, FromBytes, IntoBytes, Immutable, KnownLayout)]
pub struct RxRequest {
    pub id: u16,
    pub pad: u16,
    pub gref: u32,
}

const _: () = assert!(size_of::<RxRequest>() == 8 && offset_of!(RxRequest, gref) == 4);

/// A piece of a packet received (`struct netif_rx_response`).
#[repr(C)]
#[derive(Clone, Copy, Debug, PartialEq, Eq, FromBytes, IntoBytes, Immutable, KnownLayout)]
pub struct RxResponse {
    pub id: u16,
    pub offset: u16,
    /// `NETRXF_*`.
    pub flags: u16,
    /// Bytes, or `NETIF_RSP_*`.
    pub status: i16,
}

const _: () = assert!(size_of::<RxResponse>() == 8 && offset_of!(RxResponse, status) == 6);

/// What follows a request or a response with `*_EXTRA_INFO` (`struct netif_extra_info`).
#[repr(C)]
#[derive(Clone, Copy, Debug, PartialEq, Eq, FromBytes, IntoBytes, Immutable, KnownLayout)]
pub struct ExtraInfo {
    /// `XEN_NETIF_EXTRA_TYPE_*`.
    pub type_: u8,
    pub flags: u8,
    pub u: [u16; 3],
}

const _: () = assert!(size_of::<ExtraInfo>() == 8 && offset_of!(ExtraInfo, u) == 2);

pub const NETTXF_CSUM_BLANK: u16 = 0x1;
pub const NETTXF_DATA_VALIDATED: u16 = 0x2;
pub const NETTXF_MORE_DATA: u16 = 0x4;
pub const NETTXF_EXTRA_INFO: u16 = 0x8;
pub const NETRXF_DATA_VALIDATED: u16 = 0x1;
pub const NETRXF_CSUM_BLANK: u16 = 0x2;
pub const NETRXF_MORE_DATA: u16 = 0x4;
pub const NETRXF_EXTRA_INFO: u16 = 0x8;
pub const NETRXF_GSO_PREFIX: u16 = 0x10;

pub const XEN_NETIF_EXTRA_TYPE_NONE: u8 = 0;
pub const XEN_NETIF_EXTRA_TYPE_GSO: u8 = 1;
pub const XEN_NETIF_EXTRA_TYPE_MCAST_ADD: u8 = 2;
pub const XEN_NETIF_EXTRA_TYPE_MCAST_DEL: u8 = 3;
pub const XEN_NETIF_EXTRA_TYPE_HASH: u8 = 4;
pub const XEN_NETIF_EXTRA_FLAG_MORE: u8 = 1;
pub const XEN_NETIF_GSO_TYPE_TCPV4: u8 = 1;
pub const XEN_NETIF_GSO_TYPE_TCPV6: u8 = 2;

pub const NETIF_RSP_DROPPED: i16 = -2;
pub const NETIF_RSP_ERROR: i16 = -1;
pub const NETIF_RSP_OKAY: i16 = 0;
pub const NETIF_RSP_NULL: i16 = 1;

pub const XEN_NETIF_NR_SLOTS_MIN: usize = 18;
pub const XEN_NETIF_MAX_TX_SIZE: usize = 0xffff;
