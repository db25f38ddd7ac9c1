//! A remedy for one finding: the cause's texts with the real addresses and ports filled in.

use std::net::IpAddr;

use crate::causes::{Cause, Owner, Remedy, unexplained};
use crate::diagnose::{EndedBy, Finding};

/// What to do about one finding.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Advice {
    /// Who has to act.
    pub owner: Owner,
    /// The fix in one short imperative sentence, without a full stop.
    pub title: String,
    /// What to check and then what to change.
    pub steps: Vec<String>,
    /// Commands, ready to paste.
    pub commands: Vec<String>,
    /// The command that explains more.
    pub explain: String,
}

/// What to do about `finding`.
pub fn advice(finding: &Finding) -> Advice {
    advice_for(finding.cause.unwrap_or(&unexplained::CAUSE), finding)
}

/// What to do about `finding` on account of this cause, which may be a pattern beside the finding's own.
pub fn advice_for(cause: &Cause, finding: &Finding) -> Advice {
    fill(&cause.remedy, finding, cause.id)
}

fn fill(remedy: &Remedy, finding: &Finding, topic: &str) -> Advice {
    let fill_all = |texts: &[&str]| texts.iter().map(|text| fill_in(text, finding)).collect();
    Advice {
        owner: owner(remedy.owner, finding.ended_by),
        title: fill_in(remedy.title, finding),
        steps: fill_all(remedy.steps),
        commands: fill_all(remedy.commands),
        explain: format!("tcpwhy explain {topic}"),
    }
}

/// Who has to act on account of this cause.
pub fn owner_of(cause: &Cause, finding: &Finding) -> Owner {
    owner(cause.remedy.owner, finding.ended_by)
}

/// Who has to act: where that depends on who ended the connection, the report knows.
fn owner(owner: Owner, ended_by: EndedBy) -> Owner {
    match (owner, ended_by) {
        (Owner::Ender, EndedBy::Client) => Owner::Client,
        (Owner::Ender, EndedBy::Server | EndedBy::Unknown) => Owner::Server,
        (Owner::Ender, EndedBy::Middlebox | EndedBy::Network) => Owner::Network,
        (owner, _) => owner,
    }
}

/// `text` with `{client.ip}`, `{client.port}`, `{server.ip}` and `{server.port}` replaced. An IPv6 address gets
/// brackets where it would run into a port (`{server.ip}:{server.port}`, `{server.ip}:80`) or stands in a URL.
pub fn fill_in(text: &str, finding: &Finding) -> String {
    let mut filled = String::with_capacity(text.len() + 32);
    let mut rest = text;
    while let Some(start) = rest.find('{') {
        let (before, from) = rest.split_at(start);
        filled.push_str(before);
        let Some((name, after)) = placeholder(from) else {
            filled.push('{');
            rest = from.get(1..).unwrap_or_default();
            continue;
        };
        match name {
            Placeholder::ClientIp => push_ip(&mut filled, finding.client.end.ip, after),
            Placeholder::ServerIp => push_ip(&mut filled, finding.server.end.ip, after),
            Placeholder::ClientPort => filled.push_str(&finding.client.end.port.to_string()),
            Placeholder::ServerPort => filled.push_str(&finding.server.end.port.to_string()),
        }
        rest = after;
    }
    filled.push_str(rest);
    filled
}

#[derive(Clone, Copy)]
enum Placeholder {
    ClientIp,
    ClientPort,
    ServerIp,
    ServerPort,
}

fn placeholder(text: &str) -> Option<(Placeholder, &str)> {
    [
        ("{client.ip}", Placeholder::ClientIp),
        ("{client.port}", Placeholder::ClientPort),
        ("{server.ip}", Placeholder::ServerIp),
        ("{server.port}", Placeholder::ServerPort),
    ]
    .into_iter()
    .find_map(|(name, placeholder)| text.strip_prefix(name).map(|after| (placeholder, after)))
}

fn push_ip(filled: &mut String, ip: IpAddr, after: &str) {
    let port_follows =
        after.strip_prefix(':').is_some_and(|port| port.starts_with(|c: char| c == '{' || c.is_ascii_digit()));
    if ip.is_ipv6() && (port_follows || filled.ends_with("://")) {
        filled.push_str(&format!("[{ip}]"));
        return;
    }
    filled.push_str(&ip.to_string());
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::causes::{abortive_close, unread_data};
    use crate::report::samples;

    #[test]
    fn addresses_and_ports_are_filled_in() {
        let finding = samples::keepalive_race();
        assert_eq!(
            fill_in("nc -vz {server.ip} {server.port} # {client.ip}:{client.port}", &finding),
            "nc -vz 10.0.0.2 8080 # 10.0.0.1:34186"
        );
    }

    #[test]
    fn what_is_no_placeholder_stays() {
        let finding = samples::keepalive_race();
        assert_eq!(fill_in("{ echo {server.name}; } {", &finding), "{ echo {server.name}; } {");
    }

    #[test]
    fn ipv6_has_brackets_where_a_port_or_a_url_needs_them() {
        let finding = samples::refused_ipv6();
        assert_eq!(fill_in("nc -vz {server.ip} {server.port}", &finding), "nc -vz 2001:db8::2 5432");
        assert_eq!(fill_in("{server.ip}:{server.port}", &finding), "[2001:db8::2]:5432");
        assert_eq!(fill_in("http://{server.ip}/", &finding), "http://[2001:db8::2]/");
        assert_eq!(fill_in("{server.ip}:80", &finding), "[2001:db8::2]:80");
        assert_eq!(fill_in("On {server.ip}: look.", &finding), "On 2001:db8::2: look.");
    }

    #[test]
    fn who_closed_has_to_act_where_the_cause_says_so() {
        for cause in [&abortive_close::CAUSE, &unread_data::CAUSE] {
            let of = |ended_by| advice(&Finding { cause: Some(cause), ended_by, ..samples::keepalive_race() }).owner;
            assert_eq!(of(EndedBy::Client), Owner::Client, "{}", cause.id);
            assert_eq!(of(EndedBy::Server), Owner::Server, "{}", cause.id);
            assert_eq!(of(EndedBy::Middlebox), Owner::Network, "{}", cause.id);
        }
        for cause in crate::causes::ALL {
            let owner = advice(&Finding { cause: Some(cause), ..samples::keepalive_race() }).owner;
            assert_ne!(owner, Owner::Ender, "{}: JSON knows no such owner", cause.id);
        }
    }

    #[test]
    fn without_a_cause_a_second_capture_is_advised() {
        let finding = Finding { cause: None, ..samples::keepalive_race() };
        let advice = advice(&finding);
        assert_eq!(advice.explain, "tcpwhy explain unexplained");
        assert_eq!(advice.owner, Owner::Server);
        assert!(advice.commands.iter().any(|command| command.contains("tcp port 8080")), "{:?}", advice.commands);
    }
}
