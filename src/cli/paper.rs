//! `shomei paper`: 偽造防止用紙 of a printer, from the box to the certificate or the shredder.

use std::process::ExitCode;

use clap::{Args, Subcommand};
use shomei::case::id::IssuanceId;
use shomei::office::paper::{Paper, Sheets, Spoiled, Stock};

use super::case::because;
use super::office::{AtWork, Office, refused, wait};
use super::{Lines, end};

/// Arguments of `shomei paper`.
#[derive(Args)]
pub struct Arguments {
    #[command(flatten)]
    at: AtWork,
    /// Number of a terminal that this machine is, whose printer it is; the office's first if not given.
    #[arg(long, global = true)]
    terminal: Option<u16>,
    #[command(subcommand)]
    action: Action,
}

#[derive(Subcommand)]
enum Action {
    /// Show today's 繰越, 受入, 使用, 書損 and 残, and which sheets are left.
    Show,
    /// 受入: sheets that came in.
    In {
        /// First.
        first: u32,
        /// Last.
        last: u32,
    },
    /// 使用: a released number came out on sheets that begin with this one.
    Use {
        /// Issuance, as `case show` has it.
        issuance: String,
        /// First.
        first: u32,
    },
    /// 書損: sheets that nobody uses any more.
    Spoil {
        /// First.
        first: u32,
        /// Last.
        last: u32,
        /// Why.
        #[arg(long)]
        reason: String,
    },
    /// Destroyed, as another person than who spoiled them saw.
    Destroy {
        /// First of those that were spoiled.
        first: u32,
    },
    /// Find the issuance that is printed on a sheet.
    Find {
        /// Serial of the sheet.
        serial: u32,
    },
}

/// Runs it.
pub fn run(arguments: &Arguments) -> ExitCode {
    end(wait(go(arguments)))
}

async fn go(arguments: &Arguments) -> Result<(), Lines> {
    let office = arguments.at.open().await?;
    let actor = &arguments.at.person(&office)?.actor;
    let terminal = office.terminal(actor.office(), arguments.terminal).await?;
    let terminal = &terminal.seat().name;
    let (paper, by) = (Paper::of(&office.register, actor.office()), actor.person());
    let stock = match &arguments.action {
        Action::Show => paper.stock(terminal).await,
        Action::In { first, last } => {
            let sheets = Sheets::new(*first, *last).map_err(refused(terminal))?;
            paper.take_in(terminal, sheets, by).await
        }
        Action::Use { issuance, first } => {
            let id = IssuanceId::parse(issuance).map_err(refused(issuance))?;
            paper.consume(terminal, (id, *first), by).await
        }
        Action::Spoil { first, last, reason } => {
            let sheets = Sheets::new(*first, *last).map_err(refused(terminal))?;
            let spoiled = Spoiled { sheets, reason: because(reason)?, by: by.clone() };
            paper.spoil(terminal, spoiled).await
        }
        Action::Destroy { first } => paper.destroy(terminal, *first, by).await,
        Action::Find { serial } => {
            let found = paper.issuance_on(terminal, *serial).await.map_err(refused(terminal))?;
            found.iter().for_each(|used| say!("{}\t{}", used.id, row(used.state.sheets)));
            return Ok(());
        }
    };
    tell(&office, terminal, &stock.map_err(refused(terminal))?).await
}

fn row(sheets: Sheets) -> String {
    format!("{:06}-{:06}", sheets.first, sheets.last)
}

async fn tell(office: &Office, terminal: &str, stock: &Stock) -> Result<(), Lines> {
    let today = office.register.now().await.map_err(refused("register"))?.day();
    let balance = serde_json::to_string(&stock.balance(today));
    say!("{terminal}\t{}", balance.map_err(|error| super::Trouble::Program.at(terminal, error))?);
    stock.left.iter().for_each(|sheets| say!("  {}", row(*sheets)));
    stock.spoiled.iter().for_each(|spoiled| say!("✗ {}\t{}", row(spoiled.sheets), spoiled.by));
    Ok(())
}
