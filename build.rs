//! Turns `proto/` into Rust. protox compiles the files in-process, so no `protoc` is needed.
//! The descriptor set is kept too: reflection serves it and the contract test reads it. The server's half
//! is made only for builds with a hub.

use prost::Message as _;
use prost_types::{FileDescriptorSet, field_descriptor_proto::Type};
use std::{env, error::Error, fs, path::PathBuf};

const PROTOS: [&str; 5] = [
    "hera/common.proto",
    "hera/web.proto",
    "switchboard/v1/event.proto",
    "switchboard/v1/operator.proto",
    "switchboard/v1/sandbox.proto",
];

fn main() -> Result<(), Box<dyn Error>> {
    println!("cargo:rerun-if-changed=proto");
    let mut descriptors = protox::compile(PROTOS, ["proto"])?;
    let out = PathBuf::from(env::var("OUT_DIR")?);
    fs::write(out.join("descriptors.bin"), descriptors.encode_to_vec())?;
    keep_encoded(&mut descriptors, "GetCustomerStateReply", "data");
    tonic_prost_build::configure()
        .build_server(env::var_os("CARGO_FEATURE_HUB").is_some())
        .bytes(".com.elarian.hera.proto.GetCustomerStateReply")
        .bytes(".switchboard.v1.Batch")
        .bytes(".switchboard.v1.HistoryReply")
        .btree_map(".")
        .compile_fds(descriptors)?;
    Ok(())
}

/// Has a field that is a message made as the bytes of that message, which is the same on the wire. So a hub can
/// hand on what it has encoded once.
fn keep_encoded(descriptors: &mut FileDescriptorSet, message: &str, field: &str) {
    let messages = descriptors.file.iter_mut().flat_map(|file| &mut file.message_type);
    let fields = messages.filter(|one| one.name() == message).flat_map(|one| &mut one.field);
    for field in fields.filter(|one| one.name() == field) {
        field.set_type(Type::Bytes);
        field.type_name = None;
        // Like a message, it may be absent.
        field.proto3_optional = Some(true);
    }
}
