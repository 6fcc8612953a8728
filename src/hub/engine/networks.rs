//! How the connections of an org to real networks are, for everyone who has to know (R-CARRY-12).

use super::{Hub, HubError};
use crate::model::{CarrierId, DownCarrier, OrgId};

impl Hub {
    /// The networks of an org to which nothing goes now, each with whether that is because it was paused. It costs
    /// little, unlike what waits for them.
    pub fn carriers_off(&self, org: &OrgId) -> Result<Vec<(CarrierId, bool)>, HubError> {
        let org = self.org(org)?;
        if org.settings.carriers.is_empty() {
            return Ok(Vec::new());
        }
        let world = org.published.world();
        Ok(world.map(|(world, _)| world.carriers_off(&org.settings)).unwrap_or_default())
    }

    /// The networks of an org that are not reached (R-CARRY-12).
    pub fn down_carriers(&self, org: &OrgId) -> Result<Vec<DownCarrier>, HubError> {
        let org = self.org(org)?;
        if org.settings.carriers.is_empty() {
            return Ok(Vec::new());
        }
        let world = org.published.world();
        Ok(world.map(|(world, _)| world.down_carriers(&org.settings)).unwrap_or_default())
    }
}
