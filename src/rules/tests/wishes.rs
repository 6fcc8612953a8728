//! Random commands and reports about consent, money and calls, for the laws in `world`.

use super::{money::money, *};
use crate::model::{
    CallHop, CallStatus, ConsentAction, DialData, Money, PaymentParty, PaymentStatus, Prompt, Say,
    VoiceAction, settings::Purse,
};
use proptest::{collection::vec, option, prelude::*, sample::select};

use super::world::{channel, id, number, word};

/// The purses that `party` names.
pub fn purses() -> Vec<Purse> {
    ["a", "b"].map(|id| Purse { id: id.into(), currency: money("KES", 0).currency }).into()
}
fn party() -> impl Strategy<Value = PaymentParty> {
    let payment = || {
        let line = ChannelNumber::new(Channel::Payment, "40404");
        prop_oneof![4 => Just(line), 1 => channel()]
    };
    let wallet = (id("el_cst_"), word())
        .prop_map(|(customer, wallet)| PaymentParty::Wallet { customer: customer.into(), wallet });
    prop_oneof![
        2 => (number(), payment())
            .prop_map(|(number, channel)| PaymentParty::Customer { number, channel }),
        3 => word().prop_map(PaymentParty::Purse),
        3 => wallet,
        1 => (payment(), option::of(word())).prop_map(|(channel, account)| {
            PaymentParty::Channel { channel, code: 1, account }
        }),
    ]
}
fn value() -> impl Strategy<Value = Money> {
    (select(vec!["KES", "KES", "KES", "UGX"]), select(vec![i64::MIN, 0, 1, 1, 2, 50, i64::MAX]))
        .prop_map(|(code, minor)| money(code, minor))
}
fn action() -> impl Strategy<Value = VoiceAction> {
    use VoiceAction as A;
    let timeout = Duration::from_secs(9);
    let prompt = || Some(Prompt::Say(Say { text: "x".into(), ..Say::default() }));
    let (finish_on_key, num_digits) = (None, None);
    let dial = |numbers| A::Dial {
        numbers,
        record: false,
        sequential: false,
        ringback_tone: None,
        caller_id: None,
        max_duration: None,
    };
    prop_oneof![
        word().prop_map(|text| A::Say(Say { text, ..Say::default() })),
        Just(A::GetDigits { prompt: prompt(), timeout, finish_on_key, num_digits }),
        vec(number(), 0..3).prop_map(dial),
        option::of(word()).prop_map(|queue_name| A::Enqueue { hold_music: None, queue_name }),
        (channel(), option::of(word())).prop_map(|(channel, queue_name)| A::Dequeue {
            channel,
            record: false,
            queue_name
        }),
        Just(A::Reject),
        word().prop_map(A::Redirect),
    ]
}

/// Commands of apps.
pub fn asked() -> impl Strategy<Value = Command> {
    use CustomerCommand as C;
    prop_oneof![
        1 => (number(), channel(), select(ConsentAction::ALL), word()).prop_map(
            |(number, channel, action, reason)| C::RequestConsent { number, channel, action, reason }
        ),
        3 => (party(), party(), value())
            .prop_map(|(debit, credit, value)| C::InitiatePayment { debit, credit, value }),
        1 => (number(), channel()).prop_map(|(to, from)| C::MakeCall { to, from }),
        1 => (id("el_ses_"), vec(action(), 0..4)).prop_map(|(session, actions)| {
            C::AnswerPrompt { session: session.into(), menu: None, actions }
        }),
    ]
    .prop_map(Command::from)
}

/// Reports of networks.
pub fn reported() -> impl Strategy<Value = Command> {
    use NetworkCommand as N;
    let hop = (select(CallStatus::ALL), option::of(word()), option::of(word())).prop_map(
        |(status, digits, recording_url)| {
            let dial = Some(DialData::default());
            CallHop { status, digits, recording_url, dial, prompt: true, ..CallHop::default() }
        },
    );
    prop_oneof![
        (number(), channel(), any::<bool>()).prop_map(|(from, to, agrees)| N::AnswerConsent {
            from,
            to,
            agrees
        }),
        (word(), value()).prop_map(|(purse, value)| N::FundPurse { purse, value }),
        (id("el_ses_"), hop).prop_map(|(session, hop)| {
            let (session, duration) = (session.into(), Duration::from_secs(1));
            N::ReportCall { session, hop, duration, cost: None }
        }),
        (id("el_txn_"), select(PaymentStatus::ALL)).prop_map(|(transaction, status)| {
            N::ReportPayment { transaction: transaction.into(), status }
        }),
    ]
    .prop_map(Command::from)
}
