//! `domctl`: what is done to one domain.

use abi::arch_x86_xen::{CpuidLeaf, MsrEntry, VcpuGuestContext};
use abi::domctl::{
    AddressSize, CpuPolicy as PolicyArgument, Createdomain, Getdomaininfo, Getvcpuinfo,
    HypercallInit, MaxMem, MaxVcpus, Nodeaffinity, SchedulerOp, Settimeoffset, TscInfo,
    Vcpuaffinity, Vcpucontext, XEN_DOMCTL_CREATEDOMAIN, XEN_DOMCTL_DESTROYDOMAIN,
    XEN_DOMCTL_GETDOMAININFO, XEN_DOMCTL_GETVCPUAFFINITY, XEN_DOMCTL_GETVCPUINFO,
    XEN_DOMCTL_HYPERCALL_INIT, XEN_DOMCTL_INTERFACE_VERSION, XEN_DOMCTL_MAX_MEM,
    XEN_DOMCTL_MAX_VCPUS, XEN_DOMCTL_PAUSEDOMAIN, XEN_DOMCTL_SCHEDOP_GETINFO,
    XEN_DOMCTL_SCHEDOP_PUTINFO, XEN_DOMCTL_SCHEDULER_OP, XEN_DOMCTL_SET_ADDRESS_SIZE,
    XEN_DOMCTL_SET_CPU_POLICY, XEN_DOMCTL_SETNODEAFFINITY, XEN_DOMCTL_SETTIMEOFFSET,
    XEN_DOMCTL_SETTSCINFO, XEN_DOMCTL_SETVCPUAFFINITY, XEN_DOMCTL_SETVCPUCONTEXT,
    XEN_DOMCTL_UNPAUSEDOMAIN, XEN_VCPUAFFINITY_HARD, XEN_VCPUAFFINITY_SOFT,
};
use abi::xen::{CtlBitmap, HYPERVISOR_DOMCTL};
use abi::{GuestPtr, RawDomId};
use rustix::io::Errno;
use zerocopy::{FromBytes, FromZeros, Immutable, IntoBytes};

use super::sysctl::CpuPolicy;
use super::{Buffer, Xen};

/// A domctl argument in which no field is an address.
///
/// # Safety
/// [HANDLE-FREE] The hypervisor treats no byte of the structure as an address of ours.
pub unsafe trait HandleFree: IntoBytes + FromBytes + Immutable {
    /// The operation that takes it.
    const CMD: u32;
}

macro_rules! handle_free {
    ($($body:ty: $cmd:ident;)*) => {$(
        // SAFETY: [HANDLE-FREE] `domctl.h` gives this structure plain numbers only.
        unsafe impl HandleFree for $body {
            const CMD: u32 = $cmd;
        }
    )*};
}

handle_free! {
    Createdomain: XEN_DOMCTL_CREATEDOMAIN;
    Getdomaininfo: XEN_DOMCTL_GETDOMAININFO;
    MaxMem: XEN_DOMCTL_MAX_MEM;
    Getvcpuinfo: XEN_DOMCTL_GETVCPUINFO;
    MaxVcpus: XEN_DOMCTL_MAX_VCPUS;
    AddressSize: XEN_DOMCTL_SET_ADDRESS_SIZE;
    TscInfo: XEN_DOMCTL_SETTSCINFO;
    HypercallInit: XEN_DOMCTL_HYPERCALL_INIT;
    Settimeoffset: XEN_DOMCTL_SETTIMEOFFSET;
}

/// A domctl or sysctl as it crosses: 16 (8) bytes of head, then 128 bytes of argument.
#[repr(C)]
#[derive(Clone, Copy, FromBytes, IntoBytes, Immutable)]
struct Frame {
    cmd: u32,
    interface_version: u32,
    domain: RawDomId,
    pad: [u8; 6],
    body: [u8; 128],
}

const _: () = assert!(size_of::<Frame>() == size_of::<abi::domctl::Domctl>());

/// Which processors a vCPU may use, and which it prefers; one flag each.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Affinity {
    pub hard: Vec<bool>,
    pub soft: Vec<bool>,
}

/// Weight and cap of a domain under credit or credit2.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SchedulerParameters {
    pub weight: u16,
    pub cap: u16,
}

/// A CPU policy that was refused, and at which leaf or register.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PolicyError {
    pub errno: Errno,
    pub leaf: u32,
    pub subleaf: u32,
    pub msr: u32,
}

impl Xen {
    /// Issues a domctl.
    ///
    /// # Safety
    /// [HYPERCALL-HANDLES] As for [`Xen::call`], for every handle in `body`.
    unsafe fn domctl_raw<T>(&self, cmd: u32, domain: RawDomId, body: &mut T) -> Result<(), Errno>
    where
        T: IntoBytes + FromBytes + Immutable,
    {
        const { assert!(size_of::<T>() <= 128) };
        let mut frame = Frame::new_zeroed();
        frame.cmd = cmd;
        frame.interface_version = XEN_DOMCTL_INTERFACE_VERSION;
        frame.domain = domain;
        if let Some(front) = frame.body.get_mut(..size_of::<T>()) {
            front.copy_from_slice(body.as_bytes());
        }
        let buffer = self.buffer_of(frame.as_bytes())?;
        // SAFETY: [HYPERCALL-HANDLES] `buffer` holds the whole frame.
        let result = unsafe { self.call(HYPERVISOR_DOMCTL, [buffer.address(), 0, 0, 0, 0]) };
        buffer.read(frame.as_mut_bytes());
        if let Some(front) = frame.body.get(..size_of::<T>()) {
            body.as_mut_bytes().copy_from_slice(front);
        }
        if cmd == XEN_DOMCTL_CREATEDOMAIN && result.is_ok() {
            self.created.set(frame.domain);
        }
        result.map(drop)
    }

    /// Issues a domctl whose argument holds no address.
    pub fn domctl<T: HandleFree>(&self, domain: RawDomId, body: &mut T) -> Result<(), Errno> {
        // SAFETY: [HANDLE-FREE] The type says that there are no handles.
        unsafe { self.domctl_raw(T::CMD, domain, body) }
    }

    /// Creates a domain and tells its number; `domain` 0 lets the hypervisor choose.
    pub fn create_domain(
        &self,
        domain: RawDomId,
        config: &mut Createdomain,
    ) -> Result<RawDomId, Errno> {
        self.domctl(domain, config)?;
        Ok(self.created.get())
    }

    fn domctl_bare(&self, cmd: u32, domain: RawDomId) -> Result<(), Errno> {
        // SAFETY: [HYPERCALL-HANDLES] There is no argument.
        unsafe { self.domctl_raw(cmd, domain, &mut [0u8; 0]) }
    }

    pub fn pause(&self, domain: RawDomId) -> Result<(), Errno> {
        self.domctl_bare(XEN_DOMCTL_PAUSEDOMAIN, domain)
    }

    pub fn unpause(&self, domain: RawDomId) -> Result<(), Errno> {
        self.domctl_bare(XEN_DOMCTL_UNPAUSEDOMAIN, domain)
    }

    /// Ends a domain. The hypervisor works in steps and asks to be called again between them.
    pub fn destroy(&self, domain: RawDomId) -> Result<(), Errno> {
        loop {
            match self.domctl_bare(XEN_DOMCTL_DESTROYDOMAIN, domain) {
                Err(Errno::AGAIN) => std::thread::yield_now(),
                other => return other,
            }
        }
    }

    /// What the hypervisor knows about exactly this domain.
    pub fn domain_info(&self, domain: RawDomId) -> Result<Getdomaininfo, Errno> {
        let mut info = Getdomaininfo::new_zeroed();
        self.domctl(domain, &mut info)?;
        Ok(info)
    }

    /// Sets all registers of a vCPU.
    pub fn set_vcpu_context(
        &self,
        domain: RawDomId,
        vcpu: u32,
        context: &VcpuGuestContext,
    ) -> Result<(), Errno> {
        let buffer = self.buffer_of(context.as_bytes())?;
        let mut body = Vcpucontext {
            vcpu,
            _pad: [0; 4],
            ctxt: buffer.handle(),
        };
        // SAFETY: [HYPERCALL-HANDLES] The buffer holds a whole context.
        unsafe { self.domctl_raw(XEN_DOMCTL_SETVCPUCONTEXT, domain, &mut body) }
    }

    /// Sets what the domain's CPUID and MSRs say.
    pub fn set_cpu_policy(&self, domain: RawDomId, policy: &CpuPolicy) -> Result<(), PolicyError> {
        let plain = |errno| PolicyError {
            errno,
            leaf: u32::MAX,
            subleaf: u32::MAX,
            msr: u32::MAX,
        };
        let count = |n: usize| u32::try_from(n).map_err(|_| plain(Errno::INVAL));
        let leaves = self.buffer_of(policy.leaves.as_bytes()).map_err(plain)?;
        let msrs = self.buffer_of(policy.msrs.as_bytes()).map_err(plain)?;
        let mut body = PolicyArgument {
            nr_leaves: count(policy.leaves.len())?,
            nr_msrs: count(policy.msrs.len())?,
            leaves: leaves.handle::<CpuidLeaf>(),
            msrs: msrs.handle::<MsrEntry>(),
            err_leaf: u32::MAX,
            err_subleaf: u32::MAX,
            err_msr: u32::MAX,
            _pad: [0; 4],
        };
        // SAFETY: [HYPERCALL-HANDLES] Both lists have as many elements as their counts say.
        let result = unsafe { self.domctl_raw(XEN_DOMCTL_SET_CPU_POLICY, domain, &mut body) };
        result.map_err(|errno| PolicyError {
            errno,
            leaf: body.err_leaf,
            subleaf: body.err_subleaf,
            msr: body.err_msr,
        })
    }

    /// Which processors a vCPU may use and prefers, of `cpus` processors.
    pub fn vcpu_affinity(
        &self,
        domain: RawDomId,
        vcpu: u32,
        cpus: usize,
    ) -> Result<Affinity, Errno> {
        let (hard, hard_map) = self.bitmap(&vec![false; cpus])?;
        let (soft, soft_map) = self.bitmap(&vec![false; cpus])?;
        let mut body = Vcpuaffinity {
            vcpu,
            flags: XEN_VCPUAFFINITY_HARD | XEN_VCPUAFFINITY_SOFT,
            cpumap_hard: hard_map,
            cpumap_soft: soft_map,
        };
        // SAFETY: [HYPERCALL-HANDLES] Both bitmaps have room for their bits.
        unsafe { self.domctl_raw(XEN_DOMCTL_GETVCPUAFFINITY, domain, &mut body)? };
        Ok(Affinity {
            hard: read_bits(&hard, cpus),
            soft: read_bits(&soft, cpus),
        })
    }

    /// Sets which processors a vCPU may use, or prefers; what is `None` stays.
    pub fn set_vcpu_affinity(
        &self,
        domain: RawDomId,
        vcpu: u32,
        hard: Option<&[bool]>,
        soft: Option<&[bool]>,
    ) -> Result<(), Errno> {
        let (_hard, hard_map) = self.bitmap(hard.unwrap_or(&[]))?;
        let (_soft, soft_map) = self.bitmap(soft.unwrap_or(&[]))?;
        let mut flags = 0;
        if hard.is_some() {
            flags |= XEN_VCPUAFFINITY_HARD;
        }
        if soft.is_some() {
            flags |= XEN_VCPUAFFINITY_SOFT;
        }
        let mut body = Vcpuaffinity {
            vcpu,
            flags,
            cpumap_hard: hard_map,
            cpumap_soft: soft_map,
        };
        // SAFETY: [HYPERCALL-HANDLES] Both bitmaps have room for their bits.
        unsafe { self.domctl_raw(XEN_DOMCTL_SETVCPUAFFINITY, domain, &mut body) }
    }

    /// Sets from which NUMA nodes the domain's memory should come.
    pub fn set_node_affinity(&self, domain: RawDomId, nodes: &[bool]) -> Result<(), Errno> {
        let (_buffer, nodemap) = self.bitmap(nodes)?;
        let mut body = Nodeaffinity { nodemap };
        // SAFETY: [HYPERCALL-HANDLES] The bitmap has room for its bits.
        unsafe { self.domctl_raw(XEN_DOMCTL_SETNODEAFFINITY, domain, &mut body) }
    }

    /// Weight and cap of a domain, under the scheduler `sched_id`.
    pub fn scheduler_parameters(
        &self,
        domain: RawDomId,
        sched_id: u32,
    ) -> Result<SchedulerParameters, Errno> {
        let mut body = SchedulerOp {
            sched_id,
            cmd: XEN_DOMCTL_SCHEDOP_GETINFO,
            u: [0; 2],
        };
        // SAFETY: [HYPERCALL-HANDLES] GETINFO answers in place.
        unsafe { self.domctl_raw(XEN_DOMCTL_SCHEDULER_OP, domain, &mut body)? };
        let [word, _] = body.u;
        Ok(SchedulerParameters {
            weight: word as u16,
            cap: (word >> 16) as u16,
        })
    }

    /// Sets weight and cap.
    pub fn set_scheduler_parameters(
        &self,
        domain: RawDomId,
        sched_id: u32,
        parameters: SchedulerParameters,
    ) -> Result<(), Errno> {
        let word = u64::from(parameters.weight) | (u64::from(parameters.cap) << 16);
        let mut body = SchedulerOp {
            sched_id,
            cmd: XEN_DOMCTL_SCHEDOP_PUTINFO,
            u: [word, 0],
        };
        // SAFETY: [HYPERCALL-HANDLES] PUTINFO takes its parameters in place.
        unsafe { self.domctl_raw(XEN_DOMCTL_SCHEDULER_OP, domain, &mut body) }
    }

    /// Flags as a bitmap that the hypervisor can reach.
    pub(super) fn bitmap(&self, flags: &[bool]) -> Result<(Buffer<'_>, CtlBitmap), Errno> {
        let mut bytes = vec![0u8; flags.len().div_ceil(8)];
        for (index, _) in flags.iter().enumerate().filter(|(_, on)| **on) {
            if let Some(byte) = bytes.get_mut(index / 8) {
                *byte |= 1 << (index % 8);
            }
        }
        let buffer = self.buffer_of(&bytes)?;
        let bitmap = if bytes.is_empty() {
            GuestPtr::NULL
        } else {
            buffer.handle()
        };
        let nr_bits = u32::try_from(flags.len()).map_err(|_| Errno::INVAL)?;
        Ok((
            buffer,
            CtlBitmap {
                bitmap,
                nr_bits,
                _pad: [0; 4],
            },
        ))
    }
}

/// A bitmap as flags.
pub(super) fn read_bits(buffer: &Buffer<'_>, count: usize) -> Vec<bool> {
    let mut bytes = vec![0u8; count.div_ceil(8)];
    buffer.read(&mut bytes);
    let bits = bytes
        .iter()
        .flat_map(|byte| (0..8).map(move |bit| byte & (1 << bit) != 0));
    bits.take(count).collect()
}
