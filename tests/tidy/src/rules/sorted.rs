//! Lists that say of themselves that they are sorted.

use crate::{Finding, Language, SourceFile};

/// What stands above them, behind the sign of a comment.
const SIGN: &str = "keep sorted";

/// The lines after the sign, up to an empty one or one that is indented less, are in the order of their bytes. A header
/// in brackets above a table's lines, comments, and what is indented more belong to the list without being sorted.
pub(super) fn sorted(file: &SourceFile) -> Vec<Finding> {
    let lines: Vec<_> = file.text().lines().collect();
    let signs = lines.iter().enumerate().filter(|(_, line)| is_sign(line));
    signs.filter_map(|(index, line)| unsorted(file, &lines, index + 1, indent(line))).collect()
}

fn unsorted(file: &SourceFile, lines: &[&str], start: usize, depth: usize) -> Option<Finding> {
    let mut previous: Option<&str> = None;
    let list = lines.iter().enumerate().skip(start);
    for (index, line) in list.take_while(|(_, line)| !line.trim().is_empty() && indent(line) >= depth) {
        if let Some(item) = unsorted_item(line) {
            return Some(Finding::at(file, index, format!("{item} stands too late in a list that is kept sorted")));
        }
        if indent(line) > depth || !is_item(line) {
            continue;
        }
        let line = line.trim();
        if let Some(previous) = previous.filter(|previous| key(file, previous) > key(file, line)) {
            return Some(Finding::at(
                file,
                index,
                format!("`{line}` stands behind `{previous}` in a list that is kept sorted"),
            ));
        }
        previous = Some(line);
    }
    None
}

/// The first item that is out of order in a list that begins and ends on this line.
fn unsorted_item(line: &str) -> Option<&str> {
    let (_, list) = line.split_once("= [")?;
    let items: Vec<_> = list.split_once(']')?.0.split(',').map(str::trim).filter(|item| !item.is_empty()).collect();
    items.windows(2).find(|pair| pair[0] > pair[1]).map(|pair| pair[1])
}

/// What a line is sorted by: all of it, of a TOML table the key.
fn key<'a>(file: &SourceFile, line: &'a str) -> &'a str {
    match file.language() {
        Language::Toml => line.split(['.', ' ', '=']).next().unwrap_or(line),
        _ => line,
    }
}

fn is_sign(line: &str) -> bool {
    let line = line.trim();
    ["# ", "// "].iter().any(|comment| line.strip_prefix(comment) == Some(SIGN))
}

fn is_item(line: &str) -> bool {
    let line = line.trim();
    // Of a table, of a list that begins on this line, of a list that ends here.
    let is_frame = line.starts_with('[') || line.ends_with(['{', '[', '(']) || line.starts_with(['}', ']', ')']);
    !is_frame && !line.starts_with('#') && !line.starts_with("//")
}

fn indent(line: &str) -> usize {
    line.len() - line.trim_start().len()
}
