//! The messages that wait for a network, in the order in which they go. What a person or a program writes to one
//! customer goes before work by tag. Two messages to one customer never overtake each other within the same of these
//! two: the next one goes when the network has answered to the one before.

use crate::model::{CustomerNumber, MessageId};
use std::collections::{HashMap, HashSet, VecDeque};

/// A message that waits.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WaitingMessage {
    pub id: MessageId,
    pub to: CustomerNumber,
    /// Whether it goes after those to single customers: it is one of a work by tag, or behind all others.
    pub is_bulk: bool,
    /// Whether it is behind all others, because it or one before it to the same customer was tried often.
    is_late: bool,
}

impl WaitingMessage {
    pub const fn new(id: MessageId, to: CustomerNumber, is_bulk: bool) -> Self {
        Self { id, to, is_bulk, is_late: false }
    }
    /// The same behind all others.
    fn late(self) -> Self {
        Self { is_bulk: true, is_late: true, ..self }
    }
}

/// All of them.
#[derive(Debug, Default)]
pub struct WaitingMessages {
    single: VecDeque<WaitingMessage>,
    bulk: VecDeque<WaitingMessage>,
    /// To whom a message is under way, with those that wait for its end.
    busy: HashMap<CustomerNumber, VecDeque<WaitingMessage>>,
    /// Those customers all of whose messages are behind all others, with how many these are. What comes for them goes
    /// there too, because it would overtake them elsewhere.
    late: HashMap<CustomerNumber, usize>,
}

impl WaitingMessages {
    /// How many messages of works wait.
    pub fn bulk(&self) -> usize {
        self.bulk.len()
    }
    /// The messages of works that wait.
    pub fn bulk_ids(&self) -> HashSet<MessageId> {
        self.all().filter(|message| message.is_bulk).map(|message| message.id.clone()).collect()
    }
    /// Whether a message waits. All of them are looked at.
    pub fn contains(&self, id: &MessageId) -> bool {
        self.all().any(|message| message.id == *id)
    }
    fn all(&self) -> impl Iterator<Item = &WaitingMessage> {
        let behind = self.busy.values().flatten();
        self.single.iter().chain(&self.bulk).chain(behind)
    }
    pub fn push(&mut self, message: WaitingMessage) {
        let message = match self.late.get_mut(&message.to) {
            Some(count) => {
                *count += 1;
                message.late()
            }
            None => message,
        };
        self.queue(message.is_bulk).push_back(message);
    }
    /// Has a message go before all others of its kind, because its turn had come already.
    pub fn again(&mut self, message: WaitingMessage) {
        if message.is_late {
            *self.late.entry(message.to.clone()).or_default() += 1;
        }
        self.queue(message.is_bulk).push_front(message);
    }
    /// Has a message that was tried often go after all others, with those to the same customer behind it. So one that
    /// its network cannot take does not hold up everybody else.
    pub fn later(&mut self, message: WaitingMessage) {
        let to = message.to.clone();
        let mut last = vec![message.late()];
        for queue in [&mut self.single, &mut self.bulk] {
            let (theirs, others): (VecDeque<_>, VecDeque<_>) =
                std::mem::take(queue).into_iter().partition(|waiting| waiting.to == to);
            *queue = others;
            last.extend(theirs.into_iter().map(WaitingMessage::late));
        }
        self.late.insert(to, last.len());
        self.bulk.extend(last);
    }
    /// The next messages, at most so many, each to another customer. They are under way then.
    pub fn take(&mut self, most: usize) -> Vec<WaitingMessage> {
        let mut taken = Vec::new();
        while taken.len() < most {
            let Some(next) = self.single.pop_front().or_else(|| self.bulk.pop_front()) else {
                break;
            };
            if let Some(behind) = self.busy.get_mut(&next.to) {
                behind.push_back(next);
                continue;
            }
            self.busy.insert(next.to.clone(), VecDeque::new());
            taken.push(next);
        }
        taken
    }
    /// Whether there may be one that can go.
    pub fn has_next(&self) -> bool {
        !self.single.is_empty() || !self.bulk.is_empty()
    }
    /// The message to this customer is under way no longer. Those behind it go before whatever came since.
    pub fn over(&mut self, to: &CustomerNumber) {
        if let Some(count) = self.late.get_mut(to) {
            *count = count.saturating_sub(1);
            if *count == 0 {
                self.late.remove(to);
            }
        }
        for message in self.busy.remove(to).into_iter().flatten().rev() {
            self.queue(message.is_bulk).push_front(message);
        }
    }
    fn queue(&mut self, is_bulk: bool) -> &mut VecDeque<WaitingMessage> {
        if is_bulk { &mut self.bulk } else { &mut self.single }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    impl WaitingMessages {
        fn len(&self) -> usize {
            self.all().count()
        }
    }
    fn message(n: usize, to: usize, is_bulk: bool) -> WaitingMessage {
        let to = CustomerNumber::telco(&format!("+2547{to:08}"));
        WaitingMessage::new(format!("el_msg_{n}").as_str().into(), to, is_bulk)
    }
    fn ids(taken: &[WaitingMessage]) -> Vec<&str> {
        taken.iter().map(|message| message.id.as_str()).collect()
    }

    #[test]
    fn r_carry_7_what_is_written_to_one_goes_before_work_by_tag() {
        let mut waiting = WaitingMessages::default();
        (0..20_000).for_each(|n| waiting.push(message(n, n, true)));
        waiting.push(message(20_000, 20_000, false));
        assert_eq!(ids(&waiting.take(2)), ["el_msg_20000", "el_msg_0"]);
        assert_eq!(waiting.len(), 19_999);
    }

    #[test]
    fn r_carry_7_one_that_is_tried_often_holds_up_nobody_and_keeps_its_place_before_its_own() {
        let mut waiting = WaitingMessages::default();
        (0..4).for_each(|n| waiting.push(message(n, n % 2, false)));
        (4..6).for_each(|n| waiting.push(message(n, n, true)));
        let taken = waiting.take(1);
        assert_eq!(ids(&taken), ["el_msg_0"]);
        waiting.over(&taken[0].to);
        waiting.later(taken[0].clone());
        let mut order = Vec::new();
        while let [next] = &waiting.take(1)[..] {
            order.push(next.id.as_str().to_owned());
            waiting.over(&next.to);
        }
        let wanted = ["el_msg_1", "el_msg_3", "el_msg_4", "el_msg_5", "el_msg_0", "el_msg_2"];
        assert_eq!(order, wanted);
    }

    #[test]
    fn r_carry_7_what_comes_for_a_customer_does_not_overtake_one_that_was_tried_often() {
        let mut waiting = WaitingMessages::default();
        waiting.push(message(0, 7, false));
        let [first] = &waiting.take(1)[..] else { panic!("one") };
        waiting.over(&first.to);
        waiting.later(first.clone());
        (1..3).for_each(|n| waiting.push(message(n, 7, false)));
        waiting.push(message(3, 8, false));
        let taken = waiting.take(9);
        assert_eq!(ids(&taken), ["el_msg_3", "el_msg_0"]);
        // It is not taken once more, and goes again, and so does the last of them.
        waiting.over(&taken[1].to);
        waiting.again(taken[1].clone());
        waiting.push(message(4, 7, false));
        let mut order = Vec::new();
        while let [next] = &waiting.take(1)[..] {
            waiting.over(&next.to);
            order.push(next.id.as_str().to_owned());
            if order.len() == 4 {
                waiting.again(next.clone());
                waiting.push(message(5, 7, false));
            }
        }
        let wanted = ["el_msg_0", "el_msg_1", "el_msg_2", "el_msg_4", "el_msg_4", "el_msg_5"];
        assert_eq!(order, wanted);
        assert!(waiting.late.is_empty(), "nobody is late any more");
    }

    #[test]
    fn r_carry_7_messages_to_one_customer_never_overtake_each_other() {
        let mut waiting = WaitingMessages::default();
        (0..3).for_each(|n| waiting.push(message(n, 7, false)));
        waiting.push(message(3, 8, false));
        let taken = waiting.take(10);
        assert_eq!(ids(&taken), ["el_msg_0", "el_msg_3"]);
        assert_eq!((waiting.len(), waiting.has_next()), (2, false));
        waiting.push(message(4, 7, false));
        waiting.over(&taken[0].to);
        assert_eq!(ids(&waiting.take(10)), ["el_msg_1"]);
        waiting.over(&taken[0].to);
        assert_eq!(ids(&waiting.take(10)), ["el_msg_2"]);
        waiting.over(&taken[0].to);
        assert_eq!(ids(&waiting.take(10)), ["el_msg_4"]);
        assert_eq!(waiting.len(), 0);
    }
}
