//! Networks that somebody has paused (R-CARRY-19). What is said to customers waits meanwhile, as if the network were
//! not reached, and goes when it goes on.

use super::{
    RuleResult, World,
    builder::{About, DecisionBuilder},
    unknown::by,
};
use crate::model::{
    CarrierId, CarrierPause, Event, EventKind, OrgSettings, receipt::state, settings::BoundCarrier,
};

impl World {
    /// Whether somebody has paused a network, so that nothing is handed to it.
    #[must_use]
    pub fn carrier_is_paused(&self, carrier: &CarrierId) -> bool {
        self.carrier_pause(carrier).is_some()
    }
    /// Who has paused a network, and when; `None` if nobody has.
    #[must_use]
    pub fn carrier_pause(&self, carrier: &CarrierId) -> Option<&CarrierPause> {
        self.carriages.few.paused.get(carrier)
    }
    /// The networks of the org to which nothing goes now, each with whether that is because it was paused.
    #[must_use]
    pub fn carriers_off(&self, settings: &OrgSettings) -> Vec<(CarrierId, bool)> {
        let off = settings.carriers.iter().filter_map(|BoundCarrier { id, .. }| {
            let is_paused = self.carrier_is_paused(id);
            let is_off = is_paused || self.link(id).is_some_and(|link| !link.is_up);
            is_off.then(|| (id.clone(), is_paused))
        });
        off.collect()
    }
}

/// Pauses a network, or has it go on (R-CARRY-19).
pub fn steer(
    builder: &mut DecisionBuilder<'_, '_>,
    carrier: &CarrierId,
    is_paused: bool,
) -> RuleResult {
    let all = &builder.settings().carriers;
    if !all.iter().any(|bound| bound.id == *carrier) {
        let names: Vec<_> = all.iter().map(|bound| bound.id.to_string()).collect();
        let known = match &names[..] {
            [] => "this org has none".to_owned(),
            names => format!("there is {}", names.join(", ")),
        };
        return Err(state(false, format!("no network {carrier}: {known}"), None));
    }
    let words = match (builder.world.carrier_pause(carrier), is_paused) {
        (Some(pause), true) => format!("it is paused already, by {}", by(&pause.by)),
        (None, false) => "it is not paused".to_owned(),
        (None, true) | (Some(_), false) => {
            let about = About::org(builder.actor());
            let kind = EventKind::CarrierPauseChanged { carrier: carrier.clone(), is_paused };
            builder.push(&about, kind);
            if is_paused { "it is paused now" } else { "it goes on now" }.to_owned()
        }
    };
    Ok(state(true, format!("the network {carrier}: {words}"), None))
}

/// Folds that a network was paused or goes on.
pub fn fold(world: &mut World, event: &Event, carrier: &CarrierId, is_paused: bool) {
    let paused = &mut world.carriages.few.paused;
    if is_paused {
        let pause = CarrierPause { by: event.actor.clone(), since: event.at };
        paused.insert(carrier.clone(), pause);
    } else {
        paused.remove(carrier);
    }
}
