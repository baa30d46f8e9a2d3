//! The environment of an image: the base's variables, then a file of `KEY=VALUE` lines whose values may refer to
//! what stands before them, as `rules_oci`'s shell and `jq` expand them. Not the environment of this process.

use crate::Error;
use oci::layout::JSON_LIMIT;

/// The variables of an image, in order.
#[derive(Debug, Default)]
pub struct ContainerEnvironment {
    variables: Vec<Variable>,
}

#[derive(Debug)]
struct Variable {
    /// Nothing for an empty entry of the base, which no reference can mean.
    key: Option<String>,
    value: String,
}

impl ContainerEnvironment {
    /// The variables in `entries`, each `KEY=VALUE`. Equal keys are kept.
    pub fn new<'a>(entries: impl IntoIterator<Item = &'a str>) -> Self {
        let variable = |entry: &str| match entry.split_once('=') {
            Some((key, value)) => Variable { key: Some(key.to_owned()), value: value.to_owned() },
            None => Variable { key: (!entry.is_empty()).then(|| entry.to_owned()), value: String::new() },
        };
        Self { variables: entries.into_iter().map(variable).collect() }
    }

    /// Sets every line of an environment file. A line without `=`, even an empty one, is a key with an empty value.
    ///
    /// # Errors
    /// When no config could hold what comes out.
    pub fn set_lines(&mut self, text: &str) -> Result<(), Error> {
        // The shell that defined this format cannot hold NUL.
        let text = text.replace('\0', "");
        for line in text.split_terminator('\n') {
            let (key, value) = line.split_once('=').unwrap_or((line, ""));
            let too_large = || Error::Environment { key: key.to_owned() };
            let value = self.expand(value).ok_or_else(too_large)?;
            self.set(key, value);
            if !fits(self.variables.iter().map(|variable| variable.value.len()).sum()) {
                return Err(too_large());
            }
        }
        Ok(())
    }

    /// The `KEY=VALUE` entries.
    #[must_use]
    pub fn into_entries(self) -> Vec<String> {
        let entry = |variable: Variable| {
            // What `jq` interpolates for the missing key of an empty entry.
            let key = variable.key.unwrap_or_else(|| "null".to_owned());
            format!("{key}={}", variable.value)
        };
        self.variables.into_iter().map(entry).collect()
    }

    /// Replaces the value of the first variable with this key in place, or appends a new one.
    fn set(&mut self, key: &str, value: String) {
        match self.variables.iter_mut().find(|variable| variable.key.as_deref() == Some(key)) {
            Some(variable) => variable.value = value,
            None => self.variables.push(Variable { key: Some(key.to_owned()), value }),
        }
    }

    /// Replaces each match of `\$\{?([a-zA-Z0-9_]+)\}?` by the values under that name: none, or all of equal keys.
    /// Nothing when the result is too large.
    fn expand(&self, raw: &str) -> Option<String> {
        let mut expanded = String::with_capacity(raw.len());
        let mut rest = raw;
        while let Some((before, after)) = rest.split_once('$') {
            expanded.push_str(before);
            let (name, following) = reference(after);
            if name.is_empty() {
                expanded.push('$');
            } else {
                let meant = self.variables.iter().filter(|variable| variable.key.as_deref() == Some(name));
                expanded.extend(meant.map(|variable| variable.value.as_str()));
            }
            if !fits(expanded.len()) {
                return None;
            }
            rest = following;
        }
        expanded.push_str(rest);
        // The shell's command substitution drops NUL and newlines at the end, which a base's values may have.
        expanded.retain(|character| character != '\0');
        expanded.truncate(expanded.trim_end_matches('\n').len());
        Some(expanded)
    }
}

fn fits(bytes: usize) -> bool {
    bytes as u64 <= JSON_LIMIT
}

/// The name that is referred to after a `$`, empty when this is no reference, and what follows. Braces need not pair.
fn reference(after: &str) -> (&str, &str) {
    let inner = after.strip_prefix('{').unwrap_or(after);
    let length = inner.bytes().take_while(|byte| byte.is_ascii_alphanumeric() || *byte == b'_').count();
    if length == 0 {
        return ("", after);
    }
    let (name, following) = inner.split_at(length);
    (name, following.strip_prefix('}').unwrap_or(following))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn expanded(base: &[&str], lines: &str) -> Vec<String> {
        let mut environment = ContainerEnvironment::new(base.iter().copied());
        environment.set_lines(lines).unwrap();
        environment.into_entries()
    }

    #[test]
    fn existing_keys_are_replaced_in_place_and_new_ones_appended() {
        assert_eq!(expanded(&["PATH=/bin", "A=1"], "NEW=x\nPATH=/app:$PATH\n"), ["PATH=/app:/bin", "A=1", "NEW=x"]);
    }

    #[test]
    fn references_see_the_base_and_the_lines_before() {
        assert_eq!(
            expanded(&[], "A=1\nB=$A/2\nC=${B}/3\nD=$LATER$NOPE-d\nLATER=5"),
            ["A=1", "B=1/2", "C=1/2/3", "D=-d", "LATER=5"]
        );
    }

    #[test]
    fn braces_need_not_pair_and_other_dollars_stay() {
        let cases = [
            ("$A}b", "1b"),
            ("${Ab", ""),
            ("${A-x", "1-x"),
            ("$$A", "$1"),
            ("$", "$"),
            ("${}", "${}"),
            ("${", "${"),
            ("$-A", "$-A"),
            ("\\$A", "\\1"),
            ("${A}}", "1}"),
            ("{$A}", "{1"),
            ("$Aé", "1é"),
            ("é$é$A", "é$é1"),
            ("$1$_x", "onelow"),
            ("$A$A", "11"),
            ("${$A}", "${1"),
        ];
        for (value, expected) in cases {
            let entries = expanded(&["A=1", "1=one", "_x=low"], &format!("V={value}"));
            assert_eq!(entries[3], format!("V={expected}"), "{value}");
        }
    }

    #[test]
    fn values_are_not_expanded_twice() {
        assert_eq!(expanded(&["A=$B", "B=2"], "C=$A"), ["A=$B", "B=2", "C=$B"]);
    }

    #[test]
    fn equal_keys_of_the_base_are_kept_and_all_meant() {
        assert_eq!(expanded(&["A=1", "A=2"], "B=<$A>\nA=3"), ["A=3", "A=2", "B=<12>"]);
    }

    #[test]
    fn a_value_does_not_double_for_ever() {
        let error =
            |lines: String| ContainerEnvironment::new(["A=xxxxxxxx"]).set_lines(&lines).unwrap_err().to_string();
        assert!(error(format!("B=\n{}", "A=$A$A\n".repeat(60))).contains("with `A` expanded"));
        let many = ["K=$A", "L=$A", "M=$A", "N=$A"].join("\n");
        assert!(error(format!("{}{many}", "A=$A$A\n".repeat(17))).contains("with `N` expanded"));
    }

    #[test]
    fn odd_entries() {
        assert_eq!(expanded(&["", "FLAG", "=x", "E=a=b"], "F=$FLAG|$E"), ["null=", "FLAG=", "=x", "E=a=b", "F=|a=b"]);
        assert_eq!(expanded(&[""], "V=$null"), ["null=", "V="]);
        assert_eq!(expanded(&[], "FLAG\n\nX=1"), ["FLAG=", "=", "X=1"]);
        assert_eq!(expanded(&[], ""), [""; 0]);
        assert_eq!(expanded(&[], "A=1\r\nB=\0x"), ["A=1\r", "B=x"]);
    }

    #[test]
    fn newlines_at_the_end_of_an_expansion_are_dropped() {
        assert_eq!(expanded(&["A=1\n2\n\n"], "B=$A\nC=$A."), ["A=1\n2\n\n", "B=1\n2", "C=1\n2\n\n."]);
    }
}
