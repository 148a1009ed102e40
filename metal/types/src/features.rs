//! What a CPU can do.

/// Features that the hypervisor itself asks about; equal on all CPUs.
#[derive(Clone, Copy, Debug, Default)]
#[allow(missing_docs, reason = "named as in the manuals")]
pub struct Features {
    pub nx: bool,
    pub smep: bool,
    pub smap: bool,
    pub umip: bool,
    pub fsgsbase: bool,
    pub xsave: bool,
    pub xsaveopt: bool,
    pub x2apic: bool,
    pub tsc_deadline: bool,
    pub invariant_tsc: bool,
    /// SYSENTER works in 64-bit mode: Intel and those like it.
    pub sysenter: bool,
    /// The maker is AMD or Hygon.
    pub amd: bool,
}
