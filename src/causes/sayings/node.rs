//! What Node and its packages say.

use super::*;

pub(super) const NODE: &[Saying] = &[
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
