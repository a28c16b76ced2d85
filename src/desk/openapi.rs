//! 仕様書: the API as OpenAPI 3.1, made of the one list of endpoints and of the types that are read and answered.

use std::sync::LazyLock;

use axum::Json;
use axum::body::Bytes;
use axum::extract::State;
use axum::http::HeaderMap;
use schemars::generate::{SchemaGenerator, SchemaSettings};
use schemars::{JsonSchema, Schema};
use serde_json::{Map, Value, json};

use crate::press::template::Templates;

use super::cases::{Asked, At, Given, Seen};
use super::endpoints::{Endpoint, Need, endpoints};
use super::problem::Problem;
use super::sessions::Signed;
use super::terminals::TERMINAL;
use super::{Desk, repeat};

/// Version of OpenAPI.
const VERSION: &str = "3.1.0";
/// Where the schemas of types stand.
const SCHEMAS: &str = "/components/schemas";
/// What a refusal is.
const PROBLEM: &str = "application/problem+json";

/// Describes a type among the document's schemas.
pub type Described = fn(&mut SchemaGenerator) -> Schema;

/// What is asked of whoever asks.
#[derive(Default)]
pub struct Asking {
    parameters: Vec<Value>,
    body: Option<(&'static str, Described)>,
    query: Option<Described>,
}

/// What a part of a request is made of.
pub trait Part {
    /// Says what it asks for; nothing where it is the program's own business.
    fn ask(_asking: &mut Asking) {}
}

impl Part for State<Desk> {}
impl Part for Signed {}
impl Part for HeaderMap {}
/// The names are those of the path.
impl<T> Part for At<T> {}

impl Part for Seen {
    fn ask(asking: &mut Asking) {
        asking.header("If-Match", "The version of the case that was seen: its ETag. Nothing is done to another one.");
    }
}

impl<T: JsonSchema> Part for Given<T> {
    fn ask(asking: &mut Asking) {
        asking.body = Some(("application/json", SchemaGenerator::subschema_for::<T>));
    }
}

impl Part for Bytes {
    fn ask(asking: &mut Asking) {
        asking.body = Some(("application/octet-stream", |_| Schema::default()));
    }
}

impl<T: JsonSchema> Part for Asked<Option<T>> {
    fn ask(asking: &mut Asking) {
        asking.query = Some(SchemaGenerator::root_schema_for::<T>);
    }
}

impl Asking {
    fn header(&mut self, name: &str, description: &str) {
        let schema = json!({ "type": "string" });
        self.parameters.push(json!({ "name": name, "in": "header", "description": description, "schema": schema }));
    }
}

/// What a handler is made of: its parts, after what tells axum of which form it is.
pub trait Parts {
    /// Says what each of them asks for.
    fn ask(asking: &mut Asking);
}

impl Parts for ((),) {
    fn ask(_: &mut Asking) {}
}

macro_rules! parts {
    ($(($($part:ident)+))+) => {$(
        impl<Form, $($part: Part),+> Parts for (Form, $($part,)+) {
            fn ask(asking: &mut Asking) {
                $($part::ask(asking);)+
            }
        }
    )+};
}

parts! { (A) (A B) (A B C) (A B C D) (A B C D E) (A B C D E F) }

/// What is answered where nothing is refused.
pub struct Answer {
    /// Status.
    pub status: u16,
    /// What it is, and of which form; nothing where there is no body.
    pub content: Option<(&'static str, Described)>,
    /// Whether it bears a version.
    pub tagged: bool,
}

impl Answer {
    fn described(&self, schemas: &mut SchemaGenerator) -> (String, Value) {
        let mut answer = Map::from_iter([("description".to_owned(), json!("done"))]);
        if let Some((kind, schema)) = &self.content {
            answer.insert("content".to_owned(), json!({ *kind: { "schema": schema(schemas) } }));
        }
        if self.tagged {
            let tag = json!({ "description": "The version of the case", "schema": { "type": "string" } });
            answer.insert("headers".to_owned(), json!({ "ETag": tag }));
        }
        (self.status.to_string(), Value::Object(answer))
    }
}

impl Endpoint {
    fn described(&self, asked: &mut SchemaGenerator, answered: &mut SchemaGenerator) -> Value {
        let mut asking = Asking::default();
        for name in self.path.split('/').filter_map(|part| part.strip_prefix('{')?.strip_suffix('}')) {
            let numbered = name == "document" || self.path.starts_with("/paper/");
            let kind = if numbered { "integer" } else { "string" };
            let schema = json!({ "type": kind });
            asking.parameters.push(json!({ "name": name, "in": "path", "required": true, "schema": schema }));
        }
        (self.asks)(&mut asking);
        if self.need == Need::Terminal {
            asking.header(TERMINAL, "The token of the terminal at which it is done.");
        }
        if self.changes() || self.path.ends_with("/issuances") {
            asking.header(repeat::KEY, "A key of the sender's: the same request is done once.");
        }
        if let Some(query) = asking.query {
            asking.parameters.extend(in_query(&query(asked)));
        }
        let mut answers = Map::from_iter(self.answers.iter().map(|answer| answer.described(answered)));
        let problem = json!({ "$ref": "#/components/responses/Problem" });
        answers.extend(self.refusals().into_iter().map(|status| (status.to_owned(), problem.clone())));
        let mut operation = json!({
            "operationId": self.name, "parameters": asking.parameters, "responses": answers,
        });
        if let Some((kind, schema)) = asking.body {
            operation["requestBody"] = json!({ "required": true, "content": { kind: { "schema": schema(asked) } } });
        }
        if self.need != Need::Nothing {
            operation["security"] = json!([{ "session": [] }]);
        }
        operation
    }

    /// With which statuses it may refuse.
    fn refusals(&self) -> Vec<&'static str> {
        let mut refusals = vec!["400", "404", "409", "413", "422", "429", "500", "503"];
        if self.need != Need::Nothing {
            refusals.extend(["401", "403", "410", "412"]);
        } else if self.path == "/session" {
            refusals.push("401");
        }
        refusals
    }
}

/// The parameters of a query, out of the schema of what it is read into.
fn in_query(schema: &Schema) -> Vec<Value> {
    let required = schema.get("required").and_then(Value::as_array).cloned().unwrap_or_default();
    let fields = schema.get("properties").and_then(Value::as_object).into_iter().flatten();
    let parameter = |(name, schema): (&String, &Value)| json!({ "name": name, "in": "query", "required": required.contains(&json!(name)), "schema": schema });
    fields.map(parameter).collect()
}

/// The document.
pub fn document() -> Value {
    let settings = || SchemaSettings::draft2020_12().with(|settings| settings.definitions_path = SCHEMAS.into());
    let (mut asked, mut answered) = (settings().into_generator(), settings().for_serialize().into_generator());
    let problem = answered.subschema_for::<Problem>();
    let mut paths = Map::new();
    for endpoint in endpoints() {
        let path = paths.entry(endpoint.path).or_insert_with(|| json!({}));
        path[endpoint.method.word().to_lowercase()] = endpoint.described(&mut asked, &mut answered);
    }
    let mut schemas = asked.take_definitions(true);
    schemas.extend(answered.take_definitions(true));
    if let Some(title) = schemas.get_mut("Problem").and_then(|problem| problem.pointer_mut("/properties/title")) {
        title["enum"] = json!(codes());
    }
    json!({
        "openapi": VERSION,
        "info": { "title": env!("CARGO_PKG_NAME"), "version": env!("CARGO_PKG_VERSION"), "description": env!("CARGO_PKG_DESCRIPTION") },
        "servers": [{ "url": super::API }],
        "paths": paths,
        "components": {
            "schemas": schemas,
            "responses": { "Problem": { "description": "refused", "content": { PROBLEM: { "schema": problem } } } },
            "securitySchemes": { "session": { "type": "http", "scheme": "bearer" } },
        },
    })
}

/// Every code of a refusal, as the sentences have them.
fn codes() -> Vec<String> {
    let templates = Templates::embedded();
    let text = templates.text("words/refusals.toml").unwrap_or_default();
    let sentences = text.parse::<toml::Table>().unwrap_or_default();
    let codes = sentences.get("refusal").and_then(toml::Value::as_table);
    codes.map(|codes| codes.keys().cloned().collect()).unwrap_or_default()
}

/// `GET /openapi.json`.
pub async fn show() -> Json<&'static Value> {
    static DOCUMENT: LazyLock<Value> = LazyLock::new(document);
    Json(&DOCUMENT)
}
