//! The page of calls to ONTAP with what follows from their errors, and the page of user messages.

use manilad_domain::message::{Action, Detail};
use manilad_domain::outcome::Remedy;
use manilad_netapp::TROUBLES;
use manilad_ontap::{ENDPOINTS, Need, VERDICTS};

use super::{cell, code, is_kept, page, table};

#[test]
fn the_page_of_messages_is_the_codes() {
    let row = |id: &str, text: &str| vec![id.to_owned(), cell(text)];
    let actions = table(&["action_id", "Text"], Action::ALL.iter().map(|action| row(action.id(), action.text())));
    let details = table(&["detail_id", "Text"], Detail::ALL.iter().map(|detail| row(detail.id(), detail.text())));
    let about = "What a project is told when something fails after it was accepted: `GET /messages`. A message says what was \
                 being done (`action_id`) and why it failed (`detail_id`).";
    let body = format!("\n## What was being done\n{actions}\n## Why it failed\n{details}");
    is_kept("docs/reference/messages.md", &page("User messages", about, &body));
}

#[test]
fn the_page_of_ontap_is_the_endpoints_and_the_errors() {
    let endpoints = ENDPOINTS.iter().map(|row| {
        let need = match row.need {
            Need::Always => "the back end can't work".to_owned(),
            Need::Else(lost) => lost.to_owned(),
        };
        vec![row.method.name().to_owned(), code(&format!("/api{}", row.path)), cell(row.purpose), need]
    });
    let troubles = TROUBLES.iter().map(|(class, remedy, detail)| {
        let remedy = match remedy {
            Remedy::Wait(_) | Remedy::UnderWay { .. } => "looked at again on this back end",
            Remedy::Again => "tried again on this back end",
            Remedy::Elsewhere | Remedy::AddressTaken(_) => "the next candidate, at once",
            Remedy::Never | Remedy::Absent => "given up",
        };
        vec![class.to_string(), remedy.to_owned(), format!("{} {}", detail.id(), cell(detail.text()))]
    });
    let about = "What the daemon asks of an array: the privileges that its account needs, and what becomes of a call that fails.";
    let calls = table(&["Method", "Path", "For", "Without it"], endpoints);
    let errors = table(&["Class of error", "What follows", "What the tenant is told in the end"], troubles);
    let verdicts = VERDICTS.iter().map(|row| {
        let status = |range: &std::ops::RangeInclusive<u16>| match (*range.start(), *range.end()) {
            (start, end) if start == end => start.to_string(),
            (0, u16::MAX) => "any other".to_owned(),
            (start, u16::MAX) => format!("from {start}"),
            (0, end) => format!("up to {end}"),
            (start, end) => format!("{start} to {end}"),
        };
        let bodies = match row.bodies.len() {
            4 => "any".to_owned(),
            _ => row.bodies.iter().map(ToString::to_string).collect::<Vec<_>>().join("; "),
        };
        vec![row.statuses.iter().map(status).collect::<Vec<_>>().join(", "), bodies, row.says.to_string()]
    });
    let verdicts = table(&["Status", "Body", "Class"], verdicts);
    let body = format!(
        "\n## Calls\n\nA role that allows these paths is enough. ONTAP releases from {} on are driven.\n{calls}\n\
         ## Errors\n\nThe class is the label `outcome` of `manilad_ontap_calls_total`, where a call that worked is `done`.\n{errors}\n\
         ## What an answer says\n\nThe first row that fits an answer decides its class. A POST whose class would be absent is a \
         bad reference: what it is to make can't be missing, so it names something that is. A GET whose class is unknown is made \
         again within its deadline, up to {} times in all, each time after a longer pause; not where the status is 401 or 403, for \
         repeated logins lock accounts.\n{verdicts}",
        manilad_ontap::release::OLDEST,
        manilad_ontap::ATTEMPTS
    );
    is_kept("docs/reference/ontap.md", &page("ONTAP", about, &body));
}
