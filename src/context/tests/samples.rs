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

/// Client's and server's messages that belong together, of every protocol.
pub fn pairs() -> Vec<(Vec<u8>, Vec<u8>)> {
    let texts: &[(&[u8], &[u8])] = &[
        (b"GET /item?key=1 HTTP/1.1\r\nHost: lab\r\n\r\n", b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello"),
        (b"CONNECT a.example:443 HTTP/1.1\r\nHost: a.example\r\n\r\n", b"HTTP/1.0 503 Unavailable\r\n\r\n"),
    ];
    let mut pairs = vec![
        (client_hello(), server_hello()),
        (client_hello_for(b"api.example.org", &[b"h2", b"http/1.1"]), alert(2, 40)),
        ([cipher_change(), record(23, 53)].concat(), record(23, 600)),
        ([cipher_change(), record(23, 19)].concat(), record(21, 26)),
    ];
    pairs.extend(texts.iter().map(|(client, server)| (client.to_vec(), server.to_vec())));
    pairs
}
