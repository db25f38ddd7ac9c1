//! Lines of logs that are told by their form: where they name who ended a connection by a letter, a status or an address, no name
//! stands in them that could be looked up.

use super::names::within;
use super::{Found, Saying, all_sayings};

/// What is known of a line by its form.
pub(super) fn look_up(line: &str) -> Option<Found> {
    of_unix_socket(line)
        .or_else(|| of_haproxy(line))
        .or_else(|| of_envoy(line))
        .or_else(|| of_load_balancer(line))
        .or_else(|| of_access_log(line))
        .or_else(|| of_ssh(line))
        .or_else(|| of_axios(line))
        .or_else(|| of_urllib3(line))
        .or_else(|| of_squid(line))
        .or_else(|| of_one_sentence(line))
}

/// A line about a Unix socket of the host, whose errnos have the same names: no TCP connection is behind it. Where nginx sends to
/// its client, that one's is.
fn of_unix_socket(line: &str) -> Option<Found> {
    let about = [
        "unix:",
        "dial unix ",
        "read unix ",
        "write unix ",
        "connect unix ",
        "connect ECONNREFUSED /",
        "connect EACCES /",
        "connecting to unix socket",
        "on socket \"",
        "through socket '",
    ];
    let is_about = about.iter().any(|words| line.contains(words));
    let of_the_client = line.contains("to client") || line.contains("client request");
    if is_about && !of_the_client { said_by("AF_UNIX") } else { None }
}

/// A line of HAProxy's log by its termination state, of which the first two letters tell who ended it and when. Small letters mean
/// other things than capitals. With `option httplog` two more letters tell of cookies.
fn of_haproxy(line: &str) -> Option<Found> {
    let is_state = |word: &str| match word.as_bytes() {
        [who, when] => b"CScsP".contains(who) && b"RQCHDLT".contains(when),
        [who, when, cookie, persistence] => {
            b"CScsP".contains(who)
                && b"RQCHDLT".contains(when)
                && b"-NIDVEOU".contains(cookie)
                && b"-NIUPRD".contains(persistence)
        }
        _ => false,
    };
    // Numbers of connections and of queues follow.
    let are_counts = |word: &str| {
        word.matches('/').count() == 4 && word.split('/').all(|part| is_number(part.trim_start_matches('+')))
    };
    let words: Vec<_> = line.split_whitespace().collect();
    // Behind a frontend and one of its `bind` lines, by its number or name.
    let bind =
        line.split_once(": SSL handshake failure").map(|(before, _)| before.rsplit(' ').next().unwrap_or_default());
    if bind.is_some_and(|bind| bind.contains('/')) {
        return said_by("haproxy: SSL handshake failure");
    }
    let state = words.windows(2).find_map(|pair| match pair {
        [state, counts] => (is_state(state) && are_counts(counts)).then_some(*state),
        _ => None,
    })?;
    said_by(&format!("haproxy {}", state.get(..2)?))
}

/// A line of an access log in the common format by its status, which follows the quoted request.
fn of_access_log(line: &str) -> Option<Found> {
    said_by(&format!("status {}", behind_the_request(line)?.next()?))
}

/// A line of Envoy's access log by its response flags, which follow the status. The errno of a connect() that failed stands in it.
fn of_envoy(line: &str) -> Option<Found> {
    let mut words = behind_the_request(line)?;
    words.next().filter(|status| is_number(status))?;
    let flags = words.next()?;
    let is_flag = |flag: &str| flag.len() > 1 && flag.bytes().all(|byte| byte.is_ascii_uppercase());
    if !flags.split(',').all(is_flag) {
        return None;
    }
    let is_general = |said: &Saying| said.names.contains(&"upstream_reset_before_response_started");
    let said = flags.split(',').map(|flag| named(&format!("envoy {flag}"))).find(|said| !said.is_empty())?;
    // The errno of a connect(), or why it was reset, says more than the flag.
    match within(line) {
        Some(Found::Message(page, _)) if said.iter().any(|said| said.errnos.contains(&page.errno)) => {
            Some(Found::Message(page, said))
        }
        Some(Found::Sayings(reason)) if reason.iter().all(|said| said.program == "Envoy" && !is_general(said)) => {
            Some(Found::Sayings(reason))
        }
        _ => Some(Found::Sayings(said)),
    }
}

/// A line of the access log of AWS's Application Load Balancer: protocol, time, name, both addresses, three times, its status.
fn of_load_balancer(line: &str) -> Option<Found> {
    let words: Vec<_> = line.split_whitespace().take(9).collect();
    let [protocol, _, name, _, _, _, _, _, status] = words.as_slice() else { return None };
    let is_one = ["http", "https", "h2", "grpcs", "ws", "wss"].contains(protocol) && name.starts_with("app/");
    if is_one { said_by(&format!("ALB {status}")) } else { None }
}

/// What ssh and sshd say with an address in it. The words around it are those of many programs.
fn of_ssh(line: &str) -> Option<Found> {
    let has_port = |rest: &str| {
        let words: Vec<_> = rest.split_whitespace().collect();
        words.windows(2).any(|pair| matches!(pair, ["port", number] if is_number(number)))
    };
    let behind = |words| line.split_once(words).map(|(_, rest)| rest);
    let name = if behind("Connection closed by ").is_some_and(has_port) {
        "Connection closed by HOST port"
    } else if behind("Connection reset by ").is_some_and(has_port) {
        "Connection reset by HOST port"
    } else if behind("Timeout, server ").is_some_and(|rest| rest.contains(" not responding")) {
        "Timeout, server HOST not responding"
    } else if behind("Connection to ").is_some_and(|rest| has_port(rest) && rest.trim_end().ends_with(" timed out")) {
        "during banner exchange"
    } else {
        return None;
    };
    said_by(name)
}

/// axios names its own timeout by the code ECONNABORTED, which is no errno there.
fn of_axios(line: &str) -> Option<Found> {
    let (_, limit) = line.split_once("timeout of ")?;
    let (number, _) = limit.split_once("ms exceeded")?;
    if is_number(number) { said_by("AxiosError: timeout of N ms exceeded") } else { None }
}

/// urllib3 says that the read timed out of its own timer, and of the kernel's where there is none.
fn of_urllib3(line: &str) -> Option<Found> {
    let in_the_body =
        line.contains("ConnectionPool(") && line.contains("): Read timed out.") && !line.contains("(read timeout");
    if line.contains("Read timed out. (read timeout=None)") {
        said_by("requests: read timeout is None")
    } else if in_the_body {
        said_by("requests: Read timed out in the body")
    } else {
        None
    }
}

/// A line of Squid's access log by its result code and status, which stand in one word: `TCP_MISS/503`.
fn of_squid(line: &str) -> Option<Found> {
    let mut words = line.split_whitespace().skip_while(|word| !word.starts_with("TCP_") && !word.starts_with("NONE_"));
    let (code, status) = words.next()?.split_once('/')?;
    if !is_number(status) || !words.any(|word| word.starts_with("HIER_")) {
        return None;
    }
    if code.ends_with("_ABORTED") { said_by("squid aborted") } else { said_by(&format!("squid {status}")) }
}

/// Sentences that count only where they are all that is said: others have them within theirs.
fn of_one_sentence(line: &str) -> Option<Found> {
    match line.trim() {
        "No data received." => said_by("wget: No data received."),
        "Error: aborted" => said_by("Node: Error: aborted"),
        line if line.ends_with("Connect error: connection timed out") => said_by("ureq: Connect error"),
        // The kernel's has an address behind it.
        line if line.ends_with("Error: connect ETIMEDOUT") => said_by("Node: connect ETIMEDOUT without an address"),
        line if line.contains("Read error at byte ") && line.contains("(Connection timed out)") => {
            said_by("Read error (Connection timed out)")
        }
        _ => None,
    }
}

/// The words behind the quoted request of an access log: the status first.
fn behind_the_request(line: &str) -> Option<std::str::SplitWhitespace<'_>> {
    let (_, behind) = line.split_once(" HTTP/")?;
    Some(behind.split_once("\" ")?.1.split_whitespace())
}

fn is_number(word: &str) -> bool {
    !word.is_empty() && word.bytes().all(|byte| byte.is_ascii_digit())
}

/// What is known by just this name, if anything is.
fn said_by(name: &str) -> Option<Found> {
    let said = named(name);
    (!said.is_empty()).then_some(Found::Sayings(said))
}

fn named(name: &str) -> Vec<&'static Saying> {
    all_sayings().filter(|saying| saying.names.contains(&name)).collect()
}
