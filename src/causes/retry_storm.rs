//! `retry_storm`: the client hammers without backing off.

use super::{Cause, Group, Owner, Remedy, Setting, undecided};

/// Signs: An episode (one client, server, port, kind, cause) with ten failed attempts to connect in a row, one after the
/// other, at a mean interval below a second that does not grow. `Episode::is_retry_storm` finds it.
pub static CAUSE: Cause = Cause {
    id: "retry_storm",
    group: Group::Pattern,
    kinds: &[],
    title: "The client retries without backing off",
    seen: "\
        The same client tries the same port again and again, within less than a second each time, until it succeeds: \
        dozens or thousands of attempts where a few would do.",
    why: "\
        A loop around connect() without a pause, or with a constant one. Each attempt costs a starting service work; \
        many clients in step return in waves and overload it again each time it comes up (thundering herd). On the \
        client, it uses up ephemeral ports and fills logs.\n\n\
        Retries multiply through layers: three tries in each of three layers are 27 at the bottom.",
    is_not: "\
        Not the cause of the first failure: that is the cause named on the episode.\n\n\
        Not necessarily one client: several behind one NAT address look the same. The spread of source ports and times \
        shows it.",
    example: "",
    remedy: Remedy {
        owner: Owner::Client,
        title: "Retry with exponential backoff, full jitter, a cap and a limit",
        steps: &[
            "\
            Wait a random time between 0 and min(cap, base * 2^attempt): the randomness keeps clients from retrying in \
            step.",
            "Stop after a number of tries or a total time, and let the caller know.",
            "Retry in one layer only, ideally the outermost one that knows whether the request is idempotent.",
            "\
            Add a budget: when more than a tenth of the requests are retries, stop retrying (a circuit breaker \
            does this).",
            "Catch the exception that fits (refused, reset), not its base class.",
        ],
        commands: &["ss -tan 'dst {server.ip} and dport = :{server.port}' | awk '{print $1}' | sort | uniq -c"],
    },
    settings: &[
        Setting {
            program: "urllib3",
            name: "Retry(backoff_factor, backoff_jitter)",
            default: "0, 0",
            advice: "without them it retries at once; the first retry always does",
        },
        Setting {
            program: "gRPC",
            name: "retryPolicy initialBackoff, maxBackoff, backoffMultiplier",
            default: "none",
            advice: "in the service config",
        },
        Setting {
            program: "systemd",
            name: "RestartSec",
            default: "100ms",
            advice: "for units that exit because their server is down",
        },
    ],
    detect: undecided,
};
