//! Commands that change what is known of one customer: tags, metadata and its lease, secondary ids
//! (other names), reminders, and the merge of two customers.

use super::super::{
    BuildContext, BuildResult, Confirm, FieldErrors, FieldHelp, FieldKind, FieldSpec, Menu, Needs,
    Risk, Spec, Target, Values, VerbGroup, VerbSpec,
};
use super::{
    AT, EVERY, KEYS, LONGEST_LIST, PAYLOAD, REMINDER_KEY, choice, customer, done, entry, filled,
    keys, reminder, take,
};
use crate::model::{CustomerCommand, CustomerRef, DataValue, Tag, limits::VALUE_BYTES, when};

const EXPIRES: FieldSpec = FieldSpec::new(
    "expires",
    FieldKind::Expiry,
    FieldHelp {
        form: "+7d, +1mo, fri 18:00, 2026-12-24 09:00 or never (docs/TIMES.md). What has expired counts no more.",
        flag: "When it stops to count: +7d, +1mo, 'fri 18:00', '2026-12-24 09:00' [default: never]",
    },
)
.placeholder("never")
.max(40);

/// The commands of this family.
pub(super) const FAMILY: &[&Spec] = &[
    &UPDATE_TAGS,
    &DELETE_TAGS,
    &UPDATE_METADATA,
    &LEASE,
    &DELETE_METADATA,
    &ADD_IDS,
    &DELETE_IDS,
    &ADOPT,
    &ADD_REMINDER,
    &CANCEL_REMINDER,
];

pub static UPDATE_TAGS: Spec = Spec {
    id: "tag",
    title: "Tag",
    menu: Menu {
        name: "tag",
        title: "tag",
        help: "put tags on this customer",
        synonyms: "label mark",
        hint: 0,
    },
    verb: VerbSpec {
        name: "tag",
        group: VerbGroup::Customers,
        help: "Set tags of a customer. A key that exists gets the new value and expiry.",
        example: "tag --customer +254711000001 --tags tier=gold --expires +7d",
    },
    risk: Risk::R1,
    needs: Needs::Customer,
    confirm: Confirm::None,
    hold: false,
    fields: &[
        FieldSpec::new(
            "tags",
            FieldKind::Pairs,
            FieldHelp {
        form: "key=value, with commas or lines between; \"a, b\" if it has one.",
        flag: "The tags: key=value, with commas between; quote a value that has a comma: \"a, b\"",
    },
        )
        .required()
        .placeholder("tier=vip, lang=sw")
        .max(LONGEST_LIST),
        EXPIRES,
    ],
    build: update_tags,
    makes: |command| matches!(command, CustomerCommand::UpdateTags { .. }),
};

pub static DELETE_TAGS: Spec = Spec {
    id: "untag",
    title: "Untag",
    menu: Menu {
        name: "untag",
        title: "untag",
        help: "take tags off this customer",
        synonyms: "unlabel remove tag",
        hint: 0,
    },
    verb: VerbSpec {
        name: "untag",
        group: VerbGroup::Customers,
        help: "Remove tags by key.",
        example: "untag --customer +254711000001 --keys tier,lang",
    },
    risk: Risk::R1,
    needs: Needs::Customer,
    confirm: Confirm::None,
    hold: false,
    fields: &[KEYS],
    build: delete_tags,
    makes: |command| matches!(command, CustomerCommand::DeleteTags { .. }),
};

pub static UPDATE_METADATA: Spec = Spec {
    id: "data",
    title: "Set data",
    menu: Menu {
        name: "data",
        title: "set data",
        help: "set metadata of this customer",
        synonyms: "metadata note field attribute",
        hint: 0,
    },
    verb: VerbSpec {
        name: "set-data",
        group: VerbGroup::Customers,
        help: "Set one metadata value. It is stored as text, exactly as written.",
        example: "set-data --customer +254711000001 --key name --value '\"Jane W.\"'",
    },
    risk: Risk::R1,
    needs: Needs::Customer,
    confirm: Confirm::None,
    hold: false,
    fields: &[
        FieldSpec::new(
            "key",
            FieldKind::Line,
            FieldHelp {
                form: "Its name; what is under it is replaced.",
                flag: "The key; the value that it has is replaced",
            },
        )
        .required()
        .placeholder("name"),
        FieldSpec::new(
            "value",
            FieldKind::Data,
            FieldHelp {
                form: "Apps often store JSON; text of the SDKs is in double quotes.",
                flag: "The value. Apps often store JSON, and the SDKs put texts in double quotes",
            },
        )
        .required()
        .placeholder("\"Jane W.\"")
        .max(VALUE_BYTES),
    ],
    build: update_metadata,
    makes: |command| matches!(command, CustomerCommand::UpdateMetadata { .. }),
};

pub static LEASE: Spec = Spec {
    id: "lease",
    title: "Lease data",
    menu: Menu {
        name: "lease",
        title: "lease data",
        help: "fetch a metadata value and lock fetching it for 90 s",
        synonyms: "metadata lock hold",
        hint: 0,
    },
    verb: VerbSpec {
        name: "lease",
        group: VerbGroup::Customers,
        help: "Fetch a metadata value and lock it for 90 s. Whoever else fetches it waits until it is set or the time is over: apps too, even in the middle of a USSD menu.",
        example: "lease --customer +254711000001 --key survey",
    },
    risk: Risk::R1,
    needs: Needs::Customer,
    confirm: Confirm::None,
    hold: false,
    fields: &[FieldSpec::new(
        "key",
        FieldKind::Line,
        FieldHelp { form: "Its name.", flag: "The key of the value" },
    )
    .required()
    .placeholder("name")],
    build: lease,
    makes: |command| matches!(command, CustomerCommand::LeaseMetadata { .. }),
};

pub static DELETE_METADATA: Spec = Spec {
    id: "undata",
    title: "Delete data",
    menu: Menu {
        name: "delete-data",
        title: "delete data",
        help: "remove metadata of this customer",
        synonyms: "metadata erase forget",
        hint: 0,
    },
    verb: VerbSpec {
        name: "delete-data",
        group: VerbGroup::Customers,
        help: "Remove metadata by key. Nothing brings a value back.",
        example: "delete-data --customer el_cst_9b1f --keys survey --confirm delete",
    },
    risk: Risk::R3,
    needs: Needs::Customer,
    confirm: Confirm::Word("delete"),
    hold: false,
    fields: &[KEYS],
    build: delete_metadata,
    makes: |command| matches!(command, CustomerCommand::DeleteMetadata { .. }),
};

pub static ADD_IDS: Spec = Spec {
    id: "ids",
    title: "Add id",
    menu: Menu {
        name: "add-id",
        title: "add id",
        help: "add a secondary id of this customer",
        synonyms: "secondary passport account external",
        hint: 0,
    },
    verb: VerbSpec {
        name: "add-id",
        group: VerbGroup::Customers,
        help: "Give a customer other names to be found by. Names that exist already are renewed.",
        example: "add-id --customer +254711000001 --ids passport=808083",
    },
    risk: Risk::R1,
    needs: Needs::Customer,
    confirm: Confirm::None,
    hold: false,
    fields: &[
        FieldSpec::new(
            "ids",
            FieldKind::Ids,
            FieldHelp {
        form: "key=value, with commas or lines between; one customer at a time has a pair.",
        flag: "The names: key=value, with commas between; only one customer at a time has a pair",
    },
        )
        .required()
        .placeholder("passport=808083")
        .max(LONGEST_LIST),
        EXPIRES,
    ],
    build: add_ids,
    makes: |command| matches!(command, CustomerCommand::UpdateSecondaryIds { .. }),
};

pub static DELETE_IDS: Spec = Spec {
    id: "unids",
    title: "Delete id",
    menu: Menu {
        name: "delete-id",
        title: "delete id",
        help: "remove secondary ids of this customer",
        synonyms: "secondary passport account external",
        hint: 0,
    },
    verb: VerbSpec {
        name: "delete-id",
        group: VerbGroup::Customers,
        help: "Take other names from a customer. Whoever is known only by them is not found any more.",
        example: "delete-id --customer el_cst_9b1f --ids passport --confirm delete",
    },
    risk: Risk::R3,
    needs: Needs::Customer,
    confirm: Confirm::Word("delete"),
    hold: false,
    fields: &[FieldSpec::new(
        "ids",
        FieldKind::Ids,
        FieldHelp {
            form: "key=value, or a key alone for every id with it.",
            flag: "The names: key=value, or a key alone for every name with it",
        },
    )
    .required()
    .placeholder("passport=808083")
    .max(LONGEST_LIST)],
    build: delete_ids,
    makes: |command| matches!(command, CustomerCommand::DeleteSecondaryIds { .. }),
};

pub static ADOPT: Spec = Spec {
    id: "adopt",
    title: "Adopt",
    menu: Menu {
        name: "adopt",
        title: "merge",
        help: "merge another customer into this one; the other's id is no more",
        synonyms: "adopt join duplicate same",
        hint: 0,
    },
    verb: VerbSpec {
        name: "adopt",
        group: VerbGroup::Customers,
        help: "Merge another customer into this one. The other's id is no more, and nothing splits them again.",
        example: "adopt --customer el_cst_9b1f --other +254722000002 --confirm 5e2a",
    },
    risk: Risk::R3,
    needs: Needs::Customer,
    confirm: Confirm::LastFour,
    hold: false,
    fields: &[FieldSpec::new(
        "other",
        FieldKind::Customer,
        FieldHelp {
        form: "Whose id dies: an id, a number, or key:value. An unknown number is simply added.",
        flag: "The customer whose id ends: an id, a number, or key:value; an unknown number is simply added",
    },
    )
    .required()
    .placeholder("el_cst_… or +254…")],
    build: adopt,
    makes: |command| matches!(command, CustomerCommand::AdoptCustomer { .. }),
};

pub static ADD_REMINDER: Spec = Spec {
    id: "remind",
    title: "Remind",
    menu: Menu {
        name: "reminder",
        title: "remind",
        help: "have an app reminded of this customer, once or again and again",
        synonyms: "bell later schedule due",
        hint: 0,
    },
    verb: VerbSpec {
        name: "remind",
        group: VerbGroup::Reminders,
        help: "Have the app reminded of a customer. It is told once, or again and again.",
        example: "remind --customer el_cst_9b1f --key renewal --at 'tomorrow 09:00'",
    },
    risk: Risk::R1,
    needs: Needs::Customer,
    confirm: Confirm::None,
    hold: false,
    fields: &[REMINDER_KEY, AT, EVERY, PAYLOAD],
    build: add_reminder,
    makes: |command| matches!(command, CustomerCommand::AddReminder { .. }),
};

pub static CANCEL_REMINDER: Spec = Spec {
    id: "unremind",
    title: "Cancel reminder",
    menu: Menu {
        name: "cancel-reminder",
        title: "unremind",
        help: "cancel a reminder of this customer",
        synonyms: "bell stop schedule",
        hint: 0,
    },
    verb: VerbSpec {
        name: "cancel-reminder",
        group: VerbGroup::Reminders,
        help: "Cancel a reminder about a customer. Reminders of other apps stay.",
        example: "cancel-reminder --customer +254711000001 --key renewal",
    },
    risk: Risk::R1,
    needs: Needs::Customer,
    confirm: Confirm::None,
    hold: false,
    fields: &[FieldSpec::new(
        "key",
        FieldKind::Reminder,
        FieldHelp {
            form: "Which: the name it was given.",
            flag: "The name that the reminder was given",
        },
    )
    .required()
    .placeholder("renewal")],
    build: cancel_reminder,
    makes: |command| matches!(command, CustomerCommand::CancelReminder { .. }),
};

fn update_tags(v: &Values, target: &Target, cx: &BuildContext) -> BuildResult {
    let mut e = FieldErrors::default();
    let pairs = take("tags", entry::pairs(v.get("tags")), &mut e);
    let pairs = filled(pairs, "tags", "which tags: key=value", &mut e);
    let ends = take("expires", when::end(v.get("expires"), cx.at, cx.zone), &mut e);
    let ends = ends.map(|ends| ends.map(|ends| ends.at));
    let customer = customer(target, "tags", &mut e);
    let command = customer.zip(pairs).zip(ends).map(|((customer, pairs), expires_at)| {
        let tag = |(key, value)| Tag { key, value, expires_at };
        CustomerCommand::UpdateTags { customer, tags: pairs.into_iter().map(tag).collect() }
    });
    done(command, e)
}

fn delete_tags(v: &Values, target: &Target, _: &BuildContext) -> BuildResult {
    let mut e = FieldErrors::default();
    let keys = keys(v, &mut e);
    let pair = customer(target, "keys", &mut e).zip(keys);
    done(pair.map(|(customer, keys)| CustomerCommand::DeleteTags { customer, keys }), e)
}

fn update_metadata(v: &Values, target: &Target, _: &BuildContext) -> BuildResult {
    let mut e = FieldErrors::default();
    let key = take("key", entry::key(v.get("key")), &mut e);
    let value = v.get("value");
    if value.is_empty() {
        e.add("value", "which value; delete data removes one");
    } else if value.len() > VALUE_BYTES {
        e.add("value", format!("{} bytes; {VALUE_BYTES} are possible", value.len()));
    }
    let command = customer(target, "key", &mut e).zip(key).map(|(customer, key)| {
        let values = vec![(key, DataValue::Text(value.to_owned()))];
        CustomerCommand::UpdateMetadata { customer, values }
    });
    done(command, e)
}

fn delete_metadata(v: &Values, target: &Target, _: &BuildContext) -> BuildResult {
    let mut e = FieldErrors::default();
    let keys = keys(v, &mut e);
    let pair = customer(target, "keys", &mut e).zip(keys);
    done(pair.map(|(customer, keys)| CustomerCommand::DeleteMetadata { customer, keys }), e)
}

fn lease(v: &Values, target: &Target, _: &BuildContext) -> BuildResult {
    let mut e = FieldErrors::default();
    let key = take("key", entry::key(v.get("key")), &mut e);
    let pair = customer(target, "key", &mut e).zip(key);
    done(pair.map(|(customer, key)| CustomerCommand::LeaseMetadata { customer, key }), e)
}

fn add_ids(v: &Values, target: &Target, cx: &BuildContext) -> BuildResult {
    let mut e = FieldErrors::default();
    let ids = take("ids", entry::ids(v.get("ids"), false), &mut e);
    let ids = filled(ids, "ids", "which ids: key=value", &mut e);
    let ends = take("expires", when::end(v.get("expires"), cx.at, cx.zone), &mut e);
    let ends = ends.map(|ends| ends.map(|ends| ends.at));
    let customer = customer(target, "ids", &mut e);
    let command = customer.zip(ids).zip(ends).map(|((customer, ids), ends)| {
        let ids = ids.into_iter().map(|id| (id, ends)).collect();
        CustomerCommand::UpdateSecondaryIds { customer, ids }
    });
    done(command, e)
}

fn delete_ids(v: &Values, target: &Target, _: &BuildContext) -> BuildResult {
    let mut e = FieldErrors::default();
    let ids = take("ids", entry::ids(v.get("ids"), true), &mut e);
    let ids = filled(ids, "ids", "which ids: key=value, or a key alone", &mut e);
    let pair = customer(target, "ids", &mut e).zip(ids);
    done(pair.map(|(customer, ids)| CustomerCommand::DeleteSecondaryIds { customer, ids }), e)
}

fn adopt(v: &Values, target: &Target, cx: &BuildContext) -> BuildResult {
    let mut e = FieldErrors::default();
    let why = "whom to adopt: an id, a number, or key:value";
    let other = entry::line(v.get("other"), why);
    let other = other.and_then(|text| CustomerRef::parse(&text).ok_or_else(|| why.into()));
    let readable = |other: CustomerRef| match &other {
        CustomerRef::Number(number) => choice::telephone(number, cx.hello).map(|()| other),
        CustomerRef::Id(_) | CustomerRef::Secondary(_) => Ok(other),
    };
    let other = take("other", other.and_then(readable), &mut e);
    let ours = target.customer.clone().ok_or_else(|| "no customer is named by id".into());
    let ours = take("other", ours, &mut e);
    let is_same = match &other {
        Some(CustomerRef::Id(id)) => target.customer.as_ref() == Some(id),
        Some(CustomerRef::Number(number)) => target.numbers.contains(number),
        _ => false,
    };
    if is_same {
        e.add("other", "this is the same customer: name the other one");
    }
    let pair = ours.zip(other);
    done(pair.map(|(customer, other)| CustomerCommand::AdoptCustomer { customer, other }), e)
}

fn add_reminder(v: &Values, target: &Target, cx: &BuildContext) -> BuildResult {
    let mut e = FieldErrors::default();
    let reminder = reminder(v, cx, &mut e);
    let pair = customer(target, "key", &mut e).zip(reminder);
    done(pair.map(|(customer, reminder)| CustomerCommand::AddReminder { customer, reminder }), e)
}

fn cancel_reminder(v: &Values, target: &Target, _: &BuildContext) -> BuildResult {
    let mut e = FieldErrors::default();
    let key = take("key", entry::key(v.get("key")), &mut e);
    let pair = customer(target, "key", &mut e).zip(key);
    done(pair.map(|(customer, key)| CustomerCommand::CancelReminder { customer, key }), e)
}
