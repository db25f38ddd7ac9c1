//! What Java, Rust, .NET, Ruby, PHP and Perl say.

use super::*;

pub(super) const RUNTIMES: &[Saying] = &[
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
];
