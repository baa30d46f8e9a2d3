//! What was probably meant by a name that does not exist.

/// How alike two names have to be, from 0 to 1.
const SIMILAR: f64 = 0.7;

/// The known name that looks most like `name`, where one looks like it at all.
#[must_use]
pub fn nearest<'a>(name: &str, known: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    let rated = known.into_iter().map(|known| (strsim::jaro_winkler(known, name), known));
    let similar = rated.filter(|(similarity, _)| *similarity >= SIMILAR);
    similar.max_by(|left, right| left.0.total_cmp(&right.0)).map(|(_, known)| known)
}

/// Names as they stand in a sentence: in backticks, with commas between them; `none` where there is none.
#[must_use]
pub fn listed<'a>(names: impl IntoIterator<Item = &'a str>) -> String {
    let names: Vec<String> = names.into_iter().map(|name| format!("`{name}`")).collect();
    if names.is_empty() { "none".to_owned() } else { names.join(", ") }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_name_that_looks_like_it_is_suggested() {
        let known = ["api", "control-plane", "worker"];
        assert_eq!(nearest("wroker", known), Some("worker"));
        assert_eq!(nearest("ap", known), Some("api"));
        assert_eq!(nearest("zzz", known), None);
        assert_eq!(nearest("api", []), None);
    }

    #[test]
    fn names_are_listed_in_backticks() {
        assert_eq!(listed(["api", "vault"]), "`api`, `vault`");
        assert_eq!(listed([]), "none");
    }
}
