//! 職員の登録 over HTTP: who works where, what two people change, and each person's own password.

use std::collections::BTreeSet;

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use serde::{Deserialize, Serialize};

use crate::case::id::PersonId;
use crate::office::accounts::Account;
use crate::office::machine::{Machine, Permit};
use crate::office::password::Password;
use crate::office::proposals::{Change, Entrance, ProposalError, Proposed};
use crate::office::right::Right;
use crate::office::sign_in::SignInError;
use crate::office::token::Code;
use crate::procedure::Role;

use super::Desk;
use super::cases::{At, Given};
use super::problem::Problem;
use super::sessions::Signed;

/// The people of an office.
#[derive(Serialize, schemars::JsonSchema)]
#[schemars(rename = "PeopleList")]
pub struct List {
    people: Vec<Account>,
}

/// What is proposed of an account.
#[derive(Deserialize, schemars::JsonSchema)]
#[schemars(rename = "PersonWish")]
#[serde(rename_all = "kebab-case", deny_unknown_fields, tag = "change")]
pub enum Wish {
    /// Somebody new.
    Add {
        #[schemars(with = "String")]
        person: PersonId,
        name: String,
        roles: BTreeSet<Role>,
        #[serde(default)]
        rights: BTreeSet<Right>,
    },
    /// A program.
    AddProgram {
        #[schemars(with = "String")]
        person: PersonId,
        name: String,
        roles: BTreeSet<Role>,
        permits: BTreeSet<Permit>,
        days: u16,
    },
    /// Other roles.
    Roles {
        #[schemars(with = "String")]
        person: PersonId,
        roles: BTreeSet<Role>,
    },
    /// Other rights.
    Rights {
        #[schemars(with = "String")]
        person: PersonId,
        rights: BTreeSet<Right>,
    },
    /// The end.
    End {
        #[schemars(with = "String")]
        person: PersonId,
    },
    /// A password, or a program's token, anew.
    Password {
        #[schemars(with = "String")]
        person: PersonId,
    },
}

/// What whoever proposed is told, once.
#[derive(Serialize, schemars::JsonSchema)]
#[schemars(rename = "ProposalWaiting")]
pub struct Waiting {
    proposal: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    half: Option<String>,
}

impl From<Proposed> for Waiting {
    fn from(Proposed { id, half }: Proposed) -> Self {
        Self { proposal: id, half: half.map(|half| half.text().to_string()) }
    }
}

/// A proposal that waits.
#[derive(Serialize, schemars::JsonSchema)]
#[schemars(rename = "ProposalShown")]
pub struct Shown {
    proposal: String,
    #[schemars(with = "String")]
    by: PersonId,
    #[serde(flatten)]
    #[schemars(with = "serde_json::Map<String, serde_json::Value>")]
    change: Change,
}

/// What waits.
#[derive(Serialize, schemars::JsonSchema)]
#[schemars(rename = "ProposalsOpen")]
pub struct Open {
    proposals: Vec<Shown>,
}

/// What whoever confirmed is told, once: the other half of a code, or a program's token.
#[derive(Serialize, schemars::JsonSchema)]
#[schemars(rename = "ProposalConfirmed")]
#[serde(rename_all = "kebab-case")]
pub enum Confirmed {
    /// The other half.
    Half(String),
    /// The token.
    Token(String),
    /// Nothing more.
    Done(bool),
}

/// The first two of an office.
#[derive(Deserialize, schemars::JsonSchema)]
#[schemars(rename = "PeopleFirsts")]
#[serde(deny_unknown_fields)]
pub struct Firsts {
    code: String,
    people: [First; 2],
}

/// One of them.
#[derive(Deserialize, schemars::JsonSchema)]
#[schemars(rename = "PersonFirst")]
#[serde(deny_unknown_fields)]
pub struct First {
    #[schemars(with = "String")]
    person: PersonId,
    name: String,
}

/// The code by which one of them chooses a password.
#[derive(Serialize, schemars::JsonSchema)]
#[schemars(rename = "PersonAdmitted")]
pub struct Admitted {
    #[schemars(with = "String")]
    person: PersonId,
    code: String,
}

/// A password that is chosen by a code.
#[derive(Deserialize, schemars::JsonSchema)]
#[schemars(rename = "PasswordChoosing")]
#[serde(deny_unknown_fields)]
pub struct Choosing {
    person: String,
    code: String,
    password: String,
}

/// A password that is chosen by the one before.
#[derive(Deserialize, schemars::JsonSchema)]
#[schemars(rename = "PasswordChanging")]
#[serde(deny_unknown_fields)]
pub struct Changing {
    password: String,
    new: String,
}

/// `GET /people`: of the person's office.
pub async fn list(State(desk): State<Desk>, signed: Signed) -> Result<Json<List>, Problem> {
    let people = desk.hall.proposals().colleagues(&signed.officer()).await.map_err(desk.problem())?;
    Ok(Json(List { people }))
}

/// `POST /people/first`: by the code that the machine told.
pub async fn first(
    State(desk): State<Desk>,
    Given(Firsts { code, people }): Given<Firsts>,
) -> Result<(StatusCode, Json<Vec<Admitted>>), Problem> {
    let accounts = desk.hall.accounts();
    let office = accounts.opened(&Code::typed(&code)).await.map_err(desk.problem())?;
    let two = people.map(|First { person, name }| Account::first(person, office.clone(), name));
    let told = accounts.first(two).await.map_err(desk.problem())?.into_iter();
    let told = told.map(|(person, code)| Admitted { person, code: code.map(|half| half.text().to_string()).join("-") });
    Ok((StatusCode::CREATED, Json(told.collect())))
}

/// `POST /people/proposals`.
pub async fn propose(
    State(desk): State<Desk>,
    signed: Signed,
    Given(wish): Given<Wish>,
) -> Result<(StatusCode, Json<Waiting>), Problem> {
    let (proposals, by) = (desk.hall.proposals(), signed.officer());
    let office = by.actor.office().clone();
    let proposed = match wish {
        Wish::Add { person, name, roles, rights } => {
            let account = Account { person, office, name, roles, rights, machine: None, ended: false };
            proposals.new_account(&by, account).await
        }
        Wish::AddProgram { person, name, roles, permits, days } => {
            let machine = Machine { permits, days };
            let (rights, machine) = (machine.rights(), Some(machine));
            let account = Account { person, office, name, roles, rights, machine, ended: false };
            proposals.new_account(&by, account).await
        }
        Wish::Roles { person, roles } => {
            proposals.other_account(&by, &person, |known| Account { roles, ..known }).await
        }
        Wish::Rights { person, rights } => {
            proposals.other_account(&by, &person, |known| Account { rights, ..known }).await
        }
        Wish::End { person } => proposals.other_account(&by, &person, |known| Account { ended: true, ..known }).await,
        Wish::Password { person } => proposals.password(&by, &person).await,
    };
    Ok((StatusCode::CREATED, Json(proposed.map_err(desk.problem())?.into())))
}

/// The person of a path; who is none is nobody.
fn person(desk: &Desk, id: &str) -> Result<PersonId, Problem> {
    PersonId::parse(id).map_err(|_| desk.problem()(ProposalError::NoPerson { id: id.to_owned() }))
}

/// `DELETE /people/{program}`: a program, at once.
pub async fn end(State(desk): State<Desk>, signed: Signed, At(id): At<String>) -> Result<StatusCode, Problem> {
    let program = person(&desk, &id)?;
    desk.hall.proposals().end_machine(&signed.officer(), &program).await.map_err(desk.problem())?;
    Ok(StatusCode::NO_CONTENT)
}

/// `GET /proposals`.
pub async fn proposals(State(desk): State<Desk>, signed: Signed) -> Result<Json<Open>, Problem> {
    let open = desk.hall.proposals().open(&signed.officer()).await.map_err(desk.problem())?.into_iter();
    let shown = open.map(|known| Shown { proposal: known.id, by: known.state.by, change: known.state.change });
    Ok(Json(Open { proposals: shown.collect() }))
}

/// `POST /proposals/{proposal}/confirm`.
pub async fn confirm(State(desk): State<Desk>, signed: Signed, At(id): At<String>) -> Result<Json<Confirmed>, Problem> {
    let entrance = desk.hall.confirm(&signed.officer(), &id).await.map_err(desk.problem())?;
    Ok(Json(match entrance {
        Entrance::Half(half) => Confirmed::Half(half.text().to_string()),
        Entrance::Token(token) => Confirmed::Token(token.text().to_owned()),
        Entrance::None => Confirmed::Done(true),
    }))
}

/// `DELETE /proposals/{proposal}`.
pub async fn withdraw(State(desk): State<Desk>, signed: Signed, At(id): At<String>) -> Result<StatusCode, Problem> {
    desk.hall.proposals().withdraw(&signed.officer(), &id).await.map_err(desk.problem())?;
    Ok(StatusCode::NO_CONTENT)
}

/// `POST /password`: by a code of two halves, one after the other.
pub async fn choose(
    State(desk): State<Desk>,
    Given(Choosing { person, code, password }): Given<Choosing>,
) -> Result<StatusCode, Problem> {
    let person = PersonId::parse(&person).map_err(|_| desk.problem()(SignInError::Code))?;
    let password = Password::chosen(password, &person).map_err(|error| desk.problem()(SignInError::from(error)))?;
    desk.door().choose(&person, &Code::typed(&code), &password).await.map_err(desk.problem())?;
    Ok(StatusCode::NO_CONTENT)
}

/// `POST /session/password`: by the one before; every session of the person is over.
pub async fn change(
    State(desk): State<Desk>,
    signed: Signed,
    Given(Changing { password, new }): Given<Changing>,
) -> Result<StatusCode, Problem> {
    let person = signed.actor().person();
    let new = Password::chosen(new, person).map_err(|error| desk.problem()(SignInError::from(error)))?;
    desk.door().change(person, &Password::typed(password), &new).await.map_err(desk.problem())?;
    Ok(StatusCode::NO_CONTENT)
}
