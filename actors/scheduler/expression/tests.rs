use proptest::prelude::*;

use super::*;

fn parsed(text: &str) -> Result<Expression<String>, Flaw> {
    Expression::parse(text, &mut |name| match name {
        "a.size" | "a.name" | "a.on" | "a.none" => Ok(name.to_owned()),
        _ => Err(Flaw::UnknownName(name.to_owned())),
    })
}

fn with<T>(text: &str, look: impl FnOnce(Result<Operand<'_>, Flaw>) -> T) -> T {
    let expression = parsed(text).unwrap_or_else(|flaw| panic!("{text}: {flaw}"));
    look(expression.evaluate(&|name| match name.as_str() {
        "a.size" => Ok(Operand::Number(10.0)),
        "a.name" => Ok(Operand::Text("ssd")),
        "a.on" => Ok(Operand::Bool(true)),
        _ => Err(Flaw::NoValue(name.clone())),
    }))
}

#[test]
fn numbers_come_out_as_precedence_says() {
    for (text, expected) in [
        ("1 + 2 * 3", 7.0),
        ("(1 + 2) * 3", 9.0),
        ("2 * 3 ^ 2", 18.0),
        ("2 ^ 3 ^ 2", 512.0),
        ("-2 ^ 2", -4.0),
        ("2 ^ -1", 0.5),
        ("- -3", 3.0),
        ("10 - 4 - 3", 3.0),
        ("100 / 10 / 5", 2.0),
        ("3*-2", -6.0),
        ("1.5+.5", f64::NAN),
        ("abs(-3) + max(1, 7, 2) - min(4, 2)", 8.0),
        ("abs(1 > 2)", 0.0),
        ("1 < 2 ? 5 : 6", 5.0),
        ("1 > 2 ? 5 : 1 > 3 ? 6 : 7", 7.0),
        ("100 - a.size", 90.0),
        ("(a.size > 5) * 50", 50.0),
        ("0 or 7", 7.0),
        ("3 and 0", 0.0),
        ("5 and 6 or 7", 6.0),
    ] {
        if expected.is_nan() {
            assert!(parsed(text).is_err(), "{text}: a number begins with a digit");
        } else {
            with(text, |found| assert_eq!(found, Ok(Operand::Number(expected)), "{text}"));
        }
    }
}

#[test]
fn truths_come_out_as_precedence_says() {
    for (text, expected) in [
        ("1 < 2", true),
        ("1 < 2 < 3", true),
        ("1 < 3 < 2", false),
        ("1 <> 2", true),
        ("1 != 1", false),
        ("2 >= 2 and 2 <= 2", true),
        ("1 == 1 && 1 == 2 || 3 == 3", true),
        ("1 == 1 AND 1 == 2 OR 1 == 3", false),
        ("not 1 < 1", true), // (not 1) < 1
        ("not (1 > 2)", true),
        ("!0 == 1", true),
        ("a.name == 'ssd'", true),
        ("a.name == \"hdd\"", false),
        ("a.name < 'tape'", true),
        ("a.name == 5", false),
        ("a.name != 5", true),
        ("a.on", true),
        ("a.on == 1", true),
        ("'' ? 1 < 2 : 1 > 2", false),
        ("1 > 2 ? 1 == 1 : 2 == 2 and 1 == 2", false), // the choice is the left side of and
    ] {
        with(text, |found| assert_eq!(found, Ok(Operand::Bool(expected)), "{text}"));
    }
}

#[test]
fn what_has_no_value_is_a_flaw() {
    for (text, flaw) in [
        ("1 / 0", Flaw::DivisionByZero),
        ("1 / (a.size - 10)", Flaw::DivisionByZero),
        ("a.name + 1", Flaw::NotANumber),
        ("-a.name", Flaw::NotANumber),
        ("a.name < 5", Flaw::NoOrder),
        ("0 - 8 ^ 999 ^ 9", Flaw::NotFinite),
        ("(0 - 8) ^ 0.5", Flaw::NotFinite),
        ("a.none", Flaw::NoValue("a.none".to_owned())),
        ("1 == 1 or a.none", Flaw::NoValue("a.none".to_owned())),
        ("max('a', 1)", Flaw::NotANumber),
    ] {
        with(text, |found| assert_eq!(found, Err(flaw.clone()), "{text}"));
    }
    with("1 < 2 ? 3 : 1 / 0", |found| assert_eq!(found, Ok(Operand::Number(3.0)), "the other choice is not taken"));
}

#[test]
fn what_is_not_the_language_is_refused_where_it_departs() {
    for (text, at) in [
        ("", 0),
        ("1 +", 3),
        ("(1", 2),
        ("1)", 1),
        ("1 2", 2),
        ("a.size2", 6),
        ("1 ? 2", 5),
        ("1 = 2", 2),
        ("max(1)", 5),
        ("abs(1, 2)", 8),
        ("sin(1)", 0),
        ("max()", 4),
        ("'open", 0),
        ("1, 2", 1),
        ("ä", 0),
        ("1 and", 5),
    ] {
        match parsed(text) {
            Err(Flaw::Syntax { at: found, .. }) => assert_eq!(found, at, "{text}"),
            other => panic!("{text}: {other:?}"),
        }
    }
    assert_eq!(parsed("b.size"), Err(Flaw::UnknownName("b.size".to_owned())));
}

#[test]
fn length_and_depth_are_bounded() {
    assert_eq!(parsed(&"1".repeat(MAX_LENGTH + 1)), Err(Flaw::TooLong));
    for (open, close) in [("(", ")"), ("-", ""), ("!", ""), ("2^", ""), ("1?1:", ""), ("abs(", ")")] {
        let nested = |depth| format!("{}1{}", open.repeat(depth), close.repeat(depth));
        assert!(parsed(&nested(MAX_DEPTH)).is_ok(), "{open}");
        assert_eq!(parsed(&nested(MAX_DEPTH + 1)), Err(Flaw::TooDeep), "{open}");
    }
    let long = vec!["1"; MAX_LENGTH / 2].join("+");
    with(&long, |found| assert_eq!(found, Ok(Operand::Number((MAX_LENGTH / 2) as f64))));
}

/// Fully bracketed arithmetic, with the value that it must have.
fn arithmetic() -> impl Strategy<Value = (String, f64)> {
    let leaf = (0u32..1000).prop_map(|number| (number.to_string(), f64::from(number)));
    leaf.prop_recursive(4, 32, 2, |inner| {
        (inner.clone(), inner, 0..5).prop_map(|((a, x), (b, y), operation)| match operation {
            0 => (format!("({a} + {b})"), x + y),
            1 => (format!("({a}-{b})"), x - y),
            2 => (format!("({a} * {b})"), x * y),
            3 => (format!("max({a}, {b})"), x.max(y)),
            _ => (format!("({a} < {b} ? {a} : {b})"), x.min(y)),
        })
    })
}

proptest! {
    #[test]
    fn arithmetic_agrees_with_arithmetic((text, expected) in arithmetic()) {
        prop_assume!(text.len() <= MAX_LENGTH);
        with(&text, |found| assert_eq!(found, Ok(Operand::Number(expected)), "{text}"));
    }

    #[test]
    fn any_text_is_read_or_refused_but_never_a_panic(text in "[-a-z0-9 ._+*/^<>=!&|?:,()'\"]{0,60}") {
        let read = Expression::parse(&text, &mut |name| Ok::<_, Flaw>(name.to_owned()));
        if let Ok(expression) = read {
            let _ = expression.evaluate(&|_| Ok(Operand::Number(1.0)));
        }
    }
}
