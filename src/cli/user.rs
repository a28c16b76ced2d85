//! `shomei user`: who works where and may sign in. The first two approvers of an office are entered once, on
//! the machine itself; whatever comes after, one proposes and another confirms.

use std::collections::BTreeSet;
use std::process::ExitCode;

use clap::{Args, Subcommand};
use shomei::case::id::{OfficeId, PersonId};
use shomei::issuing::people::Person;
use shomei::office::accounts::Account;
use shomei::office::password::Password;
use shomei::office::records::Author;
use shomei::office::right::Right;
use shomei::office::sign_in::Door;
use shomei::procedure::Role;

use super::office::{Database, Office, refused, wait};
use super::{Lines, Trouble, end};

/// Arguments of `shomei user`.
#[derive(Args)]
pub struct Arguments {
    #[command(flatten)]
    database: Database,
    /// Who does it, by account.
    #[arg(long = "as", global = true, default_value = "")]
    who: String,
    #[command(subcommand)]
    action: Action,
}

#[derive(Subcommand)]
enum Action {
    /// Enter the first two approvers of an office, once. A register that is not there is made, with nobody else.
    First {
        /// Office.
        office: String,
        /// Account and name of one: `kita-shonin=NAME`.
        one: String,
        /// Account and name of the other.
        other: String,
    },
    /// List who works where: account, office, name, roles.
    List,
    /// Propose a new account in one's own office. Says the proposal.
    Add {
        /// Account.
        person: String,
        /// Name.
        #[arg(long)]
        name: String,
        /// Role; may be given several times.
        #[arg(long = "role", required = true)]
        roles: Vec<String>,
        /// Right; may be given several times.
        #[arg(long = "right")]
        rights: Vec<String>,
    },
    /// Propose other rights for somebody of one's own office: those that are given, and no others.
    Rights {
        /// Account.
        person: String,
        /// Right; may be given several times.
        #[arg(long = "right")]
        rights: Vec<String>,
    },
    /// Propose that somebody's account end.
    End {
        /// Account.
        person: String,
    },
    /// List what waits to be confirmed: proposal, account, roles, rights, whether it ends, who proposed it.
    Proposals,
    /// Confirm what somebody else proposed.
    Confirm {
        /// Proposal.
        proposal: String,
    },
    /// Give somebody of one's own office a password, read from standard input: one line.
    Password {
        /// Account.
        person: String,
    },
}

/// Runs it.
pub fn run(arguments: &Arguments) -> ExitCode {
    end(wait(go(arguments)))
}

async fn go(arguments: &Arguments) -> Result<(), Lines> {
    if let Action::First { office, one, other } = &arguments.action {
        return first(&arguments.database, office, [one, other]).await;
    }
    let office = Office::open(&arguments.database).await?;
    let person = office.people.person(&arguments.who).map_err(refused("--as"))?;
    match &arguments.action {
        Action::First { .. } => Ok(()),
        Action::List => {
            for known in office.people.all().filter(|known| known.actor.office() == person.actor.office()) {
                let roles = words(known.actor.roles());
                say!("{}\t{}\t{}\t{roles}", known.actor.person(), known.actor.office(), known.name);
            }
            Ok(())
        }
        Action::Proposals => proposals(&office, person).await,
        Action::Confirm { proposal } => {
            office.accounts().confirm(&person.officer(), proposal).await.map_err(refused(proposal))
        }
        Action::Password { person: account } => password(&office, person, account).await,
        change => {
            say!("{}", propose(&office, person, change).await?);
            Ok(())
        }
    }
}

/// The first two of an office, with the right to register others.
async fn first(database: &Database, at: &str, two: [&String; 2]) -> Result<(), Lines> {
    let office = Office::open_empty(database).await?;
    office.city.office(at)?;
    let account = |said: &String| {
        let (person, name) = said.split_once('=').unwrap_or((said, said));
        Ok::<_, Lines>(Account {
            person: PersonId::parse(person).map_err(refused(said))?,
            office: OfficeId::parse(at).map_err(refused(at))?,
            name: name.to_owned(),
            roles: BTreeSet::from([Role::CityApprover]),
            rights: BTreeSet::from([Right::People]),
            ended: false,
        })
    };
    office.accounts().first([account(two[0])?, account(two[1])?]).await.map_err(refused(at))
}

async fn proposals(office: &Office, person: &Person) -> Result<(), Lines> {
    for open in office.accounts().proposals(&person.officer()).await.map_err(refused("--as"))? {
        let (account, by) = (&open.state.account, &open.state.by);
        let (roles, rights) = (words(&account.roles), words(&account.rights));
        let ends = if account.ended { "end" } else { "" };
        say!("{}\t{}\t{roles}\t{rights}\t{ends}\t{by}", open.id, account.person);
    }
    Ok(())
}

/// What is proposed; says the proposal.
async fn propose(office: &Office, by: &Person, action: &Action) -> Result<String, Lines> {
    let (accounts, by) = (office.accounts(), by.officer());
    let id = |person: &str| PersonId::parse(person).map_err(refused(person));
    let (place, proposed) = match action {
        Action::Add { person, name, roles, rights } => {
            let (roles, rights) = (read(roles)?, read(rights)?);
            let office = by.actor.office().clone();
            let account = Account { person: id(person)?, office, name: name.clone(), roles, rights, ended: false };
            (person, accounts.propose_new(&by, account).await)
        }
        Action::Rights { person, rights } => {
            let rights = read(rights)?;
            (person, accounts.propose_change(&by, &id(person)?, |known| Account { rights, ..known }).await)
        }
        Action::End { person } => {
            (person, accounts.propose_change(&by, &id(person)?, |known| Account { ended: true, ..known }).await)
        }
        _ => return Ok(String::new()),
    };
    proposed.map_err(refused(place))
}

async fn password(office: &Office, by: &Person, account: &str) -> Result<(), Lines> {
    let may = by.officer().with(Right::People).map_err(refused(account))?;
    let known = office.people.of_office(may.office(), account).map_err(refused(account))?;
    let mut line = zeroize::Zeroizing::new(String::new());
    std::io::stdin().read_line(&mut line).map_err(|error| Trouble::Read.at("-", error))?;
    let chosen = line.trim_end_matches(['\r', '\n']).to_owned();
    let password = Password::chosen(chosen, known.actor.person()).map_err(refused(account))?;
    let door = Door::of(&office.register, &office.city.id);
    door.set(known.actor.person(), &password, &Author::one(may.person())).await.map_err(refused(account))
}

/// Roles or rights by their words in data.
fn read<T: serde::de::DeserializeOwned + Ord>(words: &[String]) -> Result<BTreeSet<T>, Lines> {
    let one = |word: &String| {
        serde_json::from_value(serde_json::Value::from(word.as_str())).map_err(|error| Trouble::Usage.at(word, error))
    };
    words.iter().map(one).collect()
}

/// Their words in data.
fn words<T: serde::Serialize>(known: &BTreeSet<T>) -> String {
    let word = |one: &T| serde_json::to_value(one).ok().and_then(|word| word.as_str().map(str::to_owned));
    known.iter().filter_map(word).collect::<Vec<_>>().join(" ")
}
