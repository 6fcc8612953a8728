//! The purse of a payment that was written before the hub said which there are.

use super::{NOW, hello, target};
use crate::{
    catalog::{self, BuildContext, tests::purses},
    console::{drafts::FormDraft, pane::form::Form},
};
use jiff::tz::TimeZone;

#[test]
fn a_draft_to_a_purse_that_the_hub_has_not_named_yet_stays_with_it() {
    for (known, is_refused) in [(2, false), (1, true)] {
        let values = vec![("amount".into(), "15".into()), ("into".into(), "usd".into())];
        let draft = FormDraft {
            form: catalog::REQUEST.id.into(),
            target: target(),
            values,
            saved_at: NOW,
            ..FormDraft::default()
        };
        // The form opens before the hub has named all of them.
        let (hello, zone, all) = (hello(), TimeZone::UTC, purses());
        let context = BuildContext { hello: &hello, at: NOW, zone: &zone, purses: &all[..1] };
        let call = "sb-00000001".into();
        let mut form = Form::open(&catalog::REQUEST, target(), context, call, Some(draft));
        form.learn_purses(&all[..known]);
        let into = form.fields().iter().find(|field| field.spec.name == "into").expect("a purse");
        assert_eq!(into.value(), "usd", "never into another one");
        let (all, at) = into.choices().expect("choices");
        assert_eq!(all[at].refused.is_some(), is_refused);
    }
}
