//! What each errno is called: by the C library, by languages and their HTTP libraries, and in the logs of servers.
//!
//! [`look_up`] goes the other way, from any of those names, or from a pasted message, to the errno.

pub use super::sayings::{Saying, all_sayings};
use crate::track::kernel::{Errno, Kind};

/// What there is to know about an errno.
#[derive(Clone, Copy, Debug)]
pub struct Page {
    /// The errno.
    pub errno: Errno,
    /// Its number on Linux (x86 and ARM; a few architectures count otherwise).
    pub number: u16,
    /// The kind of failure that it belongs to.
    pub kind: Kind,
    /// What it means.
    pub meaning: &'static str,
}

/// A page for each errno that the network can hand to an application, the frequent ones first.
pub static ERRNOS: [Page; 13] = [
    Page {
        errno: Errno::ECONNREFUSED,
        number: 111,
        kind: Kind::Refused,
        meaning: "connect() was answered with RST, or with ICMP port unreachable. Nothing listens there, or a firewall \
                  rejects it. An open connection also gets it if it times out after an ICMP port unreachable.",
    },
    Page {
        errno: Errno::ECONNRESET,
        number: 104,
        kind: Kind::Reset,
        meaning: "A RST ended an open connection. tcp_reset() sets it in every state but SYN_SENT (ECONNREFUSED) and \
                  CLOSE_WAIT (EPIPE). It is delivered once, to whichever call comes first; later reads return 0, \
                  later writes fail with EPIPE.",
    },
    Page {
        errno: Errno::EPIPE,
        number: 32,
        kind: Kind::BrokenPipe,
        meaning: "A write to a connection that can no longer be written to: the peer had sent a FIN and answered an \
                  earlier write with a RST; or this program called shutdown(SHUT_WR) itself; or an earlier call \
                  already reported a reset. Without MSG_NOSIGNAL the process also gets SIGPIPE.",
    },
    Page {
        errno: Errno::ETIMEDOUT,
        number: 110,
        kind: Kind::TimedOut,
        meaning: "The kernel gave up retransmitting SYNs, data or keep-alive probes. Do not confuse it with a \
                  program's own timeout, which has no errno: \"timed out\", \"i/o timeout\", \"Read timed out\".",
    },
    Page {
        errno: Errno::EHOSTUNREACH,
        number: 113,
        kind: Kind::Unreachable,
        meaning: "ICMP host unreachable (3/1), host prohibited (3/10), administratively prohibited (3/13) or time \
                  exceeded, for the SYN; in IPv6 address unreachable (1/3), beyond the scope of the source address \
                  (1/2) or time exceeded. Also without any packet, if the neighbour does not answer ARP, or because of \
                  an `unreachable` route. The text \"No route to host\" often misleads.",
    },
    Page {
        errno: Errno::ENETUNREACH,
        number: 101,
        kind: Kind::Unreachable,
        meaning: "ICMP network unreachable (3/0) or network prohibited (3/9) for the SYN. Most often no packet was \
                  sent at all: this host has no route to the address, typically for IPv6.",
    },
    Page {
        errno: Errno::ECONNABORTED,
        number: 103,
        kind: Kind::Aborted,
        meaning: "A connection ended before accept() returned it. Linux does not report it for TCP: accept() succeeds \
                  and the first read fails with ECONNRESET. Other systems do; on Windows, WSAECONNABORTED means that \
                  this end gave up the connection. On Linux a program gets it when an administrator destroys its \
                  socket with `ss -K` (tcp_abort()); the other end gets ECONNRESET.",
    },
    Page {
        errno: Errno::EACCES,
        number: 13,
        kind: Kind::Unreachable,
        meaning: "In IPv6, ICMP administratively prohibited or a policy for the source address (1/1, 1/5, 1/6). \
                  Without any packet: a `prohibit` route, or a security module such as SELinux that does not let the \
                  program connect.",
    },
    Page {
        errno: Errno::EPROTO,
        number: 71,
        kind: Kind::Unreachable,
        meaning: "ICMP parameter problem for the SYN (in IPv6 also a code that the kernel does not know): a router \
                  rejected the IP header. Rare; look for unusual IP options or IPv6 extension headers, and for the \
                  device that sent the ICMP packet.",
    },
    Page {
        errno: Errno::ENOPROTOOPT,
        number: 92,
        kind: Kind::Unreachable,
        meaning: "ICMP protocol unreachable (3/2) for the SYN: the host says that it does not speak TCP at all. In \
                  practice, a filter sends it.",
    },
    Page {
        errno: Errno::EHOSTDOWN,
        number: 112,
        kind: Kind::Unreachable,
        meaning: "ICMP destination host unknown (3/7) for the SYN. Few routers send it.",
    },
    Page {
        errno: Errno::ENONET,
        number: 64,
        kind: Kind::Unreachable,
        meaning: "ICMP source host isolated (3/8) for the SYN. An obsolete code; find out which device sends it.",
    },
    Page {
        errno: Errno::EOPNOTSUPP,
        number: 95,
        kind: Kind::Unreachable,
        meaning: "ICMP source route failed (3/5) for the SYN. Rare: nobody uses source routes. From listen() or \
                  accept() it means that the socket is of another type.",
    },
];

/// The page of this errno.
pub fn page(errno: Errno) -> Option<&'static Page> {
    ERRNOS.iter().find(|page| page.errno == errno)
}

/// What everybody says about this errno.
pub fn sayings(errno: Errno) -> impl Iterator<Item = &'static Saying> {
    all_sayings().filter(move |saying| saying.errnos.contains(&errno))
}

/// What a name turned out to be.
#[derive(Clone, Debug)]
pub enum Found {
    /// An errno by its own name, number or text.
    Errno(&'static Page),
    /// An errno that a message names, and what is known of the message besides; may be nothing.
    Message(&'static Page, Vec<&'static Saying>),
    /// Something that languages or programs say.
    Sayings(Vec<&'static Saying>),
}

/// Looks up an errno, a number, the name of an exception, an exit code, or a whole message with one of them in it.
pub fn look_up(topic: &str) -> Option<Found> {
    exactly(topic, keys)
        .or_else(|| exactly(topic, joined_keys))
        .or_else(|| of_unix_socket(topic))
        .or_else(|| of_haproxy(topic))
        .or_else(|| of_envoy(topic))
        .or_else(|| of_load_balancer(topic))
        .or_else(|| of_access_log(topic))
        .or_else(|| of_ssh(topic))
        .or_else(|| of_axios(topic))
        .or_else(|| within(topic))
        .or_else(|| topic.trim_end().ends_with(": EOF").then(|| exactly("EOF", keys))?)
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
    (is_about && !of_the_client).then(|| Found::Sayings(named("AF_UNIX")))
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
        let digits = |part: &str| part.trim_start_matches('+').bytes().all(|byte| byte.is_ascii_digit());
        word.matches('/').count() == 4 && word.split('/').all(|part| !part.is_empty() && digits(part))
    };
    let words: Vec<_> = line.split_whitespace().collect();
    let state = words.windows(2).find_map(|pair| match pair {
        [state, counts] => (is_state(state) && are_counts(counts)).then_some(*state),
        _ => None,
    })?;
    let said = named(&format!("haproxy {}", state.get(..2)?));
    (!said.is_empty()).then_some(Found::Sayings(said))
}

/// A line of an access log in the common format by its status, which follows the quoted request.
fn of_access_log(line: &str) -> Option<Found> {
    let (_, behind) = line.split_once(" HTTP/")?;
    let status = behind.split_once("\" ")?.1.split_whitespace().next()?;
    let said = named(&format!("status {status}"));
    (!said.is_empty()).then_some(Found::Sayings(said))
}

/// A line of Envoy's access log by its response flags, which follow the status. The errno of a connect() that failed stands in it.
fn of_envoy(line: &str) -> Option<Found> {
    let (_, behind) = line.split_once(" HTTP/")?;
    let mut words = behind.split_once("\" ")?.1.split_whitespace();
    words.next().filter(|status| status.bytes().all(|byte| byte.is_ascii_digit()))?;
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
    let said = named(&format!("ALB {status}"));
    (is_one && !said.is_empty()).then_some(Found::Sayings(said))
}

/// What ssh and sshd say with an address in it. The words around it are those of many programs.
fn of_ssh(line: &str) -> Option<Found> {
    let has_port = |rest: &str| {
        let words: Vec<_> = rest.split_whitespace().collect();
        let is_number = |word: &str| !word.is_empty() && word.bytes().all(|byte| byte.is_ascii_digit());
        words.windows(2).any(|pair| matches!(pair, ["port", number] if is_number(number)))
    };
    let behind = |words| line.split_once(words).map(|(_, rest)| rest);
    let name = if behind("Connection closed by ").is_some_and(has_port) {
        "Connection closed by HOST port"
    } else if behind("Connection reset by ").is_some_and(has_port) {
        "Connection reset by HOST port"
    } else if behind("Timeout, server ").is_some_and(|rest| rest.contains(" not responding")) {
        "Timeout, server HOST not responding"
    } else {
        return None;
    };
    Some(Found::Sayings(named(name)))
}

/// axios names its own timeout by the code ECONNABORTED, which is no errno there.
fn of_axios(line: &str) -> Option<Found> {
    let (_, limit) = line.split_once("timeout of ")?;
    let (number, _) = limit.split_once("ms exceeded")?;
    let is_number = !number.is_empty() && number.bytes().all(|byte| byte.is_ascii_digit());
    is_number.then(|| Found::Sayings(named("AxiosError: timeout of N ms exceeded")))
}

fn named(name: &str) -> Vec<&'static Saying> {
    all_sayings().filter(|saying| saying.names.contains(&name)).collect()
}

/// What programs say of timers of their own, with the errno's text in it.
const BORROWED: [&str; 4] =
    ["upstream timed out", "client timed out", "Read error (Connection timed out)", "inbound connection timed out"];

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
const AROUND: [(&str, &str, &str); 20] = [
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
    ("Connection with replica ", " lost.", "redis: Connection with replica lost"),
];

/// Does a message (its key) give this errno by its number alone, as Envoy and MySQL's clients do?
fn is_numbered(message: &str, page: &Page) -> bool {
    let follows = |words: &str| message.contains(&format!(" {words} {} ", page.number));
    follows("delayed connect error") || (message.contains(" lost connection to ") && follows("system error"))
}

/// Has `line` what is known by this name around something else?
fn has_around(line: &str, name: &str) -> bool {
    let behind = |(before, _, _): &(&str, &str, &str)| line.split_once(before).map(|(_, rest)| rest);
    AROUND
        .iter()
        .filter(|(_, _, known)| *known == name)
        .any(|words| behind(words).is_some_and(|rest| rest.contains(words.1)))
}

/// What is told by its spelling counts only as it is spelled: "Socket timeout" is no `socket.timeout`.
fn is_spelled(line: &str, name: &str) -> bool {
    let as_it_is = name.starts_with('{') || (name.contains('.') && !name.contains(' '));
    !as_it_is || line.to_lowercase().contains(&name.to_lowercase())
}

/// Finds what is known under one of the keys of `topic`.
fn exactly(topic: &str, keys: fn(&str) -> Vec<String>) -> Option<Found> {
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
fn within(message: &str) -> Option<Found> {
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
        let counts = |name: &str| name.len() >= SHORTEST && (errno.is_some() || !OF_ANY_CALL.contains(&name));
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
fn keys(name: &str) -> Vec<String> {
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
fn joined_keys(name: &str) -> Vec<String> {
    keys(name).into_iter().map(|key| key.replace(' ', "")).collect()
}

/// Small letters, and single spaces in place of punctuation.
fn key(name: &str) -> String {
    let plain: String = name.chars().map(|c| if c.is_alphanumeric() { c.to_ascii_lowercase() } else { ' ' }).collect();
    plain.split_whitespace().collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn errno(topic: &str) -> Option<&'static str> {
        match look_up(topic)? {
            Found::Errno(page) | Found::Message(page, _) => Some(page.errno.name()),
            Found::Sayings(said) => {
                let first = said.first()?.errnos;
                said.iter().all(|saying| saying.errnos == first).then(|| first.first().map(|errno| errno.name()))?
            }
        }
    }

    #[test]
    fn names_of_many_languages_lead_to_the_errno() {
        for (topic, name) in [
            ("ECONNRESET", "ECONNRESET"),
            ("econnrefused", "ECONNREFUSED"),
            ("104", "ECONNRESET"),
            ("errno 111", "ECONNREFUSED"),
            ("(os error 113)", "EHOSTUNREACH"),
            ("Connection reset by peer", "ECONNRESET"),
            ("connection-reset-by-peer", "ECONNRESET"),
            ("broken pipe", "EPIPE"),
            ("ConnectionResetError", "ECONNRESET"),
            ("connectionrefusederror", "ECONNREFUSED"),
            ("ConnectionResetError:", "ECONNRESET"),
            ("ErrorKind::ConnectionReset", "ECONNRESET"),
            ("std::io::ErrorKind::BrokenPipe", "EPIPE"),
            ("syscall.ECONNRESET", "ECONNRESET"),
            ("Errno::ETIMEDOUT", "ETIMEDOUT"),
            ("SocketError.ConnectionReset", "ECONNRESET"),
            ("SocketError.Shutdown", "EPIPE"),
            ("NoRouteToHostException", "EHOSTUNREACH"),
            ("curl 56", "ECONNRESET"),
            ("curl-56", "ECONNRESET"),
            ("curl: (56)", "ECONNRESET"),
            ("curl 28", "ETIMEDOUT"),
            ("socket hang up", "ECONNRESET"),
            ("PermissionError", "EACCES"),
            ("WSAECONNREFUSED", "ECONNREFUSED"),
            ("10054", "ECONNRESET"),
            ("WSAEHOSTUNREACH", "EHOSTUNREACH"),
            ("bash: connect: Permission denied", "EACCES"),
            ("PermissionError: [Errno 13] Permission denied", "EACCES"),
            ("connect() to 10.0.0.2:80 failed (13: Permission denied) while connecting to upstream", "EACCES"),
            ("java.net.BindException: Permission denied (connect failed)", "EACCES"),
            ("dial tcp 10.0.0.2:80: connect: protocol not available", "ENOPROTOOPT"),
            ("error.ConnectionResetByPeer", "ECONNRESET"),
            ("error.ConnectionTimedOut", "ETIMEDOUT"),
            ("std::errc::timed_out", "ETIMEDOUT"),
            ("std::errc::host_unreachable", "EHOSTUNREACH"),
        ] {
            assert_eq!(errno(topic), Some(name), "{topic}");
        }
    }

    #[test]
    fn ambiguous_names_keep_all_their_meanings() {
        let Some(Found::Sayings(said)) = look_up("java.net.ConnectException") else { panic!("not found") };
        assert_eq!(said.len(), 2);
        let Some(Found::Sayings(said)) = look_up("SocketException") else { panic!("not found") };
        assert_eq!(said.len(), 3);
    }

    #[test]
    fn pasted_messages_are_understood() {
        for (message, name) in [
            ("read tcp 10.0.0.1:5->10.0.0.2:443: read: connection reset by peer", "ECONNRESET"),
            ("Error: connect ECONNREFUSED 127.0.0.1:5432", "ECONNREFUSED"),
            ("java.net.SocketException: Broken pipe (Write failed)", "EPIPE"),
            ("upstream timed out (110: Connection timed out) while reading response header from upstream", "ETIMEDOUT"),
            ("client timed out (110: Connection timed out) while reading client request line", "ETIMEDOUT"),
            ("a a/b 0/0/0/-1/1502 504 198 - - sH-- 1/1/0/0/0 0/0 \"GET /slow HTTP/1.1\"", "ETIMEDOUT"),
            ("a a/b 0/0/0/2/1194 200 120159 - - SD-- 1/1/0/0/0 0/0 \"GET /stream HTTP/1.1\"", "ECONNRESET"),
            ("StatusCode.DEADLINE_EXCEEDED Deadline Exceeded", "ETIMEDOUT"),
            ("Get \"http://10.0.0.2:8000/panic\": EOF", "EPIPE"),
            ("unexpected EOF", "EPIPE"),
            (
                "TypeError: fetch failed ... [cause]: SocketError: other side closed ... code: 'UND_ERR_SOCKET'",
                "ECONNRESET",
            ),
            ("context deadline exceeded (Client.Timeout or context cancellation while reading body)", "ETIMEDOUT"),
            ("curl: (18) HTTP/2 stream 1 was not closed cleanly before end of the underlying stream", "EPIPE"),
            ("psycopg2.OperationalError: FATAL:  terminating connection due to idle-session timeout", "EPIPE"),
            ("Error: socket hang up at connResetException", "ECONNRESET"),
            ("java.net.SocketException: Connection reset", "ECONNRESET"),
            ("Caused by: java.net.SocketTimeoutException: Read timed out", "ETIMEDOUT"),
            ("An existing connection was forcibly closed by the remote host.", "ECONNRESET"),
        ] {
            assert_eq!(errno(message), Some(name), "{message}");
        }
        for message in [
            "Received a GOAWAY with error code ENHANCE_YOUR_CALM and debug data equal to \"too_many_pings\".",
            "Error [ERR_HTTP2_STREAM_ERROR]: Stream closed with error code NGHTTP2_REFUSED_STREAM",
            "write tcp 10.0.0.1:38698->10.0.0.2:8000: use of closed network connection",
            "connection to server at \"10.0.0.2\", port 5432 failed: FATAL:  the database system is shutting down",
            "OperationalError(1040, 'Too many connections')",
        ] {
            let Some(Found::Sayings(said)) = look_up(message) else { panic!("{message}") };
            assert!(said.iter().all(|saying| saying.errnos.is_empty()), "{message}: no call failed");
        }
        assert!(look_up("no such thing").is_none());
        let Some(Found::Message(page, said)) = look_up("*4 recv() failed (104: Connection reset by peer) while") else {
            panic!("not found")
        };
        assert_eq!((page.number, said.len(), said.first().map(|saying| saying.program)), (104, 1, Some("nginx")));
        assert!(look_up("").is_none());
    }

    /// Each as the program printed it (nginx 1.22, HAProxy 2.6, curl 7.88, Go 1.19, Node 20, OpenJDK 17, PostgreSQL 15, OpenSSH 9.2).
    #[test]
    fn a_line_of_a_log_is_told_by_who_wrote_it() {
        for (line, program, failed) in [
            (
                "127.0.0.1 - - [28/Nov/2026:08:15:26 +0000] \"GET / HTTP/1.1\" 499 0 \"-\" \"curl/7.88.1\"",
                "nginx",
                true,
            ),
            ("[..] f1 f1/<NOSRV> -1/-1/-1/-1/3001 408 0 - - cR-- 1/1/0/0/0 0/0 \"<BADREQ>\"", "HAProxy", false),
            ("[..] f3 b3/s1 0/0/0/-1/0 502 209 - - SH-- 1/1/0/0/0 0/0 \"GET / HTTP/1.1\"", "HAProxy", true),
            ("curl: (92) HTTP/2 stream 1 was not closed cleanly: INTERNAL_ERROR (err 2)", "curl", false),
            ("curl: (35) OpenSSL/3.0.19: error:0A00010B:SSL routines::wrong version number", "OpenSSL", false),
            ("HTTP request sent, awaiting response... Read error (Connection timed out) in headers.", "wget", true),
            (
                "SSL_do_handshake() failed (SSL: error:0A000126:SSL routines::unexpected eof while reading)",
                "OpenSSL",
                true,
            ),
            ("dial tcp: lookup a on 10.0.0.53:53: read udp 10.0.0.1:3->10.0.0.53:53: i/o timeout", "Go", false),
            ("dial tcp: lookup a.example.org on 127.0.0.53:53: no such host", "Go", false),
            ("http: TLS handshake error from 10.190.1.2:60154: EOF", "Go", true),
            ("http: TLS handshake error from 10.0.0.1:3: read tcp A->B: read: connection reset by peer", "Go", true),
            ("NODE fetch failed Error: getaddrinfo EAI_AGAIN nosuch.invalid", "Node", false),
            ("java.io.IOException: fixed content-length: 1000, bytes received: 3", "Java", true),
            ("HTTPSConnectionPool(host='10.0.0.2', port=94): Read timed out. (read timeout=3)", "requests", true),
            ("LOG:  unexpected EOF on client connection with an open transaction", "PostgreSQL", false),
            ("LOG:  could not receive data from client: Connection reset by peer", "PostgreSQL", true),
            ("Connection reset by 10.190.2.2 port 2225", "ssh", true),
            ("Connection closed by 10.190.2.2 port 2222", "ssh", true),
            ("kex_exchange_identification: read: Connection reset by peer", "ssh", true),
            ("Timeout, server 10.190.2.2 not responding.", "ssh", true),
            ("sshd[3]: Connection closed by authenticating user root 10.0.0.1 port 4242 [preauth]", "ssh", true),
            ("*1 send() failed (104: Connection reset by peer) while sending request to upstream", "nginx", true),
            ("HTTP request sent, awaiting response... No data received.", "wget", true),
            ("Connection closed by server.", "redis", true),
            ("ssh: Could not resolve hostname a: Temporary failure in name resolution", "glibc", false),
            ("10.0.0.1:33164 [28/Nov/2026:11:16:21.846] f b/<NOSRV> -1/-1/0 0 SC 1/1/0/0/0 0/0", "HAProxy", true),
            ("curl: (92) HTTP/2 stream 1 was not closed cleanly: PROTOCOL_ERROR (err 1)", "curl", false),
            (
                "curl: (56) OpenSSL SSL_read: OpenSSL/3.0.19: error:0A00045C:SSL routines::tlsv13 alert certificate required, \
                 errno 0",
                "TLS",
                false,
            ),
            ("curl: (35) OpenSSL/3.0.19: error:0A000410:SSL routines::sslv3 alert handshake failure", "TLS", false),
            ("http: TLS handshake error from 10.0.0.1:50350: remote error: tls: bad certificate", "TLS", false),
            ("curl: (60) SSL certificate problem: self-signed certificate", "TLS", false),
            ("Get \"https://10.0.0.2/\": x509: certificate signed by unknown authority", "TLS", false),
            (
                "connect() to unix:/run/php.sock failed (111: Connection refused) while connecting to upstream",
                "Unix socket",
                false,
            ),
            (
                "recv() failed (104: Connection reset by peer) while reading response header from upstream, upstream: \
                 \"fastcgi://unix:/run/php.sock:\"",
                "Unix socket",
                false,
            ),
            ("dial unix /var/run/docker.sock: connect: permission denied", "Unix socket", false),
            ("read unix @->/run/a.sock: read: connection reset by peer", "Unix socket", false),
            ("write unix @->/run/a.sock: write: broken pipe", "Unix socket", false),
            ("Error: connect ECONNREFUSED /var/run/docker.sock", "Unix socket", false),
            ("Error 111 connecting to unix socket: /run/redis.sock. Connection refused.", "Unix socket", false),
            (
                "connection to server on socket \"/run/postgresql/.s.PGSQL.5432\" failed: Connection refused",
                "Unix socket",
                false,
            ),
            (
                "send() failed (104: Connection reset by peer) while sending to client, upstream: \"fastcgi://unix:/run/a:\"",
                "nginx",
                true,
            ),
            ("OSError: [Errno 99] Cannot assign requested address", "Linux", false),
            ("*1 connect() to 10.0.0.2:80 failed (99: Cannot assign requested address) while", "Linux", false),
            ("nginx: [emerg] bind() to 0.0.0.0:80 failed (98: Address already in use)", "Linux", false),
            ("accept4() failed (24: Too many open files)", "Linux", false),
            ("WARNING C-0x5: postgres/postgres@10.0.0.1:45342 pooler error: query timeout", "PgBouncer", false),
            ("[2026-11-28 11:18:20 +0000] [12] [CRITICAL] WORKER TIMEOUT (pid:13)", "gunicorn", true),
            (
                "(20014)Internal error (specific information not available): [client 10.0.0.1:5] AH01102: error reading status \
                 line from remote server 10.0.0.2:8080",
                "Apache",
                true,
            ),
            ("Server b5/r is DOWN, reason: Layer6 timeout, check duration: 400ms.", "HAProxy", false),
            (
                "Aborted connection 9 to db: 'unconnected' (Got a packet bigger than 'max_allowed_packet' bytes)",
                "MySQL",
                false,
            ),
            ("Error: Server closed the connection", "redis", true),
            ("LOG S-0x5: a/b@10.0.0.2:5432 closing because: connect failed (age=0s)", "PgBouncer", true),
            ("axios /a ECONNABORTED timeout of 700ms exceeded", "Node", false),
            ("curl: (56) CONNECT tunnel failed, response 503", "curl", false),
            ("kex_exchange_identification: client sent invalid protocol identifier \"GET / HTTP/1.1\"", "ssh", false),
            ("kex_exchange_identification: banner line contains invalid characters", "ssh", false),
            ("banner exchange: Connection from 10.110.1.2 port 34812: invalid format", "ssh", false),
            ("Timeout, client not responding from user root 10.110.1.2 port 44568", "ssh", true),
            ("1795866062: Client <unknown> disconnected due to protocol error.", "mosquitto", false),
            ("1795866064: Client connection from 10.0.0.1 denied: max_connections exceeded.", "mosquitto", false),
            ("1795866058: Client b already connected, closing old connection.", "mosquitto", false),
            ("LOG5[1]: Connection reset: 0 byte(s) sent to TLS, 0 byte(s) sent to socket", "stunnel", true),
            ("LOG3[1]: SSL_accept: error:0A00009C:SSL routines::http request", "OpenSSL", false),
            ("GET http://a/ net::ERR_CONNECTION_RESET", "Chrome", true),
            ("GET https://a/ net::ERR_HTTP2_PROTOCOL_ERROR 200 (OK)", "Chrome", false),
        ] {
            let (Some(Found::Sayings(said)) | Some(Found::Message(_, said))) = look_up(line) else { panic!("{line}") };
            assert!(!said.is_empty() && said.iter().all(|saying| saying.program == program), "{line}: {said:?}");
            assert!(said.iter().all(|saying| saying.errnos.is_empty() != failed), "{line}: {said:?}");
        }
    }

    /// What is told of one program is wrong for another.
    #[test]
    fn common_words_are_not_taken_for_one_program() {
        for line in [
            "Connection closed by foreign host.",
            "mosquitto: Connection closed by client mosq-123",
            "bgpd: NOTIFICATION received from peer 10.1.1.1 (Cease)",
            "226 Transfer complete. 12345 bytes received in 0.01 secs",
            "512 bytes read",
            "ntpd: no data received for 64 s",
            "send() failed: No buffer space available",
            "root@10.0.0.1: Permission denied (publickey,password).",
            "*1 open() \"/var/www/x\" failed (13: Permission denied), client: 10.0.0.1",
            "PermissionError: [Errno 13] Permission denied: '/etc/shadow'",
            "listen tcp :80: bind: permission denied",
            "OSError: [Errno 28] No space left on device",
            "mount: /mnt: mount(2) system call failed: Operation not supported",
            "(error) ERR Protocol error: invalid bulk length",
            "disk sC 17 of 20",
            "node:events:502",
            "10.0.0.1:104",
            "LOG:  listening on Unix socket \"/run/.s.PGSQL.5432\"",
            "could not parse date: invalid format",
            "make: *** [all] process was terminated by signal 9",
            "lost connection with the time server",
            "loading x509 certificate from /etc/ssl/a.pem",
        ] {
            assert!(look_up(line).is_none(), "{line}");
        }
    }

    #[test]
    fn every_errno_has_its_sayings_and_every_name_is_found() {
        for page in &ERRNOS {
            assert!(sayings(page.errno).count() >= 3, "{}", page.errno.name());
            assert!(look_up(page.errno.message()).is_some());
        }
        for name in all_sayings().flat_map(|saying| saying.names) {
            assert!(look_up(name).is_some(), "{name}");
        }
    }
}
