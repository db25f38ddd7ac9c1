//! `tcpwhy interfaces`: what can be captured on.

use pnet::datalink::{self, NetworkInterface};
use unicode_width::UnicodeWidthStr;

use super::{Error, Outcome};
use crate::report::escape::escape;
use crate::report::output::Output;

/// One interface, as it is shown.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Row {
    name: String,
    state: &'static str,
    what: &'static str,
    addresses: Vec<String>,
}

impl Row {
    fn of(interface: &NetworkInterface) -> Row {
        Row {
            name: escape(&interface.name).into_owned(),
            state: match (interface.is_up(), interface.is_lower_up()) {
                (true, true) => "up",
                (true, false) => "no carrier",
                (false, _) => "down",
            },
            what: if interface.is_loopback() {
                "loopback"
            } else if interface.is_point_to_point() {
                "point to point"
            } else {
                ""
            },
            addresses: interface.ips.iter().map(|network| network.to_string()).collect(),
        }
    }
}

/// Writes the table to standard output.
pub fn run() -> Result<Outcome, Error> {
    let mut interfaces = datalink::interfaces();
    interfaces.sort_by_key(|interface| interface.index);
    let mut rows = vec![Row { name: "any".to_owned(), state: "", what: "all of them", addresses: Vec::new() }];
    rows.extend(interfaces.iter().map(Row::of));
    let mut output = Output::stdout();
    output.write(table(&rows).as_bytes())?;
    output.finish()?;
    Ok(Outcome::default())
}

/// Columns as wide as they must be; the second and later addresses of an interface stand below the first.
fn table(rows: &[Row]) -> String {
    let column = |heading: &str, width: fn(&Row) -> usize| {
        rows.iter().map(width).chain([heading.len()]).max().unwrap_or_default()
    };
    let name = column("NAME", |row| row.name.width());
    let state = column("STATE", |row| row.state.width());
    let what = column("KIND", |row| row.what.width());
    let mut text = String::new();
    let mut line = |cells: [&str; 4]| {
        let [first, second, third, fourth] = cells;
        let padding = " ".repeat(name.saturating_sub(first.width()));
        let line = format!("{first}{padding}  {second:<state$}  {third:<what$}  {fourth}");
        text.push_str(line.trim_end());
        text.push('\n');
    };
    line(["NAME", "STATE", "KIND", "ADDRESSES"]);
    for row in rows {
        line([&row.name, row.state, row.what, row.addresses.first().map_or("", String::as_str)]);
        for address in row.addresses.iter().skip(1) {
            line(["", "", "", address]);
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
            Row { name: "any".to_owned(), state: "", what: "all of them", addresses: Vec::new() },
            Row {
                name: "eth0".to_owned(),
                state: "up",
                what: "",
                addresses: vec!["10.0.0.1/24".to_owned(), "fe80::1/64".to_owned()],
            },
        ];
        assert_eq!(
            table(&rows),
            "NAME  STATE  KIND         ADDRESSES\n\
             any          all of them\n\
             eth0  up                  10.0.0.1/24\n\
             \x20                         fe80::1/64\n"
        );
    }

    #[test]
    fn a_hostile_name_is_escaped() {
        let interface = NetworkInterface {
            name: "\x1b[2Jeth0".to_owned(),
            description: String::new(),
            index: 1,
            mac: None,
            ips: Vec::new(),
            flags: 0,
        };
        assert_eq!(Row::of(&interface).name, "\\x1b[2Jeth0");
        assert_eq!(Row::of(&interface).state, "down");
    }
}
