//! What is written: one entry at a time, in order.

use crate::row::{
    AlertRow, AuditRow, ChangeRow, ConfigChangeRow, KeyRow, MessageHeadRow, MessageRow, NoteRow,
    ReceiptRow, ReservationRow, RunRow, SigningKeyRow, WarningRow,
};

/// One thing to be stored.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Entry {
    /// A run begins. Alerts and warnings of earlier runs that are still on are ended, with a
    /// reason (ALR-2, PLN-4).
    Begin(RunRow),
    /// A run ended in order. What of it is still on is ended, with this reason.
    End {
        /// The run.
        run: String,
        /// When.
        time_ns: i64,
        /// Why, in words.
        reason: String,
    },
    /// The present state of an alert, with the change that led to it. Without a change only
    /// figures are new, and a later entry for the same alert makes this one needless.
    Alert {
        /// The state.
        row: AlertRow,
        /// The change.
        change: Option<ChangeRow>,
    },
    /// The same of a warning.
    Warning {
        /// The state.
        row: WarningRow,
        /// The change.
        change: Option<ChangeRow>,
    },
    /// An acknowledgement or a comment, of an alert or a warning.
    Note(NoteRow),
    /// A change of the configuration.
    ConfigChange(ConfigChangeRow),
    /// A message.
    Message(MessageRow),
    /// A message that is signed, with the head of the chain that ends with it. Without a message
    /// it is where a chain begins that had no head yet.
    Chained {
        /// The message.
        message: Option<MessageRow>,
        /// The head.
        head: MessageHeadRow,
    },
    /// What became of a message.
    Receipt(ReceiptRow),
    /// A new API key.
    Key(KeyRow),
    /// An API key is no longer valid.
    KeyRevoked {
        /// The key.
        id: String,
        /// When.
        time_ns: i64,
        /// Who revoked it.
        by: String,
    },
    /// Who did what.
    Audit(AuditRow),
    /// A reservation as it stands now. It is refused unless the version that is stored is the
    /// one before: of two changes of the same state only one is made.
    Reservation {
        /// The state.
        row: ReservationRow,
        /// What was done: `draft`, `edit`, `plan`, `activate`, `release`, `cancel`.
        action: String,
        /// The status before; `None` for a new one.
        from: Option<String>,
    },
    /// The key that the service signs with.
    SigningKey(SigningKeyRow),
    /// Nothing: whoever waits for it knows that what was handed over before it is settled.
    Nothing,
}

impl Entry {
    /// The alert or warning whose figures this entry brings up to date, if that is all it does:
    /// such an entry may be left out where a later one follows, or where there is no room.
    pub(crate) fn figures_of(&self) -> Option<&str> {
        match self {
            Entry::Alert { change: None, .. } | Entry::Warning { change: None, .. } => {
                self.state_of()
            }
            _ => None,
        }
    }

    /// The alert or warning whose present state stands in this entry.
    pub(crate) fn state_of(&self) -> Option<&str> {
        match self {
            Entry::Alert { row, .. } => Some(&row.id),
            Entry::Warning { row, .. } => Some(&row.id),
            _ => None,
        }
    }

    /// Whether it is kept even where there is no room: what a person did.
    pub(crate) fn is_sacred(&self) -> bool {
        matches!(
            self,
            Entry::Note(_)
                | Entry::Key(_)
                | Entry::KeyRevoked { .. }
                | Entry::Reservation { .. }
                | Entry::SigningKey(_)
                | Entry::Chained { .. }
        )
    }
}
