//! `make lint` finds what it is there for: each linter is given a file that it has to refuse, in a repository of its own.
//! That the repository itself is clean is the lint's own answer, in `tests/run.sh`. The rules of `tidy` have their own tests.

use std::fs;
use std::path::Path;

use tempfile::TempDir;

use parts::files::write;

use crate::command::{Ended, command, ended};
use crate::workspace;

/// Where workflows are.
const WORKFLOWS: [&str; 2] = [".depot/workflows/test.yaml", ".github/workflows/test.yaml"];

/// A workflow that nobody has anything to say about.
const WORKFLOW: &str = "\
name: Test
on: push
permissions: {}
concurrency:
  group: test
  cancel-in-progress: false
jobs:
  test:
    name: Test
    runs-on: depot-ubuntu-24.04-8
    timeout-minutes: 5
    permissions: {}
    steps:
      - name: Say
        run: echo \"$TEXT\"
        env:
          TEXT: ${{ github.ref_name }}
";

#[test]
fn a_workflow_that_runs_what_a_tag_is_called_is_found() {
    let repository = Repository::with_workflows();
    let passed = repository.lint("workflows").succeeded();
    for linter in ["actionlint, 2 files: ok", "zizmor, 2 files: ok"] {
        assert!(passed.stdout.contains(linter), "{}", passed.report());
    }
    for path in WORKFLOWS {
        repository.write(path, &WORKFLOW.replace("\"$TEXT\"", "\"${{ github.ref_name }}\""));
        repository.lint("workflows").exited(1).complains(&["lint: zizmor, 2 files: FAILED"]);
        repository.write(path, WORKFLOW);
    }
}

#[test]
fn a_step_whose_script_is_wrong_is_found() {
    let repository = Repository::with_workflows();
    for path in WORKFLOWS {
        repository.write(path, &WORKFLOW.replace("echo \"$TEXT\"", "echo $TEXT"));
        repository.lint("workflows").exited(1).complains(&["lint: actionlint, 2 files: FAILED"]);
        repository.write(path, WORKFLOW);
    }
}

#[test]
fn an_action_is_audited_too_and_a_file_that_zizmor_does_not_look_at_is_told() {
    let repository = Repository::with_workflows();
    let action = "name: A\ndescription: A.\nruns:\n  using: composite\n  steps:\n    - name: Say\n      shell: bash\n      run: RUN\n";
    repository.write(".depot/actions/a/action.yaml", &action.replace("RUN", "echo a"));
    let passed = repository.lint("workflows").succeeded();
    assert!(passed.stdout.contains("zizmor, 3 files: ok"), "{}", passed.report());
    repository.write(".depot/actions/a/action.yaml", &action.replace("RUN", "echo ${{ github.head_ref }}"));
    repository.lint("workflows").exited(1).complains(&["lint: zizmor, 3 files: FAILED"]);
    repository.write(".depot/actions/a/action.yaml", "notes: none of an action\n");
    repository.lint("workflows").exited(1).complains(&["lint: zizmor, 3 files: FAILED"]);
}

#[test]
fn that_a_folder_has_no_workflow_is_a_failure() {
    for (path, other) in [(WORKFLOWS[0], ".github"), (WORKFLOWS[1], ".depot")] {
        let repository = Repository::new();
        repository.write(path, WORKFLOW);
        let complaint = format!("lint: there is no file `{other}/workflows/*.y*ml` to look at: FAILED");
        repository.lint("workflows").exited(1).complains(&[&complaint]);
    }
}

#[test]
fn starlark_that_is_not_in_form_or_not_documented_is_found() {
    let repository = Repository::new();
    repository.write("a.bzl", "\"\"\"A.\"\"\"\n\nA = [1]\n");
    repository.lint("starlark").succeeded();
    repository.write("a.bzl", "\"\"\"A.\"\"\"\nA=[1]\n");
    repository.lint("starlark").exited(1).complains(&["FAILED"]);
    repository.write("a.bzl", "A = [1]\n");
    repository.lint("starlark").exited(1).complains(&["module-docstring", "FAILED"]);
}

#[test]
fn a_script_with_a_trap_for_spaces_is_found() {
    let repository = Repository::new();
    repository.lint("shell").succeeded();
    repository.write("a.sh", "#!/bin/bash\n# A.\nrm $1\n");
    repository.lint("shell").exited(1).complains(&["FAILED"]);
}

#[test]
fn a_manifest_with_a_misspelled_field_and_a_key_that_compose_does_not_know_are_found() {
    let repository = Repository::new();
    repository.lint("kubernetes").succeeded();
    let text = |file: &str| fs::read_to_string(repository.path().join(file)).expect("a file");
    let manifest = text("dev/k8s/api.yaml");
    repository.write("dev/k8s/api.yaml", &manifest.replace("readOnlyRootFilesystem", "readOnlyRootFileSystem"));
    repository.lint("kubernetes").exited(1).complains(&["lint: kubernetes-validate: FAILED"]);
    repository.write("dev/k8s/api.yaml", &manifest);
    repository.write("dev/compose.yaml", &text("dev/compose.yaml").replace("pull_policy", "pull_polity"));
    repository.lint("kubernetes").exited(1).complains(&["lint: docker compose config: FAILED"]);
}

#[test]
fn a_part_that_does_not_exist_is_named() {
    Repository::new()
        .lint("everything")
        .exited(2)
        .complains(&["error: there is no part `everything`", "hint: it has: tidy"]);
}

/// A git repository with the lint and nothing that it would look at but its own scripts.
struct Repository {
    folder: TempDir,
}

impl Repository {
    fn new() -> Self {
        let folder = tempfile::Builder::new().prefix("unkey-lint-").tempdir().expect("a folder");
        // Linters run where Bazel runs, which `airgap` knows.
        ended(command("cp").args(["--recursive", "airgap", "dev"]).arg(folder.path())).succeeded();
        ended(command("git").args(["init", "--quiet"]).arg(folder.path())).succeeded();
        let repository = Self { folder };
        // Theirs are the repository's to look at.
        fs::write(repository.path().join(".gitignore"), "/airgap\n/build\n").expect("written");
        // Scripts read it, whether they ask for services or not.
        let services = "build/services.sh";
        repository.write(services, &fs::read_to_string(workspace::root().join(services)).expect("the list"));
        repository
    }

    /// With [`WORKFLOW`] in each of the folders.
    fn with_workflows() -> Self {
        let repository = Self::new();
        for path in WORKFLOWS {
            repository.write(path, WORKFLOW);
        }
        repository
    }

    fn path(&self) -> &Path {
        self.folder.path()
    }

    fn write(&self, path: &str, text: &str) {
        write(&self.path().join(path), text);
    }

    fn lint(&self, part: &str) -> Ended {
        ended(command(self.path().join("dev/lint.sh")).arg(part).current_dir(self.path()))
    }
}
