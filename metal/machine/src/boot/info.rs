//! What the bootloader says: memory map, command line, modules.
//!
//! Both protocols are copied into one table of fixed size before any memory is given out, because nobody
//! promises where the bootloader's own words lie.
//!
//! Always: after `read`, nothing of the bootloader's is read again but the modules' bytes.

use crate::layout::DIRECT;
use crate::sync::SetOnce;
use core::ops::Range;
use types::{E820Entry, E820Kind};

const MULTIBOOT1: u32 = 0x2bad_b002;
const MULTIBOOT2: u32 = 0x36d7_6289;

const MAX_E820: usize = 256;
const MAX_MODULES: usize = 32;
const MAX_TEXT: usize = 16384;

/// A module that the bootloader loaded.
#[derive(Clone, Copy)]
pub struct ModuleInfo {
    /// Physical address of its first byte.
    pub start: u64,
    /// One past its last byte.
    pub end: u64,
    text: (usize, usize),
}

/// The bootloader's words.
pub struct Info {
    e820: [E820Entry; MAX_E820],
    e820_count: usize,
    modules: [ModuleInfo; MAX_MODULES],
    module_count: usize,
    text: [u8; MAX_TEXT],
    text_len: usize,
    command_line: (usize, usize),
    /// A copy of the RSDP, if the bootloader gave one; its address is unknown.
    pub rsdp: Option<[u8; 36]>,
    /// How the bootloader calls itself.
    loader: (usize, usize),
}

static INFO: SetOnce<&'static Info> = SetOnce::new();
static EARLY: crate::sync::Early<Info> = crate::sync::Early::new(Info::EMPTY);

/// The table, complete.
pub fn info() -> &'static Info {
    INFO.get()
}

impl Info {
    const EMPTY: Info = Info {
        e820: [E820Entry {
            start: 0,
            len: 0,
            kind: E820Kind::Reserved,
        }; MAX_E820],
        e820_count: 0,
        modules: [ModuleInfo {
            start: 0,
            end: 0,
            text: (0, 0),
        }; MAX_MODULES],
        module_count: 0,
        text: [0; MAX_TEXT],
        text_len: 0,
        command_line: (0, 0),
        rsdp: None,
        loader: (0, 0),
    };

    /// The firmware's memory map, as it came.
    pub fn e820(&self) -> &[E820Entry] {
        &self.e820[..self.e820_count]
    }

    /// The modules, in order.
    pub fn modules(&self) -> &[ModuleInfo] {
        &self.modules[..self.module_count]
    }

    /// Our command line, without the name of the image.
    pub fn command_line(&self) -> &str {
        self.text_at(self.command_line)
    }

    /// A module's command line.
    pub fn module_text(&self, module: &ModuleInfo) -> &str {
        self.text_at(module.text)
    }

    /// How the bootloader calls itself.
    pub fn loader(&self) -> &str {
        self.text_at(self.loader)
    }

    fn text_at(&self, (start, len): (usize, usize)) -> &str {
        core::str::from_utf8(&self.text[start..start + len]).unwrap_or_else(|error| {
            // The part before the first byte that is no UTF-8.
            core::str::from_utf8(&self.text[start..start + error.valid_up_to()]).unwrap_or("")
        })
    }

    /// Keeps a text up to its NUL; what does not fit is cut.
    fn keep(&mut self, bytes: impl Iterator<Item = u8>) -> (usize, usize) {
        let start = self.text_len;
        for byte in bytes.take_while(|byte| *byte != 0) {
            if self.text_len == MAX_TEXT {
                break;
            }
            self.text[self.text_len] = byte;
            self.text_len += 1;
        }
        (start, self.text_len - start)
    }

    fn add_e820(&mut self, start: u64, len: u64, kind: u32) {
        if len != 0 && self.e820_count < MAX_E820 {
            self.e820[self.e820_count] = E820Entry {
                start,
                len,
                kind: E820Kind::from_number(kind),
            };
            self.e820_count += 1;
        }
    }

    fn add_module(&mut self, start: u64, end: u64, text: (usize, usize)) {
        if self.module_count < MAX_MODULES {
            self.modules[self.module_count] = ModuleInfo { start, end, text };
            self.module_count += 1;
        }
    }
}

/// Bytes of the bootloader's below 4 GiB, read through the boot page tables' direct map.
struct Source;

impl Source {
    fn u8(&self, address: u64) -> u8 {
        assert!(address < 1 << 32, "the bootloader points above 4 GiB");
        // SAFETY: [BOOT-MAP] The boot page tables map the first 4 GiB; a wrong pointer of the bootloader's
        // reads junk, and nothing of ours is written while these bytes are read.
        unsafe { ((DIRECT + address) as *const u8).read_volatile() }
    }

    fn u32(&self, address: u64) -> u32 {
        u32::from_le_bytes(core::array::from_fn(|index| {
            self.u8(address + index as u64)
        }))
    }

    fn u64(&self, address: u64) -> u64 {
        u64::from(self.u32(address)) | u64::from(self.u32(address + 4)) << 32
    }

    fn text(self, address: u64) -> impl Iterator<Item = u8> {
        (address..address + 4096).map(move |address| self.u8(address))
    }
}

/// Reads the words of whichever protocol brought us here.
pub fn read(magic: u32, address: u32) {
    let info = EARLY.take();
    match magic {
        MULTIBOOT1 => read_multiboot1(info, address.into()),
        MULTIBOOT2 => read_multiboot2(info, address.into()),
        other => panic!("started by something that is not multiboot (magic {other:#x})"),
    }
    info.drop_image_names();
    assert!(info.e820_count != 0, "the bootloader gave no memory map");
    INFO.set(info);
}

fn read_multiboot1(info: &mut Info, at: u64) {
    let flags = Source.u32(at);
    if flags & 1 << 2 != 0 {
        info.command_line = info.keep(Source.text(Source.u32(at + 16).into()));
    }
    if flags & 1 << 9 != 0 {
        info.loader = info.keep(Source.text(Source.u32(at + 64).into()));
    }
    if flags & 1 << 6 != 0 {
        let (len, start) = (
            u64::from(Source.u32(at + 44)),
            u64::from(Source.u32(at + 48)),
        );
        let mut entry = start;
        while entry + 20 < start + len {
            info.add_e820(
                Source.u64(entry + 4),
                Source.u64(entry + 12),
                Source.u32(entry + 20),
            );
            entry += u64::from(Source.u32(entry)) + 4;
        }
    } else if flags & 1 != 0 {
        info.add_e820(0, u64::from(Source.u32(at + 4)) << 10, 1);
        info.add_e820(1 << 20, u64::from(Source.u32(at + 8)) << 10, 1);
    }
    if flags & 1 << 3 != 0 {
        let (count, list) = (Source.u32(at + 20), u64::from(Source.u32(at + 24)));
        for index in 0..u64::from(count) {
            let module = list + index * 16;
            let text = info.keep(Source.text(Source.u32(module + 8).into()));
            info.add_module(
                Source.u32(module).into(),
                Source.u32(module + 4).into(),
                text,
            );
        }
    }
}

fn read_multiboot2(info: &mut Info, at: u64) {
    let end = at + u64::from(Source.u32(at));
    let mut tag = at + 8;
    while tag + 8 <= end {
        let (kind, size) = (Source.u32(tag), u64::from(Source.u32(tag + 4)));
        match kind {
            0 => break,
            1 => info.command_line = info.keep(Source.text(tag + 8)),
            2 => info.loader = info.keep(Source.text(tag + 8)),
            3 => {
                let text = info.keep(Source.text(tag + 16));
                info.add_module(
                    Source.u32(tag + 8).into(),
                    Source.u32(tag + 12).into(),
                    text,
                );
            }
            6 => {
                let step = u64::from(Source.u32(tag + 8)).max(24);
                let mut entry = tag + 16;
                while entry + 24 <= tag + size {
                    info.add_e820(
                        Source.u64(entry),
                        Source.u64(entry + 8),
                        Source.u32(entry + 16),
                    );
                    entry += step;
                }
            }
            14 | 15 if info.rsdp.is_none() || kind == 15 => {
                let len = (size - 8).min(36);
                info.rsdp = Some(core::array::from_fn(|index| {
                    if (index as u64) < len {
                        Source.u8(tag + 8 + index as u64)
                    } else {
                        0
                    }
                }));
            }
            _ => {}
        }
        tag += size.max(8).next_multiple_of(8);
    }
}

impl Info {
    /// Takes the image's name off the front of every command line. GRUB has done so already, but its
    /// configuration puts the word `placeholder` there for loaders that drop a word too many.
    fn drop_image_names(&mut self) {
        let grub = self.loader().starts_with("GRUB");
        let cut = |(start, len): (usize, usize), text: &[u8]| {
            let bytes = &text[start..start + len];
            let skip = bytes.iter().position(|byte| *byte != b' ').unwrap_or(len);
            let word = bytes[skip..]
                .iter()
                .position(|byte| *byte == b' ')
                .map_or(len, |at| skip + at);
            if grub && &bytes[skip..word] != b"placeholder" {
                return (start + skip, len - skip);
            }
            let rest = bytes[word..]
                .iter()
                .position(|byte| *byte != b' ')
                .map_or(len, |at| word + at);
            (start + rest, len - rest)
        };
        self.command_line = cut(self.command_line, &self.text);
        for module in &mut self.modules[..self.module_count] {
            module.text = cut(module.text, &self.text);
        }
    }
}

/// Frames that the modules touch.
pub fn module_frames(module: &ModuleInfo) -> Range<u64> {
    module.start >> 12..module.end.div_ceil(4096)
}
