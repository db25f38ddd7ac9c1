//! Names of errnos, exceptions and messages: looked up as they are, or found within a pasted message.

use super::{ERRNOS, Found, Page, Saying, all_sayings, page};
use crate::track::kernel::Errno;

/// What programs say of timers of their own, with the errno's text in it.
const BORROWED: [&str; 8] = [
    "upstream timed out",
    "client timed out",
    "Read error (Connection timed out)",
    "inbound connection timed out",
    "timed out during banner exchange",
    "Connection timed out after",
    "Connection timed out (Redis::TimeoutError)",
    "Connection lost (ECONNRESET)",
];

/// The texts of Windows for its errnos, which programs put behind words of their own.
const OF_WINDOWS: [(&str, Errno); 6] = [
    ("target machine actively refused it", Errno::ECONNREFUSED),
    ("forcibly closed by the remote host", Errno::ECONNRESET),
    ("aborted by the software in your host machine", Errno::ECONNABORTED),
    ("connected party did not properly respond", Errno::ETIMEDOUT),
    ("attempted to an unreachable host", Errno::EHOSTUNREACH),
    ("attempted to an unreachable network", Errno::ENETUNREACH),
];

/// What programs say around an address, a name or a number: the words before it, those behind it, and the name it has here.
const AROUND: [(&str, &str, &str); 30] = [
    ("lost connection with ", "] while ", "while receiving the initial server greeting"),
    ("conversation with ", "] timed out while ", "conversation timed out while"),
    ("SMTP connection from ", " lost while reading ", "SMTP connection lost while reading"),
    ("nfs: server ", " not responding", "nfs: server HOST not responding"),
    ("CIFS", "has not responded in ", "CIFS: has not responded. Reconnecting"),
    ("ping timeout of ", " secs expired, recv timeout", "iSCSI: ping timeout expired"),
    ("clientId=", " disconnected", "Kafka: clientId disconnected"),
    ("Disconnected from node ", " due to ", "Kafka: Disconnected due to timeout"),
    ("Cancelled in-flight ", " being disconnected", "Kafka: Cancelled in-flight request"),
    ("Npgsql", "Exception while reading from stream", "Npgsql: Exception while reading from stream"),
    ("Npgsql", "Exception while writing to stream", "Npgsql: Exception while writing to stream"),
    ("Npgsql", "Failed to connect to ", "Npgsql: Failed to connect to"),
    ("connection(", " socket was unexpectedly closed", "MongoDB: socket was unexpectedly closed"),
    ("Partner '", "' not reached", "SAP: partner not reached"),
    ("partner '", "' not reached", "SAP: partner not reached"),
    ("partner '", "' broken", "SAP: connection to partner broken"),
    ("rdkafka#", ": Disconnected (after ", "Kafka: rdkafka Disconnected"),
    ("[upstream] connection #", " timed out after ", "Fluent Bit: upstream connection timed out"),
    ("libceph: ", " socket closed (con state ", "Ceph: libceph socket closed"),
    ("error sending request for url (", "operation timed out", "reqwest: operation timed out"),
    ("Connection with replica ", " lost.", "redis: Connection with replica lost"),
    ("Cannot connect to host ", " ssl:default [None]", "aiohttp: Cannot connect to host, ssl:default [None]"),
    (
        "failed to connect to all addresses",
        ": Socket closed",
        "gRPC: failed to connect to all addresses, Socket closed",
    ),
    (
        "Invalid response body while trying to fetch ",
        "Idle timeout reached for host",
        "npm: Invalid response body, idle timeout reached for host",
    ),
    ("read timeout at ", "Net/HTTP/Methods.pm", "Perl: read timeout at Net/HTTP/Methods.pm"),
    ("Timeout (", " secs) waiting for server response", "swaks: Timeout waiting for server response"),
    ("gw_backend.c.", " read timeout on socket: ", "lighttpd: read timeout on socket"),
    ("gw_backend.c.", " write timeout on socket: ", "lighttpd: write timeout on socket"),
    ("] io timeout after ", " seconds -- exiting", "rsync: io timeout after"),
    ("Can't connect to MySQL server on ", "(timed out)", "MySQL: Can't connect to MySQL server, timed out"),
];

/// Does a message (its key) give this errno by its number alone, as Envoy, MySQL, MariaDB and wget2 do?
fn is_numbered(message: &str, page: &Page) -> bool {
    let follows = |words: &str| message.contains(&format!(" {words} {} ", page.number));
    follows("delayed connect error")
        || (message.contains(" lost connection to ") && follows("system error"))
        || (message.starts_with(" failed to read ") && follows("bytes"))
        || (message.contains(" vio errno ") && follows("errno"))
}

/// Has `line` what is known by this name around something else?
fn has_around(line: &str, name: &str) -> bool {
    let behind = |(before, _, _): &(&str, &str, &str)| line.split_once(before).map(|(_, rest)| rest);
    AROUND
        .iter()
        .filter(|(_, _, known)| *known == name)
        .any(|words| behind(words).is_some_and(|rest| rest.contains(words.1)))
}

/// What is told by its spelling counts only as it is spelled: "Socket timeout" is no `socket.timeout`, "connect failed" not nginx's
/// `connect() failed`.
fn is_spelled(line: &str, name: &str) -> bool {
    let as_it_is = name.starts_with('{') || name.contains("()") || (name.contains('.') && !name.contains(' '));
    !as_it_is || line.to_lowercase().contains(&name.to_lowercase())
}

/// Finds what is known under one of the keys of `topic`.
pub(super) fn exactly(topic: &str, keys: fn(&str) -> Vec<String>) -> Option<Found> {
    let wanted = keys(topic);
    let exact = |page: &&Page| {
        let names = [page.errno.name(), page.errno.message()].map(keys).concat();
        let number = page.number.to_string();
        let numbers = [format!("errno {number}"), format!("os error {number}"), number];
        wanted.iter().any(|wanted| names.contains(wanted) || numbers.contains(wanted))
    };
    if let Some(page) = ERRNOS.iter().find(exact) {
        return Some(Found::Errno(page));
    }
    let said: Vec<_> = all_sayings()
        .filter(|saying| saying.names.iter().flat_map(|name| keys(name)).any(|name| wanted.contains(&name)))
        .collect();
    // Who is called just so comes before those that have a module in front, or another one.
    let whole = |saying: &&Saying| saying.names.iter().any(|name| key(name) == key(topic));
    let meant: Vec<_> = said.iter().copied().filter(whole).collect();
    let said = if meant.is_empty() { said } else { meant };
    (!said.is_empty()).then_some(Found::Sayings(said))
}

/// Classes of exceptions for all that a system call can fail with.
const OF_ANY_CALL: [&str; 2] = ["OSError", "PermissionError"];

/// What is in lines of any other kind as well, unless it is all that there is.
const ALONE: [&str; 5] =
    ["ProtocolError", "Request timeout", "connection timeout", "timeout exceeded", "timeout expired"];

/// What Node says of TLS, in which EPROTO is no errno.
const OF_NODES_TLS: [&str; 3] = ["write EPROTO", "code: 'EPROTO'", "errno: 'EPROTO'"];

/// What files, devices and protocols of applications say, too, counts in a message (its key) only where that tells of a connection:
/// "Permission denied" is mostly that of a file or a login, "Protocol error" HTTP/2's `PROTOCOL_ERROR`.
fn is_of_a_connection(message: &str, page: &Page) -> bool {
    if ![Errno::EACCES, Errno::EPROTO, Errno::EOPNOTSUPP, Errno::ENOPROTOOPT].contains(&page.errno) {
        return true;
    }
    const WORDS: [&str; 7] =
        ["connect", "connecting", "dial", "socket", "socketexception", "connectexception", "bindexception"];
    let (text, number) = (key(page.errno.message()), page.number);
    // As the last words of Python and Rust, who name a file behind them or in front.
    let alone = [format!("errno {number} {text}"), format!("{text} os error {number}")];
    message.split(' ').any(|word| WORDS.contains(&word)) || alone.iter().any(|end| message.trim_end().ends_with(end))
}

/// Finds known names within a pasted message. Among the wordings the one with most of its names in the message wins; an errno by
/// its own name or text says more than any of them, and those that know it tell the rest. Short names are left out: they are in
/// everything.
pub(super) fn within(message: &str) -> Option<Found> {
    const SHORTEST: usize = 5;
    // curl's version, which it gives to servers as its name, is no exit status.
    let line = message;
    let message = format!(" {} ", key(&message.replace("curl/", "")));
    let contains = |name: &str| message.contains(&format!(" {} ", key(name)));
    let of_windows = OF_WINDOWS.iter().filter_map(|(text, errno)| Some((*text, page(*errno)?)));
    let errno = ERRNOS
        .iter()
        .flat_map(|page| [(page.errno.name(), page), (page.errno.message(), page)])
        .filter(|(name, _)| contains(name))
        .filter(|(name, page)| *name == page.errno.name() || is_of_a_connection(&message, page))
        // Behind the reasons of Envoy.
        .filter(|(name, _)| *name != Errno::EPROTO.message() || !contains("before headers"))
        // Node's code for all that goes wrong in TLS.
        .filter(|(name, _)| *name != Errno::EPROTO.name() || !OF_NODES_TLS.iter().any(|words| contains(words)))
        .chain(of_windows.filter(|(text, _)| contains(text)))
        .chain(ERRNOS.iter().filter(|page| is_numbered(&message, page)).map(|page| (page.errno.name(), page)))
        .max_by_key(|(name, _)| name.len())
        .filter(|_| !BORROWED.iter().any(|name| contains(name)));
    let score = |saying: &&Saying| -> usize {
        if errno.is_some_and(|(_, page)| !saying.errnos.contains(&page.errno)) {
            return 0;
        }
        let is_errnos = |name: &str| {
            errno.is_some_and(|(_, page)| {
                [page.errno.name(), page.errno.message()].map(key).iter().any(|own| own.contains(&key(name)))
            })
        };
        // Files fail with these classes as well: it is the errno that tells.
        let counts = |name: &str| {
            name.len() >= SHORTEST && !ALONE.contains(&name) && (errno.is_some() || !OF_ANY_CALL.contains(&name))
        };
        let has = |name: &str| (contains(name) && is_spelled(line, name)) || has_around(line, name);
        let found = || saying.names.iter().filter(|name| counts(name) && has(name) && !is_errnos(name));
        // What is a part of a longer name was said once.
        let is_part = |name: &str| found().any(|other| other.len() > name.len() && key(other).contains(&key(name)));
        found().filter(|name| !is_part(name)).map(|name| name.len()).sum()
    };
    let best = all_sayings().map(|saying| score(&saying)).max().filter(|best| *best > 0);
    let said = best.map(|best| all_sayings().filter(|saying| score(saying) == best).collect::<Vec<_>>());
    match errno {
        Some((_, page)) => Some(Found::Message(page, said.unwrap_or_default())),
        None => said.map(Found::Sayings),
    }
}

/// The keys under which a name can be found: itself, and without its module or class in front.
pub(super) fn keys(name: &str) -> Vec<String> {
    let name = name.trim();
    let mut keys = vec![key(name)];
    if !name.contains(char::is_whitespace) {
        // Behind a file or a host stands a number of its own.
        let is_name = |last: &&str| last.bytes().any(|byte| !byte.is_ascii_digit());
        keys.extend(name.rsplit(['.', ':']).next().filter(is_name).map(key));
    }
    keys
}

/// The same without spaces: some languages write the words of a name in one (`ConnectionResetByPeer`), others with `_`.
pub(super) fn joined_keys(name: &str) -> Vec<String> {
    keys(name).into_iter().map(|key| key.replace(' ', "")).collect()
}

/// Small letters, and single spaces in place of punctuation.
fn key(name: &str) -> String {
    let plain: String = name.chars().map(|c| if c.is_alphanumeric() { c.to_ascii_lowercase() } else { ' ' }).collect();
    plain.split_whitespace().collect::<Vec<_>>().join(" ")
}
