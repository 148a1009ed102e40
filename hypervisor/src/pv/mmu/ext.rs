//! `mmuext_op`: pins, roots, flushes, the LDT.

use abi::xen::{
    MMUEXT_CLEAR_PAGE, MMUEXT_COPY_PAGE, MMUEXT_FLUSH_CACHE, MMUEXT_FLUSH_CACHE_GLOBAL,
    MMUEXT_INVLPG_ALL, MMUEXT_INVLPG_LOCAL, MMUEXT_INVLPG_MULTI, MMUEXT_MARK_SUPER,
    MMUEXT_NEW_BASEPTR, MMUEXT_NEW_USER_BASEPTR, MMUEXT_PIN_L1_TABLE, MMUEXT_PIN_L2_TABLE,
    MMUEXT_PIN_L3_TABLE, MMUEXT_PIN_L4_TABLE, MMUEXT_SET_LDT, MMUEXT_TLB_FLUSH_ALL,
    MMUEXT_TLB_FLUSH_LOCAL, MMUEXT_TLB_FLUSH_MULTI, MMUEXT_UNMARK_SUPER, MMUEXT_UNPIN_TABLE,
    MmuextOp,
};
use abi::{DomId, Errno, GuestPtr, Mfn, RawDomId};
use metal::cpu::{self, Flush};
use metal::frame::Frame;
use metal::guest;
use page_types::{Authority, Budget, Kind, TypeRef, Work, Writable};

use super::update::{GOES_ON, REQUEST, begin, conclude};
use super::{
    Patience, Root, authority, flush, may_choose_caching, page_of, page_owner, patience, ready,
};
use crate::hypercall::{Call, Outcome};
use crate::memory::frames::{self, Machine};
use crate::pv::descriptors::MAX_LDT_ENTRIES;
use crate::pv::is_guest_address;

/// Carries out a list of operations, in order, up to the first that fails.
pub fn mmuext_op(
    call: &mut Call,
    list: GuestPtr<MmuextOp>,
    count: u32,
    done: GuestPtr<u32>,
    foreign: u32,
) -> Outcome {
    let raw = RawDomId(foreign as u16);
    let owner = if raw == RawDomId::SELF {
        call.domain.id
    } else {
        match page_owner(call, raw) {
            Ok(owner) => owner,
            Err(error) => return error.into(),
        }
    };
    let total = count & !GOES_ON;
    let mut made = 0;
    let mut patience = patience();
    let mut result = begin(call, &mut patience);
    while result.is_ok() && made < total {
        if made != 0 && !patience.spend(REQUEST) {
            result = Err(Errno::ERESTART);
            break;
        }
        result = operation(call, list.offset(u64::from(made)), owner, &mut patience);
        made = made.wrapping_add(u32::from(result.is_ok()));
    }
    let rest = [
        list.offset(u64::from(made)).addr(),
        u64::from(total.wrapping_sub(made)),
        done.addr(),
        u64::from(foreign),
    ];
    conclude(call, result, made, count & GOES_ON != 0, done, rest)
}

#[inline(always)]
fn operation(
    call: &mut Call,
    at: GuestPtr<MmuextOp>,
    owner: DomId,
    patience: &mut Patience,
) -> Result<(), Errno> {
    let mut words = [0u64; 3];
    guest::read_words(at.addr(), &mut words).map_err(|_| Errno::EFAULT)?;
    let [cmd, arg1, arg2] = words;
    match cmd as u32 {
        MMUEXT_PIN_L1_TABLE => pin(call, Mfn(arg1), Kind::L1, owner, patience),
        MMUEXT_PIN_L2_TABLE => pin(call, Mfn(arg1), Kind::L2, owner, patience),
        MMUEXT_PIN_L3_TABLE => pin(call, Mfn(arg1), Kind::L3, owner, patience),
        MMUEXT_PIN_L4_TABLE => pin(call, Mfn(arg1), Kind::L4, owner, patience),
        MMUEXT_UNPIN_TABLE => unpin(call, Mfn(arg1), owner, patience),
        MMUEXT_CLEAR_PAGE => clear_page(owner, Mfn(arg1)),
        MMUEXT_COPY_PAGE => copy_page(owner, Mfn(arg1), Mfn(arg2)),
        MMUEXT_MARK_SUPER | MMUEXT_UNMARK_SUPER => Err(Errno::EOPNOTSUPP),
        cmd => own_operation(call, cmd, arg1, arg2, owner, patience),
    }
}

/// What the caller can do to itself only.
#[inline(always)]
fn own_operation(
    call: &mut Call,
    cmd: u32,
    arg1: u64,
    arg2: u64,
    owner: DomId,
    patience: &mut Patience,
) -> Result<(), Errno> {
    let known = matches!(
        cmd,
        MMUEXT_NEW_BASEPTR..=MMUEXT_SET_LDT | MMUEXT_NEW_USER_BASEPTR | MMUEXT_FLUSH_CACHE_GLOBAL
    );
    if !known {
        return Err(Errno::ENOSYS);
    }
    if owner != call.domain.id {
        return Err(Errno::EPERM);
    }
    match cmd {
        MMUEXT_NEW_BASEPTR => new_root(call, Mfn(arg1), patience),
        MMUEXT_NEW_USER_BASEPTR => new_user_root(call, Mfn(arg1), patience),
        MMUEXT_TLB_FLUSH_LOCAL => {
            flush::here(Flush::All);
            Ok(())
        }
        MMUEXT_INVLPG_LOCAL => {
            if is_guest_address(arg1) {
                flush::here(Flush::Page(arg1));
            }
            Ok(())
        }
        MMUEXT_TLB_FLUSH_ALL => {
            flush::on(&flush::everywhere(call), Flush::All);
            Ok(())
        }
        MMUEXT_INVLPG_ALL => {
            flush::on(&flush::everywhere(call), Flush::Page(arg1));
            Ok(())
        }
        MMUEXT_TLB_FLUSH_MULTI => flush_multi(call, arg2, Flush::All),
        MMUEXT_INVLPG_MULTI => flush_multi(call, arg2, Flush::Page(arg1)),
        MMUEXT_SET_LDT => set_ldt(call, arg1, arg2 as u32),
        MMUEXT_FLUSH_CACHE | MMUEXT_FLUSH_CACHE_GLOBAL => flush_caches(call),
        _ => Err(Errno::ENOSYS),
    }
}

/// What an owner of tables may put into them, when the caller asks for it.
fn authority_over(call: &Call, owner: DomId) -> Authority {
    if owner == call.domain.id {
        authority(&call.domain)
    } else {
        let caching =
            crate::domain::table::get(owner).is_some_and(|domain| may_choose_caching(&domain));
        Authority::of(owner).with_caching(caching)
    }
}

fn pin(
    call: &mut Call,
    mfn: Mfn,
    kind: Kind,
    owner: DomId,
    patience: &mut Patience,
) -> Result<(), Errno> {
    let who = authority_over(call, owner);
    let leftovers = &mut call.state.pv.leftovers;
    ready(leftovers, patience)?;
    let mut work = Work {
        budget: patience,
        leftovers,
    };
    Ok(page_types::pin(Machine, mfn, kind, &who, &mut work)?)
}

fn unpin(call: &mut Call, mfn: Mfn, owner: DomId, patience: &mut Patience) -> Result<(), Errno> {
    let leftovers = &mut call.state.pv.leftovers;
    ready(leftovers, patience)?;
    let mut work = Work {
        budget: patience,
        leftovers,
    };
    Ok(page_types::unpin(Machine, mfn, owner, &mut work)?)
}

/// Another root for the caller's kernel, which runs now.
#[inline]
fn new_root(call: &mut Call, mfn: Mfn, patience: &mut Patience) -> Result<(), Errno> {
    let who = authority(&call.domain);
    let pv = &mut call.state.pv;
    ready(&mut pv.leftovers, patience)?;
    let mut work = Work {
        budget: patience,
        leftovers: &mut pv.leftovers,
    };
    let root = Root::get(mfn, &who, &mut work)?;
    let frame = root.frame().ok_or(Errno::EINVAL)?;
    frames::load_root(frame);
    let old = core::mem::replace(&mut pv.kernel_root, root);
    if pv.ldt.entries != 0 {
        // It lies at an address, and that may now be other memory.
        pv.ldt.drop_pages();
    }
    old.give_back(&mut work);
    Ok(())
}

/// Another root for the caller's user mode, or none.
#[inline]
fn new_user_root(call: &mut Call, mfn: Mfn, patience: &mut Patience) -> Result<(), Errno> {
    let who = authority(&call.domain);
    let pv = &mut call.state.pv;
    ready(&mut pv.leftovers, patience)?;
    let mut work = Work {
        budget: patience,
        leftovers: &mut pv.leftovers,
    };
    let root = if mfn == Mfn(0) {
        Root::none()
    } else {
        Root::get(mfn, &who, &mut work)?
    };
    core::mem::replace(&mut pv.user_root, root).give_back(&mut work);
    Ok(())
}

fn flush_multi(call: &Call, mask: u64, what: Flush) -> Result<(), Errno> {
    let cpus = flush::of_mask(call, GuestPtr::from_addr(mask)).map_err(|_| Errno::EINVAL)?;
    flush::on(&cpus, what);
    Ok(())
}

fn set_ldt(call: &mut Call, base: u64, entries: u32) -> Result<(), Errno> {
    let last = base
        .wrapping_add(u64::from(entries).wrapping_mul(8))
        .wrapping_sub(1);
    let fits = base & 0xfff == 0 && entries <= MAX_LDT_ENTRIES;
    if entries != 0 && !(fits && is_guest_address(base) && is_guest_address(last)) {
        return Err(Errno::EINVAL);
    }
    let ldt = &mut call.state.pv.ldt;
    if (ldt.base, ldt.entries) != (base, entries) {
        ldt.set(base, entries);
    }
    Ok(())
}

fn flush_caches(call: &Call) -> Result<(), Errno> {
    if !may_choose_caching(&call.domain) {
        return Err(Errno::EACCES);
    }
    cpu::flush_caches();
    Ok(())
}

fn writable(owner: DomId, mfn: Mfn) -> Result<(TypeRef<Machine, Writable>, Frame), Errno> {
    let page = TypeRef::writable(Machine, mfn, owner).map_err(|_| Errno::EINVAL)?;
    let frame = Frame::new(mfn).ok_or(Errno::EINVAL)?;
    Ok((page, frame))
}

fn clear_page(owner: DomId, mfn: Mfn) -> Result<(), Errno> {
    let (_page, frame) = writable(owner, mfn)?;
    frame.zero();
    Ok(())
}

fn copy_page(owner: DomId, to: Mfn, from: Mfn) -> Result<(), Errno> {
    let _source = page_of(owner, from)?;
    let source = Frame::new(from).ok_or(Errno::EINVAL)?;
    let (_page, frame) = writable(owner, to)?;
    frame
        .copy_range(0, source, 0, metal::PAGE_SIZE)
        .map_err(|_| Errno::EINVAL)
}
