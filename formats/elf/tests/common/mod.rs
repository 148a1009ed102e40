//! A linker of very small kernels.

/// What one test wants in its file; `build` lays it out.
pub struct Kernel {
    pub wide: bool,
    pub entry: u64,
    pub segments: Vec<(u32, u64, u64, Vec<u8>, u64)>,
    pub functions: Vec<(&'static str, u64, u64)>,
}

pub const PT_LOAD: u32 = 1;
pub const PT_NOTE: u32 = 4;

impl Kernel {
    /// A 64-bit kernel with one segment of code, linked as Linux is.
    pub fn new() -> Self {
        let code = (
            PT_LOAD,
            0x100_0000,
            0xffff_ffff_8100_0000,
            vec![0xf4; 0x1000],
            0x3000,
        );
        Self {
            wide: true,
            entry: 0x100_0000,
            segments: vec![code],
            functions: Vec::new(),
        }
    }

    pub fn with_notes(mut self, notes: &[Vec<u8>]) -> Self {
        let notes = notes.concat();
        let size = notes.len() as u64;
        self.segments.push((PT_NOTE, 0, 0, notes, size));
        self
    }

    pub fn build(&self) -> Vec<u8> {
        let (head, entry_size) = if self.wide { (64, 56) } else { (52, 32) };
        let mut at = head + entry_size * self.segments.len();
        let mut headers = Vec::new();
        let mut contents: Vec<u8> = Vec::new();
        for (kind, physical, virtual_, bytes, memory_size) in &self.segments {
            headers.extend(self.program_header(
                *kind,
                at as u64,
                *physical,
                *virtual_,
                bytes.len() as u64,
                *memory_size,
            ));
            contents.extend(bytes);
            at += bytes.len();
        }
        let symbols = if self.functions.is_empty() {
            Vec::new()
        } else {
            self.symbol_sections(at as u64)
        };
        let sections = (!symbols.is_empty()).then_some(at as u64);
        let mut file = self.file_header(sections);
        file.extend(headers);
        file.extend(contents);
        file.extend(symbols);
        file
    }

    fn file_header(&self, sections: Option<u64>) -> Vec<u8> {
        let mut file = vec![0x7f, b'E', b'L', b'F', if self.wide { 2 } else { 1 }, 1, 1];
        file.resize(16, 0);
        file.extend(2_u16.to_le_bytes());
        file.extend(if self.wide { 62_u16 } else { 3 }.to_le_bytes());
        file.extend(1_u32.to_le_bytes());
        let (head, entry_size) = if self.wide {
            (64_u16, 56_u16)
        } else {
            (52, 32)
        };
        for word in [self.entry, head.into(), sections.unwrap_or(0)] {
            file.extend(self.word(word));
        }
        file.extend(0_u32.to_le_bytes());
        let section_count = if sections.is_some() { 3 } else { 0 };
        for half in [
            head,
            entry_size,
            self.segments.len() as u16,
            64,
            section_count,
            0,
        ] {
            file.extend(half.to_le_bytes());
        }
        file
    }

    fn program_header(
        &self,
        kind: u32,
        offset: u64,
        paddr: u64,
        vaddr: u64,
        filesz: u64,
        memsz: u64,
    ) -> Vec<u8> {
        let mut header = kind.to_le_bytes().to_vec();
        let words = [offset, vaddr, paddr, filesz, memsz]
            .map(|word| self.word(word))
            .concat();
        if self.wide {
            header.extend(5_u32.to_le_bytes());
            header.extend(words);
        } else {
            header.extend(words);
            header.extend(5_u32.to_le_bytes());
        }
        header.extend(self.word(4));
        header
    }

    /// Three section headers (none, symbols, names), then what they speak of.
    fn symbol_sections(&self, at: u64) -> Vec<u8> {
        let mut names = vec![0];
        let mut symbols = vec![0; 24];
        for (name, address, size) in &self.functions {
            symbols.extend((names.len() as u32).to_le_bytes());
            symbols.extend([0x12, 0, 1, 0]);
            symbols.extend(address.to_le_bytes());
            symbols.extend(size.to_le_bytes());
            names.extend(name.bytes());
            names.push(0);
        }
        let section = |kind: u32, offset: u64, size: usize, link: u32, entry: u64| {
            let mut header = [0, kind].map(u32::to_le_bytes).concat();
            header.extend([0, 0, offset, size as u64].map(u64::to_le_bytes).concat());
            header.extend([link, 0].map(u32::to_le_bytes).concat());
            header.extend([8, entry].map(u64::to_le_bytes).concat());
            header
        };
        let start = at + 3 * 64;
        let mut bytes = section(0, 0, 0, 0, 0);
        bytes.extend(section(2, start, symbols.len(), 2, 24));
        bytes.extend(section(3, start + symbols.len() as u64, names.len(), 0, 0));
        bytes.extend(symbols);
        bytes.extend(names);
        bytes
    }

    fn word(&self, word: u64) -> Vec<u8> {
        if self.wide {
            word.to_le_bytes().to_vec()
        } else {
            (word as u32).to_le_bytes().to_vec()
        }
    }
}

/// A note of the hypervisor's.
pub fn note(kind: u32, contents: &[u8]) -> Vec<u8> {
    named_note(b"Xen\0", kind, contents)
}

pub fn named_note(name: &[u8], kind: u32, contents: &[u8]) -> Vec<u8> {
    let mut note = [name.len() as u32, contents.len() as u32, kind]
        .map(u32::to_le_bytes)
        .concat();
    for part in [name, contents] {
        note.extend(part);
        note.resize(note.len().next_multiple_of(4), 0);
    }
    note
}
