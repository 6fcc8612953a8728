//! What the hub counts, for Prometheus: `GET /metrics` on a listener of its own, in the text format (R-SEE-2). `table` has
//! the one declaration of every metric.
//!
//! Nobody is asked for a key there, because Prometheus has none of ours, and so the listener is on this machine only
//! unless the settings name another address. What is told is about the hub and its orgs, and never about a customer.

mod table;

pub use table::{METRICS, MetricKind, MetricRow};

use super::{
    accept::serve_each, calls::CallCounts, measures::HistogramReading, overview::Overview,
};
use bytes::Bytes;
use http::{HeaderValue, Method, Request, Response, StatusCode, header::CONTENT_TYPE};
use http_body_util::Full;
use hyper_util::{
    rt::{TokioExecutor, TokioIo, TokioTimer},
    server::conn::auto,
    service::TowerToHyperService,
};
use prometheus_client::{
    collector::Collector,
    encoding::{DescriptorEncoder, NoLabelSet, prometheus_text},
    metrics::{MetricType, exemplar::Exemplar},
    registry::Registry,
};
use std::{convert::Infallible, fmt, time::Duration};
use table::Scrape;
use tokio::{net::TcpListener, time::timeout};
use tower::service_fn;

/// How many connections there are at once. Those beyond wait.
const CONNECTIONS: usize = 8;
/// How long a caller may take for its headers, and to read the answer.
const PATIENCE: Duration = Duration::from_secs(30);
/// How the text format calls itself.
const TEXT: &str = "text/plain; version=0.0.4; charset=utf-8";

/// Answers what was counted. It is cheap to clone.
#[derive(Clone)]
pub struct Metrics {
    overview: Overview,
    calls: CallCounts,
}

/// The values of one metric, each with the values of its labels.
#[derive(Debug, Default)]
pub struct Samples {
    numbers: Vec<(Vec<String>, f64)>,
    histograms: Vec<(Vec<String>, HistogramReading)>,
}

impl Samples {
    /// Adds a number under these values of the labels.
    fn number<const N: usize>(&mut self, labels: [&str; N], value: f64) {
        self.numbers.push((labels.map(str::to_owned).into(), value));
    }
    /// Adds a count, a size in bytes or a place in a log.
    #[expect(clippy::cast_precision_loss, reason = "Prometheus has no other numbers")]
    fn count<const N: usize>(&mut self, labels: [&str; N], value: u64) {
        self.number(labels, value as f64);
    }
    fn histogram<const N: usize>(&mut self, labels: [&str; N], reading: HistogramReading) {
        self.histograms.push((labels.map(str::to_owned).into(), reading));
    }
}

impl Metrics {
    #[must_use]
    pub const fn new(overview: Overview, calls: CallCounts) -> Self {
        Self { overview, calls }
    }

    /// Everything as of now, in the text format.
    pub async fn text(&self) -> Result<String, fmt::Error> {
        let scrape = Scrape::take(&self.overview, &self.calls).await;
        let mut registry = Registry::default();
        registry.register_collector(Box::new(ReadMetrics(
            METRICS
                .iter()
                .map(|row| {
                    let mut samples = Samples::default();
                    (row.read)(&scrape, &mut samples);
                    (row, samples)
                })
                .collect(),
        )));
        let mut text = String::new();
        prometheus_text::encode(&mut text, &registry)?;
        Ok(text)
    }

    /// Serves everyone who connects, until it is dropped.
    pub async fn serve(self, listener: TcpListener) {
        serve_each(listener, CONNECTIONS, |tcp| {
            let metrics = self.clone();
            async move {
                let answer = service_fn(move |request| {
                    let metrics = metrics.clone();
                    async move { Ok::<_, Infallible>(metrics.answer(&request).await) }
                });
                let mut http = auto::Builder::new(TokioExecutor::new()).http1_only();
                // Each scrape is a connection of its own, so that nobody holds a seat between two of them.
                http.http1()
                    .timer(TokioTimer::new())
                    .header_read_timeout(PATIENCE)
                    .keep_alive(false);
                let served =
                    http.serve_connection(TokioIo::new(tcp), TowerToHyperService::new(answer));
                let _ = timeout(PATIENCE, served).await;
            }
        })
        .await;
    }

    async fn answer<B>(&self, request: &Request<B>) -> Response<Full<Bytes>> {
        let (status, text) = match (request.method(), request.uri().path()) {
            (&Method::GET, "/metrics") => match self.text().await {
                Ok(text) => (StatusCode::OK, text),
                Err(_) => (StatusCode::INTERNAL_SERVER_ERROR, String::new()),
            },
            (_, "/metrics") => (StatusCode::METHOD_NOT_ALLOWED, "only GET\n".to_owned()),
            _ => (StatusCode::NOT_FOUND, "only /metrics\n".to_owned()),
        };
        let mut response = Response::new(Full::new(Bytes::from(text)));
        response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static(TEXT));
        *response.status_mut() = status;
        response
    }
}

/// All metrics of one scrape, for the crate that writes them.
#[derive(Debug)]
struct ReadMetrics(Vec<(&'static MetricRow, Samples)>);

impl Collector for ReadMetrics {
    fn encode(&self, mut encoder: DescriptorEncoder) -> Result<(), fmt::Error> {
        for (row, samples) in &self.0 {
            let (kind, name) = match row.kind {
                // The format adds this ending by itself.
                MetricKind::Counter => (MetricType::Counter, row.name.trim_end_matches("_total")),
                MetricKind::Gauge => (MetricType::Gauge, row.name),
                MetricKind::Histogram => (MetricType::Histogram, row.name),
            };
            let mut of = encoder.encode_descriptor(name, row.help, None, kind)?;
            let named = |values: &[String]| -> Vec<(String, String)> {
                row.labels.iter().map(|label| (*label).to_owned()).zip(values.to_vec()).collect()
            };
            for (values, number) in &samples.numbers {
                let labels = named(values);
                let mut one = of.encode_family(&labels)?;
                if kind.as_str() == MetricType::Counter.as_str() {
                    one.encode_counter(number, None::<&Exemplar<NoLabelSet, f64>>)?;
                } else {
                    one.encode_gauge(number)?;
                }
            }
            for (values, HistogramReading { counts, sum }) in &samples.histograms {
                let labels = named(values);
                let count = counts.iter().map(|(_, count)| count).sum();
                let mut one = of.encode_family(&labels)?;
                one.encode_histogram::<NoLabelSet>(*sum, count, counts, None)?;
            }
        }
        Ok(())
    }
}
