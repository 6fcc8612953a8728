//! The public contract as we compile it, against the contract as it was published.
//! `tests/data/grpc.tsv` lists every field, enum value, empty message and rpc of
//! `com.elarian.hera.proto`. It is compared with the descriptors of `proto/hera` row by row, so
//! that nothing is missing and nothing has been added (D-WIRE-EXTRA).

use prost::Message as _;
use prost_types::{
    DescriptorProto, EnumDescriptorProto, FieldDescriptorProto, FileDescriptorProto,
    FileDescriptorSet, ServiceDescriptorProto,
    field_descriptor_proto::{Label, Type},
};
use std::collections::BTreeSet;

const PACKAGE: &str = "com.elarian.hera.proto";

/// The columns after `proto`, which only tells where a definition was published.
type Row = [String; 7];

fn row(columns: [&dyn ToString; 7]) -> Row {
    columns.map(ToString::to_string)
}

fn published() -> BTreeSet<Row> {
    let table = include_str!("../data/grpc.tsv");
    let rows = table.lines().skip(1).map(|line| {
        let columns: Vec<String> = line.split('\t').skip(1).map(str::to_owned).collect();
        columns.try_into().unwrap_or_else(|_| panic!("not eight columns: {line}"))
    });
    rows.collect()
}

fn compiled() -> BTreeSet<Row> {
    let set = FileDescriptorSet::decode(switchboard::wire::proto::DESCRIPTORS).expect("a set");
    let ours = set.file.iter().filter(|file| file.package() == PACKAGE);
    ours.flat_map(file_rows).collect()
}

fn file_rows(file: &FileDescriptorProto) -> Vec<Row> {
    let messages = file.message_type.iter().flat_map(message_rows);
    let enums = file.enum_type.iter().flat_map(enum_rows);
    let services = file.service.iter().flat_map(service_rows);
    messages.chain(enums).chain(services).collect()
}

fn message_rows(message: &DescriptorProto) -> Vec<Row> {
    assert!(message.enum_type.is_empty(), "{} has an enum inside", message.name());
    if message.field.is_empty() {
        return vec![row([&"message", &message.name(), &"", &"", &"", &"", &""])];
    }
    message.field.iter().map(|field| field_row(message, field)).collect()
}

fn field_row(message: &DescriptorProto, field: &FieldDescriptorProto) -> Row {
    let entry = message.nested_type.iter().find(|nested| {
        nested.options.as_ref().is_some_and(prost_types::MessageOptions::map_entry)
            && field.type_name().ends_with(&format!(".{}.{}", message.name(), nested.name()))
    });
    let (label, kind) = match entry {
        Some(map) => {
            ("map", format!("map<{},{}>", type_name(&map.field[0]), type_name(&map.field[1])))
        }
        None if field.label() == Label::Repeated => ("repeated", type_name(field)),
        None => ("", type_name(field)),
    };
    assert!(!field.proto3_optional(), "{} is `optional`", field.name());
    let oneof = field
        .oneof_index
        .and_then(|index| usize::try_from(index).ok())
        .map_or("", |index| message.oneof_decl[index].name());
    row([&"field", &message.name(), &field.number(), &field.name(), &label, &kind, &oneof])
}

fn type_name(field: &FieldDescriptorProto) -> String {
    match field.r#type() {
        Type::Message | Type::Enum => short(field.type_name()),
        Type::String => "string".into(),
        Type::Bytes => "bytes".into(),
        Type::Bool => "bool".into(),
        Type::Double => "double".into(),
        Type::Int32 => "int32".into(),
        Type::Uint64 => "uint64".into(),
        other => format!("{other:?}"),
    }
}

/// A type's name without its package, as the table has it.
fn short(name: &str) -> String {
    let name = name.trim_start_matches('.');
    name.strip_prefix(PACKAGE).map_or(name, |rest| rest.trim_start_matches('.')).to_owned()
}

fn enum_rows(of: &EnumDescriptorProto) -> Vec<Row> {
    let values = of.value.iter();
    values
        .map(|value| row([&"enum", &of.name(), &value.number(), &value.name(), &"", &"", &""]))
        .collect()
}

fn service_rows(service: &ServiceDescriptorProto) -> Vec<Row> {
    let rpcs = service.method.iter().map(|rpc| {
        assert!(!rpc.client_streaming(), "{} streams requests", rpc.name());
        let label = if rpc.server_streaming() { "server-stream" } else { "unary" };
        let kind = format!("{} -> {}", short(rpc.input_type()), short(rpc.output_type()));
        row([&"rpc", &service.name(), &"", &rpc.name(), &label, &kind, &""])
    });
    rpcs.collect()
}

#[test]
fn the_contract_is_the_published_one() {
    let (published, compiled) = (published(), compiled());
    assert_eq!(published.len(), 529, "the table itself");
    let missing: Vec<_> = published.difference(&compiled).collect();
    let extra: Vec<_> = compiled.difference(&published).collect();
    assert!(missing.is_empty(), "not in proto/hera: {missing:#?}");
    assert!(extra.is_empty(), "not in the table: {extra:#?}");
}

#[test]
fn the_service_answers_under_the_published_name() {
    use switchboard::wire::proto::hera::grpc_web_service_server::SERVICE_NAME;
    assert_eq!(SERVICE_NAME, "com.elarian.hera.proto.GrpcWebService");
}
