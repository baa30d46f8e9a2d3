//! `image check` of indexes in indexes: the contract has none, and what they say of platforms has to be true.

use std::fs;

use serde_json::{Value, json};

use crate::check::{Case, run_with_contract, run_without_contract};
use crate::support::layout::{Fixture, INDEX, MANIFEST, Written, put, to_bytes, write_top};

/// The descriptor of an image of the fixture.
fn image(written: &Written, number: usize) -> Value {
    let digest = &written.digests[number][0];
    let architecture = ["amd64", "arm64"][number];
    let size = fs::metadata(written.blob(digest)).unwrap().len();
    json!({"mediaType": MANIFEST, "digest": digest, "size": size, "platform": platform(architecture)})
}

fn platform(architecture: &str) -> Value {
    json!({"os": "linux", "architecture": architecture})
}

fn index(written: &Written, manifests: &[Value]) -> Value {
    let index = json!({"schemaVersion": 2, "mediaType": INDEX, "manifests": manifests});
    put(&written.layout(), INDEX, &to_bytes(&index))
}

fn for_platform(mut descriptor: Value, platform: Value) -> Value {
    descriptor["platform"] = platform;
    descriptor
}

/// Two indexes in one, of an image each, for these platforms.
fn nest(written: &Written, platforms: &[Option<Value>; 2]) {
    let inner = [0, 1].map(|number| {
        let inner = index(written, &[image(written, number)]);
        platforms[number].clone().map_or(inner.clone(), |platform| for_platform(inner, platform))
    });
    root(written, &index(written, &inner));
}

fn root(written: &Written, descriptor: &Value) {
    write_top(&written.layout(), &json!({"schemaVersion": 2, "manifests": [descriptor]}));
}

fn after(fixture: &mut Fixture, after: fn(&Written)) {
    fixture.after = after;
}

#[test]
fn an_index_in_the_index_breaks_the_contract() {
    run_with_contract(&[
        ("an index around the index", &["not-an-image"], |fixture| {
            after(fixture, |written| {
                root(written, &index(written, &[index(written, &[image(written, 0), image(written, 1)])]));
            });
        }),
        ("an index for each image", &["not-an-image"], |fixture| {
            after(fixture, |written| nest(written, &["amd64", "arm64"].map(|name| Some(platform(name)))));
        }),
        ("an image and an index", &["not-an-image"], |fixture| {
            after(fixture, |written| {
                root(written, &index(written, &[image(written, 0), index(written, &[image(written, 1)])]));
            });
        }),
        ("platforms swapped", &["not-an-image", "platform-mismatch"], |fixture| {
            after(fixture, |written| nest(written, &["arm64", "amd64"].map(|name| Some(platform(name)))));
        }),
        ("an empty index more", &["not-an-image"], |fixture| {
            after(fixture, |written| {
                root(written, &index(written, &[image(written, 0), image(written, 1), index(written, &[])]));
            });
        }),
    ]);
}

const PLATFORM_CASES: &[Case] = &[
    ("no platforms", &[], |fixture| after(fixture, |written| nest(written, &[None, None]))),
    ("true platforms", &[], |fixture| {
        after(fixture, |written| nest(written, &["amd64", "aarch64"].map(|name| Some(platform(name)))));
    }),
    ("a platform that older images serve", &[], |fixture| {
        let newer = |written: &Written| {
            let newer = json!({"os": "linux", "architecture": "amd64", "variant": "v3"});
            nest(written, &[Some(newer), None]);
        };
        after(fixture, newer);
    }),
    ("platforms swapped", &["platform-mismatch"], |fixture| {
        after(fixture, |written| nest(written, &["arm64", "amd64"].map(|name| Some(platform(name)))));
    }),
    ("another system", &["platform-mismatch"], |fixture| {
        let windows = |written: &Written| {
            nest(written, &[Some(json!({"os": "windows", "architecture": "amd64"})), None]);
        };
        after(fixture, windows);
    }),
    ("the index of all is for one", &["platform-mismatch"], |fixture| {
        after(fixture, |written| {
            let index = index(written, &[image(written, 0), image(written, 1)]);
            root(written, &for_platform(index, platform("amd64")));
        });
    }),
    ("two levels up", &["platform-mismatch"], |fixture| {
        after(fixture, |written| {
            let inner = index(written, &[index(written, &[image(written, 0)])]);
            root(written, &index(written, &[for_platform(inner, platform("arm64"))]));
        });
    }),
];

#[test]
fn platforms_of_indexes_are_those_of_the_images_in_them() {
    run_without_contract(PLATFORM_CASES);
}
