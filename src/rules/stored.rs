//! The World on a base: how it is opened, and what of it is stored. Most of it is the rows of its tables.
//! What is few, and what changes with almost every entry, is one row of its own.

use super::{
    World,
    carriage::FewCarriages,
    due::StoredKinds,
    index::Queued,
    layers::{Base, RowWriter, Table},
    ledger::Ledger,
    works::Works,
};
#[cfg(test)]
use crate::model::{CustomerState, MessageHistory};
use crate::model::{EntryId, Seq, Timestamp};
use imbl::OrdSet;
use serde::{Deserialize, Serialize};
use std::{sync::Arc, time::Duration};

/// The version of the format. Raise the number whenever a stored type of `model` changes its shape, or the
/// rules fold an event in another way than before.
const TAG: &[u8; 16] = b"switchboard-w 13";

/// What is stored in one row. Generic over its parts, so that writing borrows and reading owns.
#[derive(Serialize, Deserialize)]
struct Rest<L, W, Q, K> {
    head: (Seq, EntryId),
    ledger: L,
    works: W,
    carriages: FewCarriages,
    queued: Q,
    kinds: K,
    oldest_call: Option<Timestamp>,
    ahead: Duration,
}

type Owned = Rest<Ledger, Works, OrdSet<Queued>, StoredKinds<Vec<u8>>>;

/// Does the same to every table of a World.
macro_rules! tables {
    ($world:expr, |$table:ident| $do:expr) => {{
        let World { customers, calls, merged, works, carriages, index, .. } = $world;
        {
            let $table = customers;
            $do
        };
        {
            let $table = merged;
            $do
        };
        {
            let $table = &mut calls.known;
            $do
        };
        {
            let $table = &mut calls.passing;
            $do
        };
        {
            let $table = &mut works.runs.selected;
            $do
        };
        {
            let $table = &mut works.runs.served;
            $do
        };
        {
            let $table = &mut works.runs.put_off;
            $do
        };
        {
            let $table = &mut carriages.of;
            $do
        };
        {
            let $table = &mut carriages.references;
            $do
        };
        {
            let $table = &mut index.numbers;
            $do
        };
        {
            let $table = &mut index.secondary;
            $do
        };
        {
            let $table = &mut index.messages;
            $do
        };
        {
            let $table = &mut index.sessions;
            $do
        };
        {
            let $table = &mut index.transactions;
            $do
        };
        {
            let $table = &mut index.tags;
            $do
        };
        {
            let $table = &mut index.due.all;
            $do
        };
    }};
}

impl World {
    /// The World that lies in a base; `None` if there is none, or one of another version.
    #[must_use]
    pub fn open(base: &Arc<dyn Base>) -> Option<Self> {
        let mut rest: Option<Owned> = None;
        base.get(Table::Rest, &[], &mut |bytes| {
            rest = bytes.strip_prefix(TAG).and_then(|bytes| postcard::from_bytes(bytes).ok());
        });
        let Rest { head, ledger, works, carriages, queued, kinds, oldest_call, ahead } = rest?;
        let mut world = Self { head, ledger, works, ahead, ..Self::default() };
        world.carriages.few = carriages;
        world.index.queued = queued;
        world.index.due.restore(kinds);
        world.calls.oldest = oldest_call;
        world.rebase(base);
        Some(world)
    }

    /// Closes the upper layer, so that its rows can be stored beside the work. The layer before must be in
    /// the base by then.
    pub fn settle(&mut self) {
        tables!(self, |table| table.settle());
        self.gone.settle();
    }

    /// Hands over every row of the closed layer, with its table and key, as it is to be stored; `None` removes
    /// the row. Of a World that has just been closed, these are all changes since the base.
    pub fn settling(&self, store: &mut RowWriter<'_>) {
        let mut copy = self.clone();
        tables!(&mut copy, |table| table.settling(store));
        self.gone.settling(|customer| self.passing(customer).is_some(), store);
        let Self { head, ledger, works, ahead, index, calls, .. } = self;
        let (queued, kinds, oldest_call) = (&index.queued, index.due.stored(), calls.oldest);
        let (head, ahead) = (*head, *ahead);
        let carriages = self.carriages.few.clone();
        let rest = Rest { head, ledger, works, carriages, queued, kinds, oldest_call, ahead };
        let mut bytes = TAG.to_vec();
        // Serialising plain data into memory cannot fail. If it did, the row could not be read.
        bytes = postcard::to_extend(&rest, bytes).unwrap_or_default();
        store(Table::Rest, &[], Some(bytes));
    }

    /// The first part in which another World differs from this one, in words; `None` if they are equal. Both are read
    /// row by row, so neither has to fit into memory.
    #[must_use]
    pub fn difference(&self, other: &Self) -> Option<&'static str> {
        let Self {
            head,
            customers,
            calls,
            merged,
            ledger,
            works,
            carriages,
            ahead,
            index,
            lent: _,
            gone: _,
            chosen: _,
            only: _,
        } = self;
        let parts: [(&str, &dyn Fn() -> bool); 9] = [
            ("the place", &|| *head == other.head),
            ("the ids of customers who were merged", &|| *merged == other.merged),
            ("the books of the org", &|| *ledger == other.ledger),
            ("the works by tag", &|| *works == other.works),
            ("what networks were given", &|| *carriages == other.carriages),
            ("the clock of the sandbox", &|| *ahead == other.ahead),
            ("what finds customers and what is due", &|| *index == other.index),
            ("the calls that were answered", &|| *calls == other.calls),
            ("the customers", &|| *customers == other.customers),
        ];
        parts.iter().find(|(_, is_equal)| !is_equal()).map(|(part, _)| *part)
    }

    /// The same World without a base.
    #[cfg(test)]
    #[must_use]
    pub fn in_memory(&self) -> Self {
        let mut copy = self.clone();
        tables!(&mut copy, |table| table.in_memory());
        for customer in self.customers() {
            let mut copied = CustomerState::clone(&customer);
            let first = copied.messages.numbers().start;
            let (all, bytes) = (copied.messages.to_vec(), copied.messages.bytes());
            copied.messages = MessageHistory::numbered(first, all, bytes);
            copy.customers.insert(customer.id.as_str().as_bytes(), Arc::new(copied));
        }
        copy
    }

    /// Puts a base under the World that has everything of the layer that was closed.
    pub fn rebase(&mut self, base: &Arc<dyn Base>) {
        self.lent = super::Lent::default();
        tables!(self, |table| table.rebase(base));
        self.gone.rebase();
    }
}
