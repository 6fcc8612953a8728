//! Views of the feed, what is related to a row, and the events of one customer.

use super::desk::{Desk, NAMES, START, customer_id};
use crate::{
    console::{
        app::{App, AppOptions},
        msg::{Effect, Msg},
        pane::{
            feed::{Depth, Mode, Times},
            views,
        },
    },
    model::{Body, Channel, ClientError, EventKind, MessageStatus},
};
use std::time::Duration;

/// A desk with two views, of which one asks for refunds.
fn desk(width: u16, height: u16) -> Desk {
    let mut desk = Desk::new(width, height);
    let (views, problems) = views::read(concat!(
        "[[view]]\nname = \"Refunds\"\nquery = \"refund\"\nkey = \"1\"\n",
        "[[view]]\nname = \"Failed\"\ndepth = \"problems\"\ntimes = \"second\"\n",
    ));
    assert_eq!(problems, [""; 0]);
    desk.app = App::new(AppOptions { org: "acme-ke".into(), views, ..AppOptions::default() });
    desk.send(Msg::Resize(width, height));
    desk.up();
    desk
}

#[test]
fn a_view_is_chosen_by_its_key_and_says_its_name() {
    for (width, height) in [(80, 24), (120, 40)] {
        let mut desk = desk(width, height);
        desk.says(0, "habari");
        desk.says(1, "nataka refund");
        desk.press("V 1");
        let screen = desk.screen();
        assert!(screen.contains("[1 FEED] Refunds  talk 1 of 2"), "{screen}");
        assert!(screen.contains("1 refund") && !screen.contains("wa   habari"), "{screen}");
        // Another depth or filter is not the view any more.
        desk.press("v");
        assert!(desk.screen().contains("[1 FEED] all 1 of 2"), "{}", desk.screen());
        desk.press("V");
        desk.types("failed");
        desk.press("enter");
        let feed = desk.app.feed();
        assert_eq!(
            (feed.depth(), feed.times(), feed.filter_text()),
            (Depth::Problems, Times::Second, "")
        );
        assert!(desk.screen().contains("[1 FEED] Failed  problems"), "{}", desk.screen());
        desk.press("V 0");
        assert!(desk.screen().contains("[1 FEED] talk 2"), "{}", desk.screen());
        assert_eq!(desk.app.feed().times(), Times::Minute);
    }
}

#[test]
fn what_came_for_a_view_is_counted_until_it_is_looked_at() {
    let mut desk = desk(120, 40);
    desk.says(1, "nataka refund");
    desk.says(1, "refund!");
    desk.says(0, "habari");
    let failed =
        EventKind::MessageStatusChanged { id: "el_msg_1".into(), status: MessageStatus::NoConsent };
    desk.happens(0, Channel::Sms, failed);
    desk.press("V");
    let row = |desk: &mut Desk, name: &str| {
        let screen = desk.screen();
        let row = screen.lines().find(|line| line.contains(name)).map(str::to_owned);
        row.unwrap_or_else(|| panic!("{name}: {screen}"))
    };
    assert!(row(&mut desk, " Refunds").contains("1  2 new"), "{}", desk.screen());
    assert!(row(&mut desk, " Failed").contains("1 new"), "{}", desk.screen());
    desk.press("1");
    desk.says(1, "refund?");
    desk.press("V");
    assert!(!row(&mut desk, " Refunds").contains("new"), "it is looked at: {}", desk.screen());
    desk.press("0");
    desk.says(1, "refund?");
    desk.press("V");
    assert!(row(&mut desk, " Refunds").contains("1 new"), "{}", desk.screen());
}

#[test]
fn a_console_without_views_says_where_they_would_be() {
    let mut desk = Desk::open(80, 24);
    desk.press("V");
    assert!(desk.screen().contains("views.toml"), "{}", desk.screen());
}

#[test]
fn the_next_event_of_the_same_customer_is_one_key_away() {
    let mut desk = Desk::open(120, 40);
    desk.app.feed_mut().set_depth(Depth::All);
    desk.press("G");
    let place = |desk: &Desk| {
        let row = desk.app.feed().selected().expect("a row");
        (row.seq.0, row.customer().cloned().expect("a customer"))
    };
    assert_eq!(place(&desk), (12, customer_id(2)));
    desk.press("K");
    assert_eq!(place(&desk), (9, customer_id(2)));
    desk.press("K K");
    assert_eq!(place(&desk), (3, customer_id(2)));
    desk.press("K");
    assert!(
        desk.screen().contains("no older event of this customer is loaded"),
        "{}",
        desk.screen()
    );
    desk.press("J");
    assert_eq!(place(&desk), (6, customer_id(2)));
    assert_eq!(desk.app.feed().mode(), Mode::Hold);
}

#[test]
fn what_is_related_to_a_message_is_one_key_away_and_so_is_the_way_back() {
    let mut desk = desk(120, 40);
    desk.says(0, "iko wapi?");
    let asked = |n: u64| format!("el_msg_{n:032}").into();
    desk.happens(
        0,
        Channel::Whatsapp,
        EventKind::MessageSent {
            id: "el_msg_answer".into(),
            body: Body::text("iko njiani"),
            status: MessageStatus::Sent,
            in_reply_to: Some(asked(0)),
            work: None,
        },
    );
    desk.says(1, "habari");
    let read = MessageStatus::Read;
    let report = EventKind::MessageStatusChanged { id: "el_msg_answer".into(), status: read };
    desk.happens(0, Channel::Whatsapp, report);
    desk.after(Duration::from_secs(1));
    assert!(desk.now > START);
    desk.press("V 1 V 0 / esc");
    desk.press("g g j");
    desk.press("g r");
    let screen = desk.screen();
    assert!(screen.contains("[1 FEED] related  all 3 of 4"), "{screen}");
    assert!(screen.contains("iko wapi?") && screen.contains("iko njiani"), "{screen}");
    assert!(!screen.contains(NAMES[1]), "{screen}");
    desk.press("g r");
    assert!(desk.screen().contains("[1 FEED] talk"), "{}", desk.screen());
    assert_eq!(desk.app.feed().filter_text(), "");
}

#[test]
fn yesterday_at_two_is_one_command() {
    let mut desk = Desk::open_behind(120, 40, 1_000);
    desk.press("g t");
    desk.types("yesterday 25:00");
    let screen = desk.screen();
    assert!(
        screen.contains("there is no time of day `25:00`; expected a time such as"),
        "{screen}"
    );
    desk.press("enter");
    assert_eq!(desk.app.feed().going_to(), None);
    desk.press("esc g t");
    desk.types("yesterday 14:00");
    assert!(desk.screen().contains("22 Nov 14:00"), "{}", desk.screen());
    let [Effect::GoTo { moment, filter }] = &desk.press("enter")[..] else {
        panic!("the hub is asked where that is")
    };
    assert!(desk.screen().contains("going to 22 Nov 14:00 .."), "{}", desk.screen());
    let refused = Err(ClientError::Unavailable("the index reads".into()));
    let (moment, filter) = (*moment, filter.clone());
    desk.send(Msg::Placed { moment, filter, result: refused });
    let screen = desk.screen();
    assert!(screen.contains("not gone to that time: "), "{screen}");
    assert_eq!(desk.app.feed().going_to(), None);
    desk.press("esc g t");
    desk.types("yesterday 14:00");
    desk.press("enter esc");
    assert_eq!(desk.app.feed().going_to(), None);
}

#[test]
fn a_marked_row_is_listed_and_gone_to_and_a_hidden_one_says_so() {
    let mut desk = Desk::open(120, 40);
    desk.press("G k k");
    let marked = desk.app.feed().selected().expect("a row").seq;
    desk.press("B");
    let screen = desk.screen();
    assert!(
        screen.contains(">*") && screen.contains("marked: ' lists the marked rows"),
        "{screen}"
    );
    desk.press("esc G '");
    assert!(desk.screen().contains("Marked rows"), "{}", desk.screen());
    desk.press("enter");
    assert_eq!(desk.app.feed().selected().map(|row| row.seq), Some(marked));
    desk.press("/");
    desk.types("nobody");
    desk.press("enter ' enter");
    assert!(desk.screen().contains("the row is hidden: x switches"), "{}", desk.screen());
}
