//! The inspector over an open form: it shows the customer of the form and nobody else (R-CONSOLE-23).

use super::{Inspector, Want, past::TimeTravel, tab::Tab};
use crate::model::{CustomerId, CustomerRef, MessageId, Seq, Timestamp};

impl Inspector {
    /// Stands over a form that writes to a customer: it turns to them whatever it was about, its timeline is open,
    /// and the message that is answered is selected in it.
    pub fn stand_over_form(
        &mut self,
        customer: CustomerId,
        answered: Option<MessageId>,
        at: Timestamp,
    ) {
        self.set_tab(Tab::Timeline);
        self.turn_to_form(customer, at);
        if let Some(message) = answered {
            self.timeline.answer(message);
        }
    }
    /// Whom it is pinned to; `None` if it follows the selection.
    #[must_use]
    pub fn pinned_to(&self) -> Option<CustomerRef> {
        self.subject.clone().filter(|_| self.pinned)
    }
    /// Turns to the customer of a form, if it is about somebody else, who is not shown any more from now on.
    pub fn turn_to_form(&mut self, customer: CustomerId, at: Timestamp) {
        let customer = CustomerRef::Id(customer);
        if self.is_subject(&customer) {
            self.want = None;
            if !self.shows(&customer) && self.shown.take().is_some() {
                self.loading = true;
                self.timeline.leave();
            }
            return;
        }
        self.show_nobody();
        (self.pinned, self.loading) = (false, true);
        self.subject = Some(customer.clone());
        self.want = Some(Want { customer, since: at, due: at });
    }
    pub(super) fn show_nobody(&mut self) {
        self.return_to_now();
        self.past = TimeTravel::default();
        self.touched = Seq::default();
        (self.want, self.asked, self.subject, self.shown) = (None, None, None, None);
        (self.fault, self.loading, self.refresh_at) = (None, false, None);
        self.timeline.leave();
    }
}
