//! USSD over a network: a customer dials a code and waits at the telephone, until a menu comes or the network hangs up.
//! So a menu that is not there in time is replaced by a text that ends the session, before the network gives up
//! (R-CARRY-23). What is typed gets into the hub here, and menus get out.

use super::{
    intake,
    order::{Answer, MenuOrder, SessionMarks, Typed},
    session::{Lost, Submitted},
    talk::Talk,
    worker::Worker,
};
use crate::{
    hub::config::UssdSettings,
    model::{
        Actor, Channel, ChannelNumber, CustomerNumber, Event, EventKind, NetworkCommand, Receipt,
        SessionId, UssdEnd, masked::without_numbers,
    },
};
use std::collections::HashMap;
use tokio::time::Instant;

/// The sessions of a network that somebody waits in.
#[derive(Debug, Default)]
pub(super) struct Dialogues {
    open: HashMap<SessionId, OpenDialogue>,
}

/// A session, as the network knows it.
#[derive(Clone, Debug)]
struct OpenDialogue {
    phone: CustomerNumber,
    code: ChannelNumber,
    marks: SessionMarks,
    /// Until when a menu must be there. `None` while the customer has one and types.
    until: Option<Instant>,
}

impl Dialogues {
    /// When the first of them must have its menu.
    pub fn next(&self) -> Option<Instant> {
        self.open.values().filter_map(|dialogue| dialogue.until).min()
    }
    /// Those whose menu is late. They are asked about once.
    fn late(&mut self, now: Instant) -> Vec<SessionId> {
        let late = self.open.iter_mut().filter(|(_, dialogue)| dialogue.until <= Some(now));
        let late = late.filter_map(|(session, dialogue)| {
            dialogue.until.take()?;
            Some(session.clone())
        });
        late.collect()
    }
    fn of(&self, phone: &CustomerNumber) -> Option<SessionId> {
        let mut theirs = self.open.iter().filter(|(_, dialogue)| dialogue.phone == *phone);
        theirs.next().map(|(session, _)| session.clone())
    }
}

impl Worker {
    /// Takes in what somebody dialled or typed. `delivery` tells it from everything else that this network brings.
    pub(super) async fn typed(&mut self, typed: &Typed, delivery: &str) -> Option<()> {
        let receipt = if typed.is_dial {
            self.dialled(typed, delivery).await?
        } else {
            self.answered_menu(typed, delivery).await?
        };
        let Some((receipt, code)) = receipt else {
            let id = &self.carrier.id;
            tracing::warn!("carrier {id}: what was dialled is no code that it carries");
            return Some(());
        };
        let session = match &receipt {
            Receipt::Network(known) if known.ok => known.subject.clone(),
            _ => None,
        };
        if let Some(session) = session.map(SessionId::from) {
            let id = session.clone();
            let look = move |world: &crate::rules::World| world.ussd_session(&id);
            // A network may bring again what is over long ago.
            if self.hub.read(look).await?.is_none_or(|session| session.end.is_some()) {
                return Some(());
            }
            // A telephone has one session at a time.
            self.dialogues.open.retain(|_, dialogue| dialogue.phone != typed.from);
            let until = Some(Instant::now() + self.carrier.ussd.answers_within);
            let (phone, marks) = (typed.from.clone(), typed.marks.clone());
            let dialogue = OpenDialogue { phone, code, marks, until };
            self.dialogues.open.insert(session, dialogue);
        } else {
            let (id, why) = (&self.carrier.id, without_numbers(receipt.description()));
            tracing::warn!("carrier {id}: what was typed was not taken: {why}");
        }
        Some(())
    }

    async fn dialled(
        &self,
        typed: &Typed,
        delivery: &str,
    ) -> Option<Option<(Receipt, ChannelNumber)>> {
        let Some((to, input)) = self.code(typed) else { return Some(None) };
        let from = typed.from.clone();
        let command = NetworkCommand::DialUssd { from, to: to.clone(), input };
        let receipt = self.once(command, typed, delivery).await?;
        Some(Some((receipt, to)))
    }

    /// What is typed belongs to the session that is open on the telephone, also if the hub was started since.
    async fn answered_menu(
        &self,
        typed: &Typed,
        delivery: &str,
    ) -> Option<Option<(Receipt, ChannelNumber)>> {
        let known = self.dialogues.of(&typed.from);
        let known = known.and_then(|session| {
            let code = self.dialogues.open.get(&session)?.code.clone();
            Some((session, code))
        });
        let (session, code) = if let Some(known) = known {
            known
        } else {
            let (phone, by) = (typed.from.clone(), self.hub.settings());
            let look = move |world: &crate::rules::World| world.open_ussd(&by, &phone);
            let Some(open) = self.hub.read(look).await? else { return Some(None) };
            if self.hub.settings().carrier_of(&open.channel) != Some(&self.carrier.id) {
                return Some(None);
            }
            (open.id, open.channel)
        };
        let command = NetworkCommand::InputUssd { session, input: typed.said.clone() };
        let receipt = self.once(command, typed, delivery).await?;
        Some(Some((receipt, code)))
    }

    /// Has the hub take it once, however often it is asked.
    async fn once(
        &self,
        command: NetworkCommand,
        typed: &Typed,
        delivery: &str,
    ) -> Option<Receipt> {
        let content = format!("{}\n{}", typed.from, typed.said);
        intake::once(&self.hub, &self.carrier.id, command, &content, delivery).await
    }

    /// The code that was dialled, and what was dialled after it: of `*384*1*50#` and the org's `*384#` that is `1*50`.
    fn code(&self, typed: &Typed) -> Option<(ChannelNumber, String)> {
        let bare = |text: &str| text.trim().trim_end_matches('#').to_owned();
        let digits = |text: &str| text.chars().filter(char::is_ascii_digit).collect::<String>();
        let dialled = bare(&typed.said);
        let settings = self.hub.settings();
        let own = settings.channels.iter().filter(|bound| {
            bound.carrier.as_ref() == Some(&self.carrier.id)
                && bound.channel.channel == Channel::Ussd
        });
        let after = |code: &ChannelNumber| {
            let rest = dialled.strip_prefix(&bare(&code.number))?;
            (rest.is_empty() || rest.starts_with('*')).then(|| rest.trim_start_matches('*').into())
        };
        let named = |code: &ChannelNumber| {
            let is_named = digits(&code.number) == digits(&typed.marks.line);
            // A network that names the code beside it may say only what was dialled after it.
            (is_named && !dialled.starts_with('*')).then(|| dialled.clone())
        };
        // The longest code is meant: `*384*7#` is another one than `*384#`.
        let mut found: Vec<(ChannelNumber, String)> = own
            .filter_map(|bound| {
                let rest = after(&bound.channel).or_else(|| named(&bound.channel))?;
                Some((bound.channel.clone(), rest))
            })
            .collect();
        found.sort_by_key(|(code, _)| std::cmp::Reverse(code.number.len()));
        found.into_iter().next()
    }

    /// A customer left the session that is open on their telephone.
    pub(super) async fn left(&mut self, phone: &CustomerNumber) -> Option<()> {
        if let Some(session) = self.dialogues.of(phone) {
            self.dialogues.open.remove(&session);
            self.end(session, UssdEnd::CustomerLeft).await?;
        }
        Some(())
    }

    async fn end(&self, session: SessionId, end: UssdEnd) -> Option<()> {
        let command = NetworkCommand::EndUssd { session, end };
        self.hub.report(Actor::Network, command).await.map(|_| ())
    }

    /// Ends the sessions whose menu is late. That they ended comes back by the log, and is shown then.
    pub(super) async fn end_late_dialogues(&mut self, now: Instant) -> Option<()> {
        for session in self.dialogues.late(now) {
            self.end(session, UssdEnd::Unanswered).await?;
        }
        Some(())
    }

    /// Shows the telephone what the log says that it is to be shown.
    pub(super) async fn show(&mut self, talk: &mut Talk, event: &Event) -> Result<(), Lost> {
        let (session, text, is_terminal) = match &event.kind {
            EventKind::UssdMenuShown { session, menu } => {
                (session, menu.text.clone(), menu.is_terminal)
            }
            // One that ended without a menu that said so: whoever waits must be told.
            EventKind::UssdEnded { session, end } if *end != UssdEnd::CustomerLeft => {
                let UssdSettings { missed, .. } = &self.carrier.ussd;
                (session, missed.clone(), true)
            }
            EventKind::UssdEnded { session, .. } => {
                self.dialogues.open.remove(session);
                return Ok(());
            }
            _ => return Ok(()),
        };
        let Some(dialogue) = self.dialogues.open.get_mut(session) else { return Ok(()) };
        dialogue.until = None;
        let OpenDialogue { phone, marks, .. } = dialogue.clone();
        if is_terminal {
            self.dialogues.open.remove(session);
        }
        let order = MenuOrder { to: &phone, text: &text, is_terminal, marks: &marks };
        if let Submitted::UnderWay(number) = talk.session.show(&order).await? {
            talk.menus.insert(number, (session.clone(), Instant::now()));
        }
        Ok(())
    }

    /// Takes in what the network answers to a menu. One that it did not take has nobody who waits for it.
    pub(super) async fn shown(&mut self, session: SessionId, answer: &Answer) -> Option<()> {
        if matches!(answer, Answer::Accepted(_)) {
            return Some(());
        }
        self.dialogues.open.remove(&session);
        self.end(session, UssdEnd::CustomerLeft).await
    }
}
