//! How a hub is, to and from `switchboard.v1.StatusReply`.

use super::{pair::struct_pairs, proto::v1};
use crate::model::{DiskUse, ReaderPlace, StatusReport};

struct_pairs! {
    StatusReport {
        version, log_id, durability, started, now, encrypted, cannot_write, head, damage,
        last_day, since_start, disk, readers, timers_late, carriers, queued, queue_size,
        refused_lately, pressure
    } = v1::StatusReply {
        hub_version: version,
        log_id,
        durability,
        started_at: started,
        now,
        encrypted,
        cannot_write,
        head,
        damage,
        last_day,
        since_start,
        disk,
        readers,
        timers_late,
        carriers,
        queued,
        queue_size,
        refused_lately,
        pressure,
    };
    DiskUse { log, index, state, free, size, per_day }
        = v1::DiskUse { log, index, state, free, size, per_day };
    ReaderPlace { kind, app, behind, queued, streams }
        = v1::ReaderPlace { kind, app_id: app, behind, queued, streams };
}
