//! Pages of an org's past: with a filter in either direction, by the index, or by place.

use super::{Operator, PAGE_BYTES, filter, lists};
use crate::{
    hub::{engine::SearchedEntries, shelf::HistoryQuery},
    model::{OrgId, Seq},
    wire::{
        proto::v1::{HistoryReply, HistoryRequest},
        time,
    },
};
use std::sync::Arc;
use tonic::Status;

impl Operator {
    /// A page of the past with a filter, as far as it was searched (R-FEED-5).
    pub(super) async fn search(
        &self,
        org: &OrgId,
        asked: &HistoryRequest,
    ) -> Result<HistoryReply, Status> {
        if !asked.customer_id.is_empty() || !asked.words.trim().is_empty() {
            let why =
                "a filter does not go together with customer_id or words: say it in the filter";
            return Err(Status::invalid_argument(why));
        }
        let filter = filter(asked.filter.clone(), self.on.hub.now(org))?;
        let before = (asked.before_seq > 0).then_some(Seq(asked.before_seq));
        let most = (lists::within(asked.limit, 100, 500), PAGE_BYTES);
        let found = self.on.hub.search(org, before, Arc::new(filter), most).await?;
        let more = found.searched_to > Seq(1);
        Ok(HistoryReply { more, ..searched(found) })
    }

    /// A page towards newer entries, with a filter or without one.
    pub(super) async fn search_on(
        &self,
        org: &OrgId,
        after: Seq,
        asked: &HistoryRequest,
    ) -> Result<HistoryReply, Status> {
        let filter = filter(asked.filter.clone(), self.on.hub.now(org))?;
        let most = (lists::within(asked.limit, 100, 500), PAGE_BYTES);
        let found = self.on.hub.search_on(org, after, Arc::new(filter), most).await?;
        let more = found.searched_to < *self.on.hub.head(org)?.borrow();
        Ok(HistoryReply { more, ..searched(found) })
    }

    /// A page that the index finds, or that goes by place.
    pub(super) async fn page(
        &self,
        org: &OrgId,
        asked: &HistoryRequest,
    ) -> Result<HistoryReply, Status> {
        let query = HistoryQuery {
            before: (asked.before_seq > 0).then_some(Seq(asked.before_seq)),
            after: asked.after_seq.map(Seq),
            limit: lists::within(asked.limit, 100, 500),
            customer: Some(asked.customer_id.as_str().into())
                .filter(|_| !asked.customer_id.is_empty()),
            words: asked.words.clone(),
        };
        let page = self.on.hub.history(org, query).await?;
        let (more, unread) = (page.more, page.unread);
        let mut reply = HistoryReply { more, unread, ..HistoryReply::default() };
        let mut bytes = 0;
        for stored in page.entries {
            bytes += stored.bytes.len();
            if bytes > PAGE_BYTES && !reply.entries.is_empty() {
                reply.more = true;
                break;
            }
            reply.entries.push(stored.bytes);
        }
        Ok(reply)
    }
}

/// What was found, and how far the search came.
fn searched(found: SearchedEntries) -> HistoryReply {
    HistoryReply {
        entries: found.entries.into_iter().map(|stored| stored.bytes).collect(),
        more: false,
        unread: found.unread,
        searched_to: Some(found.searched_to.0),
        searched_at: found.searched_at.and_then(time),
        time_seq: None,
    }
}
