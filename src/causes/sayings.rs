//! What languages, libraries and programs say when a connection fails, in their own words. The file is long because it
//! is one table.

use super::languages::Page;
use super::retry::Language;
use crate::track::kernel::Errno;

/// What a language, a library or a program says.
#[derive(Clone, Copy, Debug)]
pub struct Saying {
    /// Who says it.
    pub program: &'static str,
    /// What it says; `{name}`, `{number}`, `{message}` and `{lower}` stand for the errno's name, number, text, and the
    /// text in small letters.
    pub text: &'static str,
    /// What one would look up.
    pub names: &'static [&'static str],
    /// The errnos behind it; more than one where it does not tell them apart, and none where no call failed.
    pub errnos: &'static [Errno],
    /// What else to know; may be empty.
    pub note: &'static str,
}

impl Saying {
    /// The text for this errno.
    pub fn text(&self, page: &Page) -> String {
        let message = page.errno.message();
        self.text
            .replace("{name}", page.errno.name())
            .replace("{number}", &page.number.to_string())
            .replace("{message}", message)
            .replace("{lower}", &message.to_lowercase())
    }

    /// The language that it belongs to, if there is a code example in it.
    pub fn language(&self) -> Option<Language> {
        match self.program {
            "Python" | "requests" | "urllib3" | "urllib" | "httpx" | "aiohttp" | "websockets" => Some(Language::Python),
            "Go" => Some(Language::Go),
            "Node" => Some(Language::Node),
            "Java" => Some(Language::Java),
            "Rust" => Some(Language::Rust),
            ".NET" => Some(Language::CSharp),
            _ => None,
        }
    }
}

const UNREACHABLE: &[Errno] = &[
    Errno::EHOSTUNREACH,
    Errno::ENETUNREACH,
    Errno::EPROTO,
    Errno::ENOPROTOOPT,
    Errno::EHOSTDOWN,
    Errno::ENONET,
    Errno::EOPNOTSUPP,
];

const ALL: &[Errno] = &[
    Errno::ECONNREFUSED,
    Errno::ECONNRESET,
    Errno::EPIPE,
    Errno::ETIMEDOUT,
    Errno::EHOSTUNREACH,
    Errno::ENETUNREACH,
    Errno::ECONNABORTED,
    Errno::EACCES,
    Errno::EPROTO,
    Errno::ENOPROTOOPT,
    Errno::EHOSTDOWN,
    Errno::ENONET,
    Errno::EOPNOTSUPP,
];

const CONNECT: &[Errno] = &[Errno::ECONNREFUSED, Errno::EHOSTUNREACH, Errno::ENETUNREACH, Errno::EACCES];

macro_rules! says {
    ($program:literal, $text:literal, [$($name:literal),*], [$($errno:ident),*], $note:literal) => {
        Saying { program: $program, text: $text, names: &[$($name),*], errnos: &[$(Errno::$errno),*], note: $note }
    };
    ($program:literal, $text:literal, [$($name:literal),*], $errnos:ident, $note:literal) => {
        Saying { program: $program, text: $text, names: &[$($name),*], errnos: $errnos, note: $note }
    };
}

/// What everybody says, in the order of the documentation.
pub static SAYINGS: &[Saying] = &[
    says!("C", "{name}; strerror() says \"{message}\"", [], ALL, ""),
    says!(
        "Python",
        "ConnectionRefusedError: [Errno 111] Connection refused",
        ["ConnectionRefusedError"],
        [ECONNREFUSED],
        ""
    ),
    says!(
        "Python",
        "ConnectionResetError: [Errno 104] Connection reset by peer",
        ["ConnectionResetError"],
        [ECONNRESET],
        ""
    ),
    says!("Python", "BrokenPipeError: [Errno 32] Broken pipe", ["BrokenPipeError"], [EPIPE], ""),
    says!(
        "Python",
        "ConnectionAbortedError: [Errno 103] Software caused connection abort",
        ["ConnectionAbortedError"],
        [ECONNABORTED],
        ""
    ),
    says!(
        "Python",
        "TimeoutError: [Errno 110] Connection timed out",
        ["TimeoutError", "socket.timeout"],
        [ETIMEDOUT],
        "\"TimeoutError: timed out\", without a number, is the program's own settimeout()."
    ),
    says!("Python", "PermissionError: [Errno 13] Permission denied", ["PermissionError"], [EACCES], ""),
    says!(
        "Python",
        "OSError: [Errno {number}] {message}",
        ["OSError"],
        UNREACHABLE,
        "It has no class of its own: look at errno."
    ),
    says!(
        "Python",
        "http.client.RemoteDisconnected: Remote end closed connection without response",
        ["RemoteDisconnected", "http.client.RemoteDisconnected", "Remote end closed connection without response"],
        [ECONNRESET, EPIPE],
        "A subclass of ConnectionResetError, but what came was end of file in place of an answer. Usually a keep-alive \
         race."
    ),
    says!(
        "requests",
        "ConnectionError: ... NewConnectionError(\"... [Errno {number}] {message}\")",
        ["NewConnectionError", "MaxRetryError", "requests.exceptions.ConnectionError"],
        CONNECT,
        ""
    ),
    says!(
        "requests",
        "ConnectionError: ('Connection aborted.', ConnectionResetError(104, 'Connection reset by peer'))",
        ["requests.exceptions.ConnectionError", "ProtocolError", "urllib3.exceptions.ProtocolError"],
        [ECONNRESET],
        "\"Connection aborted.\" is urllib3's wording and has nothing to do with ECONNABORTED."
    ),
    says!(
        "requests",
        "ChunkedEncodingError: (\"Connection broken: ConnectionResetError(104, ...)\", ...)",
        ["ChunkedEncodingError", "IncompleteRead"],
        [ECONNRESET],
        "In the middle of the body. With IncompleteRead in place of the errno it was a FIN."
    ),
    says!(
        "requests",
        "ConnectTimeout: ... timed out. (connect timeout=N)",
        ["ConnectTimeout", "ConnectTimeoutError"],
        [ETIMEDOUT],
        "N is None when the kernel gave up, else it was the program's own limit."
    ),
    says!(
        "requests",
        "ReadTimeout: ... Read timed out. (read timeout=N)",
        ["ReadTimeout", "ReadTimeoutError"],
        [ETIMEDOUT],
        "The program's own limit. The server may be slow rather than gone."
    ),
    says!("urllib", "URLError: <urlopen error [Errno {number}] {message}>", ["URLError"], CONNECT, ""),
    says!("httpx", "httpx.ConnectError: [Errno {number}] {message}", ["ConnectError"], CONNECT, ""),
    says!("httpx", "httpx.ReadError: [Errno 104] Connection reset by peer", ["ReadError"], [ECONNRESET], ""),
    says!(
        "httpx",
        "httpx.RemoteProtocolError: Server disconnected without sending a response.",
        ["RemoteProtocolError", "Server disconnected without sending a response"],
        [ECONNRESET, EPIPE],
        "End of file in place of an answer. Usually a keep-alive race."
    ),
    says!(
        "httpx",
        "httpx.RemoteProtocolError: <ConnectionTerminated error_code:0, last_stream_id:N, ...>",
        ["ConnectionTerminated error_code"],
        [],
        "HTTP/2: the server's GOAWAY came with the request (nginx's keepalive_requests, a restart). It did not process streams above last_stream_id: those are safe to send again."
    ),
    says!("aiohttp", "ClientConnectorError: Cannot connect to host ...", ["ClientConnectorError"], CONNECT, ""),
    says!("aiohttp", "ClientOSError: [Errno 104] Connection reset by peer", ["ClientOSError"], [ECONNRESET], ""),
    says!(
        "aiohttp",
        "ServerDisconnectedError: Server disconnected",
        ["ServerDisconnectedError"],
        [ECONNRESET, EPIPE],
        "End of file in place of an answer. Usually a keep-alive race."
    ),
    says!(
        "aiohttp",
        "ClientConnectorError: Cannot connect to host HOST:PORT ssl:default [Connect call failed (...)]",
        ["Cannot connect to host", "Connect call failed"],
        [ECONNREFUSED, ETIMEDOUT, EHOSTUNREACH, ENETUNREACH],
        "Its __cause__ has the errno."
    ),
    says!(
        "aiohttp",
        "ClientPayloadError: Response payload is not completed: <TransferEncodingError: 400, ...>",
        ["ClientPayloadError", "Response payload is not completed"],
        [EPIPE, ECONNRESET],
        "End of file in the middle of the answer: the server closed by a FIN, as its kernel does when the process is killed. With a RST the errno is named."
    ),
    says!(
        "aiohttp",
        "ClientConnectionResetError: Cannot write to closing transport",
        ["ClientConnectionResetError", "Cannot write to closing transport"],
        [EPIPE, ECONNRESET],
        "In a server: asyncio has seen that the client closed, so that no call failed and there is no errno. `tcpwhy explain client_gave_up`."
    ),
    says!(
        "websockets",
        "ConnectionClosedError: no close frame received or sent",
        ["no close frame received or sent", "ConnectionClosedError(None, None, None)"],
        [ECONNRESET, EPIPE],
        "The other end went without a close frame, by a FIN (its process was killed) or by a RST."
    ),
    says!(
        "websockets",
        "ConnectionClosedError: sent 1011 (internal error) keepalive ping timeout; no close frame received",
        ["keepalive ping timeout"],
        [],
        "The program's own limit (ping_timeout, 20 s): no pong came in time, and it closed. Where the packets show that the other end's kernel acknowledged the ping, the application there did not serve its connections meanwhile; where not, it or the path is gone."
    ),
    says!("Go", "dial tcp HOST:PORT: connect: {lower}", ["dial tcp"], CONNECT, "errors.Is(err, syscall.{name})"),
    says!(
        "Go",
        "dial tcp HOST:PORT: connect: connection timed out",
        ["dial tcp"],
        [ETIMEDOUT],
        "errors.Is(err, syscall.ETIMEDOUT)"
    ),
    says!(
        "Go",
        "read tcp A->B: read: connection reset by peer",
        ["read tcp"],
        [ECONNRESET],
        "errors.Is(err, syscall.ECONNRESET)"
    ),
    says!("Go", "write tcp A->B: write: broken pipe", ["write tcp"], [EPIPE], "errors.Is(err, syscall.EPIPE)"),
    says!(
        "Go",
        "i/o timeout; context deadline exceeded",
        ["i/o timeout", "context deadline exceeded", "Client.Timeout exceeded while awaiting headers"],
        [ETIMEDOUT],
        "The program's own deadline; no errno. os.IsTimeout(err), errors.Is(err, context.DeadlineExceeded)"
    ),
    says!(
        "Go",
        "EOF; http: server closed idle connection",
        ["http: server closed idle connection"],
        [ECONNRESET, EPIPE],
        "End of file in place of an answer: a keep-alive race. net/http repeats idempotent requests by itself."
    ),
    says!(
        "Go",
        "Get \"http://HOST/\": EOF",
        ["EOF"],
        [EPIPE, ECONNRESET],
        "End of file in place of an answer: the server closed by a FIN (its WriteTimeout, a panic in the handler, a keep-alive race)."
    ),
    says!(
        "Go",
        "unexpected EOF",
        ["unexpected EOF"],
        [EPIPE],
        "End of file in the middle of the answer: the server closed by a FIN, as its kernel does when the process is killed. Or its WriteTimeout ran out."
    ),
    says!(
        "Go",
        "write tcp A->B: use of closed network connection",
        ["use of closed network connection"],
        [],
        "The program had closed this connection itself: in net/http when an answer, an end of file or a timeout came while it was still sending."
    ),
    says!(
        "Go",
        "context canceled",
        ["context canceled"],
        [],
        "The program gave up by itself, and no call failed. In a server's handler: the client has closed the connection, `tcpwhy explain client_gave_up`."
    ),
    says!("Node", "connect {name} HOST:PORT; err.code is '{name}'", ["connect ECONNREFUSED"], CONNECT, ""),
    says!("Node", "connect ETIMEDOUT HOST:PORT; err.code is 'ETIMEDOUT'", ["connect ETIMEDOUT"], [ETIMEDOUT], ""),
    says!("Node", "read ECONNRESET; err.code is 'ECONNRESET'", ["read ECONNRESET"], [ECONNRESET], ""),
    says!("Node", "write EPIPE; err.code is 'EPIPE'", ["write EPIPE"], [EPIPE], ""),
    says!(
        "Node",
        "socket hang up; err.code is 'ECONNRESET'",
        ["socket hang up"],
        [ECONNRESET, EPIPE],
        "The code says ECONNRESET, but no RST is needed: the connection ended before an answer. Either the server sent \
         FIN \
         (usually a keep-alive race), or your own code destroyed the request (a timeout handler)."
    ),
    says!(
        "Node",
        "fetch failed; err.cause.code is '{name}'",
        ["fetch failed", "TypeError: fetch failed"],
        [ECONNREFUSED, ECONNRESET, ETIMEDOUT, EHOSTUNREACH, ENETUNREACH, EACCES],
        ""
    ),
    says!(
        "Node",
        "other side closed; err.cause.code is 'UND_ERR_SOCKET'",
        ["UND_ERR_SOCKET", "other side closed"],
        [ECONNRESET, EPIPE],
        "From fetch() and undici: end of file in place of an answer. Usually a keep-alive race."
    ),
    says!(
        "Node",
        "ERR_HTTP2_SESSION_ERROR: Session closed with error code N",
        ["ERR_HTTP2_SESSION_ERROR", "Session closed with error code"],
        [],
        "The other end ended the HTTP/2 connection by a GOAWAY with this code (RFC 9113 section 7; 11 is ENHANCE_YOUR_CALM)."
    ),
    says!(
        "Node",
        "ERR_HTTP2_STREAM_ERROR: Stream closed with error code NGHTTP2_REFUSED_STREAM",
        ["ERR_HTTP2_STREAM_ERROR", "Stream closed with error code"],
        [],
        "The other end ended this one request by a RST_STREAM with this code, and the connection lives. What is REFUSED_STREAM was not processed: it is safe to send again."
    ),
    says!(
        "Node",
        "ERR_HTTP2_INVALID_SESSION: The session has been destroyed",
        ["ERR_HTTP2_INVALID_SESSION", "The session has been destroyed"],
        [],
        "It was used after its end: a FIN or a GOAWAY of the server had come before. Listen for 'close' and connect anew."
    ),
    says!(
        "Node",
        "ERR_HTTP_REQUEST_TIMEOUT: Request timeout",
        ["ERR_HTTP_REQUEST_TIMEOUT"],
        [],
        "In a server's 'clientError': the request did not come within headersTimeout or requestTimeout, limits of its own."
    ),
    says!(
        "Java",
        "java.net.ConnectException: Connection refused",
        ["java.net.ConnectException"],
        [ECONNREFUSED],
        "java.net.http.HttpClient throws it without a message."
    ),
    says!("Java", "java.net.ConnectException: Connection timed out", ["java.net.ConnectException"], [ETIMEDOUT], ""),
    says!(
        "Java",
        "java.net.SocketException: Connection reset",
        ["java.net.SocketException", "Connection reset"],
        [ECONNRESET],
        "From a write: \"Connection reset by peer\"."
    ),
    says!("Java", "java.net.SocketException: Broken pipe", ["java.net.SocketException"], [EPIPE], ""),
    says!(
        "Java",
        "java.net.NoRouteToHostException: No route to host",
        ["java.net.NoRouteToHostException"],
        [EHOSTUNREACH],
        ""
    ),
    says!("Java", "java.net.SocketException: Network is unreachable", ["java.net.SocketException"], [ENETUNREACH], ""),
    says!(
        "Java",
        "java.net.BindException: Permission denied",
        ["java.net.BindException"],
        [EACCES],
        "The class misleads: it is thrown by connect as well."
    ),
    says!(
        "Java",
        "java.net.SocketTimeoutException: Read timed out",
        [
            "java.net.SocketTimeoutException",
            "Read timed out",
            "Connect timed out",
            "HttpTimeoutException",
            "HttpConnectTimeoutException"
        ],
        [ETIMEDOUT],
        "The program's own limit; no errno."
    ),
    says!(
        "Java",
        "java.io.IOException: HTTP/1.1 header parser received no bytes",
        ["HTTP/1.1 header parser received no bytes"],
        [ECONNRESET, EPIPE],
        "java.net.http.HttpClient: the connection ended before an answer, by FIN or RST."
    ),
    says!(
        "Java",
        "java.net.SocketException: Unexpected end of file from server",
        ["Unexpected end of file from server"],
        [ECONNRESET, EPIPE],
        "End of file in place of an answer."
    ),
    says!(
        "Java",
        "java.io.IOException: Premature EOF; chunked transfer encoding, state: READING_LENGTH",
        ["Premature EOF", "chunked transfer encoding, state"],
        [EPIPE],
        "End of file in the middle of the answer: the server closed by a FIN, as its kernel does when the process is killed."
    ),
    says!(
        "Rust",
        "ErrorKind::ConnectionRefused; {message} (os error {number})",
        ["ErrorKind::ConnectionRefused"],
        [ECONNREFUSED],
        ""
    ),
    says!(
        "Rust",
        "ErrorKind::ConnectionReset; {message} (os error {number})",
        ["ErrorKind::ConnectionReset"],
        [ECONNRESET],
        ""
    ),
    says!("Rust", "ErrorKind::BrokenPipe; {message} (os error {number})", ["ErrorKind::BrokenPipe"], [EPIPE], ""),
    says!(
        "Rust",
        "ErrorKind::ConnectionAborted; {message} (os error {number})",
        ["ErrorKind::ConnectionAborted"],
        [ECONNABORTED],
        ""
    ),
    says!(
        "Rust",
        "ErrorKind::TimedOut; {message} (os error {number})",
        ["ErrorKind::TimedOut"],
        [ETIMEDOUT],
        "connect_timeout() has the same kind and no os error."
    ),
    says!(
        "Rust",
        "ErrorKind::HostUnreachable; {message} (os error {number})",
        ["ErrorKind::HostUnreachable"],
        [EHOSTUNREACH],
        ""
    ),
    says!(
        "Rust",
        "ErrorKind::NetworkUnreachable; {message} (os error {number})",
        ["ErrorKind::NetworkUnreachable"],
        [ENETUNREACH],
        ""
    ),
    says!(
        "Rust",
        "ErrorKind::PermissionDenied; {message} (os error {number})",
        ["ErrorKind::PermissionDenied"],
        [EACCES],
        ""
    ),
    says!(
        "Rust",
        "ErrorKind::Unsupported; {message} (os error {number})",
        ["ErrorKind::Unsupported"],
        [EOPNOTSUPP],
        ""
    ),
    says!(
        "Rust",
        "{message} (os error {number}), without a kind of its own",
        [],
        [EPROTO, ENOPROTOOPT, EHOSTDOWN, ENONET],
        ""
    ),
    says!(".NET", "SocketError.ConnectionRefused", ["SocketError.ConnectionRefused"], [ECONNREFUSED], ""),
    says!(
        ".NET",
        "SocketError.ConnectionReset",
        ["SocketError.ConnectionReset", "Unable to read data from the transport connection"],
        [ECONNRESET],
        "\"Unable to read data from the transport connection: Connection reset by peer.\""
    ),
    says!(".NET", "SocketError.Shutdown", ["SocketError.Shutdown"], [EPIPE], ""),
    says!(".NET", "SocketError.ConnectionAborted", ["SocketError.ConnectionAborted"], [ECONNABORTED], ""),
    says!(".NET", "SocketError.TimedOut", ["SocketError.TimedOut"], [ETIMEDOUT], ""),
    says!(".NET", "SocketError.HostUnreachable", ["SocketError.HostUnreachable"], [EHOSTUNREACH], ""),
    says!(".NET", "SocketError.NetworkUnreachable", ["SocketError.NetworkUnreachable"], [ENETUNREACH], ""),
    says!(".NET", "SocketError.AccessDenied", ["SocketError.AccessDenied"], [EACCES], ""),
    says!(".NET", "SocketError.HostDown", ["SocketError.HostDown"], [EHOSTDOWN], ""),
    says!(".NET", "SocketError.ProtocolOption", ["SocketError.ProtocolOption"], [ENOPROTOOPT], ""),
    says!(".NET", "SocketError.OperationNotSupported", ["SocketError.OperationNotSupported"], [EOPNOTSUPP], ""),
    says!("Ruby", "Errno::{name}: {message}", [], ALL, ""),
    says!(
        "PHP",
        "stream_socket_client(): Unable to connect to tcp://HOST:PORT ({message})",
        ["stream_socket_client"],
        [ECONNREFUSED, ETIMEDOUT, EHOSTUNREACH, ENETUNREACH, EACCES],
        ""
    ),
    says!("PHP", "send of N bytes failed with errno={number} {message}", [], [EPIPE, ECONNRESET], ""),
    says!(
        "curl",
        "exit 7: Failed to connect to HOST port PORT after N ms: Couldn't connect to server",
        ["curl 7", "curl exit 7", "CURLE_COULDNT_CONNECT", "Couldn't connect to server"],
        CONNECT,
        "curl -v names the errno."
    ),
    says!(
        "curl",
        "exit 18: transfer closed with outstanding read data remaining; HTTP/2 stream 1 was not closed cleanly",
        ["curl 18", "curl exit 18", "CURLE_PARTIAL_FILE", "transfer closed with", "was not closed cleanly"],
        [EPIPE],
        "End of file in the middle of the answer: the server closed by a FIN, as its kernel does when the process is killed. A RST gives exit 56."
    ),
    says!(
        "curl",
        "exit 28: Failed to connect ... after N ms; Operation timed out after N milliseconds",
        ["curl 28", "curl exit 28", "CURLE_OPERATION_TIMEDOUT"],
        [ETIMEDOUT],
        "By the kernel, or by --connect-timeout and --max-time."
    ),
    says!(
        "curl",
        "exit 35: Recv failure: Connection reset by peer",
        ["curl 35", "curl exit 35", "CURLE_SSL_CONNECT_ERROR"],
        [ECONNRESET],
        "In the TLS handshake. SSL_ERROR_SYSCALL without an errno: the server sent FIN."
    ),
    says!(
        "curl",
        "exit 52: Empty reply from server",
        ["curl 52", "curl exit 52", "CURLE_GOT_NOTHING", "Empty reply from server"],
        [ECONNRESET, EPIPE],
        "End of file in place of an answer: usually a keep-alive race or a server that crashed."
    ),
    says!(
        "curl",
        "exit 55: Send failure: {message}",
        ["curl 55", "curl exit 55", "CURLE_SEND_ERROR"],
        [EPIPE, ECONNRESET],
        "While uploading."
    ),
    says!(
        "curl",
        "exit 56: Recv failure: Connection reset by peer",
        ["curl 56", "curl exit 56", "CURLE_RECV_ERROR"],
        [ECONNRESET],
        ""
    ),
    says!(
        "nginx",
        "connect() failed ({number}: {message}) while connecting to upstream",
        ["connect() failed"],
        CONNECT,
        "The client gets a 502."
    ),
    says!(
        "nginx",
        "recv() failed (104: Connection reset by peer) while reading response header from upstream",
        ["recv() failed"],
        [ECONNRESET],
        "502. \"While reading client request\": the client reset."
    ),
    says!(
        "nginx",
        "upstream prematurely closed connection while reading response header from upstream",
        ["upstream prematurely closed connection"],
        [ECONNRESET, EPIPE],
        "502: end of file in place of an answer. Often a keep-alive race."
    ),
    says!(
        "nginx",
        "writev() failed (32: Broken pipe) while sending request to upstream",
        ["writev() failed"],
        [EPIPE],
        ""
    ),
    says!(
        "nginx",
        "upstream timed out (110: Connection timed out) while connecting to upstream",
        ["upstream timed out"],
        [ETIMEDOUT],
        "504. Almost always nginx's own proxy_connect_timeout or proxy_read_timeout, which borrow the errno's text."
    ),
    says!(
        "nginx",
        "client timed out (110: Connection timed out) while reading client request line",
        ["client timed out"],
        [ETIMEDOUT],
        "nginx's own client_header_timeout or client_body_timeout, which borrows the errno's text."
    ),
    says!(
        "nginx",
        "epoll_wait() reported that client prematurely closed connection, so upstream connection is closed too",
        ["client prematurely closed connection"],
        [EPIPE, ECONNRESET],
        "Status 499. The client closed before it had the answer, and no call of nginx failed: `tcpwhy explain client_gave_up`."
    ),
    says!(
        "nginx",
        "client intended to send too large body: N bytes",
        ["client intended to send too large body"],
        [],
        "413 by client_max_body_size. What a client sends on meanwhile is not read for long: it may get EPIPE or ECONNRESET in place of the 413."
    ),
    says!(
        "nginx",
        "status 499 in the access log",
        ["nginx 499", "status 499", "499", "Client Closed Request"],
        [EPIPE, ECONNRESET],
        "The client closed before the answer: `tcpwhy explain client_gave_up`."
    ),
    says!(
        "nginx",
        "status 502 in the access log",
        ["nginx 502", "status 502", "502", "Bad Gateway"],
        [ECONNREFUSED, ECONNRESET, EPIPE, EHOSTUNREACH],
        "The error log's line of the same second has the errno."
    ),
    says!(
        "nginx",
        "status 504 in the access log",
        ["nginx 504", "status 504", "504", "Gateway Timeout"],
        [ETIMEDOUT],
        ""
    ),
    says!(
        "HAProxy",
        "termination state SC in the log",
        ["haproxy SC"],
        [ECONNREFUSED, EHOSTUNREACH, ENETUNREACH],
        "The server refused, or a device said unreachable."
    ),
    says!("HAProxy", "termination state sC in the log", ["haproxy sC"], [ETIMEDOUT], "`timeout connect` ran out."),
    says!(
        "HAProxy",
        "termination state SH or SD in the log",
        ["haproxy SH", "haproxy SD"],
        [ECONNRESET],
        "The server ended it before (SH) or after (SD) the response's headers."
    ),
    says!(
        "HAProxy",
        "termination state sH or sD in the log",
        ["haproxy sH", "haproxy sD"],
        [ETIMEDOUT],
        "`timeout server` ran out."
    ),
    says!(
        "HAProxy",
        "termination state CH or CD in the log",
        ["haproxy CH", "haproxy CD"],
        [ECONNRESET, EPIPE],
        "The client ended it: `tcpwhy explain client_gave_up`."
    ),
    says!(
        "psql",
        "connection to server at \"HOST\", port PORT failed: {message}",
        ["Is the server running on that host"],
        [ECONNREFUSED, ETIMEDOUT, EHOSTUNREACH, ENETUNREACH, EACCES],
        ""
    ),
    says!(
        "psql",
        "server closed the connection unexpectedly",
        ["server closed the connection unexpectedly"],
        [ECONNRESET, EPIPE],
        "libpq says so for a RST and for end of file alike."
    ),
    says!(
        "PostgreSQL",
        "FATAL: terminating connection due to administrator command",
        ["terminating connection due to"],
        [EPIPE],
        "Also \"... due to idle-session timeout\" and \"... due to idle-in-transaction timeout\". The server said so and closed by a FIN: who reads gets the message, who writes first loses what it wrote, then EPIPE."
    ),
    says!(
        "PostgreSQL",
        "FATAL: sorry, too many clients already",
        ["sorry, too many clients already"],
        [],
        "max_connections is reached. The server answers the connection with this and closes it by a FIN: TCP did what it should."
    ),
    says!(
        "PostgreSQL",
        "FATAL: the database system is shutting down",
        ["the database system is"],
        [],
        "Also \"starting up\" and \"in recovery mode\". The server answers the connection with this and closes it by a FIN: wait and try again."
    ),
    says!(
        "PostgreSQL",
        "FATAL: connection to client lost",
        ["connection to client lost", "could not send data to client"],
        [ECONNRESET, EPIPE],
        "The client went while the server was sending its result: `tcpwhy explain client_gave_up`."
    ),
    says!(
        "MySQL",
        "ERROR 2003: Can't connect to MySQL server on 'HOST:PORT' ({number})",
        ["Can't connect to MySQL server", "mysql 2003", "ERROR 2003"],
        [ECONNREFUSED, ETIMEDOUT, EHOSTUNREACH, ENETUNREACH],
        "The number in brackets is the errno."
    ),
    says!(
        "MySQL",
        "ERROR 2013: Lost connection to MySQL server during query",
        ["Lost connection to MySQL server during query", "mysql 2013", "ERROR 2013"],
        [ECONNRESET, ETIMEDOUT],
        ""
    ),
    says!(
        "MySQL",
        "ERROR 2006: MySQL server has gone away",
        ["MySQL server has gone away", "mysql 2006", "ERROR 2006"],
        [EPIPE, ECONNRESET],
        "Usually a pooled connection that the server closed after wait_timeout."
    ),
    says!(
        "MySQL",
        "ERROR 1040: Too many connections",
        ["Too many connections", "mysql 1040", "ERROR 1040"],
        [],
        "max_connections is reached. The server answers the connection with this and closes it: TCP did what it should."
    ),
    says!(
        "MySQL",
        "Aborted connection N to db: ... (Got timeout reading communication packets)",
        ["Got timeout reading communication packets"],
        [],
        "wait_timeout or net_read_timeout ran out, and the server closed. MariaDB does it by a RST: its client then gets ECONNRESET at the next query."
    ),
    says!(
        "MySQL",
        "Aborted connection N to db: ... (Got an error reading communication packets)",
        ["Got an error reading communication packets"],
        [ECONNRESET, EPIPE],
        "The client went without COM_QUIT, by a FIN (its process ended, or it forgot to close) or by a RST."
    ),
    says!(
        "MySQL",
        "Aborted connection N to db: 'unconnected' ... (This connection closed normally without authentication)",
        ["closed normally without authentication"],
        [],
        "The client had its greeting and closed by a FIN before it logged in: a health check or a scan, or a client that was told that its host is not allowed."
    ),
    says!(
        "MySQL",
        "Got an error writing communication packets",
        ["Got an error writing communication packets"],
        [EPIPE, ECONNRESET],
        "The client was gone when the server wrote its answer, or the server had shut the connection down itself (KILLED)."
    ),
    says!(
        "ssh",
        "ssh: connect to host HOST port 22: {message}",
        ["ssh: connect to host"],
        [ECONNREFUSED, ETIMEDOUT, EHOSTUNREACH, ENETUNREACH],
        ""
    ),
    says!(
        "ssh",
        "kex_exchange_identification: read: Connection reset by peer",
        ["kex_exchange_identification"],
        [ECONNRESET],
        ""
    ),
    says!(
        "ssh",
        "Connection to HOST closed by remote host.",
        ["closed by remote host"],
        [EPIPE, ECONNRESET],
        "End of file without SSH's goodbye: the server's process of this session was killed, or its host shut down."
    ),
    says!(
        "ssh",
        "Exceeded MaxStartups",
        ["Exceeded MaxStartups", "past MaxStartups"],
        [],
        "sshd has as many connections that are not logged in yet as MaxStartups allows, and closes this one by a FIN after these words."
    ),
    says!(
        "redis",
        "ConnectionError: Connection closed by server.",
        ["Connection closed by server"],
        [EPIPE, ECONNRESET],
        "End of file: the server was stopped or killed, its `timeout` ran out, or somebody used CLIENT KILL."
    ),
    says!(
        "redis",
        "TimeoutError: Timeout reading from socket",
        ["Timeout reading from socket"],
        [ETIMEDOUT],
        "The program's own limit (socket_timeout)."
    ),
    says!(
        "mosquitto",
        "Client NAME closed its connection.",
        ["closed its connection"],
        [ECONNRESET, EPIPE],
        "It went without DISCONNECT: by a FIN (its process was killed) or by a RST. Its will is published."
    ),
    says!(
        "gRPC",
        "DEADLINE_EXCEEDED: Deadline Exceeded",
        ["DEADLINE_EXCEEDED"],
        [ETIMEDOUT],
        "The call's own deadline. The connection lives: the client cancels the call by a RST_STREAM."
    ),
    says!(
        "gRPC",
        "UNAVAILABLE: failed to connect to all addresses; last error: ...",
        ["failed to connect to all addresses"],
        [ECONNREFUSED, ETIMEDOUT, EHOSTUNREACH, ENETUNREACH],
        "The last error names the errno."
    ),
    says!(
        "gRPC",
        "UNAVAILABLE: Stream removed (Socket closed)",
        ["Stream removed (Socket closed)"],
        [EPIPE, ECONNRESET],
        "The server's end of file or RST came in the middle of the call: its process died."
    ),
    says!(
        "gRPC",
        "UNAVAILABLE: Too many pings; GOAWAY ... too_many_pings",
        ["Too many pings", "too_many_pings", "ENHANCE_YOUR_CALM"],
        [],
        "The server ends a connection on which keep-alive pings come more often than it allows (grpc.http2.min_ping_interval_without_data_ms, five minutes by default). Raise the client's keepalive_time, or let the server allow it."
    ),
    says!(
        "gRPC",
        "UNAVAILABLE: max connection age",
        ["max connection age"],
        [],
        "The server's grpc.max_connection_age and its grace ran out: it said GOAWAY, and ended what still ran. Retry on a new connection."
    ),
    says!(
        "gRPC",
        "UNAVAILABLE: Cancelling all calls",
        ["Cancelling all calls"],
        [],
        "The server was stopped with a grace shorter than the call needed. Retry on a new connection what is idempotent."
    ),
    says!(
        "Windows",
        "WSAECONNREFUSED (10061): No connection could be made because the target machine actively refused it.",
        ["WSAECONNREFUSED", "10061", "target machine actively refused it"],
        [ECONNREFUSED],
        ""
    ),
    says!(
        "Windows",
        "WSAECONNRESET (10054): An existing connection was forcibly closed by the remote host.",
        ["WSAECONNRESET", "10054", "forcibly closed by the remote host"],
        [ECONNRESET],
        ""
    ),
    says!(
        "Windows",
        "WSAECONNABORTED (10053): An established connection was aborted by the software in your host machine.",
        ["WSAECONNABORTED", "10053", "aborted by the software in your host machine"],
        [ECONNABORTED],
        "Its own side gave up, often after retransmissions without an answer."
    ),
    says!(
        "Windows",
        "WSAETIMEDOUT (10060): A connection attempt failed because the connected party did not properly respond ...",
        ["WSAETIMEDOUT", "10060", "connected party did not properly respond"],
        [ETIMEDOUT],
        ""
    ),
    says!(
        "Windows",
        "WSAEHOSTUNREACH (10065): A socket operation was attempted to an unreachable host.",
        ["WSAEHOSTUNREACH", "10065", "attempted to an unreachable host"],
        [EHOSTUNREACH],
        ""
    ),
    says!(
        "Windows",
        "WSAENETUNREACH (10051): A socket operation was attempted to an unreachable network.",
        ["WSAENETUNREACH", "10051", "attempted to an unreachable network"],
        [ENETUNREACH],
        ""
    ),
    says!(
        "Windows",
        "WSAEACCES (10013): An attempt was made to access a socket in a way forbidden by its access permissions.",
        ["WSAEACCES", "10013", "forbidden by its access permissions"],
        [EACCES],
        ""
    ),
];
