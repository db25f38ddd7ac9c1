//! How a client waits between attempts that fail.

use crate::time::MILLISECOND;

/// Who does not wait connects again within a few milliseconds, and a timer of a kernel that ticks a hundred times a second is no
/// better than this: shorter pauses are alike by chance.
const SHORTEST_PAUSE: u64 = 10 * MILLISECOND;

/// How a client waits between attempts that fail.
///
/// The rule looks at the pauses, each from the end of one failed attempt to the beginning of the next, and needs
/// three attempts and no success between them. In this order:
///
/// 1. `Exponential`, if the longest is [`SHORTEST_PAUSE`] or more: of two pauses the second is twice the first, within a
///    quarter. Of more the longest is at least 1.5 times the first one, each is 1.3 to 4 times the one before it until
///    they come near the longest (0.7 of it), and from there none is less than half of the one before it. So ceilings
///    and jitter of a fifth are allowed.
/// 2. `Fixed`: the shortest is [`SHORTEST_PAUSE`] or more, and the longest at most 1.25 times the shortest.
/// 3. `None`: everything else, also attempts that overlap, or follow one another at once.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Backoff {
    /// Fewer than three attempts, successes between them, or no order in the pauses.
    None,
    /// Always about the same pause.
    Fixed,
    /// Pauses that grow.
    Exponential,
}

impl Backoff {
    /// The id in JSON.
    pub fn id(self) -> &'static str {
        match self {
            Backoff::None => "none",
            Backoff::Fixed => "fixed",
            Backoff::Exponential => "exponential",
        }
    }

    /// What the pauses between attempts (nanoseconds, in order) look like.
    pub(super) fn of(pauses: &[u64]) -> Backoff {
        if pauses.len() < 2 {
            return Backoff::None;
        }
        let shortest = pauses.iter().copied().min().unwrap_or_default();
        let longest = pauses.iter().copied().max().unwrap_or_default();
        if shortest > 0 && longest >= SHORTEST_PAUSE && grows(pauses, longest) {
            return Backoff::Exponential;
        }
        if shortest >= SHORTEST_PAUSE && longest as f64 <= 1.25 * shortest as f64 {
            return Backoff::Fixed;
        }
        Backoff::None
    }
}

fn grows(pauses: &[u64], longest: u64) -> bool {
    // Two pauses say little: only a clear doubling counts.
    if let [first, second] = pauses {
        return (1.5..=2.5).contains(&(*second as f64 / *first as f64));
    }
    let longest = longest as f64;
    let first = pauses.first().copied().unwrap_or_default() as f64;
    longest >= 1.5 * first
        && pauses.windows(2).all(|pair| match pair {
            [before, after] => {
                let least = if (*before as f64) < 0.7 * longest { 1.3 } else { 0.5 };
                (least..=4.0).contains(&(*after as f64 / *before as f64))
            }
            _ => true,
        })
}
