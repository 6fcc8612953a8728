//! Moving money: an amount, who pays and who receives.

use super::super::{
    BuildContext, BuildResult, ChannelUse, Confirm, FieldErrors, FieldHelp, FieldKind, FieldSpec,
    Menu, Needs, PaymentSide, Risk, Spec, Target, Values, VerbGroup, VerbSpec, amount, party,
};
use super::{done, take};
use crate::model::CustomerCommand;

const CUSTOMER_PAYS: &[(&str, &[&str])] =
    &[("from", &[party::CUSTOMER]), ("to", &[party::CUSTOMER])];

/// The commands of this family.
pub(super) const FAMILY: &[&Spec] = &[&PAY];

pub static PAY: Spec = Spec {
    id: "pay",
    title: "Pay",
    menu: Menu {
        name: "pay",
        title: "pay",
        help: "move money between a customer, a wallet, a purse and a till",
        synonyms: "payment money send charge checkout withdraw",
        hint: 0,
    },
    verb: VerbSpec {
        name: "pay",
        group: VerbGroup::MoneyAndVoice,
        help: "Move money between a customer and a purse. Wallets, tills and accounts can take part too.",
        example: "pay --amount 'KES 1,500.00' --from customer --to purse:main \\\n\
                  \x20   --number +254711000001 --via 5250 --confirm 1500",
    },
    risk: Risk::R3,
    needs: Needs::Anyone,
    confirm: Confirm::Amount,
    hold: false,
    fields: &[
        FieldSpec::new(
            "amount",
            FieldKind::Amount,
            FieldHelp {
                form: "With its currency: KES 1,500.00 or 1500 KES.",
                flag: "How much, with its currency: 'KES 1,500.00' or '1500 KES'",
            },
        )
        .required()
        .placeholder("KES 1,500.00")
        .max(40),
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
    makes: |command| matches!(command, CustomerCommand::InitiatePayment { .. }),
};

fn pay(v: &Values, target: &Target, cx: &BuildContext) -> BuildResult {
    let mut errors = FieldErrors::default();
    let value = take("amount", amount::parse(v.get("amount")), &mut errors);
    let sides = party::both(v, target, cx, &mut errors);
    let command = sides
        .zip(value)
        .map(|((debit, credit), value)| CustomerCommand::InitiatePayment { debit, credit, value });
    done(command, errors)
}
