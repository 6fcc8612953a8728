//! The tasks that talk to the hub. One follows the feed, one sends the commands, and each kind of
//! question (inspector, history, filter, search, dry run, and every list) has a task of its own, so that a
//! slow answer holds up no other. Only this file and `export` of the console use the SDK.
//!
//! On the way to the loop a full channel makes the task wait, so that a flood is held back at the
//! hub, which only keeps a cursor, and does not pile up in this process. On the way from the loop a
//! full channel refuses, so that the loop never waits.

use super::{
    clipboard::{self, Surroundings},
    export::{self, ExportProgress},
    msg::{
        DryRunToken, EarlierQuestion, Effect, ExportNews, FileOrder, List, Listing, LookBack, Msg,
        PeopleOrder, PeopleQuestion, SendQueue, TimelineFrom, TimelinePage,
    },
    replay::{self, Replay},
};
use crate::{
    model::{
        CallId, ClientError, CustomerCommand, CustomerId, CustomerRef, FeedStart, Seq,
        client::{AskedFilter, PastMoment},
    },
    sdk::{Client, keyed_queue::KeyedQueue},
};
use std::{collections::BTreeMap, pin::pin, time::Duration};
use tokio::{
    sync::{mpsc, mpsc::error::TrySendError, watch},
    task::JoinSet,
    time::interval,
};

mod earlier;
mod people;

/// How many entries fill the first page of the feed.
const FIRST_PAGE: u32 = 500;
/// How many entries are asked for at a time when the agent scrolls into the past.
const PAGE: u32 = 200;
/// How many entries of a customer's history are asked for at a time.
const TIMELINE: u32 = 100;
/// How many matches of a search are asked for.
const MATCHES: u32 = 20;
/// How many of the newest entries with the words of a search are asked for.
const WRITTEN: u32 = 20;
/// How many rows of a list are asked for.
const LISTED: u32 = 200;
/// How many messages may wait for the loop.
const INBOX: usize = 1024;
/// How many commands may wait for the task that sends them.
const COMMANDS: usize = 64;
/// How many commands may be on their way to the hub or wait behind earlier ones of their queue.
const HELD: usize = 64;
/// How many leases may wait at the hub at the same time.
const LEASES: usize = 32;

/// How often an export says how far it has come.
const TELL_EVERY: Duration = Duration::from_millis(250);

/// A command on its way to the hub.
type Sending = (CallId, CustomerCommand, SendQueue);
/// The newest question of one kind; `None` before the first one.
type Newest<Q> = watch::Sender<Option<Q>>;

/// The loop's end of the tasks. Dropping it ends them.
pub struct Link {
    retry: mpsc::Sender<()>,
    commands: mpsc::Sender<Sending>,
    customer: Newest<CustomerRef>,
    history: Newest<Seq>,
    timeline: Newest<TimelinePage>,
    past: Newest<LookBack>,
    filtered: Newest<(Seq, AskedFilter)>,
    onward: Newest<(Seq, AskedFilter)>,
    places: Newest<(PastMoment, AskedFilter)>,
    search: Newest<String>,
    dry_run: Newest<(DryRunToken, CustomerCommand)>,
    live: Newest<()>,
    earlier: Newest<EarlierQuestion>,
    earlier_course: Newest<Vec<(CustomerId, Seq)>>,
    lists: BTreeMap<List, Newest<List>>,
    people: Newest<PeopleQuestion>,
    people_files: Newest<PeopleOrder>,
    /// The newest text to copy, with what it is.
    copies: Newest<(&'static str, String)>,
    /// The file to write; without one, none is being written.
    files: watch::Sender<Option<FileOrder>>,
    /// Where everything is asked if a file is played instead of a hub.
    replay: Option<mpsc::Sender<Effect>>,
    /// Everything that the tasks learn arrives here.
    pub(super) inbox: mpsc::Receiver<Msg>,
    tasks: JoinSet<()>,
}

impl Link {
    /// Starts the tasks on the caller's runtime.
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
        link.tasks.spawn(answer(client.clone(), link.timeline.subscribe(), to.clone(), timeline));
        link.tasks.spawn(answer(client.clone(), link.past.subscribe(), to.clone(), look_back));
        link.tasks.spawn(answer(client.clone(), link.filtered.subscribe(), to.clone(), filtered));
        link.tasks.spawn(answer(client.clone(), link.onward.subscribe(), to.clone(), onward));
        link.tasks.spawn(answer(client.clone(), link.places.subscribe(), to.clone(), placed));
        link.tasks.spawn(answer(client.clone(), link.search.subscribe(), to.clone(), search));
        link.tasks.spawn(answer(client.clone(), link.dry_run.subscribe(), to.clone(), dry_run));
        link.tasks.spawn(copy(link.copies.subscribe(), to.clone()));
        link.tasks.spawn(write_files(client.clone(), link.files.subscribe(), to.clone()));
        link.tasks.spawn(answer(client.clone(), link.live.subscribe(), to.clone(), live));
        let (earlier, course) = (link.earlier.subscribe(), link.earlier_course.subscribe());
        link.tasks.spawn(answer(client.clone(), earlier, to.clone(), earlier::asked));
        link.tasks.spawn(answer(client.clone(), course, to.clone(), earlier::course));
        link.tasks.spawn(answer(
            client.clone(),
            link.people.subscribe(),
            to.clone(),
            people::piece,
        ));
        link.tasks.spawn(answer(
            client.clone(),
            link.people_files.subscribe(),
            to.clone(),
            people::written,
        ));
        for newest in link.lists.values() {
            link.tasks.spawn(answer(client.clone(), newest.subscribe(), to.clone(), listing));
        }
        link
    }

    /// A link to a file of events, which is played. What happened to a customer is answered from it, and every
    /// other question with that there is no hub.
    #[must_use]
    pub fn replay(replay: Replay) -> Self {
        let (to, inbox) = mpsc::channel(INBOX);
        let (retry, mut retries) = mpsc::channel(1);
        let (commands, _) = mpsc::channel(COMMANDS);
        let (questions, asked) = mpsc::channel(COMMANDS);
        let mut link = Self::of(retry, commands, inbox);
        link.replay = Some(questions);
        link.tasks.spawn(async move { while retries.recv().await.is_some() {} });
        link.tasks.spawn(copy(link.copies.subscribe(), to.clone()));
        let (told, played) = mpsc::channel(replay::AHEAD);
        link.tasks.spawn(replay::play(replay, to.clone(), told));
        link.tasks.spawn(replay::answers(asked, played, to));
        link
    }

    /// A link without a hub, for tests and benches. What is sent into the returned sender reaches
    /// the loop; effects go nowhere.
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
            timeline: Newest::default(),
            past: Newest::default(),
            filtered: Newest::default(),
            onward: Newest::default(),
            places: Newest::default(),
            search: Newest::default(),
            dry_run: Newest::default(),
            copies: Newest::default(),
            files: Newest::default(),
            replay: None,
            live: Newest::default(),
            earlier: Newest::default(),
            earlier_course: Newest::default(),
            lists: List::ALL.iter().map(|list| (*list, Newest::default())).collect(),
            people: Newest::default(),
            people_files: Newest::default(),
            inbox,
            tasks: JoinSet::new(),
        }
    }

    /// Hands an effect to the task that does it.
    ///
    /// # Errors
    ///
    /// The call id of a command that was not taken because too many wait already. Nothing was done.
    pub fn hand(&self, effect: Effect) -> Result<(), CallId> {
        if let (Some(replay), false) = (&self.replay, matches!(effect, Effect::Copy { .. })) {
            let refused = replay.try_send(effect).err().map(TrySendError::into_inner);
            return match refused {
                Some(Effect::Send { call, .. }) => Err(call),
                // It is asked again when it is needed again.
                Some(_) | None => Ok(()),
            };
        }
        match effect {
            Effect::Send { call, command, queue } => {
                let sending = (call, command, queue);
                return self.commands.try_send(sending).map_err(|refused| refused.into_inner().0);
            }
            Effect::Inspect(customer) => drop(self.customer.send_replace(Some(customer))),
            Effect::History { before } => drop(self.history.send_replace(Some(before))),
            Effect::LookBack(asked) => drop(self.past.send_replace(Some(asked))),
            Effect::Timeline(page) => drop(self.timeline.send_replace(Some(page))),
            Effect::Search { before, filter } => {
                drop(self.filtered.send_replace(Some((before, filter))));
            }
            Effect::SearchOn { after, filter } => {
                drop(self.onward.send_replace(Some((after, filter))));
            }
            Effect::GoTo { moment, filter } => {
                drop(self.places.send_replace(Some((moment, filter))));
            }
            Effect::Find(words) => drop(self.search.send_replace(Some(words))),
            Effect::DryRun { token, command } => {
                drop(self.dry_run.send_replace(Some((token, command))));
            }
            Effect::List(list) => drop(self.lists[&list].send_replace(Some(list))),
            Effect::People(asked) => drop(self.people.send_replace(Some(asked))),
            Effect::ExportPeople(order) => drop(self.people_files.send_replace(Some(order))),
            Effect::Live => drop(self.live.send_replace(Some(()))),
            Effect::Earlier(asked) => drop(self.earlier.send_replace(Some(asked))),
            Effect::EarlierCourse(of) => drop(self.earlier_course.send_replace(Some(of))),
            // The channel holds one request to retry, and a second one would change nothing.
            Effect::RetryNow => drop(self.retry.try_send(())),
            Effect::Copy { what, text } => drop(self.copies.send_replace(Some((what, text)))),
            Effect::Export(order) => drop(self.files.send_replace(Some(order))),
            Effect::StopExport => drop(self.files.send_replace(None)),
            Effect::Redraw
            | Effect::CaptureMouse(_)
            | Effect::CopyByTerminal(_)
            | Effect::Alert(_)
            | Effect::Title(_)
            | Effect::Welcomed
            | Effect::Edit(_)
            | Effect::Suspend
            | Effect::Quit => {}
        }
        Ok(())
    }
}

/// Gives texts to whatever keeps them for pasting. A program that hangs holds up no other task.
async fn copy(mut newest: watch::Receiver<Option<(&'static str, String)>>, to: mpsc::Sender<Msg>) {
    let tools = Surroundings::here().tools();
    while newest.changed().await.is_ok() {
        let Some((what, text)) = newest.borrow_and_update().clone() else { continue };
        let (given, tools) = (text.clone(), tools.clone());
        let by = tokio::task::spawn_blocking(move || clipboard::give(&given, &tools)).await;
        let by = by.unwrap_or_default();
        if to.send(Msg::Copied { what, text, by }).await.is_err() {
            return;
        }
    }
}

/// Writes files, one at a time. Another order, or none, ends the one that is under way.
async fn write_files(
    hub: Client,
    mut newest: watch::Receiver<Option<FileOrder>>,
    to: mpsc::Sender<Msg>,
) {
    while newest.changed().await.is_ok() {
        let Some(FileOrder { order, path }) = newest.borrow_and_update().clone() else { continue };
        let (progress, mut come) = watch::channel(ExportProgress::default());
        let everything: export::Keeps<'_> = &|_| true;
        let mut written = pin!(export::to_file(&hub, &order, everything, &path, &progress));
        let mut tell = interval(TELL_EVERY);
        let news = loop {
            tokio::select! {
                written = &mut written => break Some(match written {
                    Ok(done) => ExportNews::Done { path: path.clone(), events: done.events },
                    Err(error) => ExportNews::Failed(error.to_string()),
                }),
                Ok(()) = newest.changed() => {
                    newest.mark_changed();
                    break None;
                }
                _ = tell.tick() => if come.has_changed().unwrap_or_default() {
                    let now = *come.borrow_and_update();
                    let _ = to.send(Msg::Export(ExportNews::Progress(now))).await;
                },
            }
        };
        if let Some(news) = news {
            let _ = to.send(Msg::Export(news)).await;
        }
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

/// Sends the commands. Those of one queue go one after the other, and the queues go side by side. A
/// lease waits at the hub for as long as another agent holds the value (R-LEASE-2), so its queue
/// goes on meanwhile.
async fn send(hub: Client, mut wanted: mpsc::Receiver<Sending>, to: mpsc::Sender<Msg>) {
    let mut queues = KeyedQueue::new(HELD);
    let (mut running, mut leases) = (JoinSet::new(), JoinSet::new());
    loop {
        tokio::select! {
            // A task never ends in an error: a call is always answered, whatever happened to it.
            Some(Ok(queue)) = running.join_next() => queues.done(queue),
            Some(_) = leases.join_next() => {}
            sending = wanted.recv(), if queues.has_room() => match sending {
                Some((call, command, queue)) => queues.push(queue, (call, command)),
                None => return,
            },
        }
        while let Some((queue, (call, command))) = queues.next() {
            let (hub, to) = (hub.clone(), to.clone());
            if SendQueue::waits_for(&command) {
                running.spawn(async move {
                    let result = hub.send(&call, &command).await;
                    let _ = to.send(Msg::Sent { call, result }).await;
                    queue
                });
                continue;
            }
            queues.done(queue);
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

/// Answers the questions of one kind. A question that is asked before an earlier one is answered
/// replaces it, because nobody looks at the earlier one's subject any more. The same question asked
/// again is repeated once the first is answered, because something may have changed meanwhile.
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

async fn timeline(hub: Client, page: TimelinePage) -> Msg {
    let result = match page.from {
        TimelineFrom::Newest => hub.history(None, TIMELINE, Some(&page.customer), "").await,
        TimelineFrom::Before(place) => {
            hub.history(Some(place), TIMELINE, Some(&page.customer), "").await
        }
        TimelineFrom::After(place) => hub.history_after(&page.customer, place, TIMELINE).await,
    };
    Msg::Timeline { page, result }
}

async fn look_back(hub: Client, asked: LookBack) -> Msg {
    let customer = CustomerRef::Id(asked.customer.clone());
    let result = hub.look_back(&customer, asked.moment).await;
    Msg::LookedBack { asked, result }
}

async fn filtered(hub: Client, (before, filter): (Seq, AskedFilter)) -> Msg {
    let result = hub.search(Some(before), PAGE, &filter).await;
    Msg::Searched { before, filter, result }
}

async fn onward(hub: Client, (after, filter): (Seq, AskedFilter)) -> Msg {
    let result = hub.search_on(after, PAGE, &filter).await;
    Msg::SearchedOn { after, filter, result }
}

async fn placed(hub: Client, (moment, filter): (PastMoment, AskedFilter)) -> Msg {
    let from = async {
        let seq = match moment {
            PastMoment::Place(seq) => seq,
            PastMoment::Time(at) => hub.place_of(at).await?,
        };
        let page = hub.search_on(Seq(seq.0.saturating_sub(1)), PAGE, &filter).await?;
        Ok((seq, page))
    };
    let result = from.await;
    Msg::Placed { moment, filter, result }
}

async fn search(hub: Client, words: String) -> Msg {
    let result = hub.find(&words, MATCHES, WRITTEN).await;
    Msg::Found { words, result }
}

async fn dry_run(hub: Client, (token, command): (DryRunToken, CustomerCommand)) -> Msg {
    let result = hub.dry_run(&command).await.map(Box::new);
    Msg::Outlook { token, result }
}

async fn live(hub: Client, (): ()) -> Msg {
    Msg::Live(hub.live(LISTED).await)
}

async fn listing(hub: Client, list: List) -> Msg {
    let result = match list {
        List::Waiting => {
            hub.waiting(LISTED).await.map(|(rows, total)| Listing::Waiting(rows, total))
        }
        List::Works => hub.works(LISTED).await.map(Listing::Works),
        List::Scheduled => {
            hub.scheduled(None, LISTED).await.map(|(rows, total)| Listing::Scheduled(rows, total))
        }
        List::Reminders => {
            hub.reminders(None, LISTED).await.map(|(rows, total)| Listing::Reminders(rows, total))
        }
        List::Leases => hub.leases().await.map(|(leases, _)| Listing::Leases(leases)),
        List::Purses => hub.purses().await.map(Listing::Purses),
        List::Carriers => hub.carriers().await.map(Listing::Carriers),
        List::Unknown => {
            hub.unknown(LISTED).await.map(|(rows, total)| Listing::Unknown(rows, total))
        }
    };
    Msg::Listed { list, result }
}

#[cfg(test)]
mod tests;
