//! A worker and a message centre made with the crate `smpp34`, which nobody here wrote: it reads what we write and writes
//! what we read, by a codec that has nothing in common with ours.

use super::*;
use ::smpp34::{
    SmppConnectionInformation, SmppError, SmppServer, SmppServerListener, TlvList as _, TlvTag,
    bind_transceiver, bind_transceiver_resp, server::ESME, submit_sm, submit_sm_resp, unbind,
    unbind_resp,
};
use async_trait::async_trait;
use std::{
    net::{IpAddr, Ipv4Addr, TcpListener},
    sync::{Mutex, PoisonError},
};

/// What the centre has seen.
#[derive(Default)]
struct Seen {
    texts: Vec<submit_sm>,
    session: Option<Arc<ESME>>,
    logouts: usize,
}

#[derive(Default)]
struct Centre(Mutex<Seen>);

impl Centre {
    fn with<T>(&self, look: impl FnOnce(&mut Seen) -> T) -> T {
        look(&mut self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

#[async_trait]
impl SmppServerListener for Centre {
    async fn on_bind_transceiver(
        &self,
        request: bind_transceiver,
        _: &SmppConnectionInformation,
        _: &String,
    ) -> bind_transceiver_resp {
        if (request.system_id.as_str(), request.password.as_str()) == ("desk", "secret") {
            request.accept("centre".to_owned(), Some(0x34))
        } else {
            request.reject(SmppError::ESME_RINVPASWD)
        }
    }
    async fn on_esme_bound(&self, session: ESME, _: &String) {
        self.with(|seen| seen.session = Some(Arc::new(session)));
    }
    async fn on_submit_sm(
        &self,
        request: submit_sm,
        _: &SmppConnectionInformation,
        _: &String,
    ) -> submit_sm_resp {
        let name = self.with(|seen| {
            seen.texts.push(request.clone());
            format!("name-{}", seen.texts.len())
        });
        if request.destination_addr.ends_with('9') {
            return request.reject(SmppError::ESME_RINVSRCADR);
        }
        request.accept(name)
    }
    async fn on_unbind(
        &self,
        request: unbind,
        _: &SmppConnectionInformation,
        _: &String,
    ) -> unbind_resp {
        self.with(|seen| seen.logouts += 1);
        request.accept()
    }
}

/// Starts a centre that asks every 100 ms whether we are there, and a desk that goes to it.
async fn start() -> (Arc<Centre>, SmppServer, Desk) {
    let free = TcpListener::bind("127.0.0.1:0").expect("a free port");
    let address = free.local_addr().expect("its address");
    drop(free);
    let centre = Arc::new(Centre::default());
    let here = IpAddr::V4(Ipv4Addr::LOCALHOST);
    let (bind, enquire, idle, response) = (5_000, 100, 300_000, 5_000);
    let mut server = SmppServer::new_with_default_timers(
        here,
        address.port(),
        centre.clone(),
        bind,
        enquire,
        idle,
        response,
        1_500,
    );
    server.start().await;
    assert!(server.is_alive());
    let kind = CarrierKind::Smpp(SmppSettings {
        address: address.to_string(),
        system_id: "desk".into(),
        password: CarrierSecret::new("secret".into()),
        system_type: String::new(),
        tls: false,
    });
    let desk = Desk::with(kind, vec![line()], Repeats::Never, true).await;
    (centre, server, desk)
}

/// The session that the worker has opened.
async fn session(centre: &Centre) -> Arc<ESME> {
    once!(centre.with(|seen| seen.session.is_some()), true);
    centre.with(|seen| seen.session.clone()).expect("a session")
}

#[tokio::test]
async fn r_carry_1_a_centre_of_other_origin_reads_texts_and_its_reports_are_read() {
    let (centre, _server, desk) = start().await;
    desk.send(&nth(1), "Habari @ 5€").await;
    desk.send(&nth(2), "şimdi 🌻").await;
    desk.send(&nth(3), &"x".repeat(1_000)).await;
    desk.send(&nth(9), "refused").await;
    once!(desk.stands(MessageStatus::InvalidChannelNumber).await, 1);
    once!(centre.with(|seen| seen.texts.len()), 4);
    let session = session(&centre).await;
    let texts = centre.with(|seen| seen.texts.clone());
    for (n, text) in
        texts.iter().enumerate().filter(|(_, text)| !text.destination_addr.ends_with('9'))
    {
        assert_eq!((text.source_addr.as_str(), text.source_addr_ton), ("40404", 0));
        assert_eq!((text.dest_addr_ton, text.dest_addr_npi, text.registered_delivery), (1, 1, 1));
        assert_eq!((text.validity_period.as_str(), text.esm_class), ("000001000000000R", 0));
        let (own, payload) = (&text.short_message[..], text.tlvs.message_payload());
        match text.destination_addr.as_str() {
            "254700000001" => assert_eq!((text.data_coding, own), (0, &b"Habari \x00 5\x1be"[..])),
            "254700000002" => {
                assert_eq!(
                    (text.data_coding, own),
                    (8, &b"\x01\x5f\0i\0m\0d\0i\0 \xd8\x3c\xdf\x3b"[..])
                );
            }
            "254700000003" => assert_eq!((own, payload), (&b""[..], Some(&[b'x'; 1_000][..]))),
            other => panic!("{other}"),
        }
        // Two of the reports say in an element what they are about, and one in its text alone.
        let name = format!("name-{}", n + 1);
        let mut report = session.deliver_sm().esm_class(4);
        report = report.source_addr(&*text.destination_addr).destination_addr("40404");
        report = if n % 2 == 0 {
            let id = format!("{name}\0").into_bytes();
            report.tlv(TlvTag::ReceiptedMessageId, id).tlv(TlvTag::MessageStateTlv, [2])
        } else {
            let words = format!("id:{name} sub:001 dlvrd:001 stat:DELIVRD err:000 text:x");
            report.short_message(words.into_bytes())
        };
        let answer = report.send().await.expect("an answer");
        assert!(answer.is_success(), "{:?}", answer.get_error());
    }
    once!(desk.stands(MessageStatus::Delivered).await, 3);
    assert_eq!(desk.unknown().await, 0);
}

#[tokio::test]
async fn r_carry_26_a_centre_of_other_origin_brings_texts_whole_and_in_parts_one_after_the_other() {
    let (centre, _server, mut desk) = start().await;
    let session = session(&centre).await;
    let bring = async |esm_class: u8, coding: u8, octets: &[u8], nth: Option<u8>| {
        let mut deliver = session.deliver_sm().source_addr_ton(1).source_addr("254711000001");
        deliver = deliver.destination_addr("40404").esm_class(esm_class).data_coding(coding);
        if let Some(nth) = nth {
            deliver = deliver.tlv(TlvTag::SarMsgRefNum, 700_u16.to_be_bytes());
            deliver =
                deliver.tlv(TlvTag::SarTotalSegments, [2]).tlv(TlvTag::SarSegmentSeqnum, [nth]);
        }
        let answer = deliver.short_message(octets).send().await.expect("an answer");
        assert!(answer.is_success(), "{:?}", answer.get_error());
    };
    // Each is sent when the one before is acknowledged.
    bring(0, 0, b"Habari \x00", None).await;
    bring(0x40, 0, b"\x05\x00\x03\x07\x02\x01Where is ", None).await;
    bring(0x40, 0, b"\x06\x08\x04\x01\x07\x02\x02\x00i", None).await;
    bring(0x40, 0, b"\x05\x00\x03\x07\x02\x02it?", None).await;
    bring(0, 0, b"at the ", Some(1)).await;
    bring(0x40, 8, b"\x06\x08\x04\x01\x07\x02\x01\x01\x5f", None).await;
    bring(0, 0, b"gate", Some(2)).await;
    let all = desk.messages(Direction::Inbound).await;
    let texts: Vec<_> = all.into_iter().filter_map(|message| message.body.text).collect();
    assert_eq!(texts, ["Habari @", "Where is it?", "ş@i", "at the gate"]);
    desk.leave().await;
    once!(centre.with(|seen| seen.logouts), 1);
}

#[tokio::test]
async fn r_carry_6_a_centre_of_other_origin_refuses_a_wrong_password() {
    let (_centre, _server, mut desk) = start().await;
    desk.kill().await;
    let CarrierKind::Smpp(smpp) = &mut desk.carrier.kind else { panic!("SMPP") };
    smpp.password = CarrierSecret::new("wrong".into());
    let why = crate::carriers::check(&desk.carrier).await.expect_err("refused");
    assert_eq!(why, "it refuses the login: check system_id and password (0x0000000E)");
}
