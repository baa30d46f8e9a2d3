//! Brings values of TOML into the types of a configuration. Owns what is said of one that does not fit: the key with all
//! tables above it, and TOML's own words. No value is ever shown, since it may be somebody's secret.

use std::fmt::{self, Display};

use serde::de::value::{CowStrDeserializer, StrDeserializer};
use serde::de::{
    DeserializeSeed, Deserializer, Error, Expected, IntoDeserializer as _, MapAccess, SeqAccess, Unexpected, Visitor,
};
use serde::forward_to_deserialize_any;
use toml::Spanned;
use toml::de::{DeArray, DeInteger, DeString, DeTable, DeValue};

/// A value and where it is.
pub(super) struct Value<'de> {
    pub(super) value: DeValue<'de>,
    pub(super) place: Place,
}

/// Where a value is in the file.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Place {
    /// Its key below all others, as in `tls.certificates[0].key`; empty for the whole file.
    pub(super) path: String,
    /// The byte where it begins, or its key; none for the whole file.
    pub(super) offset: Option<usize>,
}

impl Place {
    fn key(&self, key: &Spanned<DeString<'_>>) -> Self {
        let name = shown_key(key.get_ref());
        let path = if self.path.is_empty() { name } else { format!("{}.{name}", self.path) };
        Self { path, offset: Some(key.span().start) }
    }

    fn element(&self, index: usize, offset: usize) -> Self {
        Self { path: format!("{}[{index}]", self.path), offset: Some(offset) }
    }
}

/// A key as it would have to be typed.
fn shown_key(key: &str) -> String {
    let is_bare = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_');
    if !key.is_empty() && key.bytes().all(is_bare) { key.to_owned() } else { format!("{key:?}") }
}

/// Why a value does not fit.
#[derive(Debug)]
pub(super) struct Misfit {
    pub(super) problem: MisfitProblem,
    /// None until the error has left the value that it is about.
    pub(super) place: Option<Place>,
}

/// What is wrong.
#[derive(Debug)]
pub(super) enum MisfitProblem {
    /// The key at the place is none of these.
    UnknownKey(&'static [&'static str]),
    /// The table at the place lacks this key.
    MissingKey(&'static str),
    /// This text is none of those that are known at the place.
    UnknownValue(String, &'static [&'static str]),
    /// A continuation of the place's path.
    Other(String),
}

impl Misfit {
    fn new(problem: MisfitProblem) -> Self {
        Self { problem, place: None }
    }

    /// The same at this place, unless it is known to be further inside.
    fn at(mut self, place: &Place) -> Self {
        self.place.get_or_insert_with(|| place.clone());
        self
    }
}

impl Error for Misfit {
    fn custom<T: Display>(message: T) -> Self {
        Self::new(MisfitProblem::Other(message.to_string()))
    }

    fn invalid_type(_unexpected: Unexpected<'_>, expected: &dyn Expected) -> Self {
        Self::custom(format_args!("must be {expected}"))
    }

    fn invalid_value(_unexpected: Unexpected<'_>, expected: &dyn Expected) -> Self {
        Self::custom(format_args!("must be {expected}"))
    }

    fn unknown_field(_field: &str, expected: &'static [&'static str]) -> Self {
        Self::new(MisfitProblem::UnknownKey(expected))
    }

    fn unknown_variant(variant: &str, expected: &'static [&'static str]) -> Self {
        Self::new(MisfitProblem::UnknownValue(variant.to_owned(), expected))
    }

    fn missing_field(field: &'static str) -> Self {
        Self::new(MisfitProblem::MissingKey(field))
    }
}

impl Display for Misfit {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{:?}", self.problem)
    }
}

impl std::error::Error for Misfit {}

/// The kind of a value, in words.
fn kind(value: &DeValue<'_>) -> &'static str {
    match value {
        DeValue::String(_) => "a text",
        DeValue::Integer(_) => "a whole number",
        DeValue::Float(_) => "a number with a fraction",
        DeValue::Boolean(_) => "`true` or `false`",
        DeValue::Datetime(_) => "a date or time",
        DeValue::Array(_) => "a list",
        DeValue::Table(_) => "a table",
    }
}

impl Value<'_> {
    fn refuse_kind(self, wanted: impl Display) -> Misfit {
        Misfit::custom(format_args!("must be {wanted}, not {}", kind(&self.value))).at(&self.place)
    }
}

/// The methods for types of whole numbers, which name their bounds.
macro_rules! whole_numbers {
    ($($method:ident $visit:ident $type:ty)*) => {$(
        fn $method<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Misfit> {
            let wanted = format!("a whole number from `{}` to `{}`", <$type>::MIN, <$type>::MAX);
            let DeValue::Integer(number) = &self.value else { return Err(self.refuse_kind(wanted)) };
            match <$type>::from_str_radix(number.as_str(), number.radix()) {
                Ok(number) => visitor.$visit(number).map_err(|misfit: Misfit| misfit.at(&self.place)),
                Err(_) => Err(Misfit::custom(format_args!("must be {wanted}")).at(&self.place)),
            }
        }
    )*};
}

impl<'de> Deserializer<'de> for Value<'de> {
    type Error = Misfit;

    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Misfit> {
        let place = self.place;
        let visited = match self.value {
            DeValue::String(text) => visitor.visit_string(text.into_owned()),
            DeValue::Integer(number) => visit_any_number(&number, visitor),
            DeValue::Float(number) => match number.as_str().parse() {
                Ok(number) => visitor.visit_f64(number),
                Err(_) => Err(Misfit::custom("must be a number of at most 64 bits")),
            },
            DeValue::Boolean(value) => visitor.visit_bool(value),
            DeValue::Datetime(_) => Err(Misfit::invalid_type(Unexpected::Other("a date"), &visitor)),
            DeValue::Array(array) => visitor.visit_seq(Elements::new(array, &place)),
            DeValue::Table(table) => visitor.visit_map(Entries::new(table, &place)),
        };
        visited.map_err(|misfit| misfit.at(&place))
    }

    whole_numbers! {
        deserialize_i8 visit_i8 i8 deserialize_i16 visit_i16 i16 deserialize_i32 visit_i32 i32 deserialize_i64 visit_i64 i64
        deserialize_u8 visit_u8 u8 deserialize_u16 visit_u16 u16 deserialize_u32 visit_u32 u32 deserialize_u64 visit_u64 u64
    }

    fn deserialize_bool<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Misfit> {
        match &self.value {
            DeValue::Boolean(_) => self.deserialize_any(visitor),
            _ => Err(self.refuse_kind("`true` or `false`")),
        }
    }

    fn deserialize_f64<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Misfit> {
        match &self.value {
            DeValue::Float(_) | DeValue::Integer(_) => self.deserialize_any(visitor),
            _ => Err(self.refuse_kind("a number")),
        }
    }

    fn deserialize_f32<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Misfit> {
        self.deserialize_f64(visitor)
    }

    fn deserialize_str<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Misfit> {
        match &self.value {
            DeValue::String(_) => self.deserialize_any(visitor),
            _ => Err(self.refuse_kind("a text")),
        }
    }

    fn deserialize_string<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Misfit> {
        self.deserialize_str(visitor)
    }

    fn deserialize_option<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Misfit> {
        visitor.visit_some(self)
    }

    fn deserialize_newtype_struct<V: Visitor<'de>>(self, _name: &'static str, visitor: V) -> Result<V::Value, Misfit> {
        visitor.visit_newtype_struct(self)
    }

    fn deserialize_seq<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Misfit> {
        match &self.value {
            DeValue::Array(_) => self.deserialize_any(visitor),
            _ => Err(self.refuse_kind("a list")),
        }
    }

    fn deserialize_map<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Misfit> {
        match &self.value {
            DeValue::Table(_) => self.deserialize_any(visitor),
            _ => Err(self.refuse_kind("a table")),
        }
    }

    // A list is no table whose keys are left out, as it is to serde.
    fn deserialize_struct<V: Visitor<'de>>(
        self,
        _name: &'static str,
        _keys: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Misfit> {
        self.deserialize_map(visitor)
    }

    fn deserialize_enum<V: Visitor<'de>>(
        self,
        _name: &'static str,
        variants: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Misfit> {
        match self.value {
            DeValue::String(text) => {
                let name: CowStrDeserializer<'_, Misfit> = text.into_deserializer();
                visitor.visit_enum(name).map_err(|misfit| misfit.at(&self.place))
            }
            _ => Err(self.refuse_kind(format_args!("one of `{}`", variants.join("`, `")))),
        }
    }

    // Only a type that forgets to deny unknown keys would ignore one.
    fn deserialize_ignored_any<V: Visitor<'de>>(self, _visitor: V) -> Result<V::Value, Misfit> {
        Err(Misfit::new(MisfitProblem::UnknownKey(&[])).at(&self.place))
    }

    forward_to_deserialize_any! {
        i128 u128 char bytes byte_buf unit unit_struct tuple tuple_struct identifier
    }
}

/// For what takes several kinds of values.
fn visit_any_number<'de, V: Visitor<'de>>(number: &DeInteger<'_>, visitor: V) -> Result<V::Value, Misfit> {
    match i64::from_str_radix(number.as_str(), number.radix()) {
        Ok(number) => visitor.visit_i64(number),
        Err(_) => Err(Misfit::custom("must be a whole number of at most 64 bits")),
    }
}

/// What is in a list.
struct Elements<'de> {
    rest: std::iter::Enumerate<std::vec::IntoIter<Spanned<DeValue<'de>>>>,
    place: Place,
}

impl<'de> Elements<'de> {
    fn new(array: DeArray<'de>, place: &Place) -> Self {
        let elements: Vec<Spanned<DeValue<'de>>> = array.into_iter().collect();
        Self { rest: elements.into_iter().enumerate(), place: place.clone() }
    }
}

impl<'de> SeqAccess<'de> for Elements<'de> {
    type Error = Misfit;

    fn next_element_seed<T: DeserializeSeed<'de>>(&mut self, seed: T) -> Result<Option<T::Value>, Misfit> {
        let Some((index, element)) = self.rest.next() else { return Ok(None) };
        let place = self.place.element(index, element.span().start);
        let value = Value { value: element.into_inner(), place: place.clone() };
        seed.deserialize(value).map(Some).map_err(|misfit| misfit.at(&place))
    }
}

/// What is in a table.
struct Entries<'de> {
    rest: std::vec::IntoIter<(Spanned<DeString<'de>>, Spanned<DeValue<'de>>)>,
    value: Option<Value<'de>>,
    place: Place,
}

impl<'de> Entries<'de> {
    fn new(table: DeTable<'de>, place: &Place) -> Self {
        let entries: Vec<_> = table.into_iter().collect();
        Self { rest: entries.into_iter(), value: None, place: place.clone() }
    }
}

impl<'de> MapAccess<'de> for Entries<'de> {
    type Error = Misfit;

    fn next_key_seed<K: DeserializeSeed<'de>>(&mut self, seed: K) -> Result<Option<K::Value>, Misfit> {
        let Some((key, value)) = self.rest.next() else { return Ok(None) };
        let place = self.place.key(&key);
        self.value = Some(Value { value: value.into_inner(), place: place.clone() });
        let name: StrDeserializer<'_, Misfit> = (&**key.get_ref()).into_deserializer();
        seed.deserialize(name).map(Some).map_err(|misfit| misfit.at(&place))
    }

    fn next_value_seed<T: DeserializeSeed<'de>>(&mut self, seed: T) -> Result<T::Value, Misfit> {
        let Some(value) = self.value.take() else { return Err(Misfit::custom("has no value")) };
        let place = value.place.clone();
        seed.deserialize(value).map_err(|misfit| misfit.at(&place))
    }
}
