//! The plain end of a connection: FINs in order and their acknowledgments. Nearly every connection ends so, which is
//! why it must not cost a whole [`Story`]; when something notable follows after all, the story is told from here.

use super::connection::Mark;
use super::story::{Event, Story, What};

/// A FIN that came in order.
#[derive(Clone, Copy, Debug)]
struct Fin {
    mark: Mark,
    sequence: u32,
    length: u32,
    acknowledgment: Option<u32>,
    flags: u8,
    /// Its sender had acknowledged the other's FIN.
    after_fin: bool,
}

/// What a story would hold of a connection to which nothing but FINs has happened.
#[derive(Debug, Default)]
pub struct Closing {
    idle_before: u64,
    fins: [Option<Fin>; 2],
    first: usize,
}

impl Closing {
    /// The first FIN came, `event`, after so many nanoseconds without payload.
    pub fn begin(event: &Event, idle_before: u64) -> Closing {
        Closing { idle_before, fins: [None; 2], first: event.from }
    }

    /// A FIN came; `after_fin` if its sender had acknowledged the other's.
    pub fn add(&mut self, event: &Event, after_fin: bool) {
        self.fins[event.from] = Some(Fin {
            mark: event.mark,
            sequence: event.sequence,
            length: event.length,
            acknowledgment: event.acknowledgment,
            flags: event.flags,
            after_fin,
        });
    }

    /// The story of both FINs.
    pub fn story(&self) -> Story {
        let mut story = Story {
            fin: self.fins.map(|fin| fin.map(|fin| fin.mark)),
            fin_after_fin: self.fins.map(|fin| fin.is_some_and(|fin| fin.after_fin)),
            first_fin: Some(self.first),
            idle_before_fin: self.idle_before,
            ..Story::default()
        };
        for from in [self.first, super::other(self.first)] {
            if let Some(fin) = self.fins[from] {
                story.tell(Event {
                    mark: fin.mark,
                    from,
                    what: What::Fin,
                    flags: fin.flags,
                    sequence: fin.sequence,
                    length: fin.length,
                    acknowledgment: fin.acknowledgment,
                });
            }
        }
        story
    }
}
