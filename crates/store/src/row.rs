//! The rows that are kept. Times are nanoseconds since 1970 (UTC), JSON is text that the
//! caller made and that is handed back as it was.

/// A run of the service: from its start to its end.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RunRow {
    /// Name of the run: its start in milliseconds, base 36.
    pub id: String,
    /// When it started.
    pub started_ns: i64,
    /// When it ended, if it ended in order.
    pub ended_ns: Option<i64>,
    /// Version of the program.
    pub version: String,
    /// The configuration it started with, without secrets, as JSON.
    pub config: String,
}

/// The present state of one alert.
#[derive(Clone, Debug, PartialEq, Eq, Default)]
pub struct AlertRow {
    /// `RUN-NUMBER`.
    pub id: String,
    /// The run that raised it.
    pub run: String,
    /// Its number in that run.
    pub number: i64,
    /// `predicted`, `imminent`, `lost` or `ended`.
    pub state: String,
    /// The worst that it has been: `predicted`, `imminent` or `lost`.
    pub worst: String,
    /// When it was raised.
    pub first_ns: i64,
    /// When it was last known to be on.
    pub last_ns: i64,
    /// Name of the first aircraft.
    pub a_name: String,
    /// Name of the second aircraft.
    pub b_name: String,
    /// Operator of the first aircraft, if known.
    pub a_operator: Option<String>,
    /// Operator of the second aircraft, if known.
    pub b_operator: Option<String>,
    /// The rule that owes the separation.
    pub rule: String,
    /// Other words by which it is to be found (addresses, call signs, reasons). Names,
    /// operators, the rule and the id are found without standing here.
    pub text: String,
    /// The alert as JSON. An object with `state` and `end` is kept true when an alert
    /// is ended after a restart.
    pub body: String,
}

impl AlertRow {
    /// The state of an alert or a warning that is over.
    pub const ENDED: &str = "ended";

    /// What a search looks through: all words, in lower case.
    pub(crate) fn search(&self) -> String {
        let operators = [self.a_operator.as_deref(), self.b_operator.as_deref()];
        let mut words = vec![self.id.as_str(), &self.a_name, &self.b_name, &self.rule];
        words.extend(operators.into_iter().flatten());
        words.push(&self.text);
        words.join(" ").to_lowercase()
    }
}

/// The present state of one warning about one aircraft.
#[derive(Clone, Debug, PartialEq, Eq, Default)]
pub struct WarningRow {
    /// `RUN-wNUMBER`.
    pub id: String,
    /// The run that raised it.
    pub run: String,
    /// Its number in that run.
    pub number: i64,
    /// `plan` or `area`.
    pub about: String,
    /// `nonconforming`, `approaching`, `inside` or `ended`.
    pub state: String,
    /// The worst that it has been: one of the first three.
    pub worst: String,
    /// When it was raised.
    pub first_ns: i64,
    /// When it was last known to be on.
    pub last_ns: i64,
    /// Name of the aircraft.
    pub aircraft: String,
    /// Its operator, if known.
    pub operator: Option<String>,
    /// The plan or area, by its name for machines.
    pub topic: String,
    /// Whose that is, if anybody's.
    pub owner: Option<String>,
    /// Other words by which it is to be found.
    pub text: String,
    /// The warning as JSON, kept true like that of an alert.
    pub body: String,
}

impl WarningRow {
    pub(crate) fn search(&self) -> String {
        let parties = [self.operator.as_deref(), self.owner.as_deref()];
        let mut words = vec![self.id.as_str(), &self.aircraft, &self.topic];
        words.extend(parties.into_iter().flatten());
        words.push(&self.text);
        words.join(" ").to_lowercase()
    }
}

/// One change of an alert or a warning.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ChangeRow {
    /// The alert or warning.
    pub of: String,
    /// When.
    pub time_ns: i64,
    /// State before; `None` when it was raised.
    pub from: Option<String>,
    /// State after.
    pub to: String,
    /// Why, in words.
    pub reason: String,
    /// The figures at that time, as JSON.
    pub body: String,
}

/// What a person did with an alert or a warning.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NoteKind {
    /// Acknowledged it.
    Acknowledge,
    /// Said something about it.
    Comment,
}

impl NoteKind {
    /// The word that is stored.
    pub const fn name(self) -> &'static str {
        match self {
            NoteKind::Acknowledge => "acknowledge",
            NoteKind::Comment => "comment",
        }
    }

    pub(crate) fn parse(text: &str) -> NoteKind {
        if text == "acknowledge" { NoteKind::Acknowledge } else { NoteKind::Comment }
    }
}

/// An acknowledgement or a comment.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NoteRow {
    /// Given by the store, ascending; 0 in what is written.
    pub id: i64,
    /// Which of the two.
    pub kind: NoteKind,
    /// The alert or warning.
    pub alert: String,
    /// Who.
    pub by: String,
    /// When.
    pub time_ns: i64,
    /// What was said; may be empty.
    pub text: String,
}

/// A change of the configuration while the service runs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ConfigChangeRow {
    /// Given by the store, ascending; 0 in what is written.
    pub id: i64,
    /// When.
    pub time_ns: i64,
    /// Who.
    pub by: String,
    /// What was changed: `rules`, `feed CJTF link`.
    pub what: String,
    /// As it was, if it was.
    pub before: Option<String>,
    /// As it is now.
    pub after: String,
}

/// A message from one party to another, or from the service to a party.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MessageRow {
    /// Given by the caller, unique.
    pub id: String,
    /// When it was sent.
    pub time_ns: i64,
    /// The party it comes from; `None` is the service.
    pub from_party: Option<String>,
    /// The party it goes to; `None` is everybody.
    pub to_party: Option<String>,
    /// The alert it is about.
    pub alert: Option<String>,
    /// The reservation it is about.
    pub reservation: Option<String>,
    /// What it says.
    pub text: String,
    /// Further fields, as JSON.
    pub body: String,
    /// What it is signed with, as JSON; `None` for messages of before there were signatures.
    pub signed: Option<String>,
}

/// What became of a message on its way to a party: who was told what, and when.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ReceiptRow {
    /// Given by the store, ascending; 0 in what is written.
    pub id: i64,
    /// The message.
    pub message: String,
    /// The party.
    pub party: String,
    /// By which way: `stream`, `webhook`, `read`.
    pub channel: String,
    /// When.
    pub time_ns: i64,
    /// `delivered`, `failed`, `read`.
    pub outcome: String,
    /// Details, such as the answer of the other side.
    pub detail: String,
    /// The signature of the service, if it is signed.
    pub signature: Option<String>,
}

/// A reservation as it stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ReservationRow {
    /// Given by the caller, unique.
    pub id: String,
    /// The party that controls it.
    pub party: String,
    /// `draft`, `planned`, `active`, `released` or `cancelled`.
    pub status: String,
    /// Counted up by one with every change; the first is 1.
    pub version: i64,
    /// The reservation as JSON.
    pub body: String,
    /// When it was last changed.
    pub changed_ns: i64,
    /// Who changed it.
    pub changed_by: String,
}

/// One change of a reservation, with the state that came of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ReservationChangeRow {
    /// The version that came of it.
    pub version: i64,
    /// When.
    pub time_ns: i64,
    /// Who.
    pub by: String,
    /// What was done.
    pub action: String,
    /// The status before; `None` when it was made.
    pub from: Option<String>,
    /// The status after.
    pub to: String,
    /// The party that controlled it from then on.
    pub party: String,
    /// The reservation from then on, as JSON.
    pub body: String,
}

/// A key that the service signs with.
#[derive(Clone, PartialEq, Eq)]
pub struct SigningKeyRow {
    /// Its name: the beginning of its hash.
    pub id: String,
    /// When it was made.
    pub created_ns: i64,
    /// The public half, base64.
    pub public_key: String,
    /// The key pair, PKCS #8 in base64; empty if it is kept elsewhere.
    pub private_key: String,
}

impl std::fmt::Debug for SigningKeyRow {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        // Entries that the database does not take are logged: this must not be in it.
        f.debug_struct("SigningKeyRow").field("id", &self.id).finish_non_exhaustive()
    }
}

/// How far the chain of messages has come, signed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MessageHeadRow {
    /// How many messages have been signed.
    pub count: i64,
    /// The hash of the newest.
    pub hash: String,
    /// When it was stored.
    pub time_ns: i64,
    /// The key that this is signed with, by its name.
    pub key: String,
    /// The signature.
    pub signature: String,
}

/// The head of the chain, and what stands there at the same moment.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MessageEnd {
    /// The head.
    pub head: MessageHeadRow,
    /// How many signed messages there are.
    pub stored: i64,
    /// What the newest of them is signed with.
    pub newest: Option<String>,
}

/// A message with what became of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MessageRecord {
    /// The message.
    pub message: MessageRow,
    /// Oldest first.
    pub receipts: Vec<ReceiptRow>,
}

/// An API key. The key itself is never stored.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KeyRow {
    /// Given by the caller, unique.
    pub id: String,
    /// Who or what it is for.
    pub name: String,
    /// The role.
    pub role: String,
    /// The party, for the role `party`.
    pub party: Option<String>,
    /// SHA-256 of the key, hexadecimal.
    pub hash: String,
    /// When it was made.
    pub created_ns: i64,
    /// Who made it.
    pub created_by: String,
    /// When it was revoked.
    pub revoked_ns: Option<i64>,
    /// Who revoked it.
    pub revoked_by: Option<String>,
}

/// Who did what, when, from where, with what outcome.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AuditRow {
    /// Given by the store, ascending; 0 in what is written.
    pub id: i64,
    /// When.
    pub time_ns: i64,
    /// Who.
    pub who: String,
    /// In which role.
    pub role: String,
    /// What: `log-in`, `acknowledge`, `revoke key`.
    pub action: String,
    /// On what: the id of an alert, a key, a feed.
    pub object: String,
    /// From which network address.
    pub from: String,
    /// `ok`, `refused`, `failed`.
    pub outcome: String,
    /// Details.
    pub detail: String,
}

/// One alert with its whole record.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AlertRecord {
    /// Its present state.
    pub alert: AlertRow,
    /// Its changes, oldest first.
    pub changes: Vec<ChangeRow>,
    /// Acknowledgements and comments, oldest first.
    pub notes: Vec<NoteRow>,
}

/// One warning with its whole record.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WarningRecord {
    /// Its present state.
    pub warning: WarningRow,
    /// Its changes, oldest first.
    pub changes: Vec<ChangeRow>,
    /// Acknowledgements and comments, oldest first.
    pub notes: Vec<NoteRow>,
}

/// When an alert or a warning was on: what the time line shows.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Span {
    /// The alert or warning.
    pub id: String,
    /// When it was raised.
    pub first_ns: i64,
    /// When it was last known to be on.
    pub last_ns: i64,
    /// Its present state.
    pub state: String,
    /// The worst that it has been.
    pub worst: String,
    /// Of a warning what it is about; of an alert nothing.
    pub about: String,
}

/// Which alerts or warnings are asked for, by state.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub enum AlertState {
    /// Those that are on.
    #[default]
    Open,
    /// Those that are over.
    Ended,
    /// All.
    All,
}

/// A question for alerts or warnings. The answer has the newest first.
#[derive(Clone, Debug, PartialEq, Eq, Default)]
pub struct AlertQuery {
    /// By state.
    pub state: AlertState,
    /// On at this time or later.
    pub from_ns: Option<i64>,
    /// Raised at this time or earlier.
    pub to_ns: Option<i64>,
    /// With all of these words, in any case.
    pub text: Option<String>,
    /// Older than this one: the last of the page before.
    pub before: Option<String>,
    /// How many at most; 0 is 100, and more than 1000 are never given.
    pub limit: u32,
}

/// A question for a page of the audit. The answer has the newest first.
#[derive(Clone, Debug, PartialEq, Eq, Default)]
pub struct AuditQuery {
    /// Of this person or program.
    pub who: Option<String>,
    /// At this time or later.
    pub from_ns: Option<i64>,
    /// At this time or earlier.
    pub to_ns: Option<i64>,
    /// Older than this entry: the last of the page before.
    pub before: Option<i64>,
    /// How many at most; 0 is 100, and more than 1000 are never given.
    pub limit: u32,
}
