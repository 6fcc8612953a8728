//! A network that is called by HTTP, for tests: it keeps what it is told and answers as it is asked to.

use axum::{
    Router,
    body::{Bytes, to_bytes},
    extract::{Request, State},
    http::{HeaderMap, StatusCode},
    response::{IntoResponse as _, Response},
};
use std::{
    net::SocketAddr,
    sync::{Arc, Mutex, MutexGuard},
    time::Duration,
};
use tokio::{net::TcpListener, task::JoinSet, time::Instant};

/// What it was told.
#[derive(Clone, Debug)]
pub struct Told {
    pub path: String,
    pub headers: HeaderMap,
    pub body: Bytes,
}

impl Told {
    /// A header as text.
    pub fn header(&self, name: &str) -> String {
        let value = self.headers.get(name).expect("the header");
        value.to_str().expect("text").to_owned()
    }
    /// A field of a form.
    pub fn field(&self, name: &str) -> String {
        let mut fields = form_urlencoded::parse(&self.body);
        let found = fields.find(|(known, _)| known == name);
        found.expect("the field").1.into_owned()
    }
}

type Answers = dyn Fn(&Told, usize) -> Option<(u16, String)> + Send;

struct Inside {
    told: Vec<Told>,
    answers: Box<Answers>,
}

/// A running network. It ends when it is dropped.
pub struct HttpNetwork {
    pub addr: SocketAddr,
    inside: Arc<Mutex<Inside>>,
    _tasks: JoinSet<()>,
}

impl HttpNetwork {
    /// It answers so to what it is told, which is the so manieth; `None` is no answer at all.
    pub async fn start(
        answers: impl Fn(&Told, usize) -> Option<(u16, String)> + Send + 'static,
    ) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
        let addr = listener.local_addr().expect("an address");
        let inside = Inside { told: Vec::new(), answers: Box::new(answers) };
        let inside = Arc::new(Mutex::new(inside));
        let app = Router::new().fallback(handle).with_state(Arc::clone(&inside));
        let mut tasks = JoinSet::new();
        tasks.spawn(async move { axum::serve(listener, app).await.expect("it serves") });
        Self { addr, inside, _tasks: tasks }
    }
    /// An address there.
    pub fn url(&self, path: &str) -> String {
        format!("http://{}{path}", self.addr)
    }
    /// It answers so from now on.
    pub fn answer(&self, answers: impl Fn(&Told, usize) -> Option<(u16, String)> + Send + 'static) {
        lock(&self.inside).answers = Box::new(answers);
    }
    /// Everything that it was told by this path.
    pub fn told(&self, path: &str) -> Vec<Told> {
        let all = lock(&self.inside);
        all.told.iter().filter(|told| told.path == path).cloned().collect()
    }
    /// Waits until what it has heard is so.
    pub async fn once(&self, is_so: impl Fn(&Self) -> bool) {
        let end = Instant::now() + Duration::from_mins(1);
        while !is_so(self) {
            assert!(Instant::now() < end, "not within a minute: {:?}", lock(&self.inside).told);
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    }
}

fn lock(inside: &Mutex<Inside>) -> MutexGuard<'_, Inside> {
    inside.lock().expect("no test has failed in it")
}

async fn handle(State(inside): State<Arc<Mutex<Inside>>>, request: Request) -> Response {
    let (head, body) = request.into_parts();
    let body = to_bytes(body, 1 << 20).await.expect("a body");
    let path = head.uri.path().to_owned();
    let told = Told { path, headers: head.headers, body };
    let answer = {
        let mut inside = lock(&inside);
        let count = inside.told.len();
        inside.told.push(told.clone());
        (inside.answers)(&told, count)
    };
    let Some((status, body)) = answer else { return std::future::pending().await };
    (StatusCode::from_u16(status).expect("a status"), body).into_response()
}
