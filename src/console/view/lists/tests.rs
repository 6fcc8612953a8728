//! What the lists look like, and that hostile text cannot break them at any size.

use super::*;
use crate::{
    console::{
        pane::lists::tests::work,
        view::line_builder::tests::{DRAWN_AT, hostile, screen},
    },
    model::{
        Actor, ChannelNumber, ClientError, Currency, CustomerNumber, Lease, ListedLease,
        MessageStatus, Money, PurseBalance, PutOff, Reminder, Unanswered, WorkRecipient,
    },
};
use std::time::Duration;

fn later(secs: u64) -> Timestamp {
    DRAWN_AT.after(Duration::from_secs(secs))
}

fn open(list: List, listing: Result<Listing, ClientError>) -> Lists {
    let mut lists = Lists::default();
    lists.open(list);
    lists.listed(list, listing);
    lists
}

fn picture(lists: &Lists, width: u16, height: u16) -> String {
    screen(width, height, |frame, ctx| draw(lists, frame, frame.area(), ctx, true))
}

fn waiting(text: Option<&str>) -> Lists {
    let say = |own: &str| text.unwrap_or(own).to_owned();
    let row = ListedWaiting {
        customer: say("el_cst_00000000000000000000000000009b1f").into(),
        name: say("Jane W."),
        unanswered: Unanswered {
            since: DRAWN_AT,
            count: 2,
            last: say("el_msg_1").into(),
            last_at: DRAWN_AT,
            number: CustomerNumber::telco(&say("+254711000001")),
            channel: ChannelNumber::new(Channel::Whatsapp, &say("40404")),
            text: say("Hello?"),
        },
        window_ends: Some(later(300)),
    };
    open(List::Waiting, Ok(Listing::Waiting(vec![row], 1_200)))
}

fn works(text: Option<&str>) -> Lists {
    let say = |own: &str| text.unwrap_or(own).to_owned();
    let mut running = work(1, WorkState::Running, 1_204, 600);
    running.skipped = [(401, 3), (411, 1)].into();
    running.tag.value = say("vip");
    let mut weekly = work(2, WorkState::Waiting, 0, 0);
    let (tag, key) = (&mut weekly.tag, say("weekly"));
    (tag.key, tag.value) = (say("lang"), say("sw"));
    weekly.task = Task::Reminder(Reminder {
        app: say("loyal").into(),
        key,
        remind_at: later(19 * 3_600),
        interval: Some(Duration::from_hours(7 * 24)),
        payload: say("habari"),
    });
    let next = vec![later(19 * 3_600), later(19 * 3_600 + 7 * 86_400)];
    let cancelled = work(3, WorkState::Cancelled, 80, 20);
    let rows = vec![(running, Vec::new()), (weekly, next), (cancelled, Vec::new())];
    open(List::Works, Ok(Listing::Works(rows)))
}

fn leases(text: Option<&str>) -> Lists {
    let say = |own: &str| text.unwrap_or(own).to_owned();
    let lease = Lease {
        key: say("survey"),
        number: 3,
        holder: Actor::Key(say("agent-1")),
        app: Some(say("loyal").into()),
        granted_at: DRAWN_AT,
        expires_at: later(41),
    };
    let row = |waiting, lease: Lease| ListedLease {
        customer: say("el_cst_00000000000000000000000000009b1f").into(),
        name: say("Jane W."),
        lease,
        waiting,
    };
    let over = Lease { app: None, expires_at: DRAWN_AT, ..lease.clone() };
    open(List::Leases, Ok(Listing::Leases(vec![row(2, lease), row(0, over)])))
}

fn reminders(text: Option<&str>) -> Lists {
    let say = |own: &str| text.unwrap_or(own).to_owned();
    let row = ListedReminder {
        customer: say("el_cst_00000000000000000000000000009b1f").into(),
        name: say("Jane W."),
        reminder: Reminder {
            app: say("loyal").into(),
            key: say("renewal"),
            remind_at: later(300),
            interval: Some(Duration::from_hours(24)),
            payload: say("{\"plan\":\"gold\"}"),
        },
        next: vec![later(300), later(86_700), later(173_100)],
    };
    open(List::Reminders, Ok(Listing::Reminders(vec![row], 1_200)))
}

fn purses(text: Option<&str>) -> Lists {
    let kes = |minor| Money { currency: Currency::new("KES").unwrap(), minor };
    let row = PurseBalance {
        id: text.unwrap_or("main").to_owned(),
        available: kes(900_000),
        actual: kes(950_000),
        pending: 2,
    };
    open(List::Purses, Ok(Listing::Purses(vec![row])))
}

#[test]
fn works_show_state_progress_and_the_next_firings() {
    insta::assert_snapshot!(picture(&works(None), 78, 13), @"
    [5 LISTS] ───────────────────────────────────────────────────────────────────
      Waiting [Works] Later  Reminders  Leases  Purses  Networks  Unknown        3
     .. running  tier=vip  message from sms 40404: Tuna ofa mpya leo
         [##########----------]  604 of 1,204   done 600   skipped 4
         skipped: no consent: the customer opted out 3, no such customer number 1
     .. waiting for its time  lang=sw  reminder weekly of loyal every 7 d: habari
         next 2026-11-24 09:00 (in 19h), then 2026-12-01 09:00
        cancelled  tier=vip  message from sms 40404: Tuna ofa mpya leo
         [#####---------------]  20 of 80   done 20   never reached 60
    ");
}

#[test]
fn works_in_a_narrow_column() {
    insta::assert_snapshot!(picture(&works(None), 49, 13), @"
    [5 LISTS] ──────────────────────────────────────
     Waiting [Works]Later Reminders Leases Purses > 3
     .. running  tier=vip  message from sms 40404: T…
         604 of 1,204   done 600   skipped 4
         skipped: no consent: the customer opted out
         3, no such customer number 1
     .. waiting for its time  lang=sw  reminder week…
         next 2026-11-24 09:00 (in 19h), then 2026-1…
        cancelled  tier=vip  message from sms 40404:…
         20 of 80   done 20   never reached 60
    ");
}

#[test]
fn reminders_leases_and_purses() {
    let all: Vec<_> = [reminders(None), leases(None), purses(None)]
        .iter()
        .map(|lists| picture(lists, 78, 7))
        .collect();
    insta::assert_snapshot!(all.join("\n----\n"), @r#"
    [5 LISTS] ───────────────────────────────────────────────────────────────────
      Waiting  Works  Later [Reminders] Leases  Purses  Networks  Unknown    1,200
     renewal for Jane W. …9b1f                                               in 5m
         2026-11-23 14:05 (in 5m), then 2026-11-24 14:05, then 2026-11-25 14:05, …
         {"plan":"gold"}



    ----
    [5 LISTS] ───────────────────────────────────────────────────────────────────
      Waiting  Works  Later  Reminders [Leases] Purses  Networks  Unknown        2
     survey of Jane W. …9b1f                                              41s left
         held by app loyal, key agent-1, 2 wait for it
     survey of Jane W. …9b1f                                                  over
         held by key agent-1


    ----
    [5 LISTS] ───────────────────────────────────────────────────────────────────
      Waiting  Works  Later  Reminders  Leases [Purses] Networks  Unknown        1
     main                                                   available KES 9,000.00
         actual KES 9,500.00, 2 payments pending
    "#);
}

/// 24 November 01:00.
fn in_the_night() -> Timestamp {
    later(11 * 3_600)
}

#[test]
fn the_time_until_which_people_are_left_alone_is_in_sight_at_every_width() {
    let mut night = work(1, WorkState::Running, 1_204, 600);
    night.skipped = [(401, 3), (411, 1)].into();
    night.put_off = PutOff { people: 300, first: in_the_night(), last: in_the_night() };
    let lists = open(List::Works, Ok(Listing::Works(vec![(night, Vec::new())])));
    for width in [45, 49, 60, 78, 80, 130] {
        let screen = picture(&lists, width, 10);
        for words in ["604 of 1,204", "skipped 4", "300 left alone until 24 Nov 01:00"] {
            assert!(screen.contains(words), "{words}: {screen}");
        }
    }
    // What has no row of its own either is cut so that it shows.
    let screen = picture(&lists, 30, 12);
    assert!(screen.contains("300 left alone until 24 …"), "{screen}");
}

#[test]
fn the_columns_of_people_do_not_touch() {
    let ctx = DrawContext::new(DRAWN_AT, jiff::tz::TimeZone::UTC, true);
    let person = |name: &str| WorkRecipient {
        customer: "el_cst_1".into(),
        name: name.to_owned(),
        number: Some(CustomerNumber::telco("+254711000101")),
        message: None,
        status: MessageStatus::Scheduled,
        at: in_the_night().after(Duration::from_hours(6 * 24)),
    };
    for width in [78, 80, 130, 200] {
        let row = |name| people::row(&person(name), width, &ctx)[0].to_string();
        let row_of_nobody = row("");
        for words in
            [" put-off ", " 30 Nov 01:00 (no name) ", " +254711000101 ", " not before then"]
        {
            assert!(row_of_nobody.contains(words), "{words}: {row_of_nobody}");
        }
        let long = row("Wanjiku wa Kamau wa Njoroge wa Mwangi");
        for words in [" 30 Nov 01:00 Wanjiku", "… +254711000101 ", " not before then"] {
            assert!(long.contains(words), "{words}: {long}");
        }
    }
    // Where the number is cut, its end is left.
    let narrow = people::row(&person("Jane"), 45, &ctx)[0].to_string();
    assert!(narrow.trim_end().ends_with(" …00101"), "{narrow}");
}

#[test]
fn what_is_not_there_is_said() {
    let mut lists = Lists::default();
    lists.open(List::Works);
    assert!(picture(&lists, 60, 8).contains("asking the hub"));
    let none = open(List::Leases, Ok(Listing::Leases(Vec::new())));
    assert!(picture(&none, 60, 8).contains("nobody holds a lease"));
    let lacking = ClientError::Unsupported("it lists no work by tag".into());
    let screen = picture(&open(List::Works, Err(lacking)), 60, 8);
    assert!(screen.contains("not listed") && screen.contains("public contract"), "{screen}");
    let mut old = works(None);
    old.listed(List::Works, Err(ClientError::Unavailable("draining".into())));
    let screen = picture(&old, 60, 14);
    assert!(screen.contains("may be old") && screen.contains("604 of 1,204"), "{screen}");
}

#[test]
fn the_selected_row_is_always_in_sight() {
    let rows = (0..200).map(|n| (work(n, WorkState::Running, 100, u64::from(n) / 2), Vec::new()));
    let mut lists = open(List::Works, Ok(Listing::Works(rows.collect())));
    for (by, words) in
        [(0, "0 of 100"), (150, "75 of 100"), (1_000, "99 of 100"), (-1_000, "0 of 100")]
    {
        lists.scroll(by);
        let screen = picture(&lists, 78, 10);
        assert!(screen.contains(words), "{by}: {screen}");
    }
}

#[test]
fn hostile_text_draws_clean_at_every_size() {
    for text in hostile() {
        let text = Some(text.as_str());
        for lists in [waiting(text), works(text), reminders(text), leases(text), purses(text)] {
            for (width, height) in [(0, 0), (1, 1), (2, 3), (40, 12), (78, 20), (200, 60)] {
                picture(&lists, width, height);
            }
        }
    }
}
