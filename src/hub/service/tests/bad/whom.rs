//! Bad names of customers (R-ADDR-1 to R-ADDR-5, R-DECOM-1): missing, unknown, without a provider, merged
//! away, empty, too long. It is done for every operation that names a customer, and for adoptions.

use super::{OMAR, Says::*, *};
use crate::model::{DataValue, Provider, Reminder};

/// Every operation that names a customer in one of the three ways.
fn each(customer: &CustomerRef) -> Vec<(&'static str, Ask)> {
    use CustomerCommand as C;
    let customer = || customer.clone();
    let keys = || vec!["level".to_owned()];
    let reminder = Reminder {
        app: "desk".into(),
        key: "rent".into(),
        remind_at: Timestamp::from_secs(4_000_000_000),
        ..Reminder::default()
    };
    let tags = vec![Tag { key: "level".into(), value: "gold".into(), ..Tag::default() }];
    let ids = vec![(passport("new"), None)];
    let values = vec![("cart".to_owned(), DataValue::Text("1".into()))];
    let all = [
        ("state", C::Meet(customer())),
        ("update tag", C::UpdateTags { customer: customer(), tags }),
        ("delete tag", C::DeleteTags { customer: customer(), keys: keys() }),
        ("update id", C::UpdateSecondaryIds { customer: customer(), ids }),
        ("delete id", C::DeleteSecondaryIds { customer: customer(), ids: vec![passport("a")] }),
        ("update data", C::UpdateMetadata { customer: customer(), values }),
        ("delete data", C::DeleteMetadata { customer: customer(), keys: keys() }),
        ("lease data", C::LeaseMetadata { customer: customer(), key: "cart".into() }),
        ("add reminder", C::AddReminder { customer: customer(), reminder }),
        ("cancel reminder", C::CancelReminder { customer: customer(), key: "rent".into() }),
    ];
    all.map(|(what, command)| (what, ask(command))).into()
}

/// A request without its customer, which no command can be.
fn nobody(mut ask: Ask) -> Ask {
    match &mut ask {
        Ask::GetCustomerState(r) => r.customer = None,
        Ask::UpdateCustomerTag(r) => r.customer = None,
        Ask::DeleteCustomerTag(r) => r.customer = None,
        Ask::UpdateCustomerSecondaryId(r) => r.customer = None,
        Ask::DeleteCustomerSecondaryId(r) => r.customer = None,
        Ask::UpdateCustomerMetadata(r) => r.customer = None,
        Ask::DeleteCustomerMetadata(r) => r.customer = None,
        Ask::LeaseCustomerMetadata(r) => r.customer = None,
        Ask::AddCustomerReminder(r) => r.customer = None,
        Ask::CancelCustomerReminder(r) => r.customer = None,
        Ask::AdoptCustomerState(r) => r.other_customer = None,
        other => panic!("names no customer: {other:?}"),
    }
    ask
}

#[tokio::test]
async fn r_addr_2_whoever_is_not_there_is_refused_by_every_operation_and_made_by_none() {
    let stage = Stage::set().await;
    let unsaid = |text: &str| CustomerRef::Number(CustomerNumber::new(Provider::Unspecified, text));
    let cases = [
        ("unknown id", CustomerRef::Id("el_cst_00000000000000000000000000000000".into())),
        ("empty id", CustomerRef::Id(CustomerId::default())),
        ("over-long id", CustomerRef::Id(long(10_000).into())),
        ("unknown secondary id", CustomerRef::Secondary(passport("nobody's"))),
        (
            "empty secondary id",
            CustomerRef::Secondary(SecondaryId { key: String::new(), value: String::new() }),
        ),
        ("provider 0, unknown number", unsaid("+254799999999")),
        ("provider 0, empty number", unsaid("")),
        ("empty number", CustomerRef::Number(number("  "))),
        ("over-long number", CustomerRef::Number(number(&long(256)))),
        (
            "over-long partition",
            CustomerRef::Number(CustomerNumber { partition: Some(long(256)), ..number(JANE) }),
        ),
    ];
    let mut rows = Vec::new();
    for (case, customer) in cases {
        rows.extend(
            each(&customer).into_iter().map(|(op, ask)| row(format!("{op}: {case}"), ask, No)),
        );
    }
    let missing = each(&jane()).into_iter();
    rows.extend(missing.map(|(op, ask)| row(format!("{op}: no customer"), nobody(ask), No)));
    stage.check(rows).await;
}

#[tokio::test]
async fn r_decom_1_a_merged_away_id_is_refused_with_the_id_that_replaced_it() {
    let stage = Stage::set().await;
    let gone = CustomerRef::Id(stage.gone.clone());
    let rows = each(&gone).into_iter().map(|(op, ask)| row(format!("{op}: merged away"), ask, No));
    stage.check(rows.collect()).await;
    for (op, ask) in each(&gone) {
        let said = call(&stage.rig, ask).await.unwrap();
        assert!(said.words.contains(stage.omar.as_str()), "{op}: {}", said.words);
        if op != "state" {
            assert_eq!(said.customer.as_deref(), Some(stage.omar.as_str()), "{op}");
        }
    }
}

#[tokio::test]
async fn r_addr_4_a_number_without_a_provider_means_the_one_who_has_it() {
    let stage = Stage::set().await;
    let unsaid = CustomerRef::Number(CustomerNumber::new(Provider::Unspecified, JANE));
    let before = stage.rig.written().await;
    let said = done(&stage.rig, CustomerCommand::Meet(unsaid)).await;
    assert_eq!(said.customer.as_deref(), Some(stage.jane.as_str()));
    assert_eq!(stage.rig.written().await, before);
}

#[tokio::test]
async fn adoptions_of_nobody_by_nobody_or_of_someone_who_is_talking() {
    let stage = Stage::set().await;
    let adopt = |customer: &CustomerId, other: CustomerRef| {
        ask(CustomerCommand::AdoptCustomer { customer: customer.clone(), other })
    };
    let id = |id: &CustomerId| CustomerRef::Id(id.clone());
    let (jane, omar, gone) = (&stage.jane, &stage.omar, &stage.gone);
    let nobody_id = CustomerId::from("el_cst_0");
    let unsaid = CustomerNumber::new(Provider::Unspecified, "+254799999999");
    let rows = vec![
        row("no survivor", adopt(&CustomerId::default(), id(omar)), No),
        row("unknown survivor", adopt(&nobody_id, id(omar)), No),
        row("survivor merged away (R-DECOM-1)", adopt(gone, id(jane)), No),
        row("no other", nobody(adopt(omar, id(jane))), No),
        row("unknown other", adopt(omar, id(&nobody_id)), No),
        row("unknown secondary id", adopt(omar, CustomerRef::Secondary(passport("x"))), No),
        row("provider 0, unknown number", adopt(omar, CustomerRef::Number(unsaid)), No),
        row("empty number", adopt(omar, CustomerRef::Number(number(""))), No),
        row("absorbed by a third (R-ADOPT-3)", adopt(jane, id(gone)), No),
        row("in a USSD session (D-ADOPT-LIVE)", adopt(omar, id(jane)), No),
    ];
    stage.check(rows).await;
    // R-ADOPT-3: repeating an adoption is harmless.
    for other in [id(omar), id(gone), CustomerRef::Number(number(OMAR))] {
        let before = stage.rig.written().await;
        let said = call(&stage.rig, adopt(omar, other)).await.unwrap();
        assert!(said.ok, "{}", said.words);
        assert_eq!(stage.rig.written().await, before, "nothing changes");
    }
}
