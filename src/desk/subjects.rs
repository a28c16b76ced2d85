//! Subjects over HTTP: taken over from the city's systems, looked up.

use std::collections::BTreeMap;

use axum::Json;
use axum::body::Bytes;
use axum::extract::State;
use serde::Serialize;

use crate::document::names::{Field, Name};
use crate::document::subject::Subject;
use crate::document::subject_import::{BadLine, Line, lines};
use crate::office::lookup::{Found, Lookup};
use crate::office::subjects::{SubjectError, Subjects, Taken};

use super::Desk;
use super::cases::Given;
use super::problem::{FieldProblem, Problem};
use super::sessions::Signed;
use super::suppressions::Shown;

/// What came of taking over.
#[derive(Serialize, schemars::JsonSchema)]
#[schemars(rename = "SubjectsTaken")]
pub struct Told {
    new: usize,
    newer: usize,
    unchanged: usize,
    bad: Vec<Bad>,
}

/// A line that was refused; the others were taken over all the same.
#[derive(Serialize, schemars::JsonSchema)]
#[schemars(rename = "SubjectLine")]
struct Bad {
    line: usize,
    errors: Vec<FieldProblem>,
}

/// Who was found.
#[derive(Serialize, schemars::JsonSchema)]
#[schemars(rename = "SubjectsFound")]
pub struct People {
    people: Vec<Seen>,
    more: bool,
}

/// Somebody who was found.
#[derive(Serialize, schemars::JsonSchema)]
#[schemars(rename = "SubjectFound")]
struct Seen {
    subject: Subject,
    /// To whoever may know.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    suppressions: Vec<Shown>,
}

/// `POST /subjects`: CSV, or JSON with one subject a line.
pub async fn take_over(State(desk): State<Desk>, signed: Signed, body: Bytes) -> Result<Json<Told>, Problem> {
    let officer = signed.officer();
    let repertoire = &**desk.hall.press.typefaces();
    let read: Vec<Line> =
        lines(&body[..], repertoire).map_err(|error| desk.problem()(SubjectError::from(error)))?.collect();
    let mut bad = Vec::new();
    let tell = |line: &BadLine| bad.push(Bad { line: line.line, errors: desk.fields_of(&line.reason.refusals()) });
    let subjects = Subjects::of(&desk.hall.register, &desk.hall.city.id);
    let taken = subjects.take_over(read.into_iter(), officer, tell).await.map_err(desk.problem())?;
    let Taken { new, newer, unchanged, bad: _ } = taken;
    Ok(Json(Told { new, newer, unchanged, bad }))
}

/// `POST /subjects/search`: those who are found by all that is given, each by the word of its field.
pub async fn search(
    State(desk): State<Desk>,
    signed: Signed,
    Given(mut wanted): Given<BTreeMap<String, String>>,
) -> Result<Json<People>, Problem> {
    let given = Field::RAREST_FIRST.into_iter().filter_map(|field| Some((field, wanted.remove(field.key())?)));
    let names: Vec<Name> = given.map(|(field, text)| Name::new(field, &text)).collect();
    if names.is_empty() || !wanted.is_empty() {
        return Err(desk.refused("request-malformed"));
    }
    let lookup = Lookup::of(&desk.hall.register, &desk.hall.city.id, signed.officer());
    let Found { people, more } = lookup.find(&names).await.map_err(desk.problem())?;
    let seen = people.into_iter().map(|seen| Seen {
        subject: seen.subject,
        suppressions: seen.suppressions.into_iter().map(Shown::from).collect(),
    });
    Ok(Json(People { people: seen.collect(), more }))
}
