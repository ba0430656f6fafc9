//! Old values are brought up, their rows and charges with them; newer ones are refused.

use manilad_domain::record::{Index, Record, Row};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::{ITEMS, Item, Rig, assert_sound, commit, item, put, suite};
use crate::{Changes, Error, Kind, Range, Store, key};

suite!(
    old_records_are_upgraded_and_found_by_new_indexes,
    an_upgrade_that_was_cut_short_is_done_again,
    a_store_that_was_written_before_there_were_sums_gets_them,
    a_store_of_a_newer_release_is_refused_when_it_is_opened,
    a_value_of_a_newer_release_is_refused_when_it_is_read,
    a_damaged_value_is_named_and_not_quoted,
);

const NAMED: Index = Index("named");
const COLOURED: Index = Index("coloured");

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
struct Old {
    id: String,
    name: String,
}

impl Record for Old {
    const KIND: &'static str = "thing";

    fn key(&self) -> String {
        self.id.clone()
    }

    fn rows(&self) -> Vec<Row> {
        vec![NAMED.row([self.name.clone()])]
    }
}

/// Two versions on: version 2 renamed `name`, version 3 added `colour`, and its index replaced the older one.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
struct New {
    id: String,
    title: String,
    colour: String,
}

impl Record for New {
    const KIND: &'static str = "thing";
    const VERSION: u16 = 3;

    fn key(&self) -> String {
        self.id.clone()
    }

    fn rows(&self) -> Vec<Row> {
        vec![COLOURED.row([self.colour.clone()])]
    }

    fn upgraded(from: u16, mut old: Value) -> Result<Value, String> {
        match from {
            1 => old["title"] = old["name"].take(),
            2 => old["colour"] = json!("grey"),
            _ => return Err(format!("no version {from}")),
        }
        Ok(old)
    }
}

const OLD: &[Kind] = &[Kind::of::<Old>()];
const NEW: &[Kind] = &[Kind::of::<New>()];

fn fill(rig: &Rig, many: usize) {
    let store = rig.open_kinds(OLD).unwrap();
    commit(&store, move |draft| {
        (0..many).try_for_each(|n| draft.put(&Old { id: format!("{n:03}"), name: format!("n{n}") }))
    })
    .unwrap();
    assert_sound(&store);
    store.close();
}

fn assert_upgraded(store: &Store, many: usize) {
    let things = store.scan::<New>(Range::of(COLOURED, ["grey"])).unwrap().records;
    assert_eq!(things.len(), many);
    assert_eq!(things[1], New { id: "001".into(), title: "n1".into(), colour: "grey".into() });
    assert_eq!(store.scan_keys("thing", Range::all(NAMED)).unwrap().records, Vec::<String>::new());
    assert_sound(store);
}

fn old_records_are_upgraded_and_found_by_new_indexes(rig: Rig) {
    fill(&rig, 600);
    let store = rig.open_kinds(NEW).unwrap();
    assert_upgraded(&store, 600);
    commit(&store, |draft| {
        let thing = draft.get::<New>("001")?.unwrap();
        draft.put(&New { colour: "red".into(), ..thing })
    })
    .unwrap();
    assert_eq!(store.scan_keys("thing", Range::of(COLOURED, ["red"])).unwrap().records, ["001"]);
    assert_sound(&store);
}

fn an_upgrade_that_was_cut_short_is_done_again(rig: Rig) {
    fill(&rig, 5);
    rig.open_kinds(NEW).unwrap().close();
    let note = key::note("format");
    let settled = String::from_utf8(rig.engine.get(&note).unwrap().unwrap()).unwrap();
    let underway = settled.replace("\"settled\":true", "\"settled\":false");
    assert_ne!(settled, underway);
    let lost_row = key::of(["i", "thing", "coloured", "grey", "002"]);
    let left_row = key::of(["i", "thing", "named", "n2", "002"]);
    let half = [(note, Some(underway.into_bytes())), (lost_row, None), (left_row, Some(Vec::new()))];
    rig.engine.apply(&Changes::from(half)).unwrap();
    assert_upgraded(&rig.open_kinds(NEW).unwrap(), 5);
}

fn a_store_that_was_written_before_there_were_sums_gets_them(rig: Rig) {
    let store = rig.open();
    put(&store, [Item { tags: vec!["x".into()], ..item("a", "me", "n") }]);
    store.close();
    let (note, sum) = (key::note("format"), key::record("sum", "x"));
    let format = String::from_utf8(rig.engine.get(&note).unwrap().unwrap()).unwrap();
    let earlier = format.replace("\"format\":3", "\"format\":1");
    assert_ne!(format, earlier);
    assert!(rig.engine.get(&sum).unwrap().is_some());
    rig.engine.apply(&Changes::from([(note, Some(earlier.into_bytes())), (sum, None)])).unwrap();
    let store = rig.open();
    assert_eq!(store.get::<manilad_domain::Sum>("x").unwrap().unwrap().amount, 1);
    assert_sound(&store);
}

fn a_store_of_a_newer_release_is_refused_when_it_is_opened(rig: Rig) {
    fill(&rig, 2);
    rig.open_kinds(NEW).unwrap().close();
    let refused = rig.open_kinds(OLD).err().unwrap();
    assert_eq!(refused, Error::Newer { what: "the store's kind \"thing\"".into(), found: 3, supported: 1 });
    assert!(
        matches!(rig.open_kinds(ITEMS).err(), Some(Error::Newer { supported: 0, .. })),
        "a kind that was not known yet"
    );
    let format = br#"{"format":4,"kinds":{},"settled":true}"#.to_vec();
    rig.engine.apply(&Changes::from([(key::note("format"), Some(format))])).unwrap();
    let refused = rig.open_kinds(NEW).err().unwrap();
    assert_eq!(refused, Error::Newer { what: "the store".into(), found: 4, supported: 3 });
    assert!(refused.to_string().contains("newer release"), "{refused}");
}

fn a_value_of_a_newer_release_is_refused_when_it_is_read(rig: Rig) {
    let store = rig.open();
    for version in ["2", "70000"] {
        let value = format!(r#"{{"v":{version},"r":{{"id":"a"}}}}"#).into_bytes();
        rig.engine.apply(&Changes::from([(key::record("item", "a"), Some(value))])).unwrap();
        assert!(matches!(store.get::<Item>("a"), Err(Error::Newer { supported: 1, .. })));
    }
}

fn a_damaged_value_is_named_and_not_quoted(rig: Rig) {
    let store = rig.open();
    put(&store, [item("a", "me", "x")]);
    for value in
        ["", "hush", r#"{"v":1}"#, r#"{"v":1,"r":{"id":"hush"}}"#, r#"{"v":1,"r":"hush"}"#, r#"{"v":0,"r":"hush"}"#]
    {
        rig.engine.apply(&Changes::from([(key::record("item", "a"), Some(value.into()))])).unwrap();
        let error = store.get::<Item>("a").unwrap_err();
        assert!(matches!(&error, Error::Damaged { kind, key, .. } if kind == "item" && key == "a"), "{error}");
        assert!(!error.to_string().contains("hush"), "{error}");
    }
}
