//! The declaration of one command: how the console and the command line offer it, what a mistake
//! costs, what must be chosen before it can be given, and what must be typed before it goes.

use super::{ALL, BuildContext, FieldErrors, FieldSpec, Target, Values, amount};
use crate::model::{ConsentAction, CustomerCommand, CustomerRef, Outlook, id::last_four};

/// How much a mistake costs (R-CONSOLE-6). The classes are ordered, and from R3 on something must be
/// typed before the command goes ([`Confirm`]).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Risk {
    /// It changes only what this program shows.
    R0,
    /// It changes something at the hub, and another command takes it back.
    R1,
    /// It reaches a customer.
    R2,
    /// It moves money, joins identities, or cannot be taken back.
    R3,
    /// It reaches many customers at once.
    R4,
}

impl Risk {
    /// What the key that lets a reviewed command go is called, wherever it is named.
    #[must_use]
    pub const fn verb(self) -> &'static str {
        match self {
            Self::R2 => "send",
            Self::R0 | Self::R1 | Self::R3 | Self::R4 => "apply",
        }
    }
}

/// What must be chosen before the command can be given; it is locked in the [`Target`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Needs {
    Customer,
    /// A message to a customer that has not left yet.
    Scheduled,
    /// A message of a customer, which is answered.
    Message,
    /// A USSD session that waits for a menu.
    Ussd,
    /// A call that waits for a plan.
    Call,
    /// A work by tag.
    Work,
    /// A message of which nobody knows whether it arrived.
    Unknown,
    /// A connection to a real network.
    Carrier,
    /// Nothing, but a customer that happens to be chosen is used.
    Anyone,
    /// Nothing, and a customer that happens to be chosen plays no part.
    Nothing,
}

/// What must be typed before a command goes, in the console as with `--confirm`. It differs from
/// command to command, so that nobody learns to type it without reading (R-CONSOLE-1).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Confirm {
    None,
    /// A word of its own, such as `delete`.
    Word(&'static str),
    /// `allow` for an opt-in, `block` for an opt-out.
    Consent,
    /// The amount without its currency, such as `1500`.
    Amount,
    /// How many customers are reached, which only a dry run tells.
    Count,
    /// The last four characters of the customer id that the merge will end.
    LastFour,
}

/// The answer of [`Confirm::asks`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Asks {
    Nothing,
    /// This text must be typed.
    Type(String),
    /// What must be typed is not known before a dry run.
    Outlook,
}

impl Asks {
    /// Whether what was typed confirms the command.
    #[must_use]
    pub fn accepts(&self, typed: &str) -> bool {
        match self {
            Self::Nothing => true,
            // An amount may be typed as it is written everywhere else: `1,500`.
            Self::Type(wanted) => *wanted == typed.trim().replace(',', ""),
            Self::Outlook => false,
        }
    }
}

impl Confirm {
    /// What must be typed for this command. `outlook` is its dry run, if there was one.
    #[must_use]
    pub fn asks(self, command: &CustomerCommand, outlook: Option<&Outlook>) -> Asks {
        match (self, command) {
            (Self::None, _) => Asks::Nothing,
            (Self::Word(word), _) => Asks::Type(word.into()),
            (Self::Consent, CustomerCommand::RequestConsent { action, .. }) => {
                let out = *action == ConsentAction::OptOut;
                Asks::Type(if out { "block" } else { "allow" }.into())
            }
            (Self::Amount, CustomerCommand::InitiatePayment { value, .. }) => {
                Asks::Type(amount::bare(*value))
            }
            (Self::Count, _) => match outlook.map(|o| o.audience.as_ref()) {
                Some(Some(audience)) => Asks::Type(audience.reached.to_string()),
                _ => Asks::Outlook,
            },
            (Self::LastFour, CustomerCommand::AdoptCustomer { other, .. }) => {
                let merge = outlook.and_then(|o| o.merge.as_ref());
                match (merge, other) {
                    (Some(merge), _) if !merge.other.is_empty() => {
                        Asks::Type(last_four(merge.other.as_str()).into())
                    }
                    (None, CustomerRef::Id(id)) => Asks::Type(last_four(id.as_str()).into()),
                    // Only a dry run tells whose id the merge ends, if it ends one at all.
                    (None, _) if outlook.is_none() => Asks::Outlook,
                    // An unknown number has no id: it is simply added (R-ADOPT-2).
                    (_, other) => Asks::Type(last_four(&other.to_string()).into()),
                }
            }
            (Self::Consent | Self::Amount | Self::LastFour, _) => Asks::Outlook,
        }
    }
    /// The help of `--confirm`; `None` if nothing must be typed, so that there is no such flag.
    #[must_use]
    pub fn help(self) -> Option<&'static str> {
        match self {
            Self::None => None,
            Self::Word("delete") => Some("Do it, though nothing brings it back: the word delete"),
            Self::Word(_) => Some("Do it: the name of this verb"),
            Self::Consent => Some("Do it: the word allow for an opt-in, block for an opt-out"),
            Self::Amount => Some("Do it: the amount again, without its currency, such as 1500"),
            Self::Count => Some("Do it: the number of customers it reaches, which --dry-run tells"),
            Self::LastFour => {
                Some("Do it: the last four characters of the id that will be no more")
            }
        }
    }
}

/// What a builder returns: the command, or everything that is wrong with the fields.
pub type BuildResult = Result<CustomerCommand, FieldErrors>;

/// Checks the fields and makes the command of them.
pub type Build = fn(&Values, &Target, &BuildContext) -> BuildResult;

/// How a command is offered among the actions of the console.
#[derive(Clone, Copy, Debug)]
pub struct Menu {
    /// The name of the action in a keymap file, which users write.
    pub name: &'static str,
    /// One or two words for the hint bar and menus, where it is written in lower case.
    pub title: &'static str,
    /// A line for the help screen and the palette, about the customer that is chosen.
    pub help: &'static str,
    /// Other words under which the palette finds it.
    pub synonyms: &'static str,
    /// The priority in the hint bar: a higher one stays longer when there is little room, and 0 is
    /// never shown there.
    pub hint: u8,
}

/// The heading under which `switchboard --help` lists a verb. Verbs that are no commands have
/// headings of their own, which only the command line knows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum VerbGroup {
    Messages,
    Customers,
    Reminders,
    ByTag,
    MoneyAndVoice,
    Networks,
}

/// How a command is offered on the command line.
#[derive(Clone, Copy, Debug)]
pub struct VerbSpec {
    /// What is typed after `switchboard`.
    pub name: &'static str,
    pub group: VerbGroup,
    /// The first lines of the verb's own help. Its first sentence stands in the list of all verbs,
    /// where it has 45 columns.
    pub help: &'static str,
    /// A whole line for a shell without the word `switchboard` in front. A backslash continues it on
    /// a second line. A test gives it to the parser and the builder.
    pub example: &'static str,
}

/// One command. Two are equal if they have the same id.
#[derive(Debug)]
pub struct Spec {
    /// The name that drafts and tests know it by; it never changes.
    pub id: &'static str,
    /// The title of its form.
    pub title: &'static str,
    pub menu: Menu,
    pub verb: VerbSpec,
    pub risk: Risk,
    pub needs: Needs,
    pub confirm: Confirm,
    /// Whether it waits in the outbox before it leaves, so that it can be taken back. Never where
    /// someone waits on the line.
    pub hold: bool,
    /// The fields in the order of the form, which puts the focus on the first that is shown.
    pub fields: &'static [FieldSpec],
    pub build: Build,
    /// Whether a command is one that this declaration makes.
    pub makes: fn(&CustomerCommand) -> bool,
}

impl PartialEq for Spec {
    fn eq(&self, other: &Self) -> bool {
        self.id == other.id
    }
}
impl Eq for Spec {}
impl std::hash::Hash for Spec {
    fn hash<H: std::hash::Hasher>(&self, state: &mut H) {
        self.id.hash(state);
    }
}

impl Spec {
    #[must_use]
    pub fn by_id(id: &str) -> Option<&'static Self> {
        ALL.iter().copied().find(|spec| spec.id == id)
    }
    /// The declaration that makes such a command. `None` only for `Meet`, which no agent gives: it is
    /// how an app looks a customer up and thereby creates them (D-LOOKUP).
    #[must_use]
    pub fn of(command: &CustomerCommand) -> Option<&'static Self> {
        ALL.iter().copied().find(|spec| (spec.makes)(command))
    }
    /// Whether it is a message or a reply to one customer, which a colleague's answer can stop (R-CONFLICT-1).
    #[must_use]
    pub fn is_message(&self) -> bool {
        [&super::MESSAGE, &super::REPLY].contains(&self)
    }
    /// Whether its command says how far its sender has seen the log (R-CONFLICT-1, R-LATER-3).
    #[must_use]
    pub fn says_seen(&self) -> bool {
        self.is_message() || *self == super::EDIT_SCHEDULED
    }
    /// Whether it steers a row of a list by keys of that list, so that it has no key and no row in menus.
    #[must_use]
    pub fn is_steering(&self) -> bool {
        matches!(self.needs, Needs::Work | Needs::Carrier)
    }
    #[must_use]
    pub fn field(&self, name: &str) -> Option<&'static FieldSpec> {
        self.fields.iter().find(|field| field.name == name)
    }
    /// Whether a field is shown, given the values of the others. An empty choice counts as its first word.
    #[must_use]
    pub fn is_shown(&self, field: &FieldSpec, values: &Values) -> bool {
        let has = |(name, words): &(&str, &[&str])| {
            let value = match values.get(name).trim() {
                "" => self.field(name).map_or("", FieldSpec::initial),
                value => value,
            };
            words.iter().any(|word| word.eq_ignore_ascii_case(value))
        };
        field.when.is_empty() || field.when.iter().any(has)
    }
    /// Whether one of its fields names the customer by number, so that no customer has to
    /// be given besides.
    #[must_use]
    pub fn names_recipient(&self) -> bool {
        let number = |f: &FieldSpec| f.kind == super::FieldKind::Number && f.when.is_empty();
        self.fields.iter().any(number)
    }
}
