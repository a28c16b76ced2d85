//! What is suppressed is not issued, whatever kind it is, whenever it was suppressed.

use std::collections::BTreeSet;

use shomei::case::event::Reason;
use shomei::document::names::{Field, names};
use shomei::issuing::bench::household;
use shomei::issuing::decision::Obstacle;
use shomei::issuing::issue::ReleaseError;
use shomei::office::records::RecordError;
use shomei::office::right::{Officer, Right};
use shomei::office::suppression::{AsSeen, Basis, Level, Suppression, SuppressionError, Suppressions, Target, Work};
use shomei::register::Register;

use super::between::{Between, between};
use super::office::{Count, Hall, office};
use crate::register::on_both;

fn all_rights() -> &'static BTreeSet<Right> {
    static ALL: std::sync::OnceLock<BTreeSet<Right>> = std::sync::OnceLock::new();
    ALL.get_or_init(|| {
        [Right::SuppressSee, Right::SuppressSet, Right::SuppressLift, Right::SuppressLiftTemporarily].into()
    })
}

fn suppressions(register: &Register) -> Suppressions<'_> {
    let officer = Officer { actor: office().officer(), rights: all_rights() };
    Suppressions::of(register, &office().city.id, officer)
}

fn because() -> Reason {
    Reason::parse("申出").unwrap()
}

/// A suppression of issuing for the last person of a household, from today.
async fn suppress(register: &Register, number: usize) -> AsSeen {
    let known = names(&household(number).unwrap());
    let of = known.iter().rfind(|name| name.field == Field::AtenaBango).unwrap();
    let suppression = Suppression {
        target: Target { atena_bango: of.text.clone(), setai_bango: None, shimei: ["見本".to_owned()].into() },
        works: [Work::Hakko].into(),
        level: Level::Error,
        basis: Basis::Shien,
        from: register.now().await.unwrap().day(),
        review: None,
        lifted: false,
        temporarily: None,
    };
    let id = suppressions(register).set(&suppression, because()).await.unwrap();
    AsSeen { id, version: 1 }
}

fn withheld<T: std::fmt::Debug>(told: Result<T, ReleaseError>) {
    let error = told.unwrap_err();
    assert!(matches!(error, ReleaseError::Obstacle(Obstacle::Withheld)), "{error:?}");
    assert_eq!(error.code(), "hand-to-city");
}

on_both! {
    async fn of_a_suppressed_member_of_the_household_nothing_is_issued_and_no_number_spent(database) {
        let (_hall, register) = Hall::open_for_one(database).await;
        let (one, two) = (office().approved(&register, 1, 3).await.id, office().approved(&register, 2, 1).await.id);
        let seen = suppress(&register, 1).await;
        withheld(office().issue(&register, one).await);
        assert_eq!(office().check(&register, &[one]).await, Count::of(0, &[]));
        office().issue(&register, two).await.unwrap();
        // A lift for a while lets one through; it returns by itself, which its own tests show.
        suppressions(&register).lift_for(&seen, 10, because()).await.unwrap();
        office().issue(&register, one).await.unwrap();
        let now = AsSeen { version: 2, ..seen };
        suppressions(&register).lift_for(&now, 0, because()).await.unwrap();
        withheld(office().issue(&register, one).await);
        suppressions(&register).lift(&[AsSeen { version: 3, ..now }], because()).await.unwrap();
        office().issue(&register, one).await.unwrap();
    }

    async fn what_is_suppressed_while_the_press_works_is_not_released(database) {
        let Between { hall: _hall, register, other } = between(database).await;
        let case = office().approved(&register, 1, 2).await.id;
        let elsewhere = other.register.clone();
        other.happens(async move { drop(suppress(&elsewhere, 1).await) });
        withheld(office().issue(&register, case).await);
        assert_eq!(office().check(&register, &[case]).await, Count::of(0, &["hand-to-city"]));
    }

    async fn a_lift_that_returned_while_the_press_worked_releases_nothing(database) {
        let Between { hall: _hall, register, other } = between(database).await;
        let case = office().approved(&register, 1, 2).await.id;
        let seen = suppress(&register, 1).await;
        suppressions(&register).lift_for(&seen, 10, because()).await.unwrap();
        let elsewhere = other.register.clone();
        let lifted = AsSeen { version: 2, ..seen };
        other.happens(async move { suppressions(&elsewhere).lift_for(&lifted, 0, because()).await.unwrap() });
        withheld(office().issue(&register, case).await);
        assert_eq!(office().check(&register, &[case]).await, Count::of(0, &["hand-to-city"]));
    }

    async fn an_old_list_lifts_nothing_at_all(database) {
        let (_hall, register) = Hall::open_for_one(database).await;
        let case = office().approved(&register, 1, 1).await.id;
        let list = [suppress(&register, 2).await, suppress(&register, 1).await];
        // Somebody asks anew after the list was made.
        suppressions(&register).lift_for(&list[1], 0, because()).await.unwrap();
        let refused = suppressions(&register).lift(&list, because()).await;
        assert!(matches!(refused, Err(SuppressionError::Record(RecordError::Stale { seen: 1, .. }))), "{refused:?}");
        assert_eq!(suppressions(&register).list(None).await.unwrap().len(), 2);
        withheld(office().issue(&register, case).await);
    }
}
