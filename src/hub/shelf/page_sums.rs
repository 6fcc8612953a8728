//! The file `shelf.sums`: a checksum of every page of `shelf.db` (R-LOG-6). SQLite keeps none of a file at
//! rest, so a bit that flips in a row, an index or the words would be a wrong answer under a right name.
//!
//! The sums are those of the file as the last checkpoint left it, and they name the one write-ahead log that
//! continues it. A page is right if it has its sum, or if that log holds it, whose frames have checksums of
//! their own. So every checkpoint is made here, in steps between which the process may die or the power fail:
//!
//! 1. `stage` writes the sums as they will be beside the old ones. If the disk is full, nothing has changed.
//! 2. `copy` lets SQLite bring the log into the file. The log stays, and covers every page that changes.
//! 3. `keep` puts the new sums in the place of the old ones. They name no log, so the old one is of no use.
//! 4. `empty` empties the log.
//! 5. `name_next` begins another log and names it.
//!
//! Each step is durable before the next begins, except that a log which is not named is ignored: then the
//! shelf is that of the last checkpoint, and reads on from the hub's log. What is neither is damage.

use super::{
    store::is_damage,
    wal::{self, PAGE, Wal, WalSalts},
};
use crate::hub::private;
use rusqlite::Connection;
use std::{
    fs,
    io::{self, Write as _},
    path::{Path, PathBuf},
};

/// The first bytes of the file, with the version of its form.
const MAGIC: [u8; 8] = *b"SWBsums1";
/// What stands for a name if no log continues the file.
const NO_WAL: WalSalts = [0; 8];
/// How long the log gets before it is brought into the file, in bytes. A longer one makes the start after a
/// crash slower, and a shorter one writes the pages that change all the time more often.
const BOUND: u64 = 16 << 20;
/// How long it gets at most while somebody asks the shelf, who would have to wait for the checkpoint.
const BOUND_WHILE_ASKED: u64 = 64 << 20;
/// How long it may be for a stop to make a checkpoint. The next start reads a longer one.
const BOUND_AT_STOP: u64 = 32 << 20;

#[derive(Clone, Default)]
struct Sums {
    pages: Vec<u32>,
    wal: WalSalts,
}

/// The sums as they will be after a checkpoint, and of how many frames it is.
pub(super) struct StagedSums {
    sums: Sums,
    frames: usize,
}

pub(super) struct PageSums {
    /// The path of `shelf.db`, whose pages these are.
    pub(super) file: PathBuf,
    sums: Sums,
    /// The length of the log at which a checkpoint is due.
    due: u64,
}

impl PageSums {
    /// Begins without a page: removes the shelf in this file and whatever lies beside it.
    pub(super) fn begin(file: PathBuf) -> io::Result<Self> {
        for name in ["sums", "sums.new", "db", "db-wal", "db-shm", "db-journal"] {
            remove(&file.with_extension(name))?;
        }
        private::file(&file)?;
        Ok(Self { file, sums: Sums::default(), due: BOUND })
    }

    /// Compares a shelf with its sums before SQLite opens it. `None` if there is no shelf; an error says
    /// what is wrong with it.
    pub(super) fn check(file: &Path) -> Result<Option<Self>, String> {
        let cannot = |error: io::Error| format!("it cannot be read: {error}");
        let sums = match fs::read(file.with_extension("sums")) {
            Ok(bytes) => Sums::decode(&bytes).ok_or("shelf.sums is not what was written")?,
            Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(cannot(error)),
            Err(_) if fs::metadata(file).is_ok_and(|shelf| shelf.len() > 0) => {
                return Err("it has no shelf.sums, against which it could be checked".into());
            }
            Err(_) => return Ok(None),
        };
        let mut sums = Self { file: file.to_owned(), sums, due: BOUND };
        let wal = Wal::read(&sums.wal()).map_err(cannot)?.filter(|wal| wal.salts == sums.sums.wal);
        if let Some(page) = sums.first_wrong(wal.as_ref()).map_err(cannot)? {
            return Err(format!("page {page} is not the one that was written"));
        }
        // SQLite would play a journal or a log back that is not of this file.
        remove(&file.with_extension("db-journal")).map_err(cannot)?;
        if wal.is_none() {
            remove(&sums.wal()).map_err(cannot)?;
            sums.sums.wal = NO_WAL;
        }
        Ok(Some(sums))
    }

    /// The number of the first page that is not right, from 1 on.
    fn first_wrong(&self, wal: Option<&Wal>) -> io::Result<Option<usize>> {
        let known = self.sums.pages.len();
        let right = self.sums.grown(wal.map_or(known, |wal| wal.size));
        let mut file = wal::open(&self.file)?.ok_or(io::ErrorKind::NotFound)?;
        let mut page = [0; PAGE];
        for number in 1.. {
            let sum = match wal::fill(&mut file, &mut page)? {
                0 if number > right.len() => break,
                // SQLite reads pages after the end of the file as empty ones.
                0 if number > known => continue,
                PAGE => Some(crc32fast::hash(&page)),
                _ => None,
            };
            let covered = wal.is_some_and(|wal| wal.pages.contains_key(&number));
            if !covered && (sum.is_none() || sum.as_ref() != right.get(number - 1)) {
                return Ok(Some(number));
            }
        }
        Ok(None)
    }

    fn wal(&self) -> PathBuf {
        self.file.with_extension("db-wal")
    }

    /// Makes a checkpoint if the log has become long, and names the log that follows. If it fails, it is
    /// due again when the log has grown by as much. `InvalidData` means that the file is damaged.
    pub(super) fn settle_when_due(&mut self, db: &Connection, asked: bool) -> io::Result<()> {
        let length = self.wal_length();
        if length < self.due || (asked && length < BOUND_WHILE_ASKED) {
            return Ok(());
        }
        self.due = length + BOUND;
        self.settle(db)?;
        self.due = BOUND;
        self.name_next(db)
    }

    /// Makes a checkpoint, unless the log is so long that whoever waits for the stop would wait too long.
    pub(super) fn settle_to_stop(&mut self, db: &Connection) -> io::Result<()> {
        if self.wal_length() > BOUND_AT_STOP { Ok(()) } else { self.settle(db) }
    }

    fn wal_length(&self) -> u64 {
        fs::metadata(self.wal()).map_or(0, |wal| wal.len())
    }

    /// Makes a checkpoint. Afterwards all that is stored is in the file, and no log continues it.
    pub(super) fn settle(&mut self, db: &Connection) -> io::Result<()> {
        let Some(staged) = self.stage()? else { return Ok(()) };
        self.copy(db, staged)?;
        self.keep()?;
        Self::empty(db)
    }

    /// `None` if there is nothing in the log.
    pub(super) fn stage(&self) -> io::Result<Option<StagedSums>> {
        let Some(wal) = Wal::read(&self.wal())? else {
            return match fs::metadata(self.wal()) {
                Ok(file) if file.len() > 0 => Err(damage("its write-ahead log has changed")),
                _ => Ok(None),
            };
        };
        let mut pages = self.sums.grown(wal.size);
        for (number, sum) in wal.pages {
            // A page after the end was given up again by a later transaction.
            if let Some(page) = pages.get_mut(number - 1) {
                *page = sum;
            }
        }
        let sums = Sums { pages, wal: NO_WAL };
        self.write(&sums)?;
        Ok(Some(StagedSums { sums, frames: wal.frames }))
    }

    pub(super) fn copy(&mut self, db: &Connection, staged: StagedSums) -> io::Result<()> {
        // SQLite does not check frames which it has written itself, so one that has changed since would go
        // into the file. It is found here, because SQLite then knows more frames than are whole.
        if checkpoint(db, "FULL")? != staged.frames {
            return Err(damage("its write-ahead log has changed"));
        }
        self.sums = staged.sums;
        Ok(())
    }

    pub(super) fn keep(&self) -> io::Result<()> {
        fs::rename(self.file.with_extension("sums.new"), self.file.with_extension("sums"))?;
        // The name has to be as durable as the file, or the log may be empty before it is there.
        private::sync_folder(self.file.parent().unwrap_or(&self.file))
    }

    pub(super) fn empty(db: &Connection) -> io::Result<()> {
        checkpoint(db, "TRUNCATE").map(drop)
    }

    /// Names the log that continues the file, unless it is named already. It has a name as soon as
    /// something is written to it; the number written here means nothing.
    pub(super) fn name_next(&mut self, db: &Connection) -> io::Result<()> {
        if self.sums.wal != NO_WAL {
            return Ok(());
        }
        db.pragma_update(None, "user_version", 0).map_err(|error| trouble(&error))?;
        let wal = Wal::read(&self.wal())?.ok_or_else(|| damage("its write-ahead log is empty"))?;
        self.sums.wal = wal.salts;
        self.write(&self.sums)?;
        self.keep()
    }

    fn write(&self, sums: &Sums) -> io::Result<()> {
        let mut file = private::file(&self.file.with_extension("sums.new"))?;
        file.set_len(0)?;
        file.write_all(&sums.encode())?;
        file.sync_all()
    }
}

impl Sums {
    /// The sums for that many pages. Those which were never written are empty.
    fn grown(&self, size: usize) -> Vec<u32> {
        let mut pages = self.pages.clone();
        pages.resize(size, crc32fast::hash(&[0; PAGE]));
        pages
    }

    fn encode(&self) -> Vec<u8> {
        let mut bytes = [MAGIC, self.wal].concat();
        bytes.extend(self.pages.iter().flat_map(|sum| sum.to_le_bytes()));
        bytes.extend(crc32fast::hash(&bytes).to_le_bytes());
        bytes
    }

    /// `None` if the bytes are not what `encode` has made.
    fn decode(bytes: &[u8]) -> Option<Self> {
        let (body, own) = bytes.split_last_chunk()?;
        let (wal, pages) = body.strip_prefix(&MAGIC)?.split_first_chunk()?;
        let (pages, rest) = pages.as_chunks();
        let whole = crc32fast::hash(body) == u32::from_le_bytes(*own) && rest.is_empty();
        let pages = pages.iter().map(|sum| u32::from_le_bytes(*sum)).collect();
        whole.then_some(Self { pages, wal: *wal })
    }
}

/// Runs a checkpoint of SQLite, and returns how many frames the log has, all of which were copied.
fn checkpoint(db: &Connection, mode: &str) -> io::Result<usize> {
    let numbers = |row: &rusqlite::Row<'_>| Ok((row.get(0)?, row.get(1)?, row.get(2)?));
    let sql = format!("PRAGMA wal_checkpoint({mode})");
    let (busy, frames, copied): (i64, i64, i64) =
        db.query_row(&sql, [], numbers).map_err(|error| trouble(&error))?;
    if busy != 0 || frames != copied {
        return Err(io::Error::other("another program reads it"));
    }
    usize::try_from(frames).map_err(|_| damage("it has no write-ahead log"))
}

fn remove(path: &Path) -> io::Result<()> {
    match fs::remove_file(path) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
        _ => Ok(()),
    }
}

fn damage(what: &str) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, what)
}

fn trouble(error: &rusqlite::Error) -> io::Error {
    if is_damage(error) { damage(&error.to_string()) } else { io::Error::other(error.to_string()) }
}
