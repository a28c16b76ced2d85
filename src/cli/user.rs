//! `shomei user`: who works where and may sign in. The first two approvers of an office are entered once, on
//! the machine itself; whatever comes after, one proposes and another confirms.

use std::collections::BTreeSet;
use std::process::ExitCode;

use clap::{Args, Subcommand};
use shomei::case::id::{OfficeId, PersonId};
use shomei::issuing::people::Person;
use shomei::office::accounts::Account;
use shomei::office::machine::Machine;
use shomei::office::password::Password;
use shomei::office::proposals::{Entrance, Proposed};
use shomei::office::sign_in::Door;
use shomei::office::token::Code;

use super::office::{AtWork, Database, Office, refused, wait};
use super::{Lines, Trouble, end};

/// Arguments of `shomei user`.
#[derive(Args)]
pub struct Arguments {
    #[command(flatten)]
    at: AtWork,
    #[command(subcommand)]
    action: Action,
}

#[derive(Debug, Subcommand)]
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
    /// Propose a program that works through the API. Its token is told to whoever confirms it.
    AddProgram {
        /// Account.
        person: String,
        /// Name.
        #[arg(long)]
        name: String,
        /// Role, in which nobody decides anything; may be given several times.
        #[arg(long = "role", required = true)]
        roles: Vec<String>,
        /// What it may ask for: session, import; may be given several times.
        #[arg(long = "permit", required = true)]
        permits: Vec<String>,
        /// For how many days its token is good; at most 366.
        #[arg(long)]
        days: u16,
    },
    /// End a program, at once.
    EndProgram {
        /// Account.
        person: String,
    },
    /// Propose other roles for somebody of one's own office: those that are given, and no others.
    Roles {
        /// Account.
        person: String,
        /// Role; may be given several times.
        #[arg(long = "role", required = true)]
        roles: Vec<String>,
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
    /// Propose that somebody choose a password, or a program get a token, anew. Says the proposal, and one half of
    /// the code for the password.
    Reset {
        /// Account.
        person: String,
    },
    /// List what waits to be confirmed: proposal, who proposed it, what is to be so.
    Proposals,
    /// Confirm what somebody else proposed. Says the other half of a code, or the token of a program.
    Confirm {
        /// Proposal.
        proposal: String,
    },
    /// Take back what waits to be confirmed.
    Withdraw {
        /// Proposal.
        proposal: String,
    },
    /// Choose one's own password. Two lines are read from standard input: the two halves of the code, the password.
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
        return first(&arguments.at.database, office, [one, other]).await;
    }
    let office = arguments.at.open().await?;
    if let Action::Password { person } = &arguments.action {
        return password(&office, person).await;
    }
    let person = arguments.at.person(&office)?;
    match &arguments.action {
        Action::First { .. } | Action::Password { .. } => Ok(()),
        Action::List => {
            for known in office.people.all().filter(|known| known.actor.office() == person.actor.office()) {
                let roles = words(known.actor.roles());
                say!("{}\t{}\t{}\t{roles}", known.actor.person(), known.actor.office(), known.name);
            }
            Ok(())
        }
        Action::Proposals => proposals(&office, person).await,
        Action::Confirm { proposal } => confirm(&office, person, proposal).await,
        Action::Withdraw { proposal } => {
            office.proposals().withdraw(&person.officer(), proposal).await.map_err(refused(proposal))
        }
        Action::EndProgram { person: program } => {
            let id = PersonId::parse(program).map_err(refused(program))?;
            office.proposals().end_machine(&person.officer(), &id).await.map_err(refused(program))
        }
        change => {
            let Proposed { id, half } = propose(&office, person, change).await?;
            let half = half.map(|half| format!("\t{}", *half.text())).unwrap_or_default();
            say!("{id}{half}");
            Ok(())
        }
    }
}

/// The first two of an office, with the right to register others. Says the code for each one's password.
async fn first(database: &Database, at: &str, two: [&String; 2]) -> Result<(), Lines> {
    let office = Office::open_empty(database).await?;
    office.city.office(at)?;
    let account = |said: &String| {
        let (person, name) = said.split_once('=').unwrap_or((said, said));
        let person = PersonId::parse(person).map_err(refused(said))?;
        Ok::<_, Lines>(Account::first(person, OfficeId::parse(at).map_err(refused(at))?, name.to_owned()))
    };
    let told = office.accounts().first([account(two[0])?, account(two[1])?]).await.map_err(refused(at))?;
    for (person, [one, other]) in told {
        say!("{person}\t{}-{}", *one.text(), *other.text());
    }
    Ok(())
}

async fn proposals(office: &Office, person: &Person) -> Result<(), Lines> {
    for open in office.proposals().open(&person.officer()).await.map_err(refused("--as"))? {
        let what = serde_json::to_string(&open.state.change).map_err(|error| Trouble::Program.at(&open.id, error))?;
        say!("{}\t{}\t{what}", open.id, open.state.by);
    }
    Ok(())
}

async fn confirm(office: &Office, person: &Person, proposal: &str) -> Result<(), Lines> {
    match office.confirm(&person.officer(), proposal).await.map_err(refused(proposal))? {
        Entrance::Half(half) => say!("{}", *half.text()),
        Entrance::Token(token) => say!("{}", token.text()),
        Entrance::None => {}
    }
    Ok(())
}

/// What is proposed.
async fn propose(office: &Office, by: &Person, action: &Action) -> Result<Proposed, Lines> {
    let (proposals, by, at) = (office.proposals(), by.officer(), by.actor.office().clone());
    let id = |person: &str| PersonId::parse(person).map_err(refused(person));
    let (place, proposed) = match action {
        Action::Add { person, name, roles, rights } => {
            let (roles, rights, name) = (read(roles)?, read(rights)?, name.clone());
            let account = Account { person: id(person)?, office: at, name, roles, rights, machine: None, ended: false };
            (person, proposals.new_account(&by, account).await)
        }
        Action::AddProgram { person, name, roles, permits, days } => {
            let (machine, roles) = (Machine { permits: read(permits)?, days: *days }, read(roles)?);
            let (rights, machine, name) = (machine.rights(), Some(machine), name.clone());
            let account = Account { person: id(person)?, office: at, name, roles, rights, machine, ended: false };
            (person, proposals.new_account(&by, account).await)
        }
        Action::Roles { person, roles } => {
            let roles = read(roles)?;
            (person, proposals.other_account(&by, &id(person)?, |known| Account { roles, ..known }).await)
        }
        Action::Rights { person, rights } => {
            let rights = read(rights)?;
            (person, proposals.other_account(&by, &id(person)?, |known| Account { rights, ..known }).await)
        }
        Action::End { person } => {
            (person, proposals.other_account(&by, &id(person)?, |known| Account { ended: true, ..known }).await)
        }
        Action::Reset { person } => (person, proposals.password(&by, &id(person)?).await),
        other => return Err(Trouble::Usage.at("user", format!("{other:?} proposes nothing"))),
    };
    proposed.map_err(refused(place))
}

async fn password(office: &Office, account: &str) -> Result<(), Lines> {
    let person = PersonId::parse(account).map_err(refused(account))?;
    let line = || {
        let mut line = zeroize::Zeroizing::new(String::new());
        std::io::stdin().read_line(&mut line).map_err(|error| Trouble::Read.at("-", error))?;
        Ok::<_, Lines>(line)
    };
    let (code, chosen) = (Code::typed(&line()?), line()?.trim_end_matches(['\r', '\n']).to_owned());
    let password = Password::chosen(chosen, &person).map_err(refused(account))?;
    let door = Door::of(&office.register, &office.city.id);
    door.choose(&person, &code, &password).await.map_err(refused(account))
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
