//! `/v1/feeds`: where reports come from, and the push of reports.

use super::caller::Caller;
use super::{App, Declarations};
use crate::problem::Problem;
use axum::Json;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use deconflict_access::Role;
use deconflict_core::{Address, Declaration};
use deconflict_feeds::{MOST_PUSHED, Push, PushError, Refusal};
use deconflict_picture::{Declared, Feed, see_feeds};
use serde::Serialize;
use std::sync::{Arc, PoisonError};
use utoipa::ToSchema;

/// Aircraft that parties can declare by pushing, all together.
const MOST_DECLARED: usize = 100_000;

/// The feeds, and what is silent.
#[derive(Serialize, ToSchema)]
pub struct FeedsBody {
    feeds: Vec<Feed>,
    /// Feeds that are silent: the picture has a hole.
    incomplete: Vec<String>,
}

/// Feeds and how they are. A party sees its own.
#[utoipa::path(get, path = "/v1/feeds", tag = "feeds", responses((status = 200, body = FeedsBody)))]
pub async fn list(State(app): State<Arc<App>>, caller: Caller) -> Json<FeedsBody> {
    let (feeds, incomplete) = see_feeds(&app.hub.picture().feeds, &caller.viewer());
    Json(FeedsBody { feeds, incomplete })
}

/// What has become of a push.
#[derive(Serialize, ToSchema)]
pub struct PushedBody {
    /// Reports that were taken in.
    accepted: usize,
    /// Those that were not, and why.
    refused: Vec<Refusal>,
}

/// Takes in reports that a party makes of its own aircraft.
#[utoipa::path(post, path = "/v1/feeds/{name}/reports", tag = "feeds", request_body = Push,
    params(("name" = String, Path, description = "A feed of kind `push` that the party owns")),
    responses((status = 200, body = PushedBody), (status = 404, body = Problem)))]
pub async fn push(
    State(app): State<Arc<App>>,
    caller: Caller,
    Path(name): Path<String>,
    Json(push): Json<Push>,
) -> Result<Json<PushedBody>, Problem> {
    let none = || Problem::not_found("feed of yours", format!("{name:?}"));
    let number = app.feeds.number(&name).ok_or_else(none)?;
    let owner = app.feeds.status_of(number).and_then(|status| status.owner);
    let is_own = caller.viewer().owns(owner.as_deref());
    if caller.identity.role() == Role::Party && !is_own {
        return Err(none());
    }
    if push.reports.len() > MOST_PUSHED {
        let detail = format!("more than {MOST_PUSHED} reports at a time: send them in parts");
        return Err(Problem::new(StatusCode::PAYLOAD_TOO_LARGE, detail));
    }
    let pushed = app.feeds.push(number, &push).map_err(|error| match error {
        PushError::Unknown(_) => none(),
        other => Problem::new(StatusCode::CONFLICT, other.to_string()),
    })?;
    declare(&app, owner.as_deref(), &pushed.declared);
    Ok(Json(PushedBody { accepted: pushed.accepted, refused: pushed.refused }))
}

/// Takes in what pushed reports declare. Nobody can declare what somebody else has.
fn declare(app: &App, owner: Option<&str>, declared: &[(Address, Declaration)]) {
    let mut known = app.declared.lock().unwrap_or_else(PoisonError::into_inner);
    if known.declare(owner, declared) {
        app.watch.declare(known.all());
    }
}

impl Declarations {
    /// Everything; what the configuration says comes last, and so holds.
    pub fn all(&self) -> Vec<Declared> {
        self.pushed.iter().chain(&self.fixed).cloned().collect()
    }

    /// Takes in what is declared under `owner`. Whether anything is new.
    fn declare(&mut self, owner: Option<&str>, declared: &[(Address, Declaration)]) -> bool {
        let mut changed = false;
        for (address, declaration) in declared {
            let new = Declared::of(*address, declaration);
            if self.fixed.iter().any(|fixed| fixed.address == new.address) {
                continue;
            }
            let Some(place) = self.pushed.iter().position(|k| k.address == new.address) else {
                if self.pushed.len() < MOST_DECLARED {
                    self.pushed.push(new);
                    changed = true;
                }
                continue;
            };
            let known = &mut self.pushed[place];
            // What is another party's was there first.
            if *known != new && known.operator.as_deref() == owner {
                *known = new;
                changed = true;
            }
        }
        changed
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use deconflict_core::Label;

    #[test]
    fn nobody_can_take_anothers_aircraft() {
        let of = |owner: &str| Declaration { operator: Label::new(owner), ..Default::default() };
        let (one, two) = (Address::icao(1), Address::icao(2));
        let fixed = vec![Declared::of(two, &of("CIVIL"))];
        let mut known = Declarations { fixed, pushed: vec![] };
        assert!(known.declare(Some("BLUE"), &[(one, of("BLUE")), (two, of("BLUE"))]));
        assert!(!known.declare(Some("BLUE"), &[(one, of("BLUE"))]));
        assert!(!known.declare(Some("RED"), &[(one, of("RED"))]));
        let all = known.all();
        let operators: Vec<_> = all.iter().filter_map(|d| d.operator.as_deref()).collect();
        assert_eq!(operators, ["BLUE", "CIVIL"]);
    }
}
