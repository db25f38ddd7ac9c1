//! What curl, nginx and HAProxy say.

use super::*;

pub(super) const HTTP: &[Saying] = &[
    says!(
        "curl",
        "exit 7: Failed to connect to HOST port PORT after N ms: Couldn't connect to server",
        ["curl 7", "curl exit 7", "cURL error 7", "CURLE_COULDNT_CONNECT", "Couldn't connect to server"],
        CONNECT,
        "curl -v names the errno."
    ),
    says!(
        "curl",
        "exit 18: transfer closed with outstanding read data remaining",
        [
            "curl 18",
            "curl exit 18",
            "cURL error 18",
            "CURLE_PARTIAL_FILE",
            "transfer closed with",
            "was not closed cleanly before"
        ],
        [EPIPE],
        end_of_file,
        "\
        End of file in the middle of the answer: the server closed with a FIN, as its kernel does when the process is \
        killed. A RST gives exit 56."
    ),
    says!(
        "curl",
        "exit 28: Failed to connect ... after N ms; Operation timed out after N milliseconds",
        [
            "curl 28",
            "curl exit 28",
            "cURL error 28",
            "CURLE_OPERATION_TIMEDOUT",
            "Timeout was reached",
            "Operation timed out after"
        ],
        [ETIMEDOUT],
        or_own_timeout,
        "The kernel's timeout, or its own: --connect-timeout or --max-time, in libcurl CURLOPT_CONNECTTIMEOUT or CURLOPT_TIMEOUT. \"With 0 bytes received\", it was connected, and the server did not answer in time."
    ),
    says!(
        "curl",
        "exit 35: Recv failure: Connection reset by peer",
        ["curl 35", "curl exit 35", "cURL error 35", "CURLE_SSL_CONNECT_ERROR"],
        [ECONNRESET],
        "In the TLS handshake. SSL_ERROR_SYSCALL without an errno: the server sent a FIN."
    ),
    says!(
        "curl",
        "exit 52: Empty reply from server",
        ["curl 52", "curl exit 52", "cURL error 52", "CURLE_GOT_NOTHING", "Empty reply from server"],
        [ECONNRESET, EPIPE],
        end_of_file,
        "End of file instead of an answer: usually a keep-alive race or a server that crashed."
    ),
    says!(
        "curl",
        "exit 55: Send failure: {message}",
        ["curl 55", "curl exit 55", "cURL error 55", "CURLE_SEND_ERROR"],
        [EPIPE, ECONNRESET],
        "While uploading."
    ),
    says!(
        "curl",
        "exit 56: Recv failure: Connection reset by peer",
        ["curl 56", "curl exit 56", "cURL error 56", "CURLE_RECV_ERROR"],
        [ECONNRESET],
        ""
    ),
    says!(
        "nginx",
        "connect() failed ({number}: {message}) while connecting to upstream",
        [
            "connect() failed",
            "failed (111: Connection refused) while connecting to upstream",
            "failed (113: No route to host) while connecting to upstream",
            "failed (101: Network is unreachable) while connecting to upstream"
        ],
        CONNECT,
        "The client gets a 502."
    ),
    says!(
        "nginx",
        "recv() failed (104: Connection reset by peer) while reading response header from upstream",
        ["recv() failed"],
        [ECONNRESET],
        "The client gets a 502. With \"while reading client request\", the client reset the connection."
    ),
    says!(
        "nginx",
        "upstream prematurely closed connection while reading response header from upstream",
        ["upstream prematurely closed connection"],
        [ECONNRESET, EPIPE],
        end_of_file,
        "The client gets a 502: end of file instead of an answer. Often a keep-alive race."
    ),
    says!(
        "nginx",
        "writev() failed ({number}: {message}) while sending request to upstream",
        ["writev() failed", "send() failed (32", "send() failed (104"],
        [EPIPE, ECONNRESET],
        "\"Sending to client\": the client is gone, `tcpwhy explain client_gave_up`."
    ),
    says!(
        "nginx",
        "upstream timed out (110: Connection timed out) while connecting to upstream",
        ["upstream timed out"],
        [ETIMEDOUT],
        or_own_timeout,
        "\
        The client gets a 504. Almost always nginx's own timeout, with the errno's text. \"While connecting\": \
        proxy_connect_timeout, see `tcpwhy explain syn_unanswered`. \"While reading response header\" or \"while \
        reading upstream\": proxy_read_timeout; the backend is slow (`tcpwhy explain no_answer`), or \
        gone."
    ),
    says!(
        "nginx",
        "client timed out (110: Connection timed out) while reading client request line",
        ["client timed out"],
        own_timeout,
        "nginx's own client_header_timeout or client_body_timeout, with the errno's text."
    ),
    says!(
        "nginx",
        "epoll_wait() reported that client prematurely closed connection, so upstream connection is closed too",
        ["client prematurely closed connection"],
        [EPIPE, ECONNRESET],
        "\
        Status 499. The client closed before it had the answer, and none of nginx's calls failed: `tcpwhy explain \
        client_gave_up`."
    ),
    says!(
        "nginx",
        "client intended to send too large body: N bytes",
        ["client intended to send too large body"],
        [],
        "\
        413 because of client_max_body_size. nginx soon stops reading what the client still sends: the client may get \
        EPIPE or ECONNRESET instead of the 413."
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
        "The error log has the errno, in a line of the same second."
    ),
    says!(
        "nginx",
        "status 504 in the access log",
        ["nginx 504", "status 504", "504", "Gateway Timeout", "Gateway Time-out"],
        [ETIMEDOUT],
        or_own_timeout,
        "Almost always its own proxy_connect_timeout or proxy_read_timeout: the error log tells, in a line of the same second."
    ),
    says!(
        "HAProxy",
        "termination state SC in the log",
        ["haproxy SC"],
        [ECONNREFUSED, EHOSTUNREACH, ENETUNREACH, ECONNRESET],
        end_of_file,
        "The server refused the connection, or a device reported it unreachable. On a server with `ssl` also: the TLS handshake with it failed, by an alert, an end of file or a RST."
    ),
    says!("HAProxy", "termination state sC in the log", ["haproxy sC"], own_timeout, "`timeout connect` ran out."),
    says!(
        "HAProxy",
        "termination state SH or SD in the log",
        ["haproxy SH", "haproxy SD"],
        [ECONNRESET, EPIPE],
        end_of_file,
        "\
        The server ended the connection before (SH) or after (SD) the response headers were complete, with a RST or an \
        end of file."
    ),
    says!(
        "HAProxy",
        "termination state sH or sD in the log",
        ["haproxy sH", "haproxy sD"],
        own_timeout,
        "`timeout server` ran out."
    ),
    says!(
        "HAProxy",
        "termination state CH or CD in the log",
        ["haproxy CH", "haproxy CD"],
        [ECONNRESET, EPIPE],
        "The client ended the connection: `tcpwhy explain client_gave_up`."
    ),
    says!(
        "HAProxy",
        "termination state cR in the log",
        ["haproxy cR"],
        [],
        "\
        The client did not send a complete request within `timeout http-request`, and got a 408: a connection opened \
        in advance, or a slow client."
    ),
    says!(
        "HAProxy",
        "termination state CR, CC or CQ in the log",
        ["haproxy CR", "haproxy CC", "haproxy CQ"],
        [ECONNRESET, EPIPE],
        "\
        The client ended the connection before its request was complete (CR), or before a server was reached (CC, CQ): \
        `tcpwhy explain client_gave_up`."
    ),
    says!(
        "HAProxy",
        "termination state cD or cH in the log",
        ["haproxy cD", "haproxy cH"],
        own_timeout,
        "`timeout client` ran out."
    ),
    says!(
        "HAProxy",
        "termination state sQ in the log",
        ["haproxy sQ"],
        [],
        "`timeout queue` ran out: all servers had reached their maxconn."
    ),
    says!(
        "HAProxy",
        "termination state PH, PR or PC in the log",
        ["haproxy PH", "haproxy PR", "haproxy PC"],
        [],
        "\
        HAProxy itself refused: the response (PH) or the request (PR) was invalid or denied by a rule, or its socket \
        limit was reached (PC)."
    ),
    says!(
        "curl",
        "exit 92: HTTP/2 stream 1 was not closed cleanly: INTERNAL_ERROR (err 2)",
        ["curl 92", "curl exit 92", "cURL error 92", "CURLE_HTTP2_STREAM", "was not closed cleanly"],
        [],
        "\
        The server ended this one request with a RST_STREAM with this code, and the connection stays open; a Go server \
        does so when its WriteTimeout runs out or the handler panics, HAProxy when its own server's answer is cut off \
        (PROTOCOL_ERROR)."
    ),
    says!(
        "OpenSSL",
        "error:0A00010B:SSL routines::wrong version number",
        ["wrong version number", "WRONG_VERSION_NUMBER"],
        [],
        "\
        The answer to the TLS handshake was not TLS: the port speaks plain HTTP, or another protocol. `tcpwhy explain \
        wrong_protocol`."
    ),
    says!(
        "curl",
        "exit 6: Could not resolve host; exit 28: Resolving timed out after N milliseconds",
        [
            "curl 6",
            "curl exit 6",
            "cURL error 6",
            "CURLE_COULDNT_RESOLVE_HOST",
            "Could not resolve host",
            "Resolving timed out"
        ],
        [],
        "The name was not resolved, so no connection was opened."
    ),
    says!(
        "curl",
        "exit 28: SSL connection timeout",
        ["SSL connection timeout"],
        own_timeout,
        "The connection was established, but the TLS handshake did not finish in time."
    ),
    says!(
        "wget",
        "HTTP request sent, awaiting response... No data received.",
        ["awaiting response... No data received"],
        [ECONNRESET, EPIPE],
        end_of_file,
        "End of file instead of an answer."
    ),
    says!(
        "wget",
        "Connection closed at byte N. Retrying.",
        ["Connection closed at byte"],
        [EPIPE],
        end_of_file,
        "End of file in the middle of the answer."
    ),
    says!(
        "wget",
        "Read error (Connection timed out) in headers.",
        ["Read error (Connection timed out)"],
        [ETIMEDOUT],
        or_own_timeout,
        "Almost always wget's own --read-timeout (900 s by default), with the errno's text."
    ),
    says!(
        "OpenSSL",
        "error:0A000126:SSL routines::unexpected eof while reading",
        ["unexpected eof while reading"],
        [ECONNRESET, EPIPE],
        end_of_file,
        "\
        End of file in TLS, without a close_notify. In a handshake, the other end is a health check, a scan, a client \
        that does not trust the certificate, or a server that does not speak TLS."
    ),
    says!(
        "nginx",
        "peer closed connection in SSL handshake while SSL handshaking",
        ["peer closed connection in SSL handshake"],
        [ECONNRESET, EPIPE],
        end_of_file,
        "\
        End of file in the TLS handshake. If the peer is a client: a health check, a scan or a browser that does not \
        trust the certificate. If it is an upstream: a server that does not speak TLS, or does not know the name \
        (proxy_ssl_server_name)."
    ),
    says!(
        "nginx",
        "no live upstreams while connecting to upstream",
        ["no live upstreams"],
        [],
        "\
        The client gets a 502. All servers of this upstream failed max_fails times (1) within fail_timeout (10 s), so \
        none is tried: the errno is in the errors before this one."
    ),
    says!(
        "HTTP",
        "malformed HTTP response; Invalid Http response; Parse Error: Expected HTTP/; BadStatusLine",
        [
            "BadStatusLine",
            "('Connection aborted.', BadStatusLine",
            "Bad status line",
            "malformed HTTP status code",
            "malformed HTTP response",
            "malformed HTTP version",
            "Invalid Http response",
            "ProtocolException: Invalid status line",
            "ProtocolException: Unexpected status line",
            "HPE_INVALID_CONSTANT",
            "Parse Error: Expected HTTP/",
            "HTTPParserError: Response does not match the HTTP/1.1 protocol",
            "Received HTTP/0.9 when not allowed",
            "Malformed Status-Line",
            "Bad response start-line",
            "invalid HTTP version parsed",
            "hyper::Error(Parse(Version))",
            "HTTP version did not start with HTTP/",
            "could_not_parse_as_http",
            "Failed parsing HTTP/2 (Expected SETTINGS frame as the first frame",
            "upstream sent no valid HTTP/1.0 header",
            "bad HTTP/1.1 header returned by"
        ],
        [],
        "What came as the answer was not HTTP/1: the port speaks another protocol, whose greeting the message often quotes, or TLS, or HTTP/2. `tcpwhy explain wrong_protocol`."
    ),
    says!(
        "curl",
        "exit 28: Connection timed out after N milliseconds",
        ["Connection timed out after"],
        own_timeout,
        "curl's own --connect-timeout or --max-time, while it connected or in the TLS handshake. Usually nothing answered the SYN: `tcpwhy explain syn_unanswered`. The kernel's timeout reads \"Failed to connect\"."
    ),
    says!(
        "curl",
        "exit 28: Operation too slow. Less than N bytes/sec transferred the last N seconds",
        ["Operation too slow. Less than"],
        own_timeout,
        "curl's own --speed-limit and --speed-time (git: http.lowSpeedLimit, http.lowSpeedTime). The server may be slow rather than gone."
    ),
    says!(
        "curl",
        "exit 56: response reading failed (errno: N)",
        ["response reading failed (errno"],
        [ECONNRESET],
        end_of_file,
        "FTP, SMTP, IMAP: the server closed in place of an answer. The number is left from an earlier call: with 115 it was end of file."
    ),
    says!(
        "nginx",
        "client sent too long header line; client sent too long URI",
        ["client sent too long header line", "client sent too long URI"],
        [],
        "400 or 414 because of large_client_header_buffers. nginx closes with what it has not read, which makes a RST of it: the client may get ECONNRESET instead of the answer."
    ),
    says!(
        "nginx",
        "client closed connection while SSL handshaking",
        ["client closed connection while SSL handshaking"],
        [],
        "The client closed by a FIN before the TLS handshake was done: a health check, a scan, or a connection opened ahead."
    ),
    says!(
        "Squid",
        "TCP_MISS/502 in access.log",
        ["squid 502"],
        [EPIPE, ECONNRESET],
        end_of_file,
        "The server closed, by a RST (ERR_READ_ERROR) or an end of file (ERR_ZERO_SIZE_OBJECT), before the answer was complete."
    ),
    says!(
        "Squid",
        "TCP_MISS/503, NONE_NONE/503 in access.log; ERR_CONNECT_FAIL",
        ["squid 503", "ERR_CONNECT_FAIL"],
        [ECONNREFUSED, ETIMEDOUT, EHOSTUNREACH, ENETUNREACH],
        "connect() to the server failed, or Squid's own connect_timeout (1 min) ran out. X-Squid-Error and the page that the client gets have the errno."
    ),
    says!(
        "Squid",
        "TCP_MISS/504 in access.log; ERR_READ_TIMEOUT",
        ["squid 504", "ERR_READ_TIMEOUT"],
        [ETIMEDOUT],
        or_own_timeout,
        "Almost always Squid's own read_timeout (15 min): the server did not answer in time."
    ),
    says!(
        "Squid",
        "TCP_MISS_ABORTED in access.log",
        ["squid aborted"],
        [EPIPE, ECONNRESET],
        end_of_file,
        "The client closed before it had the answer: `tcpwhy explain client_gave_up`."
    ),
    says!(
        "Varnish",
        "FetchError: HTC eof (-1); straight insufficient bytes; chunked read err",
        ["HTC eof (-1)", "straight insufficient bytes", "chunked read err"],
        [EPIPE, ECONNRESET],
        end_of_file,
        "The backend closed, with an end of file or a RST: in place of an answer (HTC, often a keep-alive race), or in the middle of it, of which its own between_bytes_timeout may be the reason as well. The client gets 503, or an answer that is cut off."
    ),
    says!(
        "Varnish",
        "FetchError: first byte timeout; between bytes timeout",
        ["FetchError: first byte timeout", "FetchError: between bytes timeout"],
        own_timeout,
        "Varnish's own first_byte_timeout or between_bytes_timeout (60 s each): the backend was slow, and the client gets 503."
    ),
    says!(
        "lighttpd",
        "response not received, request sent: N on socket: tcp:HOST:PORT, closing connection",
        ["response not received, request sent"],
        [EPIPE, ECONNRESET],
        end_of_file,
        "mod_proxy and its like: the backend closed in place of an answer. A line before this one has the errno, if there is one."
    ),
    says!(
        "lighttpd",
        "read timeout on socket: tcp:HOST:PORT",
        ["lighttpd: read timeout on socket", "lighttpd: write timeout on socket"],
        own_timeout,
        "lighttpd's own read-timeout or write-timeout of this backend: it was slow, and the client gets 504."
    ),
    says!(
        "wget",
        "Unable to establish SSL connection.",
        ["Unable to establish SSL connection"],
        [ECONNRESET, EPIPE],
        end_of_file,
        "The TLS handshake failed; the line before this one has the reason, if wget knows it."
    ),
    says!(
        "wget",
        "No data received.",
        ["wget: No data received."],
        [EPIPE, ECONNRESET],
        end_of_file,
        "End of file instead of an answer."
    ),
    says!(
        "GnuTLS",
        "Error in the pull function.",
        ["Error in the pull function"],
        [ECONNRESET, ETIMEDOUT],
        "recv() failed in TLS: mostly with ECONNRESET."
    ),
    says!(
        "ab",
        "apr_pollset_poll: The timeout specified has expired (70007)",
        ["apr_pollset_poll: The timeout specified has expired"],
        own_timeout,
        "ab's own -s (30 s): the server may be slow rather than gone."
    ),
];
