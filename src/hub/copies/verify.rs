//! `switchboard verify`: whether a log, and what was made from it, is right (R-COPY-7, R-COPY-8).
//!
//! One walk through an org's log serves all three: the rows and the chain are judged by the walk itself, the entries are
//! folded into a World from nothing, and they are indexed anew. At the place where the stored World stands the two
//! Worlds must be equal, and at the end so must the two indexes. What is made anew lies in a folder of its own, which
//! is removed at the end.

use super::{
    CopyError, CopyProgress, LogWalk, PAGE, WalkEnd, WalkError, WalkedRow, Watcher, meant,
};
use crate::{
    hub::{
        log::{
            LogBegin, PageSize, Pos, Stored,
            chain::{self, ChainCursor},
            folder::{Folder, FolderError},
            sqlite::LogFile,
        },
        origins::Origins,
        private,
        shelf::{FoundCheck, ShelfCheck},
        state_store::{OrgState, StateStore},
    },
    model::{OrgId, Seq},
    rules::World,
};
use std::path::Path;

/// The folder in the data folder in which everything is made anew.
const SCRATCH: &str = "verify";
/// After how many events of the fold a layer of the World is brought to the disk.
const SETTLE_EVERY: usize = 5_000;
/// What mends an index or a stored World: they are made from the log.
const SHELF_ADVICE: &str =
    "stop the hub and remove shelf.db and shelf.sums: the next start makes them anew from the log";
const STATE_ADVICE: &str =
    "stop the hub and remove the folder state: the next start makes it anew from the log";

/// What became of comparing something that was made from the log.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Compared {
    /// It is what the log says, up to this entry.
    Equal(Seq),
    /// It was not compared, for this reason, which is no damage.
    NotCompared(String),
    /// It is not what the log says. The sentence says where, and what to do.
    Wrong(String),
}

/// What was found of one org.
#[derive(Clone, Debug)]
pub struct VerifiedOrg {
    pub org: OrgId,
    /// How many rows of the log were right, how many of them are void entries, and the bytes of all.
    pub entries: u64,
    pub void: u64,
    pub bytes: u64,
    /// The last valid entry.
    pub place: Seq,
    /// Where the log stops being right, if it does, and what to do.
    pub damage: Option<String>,
    /// The index of history and search.
    pub index: Compared,
    /// The stored World.
    pub world: Compared,
}

impl VerifiedOrg {
    /// Everything that is wrong with the org.
    pub fn wrongs(&self) -> impl Iterator<Item = &str> {
        let made = [&self.index, &self.world].into_iter().filter_map(|compared| match compared {
            Compared::Wrong(why) => Some(why.as_str()),
            Compared::Equal(_) | Compared::NotCompared(_) => None,
        });
        self.damage.as_deref().into_iter().chain(made)
    }
}

/// Verifies the log of a data folder or of a backup, of all orgs or of one, reading so many entries at once at most.
/// What is made from the log is compared too if no hub has it open.
pub fn verify(
    folder: &Path,
    only: Option<&OrgId>,
    at_once: usize,
    watch: &mut Watcher<'_>,
) -> Result<Vec<VerifiedOrg>, CopyError> {
    let log = LogFile::open(folder)?;
    let (ends, _) = meant(&log, only)?;
    let mut made = MadeFromLog::open(folder, &log)?;
    // A log that was begun anew has no org of which it could be said.
    if ends.is_empty()
        && let Err(Compared::Wrong(why)) = &made.shelf
    {
        let why = why.clone();
        made.close();
        return Err(CopyError::Begun(why));
    }
    let page = PageSize { entries: at_once.clamp(1, PAGE.entries), ..PAGE };
    let mut found = Vec::new();
    for (org, until) in &ends {
        found.push(one(&log, org, *until, page, &mut made, watch)?);
    }
    made.close();
    Ok(found)
}

fn one(
    log: &LogFile,
    org: &OrgId,
    until: Pos,
    page: PageSize,
    made: &mut MadeFromLog,
    watch: &mut Watcher<'_>,
) -> Result<VerifiedOrg, CopyError> {
    let end = if made.has_hub { WalkEnd::Noted(until) } else { WalkEnd::Log };
    let mut walk = LogWalk::new(log, org, end);
    let begin = log.begin(org).unwrap_or_default();
    let (mut index, mut fold) = (made.index_of(org, &begin), made.fold_of(org, log, &begin));
    let (mut entries, mut void, mut bytes) = (0, 0, 0);
    let damage = loop {
        let before = walk.at();
        let rows = match walk.next_page(page) {
            Ok(rows) => rows,
            Err(WalkError::Log(error)) => return Err(error.into()),
            Err(WalkError::Damage(damage)) => break Some(damage),
        };
        let Some(last) = rows.last() else { break None };
        let (at, fresh) = (last.pos, rows.len());
        entries += fresh as u64;
        void += rows.iter().filter(|row| !row.is_valid).count() as u64;
        bytes += rows.iter().map(|row| row.stored.bytes.len() as u64).sum::<u64>();
        fold.add(&rows);
        index.add(org, made.shelf.as_mut().ok(), before, rows);
        watch(CopyProgress { org, entries, fresh, from: Pos(0), at, until });
    };
    let place = walk.at().seq;
    let lacks = damage.as_ref().map(ToString::to_string);
    let damage = lacks.clone().map(|what| {
        format!(
            "{what}. Restore a backup that reaches further, or stop the hub and cut the log there with `switchboard repair`"
        )
    });
    let index = index.end(org, made, lacks.is_some());
    let world = fold.end(org, lacks.is_some());
    Ok(VerifiedOrg { org: org.clone(), entries, void, bytes, place, damage, index, world })
}

/// What lies beside the log, as far as it can be opened; else why not.
struct MadeFromLog {
    shelf: Result<ShelfCheck, Compared>,
    state: Result<StateStore, Compared>,
    /// Where Worlds are folded anew; `None` folds them in memory.
    scratch: Option<StateStore>,
    /// Keeps hubs away while something is open.
    folder: Option<Folder>,
    /// Whether a hub has the folder, and may write on.
    has_hub: bool,
}

impl MadeFromLog {
    fn open(path: &Path, log: &LogFile) -> Result<Self, CopyError> {
        let nothing = |why: &str, has_hub| Self {
            shelf: Err(Compared::NotCompared(why.into())),
            state: Err(Compared::NotCompared(why.into())),
            scratch: None,
            folder: None,
            has_hub,
        };
        if log.identity().is_backup {
            return Ok(nothing("a backup has none", false));
        }
        let folder = match Folder::claim(path) {
            Ok(folder) => folder,
            Err(FolderError::InUse(_)) => {
                let why = "the hub that runs has it open; stop the hub to have it compared";
                return Ok(nothing(why, true));
            }
            Err(other) => return Err(other.into()),
        };
        let scratch = path.join(SCRATCH);
        private::remove_folder(&scratch)
            .and_then(|()| private::folder(&scratch))
            .map_err(CopyError::io(&scratch))?;
        let none = || {
            Compared::NotCompared("there is none that can be used; the next start makes it".into())
        };
        let shelf = match ShelfCheck::open(path, &scratch, &log.identity().id) {
            Ok(FoundCheck::Whole(shelf)) => Ok(*shelf),
            Ok(FoundCheck::OfLog(other)) if !log.identity().older.contains(&other) => {
                Err(Compared::Wrong(chain::is_of_another_log("shelf.db")))
            }
            Ok(FoundCheck::Nothing | FoundCheck::OfLog(_)) => Err(none()),
            Err(why) => Err(Compared::Wrong(format!("shelf.db is damaged: {why}; {SHELF_ADVICE}"))),
        };
        let state = match StateStore::inspect(path) {
            Ok(Ok(state)) => state.ok_or_else(none),
            Ok(Err(why)) => {
                Err(Compared::Wrong(format!("the folder state is damaged: {why}; {STATE_ADVICE}")))
            }
            Err(error) => {
                Err(Compared::NotCompared(format!("the folder state cannot be opened: {error}")))
            }
        };
        // Without it, a World takes as much memory as it is large.
        let anew = state.as_ref().ok().and_then(|_| StateStore::open(&scratch).ok());
        Ok(Self { shelf, state, scratch: anew, folder: Some(folder), has_hub: false })
    }

    fn index_of(&self, org: &OrgId, begin: &LogBegin) -> IndexWalk {
        let begin = begin.place.seq;
        let place = match &self.shelf {
            Ok(_) if begin > Seq(0) => Err(Compared::NotCompared(format!(
                "the log begins after entry {begin}, and the index may know more"
            ))),
            Ok(check) => check.place(org).map_err(|why| {
                Compared::Wrong(format!("shelf.db cannot be read: {why}; {SHELF_ADVICE}"))
            }),
            Err(why) => Err(why.clone()),
        };
        IndexWalk { place, is_there: false }
    }

    fn fold_of(&self, org: &OrgId, log: &LogFile, begin: &LogBegin) -> WorldFold {
        let stored = self.state.as_ref().map_err(Clone::clone).and_then(|state| {
            let none = "there is none that can be used; the next start makes it";
            let opened = state.org(org, &log.identity().id);
            let wrong = |why| {
                Compared::Wrong(format!("the folder state cannot be read: {why}; {STATE_ADVICE}"))
            };
            let opened = opened.map_err(wrong)?;
            if opened.of_log().is_some_and(|other| !log.identity().older.contains(&other)) {
                return Err(Compared::Wrong(chain::is_of_another_log("the folder state")));
            }
            let (world, place) = opened.load().ok_or_else(|| Compared::NotCompared(none.into()))?;
            if place.seq < begin.place.seq {
                let why = "it is of before the log begins; the next start makes it anew";
                return Err(Compared::NotCompared(why.into()));
            }
            Ok((world, place))
        });
        let scratch = self.scratch.as_ref().and_then(|scratch| scratch.org(org, SCRATCH).ok());
        let mut fold =
            WorldFold { stored, world: World::default(), scratch, events: 0, compared: None };
        // A hub that runs may have it open, and would not have started if it could not be used.
        if begin.place.seq > Seq(0)
            && !self.has_hub
            && let Err(why) = fold.begin_with(org, log, begin)
        {
            fold.stored = Err(Compared::Wrong(why));
        }
        fold
    }

    fn close(self) {
        let Self { shelf, state, scratch, folder, .. } = self;
        if let Ok(shelf) = shelf
            && let Err(error) = shelf.close()
        {
            tracing::warn!("shelf.db keeps its write-ahead log: {error}");
        }
        drop((state, scratch));
        // What is left of it is removed the next time.
        let _ = folder.map(|folder| private::remove_folder(&folder.path().join(SCRATCH)));
    }
}

/// An org's index, while the log is walked through.
struct IndexWalk {
    /// How far the stored index says that it has read; else why it is not compared.
    place: Result<ChainCursor, Compared>,
    /// Whether the walk has met that place.
    is_there: bool,
}

impl IndexWalk {
    /// Indexes anew what the stored index has read.
    fn add(
        &mut self,
        org: &OrgId,
        check: Option<&mut ShelfCheck>,
        mut to: ChainCursor,
        rows: Vec<WalkedRow>,
    ) {
        let (Ok(place), Some(check)) = (&self.place, check) else { return };
        let place = *place;
        let mut valid: Vec<(Pos, Stored)> = Vec::with_capacity(rows.len());
        for row in rows.into_iter().filter(|row| row.pos <= place.pos) {
            to.step(row.pos, &*row.stored.entry);
            if row.is_valid {
                valid.push((row.pos, row.stored));
            }
        }
        if to.pos == Pos(0) || self.is_there {
            return;
        }
        self.is_there = to == place;
        if let Err(why) = check.add(org, &valid, to) {
            self.place = Err(Compared::NotCompared(format!("an index cannot be made anew: {why}")));
        }
    }

    fn end(self, org: &OrgId, made: &MadeFromLog, is_damaged: bool) -> Compared {
        let (place, check) = match (self.place, &made.shelf) {
            (Ok(place), Ok(check)) => (place, check),
            (Err(why), _) => return why,
            (Ok(_), Err(why)) => return why.clone(),
        };
        if place.pos == Pos(0) {
            return Compared::Equal(Seq(0));
        }
        if !self.is_there {
            return lacks("shelf.db", org, place.seq, is_damaged);
        }
        match check.difference(org) {
            Ok(None) => Compared::Equal(place.seq),
            Ok(Some(what)) => Compared::Wrong(format!(
                "shelf.db differs for {org} from what the log says up to entry {}, in {what}; {SHELF_ADVICE}",
                place.seq
            )),
            Err(why) => Compared::Wrong(format!("shelf.db cannot be read: {why}; {SHELF_ADVICE}")),
        }
    }
}

/// What it means that the walk did not meet the place at which something stands.
fn lacks(what: &str, org: &OrgId, place: Seq, is_damaged: bool) -> Compared {
    if is_damaged {
        return Compared::NotCompared(format!("the log is damaged before entry {place}"));
    }
    Compared::Wrong(format!(
        "{what} has seen entry {place} of {org}, which the log lacks: log.db lost its end or is an older copy. \
         Put the right log.db back, or start the hub once with --accept-loss"
    ))
}

/// A World that is folded from nothing, to be compared with the stored one.
struct WorldFold {
    /// The stored World and its place; else why it is not compared.
    stored: Result<(World, ChainCursor), Compared>,
    world: World,
    scratch: Option<OrgState>,
    /// How many events were folded since the last layer went to the disk.
    events: usize,
    compared: Option<Compared>,
}

impl WorldFold {
    /// Begins with the World with which the log begins.
    fn begin_with(&mut self, org: &OrgId, log: &LogFile, begin: &LogBegin) -> Result<(), String> {
        let origin = Origins::of(&log.path().with_file_name("")).open(org, begin)?;
        let Some(scratch) = &self.scratch else {
            origin.state().read_all()?;
            self.world = origin.world;
            return Ok(());
        };
        scratch.take_over(origin.state())?;
        let (world, _) = scratch.load().ok_or("what was just stored cannot be read")?;
        self.world = world;
        Ok(())
    }

    fn add(&mut self, rows: &[WalkedRow]) {
        let Ok((stored, place)) = &self.stored else { return };
        for row in rows.iter().filter(|row| row.is_valid) {
            if self.compared.is_some() {
                return;
            }
            self.world.apply(&row.stored.entry);
            self.events += row.stored.entry.events.len();
            let (seq, id) = self.world.head();
            if row.pos == place.pos && (seq, id) == (place.seq, place.id) {
                self.compared = Some(compare(&row.stored.entry.org, &self.world, stored, seq));
            } else if self.events >= SETTLE_EVERY {
                self.events = 0;
                settle(&mut self.scratch, &mut self.world, ChainCursor { pos: row.pos, seq, id });
            }
        }
    }

    fn end(self, org: &OrgId, is_damaged: bool) -> Compared {
        match (self.stored, self.compared) {
            (Err(why), _) => why,
            (Ok(_), Some(compared)) => compared,
            (Ok((_, place)), None) => lacks("the folder state", org, place.seq, is_damaged),
        }
    }
}

/// Brings what was folded to the disk. If that fails once, the rest stays in memory.
fn settle(scratch: &mut Option<OrgState>, world: &mut World, place: ChainCursor) {
    let Some(state) = scratch else { return };
    world.settle();
    match state.store(world, place) {
        Ok(base) => world.rebase(&base),
        Err(why) => {
            tracing::warn!("{why}; the rest of the World is folded in memory");
            *scratch = None;
        }
    }
}

fn compare(org: &OrgId, folded: &World, stored: &World, at: Seq) -> Compared {
    let difference = folded.difference(stored);
    if let Some(why) = stored.trouble() {
        return Compared::Wrong(format!("{why}; {STATE_ADVICE}"));
    }
    if let Some(why) = folded.trouble() {
        return Compared::NotCompared(format!("the World cannot be folded anew: {why}"));
    }
    match difference {
        None => Compared::Equal(at),
        Some(what) => Compared::Wrong(format!(
            "the folder state differs for {org} from what the log says up to entry {at}, in {what}; {STATE_ADVICE}"
        )),
    }
}
