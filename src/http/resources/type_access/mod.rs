//! Who may use a private share type. A public one is open to all, and so has no such list. Source: resources.md §10.

use manilad_decisions::share_type;
use manilad_domain::{Fault, ShareType, ShareTypeId};
use manilad_store::Shared;
use serde_json::Value;

use crate::body::Wish;
use crate::call::Call;
use crate::listing::Listing;
use crate::resources::types::change::id;
use crate::{body, schema, view};

/// A project that may use a type.
pub struct TypeAccessView {
    kind: ShareTypeId,
    project: String,
}

view! {
    /// A project that may use a private type.
    TYPE_ACCESS = "project_access" / "share_type_access" of view: TypeAccessView, seen by viewer {
        "share_type_id" [..] uuid   => view.kind,
        "project_id"    [..] string => view.project,
    }
}

body! {
    /// Lets a project use a private type.
    AddProject in "addProjectAccess" else invalid {
        project [..] required ProjectId,
    }

    /// Takes a private type away from a project.
    RemoveProject in "removeProjectAccess" else invalid {
        project [..] required ProjectId,
    }
}

crate::routes! {
    GET    "/types/{id}/share_type_access"    [..] "share_type:list_project_access" => list -> 200 many TYPE_ACCESS;
    GET    "/types/{id}/os-share-type-access" [..] "share_type:list_project_access" => list -> 200 many TYPE_ACCESS;
    ACTION "/types/{id}" "addProjectAccess"    [..] "share_type:add_project_access"    => add(AddProject)       -> 202;
    ACTION "/types/{id}" "removeProjectAccess" [..] "share_type:remove_project_access" => remove(RemoveProject) -> 202;
}

/// A project's id: 32 hexadecimal digits, with or without dashes.
#[derive(Debug, Clone)]
pub struct ProjectId(pub String);

impl Wish for ProjectId {
    const EXPECTED: &'static str = "a project's id of 32 hexadecimal digits, with or without dashes";

    fn schema() -> Value {
        schema::pattern("^[0-9A-Fa-f]{32}$|^[0-9A-Fa-f]{8}(-[0-9A-Fa-f]{4}){3}-[0-9A-Fa-f]{12}$")
    }

    fn read(value: &Value) -> Option<Self> {
        let text = value.as_str()?;
        let digits = || text.chars().filter(|c| *c != '-');
        let is_id = text.len() <= 36 && digits().count() == 32 && digits().all(|c| c.is_ascii_hexdigit());
        is_id.then(|| ProjectId(text.to_owned()))
    }
}

async fn list(call: Call) -> Result<Listing<TypeAccessView>, Fault> {
    let id = id(&call)?;
    let one: Shared<ShareType> = call.app.get(&id.to_string())?.ok_or_else(|| Fault::no_such("share type", id))?;
    if one.is_public {
        return Err(Fault::missing(format!("Share type {} is public: there is no list of projects.", one.name)));
    }
    Ok(one.projects.iter().cloned().map(|project| TypeAccessView { kind: id, project }).collect::<Vec<_>>().into())
}

async fn add(call: Call, wish: AddProject) -> Result<(), Fault> {
    let (id, now, project) = (id(&call)?, call.now(), wish.project.0);
    let adding =
        call.decide("add project to share type", move |draft| share_type::add_project(draft, id, project, now));
    adding.await.map(drop)
}

async fn remove(call: Call, wish: RemoveProject) -> Result<(), Fault> {
    let (id, now, project) = (id(&call)?, call.now(), wish.project.0);
    let removing = call
        .decide("remove project from share type", move |draft| share_type::remove_project(draft, id, &project, now));
    removing.await.map(drop)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_project_is_named_by_32_hexadecimal_digits() {
        for id in ["e1284adea3ee4d2482af5ed214f3ad90", "e1284ade-a3ee-4d24-82af-5ed214f3ad90"] {
            assert!(ProjectId::read(&json!(id)).is_some(), "{id}");
        }
        for wrong in [json!("zz"), json!(""), json!("g".repeat(32)), json!("a".repeat(33)), json!(1), json!(null)] {
            assert!(ProjectId::read(&wrong).is_none(), "{wrong}");
        }
    }
}
