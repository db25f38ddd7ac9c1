//! A remedy for one finding: the cause's texts with the real addresses and ports filled in.

use crate::causes::{Cause, Owner, Remedy, doubts, unexplained};
use crate::decode::End;
use crate::diagnose::{EndedBy, Finding};
use crate::short::Short;
use crate::track::SERVER;

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
    let (remedy, topic) = remedy_of(finding);
    fill(remedy, finding, topic)
}

/// What to do about `finding`, with placeholders, and the topic that explains more.
pub fn remedy_of(finding: &Finding) -> (&'static Remedy, &'static str) {
    match finding.doubt {
        Some(doubt) => (&doubts::page(doubt).remedy, doubt.id()),
        None => {
            let cause = finding.cause.unwrap_or(&unexplained::CAUSE);
            (&cause.remedy, cause.id)
        }
    }
}

/// What to do about `finding` on account of this cause, which may be a pattern beside the finding's own.
pub fn advice_for(cause: &Cause, finding: &Finding) -> Advice {
    fill(&cause.remedy, finding, cause.id)
}

fn fill(remedy: &Remedy, finding: &Finding, topic: &str) -> Advice {
    let owner = owner_of(remedy, finding);
    let ends = EndTexts::of(finding).met_by(owner, finding);
    let fill_all = |texts: &[&str]| texts.iter().map(|text| fill_in(text, &ends)).collect();
    Advice {
        owner,
        title: fill_in(remedy.title, &ends),
        steps: fill_all(remedy.steps),
        commands: fill_all(remedy.commands),
        explain: format!("tcpwhy explain {topic}"),
    }
}

/// Who has to act: where that depends on who ended the connection, the report knows.
pub fn owner_of(remedy: &Remedy, finding: &Finding) -> Owner {
    match (remedy.owner, finding.ended_by) {
        (Owner::Ender, EndedBy::Client) => Owner::Client,
        (Owner::Ender, EndedBy::Server | EndedBy::Unknown) => Owner::Server,
        (Owner::Ender, EndedBy::Middlebox | EndedBy::Network) => Owner::Network,
        (owner, _) => owner,
    }
}

/// `text` with `{client.ip}`, `{client.port}`, `{server.ip}`, `{server.port}`, `{peer.ip}`, `{peer.port}` and
/// `{failed.ip}` replaced; failed is the end that it happened to first, the peer the other one. An IPv6 address gets brackets
/// where it would run into a port (`{server.ip}:{server.port}`, `{server.ip}:80`), stands in a URL, or after `dst` or `src` of `ss`.
fn fill_in(text: &str, ends: &EndTexts) -> String {
    let mut filled = Vec::with_capacity(text.len() + 32);
    Template::of(text).fill_in(&mut filled, ends);
    String::from_utf8(filled).unwrap_or_default()
}

/// Addresses and ports of a finding's ends, as text.
#[derive(Clone, Copy, Debug)]
pub struct EndTexts {
    /// The client's address.
    pub client_ip: Short,
    /// The client's port.
    pub client_port: Short,
    /// The server's address.
    pub server_ip: Short,
    /// The server's port.
    pub server_port: Short,
    /// Is the client the end that was not reached?
    client_is_peer: bool,
    is_ipv6: [bool; 2],
}

impl EndTexts {
    /// Those of this finding.
    pub fn of(finding: &Finding) -> EndTexts {
        EndTexts::between([finding.client.end, finding.server.end], finding)
    }

    /// As `owner` meets them: where an address translation stands between, the server and the way to it have others than the client.
    pub fn met_by(self, owner: Owner, finding: &Finding) -> EndTexts {
        match (finding.translated, owner) {
            (Some(ends), Owner::Server | Owner::Network) => EndTexts::between(ends, finding),
            _ => self,
        }
    }

    fn between([client, server]: [End; 2], finding: &Finding) -> EndTexts {
        EndTexts {
            client_ip: Short::ip(client.ip),
            client_port: Short::number(client.port.into()),
            server_ip: Short::ip(server.ip),
            server_port: Short::number(server.port.into()),
            client_is_peer: finding.victim == SERVER,
            is_ipv6: [client.ip.is_ipv6(), server.ip.is_ipv6()],
        }
    }
}

/// A text with placeholders, taken apart so that it can be filled in often.
#[derive(Clone, Debug)]
pub struct Template(Vec<Part>);

#[derive(Clone, Debug)]
enum Part {
    Text(String),
    Placeholder {
        placeholder: Placeholder,
        /// Would an IPv6 address run into what stands around it?
        needs_brackets: bool,
    },
}

impl Template {
    /// Takes a text apart.
    pub fn of(text: &str) -> Template {
        let mut parts = Vec::new();
        let mut before = String::new();
        let mut rest = text;
        while let Some(start) = rest.find('{') {
            let (literal, from) = rest.split_at(start);
            before.push_str(literal);
            let Some((placeholder, after)) = placeholder(from) else {
                before.push('{');
                rest = from.get(1..).unwrap_or_default();
                continue;
            };
            let needs_brackets = before.ends_with("://") || is_end_for_ss(&before) || begins_with_port(after);
            parts.push(Part::Text(std::mem::take(&mut before)));
            parts.push(Part::Placeholder { placeholder, needs_brackets });
            rest = after;
        }
        before.push_str(rest);
        parts.push(Part::Text(before));
        Template(parts)
    }

    /// Adds the text with the placeholders replaced.
    pub fn fill_in(&self, filled: &mut Vec<u8>, ends: &EndTexts) {
        let [client_is_ipv6, server_is_ipv6] = ends.is_ipv6;
        for part in &self.0 {
            let (text, needs_brackets) = match part {
                Part::Text(text) => (text.as_bytes(), false),
                Part::Placeholder { placeholder, needs_brackets } => match placeholder.of_end(ends.client_is_peer) {
                    Placeholder::ClientIp | Placeholder::FailedIp => {
                        (ends.client_ip.as_bytes(), *needs_brackets && client_is_ipv6)
                    }
                    Placeholder::ClientPort => (ends.client_port.as_bytes(), false),
                    Placeholder::ServerIp | Placeholder::PeerIp => {
                        (ends.server_ip.as_bytes(), *needs_brackets && server_is_ipv6)
                    }
                    Placeholder::ServerPort | Placeholder::PeerPort => (ends.server_port.as_bytes(), false),
                },
            };
            if needs_brackets {
                filled.push(b'[');
                filled.extend_from_slice(text);
                filled.push(b']');
            } else {
                filled.extend_from_slice(text);
            }
        }
    }
}

#[derive(Clone, Copy, Debug)]
enum Placeholder {
    ClientIp,
    ClientPort,
    ServerIp,
    ServerPort,
    PeerIp,
    PeerPort,
    FailedIp,
}

impl Placeholder {
    /// The same for the client, if that is the peer. Else the server is.
    fn of_end(self, client_is_peer: bool) -> Placeholder {
        match self {
            Placeholder::PeerIp if client_is_peer => Placeholder::ClientIp,
            Placeholder::PeerPort if client_is_peer => Placeholder::ClientPort,
            Placeholder::FailedIp if client_is_peer => Placeholder::ServerIp,
            other => other,
        }
    }
}

fn placeholder(text: &str) -> Option<(Placeholder, &str)> {
    [
        ("{client.ip}", Placeholder::ClientIp),
        ("{client.port}", Placeholder::ClientPort),
        ("{server.ip}", Placeholder::ServerIp),
        ("{server.port}", Placeholder::ServerPort),
        ("{peer.ip}", Placeholder::PeerIp),
        ("{peer.port}", Placeholder::PeerPort),
        ("{failed.ip}", Placeholder::FailedIp),
    ]
    .into_iter()
    .find_map(|(name, placeholder)| text.strip_prefix(name).map(|after| (placeholder, after)))
}

/// `ss` takes the end of a bare IPv6 address for a port.
fn is_end_for_ss(before: &str) -> bool {
    before.ends_with("dst ") || before.ends_with("src ")
}

fn begins_with_port(text: &str) -> bool {
    text.strip_prefix(':').is_some_and(|port| port.starts_with(|c: char| c == '{' || c.is_ascii_digit()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::causes::{abortive_close, no_listener, peer_closed, reader_stalled, unread_data};
    use crate::report::samples;

    fn fill_in(text: &str, finding: &Finding) -> String {
        super::fill_in(text, &EndTexts::of(finding))
    }

    #[test]
    fn addresses_and_ports_are_filled_in() {
        let finding = samples::keepalive_race();
        assert_eq!(
            fill_in("nc -vz {server.ip} {server.port} # {client.ip}:{client.port}", &finding),
            "nc -vz 10.0.0.2 8080 # 10.0.0.1:34186"
        );
    }

    #[test]
    fn the_peer_is_the_end_that_it_did_not_happen_to_first() {
        let finding = samples::refused_ipv6();
        let text = "{peer.ip} {peer.port} {failed.ip}";
        assert_eq!(fill_in(text, &finding), "2001:db8::2 5432 2001:db8::1");
        let client = finding.client.end;
        let other = Finding { victim: SERVER, ..finding };
        assert_eq!(fill_in(text, &other), format!("{} {} 2001:db8::2", client.ip, client.port));
        assert_eq!(fill_in("{peer.ip}:{peer.port}", &other), format!("[{}]:{}", client.ip, client.port));
    }

    #[test]
    fn each_owner_is_told_the_addresses_of_its_side_of_a_nat() {
        let finding = samples::refused_from(9, 8080);
        let behind = End { ip: [172, 17, 0, 2].into(), port: 80 };
        let finding = Finding { translated: Some([finding.client.end, behind]), ..finding };
        let told = |cause| advice(&Finding { cause: Some(cause), ..finding.clone() });
        let server = told(&no_listener::CAUSE);
        assert!(server.title.starts_with("Start the service on 172.17.0.2 port 80,"), "{}", server.title);
        let client = told(&peer_closed::CAUSE);
        assert_eq!(client.commands, [format!("ss -tanp state close-wait 'dst {}'", finding.server.end.ip)]);
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

    /// `ss 'dst 2001:db8::2'` ends with "an inet prefix is expected".
    #[test]
    fn ss_gets_ipv6_in_brackets_and_no_other_command_does() {
        let ours = |command: &str| command.contains("2001:db8::");
        for cause in crate::causes::ALL {
            let advice = advice(&Finding { cause: Some(cause), ..samples::refused_ipv6() });
            for command in advice.commands.iter().filter(|command| ours(command)) {
                let wants = command.starts_with("ss ") || command.contains("]:");
                assert_eq!(wants, command.contains("[2001:db8::"), "{}: {command}", cause.id);
            }
        }
        let finding = samples::refused_ipv6();
        assert_eq!(
            fill_in("ss 'dst {server.ip} or src {server.ip}'", &finding),
            "ss 'dst [2001:db8::2] or src [2001:db8::2]'"
        );
    }

    #[test]
    fn who_ended_it_has_to_act_where_the_cause_says_so() {
        for cause in [&abortive_close::CAUSE, &unread_data::CAUSE, &reader_stalled::CAUSE] {
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
