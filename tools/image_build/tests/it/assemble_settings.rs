//! `image_build assemble`: what settings make of config and manifest. The expected bytes are derived by hand from the
//! documented behaviour of `rules_oci` 2.3, and were compared with its `jq` programs.

use crate::image_build;
use crate::layouts::{COMPLETION, Documents, Workshop, completed, documents};

/// A config with everything that can be in the way.
const CONFIG: &str = r#"{"architecture":"amd64","config":{"Env":["PATH=/bin","N=1\n"],"Cmd":["sh"],"Labels":{"b":"1","a":"2"},"Healthcheck":{"Interval":30000000000,"Factor":1.50}},"created":"2020-01-01T00:00:00Z","os":"linux","rootfs":{"type":"layers","diff_ids":[]},"history":[]}"#;

/// Runs `image_build assemble` on `base` with these arguments and reads what it wrote.
fn assemble(workshop: &Workshop, base: &str, arguments: &[&str]) -> Documents {
    let output = workshop.path("output");
    image_build().args(["assemble", "--base", base]).args(arguments).arg("--output").arg(&output).assert().success();
    documents(&output)
}

/// The config that `CONFIG` becomes with these arguments, on one line.
fn config(arguments: &[(&str, &str)]) -> String {
    config_of(CONFIG, arguments)
}

/// The config that `base` becomes with these files, on one line: each option has the content of its file.
fn config_of(base: &str, files: &[(&str, &str)]) -> String {
    let workshop = Workshop::new();
    let base = workshop.base(base, &[]);
    let paths: Vec<String> = files.iter().map(|(option, text)| workshop.file(option, text)).collect();
    let arguments: Vec<&str> =
        files.iter().zip(&paths).flat_map(|((option, _), path)| [*option, path.as_str()]).collect();
    one_line(&assemble(&workshop, &base, &arguments).config)
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

/// `CONFIG` with its `config` replaced.
fn with_inner(inner: &str) -> String {
    format!(
        r#"{{"architecture":"amd64","config":{inner},"created":"2020-01-01T00:00:00Z","os":"linux","rootfs":{{"type":"layers","diff_ids":[]}},"history":[]}}"#
    )
}

const HEALTHCHECK: &str = r#""Healthcheck":{"Interval":30000000000,"Factor":1.50}"#;

#[test]
fn without_settings_only_the_form_changes() {
    assert_eq!(config(&[]), CONFIG);
}

#[test]
fn the_config_is_pretty_and_has_no_newline_at_its_end() {
    let workshop = Workshop::new();
    let base = workshop.base(r#"{"b":[1,{}],"a":"\u00e9\u007f"}"#, &[]);
    let documents = assemble(&workshop, &base, &[]);
    let end = ",\n  \"b\": [\n    1,\n    {}\n  ],\n  \"a\": \"\u{e9}\\u007f\"\n}";
    assert!(documents.config.ends_with(end), "{}", documents.config);
    assert!(documents.manifest.ends_with("\n}\n"));
    assert!(documents.index.ends_with("\n}\n"));
}

#[test]
fn an_entrypoint_removes_the_command_and_a_command_stays_in_place() {
    let inner = |cmd: &str, entrypoint: &str| {
        with_inner(&format!(
            r#"{{"Env":["PATH=/bin","N=1\n"],{cmd}"Labels":{{"b":"1","a":"2"}},{HEALTHCHECK}{entrypoint}}}"#
        ))
    };
    assert_eq!(config(&[("--entrypoint", "/a\n\n-b c%5Cnd\n")]), inner("", r#","Entrypoint":["/a","-b c\nd"]"#));
    assert_eq!(
        config(&[("--entrypoint", "/a"), ("--cmd", "x\ny")]),
        inner(r#""Cmd":["x","y"],"#, r#","Entrypoint":["/a"]"#)
    );
    assert_eq!(config(&[("--cmd", "")]), inner(r#""Cmd":[],"#, ""));
    assert_eq!(config(&[("--entrypoint", "\n")]), inner("", r#","Entrypoint":[]"#));
}

#[test]
fn a_null_command_of_the_base_goes() {
    assert_eq!(config_of(r#"{"config":{"Cmd":null,"User":null}}"#, &[]), r#"{"config":{"User":null}}"#);
    assert_eq!(config_of(r#"{"config":null}"#, &[]), r#"{"config":null}"#);
    assert_eq!(config_of(r#"{"config":null}"#, &[("--entrypoint", "e")]), {
        // Nothing to merge the null into, so it is part of what replaces `config`, and goes then.
        r#"{"config":{"Entrypoint":["e"]}}"#
    });
    assert_eq!(config_of("{}", &[("--cmd", "c")]), r#"{"config":{"Cmd":["c"]}}"#);
}

#[test]
fn labels_are_merged_into_the_base_s() {
    let labels = |labels: &str| {
        with_inner(&format!(r#"{{"Env":["PATH=/bin","N=1\n"],"Cmd":["sh"],"Labels":{labels},{HEALTHCHECK}}}"#))
    };
    assert_eq!(config(&[("--labels", "z=9\na=x=y\n\nflag\nz=8")]), labels(r#"{"b":"1","a":"x=y","z":"8","flag":""}"#));
    assert_eq!(config(&[("--labels", "")]), labels(r#"{"b":"1","a":"2"}"#));
    assert_eq!(config_of("{}", &[("--labels", "")]), r#"{"config":{"Labels":{}}}"#);
    assert_eq!(
        config_of(r#"{"config":{"Labels":null}}"#, &[("--labels", "é=\"\\\t\u{7f}")]),
        r#"{"config":{"Labels":{"é":"\"\\\t\u007f"}}}"#
    );
}

#[test]
fn the_environment_is_expanded_and_replaced_whole() {
    let env =
        |env: &str| with_inner(&format!(r#"{{"Env":{env},"Cmd":["sh"],"Labels":{{"b":"1","a":"2"}},{HEALTHCHECK}}}"#));
    assert_eq!(
        config(&[("--env", "PATH=/app:$PATH\nM=<${N}\nPLAIN")]),
        env(r#"["PATH=/app:/bin","N=1\n","M=<1","PLAIN="]"#)
    );
    assert_eq!(config(&[("--env", "")]), env(r#"["PATH=/bin","N=1\n"]"#));
    assert_eq!(config_of("{}", &[("--env", "")]), r#"{"config":{"Env":[]}}"#);
    assert_eq!(config_of(r#"{"config":{"Env":null}}"#, &[("--env", "A=$A")]), r#"{"config":{"Env":["A="]}}"#);
}

#[test]
fn ports_and_volumes_are_merged_and_keep_a_newline_of_their_file() {
    assert_eq!(
        config_of(
            r#"{"config":{"ExposedPorts":{"1":{"x":1}},"Volumes":{}}}"#,
            &[("--exposed-ports", "2/tcp,1,2/tcp"), ("--volumes", "/a\n")]
        ),
        r#"{"config":{"ExposedPorts":{"1":{"x":1},"2/tcp":{}},"Volumes":{"/a\n":{}}}}"#
    );
}

#[test]
fn the_time_of_creation_is_that_of_the_file() {
    let base = r#"{"created":"2020-01-01T00:00:00Z","a":1}"#;
    for text in ["2021-02-03T04:05:06.7Z", "2021-02-03T04:05:06.7Z\n", "2021-02-03T04:05:06.7Z\r\n"] {
        assert_eq!(config_of(base, &[("--created", text)]), r#"{"created":"2021-02-03T04:05:06.7Z","a":1}"#);
    }
    assert_eq!(
        config_of(r#"{"a":1}"#, &[("--created", "2021-02-03T04:05:06+01:00")]),
        r#"{"a":1,"created":"2021-02-03T04:05:06+01:00"}"#
    );
}

#[test]
fn what_is_no_time_of_creation_is_refused() {
    let workshop = Workshop::new();
    let base = workshop.base("{}", &[]);
    for text in ["", "\n", "now", "2021-02-03", "2021-02-03 04:05:06Z", " 2021-02-03T04:05:06Z", "2021-02-03T04:05:60Z"]
    {
        let file = workshop.file("created", text);
        let mut command = image_build();
        command.args(["assemble", "--base", &base, "--created", &file, "--output"]).arg(workshop.path("output"));
        let message = format!(
            "error: `{file}` holds no RFC 3339 time\n\nhint: write one such as `1970-01-01T00:00:00Z` into it\n"
        );
        command.assert().code(2).stderr(message);
    }
}

#[test]
fn user_and_workdir_are_left_when_empty() {
    let workshop = Workshop::new();
    let base = workshop.base(r#"{"config":{"User":"u"}}"#, &[]);
    let documents = assemble(&workshop, &base, &["--user", "", "--workdir", "/w"]);
    assert_eq!(one_line(&documents.config), r#"{"config":{"User":"u","WorkingDir":"/w"}}"#);
}

#[test]
fn the_order_of_new_keys_does_not_depend_on_the_command_line() {
    let workshop = Workshop::new();
    let file = workshop.file("file", "f");
    let base = workshop.base("{}", &[]);
    let mut arguments = vec!["--workdir", "w", "--user", "u"];
    for option in ["--labels", "--env", "--volumes", "--exposed-ports", "--cmd", "--entrypoint"] {
        arguments.extend([option, &file]);
    }
    let created = workshop.file("created", "2021-02-03T04:05:06Z");
    arguments.extend(["--created", &created]);
    assert_eq!(
        one_line(&assemble(&workshop, &base, &arguments).config),
        concat!(
            r#"{"created":"2021-02-03T04:05:06Z","config":{"Cmd":["f"],"Entrypoint":["f"],"ExposedPorts":{"f":{}},"Volumes":{"f":{}},"#,
            r#""Env":["f="],"Labels":{"f":""},"User":"u","WorkingDir":"w"}}"#
        )
    );
}

#[test]
fn numbers_of_the_base_are_printed_as_jq_does() {
    assert_eq!(
        config_of(r#"{"a":-0,"b":1e3,"c":123456789012345678901234567890,"d":0.0000001}"#, &[]),
        r#"{"a":-0,"b":1E+3,"c":123456789012345678901234567890,"d":1E-7}"#
    );
}

#[test]
fn the_manifest_keeps_its_places_and_loses_the_copy_of_the_config() {
    let workshop = Workshop::new();
    let template = concat!(
        r#"{"layers":[LAYERS],"annotations":{"k":"old","base":"1"},"schemaVersion":2,"#,
        r#""config":{"size":CONFIG_SIZE,"data":"e30=","digest":"CONFIG_DIGEST","#,
        r#""mediaType":"application/vnd.oci.image.config.v1+json"},"#,
        r#""mediaType":"application/vnd.oci.image.manifest.v1+json"}"#
    );
    let base = workshop.base_with_manifest(template, &completed("{}", &[]), &[]);
    let annotations = workshop.file("annotations", "new=a=b\nk=v\n");
    let documents = assemble(&workshop, &base, &["--annotations", &annotations]);
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
    let workshop = Workshop::new();
    let base = workshop.base("{}", &[]);
    let annotations = workshop.file("annotations", "\n");
    let documents = assemble(&workshop, &base, &["--annotations", &annotations]);
    assert!(one_line(&documents.manifest).ends_with(r#""layers":[],"annotations":{}}"#), "{}", documents.manifest);
}

#[test]
fn a_manifest_without_media_type_is_an_oci_image_build() {
    let workshop = Workshop::new();
    let template = concat!(
        r#"{"schemaVersion":2,"config":{"mediaType":"application/vnd.oci.image.config.v1+json","#,
        r#""digest":"CONFIG_DIGEST","size":CONFIG_SIZE},"layers":[LAYERS]}"#
    );
    let base = workshop.base_with_manifest(template, &completed("{}", &[]), &[]);
    let documents = assemble(&workshop, &base, &[]);
    assert!(!documents.manifest.contains("manifest.v1+json"));
    assert!(documents.index.contains("\"mediaType\": \"application/vnd.oci.image.manifest.v1+json\""));
}

#[test]
fn files_that_cannot_be_read_are_named() {
    let workshop = Workshop::new();
    let base = workshop.base("{}", &[]);
    let latin1 = workshop.file("latin1", b"a=\xe9");
    for (path, reason) in [(latin1.as_str(), "UTF-8"), ("no-such-file", "No such file")] {
        let assert = image_build()
            .args(["assemble", "--base", &base, "--labels", path, "--output"])
            .arg(workshop.path("output"))
            .assert()
            .code(2);
        let stderr = String::from_utf8_lossy(&assert.get_output().stderr).into_owned();
        assert!(stderr.starts_with(&format!("error: cannot read `{path}`: ")) && stderr.contains(reason), "{stderr}");
    }
}
