//! How the connections of an org to real networks are, for everyone who has to know (R-CARRY-12).

use super::{Hub, HubError};
use crate::model::{DownCarrier, OrgId};

impl Hub {
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
