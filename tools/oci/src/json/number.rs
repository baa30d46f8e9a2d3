//! Numbers as `jq` 1.7 prints them: the literal's digits in the notation of the General Decimal Arithmetic
//! specification ("to-scientific-string"), whatever their number. Does no arithmetic.

use std::fmt;

/// Past this exponent `jq` falls back to a double, which it clamps to the largest one.
const LARGEST_EXPONENT: i64 = 999_999_999;
const LARGEST_DOUBLE: &str = "1.7976931348623157e+308";

/// A number, as the text that is printed for it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Number(String);

impl Number {
    /// The number that the JSON literal `literal` stands for. The caller has checked that it is one.
    pub(super) fn from_literal(literal: &str) -> Self {
        let (sign, unsigned) = literal.strip_prefix('-').map_or(("", literal), |rest| ("-", rest));
        let (mantissa, exponent) = unsigned.split_once(['e', 'E']).unwrap_or((unsigned, "0"));
        let (whole, fraction) = mantissa.split_once('.').unwrap_or((mantissa, ""));
        let digits = format!("{whole}{fraction}");
        let digits = match digits.trim_start_matches('0') {
            "" => "0",
            significant => significant,
        };
        let exponent = saturating_exponent(exponent).saturating_sub(length(fraction));
        Self(format!("{sign}{}", scientific(digits, exponent)))
    }
}

impl From<u64> for Number {
    fn from(number: u64) -> Self {
        Self(number.to_string())
    }
}

impl fmt::Display for Number {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.0)
    }
}

/// `digits` times ten to the power `exponent`.
fn scientific(digits: &str, exponent: i64) -> String {
    let adjusted = exponent.saturating_add(length(digits) - 1);
    if exponent == 0 {
        return digits.to_owned();
    }
    if adjusted > LARGEST_EXPONENT && digits != "0" {
        return LARGEST_DOUBLE.to_owned();
    }
    if exponent > 0 || adjusted < -6 {
        let (first, rest) = digits.split_at(1);
        let point = if rest.is_empty() { "" } else { "." };
        return format!("{first}{point}{rest}E{adjusted:+}");
    }
    let before_point = length(digits) + exponent;
    match usize::try_from(before_point) {
        Ok(place @ 1..) => format!("{}.{}", &digits[..place], &digits[place..]),
        _ => format!("0.{}{digits}", "0".repeat(usize::try_from(-before_point).unwrap_or_default())),
    }
}

/// An exponent too long for an `i64` is as good as the largest one.
fn saturating_exponent(text: &str) -> i64 {
    text.parse().unwrap_or(if text.starts_with('-') { i64::MIN } else { i64::MAX })
}

fn length(digits: &str) -> i64 {
    i64::try_from(digits.len()).unwrap_or(i64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn literals_are_printed_as_jq_does() {
        let cases = [
            ("0", "0"),
            ("-0", "-0"),
            ("30000000000", "30000000000"),
            ("100000000000000000000000000000000001", "100000000000000000000000000000000001"),
            ("1.0", "1.0"),
            ("-1.50", "-1.50"),
            ("0.00", "0.00"),
            ("1e3", "1E+3"),
            ("1E+3", "1E+3"),
            ("12e3", "1.2E+4"),
            ("100e-2", "1.00"),
            ("0.000001", "0.000001"),
            ("0.0000001", "1E-7"),
            ("123e-9", "1.23E-7"),
            ("0e5", "0E+5"),
            ("1e1000", "1E+1000"),
            ("1e1000000000", LARGEST_DOUBLE),
            ("-1e99999999999999999999", "-1.7976931348623157e+308"),
        ];
        for (literal, printed) in cases {
            assert_eq!(Number::from_literal(literal).to_string(), printed, "{literal}");
        }
    }
}
