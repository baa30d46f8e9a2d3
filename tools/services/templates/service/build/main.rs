//! The release entrypoint of the {{ name }} service.

use std::process::ExitCode;

fn main() -> ExitCode {
{% if is_short %}
    util::run_service_command!("{{ name }}", "{{ description }}", {{ identifier }}::run)
{% else %}
    util::run_service_command!(
        "{{ name }}",
        "{{ description }}",
        {{ identifier }}::run
    )
{% endif %}
}
