//! Lines as programs write them: who says it, and which errnos may be behind it.

use crate::causes::languages::{Found, Instead, look_up};

/// Who says it, the errnos behind it with spaces between them, and at the end `-` where an end of file may be behind it as well, `own`
/// where a timeout of the program's own may.
fn told(line: &str) -> (String, String) {
    let (said, named) = match look_up(line) {
        Some(Found::Sayings(said)) => (said, None),
        Some(Found::Message(page, said)) => (said, Some(page.errno)),
        Some(Found::Errno(page)) => (Vec::new(), Some(page.errno)),
        None => return ("nobody".to_string(), String::new()),
    };
    let mut programs: Vec<_> = said.iter().map(|saying| saying.program).collect();
    programs.dedup();
    let mut errnos: Vec<_> = match named {
        Some(errno) => vec![errno.name()],
        None => said.iter().flat_map(|saying| saying.errnos).map(|errno| errno.name()).collect(),
    };
    errnos.sort_unstable();
    errnos.dedup();
    let may_be = |instead: Instead| named.is_none() && said.iter().any(|saying| saying.instead == Some(instead));
    if may_be(Instead::EndOfFile) {
        errnos.push("-");
    }
    if may_be(Instead::OwnTimeout) {
        errnos.push("own");
    }
    (programs.join(" "), errnos.join(" "))
}

fn check(lines: &[(&str, &str, &str)]) {
    for (line, program, errnos) in lines {
        assert_eq!(told(line), (program.to_string(), errnos.to_string()), "{line}");
    }
}

const ENDED: &str = "ECONNRESET EPIPE -";
const CONNECTING: &str = "ECONNREFUSED EHOSTUNREACH ENETUNREACH ETIMEDOUT";

#[test]
fn drivers_of_databases() {
    check(&[
        (
            "com.mysql.cj.jdbc.exceptions.CommunicationsException: Communications link failure",
            "MySQL",
            "ECONNREFUSED ECONNRESET EHOSTUNREACH ENETUNREACH EPIPE ETIMEDOUT -",
        ),
        (
            "The last packet sent successfully to the server was 0 milliseconds ago. The driver has not received any packets \
             from the server.",
            "MySQL",
            "ECONNREFUSED EHOSTUNREACH ENETUNREACH ETIMEDOUT -",
        ),
        ("java.io.EOFException: Can not read response from server. Expected to read 4 bytes", "MySQL", ENDED),
        (
            "Lost connection to MySQL server at 'reading initial communication packet', system error: 104",
            "MySQL",
            "ECONNRESET",
        ),
        (
            "Lost connection to MySQL server at 'reading initial communication packet', system error: 0",
            "MySQL",
            "ECONNRESET EPIPE ETIMEDOUT -",
        ),
        (
            "PSQLException: An I/O error occurred while sending to the backend.",
            "pgJDBC",
            "ECONNRESET EPIPE ETIMEDOUT -",
        ),
        (
            "Connection to db:5432 refused. Check that the hostname and port are correct and that the postmaster is accepting \
             TCP/IP connections.",
            "pgJDBC",
            "ECONNREFUSED ETIMEDOUT",
        ),
        ("ORA-12541: TNS:no listener", "Oracle", "ECONNREFUSED"),
        ("TNS-12543: TNS:destination host unreachable", "Oracle", "EHOSTUNREACH ENETUNREACH"),
        ("ORA-12514: TNS:listener does not currently know of service requested", "Oracle", ""),
        ("ORA-03113: end-of-file on communication channel", "Oracle", "ECONNRESET EPIPE ETIMEDOUT -"),
        ("WARNING: inbound connection timed out (ORA-3136)", "Oracle", "own"),
        ("java.sql.SQLRecoverableException: IO Error: Got minus one from a read call", "Oracle", ENDED),
        (
            "A transport-level error has occurred when sending the request to the server. (provider: TCP Provider, error: 0 - \
             An existing connection was forcibly closed by the remote host.)",
            "SQL Server",
            "ECONNRESET",
        ),
        (
            "A transport-level error has occurred when sending the request to the server. (provider: TCP Provider, error: 0 - \
             The semaphore timeout period has expired.)",
            "SQL Server",
            "ETIMEDOUT",
        ),
        (
            "Npgsql.NpgsqlException (0x80004005): Exception while reading from stream",
            "Npgsql",
            "ECONNRESET EPIPE ETIMEDOUT -",
        ),
        ("MongoNetworkError: connection 3 to 10.0.0.2:27017 closed", "MongoDB", ENDED),
        ("MongooseServerSelectionError: connect ECONNREFUSED ::1:27017", "MongoDB", "ECONNREFUSED"),
        ("redis.exceptions.ConnectionError: Connection closed by server.", "redis", ENDED),
        ("redis.exceptions.TimeoutError: Timeout connecting to server", "redis", "ETIMEDOUT own"),
        ("redis.clients.jedis.exceptions.JedisConnectionException: Unexpected end of stream.", "Jedis", ENDED),
        ("RedisConnectionException: SocketClosed on redis:6379/Interactive, last: GET", "StackExchange.Redis", ENDED),
        ("SQLSTATE[HY000] [2002] No such file or directory", "Unix socket", ""),
        ("SQLSTATE[HY000] [2002] Connection refused", "", "ECONNREFUSED"),
    ]);
}

#[test]
fn brokers_and_calls() {
    check(&[
        ("[AdminClient clientId=a-1] Node -1 disconnected.", "Kafka", "ECONNREFUSED ECONNRESET EPIPE ETIMEDOUT -"),
        (
            "[Consumer clientId=c-1, groupId=g] Bootstrap broker kafka:9092 (id: -1 rack: null) disconnected",
            "Kafka",
            "ECONNREFUSED ECONNRESET EPIPE ETIMEDOUT -",
        ),
        ("[Producer clientId=p-1] Disconnected from node 1 due to request timeout", "Kafka", "own"),
        (
            "[Producer clientId=p-1] Connection to node 1 (k/10.0.0.2:9092) could not be established. Broker may not be \
             available.",
            "Kafka",
            "ECONNREFUSED EHOSTUNREACH ENETUNREACH ETIMEDOUT -",
        ),
        ("%6|1.2|FAIL|rdkafka#consumer-1| [thrd:a]: k:9092: Disconnected (after 600000ms in state UP)", "Kafka", ENDED),
        ("pika.exceptions.StreamLostError: Transport indicated EOF", "pika", "ECONNRESET EPIPE ETIMEDOUT -"),
        ("(320, \"CONNECTION_FORCED - broker forced connection closure with reason 'shutdown'\")", "RabbitMQ", ""),
        ("rpc error: code = Unavailable desc = transport is closing", "gRPC", ENDED),
        ("rpc error: code = Unavailable desc = error reading from server: EOF", "gRPC", ENDED),
        ("rpc error: code = Unavailable desc = keepalive ping failed to receive ACK within timeout", "gRPC", "own"),
        ("fatal: The remote end hung up unexpectedly", "git", "ECONNRESET EPIPE ETIMEDOUT -"),
        ("error: RPC failed; curl 56 Recv failure: Connection reset by peer", "curl", "ECONNRESET"),
        ("rsync: connection unexpectedly closed (0 bytes received so far) [sender]", "rsync", ENDED),
        ("ssh_exchange_identification: Connection closed by remote host", "ssh", ENDED),
        ("conversation with mx[10.0.0.2] timed out while receiving the initial server greeting", "Postfix", "own"),
        ("lost connection with mx[10.0.0.2] while receiving the initial server greeting", "Postfix", ENDED),
        ("kernel: nfs: server 10.0.0.1 not responding, still trying", "NFS", "own"),
        ("CIFS: VFS: \\\\srv has not responded in 180 seconds. Reconnecting...", "CIFS", "ETIMEDOUT"),
        ("connection1:0: detected conn error (1020)", "iSCSI", ENDED),
        ("426 Connection closed; transfer aborted.", "FTP", "ECONNRESET EPIPE ETIMEDOUT -"),
    ]);
}

#[test]
fn proxies_tell_their_reasons() {
    let body = "upstream connect error or disconnect/reset before headers.";
    let access = "[2026-11-28T09:00:00.000Z] \"GET /api HTTP/1.1\"";
    for (line, errnos) in [
        (format!("{body} reset reason: connection termination"), ENDED),
        (format!("{body} reset reason: connection timeout"), "own"),
        (format!("{body} reset reason: overflow"), ""),
        (format!("{body} reset reason: protocol error"), ""),
        (
            format!("{body} reset reason: connection failure, transport failure reason: delayed connect error: 111"),
            "ECONNREFUSED",
        ),
        (
            format!(
                "{body} retried and the latest reset reason: remote connection failure, transport failure reason: a"
            ),
            "ECONNREFUSED EHOSTUNREACH ENETUNREACH ETIMEDOUT -",
        ),
        (
            format!(
                "{access} 503 UF upstream_reset_before_response_started{{connection_failure,delayed_connect_error:_113}} -"
            ),
            "EHOSTUNREACH",
        ),
        (format!("{access} 503 UC upstream_reset_before_response_started{{connection_termination}} - \"-\" 0"), ENDED),
        (format!("{access} 503 URX,UC - - \"-\" 0 95 3 - \"-\""), ENDED),
        (format!("{access} 0 DC downstream_remote_disconnect - \"-\" 0 0 12"), "ECONNRESET EPIPE"),
        (format!("{access} 504 UT response_timeout - \"-\" 0 24 15000"), "own"),
        (format!("{access} 503 UH no_healthy_upstream - \"-\" 0 19 0"), ""),
    ] {
        check(&[(&line, "Envoy", errnos)]);
    }
    let balancer =
        |status| format!("h2 2026-11-28T09:00:00.0Z app/lb/1 10.0.0.1:1 10.0.0.2:80 0.001 0.002 -1 {status} - 34");
    for (status, errnos) in [
        ("502", "ECONNREFUSED ECONNRESET EHOSTUNREACH EPIPE -"),
        ("503", ""),
        ("504", "ETIMEDOUT own"),
        ("460", "ECONNRESET EPIPE"),
    ] {
        check(&[(&balancer(status), "AWS ALB", errnos)]);
    }
    check(&[
        (&balancer("200"), "nobody", ""),
        ("10.0.0.1 - - [a] \"GET / HTTP/1.1\" 504 UTC \"-\"", "nginx", "ETIMEDOUT own"),
        (
            "connect() to 10.0.0.2:80 failed (111: Connection refused) while connecting to upstream",
            "nginx",
            "ECONNREFUSED",
        ),
        ("(70007)The timeout specified has expired: AH01102: error reading status line", "Apache", "own"),
    ]);
}

#[test]
fn libraries_for_http_and_tls() {
    check(&[
        ("hyper::Error(IncompleteMessage)", "Rust", ENDED),
        ("error sending request for url (http://a/): connection closed before message completed", "Rust", ENDED),
        (
            "reqwest::Error { kind: Request, source: hyper_util::client::legacy::Error(Connect, ConnectError(\"tcp connect \
             error\", Os { code: 111, kind: ConnectionRefused, message: \"Connection refused\" })) }",
            "",
            "ECONNREFUSED",
        ),
        ("httpx.ConnectError: [Errno 111] Connection refused", "httpx", "ECONNREFUSED"),
        (
            "peer closed connection without sending TLS close_notify: https://docs.rs/rustls/a#unexpected-eof",
            "Rust",
            ENDED,
        ),
        ("System.Net.Http.HttpIOException: The response ended prematurely. (ResponseEnded)", ".NET", ENDED),
        (
            "Unable to read data from the transport connection: A connection attempt failed because the connected party did \
             not properly respond after a period of time",
            ".NET",
            "ETIMEDOUT",
        ),
        ("Unable to read data from the transport connection: Connection reset by peer.", ".NET", "ECONNRESET"),
        ("Unable to write data to the transport connection: Broken pipe.", ".NET", "EPIPE"),
        ("Received an unexpected EOF or 0 bytes from the transport stream.", ".NET", ENDED),
        ("http://a/: unexpected EOF", "Go", "EPIPE -"),
        ("org.apache.http.NoHttpResponseException: api:443 failed to respond", "Java", ENDED),
        ("java.io.IOException: unexpected end of stream on http://10.0.0.2:8080/...", "Java", ENDED),
        ("java.net.SocketException: Socket closed", "Java", ""),
        ("java.net.SocketException: Broken pipe", "Java", "EPIPE"),
        ("org.eclipse.jetty.io.EofException: Closed", "Java", "ECONNRESET EPIPE"),
        ("java.io.EOFException: null", "Java", ENDED),
        (
            "The http server closed the connection unexpectedly before delivering responses for 1 outstanding",
            "Java",
            ENDED,
        ),
        ("Net::ReadTimeout with #<TCPSocket:(closed)>", "Ruby", "own"),
        ("Faraday::TimeoutError", "Ruby", "own"),
        ("requests.exceptions.ReadTimeout: Read timed out. (read timeout=3)", "requests", "own"),
        ("EOFError: end of file reached", "Ruby", ENDED),
        ("cURL error 28: Operation timed out after 5001 milliseconds with 0 bytes received", "curl", "ETIMEDOUT own"),
        ("cURL error 7: Failed to connect to api port 80: Connection refused", "curl", "ECONNREFUSED"),
        ("cURL error 35: OpenSSL SSL_connect: SSL_ERROR_SYSCALL in connection to api:443", "curl", ENDED),
        ("ConnectTimeoutError: Connect Timeout Error (attempted address: a:443, timeout: 10000ms)", "Node", "own"),
        ("TimeoutError: The operation was aborted due to timeout", "Node", "own"),
        ("{error,closed}", "Erlang", ENDED),
        ("** (DBConnection.ConnectionError) tcp recv: closed", "Erlang", ENDED),
        ("urllib.error.URLError: <urlopen error timed out>", "urllib", "own"),
        (
            "botocore.exceptions.EndpointConnectionError: Could not connect to the endpoint URL: \"https://a\"",
            "botocore",
            CONNECTING,
        ),
        ("Connection reset, restarting [0]", "OpenVPN", "ECONNRESET -"),
        ("socket.timeout: timed out", "Python", "own"),
        ("TimeoutError", "Python", "ETIMEDOUT own"),
        ("ReadTimeout", "requests httpx", "own"),
        ("httpx.ReadTimeout", "httpx", "own"),
        ("SocketError.ConnectionReset", ".NET", "ECONNRESET"),
        ("asyncio.exceptions.TimeoutError", "Python", "own"),
    ]);
}

/// What looks like one of them and is another's.
#[test]
fn lines_of_others_are_left_alone() {
    for line in [
        "CHECK_NRPE: Socket timeout after 10 seconds.",
        "npm ERR! network Socket timeout",
        "Error: closed for maintenance",
        "The error, closed yesterday, was reopened",
        "Elapsed time: 3 s",
        "User alice disconnected",
        "clientId=7 connected",
        "Cancelled in-flight deploy",
        "partner portal not reached its limit",
        "httpd: server 10.0.0.1 not responding",
        "Npgsql 8.0 loaded",
        "Partner 'ACME' not found",
        "System error 64 has occurred.",
        "System error: 104 files are missing",
        "Connection timeout to host changed to 5 s",
        "The specified network name is no longer available.",
        "The semaphore timeout period has expired.",
        "\"GET / HTTP/1.1\" 200 UTC",
        "Idle timeout expired for user bob",
        "stack overflow",
        "no listener registered for event",
        "response timeout set to 5",
        "[ssl:info] [remote 10.0.0.2:8442] AH02003: SSL Proxy connect failed",
        "Got 'S' as initial reply byte. If you're in a forking environment (Redis::ProtocolError)",
        "Error: aborted by user alice",
        "No data received from sensor 7",
        "ffmpeg: Unexpected end of stream",
        "1795887469.647 10 127.0.0.1 TCP_MISS/200 213 GET http://a/x - HIER_DIRECT/10.0.0.2 text/plain",
        "127.0.0.1:33984 [28/Nov/2026:17:37:49.595] f b_ok/s 0/0/0/23/23 200 76 - - ---- 1/1/0/0/0 0/0 \"GET / HTTP/1.1\"",
        "2026/11/28 17:37:49 [info] 27536#27536: *1 client 127.0.0.1 closed keepalive connection",
    ] {
        assert_eq!(told(line).0, "nobody", "{line}");
    }
}

/// Who waited no longer than he wanted has no errno, though words and numbers may be those of one.
#[test]
fn timeouts_of_programs() {
    check(&[
        ("TimeoutError: timed out", "Python", "own"),
        ("TimeoutError: [Errno 110] Connection timed out", "Python", "ETIMEDOUT"),
        ("ssl: The handshake operation timed out", "Python", "own"),
        ("curl: (28) Operation timed out after 5001 milliseconds with 0 bytes received", "curl", "ETIMEDOUT own"),
        ("dial tcp 10.0.0.2:80: connect: operation timed out", "macOS", "ETIMEDOUT own"),
        ("error sending request for url (http://a/): operation timed out", "Rust", "own"),
        ("Caused by: java.util.concurrent.TimeoutException", "Java", "own"),
        ("System.Threading.Tasks.TaskCanceledException: A task was canceled.", ".NET", "own"),
        ("FetchError: network timeout at: http://a/", "Node", "own"),
        ("request timeout", "Many programs", "own"),
        ("set the request timeout to 5 s", "nobody", ""),
        ("<head><title>504 Gateway Time-out</title></head>", "nginx", "ETIMEDOUT own"),
        ("Connection timed out during banner exchange", "ssh", "own"),
        ("Error while reading from socket: (11, 'Resource temporarily unavailable')", "Linux", "own"),
        ("connect() failed (115: Operation now in progress)", "Linux", "own"),
        ("net::ERR_CONNECTION_TIMED_OUT", "Chrome", "ETIMEDOUT own"),
        ("net::ERR_TIMED_OUT", "Chrome", "own"),
    ]);
}

#[test]
fn browsers_phones_and_calls_without_a_packet() {
    check(&[
        ("10.0.0.2 refused to connect.", "Chrome", "ECONNREFUSED"),
        ("Error Domain=NSURLErrorDomain Code=-1005 \"The network connection was lost.\"", "Apple", ENDED),
        ("Error Domain=NSURLErrorDomain Code=-1001 \"The request timed out.\"", "Apple", "own"),
        ("Error: shutdown ENOTCONN", "Linux", "ECONNRESET -"),
        ("OSError: [Errno 107] Transport endpoint is not connected", "Linux", "ECONNRESET -"),
        ("OSError: [Errno 100] Network is down", "Linux", ""),
    ]);
}

/// As clients wrote them while the calls on their sockets were recorded: each line stands beside what those calls returned.
#[test]
fn lines_of_clients_that_were_traced() {
    check(&[
        (
            "requests.exceptions.ReadTimeout: HTTPConnectionPool(host='10.0.0.2', port=80): Read timed out. (read timeout=None)",
            "requests",
            "ETIMEDOUT",
        ),
        (
            "requests.exceptions.ConnectionError: HTTPConnectionPool(host='10.0.0.2', port=80): Read timed out.",
            "requests",
            "own",
        ),
        ("urllib3.exceptions.ProtocolError: ('Connection aborted.', TimeoutError('timed out'))", "requests", "own"),
        (
            "urllib3.exceptions.ProtocolError: ('Connection broken: IncompleteRead(100 bytes read, 900 more expected)', \
             IncompleteRead(100 bytes read, 900 more expected))",
            "requests",
            "EPIPE -",
        ),
        ("requests.exceptions.ChunkedEncodingError: Response ended prematurely", "requests", "EPIPE -"),
        (
            "pip._vendor.urllib3.exceptions.ProtocolError: (\"Connection broken: InvalidChunkLength(got length b'', 0 bytes \
             read)\", InvalidChunkLength(got length b'', 0 bytes read))",
            "requests",
            "EPIPE -",
        ),
        (
            "requests.exceptions.ConnectionError: ('Connection aborted.', BadStatusLine('SSH-2.0-OpenSSH_9.2p1\\r\\n'))",
            "HTTP",
            "",
        ),
        ("Get \"http://10.0.0.2:22\": malformed HTTP status code \"Debian-2\"", "HTTP", ""),
        ("curl: (1) Received HTTP/0.9 when not allowed", "HTTP", ""),
        ("httpx.WriteTimeout: timed out", "httpx", "own"),
        (
            "httpx.ConnectError: [SSL: TLSV1_ALERT_PROTOCOL_VERSION] tlsv1 alert protocol version (_ssl.c:1006)",
            "TLS",
            "",
        ),
        (
            "aiohttp.client_exceptions.ClientConnectorError: Cannot connect to host 10.0.0.2:443 ssl:default [None]",
            "aiohttp",
            ENDED,
        ),
        ("curl: (28) Connection timed out after 1003 milliseconds", "curl", "own"),
        ("curl: (28) Failed to connect to 10.0.0.2 port 80 after 3110 ms: Connection timed out", "curl", "ETIMEDOUT"),
        ("curl: (56) response reading failed (errno: 115)", "curl", "ECONNRESET -"),
        ("fatal: unable to access 'http://a/': Operation too slow. Less than 1 bytes/sec transferred", "curl", "own"),
        ("AxiosError: socket hang up", "Node", ENDED),
        ("Error: aborted", "Node", ENDED),
        ("ReadError: The server aborted pending request", "Node", ENDED),
        (
            "Error: write EPROTO 80AC:error:0A00042E:SSL routines:ssl3_read_bytes:tlsv1 alert protocol version:../deps/x.c:1:",
            "TLS",
            "",
        ),
        ("  code: 'EPROTO',", "Node", ""),
        ("Error: connect ETIMEDOUT", "Node", "own"),
        ("Error: connect ETIMEDOUT 10.0.0.2:3306", "Node", "ETIMEDOUT"),
        ("Caused by: java.net.ConnectException: HTTP connect timed out", "Java", "own"),
        ("java.io.IOException: HTTP/1.1 header parser received no bytes", "Java", "ECONNRESET EPIPE ETIMEDOUT -"),
        ("java.net.ProtocolException: unexpected end of stream", "Java", ENDED),
        (
            "file_get_contents(http://a): Failed to open stream: HTTP request failed! in /srv/a.php on line 5",
            "PHP",
            "ECONNRESET EPIPE ETIMEDOUT -",
        ),
        ("read timeout at /usr/share/perl5/Net/HTTP/Methods.pm line 274.", "Perl", "own"),
        ("500 Server closed connection without sending any data back", "Perl", ENDED),
        ("socket.rb:65:in `readline': EOFError (EOFError) (Excon::Error::Socket)", "Ruby", ENDED),
        ("socket.rb:286:in `select_with_timeout': read timeout reached (Excon::Error::Timeout)", "Ruby", "own"),
        (
            "Operation already in progress - connect(2) for 10.0.0.2:80",
            "Linux",
            "ECONNREFUSED EHOSTUNREACH ENETUNREACH own",
        ),
        ("{error,socket_closed_remotely}", "Erlang", ENDED),
        ("{error,timeout}", "Erlang", "own"),
        ("http://a/: Connection Failed: Connect error: connection timed out", "Rust", "own"),
        ("http://a/: Connection Failed: Connect error: Connection timed out (os error 110)", "", "ETIMEDOUT"),
        ("Caused by: end of file before message length reached", "Rust", ENDED),
        ("Failed to read 102400 bytes (104)", "", "ECONNRESET"),
        (
            "2026-11-28 17:34:31 (4 MB/s) - Read error at byte 100/1000 (Connection timed out). Giving up.",
            "wget",
            "ETIMEDOUT own",
        ),
        ("psycopg.errors.ConnectionTimeout: connection timeout expired", "psycopg", "own"),
        (
            "pymysql.err.OperationalError: (2003, \"Can't connect to MySQL server on '10.0.0.2' (timed out)\")",
            "MySQL",
            "own",
        ),
        (
            "client.rb:306:in `rescue in io': Connection lost (ECONNRESET) (Redis::ConnectionError)",
            "redis",
            "ECONNRESET -",
        ),
        ("ruby.rb:58:in `block in _read_from_socket': Connection timed out (Redis::TimeoutError)", "redis", "own"),
        ("smtplib.SMTPServerDisconnected: Connection unexpectedly closed: timed out", "smtplib", "own"),
        ("smtplib.SMTPServerDisconnected: Connection unexpectedly closed", "smtplib", "ECONNRESET EPIPE ETIMEDOUT -"),
        ("failed to connect to all addresses; last error: UNAVAILABLE: ipv4:10.0.0.2:80: Socket closed", "gRPC", ENDED),
        (
            "ldap.SERVER_DOWN: {'desc': \"Can't contact LDAP server\", 'errno': 107, 'info': 'Transport endpoint is not \
             connected'}",
            "LDAP",
            "ECONNREFUSED ECONNRESET EHOSTUNREACH ENETUNREACH EPIPE ETIMEDOUT -",
        ),
        ("Connection to 10.0.0.2 port 22 timed out", "ssh", "own"),
        ("Connection closed by foreign host.", "telnet", ENDED),
    ]);
}

/// As servers and proxies wrote them, while what came to their sockets was known.
#[test]
fn lines_of_proxies_that_were_traced() {
    let refused = "ECONNREFUSED ECONNRESET EHOSTUNREACH ENETUNREACH -";
    check(&[
        (
            "127.0.0.1:48810 [28/Nov/2026:17:38:17.946] f b/s 0/0/-1/-1/1115 503 217 - - SC-- 1/1/0/0/1 0/0 \"GET / HTTP/1.1\"",
            "HAProxy",
            refused,
        ),
        ("127.0.0.1:50652 [28/Nov/2026:17:38:35.304] f/2: SSL handshake failure", "HAProxy", ENDED),
        ("127.0.0.1:50652 [28/Nov/2026:17:38:35.304] f/public: SSL handshake failure", "HAProxy", ENDED),
        ("[info] 5#5: *89 client closed connection while SSL handshaking, client: 127.0.0.1", "nginx", ""),
        (
            "[error] 5#5: *43 upstream sent no valid HTTP/1.0 header while reading response header from upstream",
            "HTTP",
            "",
        ),
        (
            "1795887473.114 128 127.0.0.1 TCP_MISS/502 3427 GET http://a/x - HIER_DIRECT/10.0.0.2 text/html",
            "Squid",
            ENDED,
        ),
        ("1795887488.172 0 127.0.0.1 NONE_NONE/503 0 CONNECT a:443 - HIER_DIRECT/10.0.0.2 -", "Squid", CONNECTING),
        (
            "1795887479.761 3654 127.0.0.1 TCP_MISS/504 3464 GET http://a/x - HIER_DIRECT/10.0.0.2 text/html",
            "Squid",
            "ETIMEDOUT own",
        ),
        ("-   FetchError     HTC eof (-1)", "Varnish", ENDED),
        ("-   FetchError     first byte timeout", "Varnish", "own"),
        ("(gw_backend.c.2708) read timeout on socket: tcp:10.0.0.2:80 (fd: 10)", "lighttpd", "own"),
        ("[proxy_http:warn] (70014)End of file found: AH10404: Error reading headers from backend", "Apache", ENDED),
        ("FATAL:  terminating connection due to administrator command", "PostgreSQL", "EPIPE -"),
        ("1795887478: Client x closed its connection.", "mosquitto", ENDED),
        (
            "30 [Warning] Could not read packet: fd: 60  state: 1  read_length: 4  errno: 104  vio_errno: 1158  length: -1",
            "",
            "ECONNRESET",
        ),
    ]);
}
