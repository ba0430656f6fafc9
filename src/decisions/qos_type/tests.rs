use std::collections::BTreeMap;

use manilad_domain::extra_specs::DEFAULT_QOS_TYPE;
use manilad_domain::fault::Kind;
use manilad_store::{Store, consistency};
use uuid::Uuid;

use super::*;
use crate::share::samples::{decide, now, share, store};
use crate::share_type as types;

fn id(number: u128) -> QosTypeId {
    Uuid::from_u128(number).into()
}

fn one(number: u128, name: &str) -> QosType {
    QosType {
        id: id(number),
        name: name.to_owned(),
        description: Some("d".to_owned()),
        specs: specs(&[("policy_type", "fixed")]),
        created_at: now(),
        updated_at: None,
    }
}

fn specs(pairs: &[(&str, &str)]) -> QosSpecs {
    pairs.iter().map(|(key, value)| ((*key).to_owned(), (*value).into())).collect()
}

fn with(number: u128, name: &str) -> Store {
    let store = store();
    make(&store, number, name).unwrap();
    store
}

fn make(store: &Store, number: u128, name: &str) -> Result<QosType, Fault> {
    let one = one(number, name);
    decide(store, move |draft| create(draft, one)).map(|(made, _)| made)
}

fn remove(store: &Store, number: u128) -> Result<(), Fault> {
    decide(store, move |draft| delete(draft, id(number))).map(drop)
}

fn put<R: Record>(store: &Store, record: R) {
    decide(store, move |draft| Ok(draft.put(&record)?)).unwrap();
}

fn share_type(name: &str) -> ShareType {
    ShareType {
        id: Uuid::from_u128(0x7).into(),
        name: "t".to_owned(),
        description: None,
        is_public: true,
        projects: Default::default(),
        extra_specs: BTreeMap::from([(DEFAULT_QOS_TYPE.to_owned(), name.to_owned())]),
        created_at: now(),
        updated_at: None,
    }
}

#[test]
fn a_name_is_taken_once_and_free_again_when_its_qos_type_is_gone() {
    let store = with(1, "gold");
    assert_eq!(make(&store, 2, "gold").unwrap_err().kind, Kind::Conflict);
    make(&store, 2, "silver").unwrap();
    remove(&store, 1).unwrap();
    make(&store, 3, "gold").unwrap();
    assert_eq!(remove(&store, 1).unwrap_err().kind, Kind::Missing);
    assert_eq!(consistency(&store), Vec::<String>::new());
}

#[test]
fn what_a_share_is_bound_to_or_a_share_type_names_does_not_go() {
    let store = with(1, "gold");
    make(&store, 2, "silver").unwrap();
    put(&store, share_type("gold"));
    let refused = remove(&store, 1).unwrap_err();
    assert!(refused.kind == Kind::Invalid && refused.to_string().contains("share type t"), "{refused}");
    remove(&store, 2).unwrap();
    let of = |id| Share { qos_type_id: id, ..share(Vec::new()) };
    put(&store, of(Some(id(1))));
    let free = |draft: &mut Draft<'_>| types::remove_extra_spec(draft, share_type("").id, DEFAULT_QOS_TYPE, &[], now());
    decide(&store, free).unwrap();
    assert_eq!(remove(&store, 1).unwrap_err().kind, Kind::Invalid, "the share is still bound");
    put(&store, of(None));
    remove(&store, 1).unwrap();
    assert_eq!(consistency(&store), Vec::<String>::new());
}

#[test]
fn a_description_is_changed_taken_away_or_left_and_the_name_stays() {
    let store = with(1, "gold");
    let describe = |description| decide(&store, move |draft| describe(draft, id(1), description, now())).unwrap().0;
    assert_eq!(describe(None).description.as_deref(), Some("d"));
    assert_eq!(describe(Some(Some("e".to_owned()))).description.as_deref(), Some("e"));
    let bare = describe(Some(None));
    assert_eq!((bare.description, bare.name.as_str(), bare.updated_at), (None, "gold", Some(now())));
}

#[test]
fn specs_are_added_to_those_that_are_there_judged_together_and_taken_away_one_by_one() {
    let store = with(1, "gold");
    let set =
        |specs: QosSpecs| decide(&store, move |draft| set_specs(draft, id(1), specs, now())).map(|(one, _)| one.specs);
    let both = specs(&[("a", "1"), ("policy_type", "adaptive")]);
    assert_eq!(set(both.clone()).unwrap(), both);
    assert_eq!(set(specs(&[("a b", "1")])).unwrap_err().kind, Kind::Invalid);
    let many = |letter: &str| -> QosSpecs {
        (0..110).map(|number| (format!("{}{number}", letter.repeat(250)), "v".repeat(200).into())).collect()
    };
    set(many("x")).unwrap();
    assert_eq!(set(many("y")).unwrap_err().kind, Kind::Invalid, "each fits alone, and both do not");
    let remove = |key: &'static str| decide(&store, move |draft| remove_spec(draft, id(1), key, now()));
    assert!(!remove("a").unwrap().0.specs.contains_key("a"));
    assert_eq!(remove("a").unwrap_err().kind, Kind::Missing);
}

#[test]
fn a_share_type_that_names_none_has_none_and_one_that_names_what_is_not_there_is_refused() {
    let store = with(1, "gold");
    let mut of = share_type("gold");
    assert_eq!(of_share_type(&store, &of).unwrap().map(|one| one.id), Some(id(1)));
    let refused = of_share_type(&store, &share_type("iron")).unwrap_err();
    assert!(refused.kind == Kind::Invalid && refused.to_string().contains("iron"), "{refused}");
    assert_eq!(of_share_type(&store, &share_type(&id(1).to_string())).unwrap_err().kind, Kind::Invalid, "by its name");
    of.extra_specs.clear();
    assert_eq!(of_share_type(&store, &of), Ok(None));
}
