//! Messages of both contracts, made from their descriptors: a request of every rpc that a hub can read, so that a new rpc
//! needs nothing here. Each field has a value that fits its name, and of a oneof one arm is there.

use crate::wire::proto::DESCRIPTORS;
use fastrand::Rng;
use prost::{
    Message as _,
    encoding::{WireType, encode_key, encode_varint},
};
use prost_types::{
    DescriptorProto, EnumDescriptorProto, FieldDescriptorProto, FileDescriptorSet,
    field_descriptor_proto::{Label, Type},
};
use std::collections::HashMap;

/// How deep messages lie in each other.
const DEPTH: usize = 5;

/// What the contracts say.
pub struct Contracts {
    messages: HashMap<String, DescriptorProto>,
    enums: HashMap<String, EnumDescriptorProto>,
}

impl Contracts {
    pub fn read() -> Self {
        let set = FileDescriptorSet::decode(DESCRIPTORS).expect("our own descriptors");
        let (messages, enums) = (HashMap::new(), HashMap::new());
        let mut all = Self { messages, enums };
        for file in set.file {
            let package = format!(".{}", file.package());
            all.take(&package, file.message_type, file.enum_type);
        }
        all
    }

    fn take(
        &mut self,
        inside: &str,
        messages: Vec<DescriptorProto>,
        enums: Vec<EnumDescriptorProto>,
    ) {
        for one in enums {
            self.enums.insert(format!("{inside}.{}", one.name()), one);
        }
        for mut one in messages {
            let name = format!("{inside}.{}", one.name());
            let nested = std::mem::take(&mut one.nested_type);
            self.take(&name, nested, std::mem::take(&mut one.enum_type));
            self.messages.insert(name, one);
        }
    }

    /// A message of that name, which begins with a dot.
    pub fn message(&self, name: &str, chance: &mut Rng) -> Vec<u8> {
        let mut made = Vec::new();
        self.write(name, chance, DEPTH, &mut made);
        made
    }

    fn write(&self, name: &str, chance: &mut Rng, depth: usize, made: &mut Vec<u8>) {
        let Some(message) = self.messages.get(name) else { return };
        let arms = |oneof: i32| {
            let fields = message.field.iter();
            fields
                .filter(move |field| field.oneof_index == Some(oneof))
                .map(FieldDescriptorProto::number)
        };
        let count = i32::try_from(message.oneof_decl.len()).unwrap_or_default();
        let taken: Vec<i32> =
            (0..count).filter_map(|oneof| chance.choice(arms(oneof).collect::<Vec<_>>())).collect();
        for field in &message.field {
            let is_taken = field.oneof_index.is_none() || taken.contains(&field.number());
            if is_taken && (depth > 0 || field.r#type() != Type::Message) {
                self.field(name, field, chance, depth, made);
            }
        }
    }

    fn field(
        &self,
        of: &str,
        field: &FieldDescriptorProto,
        chance: &mut Rng,
        depth: usize,
        made: &mut Vec<u8>,
    ) {
        let tag = field.number().unsigned_abs();
        let delimited = |bytes: &[u8], made: &mut Vec<u8>| {
            encode_key(tag, WireType::LengthDelimited, made);
            encode_varint(bytes.len() as u64, made);
            made.extend(bytes);
        };
        match field.r#type() {
            Type::Message => {
                let mut inner = Vec::new();
                self.write(field.type_name(), chance, depth - 1, &mut inner);
                delimited(&inner, made);
            }
            Type::String => delimited(word(of, field.name(), chance).as_bytes(), made),
            Type::Bytes => delimited(&chance.u32(..).to_be_bytes(), made),
            Type::Double => {
                encode_key(tag, WireType::SixtyFourBit, made);
                made.extend(f64::from(chance.u8(1..90)).to_le_bytes());
            }
            Type::Enum => {
                let values = self.enums.get(field.type_name()).map_or(1, |one| one.value.len());
                number(tag, chance.u64(..values.max(1) as u64), field, made);
            }
            Type::Bool => number(tag, chance.u64(..2), field, made),
            _ => number(tag, chance.u64(1..9), field, made),
        }
    }
}

/// Writes a whole number. Those that repeat are written behind their length.
fn number(tag: u32, value: u64, field: &FieldDescriptorProto, made: &mut Vec<u8>) {
    if field.label() == Label::Repeated {
        encode_key(tag, WireType::LengthDelimited, made);
        made.push(1);
    } else {
        encode_key(tag, WireType::Varint, made);
    }
    encode_varint(value, made);
}

/// A text that fits the name of a field.
fn word(of: &str, field: &str, chance: &mut Rng) -> String {
    let one = |words: &[&str], chance: &mut Rng| {
        chance.choice(words.iter().map(|word| (*word).to_owned())).unwrap_or_default()
    };
    match field {
        "org_id" => "sandbox".into(),
        "app_id" => "helpdesk".into(),
        "customer_id" => one(&["el_cst_fdf9d8e5a98d2bf7bb917454ee6c0cb3", ""], chance),
        "currency_code" => one(&["KES", "USD"], chance),
        "number" if of.ends_with("CustomerNumber") => {
            one(&["+234808000143", "+254711000001"], chance)
        }
        "number" => one(&["40404", "+254711082000", "*384#", "525900"], chance),
        "purse_id" => one(&["till", "main"], chance),
        "filter" => one(&["type:msg", "st:bad OR text:\"a b\"", ""], chance),
        "zone" => one(&["Africa/Nairobi", ""], chance),
        "url" => "https://example.org/a.png".into(),
        _ => one(&["segment", "trader", "hello", "1"], chance),
    }
}
