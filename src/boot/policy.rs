//! The policy engine as the settings have it: the defaults, and what the operator put over them.

use manilad_conf::Settings;
use manilad_policy::{Engine, Options, Overrides, defaults};

/// Reads the policy files and makes the engine.
///
/// # Errors
/// A file or a rule that can't be understood, by name.
pub fn engine(settings: &Settings) -> anyhow::Result<Engine> {
    let policy = &settings.oslo_policy;
    let mut overrides = Overrides::none();
    if let Some(file) = settings.find(&policy.policy_file) {
        overrides.read_file(&file)?;
    }
    for directory in policy.policy_dirs.iter().filter_map(|directory| settings.find(directory)) {
        overrides.read_dir(&directory)?;
    }
    let options = Options {
        enforce_new_defaults: policy.enforce_new_defaults,
        enforce_scope: policy.enforce_scope,
        default_rule: policy.policy_default_rule.clone(),
    };
    let engine = Engine::new(defaults::rules(), &overrides, &options)?;
    for warning in engine.warnings() {
        tracing::warn!(%warning, "a warning about the policy");
    }
    Ok(engine)
}
