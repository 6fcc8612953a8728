//! The simulation as a test, and the tests of that test. A seed that fails is one line that plays it again:
//! `SEED=7 STEPS=100 cargo test --lib sim`.

use super::*;
use strum::VariantArray as _;

/// How many seeds and steps there are here. Without optimisation a step takes more than a millisecond, so both are fewer
/// than where `cargo trust sim` plays them.
const SEEDS: u64 = 100;
const STEPS: usize = 80;

fn steps() -> usize {
    std::env::var("STEPS").ok().and_then(|steps| steps.parse().ok()).unwrap_or(STEPS)
}

fn seeds() -> std::ops::Range<u64> {
    match std::env::var("SEED").ok().and_then(|seed| seed.parse().ok()) {
        Some(seed) => seed..seed + 1,
        None => 0..SEEDS,
    }
}

#[test]
fn l6_all_invariants_hold_after_every_step_of_every_seed() {
    let mut all = Figures::default();
    for seed in seeds() {
        match run(Plan { seed, steps: steps(), sabotage: None }) {
            Ok(figures) => all += figures,
            Err((step, found)) => {
                panic!(
                    "SEED={seed} STEPS={} cargo test --lib sim: step {step}: {found:#?}",
                    steps()
                )
            }
        }
    }
    println!("{all:?}");
}

#[test]
fn the_same_seed_is_the_same_story() {
    let plan = Plan { seed: 7, steps: STEPS, sabotage: None };
    let [one, other] = [run(plan), run(plan)].map(|said| said.expect("all holds"));
    assert_eq!(one, other);
    assert!(one.entries > 50, "{one:?}");
}

/// The test of the test: whatever is broken on purpose turns its invariant red.
#[test]
fn every_sabotage_turns_its_invariant_red() {
    for sabotage in Sabotage::VARIANTS {
        let name: &str = sabotage.into();
        let red = (0..150).find(|seed| {
            let plan = Plan { seed: *seed, steps: STEPS, sabotage: Some(*sabotage) };
            let found = run(plan).err().map(|(_, found)| found).unwrap_or_default();
            found.iter().any(|violation| violation.invariant == sabotage.breaks())
        });
        println!("{name}: seed {red:?}");
        assert!(red.is_some(), "{name} does not turn {:?} red", sabotage.breaks());
    }
}
