//! Forms (`application/x-www-form-urlencoded`), in which Africa's Talking takes orders and reports
//! what happened. Any bytes are a form, so that reading one cannot fail; only asking for a field
//! that is not there can.

use std::time::Duration;

/// A form that was read.
#[derive(Clone, Debug)]
pub struct UrlForm(Vec<(String, String)>);

impl UrlForm {
    /// Takes a form apart. Bytes that are no UTF-8 become replacement characters.
    #[must_use]
    pub fn read(bytes: &[u8]) -> Self {
        Self(form_urlencoded::parse(bytes).into_owned().collect())
    }
    /// A field exactly as it was sent. `None` if the form has no such field; of several with the
    /// same name it is the first.
    #[must_use]
    pub fn whole(&self, name: &str) -> Option<&str> {
        self.0.iter().find(|(key, _)| key == name).map(|(_, value)| value.as_str())
    }
    /// A field without the blanks around it. `None` if it is missing or blank.
    #[must_use]
    pub fn get(&self, name: &str) -> Option<&str> {
        self.whole(name).map(str::trim).filter(|value| !value.is_empty())
    }
    /// The same as text of its own.
    #[must_use]
    pub fn text(&self, name: &str) -> Option<String> {
        self.get(name).map(str::to_owned)
    }
    /// A field without which the form says nothing.
    pub fn needed(&self, name: &str) -> Result<&str, String> {
        self.get(name).ok_or_else(|| format!("the form does not say its {name}"))
    }
    /// A telephone number. A plus sign that was sent without being escaped arrives as a blank, so
    /// that a blank before digits is read as one.
    #[must_use]
    pub fn number(&self, name: &str) -> Option<String> {
        let number = self.get(name)?;
        let is_plain = number.bytes().all(|b| b.is_ascii_digit());
        let had_plus = self.whole(name).is_some_and(|whole| whole.starts_with(' '));
        Some(if is_plain && had_plus { format!("+{number}") } else { number.to_owned() })
    }
    /// A length of time in whole seconds. `None` if the field is missing or says no number.
    #[must_use]
    pub fn seconds(&self, name: &str) -> Option<Duration> {
        self.get(name)?.parse().ok().map(Duration::from_secs)
    }
    /// A telephone number without which the form says nothing.
    pub fn needed_number(&self, name: &str) -> Result<String, String> {
        self.needed(name)?;
        Ok(self.number(name).unwrap_or_default())
    }
}

/// Puts fields into a form.
#[must_use]
pub fn written(fields: &[(&str, &str)]) -> String {
    form_urlencoded::Serializer::new(String::new()).extend_pairs(fields).finish()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn r_carry_17_a_plus_sign_that_nobody_escaped_is_still_a_plus_sign() {
        let form = UrlForm::read(b"a=+254711000001&b=%2B254711000001&c=40404&d=+KE");
        let number = |name| form.number(name).unwrap();
        assert_eq!(number("a"), "+254711000001");
        assert_eq!(number("b"), "+254711000001");
        assert_eq!(number("c"), "40404");
        assert_eq!(number("d"), "KE");
    }

    #[test]
    fn r_carry_17_what_is_missing_or_blank_is_named() {
        let form = UrlForm::read(b"from=++&text=");
        assert_eq!(form.needed("from").unwrap_err(), "the form does not say its from");
        assert_eq!(form.whole("text"), Some(""));
        assert_eq!(form.whole("to"), None);
    }

    proptest! {
        #[test]
        fn r_carry_17_what_is_written_is_read(key in "\\PC+", value in any::<String>()) {
            let form = UrlForm::read(written(&[(&key, &value)]).as_bytes());
            prop_assert_eq!(form.whole(&key), Some(value.as_str()));
        }

        #[test]
        fn r_carry_17_no_bytes_make_a_form_fall(
            bytes in any::<Vec<u8>>(), name in any::<String>(),
        ) {
            let form = UrlForm::read(&bytes);
            let _ = (form.number(&name), form.seconds(&name), form.needed(&name));
        }
    }
}
