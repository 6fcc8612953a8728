//! Turns `proto/` into Rust. protox compiles the files in-process, so no `protoc` is needed.
//! The descriptor set is kept too: reflection serves it and the contract test reads it. The server's half
//! is made only for builds with a hub.

use prost::Message as _;
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
    let descriptors = protox::compile(PROTOS, ["proto"])?;
    let out = PathBuf::from(env::var("OUT_DIR")?);
    fs::write(out.join("descriptors.bin"), descriptors.encode_to_vec())?;
    tonic_prost_build::configure()
        .build_server(env::var_os("CARGO_FEATURE_HUB").is_some())
        .bytes(".switchboard.v1.Batch")
        .bytes(".switchboard.v1.HistoryReply")
        .btree_map(".")
        .compile_fds(descriptors)?;
    Ok(())
}
