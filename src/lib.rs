//! manilad
