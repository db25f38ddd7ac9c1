//! What databases, message brokers, SSH, gRPC and Windows say.

use super::*;

pub(super) const SERVICES: &[Saying] = &[
    says!(
        "psql",
        "connection to server at \"HOST\", port PORT failed: {message}",
        ["Is the server running on that host"],
        [ECONNREFUSED, ETIMEDOUT, EHOSTUNREACH, ENETUNREACH, EACCES],
        ""
    ),
    says!(
        "psql",
        "server closed the connection unexpectedly",
        ["server closed the connection unexpectedly"],
        [ECONNRESET, EPIPE],
        "libpq says so for a RST and for end of file alike."
    ),
    says!(
        "PostgreSQL",
        "FATAL: terminating connection due to administrator command",
        ["terminating connection due to"],
        [EPIPE],
        "Also \"... due to idle-session timeout\" and \"... due to idle-in-transaction timeout\". The server said so and closed by a FIN: who reads gets the message, who writes first loses what it wrote, then EPIPE."
    ),
    says!(
        "PostgreSQL",
        "FATAL: sorry, too many clients already",
        ["sorry, too many clients already"],
        [],
        "max_connections is reached. The server answers the connection with this and closes it by a FIN: TCP did what it should."
    ),
    says!(
        "PostgreSQL",
        "FATAL: the database system is shutting down",
        ["the database system is"],
        [],
        "Also \"starting up\" and \"in recovery mode\". The server answers the connection with this and closes it by a FIN: wait and try again."
    ),
    says!(
        "PostgreSQL",
        "FATAL: connection to client lost",
        ["connection to client lost", "could not send data to client"],
        [ECONNRESET, EPIPE],
        "The client went while the server was sending its result: `tcpwhy explain client_gave_up`."
    ),
    says!(
        "MySQL",
        "ERROR 2003: Can't connect to MySQL server on 'HOST:PORT' ({number})",
        ["Can't connect to MySQL server", "mysql 2003", "ERROR 2003"],
        [ECONNREFUSED, ETIMEDOUT, EHOSTUNREACH, ENETUNREACH],
        "The number in brackets is the errno."
    ),
    says!(
        "MySQL",
        "ERROR 2013: Lost connection to MySQL server during query",
        ["Lost connection to MySQL server during query", "mysql 2013", "ERROR 2013"],
        [ECONNRESET, ETIMEDOUT],
        ""
    ),
    says!(
        "MySQL",
        "ERROR 2006: MySQL server has gone away",
        ["MySQL server has gone away", "mysql 2006", "ERROR 2006"],
        [EPIPE, ECONNRESET],
        "Usually a pooled connection that the server closed after wait_timeout."
    ),
    says!(
        "MySQL",
        "ERROR 1040: Too many connections",
        ["Too many connections", "mysql 1040", "ERROR 1040"],
        [],
        "max_connections is reached. The server answers the connection with this and closes it: TCP did what it should."
    ),
    says!(
        "MySQL",
        "Aborted connection N to db: ... (Got timeout reading communication packets)",
        ["Got timeout reading communication packets"],
        [],
        "wait_timeout or net_read_timeout ran out, and the server closed. MariaDB does it by a RST: its client then gets ECONNRESET at the next query."
    ),
    says!(
        "MySQL",
        "Aborted connection N to db: ... (Got an error reading communication packets)",
        ["Got an error reading communication packets"],
        [ECONNRESET, EPIPE],
        "The client went without COM_QUIT, by a FIN (its process ended, or it forgot to close) or by a RST."
    ),
    says!(
        "MySQL",
        "Aborted connection N to db: 'unconnected' ... (This connection closed normally without authentication)",
        ["closed normally without authentication"],
        [],
        "The client had its greeting and closed by a FIN before it logged in: a health check or a scan, or a client that was told that its host is not allowed."
    ),
    says!(
        "MySQL",
        "Got an error writing communication packets",
        ["Got an error writing communication packets"],
        [EPIPE, ECONNRESET],
        "The client was gone when the server wrote its answer, or the server had shut the connection down itself (KILLED)."
    ),
    says!(
        "ssh",
        "ssh: connect to host HOST port 22: {message}",
        ["ssh: connect to host"],
        [ECONNREFUSED, ETIMEDOUT, EHOSTUNREACH, ENETUNREACH],
        ""
    ),
    says!(
        "ssh",
        "kex_exchange_identification: read: Connection reset by peer",
        ["kex_exchange_identification"],
        [ECONNRESET, EPIPE],
        "\"Connection closed by remote host\": end of file. Before the banner: sshd's MaxStartups is reached, a ban or a filter (fail2ban, TCP wrappers), or what listens there is no sshd."
    ),
    says!(
        "ssh",
        "Connection to HOST closed by remote host.",
        ["closed by remote host"],
        [EPIPE, ECONNRESET],
        "End of file without SSH's goodbye: the server's process of this session was killed, or its host shut down."
    ),
    says!(
        "ssh",
        "Exceeded MaxStartups",
        ["Exceeded MaxStartups", "past MaxStartups"],
        [],
        "sshd has as many connections that are not logged in yet as MaxStartups allows, and closes this one by a FIN after these words."
    ),
    says!(
        "redis",
        "ConnectionError: Connection closed by server.",
        ["Connection closed by server"],
        [EPIPE, ECONNRESET],
        "End of file: the server was stopped or killed, its `timeout` ran out, or somebody used CLIENT KILL."
    ),
    says!(
        "redis",
        "TimeoutError: Timeout reading from socket",
        ["Timeout reading from socket"],
        [ETIMEDOUT],
        "The program's own limit (socket_timeout)."
    ),
    says!(
        "mosquitto",
        "Client NAME closed its connection.",
        ["closed its connection"],
        [ECONNRESET, EPIPE],
        "It went without DISCONNECT: by a FIN (its process was killed) or by a RST. Its will is published."
    ),
    says!(
        "gRPC",
        "DEADLINE_EXCEEDED: Deadline Exceeded",
        ["DEADLINE_EXCEEDED"],
        [ETIMEDOUT],
        "The call's own deadline. The connection lives: the client cancels the call by a RST_STREAM."
    ),
    says!(
        "gRPC",
        "UNAVAILABLE: failed to connect to all addresses; last error: ...",
        ["failed to connect to all addresses"],
        [ECONNREFUSED, ETIMEDOUT, EHOSTUNREACH, ENETUNREACH],
        "The last error names the errno."
    ),
    says!(
        "gRPC",
        "UNAVAILABLE: Stream removed (Socket closed)",
        ["Stream removed (Socket closed)"],
        [EPIPE, ECONNRESET],
        "The server's end of file or RST came in the middle of the call: its process died."
    ),
    says!(
        "gRPC",
        "UNAVAILABLE: Too many pings; GOAWAY ... too_many_pings",
        ["Too many pings", "too_many_pings", "ENHANCE_YOUR_CALM"],
        [],
        "The server ends a connection on which keep-alive pings come more often than it allows (grpc.http2.min_ping_interval_without_data_ms, five minutes by default). Raise the client's keepalive_time, or let the server allow it."
    ),
    says!(
        "gRPC",
        "UNAVAILABLE: max connection age",
        ["max connection age"],
        [],
        "The server's grpc.max_connection_age and its grace ran out: it said GOAWAY, and ended what still ran. Retry on a new connection."
    ),
    says!(
        "gRPC",
        "UNAVAILABLE: Cancelling all calls",
        ["Cancelling all calls"],
        [],
        "The server was stopped with a grace shorter than the call needed. Retry on a new connection what is idempotent."
    ),
    says!(
        "Windows",
        "WSAECONNREFUSED (10061): No connection could be made because the target machine actively refused it.",
        ["WSAECONNREFUSED", "10061", "target machine actively refused it"],
        [ECONNREFUSED],
        ""
    ),
    says!(
        "Windows",
        "WSAECONNRESET (10054): An existing connection was forcibly closed by the remote host.",
        ["WSAECONNRESET", "10054", "forcibly closed by the remote host"],
        [ECONNRESET],
        ""
    ),
    says!(
        "Windows",
        "WSAECONNABORTED (10053): An established connection was aborted by the software in your host machine.",
        ["WSAECONNABORTED", "10053", "aborted by the software in your host machine"],
        [ECONNABORTED],
        "Its own side gave up, often after retransmissions without an answer."
    ),
    says!(
        "Windows",
        "WSAETIMEDOUT (10060): A connection attempt failed because the connected party did not properly respond ...",
        ["WSAETIMEDOUT", "10060", "connected party did not properly respond"],
        [ETIMEDOUT],
        ""
    ),
    says!(
        "Windows",
        "WSAEHOSTUNREACH (10065): A socket operation was attempted to an unreachable host.",
        ["WSAEHOSTUNREACH", "10065", "attempted to an unreachable host"],
        [EHOSTUNREACH],
        ""
    ),
    says!(
        "Windows",
        "WSAENETUNREACH (10051): A socket operation was attempted to an unreachable network.",
        ["WSAENETUNREACH", "10051", "attempted to an unreachable network"],
        [ENETUNREACH],
        ""
    ),
    says!(
        "Windows",
        "WSAEACCES (10013): An attempt was made to access a socket in a way forbidden by its access permissions.",
        ["WSAEACCES", "10013", "forbidden by its access permissions"],
        [EACCES],
        ""
    ),
    says!(
        "ssh",
        "Timeout, server HOST not responding.",
        ["Timeout, server HOST not responding"],
        [ETIMEDOUT],
        "The program's own limit: ServerAliveCountMax (3) times ServerAliveInterval without an answer. The host, or the path, is gone."
    ),
    says!(
        "ssh",
        "client_loop: send disconnect: Broken pipe",
        ["client_loop: send disconnect", "packet_write_wait"],
        [EPIPE, ETIMEDOUT, ECONNRESET],
        "The session was open, and the connection had ended: mostly a NAT or a firewall that forgot it while it was idle. ServerAliveInterval keeps it alive."
    ),
    says!(
        "ssh",
        "Connection timed out during banner exchange",
        ["during banner exchange"],
        [ETIMEDOUT],
        "ssh's own ConnectTimeout. The connection is there, but no SSH banner came: what listens is stuck, or no sshd."
    ),
    says!(
        "PostgreSQL",
        "FATAL: remaining connection slots are reserved for non-replication superuser connections",
        ["remaining connection slots are reserved"],
        [],
        "max_connections less superuser_reserved_connections is reached. The server answers the connection with this and closes it by a FIN: TCP did what it should."
    ),
    says!(
        "PostgreSQL",
        "LOG: unexpected EOF on client connection with an open transaction",
        ["unexpected EOF on client connection"],
        [],
        "The client closed by a FIN without libpq's Terminate, in the middle of a transaction: its process ended, or it forgot to close. `tcpwhy explain client_gave_up`."
    ),
    says!(
        "PostgreSQL",
        "LOG: could not receive data from client: {message}",
        ["could not receive data from client"],
        [ECONNRESET, ETIMEDOUT],
        "In the server: the client reset the connection, or its host is gone."
    ),
    says!(
        "PostgreSQL",
        "LOG: invalid length of startup packet",
        ["invalid length of startup packet"],
        [],
        "What came was not PostgreSQL's protocol: HTTP or another one, a scan, or a health check that sends something."
    ),
    says!(
        "redis",
        "-ERR max number of clients reached",
        ["max number of clients reached"],
        [],
        "maxclients is reached. The server answers the connection with this and closes it; a client that has sent something meanwhile may get a RST in place of the answer."
    ),
    says!(
        "redis",
        "ConnectionError: Error 111 connecting to HOST:PORT. Connection refused.",
        ["redis.exceptions.ConnectionError", "Could not connect to Redis at"],
        [ECONNREFUSED, ECONNRESET, ETIMEDOUT, EHOSTUNREACH, ENETUNREACH],
        ""
    ),
    says!(
        "ssh",
        "Connection reset by HOST port 22",
        ["Connection reset by HOST port"],
        [ECONNRESET],
        "Behind the banner, in the key exchange: sshd, or what listens there, closed with something unread."
    ),
    says!(
        "ssh",
        "Connection closed by HOST port 22",
        ["Connection closed by HOST port"],
        [EPIPE, ECONNRESET],
        "End of file before the login was done; sshd's log has the reason. Before the banner see kex_exchange_identification."
    ),
    says!(
        "glibc",
        "getaddrinfo(): Temporary failure in name resolution; Name or service not known",
        ["Temporary failure in name resolution", "Name or service not known"],
        [],
        "The name was not resolved, and no connection was begun. Temporary failure: the name server did not answer; not known: it knows no such name."
    ),
];
