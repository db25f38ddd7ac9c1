use super::*;

fn errno(topic: &str) -> Option<&'static str> {
    match look_up(topic)? {
        Found::Errno(page) | Found::Message(page, _) => Some(page.errno.name()),
        Found::Sayings(said) => {
            let first = said.first()?.errnos;
            said.iter().all(|saying| saying.errnos == first).then(|| first.first().map(|errno| errno.name()))?
        }
    }
}

#[test]
fn names_of_many_languages_lead_to_the_errno() {
    for (topic, name) in [
        ("ECONNRESET", "ECONNRESET"),
        ("econnrefused", "ECONNREFUSED"),
        ("104", "ECONNRESET"),
        ("errno 111", "ECONNREFUSED"),
        ("(os error 113)", "EHOSTUNREACH"),
        ("Connection reset by peer", "ECONNRESET"),
        ("connection-reset-by-peer", "ECONNRESET"),
        ("broken pipe", "EPIPE"),
        ("ConnectionResetError", "ECONNRESET"),
        ("connectionrefusederror", "ECONNREFUSED"),
        ("ConnectionResetError:", "ECONNRESET"),
        ("ErrorKind::ConnectionReset", "ECONNRESET"),
        ("std::io::ErrorKind::BrokenPipe", "EPIPE"),
        ("syscall.ECONNRESET", "ECONNRESET"),
        ("Errno::ETIMEDOUT", "ETIMEDOUT"),
        ("SocketError.ConnectionReset", "ECONNRESET"),
        ("SocketError.Shutdown", "EPIPE"),
        ("NoRouteToHostException", "EHOSTUNREACH"),
        ("curl 56", "ECONNRESET"),
        ("curl-56", "ECONNRESET"),
        ("curl: (56)", "ECONNRESET"),
        ("curl 28", "ETIMEDOUT"),
        ("socket hang up", "ECONNRESET"),
        ("PermissionError", "EACCES"),
        ("WSAECONNREFUSED", "ECONNREFUSED"),
        ("10054", "ECONNRESET"),
        ("WSAEHOSTUNREACH", "EHOSTUNREACH"),
        ("bash: connect: Permission denied", "EACCES"),
        ("PermissionError: [Errno 13] Permission denied", "EACCES"),
        ("connect() to 10.0.0.2:80 failed (13: Permission denied) while connecting to upstream", "EACCES"),
        ("java.net.BindException: Permission denied (connect failed)", "EACCES"),
        ("dial tcp 10.0.0.2:80: connect: protocol not available", "ENOPROTOOPT"),
        ("error.ConnectionResetByPeer", "ECONNRESET"),
        ("error.ConnectionTimedOut", "ETIMEDOUT"),
        ("std::errc::timed_out", "ETIMEDOUT"),
        ("std::errc::host_unreachable", "EHOSTUNREACH"),
    ] {
        assert_eq!(errno(topic), Some(name), "{topic}");
    }
}

#[test]
fn ambiguous_names_keep_all_their_meanings() {
    let Some(Found::Sayings(said)) = look_up("java.net.ConnectException") else { panic!("not found") };
    assert_eq!(said.len(), 2);
    let Some(Found::Sayings(said)) = look_up("SocketException") else { panic!("not found") };
    assert_eq!(said.len(), 3);
}

#[test]
fn pasted_messages_are_understood() {
    for (message, name) in [
        ("read tcp 10.0.0.1:5->10.0.0.2:443: read: connection reset by peer", "ECONNRESET"),
        ("Error: connect ECONNREFUSED 127.0.0.1:5432", "ECONNREFUSED"),
        ("java.net.SocketException: Broken pipe (Write failed)", "EPIPE"),
        ("upstream timed out (110: Connection timed out) while reading response header from upstream", "ETIMEDOUT"),
        ("a a/b 0/0/0/2/1194 200 120159 - - SD-- 1/1/0/0/0 0/0 \"GET /stream HTTP/1.1\"", "ECONNRESET"),
        ("Get \"http://10.0.0.2:8000/panic\": EOF", "EPIPE"),
        ("unexpected EOF", "EPIPE"),
        (
            "TypeError: fetch failed ... [cause]: SocketError: other side closed ... code: 'UND_ERR_SOCKET'",
            "ECONNRESET",
        ),
        ("curl: (18) HTTP/2 stream 1 was not closed cleanly before end of the underlying stream", "EPIPE"),
        ("psycopg2.OperationalError: FATAL:  terminating connection due to idle-session timeout", "EPIPE"),
        ("Error: socket hang up at connResetException", "ECONNRESET"),
        ("java.net.SocketException: Connection reset", "ECONNRESET"),
        ("An existing connection was forcibly closed by the remote host.", "ECONNRESET"),
    ] {
        assert_eq!(errno(message), Some(name), "{message}");
    }
    for message in [
        "Received a GOAWAY with error code ENHANCE_YOUR_CALM and debug data equal to \"too_many_pings\".",
        "Error [ERR_HTTP2_STREAM_ERROR]: Stream closed with error code NGHTTP2_REFUSED_STREAM",
        "write tcp 10.0.0.1:38698->10.0.0.2:8000: use of closed network connection",
        "connection to server at \"10.0.0.2\", port 5432 failed: FATAL:  the database system is shutting down",
        "OperationalError(1040, 'Too many connections')",
    ] {
        let Some(Found::Sayings(said)) = look_up(message) else { panic!("{message}") };
        assert!(said.iter().all(|saying| saying.errnos.is_empty()), "{message}: no call failed");
    }
    for message in [
        "client timed out (110: Connection timed out) while reading client request line",
        "a a/b 0/0/0/-1/1502 504 198 - - sH-- 1/1/0/0/0 0/0 \"GET /slow HTTP/1.1\"",
        "StatusCode.DEADLINE_EXCEEDED Deadline Exceeded",
        "context deadline exceeded (Client.Timeout or context cancellation while reading body)",
        "Caused by: java.net.SocketTimeoutException: Read timed out",
    ] {
        let Some(Found::Sayings(said)) = look_up(message) else { panic!("{message}") };
        let own = |saying: &&Saying| saying.errnos.is_empty() && saying.instead == Some(Instead::OwnTimeout);
        assert!(said.iter().all(own), "{message}: the kernel waits still");
    }
    assert!(look_up("no such thing").is_none());
    let Some(Found::Message(page, said)) = look_up("*4 recv() failed (104: Connection reset by peer) while") else {
        panic!("not found")
    };
    assert_eq!((page.number, said.len(), said.first().map(|saying| saying.program)), (104, 1, Some("nginx")));
    assert!(look_up("").is_none());
}

/// Each as the program printed it (nginx 1.22, HAProxy 2.6, curl 7.88, Go 1.19, Node 20, OpenJDK 17, PostgreSQL 15, OpenSSH 9.2).
#[test]
fn a_line_of_a_log_is_told_by_who_wrote_it() {
    for (line, program, failed) in [
        ("127.0.0.1 - - [28/Nov/2026:08:15:26 +0000] \"GET / HTTP/1.1\" 499 0 \"-\" \"curl/7.88.1\"", "nginx", true),
        ("[..] f1 f1/<NOSRV> -1/-1/-1/-1/3001 408 0 - - cR-- 1/1/0/0/0 0/0 \"<BADREQ>\"", "HAProxy", false),
        ("[..] f3 b3/s1 0/0/0/-1/0 502 209 - - SH-- 1/1/0/0/0 0/0 \"GET / HTTP/1.1\"", "HAProxy", true),
        ("curl: (92) HTTP/2 stream 1 was not closed cleanly: INTERNAL_ERROR (err 2)", "curl", false),
        ("curl: (35) OpenSSL/3.0.19: error:0A00010B:SSL routines::wrong version number", "OpenSSL", false),
        ("HTTP request sent, awaiting response... Read error (Connection timed out) in headers.", "wget", true),
        ("SSL_do_handshake() failed (SSL: error:0A000126:SSL routines::unexpected eof while reading)", "OpenSSL", true),
        ("dial tcp: lookup a on 10.0.0.53:53: read udp 10.0.0.1:3->10.0.0.53:53: i/o timeout", "Go", false),
        ("dial tcp: lookup a.example.org on 127.0.0.53:53: no such host", "Go", false),
        ("http: TLS handshake error from 10.190.1.2:60154: EOF", "Go", true),
        ("http: TLS handshake error from 10.0.0.1:3: read tcp A->B: read: connection reset by peer", "Go", true),
        ("NODE fetch failed Error: getaddrinfo EAI_AGAIN nosuch.invalid", "Node", false),
        ("java.io.IOException: fixed content-length: 1000, bytes received: 3", "Java", true),
        ("HTTPSConnectionPool(host='10.0.0.2', port=94): Read timed out. (read timeout=3)", "requests", false),
        ("LOG:  unexpected EOF on client connection with an open transaction", "PostgreSQL", false),
        ("LOG:  could not receive data from client: Connection reset by peer", "PostgreSQL", true),
        ("Connection reset by 10.190.2.2 port 2225", "ssh", true),
        ("Connection closed by 10.190.2.2 port 2222", "ssh", true),
        ("kex_exchange_identification: read: Connection reset by peer", "ssh", true),
        ("Timeout, server 10.190.2.2 not responding.", "ssh", false),
        ("sshd[3]: Connection closed by authenticating user root 10.0.0.1 port 4242 [preauth]", "ssh", true),
        ("*1 send() failed (104: Connection reset by peer) while sending request to upstream", "nginx", true),
        ("HTTP request sent, awaiting response... No data received.", "wget", true),
        ("Connection closed by server.", "redis", true),
        ("ssh: Could not resolve hostname a: Temporary failure in name resolution", "glibc", false),
        ("10.0.0.1:33164 [28/Nov/2026:11:16:21.846] f b/<NOSRV> -1/-1/0 0 SC 1/1/0/0/0 0/0", "HAProxy", true),
        ("curl: (92) HTTP/2 stream 1 was not closed cleanly: PROTOCOL_ERROR (err 1)", "curl", false),
        (
            "curl: (56) OpenSSL SSL_read: OpenSSL/3.0.19: error:0A00045C:SSL routines::tlsv13 alert certificate required, \
             errno 0",
            "TLS",
            false,
        ),
        ("curl: (35) OpenSSL/3.0.19: error:0A000410:SSL routines::sslv3 alert handshake failure", "TLS", false),
        ("http: TLS handshake error from 10.0.0.1:50350: remote error: tls: bad certificate", "TLS", false),
        ("curl: (60) SSL certificate problem: self-signed certificate", "TLS", false),
        ("Get \"https://10.0.0.2/\": x509: certificate signed by unknown authority", "TLS", false),
        (
            "connect() to unix:/run/php.sock failed (111: Connection refused) while connecting to upstream",
            "Unix socket",
            false,
        ),
        (
            "recv() failed (104: Connection reset by peer) while reading response header from upstream, upstream: \
             \"fastcgi://unix:/run/php.sock:\"",
            "Unix socket",
            false,
        ),
        ("dial unix /var/run/docker.sock: connect: permission denied", "Unix socket", false),
        ("read unix @->/run/a.sock: read: connection reset by peer", "Unix socket", false),
        ("write unix @->/run/a.sock: write: broken pipe", "Unix socket", false),
        ("Error: connect ECONNREFUSED /var/run/docker.sock", "Unix socket", false),
        ("Error 111 connecting to unix socket: /run/redis.sock. Connection refused.", "Unix socket", false),
        (
            "connection to server on socket \"/run/postgresql/.s.PGSQL.5432\" failed: Connection refused",
            "Unix socket",
            false,
        ),
        (
            "send() failed (104: Connection reset by peer) while sending to client, upstream: \"fastcgi://unix:/run/a:\"",
            "nginx",
            true,
        ),
        ("OSError: [Errno 99] Cannot assign requested address", "Linux", false),
        ("*1 connect() to 10.0.0.2:80 failed (99: Cannot assign requested address) while", "Linux", false),
        ("nginx: [emerg] bind() to 0.0.0.0:80 failed (98: Address already in use)", "Linux", false),
        ("accept4() failed (24: Too many open files)", "Linux", false),
        ("WARNING C-0x5: postgres/postgres@10.0.0.1:45342 pooler error: query timeout", "PgBouncer", false),
        ("[2026-11-28 11:18:20 +0000] [12] [CRITICAL] WORKER TIMEOUT (pid:13)", "gunicorn", true),
        (
            "(20014)Internal error (specific information not available): [client 10.0.0.1:5] AH01102: error reading status \
             line from remote server 10.0.0.2:8080",
            "Apache",
            true,
        ),
        ("Server b5/r is DOWN, reason: Layer6 timeout, check duration: 400ms.", "HAProxy", false),
        (
            "Aborted connection 9 to db: 'unconnected' (Got a packet bigger than 'max_allowed_packet' bytes)",
            "MySQL",
            false,
        ),
        ("Error: Server closed the connection", "redis", true),
        ("LOG S-0x5: a/b@10.0.0.2:5432 closing because: connect failed (age=0s)", "PgBouncer", true),
        ("axios /a ECONNABORTED timeout of 700ms exceeded", "Node", false),
        ("curl: (56) CONNECT tunnel failed, response 503", "curl", false),
        ("kex_exchange_identification: client sent invalid protocol identifier \"GET / HTTP/1.1\"", "ssh", false),
        ("kex_exchange_identification: banner line contains invalid characters", "ssh", false),
        ("banner exchange: Connection from 10.110.1.2 port 34812: invalid format", "ssh", false),
        ("Timeout, client not responding from user root 10.110.1.2 port 44568", "ssh", false),
        ("1795866062: Client <unknown> disconnected due to protocol error.", "mosquitto", false),
        ("1795866064: Client connection from 10.0.0.1 denied: max_connections exceeded.", "mosquitto", false),
        ("1795866058: Client b already connected, closing old connection.", "mosquitto", false),
        ("LOG5[1]: Connection reset: 0 byte(s) sent to TLS, 0 byte(s) sent to socket", "stunnel", true),
        ("LOG3[1]: SSL_accept: error:0A00009C:SSL routines::http request", "OpenSSL", false),
        ("GET http://a/ net::ERR_CONNECTION_RESET", "Chrome", true),
        ("GET https://a/ net::ERR_HTTP2_PROTOCOL_ERROR 200 (OK)", "Chrome", false),
    ] {
        let (Some(Found::Sayings(said)) | Some(Found::Message(_, said))) = look_up(line) else { panic!("{line}") };
        assert!(!said.is_empty() && said.iter().all(|saying| saying.program == program), "{line}: {said:?}");
        assert!(said.iter().all(|saying| saying.errnos.is_empty() != failed), "{line}: {said:?}");
    }
}

/// What is told of one program is wrong for another.
#[test]
fn common_words_are_not_taken_for_one_program() {
    for line in [
        "mosquitto: Connection closed by client mosq-123",
        "bgpd: NOTIFICATION received from peer 10.1.1.1 (Cease)",
        "226 Transfer complete. 12345 bytes received in 0.01 secs",
        "512 bytes read",
        "ntpd: no data received for 64 s",
        "send() failed: No buffer space available",
        "root@10.0.0.1: Permission denied (publickey,password).",
        "*1 open() \"/var/www/x\" failed (13: Permission denied), client: 10.0.0.1",
        "PermissionError: [Errno 13] Permission denied: '/etc/shadow'",
        "listen tcp :80: bind: permission denied",
        "OSError: [Errno 28] No space left on device",
        "mount: /mnt: mount(2) system call failed: Operation not supported",
        "(error) ERR Protocol error: invalid bulk length",
        "disk sC 17 of 20",
        "node:events:502",
        "10.0.0.1:104",
        "LOG:  listening on Unix socket \"/run/.s.PGSQL.5432\"",
        "could not parse date: invalid format",
        "make: *** [all] process was terminated by signal 9",
        "lost connection with the time server",
        "loading x509 certificate from /etc/ssl/a.pem",
    ] {
        assert!(look_up(line).is_none(), "{line}");
    }
}

#[test]
fn every_errno_has_its_sayings_and_every_name_is_found() {
    for page in &ERRNOS {
        assert!(sayings(page.errno).count() >= 3, "{}", page.errno.name());
        assert!(look_up(page.errno.message()).is_some());
    }
    for name in all_sayings().flat_map(|saying| saying.names) {
        assert!(look_up(name).is_some(), "{name}");
    }
}
