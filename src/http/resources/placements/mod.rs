//! Where a share would go now, and why: for administrators, and our own. Manila has nothing like it, so the route lives
//! below [`OWN`](crate::route::OWN), where Manila will have no path; see docs/decisions/0012.

use manilad_domain::{Fault, Microversion, ShareId};
use manilad_messages::scheduler::{Explain, Explanation, FailedGrowth, JudgedPool};
use serde_json::{Value, json};

use crate::call::Call;
use crate::schema;
use crate::view::Kind;

crate::routes! {
    GET "/manilad/placements/{share_id}" [..] "manilad:explain_placement" => show -> 200 json schema_of_answer;
}

/// The schema of the answer.
fn schema_of_answer(_: Microversion) -> Value {
    let (text, number) = (schema::string(), json!({ "type": "number" }));
    let (maybe_text, maybe_number) = (schema::or_null(text.clone()), schema::or_null(number.clone()));
    let capacity = schema::either([number.clone(), schema::one_of(&["unknown"])]);
    let ruling = object(&[("filter", &text), ("refusal", &maybe_text)]);
    let weight = object(&[("weigher", &text), ("raw", &maybe_number), ("weight", &number)]);
    let pool = object(&[
        ("name", &text),
        ("unusable", &maybe_text),
        ("total_capacity_gb", &capacity),
        ("free_capacity_gb", &capacity),
        ("allocated_capacity_gb", &number),
        ("provisioned_capacity_gb", &number),
        ("filters", &schema::list(ruling)),
        ("weights", &schema::list(weight)),
        ("weight", &maybe_number),
    ]);
    let failed_growth =
        object(&[("at", &Kind::stamp.schema()), ("filter", &maybe_text), ("reason", &text), ("request_id", &text)]);
    let placement = object(&[
        ("share_id", &text),
        ("host", &maybe_text),
        ("candidates", &schema::list(text.clone())),
        ("refused_by", &maybe_text),
        ("summary", &text),
        ("failed_growth", &schema::or_null(failed_growth)),
        ("pools", &schema::list(pool)),
    ]);
    object(&[("placement", &placement)])
}

fn object(members: &[(&str, &Value)]) -> Value {
    let names: Vec<&str> = members.iter().map(|(name, _)| *name).collect();
    schema::closed(&names, members.iter().map(|(name, of)| ((*name).to_owned(), (*of).clone())))
}

async fn show(call: Call) -> Result<Value, Fault> {
    let share: ShareId = call.id("share_id", "share")?;
    let explanation = call.app.scheduler.explain.ask(Explain { share }).await.map_err(|unanswered| {
        Fault::unavailable(format!("The scheduler can't answer now ({unanswered}); try again."))
    })??;
    Ok(json!({ "placement": placement(&explanation) }))
}

fn placement(explanation: &Explanation) -> Value {
    json!({
        "share_id": explanation.share,
        "host": explanation.present,
        "candidates": explanation.candidates,
        "refused_by": explanation.refused_by,
        "summary": explanation.summary,
        "failed_growth": explanation.failed_growth.as_ref().map(failed_growth),
        "pools": explanation.pools.iter().map(pool).collect::<Vec<_>>(),
    })
}

fn failed_growth(failed: &FailedGrowth) -> Value {
    json!({
        "at": failed.at.text(),
        "filter": failed.filter,
        "reason": failed.reason,
        "request_id": failed.request_id,
    })
}

fn pool(judged: &JudgedPool) -> Value {
    let unknown = |capacity: Option<f64>| capacity.map_or(json!("unknown"), |gib| json!(gib));
    let filters = judged.filters.iter().map(|ruling| json!({ "filter": ruling.filter, "refusal": ruling.refusal }));
    let weights = judged
        .weights
        .iter()
        .map(|given| json!({ "weigher": given.weigher, "raw": given.raw, "weight": given.weight }));
    json!({
        "name": judged.pool,
        "unusable": judged.unusable,
        "total_capacity_gb": unknown(judged.total_capacity_gb),
        "free_capacity_gb": unknown(judged.free_capacity_gb),
        "allocated_capacity_gb": judged.allocated_capacity_gb,
        "provisioned_capacity_gb": judged.provisioned_capacity_gb,
        "filters": filters.collect::<Vec<_>>(),
        "weights": weights.collect::<Vec<_>>(),
        "weight": judged.weight,
    })
}
