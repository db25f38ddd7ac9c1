//! Topics that the catalogue does not have, and what may have been meant.

use std::fmt;

use crate::causes::{self, languages};
use crate::track::Doubt;
use crate::track::kernel::Kind;

/// A topic that the catalogue does not have.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UnknownTopic {
    topic: String,
    nearest: Vec<&'static str>,
}

impl fmt::Display for UnknownTopic {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut shown: String = self.topic.chars().take(40).flat_map(char::escape_debug).collect();
        if self.topic.chars().count() > 40 {
            shown.push_str("...");
        }
        write!(f, "unknown topic `{shown}`")?;
        if !self.nearest.is_empty() {
            write!(f, "; did you mean {}?", self.nearest.join(", "))?;
        }
        write!(f, " (`tcpwhy explain` lists all)")
    }
}

impl std::error::Error for UnknownTopic {}

impl UnknownTopic {
    /// This topic is not known.
    pub(super) fn new(topic: &str) -> UnknownTopic {
        UnknownTopic { topic: topic.to_string(), nearest: nearest(topic) }
    }
}

/// Up to three topics whose names are nearest to this one.
fn nearest(topic: &str) -> Vec<&'static str> {
    let wanted: Vec<char> = topic.trim().to_lowercase().replace('-', "_").chars().take(64).collect();
    let known = causes::ALL
        .iter()
        .map(|cause| cause.id)
        .chain(Doubt::ALL.into_iter().map(Doubt::id))
        .chain(Kind::ALL.into_iter().map(Kind::id))
        .chain(languages::ERRNOS.iter().flat_map(|page| [page.errno.name(), page.errno.message()]))
        .chain(languages::all_sayings().flat_map(|saying| saying.names.iter().copied()));
    let part: String = wanted.iter().collect();
    let far = |name: &str| {
        let name = name.to_lowercase();
        let within = wanted.len() >= 3 && name.contains(&part);
        if within { 1 } else { distance(&wanted, &name.chars().collect::<Vec<_>>()) }
    };
    let mut found: Vec<(usize, &str)> = known
        .map(|name| (far(name), name))
        .filter(|(distance, name)| *distance <= name.len().min(wanted.len()) / 2)
        .collect();
    // Of those that are as near, our own ids come before what others say.
    found.sort_by_key(|(distance, _)| *distance);
    let mut nearest = Vec::new();
    for (_, name) in found {
        if nearest.len() < 3 && !nearest.contains(&name) {
            nearest.push(name);
        }
    }
    nearest
}

/// Levenshtein's distance: how many letters to put in, take out or change.
fn distance(left: &[char], right: &[char]) -> usize {
    let mut row: Vec<usize> = (0..=right.len()).collect();
    for (i, a) in left.iter().enumerate() {
        let mut diagonal = i;
        let mut before = i + 1;
        for (cell, b) in row.iter_mut().skip(1).zip(right) {
            let here = (diagonal + usize::from(a != b)).min(before + 1).min(*cell + 1);
            diagonal = *cell;
            *cell = here;
            before = here;
        }
        if let Some(first) = row.first_mut() {
            *first = i + 1;
        }
    }
    row.last().copied().unwrap_or(0)
}

#[cfg(test)]
mod tests {
    #[test]
    fn distance_counts_letters() {
        let distance =
            |a: &str, b: &str| super::distance(&a.chars().collect::<Vec<_>>(), &b.chars().collect::<Vec<_>>());
        assert_eq!(distance("", "abc"), 3);
        assert_eq!(distance("kitten", "sitting"), 3);
        assert_eq!(distance("same", "same"), 0);
    }
}
