//! The one way of every call that changes something. It finds out who asks, on behalf of which app, under
//! which idempotency key and for what, submits the command, and gives the engine's receipt as the reply.
//! No rule lives here, and nothing here knows over which wire a call came: all it gets is the caller's
//! access, what travels beside the message (`Meta`), and the message.

use super::Backend;
use crate::{
    hub::{
        auth::{Access, NoApp},
        limits,
    },
    model::{
        AppId, CallId, Caller, Command, CustomerCommand, CustomerRef, MessageId, OrgId, Receipt,
        Seq, TagTerms, WorkId, receipt,
    },
    rules::World,
    wire::{
        self,
        operation::{OnBehalfOf, Operation},
    },
};
use std::{fmt::Display, time::Duration};
use tonic::Status;

/// What travels beside a message, in the metadata of a gRPC call.
#[derive(Clone, Debug)]
pub struct Meta {
    /// The idempotency key, if the call has one (D-IDEM).
    pub call: Option<CallId>,
    /// The reason for which a customer is asked to agree or is opted out, empty if none is given. It
    /// travels here because the contract has no field for it (D-WIRE-EXTRA). `Err` says why it is no
    /// reason; that matters only to a request that takes one.
    pub reason: Result<String, &'static str>,
    /// How long the call may wait for its turn, if it asks for a lease.
    pub patience: Duration,
    /// Whether a person sends it, and not a program (R-WAIT-2).
    pub by_person: bool,
    /// How far the sender has seen what was said to the customer, if the call says so (R-CONFLICT-1). It matters
    /// only to a message or a reply. It is no part of what an idempotency key stands for, because it changes
    /// whether something is done and not what is done.
    pub seen: Option<Seq>,
    /// What is said of a message by tag beside its request. Unlike what was seen, it is part of what an idempotency
    /// key stands for.
    pub terms: TagTerms,
}

/// A call whose caller may make it and whose command is understood.
pub(super) struct AdmittedCall {
    pub access: Access,
    pub org: OrgId,
    pub caller: Caller,
    pub call: Option<(CallId, [u8; 32])>,
    pub command: CustomerCommand,
}

/// The app on whose behalf a request is made; `None` if the request has no field for it. The inner error
/// is the refusal of a request that has to name one (R-AUTH-2).
pub(super) fn named<'a>(
    access: &'a Access,
    name: OnBehalfOf<'_>,
) -> Result<Result<Option<&'a AppId>, Receipt>, Status> {
    let (app, reminder) = match name {
        OnBehalfOf::Key => return Ok(Ok(None)),
        OnBehalfOf::App(app) => (app, false),
        OnBehalfOf::Reminder(app) => (app, true),
    };
    match access.app(app) {
        Ok(app) => Ok(Ok(Some(app))),
        Err(NoApp::Unnamed(why)) => Ok(Err(not_understood(&why))),
        // Another app is taken, so that the rule refuses the reminder in its reply (R-REM-4).
        Err(NoApp::Foreign) if reminder => Ok(Ok(access.apps().first())),
        Err(NoApp::Foreign) => Err(NoApp::Foreign.into()),
    }
}

/// A reminder that names no app is that of the app on whose behalf it is set (D-ZERO).
pub(super) fn owned(mut command: CustomerCommand, app: Option<&AppId>) -> CustomerCommand {
    if let CustomerCommand::AddReminder { reminder, .. }
    | CustomerCommand::AddReminderByTag { reminder, .. } = &mut command
        && let (Some(app), true) = (app, reminder.app.is_empty())
    {
        reminder.app.clone_from(app);
    }
    command
}

impl Backend {
    /// Has the command of a request decided, and gives its receipt. A request that is no
    /// command is refused in the receipt too. A status is only for callers who may not ask, and for faults.
    pub async fn order<R: Operation>(
        &self,
        access: Access,
        meta: Meta,
        request: R,
    ) -> Result<Receipt, Status> {
        let org = access.org(request.org())?.clone();
        let app = named(&access, request.on_behalf_of())?.map(Option::<&AppId>::cloned);
        access.budget().spend_write()?;
        // Only a call with a key is ever compared with another one.
        let mut said = meta.call.as_ref().map(|_| request.encode_to_vec()).unwrap_or_default();
        let understood = app.and_then(|app| Ok((understand(request, &meta, &mut said)?, app)));
        let (command, app) = match understood {
            Ok((command, app)) => (owned(command, app.as_ref()), app),
            Err(receipt) => return Ok(receipt),
        };
        let call = meta.call.map(|id| (id, wire::digest(R::PATH, &said)));
        let caller = access.caller(app.as_ref(), meta.by_person);
        let asked = AdmittedCall { access, org, caller, call, command };
        self.obey(asked, meta.patience).await
    }

    async fn obey(&self, asked: AdmittedCall, patience: Duration) -> Result<Receipt, Status> {
        if let CustomerCommand::LeaseMetadata { customer, key } = &asked.command {
            let (customer, key) = (customer.clone(), key.clone());
            let revoked = asked.access.revoked();
            // Whoever is not served any more gives up the place in the queue.
            return tokio::select! {
                receipt = self.lease(asked, customer, key, patience) => receipt,
                () = revoked.cancelled() => Err(limits::revoked()),
            };
        }
        if let CustomerCommand::SteerWork { work, .. } = &asked.command {
            self.may_steer(&asked, work.clone()).await?;
        }
        if let CustomerCommand::EditScheduled { customer, message, .. }
        | CustomerCommand::CancelScheduled { customer, message } = &asked.command
        {
            self.may_change(&asked, customer.clone(), message.clone()).await?;
        }
        let AdmittedCall { org, caller, call, command, .. } = asked;
        Ok(self.hub.submit(&org, caller, call, Command::from(command)).await?)
    }

    /// Refuses callers who may not act for the app that the work belongs to (R-AUTH-1). Work of no app is
    /// the org's (R-AUTH-3), and of work that is not there the rule says so.
    async fn may_steer(&self, asked: &AdmittedCall, id: WorkId) -> Result<(), Status> {
        let of = move |world: &World| {
            world.works().find(|work| work.id == id).map(|work| work.app.clone())
        };
        match self.hub.read(&asked.org, of).await? {
            Some(Some(app)) => Ok(asked.access.app(app.as_str()).map(drop)?),
            Some(None) => asked.access.whole_org(),
            None => Ok(()),
        }
    }

    /// Refuses callers who may not act for the app in whose name a scheduled message goes (R-LATER-3), in the same way.
    async fn may_change(
        &self,
        asked: &AdmittedCall,
        customer: CustomerRef,
        id: MessageId,
    ) -> Result<(), Status> {
        let settings = self.hub.settings(&asked.org).unwrap_or_default();
        let now = self.hub.now(&asked.org);
        let of = move |world: &World| {
            let customer = world.customer(&customer, &settings, now)?;
            customer.scheduled(&id).map(|message| message.app.clone())
        };
        match self.hub.read(&asked.org, of).await? {
            Some(Some(app)) => Ok(asked.access.app(app.as_str()).map(drop)?),
            Some(None) => asked.access.whole_org(),
            None => Ok(()),
        }
    }
}

/// The command of a request. A reason that travels beside the request goes into the command and into
/// `said`, the bytes that an idempotency key stands for.
fn understand(
    request: impl Operation,
    meta: &Meta,
    said: &mut Vec<u8>,
) -> Result<CustomerCommand, Receipt> {
    let mut command = request.command().map_err(|e| not_understood(&e))?.having_seen(meta.seen);
    command = command.on_terms(meta.terms.clone());
    said.extend_from_slice(command.terms().said().as_bytes());
    if let CustomerCommand::RequestConsent { reason, .. } = &mut command {
        reason.clone_from(meta.reason.as_ref().map_err(|fault| not_understood(fault))?);
        said.extend_from_slice(reason.as_bytes());
    }
    Ok(command)
}

/// The refusal of a request that is no command. It goes into the reply like a refusal by a rule, and
/// becomes the code that the reply's family has for it (R-AUTH-2).
pub(super) fn not_understood(fault: &dyn Display) -> Receipt {
    receipt::state(false, fault.to_string(), None)
}
