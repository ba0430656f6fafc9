//! Our reader of manila.conf against oslo.config: files of every shape, and every text as a value of every type.
//!
//! Where oslo.config refuses, ours must refuse; where it reads a value, ours must read the same, but for the few kinds of value
//! that are listed here as refused on purpose.

use config::{Value as Read, ValueKind};
use manilad_conf::{Environment, Files, Group, Kind, Opt, Preset, Reader, between, int, opt, unset};
use proptest::prelude::*;
use proptest::strategy::ValueTree;
use proptest::test_runner::TestRunner;
use serde_json::{Value, json};

use crate::oracle::ask;

static DEFAULT: Group = Group {
    name: "DEFAULT",
    about: "",
    options: &[
        unset("s", Kind::Str, ""),
        unset("secret", Kind::Secret, ""),
        unset("path", Kind::Path, ""),
        unset("i", int(i64::MIN), ""),
        unset("percent", between(0, 90), ""),
        unset("f", Kind::Float { min: f64::MIN }, ""),
        unset("ratio", Kind::Float { min: 1.0 }, ""),
        unset("b", Kind::Bool, ""),
        unset("l", Kind::List, ""),
        unset("protocols", Kind::ListOf(&["NFS", "CIFS"]), ""),
        unset("d", Kind::Dict, ""),
        unset("dl", Kind::DictOfLists, ""),
        unset("md", Kind::MultiDict, ""),
        unset("port", Kind::Port, ""),
        unset("h", Kind::Host, ""),
        unset("e", Kind::Enum(&["one", "Two"]), ""),
        opt("preset", Kind::Str, "file://$s/x", ""),
    ],
};

static OTHER: Group = Group {
    name: "g",
    about: "",
    options: &[
        unset("s", Kind::Str, ""),
        unset("own", int(i64::MIN), ""),
        unset("md", Kind::MultiDict, ""),
        unset("new", Kind::Str, "").was(&[("DEFAULT", "old"), ("g", "older")]),
    ],
};

static GROUPS: [&Group; 2] = [&DEFAULT, &OTHER];

fn option_json(group: &Group, option: &Opt) -> Value {
    let (kind, choices, min, max) = match option.kind {
        Kind::Str | Kind::Secret => ("str", None, Value::Null, Value::Null),
        Kind::Path => ("path", None, Value::Null, Value::Null),
        Kind::Int { min: i64::MIN, .. } => ("int", None, Value::Null, Value::Null),
        Kind::Int { min, max } => ("int", None, json!(min), json!(max)),
        Kind::Float { min: f64::MIN } => ("float", None, Value::Null, Value::Null),
        Kind::Float { min } => ("float", None, json!(min), Value::Null),
        Kind::Bool => ("bool", None, Value::Null, Value::Null),
        Kind::List => ("list", None, Value::Null, Value::Null),
        Kind::ListOf(choices) => ("list_of", Some(choices), Value::Null, Value::Null),
        Kind::Dict => ("dict", None, Value::Null, Value::Null),
        Kind::DictOfLists => ("dict_of_lists", None, Value::Null, Value::Null),
        Kind::MultiDict => ("multi_dict", None, Value::Null, Value::Null),
        Kind::Port => ("port", None, Value::Null, Value::Null),
        Kind::Host => ("host", None, Value::Null, Value::Null),
        Kind::Enum(choices) => ("enum", Some(choices), Value::Null, Value::Null),
        Kind::Regex | Kind::Template { .. } => panic!("oslo.config knows no {}", option.kind),
    };
    let default = if let Preset::Text(text) = option.preset { Some(text) } else { None };
    json!({
        "group": group.name, "name": option.name, "kind": kind, "choices": choices, "min": min, "max": max,
        "default": default, "old": option.old,
    })
}

struct Case {
    files: Vec<String>,
    environment: Vec<(String, String)>,
}

fn case(file: impl Into<String>) -> Case {
    Case { files: vec![file.into()], environment: Vec::new() }
}

fn value_json(value: Read) -> Value {
    match value.kind {
        ValueKind::Nil => Value::Null,
        ValueKind::Boolean(value) => json!(value),
        ValueKind::I64(value) => json!(value),
        ValueKind::Float(value) => json!(value),
        ValueKind::String(text) => json!(text),
        ValueKind::Array(items) => items.into_iter().map(value_json).collect(),
        ValueKind::Table(table) => table.into_iter().map(|(key, value)| (key, value_json(value))).collect(),
        other => panic!("no option is {other:?}"),
    }
}

/// As the oracle answers.
fn ours(case: &Case) -> Value {
    let mut files = Files::default();
    for (n, text) in case.files.iter().enumerate() {
        if files.add(&format!("{n}.conf"), text, &GROUPS).is_err() {
            return Value::Null;
        }
    }
    let mut reader = Reader::new(files, Environment::new(case.environment.clone(), &GROUPS)).unwrap();
    GROUPS.iter().for_each(|group| reader.declare(group.name, group));
    let options = GROUPS.iter().flat_map(|group| group.options.iter().map(move |option| (group, option)));
    let answer = |(group, option): (&&Group, &Opt)| {
        let answer = match reader.value(group.name, option) {
            Ok(value) => json!({"value": value_json(value)}),
            Err(mistake) => json!({"error": mistake.to_string()}),
        };
        (format!("{}.{}", group.name, option.name), answer)
    };
    options.map(answer).collect()
}

/// Asks both about all cases; returns how many values were read and how many refused.
fn compare(cases: &[Case], stricter: impl Fn(&str, &Value) -> bool) -> (usize, usize) {
    let options: Vec<Value> =
        GROUPS.iter().flat_map(|group| group.options.iter().map(|option| option_json(group, option))).collect();
    let environment = |case: &Case| case.environment.iter().map(|(name, text)| (name.clone(), json!(text))).collect();
    let asked: Vec<Value> = cases
        .iter()
        .map(|case| json!({"files": case.files, "environment": Value::Object(environment(case))}))
        .collect();
    let answers = ask("oslo", "config_oracle.py", &json!({"options": options, "cases": asked}));
    let (mut read, mut refused) = (0, 0);
    for (case, theirs) in cases.iter().zip(answers.as_array().unwrap()) {
        let (files, ours) = (&case.files, ours(case));
        let (Some(theirs), Some(ours)) = (theirs.as_object(), ours.as_object()) else {
            assert_eq!(theirs.is_null(), ours.is_null(), "{files:?}: theirs {theirs}, ours {ours}");
            refused += 1;
            continue;
        };
        for (option, theirs) in theirs {
            let ours = &ours[option];
            match (theirs.get("value"), ours.get("value")) {
                (Some(expected), Some(got)) => {
                    assert_eq!(got, expected, "{files:?} {:?}: {option}", case.environment);
                    read += 1;
                }
                (None, None) => refused += 1,
                (Some(value), None) if stricter(option, value) => refused += 1,
                _ => panic!("{files:?} {:?}: {option}: theirs {theirs}, ours {ours}", case.environment),
            }
        }
    }
    (read, refused)
}

const TEXTS: &[&str] = &[
    "",
    "x",
    "x y",
    "  padded  ",
    "'quoted'",
    "\"quoted\"",
    "'",
    "\"",
    "''",
    "\"a\", \"b\"",
    "'a','b'",
    "\"a,b\"",
    "'un",
    "a#b",
    "a ; b",
    "D\\user",
    "a\\nb",
    "ü",
    "true",
    "True",
    "TRUE",
    "yes",
    "YES",
    "on",
    "oN",
    "1",
    "false",
    "False",
    "no",
    "off",
    "0",
    "t",
    "y",
    "enabled",
    "2",
    "-1",
    "+5",
    "007",
    "1_000",
    "1__0",
    "_1",
    "1_",
    "0x10",
    "1e3",
    "1.5",
    ".5",
    "5.",
    "-0.5",
    "1,5",
    "90",
    "91",
    "65535",
    "65536",
    "9223372036854775807",
    " 42 ",
    "a,b",
    "a, b ,c",
    "a,,b",
    "a,b,,",
    ",a",
    ",",
    "NFS",
    "nfs,Cifs",
    "NFS,AFP",
    "NFS,",
    "k:v",
    "k:v,l:w",
    " k : v , l : w ",
    "k:v:w",
    "k:",
    ":v",
    "k:v,",
    ",k:v",
    "k",
    "k,l:v",
    "k:v,k:w",
    "k:v,l",
    "a:[x]",
    "a:[x,y],b:[]",
    "a:[x,y",
    "a:x]",
    "a:[ x , y ]",
    "a:[x,,y]",
    "a:[x,]",
    "a:[[x]]",
    "a:[x],",
    "one",
    "Two",
    "two",
    "ONE",
    "host",
    "host.example",
    "host.example.",
    "host..example",
    "-host",
    "host-",
    "h_st",
    "1.2.3.4",
    "1.2.3",
    "1.2.3.256",
    "01.2.3.4",
    "1.2.3.4.",
    "::",
    "::1",
    "2001:db8::1",
    "2001:db8::g",
    "::ffff:1.2.3.4",
    "fe80::1%eth0",
    "[::1]",
    "host.123",
    "host.1-2",
    "123",
    "a b",
    "*",
    "/x",
    "/",
    "x/y",
    "/a b",
    "$i",
    "$s",
    "${s}",
    "$$",
    "$$s",
    "\\$s",
    "a$",
    "$",
    "$5",
    "${5}",
    "${s",
    "$nosuch",
    "${no.such}",
    "${g.s}",
    "$g.s",
    "${g.nosuch}",
    "$b",
    "$f",
    "$h",
    "x$own.y",
    "$DEFAULT",
    "${DEFAULT.s}",
    "$preset",
    "pa$$word",
    "$S",
    "%",
    "%(s)s",
    "[x]",
    "a=b",
    "a:b=c",
    "=",
];

/// Refused on purpose: what oslo.config takes and nothing good comes of.
fn is_stricter_here(option: &str, value: &Value) -> bool {
    match option {
        // Python's numbers know no end.
        "DEFAULT.i" => value.as_i64().is_none(),
        // A list or a dictionary inside a text, as Python prints it.
        _ => value.as_str().is_some_and(|text| text.contains("['") || text.contains("{'")),
    }
}

#[test]
fn every_text_is_read_alike_as_every_type() {
    let all = |section: &str, text: &str| {
        let options = GROUPS.iter().find(|group| group.name == section).unwrap().options;
        options
            .iter()
            .filter(|option| option.name != "preset")
            .map(|option| format!("{} = {text}\n", option.name))
            .collect::<String>()
    };
    let each = |text: &&str| {
        case(format!(
            "[g]\n{}[DEFAULT]\n{}s = base\ni = 7\nb = on\nf = 1\nh = ::1\n",
            all("g", "4"),
            all("DEFAULT", text)
        ))
    };
    let alone = |text: &&str| case(format!("[DEFAULT]\n{}[g]\ns = other\nown = 3\n", all("DEFAULT", text)));
    let cases: Vec<Case> = TEXTS.iter().map(each).chain(TEXTS.iter().map(alone)).collect();
    let (read, refused) = compare(&cases, is_stricter_here);
    assert!(read > 2000 && refused > 500, "lopsided: {read} read, {refused} refused");
}

const FILES: &[&str] = &[
    "",
    "\n\n",
    "# comment\n; comment\n",
    "[DEFAULT]\ns = 1\n[g]\ns = 2\n[DEFAULT]\ns = 3\nmd = a:1\n[G]\nmd = b:2\nmd = c:3\n[g]\ns = 4\n",
    "[default]\ns = lost\n",
    "[DEFAULT]\nS = lost\n",
    "[ g ]\ns = lost\n",
    "[g] \ns = kept\n",
    "[g\ns = 1\n",
    "[]\n",
    "[\n",
    "[g]]\ns = 1\n",
    "s = 1\n",
    "  s = 1\n",
    "[DEFAULT]\n s = 1\n",
    "[DEFAULT]\ns = 1\n  # continued\n",
    "[DEFAULT]\ns = 1\n# ends\n  broken\n",
    "[DEFAULT]\ns = 1\n\n  broken\n",
    "[DEFAULT]\ns = 1\n  2\n\t3\n    \n",
    "[DEFAULT]\ns = \"one\n  two\"\n",
    "[DEFAULT]\ns =\n  one\n  two\nl =\n  a,\n  b\nd =\n  k:v,\n  l:w\n",
    "[DEFAULT]\ni = 1\n  2\nb = true\n  \n",
    "[DEFAULT]\ns: 1\n",
    "[DEFAULT]\ns: a=b\n",
    "[DEFAULT]\ns=a:b\n",
    "[DEFAULT]\ns\n",
    "[DEFAULT]\n= 1\n",
    "[DEFAULT]\n: 1\n",
    "[DEFAULT]\ns == 1\n",
    "[DEFAULT]\ns = 1",
    "[DEFAULT]\r\ns = 1\r\n[g]\r\ns = 2\r\n",
    "[DEFAULT]\rs = 1\r",
    "\u{feff}[DEFAULT]\ns = 1\n",
    "[DEFAULT]\ns = 1\u{a0}\n",
    "[DEFAULT]\n\u{a0}s = 1\n",
    "[DEFAULT]\nold = 1\n",
    "[DEFAULT]\nold = 1\n[g]\nolder = 2\n",
    "[DEFAULT]\nold = 1\n[g]\nnew = 2\nolder = 3\n",
    "[g]\nolder = 3\nolder = 4\n",
    "[DEFAULT]\ns = $h\nh = $e\ne = $s\n",
    "[DEFAULT]\ns = $s\n",
    "[g]\ns = $own and ${DEFAULT.s}\nown = 5\n",
    "[g]\ns = $own and $i\nown = 5\n[DEFAULT]\ni = 6\n",
    "[g]\ns = $path\n[DEFAULT]\npath = relative\n",
];

#[test]
fn files_of_every_shape_are_read_alike() {
    let mut cases: Vec<Case> = FILES.iter().map(|text| case(*text)).collect();
    let layered = [
        ["[DEFAULT]\ns = 1\nmd = a:1\nmd = b:1\n", "[DEFAULT]\nmd = c:1\n"],
        ["[g]\nnew = 1\n", "[DEFAULT]\nold = 2\n"],
        ["[DEFAULT]\nold = 1\n", "[g]\nnew = 2\n"],
        ["[DEFAULT]\ns = $i\n", "[DEFAULT]\ni = 5\n"],
        ["[DEFAULT]\ns = 1\n", "broken\n"],
    ];
    cases.extend(layered.map(|files| Case { files: files.map(str::to_owned).to_vec(), environment: Vec::new() }));
    for (name, text) in [
        ("OS_DEFAULT__S", "from the environment"),
        ("OS_DEFAULT__S", " padded "),
        ("OS_DEFAULT__S", "'quoted'"),
        ("OS_DEFAULT__I", " 5 "),
        ("OS_DEFAULT__B", "true "),
        ("OS_DEFAULT__L", "a,b"),
        ("OS_G__S", "$own"),
        ("OS_G__NEW", "x"),
        ("OS_G__OLDER", "lost"),
        ("OS_default__S", "lost"),
        ("os_default__s", "lost"),
        ("OS_DEFAULT__s", "lost"),
        ("OS_g__S", "lost"),
        ("OS_NOWHERE__S", "lost"),
    ] {
        let file = "[DEFAULT]\ns = file\ni = 1\nb = false\nold = file\n[g]\ns = file\nown = 2\n".to_owned();
        cases.push(Case { files: vec![file], environment: vec![(name.to_owned(), text.to_owned())] });
    }
    let (read, refused) = compare(&cases, is_stricter_here);
    assert!(read > 800 && refused > 10, "lopsided: {read} read, {refused} refused");
}

#[test]
fn random_files_are_read_alike() {
    let lines = prop::sample::select(
        &[
            "[DEFAULT]",
            "[g]",
            "[G]",
            "[x]",
            "s = x",
            "s: 'q'",
            "s = \"",
            "  more",
            "\tmore",
            "  # more",
            "",
            "   ",
            "# c",
            ";c",
            "i = 5",
            "i = five",
            "percent = 50",
            "percent = 100",
            "b = TRUE",
            "b = maybe",
            "l = a, b,",
            "d = k:v",
            "d = k",
            "md = a:b",
            "md = c:d",
            "h = ::1",
            "s = $i",
            "s = $own",
            "s = ${g.s}",
            "own = 3",
            "old = o",
            "older = o",
            "new = n",
            "s = $$i",
            "path = /x",
            "e = one",
            "nonsense",
        ][..],
    );
    let file = prop::collection::vec(lines, 0..14).prop_map(|lines| format!("[DEFAULT]\n{}\n", lines.join("\n")));
    let files = prop::collection::vec(file, 1..3);
    let mut runner = TestRunner::deterministic();
    let cases: Vec<Case> = (0..1500)
        .map(|_| Case { files: files.new_tree(&mut runner).unwrap().current(), environment: Vec::new() })
        .collect();
    let (read, refused) = compare(&cases, is_stricter_here);
    assert!(read > 10_000 && refused > 300, "lopsided: {read} read, {refused} refused");
}
