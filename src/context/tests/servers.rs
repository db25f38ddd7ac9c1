//! MongoDB, SQL Server, LDAP, Cassandra, memcached.

use super::samples::{
    ber, bson, cassandra, hex, ldap, ldap_result, ldap_search, memcached, mongodb, mongodb_find, mongodb_shutdown, tds,
    tds_error, tds_headers, tds_prelogin, wide,
};
use super::{answered, json, unanswered};

#[test]
fn mongodb_tells_the_command_and_its_collection() {
    assert_eq!(unanswered(&mongodb_find(), b"", 9999), "MongoDB find on orders, not answered");
    assert_eq!(
        json(&mongodb_find(), &mongodb_shutdown(), 9999),
        r#"{"protocol":"mongodb","command":"find","collection":"orders","code":91,"error":"ShutdownInProgress","sentence":"MongoDB find on orders, answered error 91 ShutdownInProgress"}"#
    );
    let good = mongodb(9, 0, b"\x01ok\0\0\0\0\0\0\0\xf0\x3f");
    assert_eq!(answered(&mongodb_find(), &good, 9999), "MongoDB find on orders, answered a reply");
    let more = mongodb(0, 0, b"\x12getMore\0\x01\0\0\0\0\0\0\0\x02collection\0\x07\0\0\0orders\0");
    assert_eq!(unanswered(&more, b"", 9999), "MongoDB getMore on orders, not answered");
    assert_eq!(
        unanswered(&mongodb_find(), &mongodb_shutdown(), 9999),
        "MongoDB find on orders, not answered; the server had said error 91 ShutdownInProgress"
    );
}

#[test]
fn mongodb_keeps_what_other_commands_are_about_to_itself() {
    let create = mongodb(0, 0, b"\x02createUser\0\x04\0\0\0joe\0\x02pwd\0\x07\0\0\0secret\0");
    assert_eq!(unanswered(&create, b"", 9999), "MongoDB createUser, not answered");
    let insert = mongodb(0, 2, b"\x02insert\0\x07\0\0\0orders\0");
    assert_eq!(unanswered(&insert, b"", 9999), "MongoDB insert on orders", "nobody waits for an acknowledgment");
    assert_eq!(unanswered(&mongodb(0, 0x20, b"\x10ping\0\x01\0\0\0"), b"", 27017), "nothing", "an unknown flag");
    assert_eq!(unanswered(&mongodb(1, 0, b"\x10ping\0\x01\0\0\0"), b"", 27017), "nothing", "a request answers nothing");
}

#[test]
fn mongodb_of_old_and_compressed() {
    let message = |code: u32, body: &[u8]| {
        [&[body.len() as u32 + 16, 9, 0, code].map(u32::to_le_bytes).concat()[..], body].concat()
    };
    let hello = [&b"\0\0\0\0admin.$cmd\0\0\0\0\0\xff\xff\xff\xff"[..], &bson(b"\x10isMaster\0\x01\0\0\0")].concat();
    assert_eq!(unanswered(&message(2004, &hello), b"", 9999), "MongoDB isMaster, not answered");
    let reply = [&[0; 16][..], &[1, 0, 0, 0], &bson(b"\x01ok\0\0\0\0\0\0\0\xf0\x3f")].concat();
    assert_eq!(answered(b"", &message(1, &reply), 9999), "MongoDB a reply from the server");
    let compressed = message(2012, b"\xdd\x07\0\0\x50\0\0\0\x01abcdefgh");
    assert_eq!(unanswered(&compressed, b"", 9999), "MongoDB compressed command from the client, not answered");
}

#[test]
fn sql_server_tells_the_first_word_and_the_errors_number() {
    let batch = |text: &str| tds(1, &[tds_headers(), wide(text)].concat());
    assert_eq!(unanswered(&batch("SELECT secret FROM t"), b"", 9999), "SQL Server batch SELECT, not answered");
    assert_eq!(unanswered(&batch("hunter2"), b"", 9999), "SQL Server batch, not answered");
    assert_eq!(
        unanswered(&tds(1, &wide("COMMIT TRANSACTION")), b"", 9999),
        "SQL Server batch COMMIT, not answered",
        "without headers, as before version 7.2"
    );
    assert_eq!(
        json(&batch("EXEC p 'secret'"), &tds_error(50_000, 16, "no secret"), 9999),
        r#"{"protocol":"tds","step":"error","query_kind":"EXEC","code":50000,"severity":16,"error":"error","sentence":"SQL Server batch EXEC, answered error 50000 (severity 16)"}"#
    );
    assert_eq!(
        answered(&tds(6, b""), &tds(4, &hex("fd 20 00 fd 00 00 00 00 00 00 00 00 00")), 1433),
        "SQL Server attention (cancel), answered a result"
    );
    assert_eq!(unanswered(&tds(6, b"x"), b"", 1433), "nothing");
}

#[test]
fn sql_server_calls() {
    let call = |body: &[u8]| unanswered(&tds(3, &[&tds_headers()[..], body].concat()), b"", 9999);
    let argument = hex("00 00 e7 40 1f 09 04 d0 00 34 2a 00");
    let by_number = [&hex("ff ff 0a 00 00 00")[..], &argument, &wide("UPDATE t SET a = @a")].concat();
    assert_eq!(call(&by_number), "SQL Server call of sp_executesql UPDATE, not answered");
    let by_name = [&hex("0d 00")[..], &wide("sp_executesql"), &hex("00 00"), &argument, &wide("hunter2")].concat();
    assert_eq!(call(&by_name), "SQL Server call of sp_executesql, not answered");
    assert_eq!(call(&[&hex("06 00")[..], &wide("secret")].concat()), "SQL Server call, not answered");
    let begin = tds(14, &[tds_headers(), hex("05 00 00 00")].concat());
    assert_eq!(unanswered(&begin, b"", 9999), "SQL Server begin of a transaction, not answered");
}

#[test]
fn sql_server_lets_in() {
    assert_eq!(
        answered(&tds_prelogin(18, 0), &tds_prelogin(4, 3), 9999),
        "SQL Server prelogin (encryption off), answered prelogin answer (encryption required)"
    );
    let hello = tds(18, &super::samples::client_hello());
    assert_eq!(unanswered(&hello, b"", 9999), "SQL Server TLS handshake from the client, not answered");
    let login = [&hex("5e 00 00 00 04 00 00 74")[..], &[7; 86]].concat();
    assert_eq!(
        answered(&tds(16, &login), &tds_error(18456, 14, "Login failed for user 'joe'."), 9999),
        "SQL Server login, answered error 18456 login failed (severity 14)"
    );
    let before = hex("e3 04 00 01 00 00 00 ab 02 00 07 07 ad 02 00 01 07");
    assert_eq!(answered(b"", &tds(4, &before), 9999), "SQL Server login accepted from the server");
}

#[test]
fn ldap_tells_what_and_where() {
    let bind = ldap(1, 0x60, b"\x02\x01\x03\x04\x06cn=joe\x80\x06secret");
    assert_eq!(
        json(&bind, &ldap_result(1, 0x61, 49), 9999),
        r#"{"protocol":"ldap","step":"result","code":49,"error":"invalidCredentials","sentence":"LDAP simple bind, answered invalidCredentials (result 49)"}"#
    );
    let sasl = ldap(1, 0x60, b"\x02\x01\x03\x04\0\xa3\x0e\x04\x06GSSAPI\x04\x04abcd");
    assert_eq!(answered(&sasl, &ldap_result(1, 0x61, 0), 9999), "LDAP SASL bind GSSAPI, answered success");
    assert_eq!(
        unanswered(&ldap_search(b"ou=people,dc=example,dc=org"), b"", 9999),
        "LDAP search (subtree) under ou,dc,dc, not answered"
    );
    assert_eq!(unanswered(&ldap_search(b"cn=Doe\\, secret=1,dc=a"), b"", 9999), "LDAP search (subtree), not answered");
    assert_eq!(unanswered(&ldap_search(b"cn=a,secret=1,dc=a"), b"", 9999), "LDAP search (subtree), not answered");
    let tls = ldap(1, 0x77, &ber(0x80, b"1.3.6.1.4.1.1466.20037"));
    assert_eq!(answered(&tls, &ldap_result(1, 0x78, 0), 9999), "LDAP StartTLS, answered success");
    let modify = ldap(3, 0x66, &[ber(4, b"uid=joe,dc=a"), ber(0x30, &[7; 200])].concat());
    assert_eq!(unanswered(&modify, b"", 9999), "LDAP modify, not answered");
}

#[test]
fn ldap_asks_for_nothing_when_it_goes() {
    let unbind = hex("30 05 02 01 03 42 00");
    assert_eq!(unanswered(&unbind, &ldap_result(2, 0x65, 0), 9999), "LDAP unbind");
    let both = [ldap_search(b"dc=a"), unbind].concat();
    assert_eq!(unanswered(&both, b"", 9999), "LDAP unbind");
    let entry = ldap(2, 0x64, &[ber(4, b"uid=joe,dc=a"), ber(0x30, b"")].concat());
    assert_eq!(answered(&ldap_search(b"dc=a"), &entry, 9999), "LDAP search (subtree) under dc, answered an entry");
    let done = [entry, ldap_result(2, 0x65, 4)].concat();
    assert_eq!(
        answered(&ldap_search(b""), &done, 9999),
        "LDAP search (subtree), answered sizeLimitExceeded (result 4)"
    );
    assert_eq!(
        answered(&ldap_search(b""), &ldap_result(0, 0x78, 52), 9999),
        "LDAP search (subtree), then notice of disconnection, unavailable (result 52) from the server"
    );
    assert_eq!(unanswered(&hex("30 0c 02 01 01 04 06 70 75 62 6c 69 63"), b"", 389), "nothing", "SNMP");
}

#[test]
fn cassandra_tells_the_first_word_and_the_errors_code() {
    let query = cassandra(4, 7, b"\0\0\0\x14SELECT secret FROM t\0\x01\0");
    assert_eq!(
        json(&query, &cassandra(0x84, 0, b"\0\0\x11\0\0\x06secret"), 9999),
        r#"{"protocol":"cassandra","step":"error","query_kind":"SELECT","code":4352,"error":"write timeout","sentence":"Cassandra QUERY SELECT, answered ERROR 0x1100 write timeout"}"#
    );
    assert_eq!(unanswered(&cassandra(4, 7, b"\0\0\0\x07hunter2"), b"", 9999), "nothing");
    assert_eq!(unanswered(&cassandra(4, 7, b"\0\0\0\x07hunter2"), b"", 9042), "Cassandra QUERY, not answered");
    let execute = cassandra(4, 10, &[&[0, 16][..], &[7; 16], &[0, 1, 0]].concat());
    assert_eq!(answered(&execute, &cassandra(0x84, 8, b"\0\0\0\x02"), 9999), "Cassandra EXECUTE, answered RESULT");
    let mut event = cassandra(0x84, 12, b"\0\x0dSTATUS_CHANGE\0\x04DOWN");
    event[2..4].fill(0xff);
    assert_eq!(answered(&execute, &event, 9999), "Cassandra EXECUTE, then EVENT from the server");
    let options = hex("04 00 00 00 05 00 00 00 00");
    assert_eq!(answered(&options, &cassandra(0x84, 2, b""), 9999), "Cassandra OPTIONS, answered READY");
}

/// As the Python driver frames it.
#[test]
fn cassandra_in_frames() {
    let framed = hex(
        "27 00 02 7a 6d 6b 05 00 00 01 07 00 00 00 1e 00 00 00 14 53 45 4c 45 43 54 20 73 65 63 72 65 74 20 46 52 4f 4d \
         20 74 00 01 00 00 00 00 92 9b 0b c5",
    );
    assert_eq!(unanswered(&framed, b"", 9999), "Cassandra QUERY SELECT, not answered");
    let broken = [&[0x28], &framed[1..]].concat();
    assert_eq!(unanswered(&broken, b"", 9042), "nothing");
}

#[test]
fn memcached_tells_no_keys() {
    let set = b"set secret 0 60 6\r\nhidden\r\n";
    assert_eq!(unanswered(set, b"", 9999), "memcached set, not answered");
    assert_eq!(
        json(set, b"SERVER_ERROR out of memory storing object\r\n", 9999),
        r#"{"protocol":"memcached","command":"set","error":"SERVER_ERROR out of memory storing object","sentence":"memcached set, answered SERVER_ERROR out of memory storing object"}"#
    );
    assert_eq!(
        answered(b"get secret\r\n", b"VALUE secret 0 6\r\nhidden\r\nEND\r\n", 9999),
        "memcached get, answered a value"
    );
    assert_eq!(answered(b"get secret\r\n", b"END\r\n", 11211), "memcached get, answered END");
    assert_eq!(answered(b"get secret\r\n", b"END\r\n", 9999), "nothing");
    assert_eq!(unanswered(b"set secret 0 60 6 noreply\r\nhidden\r\n", b"", 9999), "memcached set");
    assert_eq!(unanswered(b"set the table now please\r\n", b"", 11211), "nothing");
    assert_eq!(unanswered(b"quit\r\n", b"END\r\n", 11211), "memcached quit");
}

#[test]
fn memcached_in_bytes() {
    assert_eq!(
        answered(&memcached(0x80, 0x0a, 0), &memcached(0x81, 0x0a, 0x82), 9999),
        "memcached noop, answered out of memory"
    );
    assert_eq!(unanswered(&memcached(0x80, 0x17, 0), b"", 9999), "memcached quit");
    assert_eq!(unanswered(&memcached(0x80, 0x01, 0), b"", 11211), "nothing", "what is stored has extras");
}
