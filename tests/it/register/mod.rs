//! The register on both databases: one set of tests.

mod audit;
mod faults;
pub mod fixture;
mod hourly;
mod keys;
mod scene;
mod store;

/// A test that runs on each database.
macro_rules! on_both {
    ($($(#[$doc:meta])* async fn $name:ident($database:ident) $body:block)*) => {$(
        mod $name {
            #[allow(unused_imports)]
            use super::*;
            use crate::register::fixture::Database;

            async fn run($database: Database) $body

            #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn sqlite() { run(Database::Sqlite).await }

            #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn postgres() { run(Database::Postgres).await }
        }
    )*};
}
pub(crate) use on_both;
