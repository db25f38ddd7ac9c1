//! Captures for tests, byte by byte.

/// Numbers in either byte order.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Endian {
    Little,
    Big,
}

impl Endian {
    pub(super) fn half(self, number: u16) -> [u8; 2] {
        if self == Endian::Big { number.to_be_bytes() } else { number.to_le_bytes() }
    }

    pub(super) fn word(self, number: u32) -> [u8; 4] {
        if self == Endian::Big { number.to_be_bytes() } else { number.to_le_bytes() }
    }

    pub(super) fn long(self, number: i64) -> [u8; 8] {
        if self == Endian::Big { number.to_be_bytes() } else { number.to_le_bytes() }
    }
}

/// A frame to write: seconds, fraction of a second in the file's unit, and its bytes.
pub(super) type Frame = (u32, u32, Vec<u8>);

/// `count` frames a millisecond apart (in microseconds), each with bytes of its own.
pub(super) fn frames(count: u32) -> Vec<Frame> {
    (0..count).map(|number| (1_700_000_000, number * 1000, vec![number as u8; 60 + number as usize % 7])).collect()
}

/// The header of a pcap file.
pub(super) fn pcap_header(endian: Endian, magic: u32, version: (u16, u16), snaplen: u32, link: u32) -> Vec<u8> {
    let parts: [&[u8]; 6] = [
        &endian.word(magic),
        &endian.half(version.0),
        &endian.half(version.1),
        &[0; 8],
        &endian.word(snaplen),
        &endian.word(link),
    ];
    parts.concat()
}

/// A record of a pcap file, with `extra` bytes at the end of its header.
pub(super) fn pcap_record(endian: Endian, frame: &Frame, extra: usize) -> Vec<u8> {
    let length = endian.word(frame.2.len() as u32);
    let padding = vec![0; extra];
    [&endian.word(frame.0), &endian.word(frame.1), &length, &length, &padding[..], &frame.2].concat()
}

/// An ordinary pcap file.
pub(super) fn pcap(frames: &[Frame]) -> Vec<u8> {
    let mut file = pcap_header(Endian::Little, 0xa1b2_c3d4, (2, 4), 65_535, 1);
    for frame in frames {
        file.extend(pcap_record(Endian::Little, frame, 0));
    }
    file
}

/// A pcapng block.
pub(super) fn block(endian: Endian, kind: u32, body: &[u8]) -> Vec<u8> {
    let mut body = body.to_vec();
    body.resize(body.len().next_multiple_of(4), 0);
    let length = endian.word(body.len() as u32 + 12);
    [&endian.word(kind), &length, &body[..], &length].concat()
}

/// A section header block.
pub(super) fn section(endian: Endian) -> Vec<u8> {
    let body = [&endian.word(0x1a2b_3c4d)[..], &endian.half(1), &endian.half(0), &[0xff; 8]].concat();
    block(endian, 0x0a0d_0d0a, &body)
}

/// An interface description block with these options (code, value).
pub(super) fn interface(endian: Endian, link: u16, snaplen: u32, options: &[(u16, &[u8])]) -> Vec<u8> {
    let mut body = [&endian.half(link)[..], &[0; 2], &endian.word(snaplen)].concat();
    for (code, value) in options {
        body.extend(endian.half(*code));
        body.extend(endian.half(value.len() as u16));
        body.extend(*value);
        body.resize(body.len().next_multiple_of(4), 0);
    }
    block(endian, 1, &body)
}

/// An enhanced packet block.
pub(super) fn enhanced(endian: Endian, interface: u32, stamp: u64, bytes: &[u8]) -> Vec<u8> {
    let length = endian.word(bytes.len() as u32);
    let stamp = (endian.word((stamp >> 32) as u32), endian.word(stamp as u32));
    block(endian, 6, &[&endian.word(interface), &stamp.0, &stamp.1, &length, &length, bytes].concat())
}

/// An ordinary pcapng file.
pub(super) fn pcapng(frames: &[Frame]) -> Vec<u8> {
    let mut file = [section(Endian::Little), interface(Endian::Little, 1, 0, &[])].concat();
    for frame in frames {
        let stamp = u64::from(frame.0) * 1_000_000 + u64::from(frame.1);
        file.extend(enhanced(Endian::Little, 0, stamp, &frame.2));
    }
    file
}

/// `bytes` as one gzip member.
pub(super) fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut packed = Vec::new();
    let mut encoder = flate2::read::GzEncoder::new(bytes, flate2::Compression::fast());
    std::io::Read::read_to_end(&mut encoder, &mut packed).expect("memory does not fail");
    packed
}

/// `bytes` as one zstd frame.
pub(super) fn zstd(bytes: &[u8]) -> Vec<u8> {
    zstd::stream::encode_all(bytes, 1).expect("memory does not fail")
}
