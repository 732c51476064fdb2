//! Member names of JSON bodies, compared without case as Azure's resource manager does: a client that writes `Expiry` means it.
//!
//! Only names that a shape knows are compared so; keys of tags and other maps are data and stay as they are written.

use serde::de::value::{MapDeserializer, SeqDeserializer};
use serde::de::{Deserialize, Deserializer, Error as _, IntoDeserializer, MapAccess, SeqAccess, Unexpected, Visitor};
use serde::forward_to_deserialize_any;
use serde_json::{Error, Value};
use std::fmt;

/// A value whose objects are read by shapes without regard to the case of their names. The same name twice, in whatever case, is
/// refused, and so is a list where an object belongs, which serde alone would take.
///
/// Not a [`Value`], which forgets all but the last member of a name.
pub(super) enum Members {
    /// In the order in which they came.
    Object(Vec<(String, Members)>),
    /// A list.
    List(Vec<Members>),
    /// Anything else.
    Scalar(Value),
}

impl<'de> Deserialize<'de> for Members {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(AnyJson)
    }
}

struct AnyJson;

impl<'de> Visitor<'de> for AnyJson {
    type Value = Members;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("JSON")
    }

    fn visit_bool<E>(self, value: bool) -> Result<Members, E> {
        Ok(Members::Scalar(value.into()))
    }

    fn visit_i64<E>(self, value: i64) -> Result<Members, E> {
        Ok(Members::Scalar(value.into()))
    }

    fn visit_u64<E>(self, value: u64) -> Result<Members, E> {
        Ok(Members::Scalar(value.into()))
    }

    fn visit_f64<E>(self, value: f64) -> Result<Members, E> {
        Ok(Members::Scalar(value.into()))
    }

    fn visit_str<E>(self, value: &str) -> Result<Members, E> {
        Ok(Members::Scalar(value.into()))
    }

    fn visit_unit<E>(self) -> Result<Members, E> {
        Ok(Members::Scalar(Value::Null))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Members, A::Error> {
        let mut list = Vec::new();
        while let Some(item) = items.next_element()? {
            list.push(item);
        }
        Ok(Members::List(list))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut members: A) -> Result<Members, A::Error> {
        let mut object = Vec::new();
        while let Some(member) = members.next_entry()? {
            object.push(member);
        }
        Ok(Members::Object(object))
    }
}

impl<'de> IntoDeserializer<'de, Error> for Members {
    type Deserializer = Self;

    fn into_deserializer(self) -> Self {
        self
    }
}

impl<'de> Deserializer<'de> for Members {
    type Error = Error;

    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        match self {
            Self::List(items) => {
                let mut items = SeqDeserializer::new(items.into_iter());
                let value = visitor.visit_seq(&mut items)?;
                items.end()?;
                Ok(value)
            }
            Self::Object(members) => object(members, &[], visitor),
            Self::Scalar(scalar) => scalar.deserialize_any(visitor),
        }
    }

    fn deserialize_struct<V: Visitor<'de>>(
        self,
        _name: &'static str,
        fields: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Error> {
        match self {
            Self::Object(members) => object(members, fields, visitor),
            Self::List(_) => Err(Error::invalid_type(Unexpected::Seq, &visitor)),
            Self::Scalar(scalar) => scalar.deserialize_any(visitor),
        }
    }

    fn deserialize_option<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        if matches!(self, Self::Scalar(Value::Null)) { visitor.visit_none() } else { visitor.visit_some(self) }
    }

    fn deserialize_newtype_struct<V: Visitor<'de>>(self, _name: &'static str, visitor: V) -> Result<V::Value, Error> {
        visitor.visit_newtype_struct(self)
    }

    forward_to_deserialize_any! {
        bool i8 i16 i32 i64 i128 u8 u16 u32 u64 u128 f32 f64 char str string bytes byte_buf unit unit_struct seq tuple
        tuple_struct map enum identifier ignored_any
    }
}

fn object<'de, V: Visitor<'de>>(
    members: Vec<(String, Members)>,
    fields: &[&str],
    visitor: V,
) -> Result<V::Value, Error> {
    let renamed = members.into_iter().map(|(name, value)| {
        let field = fields.iter().find(|field| field.eq_ignore_ascii_case(&name));
        (field.map_or(name, |field| (*field).to_owned()), value)
    });
    visitor.visit_map(MapDeserializer::new(renamed))
}
