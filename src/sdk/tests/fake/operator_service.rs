//! `switchboard.v1.Operator` as the script says. What agents list is one of each.

use super::{End, Fake, Streamed, Watch, hera_service::Later, stored};
use crate::{
    model::{ChannelNumber, Currency, CustomerCommand, CustomerNumber, Money, TagTerms},
    wire::{
        entry,
        operation::{Operation, for_each_operation},
        proto::{
            hera,
            v1::{self, operator_server::Operator as Service},
        },
    },
};
use futures_util::{StreamExt as _, stream};
use tonic::{Request, Response, Status};

macro_rules! handlers {
    (hera { $($rest:tt)* }
     operator { $($rpc:ident $method:ident $request:ident $reply:ident $name:ident;)* }) => {$(
        fn $method<'a, 'b>(&'a self, r: Request<v1::$request>) -> Later<'b, hera::$reply>
        where
            'a: 'b,
            Self: 'b,
        {
            Box::pin(self.change(r.map(Operation::command)))
        }
    )*};
}

#[tonic::async_trait]
impl Service for Fake {
    type WatchStream = Streamed<v1::WatchReply>;

    async fn hello(
        &self,
        r: Request<v1::HelloRequest>,
    ) -> Result<Response<v1::HelloReply>, Status> {
        self.with(|script| {
            script.metadata.push(r.metadata().clone());
            match &script.refuse {
                Some(status) => Err(status.clone()),
                None => Ok(Response::new(v1::HelloReply {
                    log_id: script.log_id.clone(),
                    fills_gaps: true,
                    paces_works: true,
                    times_works: true,
                    ..script.hello.clone()
                })),
            }
        })
    }

    async fn watch(
        &self,
        r: Request<v1::WatchRequest>,
    ) -> Result<Response<Self::WatchStream>, Status> {
        let silent = Watch { frames: Vec::new(), end: End::Hang };
        let watch = self.with(|script| {
            script.asked.push(r.into_inner());
            script.watches.pop_front().unwrap_or(silent)
        });
        let fake = self.clone();
        let frames =
            watch.frames.into_iter().map(|frame| Ok(v1::WatchReply { frame: Some(frame) }));
        let end = stream::once(async move { fake.end(watch.end).await });
        Ok(Response::new(Box::pin(stream::iter(frames).chain(end))))
    }

    async fn history(
        &self,
        _: Request<v1::HistoryRequest>,
    ) -> Result<Response<v1::HistoryReply>, Status> {
        let entries = [8, 7].map(|seq| entry::encode(&stored(seq))).to_vec();
        Ok(Response::new(v1::HistoryReply {
            entries,
            more: true,
            unread: 3,
            ..v1::HistoryReply::default()
        }))
    }

    async fn get_customer(
        &self,
        _: Request<v1::GetCustomerRequest>,
    ) -> Result<Response<v1::GetCustomerReply>, Status> {
        Ok(Response::new(v1::GetCustomerReply::default()))
    }

    async fn find_customers(
        &self,
        r: Request<v1::FindCustomersRequest>,
    ) -> Result<Response<v1::FindCustomersReply>, Status> {
        self.with(|script| script.searched.push(r.into_inner().words));
        self.end(End::Hang).await
    }

    async fn dry_run(
        &self,
        r: Request<v1::DryRunRequest>,
    ) -> Result<Response<v1::DryRunReply>, Status> {
        let asked = r.into_inner();
        let v1::DryRunRequest { command, seen_seq, fill_gaps, rate, failed_of, .. } = asked;
        let terms = TagTerms {
            fill: fill_gaps,
            rate: rate.map(|rate| rate.parse().expect("a rate")),
            failed_of: failed_of.map(Into::into),
            at: asked.at.map(|at| crate::wire::from_time(Some(at))),
            keeps_quiet: asked.keeps_quiet,
            instead_of: asked.instead_of.map(Into::into),
        };
        let command = CustomerCommand::try_from(command.expect("a command"));
        let command = command
            .expect("a command that can be read")
            .having_seen(seen_seq.map(crate::model::Seq))
            .on_terms(terms);
        Ok(Response::new(self.with(|script| {
            script.dry_runs.push(command);
            script.outlook.clone()
        })))
    }

    async fn list_works(
        &self,
        r: Request<v1::ListWorksRequest>,
    ) -> Result<Response<v1::ListWorksReply>, Status> {
        let asked = r.into_inner();
        let works = ["el_wrk_1", "el_wrk_2"]
            .into_iter()
            .filter(|id| asked.work_id.is_empty() || asked.work_id == *id);
        let works = works.take(asked.limit as usize).map(|id| v1::Work {
            work_id: id.into(),
            task: Some(v1::work::Task::Reminder(hera::CustomerReminder::default())),
            state: v1::WorkState::Running.into(),
            total: 9,
            ..v1::Work::default()
        });
        let at = vec![prost_types::Timestamp { seconds: 60, nanos: 0 }];
        let next = [("el_wrk_1".to_owned(), v1::Times { at })].into();
        Ok(Response::new(v1::ListWorksReply { works: works.collect(), next }))
    }

    async fn list_recipients(
        &self,
        r: Request<v1::ListRecipientsRequest>,
    ) -> Result<Response<v1::ListRecipientsReply>, Status> {
        let asked = r.into_inner();
        if asked.work_id != "el_wrk_1" {
            let refusal = format!("no work {}", asked.work_id);
            return Ok(Response::new(v1::ListRecipientsReply { refusal, ..Default::default() }));
        }
        let (id, next) = if asked.after.is_empty() { ("el_cst_1", "2") } else { ("el_cst_2", "") };
        let one = v1::Recipient {
            customer_id: id.into(),
            message_id: Some("el_msg_1".into()),
            code: if asked.outcome == 5 { 400 } else { 300 },
            ..v1::Recipient::default()
        };
        let reply = v1::ListRecipientsReply {
            recipients: vec![one],
            next: next.into(),
            ..Default::default()
        };
        Ok(Response::new(reply))
    }

    async fn list_reminders(
        &self,
        r: Request<v1::ListRemindersRequest>,
    ) -> Result<Response<v1::ListRemindersReply>, Status> {
        let listed = v1::ListedReminder {
            customer_id: r.into_inner().customer_id,
            customer_name: "Amina".into(),
            ..v1::ListedReminder::default()
        };
        Ok(Response::new(v1::ListRemindersReply { reminders: vec![listed], total: 7 }))
    }

    async fn list_scheduled(
        &self,
        r: Request<v1::ListScheduledRequest>,
    ) -> Result<Response<v1::ListScheduledReply>, Status> {
        let listed = v1::ListedScheduled {
            customer_id: r.into_inner().customer_id,
            customer_name: "Amina".into(),
            message: Some(v1::ScheduledMessage {
                message_id: "el_msg_later".into(),
                by: Some(v1::Actor::from(&crate::model::Actor::Hub)),
                ..v1::ScheduledMessage::default()
            }),
        };
        Ok(Response::new(v1::ListScheduledReply { messages: vec![listed], total: 3 }))
    }

    async fn list_waiting(
        &self,
        r: Request<v1::ListWaitingRequest>,
    ) -> Result<Response<v1::ListWaitingReply>, Status> {
        let unanswered = v1::Unanswered { text: "Hello?".into(), count: 2, ..Default::default() };
        let listed = v1::ListedWaiting {
            customer_id: "el_cst_jane".into(),
            customer_name: "Jane".into(),
            unanswered: Some(unanswered),
            window_ends: Some(prost_types::Timestamp { seconds: 60, nanos: 0 }),
        };
        let customers = vec![listed; r.into_inner().limit as usize];
        Ok(Response::new(v1::ListWaitingReply { customers, total: 7 }))
    }

    async fn list_live(
        &self,
        r: Request<v1::ListLiveRequest>,
    ) -> Result<Response<v1::ListLiveReply>, Status> {
        let prompt = v1::LivePrompt {
            customer_id: "el_cst_jane".into(),
            customer_number: Some(hera::CustomerNumber::default()),
            channel_number: Some(v1::ChannelNumber::default()),
            session_id: "el_ses_1".into(),
            call_status: Some(hera::VoiceCallStatus::Ringing.into()),
            asked_at: Some(prost_types::Timestamp { seconds: 45, nanos: 0 }),
            answer_by: Some(prost_types::Timestamp { seconds: 60, nanos: 0 }),
            ..v1::LivePrompt::default()
        };
        Ok(Response::new(v1::ListLiveReply {
            prompts: vec![prompt; r.into_inner().limit as usize],
            total: 7,
            as_of_seq: 9,
        }))
    }

    async fn list_leases(
        &self,
        _: Request<v1::ListLeasesRequest>,
    ) -> Result<Response<v1::ListLeasesReply>, Status> {
        let lease = v1::Lease { key: "cart".into(), number: 3, ..v1::Lease::default() };
        let listed =
            v1::ListedLease { lease: Some(lease), waiting: 2, ..v1::ListedLease::default() };
        let now = Some(prost_types::Timestamp { seconds: 60, nanos: 0 });
        Ok(Response::new(v1::ListLeasesReply { leases: vec![listed], now }))
    }

    async fn list_purses(
        &self,
        _: Request<v1::ListPursesRequest>,
    ) -> Result<Response<v1::ListPursesReply>, Status> {
        let kes =
            |minor| Currency::new("KES").map(|currency| v1::Money::from(Money { currency, minor }));
        let purse = v1::PurseBalance {
            purse_id: "till".into(),
            available: kes(90_000),
            actual: kes(100_000),
            sequence_nr: 5,
            pending: 1,
        };
        let unreadable = v1::PurseBalance::default();
        Ok(Response::new(v1::ListPursesReply { purses: vec![purse, unreadable] }))
    }

    async fn list_carriers(
        &self,
        _: Request<v1::ListCarriersRequest>,
    ) -> Result<Response<v1::ListCarriersReply>, Status> {
        let carrier = v1::ListedCarrier {
            carrier_id: "safari".into(),
            kind: "smpp".into(),
            why: "no route".into(),
            waiting: 12,
            ..v1::ListedCarrier::default()
        };
        Ok(Response::new(v1::ListCarriersReply { carriers: vec![carrier] }))
    }

    async fn list_unknown(
        &self,
        _: Request<v1::ListUnknownRequest>,
    ) -> Result<Response<v1::ListUnknownReply>, Status> {
        let message = v1::UnknownMessage {
            customer_id: "el_cst_jane".into(),
            message_id: "el_msg_7".into(),
            carrier_id: "safari".into(),
            attempt: 2,
            why: "it did not answer within 30 s".into(),
            ..v1::UnknownMessage::default()
        };
        Ok(Response::new(v1::ListUnknownReply { messages: vec![message], total: 3 }))
    }

    async fn count_audience(
        &self,
        r: Request<v1::CountAudienceRequest>,
    ) -> Result<Response<v1::Audience>, Status> {
        let v1::CountAudienceRequest { tag, channel_number, .. } = r.into_inner();
        // Without a channel everyone counts as reached.
        let channel = channel_number.map(ChannelNumber::from);
        let number = CustomerNumber::telco("+254711000001");
        let found = v1::FoundCustomer { numbers: vec![(&number).into()], ..Default::default() };
        Ok(Response::new(v1::Audience {
            tag,
            matching: 5,
            reached: if channel.is_some() { 3 } else { 5 },
            skipped: vec![v1::SkippedCount { code: 401, count: 2 }],
            sample: vec![found],
            ..v1::Audience::default()
        }))
    }

    async fn status(
        &self,
        _: Request<v1::StatusRequest>,
    ) -> Result<Response<v1::StatusReply>, Status> {
        Ok(Response::new(v1::StatusReply { head: 7, ..v1::StatusReply::default() }))
    }

    for_each_operation!(handlers);
}
