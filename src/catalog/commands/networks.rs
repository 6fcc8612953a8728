//! Commands about real networks: what becomes of a message of unknown outcome, and pausing a network.

use super::super::{
    BuildContext, BuildResult, Confirm, FieldErrors, FieldHelp, FieldKind, FieldSpec, Menu, Needs,
    Risk, Spec, Target, Values, VerbGroup, VerbSpec,
};
use super::{done, take};
use crate::model::{CustomerCommand, MessageId};

/// The commands of this family.
pub(super) const FAMILY: &[&Spec] = &[&UNKNOWN, &CARRIERS];

pub static UNKNOWN: Spec = Spec {
    id: "unknown",
    title: "Outcome unknown",
    menu: Menu {
        name: "decide-unknown",
        title: "decide",
        help: "say what becomes of a message of which nobody knows whether it arrived: leave it, or send it again",
        synonyms: "unknown outcome doubt again leave resend carrier network",
        hint: 93,
    },
    verb: VerbSpec {
        name: "unknown",
        group: VerbGroup::Networks,
        help: "Decide about messages of unknown outcome. Without --leave and --again it lists them.",
        example: "unknown --leave el_msg_7",
    },
    risk: Risk::R2,
    needs: Needs::Unknown,
    confirm: Confirm::None,
    hold: false,
    fields: &[
        FieldSpec::new(
            "leave",
            FieldKind::Line,
            FieldHelp {
                form: "The message's id: it is held to have arrived, and nothing is sent.",
                flag: "Hold the message with this id to have arrived: nothing is sent, and it is unknown no longer",
            },
        )
        .placeholder("el_msg_…"),
        FieldSpec::new(
            "again",
            FieldKind::Line,
            FieldHelp {
                form: "The message's id: it goes once more, and the customer may get it twice.",
                flag: "Send the message with this id once more: if the network has it after all, the customer gets it twice",
            },
        )
        .placeholder("el_msg_…"),
        FieldSpec::new(
            "attempt",
            FieldKind::Line,
            FieldHelp {
                form: "Which attempt is meant: nothing is done if it was handed over since. Empty: the last.",
                flag: "Which attempt is meant, as the list says: nothing is done if it was handed over since",
            },
        )
        .placeholder("the last"),
    ],
    build: decide,
    makes: |command| matches!(command, CustomerCommand::DecideUnknown { .. }),
};

pub static CARRIERS: Spec = Spec {
    id: "carriers",
    title: "Network",
    menu: Menu {
        name: "carriers",
        title: "network",
        help: "pause a network, or have it go on",
        synonyms: "carrier smpp hold stop brake",
        hint: 0,
    },
    verb: VerbSpec {
        name: "carriers",
        group: VerbGroup::Networks,
        help: "List real networks, or pause one. Messages wait meanwhile, and go when it goes on.",
        example: "carriers --pause safari",
    },
    // Resuming sends what waits, but a brake must not ask first, and neither must what lets it go.
    risk: Risk::R1,
    needs: Needs::Carrier,
    confirm: Confirm::None,
    hold: false,
    fields: &[
        FieldSpec::new(
            "pause",
            FieldKind::Line,
            FieldHelp {
                form: "Its id, as the settings have it: messages wait until it goes on.",
                flag: "Pause the network with this id: messages wait until it goes on, also after a restart",
            },
        )
        .placeholder("none"),
        FieldSpec::new(
            "resume",
            FieldKind::Line,
            FieldHelp {
                form: "Its id, as the settings have it: what waits goes.",
                flag: "Have the network with this id go on: what waits goes",
            },
        )
        .placeholder("none"),
    ],
    build: steer,
    makes: |command| matches!(command, CustomerCommand::PauseCarrier { .. }),
};

fn steer(v: &Values, _: &Target, _: &BuildContext) -> BuildResult {
    let mut e = FieldErrors::default();
    let chosen = match (v.get("pause").trim(), v.get("resume").trim()) {
        ("", "") => {
            e.add("pause", "say which network is paused or goes on");
            None
        }
        (id, "") => Some((id, true)),
        ("", id) => Some((id, false)),
        _ => {
            e.add("resume", "either this or pause, and not both");
            None
        }
    };
    let command = chosen
        .map(|(id, is_paused)| CustomerCommand::PauseCarrier { carrier: id.into(), is_paused });
    done(command, e)
}

/// The id of a message that was written.
fn message_id(text: &str) -> Result<MessageId, String> {
    if text.starts_with("el_msg_") && !text.contains(char::is_whitespace) {
        return Ok(MessageId::from(text));
    }
    Err("the id of a message, which begins with el_msg_".to_owned())
}

fn decide(v: &Values, _: &Target, _: &BuildContext) -> BuildResult {
    let mut e = FieldErrors::default();
    let attempt = match v.get("attempt").trim() {
        "" => None,
        text => {
            let number = text.parse::<u32>().ok().filter(|number| *number > 0);
            take("attempt", number.ok_or_else(|| "a number from 1".to_owned()), &mut e)
        }
    };
    let (leave, again) = (v.get("leave").trim(), v.get("again").trim());
    let chosen = match (leave, again) {
        ("", "") => {
            e.add("leave", "say which message: leave it here, or send it again below");
            None
        }
        (id, "") => take("leave", message_id(id), &mut e).map(|message| (message, false)),
        ("", id) => take("again", message_id(id), &mut e).map(|message| (message, true)),
        _ => {
            e.add("again", "either this or leave, and not both");
            None
        }
    };
    let command =
        chosen.map(|(message, again)| CustomerCommand::DecideUnknown { message, again, attempt });
    done(command, e)
}
