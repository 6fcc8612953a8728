//! What has an id that somebody found in a report, a log or an app, and pasted (R-OPERATOR-6).

use super::World;
use crate::model::{CustomerState, FoundThing, MessageId, SessionId, ThingKind, TransactionId};
use std::sync::Arc;

impl World {
    /// The message, USSD session, call, payment or work by tag with this id. There is more than one only if
    /// it is a payment of two customers.
    #[must_use]
    pub fn things(&self, id: &str) -> Vec<FoundThing> {
        let of = |customer: &CustomerState, kind, text: String, at| {
            let number = customer.numbers.first().map(ToString::to_string);
            let name = customer.name().map(str::to_owned).or(number).unwrap_or_default();
            FoundThing {
                kind,
                id: id.to_owned(),
                customer: Some(customer.id.clone()),
                name,
                text,
                at,
            }
        };
        if let Some((customer, number)) = self.index.message(&MessageId::from(id))
            && let Some(customer) = self.passing(&customer)
            && let Some(message) = customer.messages.at(number)
        {
            let text = message.body.summary();
            return vec![of(&customer, ThingKind::Message, text, message.created_at)];
        }
        let session = SessionId::from(id);
        if let Some(customer) = self.index.session(&session).and_then(|id| self.passing(&id)) {
            let ussd = customer.ussd.iter().find(|known| known.id == session).map(|known| {
                (ThingKind::Ussd, format!("dialled {}", known.channel.number), known.created_at)
            });
            let call = || {
                let call = customer.calls.iter().find(|known| known.id == session)?;
                Some((ThingKind::Call, call.status.words().to_owned(), call.created_at))
            };
            let found = ussd.or_else(call);
            return found
                .map(|(kind, text, at)| of(&customer, kind, text, at))
                .into_iter()
                .collect();
        }
        let payment = TransactionId::from(id);
        let payers: Vec<Arc<CustomerState>> =
            self.index.transaction(&payment).iter().filter_map(|id| self.passing(id)).collect();
        let payments = payers.iter().filter_map(|customer| {
            let payment = customer.payments.iter().find(|known| known.id == payment)?;
            let text = format!("{}, {}", payment.value, payment.status.words());
            Some(of(customer, ThingKind::Payment, text, payment.created_at))
        });
        let works = self.works().filter(|work| work.id.as_str() == id).map(|work| FoundThing {
            kind: ThingKind::Work,
            id: id.to_owned(),
            customer: None,
            name: String::new(),
            text: work.summary(),
            at: work.created_at,
        });
        payments.chain(works).collect()
    }
}
