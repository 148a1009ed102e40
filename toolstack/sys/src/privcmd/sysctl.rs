//! `sysctl`: what concerns the whole machine.

use abi::arch_x86_xen::{CpuidLeaf, MsrEntry};
use abi::domctl::Getdomaininfo;
use abi::physdev::PciDevice;
use abi::sysctl::{
    CpuPolicy as PolicyArgument, CpupoolOp, Cputopo, Cputopoinfo, Getdomaininfolist, Meminfo,
    Numainfo, Pcitopoinfo, Physinfo, Readconsole, SchedId, XEN_SYSCTL_CPUPOOL_OP,
    XEN_SYSCTL_CPUTOPOINFO, XEN_SYSCTL_GET_CPU_POLICY, XEN_SYSCTL_GETDOMAININFOLIST,
    XEN_SYSCTL_INTERFACE_VERSION, XEN_SYSCTL_NUMAINFO, XEN_SYSCTL_PCITOPOINFO, XEN_SYSCTL_PHYSINFO,
    XEN_SYSCTL_READCONSOLE, XEN_SYSCTL_SCHED_ID,
};
use abi::xen::HYPERVISOR_SYSCTL;
use abi::{GuestPtr, RawDomId};
use rustix::io::Errno;
use zerocopy::{FromBytes, FromZeros, Immutable, IntoBytes};

use super::Xen;
use super::domctl::read_bits;

#[repr(C)]
#[derive(Clone, Copy, FromBytes, IntoBytes, Immutable)]
struct Frame {
    cmd: u32,
    interface_version: u32,
    body: [u8; 128],
}

const _: () = assert!(size_of::<Frame>() == size_of::<abi::sysctl::Sysctl>());

/// What CPUID and MSRs say to a domain.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct CpuPolicy {
    pub leaves: Vec<CpuidLeaf>,
    pub msrs: Vec<MsrEntry>,
}

/// A CPU pool.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Cpupool {
    pub id: u32,
    pub sched_id: u32,
    pub domains: u32,
    pub cpus: Vec<bool>,
}

/// A PCI device and its NUMA node.
pub type DeviceNode = (PciDevice, u32);

impl Xen {
    /// Issues a sysctl.
    ///
    /// # Safety
    /// [HYPERCALL-HANDLES] As for [`Xen::call`], for every handle in `body`.
    unsafe fn sysctl_raw<T>(&self, cmd: u32, body: &mut T) -> Result<(), Errno>
    where
        T: IntoBytes + FromBytes + Immutable,
    {
        const { assert!(size_of::<T>() <= 128) };
        let mut frame = Frame::new_zeroed();
        frame.cmd = cmd;
        frame.interface_version = XEN_SYSCTL_INTERFACE_VERSION;
        if let Some(front) = frame.body.get_mut(..size_of::<T>()) {
            front.copy_from_slice(body.as_bytes());
        }
        let buffer = self.buffer_of(frame.as_bytes())?;
        // SAFETY: [HYPERCALL-HANDLES] `buffer` holds the whole frame.
        let result = unsafe { self.call(HYPERVISOR_SYSCTL, [buffer.address(), 0, 0, 0, 0]) };
        buffer.read(frame.as_mut_bytes());
        if let Some(front) = frame.body.get(..size_of::<T>()) {
            body.as_mut_bytes().copy_from_slice(front);
        }
        result.map(drop)
    }

    pub fn physinfo(&self) -> Result<Physinfo, Errno> {
        let mut info = Physinfo::new_zeroed();
        // SAFETY: [HYPERCALL-HANDLES] The argument holds no handle.
        unsafe { self.sysctl_raw(XEN_SYSCTL_PHYSINFO, &mut info)? };
        Ok(info)
    }

    /// Which scheduler runs (`XEN_SCHEDULER_*`).
    pub fn scheduler(&self) -> Result<u32, Errno> {
        let mut body = SchedId::new_zeroed();
        // SAFETY: [HYPERCALL-HANDLES] The argument holds no handle.
        unsafe { self.sysctl_raw(XEN_SYSCTL_SCHED_ID, &mut body)? };
        Ok(body.sched_id)
    }

    /// All domains from `first` up, at most `max`.
    pub fn domains(&self, first: RawDomId, max: usize) -> Result<Vec<Getdomaininfo>, Errno> {
        let room = max
            .checked_mul(size_of::<Getdomaininfo>())
            .ok_or(Errno::INVAL)?;
        let buffer = self.buffer(room)?;
        let mut body = Getdomaininfolist::new_zeroed();
        body.first_domain = first;
        body.max_domains = u32::try_from(max).map_err(|_| Errno::INVAL)?;
        body.buffer = buffer.handle();
        // SAFETY: [HYPERCALL-HANDLES] The buffer has room for `max_domains` answers.
        unsafe { self.sysctl_raw(XEN_SYSCTL_GETDOMAININFOLIST, &mut body)? };
        let count = usize::try_from(body.num_domains).unwrap_or(0).min(max);
        let mut list = vec![Getdomaininfo::new_zeroed(); count];
        buffer.read(list.as_mut_bytes());
        Ok(list)
    }

    /// The hypervisor's messages, as many as fit in `max` bytes; `clear` forgets them after.
    pub fn read_console(&self, clear: bool, max: usize) -> Result<Vec<u8>, Errno> {
        let buffer = self.buffer(max)?;
        let mut body = Readconsole::new_zeroed();
        body.clear = u8::from(clear);
        body.buffer = buffer.handle();
        body.count = u32::try_from(max).map_err(|_| Errno::INVAL)?;
        // SAFETY: [HYPERCALL-HANDLES] The buffer has room for `count` bytes.
        unsafe { self.sysctl_raw(XEN_SYSCTL_READCONSOLE, &mut body)? };
        let mut text = vec![0; usize::try_from(body.count).unwrap_or(0).min(max)];
        buffer.read(&mut text);
        Ok(text)
    }

    /// The hypervisor's messages from `index` on, as many as fit in `max` bytes; `index` moves
    /// behind them, so that the next call gives what came since.
    pub fn read_console_since(&self, index: &mut u32, max: usize) -> Result<Vec<u8>, Errno> {
        let buffer = self.buffer(max)?;
        let mut body = Readconsole::new_zeroed();
        body.incremental = 1;
        body.index = *index;
        body.buffer = buffer.handle();
        body.count = u32::try_from(max).map_err(|_| Errno::INVAL)?;
        // SAFETY: [HYPERCALL-HANDLES] The buffer has room for `count` bytes.
        unsafe { self.sysctl_raw(XEN_SYSCTL_READCONSOLE, &mut body)? };
        *index = body.index;
        let mut text = vec![0; usize::try_from(body.count).unwrap_or(0).min(max)];
        buffer.read(&mut text);
        Ok(text)
    }

    /// Core, socket and node of every processor.
    pub fn cpu_topology(&self) -> Result<Vec<Cputopo>, Errno> {
        let mut body = Cputopoinfo::new_zeroed();
        // SAFETY: [HYPERCALL-HANDLES] The only handle is null: this asks for the count.
        unsafe { self.sysctl_raw(XEN_SYSCTL_CPUTOPOINFO, &mut body)? };
        let max = usize::try_from(body.num_cpus).unwrap_or(0);
        let buffer = self.buffer(max * size_of::<Cputopo>())?;
        body.cputopo = buffer.handle();
        // SAFETY: [HYPERCALL-HANDLES] The buffer has room for `num_cpus` answers.
        unsafe { self.sysctl_raw(XEN_SYSCTL_CPUTOPOINFO, &mut body)? };
        let count = usize::try_from(body.num_cpus).unwrap_or(0).min(max);
        let mut list = vec![Cputopo::new_zeroed(); count];
        buffer.read(list.as_mut_bytes());
        Ok(list)
    }

    /// Memory of every NUMA node, and the distances from each to each.
    pub fn numa_info(&self) -> Result<(Vec<Meminfo>, Vec<u32>), Errno> {
        let mut body = Numainfo::new_zeroed();
        // SAFETY: [HYPERCALL-HANDLES] Both handles are null: this asks for the count.
        unsafe { self.sysctl_raw(XEN_SYSCTL_NUMAINFO, &mut body)? };
        let max = usize::try_from(body.num_nodes).unwrap_or(0);
        let memory = self.buffer(max * size_of::<Meminfo>())?;
        let distance = self.buffer(max * max * size_of::<u32>())?;
        body.meminfo = memory.handle();
        body.distance = distance.handle();
        // SAFETY: [HYPERCALL-HANDLES] Room for `num_nodes` answers and their square.
        unsafe { self.sysctl_raw(XEN_SYSCTL_NUMAINFO, &mut body)? };
        let count = usize::try_from(body.num_nodes).unwrap_or(0).min(max);
        let mut nodes = vec![Meminfo::new_zeroed(); count];
        memory.read(nodes.as_mut_bytes());
        let mut distances = vec![0u32; count * count];
        distance.read(distances.as_mut_bytes());
        Ok((nodes, distances))
    }

    /// The NUMA node of each PCI device.
    pub fn pci_topology(&self, devices: &[PciDevice]) -> Result<Vec<DeviceNode>, Errno> {
        // The hypervisor answers as many as it likes at a time.
        let mut found = Vec::new();
        while let Some(rest) = devices.get(found.len()..).filter(|rest| !rest.is_empty()) {
            let list = self.buffer_of(rest.as_bytes())?;
            let nodes = self.buffer(size_of_val(rest))?;
            let mut body = Pcitopoinfo::new_zeroed();
            body.num_devs = u32::try_from(rest.len()).map_err(|_| Errno::INVAL)?;
            body.devs = list.handle();
            body.nodes = nodes.handle();
            // SAFETY: [HYPERCALL-HANDLES] Both lists have room for `num_devs` elements: an
            // element of the second is no larger than one of the first.
            unsafe { self.sysctl_raw(XEN_SYSCTL_PCITOPOINFO, &mut body)? };
            let count = usize::try_from(body.num_devs).unwrap_or(0).min(rest.len());
            if count == 0 {
                return Err(Errno::IO);
            }
            let mut answer = vec![0u32; count];
            nodes.read(answer.as_mut_bytes());
            found.extend(rest.iter().copied().zip(answer));
        }
        Ok(found)
    }

    /// The first pool with the number `from` or a higher one, of `cpus` processors.
    pub fn cpupool(&self, from: u32, cpus: usize) -> Result<Cpupool, Errno> {
        let (buffer, cpumap) = self.bitmap(&vec![false; cpus])?;
        let mut body = CpupoolOp::new_zeroed();
        body.op = abi::sysctl::XEN_SYSCTL_CPUPOOL_OP_INFO;
        body.cpupool_id = from;
        body.cpumap = cpumap;
        // SAFETY: [HYPERCALL-HANDLES] The bitmap has room for its bits.
        unsafe { self.sysctl_raw(XEN_SYSCTL_CPUPOOL_OP, &mut body)? };
        let (id, sched_id, domains) = (body.cpupool_id, body.sched_id, body.n_dom);
        Ok(Cpupool {
            id,
            sched_id,
            domains,
            cpus: read_bits(&buffer, cpus),
        })
    }

    /// How many processors belong to no pool.
    pub fn free_cpus(&self, cpus: usize) -> Result<usize, Errno> {
        let (buffer, cpumap) = self.bitmap(&vec![false; cpus])?;
        let mut body = CpupoolOp::new_zeroed();
        body.op = abi::sysctl::XEN_SYSCTL_CPUPOOL_OP_FREEINFO;
        body.cpumap = cpumap;
        // SAFETY: [HYPERCALL-HANDLES] The bitmap has room for its bits.
        unsafe { self.sysctl_raw(XEN_SYSCTL_CPUPOOL_OP, &mut body)? };
        Ok(read_bits(&buffer, cpus)
            .into_iter()
            .filter(|free| *free)
            .count())
    }

    /// One of the machine's policies (`XEN_SYSCTL_CPU_POLICY_*`).
    pub fn cpu_policy(&self, index: u32) -> Result<CpuPolicy, Errno> {
        let mut body = PolicyArgument::new_zeroed();
        body.index = index;
        // SAFETY: [HYPERCALL-HANDLES] Both handles are null: this asks for the counts.
        unsafe { self.sysctl_raw(XEN_SYSCTL_GET_CPU_POLICY, &mut body)? };
        let max_leaves = usize::try_from(body.nr_leaves).unwrap_or(0);
        let max_msrs = usize::try_from(body.nr_msrs).unwrap_or(0);
        let leaves = self.buffer(max_leaves * size_of::<CpuidLeaf>())?;
        let msrs = self.buffer(max_msrs * size_of::<MsrEntry>())?;
        body.leaves = leaves.handle();
        body.msrs = if max_msrs == 0 {
            GuestPtr::NULL
        } else {
            msrs.handle()
        };
        // SAFETY: [HYPERCALL-HANDLES] Both lists have room for as many as their counts say.
        unsafe { self.sysctl_raw(XEN_SYSCTL_GET_CPU_POLICY, &mut body)? };
        let count = usize::try_from(body.nr_leaves).unwrap_or(0).min(max_leaves);
        let mut policy = CpuPolicy::default();
        policy.leaves.resize(count, CpuidLeaf::new_zeroed());
        leaves.read(policy.leaves.as_mut_bytes());
        let count = usize::try_from(body.nr_msrs).unwrap_or(0).min(max_msrs);
        policy.msrs.resize(count, MsrEntry::new_zeroed());
        msrs.read(policy.msrs.as_mut_bytes());
        Ok(policy)
    }
}
