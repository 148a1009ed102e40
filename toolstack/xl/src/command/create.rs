//! `xl create`.

use std::path::Path;
use std::process::ExitCode;
use std::time::Instant;

use clap::Args as Arguments;
use domain::create::{self, Plan};
use domain::device::console::terminal;
use domain::error::Context;
use domain::monitor::{self, CONSOLE_PATIENCE, Job};
use domain::settings::{self, Settings};
use domain::terminal::{Console, ESCAPE};
use domain::{Error, Result, destroy, json};
use xl_cfg::Diagnostic;

#[derive(Arguments)]
pub struct Args {
    /// The configuration file, then settings that override it (`memory=512`).
    words: Vec<String>,
    /// The configuration file.
    #[arg(short = 'f', long = "defconfig")]
    file: Option<String>,
    /// Attach to the console before the guest runs.
    #[arg(short = 'c')]
    console: bool,
    /// Leave the guest paused.
    #[arg(short = 'p')]
    paused: bool,
    /// Say nothing but errors.
    #[arg(short = 'q', long)]
    quiet: bool,
    /// Show what would be made, and make nothing.
    #[arg(short = 'n', long = "dryrun")]
    dry_run: bool,
    /// Show the configuration as it is understood.
    #[arg(short = 'd', action = clap::ArgAction::Count)]
    debug: u8,
    /// Stay in the foreground until the guest is gone.
    #[arg(short = 'F')]
    foreground: bool,
    /// Leave no monitor behind: nobody acts on the guest's end.
    #[arg(short = 'e')]
    no_monitor: bool,
}

pub fn run(args: &Args, dry_run: bool, verbose: bool) -> Result<ExitCode> {
    let start = Instant::now();
    let progress = |step: &str| {
        if verbose {
            eprintln!("{:8.3} s  {step}", start.elapsed().as_secs_f64());
        }
    };
    let (file, text) = args.read()?;
    if !args.quiet {
        println!("Parsing config from {file}");
    }
    let (guest, findings) = xl_cfg::read(&text);
    report(&findings, &file, &text, args.quiet);
    let Some(guest) = guest else {
        let count = findings.iter().filter(|finding| finding.is_error()).count();
        let plural = if count == 1 { "" } else { "s" };
        return Err(Error::new(
            format!("cannot use {file}"),
            format!("it has {count} error{plural}, shown above"),
        ));
    };
    let settings = Settings::load(Path::new(settings::PATH))?;
    let (xen, mut store) = super::open()?;
    let plan = Plan::new(&xen, &mut store, &guest, &settings, &progress)?;
    if args.debug > 0 || args.dry_run || dry_run {
        print!("{}", json::beautify(&plan.describe()));
    }
    if args.dry_run || dry_run {
        return Ok(ExitCode::SUCCESS);
    }
    let domid = plan.create(&xen, &mut store, &settings, &progress)?;
    let job = Job {
        domid,
        config: text,
        uuid: plan.uuid(),
    };
    // From here on the guest exists; whatever fails before it runs ends it again.
    progress("starting the guest");
    let launch = || -> Result<Option<Console>> {
        let console = match args.console {
            true => Some(Console::open(&terminal(
                &mut store,
                domid,
                CONSOLE_PATIENCE,
            )?)?),
            false => None,
        };
        if !args.no_monitor && !args.foreground {
            monitor::spawn(&job, &guest.name)?;
        }
        if !args.paused {
            create::unpause(&xen, domid)?;
        }
        Ok(console)
    };
    let console = match run_once(launch) {
        Ok(console) => console,
        Err(error) => {
            let mut store = domain::store::Store::open()?;
            let _ = destroy::destroy(&xen, &mut store, domid);
            return Err(error);
        }
    };
    match console {
        Some(console) => {
            drop(plan);
            console.run(ESCAPE)?;
        }
        // Giving back a kernel's worth of pages one by one costs more than ending does.
        None => std::mem::forget(plan),
    }
    if args.foreground {
        monitor::watch(job)?;
    }
    Ok(ExitCode::SUCCESS)
}

fn run_once<T>(start: impl FnOnce() -> T) -> T {
    start()
}

impl Args {
    /// The file's name, and its text with the overrides behind it.
    fn read(&self) -> Result<(String, String)> {
        let mut words = self.words.iter();
        let file = match &self.file {
            Some(file) => Some(file),
            None => words.next().filter(|word| !word.contains('=')),
        };
        let overrides: Vec<&String> = match file {
            Some(_) => words.collect(),
            None => self.words.iter().collect(),
        };
        let mut text = match file {
            Some(file) => std::fs::read_to_string(file)
                .or_fail(|| format!("cannot read the configuration file {file}"))?,
            None if !overrides.is_empty() => String::new(),
            None => {
                return Err(
                    Error::new("cannot create a guest", "no configuration file is named")
                        .help("write `xl create /etc/xen/guest.cfg`"),
                );
            }
        };
        for setting in overrides {
            text.push('\n');
            text.push_str(setting);
        }
        text.push('\n');
        Ok((
            file.map_or("the command line", |file| file).to_owned(),
            text,
        ))
    }
}

fn report(findings: &[Diagnostic], file: &str, text: &str, quiet: bool) {
    for finding in findings
        .iter()
        .filter(|finding| finding.is_error() || !quiet)
    {
        eprintln!("{}\n", finding.render(file, text));
    }
}
