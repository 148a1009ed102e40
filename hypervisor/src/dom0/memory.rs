//! Domain 0's memory while it is built: page frames in order, machine frames in blocks.

use alloc::string::String;
use alloc::vec::Vec;

use abi::Mfn;
use metal::frame::Frame;

use super::layout::Layout;
use crate::domain::Domain;
use crate::memory::{self, Wanted};

const PAGE: u64 = 4096;
/// Blocks of 4 MiB, or smaller at the end.
const BLOCK_ORDER: u32 = 10;

/// A run of page frames in consecutive machine frames.
struct Block {
    pfn: u64,
    mfn: u64,
    count: u64,
}

/// All of it.
pub struct Memory {
    blocks: Vec<Block>,
    pages: u64,
}

impl Memory {
    /// Takes so many pages for the domain.
    pub fn allocate(domain: &Domain, pages: u64) -> Result<Self, String> {
        let mut blocks = Vec::new();
        let mut pfn = 0;
        let mut order = BLOCK_ORDER;
        while pfn < pages {
            let left = pages.wrapping_sub(pfn);
            order = order.min(left.ilog2());
            match memory::alloc_for(
                domain,
                Wanted {
                    order,
                    address_bits: None,
                },
            ) {
                Ok(first) => {
                    let count = 1u64.checked_shl(order).unwrap_or(1);
                    for offset in 0..count {
                        metal::m2p::set(
                            Mfn(first.0.wrapping_add(offset)),
                            pfn.wrapping_add(offset),
                        );
                    }
                    blocks.push(Block {
                        pfn,
                        mfn: first.0,
                        count,
                    });
                    pfn = pfn.wrapping_add(count);
                }
                Err(_) if order > 0 => order = order.wrapping_sub(1),
                Err(_) => return Err("there is not enough memory for domain 0".into()),
            }
        }
        Ok(Self { blocks, pages })
    }

    /// How many pages.
    pub fn pages(&self) -> u64 {
        self.pages
    }

    /// The machine frame of a page frame.
    pub fn mfn(&self, pfn: u64) -> Option<Mfn> {
        let after = self.blocks.partition_point(|block| block.pfn <= pfn);
        let block = self.blocks.get(after.checked_sub(1)?)?;
        let offset = pfn.wrapping_sub(block.pfn);
        (offset < block.count).then(|| Mfn(block.mfn.wrapping_add(offset)))
    }

    /// The page frame, to write to.
    pub fn frame(&self, pfn: u64) -> Result<Frame, String> {
        self.mfn(pfn)
            .and_then(Frame::new)
            .ok_or_else(|| "domain 0's memory is too small for what it loads".into())
    }

    /// Clears the first pages.
    pub fn zero(&self, pages: u64) -> Result<(), String> {
        (0..pages).try_for_each(|pfn| {
            self.frame(pfn)?.zero();
            Ok(())
        })
    }

    /// Copies bytes to an offset from pfn 0.
    pub fn write(&self, offset: u64, bytes: &[u8]) -> Result<(), String> {
        let (mut at, mut rest) = (offset, bytes);
        while !rest.is_empty() {
            let inside = (at % PAGE) as usize;
            let room = (PAGE as usize).wrapping_sub(inside).min(rest.len());
            let (now, later) = rest.split_at_checked(room).unwrap_or((rest, &[]));
            self.frame(at / PAGE)?
                .write(inside, now)
                .map_err(|_| "a write crosses a page")?;
            at = at.wrapping_add(room as u64);
            rest = later;
        }
        Ok(())
    }

    /// Writes the frame list; how many entries.
    pub fn write_p2m(&self, layout: &Layout) -> Result<u64, String> {
        for page in 0..layout.p2m_pages {
            let frame = self.frame(layout.p2m_pfn.wrapping_add(page))?;
            for (pfn, word) in (page.wrapping_mul(512)..).zip(frame.words()) {
                let mfn = self.mfn(pfn).map_or(u64::MAX, |mfn| mfn.0);
                word.store(mfn, core::sync::atomic::Ordering::Relaxed);
            }
        }
        Ok(self.pages)
    }
}
