//! Gaps of replies: what is one, and what fills it (R-CANNED-1).

use super::*;
use crate::model::{DataValue, SecondaryId, Tag};
use proptest::prelude::*;

const NOW: Timestamp = Timestamp::from_micros(1_000_000);

fn amina() -> CustomerState {
    let tag = |key: &str, value: &str, expires_at| Tag {
        key: key.into(),
        value: value.into(),
        expires_at,
    };
    let mut customer = CustomerState { id: "el_cst_1".into(), ..CustomerState::default() };
    customer.numbers = vec![CustomerNumber::telco("+254711000001")];
    customer.tags = vec![tag("tier", "gold", None), tag("old", "x", Some(NOW))];
    customer.metadata.insert("name".into(), DataValue::Text("\"Amina Wanjiru\"".into()));
    customer.metadata.insert("town".into(), DataValue::Text("{{name}}".into()));
    customer.metadata.insert("photo".into(), DataValue::Bytes(vec![1]));
    let id = SecondaryId { key: "crm".into(), value: "8841".into() };
    customer.secondary_ids = vec![(id, None)];
    customer
}

fn for_amina(text: &str) -> String {
    let customer = amina();
    filled(text, |gap| value_of(gap, &customer, None, NOW))
}

#[test]
fn r_canned_1_gaps_are_filled_from_profile_tags_data_and_ids() {
    for (text, right) in [
        ("Habari {{first-name}}!", "Habari Amina!"),
        ("{{ name }}, {{number}}", "Amina Wanjiru, +254711000001"),
        ("{{tag.tier}} {{id.crm}}", "gold 8841"),
        ("{{data.town}}", "{{name}}"),
        ("{{tag.old|member}} {{tag.none|member}}", "member member"),
        ("{{tag.none|}}.", "."),
        ("no gap: {{1}} {{}} { {name} } {{name", "no gap: {{1}} {{}} { {name} } {{name"),
        ("{{{name}}}", "{Amina Wanjiru}"),
        ("{{1}} {{name}}", "{{1}} Amina Wanjiru"),
    ] {
        assert_eq!(for_amina(text), right, "{text}");
    }
}

#[test]
fn r_canned_1_what_has_no_value_stays_and_is_named() {
    let text = "{{data.photo}} {{tag.old}} {{?amount|1000}} {{nobody}} {{?amount|1000}}";
    assert_eq!(for_amina(text), text);
    let left: Vec<_> =
        gaps(text).iter().map(|gap| (gap.name, gap.is_asked, is_known(gap))).collect();
    assert_eq!(
        left,
        [
            ("data.photo", false, true),
            ("tag.old", false, true),
            ("amount", true, true),
            ("nobody", false, false),
        ]
    );
    assert_eq!(gaps("{{?amount|1000}}")[0].fallback, Some("1000"));
}

proptest! {
    #[test]
    fn any_text_is_filled_and_what_is_no_gap_stays(text in "[ {}|?.a-z1é]{0,40}") {
        let untouched = filled(&text, |_| None);
        let without_fallback = !text.contains('|');
        prop_assert!(!without_fallback || untouched == text);
        let filled = filled(&text, |_| Some("v".into()));
        prop_assert!(filled.len() <= text.len().max(1) && gaps(&filled).len() <= gaps(&text).len() + text.len());
    }
}
