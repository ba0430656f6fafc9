//! kill −9 at each step of create, allow, deny, extend, shrink, manage, unmanage and delete, and of what is done with snapshots; restart;
//! everything arrives where it was going.
//!
//! The steps are not written down here: a clean run of each job is watched at the array, and the daemon is then killed
//! at each of the calls that the run made, once before the array acted and once after it acted but before its reply.
//! Between two calls there is no other state to die in: what is accepted is on disk before it is answered.

use serde_json::{Value, json};

use crate::support::{Api, BackEnd, Stage, block, each, mount, until};

/// A job, from a share that is available (but for `create`).
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Job {
    Create,
    Allow,
    Deny,
    Extend,
    Shrink,
    Delete,
    TakeSnapshot,
    DeleteSnapshot,
    /// Of one that was made on the array by hand.
    ManageSnapshot,
    Revert,
    /// Of one that was made, and let go of.
    Manage,
    Unmanage,
}

impl Job {
    /// GiB of the share afterwards.
    fn size(self) -> u64 {
        match self {
            Job::Extend => 3,
            Job::Shrink => 1,
            _ => 2,
        }
    }

    /// What the snapshots of the share are called on the array afterwards, if the job is about one.
    fn snapshots(self, subject: &Subject, api: &Api) -> Option<Vec<String>> {
        match self {
            Job::TakeSnapshot | Job::Revert => {
                let id = subject.snapshot.as_ref().unwrap();
                let snapshot = api.get(&format!("/snapshots/{id}"))["snapshot"].clone();
                Some(vec![snapshot["provider_location"].as_str().unwrap().to_owned()])
            }
            Job::ManageSnapshot => Some(vec![BY_HAND.to_owned()]),
            Job::DeleteSnapshot => Some(Vec::new()),
            _ => None,
        }
    }
}

/// What a snapshot is called that was made on the array by hand.
const BY_HAND: &str = "daily";

/// What kind of share it is about.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Kind {
    /// Over NFS.
    Plain,
    /// Over SMB, with a QoS policy of its own.
    LimitedOverSmb,
    /// Over NFS, of a type that names a QoS type: the policy of that stays.
    OfQosType,
}

impl Kind {
    fn stage(self) -> Stage {
        match self {
            Kind::Plain | Kind::OfQosType => Stage::open(),
            Kind::LimitedOverSmb => {
                let alpha = BackEnd { name: "alpha", zone: "nova", array: 0 };
                Stage::with(&["--cifs-server", "SVM1"], "", &[alpha])
            }
        }
    }

    fn make_type(self, api: &Api) -> String {
        match self {
            Kind::Plain => {
                let abilities = json!({ "snapshot_support": "True", "revert_to_snapshot_support": "True" });
                api.make_type("plain", abilities)
            }
            Kind::LimitedOverSmb => {
                api.make_type("limited", json!({ "qos": "<is> True", "netapp:maxiopspergib": "100" }))
            }
            Kind::OfQosType => {
                let gold = json!({ "name": "gold", "specs": { "policy_type": "fixed", "max_throughput_iops": "500" } });
                api.at("2.94").post("/qos-types", json!({ "qos_type": gold }));
                api.make_type("typed", json!({ "default_qos_type": "gold" }))
            }
        }
    }

    fn protocol(self) -> &'static str {
        match self {
            Kind::Plain | Kind::OfQosType => "NFS",
            Kind::LimitedOverSmb => "CIFS",
        }
    }

    fn make_share(self, api: &Api, share_type: &str) -> String {
        api.make_share_of(share_type, self.protocol(), 2)
    }

    fn allow(self, api: &Api, share: &str) -> String {
        match self {
            Kind::Plain | Kind::OfQosType => api.allow(share, "10.1.2.3", "ro"),
            Kind::LimitedOverSmb => api.allow_kind(share, "user", "DOMAIN\\alice", "ro"),
        }
    }

    fn allow_writer(self, api: &Api, share: &str) -> String {
        assert_eq!(self, Kind::Plain, "clients here speak NFS");
        api.allow(share, WRITER, "rw")
    }

    /// The end of a play: the share is as wanted on the array, and nothing is there besides.
    fn close(self, stage: Stage, job: Job, subject: &Subject) {
        if matches!(job, Job::Manage | Job::Unmanage) {
            return close_managed(stage, job, subject);
        }
        let shares = usize::from(job != Job::Delete);
        if let Some(share) = subject.share.as_ref().filter(|_| shares > 0) {
            assert_eq!(stage.api().get(&format!("/shares/{share}"))["share"]["size"], job.size());
            assert_eq!(stage.sim.volumes()[0]["size"], job.size() << 30);
            let expected = job.snapshots(subject, &stage.api()).unwrap_or_default();
            assert_eq!(snapshots_on_array(&stage), expected, "{job:?}");
            if job == Job::Revert {
                assert_eq!(held(&stage.api(), share), BEFORE);
            }
            if self == Kind::OfQosType {
                let (policies, volume) = (stage.sim.state().qos_policies, &stage.sim.volumes()[0]);
                assert_eq!((policies.len(), volume["qos"].is_string()), (1, true), "{policies:?} {volume}");
            }
            if self == Kind::LimitedOverSmb {
                let policy = stage.sim.record("storage/qos/policies", "name", &stage.sim.state().qos_policies[0]);
                assert_eq!(policy["fixed"]["max_throughput_iops"], 100 * job.size());
            }
        }
        if self == Kind::LimitedOverSmb && shares > 0 {
            let (api, share, state) = (stage.api(), subject.share.as_ref().unwrap(), stage.sim.state());
            assert_eq!((state.volumes.len(), state.smb_shares.len(), state.qos_policies.len()), (1, 1, 1), "{state:?}");
            let expected = if job == Job::Allow { vec!["DOMAIN\\alice read".to_owned()] } else { Vec::new() };
            assert_eq!(stage.sim.acl(&state.smb_shares[0]), expected);
            api.delete(&format!("/shares/{share}"));
            api.until_gone(share);
            return stage.close(0);
        }
        stage.close(shares);
    }
}

/// The end of a play about a volume that is no share for a while: it carries the mark of the share that it is, and else none.
fn close_managed(stage: Stage, job: Job, subject: &Subject) {
    let volumes = stage.sim.volumes();
    assert_eq!(volumes.len(), 1, "{volumes:?}");
    let is_marked = volumes[0]["tags"].to_string().contains("instance_id:");
    assert_eq!((is_marked, volumes[0]["size"].as_u64()), (job == Job::Manage, Some(2 << 30)), "{volumes:?}");
    let share = subject.share.as_ref().filter(|_| job == Job::Manage);
    if let Some(share) = share {
        assert_eq!(stage.api().get(&format!("/shares/{share}"))["share"]["size"], 2);
        stage.api().delete(&format!("/shares/{share}"));
        stage.api().until_gone(share);
    }
    stage.sim.remove_unmanaged();
    stage.close(0);
}

/// How the daemon dies at a call: the array has done nothing yet, or everything.
const MOMENTS: [&str; 2] = ["stall", "reply_stalled"];

/// What a job works on.
struct Subject {
    kind: Kind,
    share_type: String,
    share: Option<String>,
    rule: Option<String>,
    snapshot: Option<String>,
    /// What is asked for when it is managed.
    managed: Option<Value>,
}

fn prepare(stage: &Stage, kind: Kind, job: Job) -> Subject {
    let api = &stage.api();
    let share_type = kind.make_type(api);
    if job == Job::Create {
        return Subject { kind, share_type, share: None, rule: None, snapshot: None, managed: None };
    }
    let share = kind.make_share(api, &share_type);
    api.until_status(&share, "available");
    let rule = (job == Job::Deny).then(|| {
        let rule = kind.allow(api, &share);
        api.until_rule(&rule, "active");
        rule
    });
    let snapshot = matches!(job, Job::DeleteSnapshot | Job::Revert).then(|| {
        if job == Job::Revert {
            let rule = kind.allow_writer(api, &share);
            api.until_rule(&rule, "active");
            hold(api, &share, BEFORE);
        }
        let snapshot = take(api, &share);
        until_snapshot(api, &snapshot, Some("available"));
        snapshot
    });
    match job {
        Job::Revert => hold(api, &share, AFTER),
        Job::Manage => {
            let (path, pool) = (api.exports(&share).remove(0), pool(api, &share));
            unmanage(api, &share);
            api.until_gone(&share);
            let wish = json!({ "service_host": pool, "protocol": kind.protocol(), "export_path": path,
                               "share_type": share_type });
            return Subject { kind, share_type, share: None, rule: None, snapshot: None, managed: Some(wish) };
        }
        Job::ManageSnapshot => {
            let volume = stage.sim.volumes()[0]["uuid"].as_str().unwrap().to_owned();
            let target = format!("/api/storage/volumes/{volume}/snapshots");
            stage.sim.by_hand("POST", &target, json!({ "name": BY_HAND }));
        }
        _ => {}
    }
    Subject { kind, share_type, share: Some(share), rule, snapshot, managed: None }
}

/// Where a share is.
fn pool(api: &Api, share: &str) -> String {
    api.get(&format!("/shares/{share}"))["share"]["host"].as_str().unwrap().to_owned()
}

fn unmanage(api: &Api, share: &str) {
    api.post(&format!("/shares/{share}/action"), json!({ "unmanage": null }));
}

/// Asks for a snapshot; answers its id.
fn take(api: &Api, share: &str) -> String {
    let asked = api.post("/snapshots", json!({ "snapshot": { "share_id": share } }));
    asked["snapshot"]["id"].as_str().unwrap().to_owned()
}

/// Waits until a snapshot has a status, or is gone.
fn until_snapshot(api: &Api, snapshot: &str, wanted: Option<&str>) {
    until(&format!("snapshot {snapshot} is {wanted:?}"), || {
        let (status, body) = api.ask("GET", &format!("/snapshots/{snapshot}"), None);
        let found = (status == 200).then(|| body["snapshot"]["status"].as_str().unwrap());
        (found == wanted).then_some(())
    });
}

/// The names of all snapshots on the array.
fn snapshots_on_array(stage: &Stage) -> Vec<String> {
    let found = stage.sim.by_hand("GET", "/api/storage/volumes/*/snapshots?fields=name", Value::Null);
    found["records"].as_array().unwrap().iter().map(|one| one["name"].as_str().unwrap().to_owned()).collect()
}

/// Where the clients are that write.
const WRITER: &str = "127.0.0.1";
/// What a share held before its snapshot was taken, and afterwards: words of one length.
const BEFORE: &str = "before";
const AFTER: &str = "after!";

/// Has a client write words into the share.
fn hold(api: &Api, share: &str, words: &str) {
    let export = api.exports(share).remove(0);
    block(async {
        let (mut client, root) = mount(&export, WRITER).await.unwrap();
        let file = client.create(&root, "words").await.unwrap();
        client.write(&file, 0, words.as_bytes()).await.unwrap();
    });
}

/// The words that a client reads in the share.
fn held(api: &Api, share: &str) -> String {
    let export = api.exports(share).remove(0);
    block(async {
        let (mut client, root) = mount(&export, WRITER).await.unwrap();
        let file = client.lookup(&root, "words").await.unwrap();
        String::from_utf8(client.read(&file, 0, 100).await.unwrap()).unwrap()
    })
}

fn begin(api: &Api, job: Job, subject: &mut Subject) {
    match job {
        Job::Create => subject.share = Some(subject.kind.make_share(api, &subject.share_type)),
        Job::Allow => subject.rule = Some(subject.kind.allow(api, subject.share.as_ref().unwrap())),
        Job::Deny => api.deny(subject.share.as_ref().unwrap(), subject.rule.as_ref().unwrap()),
        Job::Extend => resize(api, subject, json!({ "extend": { "new_size": job.size() } })),
        Job::Shrink => resize(api, subject, json!({ "shrink": { "new_size": job.size() } })),
        Job::Delete => api.delete(&format!("/shares/{}", subject.share.as_ref().unwrap())),
        Job::TakeSnapshot => subject.snapshot = Some(take(api, subject.share.as_ref().unwrap())),
        Job::DeleteSnapshot => api.delete(&format!("/snapshots/{}", subject.snapshot.as_ref().unwrap())),
        Job::ManageSnapshot => {
            let wish = json!({ "share_id": subject.share, "provider_location": BY_HAND });
            let asked = api.post("/snapshots/manage", json!({ "snapshot": wish }));
            subject.snapshot = Some(asked["snapshot"]["id"].as_str().unwrap().to_owned());
        }
        Job::Revert => {
            let wish = json!({ "revert": { "snapshot_id": subject.snapshot } });
            api.post(&format!("/shares/{}/action", subject.share.as_ref().unwrap()), wish);
        }
        Job::Manage => {
            let asked = api.post("/shares/manage", json!({ "share": subject.managed }));
            subject.share = Some(asked["share"]["id"].as_str().unwrap().to_owned());
        }
        Job::Unmanage => unmanage(api, subject.share.as_ref().unwrap()),
    }
}

fn resize(api: &Api, subject: &Subject, wish: Value) {
    api.post(&format!("/shares/{}/action", subject.share.as_ref().unwrap()), wish);
}

fn until_done(api: &Api, job: Job, subject: &Subject) {
    let share = subject.share.as_ref().unwrap();
    match job {
        Job::Create | Job::Extend | Job::Shrink | Job::Manage => api.until_status(share, "available"),
        Job::Allow => api.until_rule(subject.rule.as_ref().unwrap(), "active"),
        Job::Deny => api.until_rule_gone(subject.rule.as_ref().unwrap()),
        Job::Delete | Job::Unmanage => api.until_gone(share),
        Job::TakeSnapshot | Job::ManageSnapshot => {
            until_snapshot(api, subject.snapshot.as_ref().unwrap(), Some("available"));
        }
        Job::DeleteSnapshot => until_snapshot(api, subject.snapshot.as_ref().unwrap(), None),
        Job::Revert => {
            api.until_status(share, "available");
            until_snapshot(api, subject.snapshot.as_ref().unwrap(), Some("available"));
        }
    }
}

/// Calls that change the array: those of the job itself. Reads are steps too, but dying at one is dying before the
/// next change.
pub fn changes(stage: &Stage) -> Vec<(String, String)> {
    stage.sim.calls().into_iter().filter(|(method, path)| method != "GET" && path.starts_with("/api/")).collect()
}

/// Calls that look for snapshots.
fn looks(stage: &Stage) -> Vec<(String, String)> {
    stage.sim.calls().into_iter().filter(|(method, path)| method == "GET" && path.ends_with("/snapshots")).collect()
}

/// Ids vary between runs: a step is known by its method and the fixed part of its path.
pub fn pattern(path: &str) -> String {
    let is_fixed = |segment: &&str| segment.chars().all(|c| c.is_ascii_lowercase() || c == '-');
    path.split('/').map(|segment| if is_fixed(&segment) { segment } else { "*" }).collect::<Vec<_>>().join("/")
}

/// The steps of a job, seen in a clean run.
fn steps(kind: Kind, job: Job) -> Vec<(String, String)> {
    let stage = kind.stage();
    let api = stage.api();
    let mut subject = prepare(&stage, kind, job);
    stage.sim.forget_calls();
    begin(&api, job, &mut subject);
    until_done(&api, job, &subject);
    // To manage a snapshot is to look for it.
    let steps = if job == Job::ManageSnapshot { looks(&stage) } else { changes(&stage) };
    assert!(!steps.is_empty(), "{job:?} changed nothing on the array");
    kind.close(stage, job, &subject);
    steps
}

fn survives_a_kill_at_every_step(kind: Kind, jobs: &[Job]) {
    let mut cases = Vec::new();
    for job in jobs {
        let steps = steps(kind, *job);
        for (at, (method, path)) in steps.iter().enumerate() {
            let path = pattern(path);
            let earlier = steps[..at].iter().filter(|(m, p)| m == method && pattern(p) == path).count();
            let nth = earlier + 1;
            let strike = |fault| json!({ "method": method, "path": path, "nth": nth, "fault": fault });
            cases.extend(MOMENTS.map(|moment| (*job, strike(moment))));
        }
    }
    each(&cases, |(job, strike)| survives_a_kill(kind, *job, strike));
}

fn survives_a_kill(kind: Kind, job: Job, strike: &Value) {
    let mut stage = kind.stage();
    let mut subject = prepare(&stage, kind, job);
    stage.sim.strike(strike.clone());
    begin(&stage.api(), job, &mut subject);
    stage.sim.until_struck();
    stage.daemon.kill();
    stage.sim.heal();
    stage.restart();
    let api = stage.api();
    until_done(&api, job, &subject);
    if !matches!(job, Job::Delete | Job::Unmanage) {
        let share = subject.share.as_ref().unwrap();
        assert_eq!(api.get(&format!("/shares/{share}"))["share"]["access_rules_status"], "active");
    }
    kind.close(stage, job, &subject);
}

#[test]
fn a_share_that_is_being_made_survives_a_kill_at_every_step() {
    survives_a_kill_at_every_step(Kind::Plain, &[Job::Create]);
}

#[test]
fn a_rule_that_is_being_applied_survives_a_kill_at_every_step() {
    survives_a_kill_at_every_step(Kind::Plain, &[Job::Allow]);
}

#[test]
fn a_rule_that_is_being_denied_survives_a_kill_at_every_step() {
    survives_a_kill_at_every_step(Kind::Plain, &[Job::Deny]);
}

#[test]
fn a_share_that_is_being_extended_or_shrunk_survives_a_kill_at_every_step() {
    survives_a_kill_at_every_step(Kind::Plain, &[Job::Extend, Job::Shrink]);
}

#[test]
fn a_share_that_is_being_deleted_survives_a_kill_at_every_step() {
    survives_a_kill_at_every_step(Kind::Plain, &[Job::Delete]);
}

#[test]
fn a_snapshot_that_is_being_taken_deleted_or_managed_survives_a_kill_at_every_step() {
    survives_a_kill_at_every_step(Kind::Plain, &[Job::TakeSnapshot, Job::DeleteSnapshot, Job::ManageSnapshot]);
}

#[test]
fn a_share_that_is_being_reverted_survives_a_kill_at_every_step_and_holds_what_its_snapshot_does() {
    survives_a_kill_at_every_step(Kind::Plain, &[Job::Revert]);
}

#[test]
fn a_share_that_is_being_managed_or_unmanaged_survives_a_kill_at_every_step() {
    survives_a_kill_at_every_step(Kind::Plain, &[Job::Manage, Job::Unmanage]);
}

#[test]
fn over_smb_and_with_limits_every_job_survives_a_kill_at_every_step() {
    let jobs = [Job::Create, Job::Allow, Job::Deny, Job::Extend, Job::Shrink, Job::Delete, Job::Manage];
    survives_a_kill_at_every_step(Kind::LimitedOverSmb, &jobs);
}

#[test]
fn a_share_that_is_held_to_a_qos_type_survives_a_kill_at_every_step() {
    survives_a_kill_at_every_step(Kind::OfQosType, &[Job::Create, Job::Manage, Job::Delete]);
}

#[test]
fn a_share_that_was_accepted_but_not_placed_survives_a_kill() {
    let mut stage = Stage::open();
    let api = stage.api();
    let kind = api.make_type("plain", json!({}));
    stage.daemon.kill();
    // No back end can report while the array does not answer: nothing is placed.
    stage.sim.strike(json!({ "path": "/api/*", "count": null, "fault": "drop" }));
    stage.restart();
    let share = stage.api().make_share(&kind);
    assert_eq!(stage.api().status(&share).as_deref(), Some("creating"));
    stage.daemon.kill();
    stage.sim.heal();
    stage.restart();
    stage.api().until_status(&share, "available");
    stage.close(1);
}
