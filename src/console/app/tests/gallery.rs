//! The gallery: every form, every sheet that has more to say than its fields, every tab, every list
//! and everything that lies on top, as a whole screen at the two sizes that are promised. What
//! moves, is cut or is lost by a change shows in its picture; nothing is asserted but the pictures
//! and that the table of forms has no hole.

use super::desk::{Desk, customer_id, everything, number};
use crate::{
    catalog,
    console::{
        actions::Action,
        keymap::Keymap,
        msg::{Effect, List, Listing, Msg},
        pane::{
            form::review::tests::{audience, balances, merge},
            lists::tests::work,
        },
    },
    model::{
        Actor, Caller, Channel, ClientError, EventKind, Finding, Lease, Level, ListedLease,
        ListedReminder, MessageReceipt, MessageStatus, Outlook, PurseBalance, Receipt, Reminder,
        WorkState,
    },
    rules,
};
use std::{fmt::Write as _, time::Duration};

const SIZES: [(u16, u16); 2] = [(120, 40), (80, 24)];

/// A desk whose first customer has something of everything, and is looked at.
fn desk(width: u16, height: u16) -> Desk {
    let mut desk = Desk::open(width, height);
    let now = desk.now.after(Duration::from_millis(600));
    desk.answer_with(0, |customer| everything(customer, now));
    desk.press("2");
    desk
}

/// Keys by name; a step that begins with `=` is typed.
fn go(desk: &mut Desk, steps: &[&str]) -> Vec<Effect> {
    let step = |step: &&str| match step.strip_prefix('=') {
        Some(text) => desk.types(text),
        None => desk.press(step),
    };
    steps.iter().flat_map(step).collect()
}

/// The same story at both sizes, as one picture.
fn picture(name: &str, story: impl Fn(&mut Desk)) {
    let mut whole = String::new();
    for (width, height) in SIZES {
        let mut desk = desk(width, height);
        story(&mut desk);
        let screen = desk.screen();
        writeln!(whole, "{width}x{height}\n{screen}\n").expect("a string takes everything");
    }
    insta::with_settings!({ omit_expression => true, prepend_module_to_snapshot => false }, {
        insta::assert_snapshot!(name, whole);
    });
}

/// Reviews what is filled in; the hub answers with an outlook; the sheet can be used.
fn review(desk: &mut Desk, steps: &[&str], outlook: Outlook) {
    let effects = go(desk, steps);
    let asked = effects.iter().find_map(|effect| match effect {
        Effect::DryRun { token, .. } => Some(token.clone()),
        _ => None,
    });
    let token = asked.unwrap_or_else(|| panic!("no sheet:\n{}", desk.screen()));
    says_all_once(desk);
    desk.send(Msg::Outlook { token, result: Ok(Box::new(outlook)) });
    desk.after(Duration::from_secs(1));
    says_all_once(desk);
}

/// A form of the table with what is typed into it.
struct Shown {
    name: &'static str,
    spec: &'static str,
    steps: &'static [&'static str],
}

const fn form(name: &'static str, spec: &'static str, steps: &'static [&'static str]) -> Shown {
    Shown { name, spec, steps }
}

/// Every form, each with its longest hint or with what it says about bad input.
const FORMS: &[Shown] = &[
    form("message_text", "message", &["m", "=Order 8841 iko njiani, itafika leo saa 11."]),
    form(
        "message_template",
        "message",
        &[
            "m",
            "backtab backtab right",
            "tab tab",
            "=Habari {{1}}",
            "tab",
            "=order_eta",
            "tab",
            "=8841",
        ],
    ),
    form(
        "message_media",
        "message",
        &["m", "backtab backtab right right", "tab tab", "=example.org/menu.pdf", "tab"],
    ),
    form(
        "message_location",
        "message",
        &["m", "backtab backtab right right right", "tab tab", "=-1.2921, 200", "tab"],
    ),
    form("message_empty", "message", &["m", "ctrl-s"]),
    form("reply", "reply", &["l", "r", "=Order 8841 iko njiani"]),
    form("consent", "consent", &["a c", "=asked for it on the phone", "tab right"]),
    form("tag", "tag", &["a t", "=vip=yes, lang=sw", "tab", "=yesterday", "ctrl-s"]),
    form("set_data", "data", &["a d", "=plan", "tab", "={\"a\":1"]),
    form("lease", "lease", &["a l", "=survey"]),
    form("add_id", "ids", &["a i", "=crm", "ctrl-s"]),
    form("remind", "remind", &["a b", "=renewal", "tab", "=tomorrow 09:00", "tab", "=1d"]),
    form("remind_empty", "remind", &["a b", "ctrl-s"]),
    form("answer_ussd", "menu", &["l l", "r", "=Karibu"]),
    form("answer_call", "plan", &["l l l", "r", "tab"]),
    form("pay", "pay", &["$", "=KES 1,500", "tab", "=customer", "tab", "=purse:main"]),
    form("pay_wrong", "pay", &["$", "=NaN", "tab", "=purse", "tab", "=x", "ctrl-s"]),
    form("message_by_tag", "message-tag", &["b m", "=tier=vip", "tab", "=Tuna ofa mpya"]),
    form("remind_by_tag", "remind-tag", &["b r", "=tier", "ctrl-s"]),
];

#[test]
fn every_form() {
    for shown in FORMS {
        picture(shown.name, |desk| {
            go(desk, shown.steps);
            let form = desk.app.form().map(|form| form.spec().id);
            assert_eq!(form, Some(shown.spec), "{}:\n{}", shown.name, desk.screen());
        });
    }
}

/// What has no story above is shown as its key opens it.
#[test]
fn the_gallery_has_every_form_of_the_catalog() {
    let keymap = Keymap::default();
    for spec in catalog::ALL {
        // Steering a work has no fields: its sheet is in `every_sheet`.
        if spec.id == "work" || FORMS.iter().any(|shown| shown.spec == spec.id) {
            continue;
        }
        let row = Action::Command(spec).row();
        picture(&row.id.replace('-', "_"), |desk| {
            desk.press(&keymap.keys(row.action)[0].to_string());
            let form = desk.app.form().map(|form| form.spec().id);
            assert_eq!(form, Some(spec.id), "{}:\n{}", row.id, desk.screen());
        });
    }
}

/// What the hub says of a message by whatsapp to somebody who opted out.
fn refused() -> Outlook {
    let finding =
        |level, code: &str, text: &str| Finding { level, code: code.into(), text: text.into() };
    let receipt = Receipt::Message(MessageReceipt {
        status: MessageStatus::NoConsent,
        description: "no consent: the customer opted out".into(),
        message: None,
        customer: Some(customer_id(0)),
    });
    let findings = vec![
        finding(Level::Block, "no-consent", "opted out 12 d ago: only they can opt in again"),
        finding(
            Level::Block,
            "window-closed",
            "no window is open: pick a template, or wait until they write",
        ),
        finding(Level::Good, "number", "the number is that of …0000"),
    ];
    Outlook { findings, receipt: Some(receipt), ..Outlook::default() }
}

/// Fails if a sheet says one thing twice, or a guess beside what the hub said.
fn says_all_once(desk: &mut Desk) {
    let screen = desk.screen();
    let form = desk.app.form().expect("a form");
    let sheet = form.sheet().expect("a sheet");
    let mut codes: Vec<_> = sheet.dry_run.findings().iter().map(|f| &f.code).collect();
    for code in &codes {
        assert!(screen.matches(&format!("({code})")).count() <= 1, "{code} twice:\n{screen}");
    }
    codes.sort();
    assert!(codes.windows(2).all(|pair| pair[0] != pair[1]), "one is there twice: {codes:?}");
    if sheet.dry_run.outlook().is_none() {
        return;
    }
    let known = form.known().map(|(view, _)| &view.customer);
    for guess in rules::guess(known, &sheet.command, &Caller::default(), desk.now) {
        let words = guess.text.split_whitespace().take(3).collect::<Vec<_>>().join(" ");
        let said = sheet.dry_run.findings().iter().any(|f| f.text.contains(&words));
        assert!(said || !screen.contains(&words), "guessed: {guess:?}\n{screen}");
    }
}

const BY_TAG: &[&str] = &["b m", "=tier=vip", "tab", "=Tuna ofa mpya", "ctrl-s"];
const PAYMENT: &[&str] =
    &["$", "=KES 1,500", "tab", "=purse:main", "tab", "=wallet:loyalty", "ctrl-s"];

#[test]
fn every_sheet() {
    picture("sheet_message_refused", |desk| {
        review(desk, &["m", "=Order 8841\n\niko njiani", "ctrl-s"], refused());
    });
    picture("sheet_adopt", |desk| {
        let other = format!("={}", customer_id(1).as_str());
        review(desk, &["a g", other.as_str(), "ctrl-s"], merge());
    });
    picture("sheet_adopt_a_number_nobody_has", |desk| {
        let mut outlook = merge();
        if let Some(merge) = &mut outlook.merge {
            merge.other = "".into();
            merge.rows.truncate(1);
        }
        review(desk, &["a g", "=+254799000000", "ctrl-s"], outlook);
    });
    picture("sheet_message_by_tag", |desk| review(desk, BY_TAG, audience(1_198)));
    picture("sheet_message_by_tag_wrong_count", |desk| {
        review(desk, BY_TAG, audience(1_198));
        desk.types("1199");
    });
    picture("sheet_pay", |desk| review(desk, PAYMENT, balances()));
    picture("sheet_pay_confirmed", |desk| {
        review(desk, PAYMENT, balances());
        desk.types("1500");
    });
    picture("sheet_consent", |desk| {
        let steps = ["a c", "=said so on the phone", "tab right", "ctrl-s"];
        review(desk, &steps, Outlook::default());
    });
    picture("sheet_answer_ussd", |desk| {
        review(desk, &["l l", "r", "=Karibu", "ctrl-s"], Outlook::default());
    });
    picture("sheet_cancel_work", |desk| {
        desk.press("w");
        desk.send(listed(List::Works));
        review(desk, &["c"], Outlook::default());
    });
}

#[test]
fn every_tab() {
    for (i, name) in ["identity", "messaging", "ussd", "voice", "payments"].iter().enumerate() {
        picture(&format!("tab_{name}"), |desk| {
            for _ in 0..i {
                desk.press("l");
            }
            desk.send(listed(List::Purses));
        });
    }
}

fn listed(list: List) -> Msg {
    let at = super::desk::START;
    let (customer, name) = (customer_id(2), "Jane W.".to_owned());
    let listing = match list {
        List::Works => {
            let mut running = work(1, WorkState::Running, 1_204, 600);
            running.skipped = [(401, 3), (411, 1)].into();
            let rows = [running, work(3, WorkState::Cancelled, 80, 20)];
            Listing::Works(rows.map(|work| (work, Vec::new())).into())
        }
        List::Reminders => {
            let reminder = Reminder {
                app: "loyal".into(),
                key: "renewal".into(),
                remind_at: at.after(Duration::from_mins(35)),
                interval: Some(Duration::from_hours(24)),
                payload: "{\"plan\":\"gold\"}".into(),
            };
            let next = vec![reminder.remind_at, reminder.remind_at.after(Duration::from_hours(24))];
            Listing::Reminders(vec![ListedReminder { customer, name, reminder, next }], 1_200)
        }
        List::Leases => {
            let lease = Lease {
                key: "survey".into(),
                number: 3,
                holder: Actor::Key("agent-1".into()),
                app: Some("loyal".into()),
                granted_at: at,
                expires_at: at.after(Duration::from_secs(126)),
            };
            Listing::Leases(vec![ListedLease { customer, name, lease, waiting: 2 }])
        }
        List::Purses => {
            let (available, actual) = (super::desk::kes(900_000), super::desk::kes(950_000));
            let id = "main".to_owned();
            Listing::Purses(vec![PurseBalance { id, available, actual, pending: 2 }])
        }
    };
    Msg::Listed { list, result: Ok(listing) }
}

#[test]
fn every_list() {
    for (name, keys, list) in [
        ("list_works", "g w", List::Works),
        ("list_reminders", "g b", List::Reminders),
        ("list_leases", "g k", List::Leases),
        ("list_purses", "g p", List::Purses),
    ] {
        picture(name, |desk| {
            desk.press(keys);
            desk.send(listed(list));
        });
    }
}

#[test]
fn what_lies_on_top_and_what_has_to_be_seen() {
    picture("help", |desk| drop(desk.press("?")));
    picture("palette", |desk| drop(go(desk, &[":", "=pay"])));
    for leader in ["a", "b", "g"] {
        picture(&format!("menu_{leader}"), |desk| {
            desk.press(leader);
            desk.after(Duration::from_secs(1));
        });
    }
    picture("filter", |desk| drop(go(desk, &["1", "/", "=refund"])));
    picture("held_and_leaving", |desk| {
        review(desk, &["m", "=Asante", "ctrl-s"], Outlook::default());
        go(desk, &["s", "ctrl-c", "ctrl-c"]);
    });
    picture("offline", |desk| {
        desk.down(Some(Duration::from_secs(9)), ClientError::Unavailable("busy".into()));
        desk.after(Duration::from_secs(2));
    });
    picture("notice_in_the_feed", |desk| {
        desk.press("1");
        desk.send(Msg::Failed(
            "a report that is much longer than one row of the screen ".repeat(3),
        ));
        desk.happens(1, Channel::Sms, EventKind::CustomerMet);
    });
    picture("notice_in_a_form", |desk| {
        desk.press("m");
        desk.send(Msg::Failed("something broke while this was written".into()));
        assert!(desk.app.target(false).is_some_and(|t| t.numbers == [number(0)]), "H2");
    });
}
