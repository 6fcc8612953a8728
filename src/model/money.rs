//! Money as integer minor units. Floating point exists only in `wire/money.rs`, because the public
//! contract's amounts are doubles.

use serde::{Deserialize, Serialize};
use std::fmt;

/// A currency by its ISO 4217 code: three upper-case letters.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Currency([u8; 3]);

impl Currency {
    /// From three ASCII letters in either case. `None` for anything else; whether such a currency
    /// exists is not checked.
    #[must_use]
    pub fn new(code: &str) -> Option<Self> {
        let bytes: [u8; 3] = code.as_bytes().try_into().ok()?;
        bytes
            .iter()
            .all(u8::is_ascii_alphabetic)
            .then(|| Self(bytes.map(|b| b.to_ascii_uppercase())))
    }
    /// The three letters, such as `KES`.
    #[must_use]
    pub fn code(&self) -> &str {
        std::str::from_utf8(&self.0).unwrap_or("???")
    }
    /// How many decimals the currency has (the exponent of ISO 4217, D-CASH). Currencies that are
    /// not listed here have 2.
    #[must_use]
    pub fn exponent(&self) -> u32 {
        match &self.0 {
            b"BIF" | b"CLP" | b"DJF" | b"GNF" | b"ISK" | b"JPY" | b"KMF" | b"KRW" | b"PYG"
            | b"RWF" | b"UGX" | b"VND" | b"VUV" | b"XAF" | b"XOF" | b"XPF" => 0,
            b"BHD" | b"IQD" | b"JOD" | b"KWD" | b"LYD" | b"OMR" | b"TND" => 3,
            _ => 2,
        }
    }
}

impl From<Currency> for String {
    fn from(currency: Currency) -> Self {
        currency.code().to_owned()
    }
}

impl TryFrom<String> for Currency {
    type Error = String;
    fn try_from(code: String) -> Result<Self, String> {
        Self::new(&code).ok_or_else(|| format!("{code} is not a currency code of three letters"))
    }
}

/// An amount in one currency. Amounts of different currencies are never added or compared.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Money {
    pub currency: Currency,
    /// The amount in minor units: cents for KES, whole shillings for UGX.
    pub minor: i64,
}

impl Money {
    /// The largest amount, in whole units of the currency (D-CASH).
    pub const MAX_UNITS: i64 = 1_000_000_000_000;

    /// The amount without its currency and without commas, as programs read it: `1500.00`.
    #[must_use]
    pub fn digits(&self) -> String {
        self.to_string().split_off(4).replace(',', "")
    }
}

impl fmt::Display for Money {
    /// Writes the code first and groups thousands: `KES 1,500.00`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let exponent = self.currency.exponent();
        let scale = 10_u64.pow(exponent);
        let absolute = self.minor.unsigned_abs();
        let whole = (absolute / scale).to_string();
        let sign = if self.minor < 0 { "-" } else { "" };
        write!(f, "{} {sign}", self.currency.code())?;
        for (i, digit) in whole.chars().enumerate() {
            if i > 0 && (whole.len() - i).is_multiple_of(3) {
                f.write_str(",")?;
            }
            write!(f, "{digit}")?;
        }
        if exponent > 0 {
            write!(f, ".{:0width$}", absolute % scale, width = exponent as usize)?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn amounts_show_code_first_with_the_currency_s_own_decimals() {
        let show =
            |code: &str, minor| Money { currency: Currency::new(code).unwrap(), minor }.to_string();
        assert_eq!(show("kes", 150_000), "KES 1,500.00");
        assert_eq!(show("UGX", 1_500_000), "UGX 1,500,000");
        assert_eq!(show("KWD", -1_005), "KWD -1.005");
        assert_eq!(show("KES", 7), "KES 0.07");
        let digits =
            |code: &str, minor| Money { currency: Currency::new(code).unwrap(), minor }.digits();
        assert_eq!(digits("KES", 150_000_007), "1500000.07");
        assert_eq!(digits("UGX", -1_500_000), "-1500000");
    }
}
