//! Stories: a line is `who: what arguments => answer`, and after each the world is checked.
//!
//! An answer is a number, an error by its name, or words. `page N` is page frame N of the domain that speaks; `slot N`
//! is a place in its address space.

use abi::event_channel::*;
use abi::grant_table::*;
use abi::memory::*;
use abi::xen::*;
use abi::{DomId, Errno, GuestPtr, RawDomId};
use std::sync::atomic::Ordering;
use zerocopy::FromZeros;

use super::world::{BASE, World};

const PRESENT_WRITABLE_USER: u64 = 7;

impl World {
    /// Plays a story.
    pub fn play(&mut self, story: &str) {
        for line in story.lines().map(str::trim).filter(|line| !line.is_empty()) {
            let (said, wanted) = line
                .split_once("=>")
                .unwrap_or_else(|| panic!("no answer in {line:?}"));
            let (who, what) = said
                .split_once(':')
                .unwrap_or_else(|| panic!("nobody says {line:?}"));
            let words: Vec<&str> = what.split_whitespace().collect();
            let answer = self.act(who.trim(), &words);
            assert_eq!(answer, wanted.trim(), "in {line:?}");
            self.check();
        }
    }

    /// One deed of a domain's, without the answer that is wanted.
    pub fn act(&mut self, who: &str, words: &[&str]) -> String {
        match *words {
            ["alloc_unbound", remote] => self.alloc_unbound(who, remote),
            ["bind_interdomain", remote, port] => self.bind_interdomain(who, remote, number(port)),
            ["send", port] => self.event(who, EVTCHNOP_SEND, number(port)),
            ["close", port] => self.event(who, EVTCHNOP_CLOSE, number(port)),
            ["unmask", port] => self.event(who, EVTCHNOP_UNMASK, number(port)),
            ["bind_ipi", vcpu] => self.bind_ipi(who, number(vcpu)),
            ["status", port] => self.status(who, number(port)),
            ["pending", port] => self.pending(who, number(port)),
            ["increase", count] => {
                self.reserve(who, XENMEM_INCREASE_RESERVATION, number(count), &[])
            }
            ["populate", count] => {
                let pfns: Vec<u64> = (0..u64::from(number(count)))
                    .map(|index| 200 + index)
                    .collect();
                self.reserve(who, XENMEM_POPULATE_PHYSMAP, number(count), &pfns)
            }
            ["decrease", "page", page] => {
                let mfn = self.domain(who).mfns[number(page) as usize];
                self.reserve(who, XENMEM_DECREASE_RESERVATION, 1, &[mfn])
            }
            ["decrease", "of", other, "page", page] => {
                let mfn = self.domain(other).mfns[number(page) as usize];
                self.reserve(who, XENMEM_DECREASE_RESERVATION, 1, &[mfn])
            }
            ["exchange", "page", page] => self.exchange(who, number(page), 2),
            ["exchange", "page", page, "told", "at", "slot", slot] => {
                self.exchange(who, number(page), u64::from(number(slot)))
            }
            ["pages"] => self.pages(who),
            ["grant", reference, "to", peer, "page", page] => {
                self.grant(who, number(reference), peer, number(page), 0)
            }
            ["grant", reference, "to", peer, "page", page, "ro"] => {
                self.grant(who, number(reference), peer, number(page), GTF_READONLY)
            }
            ["grant", reference, "to", peer, "shared", "info"] => {
                let frame = &self.body(who).expect("it exists").shared_info;
                self.grant_frame(who, number(reference), peer, frame.mfn().0, 0)
            }
            ["map", "of", owner, reference, "slot", slot] => {
                self.map(who, owner, number(reference), number(slot), 0)
            }
            ["map", "of", owner, reference, "slot", slot, "ro"] => {
                self.map(who, owner, number(reference), number(slot), GNTMAP_READONLY)
            }
            ["unmap", handle, "slot", slot] => self.unmap(who, number(handle), number(slot)),
            ["copy", "of", owner, reference, "to", "page", page] => {
                self.copy(who, owner, number(reference), number(page))
            }
            ["write", "page", page, value] => {
                self.put(
                    who,
                    number(page) as usize,
                    &u64::from(number(value)).to_le_bytes(),
                );
                "ok".into()
            }
            ["read", "page", page] => {
                let mut bytes = [0; 8];
                self.get(who, number(page) as usize, &mut bytes);
                u64::from_le_bytes(bytes).to_string()
            }
            ["pin", level, "page", page] => {
                let level: u32 = level.trim_start_matches('l').parse().expect("l1 to l4");
                self.mmuext(who, MMUEXT_PIN_L1_TABLE + level - 1, number(page))
            }
            ["unpin", "page", page] => self.mmuext(who, MMUEXT_UNPIN_TABLE, number(page)),
            ["clear", "page", page] => self.mmuext(who, MMUEXT_CLEAR_PAGE, number(page)),
            ["new_root", "page", page] => self.mmuext(who, MMUEXT_NEW_BASEPTR, number(page)),
            ["put", "page", page, "slot", slot] => {
                let mfn = self.domain(who).mfns[number(page) as usize];
                self.put_entry(who, number(slot), mfn << 12 | PRESENT_WRITABLE_USER)
            }
            ["put", "of", other, "page", page, "slot", slot] => {
                let mfn = self.domain(other).mfns[number(page) as usize];
                self.put_entry(who, number(slot), mfn << 12 | PRESENT_WRITABLE_USER)
            }
            ["put", "nothing", "slot", slot] => self.put_entry(who, number(slot), 0),
            ["destroy", name] => plain(self.destroy(name)),
            _ => panic!("nobody knows how to {words:?}"),
        }
    }

    fn event(&mut self, who: &str, cmd: u32, port: u32) -> String {
        plain(self.command(who, 32, cmd.into(), &port))
    }

    fn alloc_unbound(&mut self, who: &str, remote: &str) -> String {
        let request = AllocUnbound {
            dom: RawDomId::SELF,
            remote_dom: RawDomId(self.domain(remote).id),
            port: 0,
        };
        match Errno::from_register(self.command(who, 32, EVTCHNOP_ALLOC_UNBOUND.into(), &request)) {
            Ok(_) => format!("port {}", self.argument::<AllocUnbound>(who).port),
            Err(error) => name(error),
        }
    }

    fn bind_interdomain(&mut self, who: &str, remote: &str, port: u32) -> String {
        let mut request = BindInterdomain::new_zeroed();
        (request.remote_dom, request.remote_port) = (RawDomId(self.domain(remote).id), port);
        match Errno::from_register(self.command(
            who,
            32,
            EVTCHNOP_BIND_INTERDOMAIN.into(),
            &request,
        )) {
            Ok(_) => format!("port {}", self.argument::<BindInterdomain>(who).local_port),
            Err(error) => name(error),
        }
    }

    fn bind_ipi(&mut self, who: &str, vcpu: u32) -> String {
        match Errno::from_register(self.command(
            who,
            32,
            EVTCHNOP_BIND_IPI.into(),
            &BindIpi { vcpu, port: 0 },
        )) {
            Ok(_) => format!("port {}", self.argument::<BindIpi>(who).port),
            Err(error) => name(error),
        }
    }

    fn status(&mut self, who: &str, port: u32) -> String {
        let mut request = Status::new_zeroed();
        (request.dom, request.port) = (RawDomId::SELF, port);
        if let Err(error) =
            Errno::from_register(self.command(who, 32, EVTCHNOP_STATUS.into(), &request))
        {
            return name(error);
        }
        let answer: Status = self.argument(who);
        let [first, second] = answer.u;
        match answer.status {
            EVTCHNSTAT_CLOSED => "closed".into(),
            EVTCHNSTAT_UNBOUND => format!("unbound {}", self.name_of(first as u16)),
            EVTCHNSTAT_INTERDOMAIN => {
                format!("interdomain {} {second}", self.name_of(first as u16))
            }
            EVTCHNSTAT_IPI => format!("ipi {}", answer.vcpu),
            other => format!("status {other}"),
        }
    }

    fn name_of(&self, id: u16) -> String {
        let found = self.domains.iter().find(|(_, domain)| domain.id == id);
        found.map_or_else(|| format!("d{id}"), |(name, _)| (*name).to_owned())
    }

    /// The bit in the shared info page.
    fn pending(&self, who: &str, port: u32) -> String {
        const PENDING: usize = 2048;
        let domain = self.body(who).expect("it exists");
        let word = domain
            .shared_info
            .atomic_u64(PENDING + port as usize / 64 * 8)
            .expect("in the page");
        if word.load(Ordering::Relaxed) >> (port % 64) & 1 == 1 {
            "yes"
        } else {
            "no"
        }
        .into()
    }

    fn reserve(&mut self, who: &str, operation: u32, count: u32, extents: &[u64]) -> String {
        const LIST: usize = 1;
        let bytes: Vec<u8> = extents
            .iter()
            .flat_map(|extent| extent.to_le_bytes())
            .collect();
        self.put(who, LIST, &bytes);
        let mut request = MemoryReservation::new_zeroed();
        request.nr_extents = count.into();
        request.domid = RawDomId::SELF;
        request.extent_start = GuestPtr::from_addr(BASE + 4096);
        plain_number(self.command(who, 12, operation.into(), &request))
    }

    /// Exchanges a page; the list of what is got lies at a slot of the page table.
    fn exchange(&mut self, who: &str, page: u32, list: u64) -> String {
        let mfn = self.domain(who).mfns[page as usize];
        self.put(who, 1, &mfn.to_le_bytes());
        self.put(who, 2, &u64::from(page).to_le_bytes());
        let mut request = MemoryExchange::new_zeroed();
        for (side, list) in [(&mut request.in_, 1), (&mut request.out, list)] {
            (side.nr_extents, side.domid) = (1, RawDomId::SELF);
            side.extent_start = GuestPtr::from_addr(BASE + (list << 12));
        }
        let answer = plain(self.command(who, 12, XENMEM_EXCHANGE.into(), &request));
        if answer == "ok" {
            let mut new = [0; 8];
            self.get(who, 2, &mut new);
            let new = u64::from_le_bytes(new);
            assert_eq!(
                metal::m2p::get(abi::Mfn(new)),
                u64::from(page),
                "the number goes along"
            );
            self.domains.get_mut(who).expect("it speaks").mfns[page as usize] = new;
        }
        answer
    }

    fn pages(&self, who: &str) -> String {
        self.body(who)
            .expect("it exists")
            .pages
            .total
            .load(Ordering::Relaxed)
            .to_string()
    }

    fn grant(&mut self, who: &str, reference: u32, peer: &str, page: u32, flags: u16) -> String {
        let mfn = self.domain(who).mfns[page as usize];
        self.grant_frame(who, reference, peer, mfn, flags)
    }

    fn grant_frame(
        &mut self,
        who: &str,
        reference: u32,
        peer: &str,
        mfn: u64,
        flags: u16,
    ) -> String {
        let (owner, mapper) = (self.domain(who).id, self.domain(peer).id);
        self.allowed.insert((mapper, owner));
        let table = self
            .body(who)
            .expect("it exists")
            .grants
            .shared_frame(0)
            .expect("a frame");
        let frame = metal::frame::Frame::new(table).expect("in the pool");
        let entry = u64::from(GTF_PERMIT_ACCESS | flags) | u64::from(mapper) << 16 | mfn << 32;
        frame.words()[reference as usize].store(entry, Ordering::Relaxed);
        "ok".into()
    }

    fn map(&mut self, who: &str, owner: &str, reference: u32, slot: u32, flags: u32) -> String {
        let mut request = MapGrantRef::new_zeroed();
        request.host_addr = BASE + (u64::from(slot) << 12);
        request.flags = GNTMAP_HOST_MAP | flags;
        (request.ref_, request.dom) = (reference, RawDomId(self.domain(owner).id));
        let answer = self.command(who, 20, GNTTABOP_MAP_GRANT_REF.into(), &request);
        let told: MapGrantRef = self.argument(who);
        match (Errno::from_register(answer), told.status) {
            (Ok(_), 0) => format!("handle {}", told.handle),
            (Ok(_), status) => format!("status {status}"),
            (Err(error), _) => name(error),
        }
    }

    fn unmap(&mut self, who: &str, handle: u32, slot: u32) -> String {
        let mut request = UnmapGrantRef::new_zeroed();
        (request.host_addr, request.handle) = (BASE + (u64::from(slot) << 12), handle);
        let answer = self.command(who, 20, GNTTABOP_UNMAP_GRANT_REF.into(), &request);
        let told: UnmapGrantRef = self.argument(who);
        status(answer, told.status)
    }

    fn copy(&mut self, who: &str, owner: &str, reference: u32, page: u32) -> String {
        let mut request = abi::grant_table::Copy::new_zeroed();
        (request.source.u, request.source.domid) =
            (reference.into(), RawDomId(self.domain(owner).id));
        (request.dest.u, request.dest.domid) = (page.into(), RawDomId::SELF);
        request.dest.u = self.domain(who).mfns[page as usize];
        (request.len, request.flags) = (4096, GNTCOPY_SOURCE_GREF);
        let answer = self.command(who, 20, GNTTABOP_COPY.into(), &request);
        let told: abi::grant_table::Copy = self.argument(who);
        status(answer, told.status)
    }

    fn mmuext(&mut self, who: &str, cmd: u32, page: u32) -> String {
        let request = MmuextOp {
            cmd,
            _pad: [0; 4],
            arg1: self.domain(who).mfns[page as usize],
            arg2: 0,
        };
        self.put(who, 0, zerocopy::IntoBytes::as_bytes(&request));
        let answer = self.call(who, 0, 26, [BASE, 1, 0, DomId::SELF_NUMBER]);
        plain(answer.expect("an answer"))
    }

    fn put_entry(&mut self, who: &str, slot: u32, entry: u64) -> String {
        let va = BASE + (u64::from(slot) << 12);
        plain(self.call(who, 0, 14, [va, entry, 0, 0]).expect("an answer"))
    }
}

/// `DOMID_SELF` in a register.
trait SelfNumber {
    const SELF_NUMBER: u64;
}

impl SelfNumber for DomId {
    const SELF_NUMBER: u64 = RawDomId::SELF.0 as u64;
}

fn number(word: &str) -> u32 {
    word.parse()
        .unwrap_or_else(|_| panic!("{word:?} is no number"))
}

fn name(error: Errno) -> String {
    error
        .name()
        .map_or_else(|| format!("error {}", error.0), str::to_owned)
}

fn plain(answer: u64) -> String {
    Errno::from_register(answer).map_or_else(name, |_| "ok".into())
}

fn plain_number(answer: u64) -> String {
    Errno::from_register(answer).map_or_else(name, |number| number.to_string())
}

fn status(answer: u64, status: i16) -> String {
    match (Errno::from_register(answer), status) {
        (Ok(_), 0) => "ok".into(),
        (Ok(_), status) => format!("status {status}"),
        (Err(error), _) => name(error),
    }
}
