//! The graph of configured targets, as `cquery --output=graph` prints it, and what lies below a target.
//!
//! A target is a node for each configuration that it is built in, so that what a tool needs is not taken for what the same
//! target needs in an image.

use std::collections::HashMap;

/// A graph whose nodes are numbers.
#[derive(Debug, Default)]
pub(super) struct Graph {
    /// The label of each node; several nodes can have the same.
    labels: Vec<String>,
    /// The nodes that each node needs.
    needed: Vec<Vec<usize>>,
}

impl Graph {
    /// Reads a graph that is not factored. Each node is a line, `"LABEL (CONFIGURATION)"`, and the lines of its edges follow it,
    /// `"LABEL (CONFIGURATION)" -> "LABEL (CONFIGURATION)"`. Quotation marks in labels are not escaped.
    pub(super) fn parse(text: &str) -> Self {
        let mut graph = Self::default();
        let mut numbers = HashMap::new();
        let mut last: Option<(&str, usize)> = None;
        for line in text.lines().map(str::trim_start).filter(|line| line.starts_with('"')) {
            let edge = last.and_then(|(node, number)| Some((number, needed(line, node)?)));
            if let Some((number, needed)) = edge {
                let needed = graph.number(&mut numbers, needed);
                graph.needed[number].push(needed);
            } else {
                last = Some((line, graph.number(&mut numbers, line)));
            }
        }
        graph
    }

    fn number<'a>(&mut self, numbers: &mut HashMap<&'a str, usize>, node: &'a str) -> usize {
        *numbers.entry(node).or_insert_with(|| {
            let name = node.trim_matches('"');
            self.labels.push(name.rsplit_once(" (").map_or(name, |(label, _)| label).to_owned());
            self.needed.push(Vec::new());
            self.labels.len() - 1
        })
    }

    /// The label of each node.
    pub(super) fn labels(&self) -> impl Iterator<Item = &str> {
        self.labels.iter().map(String::as_str)
    }

    /// Whether a target is in it.
    pub(super) fn has(&self, target: &str) -> bool {
        self.labels().any(|label| label == target)
    }

    /// The nodes that a target needs, in any of its configurations, and its own; none where the graph does not have it.
    pub(super) fn below(&self, target: &str) -> Vec<usize> {
        let mut is_found = vec![false; self.labels.len()];
        let mut open: Vec<usize> = (0..self.labels.len()).filter(|&node| self.labels[node] == target).collect();
        let mut found = Vec::new();
        while let Some(node) = open.pop() {
            if !is_found[node] {
                is_found[node] = true;
                found.push(node);
                open.extend(&self.needed[node]);
            }
        }
        found
    }
}

/// What an edge's line says that `node` needs.
fn needed<'a>(line: &'a str, node: &str) -> Option<&'a str> {
    line.strip_prefix(node)?.strip_prefix(" -> ")
}

#[cfg(test)]
mod tests {
    use super::*;

    const GRAPH: &str = r#"digraph mygraph {
  node [shape=box];
  "@@//build/api:image (770de52)"
  "@@//build/api:image (770de52)" -> "@@//svc/api:api (770de52)"
  "@@//build/api:image (770de52)" -> "@@//tools/image:image (2ecda4f)"
  "@@//svc/api:api (770de52)"
  "@@//svc/api:api (770de52)" -> "@@//svc/api:it's a "b" (c) -> d.txt (null)"
  "@@//svc/api:it's a "b" (c) -> d.txt (null)"
  "@@//build/worker:image (770de52)"
  "@@//build/worker:image (770de52)" -> "@@//tools/image:image (770de52)"
  "@@//build/worker:image (770de52)" -> "@@//build/worker:image (2ecda4f)"
  "@@//build/worker:image (2ecda4f)"
  "@@//build/worker:image (2ecda4f)" -> "@@//build/worker:image (770de52)"
  "@@//tools/image:image (770de52)"
  "@@//tools/image:image (2ecda4f)"
  "@@//tools/image:image (2ecda4f)" -> "@@//tools/image:exec.rs (null)"
  "@@//tools/image:exec.rs (null)"
}
"#;

    fn below(target: &str) -> Vec<String> {
        let graph = Graph::parse(GRAPH);
        let mut labels: Vec<_> = graph.below(target).into_iter().map(|node| graph.labels[node].clone()).collect();
        labels.sort_unstable();
        labels
    }

    #[test]
    fn what_is_below_a_target_is_in_its_configuration() {
        let api = [
            "@@//build/api:image",
            "@@//svc/api:api",
            "@@//svc/api:it's a \"b\" (c) -> d.txt",
            "@@//tools/image:exec.rs",
            "@@//tools/image:image",
        ];
        assert_eq!(below("@@//build/api:image"), api);
        // The tool in another configuration needs nothing; a circle ends.
        let worker = ["@@//build/worker:image", "@@//build/worker:image", "@@//tools/image:image"];
        assert_eq!(below("@@//build/worker:image"), worker);
    }

    #[test]
    fn nothing_is_below_what_is_not_there() {
        assert_eq!(below("@@//build/vault:image"), Vec::<String>::new());
        assert_eq!(Graph::parse("").below("@@//build/api:image"), Vec::<usize>::new());
    }
}
