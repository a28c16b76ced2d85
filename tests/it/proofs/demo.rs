//! The 48 flows on a server; `program.rs` walks them on a file.

use shomei::procedure::Procedures;

use crate::register::fixture::{Database, Fixture};

#[tokio::test]
async fn the_demo_walks_every_flow_on_a_server_too() {
    let fixture = Fixture::empty(Database::Postgres).await;
    let out = fixture.folder.path().join("out");
    let done = crate::shomei(&["demo", "--out", out.to_str().unwrap(), "--database", &fixture.owner]);
    assert!(done.status.success(), "{}", String::from_utf8_lossy(&done.stderr));
    let told = String::from_utf8(done.stdout).unwrap();
    for flow in Procedures::embedded().unwrap().all() {
        assert!(told.contains(&format!("{} {}  案件", flow.number, flow.title)), "{}: {told}", flow.id);
    }
    assert!(out.join("10-juminhyo-kofu/juminhyo-utsushi-sealed.pdf").is_file());
    assert!(!out.join("register.db").exists(), "the register is on the server");
}
