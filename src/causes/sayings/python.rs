//! What C and Python say, and the libraries of Python.

use super::*;

pub(super) const PYTHON: &[Saying] = &[
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
        ["TimeoutError"],
        [ETIMEDOUT],
        or_own_timeout,
        "Without a number (\"TimeoutError: timed out\", or no text) it is the program's own timeout."
    ),
    says!(
        "Python",
        "TimeoutError: timed out; socket.timeout: timed out; asyncio.TimeoutError",
        [
            "TimeoutError: timed out",
            "socket.timeout",
            "asyncio.TimeoutError",
            "asyncio.exceptions.TimeoutError",
            "The read operation timed out",
            "The write operation timed out",
            "The handshake operation timed out"
        ],
        own_timeout,
        "settimeout(), the timeout= of a library, asyncio.wait_for(). From Python 3.11 on all are TimeoutError."
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
        end_of_file,
        "A subclass of ConnectionResetError, but what came was end of file instead of an answer. Usually a keep-alive \
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
        ["ChunkedEncodingError"],
        [ECONNRESET],
        "In the middle of the body. With IncompleteRead instead of the errno, it was a FIN."
    ),
    says!(
        "requests",
        "ConnectTimeout: ... timed out. (connect timeout=N)",
        ["ConnectTimeout", "ConnectTimeoutError"],
        [ETIMEDOUT],
        or_own_timeout,
        "N is None if the kernel gave up; otherwise it is the program's own timeout."
    ),
    says!(
        "requests",
        "ReadTimeout: ... Read timed out. (read timeout=N)",
        ["ReadTimeout", "ReadTimeoutError", "Read timed out. (read timeout"],
        own_timeout,
        "The program's own timeout. The server may be slow rather than gone."
    ),
    says!("urllib", "URLError: <urlopen error [Errno {number}] {message}>", ["URLError"], CONNECT, ""),
    says!(
        "httpx",
        "httpx.ConnectError: [Errno {number}] {message}",
        ["httpx.ConnectError", "httpcore.ConnectError"],
        CONNECT,
        ""
    ),
    says!(
        "httpx",
        "httpx.ReadError: [Errno 104] Connection reset by peer",
        ["httpx.ReadError", "httpcore.ReadError"],
        [ECONNRESET],
        ""
    ),
    says!(
        "httpx",
        "httpx.RemoteProtocolError: Server disconnected without sending a response.",
        ["RemoteProtocolError", "Server disconnected without sending a response"],
        [ECONNRESET, EPIPE],
        end_of_file,
        "End of file instead of an answer. Usually a keep-alive race."
    ),
    says!(
        "httpx",
        "httpx.RemoteProtocolError: <ConnectionTerminated error_code:0, last_stream_id:N, ...>",
        ["ConnectionTerminated error_code"],
        [],
        "\
        HTTP/2: the server's GOAWAY crossed the request (nginx's keepalive_requests, a restart). It did not process \
        streams above last_stream_id: those are safe to send again."
    ),
    says!("aiohttp", "ClientConnectorError: Cannot connect to host ...", ["ClientConnectorError"], CONNECT, ""),
    says!("aiohttp", "ClientOSError: [Errno 104] Connection reset by peer", ["ClientOSError"], [ECONNRESET], ""),
    says!(
        "aiohttp",
        "ServerDisconnectedError: Server disconnected",
        ["ServerDisconnectedError"],
        [ECONNRESET, EPIPE],
        end_of_file,
        "End of file instead of an answer. Usually a keep-alive race."
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
        [
            "ClientPayloadError",
            "Response payload is not completed",
            "Not enough data to satisfy content length header",
            "Not enough data to satisfy transfer length header"
        ],
        [EPIPE, ECONNRESET],
        end_of_file,
        "\
        End of file in the middle of the answer: the server closed with a FIN, as its kernel does when the process is \
        killed. With a RST the errno is named."
    ),
    says!(
        "aiohttp",
        "ClientConnectionResetError: Cannot write to closing transport",
        ["ClientConnectionResetError", "Cannot write to closing transport"],
        [EPIPE, ECONNRESET],
        "\
        In a server: asyncio saw that the client had closed, so no call failed and there is no errno. `tcpwhy explain \
        client_gave_up`."
    ),
    says!(
        "websockets",
        "ConnectionClosedError: no close frame received or sent",
        [
            "no close frame received or sent",
            "code = 1006 (connection closed abnormally",
            "ConnectionClosedError(None, None, None)"
        ],
        [ECONNRESET, EPIPE],
        "The other end left without a close frame, with a FIN (its process was killed) or a RST."
    ),
    says!(
        "websockets",
        "ConnectionClosedError: sent 1011 (internal error) keepalive ping timeout; no close frame received",
        ["keepalive ping timeout"],
        own_timeout,
        "\
        The program's own timeout (ping_timeout, 20 s): no pong came in time, and it closed. If the other end's kernel \
        acknowledged the ping, the application there did not service the connection; if not, the host or the path is \
        gone."
    ),
    says!(
        "requests",
        "ChunkedEncodingError: ('Connection broken: IncompleteRead(N bytes read, M more expected)', ...)",
        [
            "IncompleteRead",
            "more expected",
            "ProtocolError: ('Connection broken: IncompleteRead",
            "ChunkedEncodingError: ('Connection broken: IncompleteRead",
            "ProtocolError: (\"Connection broken: InvalidChunkLength",
            "ChunkedEncodingError: (\"Connection broken: InvalidChunkLength",
            "InvalidChunkLength",
            "ProtocolError: Response ended prematurely",
            "ChunkedEncodingError: Response ended prematurely"
        ],
        [EPIPE],
        end_of_file,
        "\
        End of file in the middle of the answer: the server closed with a FIN, as its kernel does when the process is \
        killed."
    ),
    says!(
        "requests",
        "ConnectionError: ... NameResolutionError(\"... Failed to resolve 'HOST' ([Errno -3] Temporary failure in name resolution)\")",
        ["NameResolutionError"],
        [],
        "\
        The name was not resolved, so no connection was opened. -3: the name server did not answer; -2: it knows no \
        such name."
    ),
    says!(
        "httpx",
        "httpx.RemoteProtocolError: peer closed connection without sending complete message body",
        ["peer closed connection without sending complete message body"],
        [EPIPE],
        end_of_file,
        "\
        End of file in the middle of the answer: the server closed with a FIN, as its kernel does when the process is \
        killed."
    ),
    says!(
        "httpx",
        "httpx.ReadTimeout: timed out; httpx.ConnectTimeout: timed out",
        [
            "httpx.ReadTimeout",
            "httpx.ConnectTimeout",
            "httpx.WriteTimeout",
            "httpcore.WriteTimeout",
            "ReadTimeout",
            "ConnectTimeout"
        ],
        own_timeout,
        "\
        The program's own timeout (timeout=, 5 s by default). ConnectTimeout: `tcpwhy explain syn_unanswered`. \
        ReadTimeout: the server may be slow rather than gone."
    ),
    says!(
        "asyncio",
        "IncompleteReadError: 0 bytes read on a total of N expected bytes",
        ["asyncio.IncompleteReadError", "IncompleteReadError"],
        [EPIPE, ECONNRESET],
        end_of_file,
        "End of file where more was expected: the other end closed with a FIN. With a RST it is ConnectionResetError."
    ),
    says!(
        "ssl",
        "SSLEOFError: EOF occurred in violation of protocol",
        ["ssl.SSLEOFError", "EOF occurred in violation of protocol", "SSLEOFError"],
        [EPIPE, ECONNRESET],
        end_of_file,
        "End of file in the middle of TLS, without a close_notify: the other end closed with a FIN."
    ),
    says!(
        "urllib",
        "URLError: <urlopen error timed out>",
        ["URLError: <urlopen error timed out>", "urlopen error timed out"],
        own_timeout,
        "The program's own timeout; no errno."
    ),
    says!(
        "requests",
        "SSLError(SSLZeroReturnError(6, 'TLS/SSL connection has been closed (EOF)'))",
        ["SSLZeroReturnError", "TLS/SSL connection has been closed (EOF)"],
        [EPIPE, ECONNRESET],
        end_of_file,
        "The other end closed in TLS: by a close_notify, or by a FIN without one."
    ),
    says!(
        "requests",
        "ProxyError('Unable to connect to proxy', OSError('Tunnel connection failed: 503 Service Unavailable'))",
        ["Tunnel connection failed"],
        [],
        "The proxy did not open the tunnel, and said so by this status: 407 wants a password, 403 forbids it, 502, 503 and 504 mean that its own connection to the server failed. Its log has the errno."
    ),
    says!(
        "httpx",
        "httpx.PoolTimeout",
        ["httpx.PoolTimeout"],
        [],
        "The pool's own limit: all its connections were in use. Look for answers that are not read to their end or not closed."
    ),
    says!(
        "aiohttp",
        "ConnectionTimeoutError: Connection timeout to host URL; SocketTimeoutError: Timeout on reading data from socket",
        [
            "TimeoutError: Connection timeout to host",
            "ConnectionTimeoutError: Connection timeout to host",
            "ServerTimeoutError: Connection timeout to host",
            "Timeout on reading data from socket"
        ],
        own_timeout,
        "The program's own ClientTimeout (sock_connect, sock_read). \"To host\": `tcpwhy explain syn_unanswered`. \"On reading\": the server may be slow rather than gone."
    ),
    says!(
        "asyncio",
        "WARNING: socket.send() raised exception.",
        ["socket.send() raised exception"],
        [EPIPE, ECONNRESET],
        "The program writes on to a connection that has failed: the first error of this connection has the errno. Await drain(), and stop when it raises."
    ),
    says!(
        "botocore",
        "EndpointConnectionError: Could not connect to the endpoint URL",
        ["Could not connect to the endpoint URL"],
        CONNECTING,
        "connect() failed, or the name was not resolved (a wrong region): the exception's cause has the errno."
    ),
    says!(
        "botocore",
        "ConnectionClosedError: Connection was closed before we received a valid response from endpoint URL",
        ["Connection was closed before we received a valid response from endpoint"],
        [EPIPE, ECONNRESET],
        end_of_file,
        "End of file or a RST instead of an answer: often a keep-alive race."
    ),
    says!(
        "paramiko",
        "SSHException: Error reading SSH protocol banner",
        ["Error reading SSH protocol banner"],
        [EPIPE, ECONNRESET, ETIMEDOUT],
        end_of_file,
        "Connected, but no SSH banner came: end of file or a RST (MaxStartups, a ban, a filter), or its own banner_timeout (15 s)."
    ),
    says!(
        "paramiko",
        "NoValidConnectionsError: [Errno None] Unable to connect to port 22 on HOST",
        ["NoValidConnectionsError"],
        [ECONNREFUSED, EHOSTUNREACH],
        "The errors of each address are in the exception's `errors`."
    ),
    says!(
        "requests",
        "Read timed out. (read timeout=None)",
        ["requests: read timeout is None"],
        [ETIMEDOUT],
        "No timeout was set, so it is the kernel's: from Python 3.10 on, ETIMEDOUT is a TimeoutError as well, and urllib3 says of both that the read timed out. With a number, the program's own timer came first, unless the number is larger than the time that the kernel waits (15 minutes)."
    ),
    says!(
        "requests",
        "ConnectionError: HTTPConnectionPool(host='HOST', port=N): Read timed out.",
        ["requests: Read timed out in the body"],
        own_timeout,
        "The program's own timeout, while the body was read. The server may be slow rather than gone."
    ),
    says!(
        "requests",
        "ConnectionError: ('Connection aborted.', TimeoutError('timed out'))",
        ["('Connection aborted.', TimeoutError('timed out'))"],
        own_timeout,
        "The program's own timeout, while the request was sent: the server did not read it in time. It has nothing to do with ECONNABORTED."
    ),
    says!(
        "aiohttp",
        "ClientConnectorError: Cannot connect to host HOST:PORT ssl:default [None]",
        ["aiohttp: Cannot connect to host, ssl:default [None]"],
        [EPIPE, ECONNRESET],
        end_of_file,
        "End of file in the TLS handshake: the server does not speak TLS here, has no version or cipher in common, or a device between them closed."
    ),
    says!(
        "asyncpg",
        "ConnectionError: unexpected connection_lost() call",
        ["unexpected connection_lost() call"],
        [EPIPE, ECONNRESET],
        end_of_file,
        "The server closed before the login was done."
    ),
    says!(
        "psycopg",
        "errors.ConnectionTimeout: connection timeout expired",
        ["ConnectionTimeout: connection timeout expired"],
        own_timeout,
        "psycopg's own connect_timeout. Nothing answered the SYN (`tcpwhy explain syn_unanswered`), or the server accepted and did not go on with the login."
    ),
    says!(
        "websockets",
        "EOFError: connection closed while reading HTTP status line",
        ["connection closed while reading HTTP status line"],
        [EPIPE, ECONNRESET],
        end_of_file,
        "The server closed in place of an answer to the handshake; \"did not receive a valid HTTP response\" follows."
    ),
    says!(
        "smtplib",
        "SMTPServerDisconnected: Connection unexpectedly closed",
        ["SMTPServerDisconnected", "SMTPServerDisconnected: Connection unexpectedly closed"],
        [EPIPE, ECONNRESET, ETIMEDOUT],
        end_of_file,
        "End of file in place of an answer; an errno stands behind it in the same line."
    ),
    says!(
        "pymemcache",
        "exceptions.MemcacheUnexpectedCloseError",
        ["MemcacheUnexpectedCloseError"],
        [EPIPE, ECONNRESET],
        end_of_file,
        "End of file in place of an answer: memcached was restarted, or closed the idle connection (idle_timeout)."
    ),
    says!(
        "LDAP",
        "ldap3.core.exceptions.LDAPSessionTerminatedByServerError: session terminated by server",
        ["LDAPSessionTerminatedByServerError"],
        [EPIPE, ECONNRESET],
        end_of_file,
        "End of file from the server, without an unbind: its idle timeout, a restart, or a device between them."
    ),
    says!(
        "smtplib",
        "SMTPServerDisconnected: Connection unexpectedly closed: timed out",
        ["SMTPServerDisconnected: Connection unexpectedly closed: timed out"],
        own_timeout,
        "The program's own timeout: the server accepted the connection, and did not answer."
    ),
    says!(
        "MySQL",
        "OperationalError: (2013, 'Lost connection to MySQL server during query (timed out)'); (2003, \"Can't connect to MySQL server on 'HOST' (timed out)\")",
        ["Lost connection to MySQL server during query (timed out)", "MySQL: Can't connect to MySQL server, timed out"],
        own_timeout,
        "PyMySQL's own connect_timeout (10 s) or read_timeout."
    ),
];
