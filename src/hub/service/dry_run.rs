//! A dry run is read like the call it tries out: the same org, app and command, so that what it
//! foretells is what the call would get. It takes no idempotency key: nothing is done.

use super::order;
use crate::{
    hub::auth::Access,
    model::{Caller, CustomerCommand, Finding, Level, OrgId, Outlook, Receipt},
    wire::{
        operation::{self, OnBehalfOf},
        proto::v1::DryRunRequest,
    },
};
use tonic::Status;

/// What to try out, or in which words it is no command.
pub(super) struct Dry {
    pub org: OrgId,
    pub caller: Caller,
    pub command: Result<CustomerCommand, Receipt>,
}

/// Reads the request. The command is of the same org, and of the same app where both say one.
pub(super) fn read(access: &Access, asked: DryRunRequest) -> Result<Dry, Status> {
    let org = access.org(&asked.org_id)?.clone();
    let Some(command) = asked.command else {
        return Err(Status::invalid_argument("a dry run of what? no command is given"));
    };
    let (of, name) = operation::heading(&command);
    access.org(of)?;
    if let OnBehalfOf::App(app) = name
        && !asked.app_id.is_empty()
        && app != asked.app_id
    {
        return Err(Status::invalid_argument("the command is in the name of another app"));
    }
    let app = match name {
        // What the call itself does not say, the one who tries it out may.
        OnBehalfOf::Key if !asked.app_id.is_empty() => Some(access.app(&asked.app_id)?),
        name => order::named(access, name)?,
    };
    // It takes as long as the call itself, in the engine's own time.
    access.budget().spend_write()?;
    let caller = access.caller(app);
    let command = CustomerCommand::try_from(command).map_err(|e| order::not_understood(&e));
    Ok(Dry { org, caller, command })
}

/// The outlook of what is no command.
pub(super) fn not_understood(receipt: Receipt) -> Outlook {
    let text = receipt.description().to_owned();
    let finding = Finding { code: "invalid-request".to_owned(), level: Level::Block, text };
    Outlook { receipt: Some(receipt), findings: vec![finding], ..Outlook::default() }
}
