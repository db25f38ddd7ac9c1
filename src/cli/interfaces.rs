//! `tcpwhy interfaces`: what can be captured on.

use std::fs;

use pnet::datalink::{self, NetworkInterface};
use rustix::thread::{CapabilitySet, capabilities};
use unicode_width::UnicodeWidthStr;

use super::{Error, Outcome, note};
use crate::report::escape::escape;
use crate::report::output::Output;

/// One interface, as it is shown.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
struct Row {
    name: String,
    state: &'static str,
    kind: String,
    addresses: Vec<String>,
    /// Why nothing can be captured there now; empty where something can.
    why_not: String,
}

impl Row {
    /// `hardware` is its type of hardware in the kernel's numbers.
    fn of(interface: &NetworkInterface, hardware: Option<u32>) -> Row {
        let name = escape(&interface.name).into_owned();
        Row {
            state: match (interface.is_up(), interface.is_lower_up()) {
                (true, true) => "up",
                (true, false) => "no carrier",
                (false, _) => "down",
            },
            kind: hardware.map(kind).unwrap_or_default(),
            addresses: interface.ips.iter().map(|network| network.to_string()).collect(),
            why_not: match interface.is_up() {
                true => String::new(),
                false => format!("is down; 'ip link set dev {name} up' starts it"),
            },
            name,
        }
    }
}

/// What the numbers of linux/if_arp.h mean that are seen most.
fn kind(hardware: u32) -> String {
    match hardware {
        1 => "Ethernet",
        32 => "InfiniBand",
        512 => "PPP",
        519 | 65534 => "raw IP",
        768 => "IP in IP",
        772 => "loopback",
        776 => "IPv6 in IP",
        778 | 823 => "GRE",
        801..=803 => "Wi-Fi",
        824 => "netlink",
        other => return format!("type {other}"),
    }
    .to_owned()
}

/// Writes the table to standard output; says on standard error when this user may not capture at all.
pub fn run() -> Result<Outcome, Error> {
    let mut interfaces = datalink::interfaces();
    interfaces.sort_by_key(|interface| interface.index);
    let mut rows = vec![Row { name: "any".to_owned(), kind: "all of them".to_owned(), ..Row::default() }];
    rows.extend(interfaces.iter().map(|interface| {
        let hardware = fs::read_to_string(format!("/sys/class/net/{}/type", interface.name));
        Row::of(interface, hardware.ok().and_then(|text| text.trim().parse().ok()))
    }));
    let mut output = Output::stdout();
    output.write(table(&rows).as_bytes())?;
    output.finish()?;
    if capabilities(None).is_ok_and(|sets| !sets.effective.contains(CapabilitySet::NET_RAW)) {
        note(&crate::source::needs_rights());
    }
    Ok(Outcome::default())
}

/// Columns as wide as they must be; the second and later addresses of an interface stand below the first.
fn table(rows: &[Row]) -> String {
    let column = |heading: &str, width: fn(&Row) -> usize| {
        rows.iter().map(width).chain([heading.len()]).max().unwrap_or_default()
    };
    let widths = [
        column("NAME", |row| row.name.width()),
        column("STATE", |row| row.state.width()),
        column("KIND", |row| row.kind.width()),
        column("ADDRESSES", |row| row.addresses.iter().map(|address| address.width()).max().unwrap_or_default()),
    ];
    let mut text = String::new();
    let mut line = |cells: [&str; 5]| {
        let mut line = String::new();
        for (cell, width) in cells.iter().zip(widths) {
            line.push_str(cell);
            line.push_str(&" ".repeat(2 + width.saturating_sub(cell.width())));
        }
        line.push_str(cells[4]);
        text.push_str(line.trim_end());
        text.push('\n');
    };
    let is_any_barred = rows.iter().any(|row| !row.why_not.is_empty());
    line(["NAME", "STATE", "KIND", "ADDRESSES", if is_any_barred { "WHY NOT" } else { "" }]);
    for row in rows {
        line([&row.name, row.state, &row.kind, row.addresses.first().map_or("", String::as_str), &row.why_not]);
        for address in row.addresses.iter().skip(1) {
            line(["", "", "", address, ""]);
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_line_up_and_addresses_stand_below_each_other() {
        let rows = [
            Row { name: "any".to_owned(), kind: "all of them".to_owned(), ..Row::default() },
            Row {
                name: "eth0".to_owned(),
                state: "up",
                kind: kind(1),
                addresses: vec!["10.0.0.1/24".to_owned(), "fe80::1/64".to_owned()],
                why_not: String::new(),
            },
        ];
        assert_eq!(
            table(&rows),
            "NAME  STATE  KIND         ADDRESSES\n\
             any          all of them\n\
             eth0  up     Ethernet     10.0.0.1/24\n\
             \x20                         fe80::1/64\n"
        );
        let down = Row::of(&interface("ifb0"), Some(1));
        assert_eq!(
            table(&[down]),
            "NAME  STATE  KIND      ADDRESSES  WHY NOT\n\
             ifb0  down   Ethernet             is down; 'ip link set dev ifb0 up' starts it\n"
        );
    }

    #[test]
    fn kinds_without_a_name_are_numbers() {
        assert_eq!([kind(772), kind(65534), kind(4711)], ["loopback", "raw IP", "type 4711"]);
    }

    fn interface(name: &str) -> NetworkInterface {
        let (name, description) = (name.to_owned(), String::new());
        NetworkInterface { name, description, index: 1, mac: None, ips: Vec::new(), flags: 0 }
    }

    #[test]
    fn a_hostile_name_is_escaped() {
        let row = Row::of(&interface("\x1b[2Jeth0"), None);
        assert_eq!((row.name.as_str(), row.state), ("\\x1b[2Jeth0", "down"));
        assert!(!row.why_not.contains('\x1b'), "{}", row.why_not);
    }
}
