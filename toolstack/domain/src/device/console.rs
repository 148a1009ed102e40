//! The guest's first console: a ring that xenconsoled serves through a pseudo-terminal.

use std::time::Duration;

use super::{Device, wait_for};
use crate::error::{Error, Result};
use crate::store::{Node, Store, readable, shared};

/// The nodes of the console, with the ring's frame and port.
pub fn nodes(domid: u16, mfn: u64, port: u32) -> Vec<Node> {
    let device = Device::new(domid, "console", 0);
    let frontend = device.frontend();
    let back = [("protocol", "vt100".to_owned())];
    let mut nodes = vec![Node::new(&*frontend, "").owned(&readable(domid))];
    nodes.extend(device.nodes(&back, &[]));
    nodes.push(Node::new(format!("{frontend}/backend"), device.backend()));
    nodes.push(Node::new(format!("{frontend}/backend-id"), "0").owned(&shared(domid, 0)));
    for (key, value) in [
        ("limit", "1048576".to_owned()),
        ("type", "xenconsoled".to_owned()),
        ("output", "pty".to_owned()),
        ("tty", String::new()),
        ("port", port.to_string()),
        ("ring-ref", mfn.to_string()),
    ] {
        nodes.push(Node::new(format!("{frontend}/{key}"), value).owned(&readable(domid)));
    }
    nodes
}

/// Where the console of a domain can be opened; waits for the daemon to name it.
pub fn terminal(store: &mut Store, domid: u16, patience: Duration) -> Result<String> {
    let path = format!("/local/domain/{domid}/console/tty");
    let found = wait_for(store, &path, patience, |value| {
        value.filter(|tty| !tty.is_empty()).map(str::to_owned)
    })?;
    found.ok_or_else(|| {
        Error::new(
            format!("domain {domid} has no console"),
            "xenconsoled has not opened a terminal for it",
        )
        .help("is it running? try `systemctl status xenconsoled`")
    })
}
