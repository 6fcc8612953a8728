//! The three tasks that talk to the hub: the feed, the looks (inspector, history, search, outlooks,
//! lists) and the commands. The only file of the console that uses the SDK.
//!
//! Towards the loop a full channel waits, so that a flood holds the hub's cursor instead of this
//! memory; from the loop a full channel refuses, so that the loop never waits.

use super::msg::{Effect, List, Listing, Msg, Token};
use crate::{
    model::{CallId, ClientError, CustomerCommand, CustomerRef, FeedStart, Seq},
    sdk::Client,
};
use std::collections::BTreeSet;
use tokio::{sync::mpsc, task::JoinSet};

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
/// Wishes on their way to a task.
const WISHES: usize = 64;

/// The console's end of the tasks. Dropping it ends them.
pub struct Link {
    retry: mpsc::Sender<()>,
    looks: mpsc::Sender<Look>,
    commands: mpsc::Sender<(CallId, CustomerCommand)>,
    /// What the tasks learn.
    pub(super) inbox: mpsc::Receiver<Msg>,
    _tasks: JoinSet<()>,
}

/// What the looking task is asked.
enum Look {
    Inspect(CustomerRef),
    History(Seq),
    Find(String),
    DryRun(Token, Box<CustomerCommand>),
    List(List),
}

/// Of the wishes that wait, the newest of each kind.
#[derive(Default)]
struct Wishes {
    inspect: Option<CustomerRef>,
    history: Option<Seq>,
    find: Option<String>,
    dry_run: Option<(Token, Box<CustomerCommand>)>,
    lists: BTreeSet<List>,
}

impl Wishes {
    fn take(&mut self, wish: Look) {
        match wish {
            Look::Inspect(customer) => self.inspect = Some(customer),
            Look::History(before) => self.history = Some(before),
            Look::Find(words) => self.find = Some(words),
            Look::DryRun(token, command) => self.dry_run = Some((token, command)),
            Look::List(list) => drop(self.lists.insert(list)),
        }
    }
}

impl Link {
    /// Starts the tasks, on the runtime of the caller.
    #[must_use]
    pub fn start(client: &Client) -> Self {
        let (to_loop, inbox) = mpsc::channel(INBOX);
        let (retry, retries) = mpsc::channel(1);
        let (looks, wishes) = mpsc::channel(WISHES);
        let (commands, calls) = mpsc::channel(WISHES);
        let mut tasks = JoinSet::new();
        tasks.spawn(follow(client.clone(), retries, to_loop.clone()));
        tasks.spawn(look(client.clone(), wishes, to_loop.clone()));
        tasks.spawn(call(client.clone(), calls, to_loop));
        Self { retry, looks, commands, inbox, _tasks: tasks }
    }

    /// A link without a hub: what is sent into the second half comes to the loop, wishes go nowhere.
    #[must_use]
    pub fn detached() -> (Self, mpsc::Sender<Msg>) {
        let (to_loop, inbox) = mpsc::channel(INBOX);
        let mut tasks = JoinSet::new();
        let (retry, mut retries) = mpsc::channel(1);
        let (looks, mut wishes) = mpsc::channel(WISHES);
        let (commands, mut calls) = mpsc::channel(WISHES);
        tasks.spawn(async move { while retries.recv().await.is_some() {} });
        tasks.spawn(async move { while wishes.recv().await.is_some() {} });
        tasks.spawn(async move { while calls.recv().await.is_some() {} });
        (Self { retry, looks, commands, inbox, _tasks: tasks }, to_loop)
    }

    /// Hands a wish to its task; gives it back if the task has too many already.
    pub fn hand(&self, effect: Effect) -> Result<(), Box<Effect>> {
        let taken = match &effect {
            Effect::Send { call, command } => {
                self.commands.try_send((call.clone(), command.clone())).is_ok()
            }
            Effect::Inspect(customer) => {
                self.looks.try_send(Look::Inspect(customer.clone())).is_ok()
            }
            Effect::History { before } => self.looks.try_send(Look::History(*before)).is_ok(),
            Effect::Find(words) => self.looks.try_send(Look::Find(words.clone())).is_ok(),
            Effect::DryRun { token, command } => {
                let command = Box::new(command.clone());
                self.looks.try_send(Look::DryRun(token.clone(), command)).is_ok()
            }
            Effect::List(list) => self.looks.try_send(Look::List(*list)).is_ok(),
            // One wish to retry is as good as two.
            Effect::RetryNow => {
                let _ = self.retry.try_send(());
                true
            }
            Effect::Redraw | Effect::CaptureMouse(_) | Effect::Suspend | Effect::Quit => true,
        };
        if taken { Ok(()) } else { Err(Box::new(effect)) }
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

/// Of several wishes that wait, the newest of each kind is done: the older ones are about
/// something that is no longer looked at.
async fn look(client: Client, mut wishes: mpsc::Receiver<Look>, to: mpsc::Sender<Msg>) {
    while let Some(first) = wishes.recv().await {
        let mut newest = Wishes::default();
        newest.take(first);
        while let Ok(wish) = wishes.try_recv() {
            newest.take(wish);
        }
        let Wishes { inspect, history, find, dry_run, lists } = newest;
        tokio::join!(
            async {
                if let Some(customer) = inspect {
                    let result = client.customer(&customer).await;
                    let _ = to.send(Msg::Inspected { customer, result }).await;
                }
            },
            async {
                if let Some(before) = history {
                    let result = client.history(Some(before), PAGE, None, "").await;
                    let _ = to.send(Msg::Past { before, result }).await;
                }
            },
            async {
                if let Some(words) = find {
                    let result = client.find(&words, MATCHES).await;
                    let _ = to.send(Msg::Found { words, result }).await;
                }
            },
            async {
                if let Some((token, command)) = dry_run {
                    let result = client.dry_run(&command).await.map(Box::new);
                    let _ = to.send(Msg::Outlook { token, result }).await;
                }
            },
            async {
                for list in lists {
                    let result = listing(&client, list).await;
                    let _ = to.send(Msg::Listed { list, result }).await;
                }
            },
        );
    }
}

async fn listing(client: &Client, list: List) -> Result<Listing, ClientError> {
    Ok(match list {
        List::Works => Listing::Works(client.works(LISTED).await?),
        List::Reminders => {
            let (reminders, total) = client.reminders(None, LISTED).await?;
            Listing::Reminders(reminders, total)
        }
        List::Leases => Listing::Leases(client.leases().await?.0),
        List::Purses => Listing::Purses(client.purses().await?),
    })
}

/// One after the other: two messages to one customer must not overtake each other.
async fn call(
    client: Client,
    mut calls: mpsc::Receiver<(CallId, CustomerCommand)>,
    to: mpsc::Sender<Msg>,
) {
    while let Some((call, command)) = calls.recv().await {
        let result = client.send(&call, &command).await;
        let _ = to.send(Msg::Sent { call, result }).await;
    }
}
