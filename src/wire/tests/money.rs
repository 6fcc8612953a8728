//! Money at the edge (D-CASH, R-BOOKS-5): exact in both directions, and refused rather than rounded.

use crate::{
    model::{Currency, Money},
    wire::{money::amount, proto::hera},
};
use proptest::prelude::*;

fn cash(code: &str, amount: f64) -> hera::Cash {
    hera::Cash { currency_code: code.into(), amount }
}

fn minor(code: &str, value: f64) -> Option<i64> {
    amount(Some(&cash(code, value))).ok().map(|money| money.minor)
}

#[test]
fn every_cent_up_to_99_999_99_round_trips() {
    let currency = Currency::new("KES").unwrap();
    for cents in 1..10_000_000 {
        let money = Money { currency, minor: cents };
        assert_eq!(amount(Some(&money.into())), Ok(money));
    }
}

proptest! {
    #[test]
    fn any_amount_up_to_a_trillion_units_round_trips(
        code in prop::sample::select(vec!["KES", "UGX", "KWD"]),
        share in 0.0..=1.0_f64,
    ) {
        let currency = Currency::new(code).unwrap();
        #[expect(clippy::cast_possible_truncation, clippy::cast_precision_loss, reason = "any will do")]
        let minor = (share * (Money::MAX_UNITS * 10_i64.pow(currency.exponent())) as f64) as i64;
        let money = Money { currency, minor: minor.max(1) };
        prop_assert_eq!(amount(Some(&money.into())), Ok(money));
    }
}

#[test]
fn the_exponent_is_the_currencys_own() {
    assert_eq!(minor("KES", 10.05), Some(1005));
    assert_eq!(minor("ugx", 1500.0), Some(1500));
    assert_eq!(minor("KWD", 1.234), Some(1234));
    assert_eq!(minor("UGX", 0.5), None);
    assert_eq!(minor("JPY", 10.05), None);
}

#[test]
fn what_is_not_an_amount_is_refused() {
    for bad in [f64::NAN, f64::INFINITY, f64::NEG_INFINITY, 0.0, -0.0, -5.0, 1e308, 1e-300] {
        assert_eq!(minor("KES", bad), None, "{bad}");
    }
    for bad in [0.001, 0.125, 10.005, 1_000_000_000_000.01] {
        assert_eq!(minor("KES", bad), None, "{bad}");
    }
    assert_eq!(minor("KES", 1e12), Some(100_000_000_000_000));
    assert_eq!(minor("KE", 1.0), None);
    assert_eq!(minor("K€S", 1.0), None);
    assert!(amount(None).is_err());
}

#[test]
fn a_whole_number_of_cents_is_fine_where_doubles_are_coarse() {
    assert_eq!(minor("KES", 123_456_789_012.34), Some(12_345_678_901_234));
    assert_eq!(minor("KES", 999_999_999_999.99), Some(99_999_999_999_999));
    // Three times ten cents is not 0.3 as a double, but it is within the tolerance.
    assert_eq!(minor("KES", 0.1 + 0.1 + 0.1), Some(30));
}
