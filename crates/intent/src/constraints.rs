//! Constraints: what others have to know of besides operational intents.

use crate::airspace::Draft;
use crate::command::{Answer, Caller, Circumstances, Current, Outcome, area};
use crate::extent::{Extent, Needs};
use crate::intents::not_past;
use crate::refusal::{Refusal, bad};
use crate::row::{Constraint, Row};
use crate::{tell, wire};
use std::sync::Arc;
use uuid::Uuid;

pub(crate) fn get(draft: &Draft<'_>, caller: &Caller, id: Uuid) -> Outcome {
    let row = draft.constraint(id).ok_or_else(|| unknown(id))?;
    let told = tell::constraint(draft, &row, &caller.uss);
    Ok(Answer::new(200, [("constraint_reference", told)]))
}

pub(crate) fn query(
    draft: &Draft<'_>,
    caller: &Caller,
    given: &Circumstances,
    query: &wire::Query,
) -> Outcome {
    let found = draft.constraints_over(&area(query, &given.limits)?);
    let told = tell::constraints(draft, &found, &caller.uss);
    Ok(Answer::new(200, [("constraint_references", told)]))
}

pub(crate) fn put(
    draft: &mut Draft<'_>,
    caller: &Caller,
    given: &Circumstances,
    id: Uuid,
    old_ovn: Option<&str>,
    params: &wire::PutConstraint,
) -> Outcome {
    let base_url = given.address(&params.uss_base_url, "uss_base_url")?;
    let needs = Needs { altitudes: false, times: true };
    let extent = Extent::from_wire(&params.extents, needs, &given.limits)?;
    not_past(&extent, given)?;
    let old = draft.constraint(id);
    match (&old, old_ovn) {
        (Some(old), ovn) => old_of(old).check(caller, ovn.unwrap_or(""))?,
        (None, Some(_)) => return Err(bad(format!("there is no constraint {id} to be changed"))),
        (None, None) => {}
    }
    let row = Arc::new(Constraint {
        id,
        manager: Arc::clone(&caller.uss),
        version: old.as_ref().map_or(0, |o| o.version).saturating_add(1),
        ovn: given.version(&id.to_string()),
        base_url,
        extent,
    });
    draft.put(Row::Constraint(Arc::clone(&row)));
    let touched: Vec<&Extent> = old.iter().map(|old| &old.extent).chain([&row.extent]).collect();
    let subscribers = tell::notify(draft, &touched, |s| s.for_constraints);
    let told = tell::constraint(draft, &row, &caller.uss);
    let status = if old.is_some() { 200 } else { 201 };
    Ok(Answer::new(status, [("constraint_reference", told), ("subscribers", subscribers)]))
}

pub(crate) fn delete(draft: &mut Draft<'_>, caller: &Caller, id: Uuid, ovn: &str) -> Outcome {
    let old = draft.constraint(id).ok_or_else(|| unknown(id))?;
    old_of(&old).check(caller, ovn)?;
    let told = tell::constraint(draft, &old, &caller.uss);
    let subscribers = tell::notify(draft, &[&old.extent], |s| s.for_constraints);
    draft.remove_constraint(id);
    Ok(Answer::new(200, [("constraint_reference", told), ("subscribers", subscribers)]))
}

fn unknown(id: Uuid) -> Refusal {
    Refusal::NotFound(format!("there is no constraint {id}"))
}

fn old_of(row: &Constraint) -> Current<'_> {
    Current { what: "constraint", id: row.id, manager: &row.manager, version: &row.ovn }
}
