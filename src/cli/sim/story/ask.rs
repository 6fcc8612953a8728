//! A step that is an app's or agent's command: the catalog builds and checks it, as it does for
//! forms and headless verbs.

use crate::{
    catalog::{Context, Spec, Values},
    cli::{exit::Failure, whom},
    model::{CustomerCommand, Hello},
    sdk::Client,
};
use jiff::tz::TimeZone;
use std::collections::BTreeMap;

/// The command of a step whose texts are filled in. Times count from the org's clock, in UTC.
pub async fn command(
    client: &Client,
    hello: &Hello,
    spec: &Spec,
    given: &BTreeMap<String, String>,
) -> Result<CustomerCommand, Failure> {
    let said = |name: &str| given.get(name).map(String::as_str).unwrap_or_default();
    let target = whom::target(client, spec, said).await?;
    let mut values = Values::default();
    for field in spec.fields {
        if let Some(value) = given.get(field.name) {
            values.set(field.name, value);
        }
    }
    let context = Context { hello, at: hello.now, zone: &TimeZone::UTC };
    (spec.build)(&values, &target, &context).map_err(|errors| Failure::usage(errors.to_string()))
}
