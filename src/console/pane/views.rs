//! Views of the feed: filters that are kept under a name, each with a depth and a way to show times. They are
//! read from TOML files; a view that cannot be used is off, and the others work.
//!
//! How many events came for a view since it was last looked at is counted as they arrive. Reading a file is
//! not here, and neither is which files there are.

use super::{
    feed::{Depth, Times},
    table_file,
};
use crate::{
    model::{Entry, Seq, Timestamp},
    query::{Asker, Filter},
};
use jiff::tz::TimeZone;
use serde::Deserialize;
use strum::VariantArray as _;

/// How many views there are at most: each is asked about every event that arrives.
const MOST: usize = 50;
/// The longest name in characters.
const LONGEST: usize = 40;

/// A filter under a name, and how the feed shows it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FeedView {
    pub name: String,
    /// The filter, which is one; empty for everything.
    pub query: String,
    pub depth: Depth,
    pub times: Times,
    /// The key that chooses it in the list of views.
    pub key: Option<char>,
    /// Whether it is used in place of a shared one of the same name.
    pub replaces: bool,
}

/// A view as it is written.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct WrittenView {
    name: String,
    #[serde(default)]
    query: String,
    #[serde(default)]
    depth: Option<String>,
    #[serde(default)]
    times: Option<String>,
    #[serde(default)]
    key: Option<String>,
}

/// The contents of a file.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct ViewsFile {
    #[serde(default)]
    view: Vec<toml::Value>,
}

/// Reads the views of a file. The second part says in words, with the line, what could not be used of it.
#[must_use]
pub fn read(text: &str) -> (Vec<FeedView>, Vec<String>) {
    let clash = |known: &[FeedView], view: &FeedView| {
        if known.iter().any(|own| own.name == view.name) {
            return Err(("name", "another view has this name".to_owned()));
        }
        let has_key = |own: &&FeedView| own.key.is_some() && own.key == view.key;
        if let Some(other) = known.iter().find(has_key) {
            return Err(("key", format!("the view {:?} has this key", other.name)));
        }
        if known.len() >= MOST {
            return Err(("name", format!("there are more than {MOST} views")));
        }
        Ok(())
    };
    table_file::read(text, "view", |file: ViewsFile| file.view, view, clash)
}

/// The views of whoever sits here, and those that are shared and have other names. An own one says whether it is
/// used in place of a shared one; a shared one gives up its key where an own one has it.
#[must_use]
pub fn merged(own: Vec<FeedView>, shared: Vec<FeedView>) -> Vec<FeedView> {
    let mut all = own;
    for mut view in shared {
        if let Some(own) = all.iter_mut().find(|known| known.name == view.name) {
            own.replaces = true;
            continue;
        }
        view.key = view.key.filter(|key| all.iter().all(|known| known.key != Some(*key)));
        all.push(view);
    }
    all.truncate(MOST);
    all
}

/// Reads one view. The error names the field that is wrong, and what was expected.
fn view(written: toml::Value) -> Result<FeedView, (&'static str, String)> {
    let written: WrittenView =
        written.try_into().map_err(|error: toml::de::Error| ("", error.message().to_owned()))?;
    let WrittenView { name, query, depth, times, key } = written;
    if name.trim().is_empty() || name.chars().count() > LONGEST {
        return Err(("name", format!("a name has 1 to {LONGEST} characters")));
    }
    // What a time in it means is settled when the view is opened; whether it is a filter is not.
    Filter::parse(&query, &Asker::utc(Timestamp::ZERO)).map_err(|e| ("query", e.to_string()))?;
    let depth = match depth {
        None => Depth::default(),
        Some(word) => *known(&word, Depth::VARIANTS, Depth::word).map_err(|why| ("depth", why))?,
    };
    let times = match times {
        None => Times::default(),
        Some(word) => *known(&word, Times::VARIANTS, Times::word).map_err(|why| ("times", why))?,
    };
    let key = key.map(|key| {
        let mut chars = key.chars();
        match (chars.next(), chars.next()) {
            (Some(key), None) if !key.is_whitespace() && !key.is_control() && key != '0' => Ok(key),
            _ => Err(("key", "expected one character other than 0, such as \"1\"".to_owned())),
        }
    });
    Ok(FeedView { name, query, depth, times, key: key.transpose()?, replaces: false })
}

/// The value that is called so, or which ones there are.
fn known<'a, T: Copy>(
    word: &str,
    all: &'a [T],
    called: fn(T) -> &'static str,
) -> Result<&'a T, String> {
    all.iter().find(|value| called(**value) == word).ok_or_else(|| {
        let words: Vec<_> = all.iter().map(|value| called(*value)).collect();
        format!("{word:?} is not known here; expected one of {}", words.join(", "))
    })
}

/// A view, and what came for it.
#[derive(Clone, Debug)]
struct CountedView {
    view: FeedView,
    filter: Filter,
    unread: usize,
}

/// All views, and which one is looked at.
#[derive(Clone, Debug, Default)]
pub struct Views {
    all: Vec<CountedView>,
    current: Option<usize>,
    /// The newest entry that was counted. Those that were there at the start are not.
    last: Option<Seq>,
}

impl Views {
    /// These views, with times as they are meant at this moment.
    #[must_use]
    pub fn new(views: Vec<FeedView>, now: Timestamp, zone: &TimeZone) -> Self {
        let asker = Asker { now, zone: zone.clone() };
        let counted = |view: FeedView| {
            let filter = Filter::parse(&view.query, &asker).unwrap_or_default();
            CountedView { view, filter, unread: 0 }
        };
        Self { all: views.into_iter().map(counted).collect(), current: None, last: None }
    }
    /// The views in their order, each with how many events came for it since it was looked at.
    #[must_use]
    pub fn rows(&self) -> impl ExactSizeIterator<Item = (&FeedView, usize)> {
        self.all.iter().map(|one| (&one.view, one.unread))
    }
    /// The view with this number.
    #[must_use]
    pub fn get(&self, at: usize) -> Option<&FeedView> {
        Some(&self.all.get(at)?.view)
    }
    /// The number of the view that this key chooses.
    #[must_use]
    pub fn by_key(&self, key: char) -> Option<usize> {
        self.all.iter().position(|one| one.view.key == Some(key))
    }
    /// Looks at a view from now on, or at none.
    pub fn look_at(&mut self, at: Option<usize>) {
        self.current = at;
        if let Some(one) = at.and_then(|at| self.all.get_mut(at)) {
            one.unread = 0;
        }
    }
    #[must_use]
    pub const fn current(&self) -> Option<usize> {
        self.current
    }
    /// The hub has entries up to this one, which are not new.
    pub fn begin(&mut self, head: Seq) {
        self.last = self.last.or(Some(head));
    }
    /// Counts what an entry brings for the views that nobody looks at. Returns the number of each view for each
    /// event that came for it.
    pub fn entry(&mut self, entry: &Entry) -> Vec<usize> {
        let mut came = Vec::new();
        if self.all.is_empty() || self.last.is_none_or(|last| entry.seq <= last) {
            return came;
        }
        self.last = Some(entry.seq);
        for (at, one) in self.all.iter_mut().enumerate() {
            if self.current != Some(at) {
                let shows = |event| one.view.depth.shows(event) && one.filter.matches(event);
                let count = entry.events.iter().filter(|event| shows(event)).count();
                one.unread += count;
                came.extend(std::iter::repeat_n(at, count));
            }
        }
        came
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_view_with_an_error_is_off_with_its_line_and_the_rest_works() {
        let (views, problems) = read(concat!(
            "[[view]]\nname = \"Failed payments\"\nquery = \"type:pay st:bad\"\n",
            "depth = \"all\"\ntimes = \"age\"\nkey = \"1\"\n",
            "\n[[view]]\nname = \"Typo\"\nquery = \"tpye:msg\"\n",
            "\n[[view]]\nname = \"Deep\"\ndepth = \"deepest\"\n",
            "\n[[view]]\nname = \"Same key\"\nkey = \"1\"\n",
            "\n[[view]]\nname = \"New\"\nsort = \"up\"\n",
            "\n[[view]]\nquery = \"x\"\n",
            "\n[[view]]\nname = \"Refunds\"\nquery = \"refund\"\n",
        ));
        let names: Vec<_> = views.iter().map(|view| view.name.as_str()).collect();
        assert_eq!(names, ["Failed payments", "Refunds"]);
        assert_eq!(
            (views[0].depth, views[0].times, views[0].key),
            (Depth::All, Times::Age, Some('1'))
        );
        let has = |at: usize, words: &str| {
            assert!(problems[at].contains(words), "{words}: {problems:#?}");
        };
        has(0, "10: the view \"Typo\" is off: there is no field `tpye`");
        has(0, "there is no field `tpye`; did you mean `type`? expected one of type dir");
        has(
            1,
            "14: the view \"Deep\" is off: \"deepest\" is not known here; expected one of talk, all",
        );
        has(2, "18: the view \"Same key\" is off: the view \"Failed payments\" has this key");
        has(3, "20: the view \"New\" is off: unknown field `sort`");
        has(4, "24: the view \"without a name\" is off: missing field `name`");
        assert_eq!(problems.len(), 5);
    }

    #[test]
    fn a_file_that_is_no_toml_has_no_views_and_says_where() {
        let (views, problems) = read("[[view]]\nname = \"a\"\nquery = oops\n");
        assert_eq!(views, []);
        assert!(problems[0].starts_with("3: no view is used: "), "{problems:?}");
        assert_eq!(read(""), (vec![], vec![]));
    }

    #[test]
    fn an_own_view_is_taken_for_a_shared_one_of_the_same_name() {
        let views = |text: &str| read(text).0;
        let own = views("[[view]]\nname = \"A\"\nquery = \"own\"\nkey = \"1\"\n");
        let shared = views(concat!(
            "[[view]]\nname = \"A\"\nquery = \"shared\"\n",
            "[[view]]\nname = \"B\"\nkey = \"1\"\n",
        ));
        let all = merged(own, shared);
        let all: Vec<_> =
            all.iter().map(|v| (v.name.as_str(), v.query.as_str(), v.key, v.replaces)).collect();
        assert_eq!(all, [("A", "own", Some('1'), true), ("B", "", None, false)]);
    }
}
