//! From the events of the YAML library to values: the one place where their number is bounded, since an alias is read as often as it is
//! written. Knows merge keys and tags; knows no text.

use std::{cell::Cell, collections::HashSet, fmt};

use serde::de::{DeserializeSeed, Deserializer, EnumAccess, Error, IgnoredAny, MapAccess, SeqAccess, VariantAccess, Visitor};

use crate::model::yaml::{Number, Value};

/// Stands for the entries of other maps (yaml.org/type/merge).
const MERGE: &str = "<<";

/// Reads one value.
#[derive(Clone, Copy)]
pub(super) struct Reader<'r> {
    /// What may still be made, about in bytes.
    pub(super) room: &'r Cell<usize>,
    /// Merge keys are followed and tags left out, as those who write such files mean them.
    pub(super) config: bool,
}

impl Reader<'_> {
    fn take<E: Error>(self, bytes: usize) -> Result<(), E> {
        let left = self.room.get().checked_sub(bytes + 1);
        self.room
            .set(left.ok_or_else(|| E::custom("the aliases make too much of the text"))?);
        Ok(())
    }

    fn scalar<E: Error>(self, value: Value) -> Result<Value, E> {
        self.take(0).map(|()| value)
    }
}

impl<'de> DeserializeSeed<'de> for Reader<'_> {
    type Value = Value;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Value, D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Reader<'_> {
    type Value = Value;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a YAML value")
    }

    fn visit_unit<E: Error>(self) -> Result<Value, E> {
        self.scalar(Value::Null)
    }

    fn visit_none<E: Error>(self) -> Result<Value, E> {
        self.scalar(Value::Null)
    }

    fn visit_bool<E: Error>(self, flag: bool) -> Result<Value, E> {
        self.scalar(Value::Bool(flag))
    }

    fn visit_i64<E: Error>(self, number: i64) -> Result<Value, E> {
        self.scalar(Value::Number(Number::Integer(number)))
    }

    fn visit_u64<E: Error>(self, number: u64) -> Result<Value, E> {
        self.scalar(i64::try_from(number).map_or_else(|_| Value::String(number.to_string()), |it| Value::Number(Number::Integer(it))))
    }

    fn visit_i128<E: Error>(self, number: i128) -> Result<Value, E> {
        self.scalar(Value::String(number.to_string()))
    }

    fn visit_u128<E: Error>(self, number: u128) -> Result<Value, E> {
        self.scalar(Value::String(number.to_string()))
    }

    fn visit_f64<E: Error>(self, number: f64) -> Result<Value, E> {
        self.scalar(if number.is_finite() {
            Value::Number(Number::Float(number))
        } else {
            Value::String(number.to_string())
        })
    }

    fn visit_str<E: Error>(self, text: &str) -> Result<Value, E> {
        self.take(text.len())?;
        Ok(Value::String(text.to_owned()))
    }

    fn visit_string<E: Error>(self, text: String) -> Result<Value, E> {
        self.take(text.len())?;
        Ok(Value::String(text))
    }

    fn visit_some<D: Deserializer<'de>>(self, deserializer: D) -> Result<Value, D::Error> {
        self.deserialize(deserializer)
    }

    fn visit_newtype_struct<D: Deserializer<'de>>(self, deserializer: D) -> Result<Value, D::Error> {
        self.deserialize(deserializer)
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Value, A::Error> {
        self.take(0)?;
        let mut list = Vec::new();
        while let Some(item) = items.next_element_seed(self)? {
            list.push(item);
        }
        Ok(Value::List(list))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut entries: A) -> Result<Value, A::Error> {
        self.take(0)?;
        let mut map: Vec<(String, Value)> = Vec::new();
        let mut seen = HashSet::new();
        let mut merged = None;
        while let Some(key) = entries.next_key_seed(self)? {
            let key = match key {
                Value::Null => "null".to_owned(),
                other => other.scalar_text().ok_or_else(|| A::Error::custom("a key must be a plain text"))?,
            };
            if !seen.insert(key.clone()) {
                return Err(A::Error::custom(format!("the key {key:?} is there twice")));
            }
            let value = entries.next_value_seed(self)?;
            match value {
                Value::Map(_) | Value::List(_) if self.config && key == MERGE => merged = Some(value),
                value => map.push((key, value)),
            }
        }
        // What a map says itself goes before, as do the earlier ones of several.
        let merged = match merged {
            Some(Value::List(items)) => items,
            other => other.into_iter().collect(),
        };
        for (key, value) in merged.into_iter().filter_map(entries_of).flatten() {
            if seen.insert(key.clone()) {
                map.push((key, value));
            }
        }
        Ok(Value::Map(map))
    }

    fn visit_enum<A: EnumAccess<'de>>(self, tagged: A) -> Result<Value, A::Error> {
        if !self.config {
            return Err(A::Error::custom("a tag (`!`) is not read: quote the text"));
        }
        let (_, value) = tagged.variant::<IgnoredAny>()?;
        value.newtype_variant_seed(self)
    }
}

fn entries_of(value: Value) -> Option<Vec<(String, Value)>> {
    match value {
        Value::Map(entries) => Some(entries),
        _ => None,
    }
}
