//! A CD from which GRUB boots a hypervisor by multiboot 2.
