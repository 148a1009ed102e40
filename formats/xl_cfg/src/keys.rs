//! Every key of xl.cfg(5), and what this toolstack makes of it for a PV guest.
//!
//! Not here: reading the values ([`crate::guest`]).

/// What becomes of a key.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Fate {
    /// Read by [`crate::guest`].
    Used,
    /// Says something about other kinds of guest only, or is a hint that PV has no use for;
    /// upstream is silent about it too.
    NotForPv,
    /// Would change the guest, and we cannot do it: refused unless it asks for nothing.
    Unsupported,
}

/// The keys that [`crate::guest`] reads.
const USED: &[&str] = &[
    "name",
    "type",
    "builder",
    "uuid",
    "vcpus",
    "maxvcpus",
    "cpus",
    "cpus_soft",
    "cpu_weight",
    "cap",
    "memory",
    "maxmem",
    "on_poweroff",
    "on_reboot",
    "on_watchdog",
    "on_crash",
    "on_soft_reset",
    "kernel",
    "ramdisk",
    "cmdline",
    "root",
    "extra",
    "firmware",
    "disk",
    "vif",
    "max_grant_frames",
    "max_maptrack_frames",
    "max_grant_version",
    "max_event_channels",
    "nomigrate",
    "driver_domain",
    "tsc_mode",
    "xend_suspend_evtchn_compat",
    "pool",
    "seclabel",
    "init_seclabel",
    "localtime",
    "rtc_timeoffset",
];

const NOT_FOR_PV: &[&str] = &[
    "acpi",
    "acpi_firmware",
    "acpi_laptop_slate",
    "acpi_s3",
    "acpi_s4",
    "altp2m",
    "altp2mhvm",
    "apic",
    "bios",
    "bios_path_override",
    "boot",
    "bootloader_restrict",
    "bootloader_user",
    "bootloader_args",
    "device_model_args",
    "device_model_args_hvm",
    "device_model_args_pv",
    "device_model_override",
    "device_model_stubdomain_override",
    "device_model_stubdomain_seclabel",
    "device_model_user",
    "device_model_version",
    "device_tree",
    "dm_restrict",
    "gic_version",
    "gfx_passthru",
    "hap",
    "hdtype",
    "hpet",
    "hvm_pirq",
    "keymap",
    "mca_caps",
    "mmio_hole",
    "ms_vm_genid",
    "msr_relaxed",
    "nestedhvm",
    "nographic",
    "nr_spis",
    "nx",
    "oos",
    "opengl",
    "pae",
    "passthrough",
    "pci_msitranslate",
    "pci_permissive",
    "pci_power_mgmt",
    "pci_seize",
    "pvshim",
    "pvshim_cmdline",
    "pvshim_extra",
    "pvshim_path",
    "rdm",
    "rdm_mem_boundary",
    "sdl",
    "serial",
    "shadow_memory",
    "smbios",
    "smbios_firmware",
    "soundhw",
    "spice",
    "spice_clipboard_sharing",
    "spice_image_compression",
    "spice_streaming_video",
    "spiceagent_mouse",
    "spicedisable_ticketing",
    "spicehost",
    "spicepasswd",
    "spiceport",
    "spicetls_port",
    "spiceusbredirection",
    "spicevdagent",
    "stdvga",
    "stubdomain_cmdline",
    "stubdomain_kernel",
    "stubdomain_memory",
    "stubdomain_ramdisk",
    "sve",
    "tee",
    "timer_mode",
    "usb",
    "usbdevice",
    "usbversion",
    "vendor_device",
    "vga",
    "videoram",
    "viridian",
    "vkb_device",
    "vmtrace_buf_kb",
    "vnc",
    "vncdisplay",
    "vnclisten",
    "vncpasswd",
    "vncunused",
    "vpmu",
    "vpt_align",
    "vuart",
    "xen_platform_pci",
    "guest_os_type",
    "trap_unmapped_accesses",
];

const UNSUPPORTED: &[&str] = &[
    "bootloader",
    "channel",
    "cpuid",
    "dtdev",
    "e820_host",
    "iomem",
    "ioports",
    "irqs",
    "llc_colors",
    "p9",
    "pci",
    "pvcalls",
    "usbctrl",
    "usbdev",
    "vdispl",
    "vfb",
    "virtio",
    "vkb",
    "vnuma",
    "vsnd",
    "vtpm",
];

/// What becomes of `key`; `None` if xl.cfg(5) does not know it.
pub(crate) fn fate(key: &str) -> Option<Fate> {
    [
        (USED, Fate::Used),
        (NOT_FOR_PV, Fate::NotForPv),
        (UNSUPPORTED, Fate::Unsupported),
    ]
    .into_iter()
    .find(|(keys, _)| keys.contains(&key))
    .map(|(_, fate)| fate)
}

/// Every name, for "did you mean".
pub(crate) fn all() -> impl Iterator<Item = &'static str> {
    [USED, NOT_FOR_PV, UNSUPPORTED]
        .into_iter()
        .flatten()
        .copied()
}

#[cfg(test)]
mod tests {
    #[test]
    fn no_key_stands_in_two_lists() {
        let mut keys: Vec<_> = super::all().collect();
        let before = keys.len();
        keys.sort_unstable();
        keys.dedup();
        assert_eq!(keys.len(), before);
    }
}
