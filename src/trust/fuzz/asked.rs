//! What clients ask. A dry run carries the request of any command, so that dry runs, one after the other, are everything
//! that an org can be asked to do.

use super::stored;
use crate::{
    hub::config::HubConfig,
    model::{
        Actor, Caller, Command, CustomerCommand, Entry, EntryId, NetworkCommand, OrgSettings, Seq,
        StoredCall, Timestamp,
    },
    rules::{self, Ctx, World, check_books},
    wire::{operation, proto::v1::DryRunRequest, request},
};
use prost::Message as _;
use std::{sync::LazyLock, time::Duration};

/// How many commands are decided of one input.
const MOST: usize = 12;
/// How much time passes with each of them.
const STEP: Duration = Duration::from_mins(20);

static SETTINGS: LazyLock<OrgSettings> = LazyLock::new(|| {
    let (config, _) = HubConfig::embedded(None).expect("the built-in settings");
    config.orgs[0].settings.clone()
});

/// An org that is asked for one thing after the other.
pub(super) struct AskedOrg {
    world: World,
    now: Timestamp,
    fresh: u128,
    caller: Caller,
}

impl AskedOrg {
    pub(super) fn new() -> Self {
        let caller =
            Caller { app: SETTINGS.apps.first().cloned(), actor: Actor::Key("console".into()) };
        Self { world: stored::WORLD.clone(), now: *stored::NOW, fresh: 1 << 100, caller }
    }

    /// Does this as a hub would, with the ids that are next.
    fn with_ctx<T>(&self, what: impl FnOnce(&World, &mut Ctx<'_>) -> T) -> T {
        let mut ids = self.fresh;
        let mut fresh = || {
            ids += 1;
            ids.to_be_bytes()
        };
        let (now, caller) = (self.now, &self.caller);
        what(&self.world, &mut Ctx { now, settings: &SETTINGS, caller, fresh: &mut fresh })
    }

    /// Decides a command and stores what it leads to, as a hub does. Returns whether anything was stored.
    pub(super) fn decide(&mut self, command: &Command) -> bool {
        let decision = self.with_ctx(|world, ctx| rules::decide(world, command, ctx));
        if let Command::Customer(command) = command {
            let outlook = self.with_ctx(|world, ctx| rules::outlook(world, command, ctx));
            let said = outlook.receipt.as_ref();
            assert_eq!(said, Some(&decision.receipt), "a dry run of {command:?} is the decision");
        }
        let Self { world, now, fresh, .. } = self;
        *fresh += 1 << 32;
        if decision.events.is_empty() {
            return false;
        }
        let (seq, prev_id) = world.head();
        let call = StoredCall { id: "fuzz".into(), digest: [7; 32], receipt: decision.receipt };
        let entry = Entry {
            org: SETTINGS.id.clone(),
            seq: Seq(seq.0 + 1),
            id: EntryId(fresh.to_be_bytes()),
            prev_id,
            at: *now,
            events: decision.events,
            call: Some(call),
        };
        stored::written_again(&entry);
        assert!(world.apply(&entry));
        assert_eq!(check_books(world), Ok(()), "after {command:?}");
        true
    }

    /// Lets time pass, and does what is due then.
    fn pass(&mut self) {
        self.now = self.now.after(STEP);
        if self.world.next_due(&SETTINGS).is_some_and(|due| due <= self.now) {
            self.decide(&NetworkCommand::Sweep.into());
        }
    }

    fn ask(&mut self, asked: DryRunRequest) {
        let seen = asked.seen_seq.map(Seq);
        let Some(request) = asked.command else { return };
        let _ = operation::heading(&request);
        let command = match CustomerCommand::try_from(request) {
            Ok(command) => command,
            Err(why) => return assert!(!why.what.is_empty()),
        };
        let app = self.caller.app.clone().unwrap_or_default();
        let again = request::of(&command, &SETTINGS.id, &app);
        let again = CustomerCommand::try_from(again);
        // A number may be none, which is equal to nothing, so that texts are compared.
        assert_eq!(format!("{again:?}"), format!("{:?}", Ok::<_, ()>(&command)));
        self.decide(&command.having_seen(seen).into());
    }
}

/// Dry runs, each behind its length.
pub(super) fn request(bytes: &[u8]) {
    let (mut org, mut rest) = (AskedOrg::new(), bytes);
    for _ in 0..MOST {
        match DryRunRequest::decode_length_delimited(&mut rest) {
            Ok(asked) => org.ask(asked),
            Err(_) => break,
        }
        org.pass();
        if rest.is_empty() {
            break;
        }
    }
}
