//! Lists that come in pages ("Using pagination in the REST API").

use reqwest::Url;
use reqwest::header::{HeaderMap, LINK};
use serde::de::DeserializeOwned;

use super::{GitHub, GitHubError};

/// How many entries a page has; GitHub's most.
const PAGE_SIZE: &str = "100";

/// How many pages are read at most: ten times as many as GitHub has of any list. Links may lead in a circle.
const PAGES: usize = 1000;

impl GitHub {
    /// Reads a list to its end, or as far as GitHub shows it: of more than 10,000 entries, it refuses the pages behind.
    pub(super) async fn list<T: DeserializeOwned>(
        &self,
        path: &[&str],
        operation: &str,
    ) -> Result<Vec<T>, GitHubError> {
        let mut url = self.url(path);
        url.query_pairs_mut().append_pair("per_page", PAGE_SIZE);
        let mut entries = Vec::new();
        let mut next = Some(url);
        for page in 0..PAGES {
            let Some(url) = next else { break };
            let answer = match self.get::<Vec<T>>(url, operation).await {
                Err(GitHubError::Invalid { .. }) if page > 0 => break,
                answer => answer?,
            };
            entries.extend(answer.value);
            // The token is for nobody else.
            next = answer.next.filter(|next| self.is_own(next));
        }
        Ok(entries)
    }
}

/// Where the page behind one is: the target of the link whose relations have `next` among them (RFC 8288, section 3).
pub(super) fn next(headers: &HeaderMap, page: &Url) -> Option<Url> {
    let values = headers.get_all(LINK).iter().filter_map(|value| value.to_str().ok());
    values.flat_map(links).find(|link| link.is_next).and_then(|link| page.join(link.target).ok())
}

struct Link<'a> {
    target: &'a str,
    is_next: bool,
}

/// The links of one header: `<TARGET>; NAME=VALUE; NAME="VALUE", ...`. What is none ends the list.
fn links(mut rest: &str) -> Vec<Link<'_>> {
    let mut links = Vec::new();
    while let Some((target, behind)) =
        rest.trim_start_matches([' ', '\t', ',']).strip_prefix('<').and_then(|rest| rest.split_once('>'))
    {
        let mut relation = None;
        rest = behind.trim_start();
        while let Some(behind) = rest.strip_prefix(';') {
            let (name, value, behind) = parameter(behind);
            // Only the first one counts.
            if relation.is_none() && name.eq_ignore_ascii_case("rel") {
                relation = Some(value);
            }
            rest = behind.trim_start();
        }
        let is_next =
            relation.is_some_and(|names| names.split_whitespace().any(|name| name.eq_ignore_ascii_case("next")));
        links.push(Link { target: target.trim(), is_next });
    }
    links
}

/// Name and value of a parameter, and what stands behind it.
fn parameter(text: &str) -> (&str, &str, &str) {
    let (name, rest) = text.split_at(text.find(['=', ';', ',']).unwrap_or(text.len()));
    let Some(value) = rest.strip_prefix('=').map(str::trim_start) else { return (name.trim(), "", rest) };
    if let Some((value, rest)) = value.strip_prefix('"').and_then(|value| value.split_once('"')) {
        return (name.trim(), value, rest);
    }
    let (value, rest) = value.split_at(value.find([';', ',']).unwrap_or(value.len()));
    (name.trim(), value.trim(), rest)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_next_page_is_found_in_any_form() {
        let next_of = |lines: &[&str]| {
            let headers: HeaderMap = lines.iter().map(|line| (LINK, line.parse().unwrap())).collect();
            next(&headers, &Url::parse("https://a.example/repos/o/r").unwrap()).map(|url| url.to_string())
        };
        for lines in [
            &[r#"<https://a.example/?page=1>; rel="prev", <https://a.example/?page=3>; rel="next""#][..],
            &[r#"<https://a.example/?page=3>; rel="next", <https://a.example/?page=9>; rel="last""#],
            &["<https://a.example/?page=3>; rel=next"],
            &["<https://a.example/?page=3>;rel=next,<https://a.example/?page=9>;rel=last"],
            &[
                r#"<https://a.example/?page=9>; rel="last"; title="a, <b>; rel=next", < https://a.example/?page=3 > ; title=x ; REL = "last Next""#,
            ],
            &["<https://a.example/?page=9>; rel=last", "<https://a.example/?page=3>; rel=next"],
            &["</?page=3>; rel=next"],
            &["<https://a.example/?page=9>; rel=last; rel=next, <https://a.example/?page=3>; rel=next"],
        ] {
            assert_eq!(next_of(lines).as_deref(), Some("https://a.example/?page=3"), "{lines:?}");
        }
        let comma = r#"<https://a.example/?after=a,b&per_page=100>; rel="next""#;
        assert_eq!(next_of(&[comma]).as_deref(), Some("https://a.example/?after=a,b&per_page=100"));
        for lines in [
            &[][..],
            &[r#"<https://a.example/?page=1>; rel="prev""#],
            &[r#"<https://a.example/?page=1>; rel="nextish""#],
            &["https://a.example/?page=3; rel=next"],
            &["<https://a.example/?page=3; rel=next"],
            &["<https://a.example/?rel=next>"],
            &["<https://a.example/>; title=\"rel=next"],
        ] {
            assert_eq!(next_of(lines), None, "{lines:?}");
        }
    }
}
