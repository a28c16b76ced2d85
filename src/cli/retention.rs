//! `shomei retention`: 保存期間, and 廃棄 by two people.

use std::path::PathBuf;
use std::process::ExitCode;

use clap::{Args, Subcommand};
use shomei::case::id::OfficeId;
use shomei::issuing::people::TwoApprovers;
use shomei::register::retention::Retention;

use super::audit::whole;
use super::office::{Database, Office, Staff, Two, refused, wait};
use super::{Lines, Trouble, end, read_input};

/// Arguments of `shomei retention`.
#[derive(Args)]
pub struct Arguments {
    #[command(subcommand)]
    action: Action,
}

#[derive(Subcommand)]
enum Action {
    /// List the cases of an office whose retention period is over.
    Due {
        #[command(flatten)]
        table: Table,
        #[command(flatten)]
        who: Staff,
    },
    /// 廃棄: destroy the keys of those cases. What they say is gone then; that they were there is not.
    Run {
        #[command(flatten)]
        table: Table,
        #[command(flatten)]
        two: Two,
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
        Action::Due { table, who } => {
            let (office, retention) = table.open().await?;
            due(&office, who.find(&office.people)?.office(), &retention).await
        }
        Action::Run { table, two } => {
            let (office, retention) = table.open().await?;
            destroy(&office, two.find(&office.people)?, &retention).await
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
async fn destroy(office: &Office, two: TwoApprovers<'_>, retention: &Retention) -> Result<(), Lines> {
    let id = two.office();
    let cases = office.register.due(id, retention).await.map_err(refused(id.as_str()))?;
    if !cases.is_empty() {
        office.register.destroy(id, &cases, two.names(), retention).await.map_err(refused(id.as_str()))?;
    }
    say!("{id}\t{}", cases.len());
    whole(office, id, None).await
}
