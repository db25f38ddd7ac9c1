//! Messages as they are on the wire.

/// Bytes from hexadecimal digits; whatever is no digit is skipped.
pub fn hex(text: &str) -> Vec<u8> {
    let digits: Vec<u32> = text.chars().filter_map(|character| character.to_digit(16)).collect();
    digits.chunks_exact(2).map(|pair| (pair[0] * 16 + pair[1]) as u8).collect()
}

/// The ClientHello of RFC 8448 section 3.
pub fn client_hello() -> Vec<u8> {
    hex(
        "16 03 01 00 c4 01 00 00 c0 03 03 cb 34 ec b1 e7 81 63 ba 1c 38 c6 da cb 19 6a 6d ff a2 1a 8d 99 12 ec 18 a2 ef \
         62 83 02 4d ec e7 00 00 06 13 01 13 03 13 02 01 00 00 91 00 00 00 0b 00 09 00 00 06 73 65 72 76 65 72 ff 01 \
         00 01 00 00 0a 00 14 00 12 00 1d 00 17 00 18 00 19 01 00 01 01 01 02 01 03 01 04 00 23 00 00 00 33 00 26 00 \
         24 00 1d 00 20 99 38 1d e5 60 e4 bd 43 d2 3d 8e 43 5a 7d ba fe b3 c0 6e 51 c1 3c ae 4d 54 13 69 1e 52 9a af \
         2c 00 2b 00 03 02 03 04 00 0d 00 20 00 1e 04 03 05 03 06 03 02 03 08 04 08 05 08 06 04 01 05 01 06 01 02 01 \
         04 02 05 02 06 02 02 02 00 2d 00 02 01 01 00 1c 00 02 40 01",
    )
}

/// The ServerHello of RFC 8448 section 3.
pub fn server_hello() -> Vec<u8> {
    hex(
        "16 03 03 00 5a 02 00 00 56 03 03 a6 af 06 a4 12 18 60 dc 5e 6e 60 24 9c d3 4c 95 93 0c 8a c5 cb 14 34 da c1 55 \
         77 2e d3 e2 69 28 00 13 01 00 00 2e 00 33 00 24 00 1d 00 20 c9 82 88 76 11 20 95 fe 66 76 2b db f7 c6 72 e1 \
         56 d6 cc 25 3b 83 3d f1 dd 69 b1 b0 4e 75 1f 0f 00 2b 00 02 03 04",
    )
}

/// A ClientHello that offers TLS 1.2 with this server name and these protocols.
pub fn client_hello_for(name: &[u8], protocols: &[&[u8]]) -> Vec<u8> {
    let sized = |size: usize, body: &[u8]| [&body.len().to_be_bytes()[8 - size..], body].concat();
    let names = sized(2, &[&[0], &sized(2, name)[..]].concat());
    let protocols = sized(2, &protocols.iter().flat_map(|name| sized(1, name)).collect::<Vec<u8>>());
    let grease = [&[0x1a, 0x1a][..], &sized(2, &[0])].concat();
    let extensions = [&grease[..], &[0, 0], &sized(2, &names), &[0, 16], &sized(2, &protocols)].concat();
    let hello = [&[3, 3][..], &[7; 32], &[0], &[0, 2, 0xc0, 0x2f], &[1, 0], &sized(2, &extensions)].concat();
    [&[22, 3, 1][..], &sized(2, &[&[1], &sized(3, &hello)[..]].concat())].concat()
}

/// A record of this type and length, TLS 1.2 or later.
pub fn record(kind: u8, length: usize) -> Vec<u8> {
    let mut bytes = vec![kind, 3, 3, (length >> 8) as u8, length as u8];
    bytes.extend((0..length).map(|at| (at * 37 + 201) as u8));
    bytes
}

/// An alert in clear.
pub fn alert(level: u8, description: u8) -> Vec<u8> {
    vec![21, 3, 3, 0, 2, level, description]
}

/// A ChangeCipherSpec.
pub fn cipher_change() -> Vec<u8> {
    vec![20, 3, 3, 0, 1, 1]
}

/// A frame of HTTP/2.
pub fn frame(kind: u8, flags: u8, stream: u32, payload: &[u8]) -> Vec<u8> {
    [&payload.len().to_be_bytes()[5..], &[kind, flags], &stream.to_be_bytes(), payload].concat()
}

/// A client's first flight of HTTP/2: preface, SETTINGS, and a request (`:method: GET`, `:scheme: http`, `:path: /`).
pub fn http2_request() -> Vec<u8> {
    let preface = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n".to_vec();
    [preface, frame(4, 0, 0, &[0, 3, 0, 0, 0, 100]), frame(1, 5, 1, &[0x82, 0x86, 0x84])].concat()
}

/// A message of PostgreSQL.
pub fn postgresql(kind: u8, body: &[u8]) -> Vec<u8> {
    [&[kind], &(body.len() as u32 + 4).to_be_bytes()[..], body].concat()
}

/// A first message of PostgreSQL: a code and a body.
pub fn postgresql_first(code: u32, body: &[u8]) -> Vec<u8> {
    [&(body.len() as u32 + 8).to_be_bytes()[..], &code.to_be_bytes(), body].concat()
}

/// The ErrorResponse of a PostgreSQL server that is shut down.
pub fn postgresql_shutdown() -> Vec<u8> {
    let fields =
        b"SFATAL\0VFATAL\0C57P01\0Mterminating connection due to administrator command\0Fpostgres.c\0L3280\0\0";
    postgresql(b'E', fields)
}

/// A packet of MySQL.
pub fn mysql(sequence: u8, body: &[u8]) -> Vec<u8> {
    [&body.len().to_le_bytes()[..3], &[sequence], body].concat()
}

/// The greeting of a MySQL server that offers TLS.
pub fn mysql_greeting() -> Vec<u8> {
    mysql(
        0,
        b"\x0a8.0.36\0\x0b\0\0\0abcdefgh\0\xff\xff\xff\x02\0\xff\xdf\x15\0\0\0\0\0\0\0\0\0\0abcdefghijkl\0caching_sha2_password\0",
    )
}

/// A question of DNS for "w.example", an answer to it if `flags` say so.
pub fn dns(flags: u16, kind: u8) -> Vec<u8> {
    let question = [&b"\x01w\x07example\0\0"[..], &[kind], b"\0\x01"].concat();
    let head = [&[7, 7][..], &flags.to_be_bytes(), &[0, 1, 0, 0, 0, 0, 0, 0]].concat();
    [&((head.len() + question.len()) as u16).to_be_bytes()[..], &head, &question].concat()
}

/// A method frame of AMQP 0-9-1.
pub fn amqp(channel: u8, class: u8, method: u8, arguments: &[u8]) -> Vec<u8> {
    let body = [&[0, class, 0, method], arguments].concat();
    [&[1, 0, channel][..], &(body.len() as u32).to_be_bytes(), &body, &[0xce]].concat()
}

/// A request of Kafka: what is asked for, its version, the client's name, and what follows.
pub fn kafka(key: u16, version: u16, client: &[u8], body: &[u8]) -> Vec<u8> {
    let head = [&key.to_be_bytes()[..], &version.to_be_bytes(), &[0, 0, 0, 7], &(client.len() as u16).to_be_bytes()];
    let request = [&head.concat()[..], client, body].concat();
    [&(request.len() as u32).to_be_bytes()[..], &request].concat()
}

/// A document of MongoDB.
pub fn bson(elements: &[u8]) -> Vec<u8> {
    [&(elements.len() as u32 + 5).to_le_bytes()[..], elements, &[0]].concat()
}

/// An OP_MSG of MongoDB, with its flags and its document's elements. `answers` is 0 in a request.
pub fn mongodb(answers: u32, flags: u32, elements: &[u8]) -> Vec<u8> {
    let body = [&flags.to_le_bytes()[..], &[0], &bson(elements)].concat();
    let numbers = [body.len() as u32 + 16, 9, answers, 2013].map(u32::to_le_bytes);
    [&numbers.concat()[..], &body].concat()
}

/// How pymongo asks for documents.
pub fn mongodb_find() -> Vec<u8> {
    mongodb(
        0,
        0,
        b"\x02find\0\x07\0\0\0orders\0\x03filter\0\x14\0\0\0\x02secret\0\x03\0\0\0s3\0\0\x02$db\0\x05\0\0\0shop\0",
    )
}

/// How a MongoDB server that is shut down answers.
pub fn mongodb_shutdown() -> Vec<u8> {
    mongodb(
        9,
        0,
        b"\x01ok\0\0\0\0\0\0\0\0\0\x02errmsg\0\x05\0\0\0s3:b\0\x10code\0\x5b\0\0\0\x02codeName\0\x13\0\0\0ShutdownInProgress\0",
    )
}

/// A packet of SQL Server's.
pub fn tds(kind: u8, body: &[u8]) -> Vec<u8> {
    [&[kind, 1], &(body.len() as u16 + 8).to_be_bytes()[..], &[0, 0, 1, 0], body].concat()
}

/// Text in UTF-16.
pub fn wide(text: &str) -> Vec<u8> {
    text.encode_utf16().flat_map(u16::to_le_bytes).collect()
}

/// The headers of a request to SQL Server: outside of a transaction.
pub fn tds_headers() -> Vec<u8> {
    hex("16 00 00 00 12 00 00 00 02 00 00 00 00 00 00 00 00 00 01 00 00 00")
}

/// SQL Server's prelogin, TLS being off, on, not there or required.
pub fn tds_prelogin(kind: u8, encryption: u8) -> Vec<u8> {
    let options = hex("00 00 0b 00 06 01 00 11 00 01 ff 10 00 0f a0 00 00");
    tds(kind, &[&options[..], &[encryption]].concat())
}

/// An answer of SQL Server that is an error.
pub fn tds_error(number: u32, severity: u8, text: &str) -> Vec<u8> {
    let text = [&(text.len() as u16).to_le_bytes()[..], &wide(text)].concat();
    let error = [&number.to_le_bytes()[..], &[1, severity], &text, &[2], &wide("db"), &[0, 1, 0, 0, 0]].concat();
    tds(
        4,
        &[&[0xaa], &(error.len() as u16).to_le_bytes()[..], &error, &hex("fd 02 00 00 00 00 00 00 00 00 00 00 00")]
            .concat(),
    )
}

/// Something in BER.
pub fn ber(tag: u8, content: &[u8]) -> Vec<u8> {
    match content.len() {
        short @ 0..=0x7f => [&[tag, short as u8], content].concat(),
        long => [&[tag, 0x82], &(long as u16).to_be_bytes()[..], content].concat(),
    }
}

/// A message of LDAP with this number.
pub fn ldap(id: u8, tag: u8, content: &[u8]) -> Vec<u8> {
    ber(0x30, &[&[2, 1, id], &ber(tag, content)[..]].concat())
}

/// A result of LDAP.
pub fn ldap_result(id: u8, tag: u8, code: u8) -> Vec<u8> {
    ldap(id, tag, &[&[10, 1, code], &ber(4, b"")[..], &ber(4, b"about uid=joe")].concat())
}

/// A search of LDAP.
pub fn ldap_search(base: &[u8]) -> Vec<u8> {
    let rest = hex("0a 01 02 0a 01 00 02 01 00 02 01 00 01 01 00 87 0b 6f 62 6a 65 63 74 43 6c 61 73 73 30 00");
    ldap(2, 0x63, &[&ber(4, base), &rest[..]].concat())
}

/// An envelope of Cassandra's; 0x80 in its version says that a server sent it.
pub fn cassandra(version: u8, code: u8, body: &[u8]) -> Vec<u8> {
    [&[version, 0, 0, 1, code], &(body.len() as u32).to_be_bytes()[..], body].concat()
}

/// A message of memcached's binary protocol: no key, no extras.
pub fn memcached(magic: u8, code: u8, status: u16) -> Vec<u8> {
    [&[magic, code, 0, 0, 0, 0], &status.to_be_bytes()[..], &[0; 16]].concat()
}

/// NATS' greeting, with more members.
pub fn nats_info(more: &str) -> Vec<u8> {
    format!("INFO {{\"server_id\":\"NAEX\",\"version\":\"2.9.10\",\"proto\":1,\"max_payload\":1048576{more}}} \r\n")
        .into_bytes()
}

/// Client's and server's messages that belong together, of every protocol.
pub fn pairs() -> Vec<(Vec<u8>, Vec<u8>)> {
    let texts: &[(&[u8], &[u8])] = &[
        (b"GET /item?key=1 HTTP/1.1\r\nHost: lab\r\n\r\n", b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello"),
        (b"CONNECT a.example:443 HTTP/1.1\r\nHost: a.example\r\n\r\n", b"HTTP/1.0 503 Unavailable\r\n\r\n"),
        (b"*2\r\n$3\r\nGET\r\n$3\r\nkey\r\n", b"-ERR max number of clients reached\r\n"),
        (b"*1\r\n$4\r\nPING\r\n", b"+PONG\r\n"),
        (b"SSH-2.0-OpenSSH_9.6\r\n", b"SSH-2.0-OpenSSH_9.2p1 Debian-2\r\n"),
        (b"EHLO lab\r\n", b"220 mail.example ESMTP Postfix\r\n"),
        (b"USER joe\r\n", b"220 ftp.example FTP server ready\r\n"),
        (b"a1 LOGIN joe secret\r\n", b"* OK [CAPABILITY IMAP4rev1 STARTTLS] ready\r\n"),
        (b"CAPA\r\n", b"+OK POP3 server ready\r\n"),
        (b"AMQP\0\0\x09\x01", b"AMQP\0\0\x09\x01"),
        (b"\x88\x82\x01\x02\x03\x04\x02\xea", b"\x88\x0d\x03\xf3bad request"),
        (b"set key 0 60 6\r\nsecret\r\n", b"SERVER_ERROR out of memory storing object\r\n"),
        (b"get key\r\n", b"VALUE key 0 6\r\nsecret\r\nEND\r\n"),
        (b"PUB orders.new 5\r\nhello\r\n", b"-ERR 'Stale Connection'\r\n"),
        (b"PROXY TCP4 10.0.0.1 10.0.0.2 1000 80\r\nGET / HTTP/1.1\r\n\r\n", b"HTTP/1.1 400 Bad Request\r\n\r\n"),
    ];
    let key_exchange = [&[0, 0, 4, 0x3c, 6, 20][..], &[9; 16], &[0, 0, 0, 17], b"curve25519-sha256", &[0; 20]].concat();
    let mut pairs = vec![
        (client_hello(), server_hello()),
        (client_hello_for(b"api.example.org", &[b"h2", b"http/1.1"]), alert(2, 40)),
        ([cipher_change(), record(23, 53)].concat(), record(23, 600)),
        ([cipher_change(), record(23, 19)].concat(), record(21, 26)),
        (http2_request(), [frame(4, 0, 0, &[]), frame(4, 1, 0, &[]), frame(1, 4, 1, &[0x88])].concat()),
        (frame(3, 0, 5, &[0, 0, 0, 8]), frame(7, 0, 0, b"\0\0\0\x03\0\0\0\x0btoo_many_pings")),
        (frame(6, 0, 0, &[1; 8]), frame(1, 4, 3, &[0x48, 0x03, b'5', b'0', b'3'])),
        (postgresql_first(196_608, b"user\0app\0database\0shop\0\0"), postgresql_shutdown()),
        (postgresql_first(80_877_103, b""), b"N".to_vec()),
        (postgresql(b'Q', b"select secret from t\0"), postgresql(b'R', &[0, 0, 0, 0])),
        (postgresql(b'P', b"s1\0UPDATE t SET a = $1\0\0\0"), postgresql(b'T', b"\0\x01id\0")),
        (mysql(0, b"\x03SELECT 1"), mysql(1, b"\xff\x15\x04#28000Access denied for user 'a'@'b'")),
        (mysql(0, b"\x0e"), mysql(1, b"\0\0\0\x02\0\0\0")),
        (mysql(1, &[7; 80]), mysql_greeting()),
        (key_exchange.clone(), key_exchange),
        (dns(0x0100, 1), dns(0x8183, 1)),
        (b"\x10\x0d\0\x04MQTT\x05\x02\0\x3c\0\0\x00".to_vec(), b"\xe0\x02\x8d\0".to_vec()),
        (amqp(0, 10, 11, &[0; 30]), amqp(0, 10, 50, b"\x01\x40\x1cCONNECTION_FORCED - shutdown\0\0\0\0")),
    ];
    pairs.extend([
        (kafka(18, 3, b"payments", b"\0\x05java\x064.0.0\0"), Vec::new()),
        (kafka(0, 7, b"rdkafka", b"\xff\xff\0\x01\0\0\x13\x88\0\0\0\x01"), Vec::new()),
        (mongodb_find(), mongodb_shutdown()),
        (tds_prelogin(18, 0), tds_prelogin(4, 3)),
        (
            tds(1, &[tds_headers(), wide("SELECT secret FROM t")].concat()),
            tds_error(18456, 14, "Login failed for 'joe'."),
        ),
        (ldap(1, 0x60, b"\x02\x01\x03\x04\x06cn=joe\x80\x06secret"), ldap_result(1, 0x61, 49)),
        (ldap_search(b"ou=people,dc=example,dc=org"), ldap_result(0, 0x78, 52)),
        (cassandra(4, 7, b"\0\0\0\x14SELECT secret FROM t\0\x01\0"), cassandra(0x84, 0, b"\0\0\x10\x01\0\x04busy")),
        (memcached(0x80, 0x0a, 0), memcached(0x81, 0x0a, 0x81)),
        (b"CONNECT {\"verbose\":false,\"pass\":\"secret\"}\r\nPING\r\n".to_vec(), nats_info("")),
    ]);
    pairs.extend(texts.iter().map(|(client, server)| (client.to_vec(), server.to_vec())));
    pairs
}
