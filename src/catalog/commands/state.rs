//! What is known of one customer: tags, metadata and its lease, other names, reminders, and two
//! customers becoming one (operations.md 3.4 to 3.10, 3.13 to 3.15).

use super::super::{
    Confirm, Context, FieldErrors, FieldKind, FieldSpec, Menu, Needs, Risk, Spec, Target, Values,
};
use super::{
    AT, EVERY, KEY, KEYS, LONGEST_LIST, PAYLOAD, REMINDER_KEY, customer, done, entry, expiry,
    filled, keys, reminder, take,
};
use crate::model::{CustomerCommand, CustomerRef, DataValue, Tag, limits::VALUE_BYTES};

const EXPIRES: FieldSpec = FieldSpec::new(
    "expires",
    FieldKind::Expiry,
    "+7d, +2h, in 3d, 2026-12-24 09:00 or never. What has expired counts no more.",
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

/// Set tags.
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
    verb: "tag",
    help: "Set tags; a key that exists gets the new value and expiry.",
    risk: Risk::R1,
    needs: Needs::Customer,
    confirm: Confirm::None,
    hold: false,
    fields: &[
        FieldSpec::new(
            "tags",
            FieldKind::Pairs,
            "key=value, with commas or lines between; \"a, b\" if it has one.",
        )
        .required()
        .placeholder("tier=vip, lang=sw")
        .max(LONGEST_LIST),
        EXPIRES,
    ],
    build: update_tags,
    makes: |command| matches!(command, CustomerCommand::UpdateTags { .. }),
};

/// Remove tags.
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
    verb: "untag",
    help: "Remove tags by key.",
    risk: Risk::R1,
    needs: Needs::Customer,
    confirm: Confirm::None,
    hold: false,
    fields: &[KEYS],
    build: delete_tags,
    makes: |command| matches!(command, CustomerCommand::DeleteTags { .. }),
};

/// Set one metadata value.
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
    verb: "set-data",
    help: "Set one metadata value. It is stored as text, exactly as written.",
    risk: Risk::R1,
    needs: Needs::Customer,
    confirm: Confirm::None,
    hold: false,
    fields: &[
        FieldSpec::new("key", FieldKind::Line, "Its name; what is under it is replaced.")
            .required()
            .placeholder("name"),
        FieldSpec::new(
            "value",
            FieldKind::Data,
            "Apps often store JSON; text of the SDKs is in double quotes.",
        )
        .required()
        .placeholder("\"Jane W.\"")
        .max(VALUE_BYTES),
    ],
    build: update_metadata,
    makes: |command| matches!(command, CustomerCommand::UpdateMetadata { .. }),
};

/// Fetch one metadata value and lock fetching it.
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
    verb: "lease",
    help: "Fetch one metadata value and hold the others off for 90 s or until it is set: \
           apps wait meanwhile, even in the middle of a USSD menu.",
    risk: Risk::R1,
    needs: Needs::Customer,
    confirm: Confirm::None,
    hold: false,
    fields: &[KEY],
    build: lease,
    makes: |command| matches!(command, CustomerCommand::LeaseMetadata { .. }),
};

/// Remove metadata.
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
    verb: "delete-data",
    help: "Remove metadata by key. Nothing brings a value back.",
    risk: Risk::R3,
    needs: Needs::Customer,
    confirm: Confirm::Word("delete"),
    hold: false,
    fields: &[KEYS],
    build: delete_metadata,
    makes: |command| matches!(command, CustomerCommand::DeleteMetadata { .. }),
};

/// Add or renew secondary ids.
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
    verb: "add-id",
    help: "Give a customer other names to be found by, or renew them.",
    risk: Risk::R1,
    needs: Needs::Customer,
    confirm: Confirm::None,
    hold: false,
    fields: &[
        FieldSpec::new(
            "ids",
            FieldKind::Ids,
            "key=value, with commas or lines between; one customer at a time has a pair.",
        )
        .required()
        .placeholder("passport=808083")
        .max(LONGEST_LIST),
        EXPIRES,
    ],
    build: add_ids,
    makes: |command| matches!(command, CustomerCommand::UpdateSecondaryIds { .. }),
};

/// Remove secondary ids.
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
    verb: "delete-id",
    help: "Take other names from a customer; who is known only by them is not found any more.",
    risk: Risk::R3,
    needs: Needs::Customer,
    confirm: Confirm::Word("delete"),
    hold: false,
    fields: &[FieldSpec::new(
        "ids",
        FieldKind::Ids,
        "key=value, or a key alone for every id with it.",
    )
    .required()
    .placeholder("passport=808083")
    .max(LONGEST_LIST)],
    build: delete_ids,
    makes: |command| matches!(command, CustomerCommand::DeleteSecondaryIds { .. }),
};

/// Merge another customer into this one.
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
    verb: "adopt",
    help: "Merge another customer into this one. The other's id is no more; nothing splits them.",
    risk: Risk::R3,
    needs: Needs::Customer,
    confirm: Confirm::LastFour,
    hold: false,
    fields: &[FieldSpec::new(
        "other",
        FieldKind::Customer,
        "Whose id dies: an id, a number, or key:value. An unknown number is simply added.",
    )
    .required()
    .placeholder("el_cst_… or +254…")],
    build: adopt,
    makes: |command| matches!(command, CustomerCommand::AdoptCustomer { .. }),
};

/// Add or replace a reminder.
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
    verb: "remind",
    help: "Have the app reminded of a customer, once or again and again.",
    risk: Risk::R1,
    needs: Needs::Customer,
    confirm: Confirm::None,
    hold: false,
    fields: &[REMINDER_KEY, AT, EVERY, PAYLOAD],
    build: add_reminder,
    makes: |command| matches!(command, CustomerCommand::AddReminder { .. }),
};

/// Cancel a reminder.
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
    verb: "cancel-reminder",
    help: "Cancel a reminder of this app about a customer.",
    risk: Risk::R1,
    needs: Needs::Customer,
    confirm: Confirm::None,
    hold: false,
    fields: &[FieldSpec::new("key", FieldKind::Reminder, "Which: the name it was given.")
        .required()
        .placeholder("renewal")],
    build: cancel_reminder,
    makes: |command| matches!(command, CustomerCommand::CancelReminder { .. }),
};

type Built = Result<CustomerCommand, FieldErrors>;

fn update_tags(v: &Values, target: &Target, cx: &Context) -> Built {
    let mut e = FieldErrors::default();
    let pairs = take("tags", entry::pairs(v.get("tags")), &mut e);
    let pairs = filled(pairs, "tags", "which tags: key=value", &mut e);
    let ends = take("expires", expiry::parse(v.get("expires"), cx.at, cx.zone), &mut e);
    let customer = customer(target, "tags", &mut e);
    let command = customer.zip(pairs).zip(ends).map(|((customer, pairs), expires_at)| {
        let tag = |(key, value)| Tag { key, value, expires_at };
        CustomerCommand::UpdateTags { customer, tags: pairs.into_iter().map(tag).collect() }
    });
    done(command, e)
}

fn delete_tags(v: &Values, target: &Target, _: &Context) -> Built {
    let mut e = FieldErrors::default();
    let keys = keys(v, &mut e);
    let pair = customer(target, "keys", &mut e).zip(keys);
    done(pair.map(|(customer, keys)| CustomerCommand::DeleteTags { customer, keys }), e)
}

fn update_metadata(v: &Values, target: &Target, _: &Context) -> Built {
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

fn delete_metadata(v: &Values, target: &Target, _: &Context) -> Built {
    let mut e = FieldErrors::default();
    let keys = keys(v, &mut e);
    let pair = customer(target, "keys", &mut e).zip(keys);
    done(pair.map(|(customer, keys)| CustomerCommand::DeleteMetadata { customer, keys }), e)
}

fn lease(v: &Values, target: &Target, _: &Context) -> Built {
    let mut e = FieldErrors::default();
    let key = take("key", entry::key(v.get("key")), &mut e);
    let pair = customer(target, "key", &mut e).zip(key);
    done(pair.map(|(customer, key)| CustomerCommand::LeaseMetadata { customer, key }), e)
}

fn add_ids(v: &Values, target: &Target, cx: &Context) -> Built {
    let mut e = FieldErrors::default();
    let ids = take("ids", entry::ids(v.get("ids"), false), &mut e);
    let ids = filled(ids, "ids", "which ids: key=value", &mut e);
    let ends = take("expires", expiry::parse(v.get("expires"), cx.at, cx.zone), &mut e);
    let customer = customer(target, "ids", &mut e);
    let command = customer.zip(ids).zip(ends).map(|((customer, ids), ends)| {
        let ids = ids.into_iter().map(|id| (id, ends)).collect();
        CustomerCommand::UpdateSecondaryIds { customer, ids }
    });
    done(command, e)
}

fn delete_ids(v: &Values, target: &Target, _: &Context) -> Built {
    let mut e = FieldErrors::default();
    let ids = take("ids", entry::ids(v.get("ids"), true), &mut e);
    let ids = filled(ids, "ids", "which ids: key=value, or a key alone", &mut e);
    let pair = customer(target, "ids", &mut e).zip(ids);
    done(pair.map(|(customer, ids)| CustomerCommand::DeleteSecondaryIds { customer, ids }), e)
}

fn adopt(v: &Values, target: &Target, _: &Context) -> Built {
    let mut e = FieldErrors::default();
    let why = "whom to adopt: an id, a number, or key:value";
    let other = entry::line(v.get("other"), why);
    let other = other.and_then(|text| CustomerRef::parse(&text).ok_or_else(|| why.into()));
    let other = take("other", other, &mut e);
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

fn add_reminder(v: &Values, target: &Target, cx: &Context) -> Built {
    let mut e = FieldErrors::default();
    let reminder = reminder(v, cx, &mut e);
    let pair = customer(target, "key", &mut e).zip(reminder);
    done(pair.map(|(customer, reminder)| CustomerCommand::AddReminder { customer, reminder }), e)
}

fn cancel_reminder(v: &Values, target: &Target, _: &Context) -> Built {
    let mut e = FieldErrors::default();
    let key = take("key", entry::key(v.get("key")), &mut e);
    let pair = customer(target, "key", &mut e).zip(key);
    done(pair.map(|(customer, key)| CustomerCommand::CancelReminder { customer, key }), e)
}
