//! `shomei serve`: the API over HTTP, until it is told to stop.

use std::net::SocketAddr;
use std::num::NonZeroU32;
use std::process::ExitCode;

use clap::Args;
use shomei::case::id::OfficeId;
use shomei::desk::{Desk, Doors, Limits, serve};
use tokio::net::TcpListener;

use super::office::{Database, Office, refused};
use super::{Lines, Trouble, end, sentences};

/// Arguments of `shomei serve`.
#[derive(Args)]
pub struct Arguments {
    #[command(flatten)]
    database: Database,
    /// Where it listens: this machine alone if nothing else is said. TLS is the business of what stands before it.
    #[arg(long, default_value = "127.0.0.1:8080")]
    listen: SocketAddr,
    /// Where /metrics is told, apart from the API; nowhere if nothing is said
    #[arg(long, value_name = "ADDRESS")]
    metrics: Option<SocketAddr>,
    /// An office whose first two people are entered over HTTP: their code is told after the address, and is good for
    /// an hour. A register that is not there is made, with nobody.
    #[arg(long)]
    first: Option<String>,
    /// How often somebody may ask in a minute
    #[arg(long, value_name = "TIMES", default_value = "60000")]
    most_requests: NonZeroU32,
    /// How often one address may ask in a minute to sign in, or without a session
    #[arg(long, value_name = "TIMES", default_value = "6000")]
    most_sign_ins: NonZeroU32,
}

/// Runs it.
pub fn run(arguments: &Arguments) -> ExitCode {
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build();
    end(runtime.map_err(Lines::from).and_then(|runtime| runtime.block_on(go(arguments))))
}

async fn go(arguments: &Arguments) -> Result<(), Lines> {
    let office = match &arguments.first {
        Some(_) => Office::open_empty(&arguments.database).await?,
        None => Office::open(&arguments.database).await?,
    };
    let opening = match &arguments.first {
        Some(id) => office.accounts().opening(&OfficeId::parse(id).map_err(refused(id))?).await.map_err(refused(id))?,
        None => None,
    };
    let (api, told) = door(arguments.listen).await?;
    let watch = match arguments.metrics {
        Some(address) => Some(door(address).await?),
        None => None,
    };
    say!("{told}");
    let watch = watch.map(|(door, told)| {
        say!("{told}/metrics");
        door
    });
    if let Some(code) = opening {
        say!("{}", *code.text());
    }
    let limits = Limits { of_session: arguments.most_requests, of_address: arguments.most_sign_ins };
    serve(Desk::new(office.into_hall(), sentences()?, limits), Doors { api, watch }, told_to_stop()).await?;
    Ok(())
}

/// A door, and the URL by which it is reached.
async fn door(address: SocketAddr) -> Result<(TcpListener, String), Lines> {
    let at = |error| Trouble::Program.at(address, error);
    let door = TcpListener::bind(address).await.map_err(at)?;
    let url = format!("http://{}", door.local_addr().map_err(at)?);
    Ok((door, url))
}

/// An interrupt, or the signal with which a service is stopped.
async fn told_to_stop() {
    use tokio::signal::unix::{SignalKind, signal};
    // Where signals cannot be heard the service is killed, and the next start voids what it left.
    let Ok(mut terminated) = signal(SignalKind::terminate()) else { return std::future::pending().await };
    let Ok(mut interrupted) = signal(SignalKind::interrupt()) else { return std::future::pending().await };
    tokio::select! {
        _ = terminated.recv() => {}
        _ = interrupted.recv() => {}
    }
}
