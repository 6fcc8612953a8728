//! Moving money (operations.md 3.26): an amount, who pays, who receives.

use super::super::{
    Confirm, Context, FieldErrors, FieldKind, FieldSpec, Lines, Menu, Needs, Risk, Spec, Target,
    Values, amount, party,
};
use super::{done, take};
use crate::model::CustomerCommand;

const CUSTOMER_PAYS: &[(&str, &[&str])] =
    &[("from", &[party::CUSTOMER]), ("to", &[party::CUSTOMER])];

/// The commands of this family.
pub(super) const FAMILY: &[&Spec] = &[&PAY];

/// Move money.
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
    verb: "pay",
    help: "Move money between a customer, a wallet, a purse and a till or account.",
    risk: Risk::R3,
    needs: Needs::Anyone,
    confirm: Confirm::Amount,
    hold: false,
    fields: &[
        FieldSpec::new("amount", FieldKind::Amount, "With its currency: KES 1,500.00 or 1500 KES.")
            .required()
            .placeholder("KES 1,500.00")
            .max(40),
        FieldSpec::new(
            "from",
            FieldKind::Party,
            "Who pays: customer, purse:ID or wallet:ID[@el_cst_…].",
        )
        .required()
        .placeholder("purse:main")
        .max(800),
        FieldSpec::new(
            "to",
            FieldKind::Party,
            "Who receives: as above, or channel:NUMBER#CODE/ACCOUNT.",
        )
        .required()
        .placeholder("customer")
        .max(800),
        FieldSpec::new("number", FieldKind::Number, "Which of the customer's numbers.")
            .required()
            .placeholder("no number known")
            .when(CUSTOMER_PAYS),
        FieldSpec::new(
            "via",
            FieldKind::Channel(Lines::Payments),
            "Through which of the org's payment numbers.",
        )
        .required()
        .placeholder("no payment number")
        .when(CUSTOMER_PAYS),
    ],
    build: pay,
    makes: |command| matches!(command, CustomerCommand::InitiatePayment { .. }),
};

fn pay(v: &Values, target: &Target, cx: &Context) -> Result<CustomerCommand, FieldErrors> {
    let mut errors = FieldErrors::default();
    let value = take("amount", amount::parse(v.get("amount")), &mut errors);
    let sides = party::both(v, target, cx, &mut errors);
    let command = sides
        .zip(value)
        .map(|((debit, credit), value)| CustomerCommand::InitiatePayment { debit, credit, value });
    done(command, errors)
}
