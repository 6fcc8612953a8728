//! Dry runs (R-DRYRUN-1 to R-DRYRUN-3): what they find, and that they answer what the hub would answer.

use super::*;
use crate::{
    model::{
        ChannelState, ConsentAction, ConsentStatus, Currency, CustomerId, DataValue, Finding,
        Lease, Level, Media, MediaKind, Money, Outlook, Payment, PaymentParty, PaymentStatus,
        PendingOptIn, Provider, Reminder, SecondaryId, Tag, TagMessage, TagPair, Template,
    },
    rules::{guess, outlook},
};

impl Story {
    /// What a command would lead to.
    pub fn outlook(&mut self, command: impl Into<Command>) -> Outlook {
        let Command::Customer(command) = command.into() else { panic!("not from outside") };
        let mut fresh = || [7; 16];
        let (now, settings, caller) = (self.now, &self.settings, &self.caller);
        outlook(&self.world, &command, &mut Ctx { now, settings, caller, fresh: &mut fresh })
    }
    /// What warns or blocks, as `level code`.
    pub fn finds(&mut self, command: impl Into<Command>) -> Vec<String> {
        let mut all = self.finds_all(command);
        all.retain(|row| !row.starts_with("ok "));
        all
    }
    /// All findings, as `level code`.
    fn finds_all(&mut self, command: impl Into<Command>) -> Vec<String> {
        let row = |f: &Finding| {
            assert!(f.text.contains(' '), "{f:?} is no sentence");
            format!("{} {}", f.level.word(), f.code)
        };
        self.outlook(command).findings.iter().map(row).collect()
    }
    /// Changes Jane's state directly, where no command of this story would lead there.
    fn given_jane(mut self, change: impl FnOnce(&mut CustomerState)) -> Self {
        let id = self.jane().id.clone();
        change(Arc::make_mut(
            self.world.customers.get_mut(id.as_str().as_bytes()).expect("Jane is known"),
        ));
        self
    }
}

/// A message to Jane by sms that is not an answer.
fn say(text: &str) -> Command {
    send(Channel::Sms, text)
}

fn with(body: Body, channel: Channel) -> Command {
    CustomerCommand::SendMessage { to: jane(), from: line(channel), body, seen: None }.into()
}

fn tag(key: &str, value: &str, expires_at: Option<Timestamp>) -> Command {
    let tags = vec![Tag { key: key.into(), value: value.into(), expires_at }];
    CustomerCommand::UpdateTags { customer: to_jane(), tags }.into()
}

fn kes(minor: i64) -> Money {
    Money { currency: Currency::new("KES").unwrap(), minor }
}

#[test]
fn a_message_that_nothing_speaks_against_has_an_answer_and_what_speaks_for_it() {
    let mut story = given([hears(Channel::Sms, "hello")]);
    let outlook = story.outlook(say("hello Jane"));
    assert_eq!(story.finds(say("hello Jane")), [""; 0]);
    let good: Vec<_> = outlook.findings.iter().map(|f| f.text.as_str()).collect();
    assert_eq!(
        good,
        [
            "the number is that of …0001",
            "no consent record, which allows it",
            "1 part, GSM-7, 150 left in it"
        ]
    );
    assert_eq!(outlook.receipt.unwrap().code(), Some(101));
    assert_eq!(outlook.events.len(), 1);
    assert_eq!(story.world.head().0.0, 1, "a dry run records nothing");
}

#[test]
fn what_the_hub_refuses_blocks_under_the_code_of_its_status() {
    let mut story = given([hears(Channel::Sms, "hello"), hears(Channel::Telegram, "hi")])
        .bind(line(Channel::Sms), None, None)
        .bind(line(Channel::Whatsapp), None, None);
    let jane_id = story.jane().id.clone();
    let media = || Body {
        media: vec![Media { url: "https://a.example/b.png".into(), kind: MediaKind::Image }],
        ..Body::default()
    };
    let reply = |customer: CustomerId, message: &str| CustomerCommand::ReplyToMessage {
        customer,
        message: message.into(),
        body: Body::text("yes"),
        seen: None,
    };
    let to = |to: CustomerNumber| CustomerCommand::SendMessage {
        to,
        from: line(Channel::Sms),
        body: Body::text("hello"),
        seen: None,
    };
    let tags_of = |customer| CustomerCommand::DeleteTags { customer, keys: vec!["a".into()] };
    let passport = SecondaryId { key: "passport".into(), value: "1".into() };
    let table: [(Command, i32, &str); 8] = [
        (say(""), 413, "invalid-request"),
        (send(Channel::Rcs, "hello"), 405, "channel-unknown"),
        (with(media(), Channel::Sms), 406, "not-supported"),
        (send(Channel::Whatsapp, "hello"), 404, "window-closed"),
        (to(CustomerNumber::telco(" ")).into(), 411, "no-number"),
        (to(CustomerNumber::new(Provider::Unspecified, "1")).into(), 411, "no-number"),
        (reply("el_cst_0".into(), "el_msg_0").into(), 408, "no-customer"),
        (reply(jane_id, "el_msg_0").into(), 407, "reply-target"),
    ];
    for (command, status, code) in table {
        let outlook = story.outlook(command.clone());
        assert!(outlook.is_blocked(), "{command:?}");
        assert_eq!(outlook.receipt.as_ref().unwrap().code(), Some(status), "{command:?}");
        assert_eq!(outlook.findings[0].code, code, "{:?}", outlook.findings);
        assert_eq!(outlook.findings[0].level, Level::Block);
        let same = outlook.findings.iter().filter(|f| f.code == code && f.level == Level::Block);
        assert_eq!(same.count(), 1, "said once: {:?}", outlook.findings);
    }
    for nobody in [CustomerRef::Id("el_cst_0".into()), CustomerRef::Secondary(passport)] {
        assert_eq!(story.finds(tags_of(nobody)), ["block no-customer"]);
    }
}

#[test]
fn a_number_that_two_customers_have_is_ambiguous() {
    let mut story = given([hears(Channel::Sms, "hello")]);
    let number = jane().number;
    let telegram = CustomerNumber::new(Provider::Telegram, &number);
    story = story.when(CustomerCommand::Meet(CustomerRef::Number(telegram)));
    let either = CustomerNumber::new(Provider::Unspecified, &number);
    let customer = CustomerRef::Number(either);
    let keys = vec!["a".into()];
    let delete = CustomerCommand::DeleteTags { customer, keys };
    assert_eq!(story.finds(delete), ["block ambiguous-number"]);
}

#[test]
fn a_merged_away_id_is_decommissioned_and_not_unknown() {
    let mut story = given([meet()]);
    let gone = CustomerId::from("el_cst_gone");
    let jane = story.jane().id.clone();
    story.world.merged.insert(gone.as_str().as_bytes(), jane);
    let code = {
        let command =
            CustomerCommand::DeleteTags { customer: CustomerRef::Id(gone), keys: vec!["a".into()] };
        story.finds(command)
    };
    assert_eq!(code, ["block decommissioned"]);
}

#[test]
fn an_opt_out_blocks_and_an_open_request_warns() {
    let mut story = given([hears(Channel::Sms, "STOP")]).later(100);
    let outlook = story.outlook(say("still there?"));
    assert_eq!(outlook.findings[0].text, "opted out 110 s ago: only they can opt in again");
    assert_eq!(story.finds(say("still there?")), ["block no-consent"]);
    // They wrote within the last 24 h, so an answer may go (R-REPLYTO-1).
    let (customer, message) = (story.jane().id.clone(), story.last_message());
    let reply =
        CustomerCommand::ReplyToMessage { customer, message, body: Body::text("done"), seen: None };
    assert_eq!(story.finds(reply), ["note no-consent"]);

    let asked = Some(PendingOptIn { at: story.now, apps: Vec::new() });
    let mut story = given([hears(Channel::Sms, "hello")]).given_jane(|jane| {
        let (number, channel) = (super::jane(), line(Channel::Sms));
        jane.channels.push(ChannelState { number, channel, consent: None, session: None, asked });
    });
    assert_eq!(story.finds(say("hello")), ["warn consent-pending"]);
    let ask = CustomerCommand::RequestConsent {
        number: jane(),
        channel: line(Channel::Sms),
        action: ConsentAction::OptIn,
        reason: String::new(),
    };
    assert!(story.finds(ask.clone()).contains(&"warn consent-pending".to_owned()));
    let mut story = given([hears(Channel::Sms, "stop")]);
    assert_eq!(story.jane().channels[0].consent.unwrap().0, ConsentStatus::OptOutCompleted);
    assert!(story.finds(ask).contains(&"warn no-consent".to_owned()));
}

#[test]
fn a_session_says_how_long_it_is_open_and_a_late_answer_that_it_is_late() {
    let mut story = given([hears(Channel::Whatsapp, "hello")]).later(3600 - 10);
    let texts = |outlook: Outlook| outlook.findings.into_iter().map(|f| f.text);
    let open = story.outlook(send(Channel::Whatsapp, "welcome"));
    assert!(texts(open).any(|text| text == "session open, 23 h left"));
    let (customer, message) = (story.jane().id.clone(), story.last_message());
    let reply =
        CustomerCommand::ReplyToMessage { customer, message, body: Body::text("yes"), seen: None };
    let mut story = story.later(23 * 3600 + 60);
    let late = story.outlook(reply);
    let late = late.findings.iter().find(|f| f.code == "late-answer").expect("a finding");
    assert!(late.text.starts_with("answers a message of 24 h ago"), "{late:?}");
}

#[test]
fn values_are_told_as_json_and_what_they_replace_is_shown() {
    let data = |text: &str| CustomerCommand::UpdateMetadata {
        customer: to_jane(),
        values: vec![("plan".into(), DataValue::Text(text.into()))],
    };
    let mut story = given([Command::from(data("{\"a\":1}"))]);
    let texts = |outlook: Outlook| -> Vec<_> {
        outlook.findings.into_iter().map(|f| format!("{} {}", f.level.word(), f.text)).collect()
    };
    let found = texts(story.outlook(data("[1,2]")));
    assert_eq!(found, ["warn replaces {\"a\":1}", "ok JSON list, 2 items"]);
    let found = texts(story.outlook(data("{\"a\":")));
    assert!(found[0].starts_with("warn not JSON: EOF"), "{found:?}");
    assert!(texts(story.outlook(data("gold")))[1].starts_with("note plain text, not JSON"));
    let delete =
        |key: &str| CustomerCommand::DeleteMetadata { customer: to_jane(), keys: vec![key.into()] };
    assert_eq!(story.finds_all(delete("plan")), ["ok there"]);
    assert_eq!(story.finds_all(delete("cart")), ["warn missing"]);
}

#[test]
fn a_number_that_nobody_has_makes_a_new_customer_and_that_is_said() {
    let mut story = given([hears(Channel::Sms, "hello")]);
    let to_omar = CustomerCommand::SendMessage {
        to: omar(),
        from: line(Channel::Sms),
        body: Body::text("hello"),
        seen: None,
    };
    assert_eq!(story.finds(to_omar), ["note new-customer"]);
}

#[test]
fn a_guess_finds_what_follows_from_one_customer_and_decides_nothing() {
    let story = given([hears(Channel::Sms, "hello"), hears(Channel::Sms, "stop")]);
    let finds = |customer: Option<&Arc<CustomerState>>, command: Command| -> Vec<_> {
        let Command::Customer(command) = command else { panic!("not from outside") };
        let found = guess(customer, &command, &Caller::default(), story.now);
        found.iter().map(|f| format!("{} {}", f.level.word(), f.code)).collect()
    };
    let jane = story.jane();
    let known = Some(&jane);
    assert_eq!(finds(known, say("hello")), ["block no-consent", "ok number", "ok parts"]);
    assert_eq!(finds(None, say("hello")), ["ok parts"], "nothing is known, nothing is claimed");
    let to_omar = CustomerCommand::SendMessage {
        to: omar(),
        from: line(Channel::Sms),
        body: Body::text("hello"),
        seen: None,
    };
    assert_eq!(finds(known, to_omar.into()), ["warn new-customer", "ok parts"]);
    let everyone = CustomerCommand::SendMessageByTag {
        tag: TagPair { key: "tier".into(), value: "gold".into() },
        message: TagMessage::new(line(Channel::Sms), Body::text("hello")),
    };
    assert_eq!(finds(known, everyone.into()), ["ok parts"], "who has a tag is not known");
    let pay = CustomerCommand::InitiatePayment {
        debit: PaymentParty::Purse("main".into()),
        credit: PaymentParty::Purse("other".into()),
        value: kes(100),
    };
    assert_eq!(finds(known, pay.into()), [""; 0], "nor is a purse");
}

#[test]
fn a_closed_window_says_since_when() {
    let mut story = given([hears(Channel::Whatsapp, "hello")]).later(26 * 3600 - 10);
    let outlook = story.outlook(send(Channel::Whatsapp, "late"));
    assert_eq!(outlook.findings[0].text, "closed 2 h ago: pick a template");
    let template = Template { name: "greeting".into(), params: vec!["Jane".into(), " ".into()] };
    let body = Body { text: Some("hi".into()), template: Some(template), ..Body::default() };
    let found = story.finds(with(body, Channel::Whatsapp));
    assert_eq!(found, ["warn template-params", "note template-params"]);
}

#[test]
fn words_that_are_not_filled_in_block() {
    let mut story = given([hears(Channel::Sms, "hello")]);
    let outlook = story.outlook(say("Dear {{ name }}, you owe {{sum}}"));
    assert_eq!(outlook.findings[0].code, "unresolved-variable");
    assert_eq!(outlook.findings[0].text, "{{name}} has no value: fill it in");
    assert_eq!(story.finds(say("a {{ b")), [""; 0]);
}

#[test]
fn characters_that_double_the_price_are_named() {
    let mut story = given([hears(Channel::Sms, "hello")]);
    let long = |n: usize, with: &str| format!("{}{with}", "a".repeat(n));
    assert_eq!(story.finds(say(&long(160, ""))), [""; 0]);
    assert_eq!(story.finds(say(&long(161, ""))), ["note too-long"]);
    assert_eq!(story.finds(say(&long(700, ""))), ["warn too-long"]);
    assert_eq!(story.finds(say(&long(100, "ж"))), ["note unicode-flip", "note too-long"]);
    let flip = story.outlook(say(&long(159, "\u{2019}")));
    assert_eq!(
        flip.findings[0].text,
        "3 parts because of \u{2019} at 160: 1 without such characters"
    );
    // Only short messages are counted in parts.
    assert_eq!(story.finds(send(Channel::Telegram, &long(700, "")))[..], ["block not-supported"]);
}

#[test]
fn haste_is_noticed() {
    let mut story = given([hears(Channel::Sms, "hello"), say("hello Jane")]);
    assert_eq!(story.finds(say("hello Jane")), ["warn duplicate-recent"]);
    assert_eq!(story.finds(say("and welcome")), [""; 0], "one's own message is no collision");
    let message = story.jane().messages[0].id.clone();
    let customer = story.jane().id.clone();
    let reply =
        CustomerCommand::ReplyToMessage { customer, message, body: Body::text("yes?"), seen: None };
    assert_eq!(story.finds(reply.clone()), ["warn conflict"], "answered 10 s ago");
    let mut story = story.later(120);
    assert_eq!(story.finds(reply), [""; 0]);
    let mut other = given([hears(Channel::Sms, "hello"), say("hello Jane")])
        .by(Some("first"), Actor::Key("brian".into()));
    assert_eq!(other.finds(say("may I help?")), ["warn conflict"]);
}

#[test]
fn the_same_message_is_the_same_as_a_whole() {
    let image = |name: &str| {
        let url = format!("https://a.example/{name}.png");
        let media = vec![Media { url, kind: MediaKind::Image }];
        with(Body { media, ..Body::default() }, Channel::Whatsapp)
    };
    let mut story = given([hears(Channel::Whatsapp, "show me"), image("first")]);
    assert_eq!(story.finds(image("second")), [""; 0], "another image");
    assert_eq!(story.finds(image("first")), ["warn duplicate-recent"]);
}

#[test]
fn the_hour_is_that_of_the_number() {
    // The story begins at 13:46:40 UTC, 16:46:40 in Nairobi.
    let mut story = given([meet()]);
    assert_eq!(story.finds(say("good afternoon")), [""; 0]);
    let mut story = story.later(4 * 3600);
    let outlook = story.outlook(say("good evening"));
    assert_eq!(outlook.findings[0].code, "quiet-hours");
    assert!(outlook.findings[0].text.starts_with("20:46 there: quiet"), "{:?}", outlook.findings);
    let call = |to| CustomerCommand::MakeCall { to, from: line(Channel::Voice) };
    assert!(story.finds(call(jane())).contains(&"warn quiet-hours".to_owned()));
    let abroad = call(CustomerNumber::telco("+15550100"));
    assert!(story.finds(abroad).contains(&"warn zone-unknown".to_owned()));
}

#[test]
fn who_just_wrote_is_awake() {
    let mut story = given([meet()]).later(5 * 3600).when(hears(Channel::Sms, "are you open?"));
    let (customer, message) = (story.jane().id.clone(), story.last_message());
    let reply =
        CustomerCommand::ReplyToMessage { customer, message, body: Body::text("yes"), seen: None };
    assert_eq!(story.finds(reply), [""; 0]);
}

#[test]
fn dates_that_are_over_and_changes_that_change_nothing_are_said() {
    let mut story = given([meet()]);
    let yesterday = story.now.before(Duration::from_hours(24));
    assert_eq!(story.finds(tag("level", "gold", Some(yesterday))), ["warn expired-date"]);
    assert_eq!(story.finds(tag("level", "gold", None)), [""; 0]);
    let keys = vec!["level".into()];
    let delete = CustomerCommand::DeleteTags { customer: to_jane(), keys };
    let missing = &story.outlook(delete.clone()).findings[0];
    assert_eq!(missing.text, "no tag level on this customer");
    assert_eq!(story.finds(delete.clone()), ["warn missing"], "said once");
    let cancel = CustomerCommand::CancelReminderByTag {
        tag: TagPair { key: "tier".into(), value: "gold".into() },
        key: "rent".into(),
    };
    assert_eq!(story.finds(cancel), ["note nothing-to-do"]);
    let mut story = story.when(tag("level", "gold", None));
    assert_eq!(story.finds(tag("level", "gold", None)), [""; 0]);
    assert_eq!(story.outlook(tag("level", "tin", None)).findings[0].text, "replaces level=gold");
    assert_eq!(story.finds_all(delete), ["ok there"]);
}

fn cart(holder: &str, now: Timestamp) -> Lease {
    Lease {
        key: "cart".into(),
        number: 1,
        holder: Actor::Key(holder.into()),
        app: Some("loyal".into()),
        granted_at: now,
        expires_at: now.after(Duration::from_secs(41)),
    }
}

#[test]
fn d_lease_writing_over_a_lease_says_who_holds_it_and_for_how_long() {
    let story = given([meet()]);
    let now = story.now;
    let mut story = story.given_jane(|jane| jane.leases.push(cart("shop till", now)));
    let write = |key: &str| CustomerCommand::UpdateMetadata {
        customer: to_jane(),
        values: vec![(key.to_owned(), DataValue::Text("2".into()))],
    };
    let outlook = story.outlook(write("cart"));
    assert_eq!(
        outlook.findings[0].text,
        "cart is held by shop till for app loyal, 41 s left: this would go over it"
    );
    assert_eq!(story.finds(write("survey")), [""; 0]);
    let mut own = given([meet()]).given_jane(|jane| jane.leases.push(cart("wanjiku", now)));
    assert_eq!(own.finds(write("cart")), [""; 0], "one's own lease is no obstacle");
    let mut over = story.later(41);
    assert_eq!(over.finds(write("cart")), [""; 0]);
}

#[test]
fn d_state_money_a_payment_whose_twin_is_under_way_blocks() {
    let purse = PaymentParty::Purse("main".into());
    let jane_pays = PaymentParty::Customer { number: jane(), channel: line(Channel::Payment) };
    let twin = |status| Payment {
        id: "el_txn_1".into(),
        app: None,
        debit: jane_pays.clone(),
        credit: Some(purse.clone()),
        value: kes(1_000),
        status,
        created_at: Timestamp::from_secs(1_000_000),
        updated_at: Timestamp::from_secs(1_000_000),
    };
    let pay = |minor| CustomerCommand::InitiatePayment {
        debit: jane_pays.clone(),
        credit: purse.clone(),
        value: kes(minor),
    };
    let pending = twin(PaymentStatus::PendingConfirmation);
    let mut story = given([meet()]).given_jane(|jane| jane.payments.push(pending));
    let outlook = story.outlook(pay(1_000));
    assert!(outlook.is_blocked());
    assert!(outlook.findings.iter().any(|f| f.code == "outcome-unknown"), "{outlook:?}");
    assert!(!story.finds(pay(2_000)).contains(&"block outcome-unknown".to_owned()));
    let paid = twin(PaymentStatus::Success);
    let mut story = given([meet()]).given_jane(|jane| jane.payments.push(paid));
    assert!(story.finds(pay(1_000)).contains(&"warn duplicate-recent".to_owned()));
}

#[test]
fn r_tagwork_5_an_audience_counts_who_is_reached_and_why_others_are_not() {
    let telegram = CustomerNumber::new(Provider::Telegram, "omar");
    let gold = |customer| CustomerCommand::UpdateTags {
        customer,
        tags: vec![Tag { key: "tier".into(), value: "gold".into(), ..Tag::default() }],
    };
    let to = |number: CustomerNumber| gold(CustomerRef::Number(number));
    let mut story = given([
        hears(Channel::Sms, "stop"),
        to(jane()).into(),
        to(omar()).into(),
        Command::from(to(telegram)),
        tag("tier", "silver", None),
        to(jane()).into(),
    ]);
    let pair = TagPair { key: "tier".into(), value: "gold".into() };
    let on = line(Channel::Sms);
    let counted = story.world.audience(&pair, Some(&on), &story.settings, story.now);
    assert_eq!((counted.matching, counted.reached), (3, 1));
    assert_eq!(Vec::from_iter(counted.skipped), [(401, 1), (411, 1)]);
    assert_eq!(counted.sample[0].numbers, [omar()]);
    let all = story.world.audience(&pair, None, &story.settings, story.now);
    assert_eq!(all.reached, 3);
    let none = TagPair { key: "tier".into(), value: "bronze".into() };
    let spread = |tag: TagPair| CustomerCommand::SendMessageByTag {
        tag,
        message: TagMessage::new(line(Channel::Sms), Body::text("hello")),
    };
    let outlook = story.outlook(spread(none));
    let nobody = outlook.findings.iter().find(|f| f.code == "nobody").expect("a finding");
    assert_eq!(nobody.text, "nobody would get it: no one has tier=bronze now");
    let outlook = story.outlook(spread(pair));
    let skipped = outlook.findings.iter().find(|f| f.code == "skipped").expect("a finding");
    assert!(skipped.text.starts_with("1 of 3 would get it; not: 1 no consent"), "{skipped:?}");
}

#[test]
fn a_reminder_that_is_late_hasty_or_a_second_one_is_said() {
    let reminder = |at: u64, every: u64| Reminder {
        app: "shop".into(),
        key: "rent".into(),
        remind_at: Timestamp::from_secs(i64::try_from(at).unwrap()),
        interval: Some(Duration::from_secs(every)),
        payload: String::new(),
    };
    let add = |reminder| CustomerCommand::AddReminder { customer: to_jane(), reminder };
    let mut story = given([meet()]);
    assert!(story.finds(add(reminder(999_000, 5))).contains(&"warn expired-date".into()));
    assert!(story.finds(add(reminder(2_000_000, 5))).contains(&"warn too-often".into()));
    let mut story = story.given_jane(|jane| jane.reminders.push(reminder(2_000_000, 600)));
    assert!(story.finds(add(reminder(3_000_000, 600))).contains(&"note replaces".into()));
}
