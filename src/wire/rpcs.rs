//! Every rpc of the contracts, as their descriptors have it. Whoever treats all of them alike, such as limits, counts and
//! tests, asks here, so that an rpc that is added is treated so at once.

use super::proto::DESCRIPTORS;
use prost::Message as _;

/// An rpc of one of the contracts.
#[derive(Clone, Debug)]
pub struct Rpc {
    /// The name of its service, such as `Operator`.
    pub service: String,
    /// Its own name, such as `Hello`.
    pub name: String,
    /// How it is called, such as `/switchboard.v1.Operator/Hello`.
    pub path: String,
    /// The full name of its request, such as `.switchboard.v1.HelloRequest`.
    pub request: String,
    /// Whether its reply is a stream.
    pub streams: bool,
}

/// Every rpc of both contracts, in the order of their files.
#[must_use]
pub fn rpcs() -> Vec<Rpc> {
    // They are our own, and a test reads them.
    let set = prost_types::FileDescriptorSet::decode(DESCRIPTORS).unwrap_or_default();
    let mut all = Vec::new();
    for file in &set.file {
        for service in &file.service {
            all.extend(service.method.iter().map(|rpc| Rpc {
                service: service.name().to_owned(),
                name: rpc.name().to_owned(),
                path: format!("/{}.{}/{}", file.package(), service.name(), rpc.name()),
                request: rpc.input_type().to_owned(),
                streams: rpc.server_streaming(),
            }));
        }
    }
    all
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_rpcs_of_both_contracts_are_there() {
        let all = rpcs();
        assert!(all.len() >= 35, "{all:?}");
        let watch = all.iter().find(|rpc| rpc.path == "/switchboard.v1.Operator/Watch").unwrap();
        assert!(watch.streams && watch.request == ".switchboard.v1.WatchRequest", "{watch:?}");
    }
}
