//! Where connections are kept: the sketch of each, and beside it what it needs in its state.

use super::closing::Closing;
use super::connection::{CLIENT, Connection, Half};
use super::memory::taken_by;
use super::sketch::{Aside, Link, Opened, PLACES, Said, Sketch, beside, fits};
use super::slots::Slots;
use super::story::Story;
use crate::cpu::prefetch;
use crate::decode::FlowKey;
use crate::time::Time;

/// All connections. An index is that of a sketch and stays the same for as long as the connection is known; a place is
/// that of a connection that is told.
#[derive(Default)]
pub struct Store {
    pub sketches: Slots<Sketch>,
    /// Always as long as `opened`: one place is that of both.
    said: Slots<Said>,
    opened: Slots<Opened>,
    closings: Slots<Closing>,
    /// Stories that rest.
    stories: Slots<Option<Box<Story>>>,
    /// Bytes that they take.
    resting: usize,
    pub told: Slots<Connection>,
    /// Sketches that are [but a SYN](Sketch::is_but_a_syn). Each is a cache line, and a flood has millions of them: at the
    /// end they are too many to be looked at.
    asked: usize,
    /// Off only to see that it makes no difference.
    pub sketching: bool,
}

/// As many connections begin within a hundred packets or so.
const SOON: usize = 6;

/// What a packet changes of an open connection.
pub struct Room<'a> {
    pub sketch: &'a mut Sketch,
    pub said: &'a mut Said,
    pub place: u32,
    pub opened: &'a mut Slots<Opened>,
    pub closings: &'a mut Slots<Closing>,
}

impl Room<'_> {
    /// How it opened; seldom needed, and then it has to be waited for.
    #[inline]
    pub fn opened(&mut self) -> &mut Opened {
        &mut self.opened[self.place as usize]
    }
}

impl Store {
    /// An empty one.
    pub fn new() -> Store {
        Store { sketching: true, ..Store::default() }
    }

    /// Forgets everything.
    pub fn clear(&mut self) {
        *self = Store { sketching: self.sketching, ..Store::default() };
    }

    /// Takes a sketch in.
    pub fn add(&mut self, mut sketch: Sketch) -> Option<u32> {
        let index = match self.sketches.reuse() {
            Some(index) => {
                let slot = self.sketches.get_mut(index as usize)?;
                sketch.count_from(slot.generation());
                *slot = sketch;
                index
            }
            None if self.sketches.len() < PLACES => self.sketches.add(sketch)?,
            None => return None,
        };
        self.asked += usize::from(sketch.is_but_a_syn());
        Some(index)
    }

    /// Where the connection is told, if it is.
    #[inline(always)]
    pub fn place(&self, index: u32) -> Option<u32> {
        match self.sketches.get(index as usize)?.link() {
            Link::Told(place) => Some(place),
            Link::Early | Link::Open(_) => None,
        }
    }

    /// The sketch at `index`, if it is that of the connection with this key.
    #[inline(always)]
    pub fn sketch_of(&self, index: u32, key: FlowKey) -> Option<&Sketch> {
        self.sketches.get(index as usize).filter(|sketch| sketch.is(key))
    }

    /// The open connection with all that belongs to it, if it is one that is sketched.
    #[inline(always)]
    pub fn room(&mut self, index: u32) -> Option<Room<'_>> {
        let sketch = self.sketches.get_mut(index as usize)?;
        let Link::Open(place) = sketch.link() else { return None };
        let said = self.said.get_mut(place as usize)?;
        Some(Room { sketch, said, place, opened: &mut self.opened, closings: &mut self.closings })
    }

    /// The same, if it is the connection with this key.
    #[inline(always)]
    pub fn room_of(&mut self, index: u32, key: FlowKey) -> Option<Room<'_>> {
        let sketch = self.sketches.get_mut(index as usize).filter(|sketch| sketch.is(key))?;
        let Link::Open(place) = sketch.link() else { return None };
        let said = self.said.get_mut(place as usize)?;
        Some(Room { sketch, said, place, opened: &mut self.opened, closings: &mut self.closings })
    }

    /// Brings near what connections that begin, open and end soon will be written to.
    #[inline]
    pub fn approach_free(&self) {
        self.sketches.approach_free(SOON);
        self.said.approach_free(SOON);
        self.opened.approach_free(SOON);
        self.closings.approach_free(SOON);
    }

    /// Brings near what a packet with payload will need.
    #[inline(always)]
    pub fn approach_said(&self, link: Link) {
        match link {
            Link::Open(place) => self.said.approach(place),
            Link::Told(place) => self.approach_told(place),
            Link::Early => {}
        }
    }

    /// The told connection at `place`, if it is still that of this generation.
    pub fn live(&mut self, place: u32, generation: u16) -> Option<&mut Connection> {
        self.told.get_mut(place as usize).filter(|connection| connection.is_in_use(generation))
    }

    /// Brings near a told connection, which lies in three cache lines.
    #[inline(always)]
    pub fn approach_told(&self, place: u32) {
        if let Some(connection) = self.told.get(place as usize) {
            prefetch(connection);
            prefetch(&connection.half);
        }
    }

    /// Brings near what a verdict on a told connection needs beside it.
    pub fn approach_story(&self, place: u32) {
        let Some(connection) = self.told.get(place as usize) else { return };
        self.sketches.approach(connection.home);
        if let Some(story) = connection.story.as_deref() {
            prefetch(&story.events);
            prefetch(&story.pending);
            prefetch(&story.reset);
            story.silence.iter().for_each(prefetch);
        }
    }

    /// Brings near what will be needed at the end of a connection. It may lie in two cache lines.
    #[inline(always)]
    pub fn approach_opened(&self, link: Link) {
        if let Link::Open(place) = link
            && let Some(opened) = self.opened.get(place as usize)
        {
            prefetch(opened);
            prefetch(opened.last_bytes());
        }
    }

    /// When the SYN of a connection came, with which sequence number, and whether that is not over; if it was seen.
    pub fn begun_by(&self, index: u32) -> Option<(Time, u32, bool)> {
        let sketch = self.sketches.get(index as usize)?;
        let (start, isn, seen, over) = match sketch.link() {
            Link::Early => {
                let begun = sketch.begun();
                (begun.start, begun.half[CLIENT].isn, begun.half.map(|half| half.seen), false)
            }
            Link::Open(place) => {
                let opened = self.opened.get(place as usize)?;
                (opened.start, { opened.isn }[CLIENT], sketch.end.map(|end| end.seen), false)
            }
            Link::Told(place) => {
                let told = self.told.get(place as usize)?;
                let over = told.decided || told.story.as_deref().is_some_and(|story| story.pending.is_some());
                (told.start, told.half[CLIENT].isn, told.half.map(|half| half.seen), over)
            }
        };
        let closed = seen.iter().all(|seen| seen & Half::FIN != 0);
        (seen[CLIENT] & Half::SYN != 0).then_some((start, isn, !closed && !over))
    }

    /// The connection as a sketch tells it. Of one that is told already this must not be asked.
    pub fn retell(&mut self, index: u32) -> Connection {
        let sketch = &self.sketches[index as usize];
        self.asked -= usize::from(sketch.is_but_a_syn());
        let mut connection = match sketch.link() {
            Link::Open(place) => {
                let opened = &mut self.opened[place as usize];
                let mut connection = sketch.opened(&self.said[place as usize], opened);
                let aside = opened.aside();
                opened.aside = Aside::Nothing.packed();
                connection.story = self.take_aside(aside);
                connection
            }
            Link::Early | Link::Told(_) => sketch.begun(),
        };
        connection.home = index;
        connection
    }

    /// Keeps a connection that [`Store::retell`] gave: as a sketch if that holds all of it. Tells the place if not.
    pub fn keep(&mut self, index: u32, connection: Connection) -> Option<u32> {
        let place = self.keep_somewhere(index, connection);
        self.asked += usize::from(self.sketches[index as usize].is_but_a_syn());
        place
    }

    fn keep_somewhere(&mut self, index: u32, mut connection: Connection) -> Option<u32> {
        let sketch = self.sketches.get_mut(index as usize)?;
        let link = sketch.link();
        if self.sketching && sketch.begin(&connection) {
            self.leave(link);
            return None;
        }
        let rests = self.sketching && may_rest(&connection);
        let story = connection.story.take_if(|_| rests);
        match beside(&connection).filter(|_| self.sketching) {
            Some((said, mut opened)) => {
                sketch.outline(&connection);
                if let Some(mut story) = story {
                    // Where it is told again, it asks for another one.
                    story.timer = false;
                    self.resting += taken_by(&story);
                    opened.aside = put(&mut self.stories, Some(story)).map_or(Aside::Nothing, Aside::Story).packed();
                }
                match link {
                    Link::Open(place) => {
                        self.said[place as usize] = said;
                        self.opened[place as usize] = opened;
                    }
                    Link::Early | Link::Told(_) => {
                        self.open(index, said, opened);
                    }
                }
                None
            }
            None => {
                connection.story = connection.story.or(story);
                sketch.last = connection.last;
                sketch.set_flags(connection.flags);
                let place = self.tell(connection)?;
                self.sketches[index as usize].lead(Link::Told(place));
                self.leave(link);
                Some(place)
            }
        }
    }

    /// Puts beside a sketch what its connection needs from now on that it is open.
    #[inline]
    pub fn open(&mut self, index: u32, said: Said, opened: Opened) {
        if let (Some(place), Some(_)) = (put(&mut self.said, said), put(&mut self.opened, opened))
            && let Some(sketch) = self.sketches.get_mut(index as usize)
        {
            sketch.lead(Link::Open(place));
        }
    }

    /// A place for a connection that is told from now on.
    fn tell(&mut self, connection: Connection) -> Option<u32> {
        match self.told.reuse() {
            Some(place) => {
                let slot = self.told.get_mut(place as usize)?;
                let generation = slot.generation.wrapping_add(1);
                *slot = Connection { generation, ..connection };
                Some(place)
            }
            None => self.told.add(connection),
        }
    }

    /// Drops all that is known of a connection but its sketch.
    pub fn drop_rest(&mut self, index: u32) {
        let Some(sketch) = self.sketches.get_mut(index as usize) else { return };
        let link = sketch.link();
        self.asked -= usize::from(sketch.is_but_a_syn());
        sketch.lead(Link::Early);
        self.leave(link);
    }

    /// A connection of which nothing was seen but a SYN was answered.
    #[inline(always)]
    pub fn answered(&mut self) {
        self.asked -= 1;
    }

    /// As many connections are sketched of which nothing was seen but a SYN.
    pub fn asked(&self) -> usize {
        let sketches = || self.sketches.iter().filter(|sketch| sketch.is_but_a_syn()).count();
        debug_assert_eq!(self.asked, sketches());
        self.asked
    }

    /// Gives back what a link led to.
    fn leave(&mut self, link: Link) {
        match link {
            Link::Early => {}
            Link::Open(place) => {
                match self.opened[place as usize].aside() {
                    Aside::Closing(place) => self.closings.give_back(place),
                    aside => drop(self.take_aside(aside)),
                }
                self.said.give_back(place);
                self.opened.give_back(place);
            }
            Link::Told(place) => {
                let connection = &mut self.told[place as usize];
                connection.flags = 0;
                connection.story = None;
                self.told.give_back(place);
            }
        }
    }

    /// Takes out what else there is of an open connection.
    fn take_aside(&mut self, aside: Aside) -> Option<Box<Story>> {
        match aside {
            Aside::Nothing => None,
            Aside::Closing(place) => {
                let story = self.closings.get(place as usize).map(|closing| Box::new(closing.story()));
                self.closings.give_back(place);
                story
            }
            Aside::Story(place) => {
                let story = self.stories.get_mut(place as usize)?.take()?;
                self.stories.give_back(place);
                self.resting -= taken_by(&story);
                Some(story)
            }
        }
    }

    /// Can a sketch hold all of a connection that is told?
    pub fn can_rest(&self, place: u32) -> bool {
        let connection = &self.told[place as usize];
        self.sketching && may_rest(connection) && fits(connection)
    }

    /// Takes a connection out of those that are told, after [`Store::can_rest`].
    pub fn rest(&mut self, index: u32, place: u32) {
        let told = &mut self.told[place as usize];
        let generation = told.generation;
        let connection = std::mem::take(told);
        told.generation = generation;
        self.told.give_back(place);
        self.sketches[index as usize].lead(Link::Early);
        self.keep(index, connection);
    }

    /// Bytes that open connections take beside their sketches, and told ones beside their stories.
    pub fn beside(&self) -> usize {
        self.resting
            + self.said.in_use() * (size_of::<Said>() + size_of::<Opened>())
            + self.closings.in_use() * size_of::<Closing>()
            + self.told.in_use() * size_of::<Connection>()
    }
}

/// Is the story of a connection past, if it has one? Of one that is half open its end is still to be told, and that one is over
/// no sketch can tell.
fn may_rest(connection: &Connection) -> bool {
    let opened = connection.half[CLIENT].has(Half::ACK);
    let past = |story: &Story| story.rests() && (opened || story.syn_ack_retransmissions == 0);
    !connection.decided && connection.story.as_deref().is_none_or(past)
}

/// Puts a record where there is room.
pub fn put<T: Default>(slots: &mut Slots<T>, record: T) -> Option<u32> {
    match slots.reuse() {
        Some(place) => {
            *slots.get_mut(place as usize)? = record;
            Some(place)
        }
        None => slots.add(record),
    }
}

/// Does an end that sent a segment with this TTL and these flags tell nothing new by a copy of it?
pub fn knows_copy(room: &Room<'_>, from: usize, ttl: u8) -> bool {
    let end = &room.sketch.end[from];
    end.seen & Half::COPIED != 0 && (end.ttl..=room.said.end[from].ttl_high).contains(&ttl)
}
