//! The steps that are a command of an app or agent. The catalog builds and checks them, as it does
//! for forms and verbs.

use crate::{
    catalog::{BuildContext, Spec, Values},
    cli::{exit::CliError, verb, whom},
    model::{CustomerCommand, Hello},
    sdk::Client,
};
use jiff::tz::TimeZone;
use std::collections::BTreeMap;

/// The command of a step. In `given` every `${name}` is filled in already. Times count from the org's
/// clock and are read in UTC, so that a story does the same everywhere.
pub async fn command(
    client: &Client,
    hello: &Hello,
    spec: &Spec,
    given: &BTreeMap<String, String>,
) -> Result<CustomerCommand, CliError> {
    let said = |name: &str| given.get(name).map(String::as_str).unwrap_or_default();
    let target = whom::target(client, hello, spec, said).await?;
    let mut values = Values::default();
    for field in spec.fields {
        if let Some(value) = given.get(field.name) {
            values.set(field.name, value);
        }
    }
    let purses = verb::purses(client, spec).await;
    let context = BuildContext { hello, at: hello.now, zone: &TimeZone::UTC, purses: &purses };
    (spec.build)(&values, &target, &context).map_err(|errors| CliError::usage(errors.to_string()))
}
