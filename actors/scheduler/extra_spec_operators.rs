//! What an extra spec demands of a statistic: the operators, read once per request.
//!
//! Texts are compared in lower case, and only the first word after an operator counts. How to get it wrong: taking `=`
//! for equality (it means "at least"), or letting an unreadable number pass. Source: scheduler.md §5.

use std::cmp::Ordering;

use manilad_domain::extra_specs;

use crate::statistics::{Scalar, Stat, read_number};

/// The operators. What is not in this table is no operator, and the whole spec is compared.
const OPERATORS: &[(&str, Operator)] = &[
    ("=", Operator::Number(Relation::GreaterOrEqual)),
    ("==", Operator::Number(Relation::Equal)),
    ("!=", Operator::Number(Relation::NotEqual)),
    (">=", Operator::Number(Relation::GreaterOrEqual)),
    ("<=", Operator::Number(Relation::LessOrEqual)),
    ("s==", Operator::Text(Relation::Equal)),
    ("s!=", Operator::Text(Relation::NotEqual)),
    ("s<", Operator::Text(Relation::Less)),
    ("s<=", Operator::Text(Relation::LessOrEqual)),
    ("s>", Operator::Text(Relation::Greater)),
    ("s>=", Operator::Text(Relation::GreaterOrEqual)),
    ("<in>", Operator::In),
    ("<is>", Operator::Is),
    ("<or>", Operator::Or),
];

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Operator {
    Number(Relation),
    Text(Relation),
    In,
    Is,
    Or,
}

/// How the statistic is to stand to the wanted value.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Relation {
    Less,
    LessOrEqual,
    Equal,
    NotEqual,
    GreaterOrEqual,
    Greater,
}

impl Relation {
    pub fn holds(self, order: Ordering) -> bool {
        match self {
            Relation::Less => order.is_lt(),
            Relation::LessOrEqual => order.is_le(),
            Relation::Equal => order.is_eq(),
            Relation::NotEqual => order.is_ne(),
            Relation::GreaterOrEqual => order.is_ge(),
            Relation::Greater => order.is_gt(),
        }
    }

    /// Whether the relation holds between values that have no order, such as a number and a text: they are not equal.
    /// `None` where the relation asks for an order.
    pub fn without_order(self) -> Option<bool> {
        match self {
            Relation::Equal => Some(false),
            Relation::NotEqual => Some(true),
            _ => None,
        }
    }
}

/// A spec, read.
#[derive(Debug, Clone, PartialEq)]
pub enum Demand {
    /// No operator: the same text, or the same boolean where the statistic is one.
    Same {
        text: String,
        boolean: Option<bool>,
    },
    Number(Relation, f64),
    Text(Relation, String),
    In(String),
    Is(bool),
    Or(Vec<String>),
    /// An operator without its value, or with an unreadable number.
    Never,
}

/// Whether the spec begins with an operator.
pub fn has_operator(spec: &str) -> bool {
    spec.split_whitespace().next().is_some_and(|word| operator(&word.to_lowercase()).is_some())
}

fn operator(word: &str) -> Option<Operator> {
    OPERATORS.iter().find(|(name, _)| *name == word).map(|(_, operator)| *operator)
}

impl Demand {
    pub fn read(spec: &str) -> Self {
        let spec = spec.to_lowercase();
        let mut words = spec.split_whitespace();
        let Some(operator) = words.next().and_then(operator) else {
            let boolean = extra_specs::boolean(&spec);
            return Demand::Same { text: spec, boolean };
        };
        if operator == Operator::Or {
            return Demand::Or(words.step_by(2).map(str::to_owned).collect()); // every other word is a further <or>
        }
        let Some(word) = words.next() else {
            return Demand::Never;
        };
        match operator {
            Operator::Number(relation) => {
                read_number(word).map_or(Demand::Never, |number| Demand::Number(relation, number))
            }
            Operator::Text(relation) => Demand::Text(relation, word.to_owned()),
            Operator::In => Demand::In(word.to_owned()),
            Operator::Is => Demand::Is(extra_specs::boolean(word).unwrap_or(false)),
            Operator::Or => Demand::Never,
        }
    }

    /// Whether the statistic, or any element where it is a list, is as demanded. Null never is.
    pub fn is_met_by(&self, stat: &Stat) -> bool {
        stat.scalars().iter().any(|scalar| self.accepts(scalar))
    }

    fn accepts(&self, scalar: &Scalar) -> bool {
        match self {
            Demand::Same { text, boolean } => match scalar.boolean {
                Some(stat) => *boolean == Some(stat),
                None => *text == scalar.text,
            },
            Demand::Number(relation, operand) => {
                scalar.number.and_then(|stat| stat.partial_cmp(operand)).is_some_and(|order| relation.holds(order))
            }
            Demand::Text(relation, operand) => relation.holds(scalar.text.as_str().cmp(operand)),
            Demand::In(part) => is_part(part, &scalar.text),
            Demand::Is(operand) => scalar.truth == *operand,
            Demand::Or(choices) => choices.contains(&scalar.text),
            Demand::Never => false,
        }
    }
}

/// Whether `part` occurs in `text`. Both are short and there are many texts, so the searcher that the standard library
/// prepares for each search costs more than it saves.
fn is_part(part: &str, text: &str) -> bool {
    part.is_empty() || text.as_bytes().windows(part.len()).any(|window| window == part.as_bytes())
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::{Value, json};

    use super::*;

    fn met(spec: &str, stat: Value) -> bool {
        Demand::read(spec).is_met_by(&Stat::new(stat))
    }

    #[test]
    fn each_operator_takes_what_it_should() {
        let yes = [
            ("NetApp", json!("netapp")),
            ("12", json!(12)),
            ("a b", json!("A B")),
            ("True", json!(true)),
            ("yes", json!(true)),
            ("0", json!(false)),
            ("true", json!("True")),
            ("= 5", json!(5)),
            ("= 5", json!(7.5)),
            ("= 5", json!("7")),
            ("== 5", json!(5.0)),
            ("!= 5", json!(6)),
            (">= 5", json!(5)),
            ("<= 5", json!("4.9")),
            ("s== Abc", json!("aBC")),
            ("s!= abc", json!("abd")),
            ("s< b", json!("A")),
            ("s<= a", json!("a")),
            ("s> a", json!("b")),
            ("s>= b", json!("b")),
            ("<in> NFS", json!("NFS_CIFS")),
            ("<in> nfs", json!(["CIFS", "NFS"])),
            ("<is> True", json!(true)),
            ("<is> yes", json!("on")),
            ("<is> false", json!(false)),
            ("<is> False", json!("none")),
            ("<is> true", json!([true, false])),
            ("<is> false", json!([true, false])),
            ("<or> a <or> B", json!("b")),
            ("<or> SSD", json!("ssd")),
            ("<or> hdd <or> true", json!(true)),
            ("dr", json!(["dr", "readable"])),
            ("== 5 and more words", json!(5)),
            ("<IS> true", json!(true)),
        ];
        for (spec, stat) in yes {
            assert!(met(spec, stat.clone()), "{spec} should take {stat}");
        }
    }

    #[test]
    fn each_operator_refuses_what_it_should() {
        let no = [
            ("NetApp", json!("netapp2")),
            ("12", json!(12.5)),
            ("maybe", json!(true)),
            ("True", json!(false)),
            ("yes", json!("true")),
            ("= 5", json!(4.9)),
            ("= 5", json!("unknown")),
            ("= 5", json!(true)),
            ("= five", json!(5)),
            ("=", json!(5)),
            ("== 5", json!(5.1)),
            ("!= 5", json!(5)),
            ("!= 5", json!("unknown")),
            (">= 5", json!(4)),
            ("<= 5", json!(6)),
            ("s== abc", json!("ab")),
            ("s!= abc", json!("ABC")),
            ("s< b", json!("b")),
            ("s<= a", json!("b")),
            ("s> a", json!("a")),
            ("s>= b", json!("a")),
            ("s==", json!("")),
            ("<in> cephfs", json!("NFS_CIFS")),
            ("<in>", json!("NFS_CIFS")),
            ("<is> True", json!(false)),
            ("<is> True", json!("none")),
            ("<is> true", json!([false])),
            ("<is>", json!(false)),
            ("<or> a <or> b", json!("c")),
            ("<or> a b", json!("b")),
            ("<or>", json!("")),
            ("dr", json!(["readable"])),
            ("dr", json!([])),
            ("a", json!({"a": "a"})),
        ];
        for (spec, stat) in no {
            assert!(!met(spec, stat.clone()), "{spec} should refuse {stat}");
        }
    }

    #[test]
    fn null_fails_every_operator() {
        for (name, _) in OPERATORS {
            assert!(!met(&format!("{name} null"), Value::Null), "{name}");
            assert!(!met(&format!("{name} null"), json!([null])), "{name}");
        }
        assert!(!met("null", Value::Null) && !met("", Value::Null));
    }

    #[test]
    fn only_the_first_word_can_be_an_operator() {
        assert!(has_operator("<is> True") && has_operator("  s== x") && has_operator("="));
        assert!(!has_operator("True") && !has_operator("a == b") && !has_operator("") && !has_operator("< 5"));
        assert!(met("< 5", json!("< 5")), "what is no operator is a plain text");
    }

    proptest! {
        #[test]
        fn number_operators_agree_with_arithmetic(stat in -1e6..1e6f64, operand in -1e6..1e6f64) {
            let stat_value = json!(stat);
            for (operator, expected) in [
                ("=", stat >= operand), (">=", stat >= operand), ("<=", stat <= operand),
                ("==", stat == operand), ("!=", stat != operand),
            ] {
                prop_assert_eq!(met(&format!("{operator} {operand}"), stat_value.clone()), expected, "{}", operator);
            }
        }

        #[test]
        fn a_part_is_found_as_the_standard_library_finds_it(part in "[aäé]{0,3}", text in "[aäé]{0,6}") {
            prop_assert_eq!(is_part(&part, &text), text.contains(&part));
        }

        #[test]
        fn reading_a_spec_never_fails(spec in ".{0,40}", stat in ".{0,20}") {
            met(&spec, Value::String(stat));
        }

        #[test]
        fn a_list_is_met_when_an_element_is(spec in "(<is> |<in> |= |s> |)[a-c0-3]{1,2}", list in prop::collection::vec("[a-c0-3]{1,2}", 0..4)) {
            let any = list.iter().any(|one| met(&spec, json!(one)));
            prop_assert_eq!(met(&spec, json!(list)), any);
        }
    }
}
