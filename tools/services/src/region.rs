//! The marked lines of a file that people write: what stands between them is generated, the rest is theirs.
//!
//! A region begins with a line `# make bazel: begin NAME` and ends with the next `# make bazel: end`.

use crate::Error;

/// How a region begins, before its name.
const BEGIN: &str = "# make bazel: begin ";

/// How a region ends.
const END: &str = "# make bazel: end";

/// The text with these lines in the region, indented as its first line is.
///
/// # Errors
/// When the text does not have the region exactly once, with an end.
pub fn replace(path: &str, text: &str, name: &'static str, content: &[String]) -> Result<String, Error> {
    let lines: Vec<&str> = text.lines().collect();
    let is_begin = |line: &&str| line.trim().strip_prefix(BEGIN) == Some(name);
    let begins: Vec<usize> = (0..lines.len()).filter(|&index| is_begin(&lines[index])).collect();
    let wrong = |problem| Error::Region { path: path.to_owned(), problem };
    let begin = match begins[..] {
        [] => return Err(wrong(format!("no line `{BEGIN}{name}`"))),
        [begin] => begin,
        [..] => return Err(wrong(format!("the line `{BEGIN}{name}` twice"))),
    };
    let behind = lines[begin + 1..].iter();
    // Another region that begins first means that this one's end is gone.
    let length = behind
        .take_while(|line| !line.trim().starts_with(BEGIN))
        .position(|line| line.trim() == END)
        .ok_or_else(|| wrong(format!("no line `{END}` behind `{BEGIN}{name}`")))?;
    let indent = &lines[begin][..lines[begin].len() - lines[begin].trim_start().len()];
    let mut replaced = String::new();
    let mut push = |indent: &str, line: &str| {
        replaced.push_str(if line.is_empty() { "" } else { indent });
        replaced.push_str(line);
        replaced.push('\n');
    };
    for line in &lines[..=begin] {
        push("", line);
    }
    for line in content {
        push(indent, line);
    }
    for line in &lines[begin + 1 + length..] {
        push("", line);
    }
    Ok(replaced)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn replaced(text: &str) -> Result<String, Error> {
        replace("file", text, "members", &["\"a\",".to_owned(), String::new(), "\"b\",".to_owned()])
    }

    #[test]
    fn what_is_between_the_lines_is_replaced_with_their_indent() {
        let text = "x = [\n    \"mine\",\n    # make bazel: begin members\n    \"old\",\n    # make bazel: end\n]\n";
        let expected = "x = [\n    \"mine\",\n    # make bazel: begin members\n    \"a\",\n\n    \"b\",\n    # make bazel: end\n]\n";
        assert_eq!(replaced(text).unwrap(), expected);
        assert_eq!(replaced(expected).unwrap(), expected);
    }

    #[test]
    fn marks_that_do_not_fit_are_refused() {
        let begin = "# make bazel: begin members\n";
        let end = "# make bazel: end\n";
        for (text, complaint) in [
            (String::new(), "`file` has no line `# make bazel: begin members`"),
            (format!("{begin}{end}{begin}{end}"), "`file` has the line `# make bazel: begin members` twice"),
            (begin.to_owned(), "`file` has no line `# make bazel: end` behind `# make bazel: begin members`"),
            (
                format!("{begin}# make bazel: begin others\n{end}"),
                "`file` has no line `# make bazel: end` behind `# make bazel: begin members`",
            ),
        ] {
            assert_eq!(replaced(&text).unwrap_err().to_string(), complaint);
        }
    }
}
