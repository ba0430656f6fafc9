//! From an intent to a task: the record and what the driver needs of it, read together.

use manilad_domain::access::{self, AccessRule};
use manilad_domain::intent::Verb;
use manilad_domain::{Instance, Intent, PoolName, Record, Share, ShareType};
use manilad_messages::driver::{Subject, Task, WantedRule};
use manilad_store::{Error, Range, Store};

/// A task, and for access the rules as they were when it was formed.
#[derive(Debug, Clone)]
pub struct Formed {
    pub task: Task,
    pub rules: Vec<AccessRule>,
}

/// Forms the task of an intent; `None` when there is nothing left to do it to, or it is not for a driver.
pub fn form(store: &Store, intent: &Intent) -> Result<Option<Formed>, Error> {
    let Some(share) = store.get::<Share>(&intent.share.to_string())? else { return Ok(None) };
    let Some(instance) = share.instance(intent.instance) else { return Ok(None) };
    let Some(pool) = instance.pool.clone() else { return Ok(None) };
    let share_type = match share.type_id {
        Some(id) => store.get::<ShareType>(&id.to_string())?,
        None => None,
    };
    let subject = subject(&share, instance, &pool, share_type.as_ref(), &intent.request_id);
    let (task, rules) = match intent.verb {
        Verb::Place => return Ok(None),
        Verb::Create => (Task::Create(subject), Vec::new()),
        Verb::Delete => (Task::Delete(subject), Vec::new()),
        Verb::Access => {
            let rules: Vec<AccessRule> = store.scan(Range::of(access::BY_SHARE, [share.key()]))?.records;
            (Task::Apply(subject, wanted(&rules)), rules)
        }
    };
    Ok(Some(Formed { task, rules }))
}

/// What a driver is told of an instance.
pub fn subject(
    share: &Share,
    instance: &Instance,
    pool: &PoolName,
    share_type: Option<&ShareType>,
    request_id: &str,
) -> Subject {
    Subject {
        share: share.id,
        instance: instance.id,
        project: share.project_id.clone(),
        name: share.name.clone(),
        protocol: share.protocol,
        size: share.size,
        pool: pool.clone(),
        mount_point_name: share.mount_point_name.clone(),
        type_name: share_type.map(|one| one.name.clone()),
        extra_specs: share_type.map(|one| one.extra_specs.clone()).unwrap_or_default(),
        metadata: share.metadata.clone(),
        server: None,
        request_id: request_id.to_owned(),
    }
}

/// The rules that the array is to enforce.
pub fn wanted(rules: &[AccessRule]) -> Vec<WantedRule> {
    let wanted = rules.iter().filter(|rule| rule.state.is_wanted());
    wanted.map(|rule| WantedRule { id: rule.id, kind: rule.kind, to: rule.to.clone(), level: rule.level }).collect()
}
