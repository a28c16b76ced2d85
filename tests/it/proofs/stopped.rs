//! The point at which issuing stops: asked in T1 and again in T2.

use shomei::issuing::decision::Obstacle;
use shomei::issuing::issue::ReleaseError;
use shomei::register::Register;

use super::between::{Between, between};
use super::office::{Count, Hall, KIND, office};
use crate::register::on_both;

async fn open_incidents(register: &Register) -> usize {
    register.open_incidents(&office().id).await.unwrap().len()
}

on_both! {
    async fn three_open_incidents_of_a_kind_stop_it_and_no_number_is_spent(database) {
        let (_hall, register) = Hall::open_for_one(database).await;
        let case = office().approved(&register, 1, 3).await.id;
        office().open_incidents(&register, "inkan-toroku-shomeisho", 3).await;
        office().open_incidents(&register, KIND, 2).await;
        office().issue(&register, case).await.unwrap();
        office().open_incidents(&register, KIND, 1).await;
        let stopped = office().issue(&register, case).await;
        assert!(matches!(stopped, Err(ReleaseError::Obstacle(Obstacle::Incidents))), "{stopped:?}");
        assert_eq!(stopped.unwrap_err().code(), "issuing-stopped");
        assert_eq!(office().check(&register, &[case]).await, Count::of(1, &[]));
        // Only people close an incident; a certificate that succeeds closes none.
        office().close_incidents(&register, 4).await;
        office().issue(&register, case).await.unwrap();
        assert_eq!(open_incidents(&register).await, 2);
    }

    async fn incidents_found_while_the_press_works_stop_the_release(database) {
        let Between { hall: _hall, register, other } = between(database).await;
        let case = office().approved(&register, 1, 2).await.id;
        let seen = other.register.clone();
        other.happens(async move { office().open_incidents(&seen, KIND, 3).await });
        let stopped = office().issue(&register, case).await;
        assert!(matches!(stopped, Err(ReleaseError::Obstacle(Obstacle::Incidents))), "{stopped:?}");
        assert_eq!(office().check(&register, &[case]).await, Count::of(0, &["issuing-stopped"]));
        assert!(office().issue(&register, case).await.is_err(), "and none after it");
        office().close_incidents(&register, 1).await;
        office().issue(&register, case).await.unwrap();
        assert_eq!(open_incidents(&register).await, 2, "a later success closes none");
        assert_eq!(office().check(&register, &[case]).await, Count::of(1, &["issuing-stopped"]));
    }
}
