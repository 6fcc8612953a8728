//! Reads a write-ahead log of SQLite, as SQLite itself does after a crash: up to the last transaction that
//! is whole (<https://sqlite.org/fileformat2.html#walformat>). Every frame carries a checksum over itself
//! and all frames before it, so a changed bit ends the log at the transaction before.

use std::{
    collections::HashMap,
    fs::File,
    io::{self, BufReader, Read},
    path::Path,
};

/// The size of a page of `shelf.db`, in bytes.
pub(super) const PAGE: usize = 4096;
/// The first four bytes of a log whose checksums read numbers with the lowest byte first. With the
/// highest byte first, the number is one more.
const MAGIC: u32 = 0x377f_0682;
/// How much is read from a file at once.
const BUFFER: usize = 1 << 20;

/// Two numbers in the header of a log, drawn anew whenever it begins from its start. They tell one log from
/// every other one.
pub(super) type WalSalts = [u8; 8];

/// What a write-ahead log holds.
#[derive(Debug)]
pub(super) struct Wal {
    pub salts: WalSalts,
    /// How many frames its whole transactions have.
    pub frames: usize,
    /// How many pages the file has after the last whole transaction.
    pub size: usize,
    /// The checksum of the newest content of each page that is in it. The first page has the number 1.
    pub pages: HashMap<usize, u32>,
}

impl Wal {
    /// Reads the log of this name; `None` if there is none or if no transaction in it is whole.
    pub(super) fn read(path: &Path) -> io::Result<Option<Self>> {
        let Some(mut file) = open(path)? else { return Ok(None) };
        let mut header = [0; 32];
        if fill(&mut file, &mut header)? < header.len() {
            return Ok(None);
        }
        let word: fn([u8; 4]) -> u32 = match number(&header, 0) {
            MAGIC => u32::from_le_bytes,
            magic if magic == MAGIC + 1 => u32::from_be_bytes,
            _ => return Ok(None),
        };
        let mut sum = checksum((0, 0), &header[..24], word);
        if sum != (number(&header, 24), number(&header, 28)) || size(&header, 8) != PAGE {
            return Ok(None);
        }
        let mut salts = [0; 8];
        salts.copy_from_slice(&header[16..24]);
        let mut wal = Self { salts, frames: 0, size: 0, pages: HashMap::new() };
        let (mut read, mut unfinished) = (0, Vec::new());
        let mut frame = [0; 24 + PAGE];
        while fill(&mut file, &mut frame)? == frame.len() {
            let (head, page) = frame.split_at(24);
            sum = checksum(checksum(sum, &head[..8], word), page, word);
            let whole = head[8..16] == salts && sum == (number(head, 16), number(head, 20));
            if !whole || size(head, 0) == 0 {
                break;
            }
            read += 1;
            unfinished.push((size(head, 0), crc32fast::hash(page)));
            if size(head, 4) > 0 {
                (wal.frames, wal.size) = (read, size(head, 4));
                wal.pages.extend(unfinished.drain(..));
            }
        }
        Ok((wal.frames > 0).then_some(wal))
    }
}

fn number(bytes: &[u8], at: usize) -> u32 {
    bytes[at..at + 4].iter().fold(0, |number, byte| number << 8 | u32::from(*byte))
}

fn size(bytes: &[u8], at: usize) -> usize {
    usize::try_from(number(bytes, at)).unwrap_or(usize::MAX)
}

fn checksum(from: (u32, u32), bytes: &[u8], word: fn([u8; 4]) -> u32) -> (u32, u32) {
    let (words, _) = bytes.as_chunks::<4>();
    let (pairs, _) = words.as_chunks::<2>();
    pairs.iter().fold(from, |(one, two), [first, second]| {
        let one = one.wrapping_add(word(*first)).wrapping_add(two);
        (one, two.wrapping_add(word(*second)).wrapping_add(one))
    })
}

/// Opens a file to be read from its beginning to its end; `None` if there is none.
pub(super) fn open(path: &Path) -> io::Result<Option<impl Read>> {
    match File::open(path) {
        Ok(file) => Ok(Some(BufReader::with_capacity(BUFFER, file))),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(error),
    }
}

/// Fills the buffer, as far as the file reaches. Returns how many bytes were read.
pub(super) fn fill(file: &mut impl Read, buffer: &mut [u8]) -> io::Result<usize> {
    let mut filled = 0;
    while filled < buffer.len() {
        match file.read(&mut buffer[filled..]) {
            Ok(0) => break,
            Ok(read) => filled += read,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
    Ok(filled)
}
