//! From an expression and the meaning of its names to a value. Nothing is allocated: this runs once per pool.

use std::cmp::Ordering;

use crate::expression::{Arithmetic, Expression, Flaw, Function, Logic, Operand, Sign};

impl Operand<'_> {
    /// Booleans count as 1 and 0.
    fn number(self) -> Result<f64, Flaw> {
        match self {
            Operand::Bool(yes) => Ok(f64::from(u8::from(yes))),
            Operand::Number(number) => Ok(number),
            Operand::Text(_) => Err(Flaw::NotANumber),
        }
    }

    /// Zero and the empty text count as false.
    fn truth(self) -> bool {
        match self {
            Operand::Bool(yes) => yes,
            Operand::Number(number) => number != 0.0,
            Operand::Text(text) => !text.is_empty(),
        }
    }

    /// How two values stand to each other; `None` for a number and a text.
    fn order(self, other: Self) -> Option<Ordering> {
        match (self, other) {
            (Operand::Text(a), Operand::Text(b)) => Some(a.cmp(b)),
            (a, b) => a.number().ok()?.partial_cmp(&b.number().ok()?),
        }
    }
}

fn real<'a>(number: f64) -> Result<Operand<'a>, Flaw> {
    if number.is_finite() { Ok(Operand::Number(number)) } else { Err(Flaw::NotFinite) }
}

impl<V> Expression<V> {
    /// Evaluates. `mean` gives the present value of a name.
    ///
    /// # Errors
    /// Why there is no value: a name without one, a division by zero, a text among numbers.
    pub fn evaluate<'a>(&'a self, mean: &dyn Fn(&'a V) -> Result<Operand<'a>, Flaw>) -> Result<Operand<'a>, Flaw> {
        let value = |part: &'a Self| part.evaluate(mean);
        let number = |part: &'a Self| part.evaluate(mean)?.number();
        match self {
            Expression::Number(constant) => Ok(Operand::Number(*constant)),
            Expression::Text(text) => Ok(Operand::Text(text)),
            Expression::Name(name) => mean(name),
            Expression::Signed(Sign::Plus, part) => Ok(Operand::Number(number(part)?)),
            Expression::Signed(Sign::Minus, part) => Ok(Operand::Number(-number(part)?)),
            Expression::Not(part) => Ok(Operand::Bool(!value(part)?.truth())),
            Expression::Power(base, exponent) => real(number(base)?.powf(number(exponent)?)),
            Expression::Arithmetic(first, rest) => {
                let mut sum = number(first)?;
                for (operation, part) in rest {
                    let operand = number(part)?;
                    sum = match operation {
                        Arithmetic::Add => sum + operand,
                        Arithmetic::Subtract => sum - operand,
                        Arithmetic::Multiply => sum * operand,
                        Arithmetic::Divide if operand == 0.0 => return Err(Flaw::DivisionByZero),
                        Arithmetic::Divide => sum / operand,
                    };
                }
                real(sum)
            }
            Expression::Comparison(first, rest) => {
                let mut left = value(first)?;
                for (relation, part) in rest {
                    let right = value(part)?;
                    let holds = match left.order(right) {
                        Some(order) => relation.holds(order),
                        None => relation.without_order().ok_or(Flaw::NoOrder)?,
                    };
                    if !holds {
                        return Ok(Operand::Bool(false));
                    }
                    left = right;
                }
                Ok(Operand::Bool(true))
            }
            Expression::Choice(parts) => {
                let [condition, then, otherwise] = &**parts;
                if value(condition)?.truth() { value(then) } else { value(otherwise) }
            }
            Expression::Logic(first, rest) => {
                let mut left = value(first)?;
                for (logic, part) in rest {
                    let right = value(part)?;
                    let decided = left.truth() == (*logic == Logic::Or);
                    left = if decided { left } else { right };
                }
                Ok(left)
            }
            Expression::Call(function, arguments) => {
                let mut numbers = arguments.iter().map(number);
                let first = numbers.next().unwrap_or(Err(Flaw::NotANumber))?;
                let result = numbers.try_fold(first, |so_far, next| {
                    next.map(|next| if *function == Function::Max { so_far.max(next) } else { so_far.min(next) })
                })?;
                Ok(Operand::Number(if *function == Function::Abs { result.abs() } else { result }))
            }
        }
    }
}
