//! Moving money: an amount, who pays and who receives.

use super::super::{
    BuildContext, BuildResult, ChannelUse, Confirm, FieldErrors, FieldHelp, FieldKind, FieldSpec,
    Menu, Needs, PaymentSide, Risk, Spec, Target, Values, VerbGroup, VerbSpec, amount, choice,
    party,
};
use super::{done, take};
use crate::model::{CustomerCommand, PaymentParty};

const CUSTOMER_PAYS: &[(&str, &[&str])] =
    &[("from", &[party::CUSTOMER]), ("to", &[party::CUSTOMER])];

/// The commands of this family.
pub(super) const FAMILY: &[&Spec] = &[&REQUEST, &PAY];

/// Whether a customer is asked for money that goes to a purse. They must agree, so that it needs no word.
const fn is_request(command: &CustomerCommand) -> bool {
    matches!(
        command,
        CustomerCommand::InitiatePayment {
            debit: PaymentParty::Customer { .. },
            credit: PaymentParty::Purse(_),
            ..
        }
    )
}

/// What is paid or asked for.
const AMOUNT: FieldSpec = FieldSpec::new(
    "amount",
    FieldKind::Amount,
    FieldHelp {
        form: "1500 in the currency of the purse, or KES 1,500.00, or 1500 KES.",
        flag: "How much: 1500 in the currency of the purse, 'KES 1,500.00' or '1500 KES'",
    },
)
.required()
.placeholder("1500")
.max(40);

pub static REQUEST: Spec = Spec {
    id: "request",
    title: "Request money",
    menu: Menu {
        name: "request",
        title: "request money",
        help: "ask the customer to pay into a purse; they must agree on their phone",
        synonyms: "payment collect charge checkout invoice bill money",
        hint: 0,
    },
    verb: VerbSpec {
        name: "request",
        group: VerbGroup::MoneyAndVoice,
        help: "Ask a customer to pay. They must agree on their phone, and the money goes to a purse.",
        example: "request --amount 'KES 1,500.00' --number +254711000001 \\\n\
                  \x20   --via 5250 --into main",
    },
    risk: Risk::R2,
    needs: Needs::Customer,
    confirm: Confirm::None,
    hold: true,
    fields: &[
        AMOUNT,
        FieldSpec::new(
            "number",
            FieldKind::Number,
            FieldHelp {
                form: "Which of the customer's numbers is asked.",
                flag: "The customer's number that is asked, such as +254711000001",
            },
        )
        .required()
        .placeholder("no number known"),
        FieldSpec::new(
            "via",
            FieldKind::Channel(ChannelUse::Payments),
            FieldHelp {
                form: "Through which of the org's payment numbers.",
                flag: "The org's payment number through which they are asked",
            },
        )
        .required()
        .placeholder("no payment number"),
        FieldSpec::new(
            "into",
            FieldKind::Purse,
            FieldHelp {
                form: "Into which of the org's purses.",
                flag: "The org's purse that receives the money, such as main",
            },
        )
        .required()
        .placeholder("main"),
    ],
    build: request,
    makes: is_request,
};

fn request(v: &Values, target: &Target, cx: &BuildContext) -> BuildResult {
    let mut errors = FieldErrors::default();
    let purse = take("into", choice::parse_purse(v.get("into"), cx), &mut errors);
    let known = purse.as_ref().and_then(|purse| cx.purse(purse));
    let currency = known.map(|purse| purse.actual.currency);
    let value = take("amount", amount::parse_in(v.get("amount"), currency), &mut errors);
    let customer = party::customer(v, target, cx, &mut errors);
    let command = customer.zip(purse).zip(value).map(|((debit, purse), value)| {
        let credit = PaymentParty::Purse(purse);
        CustomerCommand::InitiatePayment { debit, credit, value }
    });
    done(command, errors)
}

pub static PAY: Spec = Spec {
    id: "pay",
    title: "Pay customer",
    menu: Menu {
        name: "pay",
        title: "pay customer",
        help: "pay the customer from a purse; a wallet or a till can take part too",
        synonyms: "payment money send charge checkout withdraw",
        hint: 0,
    },
    verb: VerbSpec {
        name: "pay",
        group: VerbGroup::MoneyAndVoice,
        help: "Move money between a customer and a purse. Wallets, tills and accounts can take part too.",
        example: "pay --amount 'KES 1,500.00' --from purse:main --to customer \\\n\
                  \x20   --number +254711000001 --via 5250 --confirm 1500",
    },
    risk: Risk::R3,
    needs: Needs::Anyone,
    confirm: Confirm::Amount,
    hold: false,
    fields: &[
        AMOUNT.placeholder("KES 1,500.00"),
        FieldSpec::new(
            "from",
            FieldKind::Party(PaymentSide::Pays),
            FieldHelp {
                form: "Who pays: customer, purse:ID or wallet:ID[@el_cst_…].",
                flag: "Who pays: customer, purse:ID or wallet:ID, as explained below",
            },
        )
        .required()
        .placeholder("purse:main")
        .max(800),
        FieldSpec::new(
            "to",
            FieldKind::Party(PaymentSide::Receives),
            FieldHelp {
                form: "Who receives: as above, or channel:NUMBER#CODE/ACCOUNT.",
                flag: "Who receives: the same, or channel:NUMBER#CODE/ACCOUNT",
            },
        )
        .required()
        .placeholder("customer")
        .max(800),
        FieldSpec::new(
            "number",
            FieldKind::Number,
            FieldHelp {
                form: "Which of the customer's numbers.",
                flag: "The customer's number, where one side is `customer`",
            },
        )
        .required()
        .placeholder("no number known")
        .when(CUSTOMER_PAYS),
        FieldSpec::new(
            "via",
            FieldKind::Channel(ChannelUse::Payments),
            FieldHelp {
                form: "Through which of the org's payment numbers.",
                flag: "The org's payment number, where one side is `customer`",
            },
        )
        .required()
        .placeholder("no payment number")
        .when(CUSTOMER_PAYS),
    ],
    build: pay,
    makes: |command| {
        matches!(command, CustomerCommand::InitiatePayment { .. }) && !is_request(command)
    },
};

fn pay(v: &Values, target: &Target, cx: &BuildContext) -> BuildResult {
    let mut errors = FieldErrors::default();
    let currency = party::currency(v, cx);
    let value = take("amount", amount::parse_in(v.get("amount"), currency), &mut errors);
    let sides = party::both(v, target, cx, &mut errors);
    let command = sides
        .zip(value)
        .map(|((debit, credit), value)| CustomerCommand::InitiatePayment { debit, credit, value });
    done(command, errors)
}
