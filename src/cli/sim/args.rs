//! The `sim` verbs. One declaration serves the command line and the steps of stories, so the flags
//! of an act are the keys of its step (docs/sandbox.md).
//!
//! Doc comments here are help texts, as in `cli/args.rs`.

use crate::{
    cli::{args::OutputFormat, help::example},
    model::phone::{Outcome, Will},
};
use clap::{Args, Subcommand, ValueEnum, builder::PossibleValue};
use serde::Deserialize;
use std::path::PathBuf;

/// The arguments of `switchboard sim`.
#[derive(Args, Debug)]
pub struct Sim {
    /// Print text, or one JSON object per line
    #[arg(long, value_enum, global = true, default_value_t = OutputFormat::Text)]
    pub format: OutputFormat,
    #[command(subcommand)]
    pub verb: SimVerb,
}

/// Everything that `sim` can do.
#[derive(Debug, Subcommand)]
pub enum SimVerb {
    #[command(flatten)]
    Act(ActVerb),
    /// Show what reaches a phone from now on, line by line.
    #[command(after_help = example("sim watch +254711000101 --count 3"))]
    Watch {
        /// The phone: +254…, telegram:…
        phone: String,
        /// Stop after so many lines
        #[arg(long, value_name = "N")]
        count: Option<u64>,
    },
    /// Play a story: a file of steps, or a built-in one (registration). Ends with 1 at the first step
    /// that does not come out as the story says. docs/sandbox.md describes the file.
    #[command(after_help = example("sim run registration"))]
    Run {
        /// The file, or the name of a built-in story
        story: PathBuf,
    },
    /// List the magic numbers. There is one for every outcome that a phone or a network decides.
    #[command(after_help = example("sim numbers --format json"))]
    Numbers,
}

/// What a phone, a network or the clock does. A session or payment is named by its id, or by a phone:
/// then its newest one that is not over is meant.
#[derive(Clone, Debug, PartialEq, Subcommand, Deserialize)]
#[serde(tag = "sim", rename_all = "kebab-case", rename_all_fields = "kebab-case")]
#[serde(deny_unknown_fields)]
pub enum ActVerb {
    /// A customer writes to the org.
    #[command(after_help = example("sim message +254711000101 'Habari' --to whatsapp"))]
    Message {
        /// The customer's phone: +254…, telegram:…
        phone: String,
        /// What the customer writes
        text: String,
        /// The org's number: `sms`, `whatsapp`, `sms 40404` [default: its first that fits]
        #[arg(long, value_name = "NUMBER")]
        to: Option<String>,
    },
    /// A customer writes STOP by sms, and is opted out.
    #[command(after_help = example("sim stop +254711000101"))]
    Stop {
        /// The customer's phone
        phone: String,
        /// The org's number [default: its first for sms]
        #[arg(long, value_name = "NUMBER")]
        to: Option<String>,
    },
    /// A customer writes START by sms, which takes a STOP back.
    #[command(after_help = example("sim start +254711000101"))]
    Start {
        /// The customer's phone
        phone: String,
        /// The org's number [default: its first for sms]
        #[arg(long, value_name = "NUMBER")]
        to: Option<String>,
    },
    /// A customer dials a USSD code. The answer has the session's id.
    #[command(after_help = example("sim dial +254711000101 '*385#' --input 1"))]
    Dial {
        /// The customer's phone
        phone: String,
        /// The code [default: the org's first]
        code: Option<String>,
        /// Digits dialled after the code, such as 1*2
        #[arg(long, value_name = "KEYS")]
        input: Option<String>,
    },
    /// A customer types into a USSD session that has shown its menu.
    #[command(after_help = example("sim type +254711000101 1"))]
    Type {
        /// Its id, or a phone for its newest session
        session: String,
        /// What the customer types
        #[arg(allow_hyphen_values = true)]
        input: String,
    },
    /// A customer leaves a USSD session.
    #[command(after_help = example("sim leave +254711000101"))]
    Leave {
        /// Its id, or a phone for its newest session
        session: String,
    },
    /// A customer calls the org. The answer has the session's id.
    #[command(after_help = example("sim call +254711000101"))]
    Call {
        /// The customer's phone
        phone: String,
        /// The org's voice number [default: its first]
        #[arg(long, value_name = "NUMBER")]
        to: Option<String>,
    },
    /// A called phone is picked up. Phones do that by themselves, unless `sim phone` said otherwise.
    #[command(after_help = example("sim pick-up +254711000101"))]
    PickUp {
        /// The call's id, or a phone for its newest call
        session: String,
    },
    /// A called phone rejects the call.
    #[command(after_help = example("sim reject +254711000101"))]
    Reject {
        /// The call's id, or a phone for its newest call
        session: String,
    },
    /// Keys are pressed in a call.
    #[command(after_help = example("sim press +254711000101 1234#"))]
    Press {
        /// The call's id, or a phone for its newest call
        session: String,
        /// The keys: 0 to 9, * and #
        #[arg(allow_hyphen_values = true)]
        digits: String,
    },
    /// A phone hangs up.
    #[command(after_help = example("sim hang-up +254711000101 --talked 90s"))]
    HangUp {
        /// The call's id, or a phone for its newest call
        session: String,
        /// How long they talked, such as 90s or 2m [default: not at all]
        #[arg(long, value_name = "TIME")]
        talked: Option<String>,
    },
    /// A customer pays the org on their own. The answer has the payment's id.
    #[command(after_help = example("sim pay +254711000101 'KES 150'"))]
    Pay {
        /// The customer's phone
        phone: String,
        /// How much, such as 'KES 1500' in one argument
        amount: String,
        /// The org's payment number [default: its first]
        #[arg(long, value_name = "NUMBER")]
        to: Option<String>,
    },
    /// The payer confirms a payment that waits for them (300).
    #[command(after_help = example("sim confirm +254711000101"))]
    Confirm {
        /// Its id, or a phone for its newest payment
        payment: String,
    },
    /// The payer refuses a payment that waits for them (403).
    #[command(after_help = example("sim refuse +254711000101"))]
    Refuse {
        /// Its id, or a phone for its newest payment
        payment: String,
    },
    /// A payment moves on to any status, such as 400 failed.
    #[command(after_help = example("sim report +254711000101 400"))]
    Report {
        /// Its id, or a phone for its newest payment
        payment: String,
        /// The code of its new status; `sim numbers` lists them
        #[arg(value_parser = status)]
        code: i32,
    },
    /// A customer agrees to an opt-in request.
    #[command(after_help = example("sim agree +254711000101"))]
    Agree {
        /// The customer's phone
        phone: String,
        /// The org's number [default: its first that fits]
        #[arg(long, value_name = "NUMBER")]
        to: Option<String>,
    },
    /// A customer does not agree to an opt-in request.
    #[command(after_help = example("sim disagree +254711000101"))]
    Disagree {
        /// The customer's phone
        phone: String,
        /// The org's number [default: its first that fits]
        #[arg(long, value_name = "NUMBER")]
        to: Option<String>,
    },
    /// Money comes into a purse from outside.
    #[command(after_help = example("sim fund till 'KES 50000'"))]
    Fund {
        /// The id of the purse
        purse: String,
        /// How much, such as 'KES 50000' in one argument
        amount: String,
    },
    /// Decide what becomes of messages to a phone.
    #[command(after_help = example("sim deliver +254711000101 never"))]
    Deliver {
        /// The phone, whose customer need not exist yet
        phone: String,
        /// What becomes of them
        #[arg(value_enum)]
        outcome: Outcome,
    },
    /// Decide how a phone behaves. What is not given is as phones do it.
    #[command(after_help = example("sim phone +254711000101 --pays wait --digits 12"))]
    Phone {
        /// The phone, whose customer need not exist yet
        phone: String,
        /// What it does when it is called
        #[arg(long, value_enum, value_name = "WILL")]
        picks_up: Option<Will>,
        /// What it does when it is asked to pay
        #[arg(long, value_enum, value_name = "WILL")]
        pays: Option<Will>,
        /// What it does when it is asked for an opt-in
        #[arg(long, value_enum, value_name = "WILL")]
        consents: Option<Will>,
        /// What it presses when keys are asked for
        #[arg(long, value_name = "KEYS")]
        digits: Option<String>,
    },
    /// Move the org's clock forward. What comes due by then comes due at once.
    #[command(after_help = example("sim clock +24h"))]
    Clock {
        /// By how much: 30s, 15m, +24h, +7d
        #[arg(allow_hyphen_values = true)]
        by: String,
    },
}

/// Reads the code of a status.
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
