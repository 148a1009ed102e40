//! `xl console`.

use std::process::ExitCode;

use clap::Args as Arguments;
use domain::device::console::terminal;
use domain::monitor::CONSOLE_PATIENCE;
use domain::terminal::{Console, ESCAPE};
use domain::{Error, Result};

#[derive(Arguments)]
pub struct Args {
    /// Name or number.
    domain: String,
    /// The kind of console; a PV guest has the one.
    #[arg(short = 't', value_parser = ["pv"])]
    kind: Option<String>,
    /// Which console.
    #[arg(short = 'n')]
    number: Option<u32>,
    /// The character that leaves: itself, or `^` and a letter.
    #[arg(short = 'e')]
    escape: Option<String>,
}

pub fn run(args: &Args) -> Result<ExitCode> {
    let escape = match &args.escape {
        None => ESCAPE,
        Some(text) => escape_byte(text).ok_or_else(|| {
            Error::new(
                "cannot leave the console so",
                format!("`{text}` is no character"),
            )
            .help("write one character, or ^ and a letter, as in -e ^]")
        })?,
    };
    if args.number.is_some_and(|number| number != 0) {
        return Err(Error::new(
            "cannot attach to this console",
            "the guest has only console 0",
        ));
    }
    let (xen, mut store) = super::open()?;
    let domid = super::find(&xen, &mut store, &args.domain)?;
    let path = terminal(&mut store, domid, CONSOLE_PATIENCE)?;
    Console::open(&path)?.run(escape)?;
    Ok(ExitCode::SUCCESS)
}

fn escape_byte(text: &str) -> Option<u8> {
    match text.as_bytes() {
        [byte] => Some(*byte),
        [b'^', letter] => Some(letter.to_ascii_uppercase() & 0x1f),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    #[test]
    fn a_caret_means_the_control_key() {
        assert_eq!(super::escape_byte("^]"), Some(0x1d));
        assert_eq!(super::escape_byte("^a"), Some(1));
        assert_eq!(super::escape_byte("q"), Some(b'q'));
        assert_eq!(super::escape_byte("ab"), None);
    }
}
