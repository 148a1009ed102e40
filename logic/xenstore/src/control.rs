//! `CONTROL`: commands of the administrator to the store itself.

use alloc::format;
use alloc::string::{String, ToString};

use xs_wire::ErrorName;

use crate::{DomId, Host, Peer, Store};

/// What `help` answers.
const COMMANDS: &str = "check\nhelp\nlog\nlogfile\nmemreport\nprint\nquota\nwatches\n";

impl Store {
    pub(crate) fn control(
        &mut self,
        command: &[u8],
        parameters: &[u8],
        host: &mut impl Host,
    ) -> Result<String, ErrorName> {
        // Some clients close the last parameter with NUL and some do not.
        let rest = parameters.strip_suffix(b"\0").unwrap_or(parameters);
        let rest = core::str::from_utf8(rest).map_err(|_| ErrorName::EINVAL)?;
        let mut words = rest.split('\0').filter(|word| !word.is_empty());
        let word = words.next();
        match (command, word) {
            (b"help", _) => Ok(COMMANDS.to_string()),
            (b"print", Some(_)) => {
                host.print(rest);
                Ok("OK".to_string())
            }
            (b"check", None) => {
                let sound = self.tree.check();
                sound.then(|| "OK".to_string()).ok_or(ErrorName::EIO)
            }
            (b"log", Some("on" | "off")) => {
                host.log_requests(word == Some("on"));
                Ok("OK".to_string())
            }
            (b"logfile", Some(path)) => host.log_file(path).map(|()| "OK".to_string()),
            (b"memreport", None) => Ok(self.report()),
            (b"watches", None) => Ok(self.list_watches()),
            (b"quota", None) => Ok(self.list_limits()),
            (b"quota", Some("set")) => {
                let (name, value) = words.next().zip(words.next()).ok_or(ErrorName::EINVAL)?;
                let value = value.parse().map_err(|_| ErrorName::EINVAL)?;
                let known = self.limits.set(name, value);
                known.then(|| "OK".to_string()).ok_or(ErrorName::EINVAL)
            }
            (b"quota", Some("max")) => Ok(self.most()),
            (b"quota", Some(domain)) => self.usage(domain.parse().map_err(|_| ErrorName::EINVAL)?),
            _ => Err(ErrorName::EINVAL),
        }
    }

    fn list_limits(&self) -> String {
        let mut text = String::from("Quota settings:\n");
        for (name, value) in self.limits.list() {
            text.push_str(&format!("{name:<18}: {value:8}\n"));
        }
        text
    }

    fn usage(&self, domain: DomId) -> Result<String, ErrorName> {
        let found = self
            .connections
            .all()
            .find(|(_, connection)| connection.peer == Peer::Ring(domain));
        let (_, connection) = found.ok_or(ErrorName::ENOENT)?;
        Ok(format!(
            "Domain {domain}:\n{:<18}: {:8}\n{:<18}: {:8}\n{:<18}: {:8}\n",
            "nodes",
            self.tree.owned_by(domain),
            "watches",
            connection.watches.len(),
            "transactions",
            connection.transactions.len(),
        ))
    }

    fn most(&self) -> String {
        let guests = || {
            self.connections
                .all()
                .filter(|(_, one)| !one.identity.privileged)
        };
        let nodes = self
            .tree
            .owners()
            .filter(|(domain, _)| *domain != 0)
            .map(|(_, n)| n)
            .max();
        let watches = guests().map(|(_, one)| one.watches.len()).max();
        let transactions = guests().map(|(_, one)| one.transactions.len()).max();
        format!(
            "Max used:\n{:<18}: {:8}\n{:<18}: {:8}\n{:<18}: {:8}\n",
            "nodes",
            nodes.unwrap_or(0),
            "watches",
            watches.unwrap_or(0),
            "transactions",
            transactions.unwrap_or(0),
        )
    }

    fn report(&self) -> String {
        let nodes: u64 = self.tree.owners().map(|(_, count)| u64::from(count)).sum();
        let connections = self.connections.all().count();
        format!(
            "nodes: {nodes}\nconnections: {connections}\nwatches: {}\n",
            self.watches.all().len()
        )
    }

    /// One line for each watch, as many as fit an answer.
    fn list_watches(&self) -> String {
        let mut text = String::new();
        for watch in self.watches.all() {
            let owner = match self.connections.get(watch.connection).map(|one| one.peer) {
                Some(Peer::Ring(domain)) => format!("D{domain}"),
                _ => format!("A{}", watch.connection.0),
            };
            let token = String::from_utf8_lossy(&watch.token);
            let line = format!("watch {owner}: {} {token}\n", watch.path);
            if text.len().saturating_add(line.len()) >= xs_wire::PAYLOAD_MAX {
                break;
            }
            text.push_str(&line);
        }
        text
    }
}

// `strings` and this module read the same payloads; the test keeps them from drifting apart.
#[cfg(test)]
mod tests {
    use xs_wire::strings;

    use super::COMMANDS;

    #[test]
    fn parameters_are_strings() {
        assert_eq!(strings(b"set\0nodes\0").count(), 2);
        assert!(COMMANDS.lines().is_sorted());
    }
}
