//! What the examples run on: a sandbox hub inside this process, or a running one that
//! `SWITCHBOARD_ENDPOINT`, `SWITCHBOARD_API_KEY`, `SWITCHBOARD_ORG` and `SWITCHBOARD_APP` name,
//! whose org must be a sandbox. Either way the phones are played through `client.sandbox()`.

use std::{env, error::Error, time::Duration};
use switchboard::{
    Client,
    hub::{config::HubConfig, serve},
    sandbox,
    sdk::{Credentials, Endpoint, Options},
};
use tokio::{sync::mpsc, time::timeout};

pub type Outcome = Result<(), Box<dyn Error>>;

/// A client, and the hub that it talks to if the example started it.
pub struct Desk {
    /// The client of the app that was asked for.
    pub client: Client,
    hub: Option<serve::Running>,
}

/// Connects as this app, to a running hub if the environment names one and otherwise to a hub
/// of its own.
pub async fn open(app: &str) -> Result<Desk, Box<dyn Error>> {
    let given = |name: &str| env::var(format!("SWITCHBOARD_{name}")).ok();
    if let Some(uri) = given("ENDPOINT") {
        let client = Client::new(Options {
            endpoint: Endpoint::Uri(uri),
            org: given("ORG").unwrap_or_else(|| "sandbox".into()).into(),
            app: given("APP").unwrap_or_else(|| app.into()).into(),
            credentials: Credentials::api_key(given("API_KEY").unwrap_or_default()),
            ..Options::default()
        })?;
        return Ok(Desk { client, hub: None });
    }
    let (mut config, key) = HubConfig::embedded(None)?;
    for org in &mut config.orgs {
        // No simulated traffic, so that only the example acts.
        org.sandbox.rate_per_minute = 0;
        org.sandbox.fail_percent = 0;
        org.sandbox.demo_app = false;
    }
    let hub = serve::start(config, &[sandbox::attach]).await?;
    let client = Client::new(Options {
        endpoint: Endpoint::Local(hub.connector()),
        org: "sandbox".into(),
        app: app.into(),
        credentials: Credentials::api_key(key.to_string()),
        ..Options::default()
    })?;
    Ok(Desk { client, hub: Some(hub) })
}

impl Desk {
    /// Disconnects, and stops the hub if the example started it.
    pub async fn close(self) {
        self.client.disconnect();
        if let Some(hub) = self.hub {
            hub.shutdown().await;
        }
    }
}

/// The next thing that a listener has sent to the example. It is an error if nothing comes
/// for a while.
#[allow(dead_code, reason = "not every example listens")]
pub async fn told<T>(listener: &mut mpsc::Receiver<T>) -> Result<T, Box<dyn Error>> {
    let told = timeout(Duration::from_secs(20), listener.recv()).await?;
    told.ok_or_else(|| "the listener is gone".into())
}
