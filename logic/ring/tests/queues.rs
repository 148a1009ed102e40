//! Queues against honest and hostile peers.

use std::cell::RefCell;
use std::collections::VecDeque;

use proptest::prelude::*;
use ring::{CONSOLE, Inconsistent, Queue, SharedMemory, XENSTORE};

/// One page, as a plain vector; an access outside it is a failed test.
struct Page(RefCell<Vec<u8>>);

impl Page {
    fn new() -> Self {
        Self(RefCell::new(vec![0; 4096]))
    }
}

impl SharedMemory for Page {
    fn load(&self, offset: usize) -> u32 {
        u32::from_le_bytes(
            self.0.borrow()[offset..offset + 4]
                .try_into()
                .expect("four bytes"),
        )
    }
    fn store(&self, offset: usize, value: u32) {
        self.0.borrow_mut()[offset..offset + 4].copy_from_slice(&value.to_le_bytes());
    }
    fn copy_out(&self, offset: usize, into: &mut [u8]) {
        into.copy_from_slice(&self.0.borrow()[offset..offset + into.len()]);
    }
    fn copy_in(&self, offset: usize, from: &[u8]) {
        self.0.borrow_mut()[offset..offset + from.len()].copy_from_slice(from);
    }
}

const QUEUES: [Queue; 4] = [
    XENSTORE.to_backend,
    XENSTORE.to_guest,
    CONSOLE.to_backend,
    CONSOLE.to_guest,
];

#[test]
fn the_layouts_are_those_of_the_headers() {
    for queue in QUEUES {
        assert!(queue.size.is_power_of_two());
    }
    // `xencons_interface`: in[1024], out[2048], in_cons, in_prod, out_cons, out_prod.
    assert_eq!(CONSOLE.to_guest.consumer, 1024 + 2048);
    assert_eq!(CONSOLE.to_backend.producer, 1024 + 2048 + 12);
    // `xenstore_domain_interface`: req[1024], rsp[1024], req_cons, req_prod, rsp_cons, rsp_prod.
    assert_eq!(XENSTORE.to_guest.producer, 1024 + 1024 + 12);
}

#[test]
fn a_full_queue_takes_no_more_and_a_wrapped_one_reads_in_order() {
    let (page, queue) = (Page::new(), XENSTORE.to_backend);
    page.store(queue.consumer, u32::MAX - 10);
    page.store(queue.producer, u32::MAX - 10);
    let bytes: Vec<u8> = (0..1500u32).map(|n| n as u8).collect();
    assert_eq!(queue.write(&page, &bytes), Ok(1024));
    assert_eq!(queue.write(&page, b"x"), Ok(0));
    let mut back = [0; 2000];
    assert_eq!(queue.read(&page, &mut back), Ok(1024));
    assert_eq!(back[..1024], bytes[..1024]);
    assert_eq!(queue.used(&page), Ok(0));
}

#[test]
fn contradicting_indices_stop_the_queue() {
    for queue in QUEUES {
        let page = Page::new();
        page.store(queue.producer, queue.size + 1);
        assert_eq!(queue.read(&page, &mut [0; 8]), Err(Inconsistent));
        assert_eq!(queue.write(&page, b"x"), Err(Inconsistent));
        queue.discard(&page);
        assert_eq!(queue.free(&page), Ok(queue.size));
    }
}

proptest! {
    #[test]
    fn what_goes_in_comes_out(start: u32, steps in prop::collection::vec((any::<bool>(), 0..1500usize), 0..60)) {
        for queue in QUEUES {
            let (page, mut model, mut next) = (Page::new(), VecDeque::new(), 0u8);
            page.store(queue.consumer, start);
            page.store(queue.producer, start);
            for &(put, len) in &steps {
                if put {
                    let bytes: Vec<u8> = (0..len).map(|n| next.wrapping_add(n as u8)).collect();
                    let took = queue.write(&page, &bytes).expect("consistent");
                    prop_assert_eq!(took, len.min(queue.size as usize - model.len()));
                    model.extend(&bytes[..took]);
                    next = next.wrapping_add(took as u8);
                } else {
                    let mut into = vec![0; len];
                    let got = queue.read(&page, &mut into).expect("consistent");
                    prop_assert_eq!(got, len.min(model.len()));
                    prop_assert_eq!(&into[..got], &model.drain(..got).collect::<Vec<u8>>()[..]);
                }
            }
        }
    }

    /// `Page` panics outside its 4096 bytes, so this shows that no index leads out of the queue.
    #[test]
    fn any_indices_are_harmless(consumer: u32, producer: u32, len in 0..5000usize) {
        for queue in QUEUES {
            let page = Page::new();
            page.store(queue.consumer, consumer);
            page.store(queue.producer, producer);
            let _ = queue.read(&page, &mut vec![0; len]);
            let _ = queue.write(&page, &vec![1; len]);
        }
    }
}
