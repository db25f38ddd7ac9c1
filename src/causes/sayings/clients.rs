//! What browsers and the clients of a shell say.

use super::*;

pub(super) const CLIENTS: &[Saying] = &[
    says!("Chrome", "net::ERR_CONNECTION_RESET", ["ERR_CONNECTION_RESET"], [ECONNRESET], ""),
    says!(
        "Chrome",
        "net::ERR_EMPTY_RESPONSE; net::ERR_CONNECTION_CLOSED",
        ["ERR_EMPTY_RESPONSE", "ERR_CONNECTION_CLOSED"],
        [EPIPE, ECONNRESET],
        end_of_file,
        "End of file instead of an answer, or in the TLS handshake."
    ),
    says!(
        "Chrome",
        "net::ERR_HTTP2_PROTOCOL_ERROR",
        ["ERR_HTTP2_PROTOCOL_ERROR"],
        [],
        "The server ended this one request by a RST_STREAM, or what it sent was no HTTP/2, and the connection may live on: mostly a proxy whose own server's answer was cut off. Its log has the reason."
    ),
    says!(
        "curl",
        "exit 56: CONNECT tunnel failed, response 503",
        ["CONNECT tunnel failed", "from proxy after CONNECT"],
        [],
        "The proxy did not open the tunnel, and said so by this status: 407 wants a password, 403 forbids it, 502, 503 and 504 mean that its own connection to the server failed. Its log has the errno."
    ),
    says!(
        "psql",
        "SSL SYSCALL error: EOF detected; SSL connection has been closed unexpectedly",
        ["SSL SYSCALL error: EOF detected", "SSL connection has been closed unexpectedly"],
        [EPIPE, ECONNRESET],
        end_of_file,
        "libpq, over TLS: end of file without PostgreSQL's goodbye. The server's process was killed, or something between them closed."
    ),
    says!(
        "ssh",
        "kex_exchange_identification: client sent invalid protocol identifier \"GET / HTTP/1.1\"",
        [
            "client sent invalid protocol identifier",
            "kex_exchange_identification: client sent invalid protocol identifier",
            "kex_exchange_identification: banner line contains invalid characters",
            "banner exchange: Connection from"
        ],
        [],
        "In sshd: what came was no SSH but HTTP, TLS or a scan, and sshd closed. `tcpwhy explain wrong_protocol`."
    ),
    says!(
        "ssh",
        "Timeout, client not responding from user NAME HOST port N",
        ["Timeout, client not responding"],
        own_timeout,
        "In sshd, its own limit: ClientAliveCountMax (3) times ClientAliveInterval without an answer. The client's host, or the path, is gone."
    ),
    says!("Chrome", "net::ERR_ADDRESS_UNREACHABLE", ["ERR_ADDRESS_UNREACHABLE"], [EHOSTUNREACH, ENETUNREACH], ""),
    says!("Chrome", "net::ERR_TIMED_OUT", ["ERR_TIMED_OUT"], own_timeout, ""),
    says!(
        "Chrome",
        "HOST took too long to respond. (net::ERR_CONNECTION_TIMED_OUT)",
        ["ERR_CONNECTION_TIMED_OUT", "took too long to respond"],
        [ETIMEDOUT],
        or_own_timeout,
        "Usually nothing answered the SYN: `tcpwhy explain syn_unanswered`."
    ),
    says!(
        "Chrome",
        "HOST refused to connect. (net::ERR_CONNECTION_REFUSED)",
        ["ERR_CONNECTION_REFUSED", "refused to connect"],
        [ECONNREFUSED],
        ""
    ),
    says!(
        "Chrome",
        "net::ERR_NAME_NOT_RESOLVED",
        ["ERR_NAME_NOT_RESOLVED"],
        [],
        "The name was not resolved, so no connection was opened."
    ),
    says!(
        "Firefox",
        "NS_ERROR_NET_TIMEOUT; The connection has timed out",
        ["NS_ERROR_NET_TIMEOUT", "The connection has timed out"],
        [ETIMEDOUT],
        or_own_timeout,
        "Usually its own network.http.connection-timeout (90 s): nothing answered the SYN, `tcpwhy explain syn_unanswered`."
    ),
    says!(
        "Apple",
        "NSURLErrorDomain Code=-1001 \"The request timed out.\"",
        ["NSURLErrorTimedOut", "NSURLErrorDomain Code -1001"],
        own_timeout,
        "URLSession's own timeoutIntervalForRequest (60 s). The server may be slow rather than gone."
    ),
    says!(
        "Apple",
        "NSURLErrorDomain Code=-1004 \"Could not connect to the server.\"",
        ["NSURLErrorCannotConnectToHost", "NSURLErrorDomain Code -1004"],
        [ECONNREFUSED, ETIMEDOUT, EHOSTUNREACH, ENETUNREACH],
        "The number behind _kCFStreamErrorCodeKey is the errno of macOS: 61 ECONNREFUSED, 60 ETIMEDOUT, 65 EHOSTUNREACH, 51 ENETUNREACH."
    ),
    says!(
        "Apple",
        "NSURLErrorDomain Code=-1005 \"The network connection was lost.\"",
        ["NSURLErrorNetworkConnectionLost", "NSURLErrorDomain Code -1005", "The network connection was lost"],
        [ECONNRESET, EPIPE],
        end_of_file,
        "A RST, or an end of file instead of an answer; often a keep-alive race: `tcpwhy explain keepalive_race`."
    ),
    says!(
        "telnet",
        "Connection closed by foreign host.",
        ["Connection closed by foreign host"],
        [EPIPE, ECONNRESET],
        end_of_file,
        "The server closed, with a FIN or a RST."
    ),
    says!(
        "swaks",
        "Remote host closed connection unexpectedly.",
        ["Remote host closed connection unexpectedly"],
        [EPIPE, ECONNRESET],
        end_of_file,
        "End of file in place of an answer."
    ),
    says!(
        "swaks",
        "Timeout (N secs) waiting for server response",
        ["swaks: Timeout waiting for server response"],
        own_timeout,
        "Its own --timeout (30 s)."
    ),
    says!(
        "lynx",
        "Unexpected network read error; connection aborted.",
        ["Unexpected network read error; connection aborted"],
        [ECONNRESET, EPIPE, ETIMEDOUT],
        end_of_file,
        "It does not tell an errno from end of file, and it has nothing to do with ECONNABORTED."
    ),
    says!(
        "iperf3",
        "error - control socket has closed unexpectedly",
        ["control socket has closed unexpectedly"],
        [EPIPE, ECONNRESET],
        end_of_file,
        "End of file from the other iperf3: it was stopped."
    ),
    says!(
        "rsync",
        "did not see server greeting",
        ["rsync: did not see server greeting"],
        [EPIPE, ECONNRESET],
        end_of_file,
        "The daemon closed without a word, or what listens there is no rsync."
    ),
    says!(
        "rsync",
        "io timeout after N seconds -- exiting; timeout waiting for daemon connection (code 35)",
        ["rsync: io timeout after", "rsync error: timeout waiting for daemon connection"],
        own_timeout,
        "rsync's own --timeout or --contimeout. The other end may be slow rather than gone."
    ),
    says!(
        "Ncat",
        "Ncat: TIMEOUT.",
        ["Ncat: TIMEOUT"],
        own_timeout,
        "Its own -w. Usually nothing answered the SYN: `tcpwhy explain syn_unanswered`."
    ),
];
