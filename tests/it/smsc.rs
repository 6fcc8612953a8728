//! A message centre that speaks SMPP, for tests: it counts what it gets, reports on it, brings what customers write,
//! and keeps what was not acknowledged for the next session, as a real one does. How it behaves can be chosen.

use futures_util::{SinkExt as _, StreamExt as _};
use rusmpp::{
    Command, CommandStatus, Pdu,
    pdus::{BindTransceiverResp, DeliverSm, SubmitSm, SubmitSmResp},
    tlvs::{MessageDeliveryRequestTlvValue, TlvValue},
    tokio_codec::CommandCodec,
    types::{AnyOctetString, COctetString, OctetString},
    values::{EsmClass, ItsSessionInfo, MessagePayload, ServiceType, Ton, UssdServiceOp},
};
use std::{
    collections::{BTreeMap, VecDeque},
    net::SocketAddr,
    sync::{Arc, Mutex, MutexGuard},
    time::Duration,
};
use tokio::{
    io::AsyncWriteExt as _,
    net::{TcpListener, TcpStream},
    sync::Notify,
    task::JoinSet,
    time::Instant,
};
use tokio_util::codec::Framed;

/// How it behaves.
#[allow(clippy::struct_excessive_bools, reason = "independent habits")]
#[derive(Clone, Debug, Default)]
pub struct Manner {
    /// It says that it has too much to do to every so manieth text.
    pub throttles_every: usize,
    /// It never answers to texts, although it has them.
    pub is_silent: bool,
    /// How long it takes for an answer to a text.
    pub answers_after: Duration,
    /// It refuses every login.
    pub refuses: bool,
    /// It answers to the login with bytes that are no SMPP.
    pub is_garbled: bool,
    /// It refuses every text with this code.
    pub refuses_texts: Option<CommandStatus>,
    /// It calls messages by hexadecimal digits and reports on them with decimal ones.
    pub changes_digits: bool,
    /// It reports before it answers.
    pub reports_first: bool,
    /// It does not report at all.
    pub reports_nothing: bool,
    /// It brings the next request only after the one before is acknowledged.
    pub brings_one: bool,
    /// It ends each session after this time.
    pub restarts_after: Option<Duration>,
}

/// A text that it got.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Text {
    pub to: String,
    pub from: String,
    pub octets: Vec<u8>,
    pub coding: u8,
    /// The operation of USSD that it is, and the session and the place in it.
    pub ussd: Option<(u8, (u8, u8))>,
    pub at: Instant,
}

impl Text {
    /// What it says, if it is ASCII.
    pub fn words(&self) -> String {
        String::from_utf8_lossy(&self.octets).into_owned()
    }
}

#[derive(Debug, Default)]
struct State {
    manner: Manner,
    texts: Vec<Text>,
    submitted: usize,
    logins: usize,
    logouts: usize,
    /// What is to be brought, oldest first, and what is under way by its number.
    to_bring: VecDeque<DeliverSm>,
    bringing: BTreeMap<u32, DeliverSm>,
    acknowledged: usize,
    refused: usize,
    /// What is written as it is.
    raw: Vec<Vec<u8>>,
    last: u32,
}

impl State {
    /// What was not acknowledged is brought to the next one.
    fn logs_in(&mut self) {
        self.logins += 1;
        for (_, deliver) in std::mem::take(&mut self.bringing).into_iter().rev() {
            self.to_bring.push_front(deliver);
        }
    }
}

/// A running message centre. It ends when it is dropped.
pub struct Smsc {
    pub addr: SocketAddr,
    state: Arc<Mutex<State>>,
    news: Arc<Notify>,
    cut: Arc<Notify>,
    _tasks: JoinSet<()>,
}

impl Smsc {
    pub async fn start(manner: Manner) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
        let addr = listener.local_addr().expect("an address");
        let state = Arc::new(Mutex::new(State { manner, ..State::default() }));
        let (news, cut) = (Arc::new(Notify::new()), Arc::new(Notify::new()));
        let mut tasks = JoinSet::new();
        let (shared, told, ends) = (Arc::clone(&state), Arc::clone(&news), Arc::clone(&cut));
        tasks.spawn(async move {
            let mut sessions = JoinSet::new();
            loop {
                let Ok((stream, _)) = listener.accept().await else { return };
                // A login takes the place of the one before, as after a crash that nobody noticed.
                sessions.abort_all();
                let _ = stream.set_nodelay(true);
                let (state, news, cut) =
                    (Arc::clone(&shared), Arc::clone(&told), Arc::clone(&ends));
                sessions.spawn(async move {
                    session(stream, &state, &news, &cut).await;
                });
            }
        });
        Self { addr, state, news, cut, _tasks: tasks }
    }
    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().expect("no test has failed in it")
    }
    /// Behaves so from now on.
    pub fn behave(&self, manner: Manner) {
        self.state().manner = manner;
    }
    pub fn texts(&self) -> Vec<Text> {
        self.state().texts.clone()
    }
    pub fn logouts(&self) -> usize {
        self.state().logouts
    }
    pub fn logins(&self) -> usize {
        self.state().logins
    }
    /// How many of what it brought were acknowledged.
    pub fn acknowledged(&self) -> usize {
        self.state().acknowledged
    }
    /// How many of what it brought were refused for good.
    pub fn refused(&self) -> usize {
        self.state().refused
    }
    /// Brings something that nobody can read, with this body.
    pub fn bring_unreadable(&self, body: &[u8]) {
        let length = u32::try_from(16 + body.len()).expect("short");
        let head = [length, 5, 0, 0x00FF_0000].map(u32::to_be_bytes).concat();
        self.state().raw.push([&head, body].concat());
        self.news.notify_one();
    }
    /// Ends the session.
    pub fn hang_up(&self) {
        self.cut.notify_waiters();
    }
    /// Brings what a customer writes, as soon as somebody is there.
    pub fn bring(&self, from: &str, to: &str, text: &str) {
        let octets = OctetString::from_string(text.to_owned()).expect("short");
        let deliver = DeliverSm::builder()
            .source_addr_ton(Ton::International)
            .source_addr(octet(from.trim_start_matches('+')))
            .destination_addr(octet(to))
            .esm_class(EsmClass::from(0))
            .short_message(octets)
            .build();
        self.state().to_bring.push_back(deliver);
        self.news.notify_one();
    }
    /// Brings a part of a longer text, whose header says that it is the nth of so many.
    pub fn bring_part(
        &self,
        from: &str,
        to: &str,
        (reference, total, nth): (u8, u8, u8),
        text: &str,
    ) {
        let octets = [&[5, 0, 3, reference, total, nth], text.as_bytes()].concat();
        let deliver = DeliverSm::builder()
            .source_addr_ton(Ton::International)
            .source_addr(octet(from.trim_start_matches('+')))
            .destination_addr(octet(to))
            .esm_class(EsmClass::from(0x40))
            .short_message(OctetString::from_vec(octets).expect("short"))
            .build();
        self.state().to_bring.push_back(deliver);
        self.news.notify_one();
    }
    /// The same, said beside the text.
    pub fn bring_segment(
        &self,
        from: &str,
        to: &str,
        (reference, total, nth): (u16, u8, u8),
        text: &str,
    ) {
        use MessageDeliveryRequestTlvValue as Tlv;
        let payload = MessagePayload::new(AnyOctetString::from_vec(text.as_bytes().to_vec()));
        let deliver = DeliverSm::builder()
            .source_addr_ton(Ton::International)
            .source_addr(octet(from.trim_start_matches('+')))
            .destination_addr(octet(to))
            .esm_class(EsmClass::from(0))
            .push_tlv(Tlv::MessagePayload(payload))
            .push_tlv(Tlv::SarMsgRefNum(reference))
            .push_tlv(Tlv::SarTotalSegments(total))
            .push_tlv(Tlv::SarSegmentSeqnum(nth))
            .build();
        self.state().to_bring.push_back(deliver);
        self.news.notify_one();
    }
    /// Somebody dials or types in a USSD session, which has a number, a place in it, and an operation.
    pub fn type_in(
        &self,
        from: &str,
        to: &str,
        text: &str,
        operation: UssdServiceOp,
        session: (u8, u8),
    ) {
        let info = ItsSessionInfo::new(session.0, session.1);
        let deliver = DeliverSm::builder()
            .service_type(ServiceType::new(octet("USSD")))
            .source_addr_ton(Ton::International)
            .source_addr(octet(from.trim_start_matches('+')))
            .destination_addr(octet(to))
            .esm_class(EsmClass::from(0))
            .short_message(OctetString::from_string(text.to_owned()).expect("short"))
            .push_tlv(MessageDeliveryRequestTlvValue::UssdServiceOp(operation))
            .push_tlv(MessageDeliveryRequestTlvValue::ItsSessionInfo(info))
            .build();
        self.state().to_bring.push_back(deliver);
        self.news.notify_one();
    }
    /// How many texts it got.
    pub fn count(&self) -> usize {
        self.state().texts.len()
    }
    /// Waits until what it has seen is so.
    pub async fn once(&self, is_so: impl Fn(&Self) -> bool) {
        let end = Instant::now() + Duration::from_mins(1);
        while !is_so(self) {
            assert!(Instant::now() < end, "not within a minute: {:?}", self.state());
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    }
}

fn octet<const MIN: usize, const MAX: usize>(text: &str) -> COctetString<MIN, MAX> {
    COctetString::from_string(text.to_owned()).expect("short")
}

fn ussd_of(submit: &SubmitSm) -> Option<(u8, (u8, u8))> {
    let (mut operation, mut place) = (None, (0, 0));
    for tlv in submit.tlvs() {
        match tlv.value() {
            Some(TlvValue::UssdServiceOp(known)) => operation = Some(u8::from(*known)),
            Some(TlvValue::ItsSessionInfo(info)) => {
                place = (info.session_number, info.sequence_number);
            }
            _ => {}
        }
    }
    Some((operation?, place))
}

async fn session(stream: TcpStream, state: &Mutex<State>, news: &Notify, cut: &Notify) {
    let mut framed = Framed::new(stream, CommandCodec::new().without_max_length());
    let manner = || state.lock().expect("alive").manner.clone();
    let end = manner().restarts_after.map(|after| Instant::now() + after);
    let mut is_bound = false;
    loop {
        let far = Instant::now() + Duration::from_hours(1);
        tokio::select! {
            command = framed.next() => {
                let Some(Ok(command)) = command else { break };
                let (sequence, pdu) = (command.sequence_number(), command.pdu().cloned());
                let answered = match pdu {
                    Some(Pdu::BindTransceiver(_)) => {
                        let manner = manner();
                        if manner.is_garbled {
                            let _ = framed.get_mut().write_all(b"HTTP/1.1 400 Bad Request\r\n\r\n").await;
                            break;
                        }
                        state.lock().expect("alive").logs_in();
                        is_bound = !manner.refuses;
                        let ok = CommandStatus::EsmeRok;
                        let status = if is_bound { ok } else { CommandStatus::EsmeRbindfail };
                        let answer: Pdu = BindTransceiverResp::default().into();
                        framed.send(Command::new(status, sequence, answer)).await
                    }
                    Some(Pdu::SubmitSm(submit)) => submitted(&mut framed, state, sequence, &submit).await,
                    Some(Pdu::DeliverSmResp(_)) => {
                        let mut state = state.lock().expect("alive");
                        if state.bringing.remove(&sequence).is_some() {
                            state.acknowledged += 1;
                        } else if command.status() == CommandStatus::EsmeRxPAppn {
                            state.refused += 1;
                        }
                        Ok(())
                    }
                    Some(Pdu::Unbind) => {
                        state.lock().expect("alive").logouts += 1;
                        framed.send(Command::new(CommandStatus::EsmeRok, sequence, Pdu::UnbindResp)).await
                    }
                    _ if u32::from(command.id()) == 0x15 => {
                        let answer = Pdu::EnquireLinkResp;
                        framed.send(Command::new(CommandStatus::EsmeRok, sequence, answer)).await
                    }
                    _ => Ok(()),
                };
                if answered.is_err() {
                    break;
                }
            }
            () = news.notified() => {}
            () = cut.notified() => break,
            () = tokio::time::sleep_until(end.unwrap_or(far)) => break,
        }
        if is_bound && bring(&mut framed, state).await.is_err() {
            break;
        }
    }
}

type Wire = Framed<TcpStream, CommandCodec>;
type Sent = Result<(), rusmpp::tokio_codec::EncodeError>;

async fn bring(framed: &mut Wire, state: &Mutex<State>) -> Sent {
    let raw = std::mem::take(&mut state.lock().expect("alive").raw);
    for bytes in raw {
        framed.get_mut().write_all(&bytes).await?;
    }
    loop {
        let (sequence, deliver) = {
            let mut state = state.lock().expect("alive");
            if state.manner.brings_one && !state.bringing.is_empty() {
                return Ok(());
            }
            let Some(deliver) = state.to_bring.pop_front() else { return Ok(()) };
            state.last += 1;
            let sequence = state.last;
            state.bringing.insert(sequence, deliver.clone());
            (sequence, deliver)
        };
        let command = Command::new(CommandStatus::EsmeRok, sequence, Pdu::from(deliver));
        framed.send(command).await?;
    }
}

async fn submitted(
    framed: &mut Wire,
    state: &Mutex<State>,
    sequence: u32,
    submit: &SubmitSm,
) -> Sent {
    let (status, id, manner) = {
        let mut state = state.lock().expect("alive");
        state.submitted += 1;
        let manner = state.manner.clone();
        let throttles =
            manner.throttles_every > 0 && state.submitted.is_multiple_of(manner.throttles_every);
        let status = match manner.refuses_texts {
            Some(status) => status,
            None if throttles => CommandStatus::EsmeRthrottled,
            None => CommandStatus::EsmeRok,
        };
        if status == CommandStatus::EsmeRok {
            let payload = submit.tlvs().iter().find_map(|tlv| match tlv.value() {
                Some(TlvValue::MessagePayload(octets)) => Some(octets.value.clone().into_vec()),
                _ => None,
            });
            let octets = payload.unwrap_or_else(|| submit.short_message().clone().into_vec());
            state.texts.push(Text {
                to: submit.destination_addr.as_str().to_owned(),
                from: submit.source_addr.as_str().to_owned(),
                octets,
                coding: submit.data_coding.into(),
                ussd: ussd_of(submit),
                at: Instant::now(),
            });
        }
        (status, state.texts.len() + 0xA00, manner)
    };
    let name = if manner.changes_digits { format!("{id:X}") } else { id.to_string() };
    let report = (status == CommandStatus::EsmeRok && !manner.reports_nothing).then(|| {
        let words = format!("id:{id} sub:001 dlvrd:001 submit date:2611291200 done date:2611291201 stat:DELIVRD err:000 text:x");
        DeliverSm::builder()
            .source_addr(octet(submit.destination_addr.as_str()))
            .destination_addr(octet(submit.source_addr.as_str()))
            .esm_class(EsmClass::from(4))
            .short_message(OctetString::from_string(words).expect("short"))
            .build()
    });
    if let Some(report) = report {
        state.lock().expect("alive").to_bring.push_back(report);
    }
    if manner.reports_first {
        bring(framed, state).await?;
    }
    if manner.is_silent {
        return Ok(());
    }
    tokio::time::sleep(manner.answers_after).await;
    let answer = SubmitSmResp::builder().message_id(octet(&name)).build();
    framed.send(Command::new(status, sequence, Pdu::from(answer))).await
}
