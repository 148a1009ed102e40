//! Real threads: senders on several CPUs against a guest that takes its events, in both schemes. Nothing may be lost:
//! whatever is rung after the guest last handled it must be handled once more.

mod world;

use std::sync::atomic::{AtomicBool, AtomicU64, Ordering::SeqCst};
use std::thread;

use abi::DomId;
use event_channel::{Config, Port, Table, VcpuId};
use world::Memory;

const PORTS: u32 = 12;
const ROUNDS: u64 = 200_000;

struct Guest {
    table: Table,
    memory: Memory,
    /// Rung so often, by port.
    rung: Vec<AtomicU64>,
    /// What `rung` said when the port was handled last.
    seen: Vec<AtomicU64>,
}

impl Guest {
    fn new(fifo: bool) -> Self {
        let (table, mut ledger) = Table::new(Config {
            owner: DomId(1),
            max_port: 1023,
            vcpus: 2,
            pirqs: 0,
        })
        .unwrap();
        let memory = Memory::new();
        if fifo {
            for vcpu in [VcpuId(0), VcpuId(1)] {
                memory.add_control(vcpu);
                table
                    .init_control(&mut ledger, vcpu, &memory, |_, _| ())
                    .unwrap();
            }
            memory.add_page(0);
        }
        for port in 1..=PORTS {
            // Unbound ports may be moved and rung by the hypervisor, which is all that is needed here.
            let got = table.alloc_unbound(&mut ledger, DomId(0)).unwrap();
            assert_eq!(got, Port(port));
        }
        let counters = || (0..=PORTS).map(|_| AtomicU64::new(0)).collect();
        Self {
            table,
            memory,
            rung: counters(),
            seen: counters(),
        }
    }

    fn ring(&self, port: u32) {
        self.rung[port as usize].fetch_add(1, SeqCst);
        let _ = self.table.raise(Port(port), &self.memory);
    }

    /// Takes what this virtual CPU is offered. Reading `rung` is what handling means.
    fn take(&self, vcpu: VcpuId) {
        if !self.memory.vcpus[usize::from(vcpu.0)].upcall.load(SeqCst) {
            thread::yield_now();
            return;
        }
        for port in self.memory.take(vcpu, self.table.is_fifo()) {
            let rung = self.rung[port as usize].load(SeqCst);
            self.seen[port as usize].fetch_max(rung, SeqCst);
        }
    }
}

fn nothing_is_lost(fifo: bool, moves: bool) {
    let guest = Guest::new(fifo);
    let done = AtomicBool::new(false);
    thread::scope(|scope| {
        let senders: Vec<_> = (0..2)
            .map(|seed| {
                let guest = &guest;
                scope.spawn(move || {
                    let mut random = seed * 77 + 1;
                    for _ in 0..ROUNDS {
                        random = random * 48_271 % 2_147_483_647;
                        guest.ring((random % u64::from(PORTS)) as u32 + 1);
                    }
                })
            })
            .collect();
        for vcpu in [VcpuId(0), VcpuId(1)] {
            let (guest, done) = (&guest, &done);
            scope.spawn(move || {
                while !done.load(SeqCst) {
                    guest.take(vcpu);
                }
                guest.take(vcpu);
                guest.take(vcpu);
            });
        }
        if moves {
            // A ledger of another table stands for the lock, which nobody else takes here.
            let (_, mut ledger) = Table::new(Config {
                owner: DomId(9),
                max_port: 1,
                vcpus: 1,
                pirqs: 0,
            })
            .unwrap();
            for round in 0..ROUNDS as u32 {
                let port = Port(round % PORTS + 1);
                guest
                    .table
                    .bind_vcpu(&mut ledger, port, round / PORTS % 2)
                    .unwrap();
                guest
                    .table
                    .set_priority(&mut ledger, port, round % 3)
                    .unwrap();
            }
        }
        let ended: Vec<_> = senders.into_iter().map(|sender| sender.join()).collect();
        done.store(true, SeqCst);
        assert!(ended.iter().all(Result::is_ok));
    });
    for port in 1..=PORTS as usize {
        assert_eq!(
            guest.seen[port].load(SeqCst),
            guest.rung[port].load(SeqCst),
            "port {port} was rung again and never handled"
        );
    }
}

#[test]
fn two_level_loses_nothing() {
    nothing_is_lost(false, false);
}

#[test]
fn fifo_loses_nothing() {
    nothing_is_lost(true, false);
}

#[test]
fn fifo_loses_nothing_while_ports_move_between_queues() {
    nothing_is_lost(true, true);
}
