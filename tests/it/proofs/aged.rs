//! What is held is as old as the last import: of what is older than the city allows nothing is made.

use shomei::document::catalog::Kind;
use shomei::issuing::bench;
use shomei::issuing::entering::Wish;
use shomei::procedure::settings::SourceAge;

use super::office::{Hall, office};
use crate::register::on_both;

on_both! {
    async fn nothing_is_composed_of_what_is_too_old(database) {
        let (_hall, register) = Hall::open_for_one(database).await;
        bench::hold(&register, &office().city.id, 1).await.unwrap();
        let mut settings = office().settings.clone();
        settings.source = SourceAge { told_after: None, refused_after: Some(3) };
        let mut counter = office().counter(&register);
        counter.casework.settings = &settings;
        let (today, request) = (register.now().await.unwrap().day(), bench::request(1).unwrap());
        for (days, refused) in [(0, None), (3, None), (4, Some("source-stale"))] {
            let (kind, day) = (Kind::by_id("juminhyo-utsushi").unwrap(), today.plus_days(days).unwrap());
            let of = office().city.office("kita-ku").unwrap();
            let told = counter.composed(Wish { kind, copies: 1, request: &request, office: of, day }).await;
            assert_eq!(told.err().map(|error| error.code()), refused, "{days} days after the import");
        }
    }
}
