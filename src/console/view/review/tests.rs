//! What review sheets look like with the hub's answer to a dry run, at the widths that screens give them.

use super::*;
use crate::{
    catalog::{self, Target},
    console::{
        pane::form::{
            review::tests::{BY_TAG, NOW, PAYMENT, audience, balances, merge, reviewed, token},
            tests::{target, view},
        },
        view::line_builder::tests::{DRAWN_AT, hostile, screen},
    },
    model::{
        BalanceRow, ClientError, Finding, FoundCustomer, Level as Weight, MessageReceipt,
        MessageStatus, Outlook, Receipt, Timestamp,
    },
};
use std::time::Duration;

/// When the sheet opened: so long before it is drawn that it can be confirmed in the picture.
fn before() -> Timestamp {
    DRAWN_AT.before(Duration::from_secs(2))
}

fn sheet(
    spec: &'static catalog::Spec,
    target: Target,
    values: &[(&str, &str)],
    outlook: Result<Outlook, ClientError>,
) -> Form {
    let (mut form, wish) = reviewed(spec, target, values, before());
    form.outlook(&token(wish), outlook.map(Box::new), before());
    form
}

fn picture(form: &Form, width: u16, height: u16) -> String {
    screen(width, height, |frame, ctx| {
        super::super::form::draw(form, frame, frame.area(), ctx, true);
    })
}

fn found(id: &str, name: &str) -> FoundCustomer {
    FoundCustomer {
        id: id.into(),
        name: name.into(),
        numbers: vec![crate::model::CustomerNumber::telco("+254711000002")],
        tags: Vec::new(),
        last_seen: Timestamp::ZERO,
    }
}

fn adoption() -> Form {
    sheet(&catalog::ADOPT, target(), &[("other", "el_cst_0000dead")], Ok(merge()))
}

#[test]
fn a_merge_shows_both_sides_what_remains_and_which_id_dies() {
    assert_eq!(NOW, DRAWN_AT);
    insta::assert_snapshot!(picture(&adoption(), 80, 20), @"
    [3 REVIEW ADOPT] ──────────────────────────────────────────────────────── LOCKED
     to      Jane W.
             id …9b1f
     ok the hub would accept it
     stays
     │ el_cst_00009b1f                                                            │
     is no more
     │ el_cst_0000dead                                                            │
                     stays …9b1f         no more …dead       remains
      numbers        +254711000001       +254722000002       +254711000001, +25…
    * tag tier       gold                silver              gold
      data name      Jane W.             -                   Jane W.
    * a value of the other is lost
     the same in a shell
     │ switchboard adopt --customer el_cst_00009b1f --other el_cst_0000dead       │




     type dead to go on: _ x swap  Esc edit
    ");
}

#[test]
fn a_merge_in_a_narrow_column_stands_under_each_other() {
    insta::assert_snapshot!(picture(&adoption(), 46, 26), @"
    [3 REVIEW ADOPT] ────────────────────── LOCKED
     to      Jane W.
             id …9b1f
     ok the hub would accept it
     stays
     │ el_cst_00009b1f                          │
     is no more
     │ el_cst_0000dead                          │
     stays …9b1f      no more …dead     remains
      numbers
       stays   +254711000001
       no more +254722000002
       remains +254711000001, +254722000002
    * tag tier
       stays   gold
       no more silver
       remains gold
      data name
       stays   Jane W.
       no more
       remains Jane W.
    * a value of the other is lost
     the same in a shell
     │ switchboard adopt --customer             │
     │ el_cst_00009b1f --other el_cst_0000dead  │
     type dead to go on: _ x swap  Esc edit
    ");
}

#[test]
fn work_by_tag_shows_who_is_meant_and_who_is_left_out() {
    let mut outlook = audience(1_198);
    if let Some(audience) = &mut outlook.audience {
        audience.sample = vec![found("el_cst_00000001", "Amina"), found("el_cst_00000002", "")];
    }
    let form = sheet(&catalog::MESSAGE_BY_TAG, Target::default(), BY_TAG, Ok(outlook));
    insta::assert_snapshot!(picture(&form, 78, 18), @"
    [3 REVIEW MESSAGE BY TAG] ───────────────────────────────────────────── LOCKED
     to      everyone with tier=vip
               on sms 40404
     ok the hub would accept it
     text
     │ Tuna ofa mpya                                                            │
     quiet hours
     │ are not kept: everyone gets it at once                                   │
     everyone with tier=vip: 1,201 match
        1,198 will get it
        2 skipped: no consent: the customer opted out (401)
        1 skipped: no such customer number (411)
        such as Amina …0001 +254711000002
                (no name) …0002 +254711000002
     the same in a shell
     │ switchboard send-by-tag --tag 'tier=vip' --text 'Tuna ofa mpya' --channel│
     │ sms --from 40404 --quiet wait                                            │
     type 1198 to go on: _ Esc edit
    ");
}

#[test]
fn r_console_6_a_sheet_for_nobody_says_so_and_offers_nothing() {
    let mut outlook = audience(0);
    outlook.audience.as_mut().unwrap().matching = 0;
    let mut form = sheet(&catalog::MESSAGE_BY_TAG, Target::default(), BY_TAG, Ok(outlook));
    for width in [40, 78] {
        let shown = picture(&form, width, 18);
        assert!(shown.contains(" nobody has the tag  Esc edit"), "{shown}");
        form.key(KeyCode::Char('0').into(), DRAWN_AT);
        let shown = picture(&form, width, 18);
        assert!(!shown.contains("s apply") && !shown.contains("type 0"), "{shown}");
    }
}

#[test]
fn r_console_7_what_is_below_is_said_beside_the_keys_or_above_them() {
    let values = [
        ("action", "opt-in"),
        ("to", "+254711000001"),
        ("from", "sms 40404"),
        ("reason", "asked at the counter"),
    ];
    let mut form = sheet(&catalog::CONSENT, target(), &values, Ok(Outlook::default()));
    let mut seen = (false, false);
    for width in 40..80 {
        let shown = picture(&form, width, 10);
        let foot = shown.lines().last().unwrap();
        assert_eq!(shown.matches(" more rows Down").count(), 1, "{width}: {shown}");
        assert!(foot.contains("Esc edit"), "{width}: {shown}");
        if foot.contains("Down") {
            assert!(foot.contains("Esc edit  "), "they do not touch at {width}: {shown}");
            seen.0 = true;
        } else {
            let keys = foot.trim_end().len();
            assert!(keys + 2 + "9 more rows Down".len() > usize::from(width), "{width}: {shown}");
            seen.1 = true;
        }
    }
    assert_eq!(seen, (true, true), "both are seen");
    for (width, one) in [(80, true), (40, false)] {
        picture(&form, width, 10);
        for _ in 0..40 {
            form.key(KeyCode::Down.into(), DRAWN_AT);
        }
        assert!(!picture(&form, width, 10).contains("Down"), "the end is in sight at {width}");
        form.key(KeyCode::Up.into(), DRAWN_AT);
        let words = if one { " 1 more row Down" } else { " 2 more rows Down" };
        let shown = picture(&form, width, 10);
        assert!(shown.contains(words), "{width}: {shown}");
    }
}

#[test]
fn a_payment_is_a_sentence_with_balances() {
    let form = sheet(&catalog::PAY, target(), PAYMENT, Ok(balances()));
    insta::assert_snapshot!(picture(&form, 78, 16), @"
    [3 REVIEW PAY CUSTOMER] ─────────────────────────────────────────────── LOCKED
     for     Jane W.
             id …9b1f
     ok the hub would accept it
     │ KES 1,500.00 from purse main (available KES 9,000.00) to wallet loyalty  │
     │ of el_cst_00009b1f (available KES 500.00): leaves KES 7,500.00           │
     purse main                                      KES 9,000.00 -> KES 7,500.00
     wallet loyalty of el_cst_00009b1f                 KES 500.00 -> KES 2,000.00
     the same in a shell
     │ switchboard pay --customer el_cst_00009b1f --amount 'KES 1,500.00' --from│
     │ purse:main --to wallet:loyalty                                           │




     type 1500 to go on: _ Esc edit
    ");
}

#[test]
fn findings_have_a_mark_and_a_word_and_the_heaviest_is_first() {
    let finding =
        |code: &str, level, text: &str| Finding { code: code.into(), level, text: text.into() };
    let outlook = Outlook {
        receipt: Some(Receipt::Message(MessageReceipt {
            status: MessageStatus::NoConsent,
            description: "opted out on 12 Mar".into(),
            message: None,
            customer: None,
            conflict: None,
        })),
        findings: vec![
            finding("unicode-flip", Weight::Note, "4 parts because of ’ at 17"),
            finding("no-consent", Weight::Block, "opted out on 12 Mar by STOP"),
            finding("quiet-hours", Weight::Warn, "it is 23:10 there"),
        ],
        ..Outlook::default()
    };
    let values = [("text", "habari"), ("to", "+254711000001"), ("from", "sms 40404")];
    let form = sheet(&catalog::MESSAGE, target(), &values, Ok(outlook));
    insta::assert_snapshot!(picture(&form, 78, 16), @"
    [3 REVIEW MESSAGE] ──────────────────────────────────────────────────── LOCKED
     to      Jane W.
             id …9b1f  number +254711000001  on sms 40404
     !! the hub would refuse it (401)
     !! stop (no-consent): opted out on 12 Mar by STOP
        Do not send again: only their START or a recorded opt-in brings them back.
        What they wrote in the last 24 h may still be answered.
     !? think again (quiet-hours): it is 23:10 there
     .. note (unicode-flip): 4 parts because of ’ at 17
     text
     │ habari                                                                   │
     the same in a shell
     │ switchboard send --text habari --to +254711000001 --channel sms --from   │
     │ 40404                                                                    │

     type now to go on: _ Esc edit
    ");
}

#[test]
fn an_outlook_that_is_missing_or_old_says_so() {
    let values = [("text", "habari"), ("to", "+254711000001"), ("from", "sms 40404")];
    let (mut form, wish) = reviewed(&catalog::MESSAGE, target(), &values, before());
    assert!(
        picture(&form, 78, 16)
            .contains(".. the hub has not answered yet: a guess without knowing the customer")
    );
    let token = token(wish);
    let error = ClientError::Unavailable("draining".into());
    form.outlook(&token, Err(error), before());
    let failed = picture(&form, 78, 16);
    assert!(failed.contains("?? the hub cannot be asked"), "{failed}");
    let lacking = ClientError::Unsupported("it makes no dry runs".into());
    let form = sheet(&catalog::MESSAGE_BY_TAG, Target::default(), BY_TAG, Err(lacking));
    let lacking = picture(&form, 78, 16);
    assert!(
        lacking.contains("?? this server offers no dry run: a guess from what is known here"),
        "{lacking}"
    );
    assert!(lacking.contains("cannot be confirmed without a dry run"), "{lacking}");
    let form = sheet(&catalog::MESSAGE, target(), &values, Ok(Outlook::default()));
    assert!(picture(&form, 78, 16).contains("ok the hub would accept it"));
    let later = screen(78, 16, |frame, ctx| {
        let ctx = ctx.at(ctx.now.after(Duration::from_secs(35)));
        super::super::form::draw(&form, frame, frame.area(), &ctx, true);
    });
    assert!(later.contains(".. the hub would accept it; that was 37s ago, asked again"), "{later}");
}

#[test]
fn where_no_hub_can_tell_the_same_rules_guess_and_the_sheet_says_so() {
    let values = [("text", "njiani"), ("to", "+254711000001"), ("from", "sms 40404")];
    let lacking = ClientError::Unsupported("it makes no dry runs".into());
    let mut form = sheet(&catalog::MESSAGE, target(), &values, Err(lacking));
    form.learn(&view(5), before());
    insta::assert_snapshot!(picture(&form, 78, 14), @"
    [3 REVIEW MESSAGE] ──────────────────────────────────────────────────── LOCKED
     to      Jane W.
             id …9b1f  number +254711000001  on sms 40404
     ?? this server offers no dry run: a guess from what is known here
     !! stop (no-consent): opted out 58 s ago: only they can opt in again
     !? think again (duplicate-recent): the same message went to this number 38 s
        ago
     ok the number is that of …9b1f · 1 part, GSM-7, 154 left in it
     text
     │ njiani                                                                   │
     the same in a shell
     │ switchboard send --text njiani --to +254711000001 --channel sms --from   │
     │ 40404                                                                    │
     s send  e edit
    ");
    let later = screen(78, 14, |frame, ctx| {
        let ctx = ctx.at(ctx.now.after(Duration::from_secs(35)));
        super::super::form::draw(&form, frame, frame.area(), &ctx, true);
    });
    assert!(later.contains("a guess from what was known 37s ago"), "{later}");
}

#[test]
fn a_lease_that_is_held_is_one_finding_under_one_verdict() {
    let held = Finding {
        code: "lease-held".into(),
        level: Weight::Warn,
        text: "survey is held by till: the call waits, 86 s at most".into(),
    };
    let outlook = Outlook { findings: vec![held], ..Outlook::default() };
    let form = sheet(&catalog::LEASE, target(), &[("key", "survey")], Ok(outlook));
    insta::assert_snapshot!(picture(&form, 78, 12), @"
    [3 REVIEW LEASE DATA] ───────────────────────────────────────────────── LOCKED
     to      Jane W.
             id …9b1f
     !? the hub would let it wait
     !? think again (lease-held): survey is held by till: the call waits, 86 s at
        most
     lease for 90 s
     │ survey                                                                   │
     the same in a shell
     │ switchboard lease --customer el_cst_00009b1f --key survey                │

     s apply  e edit
    ");
}

#[test]
fn another_customer_behind_a_number_is_said() {
    let values = [("text", "habari"), ("to", "+254711000009"), ("from", "sms 40404")];
    let receipt = Receipt::Message(MessageReceipt {
        status: MessageStatus::Sent,
        description: "sent".into(),
        message: None,
        customer: Some("el_cst_0000dead".into()),
        conflict: None,
    });
    let outlook = Outlook { receipt: Some(receipt), ..Outlook::default() };
    let shown = picture(&sheet(&catalog::MESSAGE, target(), &values, Ok(outlook)), 78, 14);
    assert!(shown.contains("!! the number is that of another customer"), "{shown}");
}

#[test]
fn consent_shows_its_reason_and_what_it_does() {
    let values = [
        ("action", "opt-in"),
        ("to", "+254711000001"),
        ("from", "sms 40404"),
        ("reason", "asked at the counter"),
    ];
    let form = sheet(&catalog::CONSENT, target(), &values, Ok(Outlook::default()));
    let screen = picture(&form, 78, 18);
    for words in ["asked at the counter", "type allow to go on", "asks the customer"] {
        assert!(screen.contains(words), "{words}: {screen}");
    }
}

#[test]
fn hostile_text_in_an_outlook_draws_clean() {
    for text in hostile() {
        let mut outlook = merge();
        for row in outlook.merge.iter_mut().flat_map(|merge| &mut merge.rows) {
            (row.field, row.survivor) = (text.clone(), text.clone());
            (row.other, row.result) = (text.clone(), text.clone());
        }
        outlook.findings =
            vec![Finding { code: text.clone(), level: Weight::Block, text: text.clone() }];
        outlook.audience = audience(1).audience.map(|mut audience| {
            audience.tag.value = text.clone();
            audience.sample = vec![found(&text, &text)];
            audience
        });
        outlook.balances = balances()
            .balances
            .into_iter()
            .map(|row| BalanceRow { account: text.clone(), ..row })
            .collect();
        let values = [("other", "el_cst_0000dead")];
        let form = sheet(&catalog::ADOPT, target(), &values, Ok(outlook));
        for (width, height) in [(0, 0), (1, 1), (40, 12), (78, 60), (120, 80)] {
            picture(&form, width, height);
        }
    }
}

#[test]
fn only_what_does_not_remain_is_marked_as_lost() {
    let mut outlook = merge();
    if let Some(merge) = &mut outlook.merge {
        let row = |field: &str, sides: [&str; 3]| crate::model::MergeRow {
            field: field.into(),
            survivor: sides[0].into(),
            other: sides[1].into(),
            result: sides[2].into(),
        };
        merge.rows = vec![
            row("messages", ["1", "2", "3"]),
            row("calls", ["0", "0", "0"]),
            row("payments", ["900", "200", "the newest 1000"]),
            row("wallet loyalty", ["KES 5.00", "KES 2.00", "KES 7.00, added"]),
            row("in progress", ["0", "1", "refused until the other's are over"]),
            row("data plan", ["1", "2", "1: the survivor's stays"]),
        ];
    }
    let other = [("other", "el_cst_0000dead")];
    let screen = picture(&sheet(&catalog::ADOPT, target(), &other, Ok(outlook)), 80, 30);
    let lost: Vec<_> = screen.lines().filter_map(|line| line.strip_prefix("* ")).collect();
    assert_eq!(lost.len(), 3, "{screen}");
    assert!(lost[0].starts_with("payments") && lost[1].starts_with("data plan"), "{screen}");
    assert!(lost[2].starts_with("a value of the other is lost"), "{screen}");
}
