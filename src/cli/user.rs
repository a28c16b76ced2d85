//! `shomei user`: who may sign in.

use std::process::ExitCode;

use clap::{Args, Subcommand};
use shomei::office::password::Password;
use shomei::office::records::Author;
use shomei::office::right::Right;
use shomei::office::sign_in::Door;

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
    /// List who works where: account, office, name, roles.
    List,
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
    let office = Office::open(&arguments.database).await?;
    let person = office.people.person(&arguments.who).map_err(refused("--as"))?;
    match &arguments.action {
        Action::List => {
            for known in office.people.all().filter(|known| known.actor.office() == person.actor.office()) {
                let roles: Vec<&str> = known.actor.roles().iter().map(|role| role.key()).collect();
                say!("{}\t{}\t{}\t{}", known.actor.person(), known.actor.office(), known.name, roles.join(" "));
            }
            Ok(())
        }
        Action::Password { person: account } => {
            let may = person.officer().with(Right::People).map_err(refused(account))?;
            let known = office.people.of_office(may.office(), account).map_err(refused(account))?;
            let mut line = zeroize::Zeroizing::new(String::new());
            std::io::stdin().read_line(&mut line).map_err(|error| Trouble::Read.at("-", error))?;
            let chosen = line.trim_end_matches(['\r', '\n']).to_owned();
            let password = Password::chosen(chosen, known.actor.person()).map_err(refused(account))?;
            let door = Door::of(&office.register, &office.city.id);
            door.set(known.actor.person(), &password, &Author::one(may.person())).await.map_err(refused(account))
        }
    }
}
