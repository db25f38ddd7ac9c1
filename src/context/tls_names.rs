//! The names of TLS's numbers.

/// The alert's name, RFC 8446 section 6 and RFC 5246 section 7.2, with those that later documents added.
pub fn alert(description: u8) -> Option<&'static str> {
    Some(match description {
        0 => "close_notify",
        10 => "unexpected_message",
        20 => "bad_record_mac",
        21 => "decryption_failed",
        22 => "record_overflow",
        30 => "decompression_failure",
        40 => "handshake_failure",
        41 => "no_certificate",
        42 => "bad_certificate",
        43 => "unsupported_certificate",
        44 => "certificate_revoked",
        45 => "certificate_expired",
        46 => "certificate_unknown",
        47 => "illegal_parameter",
        48 => "unknown_ca",
        49 => "access_denied",
        50 => "decode_error",
        51 => "decrypt_error",
        60 => "export_restriction",
        70 => "protocol_version",
        71 => "insufficient_security",
        80 => "internal_error",
        86 => "inappropriate_fallback",
        90 => "user_canceled",
        100 => "no_renegotiation",
        109 => "missing_extension",
        110 => "unsupported_extension",
        111 => "certificate_unobtainable",
        112 => "unrecognized_name",
        113 => "bad_certificate_status_response",
        114 => "bad_certificate_hash_value",
        115 => "unknown_psk_identity",
        116 => "certificate_required",
        117 => "general_error",
        120 => "no_application_protocol",
        121 => "ech_required",
        _ => return None,
    })
}

/// The handshake message's name as a step, RFC 8446 section 4 and RFC 5246 section 7.4.
pub fn handshake(kind: u8) -> Option<&'static str> {
    Some(match kind {
        0 => "hello_request",
        1 => "client_hello",
        2 => "server_hello",
        4 => "new_session_ticket",
        8 => "encrypted_extensions",
        11 => "certificate",
        12 => "server_key_exchange",
        13 => "certificate_request",
        14 => "server_hello_done",
        15 => "certificate_verify",
        16 => "client_key_exchange",
        20 => "finished",
        22 => "certificate_status",
        24 => "key_update",
        _ => return None,
    })
}

/// The step's name in RFC's spelling, for a person.
pub fn step_in_words(step: &'static str) -> &'static str {
    match step {
        "hello_request" => "HelloRequest",
        "client_hello" => "ClientHello",
        "server_hello" => "ServerHello",
        "hello_retry_request" => "HelloRetryRequest",
        "new_session_ticket" => "NewSessionTicket",
        "encrypted_extensions" => "EncryptedExtensions",
        "certificate" => "Certificate",
        "server_key_exchange" => "ServerKeyExchange",
        "certificate_request" => "CertificateRequest",
        "server_hello_done" => "ServerHelloDone",
        "certificate_verify" => "CertificateVerify",
        "client_key_exchange" => "ClientKeyExchange",
        "finished" => "Finished",
        "certificate_status" => "CertificateStatus",
        "key_update" => "KeyUpdate",
        "change_cipher_spec" => "ChangeCipherSpec",
        "application_data" => "application data",
        "handshake" => "encrypted handshake message",
        other => other,
    }
}

/// The version's name as OpenSSL and nginx spell it.
pub fn version(number: u16) -> Option<&'static str> {
    Some(match number {
        0x0300 => "SSLv3",
        0x0301 => "TLSv1",
        0x0302 => "TLSv1.1",
        0x0303 => "TLSv1.2",
        0x0304 => "TLSv1.3",
        _ => return None,
    })
}
