//! GitHub's expressions, as far as the workflows that are rehearsed use them: names of contexts, texts in quotes, and whether
//! two of them are equal.
//!
//! Everything else is refused by what it says, and so is a name that nobody knows: on GitHub it would be empty, and a
//! typing error with it.

use std::fmt;

use crate::context::{Context, UnknownName};

/// An expression that cannot be rehearsed.
#[derive(Debug, thiserror::Error)]
pub enum ExpressionError {
    /// It is more than this evaluator knows.
    #[error("the expression `{expression}` is none that can be rehearsed")]
    Unknown {
        /// What is written.
        expression: String,
    },
    /// A `${{` has no `}}`.
    #[error("an expression in `{text}` has no end")]
    Open {
        /// What is written.
        text: String,
    },
    /// It names what is not there.
    #[error("the expression `{expression}` cannot be evaluated")]
    Name {
        /// What is written.
        expression: String,
        /// Why.
        #[source]
        source: UnknownName,
    },
}

/// What an expression comes to.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Value {
    Text(String),
    Truth(bool),
}

impl Value {
    /// As a condition. GitHub takes every text but the empty one for true, `false` too.
    fn is_true(&self) -> bool {
        match self {
            Self::Text(text) => !text.is_empty(),
            Self::Truth(truth) => *truth,
        }
    }
}

impl fmt::Display for Value {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Text(text) => formatter.write_str(text),
            Self::Truth(truth) => write!(formatter, "{truth}"),
        }
    }
}

/// A text with what its expressions come to in their places.
///
/// # Errors
/// When one of them cannot be rehearsed.
pub fn expand(text: &str, context: &Context) -> Result<String, ExpressionError> {
    let mut expanded = String::new();
    let mut rest = text;
    while let Some((before, from)) = rest.split_once("${{") {
        let (expression, after) =
            from.split_once("}}").ok_or_else(|| ExpressionError::Open { text: text.to_owned() })?;
        expanded.push_str(before);
        expanded.push_str(&evaluate(expression.trim(), context)?.to_string());
        rest = after;
    }
    expanded.push_str(rest);
    Ok(expanded)
}

/// Whether a condition holds. It is an expression, with or without `${{ }}` around it.
///
/// # Errors
/// When it cannot be rehearsed.
pub fn holds(condition: &str, context: &Context) -> Result<bool, ExpressionError> {
    let bare = condition.trim();
    let inner = bare.strip_prefix("${{").and_then(|rest| rest.strip_suffix("}}")).unwrap_or(bare);
    Ok(evaluate(inner.trim(), context)?.is_true())
}

fn evaluate(expression: &str, context: &Context) -> Result<Value, ExpressionError> {
    for (operator, is_wanted) in [("==", true), ("!=", false)] {
        if let Some((left, right)) = split(expression, operator) {
            let (left, right) = (operand(left, expression, context)?, operand(right, expression, context)?);
            // GitHub compares texts without regard to case.
            return Ok(Value::Truth((left.to_lowercase() == right.to_lowercase()) == is_wanted));
        }
    }
    operand(expression, expression, context).map(Value::Text)
}

/// Splits at an operator that is not part of a text in quotes.
fn split<'a>(expression: &'a str, operator: &str) -> Option<(&'a str, &'a str)> {
    let is_outside = |place: usize| expression[..place].matches('\'').count().is_multiple_of(2);
    let (place, _) = expression.match_indices(operator).find(|(place, _)| is_outside(*place))?;
    Some((expression[..place].trim(), expression[place + operator.len()..].trim()))
}

fn operand(text: &str, expression: &str, context: &Context) -> Result<String, ExpressionError> {
    let unknown = || ExpressionError::Unknown { expression: expression.to_owned() };
    if let Some(quoted) = text.strip_prefix('\'') {
        let inner = quoted.strip_suffix('\'').filter(|inner| !inner.contains('\'')).ok_or_else(unknown)?;
        return Ok(inner.to_owned());
    }
    let is_name = |part: &str| {
        let is_inner = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'_' || byte == b'-';
        part.bytes().next().is_some_and(|byte| byte.is_ascii_alphabetic() || byte == b'_') && part.bytes().all(is_inner)
    };
    let path: Vec<&str> = text.split('.').collect();
    if path.len() < 2 || !path.iter().all(|part| is_name(part)) {
        return Err(unknown());
    }
    context.look_up(&path).map_err(|source| ExpressionError::Name { expression: expression.to_owned(), source })
}

#[cfg(test)]
mod tests {
    use std::error::Error as _;

    use super::*;

    fn context() -> Context {
        let mut context = Context::default();
        context.github.insert("ref_name", "api/v1.2.3".to_owned());
        context.inputs.insert("cache".to_owned(), "release".to_owned());
        context.inputs.insert("cache-token".to_owned(), String::new());
        context.secrets.insert("GITHUB_TOKEN".to_owned(), "t0ken".to_owned());
        context
    }

    #[test]
    fn expressions_are_replaced_where_they_stand() {
        for (text, expected) in [
            ("plain $X {{ }}", "plain $X {{ }}"),
            ("${{ github.ref_name }}", "api/v1.2.3"),
            ("a-${{github.ref_name}}-${{ inputs.cache }}", "a-api/v1.2.3-release"),
            ("${{ inputs.cache == 'release' }}", "true"),
            ("${{ 'a == b' }}", "a == b"),
            ("${{ secrets.GITHUB_TOKEN }}${{ secrets.OTHER }}", "t0ken"),
        ] {
            assert_eq!(expand(text, &context()).unwrap(), expected, "{text}");
        }
    }

    #[test]
    fn what_an_expression_comes_to_is_not_read_again() {
        let mut context = context();
        context.github.insert("ref_name", "${{ secrets.GITHUB_TOKEN }}".to_owned());
        assert_eq!(expand("${{ github.ref_name }}", &context).unwrap(), "${{ secrets.GITHUB_TOKEN }}");
    }

    #[test]
    fn conditions_hold_or_not() {
        for (condition, expected) in [
            ("inputs.cache == 'release'", true),
            ("${{ inputs.cache == 'RELEASE' }}", true),
            ("inputs.cache != 'release'", false),
            ("inputs.cache-token != ''", false),
            ("inputs.cache-token", false),
            ("inputs.cache", true),
            ("'false'", true),
        ] {
            assert_eq!(holds(condition, &context()).unwrap(), expected, "{condition}");
        }
    }

    #[test]
    fn what_is_not_known_is_refused_by_what_it_says() {
        for text in [
            "always()",
            "a && b",
            "github",
            "github.ref_name || 'x'",
            "'a",
            "github[0]",
            "",
            "1 == 1",
            "toJSON(github)",
        ] {
            let error = expand(&format!("${{{{ {text} }}}}"), &context()).unwrap_err();
            assert_eq!(error.to_string(), format!("the expression `{text}` is none that can be rehearsed"));
        }
        let error = expand("${{ github.ref_nam }}", &context()).unwrap_err();
        assert_eq!(error.to_string(), "the expression `github.ref_nam` cannot be evaluated");
        assert_eq!(error.source().unwrap().to_string(), "there is no `github.ref_nam`");
        assert!(matches!(expand("${{ github.ref_name", &context()), Err(ExpressionError::Open { .. })));
    }
}
