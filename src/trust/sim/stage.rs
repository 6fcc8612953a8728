//! The settings of the simulation: two orgs with the same numbers, purses and networks, so that whatever is confused shows.

use crate::model::{
    Channel, ChannelNumber, Currency, CustomerNumber, OrgId, OrgSettings,
    settings::{BoundCarrier, BoundChannel, Purse, Repeats},
};
use std::time::Duration;

/// How many people there are in each org.
pub const PEOPLE: usize = 6;
/// The network that is never given a message twice.
pub const HOLD: &str = "hold";
/// The network that is given a message once more if nobody knows whether it has it.
pub const REPEAT: &str = "repeat";
/// The purse that is paid into from outside.
pub const FLOAT: &str = "float";

pub fn sms() -> ChannelNumber {
    ChannelNumber::new(Channel::Sms, "40404")
}
pub fn other_sms() -> ChannelNumber {
    ChannelNumber::new(Channel::Sms, "50505")
}
pub fn whatsapp() -> ChannelNumber {
    ChannelNumber::new(Channel::Whatsapp, "30303")
}
pub fn till() -> ChannelNumber {
    ChannelNumber::new(Channel::Payment, "7777")
}
pub fn voice() -> ChannelNumber {
    ChannelNumber::new(Channel::Voice, "+254711000000")
}
pub fn ussd() -> ChannelNumber {
    ChannelNumber::new(Channel::Ussd, "*384#")
}
pub fn person(n: usize) -> CustomerNumber {
    CustomerNumber::telco(&format!("+25470000000{n}"))
}

/// The settings of both orgs.
pub fn orgs() -> Vec<OrgSettings> {
    ["shop", "bank"].map(org).into()
}

/// The ids of both orgs.
pub fn org_ids() -> Vec<OrgId> {
    orgs().into_iter().map(|org| org.id).collect()
}

fn org(id: &str) -> OrgSettings {
    let carrier = |id: &str, repeats| BoundCarrier {
        id: id.into(),
        kind: "smpp",
        per_second: 50,
        repeats,
        reports: true,
    };
    let bound = |channel, purse: Option<&str>, carrier: Option<&str>| BoundChannel {
        channel,
        app: None,
        purse: purse.map(str::to_owned),
        carrier: carrier.map(Into::into),
        prompt_window: None,
    };
    let purse = |id: &str, code| {
        let currency = Currency::new(code)?;
        Some(Purse { id: id.to_owned(), currency })
    };
    OrgSettings {
        id: id.into(),
        apps: vec!["first".into(), "second".into()],
        channels: vec![
            bound(sms(), None, Some(HOLD)),
            bound(other_sms(), None, Some(REPEAT)),
            bound(whatsapp(), None, None),
            bound(till(), Some(FLOAT), None),
            bound(voice(), None, None),
            bound(ussd(), None, None),
        ],
        carriers: vec![carrier(HOLD, Repeats::Never), carrier(REPEAT, Repeats::Once)],
        purses: [purse("main", "KES"), purse(FLOAT, "KES"), purse("usd", "USD")]
            .into_iter()
            .flatten()
            .collect(),
        sandbox: true,
        payment_expiry: Duration::from_mins(10),
        ..OrgSettings::default()
    }
}
