//! Reads a dry run like the call that it tries out, with the same org, app and command, so that its
//! outlook is what the call would get (R-DRYRUN-1). It takes no idempotency key, because nothing is done.

use super::order;
use crate::{
    hub::auth::Access,
    model::{
        Caller, CustomerCommand, Finding, Level, OrgId, Outlook, Receipt, Seq, TagTerms, WorkId,
    },
    wire::{
        from_time,
        operation::{self, OnBehalfOf},
        proto::v1::DryRunRequest,
    },
};
use tonic::Status;

/// What to try out, or the refusal that says why the request is no command.
pub(super) struct DryRunCall {
    pub org: OrgId,
    pub caller: Caller,
    pub command: Result<CustomerCommand, Receipt>,
}

/// Reads the request. The command must name the same org as the dry run, and the same app if both name one.
pub(super) fn read(
    access: &Access,
    asked: DryRunRequest,
    by_person: bool,
) -> Result<DryRunCall, Status> {
    let org = access.org(&asked.org_id)?.clone();
    let Some(command) = asked.command else {
        return Err(Status::invalid_argument("a dry run of what? no command is given"));
    };
    let (of, name) = operation::heading(&command);
    access.org(of)?;
    if let OnBehalfOf::App(app) = name
        && !app.is_empty()
        && !asked.app_id.is_empty()
        && app != asked.app_id
    {
        return Err(Status::invalid_argument("the command is in the name of another app"));
    }
    let app = match name {
        // A command that names no app may be tried out on behalf of one.
        OnBehalfOf::Key if !asked.app_id.is_empty() => Ok(Some(access.app(&asked.app_id)?)),
        name => order::named(access, name)?,
    };
    let rate = asked.rate.map(|rate| rate.parse()).transpose();
    let rate = rate.map_err(|why| Status::invalid_argument(format!("rate: {why}")))?;
    let work = |id: Option<String>| id.map(WorkId::from).filter(|work| !work.is_empty());
    let (failed_of, instead_of) = (work(asked.failed_of), work(asked.instead_of));
    let (fill, keeps_quiet, at) =
        (asked.fill_gaps, asked.keeps_quiet, asked.at.map(|at| from_time(Some(at))));
    let terms = TagTerms { fill, rate, failed_of, at, keeps_quiet, instead_of };
    // It takes the hub as long as the call itself, so it costs the caller as much.
    access.budget().spend_write()?;
    let caller = access.caller(app.as_ref().ok().copied().flatten(), by_person);
    let command = app.and_then(|app| {
        let command = CustomerCommand::try_from(command).map_err(|e| order::not_understood(&e))?;
        let command = command.having_seen(asked.seen_seq.map(Seq)).on_terms(terms);
        Ok(order::owned(command, app))
    });
    Ok(DryRunCall { org, caller, command })
}

/// The outlook of a request that is no command.
pub(super) fn not_understood(receipt: Receipt) -> Outlook {
    let text = receipt.description().to_owned();
    let finding = Finding { code: "invalid-request".to_owned(), level: Level::Block, text };
    Outlook { receipt: Some(receipt), findings: vec![finding], ..Outlook::default() }
}
