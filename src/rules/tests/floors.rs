//! What is gone stays on the way of whoever searches from the beginning, as hidden rows of the base: nobody
//! does. Rows are counted and not time.

use super::{world::stored, *};

/// More rows than this are too many to find the first of a list.
const FEW: usize = 4;

#[test]
fn d_idem_keys_that_were_forgotten_are_not_passed_again() {
    let mut story = given([meet()]);
    for n in 0..300 {
        stored(&mut story, &format!("key-{n:04}"), 1);
        story = story.later(1);
    }
    story.restart();
    story = story.later(7 * 24 * 3600 - 300);
    for n in 0..250 {
        story = story.later(1);
        let entry = story.entry(Vec::new());
        let passed = story.passes(|story| assert!(story.world.apply(&entry)));
        assert!(passed <= FEW, "{passed} rows for entry {n}");
    }
    assert_eq!(story.world.call(&"key-0249".into()), None);
    assert!(story.world.call(&"key-0250".into()).is_some());
}
