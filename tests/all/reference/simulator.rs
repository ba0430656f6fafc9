//! The page of what the simulated array knows of each noun.

use manilad_ontap_sim::coverage;

use super::{code, is_kept, page, table};

#[test]
fn the_page_of_the_simulator_is_what_its_nouns_have_of_what_is_documented() {
    let all = coverage();
    let sum = |of: fn(&manilad_ontap_sim::Coverage) -> usize| all.iter().map(of).sum::<usize>().to_string();
    let total = [sum(|one| one.documented), sum(|one| one.modelled), sum(|one| one.settable)];
    let row = |path: String, counts: [String; 3]| [vec![path], counts.to_vec()].concat();
    let rows = all
        .iter()
        .map(|one| row(code(one.path), [one.documented, one.modelled, one.settable].map(|count| count.to_string())));
    let nouns = table(
        &["Collection", "Documented fields", "Modelled", "Can be set"],
        rows.chain([row("all".to_owned(), total)]),
    );
    let about = "How much of the fields that the vendor documents the simulated array has, by noun. Every documented field can be asked \
                 for in `fields=` and queried by, from the release on that brought it; one that has no value is left out, and is \
                 `null` to a query. What can be set and is not modelled is kept and shown again, and has no effect. What can't be set \
                 is refused, 262196.";
    is_kept("docs/reference/simulator.md", &page("Fields of the simulated array", about, &nouns));
}
