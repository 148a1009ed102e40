//! How much processor time domains use, as differences between two looks.

use std::collections::HashMap;
use std::os::fd::AsFd;
use std::time::{Duration, Instant};

use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::termios::{OptionalActions, Termios, tcgetattr, tcsetattr};
use sys::privcmd::Xen;

use crate::error::Result;
use crate::query;
use crate::store::Store;

/// One domain's use since the last look.
#[derive(Clone, Debug, PartialEq)]
pub struct Load {
    pub domid: u16,
    pub name: String,
    pub state: String,
    pub seconds: u64,
    /// Of one processor: 200 is two processors, wholly.
    pub percent: f64,
    pub memory_mib: u64,
    pub vcpus: u32,
}

/// Remembers the last look.
pub struct Sampler {
    xen: Xen,
    store: Store,
    last: HashMap<u16, u64>,
    at: Instant,
    terminal: Option<Termios>,
}

impl Sampler {
    pub fn new(xen: Xen, store: Store) -> Result<Self> {
        let mut sampler = Self {
            xen,
            store,
            last: HashMap::new(),
            at: Instant::now(),
            terminal: None,
        };
        sampler.look()?;
        Ok(sampler)
    }

    /// Waits for the next look; `false` when the person pressed `q`.
    pub fn wait(&mut self, patience: Duration, keys: bool) -> Result<bool> {
        let stdin = std::io::stdin();
        if !keys || tcgetattr(&stdin).is_err() {
            std::thread::sleep(patience);
            return Ok(true);
        }
        if self.terminal.is_none()
            && let Ok(before) = tcgetattr(&stdin)
        {
            let mut raw = before.clone();
            raw.make_raw();
            let _ = tcsetattr(&stdin, OptionalActions::Now, &raw);
            self.terminal = Some(before);
        }
        let deadline = Instant::now() + patience;
        loop {
            let left = deadline.saturating_duration_since(Instant::now());
            let Ok(timeout) = Timespec::try_from(left) else {
                return Ok(true);
            };
            let mut fds = [PollFd::from_borrowed_fd(stdin.as_fd(), PollFlags::IN)];
            match poll(&mut fds, Some(&timeout)) {
                Ok(n) if n > 0 => {}
                _ => return Ok(true),
            }
            let mut key = [0u8; 1];
            match rustix::io::read(stdin.as_fd(), &mut key) {
                Ok(1) if !matches!(key, [b'q' | b'Q' | 3]) => {}
                _ => return Ok(false),
            }
        }
    }

    /// Every domain's use since the last look, the busiest first.
    pub fn look(&mut self) -> Result<Vec<Load>> {
        let infos = query::domains(&self.xen)?;
        let now = Instant::now();
        let passed_ns = now.duration_since(self.at).as_nanos().max(1) as f64;
        let domids: Vec<u16> = infos.iter().map(|info| info.domain.0).collect();
        let names = query::names(&mut self.store, &domids)?;
        let mut loads = Vec::new();
        for (info, name) in infos.iter().zip(names) {
            let domid = info.domain.0;
            // A number that is used again begins anew: never a negative load.
            let before = self.last.get(&domid).copied().unwrap_or(info.cpu_time);
            let used_ns = info.cpu_time.saturating_sub(before) as f64;
            loads.push(Load {
                domid,
                name: name.unwrap_or_else(|| "(null)".into()),
                state: query::state_letters(info),
                seconds: info.cpu_time / 1_000_000_000,
                percent: used_ns * 100.0 / passed_ns,
                memory_mib: info.tot_pages / 256,
                vcpus: info.nr_online_vcpus,
            });
        }
        self.last = infos
            .iter()
            .map(|info| (info.domain.0, info.cpu_time))
            .collect();
        self.at = now;
        loads.sort_by(|a, b| b.percent.total_cmp(&a.percent));
        Ok(loads)
    }
}

impl Drop for Sampler {
    fn drop(&mut self) {
        if let Some(before) = &self.terminal {
            let _ = tcsetattr(std::io::stdin(), OptionalActions::Drain, before);
        }
    }
}
