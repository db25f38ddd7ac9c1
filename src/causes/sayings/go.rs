//! What Go says.

use super::*;

pub(super) const GO: &[Saying] = &[
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
];
