//! USSD where the network calls with what somebody dialled or typed, and takes the menu as the answer to its call. The
//! call is held until an app or an agent has answered, or until it is time to say that nobody does (R-CARRY-23).

use super::{
    africastalking::dial::{self, Dialled, NewInput},
    door::DoorCarrier,
    intake,
};
use crate::{
    model::{
        Actor, Channel, ChannelNumber, NetworkCommand, Receipt, SessionId, UssdEnd,
        masked::without_numbers,
    },
    rules::World,
};
use std::{
    collections::HashMap,
    sync::{Mutex, MutexGuard, PoisonError},
    time::Duration,
};
use tokio::time::{Instant, timeout_at};

/// How long a session is known here. Networks end one after a few minutes.
const KEPT: Duration = Duration::from_mins(10);
/// How many sessions are known at most.
const MOST: usize = 10_000;

/// The sessions of a network, by its own names for them.
#[derive(Debug, Default)]
pub(super) struct AskedMenus(Mutex<HashMap<String, AskedMenu>>);

/// A session as the network knows it.
#[derive(Clone, Debug)]
struct AskedMenu {
    session: SessionId,
    /// All that was typed in it so far.
    text: String,
    at: Instant,
}

impl AskedMenus {
    fn open(&self) -> MutexGuard<'_, HashMap<String, AskedMenu>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
    fn of(&self, name: &str) -> Option<AskedMenu> {
        self.open().get(name).cloned()
    }
    fn keep(&self, dialled: &Dialled, session: SessionId) {
        let now = Instant::now();
        let mut open = self.open();
        if open.len() >= MOST {
            open.retain(|_, known| known.at + KEPT > now);
        }
        if open.len() < MOST {
            let text = dialled.text.clone();
            open.insert(dialled.session.clone(), AskedMenu { session, text, at: now });
        }
    }
}

impl DoorCarrier {
    /// Takes in what somebody dialled or typed, and answers with the next menu as the network wants it. `None` means that
    /// the hub is shutting down.
    pub(super) async fn menu(&self, dialled: &Dialled) -> Option<String> {
        let missed = || dial::menu(&self.ussd.missed, true);
        let known = self.menus.of(&dialled.session);
        let before = known.as_ref().map(|known| known.text.as_str());
        let session = match (known.as_ref(), dial::newest(before, &dialled.text)) {
            (Some(known), NewInput::Repeated) => known.session.clone(),
            (known, newest) => {
                let input = match newest {
                    NewInput::Input(input) => input,
                    NewInput::Repeated => &dialled.text,
                };
                let Some(command) = self.command(dialled, known, input) else {
                    tracing::warn!("carrier {}: it carries no such code", self.id);
                    return Some(missed());
                };
                match self.take(command, dialled).await? {
                    Some(session) => session,
                    None => return Some(missed()),
                }
            }
        };
        self.menus.keep(dialled, session.clone());
        let shown = self.shown(&session).await?;
        Some(shown.unwrap_or_else(missed))
    }

    fn command(
        &self,
        dialled: &Dialled,
        known: Option<&AskedMenu>,
        input: &str,
    ) -> Option<NetworkCommand> {
        let input = input.to_owned();
        if let Some(known) = known {
            return Some(NetworkCommand::InputUssd { session: known.session.clone(), input });
        }
        let digits = |code: &str| code.trim().trim_end_matches('#').to_owned();
        let settings = self.hub.settings();
        let is_code = |line: &&ChannelNumber| {
            line.channel == Channel::Ussd
                && digits(&line.number) == digits(&dialled.code)
                && settings.carrier_of(line) == Some(&self.id)
        };
        let to = settings.channels.iter().map(|bound| &bound.channel).find(is_code)?.clone();
        Some(NetworkCommand::DialUssd { from: dialled.from.clone(), to, input })
    }

    /// Has the hub take it, once however often the network calls with it. The inner `None` is a refusal.
    async fn take(&self, command: NetworkCommand, dialled: &Dialled) -> Option<Option<SessionId>> {
        let Dialled { session, text, from, .. } = dialled;
        let (content, delivery) = (format!("{from}\n{text}"), format!("{session}\n{text}"));
        let receipt = intake::once(&self.hub, &self.id, command, &content, &delivery).await?;
        match receipt {
            Receipt::Network(known) if known.ok => Some(known.subject.map(SessionId::from)),
            other => {
                let why = without_numbers(other.description());
                tracing::warn!("carrier {}: what was typed was not taken: {why}", self.id);
                Some(None)
            }
        }
    }

    /// Waits for the menu of a session. The inner `None` means that nobody answered in time.
    async fn shown(&self, session: &SessionId) -> Option<Option<String>> {
        let until = Instant::now() + self.ussd.answers_within;
        let mut head = self.hub.head()?;
        loop {
            head.mark_unchanged();
            let (menu, is_over) = self.last_menu(session).await?;
            if menu.is_some() || is_over {
                return Some(menu);
            }
            let Ok(changed) = timeout_at(until, head.changed()).await else {
                self.end(session.clone(), UssdEnd::Unanswered).await?;
                // One that came at the last moment did not let it end, and is shown.
                return Some(self.last_menu(session).await?.0);
            };
            changed.ok()?;
        }
    }

    /// The menu that answers what was typed last, as the network wants it, and whether the session is over.
    async fn last_menu(&self, session: &SessionId) -> Option<(Option<String>, bool)> {
        let id = session.clone();
        let known = self.hub.read(move |world: &World| world.ussd_session(&id)).await?;
        let Some(known) = known else { return Some((None, true)) };
        let menu = known.hops.last().and_then(|hop| hop.menu.as_ref());
        let menu = menu.map(|menu| dial::menu(&menu.text, menu.is_terminal));
        Some((menu, known.end.is_some()))
    }

    /// The network says that a session has ended.
    pub(super) async fn hung_up(&self, name: &str) -> Option<()> {
        let known = self.menus.open().remove(name);
        if let Some(known) = known {
            self.end(known.session, UssdEnd::CustomerLeft).await?;
        }
        Some(())
    }

    async fn end(&self, session: SessionId, end: UssdEnd) -> Option<()> {
        let command = NetworkCommand::EndUssd { session, end };
        self.hub.report(Actor::Network, command).await.map(|_| ())
    }
}
