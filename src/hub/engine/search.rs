//! Searches over an org, which the index answers (R-OPERATOR-5, R-OPERATOR-6).

use super::{Hub, HubError};
use crate::{
    hub::shelf::{Found, HistoryQuery, Written},
    model::{OrgId, Seq, telephone},
};

impl Hub {
    /// Customers whose name, number, id, tag or secondary id match all the words. Without a word in it,
    /// `words` finds everyone.
    pub async fn find(&self, org: &OrgId, words: &str, limit: usize) -> Result<Found, HubError> {
        let found = self.org(org)?;
        let (head, region) = (found.published.newest(), found.settings.region);
        let number = telephone::read(words, region);
        Ok(self.0.shelf.find(org, head, (words, number), limit, self.now(org)).await?)
    }

    /// The newest entries whose text has all of the words, at most `limit`, and how many there are in all
    /// (R-OPERATOR-6). Without a letter or digit in the words there are none.
    pub async fn written(
        &self,
        org: &OrgId,
        words: &str,
        limit: usize,
    ) -> Result<Written, HubError> {
        let head = self.org(org)?.published.newest();
        let query = HistoryQuery { limit, words: words.to_owned(), ..HistoryQuery::default() };
        if query.places(Seq(0), head).is_some() {
            return Ok(Written::default());
        }
        let page = self.history(org, query).await?;
        let (total, total_is_least) = if page.more {
            let begin = self.0.log.begin(org).place.pos;
            self.0.shelf.count_written(org, head, begin, words).await?
        } else {
            (page.entries.len() as u64, false)
        };
        Ok(Written { page, total, total_is_least })
    }
}
