//! What the fuzzer may ruin: pages, a branch of page tables, addresses; and how it is mended.
//!
//! Always: nothing that the guest itself runs on is named by what comes out of here, except
//! page-table frames, which no call may write.

use core::fmt::{self, Display};
use kit::memory::{self, Branch, FRAME_MASK, Page, RO, RW};
use kit::random::Random;
use kit::trap::{self, Entry};
use kit::xen::*;
use kit::{call, events, hypercall, smp, start};

/// Pages that calls may change, free, pin and remap.
pub const PAGES: usize = 48;
/// Where the branch of tables hangs in the kernel's L4.
pub const SCRATCH: u64 = 0x4000_0000;
/// In the hypervisor's part of the address space, beyond what is readable.
const HYPERVISOR: u64 = 0xffff_8300_0000_0000;

/// A frame, and what the guest may expect of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Frame {
    /// A page of the arena.
    Ours(u64),
    /// One of the kernel's page tables: never to be mapped writable.
    Table(u64),
    /// The hypervisor's: never to be mapped.
    Foreign(u64),
    /// Beyond any memory, or random.
    Wild(u64),
}

impl Frame {
    /// Its number.
    pub fn number(self) -> u64 {
        match self {
            Self::Ours(mfn) | Self::Table(mfn) | Self::Foreign(mfn) | Self::Wild(mfn) => mfn,
        }
    }
}

/// The fuzzer's ground.
pub struct Arena {
    pages: [Page; PAGES],
    branch: Branch,
    second_l4: Page,
    canary: Page,
    /// The frame behind the hypervisor's first slot of our top table.
    hypervisor: u64,
    not_ours: [u64; 16],
}

/// A promise of the hypervisor that was broken.
#[derive(Clone, Copy, Debug)]
pub enum Broken {
    /// A page that only we know was changed.
    Canary(u64),
    /// A page table is mapped writable.
    WritableTable(u64),
    /// A frame that is not ours is mapped.
    ForeignMapped(u64),
    /// The guest could not be mended: what, and the answer.
    Mending(&'static str, i64),
}
impl Display for Broken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Canary(word) => write!(f, "the canary reads {word:#x}"),
            Self::WritableTable(mfn) => write!(f, "page table {mfn:#x} was mapped writable"),
            Self::ForeignMapped(mfn) => write!(f, "frame {mfn:#x} of another was mapped"),
            Self::Mending(what, answer) => write!(f, "{what} answers {answer}"),
        }
    }
}

const CANARY: u64 = 0x0ddc_0ffe_e0dd_f00d;

/// Frames of memory that are not ours now, from the end of memory down; else `spare`.
fn not_ours(spare: u64) -> [u64; 16] {
    let end = call!(MEMORY_OP, XENMEM_MAXIMUM_RAM_PAGE, 0).max(0) as u64;
    let pages = start::info().nr_pages;
    let mut frames = (256..end)
        .rev()
        .step_by(61)
        .filter(|mfn| match memory::pfn_of_mfn(*mfn) {
            Ok(pfn) => pfn >= pages || memory::mfn_of_pfn(pfn) != *mfn,
            Err(_) => false,
        });
    [(); 16].map(|()| frames.next().unwrap_or(spare))
}

impl Arena {
    /// Lays the ground.
    pub fn new() -> Result<Self, i64> {
        let pages: [Page; PAGES] = Page::take_many();
        let [canary, second_l4] = Page::take_many();
        canary.fill(CANARY);
        let branch = Branch::new(SCRATCH, pages[0], 16, RW)?;
        let l4 = memory::kernel_l4();
        let linked = memory::set_entry(l4, SCRATCH >> 39, branch.l3.entry(RW));
        // Another top table with the same kernel, to switch to.
        for slot in (0..256).chain(272..512) {
            second_l4.write(slot, l4.read(slot));
        }
        let steps = [
            linked,
            second_l4.protect(RO),
            hypercall::mmuext_op(MMUEXT_PIN_L4_TABLE, second_l4.mfn(), 0),
        ];
        if let Some(error) = steps.into_iter().find(|answer| *answer != 0) {
            return Err(error);
        }
        let hypervisor = (l4.read(256) & FRAME_MASK) >> 12;
        let arena = Self {
            pages,
            branch,
            second_l4,
            canary,
            hypervisor,
            not_ours: not_ours(hypervisor),
        };
        trap::set_hook(Some(|trap| {
            // A watchpoint or step that a call armed, or an NMI it sent: taken and forgotten.
            if trap.vector() == 1 {
                trap.frame.rflags &= !0x100;
                call!(SET_DEBUGREG, 7, 0);
                return true;
            }
            trap.vector() == trap::entry_vector::NMI
        }));
        Ok(arena)
    }

    /// A page that may be ruined.
    pub fn page(&self, random: &mut Random) -> Page {
        random.pick(&self.pages).unwrap_or(self.pages[0])
    }
    /// Unmaps the page of the arena that lies in a frame: one that is mapped is not given away.
    pub fn unmap(&self, mfn: u64) {
        if let Some(page) = self.pages.iter().find(|page| page.mfn() == mfn) {
            hypercall::update_va_mapping(page.va(), 0, UVMF_INVLPG);
        }
    }
    /// Any frame to name in a call that maps, pins or counts.
    pub fn frame(&self, random: &mut Random) -> Frame {
        let tables = start::info();
        match random.below(10) {
            0..=4 => Frame::Ours(self.page(random).mfn()),
            5 | 6 => {
                let index = random.below(tables.nr_pt_frames + 4);
                Frame::Table(match index.checked_sub(tables.nr_pt_frames) {
                    None => Page::at(tables.pt_base + index * memory::PAGE).mfn(),
                    Some(0) => self.branch.l1.mfn(),
                    Some(1) => self.branch.l2.mfn(),
                    Some(2) => self.branch.l3.mfn(),
                    Some(_) => self.second_l4.mfn(),
                })
            }
            7 => Frame::Foreign(self.hypervisor),
            // Not ours when we looked; free ones may have been given to us since.
            8 => Frame::Wild(random.pick(&self.not_ours).unwrap_or(self.hypervisor)),
            _ => Frame::Wild(match random.below(4) {
                0 => 0xff_ffff_ffff,
                1 => 1 << random.below(64),
                2 => u64::MAX,
                _ => random.bits() >> random.below(30) | 1 << 36,
            }),
        }
    }
    /// A frame for calls that write to it: never one that the guest runs on, which a wild number
    /// may be by chance.
    pub fn frame_to_write(&self, random: &mut Random) -> u64 {
        match self.frame(random) {
            Frame::Wild(_) => 0xff_ffff_ffff,
            other => other.number(),
        }
    }
    /// A top table to switch to: one with our kernel, or none at all.
    pub fn top_table(&self, random: &mut Random) -> u64 {
        match random.below(4) {
            0 => memory::kernel_l4().mfn(),
            1 => self.second_l4.mfn(),
            2 => self.branch.l3.mfn(),
            // A page of the arena may have become a top table without a kernel, and a frame that
            // was not ours may have become a page of the arena.
            _ => match self.frame(random) {
                table @ (Frame::Table(_) | Frame::Foreign(_)) => table.number(),
                Frame::Ours(_) | Frame::Wild(_) => 0xff_ffff_ffff,
            },
        }
    }
    /// The machine address of an entry that may be overwritten.
    pub fn entry_address(&self, random: &mut Random) -> u64 {
        let index = random.below(512);
        match random.below(12) {
            0..=3 => self.branch.l1.maddr(index),
            4 | 5 => self.branch.l2.maddr(random.below(400) + 100),
            6 => self.branch.l3.maddr(random.below(400) + 100),
            // Slots that hold nothing of ours, and the hypervisor's.
            7 => memory::kernel_l4().maddr(100 + random.below(172)),
            8 => {
                // Not in the tables that the kernel runs on: a good entry there would end us.
                let frame = match self.frame(random) {
                    Frame::Table(_) => self.branch.l1.mfn(),
                    other => other.number(),
                };
                (frame << 12) | random.below(4096)
            }
            9 => self.second_l4.maddr(100 + random.below(172)),
            _ => self.page(random).maddr(index),
        }
    }
    /// Whether this is the address of an entry of the branch's L1.
    pub fn is_l1_entry(&self, maddr: u64) -> bool {
        maddr >> 12 == self.branch.l1.mfn()
    }
    /// An address to map something at.
    pub fn map_address(&self, random: &mut Random) -> u64 {
        match random.below(8) {
            0..=4 => {
                SCRATCH
                    + random.below(512) * 4096
                    + if random.one_in(8) {
                        random.below(4096)
                    } else {
                        0
                    }
            }
            5 => self.page(random).va(),
            // Slots 0 and 64, where no call links a table: through one that it did, the kernel's own
            // could be reached.
            6 => 0x2000_0000_0000 + random.below(1 << 38),
            _ => self.bad_address(random),
        }
    }
    /// An address where the hypervisor must not read or write for us.
    pub fn bad_address(&self, random: &mut Random) -> u64 {
        match random.below(8) {
            0 => 0x8000_0000_0000,
            1 => memory::M2P + random.below(1 << 38),
            2 => HYPERVISOR + random.below(1 << 40),
            3 => 0xffff_82d0_4020_0000 + random.below(1 << 22),
            4 => 0,
            5 => u64::MAX - random.below(64),
            6 => 0x7fff_ffff_fff8,
            _ => 0x10_0000_0000 + random.below(1 << 34),
        }
    }
    /// An address for an argument: mostly in the arena.
    pub fn pointer(&self, random: &mut Random) -> u64 {
        if random.one_in(8) {
            return self.bad_address(random);
        }
        // The last page takes what runs over the end of the one before.
        let index = random.below(PAGES as u64 - 1) as usize;
        let page = self.pages.get(index).unwrap_or(&self.pages[0]).va();
        match random.below(8) {
            // Ends with the page, or crosses into the next.
            0 => page + 4096 - 8 * random.below(6),
            1 => page + random.below(4000),
            _ => page + 8 * random.below(256),
        }
    }
    /// Pages whose neighbour is a page of the arena too, so that writing past the end is harmless.
    pub fn is_last(&self, va: u64) -> bool {
        va >= self.pages[PAGES - 1].va() + 2048
    }

    /// After an entry was written: did it map what must not be mapped?
    pub fn check_mapping(&self, frame: Frame, flags: u64, answer: i64) -> Result<(), Broken> {
        if answer != 0 || flags & 1 == 0 {
            return Ok(());
        }
        match frame {
            Frame::Table(mfn) if flags & 2 != 0 => Err(Broken::WritableTable(mfn)),
            Frame::Foreign(mfn) => Err(Broken::ForeignMapped(mfn)),
            _ => Ok(()),
        }
    }

    /// Registers what the guest needs to take traps and events, whatever a call registered.
    pub fn mend_entries(&self) -> Result<(), Broken> {
        let steps = [
            ("set_trap_table", trap::load_table(None)),
            (
                "callback event",
                hypercall::register_callback(CALLBACK_EVENT, 0, Entry::Event.address()),
            ),
            (
                "callback failsafe",
                hypercall::register_callback(CALLBACK_FAILSAFE, 1, Entry::Failsafe.address()),
            ),
            (
                "callback syscall",
                hypercall::register_callback(CALLBACK_SYSCALL, 1, Entry::Syscall.address()),
            ),
            (
                "stack_switch",
                call!(STACK_SWITCH, KERNEL_SS, smp::kernel_stack(0)),
            ),
        ];
        match steps.into_iter().find(|(_, answer)| *answer != 0) {
            Some((what, answer)) => Err(Broken::Mending(what, answer)),
            None => Ok(()),
        }
    }

    /// Puts the ground back in order, and looks whether anything else was touched.
    pub fn mend(&self) -> Result<(), Broken> {
        events::set_mask(true);
        call!(SET_DEBUGREG, 7, 0);
        call!(SET_GDT, 0, 0);
        hypercall::mmuext_op(MMUEXT_SET_LDT, 0, 0);
        match hypercall::mmuext_op(MMUEXT_NEW_BASEPTR, memory::kernel_l4().mfn(), 0) {
            0 => {}
            answer => return Err(Broken::Mending("new_baseptr", answer)),
        }
        hypercall::mmuext_op(MMUEXT_NEW_USER_BASEPTR, 0, 0);
        self.mend_tables();
        self.mend_entries()?;
        for page in self.pages {
            self.mend_page(page);
        }
        hypercall::mmuext_op(MMUEXT_TLB_FLUSH_ALL, 0, 0);
        self.canary()
    }
    /// Looks whether the page that no call names is as it was.
    pub fn canary(&self) -> Result<(), Broken> {
        for index in [0, 255, 511] {
            if self.canary.read(index) != CANARY {
                return Err(Broken::Canary(self.canary.read(index)));
            }
        }
        Ok(())
    }
    /// Empties the branch, so that nothing of the arena is held by it.
    fn mend_tables(&self) {
        for index in 0..512 {
            if self.branch.l1.read(index) != 0 {
                memory::set_entry(self.branch.l1, index, 0);
            }
            for table in [self.branch.l2, self.branch.l3] {
                if index >= 100 && table.read(index) != 0 {
                    memory::set_entry(table, index, 0);
                }
            }
        }
        for slot in 100..256 {
            for table in [memory::kernel_l4(), self.second_l4] {
                if table.read(slot) != 0 {
                    memory::set_entry(table, slot, 0);
                }
            }
        }
    }
    /// Makes a page of the arena a plain writable page again; another frame if its own is gone.
    fn mend_page(&self, page: Page) {
        hypercall::mmuext_op(MMUEXT_UNPIN_TABLE, page.mfn(), 0);
        if page.protect(RW) == 0 {
            return;
        }
        // Either it is a table held by another page of the arena, which a later round mends, or
        // it was given away.
        hypercall::update_va_mapping(page.va(), 0, UVMF_INVLPG);
        let mut frame = page.pfn();
        let mut arg = MemoryReservation {
            extent_start: hypercall::ptr(&mut frame),
            nr_extents: 1,
            domid: DOMID_SELF as u16,
            ..Default::default()
        };
        if hypercall::memory_op(XENMEM_POPULATE_PHYSMAP, &mut arg) == 1 {
            memory::set_mfn_of_pfn(page.pfn(), frame);
        }
        page.protect(RW);
    }
}
