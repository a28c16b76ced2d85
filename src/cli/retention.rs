//! `shomei retention`: 保存期間, and 廃棄 by two people.

use std::path::PathBuf;
use std::process::ExitCode;

use clap::{Args, Subcommand};
use shomei::case::id::OfficeId;
use shomei::register::retention::Retention;

use super::audit::whole;
use super::office::{Database, Office, refused, wait};
use super::{Lines, Trouble, end, read_input};

/// Arguments of `shomei retention`.
#[derive(Args)]
pub struct Arguments {
    #[command(subcommand)]
    action: Action,
}

#[derive(Subcommand)]
enum Action {
    /// List the cases whose retention period is over.
    Due {
        #[command(flatten)]
        table: Table,
        /// Office; all if not given.
        #[arg(long)]
        office: Option<String>,
    },
    /// 廃棄: destroy the keys of those cases. What they say is gone then; that they were there is not.
    Run {
        #[command(flatten)]
        table: Table,
        /// One approver, by account.
        #[arg(long = "as")]
        who: String,
        /// Another approver of the same office.
        #[arg(long)]
        and: String,
    },
}

#[derive(Args)]
struct Table {
    #[command(flatten)]
    database: Database,
    /// The city's own table; the program's if not given.
    #[arg(long)]
    table: Option<PathBuf>,
}

/// Runs it.
pub fn run(arguments: &Arguments) -> ExitCode {
    end(wait(go(arguments)))
}

async fn go(arguments: &Arguments) -> Result<(), Lines> {
    match &arguments.action {
        Action::Due { table, office: of } => {
            let (office, retention) = table.open().await?;
            for id in office.offices(of.as_deref()).await? {
                due(&office, &id, &retention).await?;
            }
            Ok(())
        }
        Action::Run { table, who, and } => {
            let (office, retention) = table.open().await?;
            destroy(&office, [who, and], &retention).await
        }
    }
}

impl Table {
    async fn open(&self) -> Result<(Office, Retention), Lines> {
        let retention = match &self.table {
            None => Retention::sample().map_err(refused("retention"))?,
            Some(path) => {
                let place = path.display().to_string();
                let text = String::from_utf8(read_input(path)?).map_err(|error| Trouble::Read.at(&place, error))?;
                Retention::parse(&text).map_err(refused(&place))?
            }
        };
        Ok((Office::open(&self.database).await?, retention))
    }
}

async fn due(office: &Office, id: &OfficeId, retention: &Retention) -> Result<(), Lines> {
    for case in office.register.due(id, retention).await.map_err(refused(id.as_str()))? {
        if let Some(row) = office.register.case(id, case).await.map_err(refused(id.as_str()))? {
            let ended = row.ended.map(|day| day.to_string()).unwrap_or_default();
            say!("{id}\t{}\t{}\t{}\t{ended}", row.number, row.procedure, row.class);
        }
    }
    Ok(())
}

/// Destroys what is due in the approvers' office, and audits it then.
async fn destroy(office: &Office, [who, and]: [&String; 2], retention: &Retention) -> Result<(), Lines> {
    let people = office.people.two_approvers(who, and).map_err(refused("--as --and"))?;
    let (id, ids) = (people.office(), people.ids());
    let cases = office.register.due(id, retention).await.map_err(refused(id.as_str()))?;
    if !cases.is_empty() {
        let people = [ids[0].as_str(), ids[1].as_str()];
        office.register.destroy(id, &cases, people, retention).await.map_err(refused(id.as_str()))?;
    }
    say!("{id}\t{}", cases.len());
    whole(office, id, None).await
}
