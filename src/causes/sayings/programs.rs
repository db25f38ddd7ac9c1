//! What servers, proxies, pools, brokers and browsers say of what they end or see end, mostly without an errno.

use super::*;

pub(super) const PROGRAMS: &[Saying] = &[
    says!(
        "Apache",
        "AH01102: error reading status line from remote server",
        ["AH01102", "AH00898"],
        [ECONNRESET, EPIPE],
        end_of_file,
        "mod_proxy, 502. With an errno in front (\"(104)Connection reset by peer\") a RST; with \"(70007)The timeout specified has expired\" its own ProxyTimeout; with neither, or (20014), end of file instead of an answer: often a keep-alive race."
    ),
    says!(
        "Apache",
        "AH00957: HTTP: attempt to connect to HOST:PORT failed",
        ["AH00957"],
        [ECONNREFUSED, ETIMEDOUT, EHOSTUNREACH, ENETUNREACH, EACCES],
        "mod_proxy, 503. The errno stands in front; (70007) is its own connectiontimeout."
    ),
    says!(
        "Apache",
        "AH00484: server reached MaxRequestWorkers setting",
        ["AH00484", "server reached MaxRequestWorkers setting"],
        [],
        "All workers are busy, many perhaps with idle kept-alive connections: others wait in the accept queue, which overflows at ListenBacklog. `tcpwhy explain backlog_overflow`."
    ),
    says!(
        "Apache",
        "AH01382: Request header read timeout",
        ["AH01382", "Request header read timeout", "Request body read timeout"],
        [],
        "408, mod_reqtimeout's own limit: the client did not send a whole request in time: a connection that was opened ahead, or a slow client."
    ),
    says!("Chrome", "net::ERR_CONNECTION_RESET", ["ERR_CONNECTION_RESET"], [ECONNRESET], ""),
    says!(
        "Chrome",
        "net::ERR_EMPTY_RESPONSE; net::ERR_CONNECTION_CLOSED",
        ["ERR_EMPTY_RESPONSE", "ERR_CONNECTION_CLOSED"],
        [EPIPE, ECONNRESET],
        end_of_file,
        "End of file instead of an answer, or in the TLS handshake."
    ),
    says!(
        "Chrome",
        "net::ERR_HTTP2_PROTOCOL_ERROR",
        ["ERR_HTTP2_PROTOCOL_ERROR"],
        [],
        "The server ended this one request by a RST_STREAM, or what it sent was no HTTP/2, and the connection may live on: mostly a proxy whose own server's answer was cut off. Its log has the reason."
    ),
    says!(
        "curl",
        "exit 56: CONNECT tunnel failed, response 503",
        ["CONNECT tunnel failed", "from proxy after CONNECT"],
        [],
        "The proxy did not open the tunnel, and said so by this status: 407 wants a password, 403 forbids it, 502, 503 and 504 mean that its own connection to the server failed. Its log has the errno."
    ),
    says!(
        "Envoy",
        "upstream connect error or disconnect/reset before headers. reset reason: ...",
        ["upstream connect error or disconnect/reset before headers", "upstream_reset_before_response_started"],
        [ECONNREFUSED, ECONNRESET, EPIPE, ETIMEDOUT],
        end_of_file,
        "503. The reason follows. \"Connection termination\": the server ended the connection before an answer. \"Connection failure\": connect() failed."
    ),
    says!(
        "Envoy",
        "upstream connect error or disconnect/reset before headers. reset reason: connection failure (flag UF)",
        [
            "envoy UF",
            "upstream connect error or disconnect/reset before headers. reset reason: connection failure",
            "upstream connect error or disconnect/reset before headers. retried and the latest reset reason: connection failure",
            "upstream connect error or disconnect/reset before headers. reset reason: remote connection failure",
            "upstream connect error or disconnect/reset before headers. retried and the latest reset reason: remote connection failure",
            "upstream connect error or disconnect/reset before headers. reset reason: local connection failure",
            "upstream connect error or disconnect/reset before headers. retried and the latest reset reason: local connection failure",
            "upstream_reset_before_response_started{connection_failure",
            "upstream_reset_before_response_started{remote_connection_failure"
        ],
        CONNECTING,
        end_of_file,
        "503. connect() failed: the number or text behind \"delayed connect error\" is the errno. \"TLS_error\" or \"TLS error\" behind \"transport failure reason\": it was connected, and the TLS handshake failed. With neither, look at the packets: its own connect_timeout may have run out."
    ),
    says!(
        "Envoy",
        "upstream connect error or disconnect/reset before headers. reset reason: connection timeout (flag UF)",
        [
            "upstream connect error or disconnect/reset before headers. reset reason: connection timeout",
            "upstream connect error or disconnect/reset before headers. retried and the latest reset reason: connection timeout",
            "upstream_reset_before_response_started{connection_timeout"
        ],
        own_timeout,
        "503. Envoy's own connect_timeout. Usually nothing answered the SYN: `tcpwhy explain syn_unanswered`."
    ),
    says!(
        "Envoy",
        "upstream connect error or disconnect/reset before headers. reset reason: connection termination (flag UC)",
        [
            "envoy UC",
            "upstream connect error or disconnect/reset before headers. reset reason: connection termination",
            "upstream connect error or disconnect/reset before headers. retried and the latest reset reason: connection termination",
            "upstream_reset_before_response_started{connection_termination",
            "upstream_reset_after_response_started{connection_termination"
        ],
        [EPIPE, ECONNRESET],
        end_of_file,
        "503. The server ended the connection before an answer, by an end of file or a RST. Usually a keep-alive race: set the cluster's idle_timeout below the server's, or let Envoy retry (reset)."
    ),
    says!(
        "Envoy",
        "upstream connect error or disconnect/reset before headers. reset reason: protocol error",
        [
            "upstream connect error or disconnect/reset before headers. reset reason: protocol error",
            "upstream connect error or disconnect/reset before headers. retried and the latest reset reason: protocol error",
            "upstream_reset_before_response_started{protocol_error"
        ],
        [],
        "502 or 503. What the server sent was no HTTP of the version that Envoy speaks with it (HTTP/1 and HTTP/2 mixed up, TLS or not), or broke its rules. `tcpwhy explain wrong_protocol`."
    ),
    says!(
        "Envoy",
        "upstream connect error or disconnect/reset before headers. reset reason: overflow (flag UO)",
        [
            "envoy UO",
            "upstream connect error or disconnect/reset before headers. reset reason: overflow",
            "upstream connect error or disconnect/reset before headers. retried and the latest reset reason: overflow",
            "upstream_reset_before_response_started{overflow"
        ],
        [],
        "503. Envoy's own circuit breaker (max_connections, max_pending_requests): it opened no connection for this request."
    ),
    says!(
        "Envoy",
        "no healthy upstream (flag UH)",
        ["envoy UH", "no healthy upstream", "no_healthy_upstream"],
        [],
        "503. The cluster has no host, or all failed their health checks or were ejected as outliers: nothing was sent. `/clusters` of the admin port tells."
    ),
    says!(
        "Envoy",
        "upstream request timeout (flag UT)",
        ["envoy UT", "upstream request timeout"],
        own_timeout,
        "504. Envoy's own route timeout (15 s). It was connected; the server may be slow rather than gone."
    ),
    says!(
        "Envoy",
        "downstream_remote_disconnect (flag DC)",
        ["envoy DC", "downstream_remote_disconnect"],
        [EPIPE, ECONNRESET],
        "The client closed before it had the answer: `tcpwhy explain client_gave_up`."
    ),
    says!(
        "AWS ALB",
        "elb_status_code 502",
        ["ALB 502"],
        [ECONNREFUSED, ECONNRESET, EPIPE, EHOSTUNREACH],
        end_of_file,
        "The target refused the connection, or ended it by a FIN or RST while a request was outstanding, or what it sent was no valid HTTP. With target_status_code \"-\", mostly a keep-alive race: let the target keep idle connections longer than the load balancer's idle timeout (60 s)."
    ),
    says!(
        "AWS ALB",
        "elb_status_code 503",
        ["ALB 503"],
        [],
        "The target group has no targets, or none that may be used: the load balancer opened no connection."
    ),
    says!(
        "AWS ALB",
        "elb_status_code 504",
        ["ALB 504"],
        [ETIMEDOUT],
        or_own_timeout,
        "The load balancer's own limits: nothing answered its SYN for 10 s (a security group, a network ACL: `tcpwhy explain syn_unanswered`), or the target did not answer within the idle timeout (60 s)."
    ),
    says!(
        "AWS ALB",
        "elb_status_code 460",
        ["ALB 460"],
        [EPIPE, ECONNRESET],
        "The client closed before it had the answer: `tcpwhy explain client_gave_up`."
    ),
    says!(
        "gunicorn",
        "[CRITICAL] WORKER TIMEOUT (pid:N)",
        ["[CRITICAL] WORKER TIMEOUT", "was sent SIGKILL! Perhaps out of memory"],
        [EPIPE, ECONNRESET],
        end_of_file,
        "--timeout (30 s) ran out and the worker was killed, or the kernel killed it for want of memory. The client, or the proxy in front, gets end of file instead of an answer; a RST where the request was not read to its end. `tcpwhy explain server_deadline`."
    ),
    says!(
        "HAProxy",
        "Server b/s is DOWN, reason: Layer4 timeout, check duration: N ms",
        ["Layer4 timeout"],
        own_timeout,
        "A health check: nothing answered its SYN within `timeout check`, or `timeout connect`. `tcpwhy explain syn_unanswered`."
    ),
    says!(
        "HAProxy",
        "Server b/s is DOWN, reason: Layer6 timeout; Layer7 timeout, check duration: N ms",
        ["Layer6 timeout", "Layer7 timeout"],
        own_timeout,
        "A health check: the server accepted the connection and did not answer in time, in the TLS handshake (Layer6) or to the request (Layer7). HAProxy then ends it by a RST."
    ),
    says!(
        "HAProxy",
        "Server b/s is DOWN, reason: Layer4 connection problem, info: \"{message}\"",
        ["Layer4 connection problem"],
        CONNECT,
        "A health check: connect() failed."
    ),
    says!(
        "HAProxy",
        "f/1: SSL handshake failure",
        ["haproxy: SSL handshake failure", "Connection closed during SSL handshake"],
        [ECONNRESET, EPIPE],
        end_of_file,
        "The client ended the TLS handshake, by an alert, an end of file or a RST: it does not trust the certificate, has no version or cipher in common, or is a health check."
    ),
    says!(
        "HAProxy",
        "backend b has no server available!",
        ["has no server available"],
        [],
        "All servers of this backend failed their health checks: the lines before this one have the reason. Clients get 503."
    ),
    says!(
        "Java",
        "reactor.netty.http.client.PrematureCloseException: Connection prematurely closed BEFORE response",
        ["PrematureCloseException", "Connection prematurely closed"],
        [EPIPE, ECONNRESET],
        end_of_file,
        "Reactor Netty: end of file instead of an answer (BEFORE), usually a keep-alive race, or in the middle of it (DURING)."
    ),
    says!(
        "Java",
        "HikariPool-1 - Connection is not available, request timed out after N ms",
        ["Connection is not available, request timed out after"],
        [],
        "The pool's own limit (connectionTimeout): all its connections were in use for so long, or it could not make new ones, of which lines before this one tell."
    ),
    says!(
        "mosquitto",
        "Client NAME has exceeded timeout, disconnecting.",
        ["has exceeded timeout, disconnecting"],
        [],
        "The broker's own word: nothing came from the client for one and a half of its keep-alive times, and it closed. The client, or the path to it, is gone or stuck."
    ),
    says!(
        "mosquitto",
        "Client NAME already connected, closing old connection.",
        ["already connected, closing old connection"],
        [],
        "Another connection came with the same client id, and the broker closed the older one: two clients share the id, or one came back before the broker knew that it had gone."
    ),
    says!(
        "mosquitto",
        "Client connection from HOST denied: max_connections exceeded.",
        ["denied: max_connections exceeded"],
        [],
        "max_connections is reached: the broker accepts the connection and closes it at once without a word. Who has sent its CONNECT by then gets a RST."
    ),
    says!(
        "mosquitto",
        "Client NAME disconnected due to protocol error.",
        ["disconnected due to protocol error", "disconnected due to malformed packet"],
        [],
        "What came was no MQTT, or not of its version: HTTP, TLS or a scan. The broker closed; with more unread, by a RST. `tcpwhy explain wrong_protocol`."
    ),
    says!(
        "MySQL",
        "Aborted connection N to db: ... (Got a packet bigger than 'max_allowed_packet' bytes)",
        ["Got a packet bigger than 'max_allowed_packet' bytes", "ERROR 1153", "mysql 1153"],
        [],
        "The server says so and closes with the rest of the query unread, which makes a RST of it: the client may get ECONNRESET or EPIPE (\"server has gone away\") in place of the error. Raise max_allowed_packet at both ends."
    ),
    says!(
        "MySQL",
        "ERROR 2002: Can't connect to server on 'HOST' ({number})",
        ["Can't connect to server on", "mysql 2002"],
        [ECONNREFUSED, ETIMEDOUT, EHOSTUNREACH, ENETUNREACH],
        "MariaDB's client. The number in brackets is the errno; 115 (EINPROGRESS) is mostly ECONNREFUSED as well: look at the packets."
    ),
    says!(
        "nginx",
        "client sent invalid method while reading client request line",
        ["client sent invalid method", "client sent invalid request while reading client request line"],
        [],
        "400. What came was no HTTP/1: TLS (\\x16\\x03 in the access log), HTTP/2 without TLS (PRI * HTTP/2.0), or a scan. `tcpwhy explain wrong_protocol`."
    ),
    says!(
        "nginx",
        "client closed connection while waiting for request",
        ["client closed connection while waiting for request"],
        [],
        "The client connected and closed by a FIN without a request: a health check, a connection opened ahead, or a scan."
    ),
    says!(
        "PgBouncer",
        "WARNING C-0x...: pooler error: query timeout",
        ["pooler error", "client_idle_timeout", "query_wait_timeout"],
        [],
        "PgBouncer's own word to its client, which it closes after it by a FIN: a limit of its own (query_timeout, query_wait_timeout, client_idle_timeout), max_client_conn (\"no more connections allowed\"), or the server's end (\"server conn crashed?\"). Who does not read it gets EPIPE at the next query."
    ),
    says!(
        "PgBouncer",
        "LOG S-0x...: closing because: connect failed",
        ["closing because: connect failed"],
        CONNECT,
        "connect() to PostgreSQL failed. PgBouncer tries again for as long as a client waits, at most query_wait_timeout."
    ),
    says!(
        "Node",
        "AxiosError: timeout of N ms exceeded; err.code is 'ECONNABORTED'",
        ["AxiosError: timeout of N ms exceeded"],
        own_timeout,
        "axios's own limit (timeout), which borrows the errno's name: no call failed, and it closed the connection. The server may be slow rather than gone; its side is `tcpwhy explain client_gave_up`."
    ),
    says!(
        "PgBouncer",
        "LOG S-0x...: closing because: server conn crashed?",
        ["server conn crashed"],
        [EPIPE, ECONNRESET],
        "PostgreSQL ended the connection, by a FIN or a RST: its log has the reason."
    ),
    says!(
        "Postfix",
        "lost connection with HOST[ADDRESS] while receiving the initial server greeting",
        [
            "while receiving the initial server greeting",
            "while performing the EHLO handshake",
            "while sending end of data",
            "lost connection after CONNECT from",
            "lost connection after EHLO from",
            "lost connection after STARTTLS from",
            "lost connection after AUTH from",
            "lost connection after RCPT from",
            "lost connection after DATA from"
        ],
        [ECONNRESET, EPIPE],
        end_of_file,
        "The other end closed, by an end of file or a RST; Postfix does not tell them apart. \"With\" is a server that it sends to, \"after\" a client of its own."
    ),
    says!(
        "PostgreSQL",
        "FATAL: no pg_hba.conf entry for host \"ADDRESS\", user \"NAME\", database \"NAME\"",
        ["no pg_hba.conf entry for"],
        [],
        "The server answers the connection with this and closes it by a FIN: TCP did what it should."
    ),
    says!(
        "PostgreSQL",
        "LOG: server process (PID N) was terminated by signal 9: Killed",
        ["LOG: server process (PID", "terminating any other active server processes"],
        [EPIPE, ECONNRESET],
        end_of_file,
        "A process of the server was killed, by the kernel for want of memory (9) or by a crash (11), and the server ended all others: every client gets end of file, and new ones \"the database system is in recovery mode\"."
    ),
    says!(
        "psql",
        "SSL SYSCALL error: EOF detected; SSL connection has been closed unexpectedly",
        ["SSL SYSCALL error: EOF detected", "SSL connection has been closed unexpectedly"],
        [EPIPE, ECONNRESET],
        end_of_file,
        "libpq, over TLS: end of file without PostgreSQL's goodbye. The server's process was killed, or something between them closed."
    ),
    says!(
        "RabbitMQ",
        "closing AMQP connection <...>: missed heartbeats from client, timeout: 60s",
        ["missed heartbeats from client"],
        [],
        "The broker's own word: nothing came from the client for two heartbeat intervals, and it closed. The client does not serve its connection meanwhile (a long job in the same thread), or the path is gone."
    ),
    says!(
        "RabbitMQ",
        "closing AMQP connection <...>: client unexpectedly closed TCP connection",
        ["client unexpectedly closed TCP connection"],
        [EPIPE, ECONNRESET],
        end_of_file,
        "The client went without AMQP's close: by end of file (its process ended, or it forgot to close) or by a RST."
    ),
    says!(
        "redis",
        "Error: Server closed the connection",
        ["Error: Server closed the connection"],
        [EPIPE, ECONNRESET],
        end_of_file,
        "redis-cli and hiredis: end of file. The server was stopped or killed, its `timeout` ran out, or somebody used CLIENT KILL."
    ),
    says!(
        "ssh",
        "kex_exchange_identification: client sent invalid protocol identifier \"GET / HTTP/1.1\"",
        [
            "client sent invalid protocol identifier",
            "kex_exchange_identification: client sent invalid protocol identifier",
            "kex_exchange_identification: banner line contains invalid characters",
            "banner exchange: Connection from"
        ],
        [],
        "In sshd: what came was no SSH but HTTP, TLS or a scan, and sshd closed. `tcpwhy explain wrong_protocol`."
    ),
    says!(
        "ssh",
        "Timeout, client not responding from user NAME HOST port N",
        ["Timeout, client not responding"],
        own_timeout,
        "In sshd, its own limit: ClientAliveCountMax (3) times ClientAliveInterval without an answer. The client's host, or the path, is gone."
    ),
    says!(
        "stunnel",
        "Connection reset: N byte(s) sent to TLS, N byte(s) sent to socket",
        ["byte(s) sent to TLS"],
        [ECONNRESET, EPIPE],
        "stunnel ended both of its connections by a RST, since one of them had failed: the line before this one has the reason. \"Connection closed\" in its place is no failure."
    ),
    says!(
        "Apache",
        "(70007)The timeout specified has expired",
        ["(70007)The timeout specified has expired"],
        own_timeout,
        "Its own limit (ProxyTimeout, connectiontimeout, Timeout), no errno. The other end may be slow rather than gone."
    ),
    says!(
        "PostgreSQL",
        "terminating walsender process due to replication timeout; terminating walreceiver due to timeout",
        ["terminating walsender process due to replication timeout", "terminating walreceiver due to timeout"],
        own_timeout,
        "The server's own limit (wal_sender_timeout, wal_receiver_timeout, 60 s): the other end of the replication did not answer. It is stuck, or the path to it is gone."
    ),
    says!("Chrome", "net::ERR_ADDRESS_UNREACHABLE", ["ERR_ADDRESS_UNREACHABLE"], [EHOSTUNREACH, ENETUNREACH], ""),
    says!("Chrome", "net::ERR_TIMED_OUT", ["ERR_TIMED_OUT"], own_timeout, ""),
    says!(
        "Chrome",
        "HOST took too long to respond. (net::ERR_CONNECTION_TIMED_OUT)",
        ["ERR_CONNECTION_TIMED_OUT", "took too long to respond"],
        [ETIMEDOUT],
        or_own_timeout,
        "Usually nothing answered the SYN: `tcpwhy explain syn_unanswered`."
    ),
    says!(
        "Chrome",
        "HOST refused to connect. (net::ERR_CONNECTION_REFUSED)",
        ["ERR_CONNECTION_REFUSED", "refused to connect"],
        [ECONNREFUSED],
        ""
    ),
    says!(
        "Chrome",
        "net::ERR_NAME_NOT_RESOLVED",
        ["ERR_NAME_NOT_RESOLVED"],
        [],
        "The name was not resolved, so no connection was opened."
    ),
    says!(
        "Firefox",
        "NS_ERROR_NET_TIMEOUT; The connection has timed out",
        ["NS_ERROR_NET_TIMEOUT", "The connection has timed out"],
        [ETIMEDOUT],
        or_own_timeout,
        "Usually its own network.http.connection-timeout (90 s): nothing answered the SYN, `tcpwhy explain syn_unanswered`."
    ),
    says!(
        "Apple",
        "NSURLErrorDomain Code=-1001 \"The request timed out.\"",
        ["NSURLErrorTimedOut", "NSURLErrorDomain Code -1001"],
        own_timeout,
        "URLSession's own timeoutIntervalForRequest (60 s). The server may be slow rather than gone."
    ),
    says!(
        "Apple",
        "NSURLErrorDomain Code=-1004 \"Could not connect to the server.\"",
        ["NSURLErrorCannotConnectToHost", "NSURLErrorDomain Code -1004"],
        [ECONNREFUSED, ETIMEDOUT, EHOSTUNREACH, ENETUNREACH],
        "The number behind _kCFStreamErrorCodeKey is the errno of macOS: 61 ECONNREFUSED, 60 ETIMEDOUT, 65 EHOSTUNREACH, 51 ENETUNREACH."
    ),
    says!(
        "Apple",
        "NSURLErrorDomain Code=-1005 \"The network connection was lost.\"",
        ["NSURLErrorNetworkConnectionLost", "NSURLErrorDomain Code -1005", "The network connection was lost"],
        [ECONNRESET, EPIPE],
        end_of_file,
        "A RST, or an end of file instead of an answer; often a keep-alive race: `tcpwhy explain keepalive_race`."
    ),
    says!(
        "Apache",
        "(70014)End of file found",
        ["(70014)End of file found"],
        [EPIPE, ECONNRESET],
        end_of_file,
        "APR's name for end of file: the other end closed by a FIN."
    ),
    says!(
        "telnet",
        "Connection closed by foreign host.",
        ["Connection closed by foreign host"],
        [EPIPE, ECONNRESET],
        end_of_file,
        "The server closed, with a FIN or a RST."
    ),
    says!(
        "swaks",
        "Remote host closed connection unexpectedly.",
        ["Remote host closed connection unexpectedly"],
        [EPIPE, ECONNRESET],
        end_of_file,
        "End of file in place of an answer."
    ),
    says!(
        "swaks",
        "Timeout (N secs) waiting for server response",
        ["swaks: Timeout waiting for server response"],
        own_timeout,
        "Its own --timeout (30 s)."
    ),
    says!(
        "lynx",
        "Unexpected network read error; connection aborted.",
        ["Unexpected network read error; connection aborted"],
        [ECONNRESET, EPIPE, ETIMEDOUT],
        end_of_file,
        "It does not tell an errno from end of file, and it has nothing to do with ECONNABORTED."
    ),
    says!(
        "mosquitto",
        "Error: The connection was lost.",
        ["Error: The connection was lost", "Unable to connect (The connection was lost"],
        [EPIPE, ECONNRESET],
        end_of_file,
        "mosquitto_pub and mosquitto_sub: the broker closed, by an end of file or a RST."
    ),
    says!(
        "iperf3",
        "error - control socket has closed unexpectedly",
        ["control socket has closed unexpectedly"],
        [EPIPE, ECONNRESET],
        end_of_file,
        "End of file from the other iperf3: it was stopped."
    ),
    says!(
        "rsync",
        "did not see server greeting",
        ["rsync: did not see server greeting"],
        [EPIPE, ECONNRESET],
        end_of_file,
        "The daemon closed without a word, or what listens there is no rsync."
    ),
    says!(
        "rsync",
        "io timeout after N seconds -- exiting; timeout waiting for daemon connection (code 35)",
        ["rsync: io timeout after", "rsync error: timeout waiting for daemon connection"],
        own_timeout,
        "rsync's own --timeout or --contimeout. The other end may be slow rather than gone."
    ),
    says!(
        "Ncat",
        "Ncat: TIMEOUT.",
        ["Ncat: TIMEOUT"],
        own_timeout,
        "Its own -w. Usually nothing answered the SYN: `tcpwhy explain syn_unanswered`."
    ),
];
