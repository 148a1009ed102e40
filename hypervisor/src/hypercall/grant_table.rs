//! `grant_table_op`: the guest's door to grants, its own and those of others.
//!
//! Most operations take a list and answer each element by itself, in its status; the call fails as a whole only when
//! the list cannot be read or written. Long lists stop where something waits for this CPU and go on later.
//!
//! Always: an unmapped page is unpinned only after no CPU has a translation to it, at whatever address.
//!
//! Not here: the rules (`grant_table`), the frames of tables (`memory::grants`).

use alloc::sync::Arc;

use abi::grant_table::{
    CacheFlush, Copy, GNTCOPY_DEST_GREF, GNTCOPY_SOURCE_GREF, GNTST_BAD_VIRT_ADDR,
    GNTST_GENERAL_ERROR, GNTST_OKAY, GNTTAB_CACHE_CLEAN, GNTTAB_CACHE_INVAL,
    GNTTAB_CACHE_SOURCE_GREF, GNTTABOP_CACHE_FLUSH, GNTTABOP_COPY, GNTTABOP_GET_STATUS_FRAMES,
    GNTTABOP_GET_VERSION, GNTTABOP_MAP_GRANT_REF, GNTTABOP_QUERY_SIZE, GNTTABOP_SET_VERSION,
    GNTTABOP_SETUP_TABLE, GNTTABOP_SWAP_GRANT_REF, GNTTABOP_TRANSFER, GNTTABOP_UNMAP_AND_REPLACE,
    GNTTABOP_UNMAP_GRANT_REF, GetStatusFrames, GetVersion, MapGrantRef, QuerySize, SetVersion,
    SetupTable, SwapGrantRef, Transfer, UnmapAndReplace, UnmapGrantRef,
};
use abi::{DomId, Errno, GuestPtr, Mfn, RawDomId};
use arrayvec::ArrayVec;
use core::sync::atomic::Ordering;
use grant_table::{
    Access, Error, Handle, Host, Map, MapFlags, Maptrack, Parties, Pending, Place, Ref, Side,
    Table, Unmap, Version, begin_unmap, finish_unmap,
};
use metal::cpu::{self, Flush};
use metal::frame::Frame;
use page_types::{L1Entry, Pte, Stolen};
use zerocopy::{FromBytes, Immutable, IntoBytes};

use super::{Call, Outcome};
use crate::domain::Domain;
use crate::memory;
use crate::memory::frames::{self, Machine};
use crate::memory::grants::{Books, Hold, Lent};
use crate::pv::mmu::{self, EntryPlace};

/// Unmaps that share one TLB flush.
const BATCH: usize = 32;

/// Answers one operation.
pub fn grant_table_op(call: &mut Call, cmd: u32, list: GuestPtr<u8>, count: u32) -> Outcome {
    if i32::try_from(count).is_err() {
        return Errno::EINVAL.into();
    }
    let (done, result) = match cmd {
        GNTTABOP_MAP_GRANT_REF => each(call, list.cast(), count, map),
        GNTTABOP_UNMAP_GRANT_REF => each_unmap(call, list.cast::<UnmapGrantRef>(), count),
        GNTTABOP_UNMAP_AND_REPLACE => each_unmap(call, list.cast::<UnmapAndReplace>(), count),
        GNTTABOP_COPY => each(call, list.cast(), count, copy),
        GNTTABOP_TRANSFER => each(call, list.cast(), count, transfer),
        GNTTABOP_SWAP_GRANT_REF => each(call, list.cast(), count, swap),
        GNTTABOP_CACHE_FLUSH => each(call, list.cast(), count, cache_flush),
        GNTTABOP_SETUP_TABLE | GNTTABOP_QUERY_SIZE | GNTTABOP_GET_STATUS_FRAMES if count != 1 => {
            (count, Err(Errno::EINVAL))
        }
        GNTTABOP_SETUP_TABLE => (count, setup_table(call, list.cast())),
        GNTTABOP_QUERY_SIZE => (count, query_size(call, list.cast())),
        GNTTABOP_GET_STATUS_FRAMES => (count, get_status_frames(call, list.cast())),
        GNTTABOP_SET_VERSION => (count, set_version(call, list.cast())),
        GNTTABOP_GET_VERSION => (count, get_version(call, list.cast())),
        _ => (count, Err(Errno::ENOSYS)),
    };
    match result {
        Ok(()) if done < count => {
            let rest = list
                .addr()
                .wrapping_add(u64::from(done).wrapping_mul(element_size(cmd)));
            call.resume_with([u64::from(cmd), rest, u64::from(count.wrapping_sub(done)), 0])
        }
        result => result.into(),
    }
}

/// Bytes in an element of an operation that can stop in the middle.
fn element_size(cmd: u32) -> u64 {
    (match cmd {
        GNTTABOP_MAP_GRANT_REF => size_of::<MapGrantRef>(),
        GNTTABOP_UNMAP_GRANT_REF => size_of::<UnmapGrantRef>(),
        GNTTABOP_UNMAP_AND_REPLACE => size_of::<UnmapAndReplace>(),
        GNTTABOP_COPY => size_of::<Copy>(),
        GNTTABOP_TRANSFER => size_of::<Transfer>(),
        GNTTABOP_SWAP_GRANT_REF => size_of::<SwapGrantRef>(),
        _ => size_of::<CacheFlush>(),
    }) as u64
}

/// Answers the elements of a list one after the other; how many were done.
fn each<T: FromBytes + IntoBytes + Immutable>(
    call: &mut Call,
    list: GuestPtr<T>,
    count: u32,
    one: impl Fn(&mut Call, &mut T) -> Result<(), Errno>,
) -> (u32, Result<(), Errno>) {
    for done in 0..count {
        if done != 0 && call.should_yield() {
            return (done, Ok(()));
        }
        let at = list.offset(u64::from(done));
        let result = call.read(at).and_then(|mut element| {
            one(call, &mut element)?;
            call.write(at, &element)
        });
        if result.is_err() {
            return (done, result);
        }
    }
    (count, Ok(()))
}

/// An element that undoes a mapping.
trait UnmapElement: FromBytes + IntoBytes + Immutable {
    fn request(&self) -> Unmap;
    fn answer(&mut self, status: i16);
}

impl UnmapElement for UnmapGrantRef {
    fn request(&self) -> Unmap {
        Unmap {
            handle: Handle(self.handle),
            host_addr: self.host_addr,
            dev_bus_addr: self.dev_bus_addr,
            replacement: None,
        }
    }
    fn answer(&mut self, status: i16) {
        self.status = status;
    }
}

impl UnmapElement for UnmapAndReplace {
    fn request(&self) -> Unmap {
        Unmap {
            handle: Handle(self.handle),
            host_addr: self.host_addr,
            dev_bus_addr: 0,
            replacement: Some(self.new_addr),
        }
    }
    fn answer(&mut self, status: i16) {
        self.status = status;
    }
}

/// Undoes the mappings of a list.
fn each_unmap<T: UnmapElement>(
    call: &mut Call,
    list: GuestPtr<T>,
    count: u32,
) -> (u32, Result<(), Errno>) {
    if call.domain.dirty_cpus.has_other_than(cpu::this()) {
        each_unmap_together(call, list, count)
    } else {
        each(call, list, count, unmap_alone)
    }
}

/// One mapping, where a flush most likely reaches no other CPU and costs next to nothing.
fn unmap_alone<T: UnmapElement>(call: &mut Call, element: &mut T) -> Result<(), Errno> {
    let request = element.request();
    let status = match begin_unmap(&mut Caller(call), &request) {
        Ok(unmapped) => {
            if unmapped.is_stale() {
                flush(&call.domain);
            }
            finish_unmap(&Caller(call), unmapped);
            GNTST_OKAY
        }
        Err(error) => error.status(),
    };
    element.answer(status);
    Ok(())
}

/// Some mappings at a time, with one flush of all CPUs concerned.
#[inline(never)]
fn each_unmap_together<T: UnmapElement>(
    call: &mut Call,
    list: GuestPtr<T>,
    count: u32,
) -> (u32, Result<(), Errno>) {
    let mut pending = ArrayVec::<Pending<L1Entry<Machine>>, BATCH>::new();
    let mut done = 0;
    while done < count {
        if done != 0 && call.should_yield() {
            return (done, Ok(()));
        }
        let mut result = Ok(());
        while done < count && !pending.is_full() {
            result = unmap_one(call, list.offset(u64::from(done)), &mut pending);
            if result.is_err() {
                break;
            }
            done = done.wrapping_add(1);
        }
        if pending.iter().any(Pending::is_stale) {
            flush(&call.domain);
        }
        // In place: they are too large to be moved for nothing.
        for unmapped in pending.drain(..) {
            finish_unmap(&Caller(call), unmapped);
        }
        if result.is_err() {
            return (done, result);
        }
    }
    (count, Ok(()))
}

fn unmap_one<T: UnmapElement>(
    call: &mut Call,
    at: GuestPtr<T>,
    pending: &mut ArrayVec<Pending<L1Entry<Machine>>, BATCH>,
) -> Result<(), Errno> {
    let mut element = call.read(at)?;
    let request = element.request();
    match begin_unmap(&mut Caller(call), &request) {
        Ok(unmapped) => {
            // There is room: the caller looked.
            let _full = pending.try_push(unmapped);
            element.answer(GNTST_OKAY);
        }
        Err(error) => element.answer(error.status()),
    }
    call.write(at, &element)
}

/// Takes a domain's translations out of every CPU that may have them. A vCPU that another CPU begins to run after the
/// look here finds the page tables as they are then.
#[inline]
fn flush(domain: &Domain) {
    if domain.dirty_cpus.has_other_than(cpu::this()) {
        cpu::flush(&domain.dirty_cpus.load(), Flush::All);
    } else {
        mmu::flush_here(Flush::All);
    }
}

fn status_of<R>(result: &Result<R, Error>) -> i16 {
    match result {
        Ok(_) => GNTST_OKAY,
        Err(error) => error.status(),
    }
}

fn map(call: &mut Call, op: &mut MapGrantRef) -> Result<(), Errno> {
    let request = Map {
        granter: op.dom,
        gref: Ref(op.ref_),
        flags: MapFlags(op.flags),
        host_addr: op.host_addr,
    };
    let result = grant_table::map(&mut Caller(call), &request);
    op.status = status_of(&result);
    if let Ok(mapped) = result {
        op.handle = mapped.handle.0;
        op.dev_bus_addr = mapped.dev_bus_addr;
    }
    Ok(())
}

fn copy(call: &mut Call, op: &mut Copy) -> Result<(), Errno> {
    let side = |end: &abi::grant_table::CopyPtr, by_ref: u16| Side {
        dom: end.domid,
        page: if op.flags & by_ref != 0 {
            Ok(Ref(end.u as u32))
        } else {
            Err(end.u)
        },
        offset: end.offset,
    };
    let request = grant_table::Copy {
        source: side(&op.source, GNTCOPY_SOURCE_GREF),
        dest: side(&op.dest, GNTCOPY_DEST_GREF),
        len: op.len,
    };
    op.status = status_of(&grant_table::copy(&mut Caller(call), &request));
    Ok(())
}

fn transfer(call: &mut Call, op: &mut Transfer) -> Result<(), Errno> {
    let (to, gref) = (op.domid, Ref(op.ref_));
    op.status = status_of(&grant_table::transfer(&mut Caller(call), op.mfn, to, gref));
    Ok(())
}

fn swap(call: &mut Call, op: &mut SwapGrantRef) -> Result<(), Errno> {
    let Books { table, lent } = &mut *call.domain.grants.lock();
    op.status = status_of(&table.swap(Ref(op.ref_a), Ref(op.ref_b), lent));
    Ok(())
}

/// Writes caches back, for a domain whose devices do not look into them.
fn cache_flush(call: &mut Call, op: &mut CacheFlush) -> Result<(), Errno> {
    let known = GNTTAB_CACHE_CLEAN | GNTTAB_CACHE_INVAL | GNTTAB_CACHE_SOURCE_GREF;
    let end = u32::from(op.offset).wrapping_add(u32::from(op.length));
    if op.op & !known != 0 || end > grant_table::PAGE {
        return Err(Errno::EINVAL);
    }
    let wanted = op.op & (GNTTAB_CACHE_CLEAN | GNTTAB_CACHE_INVAL);
    if op.length == 0 || wanted == 0 {
        return Ok(());
    }
    // The CPU cannot forget a line without writing it back, a page by reference is not the caller's to name, and
    // without a device there is nobody to write back for.
    let has_devices = mmu::may_choose_caching(&call.domain);
    if wanted == GNTTAB_CACHE_INVAL || op.op & GNTTAB_CACHE_SOURCE_GREF != 0 || !has_devices {
        return Err(Errno::EOPNOTSUPP);
    }
    let mfn = Mfn(op.a >> 12);
    let is_own = Hold::of(call.domain.id, mfn, Access::Read).is_ok();
    let is_mapped = || {
        call.domain
            .grants
            .maptrack()
            .iter()
            .any(|(_, mapping)| mapping.mfn == mfn.0)
    };
    if !is_own && !is_mapped() {
        return Err(Errno::EPERM);
    }
    cpu::flush_caches();
    Ok(())
}

/// The domain whose table is asked about, or the status for not finding it.
fn table_owner(call: &Call, dom: RawDomId) -> Result<Arc<Domain>, Error> {
    call.target(dom).map_err(|error| match error {
        Errno::EPERM => Error::NotPermitted,
        _ => Error::BadDomain,
    })
}

fn setup_table(call: &mut Call, arg: GuestPtr<SetupTable>) -> Result<(), Errno> {
    let mut request = call.read(arg)?;
    request.status = match table_owner(call, request.dom) {
        Ok(owner) => setup_table_of(call, &owner, &request),
        Err(error) => error.status(),
    };
    call.write(arg, &request)
}

fn setup_table_of(call: &Call, owner: &Domain, request: &SetupTable) -> i16 {
    let grants = &owner.grants;
    let mut books = grants.lock();
    if grants.grow(&mut books, request.nr_frames).is_err() {
        return GNTST_GENERAL_ERROR;
    }
    let frames = books.lent.entries();
    if request.nr_frames as usize > frames.len() {
        return GNTST_GENERAL_ERROR; // a dead domain's
    }
    for (index, frame) in (0..request.nr_frames).zip(frames) {
        if call
            .write(request.frame_list.offset(u64::from(index)), &frame.mfn().0)
            .is_err()
        {
            return GNTST_BAD_VIRT_ADDR;
        }
    }
    GNTST_OKAY
}

fn get_status_frames(call: &mut Call, arg: GuestPtr<GetStatusFrames>) -> Result<(), Errno> {
    let mut request = call.read(arg)?;
    request.status = match table_owner(call, request.dom) {
        Ok(owner) => status_frames_of(call, &owner, &request),
        Err(error) => error.status(),
    };
    call.write(arg, &request)
}

fn status_frames_of(call: &Call, owner: &Domain, request: &GetStatusFrames) -> i16 {
    let books = owner.grants.lock();
    let frames = books.lent.status();
    if books.table.version() != Version::V2 || request.nr_frames as usize > frames.len() {
        return GNTST_GENERAL_ERROR;
    }
    for (index, frame) in (0..request.nr_frames).zip(frames) {
        if call
            .write(request.frame_list.offset(u64::from(index)), &frame.mfn().0)
            .is_err()
        {
            return GNTST_BAD_VIRT_ADDR;
        }
    }
    GNTST_OKAY
}

fn query_size(call: &mut Call, arg: GuestPtr<QuerySize>) -> Result<(), Errno> {
    let mut request = call.read(arg)?;
    let owner = table_owner(call, request.dom);
    request.status = status_of(&owner);
    if let Ok(owner) = owner {
        let books = owner.grants.lock();
        request.nr_frames = books.table.frames();
        request.max_nr_frames = books.table.max_frames();
    }
    call.write(arg, &request)
}

fn set_version(call: &mut Call, arg: GuestPtr<SetVersion>) -> Result<(), Errno> {
    let request = call.read(arg)?;
    let result = call.domain.grants.set_version(request.version);
    let version = call.domain.grants.lock().table.version().number();
    call.write(arg, &SetVersion { version })?;
    result.map(|_| ())
}

fn get_version(call: &mut Call, arg: GuestPtr<GetVersion>) -> Result<(), Errno> {
    let mut request = call.read(arg)?;
    let owner = call.target(request.dom)?;
    request.version = owner.grants.lock().table.version().number();
    call.write(arg, &request)
}

/// The caller, its page tables and its peers, as the rules of grants see them.
struct Caller<'a>(&'a mut Call);

impl Parties for Caller<'_> {
    type Granter = Arc<Domain>;
    type Hold = Hold;
    type Shared = Lent;

    #[inline]
    fn caller(&self) -> DomId {
        self.0.domain.id
    }

    #[inline]
    fn granter(&self, dom: RawDomId) -> Result<Arc<Domain>, Error> {
        self.0.domain_of(dom).map_err(|_| Error::BadDomain)
    }

    #[inline]
    fn with_table<R>(&self, granter: &Arc<Domain>, act: impl FnOnce(&mut Table, &Lent) -> R) -> R {
        let Books { table, lent } = &mut *granter.grants.lock();
        act(table, lent)
    }

    #[inline]
    fn with_maptrack<R>(&self, act: impl FnOnce(&mut Maptrack<Hold>) -> R) -> R {
        act(&mut self.0.domain.grants.maptrack())
    }
}

impl From<Place> for EntryPlace {
    fn from(place: Place) -> Self {
        match place {
            Place::Address(address) => Self::Address(address),
            Place::Entry(address) => Self::Machine(address),
        }
    }
}

/// The bits of a page-table entry for a granted page.
fn entry_flags(flags: MapFlags) -> u64 {
    let for_whom = if flags.for_application() {
        Pte::US
    } else {
        Pte::US | Pte::GUEST_KERNEL
    };
    // The guest's three bits are 9 to 11.
    let of_guest = u64::from(flags.guest_bits() & 7).wrapping_shl(9);
    Pte::P | Pte::A | Pte::D | Pte::NX | for_whom | of_guest
}

impl Caller<'_> {
    /// The entry there as it is now, and its place by machine address, which needs no walk.
    fn look(&self, place: EntryPlace) -> Result<(Pte, EntryPlace), Error> {
        let (table, slot) = place.find().map_err(|_| Error::BadPlace)?;
        let words = Frame::new(table).ok_or(Error::BadPlace)?.words();
        let word = words.get(slot).ok_or(Error::BadPlace)?;
        let address = table.0.wrapping_shl(12) | (slot as u64).wrapping_shl(3);
        Ok((
            Pte(word.load(Ordering::Relaxed)),
            EntryPlace::Machine(address),
        ))
    }

    #[inline]
    fn exchange(
        &mut self,
        place: EntryPlace,
        entry: L1Entry<Machine>,
    ) -> Result<L1Entry<Machine>, Error> {
        mmu::exchange_entry(self.0, place, entry).map_err(|_| Error::BadPlace)
    }
}

impl Host for Caller<'_> {
    type Removed = L1Entry<Machine>;
    type Stolen = Stolen;

    #[inline]
    fn hold(&self, owner: &Arc<Domain>, frame: u64, access: Access) -> Result<Hold, Error> {
        Hold::of(owner.id, Mfn(frame), access)
    }

    fn hold_again(&self, hold: &Hold) -> Hold {
        hold.clone()
    }

    #[inline]
    fn mfn(&self, hold: &Hold) -> u64 {
        hold.mfn().0
    }

    fn map(&mut self, hold: Hold, place: Place, flags: MapFlags) -> Result<(), Error> {
        let bits = entry_flags(flags);
        let entry = match hold {
            Hold::Read(page) => page.into_entry(bits),
            Hold::Write(page) => page.into_entry(bits),
        };
        let old = self.exchange(place.into(), entry)?;
        if old.pte().is_present() {
            // What the guest had there it loses; nobody must go on seeing it.
            flush(&self.0.domain);
        }
        Ok(())
    }

    fn unmap(
        &mut self,
        mfn: u64,
        access: Access,
        place: Place,
        replacement: Option<u64>,
    ) -> Result<L1Entry<Machine>, Error> {
        let writes = access == Access::Write;
        let is_it = |entry: Pte| {
            entry.is_present() && entry.mfn().0 == mfn && entry.is_writable() == writes
        };
        let (entry, there) = self.look(place.into())?;
        if !is_it(entry) {
            return Err(Error::BadPlace);
        }
        let empty = || L1Entry::absent(Machine, 0);
        let successor = match replacement {
            Some(address) => self.exchange(EntryPlace::Address(address), empty())?,
            None => empty(),
        };
        let moved = successor.pte().is_present();
        let removed = self.exchange(there, successor)?;
        if moved {
            flush(&self.0.domain);
        }
        // The guest may have changed the entry in between: then it lost what it put there.
        if is_it(removed.pte()) {
            Ok(removed)
        } else {
            Err(Error::BadPlace)
        }
    }

    #[inline]
    fn copy(&mut self, to: (&Hold, u16), from: (&Hold, u16), len: u16) {
        if let (Some(target), Some(source)) = (Frame::new(to.0.mfn()), Frame::new(from.0.mfn())) {
            // The ranges were checked; a frame that is no memory of the pool has nothing to copy.
            let _in_range = target.copy_range(to.1.into(), source, from.1.into(), len.into());
        }
    }

    fn steal(&mut self, frame: u64) -> Result<Stolen, Error> {
        let stolen = memory::steal(&self.0.domain, Mfn(frame)).map_err(|_| Error::BadPage)?;
        metal::m2p::set(stolen.mfn, u64::MAX);
        if let Some(page) = memory::page(stolen.mfn) {
            frames::flush_for_reuse(page.stamp());
        }
        Ok(stolen)
    }

    fn stolen_mfn(&self, stolen: &Stolen) -> u64 {
        stolen.mfn.0
    }

    fn adopt(&mut self, new_owner: &Arc<Domain>, stolen: Stolen) -> bool {
        match memory::adopt(new_owner, stolen) {
            Ok(_) => true,
            Err(stolen) => {
                memory::free_stolen(stolen);
                false
            }
        }
    }

    fn discard(&mut self, stolen: Stolen) {
        memory::free_stolen(stolen);
    }
}
