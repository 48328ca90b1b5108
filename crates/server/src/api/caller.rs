//! Who calls: put into every request by the guard, taken out by the handlers.

use super::App;
use crate::problem::Problem;
use axum::extract::FromRequestParts;
use axum::http::StatusCode;
use axum::http::request::Parts;
use deconflict_access::{AuditEvent, Identity, Outcome, Role, Ticket};
use deconflict_picture::Viewer;
use std::net::IpAddr;

/// An identity, and where it calls from.
#[derive(Clone, Debug)]
pub struct Caller {
    /// Who.
    pub identity: Identity,
    /// From where.
    pub remote: Option<IpAddr>,
    /// What a stream asks with whether it may go on.
    pub ticket: Ticket,
}

impl Caller {
    /// As whom it looks at the picture.
    pub fn viewer(&self) -> Viewer {
        match (self.identity.role(), self.identity.party()) {
            (Role::Party, Some(party)) => Viewer::Party(party.to_owned()),
            // A party without a name is nobody's: it sees what a stranger does.
            (Role::Party, None) => Viewer::Party(String::new()),
            _ => Viewer::Everything,
        }
    }

    /// Something that the caller did, for the audit record.
    pub fn event(&self, app: &App, action: &str, outcome: Outcome) -> AuditEvent {
        let event = AuditEvent::by(&self.identity, action, outcome, app.time_of_day());
        match self.remote {
            Some(remote) => event.from(remote),
            None => event,
        }
    }

    /// The name under which it acts.
    pub fn name(&self) -> &str {
        self.identity.name()
    }
}

impl<S: Send + Sync> FromRequestParts<S> for Caller {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, _state: &S) -> Result<Caller, Problem> {
        // Without the guard there is no identity, and so no answer: a route that is put up
        // without one fails closed.
        parts.extensions.get::<Caller>().cloned().ok_or_else(|| {
            Problem::new(StatusCode::INTERNAL_SERVER_ERROR, "this route has no guard")
        })
    }
}
