//! The gallery: a picture of every form, of every sheet that says more than its fields, of every tab,
//! every list and everything that lies on top, at the two sizes that are promised.
//!
//! A picture is cut to the panes it is about. So a new column in the feed changes the few pictures that
//! show the feed, and whoever reads a changed picture sees nothing but its subject. How the panes lie
//! beside each other is the subject of the few whole screens in [`WHOLE`].
//!
//! Nothing is asserted but the pictures, that no sheet says a thing twice, and that every form of the
//! catalog has a picture.

use super::desk::{Desk, customer_id, everything, number};
use crate::{
    catalog,
    console::{
        actions::Action,
        keymap::Keymap,
        layout::Pane,
        msg::{Effect, List, Msg},
        pane::form::review::tests::{audience, balances, merge},
    },
    model::{
        Caller, ClientError, FeedEvent, Finding, GapReason, Hello, Level, MessageReceipt,
        MessageStatus, Outage, Outlook, Receipt, Seq,
    },
    rules,
};
use cut::{Cut, condensed};
use std::time::Duration;

mod cut;
mod listing;

pub use listing::{carriers, listed, unknown, waiting};

/// Columns and rows of a screen.
type Size = (u16, u16);
const TINY: Size = (40, 12);
const SMALL: Size = (80, 24);
const MIDDLE: Size = (120, 40);
const LARGE: Size = (200, 60);

/// The pictures that show the whole screen at one of their sizes.
const WHOLE: [(&str, Size); 16] = [
    ("first", TINY),
    ("first", SMALL),
    ("first", MIDDLE),
    ("first", LARGE),
    ("too_small", (39, 11)),
    ("live_only", SMALL),
    ("not_let_in", SMALL),
    ("cannot_write", SMALL),
    ("cannot_write", TINY),
    ("offline", MIDDLE),
    ("reply", SMALL),
    ("sheet_message_refused", SMALL),
    ("sheet_adopt", MIDDLE),
    ("held_and_leaving", SMALL),
    ("help", SMALL),
    ("palette", SMALL),
];

pub(super) const FORM: &[Cut] = &[Cut::Whole(Pane::Form)];

/// A desk whose first customer has something of everything, and is looked at.
fn desk((width, height): Size) -> Desk {
    let mut desk = Desk::open(width, height);
    let now = desk.now.after(Duration::from_millis(600));
    desk.answer_with(0, |customer| everything(customer, now));
    desk.press("2");
    desk.answer_timeline();
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

/// The same story at both sizes that are promised, cut to what it is about.
pub(super) fn picture(name: &str, cuts: &[Cut], story: impl Fn(&mut Desk)) {
    pictures(name, &[MIDDLE, SMALL], cuts, |size| {
        let mut desk = desk(size);
        story(&mut desk);
        desk
    });
}

/// One snapshot with a picture for each size. Sizes whose pictures are equal share one.
fn pictures(name: &str, sizes: &[Size], cuts: &[Cut], open: impl Fn(Size) -> Desk) {
    let mut drawn: Vec<(String, String)> = Vec::new();
    for &size in sizes {
        let mut desk = open(size);
        let (title, rows) = if WHOLE.contains(&(name, size)) {
            (format!("{}x{}, the whole screen", size.0, size.1), condensed(&desk.screen()))
        } else {
            let cut = |cut: &Cut| {
                let area = cut.area(&mut desk);
                condensed(&desk.crop(area))
            };
            (format!("{}x{}", size.0, size.1), cuts.iter().map(cut).collect())
        };
        match drawn.iter_mut().find(|(_, equal)| *equal == rows) {
            Some((titles, _)) => *titles = format!("{titles} and {title}"),
            None => drawn.push((title, rows)),
        }
    }
    let text = |(title, rows): &(String, String)| format!("== {title}\n{rows}");
    let text = drawn.iter().map(text).collect::<String>();
    insta::with_settings!({ omit_expression => true, prepend_module_to_snapshot => false }, {
        insta::assert_snapshot!(name, text);
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
    form("tag", "tag", &["a t", "=vip=yes, lang=sw", "tab", "=soon", "ctrl-s"]),
    form("set_data", "data", &["a d", "=plan", "tab", "={\"a\":1"]),
    form("lease", "lease", &["a l", "=survey"]),
    form("add_id", "ids", &["a i", "=crm", "ctrl-s"]),
    form("remind", "remind", &["a b", "=renewal", "tab", "=tomorrow 9", "tab", "=1d"]),
    form("remind_empty", "remind", &["a b", "ctrl-s"]),
    form("answer_ussd", "menu", &["l l l", "r", "=Karibu"]),
    form("answer_call", "plan", &["a P", "tab"]),
    form("request", "request", &["a q", "=KES 1,500"]),
    form("pay", "pay", &["$", "=KES 1,500", "tab", "=customer", "tab", "=purse:main"]),
    form("pay_wrong", "pay", &["$", "=NaN", "tab", "=purse", "tab", "=x", "ctrl-s"]),
    form("message_by_tag", "message-tag", &["b m", "=tier=vip", "tab", "=Tuna ofa mpya"]),
    form("remind_by_tag", "remind-tag", &["b r", "=tier", "ctrl-s"]),
];

#[test]
fn every_form() {
    for shown in FORMS {
        picture(shown.name, FORM, |desk| {
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
        // Steering a work or a network has no fields: its sheet is in `every_sheet`.
        if spec.is_steering() || FORMS.iter().any(|shown| shown.spec == spec.id) {
            continue;
        }
        let row = Action::Command(spec).row();
        picture(&row.id.replace('-', "_"), FORM, |desk| {
            if spec.needs == catalog::Needs::Scheduled {
                desk.press("g m");
                desk.send(listed(List::Scheduled));
            }
            if spec.needs == catalog::Needs::Unknown {
                desk.press("g o");
                desk.send(listed(List::Unknown));
            }
            desk.press(&keymap.keys(row.action)[0].to_string().replace("Ctrl-", "ctrl-"));
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
        conflict: None,
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
    // What is typed changes nothing but the last row of a sheet.
    let keys = &[Cut::Foot(Pane::Form), Cut::Hints];
    picture("sheet_message_refused", FORM, |desk| {
        review(desk, &["m", "=Order 8841\n\niko njiani", "ctrl-s"], refused());
    });
    picture("sheet_adopt", FORM, |desk| {
        let other = format!("={}", customer_id(1).as_str());
        review(desk, &["a g", other.as_str(), "ctrl-s"], merge());
    });
    picture("sheet_adopt_a_number_nobody_has", FORM, |desk| {
        let mut outlook = merge();
        if let Some(merge) = &mut outlook.merge {
            merge.other = "".into();
            merge.rows.truncate(1);
        }
        review(desk, &["a g", "=+254799000000", "ctrl-s"], outlook);
    });
    picture("sheet_message_by_tag", FORM, |desk| review(desk, BY_TAG, audience(1_198)));
    picture("sheet_message_by_tag_wrong_count", keys, |desk| {
        review(desk, BY_TAG, audience(1_198));
        desk.types("1199");
    });
    picture("sheet_pay", FORM, |desk| review(desk, PAYMENT, balances()));
    picture("sheet_pay_confirmed", keys, |desk| {
        review(desk, PAYMENT, balances());
        desk.types("1500");
    });
    picture("sheet_consent", FORM, |desk| {
        let steps = ["a c", "=said so on the phone", "tab right", "ctrl-s"];
        review(desk, &steps, Outlook::default());
    });
    picture("sheet_answer_ussd", FORM, |desk| {
        review(desk, &["l l l", "r", "=Karibu", "f5"], Outlook::default());
    });
    picture("sheet_pause_network", FORM, |desk| {
        desk.press("g n");
        desk.send(listed(List::Carriers));
        review(desk, &["p"], Outlook::default());
    });
    picture("sheet_cancel_work", FORM, |desk| {
        desk.press("w");
        desk.send(listed(List::Works));
        review(desk, &["c"], Outlook::default());
    });
}

#[test]
fn every_tab() {
    for (i, name) in ["timeline", "profile", "money", "live"].iter().enumerate() {
        picture(&format!("tab_{name}"), &[Cut::Whole(Pane::Inspector), Cut::Hints], |desk| {
            for _ in 0..i {
                desk.press("l");
            }
            desk.send(listed(List::Purses));
        });
    }
}

#[test]
fn every_list() {
    for (name, keys, list) in [
        ("list_waiting", "g q", List::Waiting),
        ("list_works", "w", List::Works),
        ("list_scheduled", "g m", List::Scheduled),
        ("list_reminders", "g b", List::Reminders),
        ("list_leases", "g k", List::Leases),
        ("list_purses", "g p", List::Purses),
        ("list_networks", "g n", List::Carriers),
        ("list_unknown", "g o", List::Unknown),
    ] {
        picture(name, &[Cut::Whole(Pane::Lists), Cut::Hints], |desk| {
            desk.press(keys);
            desk.send(listed(list));
        });
    }
}

#[test]
fn what_lies_on_top_and_what_has_to_be_seen() {
    let on_top = &[Cut::OnTop];
    picture("help", on_top, |desk| drop(desk.press("?")));
    picture("palette", on_top, |desk| drop(go(desk, &[":", "=pay"])));
    for leader in ["a", "b", "g"] {
        picture(&format!("menu_{leader}"), on_top, |desk| {
            desk.press(leader);
            desk.after(Duration::from_secs(1));
            let (menu, hints) = (Cut::OnTop.area(desk), Cut::Hints.area(desk));
            assert_eq!((menu.x, menu.bottom()), (hints.x, hints.y), "{}", desk.screen());
        });
    }
    picture("filter", &[Cut::Whole(Pane::Feed), Cut::Hints], |desk| {
        go(desk, &["1", "/", "=refund"]);
    });
    let leaving = &[Cut::Status, Cut::OnTop, Cut::Whole(Pane::Activity), Cut::Held, Cut::Hints];
    picture("held_and_leaving", leaving, |desk| {
        review(desk, &["m", "=Asante", "ctrl-s"], Outlook::default());
        go(desk, &["s", "ctrl-c", "ctrl-c"]);
    });
    picture("offline", &[Cut::Status, Cut::Head(Pane::Inspector), Cut::Hints], |desk| {
        desk.down(Some(Duration::from_secs(9)), ClientError::Unavailable("busy".into()));
        desk.after(Duration::from_secs(2));
    });
    let toast = &[Cut::Around("what just came"), Cut::Around("of the screen")];
    picture("toast_in_the_feed", toast, |desk| {
        desk.press("1");
        desk.send(Msg::Failed(
            "a report that is much longer than one row of the screen ".repeat(3),
        ));
        desk.says(1, "what just came");
    });
    picture("toast_in_a_form", &[Cut::Around("fault:"), Cut::Whole(Pane::Form)], |desk| {
        desk.press("m");
        desk.send(Msg::Failed("something broke while this was written".into()));
        let to = desk.app.target(false).map(|target| target.numbers);
        assert_eq!(to, Some(vec![number(0)]), "R-CONSOLE-2: the customer is fixed");
    });
}

#[test]
fn the_screen_as_a_whole() {
    pictures("first", &[TINY, SMALL, MIDDLE, LARGE], &[], |size| {
        let mut desk = desk(size);
        desk.press("1");
        desk
    });
    pictures("too_small", &[(39, 11)], &[], desk);
    pictures("live_only", &[SMALL], &[], |(width, height)| {
        let mut desk = Desk::new(width, height);
        desk.send(Msg::Feed(FeedEvent::up(Hello::live_only(Seq(0)))));
        desk.says(0, "nataka refund");
        desk.down(Some(Duration::from_secs(9)), ClientError::Unavailable("restarting".into()));
        desk.send(Msg::Feed(FeedEvent::up(Hello::live_only(Seq(1)))));
        let reason = GapReason::LiveOnly;
        desk.send(Msg::Feed(FeedEvent::Gap { after: Seq(1), next: Seq(2), reason }));
        desk.says(1, "habari");
        desk.after(Duration::from_secs(1));
        desk.answer_inspection();
        desk
    });
    pictures("cannot_write", &[TINY, SMALL], &[], |size| {
        let mut desk = desk(size);
        desk.press("1");
        let why = "the disk is full".into();
        let outage = Outage { since: desk.now, why, refused: 27 };
        let cannot_write = Some(outage);
        desk.after(Duration::from_mins(3));
        let head = desk.app.connection().head();
        desk.send(Msg::Feed(FeedEvent::Bookmark {
            seq: head,
            head,
            cannot_write,
            waiting: None,
            down: Vec::new(),
        }));
        desk
    });
    pictures("not_let_in", &[SMALL], &[], |(width, height)| {
        let mut desk = Desk::new(width, height);
        let error =
            ClientError::Unauthenticated("this API key: this key or token is not valid".into());
        desk.down(None, error);
        desk
    });
}
