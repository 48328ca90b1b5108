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
use std::collections::{BTreeMap, BTreeSet};
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
    // Declared before the reports are seen: an aircraft that the policy hides is nobody's for
    // not even a moment.
    let claim = |declared: &[(Address, Declaration)]| {
        let mut known = app.declared.lock().unwrap_or_else(PoisonError::into_inner);
        let (others, changed) = known.claim(owner.as_deref(), declared);
        if changed {
            app.watch.declare(known.all());
        }
        others
    };
    let pushed = app.feeds.push_claiming(number, &push, claim).map_err(|error| match error {
        PushError::Unknown(_) => none(),
        other => Problem::new(StatusCode::CONFLICT, other.to_string()),
    })?;
    Ok(Json(PushedBody { accepted: pushed.accepted, refused: pushed.refused }))
}

impl Declarations {
    /// What the configuration and scenarios declare; of what they say twice, the last counts.
    pub fn new(fixed: impl IntoIterator<Item = Declared>) -> Declarations {
        let address = |declared: &Declared| Address::parse(&declared.address);
        let fixed = fixed.into_iter().filter_map(|declared| Some((address(&declared)?, declared)));
        Declarations { fixed: fixed.collect(), pushed: BTreeMap::new() }
    }

    /// Everything. What the configuration says of an aircraft holds; what stands against its
    /// manoeuvring is for whoever flies it to add.
    pub fn all(&self) -> Vec<Declared> {
        let fixed = self.fixed.iter().map(|(address, fixed)| {
            let pushed = || self.pushed.get(address)?.constraint.clone();
            Declared { constraint: fixed.constraint.clone().or_else(pushed), ..fixed.clone() }
        });
        let is_free = |(address, _): &(&Address, &Declared)| !self.fixed.contains_key(address);
        let pushed = self.pushed.iter().filter(is_free).map(|(_, declared)| declared.clone());
        pushed.chain(fixed).collect()
    }

    /// Takes in what is declared on a feed of `owner`. Which addresses are another's, of which
    /// nothing is taken in, and whether anything is new.
    ///
    /// What has no owner is fed by the administrators, who answer for it.
    fn claim(
        &mut self,
        owner: Option<&str>,
        declared: &[(Address, Declaration)],
    ) -> (BTreeSet<Address>, bool) {
        let (mut others, mut changed) = (BTreeSet::new(), false);
        for (address, declaration) in declared {
            let fixed = self.fixed.get(address);
            let known = fixed.or_else(|| self.pushed.get(address));
            let operator = known.and_then(|known| known.operator.as_deref());
            if operator.is_some() && operator != owner {
                if owner.is_some() {
                    others.insert(*address);
                }
                continue;
            }
            let before = self.pushed.get(address);
            let new = match fixed {
                None => Declared::of(*address, declaration),
                Some(_) if owner.is_some() && operator != owner => continue,
                // Only what changes in flight, and nothing where it never has.
                Some(_) if before.is_none() && declaration.constraint.is_none() => continue,
                Some(_) => {
                    let constraint = declaration.constraint;
                    Declared::of(*address, &Declaration { constraint, ..Declaration::default() })
                }
            };
            if before == Some(&new) {
                continue;
            }
            if before.is_some() || self.pushed.len() < MOST_DECLARED {
                self.pushed.insert(*address, new);
                changed = true;
            }
        }
        (others, changed)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use deconflict_core::{Constraint, Label};

    #[test]
    fn nobody_can_take_anothers_aircraft() {
        let of = |owner: &str| Declaration { operator: Label::new(owner), ..Default::default() };
        let (one, two) = (Address::icao(1), Address::icao(2));
        let mut known = Declarations::new([Declared::of(two, &of("CIVIL"))]);
        let none = BTreeSet::new();
        let both = [(one, of("BLUE")), (two, of("BLUE"))];
        assert_eq!(known.claim(Some("BLUE"), &both), (BTreeSet::from([two]), true));
        assert_eq!(known.claim(Some("BLUE"), &both[..1]), (none.clone(), false));
        assert_eq!(known.claim(Some("RED"), &[(one, of("RED"))]), (BTreeSet::from([one]), false));
        // A feed that is nobody's may tell of all, and declares nothing of what is somebody's.
        assert_eq!(known.claim(None, &[(one, Declaration::default())]), (none, false));
        let all = known.all();
        let operators: Vec<_> = all.iter().filter_map(|d| d.operator.as_deref()).collect();
        assert_eq!(operators, ["BLUE", "CIVIL"]);
    }

    #[test]
    fn what_stands_against_manoeuvring_is_the_owners_to_say_and_to_take_back() {
        let one = Address::icao(1);
        let blue = Declaration { operator: Label::new("BLUE"), ..Default::default() };
        let fixed = Declared { priority: Some(2), ..Declared::of(one, &blue) };
        let mut known = Declarations::new([fixed.clone()]);
        let lost = Declaration { constraint: Some(Constraint::LostLink), ..blue };
        assert!(known.claim(Some("RED"), &[(one, lost)]).0.contains(&one));
        assert_eq!(known.all(), std::slice::from_ref(&fixed));
        assert!(known.claim(Some("BLUE"), &[(one, lost)]).1);
        let said = Declared { constraint: Some("lost-link".to_owned()), ..fixed.clone() };
        assert_eq!(known.all(), [said]);
        assert!(!known.claim(Some("BLUE"), &[(one, lost)]).1, "it says nothing new");
        assert!(known.claim(Some("BLUE"), &[(one, blue)]).1);
        assert_eq!(known.all(), [fixed]);
    }
}
