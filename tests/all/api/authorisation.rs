//! Every built route × everybody who may knock. What each must come to follows from the facts about the route.

use std::collections::BTreeMap;

use manilad_http::route::{Method, Route, UNGUARDED};

use super::cloud::{Cloud, FOREIGN};
use super::things::{Things, clear, newest};
use super::wire::Client;

const FACTS: &str = include_str!("../../facts/routes.tsv");

/// The least role that a route asks for: column `who` of the facts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Least {
    /// Whoever is recognised.
    Anybody,
    /// Whoever is the user that made it, in the project that they made it in.
    Owner,
    Reader,
    Member,
    Admin,
}

fn facts() -> BTreeMap<(&'static str, String, &'static str), Least> {
    let nameless = |path: &str| {
        path.split('/').map(|part| if part.starts_with('{') { "{}" } else { part }).collect::<Vec<_>>().join("/")
    };
    let rows = FACTS.lines().map(|line| line.split('\t').collect::<Vec<_>>()).filter(|columns| columns.len() >= 10);
    rows.filter_map(|columns| {
        let least = match columns[9] {
            "any authenticated" => Least::Anybody,
            "project-reader" | "project-reader (or service)" => Least::Reader,
            "owner user, admin, service" => Least::Owner,
            "project-member" | "project-member (or service)" => Least::Member,
            "admin" => Least::Admin,
            _ => return None,
        };
        Some(((columns[1], nameless(columns[2]), columns[3]), least))
    })
    .collect()
}

fn least(facts: &BTreeMap<(&'static str, String, &'static str), Least>, route: &Route) -> Least {
    if route.is_own() {
        return Least::Admin;
    }
    let nameless: Vec<_> = route.path.split('/').map(|part| if part.starts_with('{') { "{}" } else { part }).collect();
    let key = (route.method.name(), nameless.join("/"), route.action.unwrap_or_default());
    *facts.get(&key).unwrap_or_else(|| panic!("the facts do not know {key:?}"))
}

/// The least role as the default rule of the route has it.
fn by_rule(route: &Route) -> Least {
    if route.policy == UNGUARDED {
        return Least::Anybody;
    }
    let check = manilad_policy::defaults::named(route.policy).unwrap().check;
    match check {
        _ if check.contains("project-reader") => Least::Reader,
        _ if check.contains("project-member") => Least::Member,
        _ if check.contains("owner-user") => Least::Owner,
        _ => Least::Admin,
    }
}

/// What a member of another project comes to where the role suffices.
fn abroad(route: &Route) -> u16 {
    match route.path {
        "/share-access-rules" => 400,                        // the share that it names is unknown
        "/snapshots" if route.method == Method::POST => 404, // likewise
        "/resource-locks" if route.body.is_some() => 403,
        "/share-transfers" if route.body.is_some() => 400, // the share that it names is unknown
        path if path.ends_with("/accept") => route.status, // it is for them
        path if path.contains("/export_locations") => 403,
        path if path.starts_with("/security-services/{") => 403,
        path if path.ends_with("/defaults") => route.status, // the same for all
        path if path.contains("quota-sets/") => 403,
        path if path.starts_with("/types/") => route.status, // types belong to nobody
        path if path.starts_with("/qos-types/") => route.status, // likewise
        path if path.contains('{') => 404,
        _ => route.status,
    }
}

#[test]
fn every_route_asks_for_the_role_that_the_facts_name() {
    let facts = facts();
    for route in manilad_http::catalogue() {
        let least = least(&facts, route);
        assert_eq!(by_rule(route), least, "{} {} {:?}", route.method.name(), route.path, route.action);
    }
}

#[test]
fn everybody_comes_to_what_the_facts_imply_at_every_route() {
    let cloud = Cloud::furnished("[DEFAULT]\ndefault_share_type = usual\n[quota]\nshares = -1");
    let things = Things::make(&cloud, 4);
    let facts = facts();
    let nobody = Client::nobody(&cloud.address);
    for route in manilad_http::catalogue() {
        let version = newest(route);
        let least = match route.path {
            // Nobody belongs to a class of their own, so only administrators see any.
            path if path.contains("quota-class-sets") => Least::Admin,
            _ => least(&facts, route),
        };
        let name = format!("{} {} {}", route.method.name(), route.path, route.action.unwrap_or_default());
        let request = things.request(route);
        let expect = |who: &str, client: Client, status: u16| {
            let answer = request.send(&client.at(&version));
            assert_eq!(answer.status, status, "{name} by {who}: {}", answer.text);
        };
        expect("nobody", nobody.clone(), 401);
        expect("a bearer of garbage", nobody.with_token("garbage"), 401);
        // Everybody here is one user.
        let outsiders = if least <= Least::Owner { route.status } else { 403 };
        expect("a stranger to the project's roles", cloud.caller("stranger"), outsiders);
        // Where a system's token and the reader's role are enough, there is still nothing that is theirs.
        let takes_systems = manilad_policy::defaults::named(route.policy)
            .is_none_or(|rule| rule.scopes.is_empty() || rule.scopes.contains(&manilad_policy::Scope::System));
        let systems = if takes_systems && least <= Least::Reader { abroad(route) } else { 403 };
        expect("a system's reader", cloud.caller("system-reader"), systems);
        let elsewhere = format!("/{FOREIGN}{}", request.path);
        let answer = cloud.admin().at(&version).ask(request.method, &elsewhere, request.body.as_ref());
        assert_eq!(answer.status, 400, "{name} with another project in the URL: {}", answer.text);

        let roles = [("reader", Least::Reader), ("member", Least::Member), ("admin", Least::Admin)];
        for (who, _) in roles.iter().filter(|(_, role)| *role < least) {
            expect(who, cloud.caller(who), 403);
        }
        let foreign = if least == Least::Admin { 403 } else { abroad(route) };
        expect("a member of another project", cloud.caller("foreign-member"), foreign);
        for (who, _) in roles.iter().filter(|(_, role)| *role >= least) {
            let request = things.request(route);
            let answer = request.send(&cloud.caller(who).at(&version));
            assert_eq!(answer.status, Things::status(route), "{name} by {who}: {request:?}: {}", answer.text);
        }
    }
    drop(things);
    clear(&cloud);
    cloud.close(0);
}
