//! The tasks that talk to the hub: one follows the feed, one sends the commands, and each kind of
//! question (inspector, history, search, dry run, every list) has one of its own, so that a slow
//! answer holds up no other. The only file of the console that uses the SDK.
//!
//! Towards the loop a full channel waits, so that a flood holds the hub's cursor instead of this
//! memory; from the loop a full channel refuses, so that the loop never waits.

use super::msg::{Effect, Lane, List, Listing, Msg, Token};
use crate::{
    model::{CallId, ClientError, CustomerCommand, CustomerRef, FeedStart, Seq},
    sdk::{Client, lanes::Lanes},
};
use std::{collections::BTreeMap, pin::pin};
use tokio::{
    sync::{mpsc, watch},
    task::JoinSet,
};

/// Entries that fill the feed's first page.
const FIRST_PAGE: u32 = 500;
/// Entries per page of the past.
const PAGE: u32 = 200;
/// Matches of a search that are worth showing.
const MATCHES: u32 = 20;
/// Rows of a list that are worth showing.
const LISTED: u32 = 200;
/// Messages on their way to the loop.
const INBOX: usize = 1024;
/// Commands on their way to their task.
const COMMANDS: usize = 64;
/// Commands that are being sent or wait for those before them.
const HELD: usize = 64;
/// Leases that wait for their value at once.
const LEASES: usize = 32;

/// A command on its way to the hub.
type Sending = (CallId, CustomerCommand, Lane);
/// The newest question of its kind; `None` before the first.
type Newest<Q> = watch::Sender<Option<Q>>;

/// The console's end of the tasks. Dropping it ends them.
pub struct Link {
    retry: mpsc::Sender<()>,
    commands: mpsc::Sender<Sending>,
    customer: Newest<CustomerRef>,
    history: Newest<Seq>,
    search: Newest<String>,
    dry_run: Newest<(Token, CustomerCommand)>,
    lists: BTreeMap<List, Newest<List>>,
    /// What the tasks learn.
    pub(super) inbox: mpsc::Receiver<Msg>,
    tasks: JoinSet<()>,
}

impl Link {
    /// Starts the tasks, on the runtime of the caller.
    #[must_use]
    pub fn start(client: &Client) -> Self {
        let (to, inbox) = mpsc::channel(INBOX);
        let (retry, retries) = mpsc::channel(1);
        let (commands, wanted) = mpsc::channel(COMMANDS);
        let mut link = Self::of(retry, commands, inbox);
        link.tasks.spawn(follow(client.clone(), retries, to.clone()));
        link.tasks.spawn(send(client.clone(), wanted, to.clone()));
        link.tasks.spawn(answer(client.clone(), link.customer.subscribe(), to.clone(), customer));
        link.tasks.spawn(answer(client.clone(), link.history.subscribe(), to.clone(), history));
        link.tasks.spawn(answer(client.clone(), link.search.subscribe(), to.clone(), search));
        link.tasks.spawn(answer(client.clone(), link.dry_run.subscribe(), to.clone(), dry_run));
        for newest in link.lists.values() {
            link.tasks.spawn(answer(client.clone(), newest.subscribe(), to.clone(), listing));
        }
        link
    }

    /// A link without a hub: what is sent into the second half comes to the loop, wishes go nowhere.
    #[must_use]
    pub fn detached() -> (Self, mpsc::Sender<Msg>) {
        let (to, inbox) = mpsc::channel(INBOX);
        let (retry, mut retries) = mpsc::channel(1);
        let (commands, mut wanted) = mpsc::channel(COMMANDS);
        let mut link = Self::of(retry, commands, inbox);
        link.tasks.spawn(async move { while retries.recv().await.is_some() {} });
        link.tasks.spawn(async move { while wanted.recv().await.is_some() {} });
        (link, to)
    }

    fn of(
        retry: mpsc::Sender<()>,
        commands: mpsc::Sender<Sending>,
        inbox: mpsc::Receiver<Msg>,
    ) -> Self {
        Self {
            retry,
            commands,
            customer: Newest::default(),
            history: Newest::default(),
            search: Newest::default(),
            dry_run: Newest::default(),
            lists: List::ALL.iter().map(|list| (*list, Newest::default())).collect(),
            inbox,
            tasks: JoinSet::new(),
        }
    }

    /// Hands a wish to its task.
    ///
    /// # Errors
    /// Gives a command's call id back if too many commands wait already: nothing was done.
    pub fn hand(&self, effect: Effect) -> Result<(), CallId> {
        match effect {
            Effect::Send { call, command, lane } => {
                let sending = (call, command, lane);
                return self.commands.try_send(sending).map_err(|refused| refused.into_inner().0);
            }
            Effect::Inspect(customer) => drop(self.customer.send_replace(Some(customer))),
            Effect::History { before } => drop(self.history.send_replace(Some(before))),
            Effect::Find(words) => drop(self.search.send_replace(Some(words))),
            Effect::DryRun { token, command } => {
                drop(self.dry_run.send_replace(Some((token, command))));
            }
            Effect::List(list) => drop(self.lists[&list].send_replace(Some(list))),
            // One wish to retry is as good as two.
            Effect::RetryNow => drop(self.retry.try_send(())),
            Effect::Redraw | Effect::CaptureMouse(_) | Effect::Suspend | Effect::Quit => {}
        }
        Ok(())
    }
}

async fn follow(client: Client, mut retries: mpsc::Receiver<()>, to: mpsc::Sender<Msg>) {
    let mut feed = client.feed(FeedStart::Tail(FIRST_PAGE));
    loop {
        let event = tokio::select! {
            event = feed.next() => event,
            Some(()) = retries.recv() => {
                feed.retry_now();
                continue;
            }
        };
        if to.send(Msg::Feed(event)).await.is_err() {
            return;
        }
    }
}

/// Sends commands: those of a lane one after the other, lanes side by side. Who leases waits at the
/// hub for as long as another holds the value, so the lane goes on meanwhile.
async fn send(hub: Client, mut wanted: mpsc::Receiver<Sending>, to: mpsc::Sender<Msg>) {
    let mut lanes = Lanes::new(HELD);
    let (mut running, mut leases) = (JoinSet::new(), JoinSet::new());
    loop {
        tokio::select! {
            // A task never fails by itself: a call answers, whatever happens to it.
            Some(Ok(lane)) = running.join_next() => lanes.done(lane),
            Some(_) = leases.join_next() => {}
            sending = wanted.recv(), if lanes.has_room() => match sending {
                Some((call, command, lane)) => lanes.push(lane, (call, command)),
                None => return,
            },
        }
        while let Some((lane, (call, command))) = lanes.next() {
            let (hub, to) = (hub.clone(), to.clone());
            if Lane::waits_for(&command) {
                running.spawn(async move {
                    let result = hub.send(&call, &command).await;
                    let _ = to.send(Msg::Sent { call, result }).await;
                    lane
                });
                continue;
            }
            lanes.done(lane);
            let has_room = leases.len() < LEASES;
            leases.spawn(async move {
                let result = if has_room {
                    hub.send(&call, &command).await
                } else {
                    Err(ClientError::Unavailable("too many leases wait already".into()))
                };
                let _ = to.send(Msg::Sent { call, result }).await;
            });
        }
    }
}

/// Answers the questions of one kind. One that is asked while another is not answered yet replaces
/// it: nobody looks at what that was about any more. The same question again is asked once more
/// when the first is answered, for something may have changed meanwhile.
async fn answer<Q, A>(
    hub: Client,
    mut newest: watch::Receiver<Option<Q>>,
    to: mpsc::Sender<Msg>,
    ask: fn(Client, Q) -> A,
) where
    Q: Clone + PartialEq,
    A: Future<Output = Msg>,
{
    while newest.changed().await.is_ok() {
        let Some(question) = newest.borrow_and_update().clone() else { continue };
        let mut asked = pin!(ask(hub.clone(), question.clone()));
        let mut again = false;
        loop {
            tokio::select! {
                answer = &mut asked => {
                    let _ = to.send(answer).await;
                    break;
                }
                Ok(()) = newest.changed() => {
                    again = true;
                    if newest.borrow_and_update().as_ref() != Some(&question) {
                        break;
                    }
                }
            }
        }
        if again {
            newest.mark_changed();
        }
    }
}

async fn customer(hub: Client, customer: CustomerRef) -> Msg {
    let result = hub.customer(&customer).await;
    Msg::Inspected { customer, result }
}

async fn history(hub: Client, before: Seq) -> Msg {
    let result = hub.history(Some(before), PAGE, None, "").await;
    Msg::Past { before, result }
}

async fn search(hub: Client, words: String) -> Msg {
    let result = hub.find(&words, MATCHES).await;
    Msg::Found { words, result }
}

async fn dry_run(hub: Client, (token, command): (Token, CustomerCommand)) -> Msg {
    let result = hub.dry_run(&command).await.map(Box::new);
    Msg::Outlook { token, result }
}

async fn listing(hub: Client, list: List) -> Msg {
    let result = match list {
        List::Works => hub.works(LISTED).await.map(Listing::Works),
        List::Reminders => {
            hub.reminders(None, LISTED).await.map(|(rows, total)| Listing::Reminders(rows, total))
        }
        List::Leases => hub.leases().await.map(|(leases, _)| Listing::Leases(leases)),
        List::Purses => hub.purses().await.map(Listing::Purses),
    };
    Msg::Listed { list, result }
}

#[cfg(test)]
mod tests;
