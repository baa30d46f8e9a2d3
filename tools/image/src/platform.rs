//! Platforms as text, `os/architecture[/variant]`, and which of them are the same.

use oci_spec::image::{ImageConfiguration, Platform};

/// What a config says that its image is for.
#[must_use]
pub fn of_config(config: &ImageConfiguration) -> String {
    join(&config.os().to_string(), &config.architecture().to_string(), config.variant().as_deref())
}

/// What an index says that an image is for.
#[must_use]
pub fn of_index(platform: &Platform) -> String {
    join(&platform.os().to_string(), &platform.architecture().to_string(), platform.variant().as_deref())
}

/// One spelling for platforms that are the same: v8 is the only variant of arm64 that there is in practice, and
/// clients take it as given (image-spec, image-index.md, "Platform Variants").
#[must_use]
pub fn normal(platform: &str) -> &str {
    match platform.strip_suffix("/v8") {
        Some(arm64) if arm64.ends_with("/arm64") => arm64,
        _ => platform,
    }
}

fn join(os: &str, architecture: &str, variant: Option<&str>) -> String {
    match variant {
        Some(variant) if !variant.is_empty() => format!("{os}/{architecture}/{variant}"),
        _ => format!("{os}/{architecture}"),
    }
}

#[cfg(test)]
mod tests {
    use super::normal;

    #[test]
    fn only_v8_of_arm64_is_left_out() {
        for (given, expected) in [
            ("linux/arm64/v8", "linux/arm64"),
            ("linux/arm64", "linux/arm64"),
            ("linux/arm64/v9", "linux/arm64/v9"),
            ("linux/arm/v8", "linux/arm/v8"),
            ("linux/amd64", "linux/amd64"),
        ] {
            assert_eq!(normal(given), expected);
        }
    }
}
