//! `xen_version`: what the hypervisor says about itself.

use abi::version::{
    CompileInfo, PlatformParameters, XENVER_BUILD_ID, XENVER_COMPILE_INFO, XENVER_PAGESIZE,
    XENVER_PLATFORM_PARAMETERS, XENVER_VERSION,
};
use abi::xen::HYPERVISOR_XEN_VERSION;
use rustix::io::Errno;
use zerocopy::FromZeros;

use super::Xen;

/// The strings of any length (Xen 4.18 and later).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u32)]
pub enum Strings {
    ExtraVersion = 11,
    Capabilities = 12,
    Changeset = 13,
    CommandLine = 14,
}

impl Xen {
    fn version_number(&self, cmd: u32) -> Result<u32, Errno> {
        // SAFETY: [HYPERCALL-HANDLES] These operations take no argument.
        let answer = unsafe { self.call(HYPERVISOR_XEN_VERSION, [u64::from(cmd), 0, 0, 0, 0])? };
        Ok(answer.cast_unsigned())
    }

    /// Major and minor version.
    pub fn version(&self) -> Result<(u32, u32), Errno> {
        let word = self.version_number(XENVER_VERSION)?;
        Ok((word >> 16, word & 0xffff))
    }

    pub fn page_size(&self) -> Result<u32, Errno> {
        self.version_number(XENVER_PAGESIZE)
    }

    pub fn compile_info(&self) -> Result<CompileInfo, Errno> {
        let mut info = CompileInfo::new_zeroed();
        // SAFETY: [HYPERCALL-HANDLES] The argument holds no handle.
        unsafe { self.call_with(HYPERVISOR_XEN_VERSION, XENVER_COMPILE_INFO, &mut info)? };
        Ok(info)
    }

    /// Where the hypervisor's part of the address space begins.
    pub fn virt_start(&self) -> Result<u64, Errno> {
        let mut parameters = PlatformParameters::new_zeroed();
        let cmd = XENVER_PLATFORM_PARAMETERS;
        // SAFETY: [HYPERCALL-HANDLES] The argument holds no handle.
        unsafe { self.call_with(HYPERVISOR_XEN_VERSION, cmd, &mut parameters)? };
        Ok(parameters.virt_start)
    }

    /// One of the strings.
    pub fn version_string(&self, which: Strings) -> Result<Vec<u8>, Errno> {
        self.version_bytes(which as u32)
    }

    pub fn build_id(&self) -> Result<Vec<u8>, Errno> {
        self.version_bytes(XENVER_BUILD_ID)
    }

    /// A length word and so many bytes; asked twice, first for the length.
    fn version_bytes(&self, cmd: u32) -> Result<Vec<u8>, Errno> {
        let len = usize::try_from(self.version_number(cmd)?).unwrap_or(0);
        let room = u32::try_from(len).map_err(|_| Errno::INVAL)?;
        let mut buffer = self.buffer(size_of::<u32>() + len)?;
        buffer.write(&room.to_le_bytes());
        let args = [u64::from(cmd), buffer.address(), 0, 0, 0];
        // SAFETY: [HYPERCALL-HANDLES] The buffer has room for the word and the `len` bytes that
        // the word promises.
        unsafe { self.call(HYPERVISOR_XEN_VERSION, args)? };
        let mut bytes = vec![0; size_of::<u32>() + len];
        buffer.read(&mut bytes);
        Ok(bytes.split_off(size_of::<u32>()))
    }
}
