//! `image_build assemble`: what settings make of config and manifest. The expected bytes are derived by hand from the
//! documented behaviour of `rules_oci` 2.3, and were compared with its `jq` programs.

use crate::image_build;
use crate::layouts::{COMPLETION, Documents, Fixture, completed, documents};

/// Runs `image_build assemble` on `base` with these arguments and reads what it wrote.
fn assemble(fixture: &Fixture, base: &str, arguments: &[&str]) -> Documents {
    let output = fixture.path("output");
    image_build().args(["assemble", "--base", base]).args(arguments).arg("--output").arg(&output).assert().success();
    documents(&output)
}

/// The config that `base` becomes with these files, on one line: each option has the content of its file.
fn config_of(base: &str, files: &[(&str, &str)]) -> String {
    let fixture = Fixture::new();
    let base = fixture.base(base, &[]);
    let paths: Vec<String> = files.iter().map(|(option, text)| fixture.file(option, text)).collect();
    let arguments: Vec<&str> =
        files.iter().zip(&paths).flat_map(|((option, _), path)| [*option, path.as_str()]).collect();
    one_line(&assemble(&fixture, &base, &arguments).config)
}

/// Without the white space of pretty printing, and of a config without what completed its base.
fn one_line(json: &str) -> String {
    let line = json.lines().map(str::trim_start).collect::<String>().replace("\": ", "\":");
    let start = format!("{{{}", COMPLETION.concat());
    let all = format!("{{{}}}", COMPLETION.concat().trim_end_matches(','));
    match line.strip_prefix(&start) {
        Some(rest) => format!("{{{rest}"),
        None if line == all => "{}".to_owned(),
        None => line,
    }
}

#[test]
fn the_config_is_pretty_and_has_no_newline_at_its_end() {
    let fixture = Fixture::new();
    let base = fixture.base(r#"{"b":[1,{}],"a":"\u00e9\u007f"}"#, &[]);
    let documents = assemble(&fixture, &base, &[]);
    let end = ",\n  \"b\": [\n    1,\n    {}\n  ],\n  \"a\": \"\u{e9}\\u007f\"\n}";
    assert!(documents.config.ends_with(end), "{}", documents.config);
    assert!(documents.manifest.ends_with("\n}\n"));
    assert!(documents.index.ends_with("\n}\n"));
}

/// The content of each file, and what the config of a base becomes with them.
type Row = (&'static str, &'static [(&'static str, &'static str)], &'static str);

#[test]
fn a_container_config_that_is_null_stays_so() {
    assert_eq!(config_of(r#"{"config":null}"#, &[]), r#"{"config":null}"#);
}

#[test]
fn settings_are_merged_into_the_base_s() {
    const WHOLE: &str = r#"{"created":"2020-01-01T00:00:00Z","config":{"Env":["PATH=/bin","N=1\n"],"Cmd":["sh"],"Labels":{"b":"1","a":"2"},"Healthcheck":{"Interval":30000000000,"Factor":1.5}},"history":[]}"#;
    const COMMAND: &str = r#"{"config":{"User":"u","Cmd":["sh"],"Labels":{"b":"1","a":"2"}}}"#;
    const VARIABLES: &str = r#"{"config":{"Env":["PATH=/bin","N=1\n"],"User":"u"}}"#;
    let rows: &[Row] = &[
        (WHOLE, &[], WHOLE),
        // An entrypoint removes the command, and a command stays in its place.
        (
            COMMAND,
            &[("--entrypoint", "/a\n\n-b c%5Cnd\n")],
            r#"{"config":{"User":"u","Labels":{"b":"1","a":"2"},"Entrypoint":["/a","-b c\nd"]}}"#,
        ),
        (
            COMMAND,
            &[("--entrypoint", "/a"), ("--cmd", "x\ny")],
            r#"{"config":{"User":"u","Cmd":["x","y"],"Labels":{"b":"1","a":"2"},"Entrypoint":["/a"]}}"#,
        ),
        (COMMAND, &[("--cmd", "")], r#"{"config":{"User":"u","Cmd":[],"Labels":{"b":"1","a":"2"}}}"#),
        ("{}", &[("--entrypoint", "\n")], r#"{"config":{"Entrypoint":[]}}"#),
        ("{}", &[("--cmd", "c")], r#"{"config":{"Cmd":["c"]}}"#),
        // A command that is null goes.
        (r#"{"config":{"Cmd":null,"User":null}}"#, &[], r#"{"config":{"User":null}}"#),
        (r#"{"config":null}"#, &[("--entrypoint", "e")], r#"{"config":{"Entrypoint":["e"]}}"#),
        // Labels are merged by name.
        (
            COMMAND,
            &[("--labels", "z=9\na=x=y\n\nflag\nz=8")],
            r#"{"config":{"User":"u","Cmd":["sh"],"Labels":{"b":"1","a":"x=y","z":"8","flag":""}}}"#,
        ),
        (COMMAND, &[("--labels", "")], COMMAND),
        ("{}", &[("--labels", "")], r#"{"config":{"Labels":{}}}"#),
        (
            r#"{"config":{"Labels":null}}"#,
            &[("--labels", "é=\"\\\t\u{7f}")],
            r#"{"config":{"Labels":{"é":"\"\\\t\u007f"}}}"#,
        ),
        // The environment is expanded and replaced whole.
        (
            VARIABLES,
            &[("--env", "PATH=/app:$PATH\nM=<${N}\nPLAIN")],
            r#"{"config":{"Env":["PATH=/app:/bin","N=1\n","M=<1","PLAIN="],"User":"u"}}"#,
        ),
        (VARIABLES, &[("--env", "")], VARIABLES),
        ("{}", &[("--env", "")], r#"{"config":{"Env":[]}}"#),
        (r#"{"config":{"Env":null}}"#, &[("--env", "A=$A")], r#"{"config":{"Env":["A="]}}"#),
        // Ports and volumes are merged, and keep a line feed of their file.
        (
            r#"{"config":{"ExposedPorts":{"1":{"x":1}},"Volumes":{}}}"#,
            &[("--exposed-ports", "2/tcp,1,2/tcp"), ("--volumes", "/a\n")],
            r#"{"config":{"ExposedPorts":{"1":{"x":1},"2/tcp":{}},"Volumes":{"/a\n":{}}}}"#,
        ),
        // The time of creation is that of the file, without line ends.
        (WHOLE, &[("--created", "2020-01-01T00:00:00Z\r\n")], WHOLE),
        (
            r#"{"created":"2020-01-01T00:00:00Z","a":1}"#,
            &[("--created", "2021-02-03T04:05:06.7Z\n")],
            r#"{"created":"2021-02-03T04:05:06.7Z","a":1}"#,
        ),
        (
            r#"{"a":1}"#,
            &[("--created", "2021-02-03T04:05:06+01:00")],
            r#"{"a":1,"created":"2021-02-03T04:05:06+01:00"}"#,
        ),
    ];
    for (base, files, expected) in rows {
        assert_eq!(config_of(base, files), *expected, "{files:?} on {base}");
    }
}

#[test]
fn what_is_no_time_of_creation_is_refused() {
    let fixture = Fixture::new();
    let base = fixture.base("{}", &[]);
    for text in ["", "\n", "now", "2021-02-03", "2021-02-03 04:05:06Z", " 2021-02-03T04:05:06Z", "2021-02-03T04:05:60Z"]
    {
        let file = fixture.file("created", text);
        let mut command = image_build();
        command.args(["assemble", "--base", &base, "--created", &file, "--output"]).arg(fixture.path("output"));
        let message = format!(
            "error: `{file}` holds no RFC 3339 time\n\nhint: write one such as `1970-01-01T00:00:00Z` into it\n"
        );
        command.assert().code(2).stderr(message);
    }
}

#[test]
fn user_and_workdir_are_left_when_empty() {
    let fixture = Fixture::new();
    let base = fixture.base(r#"{"config":{"User":"u"}}"#, &[]);
    let documents = assemble(&fixture, &base, &["--user", "", "--workdir", "/w"]);
    assert_eq!(one_line(&documents.config), r#"{"config":{"User":"u","WorkingDir":"/w"}}"#);
}

#[test]
fn the_order_of_new_keys_does_not_depend_on_the_command_line() {
    let fixture = Fixture::new();
    let file = fixture.file("file", "f");
    let base = fixture.base("{}", &[]);
    let mut arguments = vec!["--workdir", "w", "--user", "u"];
    for option in ["--labels", "--env", "--volumes", "--exposed-ports", "--cmd", "--entrypoint"] {
        arguments.extend([option, &file]);
    }
    let created = fixture.file("created", "2021-02-03T04:05:06Z");
    arguments.extend(["--created", &created]);
    assert_eq!(
        one_line(&assemble(&fixture, &base, &arguments).config),
        concat!(
            r#"{"created":"2021-02-03T04:05:06Z","config":{"Cmd":["f"],"Entrypoint":["f"],"ExposedPorts":{"f":{}},"Volumes":{"f":{}},"#,
            r#""Env":["f="],"Labels":{"f":""},"User":"u","WorkingDir":"w"}}"#
        )
    );
}

#[test]
fn the_manifest_keeps_its_places_and_loses_the_copy_of_the_config() {
    let fixture = Fixture::new();
    let template = concat!(
        r#"{"layers":[LAYERS],"annotations":{"k":"old","base":"1"},"schemaVersion":2,"#,
        r#""config":{"size":CONFIG_SIZE,"data":"e30=","digest":"CONFIG_DIGEST","#,
        r#""mediaType":"application/vnd.oci.image.config.v1+json"},"#,
        r#""mediaType":"application/vnd.oci.image.manifest.v1+json"}"#
    );
    let base = fixture.base_with_manifest(template, &completed("{}", &[]), &[]);
    let annotations = fixture.file("annotations", "new=a=b\nk=v\n");
    let documents = assemble(&fixture, &base, &["--annotations", &annotations]);
    assert_eq!(
        one_line(&documents.manifest),
        concat!(
            r#"{"layers":[],"annotations":{"k":"v","base":"1","new":"a=b"},"schemaVersion":2,"#,
            r#""config":{"size":106,"#,
            r#""digest":"sha256:30bd7b5c937980f06e1bf7339d7e469fc4e5111bc8da09af95046cadfea9d94f","#,
            r#""mediaType":"application/vnd.oci.image.config.v1+json"},"#,
            r#""mediaType":"application/vnd.oci.image.manifest.v1+json"}"#
        )
    );
}

#[test]
fn empty_annotations_are_still_annotations() {
    let fixture = Fixture::new();
    let base = fixture.base("{}", &[]);
    let documents = assemble(&fixture, &base, &["--annotations", &fixture.file("annotations", "\n")]);
    assert!(one_line(&documents.manifest).ends_with(r#""layers":[],"annotations":{}}"#), "{}", documents.manifest);
}

#[test]
fn a_manifest_without_media_type_is_an_oci_image() {
    let fixture = Fixture::new();
    let template = concat!(
        r#"{"schemaVersion":2,"config":{"mediaType":"application/vnd.oci.image.config.v1+json","#,
        r#""digest":"CONFIG_DIGEST","size":CONFIG_SIZE},"layers":[LAYERS]}"#
    );
    let base = fixture.base_with_manifest(template, &completed("{}", &[]), &[]);
    let documents = assemble(&fixture, &base, &[]);
    assert!(!documents.manifest.contains("manifest.v1+json"));
    assert!(documents.index.contains("\"mediaType\": \"application/vnd.oci.image.manifest.v1+json\""));
}

#[test]
fn files_that_cannot_be_read_are_named() {
    let fixture = Fixture::new();
    let base = fixture.base("{}", &[]);
    let latin1 = fixture.file("latin1", b"a=\xe9");
    for (path, reason) in [(latin1.as_str(), "UTF-8"), ("no-such-file", "No such file")] {
        let assert = image_build()
            .args(["assemble", "--base", &base, "--labels", path, "--output"])
            .arg(fixture.path("output"))
            .assert()
            .code(2);
        let stderr = String::from_utf8_lossy(&assert.get_output().stderr).into_owned();
        assert!(stderr.starts_with(&format!("error: cannot read `{path}`: ")) && stderr.contains(reason), "{stderr}");
    }
}
