//! placeholder until the grant table is in
use abi::{DomId, Errno, Mfn};
use crate::domain::{Config, Domain};
pub struct Grants;
impl Grants {
    pub fn new(_: DomId, _: &Config) -> Result<Self, Errno> { Ok(Self) }
    pub fn shared_frame(&self, _: u32) -> Option<Mfn> { None }
    pub fn release_all(&self, _: &Domain, _: &dyn Fn() -> bool) -> bool { true }
    pub fn give_back_frames(&self) {}
}
