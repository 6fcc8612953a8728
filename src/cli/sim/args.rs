//! The `sim` verbs. One declaration serves the command line and the steps of a story: the flags
//! of an act are the keys of its step (docs/sandbox.md).

use crate::model::phone::{Outcome, Will};
use clap::{Args, Subcommand, ValueEnum, builder::PossibleValue};
use serde::Deserialize;
use std::path::PathBuf;

/// `switchboard sim`.
#[derive(Args, Debug)]
pub struct Sim {
    /// How to print.
    #[arg(long, value_enum, global = true, default_value_t = SimFormat::Text)]
    pub format: SimFormat,
    /// What happens.
    #[command(subcommand)]
    pub verb: SimVerb,
}

/// How the `sim` verbs print.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum SimFormat {
    /// For people.
    Text,
    /// For programs: one JSON object per line.
    Json,
}

/// Everything `sim` can do.
#[derive(Debug, Subcommand)]
pub enum SimVerb {
    /// What phones, networks and time do.
    #[command(flatten)]
    Act(ActVerb),
    /// Show what reaches a phone from now on, line by line.
    Watch {
        /// The phone: +254…, telegram:….
        phone: String,
        /// Stop after so many lines.
        #[arg(long, value_name = "N")]
        count: Option<u64>,
    },
    /// Play a story: a file of steps, or the name of a built-in one (registration).
    ///
    /// Ends with 1 at the first step that does not come out as the story says.
    Run {
        /// The file (docs/sandbox.md has the format), or a built-in story.
        story: PathBuf,
    },
    /// List the magic numbers: one for every outcome that a phone or a network decides.
    Numbers,
}

/// What a phone, a network or the clock does. SESSION and PAYMENT are ids, or a phone: then its
/// newest that is not over.
#[derive(Clone, Debug, PartialEq, Subcommand, Deserialize)]
#[serde(tag = "sim", rename_all = "kebab-case", rename_all_fields = "kebab-case")]
#[serde(deny_unknown_fields)]
pub enum ActVerb {
    /// A customer writes to the org.
    Message {
        /// Who: +254…, telegram:….
        phone: String,
        /// What.
        text: String,
        /// To which of the org's numbers: `sms`, `whatsapp`, `sms 40404` [default: its first that fits].
        #[arg(long, value_name = "LINE")]
        to: Option<String>,
    },
    /// A customer writes STOP by sms, and is opted out (R-CONSENT-4).
    Stop {
        /// Who.
        phone: String,
        /// To which of the org's numbers [default: its first for sms].
        #[arg(long, value_name = "LINE")]
        to: Option<String>,
    },
    /// A customer writes START by sms, which takes a STOP back.
    Start {
        /// Who.
        phone: String,
        /// To which of the org's numbers [default: its first for sms].
        #[arg(long, value_name = "LINE")]
        to: Option<String>,
    },
    /// A customer dials a USSD code. Answers with the session.
    Dial {
        /// Who.
        phone: String,
        /// The code [default: the org's first].
        code: Option<String>,
        /// Digits dialled after the code, such as 1*2.
        #[arg(long, value_name = "KEYS")]
        input: Option<String>,
    },
    /// A customer types into a USSD session that has shown its menu.
    Type {
        /// Its id, or a phone: its newest session.
        session: String,
        /// What.
        #[arg(allow_hyphen_values = true)]
        input: String,
    },
    /// A customer leaves a USSD session.
    Leave {
        /// Its id, or a phone: its newest session.
        session: String,
    },
    /// A customer calls the org. Answers with the session.
    Call {
        /// Who.
        phone: String,
        /// Which of the org's voice numbers [default: its first].
        #[arg(long, value_name = "LINE")]
        to: Option<String>,
    },
    /// A called phone is picked up. (Phones do by themselves; see `sim phone --picks-up wait`.)
    PickUp {
        /// The call's id, or a phone: its newest call.
        session: String,
    },
    /// A called phone rejects the call.
    Reject {
        /// The call's id, or a phone: its newest call.
        session: String,
    },
    /// Keys are pressed in a call.
    Press {
        /// The call's id, or a phone: its newest call.
        session: String,
        /// 0 to 9, * and #.
        #[arg(allow_hyphen_values = true)]
        digits: String,
    },
    /// A phone hangs up.
    HangUp {
        /// The call's id, or a phone: its newest call.
        session: String,
        /// How long they talked, such as 90s or 2m.
        #[arg(long, value_name = "TIME")]
        talked: Option<String>,
    },
    /// A customer pays the org on their own. Answers with the payment.
    Pay {
        /// Who.
        phone: String,
        /// How much, such as `KES 1500` in one argument.
        amount: String,
        /// To which of the org's payment numbers [default: its first].
        #[arg(long, value_name = "LINE")]
        to: Option<String>,
    },
    /// The payer confirms a payment that waits for them (300).
    Confirm {
        /// Its id, or a phone: its newest payment.
        payment: String,
    },
    /// The payer refuses a payment that waits for them (403).
    Refuse {
        /// Its id, or a phone: its newest payment.
        payment: String,
    },
    /// A payment moves on to any status, such as 400 failed or 500 reversed.
    Report {
        /// Its id, or a phone: its newest payment.
        payment: String,
        /// The code of its new status; `sim numbers` lists them.
        #[arg(value_parser = status)]
        code: i32,
    },
    /// A customer agrees to an opt-in request.
    Agree {
        /// Who.
        phone: String,
        /// On which of the org's numbers [default: its first that fits].
        #[arg(long, value_name = "LINE")]
        to: Option<String>,
    },
    /// A customer does not agree to an opt-in request.
    Disagree {
        /// Who.
        phone: String,
        /// On which of the org's numbers [default: its first that fits].
        #[arg(long, value_name = "LINE")]
        to: Option<String>,
    },
    /// Money comes into a purse from outside.
    Fund {
        /// Which purse.
        purse: String,
        /// How much, such as `KES 50000` in one argument.
        amount: String,
    },
    /// What becomes of messages to a phone from now on.
    Deliver {
        /// Which phone.
        phone: String,
        /// What.
        #[arg(value_enum)]
        outcome: Outcome,
    },
    /// How a phone behaves from now on; what is not said is as phones do.
    Phone {
        /// Which phone.
        phone: String,
        /// When it is called.
        #[arg(long, value_enum, value_name = "WILL")]
        picks_up: Option<Will>,
        /// When it is asked to pay.
        #[arg(long, value_enum, value_name = "WILL")]
        pays: Option<Will>,
        /// When it is asked for an opt-in.
        #[arg(long, value_enum, value_name = "WILL")]
        consents: Option<Will>,
        /// What it presses when keys are asked for.
        #[arg(long, value_name = "KEYS")]
        digits: Option<String>,
    },
    /// Move the org's clock forward, such as +24h: what comes due by then comes due at once.
    Clock {
        /// By how much: 30s, 15m, +24h, +7d.
        #[arg(allow_hyphen_values = true)]
        by: String,
    },
}

fn status(text: &str) -> Result<i32, String> {
    text.parse().map_err(|_| "a status is a number, such as 400 for failed".to_owned())
}

impl ValueEnum for Outcome {
    fn value_variants<'a>() -> &'a [Self] {
        &Self::ALL
    }
    fn to_possible_value(&self) -> Option<PossibleValue> {
        let (word, meaning) = self.words();
        Some(PossibleValue::new(word).help(meaning))
    }
}

impl ValueEnum for Will {
    fn value_variants<'a>() -> &'a [Self] {
        &Self::ALL
    }
    fn to_possible_value(&self) -> Option<PossibleValue> {
        let (word, meaning) = self.words();
        Some(PossibleValue::new(word).help(meaning))
    }
}
