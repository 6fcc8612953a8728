//! What is said to a hub that is reached without encryption can be read on the way, and the bar says so all the time (R-TLS-6).

use super::desk::Desk;
use crate::{
    catalog::tests::hello,
    console::msg::Msg,
    model::{ClientError, FeedEvent, Hello},
};
use std::time::Duration;

#[test]
fn r_tls_6_the_bar_says_at_every_size_that_the_connection_is_not_encrypted() {
    for (width, height) in [(40, 12), (80, 24), (120, 40), (200, 60)] {
        for plaintext in [true, false] {
            let mut desk = Desk::new(width, height);
            desk.send(Msg::Feed(FeedEvent::up(Hello { plaintext, ..hello() })));
            assert_eq!(desk.screen().contains("!! NOT ENCRYPTED"), plaintext, "{}", desk.screen());
            // It stands while the connection is down too, because that is how it will be tried again.
            desk.down(Some(Duration::from_secs(9)), ClientError::Unavailable("away".into()));
            assert_eq!(desk.screen().contains("!! NOT ENCRYPTED"), plaintext, "{}", desk.screen());
        }
    }
}
