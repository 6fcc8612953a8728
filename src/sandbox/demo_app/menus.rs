//! The tree of USSD menus of the built-in app, and the way through it. It is pure: the keys that were typed
//! so far say which menu comes next.

use crate::model::UssdMenu;

/// What follows when a menu was shown, besides the customer's next input.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum FollowUp {
    Nothing,
    /// The phone is asked to pay the amount that was typed one step before.
    Charge,
    /// The customer is called back.
    CallBack,
}

/// The tree of menus. Each has the keys that lead to it (`?` stands for any), its text (`{}` stands for
/// the last key), whether it ends the session, and what follows.
const MENUS: &[(&str, &str, bool, FollowUp)] = &[
    (
        "",
        "Karibu Bahari! Welcome\n1. Salio / Balance\n2. Airtime\n3. Bei / Prices\n4. Call me",
        false,
        FollowUp::Nothing,
    ),
    ("1", "Your balance is KES 1,240.00, due on Friday. Asante!", true, FollowUp::Nothing),
    ("2", "Airtime: enter the amount in KES", false, FollowUp::Nothing),
    ("2*?", "Buy airtime for KES {}?\n1. Yes\n2. No", false, FollowUp::Nothing),
    ("2*?*1", "Done. Confirm the payment on your phone. Asante!", true, FollowUp::Charge),
    ("2*?*?", "Nothing was bought.", true, FollowUp::Nothing),
    (
        "3",
        "Bei za leo / Prices today\n1. Mahindi / Maize\n2. Kahawa / Coffee",
        false,
        FollowUp::Nothing,
    ),
    ("3*1", "Maize, 90 kg: Nakuru 3,150, Eldoret 2,980, Kitale 2,900", true, FollowUp::Nothing),
    ("3*2", "Coffee, 1 kg: Nyeri 120, Moshi TZS 6,400, Jimma ETB 380", true, FollowUp::Nothing),
    ("4", "We will call you in a moment. Tutakupigia!", true, FollowUp::CallBack),
];
/// The text of the menu that answers keys which lead nowhere.
const LOST: &str = "That is not a choice. Please dial again. / Tafadhali piga tena.";

/// The keys that were typed in a session, from its inputs. Digits that were dialled after the code count as
/// if they had been typed, and `*` separates keys.
pub(super) fn keys<'a>(inputs: impl Iterator<Item = &'a str>) -> Vec<&'a str> {
    inputs.flat_map(|input| input.split('*')).filter(|k| !k.is_empty()).collect()
}

/// The menu to which these keys lead, and what follows.
pub(super) fn menu(keys: &[&str]) -> (UssdMenu, FollowUp) {
    let fits = |path: &str| {
        let mut wanted = path.split('*').filter(|k| !k.is_empty());
        keys.iter().all(|key| wanted.next().is_some_and(|w| w == "?" || w == *key))
            && wanted.next().is_none()
    };
    match MENUS.iter().find(|(path, ..)| fits(path)) {
        Some((_, text, is_terminal, then)) => {
            let text = text.replace("{}", keys.last().copied().unwrap_or_default());
            (UssdMenu { text, is_terminal: *is_terminal }, *then)
        }
        None => (UssdMenu { text: LOST.to_owned(), is_terminal: true }, FollowUp::Nothing),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::segments::measure_menu;

    fn says(inputs: &[&str]) -> (String, bool) {
        let (menu, _) = menu(&keys(inputs.iter().copied()));
        (menu.text, menu.is_terminal)
    }

    #[test]
    fn inputs_lead_through_the_menus() {
        assert!(says(&[""]).0.starts_with("Karibu"));
        assert_eq!(
            says(&["", "2", "50"]),
            ("Buy airtime for KES 50?\n1. Yes\n2. No".into(), false)
        );
        assert!(says(&["", "2", "50", "1"]).0.starts_with("Done"));
        assert_eq!(says(&["", "2", "50", "2"]).0, "Nothing was bought.");
        // Digits that are dialled after the code count as if they had been typed.
        assert_eq!(says(&["3*1"]), says(&["", "3", "1"]));
        assert_eq!(says(&["", "9"]), (LOST.into(), true));
        assert_eq!(menu(&["2", "50", "1"]).1, FollowUp::Charge);
        assert_eq!(menu(&["2", "50", "2"]).1, FollowUp::Nothing);
        assert_eq!(menu(&["4"]).1, FollowUp::CallBack);
    }

    #[test]
    fn every_menu_fits_a_phone_and_the_tree_ends() {
        for (path, text, is_terminal, _) in MENUS {
            assert_eq!(measure_menu(text).refusal(), None, "{path}");
            let deeper = MENUS.iter().any(|(other, ..)| {
                other != path && (path.is_empty() || other.starts_with(&format!("{path}*")))
            });
            assert_eq!(deeper, !is_terminal, "{path}");
        }
    }
}
