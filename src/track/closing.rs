//! The plain end of a connection: FINs in order and their acknowledgments. Nearly every connection ends so, which is
//! why it must not cost a whole [`Story`]; when something notable follows after all, the story is told from here.

use super::connection::{Connection, Mark};
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
#[derive(Debug)]
pub struct Closing {
    idle_before: u64,
    fins: [Option<Fin>; 2],
    first: usize,
}

impl Closing {
    /// The first FIN came, `event`.
    fn begin(event: &Event, idle_before: u64) -> Closing {
        Closing { idle_before, fins: [None; 2], first: event.from }
    }

    fn add(&mut self, event: &Event, after_fin: bool) {
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
    fn story(&self) -> Story {
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

impl Connection {
    /// Notes a FIN for which no story is needed: what it was, whether it came after the other end's, and how it was
    /// before the first of both.
    pub(super) fn close(&mut self, event: &Event, after_fin: bool, idle_before: u64) {
        let begin = || Box::new(Closing::begin(event, idle_before));
        self.closing.get_or_insert_with(begin).add(event, after_fin);
    }

    /// Tells the story of a plain end, because something notable is about to happen.
    #[inline]
    pub(super) fn recall(&mut self) {
        if let Some(closing) = self.closing.take() {
            self.story = Some(Box::new(closing.story()));
        }
    }
}
