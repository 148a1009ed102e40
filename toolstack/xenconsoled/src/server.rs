//! The loop: which guests there are, who rang, who types, what to show.

use std::collections::BTreeMap;
use std::io;
use std::os::fd::AsFd;
use std::os::unix::net::UnixStream;
use std::time::Instant;

use domain::store::{Store, StoreError};
use rustix::buffer::spare_capacity;
use rustix::event::Timespec;
use rustix::event::epoll::{self, EventData, EventFlags};
use sys::evtchn::Port;

use crate::backlog::DEFAULT_LIMIT;
use crate::console::{Console, Turn};
use crate::log::{LogFile, Style, guest_path, hypervisor_path};
use crate::options::Options;
use crate::platform::{Page, Platform};
use crate::report::Report;
use crate::terminal::Terminal;

/// What an epoll event is about, if not the terminal of the domain of that number.
const STORE: u64 = 1 << 32;
const EVENTS: u64 = STORE + 1;
const STOP: u64 = STORE + 2;
const REOPEN: u64 = STORE + 3;

/// How long to wait for a store that went away before asking again.
const RETRY_NS: u64 = 1_000_000_000;
/// How long a dead guest's last words stay for somebody to read.
const FAREWELL_NS: u64 = 2_000_000_000;
/// How often to see whether they were read.
const GLANCE_NS: u64 = 20_000_000;

/// Where the store says what.
const INTRODUCED: &str = "@introduceDomain";
const RELEASED: &str = "@releaseDomain";

/// The daemon.
pub struct Server {
    options: Options,
    report: Report,
    platform: Platform,
    poll: rustix::fd::OwnedFd,
    store: Option<Store>,
    retry_at: u64,
    guests: BTreeMap<u16, Guest>,
    ports: BTreeMap<Port, u16>,
    hypervisor_log: Option<LogFile>,
    /// Epoll looks at it for as long as it is open.
    _stop: UnixStream,
    reopen: UnixStream,
    start: Instant,
}

/// Where a guest says that its console is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Place {
    frame: u64,
    port: u32,
}

/// A guest that is served, or will be when its toolstack has written where its console is.
#[derive(Default)]
struct Guest {
    line: Option<Line>,
    log: Option<LogFile>,
}

/// A guest's ring and terminal, connected.
struct Line {
    place: Place,
    console: Console<Page>,
    /// None once the guest is gone.
    port: Option<Port>,
    terminal: Terminal,
    /// What epoll looks for.
    interest: EventFlags,
    /// The port stays masked until this time.
    rests_until: Option<u64>,
    /// The guest waits until somebody reads.
    full: bool,
    /// The guest is gone; its terminal stays until then.
    ends_at: Option<u64>,
}

impl Server {
    /// A daemon that ends when `stop` becomes readable, and opens its logs anew on `reopen`.
    pub fn new(
        options: Options,
        report: Report,
        stop: UnixStream,
        reopen: UnixStream,
    ) -> io::Result<Self> {
        let platform = Platform::open(options.log.hypervisor())?;
        let poll = epoll::create(epoll::CreateFlags::CLOEXEC)?;
        for (fd, token) in [
            (stop.as_fd(), STOP),
            (reopen.as_fd(), REOPEN),
            (platform.events(), EVENTS),
        ] {
            epoll::add(&poll, fd, EventData::new_u64(token), EventFlags::IN)?;
        }
        reopen.set_nonblocking(true)?;
        let mut server = Self {
            options,
            report,
            platform,
            poll,
            store: None,
            retry_at: 0,
            guests: BTreeMap::new(),
            ports: BTreeMap::new(),
            hypervisor_log: None,
            _stop: stop,
            reopen,
            start: Instant::now(),
        };
        if server.options.log.hypervisor() {
            let path = hypervisor_path(&server.options.log_dir);
            let style = server.style(server.options.timestamp.hypervisor());
            server.hypervisor_log = server.open_log(path, style);
            server.copy_messages();
        }
        server.connect().map_err(io::Error::other)?;
        Ok(server)
    }

    /// Serves until told to stop.
    pub fn run(&mut self) -> io::Result<()> {
        let mut events = Vec::with_capacity(64);
        loop {
            let timeout = self.timeout();
            match epoll::wait(&self.poll, spare_capacity(&mut events), timeout.as_ref()) {
                Err(rustix::io::Errno::INTR) => {}
                outcome => drop(outcome?),
            }
            for event in events.drain(..) {
                match event.data.u64() {
                    STOP => return Ok(()),
                    REOPEN => self.reopen_logs(),
                    EVENTS => self.rang(),
                    STORE => self.store_spoke(),
                    domain => self.terminal_ready(u16::try_from(domain).unwrap_or(0), event.flags),
                }
            }
            self.what_is_due();
        }
    }

    fn now_ns(&self) -> u64 {
        u64::try_from(self.start.elapsed().as_nanos()).unwrap_or(u64::MAX)
    }

    /// Until the first thing that is due by time.
    fn timeout(&self) -> Option<Timespec> {
        let now = self.now_ns();
        let lines = self.guests.values().filter_map(|guest| guest.line.as_ref());
        let due = lines.flat_map(|line| {
            let glance = line.ends_at.map(|end| end.min(now + GLANCE_NS));
            [line.rests_until, glance]
        });
        let retry = self.store.is_none().then_some(self.retry_at);
        let first = due.chain([retry]).flatten().min()?;
        let wait = first.saturating_sub(now);
        Some(Timespec {
            tv_sec: (wait / 1_000_000_000).cast_signed(),
            tv_nsec: (wait % 1_000_000_000).cast_signed(),
        })
    }

    fn what_is_due(&mut self) {
        let now = self.now_ns();
        if self.store.is_none() && now >= self.retry_at {
            match self.connect() {
                Ok(()) => self.report.say("xenstored is back"),
                Err(_) => self.retry_at = now + RETRY_NS,
            }
        }
        let ids: Vec<u16> = self.guests.keys().copied().collect();
        for domain in ids {
            let Some(line) = self.line(domain) else {
                continue;
            };
            if line
                .ends_at
                .is_some_and(|end| end <= now || line.is_read(end, now))
            {
                self.guests.remove(&domain);
            } else if line.rests_until.is_some_and(|until| until <= now) {
                line.rests_until = None;
                self.listen(domain);
            }
        }
    }

    fn line(&mut self, domain: u16) -> Option<&mut Line> {
        self.guests.get_mut(&domain)?.line.as_mut()
    }
}

/// The store: who is there, and where their consoles are.
impl Server {
    fn connect(&mut self) -> Result<(), String> {
        let store = Store::open().map_err(|error| error.to_string())?;
        epoll::add(
            &self.poll,
            &store,
            EventData::new_u64(STORE),
            EventFlags::IN,
        )
        .map_err(|error| error.to_string())?;
        self.store = Some(store);
        // A store that lost its memory gives every name anew.
        let known: Vec<u16> = self.guests.keys().copied().collect();
        for domain in known {
            self.watch(domain);
            self.publish(domain);
        }
        self.ask_store(|store| {
            store.watch(INTRODUCED, "domains")?;
            store.watch(RELEASED, "domains")
        });
        if self.store.is_none() {
            return Err("xenstored went away at once".to_owned());
        }
        self.look_for_domains();
        self.store_spoke();
        Ok(())
    }

    /// Asks the store; a refusal is said and comes back as none, and so does a store that is gone.
    fn ask_store<T>(
        &mut self,
        question: impl FnOnce(&mut Store) -> Result<T, StoreError>,
    ) -> Option<T> {
        match question(self.store.as_mut()?) {
            Ok(answer) => Some(answer),
            Err(error @ StoreError::Refused(..)) => {
                self.report.say(&error.to_string());
                None
            }
            Err(error @ StoreError::Lost(_)) => {
                self.report.say(&format!(
                    "{error}; open consoles go on, new ones wait until it is back"
                ));
                self.store = None; // closing it takes it out of epoll too
                self.retry_at = self.now_ns() + RETRY_NS;
                None
            }
        }
    }

    /// Acts on all events that are there.
    ///
    /// Asking the store can bring events along with the answer, and the socket is then empty: who
    /// waits for it without having looked again does not hear of them.
    fn store_spoke(&mut self) {
        while self.act_on_events() {}
    }

    /// Takes the events that are there and acts on them; whether there were any.
    fn act_on_events(&mut self) -> bool {
        let mut domains_changed = false;
        let mut consoles = Vec::new();
        let now = Some(std::time::Duration::ZERO);
        while let Some(Some(event)) = self.ask_store(|store| store.wait_event(now)) {
            match event.token.parse() {
                Ok(domain) if !consoles.contains(&domain) => consoles.push(domain),
                Ok(_) => {}
                Err(_) => domains_changed = true,
            }
        }
        if domains_changed {
            self.look_for_domains();
        }
        for domain in &consoles {
            self.look_at_console(*domain);
        }
        domains_changed || !consoles.is_empty()
    }

    fn look_for_domains(&mut self) {
        let alive = match self.platform.domains() {
            Ok(alive) => alive,
            Err(error) => {
                self.report
                    .say(&format!("Xen does not say which domains live: {error}"));
                return;
            }
        };
        let gone: Vec<u16> = self
            .guests
            .iter()
            .filter(|(domain, guest)| !alive.contains(domain) && !guest.is_leaving())
            .map(|(domain, _)| *domain)
            .collect();
        for domain in gone {
            self.part(domain);
        }
        for domain in alive {
            if self.guests.get(&domain).is_none_or(Guest::is_leaving) {
                self.report.detail(&format!("domain {domain} appeared"));
                self.guests.insert(domain, Guest::default());
                self.watch(domain);
            }
        }
    }

    /// Asks to hear of a console; the first event comes at once.
    fn watch(&mut self, domain: u16) {
        let path = format!("/local/domain/{domain}/console");
        self.ask_store(|store| match store.watch(&path, &domain.to_string()) {
            // It was asked for in an earlier life of the same number.
            Err(StoreError::Refused(name, _)) if name.to_string() == "EEXIST" => Ok(()),
            other => other,
        });
    }

    /// Reads where a console is, and connects it.
    fn look_at_console(&mut self, domain: u16) {
        if self.guests.get(&domain).is_none_or(Guest::is_leaving) {
            return;
        }
        let path = |key: &str| format!("/local/domain/{domain}/{key}");
        let keys = [
            path("console/type"),
            path("console/ring-ref"),
            path("console/port"),
            path("console/limit"),
            path("name"),
        ];
        let Some(values) = self.ask_store(|store| store.now().read_many(&keys)) else {
            return;
        };
        let mut values = values.into_iter();
        let mut next = || values.next().flatten();
        let (kind, frame, port, limit, name) = (next(), next(), next(), next(), next());
        if kind.is_some_and(|kind| kind != "xenconsoled") {
            return; // a device model serves it
        }
        let number = |text: Option<String>| text.and_then(|text| text.trim().parse::<u64>().ok());
        let (Some(frame), Some(port)) = (number(frame), number(port)) else {
            return; // the toolstack is not done yet
        };
        let Ok(port) = u32::try_from(port) else {
            return;
        };
        let limit = number(limit)
            .and_then(|limit| usize::try_from(limit).ok())
            .filter(|limit| *limit > 0)
            .unwrap_or(DEFAULT_LIMIT);
        let place = Place { frame, port };
        if let Some(line) = self.line(domain).filter(|line| line.place == place) {
            line.console.backlog.set_limit(limit);
            return;
        }
        if let Err(error) = self.join(domain, place, limit, name.as_deref()) {
            self.report.say(&format!(
                "the console of domain {domain} cannot be served: {error}"
            ));
        }
    }

    /// Says in the store where a console can be opened.
    fn publish(&mut self, domain: u16) {
        let Some(tty) = self
            .line(domain)
            .map(|line| line.terminal.path().to_owned())
        else {
            return;
        };
        let console = format!("/local/domain/{domain}/console");
        self.ask_store(|store| {
            // A store that has forgotten the domain must not be given half of it.
            if store.now().exists(&console)? {
                store.now().write(&format!("{console}/tty"), &tty)?;
            }
            Ok(())
        });
    }
}

/// Guests come, ring, and go.
impl Server {
    fn join(
        &mut self,
        domain: u16,
        place: Place,
        limit: usize,
        name: Option<&str>,
    ) -> io::Result<()> {
        // The old port first: a guest's end can have only one other.
        if let Some(old) = self.line(domain).and_then(|line| line.port.take()) {
            self.ports.remove(&old);
            self.platform.unbind(old);
        }
        let page = self.platform.map(domain, place.frame)?;
        let port = self.platform.bind(domain, place.port)?;
        self.ports.insert(port, domain);
        match self.line(domain) {
            Some(line) => {
                line.console.replace_ring(page);
                line.console.backlog.set_limit(limit);
                (line.place, line.port) = (place, Some(port));
                (line.rests_until, line.full) = (None, false);
            }
            None => {
                let line = self.new_line(domain, place, page, port, limit)?;
                let log = name.filter(|_| self.options.log.guests());
                let path = log.map(|name| guest_path(&self.options.log_dir, name));
                let style = self.style(self.options.timestamp.guests());
                let log = path.and_then(|path| self.open_log(path, style));
                self.guests.insert(
                    domain,
                    Guest {
                        line: Some(line),
                        log,
                    },
                );
                self.publish(domain);
            }
        }
        self.listen(domain);
        Ok(())
    }

    fn new_line(
        &mut self,
        domain: u16,
        place: Place,
        page: Page,
        port: Port,
        limit: usize,
    ) -> io::Result<Line> {
        let terminal = Terminal::open()?;
        let token = EventData::new_u64(u64::from(domain));
        epoll::add(&self.poll, &terminal, token, EventFlags::IN)?;
        Ok(Line {
            place,
            console: Console::new(page, limit, self.options.overflow_data),
            port: Some(port),
            terminal,
            interest: EventFlags::IN,
            rests_until: None,
            full: false,
            ends_at: None,
        })
    }

    /// A guest is gone: takes its last words and gives its memory back, so that it can end.
    fn part(&mut self, domain: u16) {
        self.report.detail(&format!("domain {domain} is gone"));
        let end = self.now_ns() + FAREWELL_NS;
        let path = format!("/local/domain/{domain}/console");
        self.ask_store(|store| match store.unwatch(&path, &domain.to_string()) {
            Err(StoreError::Refused(..)) => Ok(()), // it went with the domain
            other => other,
        });
        let Some(mut guest) = self.guests.remove(&domain) else {
            return;
        };
        let Some(mut line) = guest.line.take() else {
            return;
        };
        let log = &mut guest.log;
        line.console
            .take_last(&mut |bytes| write(log, bytes, self.report));
        if let Some(port) = line.port.take() {
            self.ports.remove(&port);
            self.platform.unbind(port);
        }
        line.ends_at = Some(end);
        line.console.drop_ring();
        self.guests.insert(
            domain,
            Guest {
                line: Some(line),
                log: None,
            },
        );
        self.show(domain);
    }

    /// Event channels rang.
    fn rang(&mut self) {
        let ports = match self.platform.rang() {
            Ok(ports) => ports,
            Err(error) => {
                self.report.say(&format!(
                    "events were lost, so all rings are looked at: {error}"
                ));
                self.ports.keys().copied().collect()
            }
        };
        for port in ports {
            if self.platform.messages_port() == Some(port) {
                self.platform.unmask(port);
                self.copy_messages();
            } else if let Some(domain) = self.ports.get(&port).copied() {
                self.listen(domain);
            }
        }
    }

    /// Takes what a guest printed, and lets it ring again unless it must rest.
    fn listen(&mut self, domain: u16) {
        let now = self.now_ns();
        let report = self.report;
        let Some(guest) = self.guests.get_mut(&domain) else {
            return;
        };
        let (Some(line), log) = (guest.line.as_mut(), &mut guest.log) else {
            return;
        };
        let Some(port) = line.port else {
            return;
        };
        let turn = line
            .console
            .take(now, &mut |bytes| write(log, bytes, report));
        line.full = turn == Turn::Full;
        line.rests_until = None;
        match turn {
            Turn::Took => {
                self.platform.notify(port);
                // What came since we looked stays pending, and rings again.
                self.platform.unmask(port);
            }
            Turn::Quiet => self.platform.unmask(port),
            Turn::Resting(until) => line.rests_until = Some(until),
            Turn::Full | Turn::Broken => {}
            Turn::Broke => report.say(&format!(
                "domain {domain} broke its console ring, which is served no more"
            )),
        }
        self.show(domain);
    }

    /// Shows what the terminal takes, and adjusts what epoll looks for.
    fn show(&mut self, domain: u16) {
        let Some(line) = self.line(domain) else {
            return;
        };
        let mut listen_again = false;
        while !line.console.backlog.is_empty() {
            match line.terminal.write(line.console.backlog.front()) {
                Ok(0) | Err(_) => break,
                Ok(len) => line.console.backlog.sent(len),
            }
            listen_again = line.full;
        }
        let mut wanted = EventFlags::empty();
        wanted.set(
            EventFlags::IN,
            line.port.is_some() && line.console.room() > 0,
        );
        wanted.set(EventFlags::OUT, !line.console.backlog.is_empty());
        if wanted != line.interest {
            line.interest = wanted;
            let token = EventData::new_u64(u64::from(domain));
            let terminal = self
                .guests
                .get(&domain)
                .and_then(|guest| guest.line.as_ref());
            if let Some(line) = terminal
                && let Err(error) = epoll::modify(&self.poll, &line.terminal, token, wanted)
            {
                self.report
                    .say(&format!("epoll refuses a terminal: {error}"));
            }
        }
        if listen_again && let Some(line) = self.line(domain) {
            // There is room again for a guest that had to wait.
            line.full = false;
            line.rests_until = Some(0);
        }
    }

    fn terminal_ready(&mut self, domain: u16, flags: EventFlags) {
        if flags.contains(EventFlags::IN) {
            self.typed(domain);
        }
        self.show(domain);
    }

    /// Hands what was typed to the guest, as much as it has room for.
    fn typed(&mut self, domain: u16) {
        let Some(line) = self.line(domain) else {
            return;
        };
        let Some(port) = line.port else {
            return;
        };
        let mut bytes = [0; 1024];
        let room = line.console.room().min(bytes.len());
        let got = line
            .terminal
            .read(bytes.get_mut(..room).unwrap_or_default());
        let Ok(len) = got else {
            return;
        };
        if line.console.type_in(bytes.get(..len).unwrap_or_default()) {
            self.platform.notify(port);
        }
    }
}

/// Logs.
impl Server {
    fn style(&self, timestamps: bool) -> Style {
        Style {
            timestamps,
            replace_escape: self.options.replace_escape,
        }
    }

    fn open_log(&self, path: std::path::PathBuf, style: Style) -> Option<LogFile> {
        let named = path.display().to_string();
        match LogFile::open(path, style) {
            Ok(log) => Some(log),
            Err(error) => {
                self.report.say(&format!("no log at {named}: {error}"));
                None
            }
        }
    }

    fn reopen_logs(&mut self) {
        let mut rung = [0; 64];
        while io::Read::read(&mut &self.reopen, &mut rung).is_ok_and(|len| len == rung.len()) {}
        let logs = self.guests.values_mut().map(|guest| &mut guest.log);
        for log in logs.chain([&mut self.hypervisor_log]) {
            if let Some(Err(error)) = log.as_mut().map(LogFile::reopen) {
                complain(log, &error, self.report);
            }
        }
    }

    fn copy_messages(&mut self) {
        let (log, report) = (&mut self.hypervisor_log, self.report);
        let outcome = self.platform.messages(&mut |text| write(log, text, report));
        if let Err(error) = outcome {
            self.report.say(&format!(
                "the hypervisor does not say its messages: {error}"
            ));
        }
    }
}

fn write(log: &mut Option<LogFile>, bytes: &[u8], report: Report) {
    if let Some(Err(error)) = log.as_mut().map(|log| log.write(bytes)) {
        complain(log, &error, report);
    }
}

/// Says once that a log cannot be written, and leaves it.
fn complain(log: &mut Option<LogFile>, error: &io::Error, report: Report) {
    if let Some(log) = log.take() {
        let path = log.path().display();
        report.say(&format!("{path} is written no more: {error}"));
    }
}

impl Guest {
    /// The domain is dead, and its terminal waits for somebody to read the end.
    fn is_leaving(&self) -> bool {
        self.line
            .as_ref()
            .is_some_and(|line| line.ends_at.is_some())
    }
}

impl Line {
    /// Nothing is left that somebody might want to read. Shown bytes take the kernel a moment to
    /// carry over, and count as read meanwhile, so the first glance is not believed.
    fn is_read(&self, end: u64, now: u64) -> bool {
        let settled = now >= end.saturating_sub(FAREWELL_NS).saturating_add(GLANCE_NS);
        settled && self.console.backlog.is_empty() && self.terminal.unread() == 0
    }
}
