//! For tests: requests as bytes that are made from the descriptors, so that a new rpc is tested by itself.

use crate::wire::proto::DESCRIPTORS;
use prost::{
    Message as _,
    bytes::{Buf as _, BufMut as _},
};
use prost_types::{DescriptorProto, FileDescriptorSet};
use std::collections::BTreeMap;
use tonic::{
    Status,
    codec::{BufferSettings, Codec, DecodeBuf, Decoder, EncodeBuf, Encoder},
};

/// Requests and replies as bytes.
#[derive(Clone, Default)]
pub struct Raw;

impl Codec for Raw {
    type Encode = Vec<u8>;
    type Decode = Vec<u8>;
    type Encoder = Self;
    type Decoder = Self;
    fn encoder(&mut self) -> Self {
        Self
    }
    fn decoder(&mut self) -> Self {
        Self
    }
}

impl Encoder for Raw {
    type Item = Vec<u8>;
    type Error = Status;
    fn encode(&mut self, item: Vec<u8>, to: &mut EncodeBuf<'_>) -> Result<(), Status> {
        to.put_slice(&item);
        Ok(())
    }
    fn buffer_settings(&self) -> BufferSettings {
        BufferSettings::default()
    }
}

impl Decoder for Raw {
    type Item = Vec<u8>;
    type Error = Status;
    fn decode(&mut self, from: &mut DecodeBuf<'_>) -> Result<Option<Vec<u8>>, Status> {
        let mut all = vec![0; from.remaining()];
        from.copy_to_slice(&mut all);
        Ok(Some(all))
    }
    fn buffer_settings(&self) -> BufferSettings {
        BufferSettings::default()
    }
}

/// A field with a text.
pub fn text(field: u32, value: &str) -> Vec<u8> {
    let mut out = Vec::new();
    prost::encoding::string::encode(field, &value.to_owned(), &mut out);
    out
}

/// A field with a message.
pub fn message(field: u32, bytes: &[u8]) -> Vec<u8> {
    let mut out = Vec::new();
    prost::encoding::bytes::encode(field, &bytes.to_vec(), &mut out);
    out
}

/// Every message by its full name, such as `.switchboard.v1.HelloRequest`.
pub fn messages() -> BTreeMap<String, DescriptorProto> {
    let set = FileDescriptorSet::decode(DESCRIPTORS).unwrap();
    let all = set.file.into_iter().flat_map(|file| {
        let package = file.package().to_owned();
        let named =
            move |message: DescriptorProto| (format!(".{package}.{}", message.name()), message);
        file.message_type.into_iter().map(named)
    });
    all.collect()
}

/// The number of a field; `None` if the message has none of that name.
pub fn field(message: &DescriptorProto, name: &str) -> Option<u32> {
    let field = message.field.iter().find(|field| field.name() == name);
    field.map(|field| u32::try_from(field.number()).unwrap())
}
