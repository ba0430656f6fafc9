//! `manilad policy`: the rules in force as a list, their mistakes, and why a rule allows or denies somebody.
//!
//! All of it is read from the configuration, as the daemon does at its start; no daemon is asked.

use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::path::{Path, PathBuf};

use anyhow::{Context as _, bail, ensure};
use clap::{Args, Subcommand};
use manilad_conf::Settings;
use manilad_http::identity::of_keystone;
use manilad_openstack::Token;
use manilad_policy::{Credentials, Engine, Origin, Rule, Scope, Target, Verdict, defaults};

use crate::boot::policy;
use crate::output::tell;

#[derive(Debug, Clone, Subcommand)]
pub enum Command {
    /// List every rule: its check, its default where a policy file overrides it, its scope.
    List {
        /// Only the rules that a policy file overrides or adds.
        #[arg(long)]
        overridden: bool,
    },
    /// Say what is wrong with the policy files, and fail if anything is.
    Check,
    /// Tell whether a rule allows somebody something, and what each check saw.
    Explain(Question),
}

/// Who asks for what. Of a token that is not given as a file, everything that is not said is not set.
#[derive(Debug, Clone, Args)]
pub struct Question {
    /// Name of the rule, such as share:create.
    rule: String,
    /// What Keystone answered about a token (the body of GET /v3/auth/tokens), as a JSON file.
    #[arg(long, value_name = "FILE", conflicts_with_all = ["role", "user", "project", "domain", "system"])]
    token: Option<PathBuf>,
    /// A role of the token; may be given more than once.
    #[arg(long, value_name = "NAME")]
    role: Vec<String>,
    /// The token's user.
    #[arg(long, value_name = "ID", default_value = "somebody")]
    user: String,
    /// The project that the token is scoped to.
    #[arg(long, value_name = "ID")]
    project: Option<String>,
    /// The domain that the token is scoped to.
    #[arg(long, value_name = "ID", conflicts_with = "project")]
    domain: Option<String>,
    /// The token is scoped to the system.
    #[arg(long, conflicts_with_all = ["project", "domain"])]
    system: bool,
    /// The project whose thing it is; the token's own if not given.
    #[arg(long, value_name = "ID")]
    target_project: Option<String>,
    /// The user whose thing it is; the token's own if not given.
    #[arg(long, value_name = "ID")]
    target_user: Option<String>,
}

/// The policy file where none is named; it may be absent.
const DEFAULT_FILE: &str = "policy.yaml";

/// Does what is asked for.
///
/// # Errors
/// A policy that can't be understood; for `check`, one with rules or references that nothing knows.
pub fn run(command: &Command, settings: &Settings) -> anyhow::Result<()> {
    let file = &settings.oslo_policy.policy_file;
    let is_missing = settings.find(file).is_none() && *file != Path::new(DEFAULT_FILE);
    ensure!(!is_missing, "policy_file {} does not exist beside the configuration", file.display());
    let engine = policy::engine(settings)?;
    let page = match command {
        Command::List { overridden } => list(&engine, *overridden, settings.oslo_policy.enforce_new_defaults),
        Command::Check => {
            engine.warnings().iter().for_each(|warning| tell(&warning.to_string()));
            ensure!(engine.warnings().is_empty(), "the policy has {} mistakes", engine.warnings().len());
            let own = engine.rules().filter(|rule| *rule.origin != Origin::BuiltIn).count();
            format!("the policy is sound: {} rules, {own} of them from policy files", engine.rules().count())
        }
        Command::Explain(question) => explain(&engine, question)?,
    };
    tell(page.trim_end());
    Ok(())
}

/// Adds a line to a page.
fn line(page: &mut String, text: &str) {
    let _a_string_takes_all = writeln!(page, "{}", text.trim_end());
}

fn list(engine: &Engine, overridden: bool, enforces_new_defaults: bool) -> String {
    let mut page = String::new();
    for rule in engine.rules() {
        let default = defaults::named(rule.name);
        let is_built_in = *rule.origin == Origin::BuiltIn;
        if overridden && is_built_in {
            continue;
        }
        line(&mut page, rule.name);
        line(&mut page, &format!("    check    {}", rule.check));
        match (is_built_in, default) {
            (true, _) => {}
            (false, Some(default)) => {
                line(&mut page, &format!("    default  {}", default.check));
                line(&mut page, &format!("    from     {}", rule.origin));
            }
            (false, None) => line(&mut page, &format!("    from     {}, beside the defaults", rule.origin)),
        }
        if let Some(earlier) = default.and_then(|default| earlier(default, is_built_in, enforces_new_defaults)) {
            line(&mut page, &format!("    earlier  {earlier}"));
        }
        line(&mut page, &format!("    scope    {}", scopes(rule.scopes)));
    }
    page
}

/// The deprecated check of a rule, and whether it has a say.
fn earlier(default: &Rule, is_built_in: bool, enforces_new_defaults: bool) -> Option<String> {
    let check = Some(default.deprecated?).filter(|check| !check.is_empty()).unwrap_or("@");
    let say = match (is_built_in, enforces_new_defaults) {
        (false, _) => "deprecated; has no say beside an override",
        (true, true) => "deprecated; has no say, as enforce_new_defaults is on",
        (true, false) => "deprecated; allows too, as enforce_new_defaults is off",
    };
    Some(format!("{check} ({say})"))
}

fn scopes(scopes: &[Scope]) -> String {
    let names: Vec<String> = scopes.iter().map(ToString::to_string).collect();
    if names.is_empty() { "any".to_owned() } else { names.join(" or ") }
}

/// The rules of the same family, or all families where there is none of that name.
fn near(engine: &Engine, rule: &str) -> String {
    let family = |rule: &str| rule.split(':').next().unwrap_or_default().to_owned();
    let own: Vec<&str> = engine.rules().map(|rule| rule.name).filter(|name| family(name) == family(rule)).collect();
    if !own.is_empty() {
        return format!("; of {} there are {}", family(rule), own.join(", "));
    }
    let families: BTreeSet<String> = engine.rules().map(|rule| family(rule.name)).collect();
    format!("; there are rules of {}", families.into_iter().collect::<Vec<_>>().join(", "))
}

fn explain(engine: &Engine, question: &Question) -> anyhow::Result<String> {
    let mut who = match &question.token {
        Some(file) => {
            let read = || anyhow::Ok(of_keystone(&Token::read(&std::fs::read(file)?)?));
            let expected = "expected what Keystone answers to GET /v3/auth/tokens, as JSON";
            read().with_context(|| format!("{}: {expected}", file.display()))?
        }
        None => Credentials {
            user_id: Some(question.user.clone()),
            project_id: question.project.clone(),
            domain_id: question.domain.clone(),
            system_scope: question.system.then(|| "all".to_owned()),
            roles: question.role.clone(),
            is_admin_project: true,
            ..Credentials::default()
        },
    };
    engine.recognise(&mut who);
    let fields = who.as_target().map(|(field, own)| {
        let of_target = if field == "project_id" { &question.target_project } else { &question.target_user };
        (field, of_target.as_deref().unwrap_or(own))
    });
    let target = Target::new(&fields);
    if !engine.rules().any(|rule| rule.name == question.rule) {
        bail!("there is no rule {:?}{}", question.rule, near(engine, &question.rule));
    }
    let explanation = engine.explain(&question.rule, &target, &who);
    let mut page = String::new();
    line(
        &mut page,
        &match explanation.verdict {
            Verdict::Allowed => format!("{} is allowed", question.rule),
            Verdict::Denied(denial) => format!("{} is denied: {denial}", question.rule),
        },
    );
    let said = |value: &Option<String>| value.clone().unwrap_or_else(|| "none".to_owned());
    let roles = if who.roles.is_empty() { "none".to_owned() } else { who.roles.join(", ") };
    line(
        &mut page,
        &format!(
            "token   user {}, project {}, {}-scoped, roles {roles}",
            said(&who.user_id),
            said(&who.project_id),
            who.scope()
        ),
    );
    line(&mut page, &format!("target  {}", fields.map(|(field, value)| format!("{field} {value}")).join(", ")));
    line(&mut page, "");
    let mut within = None;
    for step in &explanation.steps {
        let holds = if step.holds { "yes" } else { "no " };
        let rule = if within == Some(step.rule) { String::new() } else { format!("   in {}", step.rule) };
        let observed = step.observed.as_ref().map_or(String::new(), |observed| format!("   ({observed})"));
        line(&mut page, &format!("{holds} {}{}{observed}{rule}", "  ".repeat(step.depth), step.check));
        within = Some(step.rule);
    }
    Ok(page)
}
