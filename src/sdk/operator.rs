//! What agents ask that the public contract lacks (`switchboard.v1.Operator`): what a command
//! would do, work by tag, reminders, who waits for an answer, leases, purses and audiences. All of them are
//! reads; works are steered with [`CustomerCommand::SteerWork`] through [`Client::send`].
//!
//! A server that has only the public contract answers `Error::Unsupported`.

use super::{
    Client, Error,
    calls::{all, without},
};
use crate::{
    model::{
        Audience, ChannelNumber, CustomerCommand, CustomerId, Outlook, Receipt, RecipientOutcome,
        StatusReport, TagPair, Timestamp, UnknownMessage, Work, WorkId, WorkReceipt, WorkRecipient,
        client::{
            ListedCarrier, ListedLease, ListedReminder, ListedScheduled, ListedWaiting,
            LivePrompts, PurseBalance,
        },
    },
    wire::{
        from_time, outlook,
        proto::v1::{
            CountAudienceRequest, DryRunRequest, ListCarriersRequest, ListLeasesRequest,
            ListLiveRequest, ListPursesRequest, ListRecipientsRequest, ListRemindersRequest,
            ListScheduledRequest, ListUnknownRequest, ListWaitingRequest, ListWorksRequest,
            StatusRequest,
        },
        request, time, work,
    },
};

impl Client {
    /// What a command would lead to; nothing is done and nothing is recorded. Findings are by the
    /// codes of R-DRYRUN-2, heaviest first; by-tag commands come with their audience,
    /// adoptions side by side, payments with balances (minor units).
    pub async fn dry_run(&self, command: &CustomerCommand) -> Result<Outlook, Error> {
        let terms = command.terms();
        let request = DryRunRequest {
            org_id: self.0.org.to_string(),
            app_id: self.0.app.to_string(),
            command: Some(request::of(command, &self.0.org, &self.0.app)),
            seen_seq: command.seen().map(|place| place.0),
            fill_gaps: terms.fill,
            rate: terms.rate.map(|rate| rate.to_string()),
            failed_of: terms.failed_of.map(|work| work.to_string()),
            at: terms.at.and_then(time),
            keeps_quiet: terms.keeps_quiet,
            instead_of: terms.instead_of.map(|work| work.to_string()),
        };
        // On the heap, because the future of the call holds the request several times.
        let mut operator = self.operator();
        let call = Box::pin(async move { operator.dry_run(request).await });
        let reply = self.read(call).await;
        Ok(reply.map_err(|error| without(error, "it makes no dry runs"))?.try_into()?)
    }

    /// The newest works by tag, newest first, each with the next firings (at most 3) of a reminder;
    /// `limit` is 1 to 500, 0 means 50 (R-OPERATOR-2).
    pub async fn works(&self, limit: u32) -> Result<Vec<(Work, Vec<Timestamp>)>, Error> {
        self.list_works(limit, String::new()).await
    }

    /// One work by tag; `None` if the hub does not know it.
    pub async fn work(&self, work: &WorkId) -> Result<Option<(Work, Vec<Timestamp>)>, Error> {
        Ok(self.list_works(1, work.to_string()).await?.into_iter().next())
    }

    /// A page of those whom a work by tag has selected, in the order of their ids, with what became of each, and
    /// where the next page begins (R-TAGWORK-9). `after` is that of the page before, and empty for the first one; it is
    /// empty behind the last page. `limit` is 1 to 500, 0 means 100; a page may have fewer and not be the last.
    pub async fn recipients(
        &self,
        work: &WorkId,
        outcome: Option<RecipientOutcome>,
        after: &str,
        limit: u32,
    ) -> Result<(Vec<WorkRecipient>, String), Error> {
        let request = ListRecipientsRequest {
            org_id: self.0.org.to_string(),
            work_id: work.to_string(),
            after: after.to_owned(),
            limit,
            outcome: work::outcome(outcome),
        };
        let reply = self.read(self.operator().list_recipients(request)).await;
        let reply =
            reply.map_err(|error| without(error, "it does not list whom a work reached"))?;
        if !reply.refusal.is_empty() {
            let refused = WorkReceipt { ok: false, description: reply.refusal, work: None };
            return Err(Error::Refused(Box::new(Receipt::Work(refused))));
        }
        Ok((all(reply.recipients)?, reply.next))
    }

    async fn list_works(
        &self,
        limit: u32,
        work_id: String,
    ) -> Result<Vec<(Work, Vec<Timestamp>)>, Error> {
        let request = ListWorksRequest { org_id: self.0.org.to_string(), limit, work_id };
        let reply = self.read(self.operator().list_works(request)).await;
        let reply = reply.map_err(|error| without(error, "it lists no work by tag"))?;
        Ok(outlook::from_works(reply))
    }

    /// Reminders of single customers with their next firings (at most 3), and how many there are in
    /// all; of one customer or of everyone. `limit` is 1 to 500, 0 means 100.
    pub async fn reminders(
        &self,
        customer: Option<&CustomerId>,
        limit: u32,
    ) -> Result<(Vec<ListedReminder>, u64), Error> {
        let request = ListRemindersRequest {
            org_id: self.0.org.to_string(),
            customer_id: customer.map(ToString::to_string).unwrap_or_default(),
            limit,
        };
        let reply = self.read(self.operator().list_reminders(request)).await;
        let reply = reply.map_err(|error| without(error, "it lists no reminders"))?;
        Ok((all(reply.reminders)?, reply.total))
    }

    /// Messages that have not left yet, the soonest first, and how many there are in all; to one customer or to
    /// everyone. `limit` is 1 to 500, 0 means 100 (R-LATER-4).
    pub async fn scheduled(
        &self,
        customer: Option<&CustomerId>,
        limit: u32,
    ) -> Result<(Vec<ListedScheduled>, u64), Error> {
        let request = ListScheduledRequest {
            org_id: self.0.org.to_string(),
            customer_id: customer.map(ToString::to_string).unwrap_or_default(),
            limit,
        };
        let reply = self.read(self.operator().list_scheduled(request)).await;
        let reply = reply.map_err(|error| without(error, "it keeps no messages for later"))?;
        Ok((all(reply.messages)?, reply.total))
    }

    /// Customers who wait for an answer from a person, the longest first, and how many there are in all.
    /// `limit` is 1 to 500, 0 means 100 (R-WAIT-3).
    pub async fn waiting(&self, limit: u32) -> Result<(Vec<ListedWaiting>, u64), Error> {
        let request = ListWaitingRequest { org_id: self.0.org.to_string(), limit };
        let reply = self.read(self.operator().list_waiting(request)).await;
        let reply = reply.map_err(|error| without(error, "it does not know who waits"))?;
        Ok((all(reply.customers)?, reply.total))
    }

    /// Who waits on the line for a menu or a plan, the least time first. `limit` is 1 to 500, 0
    /// means 100 (R-WAIT-6).
    pub async fn live(&self, limit: u32) -> Result<LivePrompts, Error> {
        let request = ListLiveRequest { org_id: self.0.org.to_string(), limit };
        let reply = self.read(self.operator().list_live(request)).await;
        Ok(reply
            .map_err(|error| without(error, "it does not know who is on the line"))?
            .try_into()?)
    }

    /// Running leases: who holds what and who waits (D-LEASE). The time beside them is the
    /// hub's clock, from which their seconds left count.
    pub async fn leases(&self) -> Result<(Vec<ListedLease>, Timestamp), Error> {
        let request = ListLeasesRequest { org_id: self.0.org.to_string() };
        let reply = self.read(self.operator().list_leases(request)).await;
        let reply = reply.map_err(|error| without(error, "it lists no leases"))?;
        Ok((all(reply.leases)?, from_time(reply.now)))
    }

    /// The org's purses with what is there and what may be spent (R-OPERATOR-4). A balance that
    /// cannot be read is left out.
    pub async fn purses(&self) -> Result<Vec<PurseBalance>, Error> {
        let request = ListPursesRequest { org_id: self.0.org.to_string() };
        let reply = self.read(self.operator().list_purses(request)).await;
        let reply = reply.map_err(|error| without(error, "it lists no purses"))?;
        Ok(reply.purses.into_iter().filter_map(outlook::from_purse).collect())
    }

    /// The org's connections to real networks, with how they are (R-CARRY-11). None in a sandbox.
    pub async fn carriers(&self) -> Result<Vec<ListedCarrier>, Error> {
        let request = ListCarriersRequest { org_id: self.0.org.to_string() };
        let reply = self.read(self.operator().list_carriers(request)).await;
        all(reply.map_err(|error| without(error, "it lists no carriers"))?.carriers)
    }

    /// Messages of which nobody knows whether they arrived, the oldest first, and how many there are in all. `limit`
    /// is 1 to 500, 0 means 100 (R-CARRY-18). They are decided about with [`CustomerCommand::DecideUnknown`] through
    /// [`Client::send`].
    pub async fn unknown(&self, limit: u32) -> Result<(Vec<UnknownMessage>, u64), Error> {
        let request = ListUnknownRequest { org_id: self.0.org.to_string(), limit };
        let reply = self.read(self.operator().list_unknown(request)).await;
        let reply = reply.map_err(|error| without(error, "it lists no unknown messages"))?;
        Ok((all(reply.messages)?, reply.total))
    }

    /// How the hub is, and how our org is on it (R-SEE-4).
    pub async fn status(&self) -> Result<StatusReport, Error> {
        let request = StatusRequest { org_id: self.0.org.to_string() };
        let reply = self.read(self.operator().status(request)).await;
        Ok(reply.map_err(|error| without(error, "it does not say how it is"))?.try_into()?)
    }

    /// How many customers have a tag, how many of them a channel reaches, and a few of them;
    /// without a channel everyone counts as reached.
    pub async fn audience(
        &self,
        tag: &TagPair,
        channel: Option<&ChannelNumber>,
    ) -> Result<Audience, Error> {
        let request = CountAudienceRequest {
            org_id: self.0.org.to_string(),
            tag: Some(tag.into()),
            channel_number: channel.map(Into::into),
        };
        let reply = self.read(self.operator().count_audience(request)).await;
        Ok(reply.map_err(|error| without(error, "it counts no audiences"))?.try_into()?)
    }
}
