//! How long a virtual CPU ran, waited, blocked and was offline.
//!
//! Always: the four times add up to the time since the vCPU was made, less the time in the present state.

use metal::guest;
use zerocopy::IntoBytes;

use crate::hypercall::Current;
use crate::hypercall::vm_assist::RUNSTATE_UPDATE_FLAG;

/// `XEN_RUNSTATE_UPDATE`: the copy is being written.
const UPDATE: u64 = 1 << 63;
/// Where `state_entry_time` lies in `vcpu_runstate_info`.
const ENTRY_TIME: u64 = 8;

/// `RUNSTATE_running`.
pub const RUNNING: u32 = 0;
/// `RUNSTATE_runnable`.
pub const RUNNABLE: u32 = 1;
/// `RUNSTATE_blocked`.
pub const BLOCKED: u32 = 2;
/// `RUNSTATE_offline`.
pub const OFFLINE: u32 = 3;

/// The account of one virtual CPU, and where its guest wants to see it.
#[derive(Clone, Copy, Debug)]
pub struct Runstate {
    /// The present state.
    pub state: u32,
    /// When it was entered, in system time.
    pub entry_ns: u64,
    /// Time in each state before.
    pub time_ns: [u64; 4],
    /// The guest's copy: a virtual address (`VCPUOP_register_runstate_memory_area`), 0 for none.
    pub area: u64,
}

impl Runstate {
    /// A new vCPU's account.
    pub fn offline(now_ns: u64) -> Self {
        Self {
            state: OFFLINE,
            entry_ns: now_ns,
            time_ns: [0; 4],
            area: 0,
        }
    }

    /// Enters a state.
    pub fn change(&mut self, state: u32, now_ns: u64) {
        if let Some(time) = self.time_ns.get_mut(self.state as usize) {
            *time = time.saturating_add(now_ns.saturating_sub(self.entry_ns));
        }
        self.state = state;
        self.entry_ns = now_ns;
    }

    /// Time in a state up to now.
    pub fn time_in(&self, state: u32, now_ns: u64) -> u64 {
        let past = self.time_ns.get(state as usize).copied().unwrap_or(0);
        if state == self.state {
            past.saturating_add(now_ns.saturating_sub(self.entry_ns))
        } else {
            past
        }
    }
}

/// `vcpu_runstate_info` of an account.
pub fn to_abi(account: &Runstate) -> abi::vcpu::RunstateInfo {
    abi::vcpu::RunstateInfo {
        state: account.state.cast_signed(),
        _pad: [0; 4],
        state_entry_time: account.entry_ns,
        time: account.time_ns,
    }
}

/// Writes the guest's copy, if it asked for one. The guest's root is loaded; a copy it unmapped is skipped.
pub fn publish(current: &Current) {
    let account = *current.vcpu.runstate.lock();
    if account.area == 0 {
        return;
    }
    let mut copy = to_abi(&account);
    let flagged = current.domain.assist(RUNSTATE_UPDATE_FLAG);
    let entry_at = account.area.wrapping_add(ENTRY_TIME);
    if flagged {
        copy.state_entry_time |= UPDATE;
        if guest::write_u64(entry_at, copy.state_entry_time).is_err() {
            return;
        }
    }
    let written = guest::copy_to(account.area, copy.as_bytes());
    if flagged && written.is_ok() {
        let _unmapped_since = guest::write_u64(entry_at, copy.state_entry_time & !UPDATE);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_times_add_up() {
        let mut account = Runstate::offline(100);
        account.change(RUNNABLE, 150);
        account.change(RUNNING, 170);
        account.change(BLOCKED, 200);
        assert_eq!(account.time_ns, [30, 20, 0, 50]);
        assert_eq!(account.time_in(BLOCKED, 260), 60);
    }
}
