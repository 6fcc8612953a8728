//! USSD at Africa's Talking, without I/O: what a customer dials and types comes as a form, and the menu goes back as
//! the body of the answer, in `text/plain` and within ten seconds.

use crate::carriers::form::UrlForm;
use crate::model::CustomerNumber;

/// Something that a customer dialled or typed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Dialled {
    /// The network's id of the session, which is the same until the session ends.
    pub session: String,
    /// The code that was dialled, such as `*384#`.
    pub code: String,
    pub from: CustomerNumber,
    /// All that was typed in this session, joined by `*`. See `newest`.
    pub text: String,
}

/// Reads what a customer dialled or typed.
pub fn dialled(form: &[u8]) -> Result<Dialled, String> {
    let form = UrlForm::read(form);
    Ok(Dialled {
        session: form.needed("sessionId")?.to_owned(),
        code: form.needed("serviceCode")?.to_owned(),
        from: CustomerNumber::telco(&form.needed_number("phoneNumber")?),
        text: form.whole("text").unwrap_or_default().to_owned(),
    })
}

/// What is new in a request of a session.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NewInput<'a> {
    /// The customer dialled, or typed this.
    Input(&'a str),
    /// The request says what the one before said, so that the same menu answers it.
    Repeated,
}

/// Which part of all that was typed is new, where `previous` is the text of the request before
/// this one and `None` if the session begins.
///
/// The network joins inputs by `*` without escaping, and a customer can type a `*` too. So the new
/// part is what follows the text that is known already, and not what follows the last `*`. The
/// first text is what was dialled after the code, which may be nothing (R-USSD-1). If the text does
/// not continue the previous one, a request was lost or the network has cut the path; then what
/// follows the last `*` is the best that can be known.
#[must_use]
pub fn newest<'a>(previous: Option<&str>, text: &'a str) -> NewInput<'a> {
    match previous {
        Some(previous) if previous == text => NewInput::Repeated,
        None | Some("") => NewInput::Input(text),
        Some(previous) => {
            let rest = text.strip_prefix(previous).and_then(|rest| rest.strip_prefix('*'));
            let last = || text.rsplit('*').next().unwrap_or_default();
            NewInput::Input(rest.unwrap_or_else(last))
        }
    }
}

/// The answer that shows a menu. A terminal one ends the session.
#[must_use]
pub fn menu(text: &str, is_terminal: bool) -> String {
    let word = if is_terminal { "END" } else { "CON" };
    format!("{word} {text}")
}

/// The session that a notification says has ended.
pub fn ended(form: &[u8]) -> Result<String, String> {
    UrlForm::read(form).needed("sessionId").map(str::to_owned)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn r_carry_17_a_customer_dials_and_types() {
        let form = b"sessionId=ATUid_1&serviceCode=*384%23&phoneNumber=%2B254711000001\
            &networkCode=63902&text=1*Asha+Otieno";
        let read = dialled(form).unwrap();
        assert_eq!((&*read.session, &*read.code), ("ATUid_1", "*384#"));
        assert_eq!(read.from, CustomerNumber::telco("+254711000001"));
        assert_eq!(read.text, "1*Asha Otieno");
        assert!(dialled(b"sessionId=ATUid_1&text=").is_err());
    }

    #[test]
    fn r_carry_17_what_is_new_follows_what_is_known() {
        for (previous, text, new) in [
            // A bare dial, and one with digits after the code.
            (None, "", ""),
            (None, "1*2", "1*2"),
            (Some(""), "1", "1"),
            (Some("1"), "1*2", "2"),
            (Some("1*2"), "1*2*Asha Otieno", "Asha Otieno"),
            // The customer types stars, or the same again, or nothing.
            (Some("1"), "1*5*6", "5*6"),
            (Some(""), "*", "*"),
            (Some("1"), "1*1", "1"),
            (Some("1"), "1*", ""),
            // A request was lost, or the path does not begin as before.
            (Some("1"), "12*3", "3"),
            (Some("9*9"), "9", "9"),
        ] {
            assert_eq!(newest(previous, text), NewInput::Input(new), "{previous:?} {text}");
        }
        assert_eq!(newest(Some("1*2"), "1*2"), NewInput::Repeated);
        assert_eq!(newest(Some(""), ""), NewInput::Repeated);
    }

    #[test]
    fn r_carry_17_a_menu_says_whether_the_session_goes_on() {
        assert_eq!(menu("Your name?", false), "CON Your name?");
        assert_eq!(menu("Asante.\nKwaheri.", true), "END Asante.\nKwaheri.");
    }

    proptest! {
        #[test]
        fn r_carry_17_every_input_is_found_whatever_is_typed(
            inputs in proptest::collection::vec("[0-9*# a-z]{0,6}", 1..8),
        ) {
            let mut known: Option<String> = None;
            for input in &inputs {
                let text = match known.as_deref() {
                    None | Some("") => input.clone(),
                    Some(known) => format!("{known}*{input}"),
                };
                let expected = match known.as_deref() {
                    Some("") if input.is_empty() => NewInput::Repeated,
                    _ => NewInput::Input(input),
                };
                prop_assert_eq!(newest(known.as_deref(), &text), expected);
                known = Some(text);
            }
        }

        #[test]
        fn r_carry_17_no_bytes_make_ussd_fall(bytes in any::<Vec<u8>>()) {
            let _ = (dialled(&bytes), ended(&bytes));
        }

        #[test]
        fn r_carry_17_no_path_makes_it_fall(
            previous in any::<Option<String>>(), text in any::<String>(),
        ) {
            let _ = newest(previous.as_deref(), &text);
        }
    }
}
