//! The life of a reservation.

use deconflict_core::Time;
use std::fmt;

/// Where in its life a reservation is.
///
/// ```text
/// draft ──submit──► planned ──activate──► active ──release──► released
///   └──cancel──► cancelled ◄──cancel──┘      (or its time ends)
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Status {
    /// Being drawn: binds nobody.
    Draft,
    /// Filed: others plan around it.
    Planned,
    /// In use.
    Active,
    /// Given back, or its time is over.
    Released,
    /// Withdrawn before it was in use.
    Cancelled,
}

/// What is done to a reservation.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Action {
    /// File a draft.
    Submit,
    /// Take it into use.
    Activate,
    /// Give it back.
    Release,
    /// Withdraw it.
    Cancel,
}

impl Action {
    /// Every action.
    pub const ALL: [Action; 4] =
        [Action::Submit, Action::Activate, Action::Release, Action::Cancel];

    /// The name in messages.
    pub const fn name(self) -> &'static str {
        match self {
            Action::Submit => "submit",
            Action::Activate => "activate",
            Action::Release => "release",
            Action::Cancel => "cancel",
        }
    }
}

/// Why an action is not possible.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Refused {
    /// Not from this status.
    #[error("a reservation that is {from} cannot be {verb}", verb = past(*action))]
    Transition {
        /// The status.
        from: Status,
        /// What was asked.
        action: Action,
    },
    /// It is over.
    #[error("its time ended at {0}: file a new one")]
    Over(Time),
}

fn past(action: Action) -> &'static str {
    match action {
        Action::Submit => "submitted",
        Action::Activate => "activated",
        Action::Release => "released",
        Action::Cancel => "cancelled",
    }
}

impl Status {
    /// Every status, in the order of a life.
    pub const ALL: [Status; 5] =
        [Status::Draft, Status::Planned, Status::Active, Status::Released, Status::Cancelled];

    /// The name in files and messages.
    pub const fn name(self) -> &'static str {
        match self {
            Status::Draft => "draft",
            Status::Planned => "planned",
            Status::Active => "active",
            Status::Released => "released",
            Status::Cancelled => "cancelled",
        }
    }

    /// Reads [`name`](Self::name).
    pub fn parse(name: &str) -> Option<Status> {
        Self::ALL.into_iter().find(|s| s.name() == name)
    }

    /// Whether others have to plan around it.
    pub const fn binds(self) -> bool {
        matches!(self, Status::Planned | Status::Active)
    }

    /// Whether nothing can happen to it any more.
    pub const fn is_final(self) -> bool {
        matches!(self, Status::Released | Status::Cancelled)
    }

    /// The status at `now` after an action, or after none: what has ended by itself is
    /// released if it was in use, and cancelled if it never was. `end` is when its time ends
    /// for good.
    ///
    /// # Errors
    /// [`Refused`] if the action is not possible; the status is then what a step without an
    /// action says.
    pub fn step(
        self,
        now: Time,
        end: Option<Time>,
        action: Option<Action>,
    ) -> Result<Status, Refused> {
        let over = end.filter(|&end| now >= end);
        let here = match self {
            Status::Active if over.is_some() => Status::Released,
            Status::Planned if over.is_some() => Status::Cancelled,
            other => other,
        };
        let Some(action) = action else { return Ok(here) };
        if let (Some(end), Action::Submit | Action::Activate) = (over, action) {
            return Err(Refused::Over(end));
        }
        match (here, action) {
            (Status::Draft, Action::Submit) => Ok(Status::Planned),
            (Status::Planned, Action::Activate) => Ok(Status::Active),
            (Status::Active, Action::Release) => Ok(Status::Released),
            (Status::Draft | Status::Planned, Action::Cancel) => Ok(Status::Cancelled),
            (from, action) => Err(Refused::Transition { from, action }),
        }
    }
}

impl fmt::Display for Status {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_transition_is_answered() {
        let now = Time::from_millis(0);
        let allowed: Vec<String> = Status::ALL
            .into_iter()
            .flat_map(|from| {
                Action::ALL.into_iter().filter_map(move |action| {
                    let to = from.step(now, None, Some(action)).ok()?;
                    Some(format!("{from} {} {to}", action.name()))
                })
            })
            .collect();
        assert_eq!(
            allowed,
            [
                "draft submit planned",
                "draft cancel cancelled",
                "planned activate active",
                "planned cancel cancelled",
                "active release released",
            ]
        );
    }

    #[test]
    fn time_ends_what_nobody_ends() {
        let (before, end) = (Time::from_millis(0), Time::from_millis(1000));
        assert_eq!(Status::Active.step(before, Some(end), None), Ok(Status::Active));
        assert_eq!(Status::Active.step(end, Some(end), None), Ok(Status::Released));
        assert_eq!(Status::Planned.step(end, Some(end), None), Ok(Status::Cancelled));
        let refused = Status::Planned.step(end, Some(end), Some(Action::Activate)).unwrap_err();
        assert!(refused.to_string().contains("file a new one"));
        let refused = Status::Released.step(before, None, Some(Action::Cancel)).unwrap_err();
        assert_eq!(refused.to_string(), "a reservation that is released cannot be cancelled");
    }
}
