//! `retry_storm`: the client hammers without backing off.

use super::{Cause, Group, Owner, Remedy, Setting, undecided};

/// Signs: An episode (one client, server, port, kind, cause) with ten failed attempts to connect in a row, one after the
/// other, at a mean interval below a second that does not grow. `Episode::is_retry_storm` finds it.
pub static CAUSE: Cause = Cause {
    id: "retry_storm",
    group: Group::Pattern,
    kinds: &[],
    title: "The client hammers without backing off",
    seen: "\
        The same client tries the same port again and again, at once or after less than a second, as long as it \
        fails: dozens or thousands of attempts where a few would have done.",
    why: "\
        A loop around connect() without a pause, or with a constant one. Against a service that is starting, each \
        attempt costs it work; when many clients do so in step, they return in waves and push it over again each \
        time it comes up (thundering herd). On the client it uses up ephemeral ports and logs.\n\n\
        Retries multiply through layers: three tries in each of three layers are 27 at the bottom.",
    is_not: "\
        Not the cause of the first failure: that is the cause named on the episode.\n\n\
        Not necessarily one client: several behind one NAT address look alike. The spread of source ports and times \
        tells.",
    example: "",
    remedy: Remedy {
        owner: Owner::Client,
        title: "Retry with exponential backoff, full jitter, a cap, and an end",
        steps: &[
            "\
            Wait a random time between 0 and min(cap, base times 2^attempt): the random part is what keeps clients \
            from marching in step.",
            "Stop after a number of tries or a total time, and let the caller know.",
            "Retry in one layer only, best the outermost that knows whether the request is idempotent.",
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
            advice: "for units that die because their server is away",
        },
    ],
    detect: undecided,
};
