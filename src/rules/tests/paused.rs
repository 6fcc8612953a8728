//! Networks that somebody pauses and has go on (R-CARRY-19).

use super::{
    carriage::{carried, link, safari},
    *,
};
use crate::model::settings::Repeats;

fn pause(is_paused: bool) -> CustomerCommand {
    CustomerCommand::PauseCarrier { carrier: safari(), is_paused }
}

#[test]
fn r_carry_19_a_pause_is_recorded_with_who_said_so_and_outlives_a_restart() {
    let story = carried(Repeats::Never).later(60).when(pause(true));
    let words = "NET the network safari is paused, and messages wait: wanjiku said so";
    let mut story = story.then(&[words]).accepted("the network safari: it is paused now");
    assert!(story.world.carrier_is_paused(&safari()));
    assert!(!story.world.carrier_is_paused(&"other".into()));
    assert_eq!(story.restarted(), story.world);
    story.restart();
    let since = story.now;
    let story = story.by(Some("shop"), Actor::Key("brian".into())).later(60);
    let story = story.when(pause(true)).then(&[]);
    let story = story.accepted("the network safari: it is paused already, by wanjiku");
    let pause_of = story.world.carrier_pause(&safari()).expect("paused");
    assert_eq!((&pause_of.by, pause_of.since), (&Actor::Key("wanjiku".into()), since));
    // What waits keeps waiting, and is in no other state than before.
    assert!(story.may_go());
    let [listed] = &story.world.listed_carriers(&story.settings)[..] else { panic!("one") };
    assert_eq!((listed.waiting, listed.is_up, listed.pause.as_ref()), (1, true, Some(pause_of)));
    let story = story.when(pause(false)).then(&["NET the network safari goes on: brian said so"]);
    assert!(!story.world.carrier_is_paused(&safari()));
    story.when(pause(false)).then(&[]).accepted("the network safari: it is not paused");
}

#[test]
fn r_carry_19_only_a_network_of_the_org_is_paused() {
    let other = CustomerCommand::PauseCarrier { carrier: "other".into(), is_paused: true };
    carried(Repeats::Never).when(other.clone()).refused("no network other: there is safari");
    given([meet()]).when(other).refused("no network other: this org has none");
}

#[test]
fn r_carry_19_whoever_writes_meanwhile_and_whoever_watches_is_told() {
    let mut story = carried(Repeats::Never).later(60).when(pause(true)).later(240);
    let found = story.outlook(send(Channel::Sms, "another")).findings;
    let paused = found.iter().find(|finding| finding.code == "network-paused").expect("a finding");
    let words = "the network safari is paused since 4 min by wanjiku, 1 wait";
    assert!(paused.text.starts_with(words), "{}", paused.text);
    let off = |story: &Story| story.world.down_carriers(&story.settings);
    let [one] = &off(&story)[..] else { panic!("one") };
    assert_eq!((one.paused, one.waiting, one.why.as_str()), (true, 1, "paused by wanjiku"));
    // A pause is what matters, because it does not end by itself.
    let story = story.when(link(false, "no route"));
    let [one] = &off(&story)[..] else { panic!("one") };
    assert!(one.paused);
    let story = story.when(pause(false));
    let [one] = &off(&story)[..] else { panic!("one") };
    assert_eq!((one.paused, one.why.as_str()), (false, "no route"));
    assert!(off(&story.when(link(true, ""))).is_empty());
}
