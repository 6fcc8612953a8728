//! Counts the bytes of requests and answers (R-LIMIT-4).

use super::budget::Budget;
use bytes::Bytes;
use http_body::{Frame, SizeHint};
use std::{
    pin::Pin,
    sync::Arc,
    task::{Context, Poll, ready},
    time::Duration,
};
use tokio::time::{Instant, Sleep, sleep_until};
use tonic::{Status, body::Body};

/// For how long a stream waits at most before it is asked again.
const LONGEST: Duration = Duration::from_secs(1);

/// The body of a request or an answer, whose bytes its key pays for.
pub struct MeteredBody {
    body: Body,
    budget: Arc<Budget>,
    /// Whether it waits when the key has used more than allowed, as streams do that go on where they were.
    is_paced: bool,
    wait: Option<Pin<Box<Sleep>>>,
}

impl MeteredBody {
    /// Whatever comes through this body is counted.
    #[must_use]
    pub fn new(body: Body, budget: Arc<Budget>, is_paced: bool) -> Self {
        Self { body, budget, is_paced, wait: None }
    }
}

impl http_body::Body for MeteredBody {
    type Data = Bytes;
    type Error = Status;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Status>>> {
        if self.is_paced && self.wait.is_none() {
            // Now and then the stream is asked all the same, because it may have to end.
            let longest = Instant::now() + LONGEST;
            let until = self.budget.in_debt_until().map(|until| until.min(longest));
            self.wait = until.map(|until| Box::pin(sleep_until(until)));
        }
        if let Some(wait) = &mut self.wait {
            ready!(wait.as_mut().poll(cx));
            self.wait = None;
        }
        let frame = ready!(Pin::new(&mut self.body).poll_frame(cx));
        if let Some(Ok(frame)) = &frame
            && let Some(data) = frame.data_ref()
        {
            self.budget.use_bytes(data.len());
        }
        Poll::Ready(frame)
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::hub::{budget::Allowance, config::Limits};
    use futures_util::stream;
    use http_body_util::{BodyExt as _, StreamBody};

    async fn five_mib(is_paced: bool) -> Duration {
        let limits = Limits { mib_per_second: 1, org_keys: 1, ..Limits::NONE };
        let budget = Arc::new(Budget::new(limits, Arc::new(Allowance::of_org(limits))));
        let mib = || Ok::<_, Status>(Frame::data(Bytes::from(vec![0; 1 << 20])));
        let body = Body::new(StreamBody::new(stream::iter((0..5).map(move |_| mib()))));
        let (mut body, began) =
            (MeteredBody::new(body, Arc::clone(&budget), is_paced), Instant::now());
        while let Some(frame) = body.frame().await {
            frame.unwrap();
        }
        assert_eq!(budget.check_bytes().is_ok(), is_paced);
        began.elapsed()
    }

    #[tokio::test(start_paused = true)]
    async fn r_limit_4_a_stream_waits_until_its_bytes_are_paid_for_and_loses_none() {
        // Two seconds' worth may go at once; the fourth and the fifth wait, and so does the end.
        assert_eq!(five_mib(true).await.as_secs(), 3);
        assert_eq!(five_mib(false).await, Duration::ZERO);
    }
}
