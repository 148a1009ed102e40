//! The functions of a kernel or of the hypervisor, by address: for backtraces.

use elf_parse::abi::{STT_FUNC, STT_NOTYPE};
use elf_parse::endian::LittleEndian;
use elf_parse::string_table::StringTable;
use elf_parse::symbol::{Symbol, SymbolTable};

use crate::Image;

/// One function.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Function<'a> {
    pub name: &'a str,
    pub address: u64,
    /// 0 if the file does not say, as for most of assembly.
    pub size: u64,
}

/// The functions of a file, in its order. What has no readable name is left out.
#[derive(Clone)]
pub struct Functions<'a> {
    tables: Option<(SymbolTable<'a, LittleEndian>, StringTable<'a>)>,
    next: usize,
}

impl<'a> Iterator for Functions<'a> {
    type Item = Function<'a>;

    fn next(&mut self) -> Option<Function<'a>> {
        let (symbols, names) = self.tables.as_ref()?;
        loop {
            let symbol = symbols.get(self.next).ok()?;
            self.next = self.next.checked_add(1)?;
            if let Some(function) = function(&symbol, names) {
                return Some(function);
            }
        }
    }
}

fn function<'a>(symbol: &Symbol, names: &StringTable<'a>) -> Option<Function<'a>> {
    // Labels of assembly have no type.
    if symbol.is_undefined() || !matches!(symbol.st_symtype(), STT_FUNC | STT_NOTYPE) {
        return None;
    }
    let name = names
        .get(symbol.st_name as usize)
        .ok()
        .filter(|name| !name.is_empty())?;
    Some(Function {
        name,
        address: symbol.st_value,
        size: symbol.st_size,
    })
}

impl<'a> Image<'a> {
    /// The functions, none if the file has no symbols.
    pub fn functions(&self) -> Functions<'a> {
        Functions {
            tables: self.file.symbol_table().ok().flatten(),
            next: 0,
        }
    }

    /// The function that `address` lies in: one that covers it, else the nearest below that does not tell its size.
    pub fn function_at(&self, address: u64) -> Option<Function<'a>> {
        let below = self
            .functions()
            .filter(|function| function.address <= address);
        let covering = below.filter(|function| {
            let offset = address.wrapping_sub(function.address);
            function.size == 0 || offset < function.size
        });
        covering.max_by_key(|function| (function.address, function.size))
    }
}
