//! Each type has a field for each used option of its table, and none beside the table.

use std::collections::BTreeSet;

use serde::de::{DeserializeOwned, Deserializer, Visitor, value};

use super::*;
use crate::opt::{Group, Use};
use crate::tables;

/// Asks a type for the names of its fields, and gives it nothing.
struct Asking<'f>(&'f mut BTreeSet<&'static str>);

impl<'de> Deserializer<'de> for Asking<'_> {
    type Error = value::Error;

    fn deserialize_any<V: Visitor<'de>>(self, _: V) -> Result<V::Value, value::Error> {
        Err(serde::de::Error::custom("not a struct"))
    }

    fn deserialize_struct<V: Visitor<'de>>(
        self,
        _: &'static str,
        fields: &'static [&'static str],
        _: V,
    ) -> Result<V::Value, value::Error> {
        self.0.extend(fields);
        Err(serde::de::Error::custom("asked"))
    }

    serde::forward_to_deserialize_any! {
        bool i8 i16 i32 i64 i128 u8 u16 u32 u64 u128 f32 f64 char str string bytes byte_buf option unit unit_struct
        newtype_struct seq tuple tuple_struct map enum identifier ignored_any
    }
}

fn agree<T: DeserializeOwned>(group: &Group) {
    let mut fields = BTreeSet::new();
    assert_eq!(T::deserialize(Asking(&mut fields)).err().unwrap().to_string(), "asked");
    for option in group.options {
        let has_field = fields.remove(option.name);
        match option.used {
            Use::Used => assert!(has_field, "[{}] {} is used and has no field", group.name, option.name),
            Use::NotBuilt(_) => {}
            _ => assert!(!has_field, "[{}] {} has a field and is not used", group.name, option.name),
        }
    }
    assert!(fields.is_empty(), "[{}]: fields without an option: {fields:?}", group.name);
}

#[test]
fn every_used_option_has_a_field_and_every_field_an_option() {
    agree::<Manilad>(&tables::MANILAD);
    agree::<Service>(&tables::SERVICE);
    agree::<Shares>(&tables::SHARES);
    agree::<Scheduler>(&tables::SCHEDULER);
    agree::<Logging>(&tables::LOGGING);
    agree::<Quota>(&tables::QUOTA);
    agree::<KeystoneAuthtoken>(&tables::KEYSTONE_AUTHTOKEN);
    agree::<OsloPolicy>(&tables::OSLO_POLICY);
    agree::<OsloMiddleware>(&tables::OSLO_MIDDLEWARE);
    agree::<Cors>(&tables::CORS);
    agree::<Ssl>(&tables::SSL);
    agree::<Asked>(&tables::NEUTRON);
    agree::<Asked>(&tables::NOVA);
    agree::<Stanza>(&tables::STANZA);
    agree::<Netapp>(&tables::NETAPP);
    agree::<Network>(&tables::NETWORK);
    agree::<BindingProfile>(&tables::BINDING_PROFILE);
    agree::<BackupType>(&tables::BACKUP_TYPE);
    for unused in tables::UNUSED {
        agree::<crate::checks::Nothing>(unused);
    }
}
