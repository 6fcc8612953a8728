//! What a message said stands in its form again.

use super::*;
use crate::{
    catalog::Target,
    model::{CustomerCommand, Hello, Location, Media, MediaKind, Template, Timestamp},
};
use jiff::tz::TimeZone;

#[test]
fn r_console_29_what_a_message_said_stands_in_its_form_again() {
    let template =
        Template { name: "order".into(), params: vec!["8841".into(), "11, or 12".into()] };
    let url = "https://example.org/menu.pdf".to_owned();
    for body in [
        Body::text("Two\nlines, with \"quotes\""),
        Body { text: Some("Order 8841".into()), template: Some(template), ..Body::default() },
        Body { media: vec![Media { url, kind: MediaKind::Document }], ..Body::default() },
        Body {
            location: Some(Location { latitude: -1.2921, longitude: 36.8219 }),
            ..Body::default()
        },
    ] {
        let jane = CustomerNumber::telco("+254711000001");
        let line = ChannelNumber::new(crate::model::Channel::Whatsapp, "+254700000001");
        let target = Target {
            customer: Some("el_cst_1".into()),
            numbers: vec![jane.clone()],
            ..Target::default()
        };
        let mut written = FormDraft { values: values(&body), target, ..FormDraft::default() };
        take_way(&mut written, &(jane.clone(), line.clone()));
        let mut values = Values::default();
        for (name, value) in &written.values {
            values.set(name, value);
        }
        let (hello, zone) = (Hello::default(), TimeZone::UTC);
        let cx = BuildContext { hello: &hello, at: Timestamp::ZERO, zone: &zone, purses: &[] };
        assert_eq!(way_of(&written, &cx), Some((jane.clone(), line.clone())));
        let command = (catalog::MESSAGE.build)(&values, &written.target, &cx);
        assert_eq!(
            command,
            Ok(CustomerCommand::SendMessage { to: jane, from: line, body, seen: None })
        );
    }
}
