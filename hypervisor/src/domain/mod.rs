//! A domain: what it owns, who it is, how it lives and dies.
//!
//! A [`Domain`] is shared by `Arc`: the [`table`] holds one reference, each CPU that runs one of its virtual CPUs
//! another. Its parts have locks of their own, so that nothing here asks for "the domain's lock".
//!
//! Always: the id does not change; virtual CPUs are made once ([`Domain::create_vcpus`]) and stay to the end; the
//! shared info page lives as long as the domain.
//!
//! Not here: page types (`memory`), delivery into the guest (`pv`), ports' rules (`event_channel`).

pub mod events;
pub mod lifecycle;
pub mod runstate;
pub mod table;
pub mod vcpu;
pub mod vcpu_info;

use alloc::boxed::Box;
use alloc::sync::Arc;
use alloc::vec::Vec;
use core::sync::atomic::{AtomicU32, AtomicU64};

use abi::{DomId, Errno};
use metal::cpu::AtomicCpuSet;
use metal::sync::{Mutex, Once};

use crate::devices::pirq::Pirqs;
use crate::devices::resources::Resources;
use crate::domain::lifecycle::Lifecycle;
use crate::domain::vcpu::Vcpu;
use crate::hypercall::domctl::policy::{self, DomainPolicy};
use crate::memory::grants::Grants;
use crate::memory::share::LentPage;
use crate::rank;

/// The most virtual CPUs that a PV domain may have (`XEN_LEGACY_MAX_VCPUS` times 256, as upstream).
pub const MAX_VCPUS: u32 = 8192;

/// What `XEN_DOMCTL_createdomain` settles once and for all.
#[derive(Clone, Copy, Debug)]
pub struct Config {
    /// The toolstack's UUID.
    pub handle: [u8; 16],
    /// `XEN_DOMCTL_CDF_*`.
    pub flags: u32,
    /// How many virtual CPUs `create_vcpus` makes.
    pub max_vcpus: u32,
    /// The highest event channel port.
    pub max_evtchn_port: u32,
    /// Grant table frames at most.
    pub max_grant_frames: u32,
    /// Frames of map handles at most.
    pub max_maptrack_frames: u32,
    /// `XEN_DOMCTL_GRANT_version(n)`.
    pub grant_version: u32,
    /// The CPU pool.
    pub cpupool_id: u32,
    /// `XEN_X86_EMU_*`.
    pub emulation_flags: u32,
}

/// A domain.
pub struct Domain {
    /// Its number.
    pub id: DomId,
    /// Domain 0: may do everything, owns the devices.
    pub privileged: bool,
    /// As created; the handle may change.
    pub config: Config,
    /// The handle as `XEN_DOMCTL_setdomainhandle` left it.
    pub handle: Mutex<[u8; 16]>,
    /// The shared info page.
    pub shared_info: LentPage,
    /// Pages it owns and may own.
    pub pages: PageCounts,
    /// Alive, paused, shut down, dying.
    pub lifecycle: Lifecycle,
    /// Its ports.
    pub events: events::Events,
    /// What it grants and what it maps of others.
    pub grants: Grants,
    /// Interrupts of real devices.
    pub pirqs: Mutex<Pirqs>,
    /// Ports, memory and interrupts of the machine that it may use.
    pub resources: Mutex<Resources>,
    /// What CPUID and MSRs tell it.
    pub policy: Mutex<DomainPolicy>,
    /// `vm_assist` switches, a bit each.
    pub assists: AtomicU64,
    /// Seconds that its wall clock is off the machine's.
    pub time_offset_s: AtomicU64,
    /// CPUs whose translations may still name its pages.
    pub dirty_cpus: AtomicCpuSet,
    /// `XENMEM_set_memory_map`'s map.
    pub memory_map: Mutex<Vec<abi::memory::E820Entry>>,
    vcpus: Once<Box<[Arc<Vcpu>]>>,
    /// The address width that the toolstack set (64 always).
    pub address_size: AtomicU32,
}

/// How many pages a domain owns, may own, and shares with the hypervisor.
#[derive(Default)]
pub struct PageCounts {
    /// Owned now.
    pub total: AtomicU64,
    /// Owned at most.
    pub max: AtomicU64,
    /// Of the hypervisor's own that it may map and that are not freed yet: its shared info and, once it is dead, the
    /// frames of its grant table.
    pub lent: AtomicU64,
    /// Promised by `XENMEM_claim_pages`.
    pub claimed: AtomicU64,
}

impl Domain {
    /// A domain without virtual CPUs or memory, paused once for its creator.
    pub fn new(id: DomId, privileged: bool, config: Config) -> Result<Arc<Self>, Errno> {
        let events = events::Events::new(id, &config)?;
        let grants = Grants::new(id, &config)?;
        let shared_info = LentPage::new(id)?;
        Ok(Arc::new(Self {
            id,
            privileged,
            config,
            handle: Mutex::new(rank::LIFECYCLE, config.handle),
            shared_info,
            pages: PageCounts {
                lent: AtomicU64::new(1), // the shared info
                ..PageCounts::default()
            },
            lifecycle: Lifecycle::new_paused(),
            events,
            grants,
            pirqs: Mutex::new(rank::PIRQS, Pirqs::default()),
            resources: Mutex::new(rank::PIRQS, Resources::for_domain(privileged)),
            policy: Mutex::new(rank::LIFECYCLE, policy::for_new_domain()),
            assists: AtomicU64::new(0),
            time_offset_s: AtomicU64::new(0),
            dirty_cpus: AtomicCpuSet::new(),
            memory_map: Mutex::new(rank::LIFECYCLE, Vec::new()),
            vcpus: Once::new(),
            address_size: AtomicU32::new(64),
        }))
    }

    /// Makes all virtual CPUs, down; a second call changes nothing.
    pub fn create_vcpus(self: &Arc<Self>) -> Result<(), Errno> {
        if self.vcpus.get().is_some() {
            return Ok(());
        }
        let vcpus: Box<[Arc<Vcpu>]> = (0..self.config.max_vcpus)
            .map(|id| Vcpu::new(self, id))
            .collect();
        for vcpu in &vcpus {
            crate::schedule::insert(vcpu);
        }
        self.vcpus.set(vcpus).map_err(|_| Errno::EEXIST)
    }

    /// Its virtual CPUs; none before [`Self::create_vcpus`].
    pub fn vcpus(&self) -> &[Arc<Vcpu>] {
        self.vcpus.get().map_or(&[], |vcpus| vcpus)
    }

    /// One virtual CPU.
    pub fn vcpu(&self, id: u32) -> Option<&Arc<Vcpu>> {
        self.vcpus().get(usize::try_from(id).ok()?)
    }

    /// Whether a `vm_assist` switch is on.
    pub fn assist(&self, kind: u32) -> bool {
        self.assists
            .load(core::sync::atomic::Ordering::Relaxed)
            .checked_shr(kind)
            .is_some_and(|bits| bits & 1 == 1)
    }
}
