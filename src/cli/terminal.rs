//! `shomei terminal`: the terminals at which certificates are issued. This machine's command line is one, too:
//! its token lies beside the keys.

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use clap::{Args, Subcommand};
use shomei::case::id::OfficeId;
use shomei::office::terminals::{Enrolled, Seat, TerminalError};
use shomei::office::token::{Code, Token};

use super::office::{AtWork, Office, refused, wait};
use super::{Lines, Trouble, end};

/// Arguments of `shomei terminal`.
#[derive(Args)]
pub struct Arguments {
    #[command(flatten)]
    at: AtWork,
    #[command(subcommand)]
    action: Action,
}

#[derive(Subcommand)]
enum Action {
    /// Make a code by which a terminal of one's own office is enrolled within a quarter of an hour, once.
    Code {
        /// Number, as the QR has it.
        number: u16,
        /// 端末名番号, as the number line has it.
        #[arg(long)]
        name: String,
        /// プリンタ番号.
        #[arg(long, default_value = "")]
        printer: String,
        /// Tray of the printer.
        #[arg(long, default_value = "")]
        tray: String,
    },
    /// Enrol this machine's command line as the terminal of a code.
    Enrol {
        /// Code.
        code: String,
    },
    /// List the terminals of one's own office: number, name, printer, tray, until when, whether it was ended.
    List,
    /// Renew a terminal of one's own office.
    Renew {
        /// Number.
        number: u16,
    },
    /// End a terminal of one's own office.
    End {
        /// Number.
        number: u16,
    },
}

/// Runs it.
pub fn run(arguments: &Arguments) -> ExitCode {
    end(wait(go(arguments)))
}

async fn go(arguments: &Arguments) -> Result<(), Lines> {
    let office = arguments.at.open().await?;
    let terminals = office.terminals();
    if let Action::Enrol { code } = &arguments.action {
        let (token, enrolment) = terminals.enrol(&Code::typed(code)).await.map_err(refused("terminal"))?;
        keep(&arguments.at.database.keys(), &enrolment.office, enrolment.seat.number, &token)?;
        say!("{}\t{}\t{}", enrolment.office, enrolment.seat.number, enrolment.seat.name);
        return Ok(());
    }
    let person = arguments.at.person(&office)?;
    let by = person.officer();
    match &arguments.action {
        Action::Code { number, name, printer, tray } => {
            let seat = Seat { number: *number, name: name.clone(), printer: printer.clone(), tray: tray.clone() };
            let code = terminals.admit(&by, seat).await.map_err(refused("terminal"))?;
            say!("{}", *code.text());
        }
        Action::Enrol { .. } => {}
        Action::List => {
            for known in terminals.all(person.actor.office()).await.map_err(refused("terminal"))? {
                let Seat { number, name, printer, tray } = &known.seat;
                let ended = if known.ended { "end" } else { "" };
                say!("{number}\t{name}\t{printer}\t{tray}\t{}\t{ended}", known.until);
            }
        }
        Action::Renew { number } => {
            let until = terminals.renew(&by, *number).await.map_err(refused(&number.to_string()))?;
            say!("{until}");
        }
        Action::End { number } => terminals.end(&by, *number).await.map_err(refused(&number.to_string()))?,
    }
    Ok(())
}

/// Where this machine keeps the token of a terminal.
fn file(keys: &Path, office: &OfficeId, number: u16) -> PathBuf {
    keys.join(format!("terminal-{office}-{number}.token"))
}

/// Keeps the token of a terminal that this machine is, for its owner alone.
pub fn keep(keys: &Path, office: &OfficeId, number: u16, token: &Token) -> Result<(), Lines> {
    use std::io::Write as _;
    use std::os::unix::fs::{DirBuilderExt as _, OpenOptionsExt as _};
    std::fs::DirBuilder::new().recursive(true).mode(0o700).create(keys)?;
    let path = file(keys, office, number);
    let written = std::fs::OpenOptions::new().write(true).create(true).truncate(true).mode(0o600).open(&path);
    let written = written.and_then(|mut file| file.write_all(token.text().as_bytes()));
    written.map_err(|error| Trouble::Write.at(path.display(), error))
}

impl Office {
    /// The terminal of an office that this machine is; without a number, its first.
    pub async fn terminal(&self, office: &OfficeId, number: Option<u16>) -> Result<Enrolled, Lines> {
        let known = self.terminals().all(office).await.map_err(refused("--terminal"))?;
        let known = known.into_iter().map(|known| known.seat.number);
        for number in known.filter(|known| number.is_none_or(|number| number == *known)) {
            if let Ok(token) = std::fs::read_to_string(file(self.keys(), office, number)) {
                match self.terminals().here(&Token::shown(token.trim()), office).await {
                    Err(TerminalError::NotHere) => {}
                    here => return here.map_err(refused("--terminal")),
                }
            }
        }
        Err(refused("--terminal")(TerminalError::NotHere))
    }
}
