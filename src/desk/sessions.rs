//! Sign-in: a password for a token, and who a token is.

use axum::Json;
use axum::extract::{FromRequestParts, State};
use axum::http::request::Parts;
use axum::http::{StatusCode, header};
use serde::{Deserialize, Serialize};

use crate::case::actor::Actor;
use crate::case::id::PersonId;
use crate::issuing::people::Person;
use crate::office::password::Password;
use crate::office::right::Officer;
use crate::office::sign_in::{Door, SignInError};
use crate::office::token::Token;
use crate::procedure::Role;

use super::cases::Given;
use super::problem::Problem;
use super::trace::at_office;
use super::{Desk, Need};

/// Who signs in.
#[derive(Deserialize, schemars::JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct SignIn {
    person: String,
    password: String,
}

/// What a session is had by.
#[derive(Serialize, schemars::JsonSchema)]
pub struct SignedIn {
    token: String,
    #[serde(flatten)]
    who: Who,
}

/// Who works where.
#[derive(Serialize, schemars::JsonSchema)]
pub struct Who {
    #[schemars(with = "String")]
    person: PersonId,
    name: String,
    office: String,
    roles: Vec<Role>,
}

/// Somebody who signed in.
pub struct Signed {
    token: Token,
    person: Person,
}

impl Signed {
    fn who(&self) -> Who {
        Who {
            person: self.actor().person().clone(),
            name: self.person.name.clone(),
            office: self.actor().office().to_string(),
            roles: self.actor().roles().iter().copied().collect(),
        }
    }

    /// At work.
    pub fn actor(&self) -> &Actor {
        &self.person.actor
    }

    /// At work, with their rights.
    pub fn officer(&self) -> Officer<'_> {
        self.person.officer()
    }
}

impl Desk {
    /// Who has a password.
    pub fn door(&self) -> Door<'_> {
        Door::of(&self.hall.register, &self.hall.city.id)
    }

    /// Who signed in, if they are of the city's staff.
    pub fn staff<'s>(&self, signed: &'s Signed) -> Result<&'s Actor, Problem> {
        signed.person.staff().map_err(self.problem())
    }

    async fn signed(&self, token: Token) -> Result<Signed, Problem> {
        let session = self.door().session(&token).await.map_err(self.problem())?;
        // Whoever is no longer there has no session either: the register is asked each time.
        let account = self.hall.accounts().standing(&session.person).await;
        let account = account.map_err(|error| self.problem()(SignInError::from(error)))?;
        let account = account.ok_or_else(|| self.refused("no-session"))?;
        let person = Person::of(account).map_err(|_| self.refused("no-session"))?;
        at_office(person.actor.office());
        Ok(Signed { token, person })
    }
}

impl FromRequestParts<Desk> for Signed {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, desk: &Desk) -> Result<Self, Problem> {
        let shown = parts.headers.get(header::AUTHORIZATION).and_then(|value| value.to_str().ok());
        let shown = shown.and_then(|value| value.strip_prefix("Bearer ")).ok_or_else(|| desk.refused("no-session"))?;
        let signed = desk.signed(Token::shown(shown)).await?;
        // A program is answered where it was permitted to ask, and where the list of endpoints does not say, never.
        let Some(machine) = &signed.person.machine else { return Ok(signed) };
        let permit = parts.extensions.get::<Need>().and_then(|need| need.permit());
        let permitted = permit.is_some_and(|permit| machine.permits.contains(&permit));
        if permitted { Ok(signed) } else { Err(desk.refused("machine-not-permitted")) }
    }
}

/// `POST /session`.
pub async fn sign_in(
    State(desk): State<Desk>,
    Given(SignIn { person, password }): Given<SignIn>,
) -> Result<(StatusCode, Json<SignedIn>), Problem> {
    let password = Password::typed(password);
    let id = PersonId::parse(&person).map_err(|_| desk.problem()(SignInError::Wrong))?;
    let known = desk.hall.accounts().standing(&id).await;
    let known = known.map_err(|error| desk.problem()(SignInError::from(error)))?;
    let token = desk.door().sign_in(&id, &password).await.map_err(desk.problem())?;
    if known.is_none() {
        // An account that is over is told of as none, and what was just begun is over, too.
        desk.door().sign_out(&token).await.map_err(desk.problem())?;
        return Err(desk.problem()(SignInError::Wrong));
    }
    let signed = desk.signed(token).await?;
    Ok((StatusCode::CREATED, Json(SignedIn { token: signed.token.text().to_owned(), who: signed.who() })))
}

/// `GET /session`.
pub async fn who(signed: Signed) -> Json<Who> {
    Json(signed.who())
}

/// `DELETE /session`.
pub async fn sign_out(State(desk): State<Desk>, signed: Signed) -> Result<StatusCode, Problem> {
    desk.door().sign_out(&signed.token).await.map_err(desk.problem())?;
    Ok(StatusCode::NO_CONTENT)
}
