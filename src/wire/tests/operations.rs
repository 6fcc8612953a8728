//! The list of operations against the two contracts, and the digests that logs contain.

use crate::wire::{
    self,
    operation::{Operation, for_each_operation},
    proto::{DESCRIPTORS, hera, v1},
};
use prost::Message as _;
use prost_types::FileDescriptorSet;
use std::collections::BTreeMap;

/// The path, request and reply of every rpc of both contracts. The messages are
/// without their package.
fn rpcs() -> BTreeMap<String, (String, String)> {
    let set = FileDescriptorSet::decode(DESCRIPTORS).unwrap();
    let last = |name: &str| name.rsplit('.').next().unwrap_or_default().to_owned();
    let mut rpcs = BTreeMap::new();
    for file in &set.file {
        for service in &file.service {
            for rpc in &service.method {
                let path = format!("/{}.{}/{}", file.package(), service.name(), rpc.name());
                rpcs.insert(path, (last(rpc.input_type()), last(rpc.output_type())));
            }
        }
    }
    rpcs
}

#[test]
fn every_row_of_the_list_is_an_rpc_with_its_request_and_reply() {
    let rpcs = rpcs();
    macro_rules! rows {
        (hera { $($rpc:ident $method:ident $request:ident $reply:ident $name:ident;)* }
         operator { $($own:ident $by:ident $asked:ident $answer:ident $whose:ident;)* }) => {
            [
                $((hera::$request::PATH, stringify!($request), stringify!($reply)),)*
                $((v1::$asked::PATH, stringify!($asked), stringify!($answer)),)*
            ]
        };
    }
    for (path, request, reply) in for_each_operation!(rows) {
        let said = rpcs.get(path).map(|(request, reply)| (request.as_str(), reply.as_str()));
        assert_eq!(said, Some((request, reply)), "{path}");
    }
}

/// D-IDEM: logs contain these digests, so that a newer hub must come to the same ones.
#[test]
fn what_a_key_stands_for_never_changes() {
    fn kept<R: Operation>(request: &R, beside: &str) -> String {
        let said = [request.encode_to_vec(), beside.as_bytes().to_vec()].concat();
        wire::digest(R::PATH, &said).map(|byte| format!("{byte:02x}")).concat()
    }
    let steer = v1::SteerWorkRequest {
        org_id: "acme".into(),
        work_id: "el_wrk_1".into(),
        ..v1::SteerWorkRequest::default()
    };
    let expected = "2d1d84ff62ed95464338f845e9ed1e929a3cf0d6b8a6af5bce37b307c2ad191f";
    assert_eq!(kept(&steer, ""), expected);
    let consent = hera::MessagingConsentRequest {
        org_id: "acme".into(),
        app_id: "desk".into(),
        ..hera::MessagingConsentRequest::default()
    };
    let expected = "70a4a309a2703641ab23662e4fa2e59abde973ec4845ee7343e56389d2808478";
    assert_eq!(kept(&consent, "asked by phone"), expected);
}
