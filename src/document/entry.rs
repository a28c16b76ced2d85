//! The kinds of nothing. 該当なし, データなし, 請求により省略 and 未申告 are different statements and print
//! differently; which of them a field can make is part of its type.

use std::marker::PhantomData;

use super::cbor::Cbor;
use super::json::Json;
use super::parse::{Parse, Reader};

/// Why a field has no value. In data: `{"nothing": "omitted"}`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Nothing {
    /// 請求により省略: 【省略】. The value is not in the document at all.
    Omitted,
    /// データなし: 【空欄】.
    NoData,
    /// 該当なし: ＊＊＊.
    NotApplicable,
    /// 未申告, or a figure that this certificate does not state: ＊.
    Undeclared,
}

impl Nothing {
    /// The word in data, and the key of the wording on paper.
    pub fn key(self) -> &'static str {
        match self {
            Self::Omitted => "omitted",
            Self::NoData => "no-data",
            Self::NotApplicable => "not-applicable",
            Self::Undeclared => "undeclared",
        }
    }
}

/// Which kinds of nothing a field allows.
pub trait Allowed {
    /// The kinds.
    const KINDS: &'static [Nothing];
}

macro_rules! allowed {
    ($($(#[$doc:meta])* $name:ident = [$($kind:ident),*];)*) => {$(
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq)]
        pub struct $name;
        impl Allowed for $name {
            const KINDS: &'static [Nothing] = &[$(Nothing::$kind),*];
        }
    )*};
}

allowed! {
    /// May be omitted by the request, or be empty in the register.
    OmittedOrNoData = [Omitted, NoData];
    /// May be omitted by the request, or not concern the person.
    OmittedOrNotApplicable = [Omitted, NotApplicable];
    /// May be omitted, be empty, or not concern the person.
    AnyButUndeclared = [Omitted, NoData, NotApplicable];
    /// May be empty in the register.
    NoDataOnly = [NoData];
    /// May be empty in the register, or not concern the person.
    NoDataOrNotApplicable = [NoData, NotApplicable];
    /// May not concern the person or property.
    NotApplicableOnly = [NotApplicable];
    /// May be a figure that was not declared or is not stated.
    UndeclaredOnly = [Undeclared];
}

/// A value or one of the allowed kinds of nothing.
#[derive(Debug, Clone, PartialEq)]
pub enum Entry<T, A> {
    /// The value.
    Given(T),
    /// Why there is none.
    Nothing(Nothing, PhantomData<A>),
}

/// A field that a request may omit (法12条5項): never absent from data, so that nothing is omitted
/// by forgetting it.
pub type Omittable<T> = Entry<T, OmittedOrNoData>;
/// A field that a request may omit and that does not concern everyone.
pub type OmittableIfAny<T> = Entry<T, AnyButUndeclared>;
/// A field that may be empty in the register or not concern the person.
pub type Perhaps<T> = Entry<T, NoDataOrNotApplicable>;
/// A field that may be empty in the register.
pub type Known<T> = Entry<T, NoDataOnly>;
/// A field that does not concern everyone.
pub type IfAny<T> = Entry<T, NotApplicableOnly>;
/// A figure of a tax certificate.
pub type Declared<T> = Entry<T, UndeclaredOnly>;

impl<T, A> Entry<T, A> {
    /// The value, where there is one.
    pub fn given(&self) -> Option<&T> {
        match self {
            Self::Given(value) => Some(value),
            Self::Nothing(..) => None,
        }
    }

    /// The value, or the kind of nothing.
    pub fn as_result(&self) -> Result<&T, Nothing> {
        match self {
            Self::Given(value) => Ok(value),
            Self::Nothing(kind, _) => Err(*kind),
        }
    }
}

impl<T: Parse, A: Allowed> Parse for Entry<T, A> {
    fn parse(json: &Json, reader: &mut Reader<'_>) -> Option<Self> {
        let Some(word) = json.nothing() else { return T::parse(json, reader).map(Self::Given) };
        match A::KINDS.iter().find(|kind| kind.key() == word) {
            Some(kind) => Some(Self::Nothing(*kind, PhantomData)),
            None => {
                let allowed: Vec<&str> = A::KINDS.iter().map(|kind| kind.key()).collect();
                let refusal = reader.refusal("not-a-choice").with("choices", allowed.join(", "));
                reader.push(refusal)
            }
        }
    }

    fn encode(&self) -> Option<Cbor> {
        match self {
            Self::Given(value) => value.encode(),
            Self::Nothing(kind, _) => Some(Cbor::Map(vec![("nothing", Cbor::Text(kind.key().to_owned()))])),
        }
    }
}
