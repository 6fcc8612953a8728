//! The messages of a customer. There may be many of them while most rules need none, so a hub leaves them on
//! disk until somebody looks; to everyone else this is a list.

use super::customer::Message;
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use std::{
    fmt,
    ops::{Deref, Range},
    sync::{Arc, OnceLock},
};

/// Where the messages of one customer lie that are not in memory.
pub trait MessageSource: fmt::Debug + Send + Sync {
    /// The messages of these numbers, in order.
    fn load(&self, numbers: Range<u64>) -> Vec<Arc<Message>>;
}

/// A message in memory with its number.
#[derive(Clone, Debug)]
struct Held {
    number: u64,
    message: Arc<Message>,
    /// Whether it differs from what is stored.
    is_new: bool,
}

/// Messages in the order of their numbers, which count up from 0 and have no holes. It is read as a slice,
/// oldest first. In JSON it is a list; in the form in which a hub stores a customer it has only its
/// numbers, because each message is stored for itself.
#[derive(Clone, Default)]
pub struct MessageHistory {
    numbers: Range<u64>,
    /// How many bytes of text they have, as whoever adds them counts.
    bytes: usize,
    /// The number of the first one that is stored.
    stored: u64,
    held: Vec<Held>,
    source: Option<Arc<dyn MessageSource>>,
    /// All of them, once somebody has looked.
    all: OnceLock<Vec<Arc<Message>>>,
}

impl MessageHistory {
    /// These messages, the first of which has this number.
    #[must_use]
    pub fn numbered(first: u64, messages: Vec<Arc<Message>>, bytes: usize) -> Self {
        let held: Vec<Held> = (first..)
            .zip(messages)
            .map(|(number, message)| Held { number, message, is_new: true })
            .collect();
        let numbers = first..first + held.len() as u64;
        Self { numbers, bytes, held, ..Self::default() }
    }
    /// The numbers of the messages that are kept.
    #[must_use]
    pub fn numbers(&self) -> Range<u64> {
        self.numbers.clone()
    }
    /// How many there are.
    #[must_use]
    pub fn count(&self) -> usize {
        usize::try_from(self.numbers.end - self.numbers.start).unwrap_or(usize::MAX)
    }
    /// How many bytes of text they have.
    #[must_use]
    pub fn bytes(&self) -> usize {
        self.bytes
    }
    /// The message of a number. The others stay where they are.
    #[must_use]
    pub fn at(&self, number: u64) -> Option<Arc<Message>> {
        if !self.numbers.contains(&number) {
            return None;
        }
        if let Ok(place) = self.place(number) {
            return self.held.get(place).map(|held| Arc::clone(&held.message));
        }
        self.source.as_ref()?.load(number..number + 1).pop()
    }
    fn place(&self, number: u64) -> Result<usize, usize> {
        self.held.binary_search_by_key(&number, |held| held.number)
    }
    /// Adds a message of so many bytes, and returns its number.
    pub fn push(&mut self, message: Arc<Message>, bytes: usize) -> u64 {
        let number = self.numbers.end;
        if let Some(all) = self.all.get_mut() {
            all.push(Arc::clone(&message));
        }
        self.held.push(Held { number, message, is_new: true });
        self.numbers.end += 1;
        self.bytes += bytes;
        number
    }
    /// Puts a message in the place of the one that has this number.
    pub fn replace(&mut self, number: u64, message: Arc<Message>) {
        if !self.numbers.contains(&number) {
            return;
        }
        let index = usize::try_from(number - self.numbers.start).unwrap_or(usize::MAX);
        if let Some(known) = self.all.get_mut().and_then(|all| all.get_mut(index)) {
            *known = Arc::clone(&message);
        }
        let held = Held { number, message, is_new: true };
        match self.place(number) {
            Ok(place) => self.held[place] = held,
            Err(place) => self.held.insert(place, held),
        }
    }
    /// Puts these messages of so many bytes in the place of all. They get new numbers.
    pub fn renew(&mut self, messages: Vec<Arc<Message>>, bytes: usize) {
        let stored = self.stored;
        *self = Self { stored, ..Self::numbered(self.numbers.end, messages, bytes) };
    }
    /// Changes every message.
    pub fn change(&mut self, change: impl FnMut(&mut Message)) {
        let mut all = self.to_vec();
        all.iter_mut().map(Arc::make_mut).for_each(change);
        self.renew(all, self.bytes);
    }
    /// Removes the oldest message, which had so many bytes.
    pub fn remove_first(&mut self, bytes: usize) {
        if self.numbers.is_empty() {
            return;
        }
        let number = self.numbers.start;
        self.numbers.start += 1;
        self.bytes = self.bytes.saturating_sub(bytes);
        self.held.retain(|held| held.number != number);
        if let Some(all) = self.all.get_mut() {
            all.remove(0);
        }
    }
    /// Notes where the messages lie, all of which are stored.
    pub fn stored_in(&mut self, source: Arc<dyn MessageSource>) {
        self.stored = self.numbers.start;
        self.source = Some(source);
    }
    /// Notes that all messages that are not new lie elsewhere.
    pub fn moved_to(&mut self, source: Arc<dyn MessageSource>) {
        self.held.retain(|held| held.is_new);
        self.source = Some(source);
    }
    /// Notes that what `unstored` returned is being stored.
    pub fn is_stored(&mut self) {
        self.stored = self.numbers.start;
        self.held.iter_mut().for_each(|held| held.is_new = false);
    }
    /// What differs from what is stored: the numbers of messages that are gone, and those of messages that
    /// are new or changed, in order.
    pub fn unstored(&self) -> (Range<u64>, impl Iterator<Item = u64>) {
        let new = self.held.iter().filter(|held| held.is_new);
        (self.stored..self.numbers.start, new.map(|held| held.number))
    }

    /// The messages of these numbers, as far as they are kept.
    #[must_use]
    pub fn range(&self, numbers: Range<u64>) -> Vec<Arc<Message>> {
        let end = numbers.end.min(self.numbers.end);
        let mut next = numbers.start.max(self.numbers.start);
        let mut all = Vec::new();
        let between = |numbers: Range<u64>| {
            let source = self.source.as_ref().filter(|_| !numbers.is_empty());
            source.map(|source| source.load(numbers)).unwrap_or_default()
        };
        let held = self.held.get(self.place(next).unwrap_or_else(|place| place)..);
        for held in held.unwrap_or_default().iter().take_while(|held| held.number < end) {
            all.extend(between(next..held.number));
            all.push(Arc::clone(&held.message));
            next = held.number + 1;
        }
        all.extend(between(next..end));
        all
    }
}

impl Deref for MessageHistory {
    type Target = [Arc<Message>];
    fn deref(&self) -> &Self::Target {
        self.all.get_or_init(|| self.range(self.numbers()))
    }
}

impl<'a> IntoIterator for &'a MessageHistory {
    type Item = &'a Arc<Message>;
    type IntoIter = std::slice::Iter<'a, Arc<Message>>;
    fn into_iter(self) -> Self::IntoIter {
        self.iter()
    }
}

impl From<Vec<Arc<Message>>> for MessageHistory {
    fn from(messages: Vec<Arc<Message>>) -> Self {
        Self::numbered(0, messages, 0)
    }
}

impl FromIterator<Arc<Message>> for MessageHistory {
    fn from_iter<I: IntoIterator<Item = Arc<Message>>>(messages: I) -> Self {
        messages.into_iter().collect::<Vec<_>>().into()
    }
}

impl fmt::Debug for MessageHistory {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(self.iter()).finish()
    }
}

/// Two histories are equal if they hold the same messages, wherever these lie.
impl PartialEq for MessageHistory {
    fn eq(&self, other: &Self) -> bool {
        **self == **other
    }
}

impl Serialize for MessageHistory {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        if serializer.is_human_readable() {
            return serializer.collect_seq(self.iter().map(AsRef::as_ref));
        }
        (self.numbers.start, self.numbers.end, self.bytes).serialize(serializer)
    }
}

impl<'de> Deserialize<'de> for MessageHistory {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        if deserializer.is_human_readable() {
            return Vec::<Arc<Message>>::deserialize(deserializer).map(Self::from);
        }
        let (start, end, bytes) = Deserialize::deserialize(deserializer)?;
        Ok(Self { numbers: start..end, bytes, stored: start, ..Self::default() })
    }
}
