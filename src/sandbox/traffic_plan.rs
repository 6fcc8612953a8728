//! Plans what the cast does by itself and when: a list of acts without an end, made from a seed. It is
//! pure, so the same seed, rate, cast and numbers give the same acts. `traffic` performs them.

use super::cast::{Cast, Person};
use crate::model::{
    Body, Channel, ChannelNumber, CustomerNumber, Location, Media, MediaKind, Money, OrgSettings,
    settings::BoundChannel,
};
use fastrand::Rng;
use std::{collections::VecDeque, sync::Arc, time::Duration};

/// Of 100 acts, how many are dialling a USSD code, calling and paying. The rest is writing.
const DIALS: u32 = 14;
const CALLS: u32 = 9;
const PAYS: u32 = 14;
/// Of 100 acts of writing, how many are done by hostile customers.
const HOSTILE: u32 = 5;
/// Of 100 acts of writing, how many only ask whether anybody is there.
const NUDGES: u32 = 10;
/// How many of the customers who wrote last may ask whether anybody is there.
const RECENT: usize = 12;

/// Something that a customer does.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct CustomerAct {
    /// How long it comes after the act before it.
    pub after: Duration,
    /// The customer, as an index into the cast.
    pub who: usize,
    /// The number of the customer's that they use.
    pub from: CustomerNumber,
    /// The org's number that they write to, dial, call or pay.
    pub to: ChannelNumber,
    pub deed: Deed,
}

/// The kinds of things that a customer does.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Deed {
    /// Writes to the org.
    Write(Body),
    /// Asks whether anybody is there, unless they were answered meanwhile.
    Nudge(String),
    /// Dials and types these keys, and leaves if the session is not over by then.
    Dial(Vec<String>),
    /// Calls, and gives up if nobody picks up within this time.
    Call(Duration),
    /// Pays, and takes the money back after this time, if one is given.
    Pay(Money, Option<Duration>),
}

/// The acts of one org's customers, as an iterator without an end.
pub(super) struct TrafficPlan {
    cast: Arc<Cast>,
    lines: Vec<ChannelNumber>,
    chance: Rng,
    gap: Duration,
    honest: Vec<usize>,
    hostile: Vec<usize>,
    dial: Vec<usize>,
    call: Vec<usize>,
    pay: Vec<usize>,
    recent: VecDeque<usize>,
}

impl TrafficPlan {
    /// Plans the acts of `cast` on the org's numbers, `rate` of them a minute on average.
    pub fn new(cast: Arc<Cast>, settings: &OrgSettings, seed: u64, rate: u32) -> Self {
        let lines = lines(settings);
        let who = |able: &dyn Fn(&Person) -> bool| -> Vec<usize> {
            (0..cast.people().len()).filter(|n| able(&cast.people()[*n])).collect()
        };
        let on = |p: &Person, channel| place(p, &lines, channel, 0).is_some();
        let writes = |p: &Person| p.channels.iter().any(|c| on(p, *c)) && !p.threads.is_empty();
        Self {
            honest: who(&|p| writes(p) && !p.hostile),
            hostile: who(&|p| writes(p) && p.hostile),
            dial: who(&|p| !p.ussd.is_empty() && on(p, Channel::Ussd)),
            call: who(&|p| p.calls && on(p, Channel::Voice)),
            pay: who(&|p| !p.pays.is_empty() && on(p, Channel::Payment)),
            recent: VecDeque::with_capacity(RECENT),
            gap: Duration::from_mins(1) / rate.max(1),
            chance: Rng::with_seed(seed),
            lines,
            cast,
        }
    }

    /// Draws the next deed with the customer and the channel; `None` if the org has no number on which
    /// any customer could do anything.
    fn deed(&mut self) -> Option<(usize, Channel, Deed)> {
        let roll = self.chance.u32(..100);
        let dial = self.choose(roll < DIALS, |s| &s.dial);
        let call = self.choose((DIALS..DIALS + CALLS).contains(&roll), |s| &s.call);
        let pay = self.choose((DIALS + CALLS..DIALS + CALLS + PAYS).contains(&roll), |s| &s.pay);
        if let Some((who, keys)) = dial.and_then(|who| Some((who, self.pick(who, |p| &p.ussd)?))) {
            return Some((who, Channel::Ussd, Deed::Dial(keys)));
        }
        if let Some(who) = call {
            let patience = if self.chance.u8(..8) == 0 { 2..5 } else { 20..40 };
            let patience = Duration::from_secs(self.chance.u64(patience));
            return Some((who, Channel::Voice, Deed::Call(patience)));
        }
        if let Some((who, value)) = pay.and_then(|who| Some((who, self.pick(who, |p| &p.pays)?))) {
            let regret =
                (self.chance.u8(..16) == 0).then(|| Duration::from_secs(self.chance.u64(5..25)));
            return Some((who, Channel::Payment, Deed::Pay(value, regret)));
        }
        self.words()
    }

    fn words(&mut self) -> Option<(usize, Channel, Deed)> {
        if self.chance.u32(..100) < NUDGES && !self.recent.is_empty() {
            let who = self.recent[self.chance.usize(..self.recent.len())];
            if let Some(nudge) = self.pick(who, |p| &p.nudges) {
                return Some((who, self.favourite(who)?, Deed::Nudge(nudge)));
            }
        }
        let wild = self.chance.u32(..100) < HOSTILE;
        let who = self
            .choose(wild, |s| &s.hostile)
            .or_else(|| self.choose(true, |s| &s.honest))
            .or_else(|| self.choose(true, |s| &s.hostile))?;
        let thread = self.pick(who, |p| &p.threads)?;
        self.recent.push_back(who);
        if self.recent.len() > RECENT {
            self.recent.pop_front();
        }
        let body = self.body(who, thread.first()?);
        Some((who, self.favourite(who)?, Deed::Write(body)))
    }

    /// A message with that text, now and then with a picture, a voice note or a place.
    fn body(&mut self, who: usize, line: &str) -> Body {
        let mut body = Body::text(line);
        if self.cast.people()[who].hostile {
            return body;
        }
        match self.chance.u8(..30) {
            0 | 1 => body.media.push(Media {
                url: format!("https://media.example/{who}/{}.jpg", self.chance.u32(1000..9999)),
                kind: MediaKind::Image,
            }),
            2 => body.media.push(Media {
                url: format!("https://media.example/{who}/{}.ogg", self.chance.u32(1000..9999)),
                kind: MediaKind::Voice,
            }),
            3 => {
                body.location = Some(Location {
                    latitude: -1.2 + self.chance.f64(),
                    longitude: 36.5 + self.chance.f64(),
                });
            }
            _ => {}
        }
        body
    }

    /// The channel on which a customer writes: mostly the first of theirs that the org has, too.
    fn favourite(&mut self, who: usize) -> Option<Channel> {
        let person = &self.cast.people()[who];
        let mut open = person
            .channels
            .iter()
            .filter(|channel| place(person, &self.lines, **channel, 0).is_some());
        let first = open.next()?;
        let other = open.next().filter(|_| self.chance.u8(..4) == 0);
        Some(*other.unwrap_or(first))
    }

    fn choose(&mut self, wanted: bool, from: impl Fn(&Self) -> &Vec<usize>) -> Option<usize> {
        let many = from(self).len();
        (wanted && many > 0).then(|| self.chance.usize(..many)).map(|n| from(self)[n])
    }
    fn pick<T: Clone>(&mut self, who: usize, from: impl Fn(&Person) -> &Vec<T>) -> Option<T> {
        let all = from(&self.cast.people()[who]);
        (!all.is_empty()).then(|| all[self.chance.usize(..all.len())].clone())
    }
}

impl Iterator for TrafficPlan {
    type Item = CustomerAct;
    fn next(&mut self) -> Option<CustomerAct> {
        let (who, channel, deed) = self.deed()?;
        let (from, to) = place(&self.cast.people()[who], &self.lines, channel, who)?;
        let after = self.gap.mul_f64(0.25 + 1.5 * self.chance.f64());
        Some(CustomerAct { after, who, from, to, deed })
    }
}

/// The org's numbers that customers use. An org that has registered none accepts any (R-MSG-1), so some
/// are made up.
fn lines(settings: &OrgSettings) -> Vec<ChannelNumber> {
    if settings.channels.is_empty() {
        let number = |channel| match channel {
            Channel::Ussd => "*384#",
            Channel::Telegram | Channel::Messenger | Channel::Rcs => "sandbox",
            Channel::Unspecified
            | Channel::Sms
            | Channel::Whatsapp
            | Channel::Voice
            | Channel::Payment => "40404",
        };
        return Channel::ALL.map(|c| ChannelNumber::new(c, number(c))).into();
    }
    settings.channels.iter().map(|BoundChannel { channel, .. }| channel.clone()).collect()
}

/// The numbers of both sides on a channel; `None` if one side has none there. If the org has several, each
/// customer always uses the same one.
fn place(
    person: &Person,
    lines: &[ChannelNumber],
    channel: Channel,
    who: usize,
) -> Option<(CustomerNumber, ChannelNumber)> {
    let on: Vec<_> = lines.iter().filter(|line| line.channel == channel).collect();
    let to = on.get(who.checked_rem(on.len())?)?;
    Some((person.number_on(channel)?.clone(), (*to).clone()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn story(seed: u64, channels: &[Channel]) -> TrafficPlan {
        let cast = Arc::new(Cast::load(None, true).unwrap());
        let bound = |c: &Channel| BoundChannel {
            channel: ChannelNumber::new(*c, "1"),
            app: None,
            purse: None,
            carrier: None,
            prompt_window: None,
        };
        let channels = channels.iter().map(bound).collect();
        TrafficPlan::new(cast, &OrgSettings { channels, ..OrgSettings::default() }, seed, 40)
    }

    #[test]
    fn the_same_seed_tells_the_same_story() {
        let told = |seed| story(seed, &[]).take(500).collect::<Vec<_>>();
        assert_eq!(told(7), told(7));
        assert_ne!(told(7), told(8));
    }

    #[test]
    fn everything_happens_at_the_rate_asked_for() {
        let acts: Vec<_> = story(1, &[]).take(2000).collect();
        let minutes = acts.iter().map(|a| a.after).sum::<Duration>().as_secs_f64() / 60.0;
        let rate = 2000.0 / minutes;
        assert!((38.0..42.0).contains(&rate), "{rate} a minute");
        let count = |f: fn(&Deed) -> bool| acts.iter().filter(|a| f(&a.deed)).count();
        assert!(count(|d| matches!(d, Deed::Write(_))) > 900);
        assert!(count(|d| matches!(d, Deed::Write(b) if !b.media.is_empty())) > 30);
        assert!(count(|d| matches!(d, Deed::Write(b) if b.location.is_some())) > 10);
        assert!(count(|d| matches!(d, Deed::Nudge(_))) > 60);
        assert!(count(|d| matches!(d, Deed::Dial(_))) > 200);
        assert!(count(|d| matches!(d, Deed::Call(_))) > 120);
        assert!(count(|d| matches!(d, Deed::Pay(_, None))) > 200);
        assert!(count(|d| matches!(d, Deed::Pay(_, Some(_)))) > 5);
        let who: std::collections::BTreeSet<_> = acts.iter().map(|a| a.who).collect();
        assert!(who.len() >= 60, "only {} customers ever do something", who.len());
    }

    #[test]
    fn only_the_numbers_of_the_org_are_used() {
        let acts: Vec<_> = story(1, &[Channel::Sms]).take(300).collect();
        assert!(acts.iter().all(|a| a.to.channel == Channel::Sms));
        assert_eq!(story(1, &[Channel::Unspecified]).next(), None);
    }
}
