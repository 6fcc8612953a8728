//! What a call is to its limits: whether it opens a stream, asks, or changes something. It follows from the contract
//! alone, so that a call that is added has a class at once.

use crate::wire::{
    operation::{OWN_RPCS, RPCS},
    rpcs::{Rpc, rpcs},
};
use std::{collections::HashMap, sync::OnceLock};

/// The services that come with tonic, whose descriptors are not among ours.
const BESIDE: [&str; 4] = [
    "/grpc.health.v1.Health/Check",
    "/grpc.health.v1.Health/Watch",
    "/grpc.reflection.v1.ServerReflection/ServerReflectionInfo",
    "/grpc.reflection.v1alpha.ServerReflection/ServerReflectionInfo",
];
/// The service with which a sandbox is played.
const SANDBOX: &str = "Sandbox";

/// What a call is to its limits, in the order in which a hub gives them up that has too much to do (R-LIMIT-5).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, strum::EnumIter)]
pub enum CallClass {
    /// It opens a feed or another stream.
    Stream,
    /// It concerns everyone who has a tag.
    ByTag,
    /// It asks, and changes nothing.
    Read,
    /// It changes something.
    Write,
    /// How the hub is, which is asked when it is not well, and what no method of the hub is.
    Open,
}

impl CallClass {
    /// The class of the calls to a path, such as `/switchboard.v1.Operator/Hello`.
    #[must_use]
    pub fn of(path: &str) -> Self {
        static CLASSES: OnceLock<HashMap<String, CallClass>> = OnceLock::new();
        CLASSES.get_or_init(|| methods().collect()).get(path).copied().unwrap_or(Self::Open)
    }

    /// In a word, as a label of metrics.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Stream => "stream",
            Self::ByTag => "by_tag",
            Self::Read => "read",
            Self::Write => "write",
            Self::Open => "open",
        }
    }
}

/// All methods that the hub has, by their paths.
pub fn methods() -> impl Iterator<Item = (String, CallClass)> {
    let ours = rpcs().into_iter().map(|rpc| {
        let class = class(&rpc);
        (rpc.path, class)
    });
    ours.chain(BESIDE.map(|path| (path.to_owned(), CallClass::Open)))
}

fn class(rpc: &Rpc) -> CallClass {
    match rpc.name.as_str() {
        _ if rpc.streams => CallClass::Stream,
        "Status" => CallClass::Open,
        "CountAudience" => CallClass::ByTag,
        name if name.ends_with("ByTag") => CallClass::ByTag,
        name if RPCS.contains(&name) || OWN_RPCS.contains(&name) => CallClass::Write,
        _ if rpc.service == SANDBOX => CallClass::Write,
        _ => CallClass::Read,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_method_that_the_hub_has_is_told_apart() {
        for (known, kind) in [
            ("switchboard.v1.Operator/Status", CallClass::Open),
            ("switchboard.v1.Operator/Hello", CallClass::Read),
            ("switchboard.v1.Operator/Watch", CallClass::Stream),
            ("switchboard.v1.Operator/CountAudience", CallClass::ByTag),
            ("switchboard.v1.Operator/DryRun", CallClass::Read),
            ("switchboard.v1.Operator/SteerWork", CallClass::Write),
            ("com.elarian.hera.proto.GrpcWebService/SendMessage", CallClass::Write),
            ("com.elarian.hera.proto.GrpcWebService/SendMessageByTag", CallClass::ByTag),
            ("com.elarian.hera.proto.GrpcWebService/GetCustomerState", CallClass::Read),
            ("com.elarian.hera.proto.GrpcWebService/StreamNotifications", CallClass::Stream),
            ("grpc.health.v1.Health/Check", CallClass::Open),
            ("no.such.Service/Call", CallClass::Open),
        ] {
            assert_eq!(CallClass::of(&format!("/{known}")), kind, "{known}");
        }
        let all: Vec<_> = methods().collect();
        assert!(all.len() > 40, "{all:?}");
        let sandbox = |path: &str| path.contains(&format!(".{SANDBOX}/"));
        assert!(
            all.iter().any(|(path, kind)| sandbox(path) && *kind == CallClass::Write),
            "{all:?}"
        );
    }
}
