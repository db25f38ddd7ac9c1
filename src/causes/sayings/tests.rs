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
        ("redis.exceptions.TimeoutError: Timeout connecting to server", "redis", "own"),
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
