//! What changed between two commits, file by file: in the end, and commit by commit of main.
//!
//! Owns how history is walked. Main is what `git log --first-parent` shows: each commit on it is one change to main,
//! whatever was merged by it, and its diff to its first parent is what it changed there. So a merge (of two parents or of
//! eight) counts for exactly what it brought, what a merge dropped counts for nothing, and nothing is counted twice. All
//! commits of a large history are never read: the walk ends at the older commit.

use super::{GitError, ObjectId, Repository};

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
    /// Its first paragraph on one line, `%s` of git.
    pub subject: String,
    /// The rest, `%b`, without white space around it.
    pub body: String,
}

/// The arguments that the two diffs share: every file by itself with whole object names, renames as what they are to a
/// build, one file less and one more.
const DIFF: [&str; 8] =
    ["-r", "-z", "--raw", "--no-abbrev", "--no-renames", "--no-ext-diff", "--ignore-submodules=none", "-O/dev/null"];

impl Repository {
    /// What differs between two commits, whatever lies between them.
    ///
    /// # Errors
    /// When git fails.
    pub fn difference(&self, old: &ObjectId, new: &ObjectId) -> Result<Vec<FileChange>, GitError> {
        let mut arguments = vec!["diff-tree"];
        arguments.extend(DIFF);
        arguments.extend([old.as_str(), new.as_str()]);
        let output = self.git.read(&arguments)?;
        let mut fields = output.split(|&byte| byte == 0).filter(|field| !field.is_empty());
        let mut files = Vec::new();
        while let Some(field) = fields.next() {
            files.push(file_change(field, fields.next()).ok_or_else(|| GitError::unexpected(&arguments))?);
        }
        Ok(files)
    }

    /// Whether the work tree has the files of a commit's folder as they are there.
    ///
    /// # Errors
    /// When git fails.
    pub fn has_files_of(&self, commit: &ObjectId, folder: &str) -> Result<bool, GitError> {
        let arguments = ["diff", "--quiet", "--no-ext-diff", "--no-textconv", commit.as_str(), "--", folder];
        self.git.ask(&arguments).map(|same| same.is_some())
    }

    /// The commits of main that are in `new` and not in `old`, the newest first.
    ///
    /// # Errors
    /// When git fails.
    pub fn changes_since(&self, old: &ObjectId, new: &ObjectId) -> Result<Vec<CommitChange>, GitError> {
        let range = format!("{old}..{new}");
        let listed = self.git.read(&["rev-list", "--first-parent", "--parents", "--end-of-options", &range])?;
        let listed = String::from_utf8_lossy(&listed);
        // Each with its first parent alone: a merge of many is to main one change, like any other commit.
        let pairs = listed.lines().map(|line| line.splitn(3, ' ').take(2).collect::<Vec<_>>().join(" ") + "\n");
        let mut arguments = vec!["diff-tree", "--stdin", "--root", "--always"];
        arguments.extend(DIFF);
        let output = self.git.read_with_input(&arguments, pairs.collect::<String>().as_bytes())?;
        let mut fields = output.split(|&byte| byte == 0).filter(|field| !field.is_empty());
        let mut commits: Vec<CommitChange> = Vec::new();
        while let Some(field) = fields.next() {
            let broken = || GitError::unexpected(&arguments);
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

    /// The contents of objects that are texts, in order; all of them are known to be there.
    ///
    /// # Errors
    /// When git fails or one is missing.
    pub fn contents(&self, objects: &[ObjectId]) -> Result<Vec<String>, GitError> {
        let arguments = ["cat-file", "--batch"];
        let output = self.read_of_each(&arguments, objects)?;
        let mut rest = output.as_slice();
        let mut contents = Vec::with_capacity(objects.len());
        for _ in objects {
            let (content, after) = batch_entry(rest).ok_or_else(|| GitError::unexpected(&arguments))?;
            contents.push(String::from_utf8_lossy(content).into_owned());
            rest = after;
        }
        Ok(contents)
    }

    /// What commits say about themselves, as git reads it: in UTF-8, whatever they were written in.
    ///
    /// # Errors
    /// When git fails.
    pub fn messages(&self, commits: &[ObjectId]) -> Result<Vec<Message>, GitError> {
        // No text of git's has a zero byte in it: it ends there. What is before the first of each three is the commit's name.
        let arguments = ["rev-list", "--stdin", "--no-walk=unsorted", "--encoding=UTF-8", "--format=%x00%s%x00%b%x00"];
        let output = self.read_of_each(&arguments, commits)?;
        let fields: Vec<&[u8]> = output.split(|&byte| byte == 0).collect();
        if fields.len() != 3 * commits.len() + 1 {
            return Err(GitError::unexpected(&arguments));
        }
        let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).trim().to_owned();
        let message = |fields: &[&[u8]]| Message { subject: text(fields[1]), body: text(fields[2]) };
        Ok(fields.chunks_exact(3).map(message).collect())
    }

    /// What git says of objects that it reads from stdin; nothing of none.
    fn read_of_each(&self, arguments: &[&str], objects: &[ObjectId]) -> Result<Vec<u8>, GitError> {
        if objects.is_empty() {
            return Ok(Vec::new());
        }
        let input: String = objects.iter().flat_map(|object| [object.as_str(), "\n"]).collect();
        self.git.read_with_input(arguments, input.as_bytes())
    }
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn entries_may_hold_anything() {
        let (content, rest) = batch_entry(b"abc blob 5\na\n\0b\n\nnext").unwrap();
        assert_eq!((content, rest), (&b"a\n\0b\n"[..], &b"next"[..]));
        assert_eq!(batch_entry(b"abc missing\n"), None);
        assert_eq!(batch_entry(b"abc blob 9\nshort\n"), None);
    }
}
