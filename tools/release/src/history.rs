//! What changed between two commits, file by file: in the end, and commit by commit of main.
//!
//! Owns how history is walked. Main is what `git log --first-parent` shows: each commit on it is one change to main,
//! whatever was merged by it, and its diff to its first parent is what it changed there. So a merge (of two parents or of
//! eight) counts for exactly what it brought, what a merge dropped counts for nothing, and nothing is counted twice. All
//! commits of a large history are never read: the walk ends at the older commit.

use crate::git::{Git, GitError, ObjectId, unexpected};

/// One file that differs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FileChange {
    /// Relative to the repository's root, with `/`.
    pub path: String,
    /// Its former content; nothing where it was not there.
    pub old: Option<ObjectId>,
    /// Its new content; nothing where it is gone.
    pub new: Option<ObjectId>,
}

/// What one commit changed on main.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CommitChange {
    /// The commit.
    pub commit: ObjectId,
    /// Its files, compared to its first parent.
    pub files: Vec<FileChange>,
}

/// What a commit says about itself.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Message {
    /// Its first paragraph on one line, as it was written.
    pub subject: String,
    /// The rest.
    pub body: String,
}

/// The arguments that the two diffs share: every file by itself with whole object names, renames as what they are to a
/// build, one file less and one more.
const DIFF: [&str; 7] =
    ["-r", "-z", "--raw", "--no-abbrev", "--no-renames", "--no-ext-diff", "--ignore-submodules=none"];

/// What differs between two commits, whatever lies between them.
///
/// # Errors
/// When git fails.
pub fn difference(git: &Git, old: &ObjectId, new: &ObjectId) -> Result<Vec<FileChange>, GitError> {
    let mut arguments = vec!["diff-tree"];
    arguments.extend(DIFF);
    arguments.extend([old.as_str(), new.as_str()]);
    let output = git.read(&arguments)?;
    let mut fields = output.split(|&byte| byte == 0).filter(|field| !field.is_empty());
    let mut files = Vec::new();
    while let Some(field) = fields.next() {
        files.push(file_change(field, fields.next()).ok_or_else(|| unexpected(&arguments, field))?);
    }
    Ok(files)
}

/// The commits of main that are in `new` and not in `old`, the newest first.
///
/// # Errors
/// When git fails.
pub fn commits(git: &Git, old: &ObjectId, new: &ObjectId) -> Result<Vec<CommitChange>, GitError> {
    let range = format!("{old}..{new}");
    let mut arguments = vec!["log", "--first-parent", "-m", "--format=%H", "--no-color", "--no-notes"];
    arguments.extend(DIFF);
    arguments.extend(["--end-of-options", &range]);
    let output = git.read(&arguments)?;
    let mut fields = output.split(|&byte| byte == 0).filter(|field| !field.is_empty());
    let mut commits: Vec<CommitChange> = Vec::new();
    while let Some(field) = fields.next() {
        // A line break parts a commit from its files.
        let field = field.strip_prefix(b"\n").unwrap_or(field);
        let broken = || unexpected(&arguments, field);
        if field.starts_with(b":") {
            let change = file_change(field, fields.next()).ok_or_else(broken)?;
            commits.last_mut().ok_or_else(broken)?.files.push(change);
        } else {
            let commit = std::str::from_utf8(field).ok().and_then(ObjectId::parse).ok_or_else(broken)?;
            commits.push(CommitChange { commit, files: Vec::new() });
        }
    }
    Ok(commits)
}

/// The contents of objects, in order; all of them are known to be there.
///
/// # Errors
/// When git fails or one is missing.
pub fn contents(git: &Git, objects: &[ObjectId]) -> Result<Vec<String>, GitError> {
    if objects.is_empty() {
        return Ok(Vec::new());
    }
    let arguments = ["cat-file", "--batch"];
    let input: String = objects.iter().flat_map(|object| [object.as_str(), "\n"]).collect();
    let output = git.read_with_input(&arguments, input.into_bytes())?;
    let mut rest = output.as_slice();
    let mut contents = Vec::with_capacity(objects.len());
    for _ in objects {
        let (content, after) = batch_entry(rest).ok_or_else(|| unexpected(&arguments, rest))?;
        contents.push(String::from_utf8_lossy(content).into_owned());
        rest = after;
    }
    Ok(contents)
}

/// What commits say about themselves.
///
/// # Errors
/// When git fails.
pub fn messages(git: &Git, commits: &[ObjectId]) -> Result<Vec<Message>, GitError> {
    Ok(contents(git, commits)?.iter().map(|commit| message(commit)).collect())
}

/// `:<old mode> <new mode> <old object> <new object> <letter>`, then the path as a field of its own.
fn file_change(field: &[u8], path: Option<&[u8]>) -> Option<FileChange> {
    let mut words = std::str::from_utf8(field).ok()?.split(' ').skip(2);
    let mut object = || words.next().and_then(ObjectId::parse);
    let (old, new) = (object()?, object()?);
    let present = |object: ObjectId| (!object.is_zero()).then_some(object);
    Some(FileChange { path: String::from_utf8_lossy(path?).into_owned(), old: present(old), new: present(new) })
}

/// `<object> <type> <size>`, a line break, that many bytes, a line break.
fn batch_entry(bytes: &[u8]) -> Option<(&[u8], &[u8])> {
    let end = bytes.iter().position(|&byte| byte == b'\n')?;
    let size: usize = std::str::from_utf8(&bytes[..end]).ok()?.rsplit(' ').next()?.parse().ok()?;
    let content = bytes.get(end + 1..end + 1 + size)?;
    Some((content, bytes.get(end + 2 + size..)?))
}

/// Headers end at the first empty line, the subject at the next.
fn message(commit: &str) -> Message {
    let text = commit.split_once("\n\n").map_or("", |(_, text)| text).trim_start_matches('\n');
    let (subject, body) = text.split_once("\n\n").unwrap_or((text, ""));
    let subject: Vec<&str> = subject.lines().map(str::trim).filter(|line| !line.is_empty()).collect();
    Message { subject: subject.join(" "), body: body.trim().to_owned() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_subject_is_the_first_paragraph() {
        let header = "tree 0\nauthor x\n";
        for (text, subject, body) in [
            ("One\n", "One", ""),
            ("One\ntwo\n\nBody\n\nmore\n", "One two", "Body\n\nmore"),
            ("\n\nLate\n", "Late", ""),
            ("", "", ""),
        ] {
            let expected = Message { subject: subject.to_owned(), body: body.to_owned() };
            assert_eq!(message(&format!("{header}\n{text}")), expected);
        }
    }

    #[test]
    fn entries_may_hold_anything() {
        let (content, rest) = batch_entry(b"abc blob 5\na\n\0b\n\nnext").unwrap();
        assert_eq!((content, rest), (&b"a\n\0b\n"[..], &b"next"[..]));
        assert_eq!(batch_entry(b"abc missing\n"), None);
        assert_eq!(batch_entry(b"abc blob 9\nshort\n"), None);
    }
}
