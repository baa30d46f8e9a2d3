//! The files by which a step tells its runner something: `GITHUB_OUTPUT`, `GITHUB_ENV`, `GITHUB_PATH`.
//!
//! Owns their format: `name=value` lines, and `name<<END` with the lines up to `END` for values of several lines.

use indexmap::IndexMap;

/// A file that a runner would refuse.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub enum FileCommandError {
    /// A line says nothing.
    #[error("the line `{line}` is neither `name=value` nor `name<<END`")]
    Line {
        /// The line.
        line: String,
    },
    /// A value goes on to the end of the file.
    #[error("the value of `{name}` has no line `{end}` at its end")]
    Open {
        /// The name.
        name: String,
        /// What it lacks.
        end: String,
    },
}

/// Names with their values, the last value of each.
///
/// # Errors
/// When the text is not of this format.
pub fn values(text: &str) -> Result<IndexMap<String, String>, FileCommandError> {
    let mut values = IndexMap::new();
    let mut lines = text.lines();
    while let Some(line) = lines.next() {
        if line.is_empty() {
            continue;
        }
        // Whichever stands first says what the line is.
        let (name, value) = match (line.find('='), line.find("<<")) {
            (Some(equals), end) if end.is_none_or(|end| equals < end) => {
                (&line[..equals], line[equals + 1..].to_owned())
            }
            (_, Some(end)) => (&line[..end], lines_until(&mut lines, &line[..end], &line[end + 2..])?),
            _ => return Err(FileCommandError::Line { line: line.to_owned() }),
        };
        if name.is_empty() {
            return Err(FileCommandError::Line { line: line.to_owned() });
        }
        values.insert(name.to_owned(), value);
    }
    Ok(values)
}

fn lines_until<'a>(
    lines: &mut impl Iterator<Item = &'a str>,
    name: &str,
    end: &str,
) -> Result<String, FileCommandError> {
    let mut value = Vec::new();
    for line in lines {
        if line == end {
            return Ok(value.join("\n"));
        }
        value.push(line);
    }
    Err(FileCommandError::Open { name: name.to_owned(), end: end.to_owned() })
}

/// Folders that later steps look for programs in, the last one first.
#[must_use]
pub fn folders(text: &str) -> Vec<String> {
    text.lines().filter(|line| !line.is_empty()).rev().map(str::to_owned).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_of_one_line_and_of_several() {
        let text = "a=1\n\nb<<END\nx=1\n\ny<<z\nEND\na=2=<<3\nc=\n";
        let found = values(text).unwrap();
        let pairs: Vec<_> = found.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
        assert_eq!(pairs, [("a", "2=<<3"), ("b", "x=1\n\ny<<z"), ("c", "")]);
    }

    #[test]
    fn what_a_runner_would_refuse_is_refused() {
        assert_eq!(values("a").unwrap_err().to_string(), "the line `a` is neither `name=value` nor `name<<END`");
        assert_eq!(values("=a").unwrap_err(), FileCommandError::Line { line: "=a".to_owned() });
        assert_eq!(values("a<<X\nb\n").unwrap_err().to_string(), "the value of `a` has no line `X` at its end");
    }

    #[test]
    fn the_last_folder_is_looked_in_first() {
        assert_eq!(folders("/a\n\n/b\n"), ["/b", "/a"]);
    }
}
