//! The page of statuses: what may be done in which, by the rules of which requests, and what follows.

use manilad_decisions::share::{InBin, ShareAction, StatusRule, Statuses};
use manilad_domain::fault::Kind;
use manilad_domain::share_network::NetworkAction;
use manilad_domain::share_server::ServerAction;
use manilad_domain::snapshot::SnapshotAction;
use manilad_domain::status::{ActionDoc, NetworkStatus, ServerStatus, SnapshotStatus, Status};
use manilad_http::answer;

use super::{code, is_kept, page, routes, span, table};

fn codes<'a>(names: impl IntoIterator<Item = &'a str>) -> String {
    names.into_iter().map(code).collect::<Vec<_>>().join(", ")
}

/// The statuses of a rule for shares, as words.
fn statuses(rule: &StatusRule) -> String {
    match rule.statuses {
        Statuses::Only(these) => codes(these.iter().map(|status| status.name())),
        Statuses::AllBut(these) => format!("any but {}", codes(these.iter().map(|status| status.name()))),
        Statuses::SettledExcept([]) => "any but those of a change under way".to_owned(),
        Statuses::SettledExcept(these) => {
            format!("any but those of a change under way and {}", codes(these.iter().map(|status| status.name())))
        }
    }
}

/// What a request is answered where a rule for shares refuses it: the same in all statuses.
fn refused_with(action: ShareAction, rule: &StatusRule) -> String {
    let refusals = Status::ALL.iter().filter_map(|status| action.check(*status, rule.span.to).err());
    let mut answers: Vec<u16> = refusals.map(|fault| answer::table(fault.kind).0).collect();
    answers.dedup();
    assert_eq!(answers.len(), 1, "{action:?}");
    answers[0].to_string()
}

/// What a request is answered while the share is in the recycle bin.
fn in_bin(action: ShareAction) -> String {
    let status = |kind| answer::table(kind).0.to_string();
    match action.in_bin() {
        InBin::Done => "done".to_owned(),
        InBin::Forbidden => status(Kind::Forbidden),
        InBin::Conflict => status(Kind::Conflict),
    }
}

fn row(doc: ActionDoc, middle: &[String]) -> Vec<String> {
    let (what, policies) = (doc.what.to_owned(), codes(doc.policies.iter().copied()));
    [&[what, policies], middle, &[doc.follows.to_owned()]].concat()
}

fn share_rows() -> Vec<Vec<String>> {
    let rows = |action: &ShareAction| match action.rules() {
        [] => vec![row(action.doc(), &["all".to_owned(), "any".to_owned(), String::new(), in_bin(*action)])],
        rules => {
            let middle =
                |rule: &StatusRule| [span(rule.span), statuses(rule), refused_with(*action, rule), in_bin(*action)];
            rules.iter().map(|rule| row(action.doc(), &middle(rule))).collect()
        }
    };
    ShareAction::ALL.iter().flat_map(rows).collect()
}

#[test]
fn the_page_of_statuses_is_the_tables() {
    let under_way = Status::ALL.iter().filter(|status| status.is_transitional()).map(|status| status.name());
    let mut body = format!("\n## Shares\n\nStatuses of a change under way: {}.\n", codes(under_way));
    let heads = ["To", "Rule", "Microversions", "Statuses", "Otherwise", "In the recycle bin", "What follows"];
    body.push_str(&table(&heads, share_rows()));

    let heads = ["To", "Rule", "Statuses", "What follows"];
    let allowed = |statuses: &[ServerStatus]| codes(statuses.iter().map(|status| status.name()));
    let rows = ServerAction::ALL.iter().map(|action| row(action.doc(), &[allowed(action.statuses())]));
    body.push_str("\n## Share servers\n\nOtherwise a delete is answered 403, and the others 400. What has no rule happens by itself.\n");
    body.push_str(&table(&heads, rows));

    let allowed = |statuses: &[SnapshotStatus]| codes(statuses.iter().map(|status| status.name()));
    let rows = SnapshotAction::ALL.iter().map(|action| row(action.doc(), &[allowed(&action.statuses())]));
    body.push_str("\n## Snapshots\n\nOtherwise a delete is answered 400, and the others 403. In which status of its share a snapshot is taken stands among what is done to shares.\n");
    body.push_str(&table(&heads, rows));

    let allowed = |statuses: &[NetworkStatus]| codes(statuses.iter().map(|status| status.name()));
    let row_of = |action: &NetworkAction| {
        let of_shares = ShareAction::ALL.iter().filter(|of_share| of_share.network_action() == Some(*action));
        let policies = of_shares.flat_map(|of_share| of_share.doc().policies).chain(action.doc().policies).copied();
        let (doc, policies) = (action.doc(), codes(policies));
        vec![doc.what.to_owned(), policies, allowed(action.statuses()), doc.follows.to_owned()]
    };
    let rows = NetworkAction::ALL.iter().map(row_of);
    body.push_str("\n## Share networks\n\nOtherwise the answer is 400.\n");
    body.push_str(&table(&heads, rows));

    let about = "In which status what can be asked for, and what follows. Who may ask is said by the \
                 [rule](policies.md) of the request. What is not listed is done in any status. How long work is tried: \
                 [operations](operations.md).";
    is_kept("docs/reference/statuses.md", &page("Statuses", about, &body));
}

#[test]
fn each_rule_that_the_page_names_guards_a_route_that_changes_something() {
    let shares = ShareAction::ALL.iter().map(|action| action.doc());
    let servers = ServerAction::ALL.iter().map(|action| action.doc());
    let snapshots = SnapshotAction::ALL.iter().map(|action| action.doc());
    let networks = NetworkAction::ALL.iter().map(|action| action.doc());
    for rule in shares.chain(servers).chain(snapshots).chain(networks).flat_map(|doc| doc.policies) {
        let is_guarded = routes().iter().any(|route| route.policy == *rule && route.method.name() != "GET");
        assert!(is_guarded, "{rule} guards no route");
    }
}
