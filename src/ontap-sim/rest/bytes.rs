//! Numbers of bytes as requests write them: `20MB`, `1GB`.

pub const UNITS: [(&str, u32); 6] = [("KB", 10), ("MB", 20), ("GB", 30), ("TB", 40), ("PB", 50), ("B", 0)];

/// Reads `20MB`, `1024` or `-1`; fractions are allowed before a unit (`1.5GB`). For comparing, not for storing.
pub fn bytes_of(text: &str) -> Option<f64> {
    let upper = text.trim().to_ascii_uppercase();
    let (number, shift) =
        UNITS.iter().find_map(|(unit, shift)| Some((upper.strip_suffix(unit)?, *shift))).unwrap_or((upper.as_str(), 0));
    let number: f64 = number.trim().parse().ok().filter(|number: &f64| number.is_finite())?;
    Some(number * 2f64.powi(shift as i32))
}

pub fn whole_bytes(text: &str) -> Option<u64> {
    if let Ok(bytes) = text.trim().parse() {
        return Some(bytes);
    }
    bytes_of(text).filter(|bytes| (0.0..1e18).contains(bytes)).map(|bytes| bytes as u64)
}
