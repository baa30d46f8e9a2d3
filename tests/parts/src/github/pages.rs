//! Lists in pages, as GitHub cuts and links them.

use serde_json::Value;

use super::answer::Answer;
use super::request::Request;

/// How many entries a page has where nobody says, and how many at most.
const DEFAULT_SIZE: usize = 30;
const LARGEST_SIZE: usize = 100;

/// How far into a list GitHub goes; it links to the pages behind that all the same.
const SHOWN: usize = 10_000;

/// The page that a request asks for, of entries that become documents by `document`. `base` is the URL of the list by the repository's number: GitHub links to that one,
/// not to the one that was asked.
pub(super) fn page<T>(request: &Request, base: &str, entries: &[T], document: impl Fn(&T) -> Value) -> Answer {
    let size = request.number("per_page").filter(|size| *size > 0).unwrap_or(DEFAULT_SIZE).min(LARGEST_SIZE);
    let number = request.number("page").filter(|page| *page > 0).unwrap_or(1_usize);
    if number.saturating_mul(size) > SHOWN {
        return Answer::error(422, &format!("Only the first {SHOWN} results are available."));
    }
    let last = entries.len().div_ceil(size).max(1);
    let here = entries.iter().skip((number - 1).saturating_mul(size)).take(size).map(document).collect();
    let answer = Answer::json(200, &Value::Array(here));
    let links = links(base, size, number, last);
    if links.is_empty() { answer } else { answer.with_header("link", links) }
}

fn links(base: &str, size: usize, number: usize, last: usize) -> String {
    let link = |page: usize, relation: &str| format!("<{base}?per_page={size}&page={page}>; rel=\"{relation}\"");
    let mut links = Vec::new();
    if number > 1 {
        links.push(link((number - 1).min(last), "prev"));
    }
    if number < last {
        links.push(link(number + 1, "next"));
        links.push(link(last, "last"));
    }
    if number > 1 {
        links.push(link(1, "first"));
    }
    links.join(", ")
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn ask(query: &str, entries: usize) -> (usize, String) {
        let target = format!("/list{query}");
        let request = Request { method: "GET".to_owned(), target, headers: Vec::new(), body: Vec::new() };
        let answer = page(&request, "http://a/list", &(0..entries).collect::<Vec<_>>(), |number| json!(number));
        let body: Vec<Value> = serde_json::from_slice(&answer.body).unwrap();
        let link = answer.headers.iter().find(|(name, _)| name == "link");
        (body.len(), link.map(|(_, value)| value.clone()).unwrap_or_default())
    }

    #[test]
    fn pages_have_github_s_sizes() {
        for (query, entries, expected) in [
            ("", 31, 30),
            ("?per_page=100", 250, 100),
            ("?per_page=1000", 250, 100),
            ("?per_page=0", 250, 30),
            ("?per_page=100&page=3", 250, 50),
            ("?per_page=100&page=4", 250, 0),
            ("", 0, 0),
        ] {
            assert_eq!(ask(query, entries).0, expected, "{query}");
        }
    }

    #[test]
    fn pages_are_linked() {
        assert_eq!(ask("", 30).1, "");
        assert_eq!(
            ask("?per_page=2", 5).1,
            r#"<http://a/list?per_page=2&page=2>; rel="next", <http://a/list?per_page=2&page=3>; rel="last""#
        );
        assert_eq!(
            ask("?per_page=2&page=3", 5).1,
            r#"<http://a/list?per_page=2&page=2>; rel="prev", <http://a/list?per_page=2&page=1>; rel="first""#
        );
    }
}
