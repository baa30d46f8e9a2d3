//! Which folders are services.

use crate::scene::{Scene, stderr, stdout};

#[test]
fn a_line_each_or_only_the_named() {
    let scene = Scene::new();
    assert_eq!(stdout(&scene.run(&["list"]).success()), "api\nvault\n");
    assert_eq!(stdout(&scene.run(&["list", "vault"]).success()), "vault\n");
    let refused = scene.run(&["list", "valt"]).code(1);
    assert_eq!(
        stderr(&refused),
        "error: unknown service `valt`, known are `api`, `vault`\n\nhint: did you mean `vault`?\n"
    );
    assert_eq!(stdout(&refused), "");
}

#[test]
fn a_folder_that_is_no_service_is_none_and_one_with_a_wrong_name_is_told() {
    let scene = Scene::new();
    scene.write("build/notes/BUILD.bazel", "# service_image(\n");
    assert_eq!(stdout(&scene.run(&["list"]).success()), "api\nvault\n");
    scene.service("key_service", "");
    let error = stderr(&scene.run(&["list"]).code(2));
    assert_eq!(
        error,
        "error: `build/key_service` calls `service_image`: `key_service` cannot be the name of a service: the service's \
         name has a `_`\n\nhint: write `-` in place of `_`: `key-service`\n"
    );
}
