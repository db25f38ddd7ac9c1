//! A stream that is read on a thread of its own, a little ahead: unpacking takes as long as all the rest together.

use std::io::{self, Read};
use std::sync::mpsc::{Receiver, Sender, SyncSender, channel, sync_channel};
use std::thread;

/// Bytes that are handed over at once, at most.
const PIECE: usize = 512 * 1024;
/// How many of them may wait.
const PIECES: usize = 4;

/// A buffer and how many bytes of it are filled.
type Piece = (Vec<u8>, usize);

/// The near end of a stream that is read ahead.
pub(super) struct Ahead {
    pieces: Receiver<io::Result<Piece>>,
    /// Buffers go back, to be filled again.
    give_back: Sender<Vec<u8>>,
    piece: Piece,
    /// How much of the piece was taken.
    taken: usize,
}

impl Ahead {
    /// Reads `stream` from now on: whole pieces, or where it is still being written (`prompt`) what is there.
    pub(super) fn new(stream: Box<dyn Read + Send>, prompt: bool) -> Ahead {
        let (hand_over, pieces) = sync_channel(PIECES);
        let (give_back, empty) = channel();
        thread::spawn(move || read(stream, prompt, &empty, &hand_over));
        Ahead { pieces, give_back, piece: (Vec::new(), 0), taken: 0 }
    }
}

/// Hands over what the stream holds, until it ends, fails, or nobody takes it any more.
fn read(
    mut stream: Box<dyn Read + Send>,
    prompt: bool,
    empty: &Receiver<Vec<u8>>,
    hand_over: &SyncSender<io::Result<Piece>>,
) {
    loop {
        let mut piece = empty.try_recv().unwrap_or_default();
        piece.resize(PIECE, 0);
        let mut filled = 0;
        let end = loop {
            match stream.read(piece.get_mut(filled..).unwrap_or_default()) {
                Ok(0) => break Some(None),
                Ok(count) => filled += count,
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => break Some(Some(error)),
            }
            if prompt || filled == PIECE {
                break None;
            }
        };
        // What came before an end or an error is of use.
        if filled > 0 && hand_over.send(Ok((piece, filled))).is_err() {
            return;
        }
        match end {
            None => {}
            Some(None) => return,
            Some(Some(error)) => {
                // Nobody may be left to hear of it.
                let _ = hand_over.send(Err(error));
                return;
            }
        }
    }
}

impl Read for Ahead {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        while self.taken == self.piece.1 {
            let Ok(piece) = self.pieces.recv() else { return Ok(0) };
            let (used, _) = std::mem::replace(&mut self.piece, piece?);
            // Who has read to the end takes nothing back.
            let _ = self.give_back.send(used);
            self.taken = 0;
        }
        let count = self.piece.0.get(self.taken..self.piece.1).unwrap_or_default().read(buffer)?;
        self.taken += count;
        Ok(count)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Gives so many bytes, a few at a time, and then fails.
    struct Failing(usize);

    impl Read for Failing {
        fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
            let count = self.0.min(buffer.len()).min(70_001);
            self.0 -= count;
            buffer[..count].fill(7);
            if count == 0 { Err(io::Error::other("cut")) } else { Ok(count) }
        }
    }

    #[test]
    fn all_bytes_come_in_their_order() {
        let bytes: Vec<u8> = (0..3 * PIECE + 12_345).map(|at| (at / 7) as u8).collect();
        for prompt in [false, true] {
            let mut ahead = Ahead::new(Box::new(io::Cursor::new(bytes.clone())), prompt);
            let mut read = Vec::new();
            ahead.read_to_end(&mut read).expect("all of it");
            assert!(read == bytes);
            assert_eq!(ahead.read(&mut [0; 9]).expect("the end"), 0);
        }
    }

    #[test]
    fn an_error_comes_behind_what_was_read_before_it() {
        let mut ahead = Ahead::new(Box::new(Failing(PIECE + 5)), false);
        let mut read = Vec::new();
        let error = ahead.read_to_end(&mut read).expect_err("an error");
        assert_eq!((read.len(), error.to_string().as_str()), (PIECE + 5, "cut"));
    }

    #[test]
    fn who_stops_reading_ends_the_thread() {
        let mut ahead = Ahead::new(Box::new(io::repeat(1)), false);
        assert_eq!(ahead.read(&mut [0; 10]).expect("bytes"), 10);
        drop(ahead);
    }
}
