//! Rules of routes that only this daemon has. They begin with `manilad:`, which no rule of Manila does.
//!
//! Columns: rule, check, deprecated check, scopes of the token.

use super::{ADMIN, NEW, PROJECT, rule};
use crate::rule::Rule;

pub(super) const RULES: &[Rule] = &[rule("manilad:explain_placement", ADMIN, NEW, PROJECT)];
