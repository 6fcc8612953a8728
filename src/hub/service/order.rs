//! Every call that changes something: who asks, in which app's name, under which idempotency key,
//! for what; then the engine's receipt as the reply. No rule lives here, and nothing here knows over
//! which wire a call came: it is who asks, what travels beside the message, and the message.

use super::Backend;
use crate::{
    hub::auth::Access,
    model::{AppId, CallId, Caller, Command, CustomerCommand, OrgId, Receipt, WorkId, receipt},
    rules::World,
    wire::{
        self,
        operation::{OnBehalfOf, Operation},
    },
};
use std::{fmt::Display, time::Duration};
use tonic::Status;

/// What travels beside a message.
#[derive(Clone, Debug)]
pub struct Meta {
    /// The idempotency key, if it has one (decision D-IDEM).
    pub call: Option<CallId>,
    /// Why a customer is asked to agree, or opted out; empty if nobody says. The contract has no
    /// field for it (decision D-WIRE-EXTRA).
    pub reason: Result<String, &'static str>,
    /// How long a lease call may wait for its turn.
    pub patience: Duration,
}

/// A call that was let in and understood.
pub(super) struct Asked {
    pub access: Access,
    pub org: OrgId,
    pub caller: Caller,
    pub call: Option<(CallId, [u8; 32])>,
    pub command: CustomerCommand,
}

/// The app in whose name a request is made; `None` if it does not say.
pub(super) fn named<'a>(
    access: &'a Access,
    name: OnBehalfOf<'_>,
) -> Result<Option<&'a AppId>, Status> {
    match name {
        OnBehalfOf::Key => Ok(None),
        OnBehalfOf::App(app) => access.app(app).map(Some),
        // Any app but the reminder's makes the rule refuse it, in the reply.
        OnBehalfOf::Reminder(app) => Ok(access.app(app).ok().or(access.apps().first())),
    }
}

impl Backend {
    /// Has a request's command decided and answers with its receipt. A request that is no command
    /// is refused in the reply too; a status is left for who may not ask, and for faults.
    pub async fn order<R: Operation>(
        &self,
        access: Access,
        meta: Meta,
        request: R,
    ) -> Result<R::Reply, Status> {
        let org = access.org(request.org())?.clone();
        let app = named(&access, request.on_behalf_of())?.cloned();
        access.budget().spend_write()?;
        let mut said = request.encode_to_vec();
        let command = match understand(request, &meta, &mut said) {
            Ok(command) => command,
            Err(receipt) => return Ok((&receipt).into()),
        };
        let call = meta.call.map(|id| (id, wire::digest(R::PATH, &said)));
        let caller = access.caller(app.as_ref());
        let asked = Asked { access, org, caller, call, command };
        Ok((&self.obey(asked, meta.patience).await?).into())
    }

    async fn obey(&self, asked: Asked, patience: Duration) -> Result<Receipt, Status> {
        if let CustomerCommand::LeaseMetadata { customer, key } = &asked.command {
            let (customer, key) = (customer.clone(), key.clone());
            return self.lease(asked, customer, key, patience).await;
        }
        if let CustomerCommand::SteerWork { work, .. } = &asked.command {
            self.may_steer(&asked, work.clone()).await?;
        }
        let Asked { org, caller, call, command, .. } = asked;
        Ok(self.hub.submit(&org, caller, call, Command::from(command)).await?)
    }

    /// Work is an app's own, and steered by those who may act for the app (R-AUTH-1).
    async fn may_steer(&self, asked: &Asked, id: WorkId) -> Result<(), Status> {
        let of = move |world: &World| world.works().find(|work| work.id == id)?.app.clone();
        match self.hub.read(&asked.org, of).await? {
            Some(app) => asked.access.app(app.as_str()).map(drop),
            None => Ok(()),
        }
    }
}

/// The command of a request and what travels beside it, which then belongs to what an idempotency
/// key stands for.
fn understand(
    request: impl Operation,
    meta: &Meta,
    said: &mut Vec<u8>,
) -> Result<CustomerCommand, Receipt> {
    let mut command = request.command().map_err(|e| not_understood(&e))?;
    if let CustomerCommand::RequestConsent { reason, .. } = &mut command {
        reason.clone_from(meta.reason.as_ref().map_err(|fault| not_understood(fault))?);
        said.extend_from_slice(reason.as_bytes());
    }
    Ok(command)
}

/// A request that is no command is refused in the reply, as by a rule; the reply's family has a
/// code for it (R-AUTH-2).
pub(super) fn not_understood(fault: &dyn Display) -> Receipt {
    receipt::state(false, fault.to_string(), None)
}
