//! What HTTP and TLS libraries of Java, .NET, Rust, Go, Node, Ruby and Erlang say, and programs built on them.

use super::*;

pub(super) const LIBRARIES: &[Saying] = &[
    says!(
        "Java",
        "org.apache.http.NoHttpResponseException: HOST:PORT failed to respond",
        ["NoHttpResponseException"],
        [EPIPE, ECONNRESET],
        end_of_file,
        "Apache HttpClient: end of file instead of an answer. Usually a keep-alive race: let the pool retire connections earlier than the server does (setConnectionTimeToLive, validateAfterInactivity)."
    ),
    says!(
        "Java",
        "org.apache.http.ConnectionClosedException: Premature end of Content-Length delimited message body",
        [
            "Premature end of Content-Length delimited message body",
            "Premature end of chunk coded message body",
            "Premature end of Content-Length",
            "ConnectionClosedException: Connection closed by peer",
            "ConnectionClosedException: Connection is closed",
            "ConnectionClosedException: Connection closed"
        ],
        [EPIPE, ECONNRESET],
        end_of_file,
        "Apache HttpClient: end of file in the middle of the answer (\"Premature end\"), or instead of it."
    ),
    says!(
        "Java",
        "ConnectionPoolTimeoutException: Timeout waiting for connection from pool",
        ["Timeout waiting for connection from pool"],
        [],
        "The pool's own limit: all its connections to this host were in use. Look for answers that are not read to their end or not closed, and for a slow server."
    ),
    says!(
        "Java",
        "java.io.IOException: unexpected end of stream on http://HOST:PORT/...",
        ["unexpected end of stream on", "ProtocolException: unexpected end of stream", "n not found: limit"],
        [EPIPE, ECONNRESET],
        end_of_file,
        "OkHttp: end of file instead of an answer. Usually a keep-alive race; it repeats by itself only what may be repeated."
    ),
    says!(
        "Java",
        "okhttp3.internal.http2.StreamResetException: stream was reset: CANCEL",
        ["StreamResetException", "stream was reset: CANCEL"],
        [],
        "OkHttp: this one HTTP/2 request ended by a RST_STREAM with this code, the server's or the program's own cancel, and the connection stays open."
    ),
    says!(
        "Java",
        "javax.net.ssl.SSLHandshakeException: Remote host terminated the handshake",
        [
            "Remote host terminated the handshake",
            "Remote host closed connection during handshake",
            "SSL peer shut down incorrectly",
            "closing inbound before receiving peer's close_notify"
        ],
        [EPIPE, ECONNRESET],
        end_of_file,
        "End of file in TLS, without a close_notify. In the handshake: the other end has no version or cipher in common, does not know the name, or a device between them closed. `tcpwhy explain tls_failure`."
    ),
    says!(
        "Java",
        "javax.net.ssl.SSLException: Unsupported or unrecognized SSL message; NotSslRecordException",
        ["Unsupported or unrecognized SSL message", "NotSslRecordException"],
        [],
        "What came in the TLS handshake was not TLS: one end speaks plain HTTP, or another protocol. `tcpwhy explain wrong_protocol`."
    ),
    says!(
        "Java",
        "java.net.SocketException: Socket closed",
        ["SocketException: Socket closed", "SocketException: Socket is closed"],
        [],
        "The program closed this socket itself, perhaps in another thread (a timeout, a pool, a shutdown), while or before it was used."
    ),
    says!(
        "Java",
        "java.nio.channels.ClosedChannelException",
        ["ClosedChannelException", "StacklessClosedChannelException"],
        [],
        "The program, or its library, used a channel that was closed already: by itself, or after the other end had closed. Look for the first error of this connection."
    ),
    says!(
        "Java",
        "io.netty.handler.timeout.ReadTimeoutException",
        ["handler.timeout.ReadTimeoutException", "handler.timeout.WriteTimeoutException"],
        own_timeout,
        "Netty's own ReadTimeoutHandler (responseTimeout and its like): it closed the connection. The server may be slow rather than gone."
    ),
    says!(
        "Java",
        "java.util.concurrent.TimeoutException: Idle timeout expired: N/N ms",
        ["TimeoutException: Idle timeout expired"],
        [],
        "Jetty's own idleTimeout (30 s): nothing was read or written for so long, and it closed the connection."
    ),
    says!(
        "Java",
        "org.apache.catalina.connector.ClientAbortException; org.eclipse.jetty.io.EofException",
        ["ClientAbortException", "org.eclipse.jetty.io.EofException", "AsyncRequestNotUsableException"],
        [EPIPE, ECONNRESET],
        "In a server (Tomcat, Jetty, Spring): the client had gone when the answer was written. `tcpwhy explain client_gave_up`."
    ),
    says!(
        "Java",
        "The http server closed the connection unexpectedly before delivering responses for N outstanding requests",
        ["The http server closed the connection unexpectedly before delivering responses for"],
        [EPIPE, ECONNRESET],
        end_of_file,
        "Akka or Pekko HTTP: end of file instead of an answer. Usually a keep-alive race."
    ),
    says!(
        "Java",
        "java.net.UnknownHostException: HOST",
        ["UnknownHostException"],
        [],
        "The name was not resolved, so no connection was opened."
    ),
    says!(
        ".NET",
        "Unable to read data from the transport connection: {message}.",
        ["Unable to read data from the transport connection"],
        [ECONNRESET, ETIMEDOUT, ECONNABORTED],
        "IOException; what follows is the text of the errno, and the inner SocketException has its number. \"Operation canceled\" is the program's own timeout."
    ),
    says!(
        ".NET",
        "Unable to write data to the transport connection: {message}.",
        ["Unable to write data to the transport connection"],
        [EPIPE, ECONNRESET, ETIMEDOUT, ECONNABORTED],
        "IOException; what follows is the text of the errno, and the inner SocketException has its number."
    ),
    says!(
        ".NET",
        "HttpIOException: The response ended prematurely. (ResponseEnded)",
        ["The response ended prematurely"],
        [EPIPE, ECONNRESET],
        end_of_file,
        "HttpClient: end of file instead of an answer or in the middle of it. Usually a keep-alive race (PooledConnectionIdleTimeout) or a server that crashed."
    ),
    says!(
        ".NET",
        "WebException: The underlying connection was closed: ...",
        [
            "A connection that was expected to be kept alive was closed by the server",
            "The underlying connection was closed: The connection was closed unexpectedly",
            "The underlying connection was closed: An unexpected error occurred on a receive",
            "The underlying connection was closed: An unexpected error occurred on a send"
        ],
        [EPIPE, ECONNRESET],
        end_of_file,
        "\"Expected to be kept alive\" is a keep-alive race, \"closed unexpectedly\" end of file instead of an answer; of the others the inner exception tells, often of a TLS handshake that failed (SecurityProtocol)."
    ),
    says!(
        ".NET",
        "TaskCanceledException: The request was canceled due to the configured HttpClient.Timeout of N seconds elapsing.",
        ["canceled due to the configured HttpClient.Timeout of"],
        own_timeout,
        "The program's own timeout (100 s by default). The server may be slow rather than gone."
    ),
    says!(
        ".NET",
        "IOException: Received an unexpected EOF or 0 bytes from the transport stream.",
        ["Received an unexpected EOF or 0 bytes from the transport stream"],
        [EPIPE, ECONNRESET],
        end_of_file,
        "SslStream: end of file in the TLS handshake. In a client: the server has no version or cipher in common, wants a certificate, or does not speak TLS. In a server: a health check, a scan, or a client that does not trust the certificate."
    ),
    says!(
        "Rust",
        "hyper::Error(IncompleteMessage): connection closed before message completed",
        [
            "connection closed before message completed",
            "hyper::Error(IncompleteMessage)",
            "end of file before message length reached",
            "error: IncompleteBody",
            "response body closed before all bytes were read"
        ],
        [EPIPE, ECONNRESET],
        end_of_file,
        "hyper and reqwest: end of file instead of an answer or in the middle of it. Usually a keep-alive race: lower pool_idle_timeout (90 s), or retry."
    ),
    says!(
        "Rust",
        "deadline has elapsed",
        ["error: deadline has elapsed"],
        own_timeout,
        "tokio's timeout(), the program's own; no errno. Behind \"tcp connect error\", usually nothing answered the SYN: `tcpwhy explain syn_unanswered`."
    ),
    says!(
        "Rust",
        "peer closed connection without sending TLS close_notify",
        ["peer closed connection without sending TLS close_notify"],
        [EPIPE, ECONNRESET],
        end_of_file,
        "rustls: end of file in TLS without a close_notify: the answer may be cut, or the other end never sends one."
    ),
    says!(
        "Go",
        "http2: client connection lost",
        ["http2: client connection lost"],
        own_timeout,
        "The program's own health check (http2.Transport.ReadIdleTimeout, PingTimeout): a ping was not answered, and it closed. The other host, or the path to it, is gone."
    ),
    says!(
        "Go",
        "net/http: timeout awaiting response headers",
        ["timeout awaiting response headers"],
        own_timeout,
        "The program's own Transport.ResponseHeaderTimeout. The request was sent; the server may be slow rather than gone."
    ),
    says!(
        "Go",
        "driver: bad connection; packets.go: closing bad idle connection: EOF",
        ["driver: bad connection", "closing bad idle connection"],
        [EPIPE, ECONNRESET],
        end_of_file,
        "database/sql: a connection of the pool had ended while it was idle. Set SetConnMaxLifetime (or SetConnMaxIdleTime) below the server's wait_timeout and what devices on the path allow."
    ),
    says!(
        "kubectl",
        "The connection to the server HOST:PORT was refused - did you specify the right host or port?",
        ["was refused - did you specify the right host or port"],
        [ECONNREFUSED],
        "Nothing listens there: with localhost:8080 no kubeconfig was found; otherwise the API server, or the load balancer in front of it, is down."
    ),
    says!(
        "Kubernetes",
        "Readiness probe failed: HTTP probe failed with statuscode: 503",
        ["HTTP probe failed with statuscode"],
        [],
        "The connection worked, and the program itself answered with this status: its own log has the reason."
    ),
    says!(
        "Node",
        "ConnectTimeoutError: Connect Timeout Error; err.cause.code is 'UND_ERR_CONNECT_TIMEOUT'",
        ["UND_ERR_CONNECT_TIMEOUT", "ConnectTimeoutError: Connect Timeout Error"],
        own_timeout,
        "fetch() and undici: their own limit (connect.timeout, 10 s). Usually nothing answered the SYN: `tcpwhy explain syn_unanswered`."
    ),
    says!(
        "Node",
        "HeadersTimeoutError, BodyTimeoutError; err.cause.code is 'UND_ERR_HEADERS_TIMEOUT' or 'UND_ERR_BODY_TIMEOUT'",
        ["UND_ERR_HEADERS_TIMEOUT", "UND_ERR_BODY_TIMEOUT", "Headers Timeout Error", "Body Timeout Error"],
        own_timeout,
        "fetch() and undici: their own limits (300 s each). The server may be slow rather than gone."
    ),
    says!(
        "Node",
        "ESOCKETTIMEDOUT; TimeoutError: The operation was aborted due to timeout",
        ["ESOCKETTIMEDOUT", "The operation was aborted due to timeout"],
        own_timeout,
        "The program's own timeout (of the request library; AbortSignal.timeout()), no errno. The server may be slow rather than gone."
    ),
    says!(
        "Node",
        "ERR_STREAM_PREMATURE_CLOSE: Premature close",
        ["ERR_STREAM_PREMATURE_CLOSE", "Invalid response body while trying to fetch"],
        [EPIPE, ECONNRESET],
        end_of_file,
        "The stream closed before its end: end of file in the middle of the answer, a RST, or the program's own destroy()."
    ),
    says!(
        "Ruby",
        "Net::ReadTimeout with #<TCPSocket:(closed)>",
        [
            "Net::ReadTimeout",
            "Faraday::TimeoutError",
            "Faraday::TimeoutError: Net::ReadTimeout",
            "read timeout reached (Excon::Error::Timeout)",
            "HTTPClient::ReceiveTimeoutError"
        ],
        own_timeout,
        "The program's own read_timeout (60 s by default). The server may be slow rather than gone."
    ),
    says!(
        "Ruby",
        "Net::OpenTimeout: execution expired",
        [
            "Net::OpenTimeout",
            "connect_write timeout reached",
            "connect_read timeout reached",
            "HTTPClient::ConnectTimeoutError",
            "Bunny::ClientTimeout"
        ],
        own_timeout,
        "The program's own open_timeout (60 s by default). Usually nothing answered the SYN: `tcpwhy explain syn_unanswered`."
    ),
    says!(
        "Ruby",
        "EOFError: end of file reached",
        [
            "EOFError: end of file reached",
            "Faraday::ConnectionFailed (end of file reached)",
            "EOFError (end of file reached)",
            "EOFError (EOFError)",
            "HTTPClient::KeepAliveDisconnected",
            "AMQ::Protocol::EmptyResponseError"
        ],
        [EPIPE, ECONNRESET],
        end_of_file,
        "End of file instead of an answer: usually a keep-alive race, or a server that crashed or speaks TLS."
    ),
    says!(
        "Ruby",
        "OpenSSL::SSL::SSLError: SSL_connect SYSCALL returned=5 errno=0",
        ["SYSCALL returned=5 errno=0"],
        [EPIPE, ECONNRESET],
        end_of_file,
        "End of file in the TLS handshake: the server does not speak TLS here, or has no version or cipher in common."
    ),
    says!(
        "Erlang",
        "{error,closed}; tcp recv: closed",
        [
            "{error,closed}",
            "{error, closed}",
            "{:error, :closed}",
            "{reason: :closed}",
            "DBConnection.ConnectionError) tcp recv: closed",
            "DBConnection.ConnectionError) tcp recv (idle): closed",
            "DBConnection.ConnectionError) tcp send: closed"
        ],
        [EPIPE, ECONNRESET],
        end_of_file,
        "gen_tcp says \"closed\" of end of file, and of the program's own close; a RST it reports so too, unless show_econnreset is set."
    ),
    says!(
        "OpenVPN",
        "Connection reset, restarting [0]",
        ["Connection reset, restarting"],
        [ECONNRESET],
        end_of_file,
        "OpenVPN over TCP says this of both: with [0] it was end of file, with [-1] an errno, ECONNRESET as a rule."
    ),
    says!(
        "Firefox",
        "NS_ERROR_NET_RESET; PR_CONNECT_RESET_ERROR",
        ["NS_ERROR_NET_RESET", "PR_CONNECT_RESET_ERROR"],
        [ECONNRESET],
        ""
    ),
    says!(
        "Firefox",
        "NS_ERROR_NET_INTERRUPT; PR_END_OF_FILE_ERROR",
        ["NS_ERROR_NET_INTERRUPT", "PR_END_OF_FILE_ERROR"],
        [EPIPE, ECONNRESET],
        end_of_file,
        "End of file in the middle of the answer, or in the TLS handshake."
    ),
    says!(
        "Go",
        "http2: server sent GOAWAY and closed the connection; LastStreamID=N, ErrCode=NO_ERROR",
        ["server sent GOAWAY and closed the connection"],
        [],
        "The server, or a proxy, ended the connection with a GOAWAY (a restart, its maximum age). Requests above LastStreamID were not processed: they are safe to send again."
    ),
    says!(
        "Node",
        "Connection terminated due to connection timeout",
        ["Connection terminated due to connection timeout"],
        own_timeout,
        "node-postgres' own connectionTimeoutMillis. Nothing answered the SYN, or the server accepted and did not go on with the login."
    ),
    says!(
        "Node",
        "ERR_STREAM_DESTROYED: Cannot call write after a stream was destroyed; write after end",
        ["ERR_STREAM_DESTROYED", "ERR_STREAM_WRITE_AFTER_END"],
        [],
        "The program wrote to a stream that had ended: by its own end() or destroy(), or by an error before this one, which has the errno."
    ),
    says!(
        "Rust",
        "error sending request for url (URL): operation timed out",
        ["reqwest: operation timed out", "source: TimedOut"],
        own_timeout,
        "reqwest's own timeout() or connect_timeout(): is_timeout() and is_connect() tell which."
    ),
    says!(
        "Java",
        "java.util.concurrent.TimeoutException",
        ["java.util.concurrent.TimeoutException"],
        own_timeout,
        "The program waited no longer for a result, of a connection perhaps."
    ),
    says!(
        ".NET",
        "WebException: The operation has timed out; TaskCanceledException: A task was canceled.",
        ["The operation has timed out", "A task was canceled"],
        own_timeout,
        "The program's own timeout (100 s by default), or it cancelled the request itself."
    ),
    says!(
        "Node",
        "FetchError: network timeout at: URL; Timeout awaiting 'request' for 5000ms",
        ["FetchError: network timeout at", "network timeout at: ", "Timeout awaiting 'request'"],
        own_timeout,
        "node-fetch and got: their own timeout. The server may be slow rather than gone."
    ),
    says!(
        "Java",
        "HttpHostConnectException: Connect to HOST:PORT [...] failed: MESSAGE",
        ["HttpHostConnectException"],
        CONNECTING,
        "Apache HttpClient: connect() failed at each address of the host. The text behind \"failed\" tells how."
    ),
    says!(
        "Ruby",
        "write timeout reached (Excon::Error::Timeout); HTTPClient::SendTimeoutError; Net::WriteTimeout",
        ["write timeout reached (Excon::Error::Timeout)", "HTTPClient::SendTimeoutError", "Net::WriteTimeout"],
        own_timeout,
        "The program's own write_timeout (60 s by default): the server did not read the request in time."
    ),
    says!(
        "Rust",
        "ureq: timed out reading response; Connect error: connection timed out",
        ["timed out reading response", "ureq: Connect error"],
        own_timeout,
        "ureq's own timeout_read() or timeout_connect(); the kernel's has an \"os error\"."
    ),
    says!(
        "Erlang",
        "{error,timeout}; {inet,[inet],timeout}",
        ["{error,timeout}", "{error, timeout}", "{inet,[inet],timeout}"],
        own_timeout,
        "The program's own timeout, of gen_tcp or httpc; no errno, which would be etimedout."
    ),
    says!(
        "Erlang",
        "httpc: {error,socket_closed_remotely}; {shutdown,server_closed}",
        ["socket_closed_remotely", "{shutdown,server_closed}"],
        [EPIPE, ECONNRESET],
        end_of_file,
        "End of file in place of an answer or in the middle of it; httpc says it of a RST as well."
    ),
    says!(
        "npm",
        "EIDLETIMEOUT: Idle timeout reached for host",
        ["EIDLETIMEOUT", "npm: Invalid response body, idle timeout reached for host"],
        own_timeout,
        "npm's own --fetch-timeout (5 min), in the middle of an answer. The registry may be slow rather than gone."
    ),
    says!(
        "Kafka",
        "KafkaJSConnectionClosedError: Closed connection",
        ["KafkaJSConnectionClosedError", "[BrokerPool] Closed connection"],
        [EPIPE, ECONNRESET],
        end_of_file,
        "KafkaJS: the broker closed: a listener of another protocol (TLS, SASL), or a restart."
    ),
    says!(
        "gRPC",
        "UNAVAILABLE: failed to connect to all addresses; last error: UNAVAILABLE: ipv4:HOST:PORT: Socket closed",
        ["gRPC: failed to connect to all addresses, Socket closed"],
        [EPIPE, ECONNRESET],
        end_of_file,
        "The connection was established, and ended before the server's first frame: it speaks TLS or something else on this port, or a proxy in front of it closed."
    ),
];
