//! `port_scan`: one source tries many ports or hosts.

use super::{Cause, Group, Owner, Remedy, undecided};

/// Signs: One client address, fifteen or more distinct server ports or addresses within a minute, four of five of them
/// refused, unanswered, half-open or aborted at once, no payload. `episodes::Scan` finds it. Folds the single findings
/// in text.
pub static CAUSE: Cause = Cause {
    id: "port_scan",
    group: Group::Pattern,
    kinds: &[],
    title: "One source tries many ports or hosts",
    seen: "\
        One address sends SYNs to many ports or many hosts in a short time. Almost all are refused, unanswered, or \
        reset before any payload.",
    why: "\
        Somebody, or a scanner of your own, looks for open ports. Each attempt alone is a `no_listener`, a \
        `syn_unanswered` or a `half_open_scan`; together they are one event from one source, and the report folds them \
        into one.",
    is_not: "\
        Rarely an outage: the services that clients use are not affected. But a client that has lost its network \
        connection also fails everywhere: check whether it tries the same few services over and over.\n\n\
        Not a client that retries: that stays with one port (`retry_storm`).\n\n\
        Service discovery, an FTP client in active mode or a load test can look the same: find out what {client.ip} \
        is.",
    example: "",
    remedy: Remedy {
        owner: Owner::Nobody,
        title: "Know your own scanners; filter ports that need not be reachable",
        steps: &[
            "Check whether {client.ip} is a scanner, monitor or inventory tool of your own.",
            "Close or filter ports that need not be reachable from there.",
            "Leave it out of alerts on failed connections.",
        ],
        commands: &["ss -ltn", "nft list ruleset"],
    },
    settings: &[],
    detect: undecided,
};
