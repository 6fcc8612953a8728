//! A command as agents meet it: what it is called, what it costs to be wrong, what must be chosen
//! before it can be given and what must be typed before it goes.

use super::{ALL, Context, FieldErrors, FieldSpec, Target, Values, amount};
use crate::model::{ConsentAction, CustomerCommand, CustomerRef, Outlook, id::last_four};

/// How much a mistake costs (console.md C5).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Risk {
    /// Local only.
    R0,
    /// Remote, and another command takes it back.
    R1,
    /// Reaches a customer.
    R2,
    /// Money, identity, or nothing brings it back: a word must be typed.
    R3,
    /// Many targets at once: their number must be typed.
    R4,
}

impl Risk {
    /// What the key that lets a reviewed command go says it does, wherever that key is named.
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
    /// A customer.
    Customer,
    /// A message of a customer.
    Message,
    /// A USSD session that waits for a menu.
    Ussd,
    /// A call that waits for a plan.
    Call,
    /// A work by tag.
    Work,
    /// Nothing; a customer that happens to be chosen is used.
    Anyone,
    /// Nothing; a customer that happens to be chosen plays no part.
    Nothing,
}

/// What must be typed before a command goes (console.md C5, H1).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Confirm {
    /// Nothing.
    None,
    /// That word.
    Word(&'static str),
    /// `allow` for an opt-in, `block` for an opt-out.
    Consent,
    /// The amount, without currency: `1500`.
    Amount,
    /// How many are reached; only a dry run knows.
    Count,
    /// The last four characters of the customer id that will be no more.
    LastFour,
}

/// The answer of [`Confirm::asks`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Asks {
    /// Nothing is to be typed.
    Nothing,
    /// This is to be typed.
    Type(String),
    /// A dry run must be looked at first.
    Outlook,
}

impl Asks {
    /// Whether what was typed will do.
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
    /// What must be typed for this command, as far as the dry run says.
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
                    // Whose id dies, if anyone's, is not known yet.
                    (None, _) if outlook.is_none() => Asks::Outlook,
                    // An unknown number has no id: it is simply added (R-ADOPT-2).
                    (_, other) => Asks::Type(last_four(&other.to_string()).into()),
                }
            }
            (Self::Consent | Self::Amount | Self::LastFour, _) => Asks::Outlook,
        }
    }
    /// What is to be typed, for help texts; `None` if nothing is.
    #[must_use]
    pub fn help(self) -> Option<&'static str> {
        match self {
            Self::None => None,
            Self::Word("delete") => Some("Yes, do it, nothing brings it back: the word delete"),
            Self::Word(_) => Some("Yes, do it: the name of this command"),
            Self::Consent => Some("Yes, do it: allow for an opt-in, block for an opt-out"),
            Self::Amount => Some("Yes, do it: the amount again, without currency, such as 1500"),
            Self::Count => Some("Yes, do it: how many are reached, as --dry-run says"),
            Self::LastFour => {
                Some("Yes, do it: the last four characters of the id that will be no more")
            }
        }
    }
}

/// A command's builder.
pub type Build = fn(&Values, &Target, &Context) -> Result<CustomerCommand, FieldErrors>;

/// How a command is offered among the actions of the console.
#[derive(Clone, Copy, Debug)]
pub struct Menu {
    /// Its name in a keymap file.
    pub name: &'static str,
    /// One or two words for hint bar and menus.
    pub title: &'static str,
    /// A line for help and palette.
    pub help: &'static str,
    /// Other words an agent may look for.
    pub synonyms: &'static str,
    /// Higher stays longer in the hint bar; 0 is never shown there.
    pub hint: u8,
}

/// One command. Two are the same if they have the same id.
#[derive(Debug)]
pub struct Spec {
    /// Its stable name, also in drafts.
    pub id: &'static str,
    /// What its form is called.
    pub title: &'static str,
    /// How it is offered in the console.
    pub menu: Menu,
    /// The headless verb.
    pub verb: &'static str,
    /// One sentence.
    pub help: &'static str,
    /// What a mistake costs.
    pub risk: Risk,
    /// What must be chosen first.
    pub needs: Needs,
    /// What must be typed before it goes.
    pub confirm: Confirm,
    /// Whether it waits in the outbox before it leaves. Never where someone waits on the line.
    pub hold: bool,
    /// Its fields; the first that is shown is the main one.
    pub fields: &'static [FieldSpec],
    /// Checks every field and makes the command.
    pub build: Build,
    /// Whether a command is one of those that it makes.
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
    /// The spec of that id.
    #[must_use]
    pub fn by_id(id: &str) -> Option<&'static Self> {
        ALL.iter().copied().find(|spec| spec.id == id)
    }
    /// The spec of a command; `None` only for `Meet`, which is no wish of an agent (D-LOOKUP).
    #[must_use]
    pub fn of(command: &CustomerCommand) -> Option<&'static Self> {
        ALL.iter().copied().find(|spec| (spec.makes)(command))
    }
    /// The field of that name.
    #[must_use]
    pub fn field(&self, name: &str) -> Option<&'static FieldSpec> {
        self.fields.iter().find(|field| field.name == name)
    }
    /// Whether a field is there, given what stands in the others: nothing is as good as the first
    /// word of a choice.
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
    /// Whether a field of it names the customer by number, so that nothing else has to.
    #[must_use]
    pub fn names_recipient(&self) -> bool {
        let number = |f: &FieldSpec| f.kind == super::FieldKind::Number && f.when.is_empty();
        self.fields.iter().any(number)
    }
}
