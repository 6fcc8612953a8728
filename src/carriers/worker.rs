//! The worker of one connection: takes what waits, hands it to the network at its pace, and records what the network
//! answers, reports and brings. What comes in is acknowledged only after the hub has stored it, so that the network
//! brings it again if it was not.

use super::{
    dialogues::Dialogues,
    order::Order,
    part_store::PartStore,
    parts::WaitingParts,
    session::{Lost, Session, Submitted},
    talk::{Flight, Talk},
    waiting::{WaitingMessage, WaitingMessages},
};
use crate::{
    hub::{
        config::CarrierConfig,
        engine::{LogFollower, OrgHandle},
    },
    model::{
        Actor, ChannelNumber, Entry, EventKind, Message, MessageStatus, NetworkCommand, Timestamp,
        UssdEnd, carriage::CarriageStep, masked::without_numbers, settings::Repeats,
    },
    rules::OnItsWay,
};
use futures_util::FutureExt as _;
use std::time::Duration;
use tokio::time::{Instant, sleep, sleep_until};
use tokio_util::sync::CancellationToken;

/// How long to wait before the network is tried again, at first and at most; the wait doubles in between.
const WAITS: (Duration, Duration) = (Duration::from_secs(1), Duration::from_mins(5));
/// How many messages of works wait in memory at most. Those behind are found again when there is room.
const ENOUGH: usize = 50_000;
/// How long an answer may be late before it is not believed any more.
const FORGOTTEN: Duration = Duration::from_mins(10);
/// How long the network may take to answer to what it owes when the hub stops.
const LEAVE: Duration = Duration::from_secs(2);
/// How many are handed over with one entry at most, and how many requests of the network are dealt with at once.
pub(super) const AT_ONCE: usize = 64;
/// The least time between two changes of a connection that are recorded.
const EDGES: Duration = Duration::from_mins(1);
/// How long a connection must last that was lost within that time before it counts as made.
const STEADY: Duration = Duration::from_secs(10);

/// Works for one connection until the hub stops: then nothing more is handed over, the network may answer to what it
/// owes for a moment, and the session ends in good order. `report_to` is the address to which the network reports, if it
/// is to be told one with each message, and `part_store` is where it keeps parts of texts.
pub(super) fn run(
    hub: OrgHandle,
    carrier: CarrierConfig,
    report_to: Option<String>,
    part_store: PartStore,
    stop: CancellationToken,
) -> impl Future<Output = ()> + Send {
    // Whoever dials from now on comes in by the door, which may be open before this runs.
    let began = hub.now();
    async move {
        // `None` means that the hub is shutting down.
        let started = Worker::start(hub, (carrier, report_to), part_store, began, stop).await;
        if let Some(mut worker) = started {
            let _ = worker.work().await;
        }
    }
}

pub(super) struct Worker {
    pub(super) hub: OrgHandle,
    pub(super) carrier: CarrierConfig,
    /// The address to which the network is to report, without the message.
    report_to: Option<String>,
    pub(super) waiting: WaitingMessages,
    /// Whether messages of works were left out, because very many wait.
    left_out: bool,
    log: LogFollower,
    /// When the connection was last recorded to be made or lost, and which of the two.
    told: Option<(bool, Instant)>,
    /// Whether the network was silent lately, so that only one message at a time is risked.
    pub(super) is_doubtful: bool,
    /// Whether somebody paused it (R-CARRY-19).
    is_paused: bool,
    /// The parts of texts that wait for what is missing, and where they are kept.
    pub(super) parts: WaitingParts,
    pub(super) part_store: PartStore,
    /// Who waits for a menu, or has one.
    pub(super) dialogues: Dialogues,
    /// Is cancelled when the hub is to stop.
    pub(super) stop: CancellationToken,
}

impl Worker {
    async fn start(
        hub: OrgHandle,
        (carrier, report_to): (CarrierConfig, Option<String>),
        part_store: PartStore,
        began: Timestamp,
        stop: CancellationToken,
    ) -> Option<Self> {
        let (settings, id) = (hub.settings(), carrier.id.clone());
        let is_new = hub.read({
            let id = id.clone();
            move |world: &crate::rules::World| world.link(&id).is_none()
        });
        if is_new.await? {
            let (carrier, why) = (id.clone(), String::new());
            let command = NetworkCommand::ReportLink { carrier, is_up: false, why };
            hub.report(Actor::Network, command).await?;
        }
        let (of, by) = (id.clone(), settings.clone());
        let found =
            hub.scan(move |world: &crate::rules::World| world.on_their_way(&by, &of)).await?;
        let repeats = carrier.repeats;
        // What was in the middle of it when the hub stopped is unknown, whichever network it was. One that knows messages
        // by our ids is told again, so that nothing of its is.
        for message in found {
            let Some((carrier, attempt)) = message.handed_over else { continue };
            let why = "the hub stopped before the network answered".to_owned();
            let is_told_again = carrier == id && repeats == Repeats::Always;
            let outcome = if is_told_again {
                CarriageStep::Returned { why }
            } else {
                CarriageStep::Unknown { why, hub_stopped: true }
            };
            let (message, status) = (message.id, MessageStatus::Sent);
            let command =
                NetworkCommand::ReportCarriage { message, carrier, attempt, step: outcome, status };
            hub.report(Actor::Network, command).await?;
        }
        // Whoever waited at a telephone when the hub stopped is no more there, and no answer may go to nobody.
        let (of, by) = (id.clone(), settings.clone());
        let asked =
            hub.scan(move |world: &crate::rules::World| world.awaited_menus(&by, &of, began));
        for session in asked.await? {
            let command = NetworkCommand::EndUssd { session, end: UssdEnd::Unanswered };
            hub.report(Actor::Network, command).await?;
        }
        let look = move |world: &crate::rules::World| {
            let is_paused = world.carrier_is_paused(&id);
            (world.head().0, is_paused, world.on_their_way(&settings, &id))
        };
        let (head, is_paused, found) = hub.scan(look).await?;
        let log = hub.follow(head)?;
        let waiting = WaitingMessages::default();
        let (left_out, told, is_doubtful) = (false, None, false);
        let mut worker = Self {
            hub,
            carrier,
            report_to,
            waiting,
            left_out,
            log,
            told,
            is_doubtful,
            is_paused,
            parts: WaitingParts::default(),
            part_store,
            dialogues: Dialogues::default(),
            stop,
        };
        worker.queue(found.into_iter().filter(|message| message.may_go));
        worker.load_parts().await?;
        Some(worker)
    }

    /// Has these messages wait. Of very many of a work those are left out that are behind, until there is room.
    fn queue(&mut self, messages: impl Iterator<Item = OnItsWay>) {
        for OnItsWay { id, to, is_bulk, .. } in messages {
            if is_bulk && self.waiting.bulk() >= ENOUGH {
                self.left_out = true;
            } else {
                self.waiting.push(WaitingMessage::new(id, to, is_bulk));
            }
        }
    }

    /// Looks for the messages of works that were left out.
    async fn refill(&mut self) -> Option<()> {
        let (settings, id) = (self.hub.settings(), self.carrier.id.clone());
        let look = move |world: &crate::rules::World| world.on_their_way(&settings, &id);
        let found = self.hub.scan(look).await?;
        self.left_out = false;
        let known = self.waiting.bulk_ids();
        let is_new =
            |message: &OnItsWay| message.may_go && message.is_bulk && !known.contains(&message.id);
        self.queue(found.into_iter().filter(is_new));
        Some(())
    }

    /// The first number of the org that it carries.
    fn number(&self) -> Option<ChannelNumber> {
        let settings = self.hub.settings();
        let own = |bound: &&crate::model::settings::BoundChannel| {
            bound.carrier.as_ref() == Some(&self.carrier.id)
        };
        settings.channels.iter().find(own).map(|bound| bound.channel.clone())
    }

    async fn work(&mut self) -> Option<()> {
        let mut wait = WAITS.0;
        loop {
            let opened = tokio::select! {
                opened = Session::open(&self.carrier, self.number()) => opened,
                () = self.stop.cancelled() => return None,
            };
            let why = match opened {
                Ok(session) => {
                    let began = Instant::now();
                    let why = self.talk(session).await?;
                    if began.elapsed() >= STEADY {
                        wait = WAITS.0;
                    }
                    why
                }
                Err(why) => why,
            };
            if self.stop.is_cancelled() {
                return None;
            }
            let id = &self.carrier.id;
            let said = without_numbers(&why);
            tracing::warn!("carrier {id}: {said}; trying again in {} s", wait.as_secs());
            self.is_down(why).await?;
            self.end_late_parts(Instant::now()).await?;
            // Many that lost it at once do not come back at once.
            tokio::select! {
                () = sleep(wait.mul_f64(0.75 + fastrand::f64() / 2.0)) => {}
                () = self.stop.cancelled() => return None,
            }
            wait = (wait * 2).min(WAITS.1);
        }
    }

    /// Records that the connection is lost, at most once a minute.
    async fn is_down(&mut self, why: Lost) -> Option<()> {
        let is_news = self.told.is_none_or(|(was_up, at)| was_up || at.elapsed() >= EDGES);
        if is_news {
            self.told = Some((false, Instant::now()));
            self.link(false, why).await?;
        }
        Some(())
    }

    async fn link(&self, is_up: bool, why: String) -> Option<()> {
        let carrier = self.carrier.id.clone();
        let command = NetworkCommand::ReportLink { carrier, is_up, why };
        self.hub.report(Actor::Network, command).await.map(|_| ())
    }

    /// Works in a session until it is lost, and returns why. Whatever has no answer then is unknown.
    async fn talk(&mut self, session: Session) -> Option<Lost> {
        let now = Instant::now();
        let told = self.told.filter(|(_, at)| at.elapsed() < EDGES);
        let up_at = told.map_or(now, |(_, at)| (now + STEADY).max(at + EDGES));
        let mut talk = Talk::new(session, up_at);
        tracing::info!("carrier {}: connected", self.carrier.id);
        let why = loop {
            match self.step(&mut talk).await? {
                Ok(()) => {}
                Err(why) => break why,
            }
        };
        for (_, flight) in talk.under_way {
            if flight.is_open {
                self.doubt(flight, &why).await?;
            }
        }
        if self.stop.is_cancelled() {
            talk.session.close().await;
        }
        Some(why)
    }

    /// Does whatever comes next. The outer `None` means that the hub is shutting down.
    async fn step(&mut self, talk: &mut Talk) -> Option<Result<(), Lost>> {
        if talk.open() == 0
            && let Some(why) = talk.ending.take()
        {
            return Some(Err(why));
        }
        let window = if self.is_doubtful { 1 } else { self.carrier.window as usize };
        let free = window.saturating_sub(talk.open());
        let can_go =
            free > 0 && self.waiting.has_next() && talk.ending.is_none() && !self.is_paused;
        if self.left_out && self.waiting.bulk() < ENOUGH / 2 {
            self.refill().await?;
        }
        let wake = talk.wake(self.carrier.answers_within);
        let late = self.dialogues.next().into_iter().chain(self.parts.next());
        let wake = late.fold(wake, Instant::min);
        tokio::select! {
            heard = talk.session.next() => match heard {
                Ok(first) => self.hear(talk, first).await,
                Err(why) => Some(Err(why)),
            },
            () = sleep_until(talk.next.max(talk.paused_until)), if can_go => self.hand_over(talk, free).await,
            batch = self.log.next() => {
                // All of it is seen, also if the connection breaks over a menu.
                let mut lost = None;
                for stored in batch? {
                    self.see(&stored.entry);
                    for event in &stored.entry.events {
                        if lost.is_none() {
                            lost = self.show(talk, event).await.err();
                        }
                    }
                }
                Some(lost.map_or(Ok(()), Err))
            }
            () = sleep_until(wake) => self.look_at_the_clock(talk).await,
            () = self.stop.cancelled(), if talk.leave_at.is_none() => {
                talk.ending = Some("the hub stopped before the network answered".to_owned());
                talk.leave_at = Some(Instant::now() + LEAVE);
                Some(Ok(()))
            }
        }
    }

    /// Takes in what the log says is to be sent.
    fn see(&mut self, entry: &Entry) {
        let settings = self.hub.settings();
        for event in &entry.events {
            match &event.kind {
                EventKind::CarrierPauseChanged { carrier, is_paused }
                    if *carrier == self.carrier.id =>
                {
                    self.is_paused = *is_paused;
                }
                // Somebody decided that it goes once more (R-CARRY-18).
                EventKind::MessageCarried { id, step: CarriageStep::Again, .. } => {
                    let from = event.channel.as_ref().and_then(|from| settings.carrier_of(from));
                    if let (Some(to), true) = (&event.number, from == Some(&self.carrier.id)) {
                        let (id, to) = (id.clone(), to.clone());
                        self.waiting.push(WaitingMessage::new(id, to, false));
                    }
                }
                _ => {}
            }
            if let EventKind::MessageSent { id, status: MessageStatus::Sent, work, .. } =
                &event.kind
                && let (Some(to), Some(from)) = (&event.number, &event.channel)
                && settings.carrier_of(from) == Some(&self.carrier.id)
            {
                let (id, to, is_bulk) = (id.clone(), to.clone(), work.is_some());
                let (handed_over, may_go) = (None, true);
                let message = OnItsWay { id, to, is_bulk, handed_over, may_go };
                self.queue(std::iter::once(message));
            }
        }
    }

    /// Hands over the next messages, as many as the pace allows. It is recorded before the first of them goes.
    async fn hand_over(&mut self, talk: &mut Talk, free: usize) -> Option<Result<(), Lost>> {
        let apart = Duration::from_secs(1) / self.carrier.per_second;
        let burst = (self.carrier.per_second / 10).max(1);
        let now = Instant::now();
        // What was not used for a while is not made good, except for a tenth of a second.
        talk.next = talk.next.max(now.checked_sub(apart * (burst - 1)).unwrap_or(now));
        let late = now.saturating_duration_since(talk.next).as_nanos() / apart.as_nanos().max(1);
        let most = usize::try_from(late).unwrap_or(0) + 1;
        let taken = self.waiting.take(most.min(free).min(AT_ONCE));
        if taken.is_empty() {
            return Some(Ok(()));
        }
        talk.next += apart * u32::try_from(taken.len()).unwrap_or(1);
        let ids: Vec<_> = taken.iter().map(|message| message.id.clone()).collect();
        let (carrier, messages) = (self.carrier.id.clone(), ids.clone());
        self.hub.report(Actor::Network, NetworkCommand::HandOver { carrier, messages }).await?;
        let id = self.carrier.id.clone();
        let look = move |world: &crate::rules::World| {
            let ready = ids.iter().map(|id| world.handed_over(id)).collect::<Vec<_>>();
            (world.carrier_is_paused(&id), ready)
        };
        // The log may say that it is paused before it was read that far here.
        let (is_paused, ready) = self.hub.read(look).await?;
        self.is_paused |= is_paused;
        let (mut lost, mut held) = (None, Vec::new());
        for (message, ready) in taken.into_iter().zip(ready) {
            let Some((whole, attempt)) = ready else {
                if is_paused {
                    held.push(message);
                } else {
                    // It was cancelled, expired or failed since it began to wait.
                    self.waiting.over(&message.to);
                }
                continue;
            };
            match &lost {
                None => {
                    lost = self.submit(talk, message, &whole, attempt).await?.err();
                }
                // It did not go, so it waits again.
                Some(why) => self.returned(message, attempt, String::clone(why)).await?,
            }
        }
        for message in held.into_iter().rev() {
            self.waiting.over(&message.to);
            self.waiting.again(message);
        }
        Some(lost.map_or(Ok(()), Err))
    }

    async fn submit(
        &mut self,
        talk: &mut Talk,
        message: WaitingMessage,
        whole: &Message,
        attempt: u32,
    ) -> Option<Result<(), Lost>> {
        let expires = whole.created_at.after(self.hub.settings().message_expiry);
        let report_to = self.report_to.as_ref().map(|to| format!("{to}?message={}", whole.id));
        let order = Order {
            id: &whole.id,
            to: &whole.number,
            from: &whole.channel,
            body: &whole.body,
            valid_for: expires.since(self.hub.now()),
            report_to: report_to.as_deref(),
        };
        let deadline = Instant::now() + self.carrier.answers_within;
        let flight = Flight { message, attempt, deadline, is_open: true };
        match talk.session.submit(&order).await {
            Ok(Submitted::UnderWay(number)) => {
                talk.under_way.insert(number, flight);
                Some(Ok(()))
            }
            Ok(Submitted::Answered(answer)) => self.answered(talk, flight, answer).await.map(Ok),
            Err(why) => {
                self.doubt(flight, &why).await?;
                Some(Err(why))
            }
        }
    }

    /// Deals with whatever has waited for too long.
    async fn look_at_the_clock(&mut self, talk: &mut Talk) -> Option<Result<(), Lost>> {
        let now = Instant::now();
        if talk.up_at.is_some_and(|at| at <= now) {
            talk.up_at = None;
            self.told = Some((true, now));
            self.link(true, String::new()).await?;
        }
        self.end_late_dialogues(now).await?;
        if self.parts.next().is_some_and(|late| late <= now) {
            self.end_late_parts(now).await?;
        }
        // What has arrived is read before anything is judged late.
        if let Some(heard) = talk.session.next().now_or_never() {
            return match heard {
                Ok(first) => self.hear(talk, first).await,
                Err(why) => Some(Err(why)),
            };
        }
        if talk.leave_at.is_some_and(|at| at <= now)
            && let Some(why) = talk.ending.take()
        {
            return Some(Err(why));
        }
        let seconds = self.carrier.answers_within.as_secs();
        let late = |flight: &&mut Flight| flight.is_open && flight.deadline <= now;
        let late: Vec<_> = talk
            .under_way
            .values_mut()
            .filter(late)
            .map(|flight| {
                flight.is_open = false;
                flight.clone()
            })
            .collect();
        for flight in late {
            self.doubt(flight, &format!("it did not answer within {seconds} s")).await?;
        }
        talk.menus.retain(|_, (_, at)| *at + FORGOTTEN > now);
        talk.under_way.retain(|_, flight| flight.is_open || flight.deadline + FORGOTTEN > now);
        if !talk.early.is_empty() && talk.retry_at <= now {
            match self.early(talk).await? {
                Ok(()) => {}
                Err(why) => return Some(Err(why)),
            }
        }
        match talk.asked {
            Some(asked) if asked + self.carrier.answers_within <= now => {
                return Some(Err("it does not answer any more".to_owned()));
            }
            None if talk.heard + talk.session.patience() <= now => {
                talk.asked = Some(now);
                if let Err(why) = talk.session.ask().await {
                    return Some(Err(why));
                }
            }
            Some(_) | None => {}
        }
        Some(Ok(()))
    }
}
