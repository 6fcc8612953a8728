//! Metadata values from and to typed ones (R-CLIENT-3). The type of a client's serializer
//! picks the arm on the wire: text carries JSON, as every SDK of the contract does by default, and
//! bytes carry postcard. Raw values are `DataValue`s as they are.

use super::Error;
use crate::model::{DataValue, LeaseReceipt};
use serde::{Serialize, de::DeserializeOwned};

/// How a client writes and reads metadata values.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Serializer {
    /// JSON in the text arm: a name arrives with its quotes.
    #[default]
    Text,
    /// Postcard in the bytes arm.
    Binary,
}

/// A value that this serializer cannot read. Nothing is lost: the raw value is in it.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the value cannot be read: {reason}")]
pub struct Unread {
    /// As the hub returned it, in its own arm (R-META-1).
    pub raw: DataValue,
    pub reason: String,
}

impl Serializer {
    /// A value for the wire; `Usage` for one that has no such form (a map with keys that are no
    /// text, a failing `Serialize`).
    pub fn write<T: Serialize + ?Sized>(self, value: &T) -> Result<DataValue, Error> {
        let written = match self {
            Self::Text => {
                serde_json::to_string(value).map(DataValue::Text).map_err(|e| e.to_string())
            }
            Self::Binary => {
                postcard::to_stdvec(value).map(DataValue::Bytes).map_err(|e| e.to_string())
            }
        };
        written.map_err(|why| Error::Usage(format!("this value cannot be written: {why}")))
    }

    /// A value from the wire. One of the other arm is not guessed at.
    pub fn read<T: DeserializeOwned>(self, value: &DataValue) -> Result<T, Unread> {
        let unread = |reason: String| Unread { raw: value.clone(), reason };
        match (self, value) {
            (Self::Text, DataValue::Text(text)) => {
                serde_json::from_str(text).map_err(|error| unread(error.to_string()))
            }
            (Self::Binary, DataValue::Bytes(bytes)) => {
                postcard::from_bytes(bytes).map_err(|error| unread(error.to_string()))
            }
            (Self::Text, DataValue::Bytes(_)) => {
                Err(unread("it is binary and the serializer reads text".into()))
            }
            (Self::Binary, DataValue::Text(_)) => {
                Err(unread("it is text and the serializer reads binary".into()))
            }
        }
    }
}

impl LeaseReceipt {
    /// The value through a serializer, such as the client's; `None` when the key has none.
    pub fn read<T: DeserializeOwned>(&self, serializer: Serializer) -> Result<Option<T>, Unread> {
        self.value.as_ref().map(|value| serializer.read(value)).transpose()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde::Deserialize;

    #[derive(Debug, PartialEq, Serialize, Deserialize)]
    struct Plan {
        name: String,
        days: u32,
    }

    fn plan() -> Plan {
        Plan { name: "Amina \u{202e}\"x\"".into(), days: 7 }
    }

    #[test]
    fn r_meta_1_each_type_has_its_arm_and_returns_what_it_wrote() {
        let text = Serializer::Text.write(&plan()).unwrap();
        assert!(matches!(&text, DataValue::Text(json) if json.starts_with('{')));
        assert_eq!(Serializer::Text.read::<Plan>(&text).unwrap(), plan());
        let bytes = Serializer::Binary.write(&plan()).unwrap();
        assert!(matches!(bytes, DataValue::Bytes(_)));
        assert_eq!(Serializer::Binary.read::<Plan>(&bytes).unwrap(), plan());
        // As in the SDKs of the contract, a string is stored with its quotes.
        assert_eq!(Serializer::Text.write("Amina").unwrap(), DataValue::Text("\"Amina\"".into()));
    }

    #[test]
    fn the_other_arm_and_what_is_damaged_keep_the_raw_value() {
        for raw in [DataValue::Bytes(vec![1, 2]), DataValue::Text("{\"name\":".into())] {
            let unread = Serializer::Text.read::<Plan>(&raw).unwrap_err();
            assert_eq!(unread.raw, raw);
            assert!(!unread.reason.is_empty());
        }
        for raw in [DataValue::Text("7".into()), DataValue::Bytes(vec![])] {
            assert_eq!(Serializer::Binary.read::<Plan>(&raw).unwrap_err().raw, raw);
        }
    }

    #[test]
    fn what_has_no_form_is_not_sent() {
        let odd = std::collections::BTreeMap::from([(vec![1], 1)]);
        assert!(matches!(Serializer::Text.write(&odd), Err(Error::Usage(_))));
        assert!(Serializer::Binary.write(&odd).is_ok());
    }
}
