#![cfg(target_os = "none")]
#![no_std]
