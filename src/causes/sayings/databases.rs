//! What the drivers of databases and caches say: JDBC, Oracle, SQL Server, MongoDB, Redis, Elasticsearch.

use super::*;

pub(super) const DATABASES: &[Saying] = &[
    says!(
        "MySQL",
        "com.mysql.cj.jdbc.exceptions.CommunicationsException: Communications link failure",
        ["Communications link failure", "The last packet successfully received from the server was"],
        [ECONNRESET, EPIPE, ETIMEDOUT, ECONNREFUSED, EHOSTUNREACH, ENETUNREACH],
        end_of_file,
        "Connector/J, of any failure of its connection: the last \"Caused by\" names it. If the last packet was received long ago, the pool handed out a connection that had ended while it was idle: keep maxLifetime below wait_timeout and below what firewalls on the path allow."
    ),
    says!(
        "MySQL",
        "The driver has not received any packets from the server.",
        ["The driver has not received any packets from the server"],
        CONNECTING,
        end_of_file,
        "Connector/J: connect() failed, or no greeting came on the new connection. The last \"Caused by\" names the errno."
    ),
    says!(
        "MySQL",
        "java.io.EOFException: Can not read response from server. Expected to read 4 bytes, read 0 bytes",
        ["EOFException: Can not read response from server", "unexpected end of stream, read 0 bytes from"],
        [EPIPE, ECONNRESET],
        end_of_file,
        "End of file where an answer should come: the server closed (wait_timeout, KILL, a restart), or a proxy between them did."
    ),
    says!(
        "MySQL",
        "Lost connection to MySQL server at 'reading initial communication packet', system error: {number}",
        ["Lost connection to MySQL server at", "Lost connection to server at 'handshake"],
        [ECONNRESET, EPIPE, ETIMEDOUT],
        end_of_file,
        "The number is the errno; 0 means end of file. With 'reading ... packet' it was connected, and the login was not finished: the server, or a proxy in front of it, closed or did not answer."
    ),
    says!(
        "MySQL",
        "Host 'ADDRESS' is blocked because of many connection errors",
        ["is blocked because of many connection errors"],
        [],
        "max_connect_errors was reached by connections of this host that ended before they had logged in, as health checks do. The server answers with this and closes. FLUSH HOSTS lets it in again."
    ),
    says!(
        "MySQL",
        "ERROR 4031: The client was disconnected by the server because of inactivity.",
        ["disconnected by the server because of inactivity", "mysql 4031", "ERROR 4031"],
        [],
        "wait_timeout or interactive_timeout ran out while the connection was idle: the server sent this, and closed. Let the pool retire connections earlier."
    ),
    says!(
        "MySQL",
        "Connection lost: The server closed the connection. err.code is 'PROTOCOL_CONNECTION_LOST'",
        ["PROTOCOL_CONNECTION_LOST", "Connection lost: The server closed the connection"],
        [EPIPE, ECONNRESET],
        end_of_file,
        "Node's mysql and mysql2: end of file. The server closed (wait_timeout, KILL, a restart), or a proxy between them did."
    ),
    says!(
        "MySQL",
        "Unable to connect to any of the specified MySQL hosts.",
        ["Unable to connect to any of the specified MySQL hosts"],
        CONNECTING,
        "The inner exception has the errno, unless its own ConnectionTimeout ran out."
    ),
    says!(
        "pgJDBC",
        "org.postgresql.util.PSQLException: An I/O error occurred while sending to the backend.",
        ["An I/O error occurred while sending to the backend"],
        [ECONNRESET, EPIPE, ETIMEDOUT],
        end_of_file,
        "Also of what failed while it waited for the answer; the \"Caused by\" names it. EOFException: end of file. SocketTimeoutException: its own socketTimeout. SocketException after an idle time: the pool handed out a connection that had ended."
    ),
    says!(
        "pgJDBC",
        "org.postgresql.util.PSQLException: The connection attempt failed.",
        ["PSQLException: The connection attempt failed"],
        [ETIMEDOUT, EHOSTUNREACH, ENETUNREACH, ECONNRESET, EPIPE],
        end_of_file,
        "The \"Caused by\" names it. EOFException: what listens there closed before the login was complete. UnknownHostException: the name was not resolved."
    ),
    says!(
        "pgJDBC",
        "Connection to HOST:PORT refused. Check that the hostname and port are correct and that the postmaster ...",
        ["Check that the hostname and port are correct and that the postmaster is accepting"],
        [ECONNREFUSED, ETIMEDOUT],
        "It says \"refused\" of every ConnectException: the \"Caused by\" tells \"Connection refused\" from \"Connection timed out\"."
    ),
    says!(
        "pgJDBC",
        "org.postgresql.util.PSQLException: This connection has been closed.",
        ["PSQLException: This connection has been closed"],
        [],
        "The program used a connection that it, or its pool, had closed, perhaps because an earlier call failed: look for the first error of this connection."
    ),
    says!(
        "psql",
        "connection to server at \"HOST\", port PORT failed: timeout expired",
        ["failed: timeout expired", "could not connect to server: timeout expired"],
        own_timeout,
        "libpq's own connect_timeout. Nothing answered the SYN, or the server accepted and did not go on with the login."
    ),
    says!(
        "Oracle",
        "ORA-12541: TNS:no listener",
        ["ORA-12541", "TNS-12541", "TNS:no listener"],
        [ECONNREFUSED],
        "Nothing listens on the listener's port (1521): see `lsnrctl status` on the server, and the port in the connect string."
    ),
    says!(
        "Oracle",
        "ORA-12543: TNS:destination host unreachable",
        ["ORA-12543", "TNS-12543"],
        [EHOSTUNREACH, ENETUNREACH],
        ""
    ),
    says!(
        "Oracle",
        "ORA-12170: TNS:Connect timeout occurred",
        ["ORA-12170", "TNS-12170", "ORA-12535", "TNS-12535"],
        [ETIMEDOUT],
        or_own_timeout,
        "Its own limit (TCP.CONNECT_TIMEOUT, SQLNET.OUTBOUND_CONNECT_TIMEOUT), or the kernel's. Usually a filter drops the SYN, or the packets to the port to which the listener sent the client on."
    ),
    says!(
        "Oracle",
        "WARNING: inbound connection timed out (ORA-3136)",
        ["inbound connection timed out", "ORA-3136", "ORA-03136"],
        own_timeout,
        "In the server, its own SQLNET.INBOUND_CONNECT_TIMEOUT (60 s): a client connected and did not finish its login. A health check, a scan, or a slow client or server."
    ),
    says!(
        "Oracle",
        "ORA-12514: TNS:listener does not currently know of service requested in connect descriptor",
        ["ORA-12514", "TNS-12514", "ORA-12505", "TNS-12505", "ORA-12519", "TNS-12519", "ORA-12516", "ORA-12520"],
        [],
        "The listener answered, and refused: it does not know this service or SID (12514, 12505), or has no free handler for it (12516, 12519, 12520). See `lsnrctl services`; the database may still be starting."
    ),
    says!(
        "Oracle",
        "ORA-12537: TNS:connection closed; ORA-12547: TNS:lost contact",
        ["ORA-12537", "TNS-12537", "ORA-12547", "TNS-12547"],
        [EPIPE, ECONNRESET],
        end_of_file,
        "The other end closed during the login: the listener's valid-node checking, a server process that could not start, or a device between them. The listener's log tells of the first two."
    ),
    says!(
        "Oracle",
        "ORA-03113: end-of-file on communication channel",
        ["ORA-03113", "end-of-file on communication channel", "ORA-03135"],
        [ECONNRESET, EPIPE, ETIMEDOUT],
        end_of_file,
        "The server's process of this session ended (alert log), or a device forgot the connection while it was idle or closed it: SQLNET.EXPIRE_TIME keeps it alive."
    ),
    says!(
        "Oracle",
        "ORA-12571: TNS:packet writer failure",
        ["ORA-12571", "TNS-12571"],
        [EPIPE, ECONNRESET, ETIMEDOUT],
        "A write failed: the connection had ended before, mostly while it was idle."
    ),
    says!(
        "Oracle",
        "java.sql.SQLRecoverableException: IO Error: Got minus one from a read call",
        ["Got minus one from a read call", "No more data to read from socket"],
        [EPIPE, ECONNRESET],
        end_of_file,
        "The JDBC driver read end of file. In the login, the listener refused (valid-node checking, too many processes); later, the server's process of this session ended. The listener's or the alert log has the reason."
    ),
    says!(
        "Oracle",
        "java.sql.SQLRecoverableException: IO Error: The Network Adapter could not establish the connection",
        ["The Network Adapter could not establish the connection"],
        CONNECTING,
        "The JDBC driver: connect() failed, or the name was not resolved. The \"Caused by\" has the errno."
    ),
    says!(
        "SQL Server",
        "A transport-level error has occurred when receiving results from the server. (provider: TCP Provider, ...)",
        ["A transport-level error has occurred when"],
        [ECONNRESET, EPIPE, ETIMEDOUT],
        end_of_file,
        "The text behind \"TCP Provider, error: 0\" is that of the system. With the first command on a connection from the pool, it had ended while it was idle: a restart, a failover, or a device that forgot it."
    ),
    says!(
        "SQL Server",
        "(provider: TCP Provider, error: 0 - The semaphore timeout period has expired.)",
        ["TCP Provider, error: 0 - The semaphore timeout period has expired"],
        [ETIMEDOUT],
        "Windows error 121, what was sent was not acknowledged: the other host, or the path to it, is gone."
    ),
    says!(
        "SQL Server",
        "(provider: TCP Provider, error: 0 - The specified network name is no longer available.)",
        ["TCP Provider, error: 0 - The specified network name is no longer available"],
        [ECONNRESET],
        "Windows error 64, how it reports a RST to a program that reads in the background."
    ),
    says!(
        "SQL Server",
        "A network-related or instance-specific error occurred while establishing a connection to SQL Server.",
        ["A network-related or instance-specific error occurred while establishing a connection"],
        CONNECTING,
        "With \"error: 26\" no TCP connection was opened: SQL Server Browser (UDP 1434) did not tell the instance's port. Otherwise the text at the end is that of the system."
    ),
    says!(
        "SQL Server",
        "A connection was successfully established with the server, but then an error occurred during the pre-login handshake.",
        ["error occurred during the pre-login handshake", "error occurred during the login process"],
        [ECONNRESET, EPIPE, ETIMEDOUT],
        end_of_file,
        "The text at the end is that of the system. What listens there closed or did not answer (its own timeout), or the TLS handshake failed."
    ),
    says!(
        "SQL Server",
        "Execution Timeout Expired. The timeout period elapsed prior to completion of the operation ...",
        ["The timeout period elapsed prior to completion of the operation"],
        [],
        "The client's own CommandTimeout (30 s): it cancels the command, and the connection stays open. The query was slow or waited for a lock."
    ),
    says!(
        "SQL Server",
        "Timeout expired. The timeout period elapsed prior to obtaining a connection from the pool.",
        ["elapsed prior to obtaining a connection from the pool"],
        [],
        "The pool's own limit: all its connections (Max Pool Size) were in use. Look for connections that are not closed."
    ),
    says!(
        "Npgsql",
        "NpgsqlException: Exception while reading from stream",
        ["Npgsql: Exception while reading from stream", "Npgsql: Exception while writing to stream"],
        [ECONNRESET, EPIPE, ETIMEDOUT],
        end_of_file,
        "The inner exception has the errno. EndOfStreamException: end of file. TimeoutException: its own Command Timeout."
    ),
    says!(
        "Npgsql",
        "NpgsqlException: Failed to connect to HOST:PORT",
        ["Npgsql: Failed to connect to"],
        CONNECTING,
        "The inner exception has the errno."
    ),
    says!(
        "MongoDB",
        "MongoNetworkError: connection N to HOST:PORT closed",
        [
            "MongoNetworkError",
            "MongoSocketReadException",
            "Prematurely reached end of stream",
            "pymongo.errors.AutoReconnect",
            "MongoDB: socket was unexpectedly closed"
        ],
        [EPIPE, ECONNRESET],
        end_of_file,
        "The connection ended: the server was stopped or stepped down, its host went, or a device closed it while it was idle (maxIdleTimeMS keeps the pool ahead of that)."
    ),
    says!(
        "MongoDB",
        "MongoNetworkTimeoutError: connection N to HOST:PORT timed out",
        ["MongoNetworkTimeoutError", "MongoSocketReadTimeoutException", "pymongo.errors.NetworkTimeout"],
        own_timeout,
        "The driver's own limit (connectTimeoutMS, socketTimeoutMS). The server may be slow rather than gone."
    ),
    says!(
        "MongoDB",
        "MongoServerSelectionError: ...",
        [
            "MongoServerSelectionError",
            "MongooseServerSelectionError",
            "ServerSelectionTimeoutError",
            "MongoTimeoutException",
            "MongoSocketOpenException"
        ],
        [ECONNREFUSED, ETIMEDOUT, ECONNRESET, EPIPE, EHOSTUNREACH, ENETUNREACH],
        end_of_file,
        "No server could be used within serverSelectionTimeoutMS (30 s): the text has the last error of each. They are tried by the addresses that the replica set itself tells, which must be reachable from here."
    ),
    says!(
        "Prisma",
        "Can't reach database server at `HOST`:`PORT`",
        ["Can't reach database server at"],
        CONNECTING,
        "P1001: connect() failed, or its own connect_timeout (5 s) ran out."
    ),
    says!(
        "Node",
        "Connection terminated unexpectedly",
        ["Error: Connection terminated unexpectedly"],
        [EPIPE, ECONNRESET],
        end_of_file,
        "node-postgres: end of file without a goodbye. The server's process was killed, or something between them closed."
    ),
    says!(
        "asyncpg",
        "ConnectionDoesNotExistError: connection was closed in the middle of operation",
        ["connection was closed in the middle of operation"],
        [EPIPE, ECONNRESET, ETIMEDOUT],
        end_of_file,
        "The server's process was killed, something between them closed, or nothing acknowledged the query."
    ),
    says!(
        "Elasticsearch",
        "NoNodeAvailableException: None of the configured nodes are available",
        ["NoNodeAvailableException", "ConnectTransportException"],
        [ECONNREFUSED, ETIMEDOUT, EHOSTUNREACH, ENETUNREACH, ECONNRESET],
        end_of_file,
        "No node could be connected to. Lines before it have the errno; without one, look for a wrong cluster name or port (9300 for the transport, 9200 for HTTP)."
    ),
    says!(
        "Elasticsearch",
        "NodeDisconnectedException: [NODE][HOST:9300][ACTION] disconnected",
        ["NodeDisconnectedException"],
        [EPIPE, ECONNRESET, ETIMEDOUT],
        end_of_file,
        "The connection to the other node ended while it waited for an answer: that node stopped, or a device forgot the connection while it was idle."
    ),
    says!(
        "Cassandra",
        "AllNodesFailedException: Could not reach any contact point",
        ["Could not reach any contact point", "cassandra.cluster.NoHostAvailable"],
        CONNECTING,
        "The text has the error of each node."
    ),
    says!(
        "Oracle",
        "ORA-12560: TNS:protocol adapter error",
        ["ORA-12560", "TNS-12560"],
        [ECONNREFUSED, ECONNRESET, EPIPE, ETIMEDOUT],
        end_of_file,
        "A general error of Oracle's network layer: the errors beneath it, in sqlnet.log or listener.log, have the errno. Alone, from a client whose connect string has no host, it is about the instance of this host, and no TCP connection was opened."
    ),
    says!(
        "Oracle",
        "ORA-03114: not connected to ORACLE; SQLRecoverableException: Closed Connection",
        ["ORA-03114", "SQLRecoverableException: Closed Connection"],
        [],
        "The program used a connection that had ended or been closed: look for the first error of this connection."
    ),
    says!(
        "PostgreSQL",
        "FATAL: canceling authentication due to timeout",
        ["canceling authentication due to timeout"],
        [],
        "The server's own authentication_timeout (60 s): the client connected and did not finish its login."
    ),
];
