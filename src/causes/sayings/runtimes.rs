//! What Go, Node, Java, Rust, .NET, Ruby and PHP say.

use super::*;

pub(super) const RUNTIMES: &[Saying] = &[
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
        own_timeout,
        "The program's own timeout; no errno. os.IsTimeout(err), errors.Is(err, context.DeadlineExceeded)"
    ),
    says!(
        "Go",
        "EOF; http: server closed idle connection",
        ["http: server closed idle connection"],
        [ECONNRESET, EPIPE],
        end_of_file,
        "End of file instead of an answer: a keep-alive race. net/http retries idempotent requests itself."
    ),
    says!(
        "Go",
        "Get \"http://HOST/\": EOF",
        ["EOF"],
        [EPIPE, ECONNRESET],
        end_of_file,
        "\
        End of file instead of an answer: the server closed with a FIN (its WriteTimeout, a panic in the handler, a \
        keep-alive race)."
    ),
    says!(
        "Go",
        "unexpected EOF",
        ["unexpected EOF"],
        [EPIPE],
        end_of_file,
        "\
        End of file in the middle of the answer: the server closed with a FIN, as its kernel does when the process is \
        killed. Or its WriteTimeout ran out."
    ),
    says!(
        "Go",
        "write tcp A->B: use of closed network connection",
        ["use of closed network connection"],
        [],
        "\
        The program had closed this connection itself: net/http does so when an answer, an end of file or a timeout \
        comes while it is still sending."
    ),
    says!(
        "Go",
        "context canceled",
        ["context canceled"],
        [],
        "\
        The program gave up itself, and no call failed. In a server's handler, the client has closed the connection: \
        `tcpwhy explain client_gave_up`."
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
        end_of_file,
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
        end_of_file,
        "From fetch() and undici: end of file instead of an answer. Usually a keep-alive race."
    ),
    says!(
        "Node",
        "ERR_HTTP2_SESSION_ERROR: Session closed with error code N",
        ["ERR_HTTP2_SESSION_ERROR", "Session closed with error code"],
        [],
        "\
        The other end ended the HTTP/2 connection with a GOAWAY with this code (RFC 9113 section 7; 11 is \
        ENHANCE_YOUR_CALM)."
    ),
    says!(
        "Node",
        "ERR_HTTP2_STREAM_ERROR: Stream closed with error code NGHTTP2_REFUSED_STREAM",
        ["ERR_HTTP2_STREAM_ERROR", "Stream closed with error code"],
        [],
        "\
        The other end ended this one request with a RST_STREAM with this code, and the connection stays open. A \
        request refused with REFUSED_STREAM was not processed: it is safe to send again."
    ),
    says!(
        "Node",
        "ERR_HTTP2_INVALID_SESSION: The session has been destroyed",
        ["ERR_HTTP2_INVALID_SESSION", "The session has been destroyed"],
        [],
        "\
        The session was used after it had ended: a FIN or a GOAWAY from the server had come before. Listen for 'close' \
        and reconnect."
    ),
    says!(
        "Node",
        "ERR_HTTP_REQUEST_TIMEOUT: Request timeout",
        ["ERR_HTTP_REQUEST_TIMEOUT"],
        [],
        "\
        In a server's 'clientError': the request did not arrive within the server's own headersTimeout or \
        requestTimeout."
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
        "The class is misleading: connect throws it as well."
    ),
    says!(
        "Java",
        "java.net.SocketTimeoutException: Read timed out",
        ["java.net.SocketTimeoutException", "Read timed out", "Connect timed out"],
        own_timeout,
        "The program's own timeout; no errno."
    ),
    says!(
        "Java",
        "java.net.http.HttpTimeoutException: request timed out; HttpConnectTimeoutException: HTTP connect timed out",
        ["HttpTimeoutException", "HttpConnectTimeoutException", "java.net.ConnectException: HTTP connect timed out"],
        own_timeout,
        "\
        The program's own timeout; no errno. HttpConnectTimeoutException: `tcpwhy explain syn_unanswered`. Otherwise \
        the server may be slow rather than gone."
    ),
    says!(
        "Java",
        "java.io.IOException: HTTP/1.1 header parser received no bytes",
        ["HTTP/1.1 header parser received no bytes"],
        [ECONNRESET, EPIPE, ETIMEDOUT],
        end_of_file,
        "java.net.http.HttpClient: the connection ended before an answer, by FIN, by RST or by the kernel's timeout; the last \"Caused by\" has the errno, if there is one."
    ),
    says!(
        "Java",
        "java.net.SocketException: Unexpected end of file from server",
        ["Unexpected end of file from server"],
        [ECONNRESET, EPIPE],
        end_of_file,
        "End of file instead of an answer."
    ),
    says!(
        "Java",
        "java.io.IOException: Premature EOF; chunked transfer encoding, state: READING_LENGTH",
        ["Premature EOF", "chunked transfer encoding, state"],
        [EPIPE],
        end_of_file,
        "\
        End of file in the middle of the answer: the server closed with a FIN, as its kernel does when the process is \
        killed."
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
    says!(".NET", "SocketError.ConnectionReset", ["SocketError.ConnectionReset"], [ECONNRESET], ""),
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
        "Go",
        "dial tcp HOST:PORT: i/o timeout",
        ["dial tcp", "i/o timeout"],
        own_timeout,
        "\
        The program's own connect timeout (Timeout of its net.Dialer or http.Client); no errno. Usually nothing \
        answered the SYN: `tcpwhy explain syn_unanswered`."
    ),
    says!(
        "Go",
        "read tcp A->B: i/o timeout",
        ["read tcp", "i/o timeout"],
        own_timeout,
        "The program's own read timeout; no errno. The other end is slow, or gone."
    ),
    says!(
        "Go",
        "dial tcp: lookup HOST: no such host; ... read udp A->B:53: i/o timeout",
        ["dial tcp: lookup", "read udp", "no such host", "server misbehaving"],
        [],
        "\
        The name was not resolved, so no TCP connection was opened. With \"read udp\": the name server did not answer."
    ),
    says!(
        "Go",
        "net/http: TLS handshake timeout",
        ["TLS handshake timeout"],
        own_timeout,
        "\
        The program's own timeout (Transport.TLSHandshakeTimeout, 10 s by default). The connection was established: \
        the server accepted it and is slow, or does not speak TLS."
    ),
    says!(
        "Go",
        "http: server gave HTTP response to HTTPS client",
        ["server gave HTTP response to HTTPS client", "first record does not look like a TLS handshake"],
        [],
        "\
        The answer to the TLS handshake was not TLS: the port speaks plain HTTP, or another protocol. `tcpwhy explain \
        wrong_protocol`."
    ),
    says!(
        "Go",
        "http: TLS handshake error from HOST:PORT: EOF",
        ["TLS handshake error from"],
        [ECONNRESET, EPIPE],
        end_of_file,
        "\
        In a server: the client closed before the handshake was done, with an end of file or the errno that follows. \
        It is a health check, a scan, or a client that does not trust the certificate."
    ),
    says!(
        "Go",
        "stream error: stream ID N; INTERNAL_ERROR; received from peer",
        ["stream error: stream ID"],
        [],
        "\
        The other end ended this one request with a RST_STREAM with this code, and the connection stays open; a Go \
        server does so when its WriteTimeout runs out or the handler panics."
    ),
    says!(
        "Node",
        "terminated; err.cause.code is 'UND_ERR_SOCKET'",
        ["TypeError: terminated"],
        [EPIPE, ECONNRESET],
        end_of_file,
        "From fetch(), while the body was read: end of file in the middle of the answer, or a RST (err.cause.code is then 'ECONNRESET')."
    ),
    says!(
        "Node",
        "Client network socket disconnected before secure TLS connection was established",
        ["disconnected before secure TLS connection was established"],
        [ECONNRESET, EPIPE],
        end_of_file,
        "End of file in the TLS handshake; err.code is 'ECONNRESET', but no RST is needed."
    ),
    says!(
        "Node",
        "getaddrinfo ENOTFOUND HOST; getaddrinfo EAI_AGAIN HOST",
        ["getaddrinfo ENOTFOUND", "getaddrinfo EAI_AGAIN"],
        [],
        "The name was not resolved, so no connection was opened. EAI_AGAIN: the name server did not answer."
    ),
    says!(
        "Java",
        "java.io.IOException: fixed content-length: N, bytes received: M",
        ["fixed content length"],
        [EPIPE, ECONNRESET],
        end_of_file,
        "\
        java.net.http.HttpClient: the connection ended in the middle of the answer, with an end of file or a RST; the \
        exception's cause shows which."
    ),
    says!(
        "Java",
        "java.io.EOFException: EOF reached while reading",
        ["EOF reached while reading", "EOFException"],
        [EPIPE, ECONNRESET],
        end_of_file,
        "End of file where more was expected: the other end closed with a FIN."
    ),
    says!(
        "Node",
        "write EPROTO ...:SSL routines:...; err.code is 'EPROTO'",
        ["write EPROTO", "code: 'EPROTO'", "errno: 'EPROTO'"],
        [],
        "Node's name for any error of TLS: no call failed. The words behind \"SSL routines\" tell: an alert of the other end, a wrong version, no TLS at all. `tcpwhy explain tls_failure`."
    ),
    says!(
        "Node",
        "aborted; err.code is 'ECONNRESET'; AxiosError: stream has been aborted; ReadError: The server aborted pending request",
        ["Node: Error: aborted", "AxiosError: stream has been aborted", "The server aborted pending request"],
        [EPIPE, ECONNRESET],
        end_of_file,
        "The code says ECONNRESET, but no RST is needed: end of file in the middle of the answer. axios says it of its own timeout as well."
    ),
    says!(
        "Node",
        "nodemailer: Connection closed unexpectedly; err.code is 'ECONNECTION'",
        ["Error: Connection closed unexpectedly"],
        [EPIPE, ECONNRESET],
        end_of_file,
        "The mail server closed in place of its greeting or an answer."
    ),
    says!(
        "Node",
        "ssh2: Connection lost before handshake",
        ["Error: Connection lost before handshake"],
        [EPIPE, ECONNRESET],
        end_of_file,
        "The server closed before the key exchange was done: its log has the reason (MaxStartups, a ban)."
    ),
    says!(
        "Node",
        "amqplib: Socket closed abruptly during opening handshake",
        ["Socket closed abruptly during opening handshake"],
        [EPIPE, ECONNRESET],
        end_of_file,
        "The broker, or a device in front of it, closed before the login: a wrong port, TLS, or a password that was refused."
    ),
    says!(
        "Node",
        "MQTT.js: connack timeout; ldapjs: request timeout (client interrupt)",
        ["Error: connack timeout", "request timeout (client interrupt)"],
        own_timeout,
        "The program's own timeout (connectTimeout, timeout): the server accepted the connection and did not answer."
    ),
    says!(
        "PHP",
        "file_get_contents(URL): Failed to open stream: HTTP request failed!",
        ["Failed to open stream: HTTP request failed! in"],
        [EPIPE, ECONNRESET, ETIMEDOUT],
        end_of_file,
        "No answer came: end of file, a RST, or PHP's own timeout (default_socket_timeout, 60 s), which it does not tell apart. Behind \"failed!\" stands the status line, if there was one: then the connection worked."
    ),
    says!(
        "PHP",
        "SSL: Handshake timed out",
        ["SSL: Handshake timed out"],
        own_timeout,
        "The program's own timeout: the connection was established, but the TLS handshake did not finish in time."
    ),
    says!(
        "PHP",
        "Failed to enable crypto",
        ["Failed to enable crypto"],
        [ECONNRESET, EPIPE],
        end_of_file,
        "The TLS handshake failed; the warning before this one has the reason: a certificate, an alert, an errno, end of file."
    ),
    says!(
        "Perl",
        "LWP: 500 read timeout; HTTP::Tiny: Timed out while waiting for socket to become ready for reading",
        [
            "Perl: read timeout at Net/HTTP/Methods.pm",
            "500 read timeout",
            "Timed out while waiting for socket to become ready for"
        ],
        own_timeout,
        "The program's own timeout (timeout, 180 s in LWP, 60 s in HTTP::Tiny). The server may be slow rather than gone."
    ),
    says!(
        "Perl",
        "LWP: 500 Server closed connection without sending any data back; HTTP::Tiny: Unexpected end of stream while looking for line; Mojo: Premature connection close",
        [
            "Server closed connection without sending any data back",
            "EOF when chunk header expected",
            "Unexpected end of stream while looking for line",
            "Premature connection close"
        ],
        [EPIPE, ECONNRESET],
        end_of_file,
        "End of file in place of an answer or in the middle of it; Mojolicious says it of a RST as well."
    ),
    says!(
        "Node",
        "Error: connect ETIMEDOUT, without an address behind it",
        ["Node: connect ETIMEDOUT without an address"],
        own_timeout,
        "mysql2 and amqplib name their own timeout (connectTimeout, timeout) so; the kernel's has the address behind it. Nothing answered the SYN, or the server accepted and did not go on with the login."
    ),
    says!(
        "Node",
        "node-postgres: Query read timeout",
        ["Error: Query read timeout"],
        own_timeout,
        "The program's own limit (query_timeout). The server may be slow rather than gone."
    ),
];
