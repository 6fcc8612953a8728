//! A network that the hub does not reach is said in the bar at every size (R-CARRY-12).

use super::desk::{Desk, START};
use crate::{
    console::msg::Msg,
    model::{ClientError, DownCarrier, FeedEvent, Seq},
};
use std::time::Duration;

fn bookmark(down: Vec<DownCarrier>) -> Msg {
    let (seq, head) = (Seq(0), Seq(0));
    Msg::Feed(FeedEvent::Bookmark { seq, head, cannot_write: None, waiting: None, down })
}

#[test]
fn r_carry_12_a_network_that_is_down_is_said_in_the_bar() {
    let safari = DownCarrier {
        id: "safari".into(),
        since: START.before(Duration::from_mins(4)),
        why: "no route".into(),
        waiting: 12,
    };
    for size in [(80, 24), (120, 40), (200, 60)] {
        let mut desk = Desk::open(size.0, size.1);
        assert!(!desk.screen().contains("down"), "{}", desk.screen());
        desk.send(bookmark(vec![safari.clone()]));
        let first = |desk: &mut Desk| desk.screen().lines().next().unwrap_or_default().to_owned();
        assert!(first(&mut desk).contains("!! safari down 5m, 12 wait"), "{}", first(&mut desk));
        assert!(first(&mut desk).contains("LIVE"), "the hub is heard all the same");
        desk.send(bookmark(Vec::new()));
        assert!(!first(&mut desk).contains("down"), "{}", first(&mut desk));
        // Nothing is said of it by a console that does not hear the hub.
        desk.send(bookmark(vec![safari.clone()]));
        let error = ClientError::Unavailable("draining".into());
        let retry_in = Some(Duration::from_secs(1));
        desk.send(Msg::Feed(FeedEvent::Down { error, attempt: 1, retry_in }));
        assert!(!first(&mut desk).contains("safari"), "{}", first(&mut desk));
    }
}
