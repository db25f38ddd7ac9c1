//! `tcpwhy -i IFACE`: what fails on an interface, as it happens.
//!
//! Opens first, then gives up every right that is not needed any more, and only then looks at the first packet.

mod watcher;

use std::path::PathBuf;
use std::time::{Duration, Instant};

use self::watcher::{COMPLAINTS, Watcher};
use super::destination::Destination;
use super::screen::Screen;
use super::signals::Signals;
use super::writer::Writer;
use super::{Analyse, Error, Outcome, Surroundings};
use crate::analysis::{Listener, watch};
use crate::host::Host;
use crate::privileges;
use crate::report::Inputs;
use crate::report::live::LiveReport;
use crate::source::{ANY, Live, LiveSettings, Source};

/// Captures until it is told to stop, and reports.
pub fn run(arguments: &Analyse, interface: &str, surroundings: Surroundings) -> Result<Outcome, Error> {
    let foreign_namespace = match &arguments.netns {
        Some(which) => privileges::enter(which).map_err(Error::line)?,
        None => false,
    };
    let file = arguments.report_file();
    let (signals, second) = Signals::listen(file.is_some())?;
    // Before the capture is opened: the helper that this starts is not to have it.
    let (host, how) = Host::open();
    let settings = settings(arguments, interface, foreign_namespace);
    let mut live = Live::open(settings, signals.stop.clone())?;
    let destination = match file {
        Some(path) => Destination::open(path)?,
        None => Destination::stdout(),
    };
    let screen = Screen::new(true);
    if arguments.verbose {
        screen.note(&how);
    }
    give_up_privileges(arguments, interface, &destination, &mut live, &screen)?;
    second.obey()?;
    let inputs = Inputs { names: live.input_names().to_vec(), digits: live.fractional_digits() };
    let now = Instant::now();
    let mut watcher = Watcher {
        report: LiveReport::new(surroundings.options(arguments), inputs),
        writer: Writer::start(destination, screen.clone(), signals.reopen.clone()),
        losses: live.losses(),
        host,
        light: arguments.light,
        payload: !arguments.no_payload,
        signals,
        screen,
        next_status: now,
        next_complaint: now + COMPLAINTS,
        complained: 0,
    };
    if arguments.light {
        watcher.note(
            "--light: only segments that open and close connections are captured; verdicts that need data are at most \
                      \"possible\""
                .to_owned(),
        );
    }
    let summary = watch(&mut live, &mut watcher, arguments.means())?;
    watcher.end(summary)
}

fn settings(arguments: &Analyse, interface: &str, foreign_namespace: bool) -> LiveSettings {
    LiveSettings {
        interface: interface.to_owned(),
        filter: arguments.filter.clone(),
        snaplen: arguments.snaplen,
        buffer: arguments.buffer,
        promiscuous: !arguments.no_promiscuous,
        light: arguments.light,
        tunnels: arguments.tunnels,
        packets: arguments.count,
        duration: arguments.duration.map(Duration::from_secs),
        foreign_namespace,
    }
}

fn give_up_privileges(
    arguments: &Analyse,
    interface: &str,
    destination: &Destination,
    live: &mut Live,
    screen: &Screen,
) -> Result<(), Error> {
    let reopen_interface = interface != ANY;
    let file = arguments.report_file();
    let needs = privileges::Needs {
        reopen_interface,
        made: destination.file().filter(|_| destination.is_new),
        write: file.map(privileges::folder_of).into_iter().collect(),
        // libpcap looks there for an interface's kind and its counters.
        read: vec![PathBuf::from("/sys")],
    };
    let in_force = privileges::give_up(&needs).map_err(Error::line)?;
    if reopen_interface {
        live.reopen_with(Box::new(privileges::raise));
    }
    if arguments.verbose {
        in_force.iter().for_each(|line| screen.note(line));
    }
    Ok(())
}
