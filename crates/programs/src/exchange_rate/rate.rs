//! The rate, and how the upstream writes it.

use std::{error::Error, fmt};

use serde_json::Value;

/// An exchange rate above zero. It keeps the digits that the upstream wrote.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rate(String);

impl fmt::Display for Rate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl Rate {
    /// Reads the answer of the upstream: `{"base":"EUR","rates":{"USD":1.0842}}`.
    ///
    /// ```
    /// use unplugged_programs::exchange_rate::Rate;
    ///
    /// let pair = ["EUR".to_owned(), "USD".to_owned()];
    /// let rate = Rate::parse(br#"{"base":"EUR","rates":{"USD":1.0840}}"#, &pair)?;
    /// assert_eq!(rate.to_string(), "1.0840");
    /// # Ok::<(), unplugged_programs::exchange_rate::ParseRateError>(())
    /// ```
    ///
    /// # Errors
    /// [`ParseRateError`] if it is not of this form, of another base, without the currency, or its rate is not above zero and finite.
    pub fn parse(body: &[u8], [base, quote]: &[String; 2]) -> Result<Self, ParseRateError> {
        let answer: Value = serde_json::from_slice(body).map_err(|_| ParseRateError::NoJson)?;
        match &answer["base"] {
            Value::String(other) if other == base => {}
            Value::String(other) => return Err(ParseRateError::OtherBase(other.clone())),
            _ => return Err(ParseRateError::NoBase),
        }
        let rate = &answer["rates"][quote.as_str()];
        let Value::Number(number) = rate else { return Err(ParseRateError::NoRate(quote.clone())) };
        match number.as_f64() {
            Some(value) if value.is_finite() && value > 0.0 => Ok(Self(number.to_string())),
            _ => Err(ParseRateError::OutOfRange(number.to_string())),
        }
    }
}

/// An answer of the upstream that is no rate.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum ParseRateError {
    /// It is no JSON.
    NoJson,
    /// It has no base currency.
    NoBase,
    /// It has this base currency.
    OtherBase(String),
    /// It has no number for this currency.
    NoRate(String),
    /// Its rate is this.
    OutOfRange(String),
}

impl fmt::Display for ParseRateError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NoJson => f.write_str("the answer is no JSON"),
            Self::NoBase => f.write_str("the answer has no base currency"),
            Self::OtherBase(other) => write!(f, "the answer is for {other}"),
            Self::NoRate(quote) => write!(f, "the answer has no rate for {quote}"),
            Self::OutOfRange(rate) => write!(f, "the rate {rate} is out of range"),
        }
    }
}

impl Error for ParseRateError {}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(body: &str) -> Result<String, String> {
        let pair = ["EUR".to_owned(), "USD".to_owned()];
        Rate::parse(body.as_bytes(), &pair).map(|rate| rate.to_string()).map_err(|error| error.to_string())
    }

    #[test]
    fn a_rate_keeps_its_digits() {
        for digits in
            ["1.0842", "1.0840", "1", "0.00000000000000000001", "123456789012345678901234567890.5", "1e-7"]
        {
            assert_eq!(
                parse(&format!(r#"{{"base":"EUR","rates":{{"GBP":1,"USD":{digits}}}}}"#)).as_deref(),
                Ok(digits)
            );
        }
    }

    #[test]
    fn each_wrong_answer_has_its_text() {
        for (body, text) in [
            ("", "the answer is no JSON"),
            ("<html>", "the answer is no JSON"),
            (r#"{"base":"EUR","rates":{"USD":1.0}"#, "the answer is no JSON"),
            ("{}", "the answer has no base currency"),
            ("[]", "the answer has no base currency"),
            (r#"{"base":1}"#, "the answer has no base currency"),
            (r#"{"base":"GBP","rates":{"USD":1}}"#, "the answer is for GBP"),
            (r#"{"base":"EUR"}"#, "the answer has no rate for USD"),
            (r#"{"base":"EUR","rates":{"GBP":1}}"#, "the answer has no rate for USD"),
            (r#"{"base":"EUR","rates":{"USD":"1"}}"#, "the answer has no rate for USD"),
            (r#"{"base":"EUR","rates":{"USD":0}}"#, "the rate 0 is out of range"),
            (r#"{"base":"EUR","rates":{"USD":-1.5}}"#, "the rate -1.5 is out of range"),
            (r#"{"base":"EUR","rates":{"USD":1e999}}"#, "the rate 1e+999 is out of range"),
        ] {
            assert_eq!(parse(body), Err(text.to_owned()), "{body}");
        }
    }
}
