//! ICMP errors and what they quote.

use std::net::IpAddr;

use super::*;

/// ICMP of a router, 10.0.0.254, to 10.0.0.1.
fn icmp(head: &str, quote: &[u8]) -> Vec<u8> {
    let mut packet = ipv4(1, &[hex(head).as_slice(), quote].concat());
    packet[12..20].copy_from_slice(&[10, 0, 0, 254, 10, 0, 0, 1]);
    ethernet(0x0800, &packet)
}

fn icmpv6(head: &str, quote: &[u8]) -> Vec<u8> {
    ethernet(0x86dd, &ipv6(58, &[hex(head).as_slice(), quote].concat()))
}

/// One frame for each kind.
pub fn all() -> Vec<Sample> {
    let (four, six) = (ipv4(6, &tcp()), ipv6(6, &tcp()));
    let with_options = ipv4_with(6, 0, &hex("94040000"), &tcp());
    let extended = ipv6(0, &[hex("0600 0104 00000000"), tcp()].concat());
    let sample = |name, ipv6, frame| Sample { name, link: 1, frame, ipv6 };
    vec![
        sample("host unreachable", false, icmp("0301 0000 00000000", &four)),
        sample("fragmentation needed", false, icmp("0304 0000 00000578", &four)),
        sample("source quench", false, icmp("0400 0000 00000000", &four)),
        sample("time exceeded", false, icmp("0b00 0000 00000000", &four)),
        sample("parameter problem", false, icmp("0c00 0000 00000000", &four)),
        sample("eight bytes quoted", false, icmp("0303 0000 00000000", &four[..28])),
        sample("options quoted", false, icmp("030d 0000 00000000", &with_options)),
        sample("port unreachable in IPv6", true, icmpv6("0104 0000 00000000", &six)),
        sample("packet too big", true, icmpv6("0200 0000 00000500", &six[..48])),
        sample("extension headers quoted", true, icmpv6("0300 0000 00000000", &extended)),
        sample("parameter problem in IPv6", true, icmpv6("0400 0000 00000000", &six)),
    ]
}

#[test]
fn a_quoted_rst_shows_in_fourteen_bytes() {
    let mut quote = ipv4(6, &tcp());
    quote[33] = 4;
    for (length, shown) in [(28, false), (33, false), (34, true), (quote.len(), true)] {
        let frame = icmp("0301 0000 00000000", &quote[..length]);
        let Ok(Packet::IcmpError(error)) = decode(1, &frame, frame.len()) else { panic!("no error") };
        assert_eq!(error.about.has(Flags::RST), shown, "{length}");
    }
}

#[test]
fn errors_name_the_segment_that_they_quote() {
    for sample in all() {
        let frame = &sample.frame;
        let Ok(Packet::IcmpError(error)) = decode(1, frame, frame.len()) else {
            panic!("{}: {:?}", sample.name, decode(1, frame, frame.len()));
        };
        let about = segment(1, &quoted_frame(sample.ipv6), 200);
        assert_eq!((error.flow, error.from_first), (about.flow(), about.from_first()), "{}", sample.name);
        assert_eq!((error.quoted_source.port, error.quoted_destination.port), (34186, 8080));
        assert_eq!((error.sequence, error.ipv6), (1_000_001, sample.ipv6), "{}", sample.name);
        let low: IpAddr = if sample.ipv6 { "2001:db8::1" } else { "10.0.0.1" }.parse().unwrap();
        assert_eq!(error.quoted_source.ip, low);
        let reporter: IpAddr = if sample.ipv6 { "2001:db8::1" } else { "10.0.0.254" }.parse().unwrap();
        assert_eq!(error.reporter, reporter);
        let mtu = match sample.name {
            "fragmentation needed" => 1400,
            "packet too big" => 1280,
            _ => 0,
        };
        assert_eq!(error.mtu, mtu, "{}", sample.name);
        let kind = if sample.ipv6 { frame[54] } else { frame[34] };
        assert_eq!(error.kind, kind, "{}", sample.name);
    }
}

fn quoted_frame(six: bool) -> Vec<u8> {
    if six { ethernet(0x86dd, &ipv6(6, &tcp())) } else { ethernet(0x0800, &ipv4(6, &tcp())) }
}

fn destination_of(packet: &Packet) -> IpAddr {
    match packet {
        Packet::IcmpError(error) => error.quoted_destination.ip,
        other => panic!("{other:?}"),
    }
}

#[test]
fn a_cut_error_is_read_up_to_the_sequence_number() {
    for sample in all() {
        let (frame, wire) = (&sample.frame, sample.frame.len());
        let Ok(whole) = decode(1, frame, wire) else { panic!("{}", sample.name) };
        let mut readable = 0;
        for captured in 0..wire {
            match decode(1, &frame[..captured], wire) {
                Ok(Packet::CutIcmpError(cut)) => {
                    let receiver: IpAddr = if sample.ipv6 {
                        <[u8; 16]>::try_from(&frame[38..54]).unwrap().into()
                    } else {
                        <[u8; 4]>::try_from(&frame[30..34]).unwrap().into()
                    };
                    assert_eq!(cut.receiver, receiver, "{} at {captured}", sample.name);
                    let beside = match sample.name {
                        "options quoted" => 4,
                        "extension headers quoted" => 8,
                        _ => 0,
                    };
                    let headers = beside + if sample.ipv6 { 54 + 8 + 40 } else { 34 + 8 + 20 };
                    let known = (captured >= headers).then_some(destination_of(&whole));
                    assert_eq!(cut.destination, known, "{} at {captured}", sample.name);
                }
                Ok(Packet::IcmpError(found)) => {
                    // Its flags stand behind that.
                    let Packet::IcmpError(complete) = whole else { panic!("{}", sample.name) };
                    let found = Packet::IcmpError(IcmpError { about: complete.about, ..found });
                    assert_eq!(found, whole, "{} at {captured}", sample.name);
                    readable += 1;
                }
                Ok(found) => panic!("{found:?}, {} at {captured}", sample.name),
                Err(skip) => assert_eq!(skip, Skip::Truncated, "{} at {captured}", sample.name),
            }
        }
        let quoted = if sample.name.starts_with("eight") || sample.name == "packet too big" { 8 } else { tcp().len() };
        assert_eq!(readable, quoted - 8, "{}", sample.name);
    }
}

#[test]
fn errors_about_something_else_are_named() {
    let udp = ipv4(17, &hex("c000 0035 0010 0000 0000000000000000"));
    let later = ipv4_with(6, 0x0003, &[], &tcp());
    for frame in [
        icmp("0303 0000 00000000", &udp),
        icmp("0303 0000 00000000", &later),
        icmp("0303 0000 00000000", &ipv4(6, &tcp())[..27]),
        icmp("0303 0000 00000000", &[]),
        icmp("0303 0000 00000000", &ipv6(6, &tcp())),
        icmpv6("0104 0000 00000000", &ipv4(6, &tcp())),
    ] {
        assert_eq!(decode(1, &frame, frame.len()), Err(Skip::IcmpAboutOther), "{frame:02x?}");
    }
    let redirect = icmp("0501 0000 0a000003", &ipv4(6, &tcp()));
    assert_eq!(decode(1, &redirect, redirect.len()), Err(Skip::Icmp));
}
