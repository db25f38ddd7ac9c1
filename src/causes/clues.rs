//! Knowledge that several causes share: the timers of common programs and devices.

use super::Match;
use crate::diagnose::{Case, Meaning};
use crate::time::SECOND;
use crate::track::{CLIENT, SERVER};

/// Devices on the path that forget idle connections: seconds, and their name in a sentence.
const DEVICES: &[(u64, &str)] = &[
    (60, "a load balancer with a 60 s idle timeout (AWS ALB and many proxies)"),
    (240, "the Azure load balancer (4 minutes)"),
    (300, "a device with a 5 minute idle timeout (Oracle Cloud load balancers)"),
    (350, "an AWS NLB, gateway load balancer or NAT gateway (350 s)"),
    (600, "a Google Cloud load balancer (10 minutes)"),
    (900, "a device with a 15 minute idle timeout"),
    (1800, "a device with a 30 minute idle timeout"),
    (3600, "a firewall with a one hour idle timeout"),
    (7200, "a device with a two hour idle timeout"),
    (86400, "a device with a one day idle timeout"),
    (432_000, "Linux connection tracking (5 days)"),
];

/// The device whose timer this idle time has just passed, if any: up to a tenth above it.
pub fn device_timer(idle: u64) -> Option<&'static str> {
    let passed = |seconds: u64| idle + SECOND / 2 >= seconds * SECOND && idle <= (seconds + seconds / 10 + 1) * SECOND;
    DEVICES.iter().find(|(seconds, _)| passed(*seconds)).map(|(_, name)| *name)
}

/// Timers after which HTTP servers, and proxies in front of them, close idle connections: seconds, and whose they are.
const HTTP_SERVERS: &[(u64, &str)] = &[
    (2, "gunicorn's keepalive is 2 s"),
    (5, "5 s is keepAliveTimeout of older Node and KeepAliveTimeout of Apache httpd"),
    (15, "15 s is a common keep-alive time"),
    (60, "60 s is keepalive_timeout of nginx towards upstreams and the idle timeout of AWS ALB"),
    (65, "65 s is keepAliveTimeout of newer Node"),
    (75, "75 s is nginx's keepalive_timeout"),
    (90, "90 s is the idle time of Go's HTTP client and of Heroku's router"),
    (120, "120 s is a common keep-alive time"),
    (300, "300 s is the idle time of OkHttp's pool"),
    (600, "600 s is the keep-alive time of Google Cloud load balancers"),
];

/// Timers that close connections of every protocol.
const SERVERS: &[(u64, &str)] = &[
    (240, "240 s is the idle timeout of the Azure load balancer"),
    (350, "350 s is the idle timeout of AWS NLB and NAT gateways"),
    (3600, "3600 s is a common idle timeout of proxies and firewalls"),
    (28800, "28800 s is MySQL's wait_timeout"),
];

/// A hint whose timer a pause of this length matches, for the end of a sentence: a number is never proof.
pub fn timer_hint(case: &Case<'_>, idle: u64) -> String {
    hint(idle, case.may_be_http())
}

fn hint(idle: u64, http: bool) -> String {
    let timers = SERVERS.iter().chain(HTTP_SERVERS.iter().filter(|_| http));
    let timer = timers.into_iter().find(|(seconds, _)| Case::is_about(idle, *seconds));
    timer.map_or(String::new(), |(_, name)| format!(" ({name})"))
}

/// Does a socket that closes after this idle time close by a timer? No timer is early by more than a tenth of a second
/// (Apache httpd's `TIMEOUT_FUDGE_FACTOR`), most are late by a tick.
pub fn is_timer(idle: u64) -> bool {
    let times = SERVERS.iter().chain(HTTP_SERVERS).map(|(seconds, _)| *seconds).chain(DEADLINES.iter().copied());
    times.into_iter().any(|seconds| idle + SECOND / 10 >= seconds * SECOND && Case::is_about(idle, seconds))
}

/// Times after which servers give up a request by themselves, in seconds.
const DEADLINES: &[u64] = &[1, 2, 3, 5, 10, 15, 20, 30, 45, 60, 90, 120, 180, 240, 300, 600, 900, 1800, 3600];

/// Is this about one of the round times after which servers give up?
pub fn is_deadline(waited: u64) -> bool {
    DEADLINES.iter().any(|seconds| Case::is_about(waited, *seconds))
}

/// When a client that connects in a rhythm knows enough and resets the connection, as health checks do that ask more than
/// whether the port is open. `None` if it still waits for something, or lost something.
pub fn check_in_rhythm(case: &Case<'_>) -> Option<&'static str> {
    let reset = case.reset().filter(|_| case.is_abort() && case.reset_by(CLIENT))?;
    let lost = case.lost(SERVER) > 0 || reset.unacknowledged > 0 || case.answer_is_cut();
    if lost || !case.connection().is_one_visit() || !case.visits().keeps_rhythm(case.connection().start) {
        return None;
    }
    match case.finished_tls_handshake() {
        true => Some("after the TLS handshake"),
        false if case.connection().is_greeted() => Some("when it has received the greeting"),
        false => (!case.client_waits()).then_some("when it has received an answer"),
    }
}

/// An ICMP error that says that the other end cannot be reached.
pub fn reported_unreachable(case: &Case<'_>, meaning: Meaning) -> Option<Match> {
    let icmp = case.icmp().filter(|icmp| icmp.meaning() == meaning)?;
    if case.is_of_its_own_host(&icmp) {
        let asks = if icmp.ipv6 { "neighbour solicitations" } else { "ARP requests" };
        return Some(Match::likely(format!(
            "{}'s own host reported that {} cannot be reached: {}. Usually nobody answers its {asks} for that address \
             or for the router to it.",
            icmp.reporter,
            case.peer(),
            icmp.name()
        )));
    }
    let translated = if case.is_in_the_name_of_the_other_end(&icmp) { ", or a NAT using its address," } else { "" };
    // The errno is certain, the cause is not: a packet filter can send every code (nft's `reject with icmpx host-unreachable`).
    Some(Match::likely(format!(
        "{}{translated} reported that {} cannot be reached: {}.",
        icmp.reporter,
        case.peer(),
        icmp.name()
    )))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_timer_that_has_just_passed_is_named() {
        assert!(device_timer(350 * SECOND + SECOND / 3).is_some_and(|name| name.contains("NLB")));
        assert!(device_timer(349 * SECOND).is_none());
        assert!(device_timer(200 * SECOND).is_none());
    }

    #[test]
    fn a_pause_of_a_known_length_hints_at_its_timer() {
        assert!(hint(75 * SECOND + SECOND / 5, true).contains("nginx"));
        assert_eq!(hint(7 * SECOND, true), "");
        assert_eq!(hint(75 * SECOND, false), "");
        assert!(hint(28_801 * SECOND, false).contains("MySQL"));
    }

    #[test]
    fn a_timer_is_never_early() {
        assert!(is_timer(5 * SECOND + SECOND / 20));
        assert!(is_timer(60 * SECOND + SECOND / 2));
        assert!(!is_timer(59 * SECOND + SECOND / 2));
        assert!(!is_timer(58 * SECOND));
    }

    #[test]
    fn round_times_are_deadlines() {
        assert!(is_deadline(30 * SECOND + SECOND / 50));
        assert!(!is_deadline(37 * SECOND));
    }
}
