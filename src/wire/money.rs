//! Where money changes its form: it is a `Cash` with a double outside and integer minor units
//! inside. Amounts are floating point numbers in this file and nowhere else (D-CASH).

use super::{
    DecodeError,
    proto::{hera, v1},
};
use crate::model::{Currency, Money};

/// How far an amount may be from a whole number of minor units, in minor units (D-CASH).
const TOLERANCE: f64 = 1e-6;

/// How many minor units one unit of the currency has.
fn scale(currency: Currency) -> f64 {
    f64::from(10_u32.pow(currency.exponent()))
}

/// An amount that is to be moved. It is an error if there is none, the code is not three letters,
/// or the amount is not finite, not more than zero, above 10^12 units or no whole number of minor
/// units. The caller refuses such a payment with 200 (D-CASH).
pub fn amount(cash: Option<&hera::Cash>) -> Result<Money, DecodeError> {
    let cash = cash.ok_or_else(|| DecodeError::new("no amount given"))?;
    let money = balance(cash)?;
    if money.minor <= 0 {
        return Err(DecodeError::new("the amount must be more than zero"));
    }
    Ok(money)
}

/// The balance of an account. Like [`amount`], but it may be zero or less.
pub(super) fn balance(cash: &hera::Cash) -> Result<Money, DecodeError> {
    let currency = Currency::new(&cash.currency_code)
        .ok_or_else(|| DecodeError::new("the currency code is not three letters"))?;
    if !cash.amount.is_finite() {
        return Err(DecodeError::new("the amount is not a number"));
    }
    let scale = scale(currency);
    let exact = cash.amount * scale;
    let whole = exact.round();
    // Far from zero, doubles are farther apart than the tolerance. There a whole number of minor
    // units is accepted if this is the double nearest to it.
    #[expect(clippy::float_cmp, reason = "the question is whether it is the same double")]
    let is_whole = (exact - whole).abs() <= TOLERANCE || whole / scale == cash.amount;
    if !is_whole {
        return Err(DecodeError::new(format!(
            "the amount is not a whole number of minor units of {}",
            currency.code()
        )));
    }
    #[expect(clippy::cast_precision_loss, reason = "10^12 is exact")]
    if cash.amount.abs() > Money::MAX_UNITS as f64 {
        return Err(DecodeError::new("the amount is more than 10^12 units"));
    }
    #[expect(clippy::cast_possible_truncation, reason = "whole and at most 10^15")]
    Ok(Money { currency, minor: whole as i64 })
}

impl From<Money> for hera::Cash {
    fn from(money: Money) -> Self {
        #[expect(clippy::cast_precision_loss, reason = "exact up to 2^53 minor units")]
        let amount = money.minor as f64 / scale(money.currency);
        Self { currency_code: money.currency.code().to_owned(), amount }
    }
}

/// The price of a call, always written: without a price it is zero of no currency, because clients
/// of the contract read through the message without a check (R-VOICE-2).
pub(super) fn price(cost: Option<Money>) -> hera::Cash {
    cost.map(Into::into).unwrap_or_default()
}

/// The price of a call. `None` as long as it is not known.
pub(super) fn from_price(cash: Option<hera::Cash>) -> Option<Money> {
    cash.and_then(|cash| balance(&cash).ok())
}

impl From<Money> for v1::Money {
    fn from(money: Money) -> Self {
        Self { currency_code: money.currency.code().to_owned(), minor: money.minor }
    }
}

/// `None` if the code is not three letters.
pub(super) fn from_money(money: &v1::Money) -> Option<Money> {
    Some(Money { currency: Currency::new(&money.currency_code)?, minor: money.minor })
}
