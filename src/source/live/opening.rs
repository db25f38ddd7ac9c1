//! Opening an interface, and what to do about it where that fails.

use pcap::{Active, Capture, Linktype, Precision};

use super::super::{Error, live_filter, printable, printable_path};
use super::{ANY, LiveSettings};

/// How long the kernel may keep a block of the ring that is not full, in milliseconds.
const BLOCK_TIMEOUT: i32 = 20;

/// An interface that is captured on.
pub(super) struct Opened {
    pub(super) capture: Capture<Active>,
    pub(super) link: u16,
    pub(super) nanoseconds: bool,
}

/// Opens the interface, with nanoseconds if it can, and with the tightest filter that fits it. `None` if it is there but down,
/// which libpcap takes no capture on.
pub(super) fn open(settings: &LiveSettings) -> Result<Option<Opened>, Error> {
    let name = || printable(&settings.interface);
    let fail = |problem: pcap::Error| Error::Input { name: name(), problem: describe(&problem) };
    let (capture, nanoseconds) = match activate(settings, Precision::Nano) {
        Ok(capture) => (capture, true),
        Err(problem) if is_down(&problem) => return Ok(None),
        Err(_) => (activate(settings, Precision::Micro).map_err(fail)?, false),
    };
    let mut capture = capture;
    const COOKED_2: Linktype = Linktype(276);
    if settings.interface == ANY && capture.list_datalinks().is_ok_and(|links| links.contains(&COOKED_2)) {
        capture.set_datalink(COOKED_2).map_err(fail)?;
    }
    let link = link_type_in_files(capture.get_datalink());
    let candidates = live_filter::candidates(settings.filter.as_deref(), settings.light, settings.tunnels);
    let mut problem = None;
    for expression in &candidates {
        match capture.filter(expression, true) {
            Ok(()) => {
                problem = None;
                break;
            }
            Err(error) => problem = Some(error),
        }
    }
    if let Some(problem) = problem {
        let expression = settings.filter.as_deref().map(printable).unwrap_or_default();
        return Err(Error::Filter { expression, problem: describe(&problem) });
    }
    let capture = capture.setnonblock().map_err(fail)?;
    Ok(Some(Opened { capture, link, nanoseconds }))
}

fn activate(settings: &LiveSettings, precision: Precision) -> Result<Capture<Active>, pcap::Error> {
    let buffer = i32::try_from(settings.buffer.saturating_mul(1024)).unwrap_or(i32::MAX);
    Capture::from_device(settings.interface.as_str())?
        .snaplen(i32::try_from(settings.snaplen).unwrap_or(i32::MAX))
        .promisc(settings.promiscuous && settings.interface != ANY)
        .buffer_size(buffer)
        .timeout(BLOCK_TIMEOUT)
        .precision(precision)
        .open()
}

/// Is this what `pcap_activate()` says of an interface that is down (PCAP_ERROR_IFACE_NOT_UP)?
fn is_down(problem: &pcap::Error) -> bool {
    matches!(problem, pcap::Error::PcapError(message) if message.contains("not up"))
}

/// Both ways to get the rights that capturing needs.
pub fn needs_rights() -> String {
    let program = std::env::current_exe().map_or("tcpwhy".to_owned(), |path| printable_path(&path));
    format!("capturing needs rights: run it with sudo, or once 'sudo setcap cap_net_raw=ep {program}' for everyone")
}

/// libpcap's message in one line, with what to do about it.
pub(super) fn describe(error: &pcap::Error) -> String {
    let message = match error {
        pcap::Error::PcapError(message) => printable(message),
        other => printable(&other.to_string()),
    };
    let lower = message.to_lowercase();
    if lower.contains("permission") || lower.contains("not permitted") {
        return needs_rights();
    }
    if lower.contains("no such device") {
        return "there is no such interface; 'tcpwhy interfaces' lists them".to_owned();
    }
    if lower.contains("cannot allocate memory") {
        return format!("{message}; ask for a smaller buffer with -B");
    }
    message
}

/// The number in files of a link type in memory, where the two differ: raw IP.
fn link_type_in_files(link: Linktype) -> u16 {
    match link.0 {
        12 => 101,
        other => u16::try_from(other).unwrap_or(u16::MAX),
    }
}
