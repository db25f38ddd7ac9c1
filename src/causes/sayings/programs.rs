//! What servers, pools and brokers say of what they end or see end, mostly without an errno.

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
    says!(
        "gunicorn",
        "[CRITICAL] WORKER TIMEOUT (pid:N)",
        ["[CRITICAL] WORKER TIMEOUT", "was sent SIGKILL! Perhaps out of memory"],
        [EPIPE, ECONNRESET],
        end_of_file,
        "--timeout (30 s) ran out and the worker was killed, or the kernel killed it for want of memory. The client, or the proxy in front, gets end of file instead of an answer; a RST where the request was not read to its end. `tcpwhy explain server_deadline`."
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
    says!(
        "Apache",
        "(70014)End of file found",
        ["(70014)End of file found"],
        [EPIPE, ECONNRESET],
        end_of_file,
        "APR's name for end of file: the other end closed by a FIN."
    ),
    says!(
        "mosquitto",
        "Error: The connection was lost.",
        ["Error: The connection was lost", "Unable to connect (The connection was lost"],
        [EPIPE, ECONNRESET],
        end_of_file,
        "mosquitto_pub and mosquitto_sub: the broker closed, by an end of file or a RST."
    ),
];
